-- SPDX-License-Identifier: Apache-2.0
-- What dozens do to one incident at once (decision 0071).

-- The caller's duties, remembered within the transaction as the answers of stands_in and may_stand.
CREATE OR REPLACE FUNCTION sokuo.my_duties() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
  AS $$
DECLARE
  asked text := sokuo.tenant() || '/' || sokuo.person() || '/';
  known text := current_setting('sokuo.my_duties', true);
  duties text[];
BEGIN
  IF starts_with(known, asked) THEN
    RETURN substr(known, length(asked) + 1)::text[];
  END IF;
  duties := ARRAY(SELECT CASE WHEN d.place_id = '00000000-0000-0000-0000-000000000000' THEN d.role::text
                              ELSE d.role || ':' || d.place_id END
                    FROM sokuo.duties_held(sokuo.tenant(), sokuo.person()) d);
  PERFORM set_config('sokuo.my_duties', asked || duties::text, true);
  RETURN duties;
END
  $$;

-- What follows from steps that many people close at once is looked at once a following step, not once a place.
DROP FUNCTION sokuo.step_turn(uuid, uuid, text, uuid, uuid, text[], boolean);

-- Lets begin what may begin of a step: it waits for what comes before it, and before every step that merged into it. A place
-- waits for its own place where both have the same kind of places, else for all. only_places: looked at because done_nos of
-- done_run were closed there (NULL = every place). Nobody's time to decide is over before it has begun. Targets from the
-- beginning of closing count from now. may_hold: what may not begin any more and was not begun waits again.
-- Each statement's plan is kept, and one that is not needed is not run.
CREATE FUNCTION sokuo.step_turn(tenant uuid, of_run uuid, of_no text, only_places uuid[], done_run uuid, done_nos text[],
  may_hold boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
  AS $$
DECLARE
  places uuid[] := only_places;
  step sokuo.run_step;
  is_barred boolean;
  is_wide boolean;
  place_runs uuid[];
  place_nos text[];
BEGIN
  IF sokuo.reach() <> 'system' THEN
    RAISE insufficient_privilege USING MESSAGE = 'steps are released by the server';
  END IF;
  SELECT * INTO step FROM sokuo.run_step t WHERE t.tenant_id = step_turn.tenant AND t.run_id = of_run AND t.no = of_no;
  IF step.pending = 0 AND NOT (may_hold AND step.ready > 0) THEN
    RETURN;
  END IF;
  SELECT coalesce(bool_or(NOT b.is_by_place AND NOT b.is_over), false),
         coalesce(bool_or(NOT b.is_by_place AND b.run_id = done_run AND b.no = ANY (done_nos)), false),
         coalesce(array_agg(b.run_id) FILTER (WHERE b.is_by_place), '{}'),
         coalesce(array_agg(b.no) FILTER (WHERE b.is_by_place), '{}')
    INTO is_barred, is_wide, place_runs, place_nos
    FROM (
      SELECT p.run_id, p.no, p.done + p.dropped >= p.total AS is_over,
             CASE p.fan_out WHEN 3 THEN 2 ELSE p.fan_out END = CASE step.fan_out WHEN 3 THEN 2 ELSE step.fan_out END
               AND step.fan_out <> 1 AS is_by_place
        FROM (
          SELECT of_run, step.after
          UNION ALL
          SELECT m.run_id, m.after FROM sokuo.run_step m
           WHERE m.tenant_id = step_turn.tenant AND m.merged_run_id = of_run AND m.merged_no = of_no) a (run_id, after)
        CROSS JOIN LATERAL unnest(a.after) w (no)
        CROSS JOIN LATERAL (
          SELECT coalesce(t.merged_run_id, t.run_id) AS run_id, coalesce(t.merged_no, t.no) AS no FROM sokuo.run_step t
           WHERE t.tenant_id = step_turn.tenant AND t.run_id = a.run_id AND t.no = w.no OFFSET 0) n
        CROSS JOIN LATERAL (
          SELECT t.run_id, t.no, t.fan_out, t.total, t.done, t.dropped FROM sokuo.run_step t
           WHERE t.tenant_id = step_turn.tenant AND t.run_id = n.run_id AND t.no = n.no OFFSET 0) p
       WHERE p.run_id <> of_run OR p.no <> of_no) b;
  IF is_barred AND NOT may_hold THEN
    RETURN;
  END IF;
  IF only_places IS NULL OR is_wide THEN
    places := ARRAY(SELECT s.place_id FROM sokuo.step s
      WHERE s.tenant_id = step_turn.tenant AND s.run_id = of_run AND s.no = of_no);
  END IF;
  UPDATE sokuo.step s
     SET state = 3 - s.state, version = s.version + 1,
         ready_at = CASE s.state WHEN 1 THEN sokuo.now() END,
         due_at = CASE WHEN s.state = 1 THEN coalesce(s.due_at, sokuo.now() + step.target_min * interval '1 minute')
                       WHEN step.origin <> 2 THEN s.due_at END,
         default_at = CASE WHEN s.state = 1 AND step.timeout_min > 0 THEN greatest(sokuo.now(), coalesce(s.due_at,
           sokuo.now() + step.target_min * interval '1 minute')) + step.timeout_min * interval '1 minute' END
   WHERE s.tenant_id = step_turn.tenant AND s.run_id = of_run AND s.no = of_no
     AND s.place_id = ANY (places)
     AND (s.state = 1 OR (may_hold AND s.state = 2 AND s.started_at IS NULL))
     AND (s.state = 1) = (NOT is_barred AND NOT EXISTS (
           SELECT FROM unnest(place_runs, place_nos) b (run_id, no)
            CROSS JOIN LATERAL (SELECT FROM sokuo.step o
              WHERE o.tenant_id = step_turn.tenant AND o.run_id = b.run_id AND o.no = b.no AND o.place_id = s.place_id
                AND o.is_open OFFSET 0) q));
  IF FOUND AND (step.due_at IS NULL OR step.origin = 2) THEN
    UPDATE sokuo.run_step t
       SET due_at = (SELECT min(s.due_at) FROM sokuo.step s
                      WHERE s.tenant_id = step_turn.tenant AND s.run_id = of_run AND s.no = of_no)
     WHERE t.tenant_id = step_turn.tenant AND t.run_id = of_run AND t.no = of_no;
  END IF;
END
  $$;
REVOKE ALL ON FUNCTION sokuo.step_turn FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sokuo.step_turn TO sokuo_app;

-- Who reads the incident sees its steps: one question, which the other tables' policies ask, too, before those about duties.
ALTER POLICY readable ON sokuo.step
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND (
    sokuo.sees(incident_id)
      OR ((person_id = (SELECT sokuo.person()) OR done_by = (SELECT sokuo.person())
          OR sokuo.is_duty(role, place_id, unit_id, (SELECT sokuo.my_duties()))) AND sokuo.may_stand(incident_id)))));
