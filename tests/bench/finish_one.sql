-- SPDX-License-Identifier: Apache-2.0
-- One step finished by one person, as one would write it for them alone: what row 3 compares with.

-- name: finish_one
-- Writes a step as decided, when it is still at version $4, with its journal row. $1 tenant, $2 operation, $3 step,
-- $5 state, $6-$7 person, $8 started at, $9 done at, $10 it is finished by this (recorded now), $11-$15 by whom
-- (person, its name, post, its name, capacity), $16 reason, $17 note, $18 option, $19 basis, $20 by default, $21-$23 notice, $24 paper,
-- $25 ratify until, $26 done although dropped. Journal: $27 id, $28 kind, $29 occurred at, $30 person, $31 name,
-- $32 post, $33 name, $34 capacity, $35 text, $36 reason, $37 changes. $38 outcome that is kept as a confirmation (0 =
-- none) with $39 id, $40 note, $44 name and $45 capacity. Operation: $41 method, $42 request hash, $43 answer.
-- No row: the step was changed meanwhile, or the operation is done already.
WITH step AS (
  UPDATE sokuo.step s
     SET version = s.version + 1, state = $5::smallint, person_id = $6::uuid, person_name = $7::text,
         started_at = $8::timestamptz,
         done_at = CASE WHEN $9::timestamptz IS NOT NULL THEN least($9::timestamptz, sokuo.now()) END,
         recorded_at = CASE WHEN $10::boolean THEN sokuo.now() WHEN $9::timestamptz IS NOT NULL THEN s.recorded_at END,
         done_by = $11::uuid, done_name = $12::text, done_post_id = $13::uuid, done_post = $14::text,
         done_capacity = $15::smallint, reason = $16::text, note = $17::text, chosen_option = $18::text,
         default_at = CASE WHEN s.is_open THEN s.default_at END, basis = $19::text, by_default = $20::boolean, notice_to = $21::text, notice_text = $22::text,
         notice_receipt = $23::text, paper_location = $24::text, ratify_due_at = $25::timestamptz,
         ratify_warned = coalesce(s.ratify_warned AND s.ratify_due_at = $25::timestamptz, false),
         ratified = CASE WHEN s.ratify_due_at = $25::timestamptz THEN s.ratified END,
         done_although_dropped = $26::boolean
   WHERE s.tenant_id = $1::uuid AND s.id = $3::uuid AND s.version = $4::integer
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING s.incident_id),
changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
    FROM step WHERE i.tenant_id = $1::uuid AND i.id = step.incident_id
  RETURNING i.id, i.version, i.mode, i.wall),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $30::uuid, $41::text, $42::bytea, $43::bytea, version FROM changed WHERE $41::text IS NOT NULL),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason, changes)
  SELECT $1::uuid, $27::uuid, 'incident', id, version, $28::text, mode, wall,
    least(coalesce($29::timestamptz, sokuo.now()), sokuo.now()), $30::uuid, $31::text, $32::uuid, $33::text,
    $34::smallint, $2::uuid, 7, $35::text, $36::text, $37::jsonb FROM changed),
confirmation AS (
  INSERT INTO sokuo.step_confirmation (tenant_id, id, step_id, outcome, person_id, person_name, post_id, post_name,
    capacity, occurred_at, note)
  SELECT $1::uuid, $39::uuid, $3::uuid, $38::smallint, $30::uuid, $44::text, $32::uuid, $33::text, $45::smallint,
    least(coalesce($29::timestamptz, sokuo.now()), sokuo.now()), $40::text FROM changed WHERE $38::smallint <> 0)
SELECT version, sokuo.now() AS recorded_at FROM changed;

-- name: finish_one_release
-- What may begin now (step_turn): steps after the steps $3 of run $2, also by merging. $4 only this place of those of the
-- same kind. $5: what may not begin any more waits again.
SELECT sokuo.step_turn($1::uuid, k.run_id, k.no, ARRAY[$4::uuid], $2::uuid, $3::text[], $5::boolean) FROM (
  SELECT coalesce(g.merged_run_id, g.run_id) AS run_id, coalesce(g.merged_no, g.no) AS no FROM sokuo.run_step g
   WHERE g.tenant_id = $1::uuid AND g.run_id = $2::uuid AND g.after && $3::text[]
     AND (g.pending > 0 OR g.merged_run_id IS NOT NULL OR ($5::boolean AND g.ready > 0))
  UNION
  SELECT coalesce(g.merged_run_id, g.run_id), coalesce(g.merged_no, g.no) FROM sokuo.run_step m
   CROSS JOIN LATERAL (
     SELECT t.run_id, t.no, t.merged_run_id, t.merged_no FROM sokuo.run_step t
      WHERE t.tenant_id = $1::uuid AND t.run_id = m.run_id AND m.no = ANY (t.after) OFFSET 0) g
   WHERE m.tenant_id = $1::uuid AND m.merged_run_id = $2::uuid AND m.merged_no = ANY ($3::text[])) k;
