-- SPDX-License-Identifier: Apache-2.0
-- After seed.sql: 80 sections with a head and two deputies each, all with a telephone, and one call to be armed.
\set ON_ERROR_STOP on
UPDATE sokuo.incident SET state = 3;
INSERT INTO sokuo.unit (tenant_id, id, kind, code, name)
  SELECT id, bench.id(50, n), 3, 'head' || n, n || '課' FROM bench.tenant, generate_series(0, 79) n;
INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id)
  SELECT id, bench.id(51, n), 'head' || n, '職' || n, bench.id(50, n / 3) FROM bench.tenant, generate_series(0, 239) n;
INSERT INTO sokuo.person (tenant_id, id, code, name)
  SELECT id, bench.id(53, n), 'head' || n, '長' || n FROM bench.tenant, generate_series(0, 239) n;
INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)
  SELECT id, bench.id(54, n), bench.id(53, n), bench.id(51, n), '2000-01-01' FROM bench.tenant, generate_series(0, 239) n;
INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address)
  SELECT id, bench.id(55, n), bench.id(53, n), 1, '090-' || n FROM bench.tenant, generate_series(0, 239) n;
INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, scope_id, valid_from)
  SELECT id, bench.id(56, n), bench.id(51, n * 3), 12, bench.id(50, n), '2000-01-01' FROM bench.tenant, generate_series(0, 79) n;
INSERT INTO sokuo.succession (tenant_id, id, role, scope_id, valid_from)
  SELECT id, bench.id(57, n), 12, bench.id(50, n), '2000-01-01' FROM bench.tenant, generate_series(0, 79) n;
INSERT INTO sokuo.succession_place (tenant_id, succession_id, rank, post_id)
  SELECT id, bench.id(57, n / 2), 2 + n % 2, bench.id(51, n / 2 * 3 + 1 + n % 2) FROM bench.tenant, generate_series(0, 159) n;
INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, scope_id, look_at)
  SELECT id, bench.id(59, 1), bench.id(9, 1), 2, 1, 4, 12, bench.id(50, 0), sokuo.now() FROM bench.tenant;
ANALYZE; -- as autovacuum does within the minute
