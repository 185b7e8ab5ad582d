-- SPDX-License-Identifier: Apache-2.0
-- Whom an order reaches, when it went out, and who may read it.

ALTER TABLE sokuo.command_order
  ADD COLUMN incident_number text NOT NULL DEFAULT '', -- whoever is asked reads it, though not the incident
  ADD COLUMN gone_at timestamptz;                      -- went out then; NULL: still to go. The reach curve counts from here
CREATE INDEX command_order_incident ON sokuo.command_order (tenant_id, incident_id, no DESC);
CREATE INDEX order_addressee_post ON sokuo.order_addressee (tenant_id, post_id) WHERE post_id IS NOT NULL;

-- Organ (the uppermost unit) of a unit.
CREATE FUNCTION sokuo.organ_of(tenant uuid, unit uuid) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT coalesce(g.id, p.id, u.id)
      FROM sokuo.unit u
      LEFT JOIN sokuo.unit p ON p.tenant_id = u.tenant_id AND p.id = u.parent_id
      LEFT JOIN sokuo.unit g ON g.tenant_id = p.tenant_id AND g.id = p.parent_id
     WHERE u.tenant_id = organ_of.tenant AND u.id = organ_of.unit
  $$;

-- A unit stands in another organ than the mayor's and this one: its consent is asked for (domain reference 2.2).
CREATE FUNCTION sokuo.is_independent(tenant uuid, unit uuid, seen_from uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT o.organ IS DISTINCT FROM sokuo.organ_of(is_independent.tenant, is_independent.seen_from) AND NOT EXISTS (
        SELECT FROM sokuo.role_assignment r
          JOIN sokuo.post p ON p.tenant_id = r.tenant_id AND p.id = r.post_id AND p.active
         WHERE r.tenant_id = is_independent.tenant AND r.role = 1 AND r.valid_from <= sokuo.today()
           AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
           AND sokuo.organ_of(is_independent.tenant, p.unit_id) = o.organ)
      FROM (SELECT sokuo.organ_of(is_independent.tenant, is_independent.unit) AS organ) o
     WHERE o.organ IS NOT NULL
  $$;

-- Units of which a person is head, with all below them.
CREATE FUNCTION sokuo.units_led(tenant uuid, head uuid) RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT DISTINCT b.id
      FROM sokuo.duties_held(units_led.tenant, units_led.head) d
     CROSS JOIN LATERAL sokuo.units_below(units_led.tenant, d.place_id) b (id)
     WHERE d.role IN (11, 12) -- iso, ism
  $$;

-- Whom an order to these targets reaches today: one row a post or person, by the highest duty it was named with. targets are
-- kinds (OrderTargetKind), roles (0: none) and units (the nil UUID: none) in step; persons are those of the kind PERSONS.
-- Who is excluded from the incident is nobody's addressee. person: who is asked first, the deputy when the holder is away.
-- is_called: the duty is called with its deputies; another holder of the same duty is asked like any person. is_hole: there
-- is neither holder nor deputy.
CREATE FUNCTION sokuo.order_targets(tenant uuid, incident uuid, kinds smallint[], roles smallint[], units uuid[], persons uuid[])
  RETURNS TABLE (role smallint, scope_id uuid, unit_id uuid, department_id uuid, post_id uuid, post_name text,
                 person_id uuid, person_name text, is_deputy boolean, is_called boolean, is_hole boolean)
  LANGUAGE plpgsql STABLE
  SET enable_nestloop = off -- the planner takes each step for one row; they are as many as the city has people
  SET jit = off
  AS $$
DECLARE nil constant uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
  RETURN QUERY
  WITH target AS MATERIALIZED (
    SELECT g.kind, g.role, nullif(g.unit, nil) AS unit FROM unnest(kinds, order_targets.roles, units) g (kind, role, unit)),
  barred AS MATERIALIZED (
    SELECT m.person_id FROM sokuo.incident_member m
     WHERE m.tenant_id = order_targets.tenant AND m.incident_id = order_targets.incident AND m.access = 2),
  place AS MATERIALIZED (
    SELECT u.id, CASE WHEN u.kind = 2 THEN u.id ELSE p.id END AS department_id
      FROM sokuo.unit u LEFT JOIN sokuo.unit p ON p.tenant_id = u.tenant_id AND p.id = u.parent_id
     WHERE u.tenant_id = order_targets.tenant),
  stands AS MATERIALIZED ( -- persons in posts today
    SELECT t.person_id, p.name AS person_name, t.post_id, o.name AS post_name, o.unit_id, t.kind, o.rank, o.code
      FROM sokuo.tenure t
      JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
      JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id AND p.active
     WHERE t.tenant_id = order_targets.tenant AND t.valid_from <= sokuo.today()
       AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
       AND t.person_id NOT IN (SELECT b.person_id FROM barred b)),
  main AS MATERIALIZED (
    SELECT DISTINCT ON (s.person_id) s.* FROM stands s
     ORDER BY s.person_id, (s.kind <> 1), (s.kind <> 3), s.rank, s.code),
  holder AS MATERIALIZED (
    SELECT DISTINCT ON (s.post_id) s.post_id, s.person_id, s.person_name FROM stands s
     ORDER BY s.post_id, (s.kind <> 1), (s.kind <> 3), s.person_id),
  away AS MATERIALIZED (
    SELECT DISTINCT a.person_id FROM sokuo.absence a
     WHERE a.tenant_id = order_targets.tenant AND a.ended_at IS NULL AND a.from_at <= sokuo.now()
       AND (a.until_at IS NULL OR a.until_at > sokuo.now())),
  named AS ( -- posts by their highest duty
    SELECT DISTINCT ON (r.post_id) r.role, coalesce(r.scope_id, nil) AS scope_id,
           CASE WHEN y.id IS NOT NULL THEN y.section_id ELSE u.id END AS unit_id,
           o.id AS post_id, o.name AS post_name, o.rank, o.code, h.person_id, h.person_name
      FROM target g
      JOIN sokuo.role_assignment r ON r.tenant_id = order_targets.tenant AND r.role = g.role
        AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
      JOIN sokuo.post o ON o.tenant_id = r.tenant_id AND o.id = r.post_id AND o.active
      LEFT JOIN sokuo.unit u ON u.tenant_id = r.tenant_id AND u.id = r.scope_id
      LEFT JOIN sokuo.system y ON y.tenant_id = r.tenant_id AND y.id = r.scope_id
      LEFT JOIN holder h ON h.post_id = r.post_id
     WHERE g.kind = 1 AND (g.unit IS NULL
       OR coalesce(u.id, y.section_id, o.unit_id) IN (SELECT sokuo.units_below(order_targets.tenant, g.unit)))
     ORDER BY r.post_id, r.role, (r.scope_id IS NOT NULL), r.scope_id),
  duty AS MATERIALIZED ( -- holders of two posts by the higher duty
    SELECT d.*, row_number() OVER (PARTITION BY d.role, d.scope_id
             ORDER BY (d.person_id IS NULL), d.rank, d.code) = 1 AS is_called
      FROM (SELECT DISTINCT ON (coalesce(n.person_id, n.post_id)) n.* FROM named n
             ORDER BY coalesce(n.person_id, n.post_id), n.role, n.rank, n.code) d),
  set_order AS (
    SELECT DISTINCT ON (s.role, s.scope_id) s.* FROM sokuo.succession s
     WHERE s.tenant_id = order_targets.tenant AND s.valid_from <= sokuo.today()
       AND s.role IN (SELECT d.role FROM duty d)
     ORDER BY s.role, s.scope_id, s.valid_from DESC, s.recorded_at DESC, s.id DESC),
  chain AS (
    SELECT d.post_id AS of_post_id, 1 AS rank, d.person_id, d.person_name FROM duty d WHERE d.person_id IS NOT NULL
    UNION ALL
    SELECT d.post_id, p.rank, h.person_id, h.person_name
      FROM duty d
      JOIN set_order s ON s.role = d.role AND s.scope_id = d.scope_id
      JOIN sokuo.succession_place p ON p.tenant_id = order_targets.tenant AND p.succession_id = s.id
      JOIN holder h ON h.post_id = p.post_id
     WHERE d.is_called),
  first AS (
    SELECT DISTINCT ON (k.of_post_id) k.* FROM chain k
     ORDER BY k.of_post_id, (k.person_id IN (SELECT a.person_id FROM away a)), k.rank),
  crowd AS (
    SELECT s.person_id FROM target g JOIN stands s ON s.unit_id IN (SELECT sokuo.units_below(order_targets.tenant, g.unit))
     WHERE g.kind = 2
    UNION
    SELECT x.id FROM unnest(persons) x (id) WHERE 3 = ANY (kinds)
    UNION
    SELECT m.person_id FROM sokuo.incident_member m
     WHERE m.tenant_id = order_targets.tenant AND m.incident_id = order_targets.incident AND m.access = 1
       AND (m.expires_at IS NULL OR m.expires_at > sokuo.now()) AND 4 = ANY (kinds)
    UNION
    SELECT x.id FROM sokuo.incident i CROSS JOIN LATERAL (VALUES (i.handler_id), (i.commander_id)) x (id)
     WHERE i.tenant_id = order_targets.tenant AND i.id = order_targets.incident AND 4 = ANY (kinds)
    UNION
    SELECT m.person_id FROM main m WHERE 5 = ANY (kinds))
  SELECT d.role, d.scope_id, d.unit_id, l.department_id, d.post_id, d.post_name, f.person_id, coalesce(f.person_name, ''),
         coalesce(f.rank > 1, false), d.is_called, f.person_id IS NULL
    FROM duty d LEFT JOIN first f ON f.of_post_id = d.post_id LEFT JOIN place l ON l.id = d.unit_id
  UNION ALL
  SELECT g.role, coalesce(g.unit, nil), g.unit, l.department_id, NULL::uuid, '', NULL::uuid, '', false, true, true
    FROM target g LEFT JOIN place l ON l.id = g.unit -- a duty that is nobody's at all
   WHERE g.kind = 1 AND NOT EXISTS (
     SELECT FROM sokuo.role_assignment r
       LEFT JOIN sokuo.system y ON y.tenant_id = r.tenant_id AND y.id = r.scope_id
       JOIN sokuo.post o ON o.tenant_id = r.tenant_id AND o.id = r.post_id AND o.active
      WHERE r.tenant_id = order_targets.tenant AND r.role = g.role AND r.valid_from <= sokuo.today()
        AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
        AND (g.unit IS NULL OR coalesce(y.section_id, r.scope_id, o.unit_id)
          IN (SELECT sokuo.units_below(order_targets.tenant, g.unit))))
  UNION ALL
  SELECT 0::smallint, nil, m.unit_id, l.department_id, m.post_id, coalesce(m.post_name, ''), p.id, p.name, false, false, false
    FROM crowd w
    JOIN sokuo.person p ON p.tenant_id = order_targets.tenant AND p.id = w.person_id AND p.active
    LEFT JOIN main m ON m.person_id = p.id
    LEFT JOIN place l ON l.id = m.unit_id
   WHERE p.id NOT IN (SELECT b.person_id FROM barred b)
     AND p.id NOT IN (SELECT d.person_id FROM duty d WHERE d.person_id IS NOT NULL);
END
  $$;

-- Whether the caller was ever asked by an order. Who is excluded from the incident since sees nothing of it any more. The last
-- answer is remembered: the rows of one order ask one after the other.
CREATE FUNCTION sokuo.is_asked(command_order uuid, incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 1000
  AS $$
DECLARE
  asked text := sokuo.person() || '/' || command_order;
  known text := current_setting('sokuo.is_asked', true);
  found_it boolean;
BEGIN
  IF known = asked || '/t' OR known = asked || '/f' THEN
    RETURN known = asked || '/t';
  END IF;
  found_it := EXISTS (SELECT FROM sokuo.order_asked a
      WHERE a.tenant_id = sokuo.tenant() AND a.order_id = is_asked.command_order AND a.person_id = sokuo.person())
    AND NOT sokuo.is_member(is_asked.incident, 2::smallint);
  PERFORM set_config('sokuo.is_asked', asked || CASE WHEN found_it THEN '/t' ELSE '/f' END, true);
  RETURN found_it;
END
  $$;
ALTER POLICY readable ON sokuo.command_order
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant())
    AND (sokuo.sees(incident_id) OR sokuo.is_asked(id, incident_id))));
ALTER POLICY readable ON sokuo.order_addressee
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant())
    AND (sokuo.sees(incident_id) OR sokuo.is_asked(order_id, incident_id))));
ALTER POLICY readable ON sokuo.order_answer
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant())
    AND (sokuo.sees(incident_id) OR sokuo.is_asked(order_id, incident_id))));

-- Journal rows of an order (stream 'order') are seen by who sees the order; they never stand in front of the wall.
CREATE FUNCTION sokuo.sees_order(command_order uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED COST 10000
  AS $$
BEGIN
  RETURN EXISTS (SELECT FROM sokuo.command_order o WHERE o.tenant_id = sokuo.tenant() AND o.id = sees_order.command_order);
END
  $$;
ALTER POLICY readable ON sokuo.journal
  USING (
    (SELECT sokuo.reach()) = 'system'
    OR (tenant_id = (SELECT sokuo.tenant())
      AND (wall = 0 OR (wall = 1 AND (SELECT sokuo.reach()) = 'all') OR stream = 'intake_item'
        OR CASE stream WHEN 'order' THEN sokuo.sees_order(stream_id) ELSE sokuo.may_read(stream_id) END)));
GRANT EXECUTE ON FUNCTION sokuo.organ_of, sokuo.is_independent, sokuo.units_led, sokuo.order_targets, sokuo.is_asked,
  sokuo.sees_order TO sokuo_app;
