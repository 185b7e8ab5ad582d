-- SPDX-License-Identifier: Apache-2.0
-- :incidents incidents of one tenant, the first :read_incidents with 20 entries each, :accounts accounts with an API token
-- each (sokuo_bench_1, sokuo_bench_2, …) whose holders are handlers. Ids are counted, so that clients can guess them.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
CREATE SCHEMA IF NOT EXISTS bench;

CREATE FUNCTION bench.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

CREATE TABLE bench.word AS
  SELECT (p - 1) * 20 + e - 1 AS n, place || 'で' || event AS title
    FROM unnest(ARRAY['市民課', '税務課', '福祉課', '水道局', '教育委員会', '議会事務局', '土木課', '環境課', '防災課', '広報課',
                      '人事課', '財政課', '契約課', '農政課', '港湾課', '住宅課', '保険課', '年金課', '図書館', '消防本部'])
           WITH ORDINALITY a (place, p),
         unnest(ARRAY['端末に警告', '書類の誤送付', '鍵の紛失', '回線の断', '停電', '不審な電話', '誤公開', '帳票の誤印刷', '空調停止',
                      '装置の故障', '書庫の浸水', '名簿の紛失', '認証の失敗', '通信の遅延', '委託先の連絡', '記憶媒体の紛失', '回線の混雑',
                      '設定の誤り', '更新の失敗', '来庁者の侵入']) WITH ORDINALITY b (event, e);
ALTER TABLE bench.word ADD PRIMARY KEY (n);
ALTER TABLE bench.word ADD bigrams text[];
UPDATE bench.word SET bigrams = ARRAY(SELECT DISTINCT substr(title, i, 2) FROM generate_series(1, length(title) - 1) i);
INSERT INTO bench.word VALUES (400, '鯨類の迷入', ARRAY['鯨類', '類の', 'の迷', '迷入']);

-- The tenant is the one that the server made at its first start.
CREATE TABLE bench.tenant AS SELECT id FROM sokuo.tenant LIMIT 1;
INSERT INTO sokuo.unit (tenant_id, id, kind, code, name)
  SELECT id, bench.id(1, 1), 3, 'bench', '測定課' FROM bench.tenant;
INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id)
  SELECT id, bench.id(2, 1), 'bench', '測定担当', bench.id(1, 1) FROM bench.tenant;
INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, valid_from)
  SELECT id, bench.id(3, 1), bench.id(2, 1), 7, '2000-01-01' FROM bench.tenant;
INSERT INTO sokuo.person (tenant_id, id, code, name)
  SELECT id, bench.id(4, n), 'bench' || n, '測定 ' || n FROM bench.tenant, generate_series(1, :accounts) n;
INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)
  SELECT id, bench.id(5, n), bench.id(4, n), bench.id(2, 1), '2000-01-01' FROM bench.tenant, generate_series(1, :accounts) n;
INSERT INTO sokuo.account (tenant_id, id, person_id, login, password_hash)
  SELECT id, bench.id(6, n), bench.id(4, n), 'bench' || n, '!' FROM bench.tenant, generate_series(1, :accounts) n;
INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, is_token, expires_at)
  SELECT id, bench.id(7, n), bench.id(6, n), sha256(convert_to('sokuo_bench_' || n, 'UTF8')), true, sokuo.now() + interval '1 day'
    FROM bench.tenant, generate_series(1, :accounts) n;

INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, version, mode, confidentiality, wall, state, title,
    description, incident_type, severity, filed_at, updated_at, filer_person_id, filer_name)
  SELECT t.id, bench.id(9, g.n), '2025-' || lpad(g.n::text, greatest(4, length(g.n::text)), '0'), 2025000 + g.n / 4096,
         CASE WHEN g.n <= :read_incidents THEN 20 ELSE 1 END, 1, 2, 1, CASE WHEN g.n % 200 = 0 THEN 3 ELSE 13 END, w.title,
         repeat('庁内の端末で警告が出た。', 8), 101 + g.n % 5, 1 + g.n % 5, sokuo.now() - (:incidents - g.n) * interval '1 second',
         sokuo.now(), bench.id(4, 1), '測定 1'
    FROM bench.tenant t CROSS JOIN generate_series(1, :incidents) g (n)
    JOIN bench.word w ON w.n = CASE WHEN g.n % 50000 = 7 THEN 400 ELSE (g.n::bigint * 7919) % 400 END;

INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, person_id, person_name,
    post_id, post_name, entry_kind, text, sender, receiver, means, certainty)
  SELECT t.id, bench.id(10, n * 32 + e), 'incident', bench.id(9, n), e, 'entry.added', 1, sokuo.now(), bench.id(4, 1), '測定 1',
         bench.id(2, 1), '測定担当', 1, '窓口の端末で警告を確認した。画面を撮影し、配線を外した。', '情報政策課', '市民課', 1, 1
    FROM bench.tenant t, generate_series(1, :read_incidents) n, generate_series(1, 20) e;

INSERT INTO sokuo.search_text (tenant_id, incident_id, journal_id, bucket, mode, wall, folded, lexemes)
  SELECT t.id, bench.id(9, g.n), bench.id(9, g.n), 2025000 + g.n / 4096, 1, 1, w.title,
         array_to_tsvector(w.bigrams || ARRAY(SELECT b || (2025000 + g.n / 4096) FROM unnest(w.bigrams) b))
    FROM bench.tenant t CROSS JOIN generate_series(1, :incidents) g (n)
    JOIN bench.word w ON w.n = CASE WHEN g.n % 50000 = 7 THEN 400 ELSE (g.n::bigint * 7919) % 400 END;

INSERT INTO sokuo.incident_counter SELECT id, 2025, 1, :incidents FROM bench.tenant
  ON CONFLICT (tenant_id, fiscal_year, mode) DO UPDATE SET last = excluded.last;
VACUUM ANALYZE;
CHECKPOINT;
