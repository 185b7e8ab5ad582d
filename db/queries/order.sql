-- SPDX-License-Identifier: Apache-2.0
-- Orders. Changes run with reach 'system' after the caller was checked; every statement names its tenant. Lock order, as the
-- engine's: calls (escalation), addressees, the incident; of an order being given nobody else knows yet.

-- name: order_look :many
-- Whom targets ($3 kinds, $4 roles, $5 units, $6 persons) would reach on incident $2, for a giver ($7) of section $8. One
-- summary, on every row; a row a hole. outside: addressees outside the units the giver leads. is_request: a named unit
-- stands in an independent organ.
WITH reached AS MATERIALIZED (
  SELECT t.*, t.person_id IS NULL OR NOT EXISTS (SELECT FROM sokuo.contact_point k
           WHERE k.tenant_id = $1::uuid AND k.person_id = t.person_id) AS has_no_way
    FROM sokuo.order_targets($1::uuid, $2::uuid, $3::smallint[], $4::smallint[], $5::uuid[], $6::uuid[]) t),
led AS MATERIALIZED (SELECT l.id FROM sokuo.units_led($1::uuid, $7::uuid) l (id)),
summary AS (
  SELECT count(*)::integer AS addressees, (count(*) FILTER (WHERE role <> 0))::integer AS duties,
         (count(*) FILTER (WHERE has_no_way))::integer AS no_way,
         count(DISTINCT unit_id) FILTER (WHERE role = 11)::integer AS departments,
         count(DISTINCT unit_id) FILTER (WHERE role = 12)::integer AS sections,
         (count(*) FILTER (WHERE unit_id IS NULL OR unit_id NOT IN (SELECT id FROM led)))::integer AS outside,
         EXISTS (SELECT FROM unnest($5::uuid[]) n (id) WHERE sokuo.is_independent($1::uuid, n.id, $8::uuid)) AS is_request
    FROM reached)
SELECT s.*, h.role, h.unit_id, u.name AS unit_name, h.post_id, h.post_name
  FROM summary s
  LEFT JOIN (SELECT * FROM reached WHERE is_hole LIMIT 200) h ON true
  LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.id = h.unit_id
 ORDER BY h.role, u.code;

-- name: order_add :one
-- After step_lock of its incident in the same unit. $1 tenant, $2 operation and order, $3 incident, $4 text, $5 targets,
-- $6 an answer must say that it will be done, $7 a request, $8 occurred at, $9 send at, $10 due at; journal: $11 id, $12
-- person, $13 name, $14 post, $15 name, $16 capacity, $17 entry kind, $18 how many it reaches; operation: $19 method, $20
-- request hash, $21 answer. No row: done already.
WITH head AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING i.version, i.mode, i.wall, i.number),
added AS (
  INSERT INTO sokuo.command_order (tenant_id, id, incident_id, no, mode, text, targets, wants_acceptance, is_request,
    occurred_at, send_at, due_at, by_person_id, by_person_name, by_post_id, by_post_name, by_capacity, incident_number)
  SELECT $1::uuid, $2::uuid, $3::uuid, coalesce((SELECT max(o.no) FROM sokuo.command_order o
           WHERE o.tenant_id = $1::uuid AND o.incident_id = $3::uuid), 0) + 1, mode, $4::text, $5::bytea, $6::boolean,
         $7::boolean, least(coalesce($8::timestamptz, sokuo.now()), sokuo.now()), $9::timestamptz, $10::timestamptz,
         $12::uuid, $13::text, $14::uuid, $15::text, $16::smallint, number
    FROM head
  RETURNING no, occurred_at),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $12::uuid, $19::text, $20::bytea, $21::bytea, version FROM head),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, changes)
  SELECT $1::uuid, $11::uuid, 'incident', $3::uuid, h.version, 'order.issued', h.mode, h.wall, a.occurred_at, $12::uuid,
    $13::text, $14::uuid, $15::text, $16::smallint, $2::uuid, $17::smallint,
    CASE WHEN $7::boolean THEN '要請' ELSE '指示' END || a.no || '(' || $18::integer || '件): ' || $4::text,
    jsonb_build_array(jsonb_build_object('field', 'orderId', 'before', '', 'after', $2::uuid))
    FROM head h CROSS JOIN added a)
SELECT no FROM added;

-- name: order_address :exec
-- After order_add in the same unit: its addressees, as they stand when it goes at once, and a call for each duty. $3 kinds, $4 roles, $5 units, $6 persons.
WITH ordered AS (
  SELECT o.*, i.severity FROM sokuo.command_order o JOIN sokuo.incident i ON i.tenant_id = o.tenant_id AND i.id = o.incident_id
   WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid
     AND NOT EXISTS (SELECT FROM sokuo.order_addressee a WHERE a.tenant_id = $1::uuid AND a.order_id = $2::uuid)),
reached AS MATERIALIZED (
  SELECT gen_random_uuid() AS id, CASE WHEN t.is_called THEN gen_random_uuid() END AS escalation_id, t.*
    FROM ordered o
   CROSS JOIN LATERAL sokuo.order_targets($1::uuid, o.incident_id, $3::smallint[], $4::smallint[], $5::uuid[], $6::uuid[]) t),
called AS (
  INSERT INTO sokuo.escalation (tenant_id, id, incident_id, order_id, addressee_id, direction, mode, severity, role, scope_id,
    reason, look_at, by_person_id, by_person_name, by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, r.escalation_id, o.incident_id, o.id, r.id, 2, o.mode, o.severity, r.role, r.scope_id, '指示' || o.no,
         coalesce(o.send_at, sokuo.now()), o.by_person_id, o.by_person_name, o.by_post_id, o.by_post_name, o.by_capacity
    FROM reached r CROSS JOIN ordered o WHERE r.escalation_id IS NOT NULL)
INSERT INTO sokuo.order_addressee (tenant_id, id, order_id, incident_id, role, unit_id, department_id, post_id, post_name,
  person_id, person_name, is_deputy, state, escalation_id, queued_at, remind_at)
SELECT $1::uuid, r.id, o.id, o.incident_id, r.role, r.unit_id, r.department_id, r.post_id, r.post_name, r.person_id,
       r.person_name, r.is_deputy, CASE WHEN r.person_id IS NULL THEN 10 ELSE 1 END, r.escalation_id,
       CASE WHEN o.send_at IS NULL THEN sokuo.now() END,
       CASE WHEN o.send_at IS NULL AND r.escalation_id IS NULL THEN sokuo.now() + interval '10 minutes' END
  FROM reached r CROSS JOIN ordered o;

-- name: order_go :one
-- It goes out, once: who is asked may read it, and a notice to each person who is not called as a duty goes by the first
-- contact point, one that a channel reaches before the others. No row: it went before, or was withdrawn.
WITH gone AS (
  UPDATE sokuo.command_order o SET send_at = NULL, gone_at = sokuo.now()
   WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid AND o.gone_at IS NULL AND o.withdrawn_at IS NULL
  RETURNING o.*),
due AS MATERIALIZED (
  SELECT a.id, a.person_id, a.escalation_id, g.mode, g.incident_id, i.severity, w.id AS way_id, w.kind AS way_kind
    FROM gone g
    JOIN sokuo.incident i ON i.tenant_id = g.tenant_id AND i.id = g.incident_id
    JOIN sokuo.order_addressee a ON a.tenant_id = g.tenant_id AND a.order_id = g.id
    LEFT JOIN LATERAL (
      SELECT k.id, k.kind FROM sokuo.contact_point k
       WHERE k.tenant_id = $1::uuid AND k.person_id = a.person_id AND a.escalation_id IS NULL
       ORDER BY (k.kind = ANY (ARRAY(SELECT unnest(c.reaches) FROM sokuo.channel c WHERE c.tenant_id = $1::uuid AND c.enabled))) DESC,
                k.priority, k.kind, k.id LIMIT 1) w ON true),
asked AS (
  INSERT INTO sokuo.order_asked (tenant_id, order_id, person_id)
  SELECT DISTINCT $1::uuid, $2::uuid, d.person_id FROM due d WHERE d.person_id IS NOT NULL
  ON CONFLICT DO NOTHING),
told AS (
  INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, mode, priority, incident_id, order_id, addressee_id, person_id,
    contact_point_id, contact_kind)
  SELECT $1::uuid, gen_random_uuid(), 'order:' || d.id || ':' || d.way_id || ':1', 1, d.mode, d.severity, d.incident_id, $2::uuid,
         d.id, d.person_id, d.way_id, d.way_kind
    FROM due d WHERE d.way_id IS NOT NULL
  ON CONFLICT (tenant_id, dedup_key) WHERE escalation_id IS NULL DO NOTHING),
sent AS (
  UPDATE sokuo.order_addressee a
     SET queued_at = sokuo.now(),
         state = CASE WHEN d.way_id IS NULL AND d.escalation_id IS NULL THEN 10 ELSE a.state END,
         remind_at = CASE WHEN d.way_id IS NOT NULL THEN sokuo.now() + interval '10 minutes' END
    FROM due d
   WHERE a.tenant_id = $1::uuid AND a.id = d.id
     AND (a.queued_at IS NULL OR (d.way_id IS NULL AND d.escalation_id IS NULL))),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity)
  SELECT $1::uuid, gen_random_uuid(), 'order', g.id, 0, 'order.issued', g.mode, 2, g.gone_at, g.by_person_id, g.by_person_name,
         g.by_post_id, g.by_post_name, g.by_capacity FROM gone g)
SELECT id FROM gone;

-- name: order_due :many
-- Orders whose time to go has come; $1 most.
SELECT o.tenant_id, o.id, o.incident_id FROM sokuo.command_order o
 WHERE o.send_at <= sokuo.now() AND o.gone_at IS NULL AND o.withdrawn_at IS NULL ORDER BY o.send_at LIMIT $1::integer;

-- name: order_remind :many
-- Persons who did not answer are asked by their next contact point, after 10 minutes and after 30; then only the list to
-- telephone is left. $1 most at a time; others' claims are skipped, not waited for. Answers the tenants.
WITH due AS (
  SELECT a.tenant_id, a.id FROM sokuo.order_addressee a
   WHERE a.remind_at <= sokuo.now() ORDER BY a.remind_at LIMIT $1::integer FOR UPDATE SKIP LOCKED),
counted AS (
  SELECT a.tenant_id, a.id, a.order_id, a.incident_id, a.person_id, a.reminded, o.mode, i.severity,
         o.withdrawn_at IS NULL AND a.answered_at IS NULL AND a.person_id IS NOT NULL AS is_wanted
    FROM due d
    JOIN sokuo.order_addressee a ON a.tenant_id = d.tenant_id AND a.id = d.id
    JOIN sokuo.command_order o ON o.tenant_id = a.tenant_id AND o.id = a.order_id
    JOIN sokuo.incident i ON i.tenant_id = a.tenant_id AND i.id = a.incident_id),
way AS (
  SELECT k.tenant_id, k.addressee_id, k.id, k.kind
    FROM (
      SELECT c.tenant_id, c.id AS addressee_id, c.reminded, p.id, p.kind, count(*) OVER (PARTITION BY c.id) AS points,
             row_number() OVER (PARTITION BY c.id ORDER BY (EXISTS (SELECT FROM sokuo.channel h
               WHERE h.tenant_id = c.tenant_id AND h.enabled AND p.kind = ANY (h.reaches))) DESC, p.priority, p.kind, p.id) AS n
        FROM counted c
        JOIN sokuo.contact_point p ON p.tenant_id = c.tenant_id AND p.person_id = c.person_id
       WHERE c.is_wanted) k
   WHERE k.n = 1 + (k.reminded + 1) % k.points),
told AS (
  INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, mode, priority, incident_id, order_id, addressee_id, person_id,
    contact_point_id, contact_kind)
  SELECT c.tenant_id, gen_random_uuid(), 'order:' || c.id || ':' || w.id || ':' || c.reminded + 2, 1, c.mode, c.severity,
         c.incident_id, c.order_id, c.id, c.person_id, w.id, w.kind
    FROM counted c JOIN way w ON w.tenant_id = c.tenant_id AND w.addressee_id = c.id
  ON CONFLICT (tenant_id, dedup_key) WHERE escalation_id IS NULL DO NOTHING)
UPDATE sokuo.order_addressee a
   SET reminded = a.reminded + c.is_wanted::integer,
       remind_at = CASE WHEN c.is_wanted AND a.reminded = 0 THEN sokuo.now() + interval '20 minutes' END
  FROM counted c WHERE a.tenant_id = c.tenant_id AND a.id = c.id
RETURNING a.tenant_id, c.is_wanted;

-- name: order_get :many
-- Orders by id ($2) that the reader sees, the latest first. The title of the incident only for who may read that.
SELECT o.id, o.incident_id, o.no, o.version, o.mode, o.text, o.targets, o.wants_acceptance, o.is_request, o.occurred_at,
       o.issued_at, o.send_at, o.gone_at, o.due_at, o.withdrawn_at, o.withdrawn_reason, o.by_person_id, o.by_person_name,
       o.by_post_id, o.by_post_name, o.by_capacity, o.incident_number, coalesce(i.title, '') AS incident_title,
       i.id IS NOT NULL AS may_read, coalesce(i.severity, 0::smallint) AS severity, i.commander_id, i.handler_id
  FROM sokuo.command_order o
  LEFT JOIN sokuo.incident i ON i.tenant_id = o.tenant_id AND i.id = o.incident_id
 WHERE o.tenant_id = $1::uuid AND o.id = ANY (ARRAY(SELECT unnest($2::uuid[])))
 ORDER BY o.issued_at DESC, o.id;

-- name: order_ids :many
-- The latest orders: of an incident ($2, NULL: all), addressed to a person ($3, NULL: to anybody) or to posts held today, also
-- where a deputy is asked by now; $4 only what still wants an answer. What did not go out yet is not addressed to anybody.
SELECT o.id
  FROM sokuo.command_order o
 WHERE o.tenant_id = $1::uuid AND ($2::uuid IS NULL OR o.incident_id = $2::uuid)
   AND ($3::uuid IS NULL OR (o.gone_at IS NOT NULL AND o.id IN (
     SELECT a.order_id FROM sokuo.order_addressee a
      WHERE a.tenant_id = $1::uuid AND a.person_id = $3::uuid AND (NOT $4::boolean OR a.answered_at IS NULL)
     UNION ALL
     SELECT a.order_id FROM sokuo.held($1::uuid, $3::uuid) h
       JOIN sokuo.order_addressee a ON a.tenant_id = $1::uuid AND a.post_id = h.post_id AND a.role <> 0
      WHERE NOT $4::boolean OR a.answered_at IS NULL
     UNION ALL
     SELECT k.order_id FROM sokuo.order_asked k WHERE k.tenant_id = $1::uuid AND k.person_id = $3::uuid AND NOT $4::boolean)))
   AND (NOT $4::boolean OR (o.withdrawn_at IS NULL AND ($3::uuid IS NOT NULL OR EXISTS (
     SELECT FROM sokuo.order_addressee a
      WHERE a.tenant_id = $1::uuid AND a.order_id = o.id AND a.answered_at IS NULL))))
 ORDER BY o.issued_at DESC, o.id LIMIT 200;

-- name: order_progress :many
-- Numbers of orders ($2): states of their addressees, who answered, heads of departments and sections.
SELECT a.order_id, count(*)::integer AS addressees,
       ARRAY[(count(*) FILTER (WHERE state = 1))::smallint, (count(*) FILTER (WHERE state = 2))::smallint,
             (count(*) FILTER (WHERE state = 3))::smallint, (count(*) FILTER (WHERE state = 4))::smallint,
             (count(*) FILTER (WHERE state = 5))::smallint, (count(*) FILTER (WHERE state = 6))::smallint,
             (count(*) FILTER (WHERE state = 7))::smallint, (count(*) FILTER (WHERE state = 8))::smallint,
             (count(*) FILTER (WHERE state = 9))::smallint, (count(*) FILTER (WHERE state = 10))::smallint] AS states,
       count(a.answered_at)::integer AS answered,
       (count(DISTINCT a.unit_id) FILTER (WHERE a.role = 11))::integer AS departments,
       (count(DISTINCT a.unit_id) FILTER (WHERE a.role = 11 AND a.answered_at IS NOT NULL))::integer AS departments_answered,
       (count(DISTINCT a.unit_id) FILTER (WHERE a.role = 12))::integer AS sections,
       (count(DISTINCT a.unit_id) FILTER (WHERE a.role = 12 AND a.answered_at IS NOT NULL))::integer AS sections_answered,
       nullif(percentile_disc(0.5) WITHIN GROUP (ORDER BY coalesce(a.answered_at, 'infinity'::timestamptz)), 'infinity'::timestamptz) AS half_at,
       nullif(percentile_disc(0.95) WITHIN GROUP (ORDER BY coalesce(a.answered_at, 'infinity'::timestamptz)), 'infinity'::timestamptz) AS most_at
  FROM sokuo.order_addressee a
 WHERE a.tenant_id = $1::uuid AND a.order_id = ANY (ARRAY(SELECT unnest($2::uuid[])))
 GROUP BY a.order_id;

-- name: order_curve :many
-- Answers of an order by the second since it went out.
SELECT extract(epoch FROM a.answered_at - o.gone_at)::integer AS seconds, count(*)::integer AS answers
  FROM sokuo.command_order o
  JOIN sokuo.order_addressee a ON a.tenant_id = o.tenant_id AND a.order_id = o.id AND a.answered_at IS NOT NULL
 WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid GROUP BY 1 ORDER BY 1;

-- name: order_page :many
-- Addressees of an order ($2) by department, section and duty after $3 (NULL: the first page), $4 most, as far as the reader
-- sees them: all ($5), or the reader's ($6) own and those of units the reader leads. $7 only this unit and below, $8 only who
-- did not answer.
WITH led AS MATERIALIZED (SELECT l.id FROM sokuo.units_led($1::uuid, $6::uuid) l (id)),
held AS MATERIALIZED (SELECT h.post_id FROM sokuo.held($1::uuid, $6::uuid) h),
below AS MATERIALIZED (SELECT b.id FROM sokuo.units_below($1::uuid, $7::uuid) b (id)),
unit AS MATERIALIZED (SELECT u.id, u.code FROM sokuo.unit u WHERE u.tenant_id = $1::uuid),
start AS MATERIALIZED (
  SELECT d.code AS department, u.code AS section, a.role, a.id
    FROM sokuo.order_addressee a LEFT JOIN unit u ON u.id = a.unit_id LEFT JOIN unit d ON d.id = a.department_id
   WHERE a.tenant_id = $1::uuid AND a.id = $3::uuid)
SELECT p.id
  FROM (
    SELECT a.id, coalesce((SELECT d.code FROM unit d WHERE d.id = a.department_id), '') COLLATE "C" AS department,
           coalesce((SELECT u.code FROM unit u WHERE u.id = a.unit_id), '') COLLATE "C" AS section,
           CASE a.role WHEN 0 THEN 99 ELSE a.role END AS role
      FROM sokuo.order_addressee a
     WHERE a.tenant_id = $1::uuid AND a.order_id = $2::uuid
       AND ($5::boolean OR a.person_id = $6::uuid OR a.unit_id IN (SELECT id FROM led)
         OR (a.role <> 0 AND a.post_id IN (SELECT post_id FROM held)))
       AND ($7::uuid IS NULL OR a.unit_id IN (SELECT id FROM below))
       AND (NOT $8::boolean OR a.answered_at IS NULL)) p
 WHERE $3::uuid IS NULL OR (p.department, p.section, p.role, p.id) > (
   SELECT coalesce(s.department, ''), coalesce(s.section, ''), CASE s.role WHEN 0 THEN 99 ELSE s.role END, s.id FROM start s)
 ORDER BY p.department, p.section, p.role, p.id LIMIT $4::integer;

-- name: order_people :many
-- Addressees by id ($2), and how a reader ($3) stands to them. is_asked: the reader is asked, or holds the post or the duty;
-- is_deputy_of: stands in its order of succession, or was called for it; is_led: of a unit that the reader leads.
WITH led AS MATERIALIZED (SELECT l.id FROM sokuo.units_led($1::uuid, $3::uuid) l (id)),
held AS MATERIALIZED (SELECT h.post_id FROM sokuo.held($1::uuid, $3::uuid) h),
duty AS MATERIALIZED (SELECT d.role, d.place_id FROM sokuo.duties_held($1::uuid, $3::uuid) d)
SELECT a.id, a.version, a.role, a.unit_id, coalesce(u.name, '') AS unit_name, a.department_id,
       coalesce(d.name, '') AS department_name, a.post_id, a.post_name, a.person_id, a.person_name, a.is_deputy, a.state,
       a.queued_at, a.sent_at, a.delivered_at, a.read_at, a.acknowledged_at, a.accepted_at, a.refused_at, a.done_at,
       a.confirmed_at, a.answered_at, a.ack_until, a.order_id, a.escalation_id,
       coalesce(a.person_id = $3::uuid, false) OR (a.role <> 0 AND (a.post_id IN (SELECT post_id FROM held) OR EXISTS (
         SELECT FROM sokuo.escalation e
          WHERE e.tenant_id = $1::uuid AND e.id = a.escalation_id
            AND EXISTS (SELECT FROM duty d WHERE d.role = e.role AND d.place_id = e.scope_id)))) AS is_asked,
       a.escalation_id IS NOT NULL AND EXISTS (
         SELECT FROM sokuo.escalation e
          CROSS JOIN LATERAL (
            SELECT s.id FROM sokuo.succession s
             WHERE s.tenant_id = $1::uuid AND s.role = e.role AND s.scope_id = e.scope_id AND s.valid_from <= sokuo.today()
             ORDER BY s.valid_from DESC, s.recorded_at DESC, s.id DESC LIMIT 1) s
           JOIN sokuo.succession_place p ON p.tenant_id = $1::uuid AND p.succession_id = s.id
          WHERE e.tenant_id = $1::uuid AND e.id = a.escalation_id AND p.post_id IN (SELECT post_id FROM held)
         UNION ALL
         SELECT FROM sokuo.escalation_effect f
          WHERE f.tenant_id = $1::uuid AND f.escalation_id = a.escalation_id AND f.person_id = $3::uuid AND f.kind = 0) AS is_deputy_of,
       a.unit_id IN (SELECT id FROM led) AS is_led,
       coalesce(u.phone, '') AS unit_phone
  FROM unnest(ARRAY(SELECT unnest($2::uuid[]))) WITH ORDINALITY w (id, n)
  JOIN sokuo.order_addressee a ON a.tenant_id = $1::uuid AND a.id = w.id
  LEFT JOIN LATERAL (SELECT x.name, x.phone FROM sokuo.unit x WHERE x.tenant_id = $1::uuid AND x.id = a.unit_id OFFSET 0) u ON true
  LEFT JOIN LATERAL (SELECT x.name FROM sokuo.unit x WHERE x.tenant_id = $1::uuid AND x.id = a.department_id OFFSET 0) d ON true
 ORDER BY w.n;

-- name: order_mine :many
-- How a person ($3) stands in orders ($2): what still wants their answer first; then where they are asked now, before the post
-- held, before a duty they were called for as a deputy. Who stands in for another has two: one after the other; what that one
-- refused still wants an answer.
WITH held AS MATERIALIZED (SELECT h.post_id FROM sokuo.held($1::uuid, $3::uuid) h),
own AS MATERIALIZED (
  SELECT a.order_id, a.id, a.answered_at IS NOT NULL AND NOT (a.is_deputy AND a.state = 7) AS is_answered, 0 AS rank, a.is_deputy,
         a.role
    FROM sokuo.order_addressee a WHERE a.tenant_id = $1::uuid AND a.person_id = $3::uuid
  UNION ALL
  SELECT a.order_id, a.id, a.answered_at IS NOT NULL, 1, a.is_deputy, a.role
    FROM held h CROSS JOIN LATERAL (
      SELECT * FROM sokuo.order_addressee x WHERE x.tenant_id = $1::uuid AND x.post_id = h.post_id AND x.role <> 0 OFFSET 0) a),
called AS (
  SELECT a.order_id, a.id, a.answered_at IS NOT NULL, 2, a.is_deputy, a.role
    FROM unnest(ARRAY(SELECT unnest($2::uuid[]))) w (id)
    JOIN sokuo.order_asked k ON k.tenant_id = $1::uuid AND k.order_id = w.id AND k.person_id = $3::uuid
   CROSS JOIN LATERAL (
     SELECT * FROM sokuo.order_addressee x
      WHERE x.tenant_id = $1::uuid AND x.order_id = w.id AND x.escalation_id IS NOT NULL OFFSET 0) a
   WHERE NOT EXISTS (SELECT FROM own WHERE own.order_id = w.id)
     AND (EXISTS (SELECT FROM sokuo.escalation_effect f
         WHERE f.tenant_id = $1::uuid AND f.escalation_id = a.escalation_id AND f.person_id = $3::uuid AND f.kind = 0)
       OR EXISTS (SELECT FROM sokuo.escalation e JOIN sokuo.duties_held($1::uuid, $3::uuid) d
                      ON d.role = e.role AND d.place_id = e.scope_id
         WHERE e.tenant_id = $1::uuid AND e.id = a.escalation_id)))
SELECT DISTINCT ON (m.order_id) m.order_id, m.id
  FROM (SELECT * FROM own UNION ALL SELECT * FROM called) m
 WHERE m.order_id = ANY (ARRAY(SELECT unnest($2::uuid[])))
 ORDER BY m.order_id, m.is_answered, m.rank, m.is_deputy, (m.role = 0), m.role, m.id;

-- name: order_tree :many
-- The command tree of an order ($2): heads, and how many others stand at each unit; $3 all, else units that $4 leads.
SELECT u.id AS unit_id, u.name, u.kind, u.code, u.parent_id, t.persons, t.answered, t.unreachable, t.head_id
  FROM (
    SELECT a.unit_id,
           (count(*) FILTER (WHERE a.role NOT IN (11, 12)))::integer AS persons,
           (count(*) FILTER (WHERE a.role NOT IN (11, 12) AND a.answered_at IS NOT NULL))::integer AS answered,
           (count(*) FILTER (WHERE a.role NOT IN (11, 12) AND a.state = 10))::integer AS unreachable,
           (array_agg(a.id ORDER BY a.role, a.id) FILTER (WHERE a.role IN (11, 12)))[1] AS head_id
      FROM sokuo.order_addressee a
     WHERE a.tenant_id = $1::uuid AND a.order_id = $2::uuid
     GROUP BY a.unit_id) t
  LEFT JOIN sokuo.unit u ON u.tenant_id = $1::uuid AND u.id = t.unit_id
 WHERE $3::boolean OR t.unit_id IN (SELECT sokuo.units_led($1::uuid, $4::uuid))
 ORDER BY u.kind NULLS FIRST, u.code;

-- name: order_phones :many
-- Numbers to telephone of persons ($2), the first first.
SELECT k.person_id, k.id, k.kind, k.address, k.priority, k.private, k.confirmed_at
  FROM sokuo.contact_point k
 WHERE k.tenant_id = $1::uuid AND k.person_id = ANY (ARRAY(SELECT unnest($2::uuid[]))) AND k.kind IN (1, 2)
 ORDER BY k.person_id, k.priority, k.kind, k.id;

-- name: order_answers :many
-- Answers of addressees ($2), the latest first; $3 only the latest of each.
SELECT * FROM (
  SELECT w.addressee_id, w.kind, w.means, w.note, w.person_id, w.person_name, w.post_id, w.post_name, w.capacity,
         w.occurred_at, w.recorded_at, w.id,
         row_number() OVER (PARTITION BY w.addressee_id ORDER BY w.recorded_at DESC, w.id DESC) AS n
    FROM sokuo.order_answer w
   WHERE w.tenant_id = $1::uuid AND w.addressee_id = ANY (ARRAY(SELECT unnest($2::uuid[])))) a
 WHERE a.n <= CASE WHEN $3::boolean THEN 1 ELSE 200 END
 ORDER BY a.addressee_id, a.n;

-- name: order_hold :exec
-- The calls of addressees ($2) are locked first, as the engine does.
SELECT e.id FROM sokuo.escalation e
 WHERE e.tenant_id = $1::uuid
   AND e.id IN (SELECT a.escalation_id FROM sokuo.order_addressee a WHERE a.tenant_id = $1::uuid AND a.id = ANY ($2::uuid[]))
 ORDER BY e.id FOR UPDATE;

-- name: order_hold_all :exec
-- The same for all addressees of an order ($2).
SELECT e.id FROM sokuo.escalation e
 WHERE e.tenant_id = $1::uuid
   AND e.id IN (SELECT a.escalation_id FROM sokuo.order_addressee a WHERE a.tenant_id = $1::uuid AND a.order_id = $2::uuid)
 ORDER BY e.id FOR UPDATE;

-- name: order_answer :one
-- Answers as decided, in step: $4 addressees, $5 their versions, $6 states, $7 capacities of who answers, $8 what to tell the
-- call (enum escalation_act; 0: nothing), $9-$16 times in microseconds since 1970 ('' none, 'now'): read, acknowledged, accepted,
-- refused, done, confirmed, answered, acknowledged until. $2 operation, $3 order, $17 kind, $18 means, $19 note, $20 occurred
-- at. Who: $21 person, $22 name, $23 post, $24 name. Journal: $25 id, $26 kind, $27 text. Operation: $28 method, $29 request
-- hash, $30 answer. Whoever is asked again is reminded again. All or none; no row: an addressee changed meanwhile, or done.
WITH given AS MATERIALIZED (
  SELECT g.*, CASE g.acknowledged WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.acknowledged::bigint * interval '1 microsecond' END AS acknowledged_at,
         CASE g.read WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.read::bigint * interval '1 microsecond' END AS read_at,
         CASE g.accepted WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.accepted::bigint * interval '1 microsecond' END AS accepted_at,
         CASE g.refused WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.refused::bigint * interval '1 microsecond' END AS refused_at,
         CASE g.done WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.done::bigint * interval '1 microsecond' END AS done_at,
         CASE g.confirmed WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.confirmed::bigint * interval '1 microsecond' END AS confirmed_at,
         CASE g.answered WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.answered::bigint * interval '1 microsecond' END AS answered_at,
         CASE g.until WHEN '' THEN NULL WHEN 'now' THEN sokuo.now() ELSE 'epoch'::timestamptz + g.until::bigint * interval '1 microsecond' END AS ack_until
    FROM unnest($4::uuid[], $5::text[], $6::smallint[], $7::smallint[], $8::smallint[], $9::text[], $10::text[], $11::text[],
                $12::text[], $13::text[], $14::text[], $15::text[], $16::text[])
      g (id, version, state, capacity, act, read, acknowledged, accepted, refused, done, confirmed, answered, until)),
locked AS MATERIALIZED (
  SELECT a.id FROM sokuo.order_addressee a JOIN given g ON g.id = a.id
   WHERE a.tenant_id = $1::uuid AND a.order_id = $3::uuid AND a.version = g.version::integer
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
   ORDER BY a.id FOR UPDATE OF a),
may AS MATERIALIZED (SELECT FROM (SELECT count(*) AS n FROM locked) l WHERE l.n = cardinality($4::uuid[])),
changed AS (
  UPDATE sokuo.order_addressee a
     SET version = a.version + 1, state = g.state, read_at = g.read_at, acknowledged_at = g.acknowledged_at,
         accepted_at = g.accepted_at, refused_at = g.refused_at, done_at = g.done_at, confirmed_at = g.confirmed_at,
         answered_at = g.answered_at, ack_until = g.ack_until,
         remind_at = CASE WHEN g.answered_at IS NOT NULL THEN NULL
                          WHEN $17::smallint = 7 AND a.escalation_id IS NULL AND a.reminded < 2
                          THEN sokuo.now() + interval '10 minutes' ELSE a.remind_at END
    FROM given g CROSS JOIN may
   WHERE a.tenant_id = $1::uuid AND a.id = g.id
  RETURNING a.id, a.order_id, a.incident_id, a.role, a.escalation_id, g.act, g.capacity),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
  SELECT $1::uuid, $2::uuid, $21::uuid, $28::text, $29::bytea, $30::bytea FROM may),
answered AS (
  INSERT INTO sokuo.order_answer (tenant_id, id, order_id, addressee_id, incident_id, kind, means, note, person_id, person_name,
    post_id, post_name, capacity, occurred_at)
  SELECT $1::uuid, gen_random_uuid(), c.order_id, c.id, c.incident_id, $17::smallint, $18::smallint, $19::text, $21::uuid,
         $22::text, $23::uuid, $24::text, c.capacity, least(coalesce($20::timestamptz, sokuo.now()), sokuo.now())
    FROM changed c),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, means, text, reason, changes)
  SELECT $1::uuid, $25::uuid, 'order', o.id, 0, $26::text, o.mode, 2,
         least(coalesce($20::timestamptz, sokuo.now()), sokuo.now()), $21::uuid, $22::text, $23::uuid, $24::text,
         (SELECT max(c.capacity) FROM changed c), $2::uuid, $18::smallint, $27::text, $19::text,
         jsonb_build_array(jsonb_build_object('field', 'addresseeIds', 'before', '', 'after',
           (SELECT string_agg(c.id::text, ' ') FROM changed c)))
    FROM may CROSS JOIN sokuo.command_order o WHERE o.tenant_id = $1::uuid AND o.id = $3::uuid)
SELECT count(*)::integer AS answers, count(sokuo.escalation_tell($1::uuid, c.escalation_id, c.act, $21::uuid))
         FILTER (WHERE c.escalation_id IS NOT NULL AND c.act <> 0)::integer AS told
  FROM changed c HAVING count(*) > 0;

-- name: order_answer_entry :exec
-- After order_answer ($2 its journal row) in the same unit: what a duty answered stands in the chronology. $3 journal row, $4
-- text.
WITH noted AS (SELECT j.* FROM sokuo.journal j WHERE j.tenant_id = $1::uuid AND j.id = $2::uuid),
head AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
    FROM noted n JOIN sokuo.command_order o ON o.tenant_id = n.tenant_id AND o.id = n.stream_id
   WHERE i.tenant_id = $1::uuid AND i.id = o.incident_id
  RETURNING i.id, i.version, i.mode, i.wall)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id, person_name,
  post_id, post_name, capacity, entry_kind, means, text, reason, changes)
SELECT $1::uuid, $3::uuid, 'incident', h.id, h.version, 'order.answered', h.mode, h.wall, n.occurred_at, n.person_id,
       n.person_name, n.post_id, n.post_name, n.capacity, 5, n.means, $4::text, n.reason,
       jsonb_build_array(jsonb_build_object('field', 'orderId', 'before', '', 'after', n.stream_id))
  FROM head h CROSS JOIN noted n;

-- name: order_withdraw :one
-- Calls an order off, after order_hold_all and step_lock in the same unit. $2 operation, $3 order, $4 why; $5 person, $6 name,
-- $7 post, $8 name, $9 capacity; $10, $11 ids of the journal rows; operation: $12 method, $13 request hash, $14 answer. Nobody
-- is called or reminded for it any more. No row: done already, or it is withdrawn.
WITH off AS (
  UPDATE sokuo.command_order o
     SET withdrawn_at = sokuo.now(), withdrawn_reason = $4::text, send_at = NULL, version = o.version + 1
   WHERE o.tenant_id = $1::uuid AND o.id = $3::uuid AND o.withdrawn_at IS NULL
     AND NOT EXISTS (SELECT FROM sokuo.operation p WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid)
  RETURNING o.*),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response)
  SELECT $1::uuid, $2::uuid, $5::uuid, $12::text, $13::bytea, $14::bytea FROM off),
quiet AS (
  UPDATE sokuo.order_addressee a SET remind_at = NULL FROM off
   WHERE a.tenant_id = $1::uuid AND a.order_id = off.id AND a.remind_at IS NOT NULL),
head AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now() FROM off
   WHERE i.tenant_id = $1::uuid AND i.id = off.incident_id RETURNING i.id, i.version, i.mode, i.wall),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason, changes)
  SELECT $1::uuid, $10::uuid, 'incident', h.id, h.version, 'order.withdrawn', h.mode, h.wall, off.withdrawn_at, $5::uuid,
         $6::text, $7::uuid, $8::text, $9::smallint, $2::uuid, 3,
         CASE WHEN off.is_request THEN '要請' ELSE '指示' END || off.no || 'を取り消す', $4::text,
         jsonb_build_array(jsonb_build_object('field', 'orderId', 'before', '', 'after', off.id))
    FROM off CROSS JOIN head h
  UNION ALL
  SELECT $1::uuid, $11::uuid, 'order', off.id, 0, 'order.withdrawn', off.mode, 2, off.withdrawn_at, $5::uuid, $6::text,
         $7::uuid, $8::text, $9::smallint, $2::uuid, 0, '', $4::text, NULL FROM off)
SELECT off.id, (SELECT count(sokuo.escalation_tell($1::uuid, a.escalation_id, 12, $5::uuid)) FROM sokuo.order_addressee a
                 WHERE a.tenant_id = $1::uuid AND a.order_id = off.id AND a.escalation_id IS NOT NULL)::integer AS stopped
  FROM off;
