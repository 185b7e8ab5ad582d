-- SPDX-License-Identifier: Apache-2.0
-- Evidence: announced, received piece by piece, handed out. Every statement that changes something writes its journal row
-- in the incident's chronology: the chain of custody.

-- name: evidence_get :one
SELECT e.id, e.incident_id, e.step_id, e.name, e.media_type, e.size, e.sha256, e.received, e.complete, e.paper_location,
       e.occurred_at, e.recorded_at, e.completed_at, e.person_id, e.person_name, e.post_id, e.post_name, e.capacity,
       e.digest_state
  FROM sokuo.evidence e WHERE e.tenant_id = $1::uuid AND e.id = $2::uuid;

-- name: evidence_list :many
-- Of an incident ($2) or a step ($3), oldest first; an incident holds no more (evidence_begin).
SELECT e.id, e.incident_id, e.step_id, e.name, e.media_type, e.size, e.sha256, e.received, e.complete, e.paper_location,
       e.occurred_at, e.recorded_at, e.completed_at, e.person_id, e.person_name, e.post_id, e.post_name, e.capacity,
       e.digest_state
  FROM sokuo.evidence e
 WHERE e.tenant_id = $1::uuid AND ($2::uuid IS NULL OR e.incident_id = $2::uuid) AND ($3::uuid IS NULL OR e.step_id = $3::uuid)
 ORDER BY e.recorded_at, e.id LIMIT 1000;

-- name: evidence_begin :one
-- Announces. $1 tenant, $2 operation, $3 incident, $4 evidence, $5 step, $6 name, $7 media type, $8 size, $9 SHA-256,
-- $10 paper, $11 occurred at (NULL = now), $12 method, $13 request hash, $14 answer, $15 text of the entry, $16 most bytes
-- and $17 most pieces an incident may hold; journal: $18 id, $19 person, $20 name, $21 post, $22 name, $23 capacity.
-- No row: done already, full, or the incident takes no entries.
WITH changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid AND i.state NOT IN (13, 14)
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
     AND NOT EXISTS (SELECT FROM sokuo.evidence e WHERE e.tenant_id = $1::uuid AND e.id = $4::uuid)
     AND (SELECT coalesce(sum(e.size), 0) + $8::bigint <= $16::bigint AND count(*) < $17::bigint
            FROM sokuo.evidence e WHERE e.tenant_id = $1::uuid AND e.incident_id = $3::uuid)
  RETURNING i.version, i.mode, i.wall),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $19::uuid, $12::text, $13::bytea, $14::bytea, version FROM changed),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text)
  SELECT $1::uuid, $18::uuid, 'incident', $3::uuid, version, 'evidence.added', mode, wall,
    least(coalesce($11::timestamptz, sokuo.now()), sokuo.now()), $19::uuid, $20::text, $21::uuid, $22::text,
    $23::smallint, $2::uuid, 7, $15::text
    FROM changed)
INSERT INTO sokuo.evidence (tenant_id, id, incident_id, step_id, name, media_type, size, sha256, complete, completed_at,
  paper_location, occurred_at, person_id, person_name, post_id, post_name, capacity)
SELECT $1::uuid, $4::uuid, $3::uuid, $5::uuid, $6::text, $7::text, $8::bigint, $9::bytea, $8::bigint = 0,
  CASE WHEN $8::bigint = 0 THEN sokuo.now() END, $10::text, least(coalesce($11::timestamptz, sokuo.now()), sokuo.now()),
  $19::uuid, $20::text, $21::uuid, $22::text, $23::smallint
  FROM changed
RETURNING (SELECT version FROM changed) AS seq, recorded_at;

-- name: evidence_put :one
-- Adds the piece at $3 when it is the next. $4 data, $5 state of the digest after it. No row: it is not the next.
WITH next AS (
  UPDATE sokuo.evidence e SET received = e.received + length($4::bytea), digest_state = $5::bytea
   WHERE e.tenant_id = $1::uuid AND e.id = $2::uuid AND NOT e.complete AND e.received = $3::bigint
     AND e.received + length($4::bytea) <= e.size
  RETURNING e.received)
INSERT INTO sokuo.evidence_chunk (tenant_id, evidence_id, at, data)
SELECT $1::uuid, $2::uuid, $3::bigint, $4::bytea FROM next
RETURNING (SELECT received FROM next) AS received;

-- name: evidence_drop_chunks :exec
-- What came is not what was announced: begin again.
WITH back AS (
  UPDATE sokuo.evidence e SET received = 0, digest_state = NULL
   WHERE e.tenant_id = $1::uuid AND e.id = $2::uuid AND NOT e.complete
  RETURNING e.id)
DELETE FROM sokuo.evidence_chunk c USING back WHERE c.tenant_id = $1::uuid AND c.evidence_id = back.id;

-- name: evidence_complete :one
-- All bytes are there: $3 their SHA-256. $4 text of the entry. Journal: $5 id, $6 person, $7 name, $8 post, $9 name,
-- $10 capacity. No row: it was complete already.
WITH done AS (
  UPDATE sokuo.evidence e SET complete = true, sha256 = $3::bytea, completed_at = sokuo.now(), digest_state = NULL
   WHERE e.tenant_id = $1::uuid AND e.id = $2::uuid AND NOT e.complete AND e.received = e.size
  RETURNING e.incident_id, e.completed_at),
changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now() FROM done
   WHERE i.tenant_id = $1::uuid AND i.id = done.incident_id
  RETURNING i.id, i.version, i.mode, i.wall),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, entry_kind, text)
  SELECT $1::uuid, $5::uuid, 'incident', id, version, 'evidence.completed', mode, wall, sokuo.now(), $6::uuid, $7::text,
    $8::uuid, $9::text, $10::smallint, 7, $4::text
    FROM changed)
SELECT completed_at FROM done;

-- name: evidence_taken :exec
-- Somebody takes a copy: $3 text of the entry. Journal: $4 id, $5 person, $6 name, $7 post, $8 name, $9 capacity.
WITH changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
    FROM sokuo.evidence e
   WHERE e.tenant_id = $1::uuid AND e.id = $2::uuid AND i.tenant_id = $1::uuid AND i.id = e.incident_id
  RETURNING i.id, i.version, i.mode, i.wall)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
  person_name, post_id, post_name, capacity, entry_kind, text)
SELECT $1::uuid, $4::uuid, 'incident', id, version, 'evidence.taken', mode, wall, sokuo.now(), $5::uuid, $6::text,
  $7::uuid, $8::text, $9::smallint, 7, $3::text
  FROM changed;

-- name: evidence_chunks :many
-- The bytes in order.
SELECT data FROM sokuo.evidence_chunk WHERE tenant_id = $1::uuid AND evidence_id = $2::uuid ORDER BY at;
