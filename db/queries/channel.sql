-- SPDX-License-Identifier: Apache-2.0
-- Ways out of the house.

-- name: channel_list :many
-- All of the tenant by name, or this one ($2); without what is secret.
SELECT id, version, kind, name, template, reaches, url, sender, user_name, body, headers, requires_tls, per_minute, enabled,
       serves_exercises, secret IS NOT NULL AS has_secret, open_until, last_fault, last_sent_at
  FROM sokuo.channel
 WHERE tenant_id = $1::uuid AND ($2::uuid IS NULL OR id = $2::uuid)
 ORDER BY name, id
 LIMIT 100;

-- name: channel_open :many
-- Channels to send by ($1), with their sealed secrets and the tenant's key of Web Push. Run with reach 'system'.
SELECT c.tenant_id, c.id, c.version, c.kind, c.name, c.template, c.url, c.sender, c.user_name, c.body, c.headers, c.requires_tls,
       c.secret, k.public_key, k.private_key
  FROM sokuo.channel c
  LEFT JOIN sokuo.push_key k ON k.tenant_id = c.tenant_id AND c.kind = 3
 WHERE c.id = ANY ($1::uuid[]);

-- name: channel_save :one
-- Adds the channel $2, or changes the one there is; kind stays. $16 NULL: the secret stays as it is. What was wrong with it
-- before is forgotten. $17 to $22: the journal row's id and who. No row: the name is taken, or kind differs.
WITH saved AS (
  INSERT INTO sokuo.channel AS c (tenant_id, id, kind, name, template, reaches, url, sender, user_name, body, headers,
                                  requires_tls, per_minute, enabled, serves_exercises, secret)
  SELECT $1::uuid, $2::uuid, $3::smallint, $4::text, $5::text, $6::smallint[], $7::text, $8::text, $9::text, $10::text,
         $11::text, $12::boolean, $13::integer, $14::boolean, $15::boolean, $16::bytea
   WHERE NOT EXISTS (SELECT FROM sokuo.channel o WHERE o.tenant_id = $1::uuid AND o.name = $4::text AND o.id <> $2::uuid)
  ON CONFLICT (tenant_id, id) DO UPDATE
     SET name = excluded.name, template = excluded.template, reaches = excluded.reaches, url = excluded.url,
         sender = excluded.sender, user_name = excluded.user_name, body = excluded.body, headers = excluded.headers,
         requires_tls = excluded.requires_tls, per_minute = excluded.per_minute, enabled = excluded.enabled,
         serves_exercises = excluded.serves_exercises, secret = coalesce(excluded.secret, c.secret),
         version = c.version + 1, failures = 0, open_until = NULL, last_fault = '', used_until = '-infinity'
   WHERE c.kind = excluded.kind
  RETURNING c.id, c.name, c.version),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, text)
  SELECT $1::uuid, $17::uuid, 'channel', id, 0, CASE version WHEN 1 THEN 'channel.added' ELSE 'channel.changed' END, 2,
         sokuo.now(), $18::uuid, $19::text, $20::uuid, $21::text, $22::smallint, name
    FROM saved)
SELECT id FROM saved;

-- name: channel_push_key :one
-- The key browsers subscribe with: only while a Web Push channel is in use.
SELECT k.public_key FROM sokuo.push_key k
 WHERE k.tenant_id = $1::uuid
   AND EXISTS (SELECT FROM sokuo.channel c WHERE c.tenant_id = $1::uuid AND c.kind = 3 AND c.enabled);

-- name: channel_push_key_add :exec
-- The tenant's key, once: browsers that subscribed with it would be lost with another.
INSERT INTO sokuo.push_key (tenant_id, public_key, private_key) VALUES ($1::uuid, $2::bytea, $3::bytea)
ON CONFLICT DO NOTHING;
