-- SPDX-License-Identifier: Apache-2.0
-- Sessions of browsers and API tokens: opaque secrets, stored as SHA-256.

-- name: session_find :one
-- Who comes with this secret: $1 is its SHA-256. Run with reach 'system': the tenant is not known before.
-- No row: unknown, revoked, past its end, idle for too long, shut account, or a person who left.
-- The end is absolute; a browser's session also ends after 12 hours without use (decision 0025).
-- roles: bit 1 << Role of every duty of every post held today, wherever it holds.
-- city_roles: only those that hold for the whole city.
-- capacity: 1 = 本人 (regular, concurrent), 2 = 代行 (acting, delegated); 1 without a post.
SELECT s.tenant_id, s.id AS session_id, s.account_id, a.person_id, s.is_token, s.expires_at,
       a.login, a.must_change_password, p.name AS person_name,
       h.post_id, h.post_name, h.unit_id AS section_id, u.name AS section_name,
       CASE WHEN h.kind IN (2, 4) THEN 2 ELSE 1 END::smallint AS capacity,
       sokuo.duties(a.tenant_id, a.person_id) AS roles, sokuo.duties(a.tenant_id, a.person_id, true) AS city_roles,
       s.last_used_at < sokuo.now() - interval '1 minute' AS is_stale,
       sokuo.now() AS now
  FROM sokuo.session s
  JOIN sokuo.account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id AND a.enabled
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id AND p.active
  LEFT JOIN LATERAL (SELECT * FROM sokuo.held(a.tenant_id, a.person_id) LIMIT 1) h ON true
  LEFT JOIN sokuo.unit u ON u.tenant_id = a.tenant_id AND u.id = h.unit_id
 WHERE s.secret_hash = $1::bytea
   AND s.revoked_at IS NULL AND s.expires_at > sokuo.now()
   AND (s.is_token OR s.last_used_at > sokuo.now() - interval '12 hours');

-- name: session_was_revoked :one
--- Of a secret that session_find does not know: whether somebody ended it (logged out, revoked, account shut, person left),
--- so that the device forgets what it kept. No row, or false: its time ran out, or it never was one.
SELECT s.revoked_at IS NOT NULL OR NOT a.enabled OR NOT p.active AS is_revoked
  FROM sokuo.session s
  JOIN sokuo.account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
 WHERE s.secret_hash = $1::bytea;

-- name: session_touch :exec
-- Remembers the use, at most once a minute.
UPDATE sokuo.session SET last_used_at = sokuo.now()
 WHERE tenant_id = $1::uuid AND id = $2::uuid AND last_used_at < sokuo.now() - interval '1 minute';

-- name: session_list :many
-- Living sessions of an account, newest first; no tokens.
SELECT id, created_at, last_used_at, expires_at, ip, user_agent
  FROM sokuo.session
 WHERE tenant_id = $1::uuid AND account_id = $2::uuid AND NOT is_token AND revoked_at IS NULL
   AND expires_at > sokuo.now() AND last_used_at > sokuo.now() - interval '12 hours'
 ORDER BY created_at DESC, id DESC
 LIMIT 200;

-- name: session_revoke :many
-- Ends one living session ($3 false) or token ($3 true); with $4 only when it is of that account. $5-$10: the journal
-- row's id and who does it, with session $11. Another's session than one's present one is ended because the device may be
-- lost: the device is shut, and what it still holds is kept for its owner to look at. No row: there is none such.
WITH ended AS (
  UPDATE sokuo.session SET revoked_at = sokuo.now()
   WHERE tenant_id = $1::uuid AND id = $2::uuid AND is_token = $3::boolean
     AND ($4::uuid IS NULL OR account_id = $4::uuid) AND revoked_at IS NULL
  RETURNING id, account_id, name, prefix),
shut AS (
  UPDATE sokuo.device d SET revoked_at = sokuo.now() FROM ended
   WHERE d.tenant_id = $1::uuid AND d.session_id = ended.id AND d.session_id IS DISTINCT FROM $11::uuid
     AND d.revoked_at IS NULL),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $5::uuid, 'account', account_id, 0,
         CASE WHEN $3::boolean THEN 'account.token_revoked' ELSE 'account.session_revoked' END, 2, sokuo.now(),
         $6::uuid, $7::text, $8::uuid, $9::text, $10::smallint,
         jsonb_build_array(jsonb_build_object('field', 'id', 'before', id), jsonb_build_object('field', 'name', 'before', name))
    FROM ended)
SELECT id, account_id FROM ended;

-- name: session_revoke_all :many
-- Ends the living sessions of an account, but not $3; tokens too when $4. $5-$11 as in session_revoke.
WITH ended AS (
  UPDATE sokuo.session SET revoked_at = sokuo.now()
   WHERE tenant_id = $1::uuid AND account_id = $2::uuid AND ($3::uuid IS NULL OR id <> $3::uuid)
     AND ($4::boolean OR NOT is_token) AND revoked_at IS NULL AND expires_at > sokuo.now()
  RETURNING id),
shut AS (
  UPDATE sokuo.device d SET revoked_at = sokuo.now() FROM ended
   WHERE d.tenant_id = $1::uuid AND d.session_id = ended.id AND d.session_id IS DISTINCT FROM $11::uuid
     AND d.revoked_at IS NULL),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $5::uuid, 'account', $2::uuid, 0, 'account.sessions_revoked', 2, sokuo.now(),
         $6::uuid, $7::text, $8::uuid, $9::text, $10::smallint,
         jsonb_build_array(jsonb_build_object('field', 'sessions', 'before', (SELECT count(*) FROM ended)))
   WHERE EXISTS (SELECT FROM ended))
SELECT id FROM ended;

-- name: token_add :one
-- Makes an API token: $3 account, $4 SHA-256 of it, $5 what for, $6 first characters, $7 end (NULL: in one year).
-- $8-$13: the journal row's id and who does it. No row: the account is shut or does not exist.
WITH added AS (
  INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, is_token, name, prefix,
                             created_at, last_used_at, expires_at)
  SELECT a.tenant_id, $2::uuid, a.id, $4::bytea, true, $5::text, $6::text,
         sokuo.now(), sokuo.now(), coalesce($7::timestamptz, sokuo.now() + interval '1 year')
    FROM sokuo.account a WHERE a.tenant_id = $1::uuid AND a.id = $3::uuid AND a.enabled
  RETURNING id, account_id, created_at, last_used_at, expires_at),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $8::uuid, 'account', account_id, 0, 'account.token_created', 2, sokuo.now(),
         $9::uuid, $10::text, $11::uuid, $12::text, $13::smallint,
         jsonb_build_array(jsonb_build_object('field', 'name', 'after', $5::text),
                           jsonb_build_object('field', 'prefix', 'after', $6::text),
                           jsonb_build_object('field', 'expires_at', 'after', expires_at))
    FROM added)
SELECT id, created_at, last_used_at, expires_at FROM added;

-- name: token_list :many
-- Living API tokens, newest first: of one account ($2), or all of the tenant (NULL).
SELECT s.id, s.name, s.prefix, a.person_id, p.name AS person_name, s.created_at, s.last_used_at, s.expires_at
  FROM sokuo.session s
  JOIN sokuo.account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
 WHERE s.tenant_id = $1::uuid AND ($2::uuid IS NULL OR s.account_id = $2::uuid) AND s.is_token
   AND s.revoked_at IS NULL AND s.expires_at > sokuo.now()
 ORDER BY s.created_at DESC, s.id DESC
 LIMIT 1000;
