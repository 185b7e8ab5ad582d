-- SPDX-License-Identifier: Apache-2.0
-- Steps. A change is one unit: the incident's row is locked first (one lock order for everything that touches steps),
-- then the step is written under its own version, then what follows from it. Changes run with reach 'system' after the
-- caller was checked: what follows lies with others. Every statement names its tenant.

-- name: step_lock :one
SELECT i.id FROM sokuo.incident i WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid FOR NO KEY UPDATE;

-- name: step_get :many
-- Steps by id ($2) that the reader sees, as they are; mine by duty at the place. (An array made by a sub-select costs the same
-- for every $2: the plan is kept.)
SELECT s.id, s.version, s.incident_id, s.run_id, s.no, s.state, s.role, s.place_id, s.place_kind, s.place_name, s.unit_id,
       s.person_id, s.person_name, s.due_at, s.ready_at, s.started_at, s.closed_by, s.done_at, s.recorded_at, s.done_by,
       s.done_name, s.done_post_id, s.done_post, s.done_capacity, s.reason, s.note, s.chosen_option, s.basis,
       s.by_default, s.default_at, s.notice_to, s.notice_text, s.notice_receipt, s.paper_location, s.ratify_due_at,
       s.ratified, s.ratified_at, s.ratified_by, s.ratified_name, s.ratified_post, s.ratified_capacity, s.ratify_reason,
       s.done_although_dropped, r.incident_number, r.mode, r.code, r.title_ja, r.title_en, t.definition,
       sokuo.is_duty(s.role, s.place_id, s.unit_id, (SELECT sokuo.my_duties())) AS has_duty,
       i.id IS NOT NULL AS may_read, coalesce(i.title, '') AS title, coalesce(i.state, 0::smallint) AS incident_state,
       i.handler_id, i.commander_id
  FROM sokuo.step s
  JOIN sokuo.run r ON r.tenant_id = s.tenant_id AND r.id = s.run_id
  JOIN sokuo.run_step t ON t.tenant_id = s.tenant_id AND t.run_id = s.run_id AND t.no = s.no
  LEFT JOIN sokuo.incident i ON i.tenant_id = s.tenant_id AND i.id = s.incident_id
 WHERE s.tenant_id = $1::uuid AND s.id = ANY (ARRAY(SELECT unnest($2::uuid[])));

-- name: step_standing :many
-- How persons ($3, with reach $4 and section $5) stand to steps ($2), a place of the arrays each: whether they read the
-- incident, and whether it is theirs by duty (as is_duty). Read with reach 'system'.
WITH duty AS MATERIALIZED (SELECT d.person_id, d.role, d.place_id FROM sokuo.duties_of($1::uuid, $3::uuid[]) d)
SELECT a.place, sokuo.sees_as(s.incident_id, a.person, a.reach, a.section) AS may_read,
       EXISTS (SELECT FROM duty d WHERE d.person_id = a.person AND d.role = s.role
                  AND d.place_id IN ('00000000-0000-0000-0000-000000000000', s.place_id, s.unit_id)) AS has_duty
  FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY a (step, person, reach, section, place)
 CROSS JOIN LATERAL (
   SELECT s.incident_id, s.role, s.place_id, s.unit_id FROM sokuo.step s
    WHERE s.tenant_id = $1::uuid AND s.id = a.step OFFSET 0) s;

-- name: step_mine :many
-- Ids of what is mine ($2 person): open ones by duty, place or name, soonest first, then what I finished within a day.
-- $3 only of this incident, $4 most. Steps of the city that somebody else has taken are theirs, as long as they may see
-- them and have not left. Read with reach 'system': the ids go through step_get under the reader's own. What is hidden
-- from the person counts for nothing here, or it would be felt in how many there are more.
WITH duty AS MATERIALIZED (SELECT d.role, d.place_id FROM sokuo.duties_held($1::uuid, $2::uuid) d),
open AS (
  SELECT w.* FROM duty d CROSS JOIN LATERAL (
    SELECT s.id, s.due_at, s.state, s.person_id, s.place_id FROM sokuo.step s
     WHERE s.tenant_id = $1::uuid AND s.role = d.role AND s.place_id = d.place_id AND s.is_open
       AND d.place_id <> '00000000-0000-0000-0000-000000000000' AND s.incident_id = coalesce($3::uuid, s.incident_id)
       AND sokuo.is_to_do(s.incident_id, s.run_id, s.no, $2::uuid)
     ORDER BY s.due_at LIMIT $4::integer + 1) w
  UNION
  SELECT w.* FROM duty d CROSS JOIN LATERAL (
    SELECT s.id, s.due_at, s.state, s.person_id, s.place_id FROM sokuo.step s
     WHERE s.tenant_id = $1::uuid AND s.role = d.role AND s.unit_id = d.place_id AND s.is_open AND s.place_kind = 4
       AND d.place_id <> '00000000-0000-0000-0000-000000000000' AND s.incident_id = coalesce($3::uuid, s.incident_id)
       AND sokuo.is_to_do(s.incident_id, s.run_id, s.no, $2::uuid)
     ORDER BY s.due_at LIMIT $4::integer + 1) w
  UNION
  SELECT w.* FROM duty d CROSS JOIN LATERAL (
    SELECT s.id, s.due_at, s.state, s.person_id, s.place_id FROM sokuo.step s
     WHERE s.tenant_id = $1::uuid AND s.role = d.role AND s.is_open
       AND (s.person_id IS NULL OR s.person_id = $2::uuid OR s.place_id <> '00000000-0000-0000-0000-000000000000'
         OR NOT sokuo.is_to_do(s.incident_id, s.run_id, s.no, s.person_id)
         OR NOT EXISTS (SELECT FROM sokuo.person p WHERE p.tenant_id = $1::uuid AND p.id = s.person_id AND p.active))
       AND d.place_id = '00000000-0000-0000-0000-000000000000' AND s.incident_id = coalesce($3::uuid, s.incident_id)
       AND sokuo.is_to_do(s.incident_id, s.run_id, s.no, $2::uuid)
     ORDER BY s.due_at LIMIT $4::integer + 1) w
  UNION
  SELECT w.* FROM (
    SELECT s.id, s.due_at, s.state, s.person_id, s.place_id FROM sokuo.step s
     WHERE s.tenant_id = $1::uuid AND s.person_id = $2::uuid AND s.is_open
       AND s.incident_id = coalesce($3::uuid, s.incident_id)
       AND sokuo.is_to_do(s.incident_id, s.run_id, s.no, $2::uuid)
     ORDER BY s.due_at LIMIT $4::integer + 1) w)
SELECT o.id, true AS is_open FROM (SELECT * FROM open ORDER BY (state = 1), due_at, id LIMIT $4::integer + 1) o
UNION ALL
SELECT f.id, false FROM (
  SELECT s.id FROM sokuo.step s
   WHERE s.tenant_id = $1::uuid AND s.done_by = $2::uuid AND NOT s.is_open
     AND s.recorded_at > sokuo.now() - interval '1 day' AND s.incident_id = coalesce($3::uuid, s.incident_id)
   ORDER BY s.recorded_at DESC LIMIT 50) f;

-- name: step_has_evidence :one
-- Whether anything is attached to the step ($2).
SELECT EXISTS (SELECT FROM sokuo.evidence e WHERE e.tenant_id = $1::uuid AND e.step_id = $2::uuid) AS has_evidence;

-- name: step_confirmations :many
-- Who else reported these steps ($2).
SELECT k.step_id, k.outcome, k.person_id, k.person_name, k.post_id, k.post_name, k.capacity, k.occurred_at,
       k.recorded_at, k.note
  FROM sokuo.step_confirmation k
 WHERE k.tenant_id = $1::uuid AND k.step_id = ANY ($2::uuid[])
 ORDER BY k.recorded_at, k.id LIMIT 1000;

-- name: step_evidence :many
-- What is attached to these steps ($2).
SELECT e.step_id, e.id, CASE WHEN e.name <> '' THEN e.name ELSE e.paper_location END AS name
  FROM sokuo.evidence e
 WHERE e.tenant_id = $1::uuid AND e.step_id = ANY ($2::uuid[])
 ORDER BY e.recorded_at, e.id LIMIT 1000;

-- name: step_contacts :many
-- Whom to telephone: holders of duties ($2), for the whole city or at one of the places ($3); two a duty and place.
-- Who has to call people anyway ($4) gets the first number; the others a private one only where there is no other.
SELECT role, place_id, person_name, post_name, phone FROM (
  SELECT r.role, coalesce(r.scope_id, '00000000-0000-0000-0000-000000000000') AS place_id, p.name AS person_name,
         o.name AS post_name, coalesce(k.address, '') AS phone,
         row_number() OVER (PARTITION BY r.role, r.scope_id ORDER BY (t.kind <> 1), o.rank, o.code) AS place
    FROM sokuo.role_assignment r
    JOIN sokuo.post o ON o.tenant_id = r.tenant_id AND o.id = r.post_id AND o.active
    JOIN sokuo.tenure t ON t.tenant_id = o.tenant_id AND t.post_id = o.id AND t.valid_from <= sokuo.today()
         AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
    JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id AND p.active
    LEFT JOIN LATERAL (
      SELECT c.address FROM sokuo.contact_point c
       WHERE c.tenant_id = p.tenant_id AND c.person_id = p.id AND c.kind = 1
       ORDER BY (c.private AND NOT $4::boolean), c.priority, (c.confirmed_at IS NULL), c.id LIMIT 1) k ON true
   WHERE r.tenant_id = $1::uuid AND r.role = ANY (ARRAY(SELECT unnest($2::smallint[])))
     AND (r.scope_id IS NULL OR r.scope_id = ANY (ARRAY(SELECT unnest($3::uuid[]))))
     AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())) found
 WHERE place <= 2
 ORDER BY role, place_id, place;

-- name: step_save :many
-- Writes steps of incident $2 as decided, each with its journal row, when it is still at the version it was read at. An element
-- a step in each array; the names of `asked` say which is which. finished: by this (recorded now). outcome 0: nothing is kept
-- as a confirmation, else it is with remark, named and named_capacity. method NULL: no operation.
-- Answers the places of those that were written; the others were changed meanwhile, or their operation is done already.
WITH asked AS (
  SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::text[], $9::timestamptz[],
    $10::timestamptz[], $11::text[], $12::uuid[], $13::text[], $14::uuid[], $15::text[], $16::text[], $17::text[],
    $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[],
    $26::timestamptz[], $27::text[], $28::uuid[], $29::text[], $30::timestamptz[], $31::uuid[], $32::text[], $33::uuid[],
    $34::text[], $35::text[], $36::text[], $37::text[], $38::text[], $39::text[], $40::uuid[], $41::text[], $42::text[],
    $43::bytea[], $44::bytea[], $45::text[], $46::text[]) WITH ORDINALITY
    AS a (operation, step, version, state, person, person_name, started_at,
      done_at, finished, done_by, done_name, done_post_id, done_post, done_capacity, reason,
      note, chosen_option, basis, by_default, notice_to, notice_text, notice_receipt, paper_location,
      ratify_due_at, although_dropped, journal, kind, occurred_at, who, who_name, post,
      post_name, capacity, text, why, changes, outcome, confirmation, remark, method,
      hash, answer, named, named_capacity, place)),
step AS (
  UPDATE sokuo.step s
     SET version = s.version + 1, state = a.state::smallint, person_id = a.person, person_name = a.person_name,
         started_at = a.started_at,
         done_at = CASE WHEN a.done_at IS NOT NULL THEN least(a.done_at, sokuo.now()) END,
         recorded_at = CASE WHEN a.finished::boolean THEN sokuo.now() WHEN a.done_at IS NOT NULL THEN s.recorded_at END,
         done_by = a.done_by, done_name = a.done_name, done_post_id = a.done_post_id, done_post = a.done_post,
         done_capacity = a.done_capacity::smallint, reason = a.reason, note = a.note, chosen_option = a.chosen_option,
         default_at = CASE WHEN s.is_open THEN s.default_at END, basis = a.basis, by_default = a.by_default::boolean,
         notice_to = a.notice_to, notice_text = a.notice_text, notice_receipt = a.notice_receipt,
         paper_location = a.paper_location, ratify_due_at = a.ratify_due_at,
         ratify_warned = coalesce(s.ratify_warned AND s.ratify_due_at = a.ratify_due_at, false),
         ratified = CASE WHEN s.ratify_due_at = a.ratify_due_at THEN s.ratified END,
         done_although_dropped = a.although_dropped::boolean
    FROM asked a
   WHERE s.tenant_id = $1::uuid AND s.id = a.step AND s.incident_id = $2::uuid AND s.version = a.version::integer
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = a.operation)
  RETURNING a.place),
changed AS (
  UPDATE sokuo.incident i SET version = i.version + n.saved, updated_at = sokuo.now()
    FROM (SELECT count(*)::integer AS saved FROM step) n
   WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid AND n.saved > 0
  RETURNING i.id, i.version - n.saved AS before, i.mode, i.wall),
saved AS (
  SELECT a.*, changed.id AS incident, changed.mode, changed.wall,
         changed.before + row_number() OVER (ORDER BY a.place) AS seq,
         least(coalesce(a.occurred_at, sokuo.now()), sokuo.now()) AS at
    FROM changed CROSS JOIN step JOIN asked a ON a.place = step.place),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, operation, who, method, hash, answer, seq FROM saved WHERE method IS NOT NULL),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason, changes)
  SELECT $1::uuid, journal, 'incident', incident, seq, kind, mode, wall, at, who, who_name, post, post_name,
    capacity::smallint, operation, 7, text, why, changes::jsonb FROM saved ORDER BY seq),
confirmation AS (
  INSERT INTO sokuo.step_confirmation (tenant_id, id, step_id, outcome, person_id, person_name, post_id, post_name,
    capacity, occurred_at, note)
  SELECT $1::uuid, confirmation, step, outcome::smallint, who, named, post, post_name, named_capacity::smallint, at, remark
    FROM saved WHERE outcome <> '0')
SELECT place FROM saved;

-- name: step_attach :exec
-- After step_save in the same unit ($3 its journal row): evidence ($4) of the incident that is of no step yet belongs to the
-- step ($2). $5 only what this person announced (NULL = who may read the incident).
UPDATE sokuo.evidence e SET step_id = s.id
  FROM sokuo.step s
 WHERE s.tenant_id = $1::uuid AND s.id = $2::uuid AND e.tenant_id = $1::uuid AND e.id = ANY ($4::uuid[])
   AND e.incident_id = s.incident_id AND e.step_id IS NULL AND ($5::uuid IS NULL OR e.person_id = $5::uuid)
   AND EXISTS (SELECT FROM sokuo.journal j WHERE j.tenant_id = $1::uuid AND j.id = $3::uuid);

-- name: step_close_branch :exec
-- After step_save of a decision ($4) in the same unit ($5 its journal row): steps ($3) of its run ($2) do not apply, and
-- those of the runs whose own decision merged into this one. What a step of another plan merged into stays, unless the
-- decision closes that one, too.
WITH run (id) AS (
  SELECT $2::uuid
  UNION ALL
  SELECT m.run_id FROM sokuo.run_step m
   WHERE m.tenant_id = $1::uuid AND m.merged_run_id = $2::uuid AND m.merged_no = $4::text AND m.no = $4::text),
closed AS (
  SELECT t.run_id, t.no, coalesce(t.merged_run_id, t.run_id) AS main_run_id, coalesce(t.merged_no, t.no) AS main_no
    FROM run JOIN sokuo.run_step t ON t.tenant_id = $1::uuid AND t.run_id = run.id AND t.no = ANY ($3::text[])),
main AS (
  SELECT DISTINCT c.main_run_id, c.main_no FROM closed c
   WHERE EXISTS (SELECT FROM closed o WHERE o.run_id = c.main_run_id AND o.no = c.main_no)
     AND NOT EXISTS (SELECT FROM sokuo.run_step g
          WHERE g.tenant_id = $1::uuid AND g.merged_run_id = c.main_run_id AND g.merged_no = c.main_no
            AND NOT EXISTS (SELECT FROM closed o WHERE o.run_id = g.run_id AND o.no = g.no)))
UPDATE sokuo.step s
   SET state = 6, version = s.version + 1, closed_by = $4::text, reason = $6::text, done_at = sokuo.now(),
       recorded_at = sokuo.now(), done_by = j.person_id, done_name = j.person_name, done_post_id = j.post_id,
       done_post = j.post_name, done_capacity = j.capacity
  FROM sokuo.journal j, main
 WHERE j.tenant_id = $1::uuid AND j.id = $5::uuid AND s.tenant_id = $1::uuid AND s.run_id = main.main_run_id
   AND s.no = main.main_no AND s.is_open;

-- name: step_open_branch :exec
-- After step_save that takes a decision ($4) back ($3 its journal row): what it had closed is open again.
UPDATE sokuo.step s
   SET state = CASE WHEN s.ready_at IS NULL THEN 1 ELSE 2 END, version = s.version + 1, closed_by = '', reason = '',
       done_at = NULL, recorded_at = NULL, done_by = NULL, done_name = '', done_post_id = NULL, done_post = '',
       done_capacity = 0
  FROM sokuo.journal j
 WHERE j.tenant_id = $1::uuid AND j.id = $3::uuid AND s.tenant_id = $1::uuid AND s.closed_by = $4::text AND s.state = 6
   AND (s.run_id = $2::uuid OR s.run_id IN (SELECT m.run_id FROM sokuo.run_step m
         WHERE m.tenant_id = $1::uuid AND m.merged_run_id = $2::uuid AND m.merged_no = $4::text AND m.no = $4::text));

-- name: step_release :exec
-- What may begin now (step_turn): steps after those ($2 run, $3 number) that were closed each at a place ($4), also by merging.
-- Only this place of those of the same kind. $5: what may not begin any more waits again.
SELECT sokuo.step_turn($1::uuid, k.run_id, k.no, array_agg(DISTINCT k.place), k.run, array_agg(DISTINCT k.done), $5::boolean)
  FROM (
  SELECT coalesce(g.merged_run_id, g.run_id) AS run_id, coalesce(g.merged_no, g.no) AS no, a.place, a.run, a.done
    FROM unnest($2::uuid[], $3::text[], $4::uuid[]) a (run, done, place)
   CROSS JOIN LATERAL (
     SELECT g.* FROM sokuo.run_step g
      WHERE g.tenant_id = $1::uuid AND g.run_id = a.run AND a.done = ANY (g.after)
        AND (g.pending > 0 OR g.merged_run_id IS NOT NULL OR ($5::boolean AND g.ready > 0)) OFFSET 0) g
  UNION
  SELECT coalesce(g.merged_run_id, g.run_id), coalesce(g.merged_no, g.no), a.place, a.run, a.done
    FROM unnest($2::uuid[], $3::text[], $4::uuid[]) a (run, done, place)
   CROSS JOIN LATERAL (
     SELECT m.run_id, m.no FROM sokuo.run_step m
      WHERE m.tenant_id = $1::uuid AND m.merged_run_id = a.run AND m.merged_no = a.done OFFSET 0) m
   CROSS JOIN LATERAL (
     SELECT t.run_id, t.no, t.merged_run_id, t.merged_no FROM sokuo.run_step t
      WHERE t.tenant_id = $1::uuid AND t.run_id = m.run_id AND m.no = ANY (t.after) OFFSET 0) g) k
 GROUP BY k.run_id, k.no, k.run;

-- name: step_release_run :exec
-- As step_release, all steps of a run ($2, or incident $3 and code $4) and of those that share steps with it. $5 as there.
WITH run AS (
  SELECT coalesce($2::uuid, (SELECT r.id FROM sokuo.run r
    WHERE r.tenant_id = $1::uuid AND r.incident_id = $3::uuid AND r.code = $4::text)) AS id)
SELECT sokuo.step_turn($1::uuid, k.run_id, k.no, NULL, NULL, NULL, $5::boolean) FROM (
  SELECT DISTINCT coalesce(g.merged_run_id, g.run_id) AS run_id, coalesce(g.merged_no, g.no) AS no FROM sokuo.run_step g
   WHERE g.tenant_id = $1::uuid AND g.run_id IN (
     SELECT run.id FROM run
     UNION ALL
     SELECT m.run_id FROM run JOIN sokuo.run_step m ON m.tenant_id = $1::uuid AND m.merged_run_id = run.id)) k;

-- name: step_raise :exec
-- After step_save of a decision in the same unit ($3 its journal row): the incident is at least as severe ($4).
-- $5 id of the row that says so, $6 why.
WITH raised AS (
  UPDATE sokuo.incident i SET severity = $4::smallint, version = i.version + 1, updated_at = sokuo.now()
    FROM (SELECT o.id, o.severity FROM sokuo.incident o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid) b
   WHERE i.tenant_id = $1::uuid AND i.id = b.id AND i.severity < $4::smallint
     AND EXISTS (SELECT FROM sokuo.journal j WHERE j.tenant_id = $1::uuid AND j.id = $3::uuid)
  RETURNING i.id, i.version, i.mode, i.wall, b.severity AS before, i.severity AS after)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
                           person_name, post_id, post_name, capacity, entry_kind, reason, changes)
SELECT $1::uuid, $5::uuid, 'incident', r.id, r.version, 'incident.severity', r.mode, r.wall, sokuo.now(), j.person_id,
       j.person_name, j.post_id, j.post_name, j.capacity, 7, $6::text,
       jsonb_build_array(jsonb_build_object('field', 'severity',
         'before', CASE WHEN r.before = 0 THEN '' ELSE 'SEVERITY_S' || r.before - 1 END,
         'after', 'SEVERITY_S' || r.after - 1))
  FROM raised r JOIN sokuo.journal j ON j.tenant_id = $1::uuid AND j.id = $3::uuid;

-- name: step_ratify :one
-- Approval afterwards, or objection: once. $1 tenant, $2 operation, $3 step, $4 approved, $5 why, $6 journal row,
-- $7 person, $8 name, $9 post, $10 name, $11 capacity, $12 text, $13 method, $14 request hash, $15 answer.
WITH step AS (
  UPDATE sokuo.step s
     SET version = s.version + 1, ratified = $4::boolean, ratified_at = sokuo.now(), ratified_by = $7::uuid,
         ratified_name = $8::text, ratified_post = $10::text, ratified_capacity = $11::smallint, ratify_reason = $5::text
   WHERE s.tenant_id = $1::uuid AND s.id = $3::uuid AND s.ratify_due_at IS NOT NULL AND s.ratified IS NULL
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING s.incident_id),
changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
    FROM step WHERE i.tenant_id = $1::uuid AND i.id = step.incident_id
  RETURNING i.id, i.version, i.mode, i.wall),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $7::uuid, $13::text, $14::bytea, $15::bytea, version FROM changed),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason)
  SELECT $1::uuid, $6::uuid, 'incident', id, version, 'step.ratified', mode, wall, sokuo.now(), $7::uuid, $8::text,
    $9::uuid, $10::text, $11::smallint, $2::uuid, 7, $12::text, $5::text FROM changed)
SELECT version FROM changed;

-- name: step_add :many
-- A step that is in no plan, in the run of code '' of incident $2, numbered after the last one there. $3 phase, $4 role,
-- $5 text, $6 definition, $7 sections (empty = the city), $8-$9 person, $10 due, $11 operation it belongs to,
-- $12 ids of the rows, one a place.
WITH run AS (
  SELECT r.tenant_id, r.id, r.incident_id,
         1 + (SELECT count(*) FROM sokuo.run_step t WHERE t.tenant_id = r.tenant_id AND t.run_id = r.id) AS place
    FROM sokuo.run r WHERE r.tenant_id = $1::uuid AND r.incident_id = $2::uuid AND r.code = ''
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $11::uuid)),
made AS (
  INSERT INTO sokuo.run_step (tenant_id, run_id, no, position, incident_id, phase, role, fan_out, text_ja, text_en,
                              definition, due_at)
  SELECT tenant_id, id, 'A' || place, place, incident_id, $3::smallint, $4::smallint,
         CASE WHEN $7::uuid[] = '{}' THEN 1 ELSE 2 END, $5::text, $5::text, $6::bytea, $10::timestamptz FROM run
  RETURNING tenant_id, run_id, no, incident_id, role, due_at)
INSERT INTO sokuo.step (tenant_id, id, incident_id, run_id, no, state, role, place_id, place_kind, place_name, unit_id,
                        person_id, person_name, due_at, ready_at)
SELECT m.tenant_id, ($12::uuid[])[coalesce(p.place, 1)], m.incident_id, m.run_id, m.no, 2, m.role,
       coalesce(u.id, '00000000-0000-0000-0000-000000000000'), CASE WHEN u.id IS NULL THEN 1 ELSE 2 END,
       coalesce(u.name, ''), u.id, $8::uuid, $9::text, m.due_at, sokuo.now()
  FROM made m
  LEFT JOIN unnest($7::uuid[]) WITH ORDINALITY p (id, place) ON true
  LEFT JOIN sokuo.unit u ON u.tenant_id = m.tenant_id AND u.id = p.id
 WHERE p.id IS NULL OR u.id IS NOT NULL
RETURNING id;

-- name: step_keep_answer :exec
-- The answer of an operation that changed nothing.
INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::bytea) ON CONFLICT (tenant_id, id) DO NOTHING;

-- name: step_due_defaults :many
-- Decisions that nobody took in time, longest over first. Taking the default is guarded by the step's version.
SELECT s.tenant_id, s.id FROM sokuo.step s
 WHERE s.default_at <= sokuo.now() AND s.state IN (2, 3, 7)
 ORDER BY s.default_at LIMIT $1::integer;

-- name: step_incident_state :one
-- Of the incident ($2) of a step that the caller may work on without reading the incident. Asked with reach 'system'.
SELECT i.state FROM sokuo.incident i WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid;

-- name: step_disarm :exec
-- Nobody's time to decide runs out once the incident is over; should it be reopened, people decide.
UPDATE sokuo.step SET default_at = NULL WHERE tenant_id = $1::uuid AND id = $2::uuid;

-- name: step_person :one
-- Who it is: a person ($2) whom a step of the incident ($3) may be handed to. No row: unknown, left, excluded from it, or
-- not named in a sealed one.
SELECT p.id, p.name FROM sokuo.person p
 WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid AND p.active
   AND NOT EXISTS (SELECT FROM sokuo.incident_member m WHERE m.tenant_id = p.tenant_id AND m.incident_id = $3::uuid
     AND m.person_id = p.id AND m.access = 2)
   AND (NOT sokuo.is_shut($3::uuid)
     OR EXISTS (SELECT FROM sokuo.incident i WHERE i.tenant_id = p.tenant_id AND i.id = $3::uuid
       AND p.id IN (i.handler_id, i.commander_id))
     OR EXISTS (SELECT FROM sokuo.incident_member m WHERE m.tenant_id = p.tenant_id AND m.incident_id = $3::uuid
       AND m.person_id = p.id AND m.access = 1 AND (m.expires_at IS NULL OR m.expires_at > sokuo.now())));
