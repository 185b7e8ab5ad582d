-- SPDX-License-Identifier: Apache-2.0
-- What people do about calls, also those who may not read the incident.

-- Whoever was ever called sees the call, and answers it.
ALTER POLICY readable ON sokuo.escalation
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND (
    person_id = (SELECT sokuo.person()) OR sokuo.may_read(incident_id)
    OR EXISTS (SELECT FROM sokuo.escalation_effect f
      WHERE f.tenant_id = escalation.tenant_id AND f.escalation_id = escalation.id AND f.kind = 0
        AND f.person_id = (SELECT sokuo.person())))));

-- For the functions here, which run as owner.
CREATE POLICY noted ON sokuo.incident FOR UPDATE TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY noted ON sokuo.journal FOR INSERT TO CURRENT_USER WITH CHECK (true);

-- The number is all that everybody who is called may know.
CREATE FUNCTION sokuo.call_number(tenant uuid, incident uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
  AS $$ SELECT i.number FROM sokuo.incident i WHERE i.tenant_id = call_number.tenant AND i.id = call_number.incident
          AND (call_number.tenant = sokuo.tenant() OR sokuo.reach() = 'system') $$;

-- Somebody did something about a call: it stands in the chronology, and the call is told. acts as in enum escalation_act;
-- about: whom it is about. An answer is seen at once, whenever the engine comes by. Returns the place in the chronology.
CREATE FUNCTION sokuo.call_told(tenant uuid, call uuid, act integer, about uuid, until_at timestamptz, operation uuid,
    kind text, line text, why text, occurred timestamptz, journal_id uuid, who uuid, who_name text, post uuid, post_name text,
    as_what smallint)
  RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
  one sokuo.escalation;
  head sokuo.incident;
BEGIN
  SELECT * INTO one FROM sokuo.escalation e WHERE e.tenant_id = call_told.tenant AND e.id = call_told.call;
  IF NOT FOUND OR call_told.tenant IS DISTINCT FROM sokuo.tenant() THEN
    RETURN NULL;
  END IF;
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = one.tenant_id AND i.id = one.incident_id RETURNING * INTO head;
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id, person_name,
    post_id, post_name, capacity, operation_id, entry_kind, text, reason)
  VALUES (one.tenant_id, call_told.journal_id, 'incident', head.id, head.version, call_told.kind, head.mode, head.wall,
    least(coalesce(call_told.occurred, sokuo.now()), sokuo.now()), call_told.who, call_told.who_name, call_told.post,
    call_told.post_name, call_told.as_what, call_told.operation, 7, call_told.line, call_told.why);
  PERFORM sokuo.escalation_tell(one.tenant_id, one.id, call_told.act, call_told.about, NULL, call_told.until_at);
  IF call_told.act IN (6, 7) THEN
    UPDATE sokuo.escalation e
       SET answer_person_id = call_told.about, answered_at = sokuo.now(),
           answer_person_name = (SELECT p.name FROM sokuo.person p WHERE p.tenant_id = one.tenant_id AND p.id = call_told.about),
           answer_post_id = CASE WHEN call_told.about = call_told.who THEN call_told.post END,
           answer_post_name = CASE WHEN call_told.about = call_told.who THEN call_told.post_name ELSE '' END,
           answer_capacity = CASE WHEN call_told.about = call_told.who THEN call_told.as_what ELSE 1 END
     WHERE e.tenant_id = one.tenant_id AND e.id = one.id;
  END IF;
  RETURN head.version;
END
  $$;
REVOKE ALL ON FUNCTION sokuo.call_number, sokuo.call_told FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sokuo.call_number, sokuo.call_told TO sokuo_app;
