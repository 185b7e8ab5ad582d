-- SPDX-License-Identifier: Apache-2.0
-- Queues of devices: how far each was taken, and what of it was refused for good.

-- name: device_get :one
-- How far the queue of this installation was taken, and whether it was shut. No row: nothing yet.
SELECT last_seq, revoked_at IS NOT NULL AS is_shut FROM sokuo.device WHERE tenant_id = $1::uuid AND client_id = $2::uuid AND person_id = $3::uuid;

-- name: device_refusals :many
-- Of these operations, those that were refused, with the answer they got.
SELECT id, person_id, result FROM sokuo.refused_operation WHERE tenant_id = $1::uuid AND id = ANY ($2::uuid[]);

-- name: device_refuse :exec
-- Keeps what was refused, whole. The first refusal stands. $8: from a device that was shut; then the record says so once.
-- $9 account; journal: $10 id, $11 person, $12 name, $13 post, $14 name, $15 capacity.
WITH kept AS (
  INSERT INTO sokuo.refused_operation (tenant_id, id, client_id, person_id, seq, request, result, is_held)
  VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::bigint, $6::bytea, $7::bytea, $8::boolean)
  ON CONFLICT DO NOTHING
  RETURNING id)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, person_id, person_name,
                           post_id, post_name, capacity, changes)
SELECT $1::uuid, $10::uuid, 'account', $9::uuid, 0, 'account.operation_held', 2, sokuo.now(), $11::uuid, $12::text,
       $13::uuid, $14::text, $15::smallint, jsonb_build_array(jsonb_build_object('field', 'operation', 'after', id))
  FROM kept WHERE $8::boolean;

-- name: device_advance :exec
-- The queue was taken up to $4; the device's clock is off by $5 ms; it came with session $6.
INSERT INTO sokuo.device AS d (tenant_id, client_id, person_id, last_seq, clock_off_ms, session_id)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::bigint, $5::bigint, $6::uuid)
ON CONFLICT (tenant_id, client_id, person_id) DO UPDATE
   SET last_seq = greatest(d.last_seq, excluded.last_seq), clock_off_ms = excluded.clock_off_ms, seen_at = sokuo.now(),
       session_id = excluded.session_id;
