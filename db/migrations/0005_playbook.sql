-- SPDX-License-Identifier: Apache-2.0
-- Playbooks, their revisions, runs on incidents, steps, evidence, and the queues of devices.

-- A plan. An organ's override is a plan of its own under the same code.
CREATE TABLE sokuo.playbook (
  tenant_id  uuid NOT NULL REFERENCES sokuo.tenant,
  id         uuid NOT NULL,
  code       text NOT NULL, -- PB-01
  organ_id   uuid,          -- NULL: the city's
  created_at timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, organ_id) REFERENCES sokuo.unit
);
CREATE UNIQUE INDEX playbook_code ON sokuo.playbook
  (tenant_id, code, coalesce(organ_id, '00000000-0000-0000-0000-000000000000'));

-- A revision: its source byte for byte and what it was compiled to. Approved ones are never changed.
CREATE TABLE sokuo.playbook_revision (
  tenant_id        uuid NOT NULL,
  id               uuid NOT NULL,
  playbook_id      uuid NOT NULL,
  number           integer NOT NULL, -- 1, 2, 3, …
  state            smallint NOT NULL CHECK (state IN (1, 2, 3, 6)), -- draft, review, approved, withdrawn
  row_version      integer NOT NULL DEFAULT 1,
  version          text NOT NULL,    -- as the author wrote it
  title_ja         text NOT NULL,
  title_en         text NOT NULL DEFAULT '',
  source           bytea NOT NULL,   -- YAML
  source_sha256    bytea NOT NULL,
  original         bytea,            -- what it was imported from, when that was not YAML
  compiled         bytea,            -- protobuf Playbook; NULL while it has faults
  step_count       integer NOT NULL DEFAULT 0,
  fault_count      integer NOT NULL DEFAULT 0,
  incident_types   smallint[] NOT NULL DEFAULT '{}',
  threat_groups    smallint[] NOT NULL DEFAULT '{}',
  zones            smallint[] NOT NULL DEFAULT '{}',
  severity_from    smallint NOT NULL DEFAULT 0, -- Severity
  severity_to      smallint NOT NULL DEFAULT 0,
  review_months    integer NOT NULL DEFAULT 12,
  effective_from   timestamptz,
  review_due       timestamptz,
  reason           text NOT NULL DEFAULT '',
  written_by       uuid,
  written_name     text NOT NULL DEFAULT '',
  written_post     text NOT NULL DEFAULT '',
  written_capacity smallint NOT NULL DEFAULT 1,
  written_at       timestamptz NOT NULL DEFAULT sokuo.now(),
  approved_by      uuid,
  approved_name    text NOT NULL DEFAULT '',
  approved_post    text NOT NULL DEFAULT '',
  approved_capacity smallint NOT NULL DEFAULT 0,
  approved_at      timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, playbook_id, number),
  FOREIGN KEY (tenant_id, playbook_id) REFERENCES sokuo.playbook,
  CHECK (state <> 3 OR (compiled IS NOT NULL AND effective_from IS NOT NULL))
);
CREATE INDEX playbook_revision_effective ON sokuo.playbook_revision (tenant_id, playbook_id, effective_from DESC, number DESC)
  WHERE state = 3;

-- The revision in force: the newest approved one whose day has come.
CREATE FUNCTION sokuo.playbook_effective(tenant uuid, playbook uuid) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT r.id FROM sokuo.playbook_revision r
     WHERE r.tenant_id = tenant AND r.playbook_id = playbook AND r.state = 3 AND r.effective_from <= sokuo.now()
     ORDER BY r.effective_from DESC, r.number DESC LIMIT 1
  $$;

-- A plan under way on an incident, frozen. code '' holds the steps added by hand.
CREATE TABLE sokuo.run (
  tenant_id       uuid NOT NULL,
  id              uuid NOT NULL,
  incident_id     uuid NOT NULL,
  incident_number text NOT NULL, -- for those who stand in the plan but not in the incident's circle
  mode            smallint NOT NULL,
  code            text NOT NULL,
  revision_id     uuid,
  version         text NOT NULL DEFAULT '',
  title_ja        text NOT NULL DEFAULT '',
  title_en        text NOT NULL DEFAULT '',
  plan            bytea, -- protobuf Playbook as frozen
  t0              timestamptz NOT NULL,
  started_at      timestamptz NOT NULL DEFAULT sokuo.now(),
  started_by      uuid,
  started_name    text NOT NULL DEFAULT '',
  started_post    text NOT NULL DEFAULT '',
  started_capacity smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE UNIQUE INDEX run_code ON sokuo.run (tenant_id, incident_id, code);
CREATE INDEX run_started ON sokuo.run (tenant_id, started_at DESC, id DESC);

-- A step of a run as it was frozen, once for all its places. With merged_*, it is done by a step of another run of the
-- same incident, and has no places of its own.
CREATE TABLE sokuo.run_step (
  tenant_id     uuid NOT NULL,
  run_id        uuid NOT NULL,
  no            text NOT NULL,
  position      smallint NOT NULL, -- in the plan: 1, 2, 3, …
  incident_id   uuid NOT NULL,
  phase         smallint NOT NULL,
  role          smallint NOT NULL,
  after         text[] NOT NULL DEFAULT '{}',
  target_min    integer,           -- NULL: none
  origin        smallint NOT NULL DEFAULT 0, -- TargetOrigin
  fan_out       smallint NOT NULL, -- FanOut, decided
  merge_key     text NOT NULL DEFAULT '',
  text_ja       text NOT NULL,
  text_en       text NOT NULL DEFAULT '',
  timeout_min   integer NOT NULL DEFAULT 0, -- of a decision: the default is taken so long past the due time; 0 = never
  definition    bytea NOT NULL,    -- protobuf PlaybookStep
  merged_run_id uuid,
  merged_no     text,
  due_at        timestamptz,       -- of its places, unless one has its own
  -- Progress over its places, kept by triggers.
  total         integer NOT NULL DEFAULT 0,
  done          integer NOT NULL DEFAULT 0,
  dropped       integer NOT NULL DEFAULT 0,
  in_progress   integer NOT NULL DEFAULT 0,
  ready         integer NOT NULL DEFAULT 0,
  pending       integer NOT NULL DEFAULT 0,
  blocked       integer NOT NULL DEFAULT 0,
  by_deputy     integer NOT NULL DEFAULT 0,
  unratified    integer NOT NULL DEFAULT 0,
  last_done_at  timestamptz,                -- of the last place that was closed
  chosen_option text NOT NULL DEFAULT '',   -- of a decision
  PRIMARY KEY (tenant_id, run_id, no),
  FOREIGN KEY (tenant_id, run_id) REFERENCES sokuo.run
) WITH (fillfactor = 60);
CREATE INDEX run_step_merge ON sokuo.run_step (tenant_id, incident_id, merge_key) WHERE merge_key <> '';
CREATE INDEX run_step_merged ON sokuo.run_step (tenant_id, merged_run_id, merged_no) WHERE merged_run_id IS NOT NULL;

-- A step at one place: the row that people work on.
CREATE TABLE sokuo.step (
  tenant_id       uuid NOT NULL,
  id              uuid NOT NULL,
  incident_id     uuid NOT NULL,
  run_id          uuid NOT NULL,
  no              text NOT NULL,
  version         integer NOT NULL DEFAULT 1,
  state           smallint NOT NULL CHECK (state BETWEEN 1 AND 7), -- StepState
  is_open         boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2, 3, 7)) STORED,
  role            smallint NOT NULL,
  -- Section, department or system it is for; the nil UUID = the city. Duties match by role and place.
  place_id        uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  place_kind      smallint NOT NULL DEFAULT 1, -- FanOut: once, section, -, system, department
  place_name      text NOT NULL DEFAULT '',    -- as it was
  unit_id         uuid,                        -- section it lies with, also of a system
  person_id       uuid,                        -- who took it or was handed it
  person_name     text NOT NULL DEFAULT '',
  due_at          timestamptz,
  ready_at        timestamptz,
  started_at      timestamptz,                 -- somebody began
  closed_by       text NOT NULL DEFAULT '',    -- number of the decision that closed it
  -- Finished: when as the person said, when recorded, by whom.
  done_at         timestamptz,
  recorded_at     timestamptz,
  done_by         uuid,
  done_name       text NOT NULL DEFAULT '',
  done_post_id    uuid,
  done_post       text NOT NULL DEFAULT '',
  done_capacity   smallint NOT NULL DEFAULT 0,
  reason          text NOT NULL DEFAULT '',
  note            text NOT NULL DEFAULT '',
  -- Decision
  chosen_option   text NOT NULL DEFAULT '',
  basis           text NOT NULL DEFAULT '',
  by_default      boolean NOT NULL DEFAULT false,
  default_at      timestamptz, -- the server takes the default then; NULL = never
  -- Notice
  notice_to       text NOT NULL DEFAULT '',
  notice_text     text NOT NULL DEFAULT '',
  notice_receipt  text NOT NULL DEFAULT '',
  paper_location  text NOT NULL DEFAULT '',
  -- Approval afterwards
  ratify_due_at   timestamptz,
  ratify_warned   boolean NOT NULL DEFAULT false,
  ratified        boolean,     -- NULL = not yet
  ratified_at     timestamptz,
  ratified_by     uuid,
  ratified_name   text NOT NULL DEFAULT '',
  ratified_post   text NOT NULL DEFAULT '',
  ratified_capacity smallint NOT NULL DEFAULT 0,
  ratify_reason   text NOT NULL DEFAULT '',
  done_although_dropped boolean NOT NULL DEFAULT false,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, run_id, no) REFERENCES sokuo.run_step
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX step_place ON sokuo.step (tenant_id, run_id, no, place_id);
CREATE INDEX step_incident ON sokuo.step (tenant_id, incident_id, no);
CREATE INDEX step_stands ON sokuo.step (tenant_id, run_id, role, place_id);
-- What is mine: by duty at a place, or by name.
CREATE INDEX step_duty ON sokuo.step (tenant_id, role, place_id, due_at) WHERE is_open;
CREATE INDEX step_duty_unit ON sokuo.step (tenant_id, role, unit_id, due_at) WHERE is_open AND place_kind = 4;
CREATE INDEX step_duty_city ON sokuo.step (tenant_id, role, due_at) WHERE is_open;
CREATE INDEX step_person ON sokuo.step (tenant_id, person_id, due_at) WHERE is_open AND person_id IS NOT NULL;
CREATE INDEX step_done_by ON sokuo.step (tenant_id, done_by, recorded_at DESC) WHERE done_by IS NOT NULL;
CREATE INDEX step_default ON sokuo.step (default_at) WHERE default_at IS NOT NULL AND state IN (2, 3, 7);
CREATE INDEX step_ratify ON sokuo.step (ratify_due_at)
  WHERE ratify_due_at IS NOT NULL AND ratified IS NULL AND NOT ratify_warned;

-- Others who reported the same, or decided otherwise.
CREATE TABLE sokuo.step_confirmation (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  step_id     uuid NOT NULL,
  outcome     smallint NOT NULL, -- StepOutcome
  person_id   uuid,
  person_name text NOT NULL DEFAULT '',
  post_id     uuid,
  post_name   text NOT NULL DEFAULT '',
  capacity    smallint NOT NULL DEFAULT 1,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT sokuo.now(),
  note        text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, step_id) REFERENCES sokuo.step
);
CREATE INDEX step_confirmation_step ON sokuo.step_confirmation (tenant_id, step_id, recorded_at);

-- A photo or file, or where the paper is kept.
CREATE TABLE sokuo.evidence (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  incident_id    uuid NOT NULL,
  step_id        uuid,
  name           text NOT NULL DEFAULT '',
  media_type     text NOT NULL DEFAULT '',
  size           bigint NOT NULL DEFAULT 0,
  sha256         bytea,           -- announced; once complete, computed
  received       bigint NOT NULL DEFAULT 0,
  digest_state   bytea,           -- of the bytes so far
  complete       boolean NOT NULL DEFAULT false,
  paper_location text NOT NULL DEFAULT '',
  occurred_at    timestamptz NOT NULL,
  recorded_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  completed_at   timestamptz,
  person_id      uuid,
  person_name    text NOT NULL DEFAULT '',
  post_id        uuid,
  post_name      text NOT NULL DEFAULT '',
  capacity       smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE INDEX evidence_incident ON sokuo.evidence (tenant_id, incident_id, recorded_at);
CREATE INDEX evidence_step ON sokuo.evidence (tenant_id, step_id) WHERE step_id IS NOT NULL;

CREATE TABLE sokuo.evidence_chunk (
  tenant_id   uuid NOT NULL,
  evidence_id uuid NOT NULL,
  at          bigint NOT NULL, -- offset
  data        bytea NOT NULL,
  PRIMARY KEY (tenant_id, evidence_id, at),
  FOREIGN KEY (tenant_id, evidence_id) REFERENCES sokuo.evidence
);
ALTER TABLE sokuo.evidence_chunk ALTER COLUMN data SET STORAGE EXTERNAL; -- photos do not compress

-- Installations of the client and how far their queues were taken.
CREATE TABLE sokuo.device (
  tenant_id  uuid NOT NULL,
  client_id  uuid NOT NULL,
  person_id  uuid NOT NULL,
  last_seq   bigint NOT NULL DEFAULT 0,
  clock_off_ms bigint NOT NULL DEFAULT 0,
  seen_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  revoked_at timestamptz,
  PRIMARY KEY (tenant_id, client_id, person_id)
);

-- What was refused for good, kept whole for review.
CREATE TABLE sokuo.refused_operation (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL, -- operation id
  client_id   uuid NOT NULL,
  person_id   uuid NOT NULL,
  seq         bigint NOT NULL,
  request     bytea NOT NULL, -- protobuf PushOperation
  result      bytea NOT NULL, -- protobuf PushResult
  recorded_at timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX refused_operation_age ON sokuo.refused_operation (recorded_at);

-- Duties a person has today, one row each: where they hold (the nil UUID = the whole city).
CREATE FUNCTION sokuo.duties_held(tenant uuid, person uuid) RETURNS TABLE (role smallint, place_id uuid)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT DISTINCT r.role, coalesce(r.scope_id, '00000000-0000-0000-0000-000000000000')
      FROM sokuo.held(duties_held.tenant, duties_held.person) h
      JOIN sokuo.role_assignment r ON r.tenant_id = duties_held.tenant AND r.post_id = h.post_id
     WHERE r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
  $$;

-- The caller's own by duty: the duty holds for the whole city, or at the place. A system manager by section is one for
-- the systems of the section.
CREATE FUNCTION sokuo.has_duty(of_role smallint, place uuid, unit uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  AS $$
BEGIN
  RETURN EXISTS (SELECT FROM sokuo.duties_held(sokuo.tenant(), sokuo.person()) d
    WHERE d.role = has_duty.of_role
      AND (d.place_id = '00000000-0000-0000-0000-000000000000' OR d.place_id = has_duty.place
        OR d.place_id = has_duty.unit));
END
  $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON sokuo.playbook, sokuo.playbook_revision, sokuo.run, sokuo.run_step, sokuo.step,
  sokuo.step_confirmation, sokuo.evidence, sokuo.evidence_chunk, sokuo.device, sokuo.refused_operation TO sokuo_app;
REVOKE DELETE ON sokuo.playbook, sokuo.playbook_revision, sokuo.run, sokuo.run_step, sokuo.step, sokuo.step_confirmation,
  sokuo.evidence FROM sokuo_app;
REVOKE UPDATE ON sokuo.step_confirmation, sokuo.evidence_chunk FROM sokuo_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sokuo TO sokuo_app;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['playbook', 'playbook_revision', 'device', 'refused_operation']
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON sokuo.%I TO sokuo_app
      USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')
      WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')', name);
  END LOOP;
END $$;

-- Whoever stands in a run by duty, place or name sees its frozen plan.
CREATE FUNCTION sokuo.stands_in(run uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
  AS $$
BEGIN
  RETURN EXISTS (SELECT FROM sokuo.duties_held(sokuo.tenant(), sokuo.person()) d
      JOIN sokuo.step s ON s.tenant_id = sokuo.tenant() AND s.run_id = stands_in.run AND s.role = d.role
       AND (d.place_id = '00000000-0000-0000-0000-000000000000' OR s.place_id = d.place_id OR s.unit_id = d.place_id))
    OR EXISTS (SELECT FROM sokuo.step s
      WHERE s.tenant_id = sokuo.tenant() AND s.run_id = stands_in.run
        AND (s.person_id = sokuo.person() OR s.done_by = sokuo.person()));
END
  $$;

-- Whether duty alone opens anything of the incident: never for an excluded person, never of a sealed one. Runs as owner:
-- it answers about incidents that the caller may not see.
CREATE POLICY stand ON sokuo.incident FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION sokuo.is_shut(incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
  AS $$
BEGIN
  RETURN NOT EXISTS (SELECT FROM sokuo.incident i
      WHERE i.tenant_id = sokuo.tenant() AND i.id = is_shut.incident AND i.confidentiality < 5);
END
  $$;
REVOKE ALL ON FUNCTION sokuo.is_shut FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sokuo.is_shut TO sokuo_app;
CREATE FUNCTION sokuo.may_stand(incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE
  AS $$
BEGIN
  RETURN NOT sokuo.is_member(may_stand.incident, 2::smallint) AND NOT sokuo.is_shut(may_stand.incident);
END
  $$;

DO $$
DECLARE entry record;
BEGIN
  FOR entry IN SELECT * FROM (VALUES
    ('run', 'sokuo.may_read(incident_id) OR (sokuo.stands_in(id) AND sokuo.may_stand(incident_id))'),
    ('run_step', 'sokuo.may_read(incident_id) OR (sokuo.stands_in(run_id) AND sokuo.may_stand(incident_id))'),
    ('step', '((person_id = (SELECT sokuo.person()) OR done_by = (SELECT sokuo.person())
         OR sokuo.has_duty(role, place_id, unit_id)) AND sokuo.may_stand(incident_id))
       OR sokuo.may_read(incident_id)'),
    ('step_confirmation', 'EXISTS (SELECT FROM sokuo.step s WHERE s.tenant_id = step_confirmation.tenant_id AND s.id = step_id)'),
    ('evidence', '(person_id = (SELECT sokuo.person()) AND sokuo.may_stand(incident_id))
       OR sokuo.may_read(incident_id)
       OR EXISTS (SELECT FROM sokuo.step s WHERE s.tenant_id = evidence.tenant_id AND s.id = step_id)'),
    ('evidence_chunk',
     'EXISTS (SELECT FROM sokuo.evidence e WHERE e.tenant_id = evidence_chunk.tenant_id AND e.id = evidence_id)'))
    AS v (name, readable)
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', entry.name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', entry.name);
    EXECUTE format('CREATE POLICY readable ON sokuo.%I TO sokuo_app
      USING ((SELECT sokuo.reach()) = ''system'' OR (tenant_id = (SELECT sokuo.tenant()) AND (%s)))
      WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')', entry.name, entry.readable);
  END LOOP;
END $$;

-- Progress is counted where it changes, so that a board of 10,000 steps reads one row a step of the plan.
CREATE TYPE sokuo.step_sign AS (tenant_id uuid, run_id uuid, no text, state smallint, capacity smallint, unratified boolean,
  done_at timestamptz, chosen text, n integer);
CREATE FUNCTION sokuo.step_count(signs sokuo.step_sign[]) RETURNS void LANGUAGE sql
  AS $$
    UPDATE sokuo.run_step t
       SET total = t.total + d.total, done = t.done + d.done, dropped = t.dropped + d.dropped,
           in_progress = t.in_progress + d.in_progress, ready = t.ready + d.ready, pending = t.pending + d.pending,
           blocked = t.blocked + d.blocked, by_deputy = t.by_deputy + d.by_deputy,
           unratified = t.unratified + d.unratified, last_done_at = coalesce(greatest(d.done_at, t.last_done_at), d.done_at),
           chosen_option = coalesce(nullif(d.chosen, ''), t.chosen_option)
      FROM (SELECT c.tenant_id, c.run_id, c.no, sum(c.n) AS total,
                   sum(CASE WHEN c.state = 4 THEN c.n ELSE 0 END) AS done,
                   sum(CASE WHEN c.state IN (5, 6) THEN c.n ELSE 0 END) AS dropped,
                   sum(CASE WHEN c.state = 3 THEN c.n ELSE 0 END) AS in_progress,
                   sum(CASE WHEN c.state = 2 THEN c.n ELSE 0 END) AS ready,
                   sum(CASE WHEN c.state = 1 THEN c.n ELSE 0 END) AS pending,
                   sum(CASE WHEN c.state = 7 THEN c.n ELSE 0 END) AS blocked,
                   sum(CASE WHEN c.state = 4 AND c.capacity IN (2, 3) THEN c.n ELSE 0 END) AS by_deputy,
                   sum(CASE WHEN c.unratified THEN c.n ELSE 0 END) AS unratified,
                   max(CASE WHEN c.n > 0 THEN c.done_at END) AS done_at,
                   max(CASE WHEN c.n > 0 THEN c.chosen END) AS chosen
              FROM unnest(signs) c GROUP BY c.tenant_id, c.run_id, c.no) d
     WHERE t.tenant_id = d.tenant_id AND t.run_id = d.run_id AND t.no = d.no
  $$;
CREATE FUNCTION sokuo.step_made() RETURNS trigger LANGUAGE plpgsql
  AS $$
BEGIN
  PERFORM sokuo.step_count(ARRAY(
    SELECT (s.tenant_id, s.run_id, s.no, s.state, s.done_capacity, s.ratify_due_at IS NOT NULL AND s.ratified IS NULL,
            s.done_at, s.chosen_option, 1)
             ::sokuo.step_sign FROM made s));
  RETURN NULL;
END
  $$;
CREATE FUNCTION sokuo.step_changed() RETURNS trigger LANGUAGE plpgsql
  AS $$
BEGIN
  PERFORM sokuo.step_count(ARRAY(
    SELECT (s.tenant_id, s.run_id, s.no, s.state, s.done_capacity, s.ratify_due_at IS NOT NULL AND s.ratified IS NULL,
            s.done_at, s.chosen_option, 1)
             ::sokuo.step_sign FROM after_it s
    UNION ALL
    SELECT (s.tenant_id, s.run_id, s.no, s.state, s.done_capacity, s.ratify_due_at IS NOT NULL AND s.ratified IS NULL,
            s.done_at, s.chosen_option, -1)
             ::sokuo.step_sign FROM before_it s));
  RETURN NULL;
END
  $$;
CREATE TRIGGER made AFTER INSERT ON sokuo.step REFERENCING NEW TABLE AS made
  FOR EACH STATEMENT EXECUTE FUNCTION sokuo.step_made();
CREATE TRIGGER changed AFTER UPDATE ON sokuo.step REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it
  FOR EACH STATEMENT EXECUTE FUNCTION sokuo.step_changed();
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sokuo TO sokuo_app;
