-- SPDX-License-Identifier: Apache-2.0
-- Tests of whom one can reach: what was found out stands with the order.
CREATE TABLE sokuo.readiness_test (
  tenant_id         uuid NOT NULL,
  no                integer NOT NULL,
  incident_id       uuid NOT NULL,
  order_id          uuid NOT NULL,
  answer_within_min smallint NOT NULL CHECK (answer_within_min BETWEEN 1 AND 120),
  begun_at          timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, no),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident,
  FOREIGN KEY (tenant_id, order_id) REFERENCES sokuo.command_order
);

GRANT SELECT, INSERT ON sokuo.readiness_test TO sokuo_app;
ALTER TABLE sokuo.readiness_test ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.readiness_test FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sokuo.readiness_test TO sokuo_app
  USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system')
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');

-- As before; a duty may also be named by its system.
CREATE OR REPLACE FUNCTION sokuo.order_targets(tenant uuid, incident uuid, kinds smallint[], roles smallint[], units uuid[], persons uuid[])
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
     WHERE g.kind = 1 AND (g.unit IS NULL OR r.scope_id = g.unit
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
        AND (g.unit IS NULL OR r.scope_id = g.unit OR coalesce(y.section_id, r.scope_id, o.unit_id)
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
