-- SPDX-License-Identifier: Apache-2.0
-- Rotas, their overrides, and the calendars of their members.

-- name: rota_list :many
-- Those in use, by role and place: $2 only this role (0: all), $3 only this place (NULL: all), $4 only this one. With the names
-- of their members in order.
SELECT r.id, r.version, r.role, r.scope_id, coalesce(u.name, y.name, '') AS scope_name, r.name, r.starts_at, r.period_days,
       r.member_ids, ARRAY(SELECT coalesce(p.name, '') FROM unnest(r.member_ids) WITH ORDINALITY m (id, n)
                             LEFT JOIN sokuo.person p ON p.tenant_id = r.tenant_id AND p.id = m.id ORDER BY m.n) AS member_names
  FROM sokuo.rota r
  LEFT JOIN sokuo.unit u ON u.tenant_id = r.tenant_id AND u.id = r.scope_id
  LEFT JOIN sokuo.system y ON y.tenant_id = r.tenant_id AND y.id = r.scope_id
 WHERE r.tenant_id = $1::uuid AND r.ended_at IS NULL AND ($2::smallint = 0 OR r.role = $2::smallint)
   AND ($3::uuid IS NULL OR r.scope_id = $3::uuid) AND ($4::uuid IS NULL OR r.id = $4::uuid)
 ORDER BY r.role, r.scope_id;

-- name: rota_overrides :many
-- Of all rotas in use, those that end after $2; the newest first.
SELECT o.id, o.rota_id, o.person_id, p.name AS person_name, o.from_at, o.until_at, o.reason,
       o.by_person_id, o.by_person_name, o.by_post_id, o.by_post_name, o.by_capacity
  FROM sokuo.rota_override o
  JOIN sokuo.person p ON p.tenant_id = o.tenant_id AND p.id = o.person_id
 WHERE o.tenant_id = $1::uuid AND o.taken_back_at IS NULL AND o.until_at > $2::timestamptz
 ORDER BY o.recorded_at DESC, o.id DESC;

-- name: rota_save :one
-- $2 id (a new one has the operation's), $3 operation, $4 role, $5 place (NULL: the city), $6 name, $7 first day (NULL: today),
-- $8 hand-over in minutes after midnight, $9 days of a turn, $10 members, $11 end it; operation: $12 method, $13 request hash;
-- $14-$19 note_who. $20 version seen (0: any). No row: done before, nothing such, or another version.
WITH old AS (
  SELECT to_jsonb(r) AS row FROM sokuo.rota r WHERE r.tenant_id = $1::uuid AND r.id = $2::uuid),
saved AS (
  INSERT INTO sokuo.rota AS r (tenant_id, id, role, scope_id, name, starts_at, period_days, member_ids, ended_at)
  SELECT $1::uuid, $2::uuid, $4::smallint, coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'), $6::text,
         (coalesce($7::date, sokuo.today()) + $8::integer * interval '1 minute') AT TIME ZONE 'Asia/Tokyo', $9::smallint, $10::uuid[],
         CASE WHEN $11::boolean THEN sokuo.now() END
   WHERE ($2::uuid = $3::uuid OR EXISTS (SELECT FROM old))
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $3::uuid)
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET version = r.version + 1, name = excluded.name, starts_at = excluded.starts_at, period_days = excluded.period_days,
        member_ids = excluded.member_ids, ended_at = excluded.ended_at
    WHERE r.ended_at IS NULL AND ($20::integer = 0 OR r.version = $20::integer)
  RETURNING r.*),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $3::uuid, $15::uuid, $12::text, $13::bytea FROM saved),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $14::uuid, 'directory', saved.id, 0, CASE WHEN saved.ended_at IS NULL THEN 'rota.saved' ELSE 'rota.ended' END,
         0, sokuo.now(), $15::uuid, $16::text, $17::uuid, $18::text, $19::smallint, $3::uuid,
         sokuo.changes((SELECT row FROM old), to_jsonb(saved))
    FROM saved)
SELECT id FROM saved;

-- name: rota_override_add :one
-- $2 operation and override, $3 rota, $4 person, $5 from (NULL: now), $6 until, $7 reason; operation: $8 method, $9 request hash;
-- $10-$15 note_who. No row: done before, or no such rota.
WITH added AS (
  INSERT INTO sokuo.rota_override (tenant_id, id, rota_id, person_id, from_at, until_at, reason, by_person_id, by_person_name,
    by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, $2::uuid, r.id, $4::uuid, coalesce($5::timestamptz, sokuo.now()), $6::timestamptz, $7::text,
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint
    FROM sokuo.rota r
   WHERE r.tenant_id = $1::uuid AND r.id = $3::uuid AND r.ended_at IS NULL
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING *),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $11::uuid, $8::text, $9::bytea FROM added),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $10::uuid, 'directory', rota_id, 0, 'rota.overridden', 0, sokuo.now(),
         $11::uuid, $12::text, $13::uuid, $14::text, $15::smallint, $2::uuid,
         jsonb_build_array(jsonb_build_object('field', 'override', 'before', NULL,
           'after', jsonb_build_object('personId', person_id, 'from', from_at, 'until', until_at)))
    FROM added)
SELECT id FROM added;

-- name: rota_override_take_back :one
-- $2 operation, $3 override, of rota $4; operation: $5 method, $6 request hash; $7-$12 note_who. No row: done before, or there
-- is none.
WITH taken AS (
  UPDATE sokuo.rota_override o SET taken_back_at = sokuo.now()
   WHERE o.tenant_id = $1::uuid AND o.id = $3::uuid AND o.rota_id = $4::uuid AND o.taken_back_at IS NULL
     AND NOT EXISTS (SELECT FROM sokuo.operation p WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid)
  RETURNING *),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $8::uuid, $5::text, $6::bytea FROM taken),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $7::uuid, 'directory', rota_id, 0, 'rota.override_taken_back', 0, sokuo.now(),
         $8::uuid, $9::text, $10::uuid, $11::text, $12::smallint, $2::uuid,
         jsonb_build_array(jsonb_build_object('field', 'override', 'after', NULL,
           'before', jsonb_build_object('personId', person_id, 'from', from_at, 'until', until_at)))
    FROM taken)
SELECT id FROM taken;

-- name: calendar_make :one
-- $2 person, $3 hash of the secret, $4 operation; $5-$10 note_who. Made again, the former address ends.
WITH made AS (
  INSERT INTO sokuo.calendar AS c (tenant_id, person_id, token_hash) VALUES ($1::uuid, $2::uuid, $3::bytea)
  ON CONFLICT (tenant_id, person_id) DO UPDATE SET token_hash = excluded.token_hash, made_at = sokuo.now()
  RETURNING c.person_id),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $5::uuid, 'directory', made.person_id, 0, 'calendar.made', 0, sokuo.now(),
         $6::uuid, $7::text, $8::uuid, $9::text, $10::smallint, $4::uuid
    FROM made)
SELECT person_id FROM made;

-- name: calendar_revoke :one
-- $2 person, $3 operation; $4-$9 note_who. No row: there is none.
WITH gone AS (
  DELETE FROM sokuo.calendar c WHERE c.tenant_id = $1::uuid AND c.person_id = $2::uuid RETURNING c.person_id),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $4::uuid, 'directory', gone.person_id, 0, 'calendar.revoked', 0, sokuo.now(),
         $5::uuid, $6::text, $7::uuid, $8::text, $9::smallint, $3::uuid
    FROM gone)
SELECT person_id FROM gone;

-- name: calendar_find :one
-- By the hash of its secret, in any tenant; of people who have not left.
SELECT c.tenant_id, c.person_id, p.name AS person_name
  FROM sokuo.calendar c
  JOIN sokuo.person p ON p.tenant_id = c.tenant_id AND p.id = c.person_id AND p.active
 WHERE c.token_hash = $1::bytea;
