-- SPDX-License-Identifier: Apache-2.0
-- Reading and changing steps costs little among 10,000 of them (decision 0056).

-- may_read, its last answer remembered as those of stands_in and may_stand: the rows of one incident ask one after the other.
CREATE FUNCTION sokuo.sees(incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000
  AS $$
DECLARE
  asked text := concat_ws('/', sokuo.person(), sokuo.reach(), sokuo.section(), incident);
  known text := current_setting('sokuo.sees', true);
  may boolean;
BEGIN
  IF known = asked || '/t' OR known = asked || '/f' THEN
    RETURN known = asked || '/t';
  END IF;
  may := sokuo.may_read(sees.incident);
  PERFORM set_config('sokuo.sees', asked || CASE WHEN may THEN '/t' ELSE '/f' END, true);
  RETURN may;
END
  $$;
GRANT EXECUTE ON FUNCTION sokuo.sees TO sokuo_app;

ALTER POLICY readable ON sokuo.run
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND (
    sokuo.sees(incident_id) OR (sokuo.stands_in(id) AND sokuo.may_stand(incident_id)))));
ALTER POLICY readable ON sokuo.run_step
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND (
    sokuo.sees(incident_id) OR (sokuo.stands_in(run_id) AND sokuo.may_stand(incident_id)))));
ALTER POLICY readable ON sokuo.step
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND (
    ((person_id = (SELECT sokuo.person()) OR done_by = (SELECT sokuo.person())
        OR sokuo.is_duty(role, place_id, unit_id, (SELECT sokuo.my_duties()))) AND sokuo.may_stand(incident_id))
      OR sokuo.sees(incident_id))));

-- Whether a step of the incident is still somebody's to do, the incident's part of the answer remembered in the same way:
-- 't' all of it, 'c' only closing and review, 'f' none.
CREATE OR REPLACE FUNCTION sokuo.is_to_do(incident uuid, run uuid, no text, person uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
  AS $$
DECLARE
  asked text := concat_ws('/', person, incident);
  known text := current_setting('sokuo.is_to_do', true);
  phases text := right(known, 1);
BEGIN
  IF known IS NULL OR left(known, -2) <> asked THEN
    SELECT CASE WHEN i.is_open THEN 't' ELSE 'c' END INTO phases FROM sokuo.incident i
     WHERE i.tenant_id = sokuo.tenant() AND i.id = is_to_do.incident AND (i.is_open OR i.state IN (10, 12))
       AND NOT EXISTS (SELECT FROM sokuo.incident_member m WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id
         AND m.person_id = is_to_do.person AND m.access = 2)
       AND (i.confidentiality < 5 OR is_to_do.person IN (i.handler_id, i.commander_id)
         OR EXISTS (SELECT FROM sokuo.incident_member m WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id
           AND m.person_id = is_to_do.person AND m.access = 1 AND (m.expires_at IS NULL OR m.expires_at > sokuo.now())));
    phases := coalesce(phases, 'f');
    PERFORM set_config('sokuo.is_to_do', asked || '/' || phases, true);
  END IF;
  RETURN phases = 't' OR (phases = 'c' AND EXISTS (SELECT FROM sokuo.run_step t
    WHERE t.tenant_id = sokuo.tenant() AND t.run_id = is_to_do.run AND t.no = is_to_do.no AND t.phase IN (8, 9)));
END
  $$;

-- What follows from a change of a step is written by functions that run as the tables' owner, who is let through: units that
-- change steps run with reach 'system' anyway, and policies that let everything pass cost a third of every statement.
CREATE POLICY follow ON sokuo.run_step TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY follow ON sokuo.step TO CURRENT_USER USING (true) WITH CHECK (true);

-- Progress, counted by statements whose plans are kept; nothing is done where nothing changed.
CREATE OR REPLACE FUNCTION sokuo.step_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
  AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM after_it) THEN
    RETURN NULL;
  END IF;
  UPDATE sokuo.run_step t
     SET done = t.done + d.done, dropped = t.dropped + d.dropped, in_progress = t.in_progress + d.in_progress,
         ready = t.ready + d.ready, pending = t.pending + d.pending, blocked = t.blocked + d.blocked,
         by_deputy = t.by_deputy + d.by_deputy, unratified = t.unratified + d.unratified,
         last_done_at = coalesce(greatest(d.done_at, t.last_done_at), d.done_at),
         chosen_option = coalesce(nullif(d.chosen, ''), t.chosen_option)
    FROM (SELECT c.tenant_id, c.run_id, c.no,
                 sum((c.state = 4)::integer * c.n) AS done,
                 sum((c.state IN (5, 6))::integer * c.n) AS dropped,
                 sum((c.state = 3)::integer * c.n) AS in_progress,
                 sum((c.state = 2)::integer * c.n) AS ready,
                 sum((c.state = 1)::integer * c.n) AS pending,
                 sum((c.state = 7)::integer * c.n) AS blocked,
                 sum((c.state = 4 AND c.done_capacity IN (2, 3))::integer * c.n) AS by_deputy,
                 sum((c.ratify_due_at IS NOT NULL AND c.ratified IS NULL)::integer * c.n) AS unratified,
                 max(c.done_at) FILTER (WHERE c.n > 0) AS done_at,
                 max(c.chosen_option) FILTER (WHERE c.n > 0) AS chosen
            FROM (SELECT a.tenant_id, a.run_id, a.no, a.state, a.done_capacity, a.ratify_due_at, a.ratified, a.done_at,
                         a.chosen_option, 1 AS n FROM after_it a
                  UNION ALL
                  SELECT b.tenant_id, b.run_id, b.no, b.state, b.done_capacity, b.ratify_due_at, b.ratified, b.done_at,
                         b.chosen_option, -1 FROM before_it b) c
           GROUP BY c.tenant_id, c.run_id, c.no) d
   WHERE t.tenant_id = d.tenant_id AND t.run_id = d.run_id AND t.no = d.no;
  RETURN NULL;
END
  $$;

-- Lets begin what may begin of a step: it waits for what comes before it, and before every step that merged into it. A place
-- waits for its own place where both have the same kind of places, else for all. only_place: looked at because done_nos of
-- done_run were closed there (NULL = every place). Nobody's time to decide is over before it has begun. Targets from the
-- beginning of closing count from now. may_hold: what may not begin any more and was not begun waits again.
-- Each statement's plan is kept, and one that is not needed is not run.
CREATE FUNCTION sokuo.step_turn(tenant uuid, of_run uuid, of_no text, only_place uuid, done_run uuid, done_nos text[],
  may_hold boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
  AS $$
DECLARE
  first_place uuid := '00000000-0000-0000-0000-000000000000';
  last_place uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
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
  IF only_place IS NOT NULL AND NOT is_wide THEN
    first_place := only_place;
    last_place := only_place;
  END IF;
  UPDATE sokuo.step s
     SET state = 3 - s.state, version = s.version + 1,
         ready_at = CASE s.state WHEN 1 THEN sokuo.now() END,
         due_at = CASE WHEN s.state = 1 THEN coalesce(s.due_at, sokuo.now() + step.target_min * interval '1 minute')
                       WHEN step.origin <> 2 THEN s.due_at END,
         default_at = CASE WHEN s.state = 1 AND step.timeout_min > 0 THEN greatest(sokuo.now(), coalesce(s.due_at,
           sokuo.now() + step.target_min * interval '1 minute')) + step.timeout_min * interval '1 minute' END
   WHERE s.tenant_id = step_turn.tenant AND s.run_id = of_run AND s.no = of_no
     AND s.place_id >= first_place AND s.place_id <= last_place
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
