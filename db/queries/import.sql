-- SPDX-License-Identifier: Apache-2.0
-- CSV files of the organisation, each in a few statements over all lines at once: $1 the tenant, $2 line numbers,
-- $3 ids for new rows, $4 the day for lines without one (NULL: today), $5 … one array a column, then who does it
-- (note_who without the journal id). Values are checked and normalised before (import_store.c); here only what needs
-- the database. A line is answered with its fault, or whether it was saved and whether it is new.

-- name: import_begin :exec
-- For the rest of the transaction: files are large and fresh tables have no statistics yet, so joins row by row would
-- take seconds.
SELECT set_config('enable_nestloop', 'off', true);

-- name: import_units :many
-- One level at a time, so that parents are there first.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, l.code, l.kind::smallint AS kind, l.name, l.parent_code, p.id AS parent_id, p.kind
      AS parent_kind, l.phone,
         l.active::boolean AS active
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
         AS l (n, id, code, kind, name, parent_code, phone, active)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.unit p ON p.tenant_id = $1::uuid AND p.code = l.parent_code),
judged AS MATERIALIZED (
  SELECT line.*, CASE WHEN line.kind = 1 AND line.parent_code <> '' THEN 'PARENT_NOT'
              WHEN line.kind > 1 AND line.parent_code = '' THEN 'PARENT_NEEDED'
              WHEN line.kind > 1 AND line.parent_id IS NULL THEN 'PARENT'
              WHEN line.parent_kind >= line.kind THEN 'PARENT_LEVEL' END AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.code, to_jsonb(t) AS row
    FROM sokuo.unit t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.unit AS t (tenant_id, id, code, kind, name, parent_id, phone, active)
  SELECT $1::uuid, id, code, kind, name, parent_id, phone, active FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, code) DO UPDATE
    SET kind = excluded.kind, name = excluded.name, parent_id = excluded.parent_id, phone = excluded.phone, active =
        excluded.active
    WHERE (t.kind, t.name, t.parent_id, t.phone, t.active) IS DISTINCT FROM (excluded.kind, excluded.name,
        excluded.parent_id, excluded.phone, excluded.active)
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'unit.saved', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint,
         sokuo.changes(old.row, to_jsonb(saved))
    FROM saved LEFT JOIN old ON old.code = saved.code)
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.code = judged.code
  LEFT JOIN saved ON judged.fault IS NULL AND saved.code = judged.code
 ORDER BY judged.n;

-- name: import_posts :many
-- Their units must be there.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, l.code, l.name, u.id AS unit_id, l.rank::smallint AS rank, l.active::boolean AS active
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
         AS l (n, id, code, name, unit_code, rank, active)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.code = l.unit_code),
judged AS MATERIALIZED (
  SELECT line.*, CASE WHEN line.unit_id IS NULL THEN 'UNIT' END AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.code, to_jsonb(t) AS row
    FROM sokuo.post t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.post AS t (tenant_id, id, code, name, unit_id, rank, active)
  SELECT $1::uuid, id, code, name, unit_id, rank, active FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, code) DO UPDATE
    SET name = excluded.name, unit_id = excluded.unit_id, rank = excluded.rank, active = excluded.active
    WHERE (t.name, t.unit_id, t.rank, t.active) IS DISTINCT FROM (excluded.name, excluded.unit_id, excluded.rank,
        excluded.active)
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'post.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint,
         sokuo.changes(old.row, to_jsonb(saved))
    FROM saved LEFT JOIN old ON old.code = saved.code)
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.code = judged.code
  LEFT JOIN saved ON judged.fault IS NULL AND saved.code = judged.code
 ORDER BY judged.n;

-- name: import_persons :many
-- folded is made from name, kana and code (person_folded).
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, l.code, l.name, l.kana, l.kind::smallint AS kind, l.active::boolean AS active,
      l.folded
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
         AS l (n, id, code, name, kana, kind, active, folded)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d),
judged AS MATERIALIZED (
  SELECT line.*, NULL::text AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.code, to_jsonb(t) AS row
    FROM sokuo.person t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.person AS t (tenant_id, id, code, name, kana, folded, kind, active)
  SELECT $1::uuid, id, code, name, kana, folded, kind, active FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, code) DO UPDATE
    SET name = excluded.name, kana = excluded.kana, folded = excluded.folded, kind = excluded.kind, active =
        excluded.active
    WHERE (t.name, t.kana, t.folded, t.kind, t.active) IS DISTINCT FROM (excluded.name, excluded.kana,
        excluded.folded, excluded.kind, excluded.active)
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'person.saved', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint,
         sokuo.changes(old.row, to_jsonb(saved))
    FROM saved LEFT JOIN old ON old.code = saved.code)
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.code = judged.code
  LEFT JOIN saved ON judged.fault IS NULL AND saved.code = judged.code
 ORDER BY judged.n;

-- name: import_tenures :many
-- A line without a day is the tenure that holds on $4 already, if there is one. A line without a last day leaves the
-- one that is known.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, p.id AS person_id, o.id AS post_id, o.rank, l.kind::smallint AS kind,
         coalesce(nullif(l.first_day, '')::date,
                  (SELECT max(k.valid_from) FROM sokuo.tenure k
                    WHERE k.tenant_id = $1::uuid AND k.person_id = p.id AND k.post_id = o.id
                      AND k.kind = l.kind::smallint AND k.valid_from <= d.today
                      AND (k.valid_until IS NULL OR k.valid_until > d.today)),
                  d.today) AS valid_from,
         nullif(l.last_day, '')::date + 1 AS valid_until
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
         AS l (n, id, person_code, post_code, kind, first_day, last_day)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.person p ON p.tenant_id = $1::uuid AND p.code = l.person_code
    LEFT JOIN sokuo.post o ON o.tenant_id = $1::uuid AND o.code = l.post_code),
judged AS MATERIALIZED (
  SELECT line.*, CASE WHEN line.person_id IS NULL THEN 'PERSON'
              WHEN line.post_id IS NULL THEN 'POST'
              WHEN line.valid_until <= line.valid_from THEN 'DAYS'
              WHEN row_number() OVER (PARTITION BY line.person_id, line.post_id, line.valid_from ORDER BY line.n) > 1
                THEN 'TWICE'
              WHEN line.kind = 1
               AND row_number() OVER (PARTITION BY line.person_id, line.kind, line.valid_from ORDER BY line.n) > 1
                THEN 'TWO_POSTS'
              WHEN line.kind = 1 AND line.rank < 5
               AND row_number() OVER (PARTITION BY line.post_id, line.kind, line.valid_from ORDER BY line.n) > 1
                THEN 'TWO_HOLDERS' END AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.person_id, t.post_id, t.valid_from, to_jsonb(t) AS row
    FROM sokuo.tenure t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.tenure AS t (tenant_id, id, person_id, post_id, valid_from, kind, valid_until)
  SELECT $1::uuid, id, person_id, post_id, valid_from, kind, valid_until FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, person_id, post_id, valid_from) DO UPDATE
    SET kind = excluded.kind, valid_until = coalesce(excluded.valid_until, t.valid_until)
    WHERE (t.kind, t.valid_until) IS DISTINCT FROM (excluded.kind, coalesce(excluded.valid_until, t.valid_until))
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'tenure.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint,
         sokuo.changes(old.row, to_jsonb(saved))
    FROM saved LEFT JOIN old ON old.person_id = saved.person_id AND old.post_id = saved.post_id AND old.valid_from =
        saved.valid_from)
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.person_id = judged.person_id AND old.post_id = judged.post_id AND old.valid_from =
      judged.valid_from
  LEFT JOIN saved ON judged.fault IS NULL AND saved.person_id = judged.person_id AND saved.post_id = judged.post_id
      AND saved.valid_from = judged.valid_from
 ORDER BY judged.n;

-- name: import_tenures_end :exec
-- A regular tenure ends where a later regular one of the same person begins, or of the same post unless many share it
-- (rank 5). Only pairs with one of $2.
WITH pair AS (
  SELECT f.id, t.valid_from AS day
    FROM sokuo.tenure f
    JOIN sokuo.tenure t ON t.tenant_id = f.tenant_id AND t.person_id = f.person_id AND t.valid_from > f.valid_from
   WHERE f.tenant_id = $1::uuid AND f.kind = 1 AND t.kind = 1 AND (f.id = ANY ($2::uuid[]) OR t.id = ANY ($2::uuid[]))
  UNION ALL
  SELECT f.id, t.valid_from
    FROM sokuo.tenure f
    JOIN sokuo.post o ON o.tenant_id = f.tenant_id AND o.id = f.post_id AND o.rank < 5
    JOIN sokuo.tenure t ON t.tenant_id = f.tenant_id AND t.post_id = f.post_id AND t.valid_from > f.valid_from
   WHERE f.tenant_id = $1::uuid AND f.kind = 1 AND t.kind = 1 AND (f.id = ANY ($2::uuid[]) OR t.id = ANY ($2::uuid[]))),
first AS (
  SELECT id, min(day) AS day FROM pair GROUP BY id)
UPDATE sokuo.tenure f SET valid_until = first.day
  FROM first
 WHERE f.tenant_id = $1::uuid AND f.id = first.id AND (f.valid_until IS NULL OR f.valid_until > first.day);

-- name: import_roles :many
-- A line without a day is the duty that holds on $4 already, if there is one. The scope is a unit or a system.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, o.id AS post_id, l.role::smallint AS role, l.scope_code, coalesce(u.id, s.id) AS
      scope_id,
         coalesce(nullif(l.first_day, '')::date,
                  (SELECT max(k.valid_from) FROM sokuo.role_assignment k
                    WHERE k.tenant_id = $1::uuid AND k.post_id = o.id AND k.role = l.role::smallint
                      AND k.scope_id IS NOT DISTINCT FROM coalesce(u.id, s.id) AND k.valid_from <= d.today
                      AND (k.valid_until IS NULL OR k.valid_until > d.today)),
                  d.today) AS valid_from,
         nullif(l.last_day, '')::date + 1 AS valid_until
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
         AS l (n, id, post_code, role, scope_code, first_day, last_day)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.post o ON o.tenant_id = $1::uuid AND o.code = l.post_code
    LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.code = l.scope_code
    LEFT JOIN sokuo.system s ON s.tenant_id = $1::uuid AND s.code = l.scope_code),
judged AS MATERIALIZED (
  SELECT line.*, CASE WHEN line.post_id IS NULL THEN 'POST'
              WHEN line.scope_code <> '' AND line.scope_id IS NULL THEN 'SCOPE'
              WHEN line.valid_until <= line.valid_from THEN 'DAYS'
              WHEN row_number() OVER (PARTITION BY line.post_id, line.role, line.scope_id, line.valid_from
                                      ORDER BY line.n) > 1 THEN 'TWICE' END AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.post_id, t.role, t.valid_from, t.scope_id, to_jsonb(t) AS row
    FROM sokuo.role_assignment t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.role_assignment AS t (tenant_id, id, post_id, role, scope_id, valid_from, valid_until)
  SELECT $1::uuid, id, post_id, role, scope_id, valid_from, valid_until FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, post_id, role, coalesce(scope_id, '00000000-0000-0000-0000-000000000000'), valid_from) DO
      UPDATE
    SET valid_until = coalesce(excluded.valid_until, t.valid_until)
    WHERE t.valid_until IS DISTINCT FROM coalesce(excluded.valid_until, t.valid_until)
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'role_assignment.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint,
         sokuo.changes(old.row, to_jsonb(saved))
    FROM saved LEFT JOIN old ON old.post_id = saved.post_id AND old.role = saved.role AND old.valid_from =
        saved.valid_from AND coalesce(old.scope_id, '00000000-0000-0000-0000-000000000000') =
        coalesce(saved.scope_id, '00000000-0000-0000-0000-000000000000'))
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.post_id = judged.post_id AND old.role = judged.role AND old.valid_from = judged.valid_from
      AND coalesce(old.scope_id, '00000000-0000-0000-0000-000000000000') = coalesce(judged.scope_id,
      '00000000-0000-0000-0000-000000000000')
  LEFT JOIN saved ON judged.fault IS NULL AND saved.post_id = judged.post_id AND saved.role = judged.role AND
      saved.valid_from = judged.valid_from AND coalesce(saved.scope_id, '00000000-0000-0000-0000-000000000000') =
      coalesce(judged.scope_id, '00000000-0000-0000-0000-000000000000')
 ORDER BY judged.n;

-- name: import_succession :many
-- The lines of one role, scope and day are one order of succession, taken whole or not at all. Posts that stand in already
-- in this order on that day change nothing. With fewer than two deputies a reason is needed, which is kept.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, l.role::smallint AS role, l.scope_code, coalesce(u.id, s.id) AS scope_id,
         coalesce(nullif(l.first_day, '')::date, d.today) AS valid_from, l.rank::integer AS rank, o.id AS post_id, l.reason
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
         AS l (n, id, role, scope_code, first_day, rank, post_code, reason)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.post o ON o.tenant_id = $1::uuid AND o.code = l.post_code AND o.active
    LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.code = l.scope_code
    LEFT JOIN sokuo.system s ON s.tenant_id = $1::uuid AND s.code = l.scope_code),
judged AS MATERIALIZED (
  SELECT line.*, coalesce(line.scope_id, '00000000-0000-0000-0000-000000000000') AS place_id,
         CASE WHEN line.post_id IS NULL THEN 'POST'
              WHEN line.scope_code <> '' AND line.scope_id IS NULL THEN 'SCOPE'
              WHEN row_number() OVER (PARTITION BY line.role, line.scope_code, line.valid_from, line.post_id ORDER BY line.n) > 1
                THEN 'TWICE'
              WHEN row_number() OVER (PARTITION BY line.role, line.scope_code, line.valid_from ORDER BY line.rank, line.n)
                   <> line.rank THEN 'GAP' END AS fault
    FROM line),
grouped AS MATERIALIZED (
  SELECT j.role, j.place_id, j.valid_from, (array_agg(j.id ORDER BY j.n))[1] AS id, array_agg(j.post_id ORDER BY j.rank) AS posts,
         max(j.reason) AS reason,
         CASE WHEN bool_or(j.fault IS NOT NULL) THEN 'ORDER' WHEN count(*) < 2 AND max(j.reason) = '' THEN 'FEW' END AS fault
    FROM judged j GROUP BY j.role, j.scope_code, j.place_id, j.valid_from),
old AS MATERIALIZED (
  SELECT g.id, h.reason, h.posts
    FROM grouped g
    CROSS JOIN LATERAL (
      SELECT k.override_reason AS reason, (
               SELECT array_agg(p.post_id ORDER BY p.rank) FROM sokuo.succession_place p
                WHERE p.tenant_id = $1::uuid AND p.succession_id = k.id) AS posts
        FROM sokuo.succession k
       WHERE k.tenant_id = $1::uuid AND k.role = g.role AND k.scope_id = g.place_id AND k.valid_from <= g.valid_from
       ORDER BY k.valid_from DESC, k.recorded_at DESC, k.id DESC LIMIT 1) h),
saved AS (
  INSERT INTO sokuo.succession (tenant_id, id, role, scope_id, valid_from, override_reason, by_person_id, by_person_name,
    by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, g.id, g.role, g.place_id, g.valid_from, g.reason, $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint
    FROM grouped g LEFT JOIN old ON old.id = g.id
   WHERE g.fault IS NULL AND (old.posts IS DISTINCT FROM g.posts OR old.reason IS DISTINCT FROM g.reason)
  RETURNING id, role, scope_id, valid_from, override_reason),
places AS (
  INSERT INTO sokuo.succession_place (tenant_id, succession_id, rank, post_id)
  SELECT $1::uuid, saved.id, p.n + 1, p.post_id
    FROM saved JOIN grouped g ON g.id = saved.id CROSS JOIN unnest(g.posts) WITH ORDINALITY p (post_id, n)),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, reason, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'succession.set', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, saved.override_reason,
         jsonb_build_array(jsonb_build_object('field', 'posts', 'before', to_jsonb(old.posts), 'after', to_jsonb(g.posts)))
    FROM saved JOIN grouped g ON g.id = saved.id LEFT JOIN old ON old.id = saved.id)
SELECT j.n, coalesce(j.fault, g.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.id IS NULL AS is_new, g.id
  FROM judged j
  JOIN grouped g ON g.role = j.role AND g.place_id = j.place_id AND g.valid_from = j.valid_from
  LEFT JOIN old ON old.id = g.id
  LEFT JOIN saved ON saved.id = g.id
 ORDER BY j.n;

-- name: import_contacts :many
-- The journal never holds the address, nor codes and keys.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, p.id AS person_id, l.kind::smallint AS kind, l.address, l.priority::smallint AS
      priority,
         l.private::boolean AS private
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
         AS l (n, id, person_code, kind, address, priority, private)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.person p ON p.tenant_id = $1::uuid AND p.code = l.person_code),
judged AS MATERIALIZED (
  SELECT line.*, CASE WHEN line.person_id IS NULL THEN 'PERSON' END AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.person_id, t.kind, t.address, to_jsonb(t) - '{address,code_hash,code_until,code_tries,p256dh,auth,device_name,last_sent_at,last_fault}'::text[] AS row
    FROM sokuo.contact_point t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.contact_point AS t (tenant_id, id, person_id, kind, address, priority, private)
  SELECT $1::uuid, id, person_id, kind, address, priority, private FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, person_id, kind, address) DO UPDATE
    SET priority = excluded.priority, private = excluded.private
    WHERE (t.priority, t.private) IS DISTINCT FROM (excluded.priority, excluded.private)
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'contact_point.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint,
         sokuo.changes(old.row, to_jsonb(saved) - '{address,code_hash,code_until,code_tries,p256dh,auth,device_name,last_sent_at,last_fault}'::text[])
    FROM saved LEFT JOIN old ON old.person_id = saved.person_id AND old.kind = saved.kind AND old.address =
        saved.address)
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.person_id = judged.person_id AND old.kind = judged.kind AND old.address = judged.address
  LEFT JOIN saved ON judged.fault IS NULL AND saved.person_id = judged.person_id AND saved.kind = judged.kind AND
      saved.address = judged.address
 ORDER BY judged.n;

-- name: import_systems :many
-- The section in charge must be there when it is given.
WITH line AS MATERIALIZED (
  SELECT l.n::integer AS n, l.id, l.code, l.name, l.section_code, u.id AS section_id, l.zone::smallint AS zone,
         l.availability_level::smallint AS availability_level, l.active::boolean AS active
    FROM unnest($2::text[], $3::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
         AS l (n, id, code, name, section_code, zone, availability_level, active)
   CROSS JOIN (SELECT coalesce($4::date, sokuo.today()) AS today) d
    LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.code = l.section_code),
judged AS MATERIALIZED (
  SELECT line.*, CASE WHEN line.section_code <> '' AND line.section_id IS NULL THEN 'UNIT' END AS fault
    FROM line),
old AS MATERIALIZED (
  SELECT t.code, to_jsonb(t) AS row
    FROM sokuo.system t
   WHERE t.tenant_id = $1::uuid),
saved AS (
  INSERT INTO sokuo.system AS t (tenant_id, id, code, name, section_id, zone, availability_level, active)
  SELECT $1::uuid, id, code, name, section_id, zone, availability_level, active FROM judged WHERE fault IS NULL
  ON CONFLICT (tenant_id, code) DO UPDATE
    SET name = excluded.name, section_id = excluded.section_id, zone = excluded.zone, availability_level =
        excluded.availability_level, active = excluded.active
    WHERE (t.name, t.section_id, t.zone, t.availability_level, t.active) IS DISTINCT FROM (excluded.name,
        excluded.section_id, excluded.zone, excluded.availability_level, excluded.active)
  RETURNING t.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, gen_random_uuid(), 'directory', saved.id, 0, 'system.saved', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint,
         sokuo.changes(old.row, to_jsonb(saved))
    FROM saved LEFT JOIN old ON old.code = saved.code)
SELECT judged.n, coalesce(judged.fault, '') AS fault, saved.id IS NOT NULL AS is_saved, old.row IS NULL AS is_new,
       saved.id
  FROM judged
  LEFT JOIN old ON old.code = judged.code
  LEFT JOIN saved ON judged.fault IS NULL AND saved.code = judged.code
 ORDER BY judged.n;

-- name: import_note :exec
-- That a file was imported: $2 what it was, as changes.
INSERT INTO sokuo.journal (tenant_id, stream_id, stream, stream_seq, kind, wall, occurred_at, changes,
                           id, person_id, person_name, post_id, post_name, capacity)
VALUES ($1::uuid, $1::uuid, 'directory', 0, 'directory.imported', 0, sokuo.now(), $2::jsonb,
        $3::uuid, $4::uuid, $5::text, $6::uuid, $7::text, $8::smallint);
