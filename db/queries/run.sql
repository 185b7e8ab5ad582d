-- SPDX-License-Identifier: Apache-2.0
-- Runs: plans under way. Starting writes under the incident's lock (step_lock first), with reach 'system', after the
-- caller was checked: every statement names its tenant.

-- name: run_plans :many
-- The effective edition of plans ($2 codes) for an incident ($3): the filer's organ's own before the city's.
SELECT DISTINCT ON (p.code) p.code, r.id AS revision_id, r.version, r.title_ja, r.title_en, r.compiled
  FROM sokuo.playbook p
  JOIN sokuo.playbook_revision r ON r.tenant_id = p.tenant_id AND r.id = sokuo.playbook_effective(p.tenant_id, p.id)
 WHERE p.tenant_id = $1::uuid AND p.code = ANY ($2::text[])
   AND (p.organ_id IS NULL OR p.organ_id IN (
     SELECT unnest(ARRAY[u.id, u.parent_id, d.parent_id])
       FROM sokuo.incident i
       JOIN sokuo.unit u ON u.tenant_id = i.tenant_id AND u.id = i.filer_section_id
       LEFT JOIN sokuo.unit d ON d.tenant_id = u.tenant_id AND d.id = u.parent_id
      WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid))
 ORDER BY p.code, (p.organ_id IS NULL);

-- name: run_make :exec
-- Nothing when the plan runs there already. $1 tenant, $2 run, $3 incident, $4 code, $5 revision, $6 version, $7-$8 title,
-- $9 frozen plan, $10 T0 (NULL = now), $11 person, $12 name, $13 post's name, $14 capacity.
INSERT INTO sokuo.run (tenant_id, id, incident_id, incident_number, mode, code, revision_id, version, title_ja, title_en,
                       plan, t0, started_by, started_name, started_post, started_capacity)
SELECT $1::uuid, $2::uuid, i.id, i.number, i.mode, $4::text, $5::uuid, $6::text, $7::text, $8::text, $9::bytea,
       coalesce($10::timestamptz, sokuo.now()), $11::uuid, $12::text, $13::text, $14::smallint
  FROM sokuo.incident i WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid
ON CONFLICT (tenant_id, incident_id, code) DO NOTHING;

-- name: run_make_steps :exec
-- The steps of a run just made ($2). A step whose key another run of the incident has is done there, where that says the
-- same (decision 0055): untouched; or begun, where it waits for nothing or is told once; or finished, where it is told once.
-- Never where a decision was taken or all was dropped. Two of one key in the run are one, too (twin).
WITH wish AS (
  SELECT * FROM jsonb_to_recordset($3::jsonb) AS x (no text, position smallint, phase smallint, role smallint, after text[],
    target integer, origin smallint, fan_out smallint, merge_key text, twin text, told boolean, decision boolean, ja text,
    en text, timeout integer, definition text)),
main AS (
  SELECT w.no, m.run_id, m.main_no
    FROM sokuo.run r
    CROSS JOIN wish w
    CROSS JOIN LATERAL (
      SELECT f.run_id, f.no AS main_no, f.done + f.dropped >= f.total AS is_over FROM sokuo.run_step f
       WHERE f.tenant_id = r.tenant_id AND f.incident_id = r.incident_id AND f.merge_key = w.merge_key AND f.merge_key <> ''
         AND f.run_id <> r.id AND f.merged_run_id IS NULL AND f.fan_out = w.fan_out
         AND (f.total = 0 OR f.dropped < f.total)
         AND (f.done + f.in_progress + f.blocked = 0
           OR (w.told OR (w.after = '{}' AND f.done + f.dropped < f.total))
             AND NOT (w.decision AND f.done + f.dropped >= f.total)
             AND NOT EXISTS (SELECT FROM sokuo.step s WHERE s.tenant_id = f.tenant_id AND s.run_id = f.run_id AND s.no = f.no
                              AND s.state = 4 AND s.chosen_option <> ''))
       ORDER BY is_over, f.run_id LIMIT 1) m
   WHERE r.tenant_id = $1::uuid AND r.id = $2::uuid AND w.merge_key <> '')
INSERT INTO sokuo.run_step (tenant_id, run_id, no, position, incident_id, phase, role, after, target_min, origin, fan_out,
                            merge_key, text_ja, text_en, timeout_min, definition, merged_run_id, merged_no, due_at)
SELECT r.tenant_id, r.id, x.no, x.position, r.incident_id, x.phase, x.role, x.after, x.target, x.origin, x.fan_out,
       x.merge_key, x.ja, x.en, x.timeout, decode(x.definition, 'base64'),
       coalesce(m.run_id, CASE WHEN x.twin <> '' THEN r.id END), coalesce(m.main_no, nullif(x.twin, '')),
       CASE x.origin WHEN 0 THEN r.t0 WHEN 1 THEN r.started_at END + x.target * interval '1 minute'
  FROM sokuo.run r
  CROSS JOIN wish x
  LEFT JOIN main m ON m.no = coalesce(nullif(x.twin, ''), x.no)
 WHERE r.tenant_id = $1::uuid AND r.id = $2::uuid;

-- name: run_untie :exec
-- A step waits for what comes before it in every plan that merged into it. Where two plans have two such steps in opposite
-- order, the one that was first stands: what a step of the run just made ($2) would wait for and that itself waits for it,
-- is left out.
WITH RECURSIVE step AS (
  SELECT t.run_id, t.no, t.after, coalesce(t.merged_run_id, t.run_id) AS main_run_id, coalesce(t.merged_no, t.no) AS main_no
    FROM sokuo.run n
    JOIN sokuo.run r ON r.tenant_id = $1::uuid AND r.incident_id = n.incident_id
    JOIN sokuo.run_step t ON t.tenant_id = $1::uuid AND t.run_id = r.id
   WHERE n.tenant_id = $1::uuid AND n.id = $2::uuid),
edge AS (
  SELECT p.main_run_id AS from_run_id, p.main_no AS from_no, s.main_run_id, s.main_no
    FROM step s JOIN step p ON p.run_id = s.run_id AND p.no = ANY (s.after)),
follower (of_run_id, of_no, run_id, no) AS (
  SELECT s.main_run_id, s.main_no, s.main_run_id, s.main_no FROM step s
   WHERE s.run_id = $2::uuid AND (s.main_run_id <> s.run_id OR s.main_no <> s.no)
  UNION
  SELECT f.of_run_id, f.of_no, e.main_run_id, e.main_no
    FROM follower f JOIN edge e ON e.from_run_id = f.run_id AND e.from_no = f.no)
UPDATE sokuo.run_step t
   SET after = ARRAY(SELECT a.no FROM unnest(t.after) a (no) WHERE a.no NOT IN (
         SELECT p.no FROM step p JOIN follower f ON f.run_id = p.main_run_id AND f.no = p.main_no
          WHERE p.run_id = t.run_id AND f.of_run_id = t.merged_run_id AND f.of_no = t.merged_no))
 WHERE t.tenant_id = $1::uuid AND t.run_id = $2::uuid AND t.merged_run_id IS NOT NULL
   AND EXISTS (SELECT FROM step p JOIN follower f ON f.run_id = p.main_run_id AND f.no = p.main_no
                WHERE p.run_id = t.run_id AND p.no = ANY (t.after) AND f.of_run_id = t.merged_run_id
                  AND f.of_no = t.merged_no);

-- name: run_hasten :exec
-- A step that a plan just started ($2) wants sooner than the plan that does it is due sooner.
WITH sooner AS (
  SELECT g.merged_run_id AS run_id, g.merged_no AS no, min(g.due_at) AS due_at FROM sokuo.run_step g
   WHERE g.tenant_id = $1::uuid AND g.run_id = $2::uuid AND g.merged_run_id IS NOT NULL AND g.due_at IS NOT NULL
   GROUP BY g.merged_run_id, g.merged_no),
hastened AS (
  UPDATE sokuo.step s SET due_at = sooner.due_at, version = s.version + 1
    FROM sooner
   WHERE s.tenant_id = $1::uuid AND s.run_id = sooner.run_id AND s.no = sooner.no AND s.is_open AND s.due_at > sooner.due_at)
UPDATE sokuo.run_step t SET due_at = sooner.due_at
  FROM sooner
 WHERE t.tenant_id = $1::uuid AND t.run_id = sooner.run_id AND t.no = sooner.no AND t.due_at > sooner.due_at
   AND t.done + t.dropped < t.total;

-- name: run_fan_out :one
-- Makes the rows that people work on, those that are missing, for the plan $3 of incident $2, also where its steps are done
-- in another run: one a place. A place nobody named yet stands as one row that says so. Operation $4 adds up what it made.
WITH run AS (
  SELECT r.id AS run_id, i.* FROM sokuo.run r
    JOIN sokuo.incident i ON i.tenant_id = r.tenant_id AND i.id = r.incident_id
   WHERE r.tenant_id = $1::uuid AND r.incident_id = $2::uuid AND r.code = $3::text),
place (fan_out, kind, id, name, unit_id) AS (
  SELECT 1, 1, '00000000-0000-0000-0000-000000000000'::uuid, '', NULL::uuid FROM run
  UNION ALL
  SELECT 2, 2, u.id, u.name, u.id FROM run, sokuo.unit u WHERE u.tenant_id = $1::uuid AND u.id = ANY (run.section_ids)
  UNION ALL
  SELECT 3, 2, u.id, u.name, u.id FROM sokuo.unit u WHERE u.tenant_id = $1::uuid AND u.kind = 3 AND u.active
  UNION ALL
  SELECT 4, 4, y.id, y.name, y.section_id
    FROM run, sokuo.system y WHERE y.tenant_id = $1::uuid AND y.id = ANY (run.system_ids)
  UNION ALL
  SELECT DISTINCT 5, 5, d.id, d.name, d.id
    FROM run, sokuo.unit u JOIN sokuo.unit d ON d.tenant_id = u.tenant_id AND d.id = u.parent_id
   WHERE u.tenant_id = $1::uuid AND u.id = ANY (run.section_ids)
  UNION ALL
  SELECT n.kind, n.kind, '00000000-0000-0000-0000-000000000000'::uuid, '未定', NULL
    FROM run, (VALUES (2), (4), (5)) n (kind)
   WHERE CASE n.kind WHEN 4 THEN run.system_ids ELSE run.section_ids END = '{}'),
made AS (
  INSERT INTO sokuo.step (tenant_id, id, incident_id, run_id, no, state, role, place_id, place_kind, place_name, unit_id,
                          person_id, person_name, due_at)
  SELECT t.tenant_id, gen_random_uuid(), t.incident_id, t.run_id, t.no, 1, t.role, p.id, p.kind, p.name, p.unit_id,
         CASE WHEN t.role = 15 THEN run.filer_person_id WHEN t.role = 7 THEN run.handler_id
              WHEN t.role BETWEEN 2 AND 6 AND sokuo.duties(t.tenant_id, run.commander_id, true) >> t.role & 1 = 1
              THEN run.commander_id END,
         CASE WHEN t.role = 15 THEN run.filer_name WHEN t.role = 7 THEN run.handler_name
              WHEN t.role BETWEEN 2 AND 6 AND sokuo.duties(t.tenant_id, run.commander_id, true) >> t.role & 1 = 1
              THEN run.commander_name ELSE '' END,
         t.due_at
    FROM run
    JOIN sokuo.run_step t ON t.tenant_id = $1::uuid AND (t.run_id, t.no) IN (
         SELECT coalesce(g.merged_run_id, g.run_id), coalesce(g.merged_no, g.no) FROM sokuo.run_step g
          WHERE g.tenant_id = $1::uuid AND g.run_id = run.run_id)
    JOIN place p ON p.fan_out = t.fan_out
  ON CONFLICT (tenant_id, run_id, no, place_id) DO NOTHING
  RETURNING 1)
SELECT count(*)::integer AS made, set_config('sokuo.made', $4::text || ' ' || count(*) +
         CASE WHEN split_part(current_setting('sokuo.made', true), ' ', 1) = $4::text
              THEN split_part(current_setting('sokuo.made', true), ' ', 2)::integer ELSE 0 END, true) AS counted
  FROM made;

-- name: run_settle_unknown :exec
-- Rows for places nobody had named, untouched, once places are there.
UPDATE sokuo.step s
   SET state = 6, version = s.version + 1, done_at = sokuo.now(), recorded_at = sokuo.now(), done_capacity = 4,
       done_name = 'Sokuo', reason = '対象が決まったため'
  FROM sokuo.run r
  JOIN sokuo.run_step g ON g.tenant_id = r.tenant_id AND g.run_id = r.id
 WHERE r.tenant_id = $1::uuid AND r.incident_id = $2::uuid AND r.code = $3::text AND s.tenant_id = r.tenant_id
   AND s.run_id = coalesce(g.merged_run_id, g.run_id) AND s.no = coalesce(g.merged_no, g.no) AND s.state IN (1, 2)
   AND s.place_kind <> 1
   AND s.place_id = '00000000-0000-0000-0000-000000000000'
   AND EXISTS (SELECT FROM sokuo.step o WHERE o.tenant_id = s.tenant_id AND o.run_id = s.run_id AND o.no = s.no
                AND o.place_id <> s.place_id);

-- name: run_note :one
-- A start, or a step added ($15 kind), in the chronology; a start keeps how many rows were made as the answer's number.
-- $1 tenant, $2 operation, $3 incident, $4 method, $5 request hash, $6 answer, $7 text, $8 reason, $9 journal row, $10 person, $11 name, $12 post, $13 name, $14 capacity,
-- $16 changes. No row: done already.
WITH changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING i.version, i.mode, i.wall),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, number, seq)
  SELECT $1::uuid, $2::uuid, $10::uuid, $4::text, $5::bytea, $6::bytea,
         CASE WHEN split_part(current_setting('sokuo.made', true), ' ', 1) = $2::uuid::text
              THEN split_part(current_setting('sokuo.made', true), ' ', 2) END, version
    FROM changed),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason, changes)
  SELECT $1::uuid, $9::uuid, 'incident', $3::uuid, version, $15::text, mode, wall, sokuo.now(), $10::uuid, $11::text,
    $12::uuid, $13::text, $14::smallint, $2::uuid, 7, $7::text, $8::text, $16::jsonb FROM changed)
SELECT version FROM changed;

-- name: run_list :many
-- Runs that the reader sees: of an incident ($2), or all of open incidents.
SELECT r.id, r.incident_id, r.incident_number, r.mode, r.code, r.revision_id, r.version, r.title_ja, r.title_en, r.t0,
       r.started_at, r.started_by, r.started_name, r.started_post, r.started_capacity, coalesce(i.title, '') AS title,
       coalesce(i.severity, 0::smallint) AS severity, p.organ_id, coalesce(u.name, '') AS organ_name
  FROM sokuo.run r
  LEFT JOIN sokuo.incident i ON i.tenant_id = r.tenant_id AND i.id = r.incident_id
  LEFT JOIN sokuo.playbook_revision v ON v.tenant_id = r.tenant_id AND v.id = r.revision_id
  LEFT JOIN sokuo.playbook p ON p.tenant_id = v.tenant_id AND p.id = v.playbook_id
  LEFT JOIN sokuo.unit u ON u.tenant_id = p.tenant_id AND u.id = p.organ_id
 WHERE r.tenant_id = $1::uuid AND ($2::uuid IS NULL OR r.incident_id = $2::uuid)
   AND ($2::uuid IS NOT NULL OR i.id IS NULL OR i.is_open)
 ORDER BY r.started_at DESC, r.id DESC LIMIT 200;

-- name: run_many :many
-- Runs by id ($2) that the reader sees.
SELECT r.id, r.incident_id, r.incident_number, r.mode, r.code, r.revision_id, r.version, r.title_ja, r.title_en, r.t0,
       r.started_at, r.started_by, r.started_name, r.started_post, r.started_capacity, coalesce(i.title, '') AS title,
       coalesce(i.severity, 0::smallint) AS severity, p.organ_id, coalesce(u.name, '') AS organ_name
  FROM sokuo.run r
  LEFT JOIN sokuo.incident i ON i.tenant_id = r.tenant_id AND i.id = r.incident_id
  LEFT JOIN sokuo.playbook_revision v ON v.tenant_id = r.tenant_id AND v.id = r.revision_id
  LEFT JOIN sokuo.playbook p ON p.tenant_id = v.tenant_id AND p.id = v.playbook_id
  LEFT JOIN sokuo.unit u ON u.tenant_id = p.tenant_id AND u.id = p.organ_id
 WHERE r.tenant_id = $1::uuid AND r.id = ANY (ARRAY(SELECT unnest($2::uuid[])))
 ORDER BY r.started_at DESC, r.id DESC LIMIT 200;

-- name: run_plan :one
SELECT plan FROM sokuo.run WHERE tenant_id = $1::uuid AND id = $2::uuid;

-- name: run_steps :many
-- Steps of runs ($2), and of those that share steps with them, in order, with their progress; definitions when $3 asks, else
-- only of decisions taken. (An array made by a sub-select costs the same for every $2: the plan is kept.)
SELECT t.run_id, t.no, t.position, t.role, t.after, t.fan_out, t.text_ja, t.text_en, t.merged_run_id, t.merged_no,
       t.due_at, t.total, t.done, t.dropped, t.in_progress, t.ready, t.pending, t.blocked, t.by_deputy, t.unratified,
       t.last_done_at, t.chosen_option,
       CASE WHEN $3::boolean OR t.chosen_option <> '' THEN t.definition END AS definition
  FROM sokuo.run_step t
 WHERE t.tenant_id = $1::uuid AND t.run_id = ANY (ARRAY(
   SELECT unnest($2::uuid[])
   UNION
   SELECT m.merged_run_id FROM sokuo.run_step m
    WHERE m.tenant_id = $1::uuid AND m.run_id = ANY (ARRAY(SELECT unnest($2::uuid[]))) AND m.merged_run_id IS NOT NULL
   UNION
   SELECT m.run_id FROM sokuo.run_step m
    WHERE m.tenant_id = $1::uuid AND m.merged_run_id = ANY (ARRAY(SELECT unnest($2::uuid[])))))
 ORDER BY t.run_id, t.position;

-- name: run_places :many
-- Places of the steps of a run ($2) that have at most three, and of the step $3; at most 120 a step.
SELECT w.* FROM (
  SELECT s.no, s.id, s.place_id, s.place_name, s.state, s.person_name, s.done_name, s.done_at, s.due_at, s.reason,
         s.chosen_option, s.basis, s.by_default, s.ratify_due_at, s.ratified, s.version,
         coalesce(u.phone, '') AS phone,
         row_number() OVER (PARTITION BY s.no ORDER BY u.code NULLS FIRST, s.place_name, s.place_id) AS place
    FROM sokuo.step s
    LEFT JOIN sokuo.unit u ON u.tenant_id = s.tenant_id AND u.id = s.unit_id
   WHERE s.tenant_id = $1::uuid AND s.run_id = $2::uuid
     AND s.no = ANY (ARRAY(SELECT t.no FROM sokuo.run_step t
           WHERE t.tenant_id = $1::uuid AND t.run_id = $2::uuid AND (t.total <= 3 OR t.no = $3::text)))) w
 WHERE w.place <= 120
 ORDER BY w.no, w.place;
