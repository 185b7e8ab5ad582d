-- SPDX-License-Identifier: Apache-2.0
-- Duties and who is called for them; absences.

-- name: duty_chain :many
-- Every place of the duties as they stand today: who is on duty by the rota (rank 0), who holds the duty (rank 1), then the
-- order of succession. $2 only this
-- role (0: all), $3 only this scope (NULL: all), $4 only duties in which this person stands,
-- $5 posts that would stand in, instead of those that do, for role $2 at scope $3 (NULL: the city). A post without a holder is a row without a person.
WITH held AS (
  SELECT r.role, coalesce(r.scope_id, '00000000-0000-0000-0000-000000000000') AS scope_id, r.post_id
    FROM sokuo.role_assignment r
   WHERE r.tenant_id = $1::uuid AND ($2::smallint = 0 OR r.role = $2::smallint)
     AND ($3::uuid IS NULL OR coalesce(r.scope_id, '00000000-0000-0000-0000-000000000000') = $3::uuid)
     AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())),
set_order AS (
  SELECT DISTINCT ON (s.role, s.scope_id) s.*
    FROM sokuo.succession s
   WHERE s.tenant_id = $1::uuid AND ($2::smallint = 0 OR s.role = $2::smallint) AND ($3::uuid IS NULL OR s.scope_id = $3::uuid)
     AND s.valid_from <= sokuo.today()
   ORDER BY s.role, s.scope_id, s.valid_from DESC, s.recorded_at DESC, s.id DESC),
place AS (
  SELECT role, scope_id, 1 AS rank, post_id FROM held
  UNION ALL
  SELECT s.role, s.scope_id, p.rank, p.post_id
    FROM set_order s
    JOIN sokuo.succession_place p ON p.tenant_id = $1::uuid AND p.succession_id = s.id
   WHERE $5::uuid[] IS NULL
  UNION ALL
  SELECT $2::smallint, coalesce($3::uuid, '00000000-0000-0000-0000-000000000000'), p.n + 1, p.post_id
    FROM unnest($5::uuid[]) WITH ORDINALITY p (post_id, n)),
stood AS (
  SELECT l.role, l.scope_id, l.rank, o.id AS post_id, o.name AS post_name, o.rank AS post_rank, o.code AS post_code,
         t.kind AS tenure, p.id AS person_id, p.name AS person_name
    FROM place l
    JOIN sokuo.post o ON o.tenant_id = $1::uuid AND o.id = l.post_id AND o.active
    LEFT JOIN sokuo.tenure t ON t.tenant_id = $1::uuid AND t.post_id = o.id
      AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
      AND EXISTS (SELECT FROM sokuo.person a WHERE a.tenant_id = $1::uuid AND a.id = t.person_id AND a.active)
    LEFT JOIN sokuo.person p ON p.tenant_id = $1::uuid AND p.id = t.person_id
  UNION ALL
  SELECT r.role, r.scope_id, 0, h.post_id, coalesce(h.post_name, ''), 0, '', h.kind, p.id, p.name
    FROM sokuo.rota_on($1::uuid) r
    JOIN sokuo.person p ON p.tenant_id = $1::uuid AND p.id = r.person_id AND p.active
    LEFT JOIN LATERAL (
      SELECT o.id AS post_id, o.name AS post_name, t.kind
        FROM sokuo.tenure t
        JOIN sokuo.post o ON o.tenant_id = $1::uuid AND o.id = t.post_id AND o.active
       WHERE t.tenant_id = $1::uuid AND t.person_id = p.id AND t.valid_from <= sokuo.today()
         AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
       ORDER BY t.kind, o.rank LIMIT 1) h ON true
   WHERE ($2::smallint = 0 OR r.role = $2::smallint) AND ($3::uuid IS NULL OR r.scope_id = $3::uuid))
SELECT d.role, d.scope_id, coalesce(u.name, y.name, '') AS scope_name, d.rank, d.post_id, d.post_name, d.tenure,
       d.person_id, d.person_name, a.id AS absence_id, a.kind AS absence_kind, a.from_at, a.until_at,
       a.recorded_at AS absence_recorded_at, c.kind AS contact_kind, c.points, c.stale,
       s.id AS succession_id, s.valid_from::text AS valid_from, s.override_reason, s.by_person_id, s.by_person_name,
       s.by_post_id, s.by_post_name, s.by_capacity
  FROM stood d
  LEFT JOIN set_order s ON s.role = d.role AND s.scope_id = d.scope_id
  LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.id = d.scope_id
  LEFT JOIN sokuo.system y ON y.tenant_id = $1::uuid AND y.id = d.scope_id
  LEFT JOIN LATERAL (
    SELECT b.* FROM sokuo.absence b
     WHERE b.tenant_id = $1::uuid AND b.person_id = d.person_id AND b.ended_at IS NULL AND b.from_at <= sokuo.now()
       AND (b.until_at IS NULL OR b.until_at > sokuo.now())
     ORDER BY b.until_at DESC NULLS FIRST LIMIT 1) a ON true
  LEFT JOIN LATERAL (
    SELECT (array_agg(k.kind ORDER BY k.priority, k.kind))[1] AS kind, count(*) AS points,
           count(*) FILTER (WHERE k.confirmed_at IS NULL OR k.confirmed_at < sokuo.now() - interval '90 days') AS stale
      FROM sokuo.contact_point k WHERE k.tenant_id = $1::uuid AND k.person_id = d.person_id) c ON true
 WHERE $4::uuid IS NULL OR EXISTS (
   SELECT FROM stood e WHERE e.role = d.role AND e.scope_id = d.scope_id AND e.person_id = $4::uuid)
 ORDER BY d.role, d.scope_id, d.rank, d.post_rank, d.post_code, d.tenure, d.person_id;

-- name: succession_add :one
-- $1 tenant, $2 id (the operation's), $3 role, $4 scope (NULL: the city), $5 from this day (NULL: today), $6 why fewer must
-- do, $7 posts; operation: $8 method, $9 request hash; journal: $10 id, $11 person, $12 name, $13 post, $14 name,
-- $15 capacity. No row: done already.
WITH added AS (
  INSERT INTO sokuo.succession (tenant_id, id, role, scope_id, valid_from, override_reason, by_person_id, by_person_name,
    by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, $2::uuid, $3::smallint, coalesce($4::uuid, '00000000-0000-0000-0000-000000000000'),
         coalesce($5::date, sokuo.today()), $6::text, $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint
   WHERE NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING *),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $11::uuid, $8::text, $9::bytea FROM added),
places AS (
  INSERT INTO sokuo.succession_place (tenant_id, succession_id, rank, post_id)
  SELECT $1::uuid, $2::uuid, p.n + 1, p.post_id
    FROM added CROSS JOIN unnest($7::uuid[]) WITH ORDINALITY p (post_id, n)),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, reason, changes)
  SELECT $1::uuid, $10::uuid, 'directory', $2::uuid, 0, 'succession.set', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, $2::uuid, $6::text,
         jsonb_build_array(jsonb_build_object('field', 'posts', 'before', NULL, 'after', to_jsonb($7::uuid[])))
    FROM added)
SELECT id FROM added;

-- name: posts_active :many
-- Which of these posts are there and not abolished.
SELECT id FROM sokuo.post WHERE tenant_id = $1::uuid AND id = ANY ($2::uuid[]) AND active;

-- name: scope_find :one
-- A department, section or system by its id.
SELECT name FROM sokuo.unit WHERE tenant_id = $1::uuid AND id = $2::uuid AND active
UNION ALL
SELECT name FROM sokuo.system WHERE tenant_id = $1::uuid AND id = $2::uuid AND active;

-- name: absence_whom :one
-- The person, and whether $3 is head of their section or department.
SELECT p.name, sokuo.is_head_of($1::uuid, $3::uuid, $2::uuid) AS is_head
  FROM sokuo.person p WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid AND p.active;

-- name: absence_add :one
-- $1 tenant, $2 id (the operation's), $3 person, $4 kind, $5 from (NULL: now), $6 until, $7 reason; operation: $8 method,
-- $9 request hash; journal: $10 id, $11 person, $12 name, $13 post, $14 name, $15 capacity. The reason stays out of the
-- journal, which everybody reads. No row: done already, or it would end before it begins.
WITH added AS (
  INSERT INTO sokuo.absence (tenant_id, id, person_id, kind, from_at, until_at, reason, by_person_id, by_person_name,
    by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::smallint, coalesce($5::timestamptz, sokuo.now()), $6::timestamptz, $7::text,
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint
   WHERE NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
     AND ($6::timestamptz IS NULL OR $6::timestamptz > greatest(coalesce($5::timestamptz, sokuo.now()), sokuo.now()))
  RETURNING *),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $11::uuid, $8::text, $9::bytea FROM added),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $10::uuid, 'directory', $3::uuid, 0, 'absence.registered', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, $2::uuid,
         jsonb_build_array(jsonb_build_object('field', 'absence', 'before', NULL,
           'after', jsonb_build_object('kind', kind, 'from', from_at, 'until', until_at)))
    FROM added)
SELECT id FROM added;

-- name: absence_end :one
-- $1 tenant, $2 operation, $3 absence; operation: $4 method, $5 request hash; journal: $6 id, $7 person, $8 name, $9 post,
-- $10 name, $11 capacity. No row: done already, or it is over.
WITH ended AS (
  UPDATE sokuo.absence a SET ended_at = sokuo.now()
   WHERE a.tenant_id = $1::uuid AND a.id = $3::uuid AND a.ended_at IS NULL
     AND (a.until_at IS NULL OR a.until_at > sokuo.now())
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING a.*),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $7::uuid, $4::text, $5::bytea FROM ended),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $6::uuid, 'directory', person_id, 0, 'absence.ended', 0, sokuo.now(),
         $7::uuid, $8::text, $9::uuid, $10::text, $11::smallint, $2::uuid
    FROM ended)
SELECT id FROM ended;

-- name: absence_list :many
-- Those that hold now or later ($2 only of this person), or just one, also when it is over ($3). $4 who asks: the reason
-- is told to the person, to who declared it, and to the head of the section; to all with $5.
SELECT a.id, a.person_id, p.name AS person_name, a.kind, a.from_at, coalesce(a.ended_at, a.until_at) AS until_at,
       CASE WHEN $5::boolean OR a.person_id = $4::uuid OR a.by_person_id = $4::uuid
              OR sokuo.is_head_of($1::uuid, $4::uuid, a.person_id) THEN a.reason ELSE '' END AS reason,
       a.recorded_at, a.by_person_id, a.by_person_name, a.by_post_id, a.by_post_name, a.by_capacity
  FROM sokuo.absence a
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
 WHERE a.tenant_id = $1::uuid
   AND ($3::uuid IS NOT NULL OR (a.ended_at IS NULL AND (a.until_at IS NULL OR a.until_at > sokuo.now())))
   AND ($3::uuid IS NULL OR a.id = $3::uuid) AND ($2::uuid IS NULL OR a.person_id = $2::uuid)
 ORDER BY a.until_at NULLS LAST, a.from_at, a.id LIMIT 500;
