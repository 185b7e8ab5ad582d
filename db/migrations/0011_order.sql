-- SPDX-License-Identifier: Apache-2.0
-- Orders and their addressees, calls that climb when nobody answers, what goes out by which channel.

CREATE TABLE sokuo.command_order (
  tenant_id        uuid NOT NULL,
  id               uuid NOT NULL,
  incident_id      uuid NOT NULL,
  no               integer NOT NULL, -- 1, 2, 3, … within the incident
  version          integer NOT NULL DEFAULT 1,
  mode             smallint NOT NULL,
  text             text NOT NULL,
  targets          bytea NOT NULL, -- OrderTargets, as they were named
  wants_acceptance boolean NOT NULL DEFAULT false,
  is_request       boolean NOT NULL DEFAULT false,
  occurred_at      timestamptz NOT NULL,
  issued_at        timestamptz NOT NULL DEFAULT sokuo.now(),
  send_at          timestamptz, -- goes out then; NULL: it has gone out
  due_at           timestamptz,
  withdrawn_at     timestamptz,
  withdrawn_reason text NOT NULL DEFAULT '',
  by_person_id     uuid,
  by_person_name   text NOT NULL DEFAULT '',
  by_post_id       uuid,
  by_post_name     text NOT NULL DEFAULT '',
  by_capacity      smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, incident_id, no),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE INDEX command_order_send ON sokuo.command_order (send_at) WHERE send_at IS NOT NULL;

-- One row a duty or person addressed; each fact has its own time.
CREATE TABLE sokuo.order_addressee (
  tenant_id       uuid NOT NULL,
  id              uuid NOT NULL,
  order_id        uuid NOT NULL,
  incident_id     uuid NOT NULL,
  version         integer NOT NULL DEFAULT 1,
  role            smallint NOT NULL DEFAULT 0, -- Role addressed; 0: a person
  unit_id         uuid,          -- place of the duty, or the person's section
  department_id   uuid,
  post_id         uuid,
  post_name       text NOT NULL DEFAULT '',
  person_id       uuid,          -- asked now; NULL: nobody holds the post
  person_name     text NOT NULL DEFAULT '',
  is_deputy       boolean NOT NULL DEFAULT false,
  state           smallint NOT NULL DEFAULT 1, -- OrderState
  queued_at       timestamptz,
  sent_at         timestamptz,
  delivered_at    timestamptz,
  read_at         timestamptz,
  acknowledged_at timestamptz,
  accepted_at     timestamptz,
  refused_at      timestamptz,
  done_at         timestamptz,
  confirmed_at    timestamptz,
  answered_at     timestamptz, -- the first answer that is not only "read": the reach curve
  ack_until       timestamptz,
  remind_at       timestamptz, -- of persons without a duty: their next contact point is used then
  reminded        smallint NOT NULL DEFAULT 0,
  escalation_id   uuid,          -- of duties
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, order_id) REFERENCES sokuo.command_order
);
CREATE INDEX order_addressee_order ON sokuo.order_addressee (tenant_id, order_id, unit_id);
CREATE INDEX order_addressee_person ON sokuo.order_addressee (tenant_id, person_id);
CREATE INDEX order_addressee_remind ON sokuo.order_addressee (remind_at) WHERE remind_at IS NOT NULL;
CREATE UNIQUE INDEX order_addressee_escalation ON sokuo.order_addressee (tenant_id, escalation_id) WHERE escalation_id IS NOT NULL;

-- Everybody who was ever asked, deputies too: they may read the order whatever they may read of the incident.
CREATE TABLE sokuo.order_asked (
  tenant_id uuid NOT NULL,
  order_id  uuid NOT NULL,
  person_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, order_id, person_id),
  FOREIGN KEY (tenant_id, order_id) REFERENCES sokuo.command_order
);
CREATE INDEX order_asked_person ON sokuo.order_asked (tenant_id, person_id);

-- Every answer ever given, also those taken back.
CREATE TABLE sokuo.order_answer (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  order_id     uuid NOT NULL,
  addressee_id uuid NOT NULL,
  incident_id  uuid NOT NULL,
  kind         smallint NOT NULL, -- OrderAnswerKind
  means        smallint NOT NULL DEFAULT 0,
  note         text NOT NULL DEFAULT '',
  person_id    uuid,
  person_name  text NOT NULL DEFAULT '',
  post_id      uuid,
  post_name    text NOT NULL DEFAULT '',
  capacity     smallint NOT NULL DEFAULT 1,
  occurred_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, addressee_id) REFERENCES sokuo.order_addressee
);
CREATE INDEX order_answer_addressee ON sokuo.order_answer (tenant_id, addressee_id, recorded_at DESC);

-- Policies saved by the city; a direction and severity without one has the shipped policy. The newest holds.
CREATE TABLE sokuo.escalation_policy (
  tenant_id       uuid NOT NULL REFERENCES sokuo.tenant,
  id              uuid NOT NULL,
  direction       smallint NOT NULL CHECK (direction IN (1, 2)),
  severity        smallint NOT NULL CHECK (severity BETWEEN 1 AND 5),
  policy          bytea, -- EscalationPolicy; NULL: back to what was shipped
  override_reason text NOT NULL DEFAULT '',
  recorded_at     timestamptz NOT NULL DEFAULT sokuo.now(),
  by_person_id    uuid,
  by_person_name  text NOT NULL DEFAULT '',
  by_post_id      uuid,
  by_post_name    text NOT NULL DEFAULT '',
  by_capacity     smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX escalation_policy_newest ON sokuo.escalation_policy (tenant_id, direction, severity, recorded_at DESC, id DESC);

-- One call to one duty; struct escalation of server/domain as columns. Only the engine steps it: everybody else tells it an
-- event (sokuo.escalation_tell) in the transaction of their own change.
CREATE TABLE sokuo.escalation (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  incident_id    uuid NOT NULL,
  order_id       uuid,
  addressee_id   uuid,
  direction      smallint NOT NULL,
  mode           smallint NOT NULL,
  severity       smallint NOT NULL,
  role           smallint NOT NULL, -- Role it begins with
  scope_id       uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  reason         text NOT NULL DEFAULT '',
  policy         bytea,             -- EscalationPolicy as frozen when it was armed; NULL: not armed yet
  look_at        timestamptz,       -- when the engine has something to do: due, or an event waits; NULL: nothing
  due_at         timestamptz,       -- NULL: not armed (ESC_NEVER)
  generation     integer NOT NULL DEFAULT 0,
  settled        integer NOT NULL DEFAULT 0, -- notices of this generation and before are not wanted any more
  phase          smallint NOT NULL DEFAULT 0,
  level          smallint NOT NULL DEFAULT 0,
  rank           smallint NOT NULL DEFAULT 0,
  contact        smallint NOT NULL DEFAULT 0,
  round          smallint NOT NULL DEFAULT 0,
  answer_level   smallint NOT NULL DEFAULT 0,
  answer_rank    smallint NOT NULL DEFAULT 0,
  bounced        smallint NOT NULL DEFAULT 0,
  leaving        smallint NOT NULL DEFAULT 0,
  flags          smallint NOT NULL DEFAULT 0,
  refused        bytea NOT NULL DEFAULT '\x0000000000000000',
  gone           bytea NOT NULL DEFAULT '\x0000000000000000',
  until_us       bigint NOT NULL DEFAULT 0, -- microseconds since 1970
  owed_us        bigint NOT NULL DEFAULT 0,
  contact_us     bigint NOT NULL DEFAULT 0,
  level_us       bigint NOT NULL DEFAULT 0,
  clock_us       bigint NOT NULL DEFAULT 0,
  red_at         timestamptz,
  person_id      uuid, -- called now
  person_name    text NOT NULL DEFAULT '',
  answered_at    timestamptz,
  answer_person_id   uuid,
  answer_person_name text NOT NULL DEFAULT '',
  answer_post_id     uuid,
  answer_post_name   text NOT NULL DEFAULT '',
  answer_capacity    smallint NOT NULL DEFAULT 0,
  begun_at       timestamptz NOT NULL DEFAULT sokuo.now(),
  by_person_id   uuid,
  by_person_name text NOT NULL DEFAULT '',
  by_post_id     uuid,
  by_post_name   text NOT NULL DEFAULT '',
  by_capacity    smallint NOT NULL DEFAULT 4,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE INDEX escalation_look ON sokuo.escalation (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX escalation_incident ON sokuo.escalation (tenant_id, incident_id, begun_at DESC);
CREATE INDEX escalation_person ON sokuo.escalation (tenant_id, person_id) WHERE phase BETWEEN 1 AND 4;
CREATE INDEX escalation_red ON sokuo.escalation (tenant_id, red_at) WHERE red_at IS NOT NULL;

-- What happened to a call, in the order of id; the engine applies what applied_at does not say yet, before any tick.
CREATE TABLE sokuo.escalation_event (
  tenant_id        uuid NOT NULL,
  escalation_id    uuid NOT NULL,
  id               bigint GENERATED ALWAYS AS IDENTITY,
  act              smallint NOT NULL, -- enum escalation_act
  person_id        uuid,              -- whom it is about: who answered, refused, is away
  contact_point_id uuid,
  until_at         timestamptz,
  told_at          timestamptz NOT NULL DEFAULT sokuo.now(),
  applied_at       timestamptz,
  PRIMARY KEY (tenant_id, escalation_id, id)
);
CREATE INDEX escalation_event_new ON sokuo.escalation_event (tenant_id, escalation_id, id) WHERE applied_at IS NULL;

-- What a step did: never twice under one key.
CREATE TABLE sokuo.escalation_effect (
  tenant_id     uuid NOT NULL,
  escalation_id uuid NOT NULL,
  generation    integer NOT NULL,
  position      smallint NOT NULL,
  kind          smallint NOT NULL, -- enum escalation_effect_kind
  why           smallint NOT NULL, -- enum escalation_why
  level         smallint NOT NULL,
  rank          smallint NOT NULL,
  role          smallint NOT NULL DEFAULT 0,
  person_id     uuid,
  person_name   text NOT NULL DEFAULT '',
  post_id       uuid,
  post_name     text NOT NULL DEFAULT '',
  contact_point_id uuid,
  contact_kind  smallint NOT NULL DEFAULT 0, -- ContactKind; 0: in the client
  missed        smallint NOT NULL DEFAULT 0,
  late_us       bigint NOT NULL DEFAULT 0,
  at            timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, escalation_id, generation, position)
);

-- An event for a call, in the transaction of whatever caused it. Whoever answers, refuses or stops makes what waits to go
-- out unwanted at once. acts as in enum escalation_act: 6 acknowledge, 7 accept, 8 refuse, 12 stop, 14 handed over.
CREATE FUNCTION sokuo.escalation_tell(tenant uuid, escalation uuid, act integer, person uuid, contact_point uuid DEFAULT NULL,
                                      until_at timestamptz DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sokuo.escalation e
     SET look_at = sokuo.now(),
         settled = CASE WHEN act IN (6, 7, 8, 12, 14) THEN e.generation ELSE e.settled END
   WHERE e.tenant_id = escalation_tell.tenant AND e.id = escalation_tell.escalation;
  IF FOUND THEN
    INSERT INTO sokuo.escalation_event (tenant_id, escalation_id, act, person_id, contact_point_id, until_at)
    VALUES (tenant, escalation, act, person, contact_point, escalation_tell.until_at);
  END IF;
END
  $$;

-- Ways out of the house. The secret is encrypted with the key in the data directory.
CREATE TABLE sokuo.channel (
  tenant_id        uuid NOT NULL REFERENCES sokuo.tenant,
  id               uuid NOT NULL,
  version          integer NOT NULL DEFAULT 1,
  kind             smallint NOT NULL CHECK (kind BETWEEN 1 AND 4), -- ChannelKind
  name             text NOT NULL,
  template         text NOT NULL DEFAULT '',
  reaches          smallint[] NOT NULL DEFAULT '{}', -- ContactKind
  url              text NOT NULL DEFAULT '',
  sender           text NOT NULL DEFAULT '',
  user_name        text NOT NULL DEFAULT '',
  body             text NOT NULL DEFAULT '',
  headers          text NOT NULL DEFAULT '',
  requires_tls     boolean NOT NULL DEFAULT true,
  per_minute       integer NOT NULL DEFAULT 0,
  enabled          boolean NOT NULL DEFAULT true,
  serves_exercises boolean NOT NULL DEFAULT true,
  secret           bytea,
  failures         integer NOT NULL DEFAULT 0, -- in a row
  open_until       timestamptz,                -- circuit breaker
  last_fault       text NOT NULL DEFAULT '',
  last_sent_at     timestamptz,
  PRIMARY KEY (tenant_id, id)
);

-- The outbox: a row a message to a person by one way. dedup_key: what it is about, to whom, by what; never twice.
CREATE TABLE sokuo.notice (
  tenant_id        uuid NOT NULL,
  id               uuid NOT NULL,
  dedup_key        text NOT NULL,
  kind             smallint NOT NULL, -- NoticeKind: 1 order, 2 call, 3 test, 4 digest, 5 readiness
  mode             smallint NOT NULL DEFAULT 1,
  priority         smallint NOT NULL DEFAULT 1, -- severity; higher goes first
  incident_id      uuid,
  order_id         uuid,
  addressee_id     uuid,
  escalation_id    uuid,
  generation       integer,  -- wanted while above the escalation's settled
  person_id        uuid NOT NULL,
  contact_point_id uuid,     -- NULL: in the client
  contact_kind     smallint NOT NULL DEFAULT 0,
  text             text NOT NULL DEFAULT '', -- of tests and digests; else it is made when it goes out
  state            smallint NOT NULL DEFAULT 1, -- NoticeState
  attempts         integer NOT NULL DEFAULT 0,
  next_at          timestamptz DEFAULT sokuo.now(), -- NULL: it ended
  lease_until      timestamptz,
  lease_owner      uuid,
  reason           text NOT NULL DEFAULT '', -- why dead, suppressed or late: a stable word, then what the other side said
  link_hash        bytea,    -- SHA-256 of the token in its link
  link_used_at     timestamptz,
  digest_id        uuid,     -- the digest it became part of
  queued_at        timestamptz NOT NULL DEFAULT sokuo.now(),
  sent_at          timestamptz,
  delivered_at     timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, dedup_key),
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person
);
CREATE INDEX notice_next ON sokuo.notice (priority DESC, next_at) WHERE next_at IS NOT NULL;
CREATE UNIQUE INDEX notice_link ON sokuo.notice (link_hash) WHERE link_hash IS NOT NULL;
CREATE INDEX notice_order ON sokuo.notice (tenant_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX notice_person ON sokuo.notice (tenant_id, person_id, queued_at DESC);
CREATE INDEX notice_dead ON sokuo.notice (tenant_id, queued_at) WHERE state = 5;

-- Codes sent to a contact point, and the keys of Web Push.
ALTER TABLE sokuo.contact_point DROP CONSTRAINT contact_point_kind_check,
  ADD CONSTRAINT contact_point_kind_check CHECK (kind BETWEEN 1 AND 6),
  ADD COLUMN code_hash bytea, ADD COLUMN code_until timestamptz, ADD COLUMN code_tries smallint NOT NULL DEFAULT 0,
  ADD COLUMN p256dh bytea, ADD COLUMN auth bytea, ADD COLUMN device_name text NOT NULL DEFAULT '',
  ADD COLUMN last_sent_at timestamptz, ADD COLUMN last_fault text NOT NULL DEFAULT '';
CREATE TABLE sokuo.push_key (
  tenant_id   uuid PRIMARY KEY REFERENCES sokuo.tenant,
  public_key  bytea NOT NULL,
  private_key bytea NOT NULL -- encrypted
);

GRANT SELECT, INSERT, UPDATE ON sokuo.command_order, sokuo.order_addressee, sokuo.escalation, sokuo.escalation_event,
  sokuo.channel, sokuo.notice, sokuo.contact_point TO sokuo_app;
GRANT SELECT, INSERT ON sokuo.order_answer, sokuo.order_asked, sokuo.escalation_policy, sokuo.escalation_effect, sokuo.push_key TO sokuo_app;
GRANT DELETE ON sokuo.contact_point TO sokuo_app;
GRANT EXECUTE ON FUNCTION sokuo.escalation_tell TO sokuo_app;

DO $$
DECLARE name text;
DECLARE ours constant text := 'tenant_id = (SELECT sokuo.tenant())';
DECLARE system constant text := '(SELECT sokuo.reach()) = ''system''';
DECLARE asked constant text := 'EXISTS (SELECT FROM sokuo.order_asked a WHERE a.tenant_id = %1$I.tenant_id AND a.order_id = %1$I.%2$I
  AND a.person_id = (SELECT sokuo.person()))';
BEGIN
  FOREACH name IN ARRAY ARRAY['order_asked', 'escalation_policy', 'channel', 'notice', 'push_key', 'escalation_event',
    'escalation_effect', 'escalation', 'command_order', 'order_addressee', 'order_answer']
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', name);
  END LOOP;
  FOREACH name IN ARRAY ARRAY['order_asked', 'escalation_policy', 'channel', 'notice', 'push_key', 'escalation_event',
    'escalation_effect']
  LOOP
    EXECUTE format('CREATE POLICY tenant ON sokuo.%I TO sokuo_app USING (%s OR %s) WITH CHECK (%2$s OR %3$s)', name, ours, system);
  END LOOP;
  -- Who is called may see the call, though not the incident.
  EXECUTE format('CREATE POLICY readable ON sokuo.escalation TO sokuo_app
    USING (%2$s OR (%1$s AND (person_id = (SELECT sokuo.person()) OR sokuo.may_read(incident_id)))) WITH CHECK (%1$s OR %2$s)',
    ours, system);
  FOREACH name IN ARRAY ARRAY['command_order', 'order_addressee', 'order_answer']
  LOOP
    EXECUTE format('CREATE POLICY readable ON sokuo.%I TO sokuo_app USING (%s OR (%s AND (%s OR sokuo.may_read(incident_id))))
      WITH CHECK (%3$s OR %2$s)', name, system, ours,
      format(asked, name, CASE name WHEN 'command_order' THEN 'id' ELSE 'order_id' END));
  END LOOP;
END $$;
