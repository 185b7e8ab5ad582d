-- SPDX-License-Identifier: Apache-2.0
-- What the engine of escalation needs besides: levels at a glance, who is called nearby, calls that follow their incident,
-- its own state.

ALTER TABLE sokuo.escalation
  ADD COLUMN level_role smallint NOT NULL DEFAULT 0, -- Role of the level now
  -- Begun by the filing of the incident: whoever takes the incident on has answered it.
  ADD COLUMN of_filing boolean NOT NULL DEFAULT false;
-- The most severe first: one look a severity.
DROP INDEX sokuo.escalation_look;
CREATE INDEX escalation_look ON sokuo.escalation (severity, look_at) WHERE look_at IS NOT NULL;
CREATE INDEX role_assignment_place ON sokuo.role_assignment (tenant_id, role, scope_id);

-- Where to look for a duty, the nearest first: the place itself, a system's section, the units above, the whole city.
CREATE FUNCTION sokuo.places_above(tenant uuid, place uuid) RETURNS TABLE (nth integer, place_id uuid)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT 1, place
    UNION ALL SELECT 2, y.section_id FROM sokuo.system y
     WHERE y.tenant_id = places_above.tenant AND y.id = place AND y.section_id IS NOT NULL
    UNION ALL SELECT 3, u.parent_id FROM sokuo.unit u
     WHERE u.tenant_id = places_above.tenant AND u.parent_id IS NOT NULL
       AND u.id IN (place, (SELECT y.section_id FROM sokuo.system y WHERE y.tenant_id = places_above.tenant AND y.id = place))
    UNION ALL SELECT 4, p.parent_id FROM sokuo.unit u
      JOIN sokuo.unit p ON p.tenant_id = u.tenant_id AND p.id = u.parent_id AND p.parent_id IS NOT NULL
     WHERE u.tenant_id = places_above.tenant
       AND u.id IN (place, (SELECT y.section_id FROM sokuo.system y WHERE y.tenant_id = places_above.tenant AND y.id = place))
    UNION ALL SELECT 5, '00000000-0000-0000-0000-000000000000'
  $$;

-- As before, with two differences: whoever tells need not be able to read the call (a deputy who was asked earlier answers
-- late), and a refusal or hand-over leaves the notices of somebody else who is called wanted.
CREATE OR REPLACE FUNCTION sokuo.escalation_tell(tenant uuid, escalation uuid, act integer, person uuid,
                                                 contact_point uuid DEFAULT NULL, until_at timestamptz DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
  IF sokuo.reach() <> 'system' AND tenant IS DISTINCT FROM sokuo.tenant() THEN
    RETURN;
  END IF;
  UPDATE sokuo.escalation e
     SET look_at = sokuo.now(),
         settled = CASE WHEN act IN (6, 7, 12)
                          OR (act = 8 AND (person IS NULL OR e.person_id IS NOT DISTINCT FROM person))
                          OR (act = 14 AND e.person_id IS DISTINCT FROM person) THEN e.generation ELSE e.settled END
   WHERE e.tenant_id = escalation_tell.tenant AND e.id = escalation_tell.escalation;
  IF FOUND THEN
    INSERT INTO sokuo.escalation_event (tenant_id, escalation_id, act, person_id, contact_point_id, until_at)
    VALUES (tenant, escalation, act, person, contact_point, escalation_tell.until_at);
  END IF;
END
  $$;
REVOKE ALL ON FUNCTION sokuo.escalation_tell FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sokuo.escalation_tell TO sokuo_app;
-- For the functions here, which run as owner.
CREATE POLICY owner ON sokuo.escalation TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY owner ON sokuo.escalation_event TO CURRENT_USER USING (true) WITH CHECK (true);

-- Calls follow their incident: nothing that writes an incident can forget them. One that ended or was merged calls nobody
-- any more; one that somebody took on or triaged has answered the call of its filing; a severity that changed begins the
-- calls under way anew at the level they have reached.
CREATE FUNCTION sokuo.escalation_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
  AS $$
DECLARE
  ends constant boolean := NEW.state IN (10, 11, 12, 13, 14) AND OLD.state NOT IN (10, 11, 12, 13, 14);
  taken constant boolean := (NEW.handler_id IS NOT NULL AND OLD.handler_id IS NULL)
    OR (NEW.triage_due_at IS NULL AND OLD.triage_due_at IS NOT NULL);
  one sokuo.escalation;
BEGIN
  FOR one IN SELECT * FROM sokuo.escalation e
              WHERE e.tenant_id = NEW.tenant_id AND e.incident_id = NEW.id AND e.phase BETWEEN 0 AND 4 ORDER BY e.id
  LOOP
    IF ends THEN
      PERFORM sokuo.escalation_tell(NEW.tenant_id, one.id, 12, NULL);
    ELSIF one.of_filing AND taken THEN
      -- Before anybody was called there is nothing to answer.
      PERFORM sokuo.escalation_tell(NEW.tenant_id, one.id, CASE WHEN one.phase = 0 THEN 12 ELSE 7 END, NEW.handler_id);
    ELSIF one.direction = 1 AND one.phase < 4 AND NEW.severity <> one.severity THEN
      IF one.phase = 0 THEN
        UPDATE sokuo.escalation e SET severity = NEW.severity WHERE e.tenant_id = one.tenant_id AND e.id = one.id;
      ELSE
        PERFORM sokuo.escalation_tell(NEW.tenant_id, one.id, 12, NULL);
        INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, scope_id, reason, look_at,
          of_filing, by_person_id, by_person_name, by_post_id, by_post_name, by_capacity)
        VALUES (one.tenant_id, gen_random_uuid(), one.incident_id, 1, one.mode, NEW.severity, one.level_role, one.scope_id,
          one.reason, sokuo.now(), one.of_filing, one.by_person_id, one.by_person_name, one.by_post_id, one.by_post_name,
          one.by_capacity);
      END IF;
    END IF;
  END LOOP;
  RETURN NULL;
END
  $$;
CREATE TRIGGER escalation_follows AFTER UPDATE OF state, severity, handler_id, triage_due_at ON sokuo.incident FOR EACH ROW
  WHEN (NEW.state IS DISTINCT FROM OLD.state OR NEW.severity IS DISTINCT FROM OLD.severity
    OR NEW.handler_id IS DISTINCT FROM OLD.handler_id OR (NEW.triage_due_at IS NULL AND OLD.triage_due_at IS NOT NULL))
  EXECUTE FUNCTION sokuo.escalation_follow();

-- Who is away is left at once, whoever says so.
CREATE FUNCTION sokuo.escalation_absent() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
  AS $$
BEGIN
  PERFORM sokuo.escalation_tell(e.tenant_id, e.id, 13, NEW.person_id)
     FROM sokuo.escalation e
    WHERE e.tenant_id = NEW.tenant_id AND e.person_id = NEW.person_id AND e.phase BETWEEN 1 AND 4;
  RETURN NULL;
END
  $$;
CREATE TRIGGER escalation_leaves AFTER INSERT ON sokuo.absence FOR EACH ROW WHEN (NEW.from_at <= sokuo.now())
  EXECUTE FUNCTION sokuo.escalation_absent();

-- The clock on the wall of the database's machine, for the guard only. Tests replace the function to set it.
CREATE FUNCTION sokuo.wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() $$;

-- What the engines know together: one row.
CREATE TABLE sokuo.engine_state (
  one           boolean PRIMARY KEY DEFAULT true CHECK (one),
  highest       timestamptz, -- latest the wall clock ever was
  suspect_since timestamptz, -- the clock jumped
  suspect_until timestamptz, -- trusted again from then on, unless it jumps again
  jump_us       bigint NOT NULL DEFAULT 0, -- so far ahead of what had passed; negative: behind
  overdue_since timestamptz -- calls are later than they may be
);
INSERT INTO sokuo.engine_state DEFAULT VALUES;
GRANT SELECT, UPDATE ON sokuo.engine_state TO sokuo_app;
GRANT EXECUTE ON FUNCTION sokuo.places_above, sokuo.wall_clock TO sokuo_app;
