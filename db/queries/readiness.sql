-- SPDX-License-Identifier: Apache-2.0
-- Holes in whom one can reach, tests, the weekly digest, and whether all is well enough to say so outside.

-- name: readiness_broken_channels :many
-- Channels in use that do not work now.
SELECT c.name FROM sokuo.channel c
 WHERE c.tenant_id = $1::uuid AND c.enabled AND (c.failures >= 3 OR c.open_until > sokuo.now())
 ORDER BY c.name;

-- name: readiness_places :many
-- Duties that an order to $2 kinds, $3 roles, $4 places would call.
SELECT DISTINCT t.role, t.scope_id
  FROM sokuo.order_targets($1::uuid, NULL, $2::smallint[], $3::smallint[], $4::uuid[], '{}') t WHERE t.is_called
 ORDER BY 1, 2;

-- name: readiness_test_add :one
-- $2 exercise, $3 order, $4 minutes. No row: another test is still running.
INSERT INTO sokuo.readiness_test (tenant_id, no, incident_id, order_id, answer_within_min)
SELECT $1::uuid, coalesce((SELECT max(t.no) FROM sokuo.readiness_test t WHERE t.tenant_id = $1::uuid), 0) + 1, $2::uuid, $3::uuid,
       $4::smallint
 WHERE NOT EXISTS (
   SELECT FROM sokuo.readiness_test t
     JOIN sokuo.incident i ON i.tenant_id = t.tenant_id AND i.id = t.incident_id AND i.is_open
     JOIN sokuo.escalation e ON e.tenant_id = t.tenant_id AND e.incident_id = t.incident_id AND e.order_id = t.order_id AND e.phase < 4
    WHERE t.tenant_id = $1::uuid)
RETURNING no;

-- name: readiness_test_policies :exec
-- Calls of the test ($2 exercise) climb by these: $3 roles, $4 policies in hex.
UPDATE sokuo.escalation e SET policy = decode(p.policy, 'hex')
  FROM unnest($3::smallint[], $4::text[]) p (role, policy)
 WHERE e.tenant_id = $1::uuid AND e.incident_id = $2::uuid AND e.role = p.role;

-- name: readiness_test_last :many
-- The latest test as it stands. Read with reach 'system': they are numbers.
SELECT t.incident_id, t.order_id, i.number, t.answer_within_min, t.begun_at, o.by_person_id, o.by_person_name, o.by_post_id,
       o.by_post_name, o.by_capacity, n.*,
       i.is_open AND EXISTS (SELECT FROM sokuo.escalation e
         WHERE e.tenant_id = t.tenant_id AND e.incident_id = t.incident_id AND e.order_id = t.order_id AND e.phase < 4) AS is_running
  FROM sokuo.readiness_test t
  JOIN sokuo.incident i ON i.tenant_id = t.tenant_id AND i.id = t.incident_id
  JOIN sokuo.command_order o ON o.tenant_id = t.tenant_id AND o.id = t.order_id
 CROSS JOIN LATERAL (
   SELECT count(*)::integer AS asked, count(a.answered_at)::integer AS answered,
          (count(*) FILTER (WHERE a.answered_at IS NOT NULL AND CASE WHEN e.phase IN (4, 5) THEN e.answer_rank BETWEEN 1 AND 254
                              ELSE a.is_deputy END))::integer AS by_deputy,
          (count(*) FILTER (WHERE a.answered_at IS NULL AND a.state = 10))::integer AS not_reachable
     FROM sokuo.order_addressee a
     LEFT JOIN sokuo.escalation e ON e.tenant_id = a.tenant_id AND e.id = a.escalation_id
    WHERE a.tenant_id = t.tenant_id AND a.order_id = t.order_id) n
 WHERE t.tenant_id = $1::uuid
 ORDER BY t.no DESC LIMIT 1;

-- name: readiness_enroll :exec
-- A tenant's first digest comes on the first Monday, 9:00 in Japan, that is a day away or more.
INSERT INTO sokuo.readiness_digest (tenant_id, next_at)
SELECT t.id, (date_trunc('week', (sokuo.now() AT TIME ZONE 'Asia/Tokyo') + interval '15 hours') + interval '7 days 9 hours')
             AT TIME ZONE 'Asia/Tokyo'
  FROM sokuo.tenant t
 WHERE NOT EXISTS (SELECT FROM sokuo.readiness_digest d WHERE d.tenant_id = t.id)
ON CONFLICT DO NOTHING;

-- name: readiness_due :many
SELECT d.tenant_id FROM sokuo.readiness_digest d WHERE d.next_at <= sokuo.now() LIMIT 100;

-- name: readiness_tell :many
-- $2 text ("": there is no hole, nobody is told), $3 how many duties have one. To administrators, the SISO and the lead of the
-- CSIRT, by mail when they have it. Once a week.
WITH due AS (
  UPDATE sokuo.readiness_digest d
     SET next_at = (date_trunc('week', (sokuo.now() AT TIME ZONE 'Asia/Tokyo') - interval '9 hours') + interval '7 days 9 hours')
                   AT TIME ZONE 'Asia/Tokyo', last_holes = $3::integer, last_at = sokuo.now()
   WHERE d.tenant_id = $1::uuid AND d.next_at <= sokuo.now()
  RETURNING to_char(sokuo.now() AT TIME ZONE 'Asia/Tokyo', 'IYYY-IW') AS week),
people AS (
  SELECT DISTINCT due.week, p.id
    FROM due
    JOIN sokuo.role_assignment r ON r.tenant_id = $1::uuid AND r.role IN (4, 5, 26) AND r.scope_id IS NULL
     AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
    JOIN sokuo.tenure t ON t.tenant_id = $1::uuid AND t.post_id = r.post_id
     AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
    JOIN sokuo.person p ON p.tenant_id = $1::uuid AND p.id = t.person_id AND p.active
   WHERE $2::text <> ''),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at, person_name, capacity, text)
  SELECT $1::uuid, gen_random_uuid(), 'directory', $1::uuid, 0, 'readiness.looked', 0, sokuo.now(), 'Sokuo', 4, $2::text FROM due)
INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, person_id, contact_point_id, contact_kind, text)
SELECT $1::uuid, gen_random_uuid(), 'readiness:' || people.week || ':' || people.id, 5, people.id, k.id, coalesce(k.kind, 0), $2::text
  FROM people
  LEFT JOIN LATERAL (
    SELECT c.id, c.kind FROM sokuo.contact_point c
     WHERE c.tenant_id = $1::uuid AND c.person_id = people.id AND c.kind = 3 ORDER BY c.priority LIMIT 1) k ON true
ON CONFLICT (tenant_id, dedup_key) WHERE escalation_id IS NULL DO NOTHING
RETURNING person_id;

-- name: heartbeat_ok :one
-- Nothing is overdue by 120 seconds (calls, severe messages), and the clock is trusted.
SELECT NOT EXISTS (SELECT FROM (VALUES (5), (4), (0), (3), (2), (1)) s (severity) -- as the index begins
                    JOIN sokuo.escalation e ON e.severity = s.severity AND e.look_at < sokuo.now() - interval '120 seconds')
   AND NOT EXISTS (SELECT FROM sokuo.notice n WHERE n.priority >= 4 AND n.next_at < sokuo.now() - interval '120 seconds')
   AND NOT EXISTS (SELECT FROM sokuo.engine_state g WHERE g.suspect_until > sokuo.wall_clock()) AS is_well;
