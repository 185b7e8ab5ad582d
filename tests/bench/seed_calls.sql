-- SPDX-License-Identifier: Apache-2.0
-- After seed.sql: :calls armed calls of orders to the heads of 80 sections, each with two deputies, over the incidents of
-- seed.sql; due in a day, one after the other. One call that the engine armed must be there: its frozen policy is theirs.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, level_role, scope_id, policy, look_at,
    due_at, generation, phase, flags, until_us, owed_us, contact_us, level_us, clock_us, person_id, person_name)
  SELECT e.tenant_id, bench.id(60, n), bench.id(9, 1 + n % 1000), 2, 1, 4, 12, 12, bench.id(50, n % 80), e.policy, t.due, t.due,
         1, 1, 0, t.us + 86400000000, t.us + 86400000000, t.us, e.level_us, e.clock_us, bench.id(53, n % 80 * 3), '長'
    FROM sokuo.escalation e CROSS JOIN generate_series(1, :calls) n
   CROSS JOIN LATERAL (SELECT sokuo.now() + interval '1 day' + n * interval '1 millisecond' AS due) d
   CROSS JOIN LATERAL (SELECT d.due, (extract(epoch FROM d.due) * 1000000)::bigint AS us) t
   WHERE e.id = bench.id(59, 1);
ANALYZE sokuo.escalation;
