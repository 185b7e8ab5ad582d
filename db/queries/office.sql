-- SPDX-License-Identifier: Apache-2.0
-- Days on which the city hall is closed or open otherwise than by law.

-- name: office_days :many
-- The cities' own days ($1 tenants) from day $2 to day $3, counted from 1970; NULL: a year back, two ahead. kind: 1 closed, 2 open.
SELECT d.tenant_id, d.day - date '1970-01-01' AS day, d.kind, d.name, d.by_person_id, d.by_person_name, d.by_post_id, d.by_post_name,
       d.by_capacity
  FROM (
    SELECT DISTINCT ON (o.tenant_id, o.day) o.* FROM sokuo.office_day o
     WHERE o.tenant_id = ANY (ARRAY(SELECT unnest($1::uuid[])))
       AND o.day BETWEEN coalesce(date '1970-01-01' + $2::integer, sokuo.today() - 366)
                     AND coalesce(date '1970-01-01' + $3::integer, sokuo.today() + 731)
     ORDER BY o.tenant_id, o.day, o.recorded_at DESC, o.id DESC) d
 WHERE d.kind <> 3 ORDER BY d.tenant_id, d.day;

-- name: office_day_set :one
-- $2 operation and id, $3 day, $4 kind, $5 name; operation: $6 method, $7 request hash; $8-$13 note_who. No row: done before, or
-- the day is past.
WITH added AS (
  INSERT INTO sokuo.office_day (tenant_id, id, day, kind, name, by_person_id, by_person_name, by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, $2::uuid, $3::date, $4::smallint, $5::text, $9::uuid, $10::text, $11::uuid, $12::text, $13::smallint
   WHERE $3::date >= sokuo.today()
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING *),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $9::uuid, $6::text, $7::bytea FROM added),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, reason, changes)
  SELECT $1::uuid, $8::uuid, 'directory', $2::uuid, 0, 'office_day.set', 0, sokuo.now(),
         $9::uuid, $10::text, $11::uuid, $12::text, $13::smallint, $2::uuid, $5::text,
         jsonb_build_array(jsonb_build_object('field', 'officeDay', 'before', NULL, 'after',
           jsonb_build_object('day', day, 'kind', kind)))
    FROM added)
SELECT id FROM added;
