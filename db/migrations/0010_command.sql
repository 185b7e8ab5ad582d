-- SPDX-License-Identifier: Apache-2.0
-- Who commanded an incident, one row a time of command, and what is reviewed afterwards.

CREATE TABLE sokuo.command (
  tenant_id   uuid NOT NULL,
  incident_id uuid NOT NULL,
  epoch       integer NOT NULL, -- 1, 2, 3, …
  person_id   uuid NOT NULL,
  person_name text NOT NULL,
  post_id     uuid,
  post_name   text NOT NULL DEFAULT '',
  capacity    smallint NOT NULL,
  role        smallint NOT NULL DEFAULT 0, -- Role by which they command; 0: not said
  ground      text NOT NULL DEFAULT '',
  since       timestamptz NOT NULL,        -- as they said
  recorded_at timestamptz NOT NULL DEFAULT sokuo.now(),
  until_at    timestamptz,
  ended       smallint NOT NULL DEFAULT 0, -- CommandEnd
  PRIMARY KEY (tenant_id, incident_id, epoch),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
-- One person commands at a time.
CREATE UNIQUE INDEX command_now ON sokuo.command (tenant_id, incident_id) WHERE until_at IS NULL;

-- Claims of command that came after somebody else had taken it.
CREATE TABLE sokuo.command_claim (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL, -- journal row
  incident_id uuid NOT NULL,
  person_id   uuid,
  person_name text NOT NULL DEFAULT '',
  post_id     uuid,
  post_name   text NOT NULL DEFAULT '',
  capacity    smallint NOT NULL DEFAULT 1,
  ground      text NOT NULL DEFAULT '',
  claimed_at  timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT sokuo.now(),
  settled_at  timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE INDEX command_claim_open ON sokuo.command_claim (tenant_id, incident_id) WHERE settled_at IS NULL;

-- 後閲: what became of a deputy's decision. The last word counts.
CREATE TABLE sokuo.proxy_review (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  incident_id uuid NOT NULL,
  entry_id    uuid NOT NULL, -- journal row of the decision
  agreed      boolean NOT NULL,
  reason      text NOT NULL DEFAULT '',
  person_id   uuid,
  person_name text NOT NULL DEFAULT '',
  post_id     uuid,
  post_name   text NOT NULL DEFAULT '',
  capacity    smallint NOT NULL DEFAULT 1,
  recorded_at timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE INDEX proxy_review_entry ON sokuo.proxy_review (tenant_id, incident_id, entry_id, recorded_at DESC);

-- However command changes hands, the times of command follow: nothing that writes an incident can forget it. They neither
-- overlap nor leave a gap: one that is said to have begun before the one before it begins with that.
CREATE FUNCTION sokuo.command_follow() RETURNS trigger LANGUAGE plpgsql
  AS $$
DECLARE
  last sokuo.command;
  begun timestamptz;
BEGIN
  SELECT * INTO last FROM sokuo.command c
   WHERE c.tenant_id = NEW.tenant_id AND c.incident_id = NEW.id ORDER BY c.epoch DESC LIMIT 1;
  begun := greatest(coalesce(NEW.commanded_since, sokuo.now()), last.since);
  UPDATE sokuo.command SET until_at = begun, ended = 1
   WHERE tenant_id = NEW.tenant_id AND incident_id = NEW.id AND until_at IS NULL;
  IF NEW.commander_id IS NOT NULL THEN
    INSERT INTO sokuo.command (tenant_id, incident_id, epoch, person_id, person_name, post_id, post_name, capacity, since)
    VALUES (NEW.tenant_id, NEW.id, coalesce(last.epoch, 0) + 1, NEW.commander_id, NEW.commander_name, NEW.command_post_id,
            NEW.command_post_name, NEW.command_capacity, begun);
  END IF;
  RETURN NULL;
END
  $$;
CREATE TRIGGER command_begins AFTER INSERT ON sokuo.incident FOR EACH ROW WHEN (NEW.commander_id IS NOT NULL)
  EXECUTE FUNCTION sokuo.command_follow();
CREATE TRIGGER command_changes AFTER UPDATE OF commander_id ON sokuo.incident FOR EACH ROW
  WHEN (NEW.commander_id IS DISTINCT FROM OLD.commander_id OR NEW.command_post_id IS DISTINCT FROM OLD.command_post_id
    OR NEW.command_capacity IS DISTINCT FROM OLD.command_capacity)
  EXECUTE FUNCTION sokuo.command_follow();

INSERT INTO sokuo.command (tenant_id, incident_id, epoch, person_id, person_name, post_id, post_name, capacity, since, recorded_at)
SELECT tenant_id, id, 1, commander_id, commander_name, command_post_id, command_post_name, command_capacity,
       coalesce(commanded_since, filed_at), coalesce(commanded_since, filed_at)
  FROM sokuo.incident WHERE commander_id IS NOT NULL;

GRANT SELECT, INSERT ON sokuo.command, sokuo.command_claim, sokuo.proxy_review TO sokuo_app;
GRANT UPDATE (until_at, ended, role, ground) ON sokuo.command TO sokuo_app;
GRANT UPDATE (settled_at) ON sokuo.command_claim TO sokuo_app;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['command', 'command_claim', 'proxy_review']
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY readable ON sokuo.%I TO sokuo_app
      USING ((SELECT sokuo.reach()) = ''system'' OR (tenant_id = (SELECT sokuo.tenant()) AND sokuo.may_read(incident_id)))
      WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')', name);
  END LOOP;
END $$;
