-- SPDX-License-Identifier: Apache-2.0
-- Dozens who look at steps at once are served by one read, and a step that may begin costs little (decision 0076).

-- Posts and duties that a person holds today, as before; what day it is, and who asks, are computed once and not once a row.
CREATE OR REPLACE FUNCTION sokuo.held(tenant uuid, person uuid)
  RETURNS TABLE (post_id uuid, post_name text, unit_id uuid, kind smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT t.post_id, o.name, o.unit_id, t.kind
      FROM sokuo.tenure t
      JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
     WHERE t.tenant_id = held.tenant AND t.person_id = held.person
       AND t.valid_from <= (SELECT sokuo.today()) AND (t.valid_until IS NULL OR t.valid_until > (SELECT sokuo.today()))
     ORDER BY (t.kind <> 1), (t.kind <> 3), o.rank, o.code
  $$;
CREATE FUNCTION sokuo.duties_of(tenant uuid, persons uuid[]) RETURNS TABLE (person_id uuid, role smallint, place_id uuid)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT DISTINCT t.person_id, r.role, coalesce(r.scope_id, '00000000-0000-0000-0000-000000000000')
      FROM sokuo.tenure t
      JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
      JOIN sokuo.role_assignment r ON r.tenant_id = t.tenant_id AND r.post_id = t.post_id
     WHERE t.tenant_id = duties_of.tenant AND t.person_id = ANY (duties_of.persons)
       AND t.valid_from <= (SELECT sokuo.today()) AND (t.valid_until IS NULL OR t.valid_until > (SELECT sokuo.today()))
       AND r.valid_from <= (SELECT sokuo.today()) AND (r.valid_until IS NULL OR r.valid_until > (SELECT sokuo.today()))
  $$;
GRANT EXECUTE ON FUNCTION sokuo.duties_of TO sokuo_app;
CREATE OR REPLACE FUNCTION sokuo.duties_held(tenant uuid, person uuid) RETURNS TABLE (role smallint, place_id uuid)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT d.role, d.place_id FROM sokuo.duties_of(duties_held.tenant, ARRAY[duties_held.person]) d
  $$;
CREATE OR REPLACE FUNCTION sokuo.duties(tenant uuid, person uuid, of_city_only boolean DEFAULT false) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  AS $$
BEGIN
  RETURN (
    SELECT coalesce(bit_or(1::bigint << r.role), 0)
      FROM sokuo.held(duties.tenant, duties.person) h
      JOIN sokuo.role_assignment r ON r.tenant_id = duties.tenant AND r.post_id = h.post_id
     WHERE r.valid_from <= (SELECT sokuo.today()) AND (r.valid_until IS NULL OR r.valid_until > (SELECT sokuo.today()))
       AND (r.scope_id IS NULL OR NOT duties.of_city_only));
END
  $$;
CREATE OR REPLACE FUNCTION sokuo.my_duties() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
  AS $$
DECLARE
  us uuid := sokuo.tenant();
  me uuid := sokuo.person();
  asked text := us || '/' || me || '/';
  known text := current_setting('sokuo.my_duties', true);
  duties text[];
BEGIN
  IF starts_with(known, asked) THEN
    RETURN substr(known, length(asked) + 1)::text[];
  END IF;
  duties := ARRAY(SELECT CASE WHEN d.place_id = '00000000-0000-0000-0000-000000000000' THEN d.role::text
                              ELSE d.role || ':' || d.place_id END
                    FROM sokuo.duties_held(us, me) d);
  PERFORM set_config('sokuo.my_duties', asked || duties::text, true);
  RETURN duties;
END
  $$;

-- Whether a person sees an incident: what row-level security says under their own reach, asked by the server in a read for
-- many. The reach is the server's again afterwards.
CREATE FUNCTION sokuo.sees_as(incident uuid, person uuid, reach text, section text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
  AS $$
DECLARE
  may boolean;
  who text;
BEGIN
  IF sokuo.reach() <> 'system' THEN
    RAISE insufficient_privilege USING MESSAGE = 'what others see is asked by the server';
  END IF;
  who := set_config('sokuo.person', person::text, true) || set_config('sokuo.reach', sees_as.reach, true)
    || set_config('sokuo.section', sees_as.section, true);
  may := sokuo.may_read(incident);
  who := set_config('sokuo.person', '', true) || set_config('sokuo.reach', 'system', true)
    || set_config('sokuo.section', '', true);
  RETURN may;
END
  $$;
REVOKE ALL ON FUNCTION sokuo.sees_as FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sokuo.sees_as TO sokuo_app;

-- Every change of a step writes into every index, unless no indexed column changed: a step that may begin now changes its
-- state only. The steps of a run are found by step_place, those of an incident by its runs.
DROP INDEX sokuo.step_stands;
DROP INDEX sokuo.step_incident;
DROP INDEX sokuo.step_default;
CREATE INDEX step_default ON sokuo.step (default_at) WHERE default_at IS NOT NULL;
ALTER TABLE sokuo.step SET (fillfactor = 70);
