-- SPDX-License-Identifier: Apache-2.0
-- Sessions of browsers and API tokens: opaque secrets, stored as SHA-256.

-- name: session_find :one
-- Who comes with this secret: $1 is its SHA-256. Run with reach 'system': the tenant is not known before.
-- No row: unknown, revoked, past its end, idle for too long, shut account, or a person who left.
-- The end is absolute; a browser's session also ends after 12 hours without use (decision 0025).
-- roles: bit 1 << Role of every duty of every post held today, wherever it holds.
-- capacity: 1 = 本人 (regular, concurrent), 2 = 代行 (acting, delegated); 1 without a post.
SELECT s.tenant_id, s.id AS session_id, s.account_id, a.person_id, s.is_token, s.expires_at,
       a.login, a.must_change_password, p.name AS person_name,
       h.post_id, h.post_name, h.section_id, h.section_name,
       CASE WHEN h.kind IN (2, 4) THEN 2 ELSE 1 END::smallint AS capacity,
       coalesce((SELECT bit_or(1::bigint << r.role)
          FROM sokuo.tenure t
          JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
          JOIN sokuo.role_assignment r ON r.tenant_id = t.tenant_id AND r.post_id = t.post_id
         WHERE t.tenant_id = s.tenant_id AND t.person_id = a.person_id
           AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
           AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())),
         0)::bigint AS roles,
       s.last_used_at < sokuo.now() - interval '1 minute' AS is_stale,
       sokuo.now() AS now
  FROM sokuo.session s
  JOIN sokuo.account a ON a.tenant_id = s.tenant_id AND a.id = s.account_id AND a.enabled
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id AND p.active
  LEFT JOIN LATERAL (
    SELECT t.post_id, o.name AS post_name, o.unit_id AS section_id, u.name AS section_name, t.kind
      FROM sokuo.tenure t
      JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
      JOIN sokuo.unit u ON u.tenant_id = o.tenant_id AND u.id = o.unit_id
     WHERE t.tenant_id = a.tenant_id AND t.person_id = a.person_id
       AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
     ORDER BY (t.kind <> 1), (t.kind <> 3), o.rank, o.code
     LIMIT 1) h ON true
 WHERE s.secret_hash = $1::bytea
   AND s.revoked_at IS NULL AND s.expires_at > sokuo.now()
   AND (s.is_token OR s.last_used_at > sokuo.now() - interval '12 hours');

-- name: session_touch :exec
-- Remembers the use, at most once a minute.
UPDATE sokuo.session SET last_used_at = sokuo.now()
 WHERE tenant_id = $1::uuid AND id = $2::uuid AND last_used_at < sokuo.now() - interval '1 minute';

-- name: session_add :exec
-- Opens a session or makes a token. It lasts $10 days at most, unless $11 says when it ends.
INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, is_token, name, prefix, ip, user_agent,
                           created_at, last_used_at, expires_at)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::bytea, $5::boolean, $6::text, $7::text, $8::text, $9::text,
        sokuo.now(), sokuo.now(), coalesce($11::timestamptz, sokuo.now() + $10::integer * interval '1 day'));

-- name: session_list :many
-- Living sessions of an account, newest first; no tokens.
SELECT id, created_at, last_used_at, expires_at, ip, user_agent
  FROM sokuo.session
 WHERE tenant_id = $1::uuid AND account_id = $2::uuid AND NOT is_token AND revoked_at IS NULL
   AND expires_at > sokuo.now() AND last_used_at > sokuo.now() - interval '12 hours'
 ORDER BY created_at DESC, id DESC
 LIMIT 200;

-- name: session_revoke :many
-- Ends one living session or token ($2). With $3 only when it is of that account. No row: there is none such.
UPDATE sokuo.session SET revoked_at = sokuo.now()
 WHERE tenant_id = $1::uuid AND id = $2::uuid AND ($3::uuid IS NULL OR account_id = $3::uuid)
   AND ($4::boolean IS NULL OR is_token = $4::boolean) AND revoked_at IS NULL
RETURNING id, account_id, name, prefix, is_token;

-- name: session_revoke_all :many
-- Ends the living sessions of an account, but not $3; tokens too when $4.
UPDATE sokuo.session SET revoked_at = sokuo.now()
 WHERE tenant_id = $1::uuid AND account_id = $2::uuid AND ($3::uuid IS NULL OR id <> $3::uuid)
   AND ($4::boolean OR NOT is_token) AND revoked_at IS NULL AND expires_at > sokuo.now()
RETURNING id;

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
