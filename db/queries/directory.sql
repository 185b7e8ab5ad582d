-- SPDX-License-Identifier: Apache-2.0
-- The organisation. "Saved" statements: $2 the id, $3 whether it is new; then the values, then note_who. No row: it does
-- not exist, or what it refers to does not.

-- name: tenant_list :many
SELECT id, code, name FROM sokuo.tenant ORDER BY code;

-- name: tenant_rename :exec
UPDATE sokuo.tenant SET name = $2::text WHERE id = $1::uuid;

-- name: unit_list :many
-- Parents before children, by code; abolished ones too with $2; only one with $3.
SELECT id, kind, code, name, parent_id, phone, active
  FROM sokuo.unit
 WHERE tenant_id = $1::uuid AND (active OR $2::boolean) AND ($3::uuid IS NULL OR id = $3::uuid)
 ORDER BY kind, code;

-- name: unit_save :one
-- A parent is of a higher level, a child of a lower one.
WITH old AS (
  SELECT to_jsonb(u) AS row FROM sokuo.unit u WHERE tenant_id = $1::uuid AND id = $2::uuid),
saved AS (
  INSERT INTO sokuo.unit AS u (tenant_id, id, kind, code, name, parent_id, phone, active)
  SELECT $1::uuid, $2::uuid, $4::smallint, $5::text, $6::text, $7::uuid, $8::text, $9::boolean
   WHERE $3::boolean <> EXISTS (SELECT FROM old)
     AND CASE WHEN $7::uuid IS NULL THEN $4::smallint = 1
              ELSE EXISTS (SELECT FROM sokuo.unit p
                            WHERE p.tenant_id = $1::uuid AND p.id = $7::uuid AND p.kind < $4::smallint) END
     AND NOT EXISTS (SELECT FROM sokuo.unit k
                      WHERE k.tenant_id = $1::uuid AND k.parent_id = $2::uuid AND k.kind <= $4::smallint)
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET kind = excluded.kind, code = excluded.code, name = excluded.name, parent_id = excluded.parent_id,
        phone = excluded.phone, active = excluded.active
  RETURNING u.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $10::uuid, 'directory', saved.id, 0, 'unit.saved', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;

-- name: post_list :many
-- By code after $2, $3 rows. $4 part of name or code, $5 a unit and all below it, $6 day (NULL: today), $7 only vacant
-- ones, $8 only with this duty (0: any), $9 only this one.
SELECT o.id, o.code, o.name, o.unit_id, u.name AS unit_name, o.rank, o.active
  FROM sokuo.post o
  JOIN sokuo.unit u ON u.tenant_id = o.tenant_id AND u.id = o.unit_id
 CROSS JOIN (SELECT coalesce($6::date, sokuo.today()) AS on_day) d
 WHERE o.tenant_id = $1::uuid AND o.code > $2::text
   AND ($9::uuid IS NOT NULL OR o.active) AND ($9::uuid IS NULL OR o.id = $9::uuid)
   AND ($4::text = '' OR strpos(lower(o.name), lower($4::text)) > 0 OR strpos(lower(o.code), lower($4::text)) > 0)
   AND ($5::uuid IS NULL OR o.unit_id IN (SELECT sokuo.units_below($1::uuid, $5::uuid)))
   AND (NOT $7::boolean OR NOT EXISTS (
         SELECT FROM sokuo.tenure t
          WHERE t.tenant_id = o.tenant_id AND t.post_id = o.id
            AND t.valid_from <= d.on_day AND (t.valid_until IS NULL OR t.valid_until > d.on_day)))
   AND ($8::smallint = 0 OR EXISTS (
         SELECT FROM sokuo.role_assignment r
          WHERE r.tenant_id = o.tenant_id AND r.post_id = o.id AND r.role = $8::smallint
            AND r.valid_from <= d.on_day AND (r.valid_until IS NULL OR r.valid_until > d.on_day)))
 ORDER BY o.code
 LIMIT $3::integer;

-- name: post_holders :many
-- Holders of the posts $2 on day $3 (NULL: today), regular ones first.
SELECT t.id, t.person_id, p.name AS person_name, t.post_id, o.name AS post_name, t.kind,
       t.valid_from::text AS valid_from, coalesce(t.valid_until::text, '') AS valid_until
  FROM sokuo.tenure t
  JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id
  JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id
 WHERE t.tenant_id = $1::uuid AND t.post_id = ANY ($2::uuid[])
   AND t.valid_from <= coalesce($3::date, sokuo.today())
   AND (t.valid_until IS NULL OR t.valid_until > coalesce($3::date, sokuo.today()))
 ORDER BY t.post_id, t.kind, t.valid_from;

-- name: post_duties :many
-- Duties of the posts $2 on day $3 (NULL: today); only one with $4.
SELECT r.id, r.post_id, o.name AS post_name, r.role, r.scope_id, coalesce(u.name, s.name, '') AS scope_name,
       r.valid_from::text AS valid_from, coalesce(r.valid_until::text, '') AS valid_until
  FROM sokuo.role_assignment r
  JOIN sokuo.post o ON o.tenant_id = r.tenant_id AND o.id = r.post_id
  LEFT JOIN sokuo.unit u ON u.tenant_id = r.tenant_id AND u.id = r.scope_id
  LEFT JOIN sokuo.system s ON s.tenant_id = r.tenant_id AND s.id = r.scope_id
 WHERE r.tenant_id = $1::uuid
   AND CASE WHEN $4::uuid IS NOT NULL THEN r.id = $4::uuid
            ELSE r.post_id = ANY ($2::uuid[]) AND r.valid_from <= coalesce($3::date, sokuo.today())
             AND (r.valid_until IS NULL OR r.valid_until > coalesce($3::date, sokuo.today())) END
 ORDER BY r.post_id, r.role, r.valid_from;

-- name: post_save :one
WITH old AS (
  SELECT to_jsonb(o) AS row FROM sokuo.post o WHERE tenant_id = $1::uuid AND id = $2::uuid),
saved AS (
  INSERT INTO sokuo.post AS o (tenant_id, id, code, name, unit_id, rank, active)
  SELECT $1::uuid, $2::uuid, $4::text, $5::text, $6::uuid, $7::smallint, $8::boolean
   WHERE $3::boolean <> EXISTS (SELECT FROM old)
     AND EXISTS (SELECT FROM sokuo.unit u WHERE u.tenant_id = $1::uuid AND u.id = $6::uuid)
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET code = excluded.code, name = excluded.name, unit_id = excluded.unit_id, rank = excluded.rank,
        active = excluded.active
  RETURNING o.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $9::uuid, 'directory', saved.id, 0, 'post.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint, sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;

-- name: duty_save :one
-- $4 post, $5 duty, $6 unit or system where it holds (NULL: the whole city), $7 first day (NULL: today), $8 day after the
-- last.
WITH old AS (
  SELECT to_jsonb(r) AS row FROM sokuo.role_assignment r WHERE tenant_id = $1::uuid AND id = $2::uuid),
saved AS (
  INSERT INTO sokuo.role_assignment AS r (tenant_id, id, post_id, role, scope_id, valid_from, valid_until)
  SELECT $1::uuid, $2::uuid, $4::uuid, $5::smallint, $6::uuid, coalesce($7::date, sokuo.today()), $8::date
   WHERE $3::boolean <> EXISTS (SELECT FROM old)
     AND EXISTS (SELECT FROM sokuo.post o WHERE o.tenant_id = $1::uuid AND o.id = $4::uuid)
     AND ($6::uuid IS NULL
       OR EXISTS (SELECT FROM sokuo.unit u WHERE u.tenant_id = $1::uuid AND u.id = $6::uuid)
       OR EXISTS (SELECT FROM sokuo.system s WHERE s.tenant_id = $1::uuid AND s.id = $6::uuid))
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET post_id = excluded.post_id, role = excluded.role, scope_id = excluded.scope_id,
        valid_from = excluded.valid_from, valid_until = excluded.valid_until
  RETURNING r.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $9::uuid, 'directory', saved.id, 0, 'role_assignment.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint, sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;

-- name: person_list :many
-- By code after $2, $3 rows. $4 folded part of name, kana or number, $5 a unit and all below it, $6 a duty (0: any),
-- $7 only this one.
SELECT p.id, p.code, p.name, p.kana, p.kind, p.active, h.post_id, h.post_name, h.unit_id, u.name AS unit_name
  FROM sokuo.person p
  LEFT JOIN LATERAL (SELECT * FROM sokuo.held(p.tenant_id, p.id) LIMIT 1) h ON true
  LEFT JOIN sokuo.unit u ON u.tenant_id = p.tenant_id AND u.id = h.unit_id
 WHERE p.tenant_id = $1::uuid AND p.code > $2::text
   AND ($7::uuid IS NULL OR p.id = $7::uuid) AND ($7::uuid IS NOT NULL OR p.active)
   AND ($4::text = '' OR strpos(p.folded, $4::text) > 0)
   AND ($5::uuid IS NULL OR p.id IN (
         SELECT t.person_id FROM sokuo.tenure t
           JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id
          WHERE t.tenant_id = $1::uuid AND o.unit_id IN (SELECT sokuo.units_below($1::uuid, $5::uuid))
            AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())))
   AND ($6::smallint = 0 OR p.id IN (
         SELECT t.person_id FROM sokuo.tenure t
           JOIN sokuo.role_assignment r ON r.tenant_id = t.tenant_id AND r.post_id = t.post_id
          WHERE t.tenant_id = $1::uuid AND r.role = $6::smallint
            AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
            AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())))
 ORDER BY p.code
 LIMIT $3::integer;

-- name: person_by_code :many
SELECT id, name FROM sokuo.person WHERE tenant_id = $1::uuid AND code = $2::text;

-- name: post_actor :many
-- The regular holder of the post with code $2 today, as a caller.
SELECT t.person_id, p.name AS person_name, o.id AS post_id, o.name AS post_name, o.unit_id,
       sokuo.duties(t.tenant_id, t.person_id) AS roles
  FROM sokuo.post o
  JOIN sokuo.tenure t ON t.tenant_id = o.tenant_id AND t.post_id = o.id AND t.kind = 1
   AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
  JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id
 WHERE o.tenant_id = $1::uuid AND o.code = $2::text
 ORDER BY t.valid_from, p.code
 LIMIT 1;

-- name: person_tenures :many
-- Past, present and future ones of a person, newest first; only one with $3.
SELECT t.id, t.person_id, p.name AS person_name, t.post_id, o.name AS post_name, t.kind,
       t.valid_from::text AS valid_from, coalesce(t.valid_until::text, '') AS valid_until
  FROM sokuo.tenure t
  JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id
  JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id
 WHERE t.tenant_id = $1::uuid AND CASE WHEN $3::uuid IS NULL THEN t.person_id = $2::uuid ELSE t.id = $3::uuid END
 ORDER BY t.valid_from DESC, t.kind;

-- name: person_contacts :many
-- By priority; only one with $3. The caller decides who sees private addresses.
SELECT id, person_id, kind, address, priority, private, confirmed_at
  FROM sokuo.contact_point
 WHERE tenant_id = $1::uuid AND CASE WHEN $3::uuid IS NULL THEN person_id = $2::uuid ELSE id = $3::uuid END
 ORDER BY priority, kind, address;

-- name: person_duties :one
-- $2 a person. No row: there is none.
SELECT sokuo.duties(tenant_id, id) AS roles FROM sokuo.person WHERE tenant_id = $1::uuid AND id = $2::uuid;

-- name: person_save :one
WITH old AS (
  SELECT to_jsonb(p) AS row FROM sokuo.person p WHERE tenant_id = $1::uuid AND id = $2::uuid),
saved AS (
  INSERT INTO sokuo.person AS p (tenant_id, id, code, name, kana, folded, kind, active)
  SELECT $1::uuid, $2::uuid, $4::text, $5::text, $6::text, $7::text, $8::smallint, $9::boolean
   WHERE $3::boolean <> EXISTS (SELECT FROM old)
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET code = excluded.code, name = excluded.name, kana = excluded.kana, folded = excluded.folded,
        kind = excluded.kind, active = excluded.active
  RETURNING p.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $10::uuid, 'directory', saved.id, 0, 'person.saved', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;

-- name: tenure_save :one
-- $4 person, $5 post, $6 kind, $7 first day (NULL: today), $8 day after the last. A regular one (1) ends the person's
-- former regular one on its first day, and the former holder's, unless many share the post (rank 5).
WITH old AS (
  SELECT to_jsonb(t) AS row FROM sokuo.tenure t WHERE tenant_id = $1::uuid AND id = $2::uuid),
saved AS (
  INSERT INTO sokuo.tenure AS t (tenant_id, id, person_id, post_id, kind, valid_from, valid_until)
  SELECT $1::uuid, $2::uuid, $4::uuid, $5::uuid, $6::smallint, coalesce($7::date, sokuo.today()), $8::date
   WHERE $3::boolean <> EXISTS (SELECT FROM old)
     AND EXISTS (SELECT FROM sokuo.person p WHERE p.tenant_id = $1::uuid AND p.id = $4::uuid)
     AND EXISTS (SELECT FROM sokuo.post o WHERE o.tenant_id = $1::uuid AND o.id = $5::uuid)
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET person_id = excluded.person_id, post_id = excluded.post_id, kind = excluded.kind,
        valid_from = excluded.valid_from, valid_until = excluded.valid_until
  RETURNING t.*),
ended AS (
  UPDATE sokuo.tenure f SET valid_until = saved.valid_from
    FROM saved
   WHERE saved.kind = 1 AND f.tenant_id = saved.tenant_id AND f.kind = 1 AND f.id <> saved.id
     AND (f.person_id = saved.person_id OR f.post_id = (
           SELECT o.id FROM sokuo.post o WHERE o.tenant_id = saved.tenant_id AND o.id = saved.post_id AND o.rank < 5))
     AND f.valid_from < saved.valid_from AND (f.valid_until IS NULL OR f.valid_until > saved.valid_from)),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $9::uuid, 'directory', saved.id, 0, 'tenure.saved', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint, sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;

-- name: system_list :many
-- By code; only one with $2.
SELECT s.id, s.code, s.name, s.section_id, u.name AS section_name, s.zone, s.availability_level, s.active
  FROM sokuo.system s
  LEFT JOIN sokuo.unit u ON u.tenant_id = s.tenant_id AND u.id = s.section_id
 WHERE s.tenant_id = $1::uuid AND ($2::uuid IS NULL OR s.id = $2::uuid)
 ORDER BY s.code
 LIMIT 5000;

-- name: system_save :one
WITH old AS (
  SELECT to_jsonb(s) AS row FROM sokuo.system s WHERE tenant_id = $1::uuid AND id = $2::uuid),
saved AS (
  INSERT INTO sokuo.system AS s (tenant_id, id, code, name, section_id, zone, availability_level, active)
  SELECT $1::uuid, $2::uuid, $4::text, $5::text, $6::uuid, $7::smallint, $8::smallint, $9::boolean
   WHERE $3::boolean <> EXISTS (SELECT FROM old)
     AND ($6::uuid IS NULL OR EXISTS (SELECT FROM sokuo.unit u WHERE u.tenant_id = $1::uuid AND u.id = $6::uuid))
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET code = excluded.code, name = excluded.name, section_id = excluded.section_id, zone = excluded.zone,
        availability_level = excluded.availability_level, active = excluded.active
  RETURNING s.*),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $10::uuid, 'directory', saved.id, 0, 'system.saved', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;
