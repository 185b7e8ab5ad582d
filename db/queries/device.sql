-- SPDX-License-Identifier: Apache-2.0
-- Queues of devices: how far each was taken, and what of it was refused for good.

-- name: device_get :one
-- How far the queue of this installation was taken. No row: nothing yet.
SELECT last_seq FROM sokuo.device WHERE tenant_id = $1::uuid AND client_id = $2::uuid AND person_id = $3::uuid;

-- name: device_refusals :many
-- Of these operations, those that were refused, with the answer they got.
SELECT id, person_id, result FROM sokuo.refused_operation WHERE tenant_id = $1::uuid AND id = ANY ($2::uuid[]);

-- name: device_refuse :exec
-- Keeps what was refused, whole. The first refusal stands.
INSERT INTO sokuo.refused_operation (tenant_id, id, client_id, person_id, seq, request, result)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::uuid, $5::bigint, $6::bytea, $7::bytea)
ON CONFLICT DO NOTHING;

-- name: device_advance :exec
-- The queue was taken up to $4; the device's clock is off by $5 ms.
INSERT INTO sokuo.device AS d (tenant_id, client_id, person_id, last_seq, clock_off_ms)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::bigint, $5::bigint)
ON CONFLICT (tenant_id, client_id, person_id) DO UPDATE
   SET last_seq = greatest(d.last_seq, excluded.last_seq), clock_off_ms = excluded.clock_off_ms, seen_at = sokuo.now();
