-- SPDX-License-Identifier: Apache-2.0

-- name: thing_add :one
INSERT INTO sokuo.thing (tenant_id, id, stream_id, value, parent_id, late)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::integer, $5::uuid, $6::integer)
RETURNING id;

-- name: thing_list :many
SELECT id, value FROM sokuo.thing WHERE stream_id = $1::uuid ORDER BY added;

-- name: thing_count :one
SELECT count(*) AS count FROM sokuo.thing;

-- name: whoami :one
SELECT current_setting('sokuo.tenant', true) AS tenant, current_setting('sokuo.person', true) AS person,
       current_setting('sokuo.reach', true) AS reach, current_setting('sokuo.section', true) AS section,
       current_user::text AS role, current_setting('search_path') AS path,
       (current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')) AS timeouts;

-- name: divide :one
SELECT 100 / $1::integer AS result;

-- name: nap :one
SELECT pg_sleep($1::integer / 1000.0)::text AS nothing;

-- name: lock_wait :exec
SELECT pg_advisory_xact_lock($1::bigint);

-- name: plain_get :one
SELECT value FROM sokuo.plain WHERE id = $1::integer;

-- name: written_add :exec
INSERT INTO sokuo.written (value) VALUES ($1::integer);

-- name: echo :one
SELECT $1::text AS a_text, $2::bytea AS a_bytea, $3::boolean AS a_boolean, $4::smallint AS a_smallint,
       $5::integer AS an_integer, $6::bigint AS a_bigint, $7::timestamptz AS a_time, $8::uuid AS a_uuid,
       $9::jsonb AS a_jsonb, $10::text[] AS some_texts, $11::uuid[] AS some_uuids, $12::smallint[] AS some_smallints;

-- name: doubled_get :one
SELECT value FROM sokuo.doubled WHERE id = $1::integer;
