-- SPDX-License-Identifier: Apache-2.0
-- The key file that belongs to this database (decision 0039).

-- name: secret_key_claim :exec
-- $1: the fingerprint of this machine's key. Who comes second changes nothing.
INSERT INTO sokuo.secret_key (fingerprint) VALUES ($1::bytea) ON CONFLICT (is_only) DO NOTHING;

-- name: secret_key_adopt :exec
INSERT INTO sokuo.secret_key (fingerprint) VALUES ($1::bytea)
ON CONFLICT (is_only) DO UPDATE SET fingerprint = excluded.fingerprint, since = sokuo.now();

-- name: secret_key_is :one
-- A statement after the claim's, so that it sees a row that another machine wrote meanwhile.
SELECT fingerprint = $1::bytea AS is_ours FROM sokuo.secret_key;
