-- SPDX-License-Identifier: Apache-2.0
-- The city's own cells of the table of who may do what.

-- name: authority_now :many
-- Those that hold today, or with $2 those whose day comes later.
SELECT DISTINCT ON (a.act, a.role) a.act, a.role, a.level, a.level_s3, a.valid_from::text AS valid_from, a.reason, a.legal_basis,
       a.recorded_at, a.by_person_id, a.by_person_name, a.by_post_id, a.by_post_name, a.by_capacity
  FROM sokuo.authority a
 WHERE a.tenant_id = $1::uuid AND $2::boolean = (a.valid_from > sokuo.today())
 ORDER BY a.act, a.role, a.valid_from DESC, a.recorded_at DESC, a.id DESC;

-- name: authority_changes :many
-- All there ever were and those to come, the latest day first; of one day the one that counts first.
SELECT a.act, a.role, a.level, a.level_s3, a.valid_from::text AS valid_from, a.reason, a.legal_basis, a.recorded_at,
       a.by_person_id, a.by_person_name, a.by_post_id, a.by_post_name, a.by_capacity
  FROM sokuo.authority a
 WHERE a.tenant_id = $1::uuid
 ORDER BY a.valid_from DESC, a.recorded_at DESC, a.id DESC
 LIMIT 1000;

-- name: authority_set :one
-- $2 operation and id, $3 act, $4 role, $5 level, $6 level from S3 on, $7 from this day (NULL: today; no earlier), $8 reason;
-- operation: $9 method, $10 request hash; $11-$16 note_who. $17 the rule behind it. No row: done before, or the day is past.
WITH added AS (
  INSERT INTO sokuo.authority (tenant_id, id, act, role, level, level_s3, valid_from, reason, by_person_id, by_person_name,
    by_post_id, by_post_name, by_capacity, legal_basis)
  SELECT $1::uuid, $2::uuid, $3::smallint, $4::smallint, $5::smallint, $6::smallint, coalesce($7::date, sokuo.today()), $8::text,
         $12::uuid, $13::text, $14::uuid, $15::text, $16::smallint, $17::text
   WHERE coalesce($7::date, sokuo.today()) >= sokuo.today()
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING *),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $12::uuid, $9::text, $10::bytea FROM added),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, reason, changes)
  SELECT $1::uuid, $11::uuid, 'directory', $2::uuid, 0, 'authority.set', 0, sokuo.now(),
         $12::uuid, $13::text, $14::uuid, $15::text, $16::smallint, $2::uuid, $8::text,
         jsonb_build_array(jsonb_build_object('field', 'authority', 'before', NULL, 'after',
           jsonb_build_object('act', act, 'role', role, 'level', level, 'levelS3', level_s3, 'from', valid_from, 'legalBasis', legal_basis)))
    FROM added)
SELECT id FROM added;
