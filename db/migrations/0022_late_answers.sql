-- SPDX-License-Identifier: Apache-2.0
-- An answer to a call may arrive late: a phone had no network, a link lay in a mailbox. It is a fact and stands in the
-- chronology; the call changes only where the answer still says something about it.

-- Whether an answer (act as in enum escalation_act) of this person, given then, still changes the call. Phases as in enum
-- escalation_phase; 8 in flags: ESC_WAS_ACCEPTED. What was told and the engine has not applied yet counts as applied.
CREATE FUNCTION sokuo.call_answer_counts(one sokuo.escalation, act integer, about uuid, occurred timestamptz)
  RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$
  SELECT CASE
    WHEN one.phase = 6 OR 12 = ANY (told) THEN false
    WHEN act = 6 THEN one.phase NOT IN (4, 5) AND NOT told && ARRAY[6, 7]
    WHEN act = 7 THEN NOT (one.phase = 5 AND one.flags & 8 <> 0) AND NOT 7 = ANY (told)
    WHEN act = 8 THEN NOT coalesce(one.answer_person_id = about AND one.answered_at > occurred, false)
    ELSE true END
    FROM (SELECT array(SELECT v.act::integer FROM sokuo.escalation_event v
                        WHERE v.tenant_id = one.tenant_id AND v.escalation_id = one.id AND v.applied_at IS NULL) AS told) t
  $$;

-- As before, with two differences: an answer that comes too late is noted and changes nothing, and whoever answered first
-- stays the one who answered. The call is read again once its incident is held: of two answers at once one is the later.
CREATE OR REPLACE FUNCTION sokuo.call_told(tenant uuid, call uuid, act integer, about uuid, until_at timestamptz, operation uuid,
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
  SELECT * INTO one FROM sokuo.escalation e WHERE e.tenant_id = call_told.tenant AND e.id = call_told.call;
  IF NOT sokuo.call_answer_counts(one, call_told.act, call_told.about, call_told.occurred) THEN
    RETURN head.version;
  END IF;
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
REVOKE ALL ON FUNCTION sokuo.call_answer_counts FROM PUBLIC;
