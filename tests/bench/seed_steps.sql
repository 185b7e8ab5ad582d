-- SPDX-License-Identifier: Apache-2.0
-- After seed.sql: :runs plans of :plan_steps steps each on the incident bench.id(9, 1), every step at :sections sections.
-- Odd steps may begin, each even one waits for the odd one before it at its own section. The heads of the sections have an
-- API token each (sokuo_head_1, sokuo_head_2, …) and the duty of an information security manager there.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
INSERT INTO sokuo.unit (tenant_id, id, kind, code, name)
  SELECT id, bench.id(11, n), 3, 'bench-' || n, '測定' || n || '課' FROM bench.tenant, generate_series(1, :sections) n;
INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id)
  SELECT id, bench.id(12, n), 'bench-' || n, '測定' || n || '課長', bench.id(11, n) FROM bench.tenant, generate_series(1, :sections) n;
INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, scope_id, valid_from)
  SELECT id, bench.id(13, n), bench.id(12, n), 12, bench.id(11, n), '2000-01-01' FROM bench.tenant, generate_series(1, :sections) n;
INSERT INTO sokuo.person (tenant_id, id, code, name)
  SELECT id, bench.id(14, n), 'bench-' || n, '課長 ' || n FROM bench.tenant, generate_series(1, :sections) n;
INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)
  SELECT id, bench.id(15, n), bench.id(14, n), bench.id(12, n), '2000-01-01' FROM bench.tenant, generate_series(1, :sections) n;
INSERT INTO sokuo.account (tenant_id, id, person_id, login, password_hash)
  SELECT id, bench.id(16, n), bench.id(14, n), 'bench-' || n, '!' FROM bench.tenant, generate_series(1, :sections) n;
INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, is_token, expires_at)
  SELECT id, bench.id(17, n), bench.id(16, n), sha256(convert_to('sokuo_head_' || n, 'UTF8')), true, sokuo.now() + interval '1 day'
    FROM bench.tenant, generate_series(1, :sections) n;

UPDATE sokuo.incident SET state = 4, section_ids = ARRAY(SELECT bench.id(11, n) FROM generate_series(1, :sections) n)
 WHERE id = bench.id(9, 1);
INSERT INTO sokuo.run (tenant_id, id, incident_id, incident_number, mode, code, version, title_ja, title_en, plan, t0)
  SELECT t.id, bench.id(18, r), bench.id(9, 1), '2025-0001', 1, 'PB-' || r, '1', '計画 ' || r, 'Plan ' || r, '', sokuo.now()
    FROM bench.tenant t, generate_series(1, :runs) r;
-- The frozen definition: number, phase, role and text of a PlaybookStep.
INSERT INTO sokuo.run_step (tenant_id, run_id, no, position, incident_id, phase, role, after, target_min, fan_out, text_ja,
    text_en, definition, due_at)
  SELECT t.id, bench.id(18, r), lpad(s::text, 3, '0'), s, bench.id(9, 1), 5, 12,
         CASE WHEN s % 2 = 0 THEN ARRAY[lpad((s - 1)::text, 3, '0')] ELSE '{}' END, 30, 2, '端末の電源を確かめる', 'Check the power',
         '\x0a03'::bytea || convert_to(lpad(s::text, 3, '0'), 'UTF8') || '\x1805280c'::bytea || '\x3a20'::bytea
           || '\x0a1e'::bytea || convert_to('端末の電源を確かめる', 'UTF8'), sokuo.now() + interval '1 hour'
    FROM bench.tenant t, generate_series(1, :runs) r, generate_series(1, :plan_steps) s;
-- Steps that may begin are numbered through: bench.id(19, 1), bench.id(19, 2), …; those that wait are bench.id(20, n).
INSERT INTO sokuo.step (tenant_id, id, incident_id, run_id, no, state, role, place_id, place_kind, place_name, unit_id, due_at,
    ready_at)
  SELECT t.id, bench.id(20 - s % 2, ((s - 1) / 2 * :runs + r - 1) * :sections + p), bench.id(9, 1), bench.id(18, r),
         lpad(s::text, 3, '0'), 1 + s % 2, 12, bench.id(11, p), 2, '測定' || p || '課', bench.id(11, p),
         sokuo.now() + interval '1 hour', CASE WHEN s % 2 = 1 THEN sokuo.now() END
    FROM bench.tenant t, generate_series(1, :runs) r, generate_series(1, :plan_steps) s, generate_series(1, :sections) p;
VACUUM ANALYZE;
CHECKPOINT;
