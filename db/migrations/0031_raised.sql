-- SPDX-License-Identifier: Apache-2.0
-- A severity that rises to S3 or S4 wakes somebody above, whoever had answered before (decision 0079).

-- As before, and: when nobody is being called and nobody commands, the next duty above whoever raised it is called: the lead
-- of the CSIRT, the general security officer, the CISO (domain reference 2.5). What only named persons know of calls nobody.
CREATE OR REPLACE FUNCTION sokuo.escalation_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
  AS $$
DECLARE
  ends constant boolean := NEW.state IN (10, 11, 12, 13, 14) AND OLD.state NOT IN (10, 11, 12, 13, 14);
  taken constant boolean := (NEW.handler_id IS NOT NULL AND OLD.handler_id IS NULL)
    OR (NEW.triage_due_at IS NULL AND OLD.triage_due_at IS NOT NULL);
  one sokuo.escalation;
  is_called boolean := false;
  next_role smallint;
BEGIN
  FOR one IN SELECT * FROM sokuo.escalation e
              WHERE e.tenant_id = NEW.tenant_id AND e.incident_id = NEW.id AND e.phase BETWEEN 0 AND 4 ORDER BY e.id
  LOOP
    IF ends THEN
      PERFORM sokuo.escalation_tell(NEW.tenant_id, one.id, 12, NULL);
    ELSIF one.of_filing AND taken THEN
      -- Before anybody was called there is nothing to answer.
      PERFORM sokuo.escalation_tell(NEW.tenant_id, one.id, CASE WHEN one.phase = 0 THEN 12 ELSE 7 END, NEW.handler_id);
    ELSIF one.direction = 1 AND one.phase < 4 THEN
      is_called := true;
      IF NEW.severity = one.severity THEN
        NULL; -- goes on
      ELSIF one.phase = 0 THEN
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
  IF NEW.severity >= 4 AND NEW.severity > OLD.severity AND NOT ends AND NOT is_called AND NEW.is_open
     AND NEW.commander_id IS NULL AND NEW.mode <> 3 AND NEW.confidentiality <= 3 THEN
    next_role := (SELECT v.role FROM (VALUES (1, 5::smallint), (2, 4::smallint), (3, 2::smallint)) v (place, role)
                   WHERE v.place > coalesce((SELECT max(h.place)
                           FROM (VALUES (1, 5::smallint), (2, 4::smallint), (3, 2::smallint)) h (place, role)
                           JOIN sokuo.duties_held(NEW.tenant_id, sokuo.person()) d ON d.role = h.role), 0)
                   ORDER BY v.place LIMIT 1);
    IF next_role IS NOT NULL THEN
      INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, level_role, scope_id, reason,
        look_at, by_capacity)
      VALUES (NEW.tenant_id, gen_random_uuid(), NEW.id, 1, NEW.mode, NEW.severity, next_role, next_role,
        '00000000-0000-0000-0000-000000000000',
        '重大度がS' || NEW.severity - 1 || 'に上がりました。指揮する人が決まっていません。', sokuo.now(), 4); -- 系
    END IF;
  END IF;
  RETURN NULL;
END
  $$;
