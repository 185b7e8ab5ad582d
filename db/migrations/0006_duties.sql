-- SPDX-License-Identifier: Apache-2.0
-- Duties are computed once a statement, not once a row (decision 0047).

-- The caller's duties as words: '12' for the whole city, '12:<place>' for one of its places. Computed once a statement.
CREATE FUNCTION sokuo.my_duties() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE
  AS $$
BEGIN
  RETURN ARRAY(SELECT CASE WHEN d.place_id = '00000000-0000-0000-0000-000000000000' THEN d.role::text
                           ELSE d.role || ':' || d.place_id END
                 FROM sokuo.duties_held(sokuo.tenant(), sokuo.person()) d);
END
  $$;

-- A duty among those that holds for the whole city, or at the place. A system manager by section is one for the systems of
-- the section.
CREATE FUNCTION sokuo.is_duty(of_role smallint, place uuid, unit uuid, duties text[]) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT ARRAY[of_role::text, of_role::text || ':' || place::text, coalesce(of_role::text || ':' || unit::text, '')] && duties
  $$;

-- Whoever stands in a run by duty, place or name sees its frozen plan. The last answer is remembered within the transaction:
-- the rows of one run ask one after the other.
CREATE OR REPLACE FUNCTION sokuo.stands_in(run uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000
  AS $$
DECLARE
  asked text := sokuo.person() || '/' || run;
  known text := current_setting('sokuo.stands_in', true);
  found_it boolean;
BEGIN
  IF known = asked || '/t' OR known = asked || '/f' THEN
    RETURN known = asked || '/t';
  END IF;
  found_it := EXISTS (SELECT FROM sokuo.step s
    WHERE s.tenant_id = sokuo.tenant() AND s.run_id = stands_in.run
      AND (s.person_id = sokuo.person() OR s.done_by = sokuo.person()
        OR sokuo.is_duty(s.role, s.place_id, s.unit_id, (SELECT sokuo.my_duties()))));
  PERFORM set_config('sokuo.stands_in', asked || CASE WHEN found_it THEN '/t' ELSE '/f' END, true);
  RETURN found_it;
END
  $$;

-- As stands_in, the last answer is remembered.
CREATE OR REPLACE FUNCTION sokuo.may_stand(incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000
  AS $$
DECLARE
  asked text := sokuo.person() || '/' || incident;
  known text := current_setting('sokuo.may_stand', true);
  may boolean;
BEGIN
  IF known = asked || '/t' OR known = asked || '/f' THEN
    RETURN known = asked || '/t';
  END IF;
  may := NOT sokuo.is_member(may_stand.incident, 2::smallint) AND NOT sokuo.is_shut(may_stand.incident);
  PERFORM set_config('sokuo.may_stand', asked || CASE WHEN may THEN '/t' ELSE '/f' END, true);
  RETURN may;
END
  $$;

ALTER POLICY readable ON sokuo.step
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND (
    ((person_id = (SELECT sokuo.person()) OR done_by = (SELECT sokuo.person())
        OR sokuo.is_duty(role, place_id, unit_id, (SELECT sokuo.my_duties()))) AND sokuo.may_stand(incident_id))
      OR sokuo.may_read(incident_id))));
DROP FUNCTION sokuo.has_duty;
GRANT EXECUTE ON FUNCTION sokuo.my_duties, sokuo.is_duty TO sokuo_app;
