-- SPDX-License-Identifier: Apache-2.0
-- Calls that climb. The engine runs its part with reach 'system', in one transaction a batch (decisions 0057, 0063).

-- name: escalation_next :one
-- When the engine has something to do (NULL: nothing waits), and what the clock's guard looks at.
SELECT (SELECT min(e.look_at)
          FROM (VALUES (5), (4), (0), (3), (2), (1)) s (severity)
         CROSS JOIN LATERAL (
           SELECT x.look_at FROM sokuo.escalation x
            WHERE x.severity = s.severity AND x.look_at IS NOT NULL ORDER BY x.look_at LIMIT 1) e) AS look_at,
       sokuo.now() AS now, sokuo.wall_clock() AS wall, g.highest,
       CASE WHEN g.suspect_until > sokuo.wall_clock() THEN g.jump_us ELSE 0 END AS jump_us
  FROM sokuo.engine_state g;

-- name: escalation_clock_jumped :many
-- The wall clock jumped by $1 microseconds: suspect for ten minutes, and each tenant's journal says so. No row: another engine
-- has said so.
WITH said AS (
  UPDATE sokuo.engine_state g
     SET suspect_since = sokuo.wall_clock(), suspect_until = sokuo.wall_clock() + interval '10 minutes', jump_us = $1::bigint,
         highest = sokuo.wall_clock()
   WHERE g.suspect_until IS NULL OR g.suspect_until < sokuo.wall_clock()
      OR g.suspect_until > sokuo.wall_clock() + interval '10 minutes' OR abs(g.jump_us - $1::bigint) > 30000000
  RETURNING g.jump_us),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, occurred_at, person_name, capacity, text)
  SELECT t.id, gen_random_uuid(), 'directory', t.id, 0, 'engine.clock_jumped', sokuo.now(), 'Sokuo', 4,
         'データベースの時計が' || round(abs(s.jump_us) / 1000000.0) || '秒' || CASE WHEN s.jump_us < 0 THEN '戻り' ELSE '進み' END || 'ました'
    FROM sokuo.tenant t, said s)
SELECT 1 AS said FROM said;

-- name: clock_state :one
-- What the engines think of the clock of the database's machine.
SELECT sokuo.wall_clock() AS wall, g.suspect_since, g.suspect_until, g.jump_us,
       coalesce(g.suspect_until > sokuo.wall_clock(), false) AS is_suspect
  FROM sokuo.engine_state g;

-- name: clock_confirm :many
-- Somebody looked at the clock, and it is right: trusted from now on. $1 who says so. No row: it is trusted already.
WITH said AS (
  UPDATE sokuo.engine_state g SET suspect_until = sokuo.wall_clock(), jump_us = 0, highest = sokuo.wall_clock()
   WHERE g.suspect_until > sokuo.wall_clock()
  RETURNING 1),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, occurred_at, person_name, capacity, text)
  SELECT t.id, gen_random_uuid(), 'directory', t.id, 0, 'engine.clock_confirmed', sokuo.now(), $1::text, 4,
         'データベースの時計が正しいことを確認しました'
    FROM sokuo.tenant t, said)
SELECT 1 AS said FROM said;

-- name: escalation_audit :one
-- Calls later than 120 seconds, and whether that is new: then each tenant's journal says so, once until it is over. While it
-- lasts, and while the clock is not trusted, those who can mend it are told at once and every half hour, in the client and by
-- mail (decision 0073): administrators, the SISO, the lead of the CSIRT, and who has one of these duties by the rota.
WITH before AS (
  SELECT g.overdue_since, sokuo.now() - interval '120 seconds'
           - CASE WHEN g.suspect_until > sokuo.wall_clock() THEN greatest(g.jump_us, 0) ELSE 0 END * interval '1 microsecond' AS by_at,
         coalesce(g.suspect_until > sokuo.wall_clock(), false) AS is_suspect, g.suspect_since, g.jump_us
    FROM sokuo.engine_state g FOR UPDATE),
late AS (
  SELECT e.tenant_id, count(*) AS count
    FROM before b CROSS JOIN (VALUES (5), (4), (0), (3), (2), (1)) s (severity)
   CROSS JOIN LATERAL (
     SELECT x.tenant_id FROM sokuo.escalation x
      WHERE x.severity = s.severity AND x.look_at < b.by_at -- a bare column: arithmetic here would keep it out of the index
      LIMIT 10000) e
   GROUP BY e.tenant_id),
kept AS (
  UPDATE sokuo.engine_state g
     SET highest = greatest(g.highest, sokuo.wall_clock()),
         overdue_since = CASE WHEN EXISTS (SELECT FROM late) THEN coalesce(g.overdue_since, sokuo.now()) END),
told AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, occurred_at, person_name, capacity, text)
  SELECT l.tenant_id, gen_random_uuid(), 'directory', l.tenant_id, 0, 'engine.overdue', sokuo.now(), 'Sokuo', 4,
         '呼出が' || l.count || '件、120秒以上遅れています'
    FROM late l, before b WHERE b.overdue_since IS NULL
  RETURNING tenant_id),
alarms AS (
  SELECT l.tenant_id, 'overdue:' || extract(epoch FROM s.since)::bigint
           || ':' || floor(extract(epoch FROM sokuo.now() - s.since) / 1800) AS key,
         '呼出が' || l.count || '件、120秒以上遅れています。待たずに電話で呼んでください。'
           || 'システム管理者は即応のサーバーとデータベースの動作を確認してください。' AS text
    FROM late l, before b CROSS JOIN LATERAL (SELECT coalesce(b.overdue_since, sokuo.now()) AS since) s
  UNION ALL
  SELECT t.id, 'clock:' || extract(epoch FROM b.suspect_since)::bigint
           || ':' || floor(extract(epoch FROM sokuo.wall_clock() - b.suspect_since) / 1800),
         'データベースの時計が' || round(abs(b.jump_us) / 1000000.0) || '秒' || CASE WHEN b.jump_us < 0 THEN '戻り' ELSE '進み' END
           || 'ました。呼出は、前後どちらの時計でも期限が来たものだけを行います。'
           || '時計を確認し、正しければサーバーで sokuo clock confirm を実行してください。'
    FROM sokuo.tenant t, before b WHERE b.is_suspect),
told_to AS (
  SELECT a.tenant_id, a.key, a.text, p.id AS person_id
    FROM alarms a
    JOIN sokuo.person p ON p.tenant_id = a.tenant_id AND p.active
   WHERE EXISTS (
     SELECT FROM sokuo.role_assignment r
       JOIN sokuo.tenure t ON t.tenant_id = r.tenant_id AND t.post_id = r.post_id AND t.person_id = p.id
        AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
      WHERE r.tenant_id = a.tenant_id AND r.role IN (4, 5, 26) AND r.scope_id IS NULL
        AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today()))
      OR p.id IN (SELECT o.person_id FROM sokuo.rota_on(a.tenant_id) o WHERE o.role IN (4, 5, 26))),
noticed AS (
  INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, priority, person_id, contact_point_id, contact_kind, text)
  SELECT o.tenant_id, gen_random_uuid(), 'alarm:' || o.key || ':' || o.person_id || ':' || w.kind, 6, 5, o.person_id, w.id, w.kind,
         o.text || '(続く間、30分ごとにお知らせします)'
    FROM told_to o
   CROSS JOIN LATERAL (
     SELECT NULL::uuid AS id, 0::smallint AS kind
     UNION ALL
     (SELECT c.id, c.kind FROM sokuo.contact_point c
       WHERE c.tenant_id = o.tenant_id AND c.person_id = o.person_id AND c.kind = 3 ORDER BY c.priority, c.id LIMIT 1)) w
  ON CONFLICT (tenant_id, dedup_key) WHERE escalation_id IS NULL DO NOTHING)
SELECT coalesce((SELECT sum(l.count) FROM late l), 0)::bigint AS count, EXISTS (SELECT FROM told) AS is_new;

-- name: escalation_plans :exec
-- In this transaction, plans do not depend on how many there are: making one anew costs more than most batches.
SELECT set_config('plan_cache_mode', 'force_generic_plan', true);

-- name: escalation_claim :many
-- Locks what is due, the most severe first; what others hold is left to them. $1 most, $2 only what was due so many
-- microseconds ago.
SELECT e.tenant_id, e.id, e.incident_id, e.order_id, e.addressee_id, e.direction, e.mode, e.severity, e.role, e.scope_id,
       e.policy, e.due_at, e.generation, e.phase, e.level, e.rank, e.contact, e.round, e.answer_level, e.answer_rank,
       e.bounced, e.leaving, e.flags, e.refused, e.gone, e.until_us, e.owed_us, e.contact_us, e.level_us, e.clock_us,
       e.red_at, sokuo.now() AS now
  FROM (VALUES (5), (4), (0), (3), (2), (1)) s (severity)
 CROSS JOIN LATERAL (
   SELECT x.* FROM sokuo.escalation x
    WHERE x.severity = s.severity AND x.look_at <= sokuo.now() - $2::bigint * interval '1 microsecond'
    ORDER BY x.look_at LIMIT $1::integer
      FOR UPDATE SKIP LOCKED) e
 LIMIT $1::integer;

-- name: escalation_claim_of :many
-- As escalation_claim, of one incident ($3 tenant, $4 id), whose row is locked already.
SELECT e.tenant_id, e.id, e.incident_id, e.order_id, e.addressee_id, e.direction, e.mode, e.severity, e.role, e.scope_id,
       e.policy, e.due_at, e.generation, e.phase, e.level, e.rank, e.contact, e.round, e.answer_level, e.answer_rank,
       e.bounced, e.leaving, e.flags, e.refused, e.gone, e.until_us, e.owed_us, e.contact_us, e.level_us, e.clock_us,
       e.red_at, sokuo.now() AS now
  FROM sokuo.escalation e
 WHERE e.tenant_id = $3::uuid AND e.incident_id = $4::uuid
   AND e.look_at <= sokuo.now() - $2::bigint * interval '1 microsecond'
 ORDER BY e.look_at LIMIT $1::integer
   FOR UPDATE SKIP LOCKED;

-- name: escalation_incident_wait :exec
-- Locks an incident that is busy, before any of its calls: one order of locks, as everybody else has.
SELECT FROM sokuo.incident i WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid FOR NO KEY UPDATE;

-- name: escalation_events :many
-- What happened to these calls ($1 tenants, $2 ids) and was not applied yet, in the order it was told.
SELECT v.tenant_id, v.escalation_id, v.id, v.act, v.person_id, p.name AS person_name, v.contact_point_id, v.until_at
  FROM unnest($1::uuid[], $2::uuid[]) k (tenant_id, id)
  JOIN sokuo.escalation_event v ON v.tenant_id = k.tenant_id AND v.escalation_id = k.id AND v.applied_at IS NULL
  LEFT JOIN sokuo.person p ON p.tenant_id = v.tenant_id AND p.id = v.person_id
 ORDER BY v.id;

-- name: escalation_events_done :exec
-- $1 tenants, $2 calls, $3 events.
UPDATE sokuo.escalation_event v SET applied_at = sokuo.now()
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) k (tenant_id, escalation_id, id)
 WHERE v.tenant_id = k.tenant_id AND v.escalation_id = k.escalation_id AND v.id = k.id;

-- name: escalation_policies :many
-- The newest policy the city saved, of each direction and severity asked: $1 tenants, $2 directions, $3 severities.
SELECT k.tenant_id, k.direction, k.severity, p.policy
  FROM unnest($1::uuid[], $2::smallint[], $3::smallint[]) k (tenant_id, direction, severity)
 CROSS JOIN LATERAL (
   SELECT x.policy FROM sokuo.escalation_policy x
    WHERE x.tenant_id = k.tenant_id AND x.direction = k.direction AND x.severity = k.severity
    ORDER BY x.recorded_at DESC, x.id DESC LIMIT 1) p
 WHERE p.policy IS NOT NULL;

-- name: escalation_places :many
-- Who stands in duties now, in the order of calling (by the rota, the holder, the deputies), with the contact points that some channel reaches in the mode ($4), in
-- the person's own order, and how many there are at all: $1 tenants, $2 roles, $3 places. A duty that does not stand at its
-- place is looked for above it. A post without a holder is a row without a person.
WITH asked AS MATERIALIZED (
  SELECT k.*, sokuo.today() AS today
    FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::smallint[]) WITH ORDINALITY k (tenant_id, role, scope_id, mode, n)),
ways AS MATERIALIZED (
  SELECT a.tenant_id, a.mode,
         ARRAY(SELECT DISTINCT unnest(c.reaches) FROM sokuo.channel c
                WHERE c.tenant_id = a.tenant_id AND c.enabled AND c.kind BETWEEN 1 AND 3
                  AND (a.mode = 1 OR c.serves_exercises)) AS kinds
    FROM (SELECT DISTINCT tenant_id, mode FROM asked) a),
on_rota AS MATERIALIZED (
  SELECT a.tenant_id, r.role, r.scope_id, r.person_id
    FROM (SELECT DISTINCT tenant_id FROM asked) a CROSS JOIN LATERAL sokuo.rota_on(a.tenant_id) r),
above AS MATERIALIZED (
  SELECT s.tenant_id, s.scope_id, p.nth, p.place_id
    FROM (SELECT DISTINCT tenant_id, scope_id FROM asked) s
   CROSS JOIN LATERAL sokuo.places_above(s.tenant_id, s.scope_id) p),
stands AS MATERIALIZED (
  SELECT q.tenant_id, q.role, coalesce(r.scope_id, '00000000-0000-0000-0000-000000000000') AS place_id
    FROM (SELECT DISTINCT tenant_id, role, today FROM asked) q
    JOIN sokuo.role_assignment r ON r.tenant_id = q.tenant_id AND r.role = q.role
     AND r.valid_from <= q.today AND (r.valid_until IS NULL OR r.valid_until > q.today)
  UNION
  SELECT q.tenant_id, q.role, s.scope_id
    FROM (SELECT DISTINCT tenant_id, role, today FROM asked) q
    JOIN sokuo.succession s ON s.tenant_id = q.tenant_id AND s.role = q.role AND s.valid_from <= q.today
  UNION
  SELECT r.tenant_id, r.role, r.scope_id FROM on_rota r),
found AS MATERIALIZED (
  SELECT DISTINCT ON (a.n) a.n, a.tenant_id, a.role, a.mode, a.today, c.place_id
    FROM asked a
    JOIN above c ON c.tenant_id = a.tenant_id AND c.scope_id = a.scope_id
    JOIN stands s ON s.tenant_id = a.tenant_id AND s.role = a.role AND s.place_id = c.place_id
   ORDER BY a.n, c.nth),
nearest AS MATERIALIZED (
  SELECT min(f.n) AS n, array_agg(f.n) AS all_n, f.tenant_id, f.role, f.mode, f.today, f.place_id
    FROM found f GROUP BY f.tenant_id, f.role, f.mode, f.today, f.place_id),
place AS MATERIALIZED (
  SELECT n.n, n.all_n, n.tenant_id, n.mode, n.place_id, n.today, 1 AS rank, r.post_id
    FROM nearest n
   CROSS JOIN LATERAL (
     SELECT x.post_id, x.valid_from, x.valid_until FROM sokuo.role_assignment x
      WHERE x.tenant_id = n.tenant_id AND x.role = n.role AND x.scope_id = n.place_id
     UNION ALL
     SELECT x.post_id, x.valid_from, x.valid_until FROM sokuo.role_assignment x
      WHERE n.place_id = '00000000-0000-0000-0000-000000000000'
        AND x.tenant_id = n.tenant_id AND x.role = n.role AND x.scope_id IS NULL) r
   WHERE r.valid_from <= n.today AND (r.valid_until IS NULL OR r.valid_until > n.today)
  UNION ALL
  SELECT n.n, n.all_n, n.tenant_id, n.mode, n.place_id, n.today, p.rank, p.post_id
    FROM nearest n
   CROSS JOIN LATERAL (
     SELECT s.id FROM sokuo.succession s
      WHERE s.tenant_id = n.tenant_id AND s.role = n.role AND s.scope_id = n.place_id AND s.valid_from <= n.today
      ORDER BY s.valid_from DESC, s.recorded_at DESC, s.id DESC LIMIT 1) s
    JOIN sokuo.succession_place p ON p.tenant_id = n.tenant_id AND p.succession_id = s.id),
stood AS MATERIALIZED (
  SELECT l.n, l.all_n, l.tenant_id, l.mode, l.place_id, l.rank, o.rank AS post_rank, o.code AS post_code, o.id AS post_id,
         o.name AS post_name, t.kind, t.person_id, t.person_name
    FROM place l
    JOIN sokuo.post o ON o.tenant_id = l.tenant_id AND o.id = l.post_id AND o.active
    LEFT JOIN LATERAL (
      SELECT p.id AS person_id, p.name AS person_name, e.kind
        FROM sokuo.tenure e
        JOIN sokuo.person p ON p.tenant_id = e.tenant_id AND p.id = e.person_id AND p.active
       WHERE e.tenant_id = l.tenant_id AND e.post_id = l.post_id
         AND e.valid_from <= l.today AND (e.valid_until IS NULL OR e.valid_until > l.today)) t ON true
  UNION ALL
  SELECT n.n, n.all_n, n.tenant_id, n.mode, n.place_id, 0, 0, '', h.post_id, coalesce(h.post_name, ''), 0, p.id, p.name
    FROM nearest n
    JOIN on_rota r ON r.tenant_id = n.tenant_id AND r.role = n.role AND r.scope_id = n.place_id
    JOIN sokuo.person p ON p.tenant_id = r.tenant_id AND p.id = r.person_id AND p.active
    LEFT JOIN LATERAL (SELECT x.post_id, x.post_name FROM sokuo.held(r.tenant_id, p.id) x LIMIT 1) h ON true)
SELECT x.n, l.place_id, l.post_id, l.post_name, l.person_id, l.person_name, k.contact_ids, k.contact_kinds, k.points,
       EXISTS (SELECT FROM sokuo.absence b
         WHERE b.tenant_id = l.tenant_id AND b.person_id = l.person_id AND b.ended_at IS NULL AND b.from_at <= sokuo.now()
           AND (b.until_at IS NULL OR b.until_at > sokuo.now())) AS is_away
  FROM stood l
  JOIN ways w ON w.tenant_id = l.tenant_id AND w.mode = l.mode
  LEFT JOIN LATERAL (
    SELECT array_agg(c.id ORDER BY c.priority, c.kind, c.id) FILTER (WHERE c.kind = ANY (w.kinds)) AS contact_ids,
           array_agg(c.kind ORDER BY c.priority, c.kind, c.id) FILTER (WHERE c.kind = ANY (w.kinds)) AS contact_kinds,
           count(*) AS points
      FROM sokuo.contact_point c WHERE c.tenant_id = l.tenant_id AND c.person_id = l.person_id) k ON true
 CROSS JOIN LATERAL unnest(l.all_n) x (n)
 ORDER BY l.n, l.rank, l.post_rank, l.post_code, l.kind, l.person_id;

-- name: escalation_incidents :many
-- Of the incidents of a batch ($1 tenants, $2 ids): who must not hear of them. Most have nobody, and no row.
SELECT i.tenant_id, i.id, array_agg(m.person_id) AS excluded_ids
  FROM unnest($1::uuid[], $2::uuid[]) k (tenant_id, id)
  JOIN sokuo.incident_member m ON m.tenant_id = k.tenant_id AND m.incident_id = k.id AND m.access = 2
  JOIN sokuo.incident i ON i.tenant_id = k.tenant_id AND i.id = k.id AND i.wall = 2
 GROUP BY i.tenant_id, i.id;

-- name: escalation_incidents_lock :many
-- Locks the incidents in whose chronology something is written; those that somebody is writing are left out. With who
-- commands, by which duty, and whether they are away.
SELECT i.tenant_id, i.id, i.version, i.mode, i.wall, i.is_open, i.commander_id, c.role AS command_role,
       i.command_capacity,
       EXISTS (SELECT FROM sokuo.absence b
         WHERE b.tenant_id = i.tenant_id AND b.person_id = i.commander_id AND b.ended_at IS NULL AND b.from_at <= sokuo.now()
           AND (b.until_at IS NULL OR b.until_at > sokuo.now())) AS commander_is_away
  FROM sokuo.incident i
  LEFT JOIN sokuo.command c ON c.tenant_id = i.tenant_id AND c.incident_id = i.id AND c.until_at IS NULL
 WHERE (i.tenant_id, i.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
   FOR NO KEY UPDATE OF i SKIP LOCKED;

-- name: escalation_addressees_lock :many
-- Locks the addressees of a batch ($1 tenants, $2 ids); those that somebody is answering are left out. sends_at: the order
-- has not gone out.
SELECT a.tenant_id, a.id, a.order_id, a.answered_at IS NOT NULL AS is_answered, o.send_at AS sends_at, o.no
  FROM sokuo.order_addressee a
  JOIN sokuo.command_order o ON o.tenant_id = a.tenant_id AND o.id = a.order_id
 WHERE (a.tenant_id, a.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
   FOR NO KEY UPDATE OF a SKIP LOCKED;

-- name: escalation_save :many
-- Saves states as stepped, each still of the generation it was read with ($3). $1 tenants, $2 ids, $4 generations now,
-- $5 due (NULL columns as the largest number), $6 look, $7 until, $8 owed, $9 contact, $10 level since, $11 clock,
-- $12 red, $13 small numbers packed in the order of the columns, $14 refused, $15 gone, $16 settled (at least),
-- $17 person called (nil: nobody), $18 their names, $19 role begun with, $20 role of the level, $21 who answered now (nil: as
-- before), $22 their names, $23 leaving, $24 flags.
UPDATE sokuo.escalation e
   SET generation = s.generation,
       due_at = CASE WHEN s.due_us < 9223372036854775807 THEN 'epoch'::timestamptz + s.due_us * interval '1 microsecond' END,
       look_at = CASE WHEN s.look_us < 9223372036854775807 THEN 'epoch'::timestamptz + s.look_us * interval '1 microsecond' END,
       until_us = s.until_us, owed_us = s.owed_us, contact_us = s.contact_us, level_us = s.level_us, clock_us = s.clock_us,
       red_at = CASE WHEN s.red_us < 9223372036854775807 THEN 'epoch'::timestamptz + s.red_us * interval '1 microsecond' END,
       phase = (s.small & 15)::smallint, level = (s.small >> 4 & 255)::smallint, rank = (s.small >> 12 & 255)::smallint,
       contact = (s.small >> 20 & 255)::smallint, round = (s.small >> 28 & 255)::smallint,
       answer_level = (s.small >> 36 & 255)::smallint, answer_rank = (s.small >> 44 & 255)::smallint,
       bounced = (s.small >> 52 & 255)::smallint, leaving = s.leaving, flags = s.flags,
       refused = int8send(s.refused), gone = int8send(s.gone), settled = greatest(e.settled, s.settled),
       person_id = nullif(s.person_id, '00000000-0000-0000-0000-000000000000'), person_name = s.person_name,
       role = s.role, level_role = s.level_role,
       answer_person_id = CASE WHEN (a.is_answered AND (a.answerer IS NULL OR a.answerer = e.answer_person_id)) THEN e.answer_person_id WHEN a.is_answered THEN a.answerer END,
       answer_person_name = CASE WHEN (a.is_answered AND (a.answerer IS NULL OR a.answerer = e.answer_person_id)) THEN e.answer_person_name WHEN a.is_answered THEN s.answer_name ELSE '' END,
       answered_at = CASE WHEN (a.is_answered AND (a.answerer IS NULL OR a.answerer = e.answer_person_id)) THEN coalesce(e.answered_at, sokuo.now()) WHEN a.is_answered THEN sokuo.now() END,
       answer_post_id = CASE WHEN (a.is_answered AND (a.answerer IS NULL OR a.answerer = e.answer_person_id)) THEN e.answer_post_id END,
       answer_post_name = CASE WHEN (a.is_answered AND (a.answerer IS NULL OR a.answerer = e.answer_person_id)) THEN e.answer_post_name ELSE '' END,
       answer_capacity = CASE WHEN (a.is_answered AND (a.answerer IS NULL OR a.answerer = e.answer_person_id)) THEN e.answer_capacity ELSE 0 END
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
         $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
         $17::uuid[], $18::text[], $19::smallint[], $20::smallint[], $21::uuid[], $22::text[], $23::smallint[], $24::smallint[])
       s (tenant_id, id, before, generation, due_us, look_us, until_us, owed_us, contact_us, level_us, clock_us, red_us, small,
          refused, gone, settled, person_id, person_name, role, level_role, answer_id, answer_name, leaving, flags)
      , LATERAL (SELECT (s.small & 15) IN (4, 5) AS is_answered,
                        nullif(s.answer_id, '00000000-0000-0000-0000-000000000000') AS answerer) a
 WHERE e.tenant_id = s.tenant_id AND e.id = s.id AND e.generation = s.before
RETURNING e.id;

-- name: escalation_freeze :exec
-- The policies of calls that were armed: $1 tenants, $2 ids, $3 policies in hex.
UPDATE sokuo.escalation e SET policy = decode(s.policy, 'hex')
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) s (tenant_id, id, policy)
 WHERE e.tenant_id = s.tenant_id AND e.id = s.id;

-- name: escalation_look_again :exec
-- Nothing new for these calls before the given moments: $1 tenants, $2 ids, $3 when (the largest number: nothing waits).
UPDATE sokuo.escalation e
   SET look_at = CASE WHEN s.look_us < 9223372036854775807 THEN 'epoch'::timestamptz + s.look_us * interval '1 microsecond' END
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) s (tenant_id, id, look_us)
 WHERE e.tenant_id = s.tenant_id AND e.id = s.id;

-- name: escalation_effects_add :exec
-- $1 tenants, $2 calls, $3 generations, $4 small numbers packed (position, kind, why, level, rank, role, contact kind),
-- $5 persons, $6 names, $7 posts, $8 names, $9 contact points (nil: none), $10 missed, $11 late. A key that is there is an
-- error: the whole batch is taken back.
INSERT INTO sokuo.escalation_effect (tenant_id, escalation_id, generation, position, kind, why, level, rank, role, contact_kind,
  person_id, person_name, post_id, post_name, contact_point_id, missed, late_us)
SELECT f.tenant_id, f.id, f.generation, (f.small & 31)::smallint, (f.small >> 5 & 31)::smallint, (f.small >> 10 & 31)::smallint,
       (f.small >> 15 & 15)::smallint, (f.small >> 19 & 15)::smallint, (f.small >> 23 & 127)::smallint,
       (f.small >> 30 & 15)::smallint,
       nullif(f.person_id, '00000000-0000-0000-0000-000000000000'), f.person_name,
       nullif(f.post_id, '00000000-0000-0000-0000-000000000000'), f.post_name,
       nullif(f.contact_id, '00000000-0000-0000-0000-000000000000'), least(f.missed, 32767)::smallint, f.late_us
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::text[], $7::uuid[], $8::text[], $9::uuid[],
         $10::bigint[], $11::bigint[])
       f (tenant_id, id, generation, small, person_id, person_name, post_id, post_name, contact_id, missed, late_us);

-- name: escalation_notices_add :exec
-- The notices of effects: $1 tenants, $2 ids, $3 calls, $4 generations, $5 positions, $6 persons, $7 contact points (nil: in
-- the client), $8 contact kinds. What it is about stands in the call. One that stands in the client (kind 0) is sent by being
-- written, unless an addressee of an order is to be told so.
INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, mode, priority, incident_id, order_id, addressee_id, escalation_id,
  generation, person_id, contact_point_id, contact_kind, state, attempts, next_at, sent_at)
SELECT f.tenant_id, f.id, 'esc:' || f.escalation_id || ':' || f.generation || ':' || f.position,
       CASE WHEN e.order_id IS NULL THEN 2 ELSE 1 END, e.mode, e.severity, e.incident_id, e.order_id, e.addressee_id, e.id,
       f.generation, f.person_id, nullif(f.contact_id, '00000000-0000-0000-0000-000000000000'), f.contact_kind,
       1 + w.is_shown::integer, w.is_shown::integer, CASE WHEN NOT w.is_shown THEN sokuo.now() END,
       CASE WHEN w.is_shown THEN sokuo.now() END
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::uuid[], $7::uuid[], $8::smallint[])
       f (tenant_id, id, escalation_id, generation, position, person_id, contact_id, contact_kind)
  JOIN sokuo.escalation e ON e.tenant_id = f.tenant_id AND e.id = f.escalation_id
 CROSS JOIN LATERAL (SELECT f.contact_kind = 0 AND e.addressee_id IS NULL AS is_shown) w;

-- name: escalation_asked :exec
-- Whom the addressees of orders ask now: $1 tenants, $2 addressees, $3 persons, $4 names, $5 posts, $6 names, $7 deputies,
-- $8 states (0: as it is). They may read the order from now on; whoever is new among them hears of it, by a journal row of the
-- order that names them.
WITH asked AS (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::smallint[], $8::smallint[])
         s (tenant_id, id, person_id, person_name, post_id, post_name, is_deputy, state)),
moved AS (
  UPDATE sokuo.order_addressee a
     SET version = a.version + 1,
         person_id = nullif(s.person_id, '00000000-0000-0000-0000-000000000000'), person_name = s.person_name,
         post_id = coalesce(nullif(s.post_id, '00000000-0000-0000-0000-000000000000'), a.post_id),
         post_name = CASE WHEN s.post_name = '' THEN a.post_name ELSE s.post_name END,
         is_deputy = s.is_deputy <> 0,
         state = CASE WHEN s.state = 0 OR a.answered_at IS NOT NULL THEN a.state ELSE s.state END,
         queued_at = CASE WHEN s.state = 1 THEN sokuo.now() ELSE a.queued_at END
    FROM asked s WHERE a.tenant_id = s.tenant_id AND a.id = s.id
  RETURNING a.tenant_id, a.order_id, a.person_id, a.person_name),
fresh AS (
  INSERT INTO sokuo.order_asked (tenant_id, order_id, person_id)
  SELECT DISTINCT tenant_id, order_id, person_id FROM moved WHERE person_id IS NOT NULL
  ON CONFLICT DO NOTHING
  RETURNING tenant_id, order_id, person_id)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id, person_name,
  capacity)
SELECT f.tenant_id, gen_random_uuid(), 'order', f.order_id, 0, 'order.asked', o.mode, 2, sokuo.now(), f.person_id,
       (SELECT max(m.person_name) FROM moved m WHERE m.person_id = f.person_id), 4
  FROM fresh f JOIN sokuo.command_order o ON o.tenant_id = f.tenant_id AND o.id = f.order_id;

-- name: escalation_note :exec
-- Rows of chronologies: $1 tenants, $2 incidents, $3 ids, $4 how many rows ahead of this one in the incident (0, 1, …),
-- $5 kinds, $6 texts, $7 reasons, $8 entry kinds, $9 changes as JSON. The incidents are locked.
WITH noted AS (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::smallint[],
         $9::text[]) s (tenant_id, incident_id, id, ahead, kind, text, reason, entry_kind, changes)),
told AS (
  UPDATE sokuo.incident i SET version = i.version + s.count, updated_at = sokuo.now()
    FROM (SELECT tenant_id, incident_id, count(*)::integer AS count FROM noted GROUP BY 1, 2) s
   WHERE i.tenant_id = s.tenant_id AND i.id = s.incident_id
  RETURNING i.tenant_id, i.id, i.version - s.count AS version, i.mode, i.wall)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_name, capacity,
  entry_kind, text, reason, changes)
SELECT t.tenant_id, s.id, 'incident', t.id, t.version + 1 + s.ahead, s.kind, t.mode, t.wall, sokuo.now(), 'Sokuo', 4,
       s.entry_kind, s.text, s.reason, nullif(s.changes, '')::jsonb
  FROM told t JOIN noted s ON s.tenant_id = t.tenant_id AND s.incident_id = t.id;

-- name: escalation_commands :exec
-- Puts a deputy in command: $1 tenant, $2 incident, $3 person, $4 name, $5 post, $6 name. The times of command follow.
UPDATE sokuo.incident i
   SET commander_id = $3::uuid, commander_name = $4::text, command_post_id = $5::uuid, command_post_name = $6::text,
       command_capacity = 2, commanded_since = sokuo.now()
 WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid;

-- name: escalation_postpone :exec
-- A call that cannot be saved holds nobody else up: it is tried again in a minute, and is overdue meanwhile. $2: the call.
UPDATE sokuo.escalation e SET look_at = sokuo.now() + interval '1 minute' WHERE e.tenant_id = $1::uuid AND e.id = $2::uuid;

-- name: call_list :many
-- Calls the caller may see, the red ones first, then the latest. $2 only of this incident, $3 also those that ended, $4 only
-- those by which this person is called, $5 only this one. The title only for who may read the incident. told: what was told last and the engine has not applied yet.
SELECT e.id, e.incident_id, e.order_id, e.direction, e.phase, e.severity, e.red_at, e.reason, e.role, e.scope_id,
       coalesce(u.name, y.name, '') AS scope_name, e.level, e.level_role, e.person_id, e.person_name, e.due_at,
       e.answer_person_id, e.answer_person_name, e.answer_post_id, e.answer_post_name, e.answer_capacity, e.answered_at,
       e.by_person_id, e.by_person_name, e.by_post_id, e.by_post_name, e.by_capacity, e.begun_at, e.generation, e.policy,
       sokuo.call_number(e.tenant_id, e.incident_id) AS incident_number, coalesce(i.title, '') AS incident_title, e.mode,
       (SELECT v.act FROM sokuo.escalation_event v
         WHERE v.tenant_id = e.tenant_id AND v.escalation_id = e.id AND v.applied_at IS NULL AND v.act IN (6, 7, 11, 12)
         ORDER BY v.id DESC LIMIT 1) AS told
  FROM sokuo.escalation e
  LEFT JOIN sokuo.unit u ON u.tenant_id = e.tenant_id AND u.id = e.scope_id
  LEFT JOIN sokuo.system y ON y.tenant_id = e.tenant_id AND y.id = e.scope_id
  LEFT JOIN sokuo.incident i ON i.tenant_id = e.tenant_id AND i.id = e.incident_id
 WHERE e.tenant_id = $1::uuid AND ($2::uuid IS NULL OR e.incident_id = $2::uuid)
   AND ($3::boolean OR $5::uuid IS NOT NULL OR e.phase BETWEEN 0 AND 4 OR e.red_at IS NOT NULL)
   AND ($4::uuid IS NULL OR (e.person_id = $4::uuid AND e.phase BETWEEN 1 AND 4))
   AND ($5::uuid IS NULL OR e.id = $5::uuid)
 ORDER BY (e.red_at IS NULL), e.begun_at DESC, e.id DESC LIMIT 200;

-- name: call_lines :many
-- What these calls ($2) did, the latest first; at most $3 each.
SELECT f.escalation_id, f.kind, f.why, f.level, f.rank, f.role, f.person_id, f.person_name, f.post_id, f.post_name,
       f.contact_kind, f.late_us, f.missed, f.at
  FROM unnest($2::uuid[]) k (id)
 CROSS JOIN LATERAL (
   SELECT * FROM sokuo.escalation_effect x
    WHERE x.tenant_id = $1::uuid AND x.escalation_id = k.id AND x.kind <> 7
    ORDER BY x.generation DESC, x.position DESC LIMIT $3::integer) f
 ORDER BY f.escalation_id, f.generation DESC, f.position DESC;

-- name: call_health :one
-- How the engine is doing: calls of this tenant overdue by more than 120 seconds, and whether the clock jumped.
WITH bound AS MATERIALIZED (
  SELECT sokuo.now() - interval '120 seconds'
           - CASE WHEN g.suspect_until > sokuo.wall_clock() THEN greatest(g.jump_us, 0) ELSE 0 END * interval '1 microsecond' AS by_at,
         coalesce(g.suspect_until > sokuo.wall_clock(), false) AS is_suspect
    FROM sokuo.engine_state g)
SELECT (SELECT count(*) FROM (VALUES (5), (4), (0), (3), (2), (1)) s (severity)
          JOIN sokuo.escalation e ON e.severity = s.severity AND e.look_at < b.by_at AND e.tenant_id = $1::uuid) AS overdue,
       b.is_suspect
  FROM bound b;

-- name: call_was_called :one
-- Whether a person was ever called by it.
SELECT EXISTS (SELECT FROM sokuo.escalation_effect f
  WHERE f.tenant_id = $1::uuid AND f.escalation_id = $2::uuid AND f.kind = 0 AND f.person_id = $3::uuid) AS was;

-- name: call_tell :one
-- What somebody does about a call ($3), once an operation ($2). $4 act, $5 whom it is about, $6 until; journal: $7 kind,
-- $8 text, $9 reason, $10 occurred at; operation: $11 method, $12 request hash; $13 journal id, $14 person, $15 name, $16 post,
-- $17 name, $18 capacity. No row: done already.
WITH told AS MATERIALIZED (
  SELECT sokuo.call_told($1::uuid, e.id, $4::integer, $5::uuid, $6::timestamptz, $2::uuid, $7::text, $8::text, $9::text,
           $10::timestamptz, $13::uuid, $14::uuid, $15::text, $16::uuid, $17::text, $18::smallint) AS seq
    FROM sokuo.escalation e
   WHERE e.tenant_id = $1::uuid AND e.id = $3::uuid
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, seq)
  SELECT $1::uuid, $2::uuid, $14::uuid, $11::text, $12::bytea, seq FROM told)
SELECT seq FROM told;

-- name: call_begin :one
-- Calls a duty ($4 at $5) to an incident ($3): the call's id is the operation's ($2). $6 why, $7 text for the chronology;
-- operation: $8 method, $9 request hash; $10 journal id, $11 person, $12 name, $13 post, $14 name, $15 capacity. No row: done
-- already, or the incident is over.
WITH head AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid AND i.is_open
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING i.id, i.version, i.mode, i.wall, i.severity),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, seq)
  SELECT $1::uuid, $2::uuid, $11::uuid, $8::text, $9::bytea, version FROM head),
called AS (
  INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, level_role, scope_id, reason, look_at,
    by_person_id, by_person_name, by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, $2::uuid, id, 1, mode, severity, $4::smallint, $4::smallint,
    coalesce($5::uuid, '00000000-0000-0000-0000-000000000000'), $6::text, sokuo.now(), $11::uuid, $12::text, $13::uuid,
    $14::text, $15::smallint FROM head),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason)
  SELECT $1::uuid, $10::uuid, 'incident', id, version, 'call.begun', mode, wall, sokuo.now(), $11::uuid, $12::text, $13::uuid,
    $14::text, $15::smallint, $2::uuid, 7, $7::text, $6::text FROM head)
SELECT version FROM head;

-- name: policy_saved :many
-- The newest policies the city saved; $2 only of this direction (0: all), $3 only of this severity (0: all).
SELECT DISTINCT ON (p.direction, p.severity) p.id, p.direction, p.severity, p.policy, p.override_reason, p.recorded_at,
       p.by_person_id, p.by_person_name, p.by_post_id, p.by_post_name, p.by_capacity
  FROM sokuo.escalation_policy p
 WHERE p.tenant_id = $1::uuid AND ($2::smallint = 0 OR p.direction = $2::smallint)
   AND ($3::smallint = 0 OR p.severity = $3::smallint)
 ORDER BY p.direction, p.severity, p.recorded_at DESC, p.id DESC;

-- name: policy_save :one
-- $2 operation and id, $3 direction, $4 severity, $5 policy (NULL: as shipped), $6 why it must do with its holes, $7 text for the
-- journal; operation: $8 method, $9 request hash; $10 journal id, $11 person, $12 name, $13 post, $14 name, $15 capacity. No
-- row: done already.
WITH saved AS (
  INSERT INTO sokuo.escalation_policy (tenant_id, id, direction, severity, policy, override_reason, by_person_id, by_person_name,
    by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, $2::uuid, $3::smallint, $4::smallint, $5::bytea, $6::text, $11::uuid, $12::text, $13::uuid, $14::text,
         $15::smallint
   WHERE NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING id),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $11::uuid, $8::text, $9::bytea FROM saved),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, person_id, person_name,
    post_id, post_name, capacity, operation_id, text, reason)
  SELECT $1::uuid, $10::uuid, 'directory', $2::uuid, 0, 'policy.saved', 0, sokuo.now(), $11::uuid, $12::text, $13::uuid,
    $14::text, $15::smallint, $2::uuid, $7::text, $6::text FROM saved)
SELECT id FROM saved;
