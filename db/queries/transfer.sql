-- SPDX-License-Identifier: Apache-2.0
-- Evidence handed out to somebody outside.

-- name: transfer_add :one
-- $1 tenant, $2 operation and transfer, $3 incident, $4 organisation, $5 recipient, $6 number on their side, $7 purpose,
-- $8 when (NULL = now), $9 pieces and $10 their forms, $11 method, $12 request hash, $13 answer, $14 text of the entry;
-- journal: $15 id, $16 person, $17 name, $18 post, $19 name, $20 capacity. A slip may be written after the incident is over.
-- No row: done already, or a piece is not (whole) of this incident. UNIQUE fails: an original is gone.
WITH piece AS (
  SELECT e.id, e.name, e.size, e.sha256, e.paper_location, x.form, x.place
    FROM unnest($9::uuid[], $10::smallint[]) WITH ORDINALITY AS x (id, form, place)
    JOIN sokuo.evidence e ON e.tenant_id = $1::uuid AND e.id = x.id AND e.incident_id = $3::uuid AND e.complete),
changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
     AND (SELECT count(*) FROM piece) = cardinality($9::uuid[])
  RETURNING i.version, i.mode, i.wall, least(coalesce($8::timestamptz, sokuo.now()), sokuo.now()) AS occurred_at),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $16::uuid, $11::text, $12::bytea, $13::bytea, version FROM changed),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text)
  SELECT $1::uuid, $15::uuid, 'incident', $3::uuid, version, 'evidence.transferred', mode, wall, occurred_at, $16::uuid,
    $17::text, $18::uuid, $19::text, $20::smallint, $2::uuid, 7, $14::text
    FROM changed),
slip AS (
  INSERT INTO sokuo.transfer (tenant_id, id, incident_id, seq, organisation, recipient, receipt_no, purpose, occurred_at,
    person_id, person_name, post_id, post_name, capacity)
  SELECT $1::uuid, $2::uuid, $3::uuid, version, $4::text, $5::text, $6::text, $7::text, occurred_at, $16::uuid, $17::text,
    $18::uuid, $19::text, $20::smallint
    FROM changed
  RETURNING id),
item AS (
  INSERT INTO sokuo.transfer_item (tenant_id, transfer_id, place, evidence_id, form, name, size, sha256, paper_location)
  SELECT $1::uuid, slip.id, p.place, p.id, p.form, p.name, p.size, p.sha256, p.paper_location FROM slip, piece p)
SELECT version AS seq FROM changed;

-- name: transfer_list :many
-- Of an incident, oldest first; $3: only this one.
SELECT t.id, t.incident_id, t.seq, t.organisation, t.recipient, t.receipt_no, t.purpose, t.occurred_at, t.recorded_at,
       t.person_id, t.person_name, t.post_id, t.post_name, t.capacity
  FROM sokuo.transfer t
 WHERE t.tenant_id = $1::uuid AND t.incident_id = $2::uuid AND ($3::uuid IS NULL OR t.id = $3::uuid)
 ORDER BY t.seq LIMIT 200;

-- name: transfer_items :many
-- Pieces of the same, in the same order.
SELECT p.transfer_id, p.evidence_id, p.form, p.name, p.size, p.sha256, p.paper_location
  FROM (SELECT t.tenant_id, t.id, t.seq FROM sokuo.transfer t
         WHERE t.tenant_id = $1::uuid AND t.incident_id = $2::uuid AND ($3::uuid IS NULL OR t.id = $3::uuid)
         ORDER BY t.seq LIMIT 200) t
  JOIN sokuo.transfer_item p ON p.tenant_id = t.tenant_id AND p.transfer_id = t.id
 ORDER BY t.seq, p.place;
