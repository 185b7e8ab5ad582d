-- SPDX-License-Identifier: Apache-2.0
-- Sources of alerts. Their tokens are kept as SHA-256 only.

-- name: integration_by_token :one
-- Which integration presents this token: $1 is its SHA-256. Run with reach 'system': the tenant is not known before.
SELECT tenant_id, id, name, kind, mode, hmac_secret, mapping, intake_rule
  FROM sokuo.integration
 WHERE token_hash = $1::bytea AND enabled;

-- name: integration_take :one
-- Counts a request of the present minute and locks the integration's deliveries against each other until the commit.
-- First statement of every delivery. requests is the count with this one.
INSERT INTO sokuo.integration_rate AS r (tenant_id, integration_id, minute, requests)
VALUES ($1::uuid, $2::uuid, date_trunc('minute', sokuo.now()), 1)
ON CONFLICT (tenant_id, integration_id) DO UPDATE
   SET requests = CASE WHEN r.minute < excluded.minute THEN 1 ELSE r.requests + 1 END,
       new_items = CASE WHEN r.minute < excluded.minute THEN 0 ELSE r.new_items END,
       minute = greatest(r.minute, excluded.minute)
RETURNING (SELECT r.requests > i.rate_per_minute FROM sokuo.integration i
            WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid) AS is_over,
          60 - extract(second FROM sokuo.now())::integer AS retry_after_s;

-- name: integration_seen :exec
-- Remembers the last accepted report, at most every ten seconds.
UPDATE sokuo.integration i SET last_seen_at = sokuo.now()
 WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid
   AND (i.last_seen_at IS NULL OR i.last_seen_at < sokuo.now() - interval '10 seconds')
   AND EXISTS (SELECT FROM sokuo.integration_rate r
                WHERE r.tenant_id = i.tenant_id AND r.integration_id = i.id AND r.requests <= i.rate_per_minute);

-- name: integration_list :many
-- All of the tenant, by name. $2: only this one.
SELECT id, name, kind, mode, enabled, mapping, intake_rule, rate_per_minute, token_prefix, last_seen_at,
       hmac_secret IS NOT NULL AS has_hmac_secret
  FROM sokuo.integration
 WHERE tenant_id = $1::uuid AND ($2::uuid IS NULL OR id = $2::uuid)
 ORDER BY name, id
 LIMIT 500;

-- name: integration_add :one
-- A new integration. No row: the name is taken. $12 to $16: id of the journal's row and who did it.
WITH added AS (
  INSERT INTO sokuo.integration (tenant_id, id, name, kind, mode, enabled, token_hash, token_prefix, hmac_secret, mapping,
                                 intake_rule, rate_per_minute)
  VALUES ($1::uuid, $2::uuid, $3::text, $4::smallint, $5::smallint, $6::boolean, $7::bytea, $8::text, $9::bytea,
          $10::bytea, $11::bytea, $17::integer)
  ON CONFLICT (tenant_id, name) DO NOTHING
  RETURNING tenant_id, id, name, mode),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text,
                             person_id, person_name, post_id, post_name, capacity)
  SELECT tenant_id, $12::uuid, 'integration', id, 0, 'integration.added', mode, 1, sokuo.now(), name,
         $13::uuid, $14::text, $15::uuid, $16::text, $18::smallint
    FROM added)
SELECT id FROM added;

-- name: integration_change :one
-- Changes what may change; kind and mode stay. $7 NULL: leave the secret. No row: there is none.
WITH changed AS (
  UPDATE sokuo.integration
     SET name = $3::text, enabled = $4::boolean, mapping = $5::bytea, intake_rule = $6::bytea,
         hmac_secret = coalesce($7::bytea, hmac_secret), rate_per_minute = $8::integer
   WHERE tenant_id = $1::uuid AND id = $2::uuid
  RETURNING tenant_id, id, name, mode),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text,
                             person_id, person_name, post_id, post_name, capacity)
  SELECT tenant_id, $9::uuid, 'integration', id, 0, 'integration.changed', mode, 1, sokuo.now(), name,
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint
    FROM changed)
SELECT id FROM changed;

-- name: integration_renew :one
-- A new token; the old one ends with the commit. No row: there is no such integration.
WITH renewed AS (
  UPDATE sokuo.integration SET token_hash = $3::bytea, token_prefix = $4::text
   WHERE tenant_id = $1::uuid AND id = $2::uuid
  RETURNING tenant_id, id, name, kind, mode),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text,
                             person_id, person_name, post_id, post_name, capacity)
  SELECT tenant_id, $5::uuid, 'integration', id, 0, 'integration.token_renewed', mode, 1, sokuo.now(), name,
         $6::uuid, $7::text, $8::uuid, $9::text, $10::smallint
    FROM renewed)
SELECT kind FROM renewed;
