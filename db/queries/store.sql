-- SPDX-License-Identifier: Apache-2.0
-- What the store itself asks: identity of a unit, clock, leases, wakes.

-- name: session_set :exec
-- Who asks, for row-level security, until the end of the transaction. Empty = nobody.
SELECT set_config('sokuo.tenant', $1::text, true), set_config('sokuo.person', $2::text, true),
       set_config('sokuo.reach', $3::text, true), set_config('sokuo.section', $4::text, true);

-- name: clock_now :one
SELECT sokuo.now() AS now;

-- name: lease_begin :exec
BEGIN;

-- name: lease_commit :exec
COMMIT;

-- name: lease_rollback :exec
ROLLBACK;

-- name: wake_listen :exec
LISTEN sokuo_wake;

-- name: wake_notify :exec
-- $1: see server/store/wake.c. Never inside a write transaction: it would make commits wait for each other.
SELECT pg_notify('sokuo_wake', $1::text);
