-- SPDX-License-Identifier: Apache-2.0
-- Operations that shut devices sent: kept whole, settled once by a person.

-- name: held_open :many
-- Nobody settled them yet, oldest first.
SELECT o.id, o.person_id, p.name AS person_name, o.request, o.recorded_at, o.outcome, o.settled_at, o.settled_by, o.settled_name,
       o.settled_post, o.settled_capacity, o.settle_reason, coalesce(d.clock_off_ms, 0) AS clock_off_ms,
       NULL::uuid AS account_id, false AS is_applied
  FROM sokuo.refused_operation o
  JOIN sokuo.person p ON p.tenant_id = o.tenant_id AND p.id = o.person_id
  LEFT JOIN sokuo.device d ON d.tenant_id = o.tenant_id AND d.client_id = o.client_id AND d.person_id = o.person_id
 WHERE o.tenant_id = $1::uuid AND o.is_held AND o.outcome = 0
 ORDER BY o.recorded_at, o.seq LIMIT 1000;

-- name: held_settled :many
-- Settled within thirty days, newest first.
SELECT o.id, o.person_id, p.name AS person_name, o.request, o.recorded_at, o.outcome, o.settled_at, o.settled_by, o.settled_name,
       o.settled_post, o.settled_capacity, o.settle_reason, coalesce(d.clock_off_ms, 0) AS clock_off_ms,
       NULL::uuid AS account_id, false AS is_applied
  FROM sokuo.refused_operation o
  JOIN sokuo.person p ON p.tenant_id = o.tenant_id AND p.id = o.person_id
  LEFT JOIN sokuo.device d ON d.tenant_id = o.tenant_id AND d.client_id = o.client_id AND d.person_id = o.person_id
 WHERE o.tenant_id = $1::uuid AND o.is_held AND o.outcome <> 0 AND o.settled_at > sokuo.now() - interval '30 days'
 ORDER BY o.settled_at DESC LIMIT 1000;

-- name: held_get :many
-- One ($2). is_applied: an operation with its id was done, or the id is spent. account_id: the record of whose account it is
-- noted in.
SELECT o.id, o.person_id, p.name AS person_name, o.request, o.recorded_at, o.outcome, o.settled_at, o.settled_by, o.settled_name,
       o.settled_post, o.settled_capacity, o.settle_reason, coalesce(d.clock_off_ms, 0) AS clock_off_ms,
       coalesce((SELECT a.id FROM sokuo.account a WHERE a.tenant_id = o.tenant_id AND a.person_id = o.person_id LIMIT 1),
                o.person_id) AS account_id,
       EXISTS (SELECT FROM sokuo.operation x WHERE x.tenant_id = o.tenant_id AND x.id = o.id) AS is_applied
  FROM sokuo.refused_operation o
  JOIN sokuo.person p ON p.tenant_id = o.tenant_id AND p.id = o.person_id
  LEFT JOIN sokuo.device d ON d.tenant_id = o.tenant_id AND d.client_id = o.client_id AND d.person_id = o.person_id
 WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid AND o.is_held;

-- name: held_targets :many
-- What they are about, as far as the reader sees it: incidents ($2), steps ($3), orders ($4), calls ($5).
SELECT x.id, x.incident_id, coalesce(i.number, r.incident_number, '') AS number, coalesce(i.title, '') AS title,
       coalesce(i.mode, r.mode, 0::smallint) AS mode, s.run_id, coalesce(r.code, '') AS code, coalesce(s.no, '') AS no,
       coalesce(t.text_ja, '') AS text_ja, coalesce(t.text_en, '') AS text_en, t.definition, s.place_id,
       coalesce(s.place_name, '') AS place_name, coalesce(s.state, 0::smallint) AS state,
       coalesce(nullif(s.done_name, ''), s.person_name, '') AS person_name, s.done_at, x.text
  FROM (SELECT id, id AS incident_id, '' AS text FROM sokuo.incident
         WHERE tenant_id = $1::uuid AND id = ANY (ARRAY(SELECT unnest($2::uuid[])))
        UNION ALL
        SELECT id, incident_id, '' FROM sokuo.step WHERE tenant_id = $1::uuid AND id = ANY (ARRAY(SELECT unnest($3::uuid[])))
        UNION ALL
        SELECT id, incident_id, text FROM sokuo.command_order
         WHERE tenant_id = $1::uuid AND id = ANY (ARRAY(SELECT unnest($4::uuid[])))
        UNION ALL
        SELECT id, incident_id, '' FROM sokuo.escalation
         WHERE tenant_id = $1::uuid AND id = ANY (ARRAY(SELECT unnest($5::uuid[])))) x
  LEFT JOIN sokuo.incident i ON i.tenant_id = $1::uuid AND i.id = x.incident_id
  LEFT JOIN sokuo.step s ON s.tenant_id = $1::uuid AND s.id = x.id
  LEFT JOIN sokuo.run r ON r.tenant_id = $1::uuid AND r.id = s.run_id
  LEFT JOIN sokuo.run_step t ON t.tenant_id = $1::uuid AND t.run_id = s.run_id AND t.no = s.no;

-- name: held_settle :one
-- $1 tenant, $2 which, $3 taken in (1) or turned down (2), $4 why. Operation: $5 id, $6 method, $7 request hash, $8 answer.
-- $9 kind of the journal row, $10 account it is noted in, $11-$16 journal row and who. Turned down, its id is spent: it can
-- never be applied any more. No row: settled already, applied meanwhile, or done by this very operation.
WITH settled AS (
  UPDATE sokuo.refused_operation
     SET outcome = $3::smallint, settled_at = sokuo.now(), settled_by = $12::uuid, settled_name = $13::text,
         settled_post = $15::text, settled_capacity = $16::smallint, settle_reason = $4::text
   WHERE tenant_id = $1::uuid AND id = $2::uuid AND is_held AND outcome = 0
     AND NOT EXISTS (SELECT FROM sokuo.operation WHERE tenant_id = $1::uuid AND id = $5::uuid)
     AND ($3::smallint = 1) = EXISTS (SELECT FROM sokuo.operation WHERE tenant_id = $1::uuid AND id = $2::uuid)
  RETURNING id),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
  SELECT $1::uuid, $5::uuid, $12::uuid, $6::text, $7::bytea, $8::bytea FROM settled
  UNION ALL
  SELECT $1::uuid, id, $12::uuid, $6::text, $7::bytea, NULL FROM settled WHERE $3::smallint = 2),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, reason, person_id,
                             person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $11::uuid, 'account', $10::uuid, 0, $9::text, 2, sokuo.now(), $4::text, $12::uuid, $13::text, $14::uuid,
         $15::text, $16::smallint, $5::uuid, jsonb_build_array(jsonb_build_object('field', 'operation', 'after', id))
    FROM settled)
SELECT id FROM settled;
