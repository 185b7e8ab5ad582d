-- SPDX-License-Identifier: Apache-2.0
-- Accounts, second factors, and what slows wrong logins down.
-- Journal rows of accounts have wall 2: nobody of the tenant reads them, only the server's own export.

-- name: account_login :many
-- The account of a login name; of the tenant with code $2 unless that is NULL. More than one row: the tenant must be
-- stated. Run with reach 'system'.
SELECT a.tenant_id, a.id, a.person_id, a.login, p.name AS person_name, a.password_hash, a.totp_secret, a.totp_pending,
       a.totp_last_step, a.enabled AND p.active AS is_open
  FROM sokuo.account a
  JOIN sokuo.tenant t ON t.id = a.tenant_id
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
 WHERE a.login = $1::text AND ($2::text IS NULL OR t.code = $2::text)
 LIMIT 2;

-- name: account_get :many
-- The same by id.
SELECT a.tenant_id, a.id, a.person_id, a.login, p.name AS person_name, a.password_hash, a.totp_secret, a.totp_pending,
       a.totp_last_step, a.enabled AND p.active AS is_open
  FROM sokuo.account a
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
 WHERE a.tenant_id = $1::uuid AND a.id = $2::uuid;

-- name: account_me :one
-- What a person is told about itself.
SELECT a.id, a.login, a.person_id, p.name AS person_name, h.post_id, h.post_name, h.unit_id, u.name AS unit_name,
       CASE WHEN h.kind IN (2, 4) THEN 2 ELSE 1 END::smallint AS capacity,
       sokuo.duties(a.tenant_id, a.person_id) AS roles,
       a.totp_secret IS NOT NULL AS totp_enrolled, a.must_change_password,
       (SELECT count(*) FROM sokuo.recovery_code r WHERE r.tenant_id = a.tenant_id AND r.account_id = a.id) AS codes_left,
       t.id AS tenant_id, t.name AS tenant_name, sokuo.now() AS now
  FROM sokuo.account a
  JOIN sokuo.tenant t ON t.id = a.tenant_id
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
  LEFT JOIN LATERAL (SELECT * FROM sokuo.held(a.tenant_id, a.person_id) LIMIT 1) h ON true
  LEFT JOIN sokuo.unit u ON u.tenant_id = a.tenant_id AND u.id = h.unit_id
 WHERE a.tenant_id = $1::uuid AND a.id = $2::uuid;

-- name: throttle_find :many
-- The lines of these keys; not_before only where there is still something to wait for, by the database's clock.
SELECT key, failures, CASE WHEN not_before > sokuo.now() THEN not_before END AS not_before, updated_at
  FROM sokuo.login_throttle WHERE key = ANY ($1::text[]);

-- name: throttle_charge :one
-- Counts a try before the password is looked at, so that many at once do not get past. $2: seconds to wait after the
-- first, second, … failure; $3: seconds after which failures are forgotten. No row: too early. A free try leaves
-- nothing to wait for, also not for somebody whose transaction began a moment earlier.
INSERT INTO sokuo.login_throttle AS l (key, failures, not_before, updated_at)
VALUES ($1::text, 1,
        CASE WHEN ($2::smallint[])[1] = 0 THEN 'epoch' ELSE sokuo.now() + ($2::smallint[])[1] * interval '1 second' END,
        sokuo.now())
ON CONFLICT (key) DO UPDATE
  SET failures = CASE WHEN l.updated_at < sokuo.now() - $3::integer * interval '1 second' THEN 1 ELSE l.failures + 1 END,
      not_before = (
        SELECT CASE WHEN wait = 0 THEN 'epoch' ELSE sokuo.now() + wait * interval '1 second' END
          FROM (SELECT ($2::smallint[])[
            CASE WHEN l.updated_at < sokuo.now() - $3::integer * interval '1 second' THEN 1
                 ELSE least(l.failures + 1, cardinality($2::smallint[])) END] AS wait) w),
      updated_at = sokuo.now()
  WHERE l.not_before <= sokuo.now()
RETURNING failures, not_before;

-- name: throttle_refund :exec
-- Takes one try back: the password was right, but a code is still missing.
UPDATE sokuo.login_throttle SET failures = greatest(failures - 1, 0), not_before = 'epoch' WHERE key = $1::text;

-- name: throttle_clear :exec
DELETE FROM sokuo.login_throttle WHERE key = $1::text;

-- name: throttle_address :exec
-- Counts a failure from a network within the present minute: at the $2-th it has to wait for the minute's end ($3 s).
INSERT INTO sokuo.login_throttle AS l (key, failures, not_before, updated_at)
VALUES ($1::text, 1, 'epoch', sokuo.now())
ON CONFLICT (key) DO UPDATE
  SET failures = CASE WHEN l.updated_at < sokuo.now() - $3::integer * interval '1 second' THEN 1 ELSE l.failures + 1 END,
      updated_at = CASE WHEN l.updated_at < sokuo.now() - $3::integer * interval '1 second' THEN sokuo.now()
                        ELSE l.updated_at END,
      not_before = CASE WHEN l.updated_at >= sokuo.now() - $3::integer * interval '1 second' AND l.failures + 1 >= $2::integer
                        THEN l.updated_at + $3::integer * interval '1 second' ELSE 'epoch' END;

-- name: throttle_sweep :exec
-- Forgets some of what is old: places after a quarter of a year, failures after a day.
DELETE FROM sokuo.login_throttle
 WHERE key IN (SELECT key FROM sokuo.login_throttle
                WHERE updated_at < sokuo.now() - interval '1 day'
                  AND (key NOT LIKE 'known:%' OR updated_at < sokuo.now() - interval '90 days')
                ORDER BY updated_at LIMIT 50);

-- name: throttle_known :exec
-- Remembers that a login succeeded from this network.
INSERT INTO sokuo.login_throttle (key, failures, not_before, updated_at)
VALUES ($1::text, 0, sokuo.now(), sokuo.now())
ON CONFLICT (key) DO UPDATE SET updated_at = sokuo.now();

-- name: login_finish :one
-- Opens a session, if the second factor is still unused: $3 the time step of the code (0: none), $4 SHA-256 of a recovery
-- code (NULL: none), which is used up. $5 session, $6 SHA-256 of its secret, $7 address, $8 browser. $9 journal row.
-- It lasts seven days at most (decision 0025). No row: shut, or the code was used meanwhile.
WITH code AS (
  DELETE FROM sokuo.recovery_code
   WHERE tenant_id = $1::uuid AND account_id = $2::uuid AND code_hash = $4::bytea
  RETURNING 1 AS one),
entered AS (
  UPDATE sokuo.account a
     SET last_login_at = sokuo.now(), totp_last_step = greatest(a.totp_last_step, $3::bigint)
    FROM sokuo.person p
   WHERE a.tenant_id = $1::uuid AND a.id = $2::uuid AND a.enabled
     AND p.tenant_id = a.tenant_id AND p.id = a.person_id AND p.active
     AND ($3::bigint = 0 OR a.totp_last_step < $3::bigint)
     AND ($4::bytea IS NULL OR EXISTS (SELECT FROM code))
  RETURNING a.tenant_id, a.id, a.person_id, p.name AS person_name),
opened AS (
  INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, ip, user_agent, created_at, last_used_at, expires_at)
  SELECT tenant_id, $5::uuid, id, $6::bytea, $7::text, $8::text, sokuo.now(), sokuo.now(), sokuo.now() + interval '7 days'
    FROM entered),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, changes)
  SELECT tenant_id, $9::uuid, 'account', id, 0, 'account.login', 2, sokuo.now(), person_id, person_name,
         jsonb_build_array(
           jsonb_build_object('field', 'ip', 'after', $7::text),
           jsonb_build_object('field', 'factor', 'after',
             CASE WHEN $4::bytea IS NOT NULL THEN 'recovery_code' WHEN $3::bigint > 0 THEN 'totp' ELSE 'password' END))
    FROM entered)
SELECT id FROM entered;

-- name: account_note :exec
-- A journal row of its own: $3 account, $4 kind, $5 changes; $6-$10 who.
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, changes,
                           person_id, person_name, post_id, post_name, capacity)
VALUES ($1::uuid, $2::uuid, 'account', $3::uuid, 0, $4::text, 2, sokuo.now(), $5::jsonb,
        $6::uuid, $7::text, $8::uuid, $9::text, $10::smallint);

-- name: account_password_set :one
-- Sets a new password hash when the old one is still $3 (NULL: whatever it is). $5: must be changed at the next login;
-- $6: the second factor and its recovery codes go. $7-$12: the journal row's id and who. Browsers' sessions end, but $13;
-- with $5, which somebody else does, API tokens too (decision 0025).
WITH changed AS (
  UPDATE sokuo.account
     SET password_hash = $4::text, must_change_password = $5::boolean,
         totp_secret = CASE WHEN $6::boolean THEN NULL ELSE totp_secret END,
         totp_pending = NULL
   WHERE tenant_id = $1::uuid AND id = $2::uuid AND ($3::text IS NULL OR password_hash = $3::text)
  RETURNING id, login),
codes AS (
  DELETE FROM sokuo.recovery_code
   WHERE $6::boolean AND tenant_id = $1::uuid AND account_id IN (SELECT id FROM changed)),
ended AS (
  UPDATE sokuo.session SET revoked_at = sokuo.now()
   WHERE tenant_id = $1::uuid AND account_id IN (SELECT id FROM changed) AND ($5::boolean OR NOT is_token) AND revoked_at IS NULL
     AND ($13::uuid IS NULL OR id <> $13::uuid)),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $7::uuid, 'account', id, 0,
         CASE WHEN $5::boolean THEN 'account.reset' ELSE 'account.password_changed' END, 2, sokuo.now(),
         $8::uuid, $9::text, $10::uuid, $11::text, $12::smallint,
         CASE WHEN $6::boolean THEN '[{"field": "totp", "before": true, "after": false}]'::jsonb END
    FROM changed)
SELECT id, login FROM changed;

-- name: account_rehash :exec
-- The same password under new parameters of the hash.
UPDATE sokuo.account SET password_hash = $4::text
 WHERE tenant_id = $1::uuid AND id = $2::uuid AND password_hash = $3::text;

-- name: totp_begin :exec
UPDATE sokuo.account SET totp_pending = $3::bytea WHERE tenant_id = $1::uuid AND id = $2::uuid;

-- name: totp_confirm :one
-- The pending secret ($3) becomes the one that counts; $4 the step of the code that proved it. The old recovery codes
-- go, $5 (SHA-256 in hex) come. $6-$11: the journal row's id and who. No row: another one was begun meanwhile.
WITH changed AS (
  UPDATE sokuo.account SET totp_secret = totp_pending, totp_pending = NULL, totp_last_step = $4::bigint
   WHERE tenant_id = $1::uuid AND id = $2::uuid AND totp_pending = $3::bytea
  RETURNING id),
gone AS (
  DELETE FROM sokuo.recovery_code WHERE tenant_id = $1::uuid AND account_id IN (SELECT id FROM changed)),
made AS (
  INSERT INTO sokuo.recovery_code (tenant_id, account_id, code_hash)
  SELECT $1::uuid, changed.id, decode(code, 'hex') FROM changed, unnest($5::text[]) AS code),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity)
  SELECT $1::uuid, $6::uuid, 'account', id, 0, 'account.totp_enrolled', 2, sokuo.now(),
         $7::uuid, $8::text, $9::uuid, $10::text, $11::smallint
    FROM changed)
SELECT id FROM changed;

-- name: recovery_renew :one
-- New recovery codes $3 (SHA-256 in hex) instead of the old. $4-$9: the journal row's id and who. No row: the account
-- has no authenticator app.
WITH owner AS (
  SELECT id FROM sokuo.account WHERE tenant_id = $1::uuid AND id = $2::uuid AND totp_secret IS NOT NULL),
gone AS (
  DELETE FROM sokuo.recovery_code WHERE tenant_id = $1::uuid AND account_id IN (SELECT id FROM owner)),
made AS (
  INSERT INTO sokuo.recovery_code (tenant_id, account_id, code_hash)
  SELECT $1::uuid, owner.id, decode(code, 'hex') FROM owner, unnest($3::text[]) AS code),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity)
  SELECT $1::uuid, $4::uuid, 'account', id, 0, 'account.recovery_codes_renewed', 2, sokuo.now(),
         $5::uuid, $6::text, $7::uuid, $8::text, $9::smallint
    FROM owner)
SELECT id FROM owner;

-- name: account_list :many
-- By login, after $2; $3 part of the login or (folded, $4) of the name; $5 rows; $6 only this one.
SELECT a.id, a.login, a.person_id, p.name AS person_name, a.enabled, a.totp_secret IS NOT NULL AS totp_enrolled,
       a.last_login_at, h.post_id, h.post_name
  FROM sokuo.account a
  JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.id = a.person_id
  LEFT JOIN LATERAL (SELECT * FROM sokuo.held(a.tenant_id, a.person_id) LIMIT 1) h ON true
 WHERE a.tenant_id = $1::uuid AND a.login > $2::text
   AND ($3::text = '' OR strpos(a.login, lower($3::text)) > 0 OR strpos(p.folded, $4::text) > 0)
   AND ($6::uuid IS NULL OR a.id = $6::uuid)
 ORDER BY a.login
 LIMIT $5::integer;

-- name: account_add :one
-- $7-$12: the journal row's id and who. No row: no such person.
WITH added AS (
  INSERT INTO sokuo.account (tenant_id, id, person_id, login, password_hash, must_change_password)
  SELECT p.tenant_id, $2::uuid, p.id, $4::text, $5::text, $6::boolean
    FROM sokuo.person p WHERE p.tenant_id = $1::uuid AND p.id = $3::uuid
  RETURNING id, login),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, changes)
  SELECT $1::uuid, $7::uuid, 'account', id, 0, 'account.created', 2, sokuo.now(),
         $8::uuid, $9::text, $10::uuid, $11::text, $12::smallint,
         jsonb_build_array(jsonb_build_object('field', 'login', 'after', login))
    FROM added)
SELECT id FROM added;

-- name: account_enable :one
-- Opens ($3) or shuts an account; shutting ends its sessions and tokens. $4-$9: the journal row's id and who.
WITH changed AS (
  UPDATE sokuo.account SET enabled = $3::boolean
   WHERE tenant_id = $1::uuid AND id = $2::uuid
  RETURNING id),
ended AS (
  UPDATE sokuo.session SET revoked_at = sokuo.now()
   WHERE NOT $3::boolean AND tenant_id = $1::uuid AND account_id IN (SELECT id FROM changed) AND revoked_at IS NULL),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity)
  SELECT $1::uuid, $4::uuid, 'account', id, 0,
         CASE WHEN $3::boolean THEN 'account.enabled' ELSE 'account.disabled' END, 2, sokuo.now(),
         $5::uuid, $6::text, $7::uuid, $8::text, $9::smallint
    FROM changed)
SELECT id FROM changed;
