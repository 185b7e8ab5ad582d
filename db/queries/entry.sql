-- SPDX-License-Identifier: Apache-2.0
-- The chronology: journal rows of one incident, in the order of stream_seq.

-- name: entry_last :many
-- The last $3 entries of an incident, newest first.
SELECT j.id, j.stream_id, j.stream_seq, j.kind, j.occurred_at, j.recorded_at, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity, j.entry_kind, j.text, j.sender, j.receiver, j.means, j.certainty, j.corrects_id,
       j.reason, j.changes, k.id AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.journal k ON k.tenant_id = j.tenant_id AND k.corrects_id = j.id
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > 0
 ORDER BY j.stream_seq DESC
 LIMIT $3::integer;

-- name: entry_page :many
-- Entries with a number between $3 and $4 (neither of them), $5 of these kinds (NULL = all), newest first; at most $6.
SELECT j.id, j.stream_id, j.stream_seq, j.kind, j.occurred_at, j.recorded_at, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity, j.entry_kind, j.text, j.sender, j.receiver, j.means, j.certainty, j.corrects_id,
       j.reason, j.changes, k.id AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.journal k ON k.tenant_id = j.tenant_id AND k.corrects_id = j.id
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > $3::integer AND j.stream_seq > 0
   AND j.stream_seq < $4::integer AND ($5::smallint[] IS NULL OR j.entry_kind = ANY ($5::smallint[]))
 ORDER BY j.stream_seq DESC
 LIMIT $6::integer;

-- name: entry_page_oldest_first :many
-- As entry_page, from the beginning.
SELECT j.id, j.stream_id, j.stream_seq, j.kind, j.occurred_at, j.recorded_at, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity, j.entry_kind, j.text, j.sender, j.receiver, j.means, j.certainty, j.corrects_id,
       j.reason, j.changes, k.id AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.journal k ON k.tenant_id = j.tenant_id AND k.corrects_id = j.id
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > $3::integer AND j.stream_seq > 0
   AND j.stream_seq < $4::integer AND ($5::smallint[] IS NULL OR j.entry_kind = ANY ($5::smallint[]))
 ORDER BY j.stream_seq
 LIMIT $6::integer;

-- name: entry_extract :many
-- Entries before number $3 that happened from $4 on and before $5 (NULL = no bound), as they happened; at most $6.
SELECT j.id, j.stream_id, j.stream_seq, j.kind, j.occurred_at, j.recorded_at, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity, j.entry_kind, j.text, j.sender, j.receiver, j.means, j.certainty, j.corrects_id,
       j.reason, j.changes, k.id AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.journal k ON k.tenant_id = j.tenant_id AND k.corrects_id = j.id AND k.stream_seq < $3::integer
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > 0 AND j.stream_seq < $3::integer
   AND ($4::timestamptz IS NULL OR j.occurred_at >= $4::timestamptz)
   AND ($5::timestamptz IS NULL OR j.occurred_at < $5::timestamptz)
 ORDER BY j.occurred_at, j.stream_seq
 LIMIT $6::integer;

-- name: entry_names :many
-- Who may be named in an incident's chronology: everybody the city knows, whoever wrote into it, and who took evidence.
SELECT p.name FROM sokuo.person p WHERE p.tenant_id = $1::uuid
UNION
SELECT t.recipient FROM sokuo.transfer t WHERE t.tenant_id = $1::uuid AND t.incident_id = $2::uuid
UNION
SELECT j.person_name FROM sokuo.journal j
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.person_id IS NOT NULL AND j.person_name <> '';

-- name: entry_get :one
-- One entry of an incident.
SELECT j.id, j.stream_id, j.stream_seq, j.kind, j.occurred_at, j.recorded_at, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity, j.entry_kind, j.text, j.sender, j.receiver, j.means, j.certainty, j.corrects_id,
       j.reason, j.changes, k.id AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.journal k ON k.tenant_id = j.tenant_id AND k.corrects_id = j.id
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.id = $3::uuid AND j.stream_seq > 0;

-- name: entry_add :one
-- Adds an entry; with $19 it corrects another, which must stand uncorrected. The incident's version counts it.
-- $1 tenant, $2 operation, $3 incident, $4 entry, $5 kind word, $6 occurred at (NULL = now), $7 person, $8 name, $9 post,
-- $10 name, $11 capacity, $12 entry kind, $13 text, $14 sender, $15 receiver, $16 means, $17 certainty, $18 reason,
-- $19 corrects, $20 method, $21 request hash, $22 answer, $23 folded, $24 lexemes, $25 bucket.
-- No row: done already, corrected already, or the incident is not (any more) there for the caller.
WITH changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid AND i.state NOT IN (13, 14)
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
     AND ($19::uuid IS NULL OR NOT EXISTS (
       SELECT FROM sokuo.journal k WHERE k.tenant_id = $1::uuid AND k.corrects_id = $19::uuid))
  RETURNING i.version, i.mode, i.wall),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $7::uuid, $20::text, $21::bytea, $22::bytea, version FROM changed),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, sender, receiver, means, certainty,
    reason, corrects_id)
  SELECT $1::uuid, $4::uuid, 'incident', $3::uuid, version, $5::text, mode, wall,
    least(coalesce($6::timestamptz, sokuo.now()), sokuo.now()), $7::uuid, $8::text, $9::uuid, $10::text, $11::smallint,
    $2::uuid, $12::smallint, $13::text, $14::text, $15::text, $16::smallint, $17::smallint, $18::text, $19::uuid
    FROM changed),
search AS (
  INSERT INTO sokuo.search_text (tenant_id, incident_id, journal_id, bucket, mode, wall, folded, lexemes)
  SELECT $1::uuid, $3::uuid, $4::uuid, $25::integer, mode, wall, $23::text, array_to_tsvector($24::text[])
    FROM changed WHERE $23::text <> '')
SELECT version, sokuo.now() AS recorded_at FROM changed;
