-- SPDX-License-Identifier: Apache-2.0
-- The first tenant and its first administrator (decision 0028).

-- name: bootstrap_needed :one
SELECT NOT EXISTS (SELECT FROM sokuo.tenant) AS is_needed;

-- name: bootstrap_make :one
-- $1 tenant, $2 its name, $3 unit, $4 post, $5 person, $6 tenure, $7 account, $8 password hash, $9 duties, $10 journal row.
-- No row, or a unique violation: there is a tenant already.
WITH made AS (
  INSERT INTO sokuo.tenant (id, code, name)
  SELECT $1::uuid, 'city', $2::text WHERE NOT EXISTS (SELECT FROM sokuo.tenant)
  RETURNING id),
unit AS (
  INSERT INTO sokuo.unit (tenant_id, id, kind, code, name)
  SELECT id, $3::uuid, 3, 'sokuo', 'Sokuo管理' FROM made),
post AS (
  INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id, rank)
  SELECT id, $4::uuid, 'sokuo-admin', 'Sokuo管理者', $3::uuid, 5 FROM made),
person AS (
  INSERT INTO sokuo.person (tenant_id, id, code, name, folded)
  SELECT id, $5::uuid, 'sokuo-admin', 'Sokuo管理者', 'sokuo管理者 sokuo-admin' FROM made),
tenure AS (
  INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, kind, valid_from)
  SELECT id, $6::uuid, $5::uuid, $4::uuid, 1, sokuo.today() FROM made),
duty AS (
  INSERT INTO sokuo.role_assignment (tenant_id, id, post_id, role, valid_from)
  SELECT made.id, gen_random_uuid(), $4::uuid, role, sokuo.today() FROM made, unnest($9::smallint[]) AS role),
account AS (
  INSERT INTO sokuo.account (tenant_id, id, person_id, login, password_hash, must_change_password)
  SELECT id, $7::uuid, $5::uuid, 'admin', $8::text, false FROM made),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, person_name, capacity)
  SELECT id, $10::uuid, 'account', $7::uuid, 0, 'account.first_administrator', 2, sokuo.now(), 'Sokuo', 4 FROM made)
SELECT id FROM made;
