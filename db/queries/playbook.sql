-- SPDX-License-Identifier: Apache-2.0
-- Plans and their revisions. What is effective or superseded follows from dates; columns hold draft (1), review (2),
-- approved (3), withdrawn (6).

-- name: revision_list :many
-- Revisions as lists show them. $2 this revision; $3 all of this plan; $4 plans of this organ; $5 the effective one of
-- the city's plan with this code; $6 of each plan only the effective one, or the newest when none was ever effective.
SELECT r.id, r.playbook_id, p.code, r.number, r.version, r.title_ja, r.title_en, r.state, r.row_version, p.organ_id, p.created_at,
       coalesce(u.name, '') AS organ_name, r.effective_from, r.review_due, r.step_count, r.fault_count, r.incident_types,
       r.threat_groups, r.zones, r.severity_from, r.severity_to, r.review_months, r.written_by, r.written_name,
       r.written_post, r.written_capacity, r.written_at, r.approved_by, r.approved_name, r.approved_post,
       r.approved_capacity, r.approved_at, r.reason, r.source_sha256, e.id AS effective_id, sokuo.now() AS now,
       r.based_on, coalesce(b.number, 0) AS based_on_number, sokuo.playbook_effective(city.tenant_id, city.id) AS city_id,
       -- Newer, and under way.
       (SELECT n.id FROM sokuo.playbook_revision n
         WHERE n.tenant_id = r.tenant_id AND n.playbook_id = r.playbook_id AND n.state IN (1, 2) AND n.number > r.number
         ORDER BY n.number DESC LIMIT 1) AS pending_id,
       -- The caller wrote this one, or a draft on the way to it since the last approval.
       EXISTS (SELECT FROM sokuo.playbook_revision w
         WHERE w.tenant_id = r.tenant_id AND w.playbook_id = r.playbook_id AND w.number <= r.number
           AND w.written_by = sokuo.person()
           AND w.number > coalesce((SELECT max(a.number) FROM sokuo.playbook_revision a
             WHERE a.tenant_id = r.tenant_id AND a.playbook_id = r.playbook_id AND a.state = 3
               AND a.number < r.number), 0)) AS is_author
  FROM sokuo.playbook_revision r
  JOIN sokuo.playbook p ON p.tenant_id = r.tenant_id AND p.id = r.playbook_id
  LEFT JOIN sokuo.unit u ON u.tenant_id = p.tenant_id AND u.id = p.organ_id
  LEFT JOIN sokuo.playbook_revision b ON b.tenant_id = r.tenant_id AND b.id = r.based_on
  LEFT JOIN sokuo.playbook city ON p.organ_id IS NOT NULL AND city.tenant_id = p.tenant_id AND city.code = p.code
   AND coalesce(city.organ_id, '00000000-0000-0000-0000-000000000000') = '00000000-0000-0000-0000-000000000000'
  LEFT JOIN LATERAL (SELECT sokuo.playbook_effective(p.tenant_id, p.id) AS id) e ON true
 WHERE r.tenant_id = $1::uuid
   AND ($2::uuid IS NULL OR r.id = $2::uuid)
   AND ($3::uuid IS NULL OR r.playbook_id = $3::uuid)
   AND ($4::uuid IS NULL OR p.organ_id = $4::uuid)
   AND ($5::text IS NULL OR (p.code = $5::text AND p.organ_id IS NULL AND r.id = e.id))
   AND (NOT $6::boolean OR r.id = coalesce(e.id,
     (SELECT n.id FROM sokuo.playbook_revision n WHERE n.tenant_id = r.tenant_id AND n.playbook_id = r.playbook_id
       ORDER BY (n.state = 6), n.number DESC LIMIT 1)))
 ORDER BY p.code, (p.organ_id IS NOT NULL), p.organ_id, r.number DESC
 LIMIT 500;

-- name: revision_source :one
SELECT source, original, compiled, version FROM sokuo.playbook_revision WHERE tenant_id = $1::uuid AND id = $2::uuid;

-- name: revision_before :one
-- The one that was effective before $2, by date; of one that never was: the effective one.
SELECT b.id FROM sokuo.playbook_revision r
  JOIN sokuo.playbook_revision b ON b.tenant_id = r.tenant_id AND b.playbook_id = r.playbook_id AND b.state = 3
   AND b.id <> r.id AND b.effective_from <= sokuo.now()
   AND (r.state <> 3 OR (b.effective_from, b.number) < (r.effective_from, r.number))
 WHERE r.tenant_id = $1::uuid AND r.id = $2::uuid
 ORDER BY b.effective_from DESC, b.number DESC LIMIT 1;

-- name: playbook_find :one
-- The plan with this code ($2) of the city ($3 NULL) or an organ, and its newest number.
SELECT p.id, coalesce((SELECT max(r.number) FROM sokuo.playbook_revision r
                        WHERE r.tenant_id = p.tenant_id AND r.playbook_id = p.id), 0) AS number
  FROM sokuo.playbook p
 WHERE p.tenant_id = $1::uuid AND p.code = $2::text AND p.organ_id IS NOT DISTINCT FROM $3::uuid;

-- name: playbook_base :one
-- What a draft of an organ's plan ($3) with a code ($2) is based on: $4, else what its newest revision says, of its first
-- one the city's in force. id NULL: not known, or $4 is no revision of the city's plan. No row: the city has no such plan.
SELECT b.id, coalesce(b.number, 0) AS number, e.id AS city_id
  FROM sokuo.playbook p
  CROSS JOIN LATERAL (SELECT sokuo.playbook_effective(p.tenant_id, p.id) AS id) e
  LEFT JOIN LATERAL (SELECT n.based_on, true AS is_there FROM sokuo.playbook_revision n
    WHERE n.tenant_id = p.tenant_id AND n.playbook_id = $3::uuid AND n.state <> 6 ORDER BY n.number DESC LIMIT 1) o ON true
  LEFT JOIN sokuo.playbook_revision b ON b.tenant_id = p.tenant_id AND b.playbook_id = p.id
   AND b.id = CASE WHEN $4::uuid IS NOT NULL THEN $4::uuid WHEN o.is_there THEN o.based_on ELSE e.id END
 WHERE p.tenant_id = $1::uuid AND p.code = $2::text
   AND coalesce(p.organ_id, '00000000-0000-0000-0000-000000000000') = '00000000-0000-0000-0000-000000000000';

-- name: playbook_codes :many
SELECT DISTINCT code FROM sokuo.playbook WHERE tenant_id = $1::uuid ORDER BY code;

-- name: playbook_organ :one
-- An organ by id ($2) or by code ($3).
SELECT id, name FROM sokuo.unit
 WHERE tenant_id = $1::uuid AND kind = 1 AND ($2::uuid IS NULL OR id = $2::uuid) AND ($3::text IS NULL OR code = $3::text);

-- name: playbook_organs_of :many
-- The filer's section of an incident ($2) and what is above it.
SELECT x.id FROM sokuo.incident i
  JOIN sokuo.unit u ON u.tenant_id = i.tenant_id AND u.id = i.filer_section_id
  LEFT JOIN sokuo.unit d ON d.tenant_id = u.tenant_id AND d.id = u.parent_id
  CROSS JOIN unnest(ARRAY[u.id, u.parent_id, d.parent_id]) AS x (id)
 WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid AND x.id IS NOT NULL;

-- name: playbook_running :many
-- Plans that run on an incident ($2) already.
SELECT code FROM sokuo.run WHERE tenant_id = $1::uuid AND incident_id = $2::uuid AND code <> '';

-- name: playbook_add :exec
-- A plan's row; one with the same code and organ stays.
INSERT INTO sokuo.playbook (tenant_id, id, code, organ_id) VALUES ($1::uuid, $2::uuid, $3::text, $4::uuid)
ON CONFLICT DO NOTHING;

-- name: revision_add :one
-- A new draft. $1 tenant, $2 revision, $3 plan, $4 number, $5 version, $6-$7 title, $8 source, $9 its SHA-256,
-- $10 original, $11 compiled, $12 steps, $13 faults, $14 types, $15 groups, $16 zones, $17-$18 severity, $19 months,
-- $20 reason, $21 draft it takes the place of, with $22 its row_version; $23 time. Operation: $24 id, $25 method,
-- $26 request hash, $27 answer. $28 code; $29-$34 journal row and who. $35 the city's revision it is based on. No row:
-- done already, or the draft changed.
WITH old AS (
  UPDATE sokuo.playbook_revision SET state = 6, row_version = row_version + 1
   WHERE tenant_id = $1::uuid AND id = $21::uuid AND state = 1 AND row_version = $22::integer
     AND NOT EXISTS (SELECT FROM sokuo.operation WHERE tenant_id = $1::uuid AND id = $24::uuid)
  RETURNING id),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
  SELECT $1::uuid, $24::uuid, $30::uuid, $25::text, $26::bytea, $27::bytea
   WHERE NOT EXISTS (SELECT FROM sokuo.operation WHERE tenant_id = $1::uuid AND id = $24::uuid)
     AND ($21::uuid IS NULL OR EXISTS (SELECT FROM old))
  RETURNING id),
added AS (
  INSERT INTO sokuo.playbook_revision (tenant_id, id, playbook_id, number, state, version, title_ja, title_en, source,
    source_sha256, original, compiled, step_count, fault_count, incident_types, threat_groups, zones, severity_from,
    severity_to, review_months, reason, written_at, written_by, written_name, written_post, written_capacity, based_on)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::integer, 1, $5::text, $6::text, $7::text, $8::bytea, $9::bytea, $10::bytea,
         $11::bytea, $12::integer, $13::integer, $14::smallint[], $15::smallint[], $16::smallint[], $17::smallint,
         $18::smallint, $19::integer, $20::text, $23::timestamptz, $30::uuid, $31::text, $33::text, $34::smallint,
         $35::uuid
    FROM operation
  RETURNING id),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, text, reason,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $29::uuid, 'playbook', id, 0, 'playbook.drafted', 1, $23::timestamptz,
         $28::text || ' #' || $4::integer, $20::text, $30::uuid, $31::text, $32::uuid, $33::text, $34::smallint, $24::uuid
    FROM added)
SELECT id FROM added;

-- name: revision_edit :one
-- The author's own draft, written over. Parameters as in revision_add; $3, $4 and $21 are those of the draft.
WITH edited AS (
  UPDATE sokuo.playbook_revision
     SET row_version = row_version + 1, version = $5::text, title_ja = $6::text, title_en = $7::text, source = $8::bytea,
         source_sha256 = $9::bytea, original = $10::bytea, compiled = $11::bytea, step_count = $12::integer,
         fault_count = $13::integer, incident_types = $14::smallint[], threat_groups = $15::smallint[],
         zones = $16::smallint[], severity_from = $17::smallint, severity_to = $18::smallint,
         review_months = $19::integer, reason = $20::text, written_at = $23::timestamptz, based_on = $35::uuid
   WHERE tenant_id = $1::uuid AND id = $21::uuid AND id = $2::uuid AND playbook_id = $3::uuid AND number = $4::integer
     AND state = 1 AND row_version = $22::integer AND written_by = $30::uuid
     AND NOT EXISTS (SELECT FROM sokuo.operation WHERE tenant_id = $1::uuid AND id = $24::uuid)
  RETURNING id),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
  SELECT $1::uuid, $24::uuid, $30::uuid, $25::text, $26::bytea, $27::bytea FROM edited),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, text, reason,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $29::uuid, 'playbook', id, 0, 'playbook.edited', 1, $23::timestamptz,
         $28::text || ' #' || $4::integer, $20::text, $30::uuid, $31::text, $32::uuid, $33::text, $34::smallint, $24::uuid
    FROM edited)
SELECT id FROM edited;

-- name: revision_move :one
-- Along its life. $1 tenant, $2 revision, $3 its row_version as read, $4 state from, $5 state to, $6 effective from,
-- $7 review due, $8 approved (then the caller is the approver), $9 reason, $10 time. Operation: $11 id, $12 method,
-- $13 request hash, $14 answer. $15 journal kind, $16 text; $17-$22 journal row and who. Withdrawn is not what was ever
-- effective. No row: done already, or somebody was faster.
WITH moved AS (
  UPDATE sokuo.playbook_revision r
     SET state = $5::smallint, row_version = row_version + 1,
         effective_from = CASE WHEN $8::boolean THEN $6::timestamptz ELSE effective_from END,
         review_due = CASE WHEN $8::boolean THEN $7::timestamptz ELSE review_due END,
         approved_by = CASE WHEN $8::boolean THEN $18::uuid ELSE approved_by END,
         approved_name = CASE WHEN $8::boolean THEN $19::text ELSE approved_name END,
         approved_post = CASE WHEN $8::boolean THEN $21::text ELSE approved_post END,
         approved_capacity = CASE WHEN $8::boolean THEN $22::smallint ELSE approved_capacity END,
         approved_at = CASE WHEN $8::boolean THEN $10::timestamptz ELSE approved_at END
   WHERE tenant_id = $1::uuid AND id = $2::uuid AND row_version = $3::integer AND state = $4::smallint
     AND (state <> 3 OR effective_from > sokuo.now())
     AND NOT EXISTS (SELECT FROM sokuo.operation WHERE tenant_id = $1::uuid AND id = $11::uuid)
  RETURNING id),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
  SELECT $1::uuid, $11::uuid, $18::uuid, $12::text, $13::bytea, $14::bytea FROM moved),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, text, reason,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $17::uuid, 'playbook', id, 0, $15::text, 1, $10::timestamptz, $16::text, $9::text, $18::uuid,
         $19::text, $20::uuid, $21::text, $22::smallint, $11::uuid
    FROM moved)
SELECT id FROM moved;

-- name: playbook_ship :exec
-- A plan as it ships, in force at once, unless the tenant has the plan. $1 tenant, $2 plan, $3 revision, $4 code,
-- $5 version, $6-$7 title, $8 source, $9 SHA-256, $10 compiled, $11 steps, $12 types, $13 groups, $14 zones,
-- $15-$16 severity, $17 months, $18 journal row.
WITH plan AS (
  INSERT INTO sokuo.playbook (tenant_id, id, code) VALUES ($1::uuid, $2::uuid, $4::text)
  ON CONFLICT DO NOTHING
  RETURNING id),
added AS (
  INSERT INTO sokuo.playbook_revision (tenant_id, id, playbook_id, number, state, version, title_ja, title_en, source,
    source_sha256, compiled, step_count, incident_types, threat_groups, zones, severity_from, severity_to, review_months,
    effective_from, review_due, reason, written_name, written_capacity, approved_name, approved_capacity, approved_at)
  SELECT $1::uuid, $3::uuid, id, 1, 3, $5::text, $6::text, $7::text, $8::bytea, $9::bytea, $10::bytea, $11::integer,
         $12::smallint[], $13::smallint[], $14::smallint[], $15::smallint, $16::smallint, $17::integer, sokuo.now(),
         sokuo.now() + $17::integer * interval '1 month', '出荷時版', 'Sokuo', 4, 'Sokuo', 4, sokuo.now()
    FROM plan
  RETURNING id)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, text, reason,
                           person_name, capacity)
SELECT $1::uuid, $18::uuid, 'playbook', id, 0, 'playbook.shipped', 1, sokuo.now(), $4::text || ' #1', '出荷時版',
       'Sokuo', 4
  FROM added;
