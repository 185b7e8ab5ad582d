-- SPDX-License-Identifier: Apache-2.0
-- What the engine does by the clock. Run with reach 'system'. Safe to run anywhere at any time, any number of times.

-- name: engine_next :one
-- When each turn has something to do (NULL: nothing waits), in one look at the head of one index each; and the clocks. What
-- stays due although its turn ran (another engine works on it, or its incident is over) shows here as long as it does.
SELECT sokuo.now() AS now, sokuo.wall_clock() AS wall, g.highest,
       CASE WHEN g.suspect_until > sokuo.wall_clock() THEN g.jump_us ELSE 0 END AS jump_us,
       (SELECT min(e.look_at)
          FROM (VALUES (5), (4), (0), (3), (2), (1)) s (severity)
         CROSS JOIN LATERAL (
           SELECT x.look_at FROM sokuo.escalation x
            WHERE x.severity = s.severity AND x.look_at IS NOT NULL ORDER BY x.look_at LIMIT 1) e) AS calls,
       (SELECT min(n.next_at)
          FROM (VALUES (5), (4), (3), (2), (1), (0)) s (priority)
         CROSS JOIN LATERAL (
           SELECT x.next_at FROM sokuo.notice x
            WHERE x.priority = s.priority AND x.next_at IS NOT NULL ORDER BY x.next_at LIMIT 1) n) AS notices,
       (SELECT i.triage_due_at FROM sokuo.incident i
         WHERE i.triage_due_at IS NOT NULL AND i.severity BETWEEN 1 AND 4 AND NOT 'TRIAGE_OVERDUE' = ANY (i.severity_rules)
         ORDER BY i.triage_due_at LIMIT 1) AS triages,
       (SELECT s.default_at FROM sokuo.step s
         WHERE s.default_at IS NOT NULL AND s.state IN (2, 3, 7) ORDER BY s.default_at LIMIT 1) AS defaults,
       (SELECT s.ratify_due_at FROM sokuo.step s
         WHERE s.ratify_due_at IS NOT NULL AND s.ratified IS NULL AND NOT s.ratify_warned
         ORDER BY s.ratify_due_at LIMIT 1) AS ratifications,
       (SELECT o.send_at FROM sokuo.command_order o
         WHERE o.send_at IS NOT NULL AND o.gone_at IS NULL AND o.withdrawn_at IS NULL ORDER BY o.send_at LIMIT 1) AS orders,
       (SELECT a.remind_at FROM sokuo.order_addressee a
         WHERE a.remind_at IS NOT NULL ORDER BY a.remind_at LIMIT 1) AS reminders,
       least((SELECT min(d.next_at) FROM sokuo.readiness_digest d),
             (SELECT sokuo.now() FROM sokuo.tenant t
               WHERE NOT EXISTS (SELECT FROM sokuo.readiness_digest d WHERE d.tenant_id = t.id) LIMIT 1)) AS readiness
  FROM sokuo.engine_state g;

-- name: engine_triage_overdue :many
-- Raises incidents that nobody triaged in time by one severity, once each: the rule's word says that it was done.
-- $1 ids for the journal rows; at most as many incidents are raised. Others' claims are skipped, not waited for.
WITH due AS (
  SELECT i.tenant_id, i.id, i.severity, row_number() OVER (ORDER BY i.triage_due_at, i.id) AS place
    FROM (SELECT * FROM sokuo.incident
           WHERE triage_due_at <= sokuo.now() AND severity BETWEEN 1 AND 4
             AND NOT 'TRIAGE_OVERDUE' = ANY (severity_rules)
           ORDER BY triage_due_at, id
           LIMIT cardinality($1::uuid[])
             FOR UPDATE SKIP LOCKED) i),
raised AS (
  UPDATE sokuo.incident i
     SET severity = least(d.severity + 1, 5), severity_rules = i.severity_rules || 'TRIAGE_OVERDUE'::text,
         version = i.version + 1, updated_at = sokuo.now()
    FROM due d
   WHERE i.tenant_id = d.tenant_id AND i.id = d.id
  RETURNING i.tenant_id, i.id, i.version, i.mode, i.wall, i.triage_due_at, i.severity AS after, d.severity AS before, d.place)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_name,
                           capacity, reason, changes)
SELECT tenant_id, ($1::uuid[])[place], 'incident', id, version, 'incident.severity', mode, wall, sokuo.now(), 'Sokuo',
       4, '期限までにトリアージされなかったため、1段上の重大度として扱います',
       jsonb_build_array(jsonb_build_object(
         'field', 'severity', 'before', 'SEVERITY_S' || before - 1, 'after', 'SEVERITY_S' || after - 1))
  FROM raised
RETURNING tenant_id, stream_id;

-- name: engine_drop_sessions :many
-- Sessions and tokens that ended over 30 days ago; until then people may look at them.
DELETE FROM sokuo.session
 WHERE (tenant_id, id) IN (
   SELECT tenant_id, id FROM sokuo.session
    WHERE expires_at < sokuo.now() - interval '30 days'
    ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING 1 AS dropped;

-- name: engine_drop_operations :many
-- First answers nobody will ask for again: clients give up after days, not after 90.
DELETE FROM sokuo.operation
 WHERE (tenant_id, id) IN (
   SELECT tenant_id, id FROM sokuo.operation
    WHERE recorded_at < sokuo.now() - interval '90 days'
    ORDER BY recorded_at LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING 1 AS dropped;

-- name: engine_drop_throttles :many
-- Failed logins that no longer slow anybody down, and networks where nobody has logged in for a quarter of a year.
DELETE FROM sokuo.login_throttle
 WHERE key IN (
   SELECT key FROM sokuo.login_throttle
    WHERE updated_at < sokuo.now() - interval '1 day' AND not_before < sokuo.now()
      AND (key NOT LIKE 'known:%' OR updated_at < sokuo.now() - interval '90 days')
    LIMIT 1000 FOR UPDATE SKIP LOCKED)
RETURNING 1 AS dropped;

-- name: engine_ratify_overdue :many
-- Says once in the chronology that an approval afterwards is overdue; one step an incident in one go. $1 ids for the
-- journal rows. The incident is locked first, as for every change of its steps; others' locks are skipped, not waited for.
WITH due AS (
  SELECT DISTINCT ON (s.tenant_id, s.incident_id) s.tenant_id, s.incident_id, s.id, s.no, s.run_id, s.ratify_due_at
    FROM sokuo.step s
   WHERE s.ratify_due_at <= sokuo.now() AND s.ratified IS NULL AND NOT s.ratify_warned
   ORDER BY s.tenant_id, s.incident_id, s.ratify_due_at LIMIT cardinality($1::uuid[])),
held AS (
  SELECT i.tenant_id, i.id FROM sokuo.incident i
   WHERE EXISTS (SELECT FROM due d WHERE d.tenant_id = i.tenant_id AND d.incident_id = i.id)
     FOR NO KEY UPDATE SKIP LOCKED),
warned AS (
  UPDATE sokuo.step s SET ratify_warned = true
    FROM due d JOIN held h ON h.tenant_id = d.tenant_id AND h.id = d.incident_id
   WHERE s.tenant_id = d.tenant_id AND s.id = d.id AND s.ratified IS NULL AND NOT s.ratify_warned
  RETURNING s.tenant_id, s.incident_id, s.run_id, s.no, s.ratify_due_at),
told AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
    FROM warned w WHERE i.tenant_id = w.tenant_id AND i.id = w.incident_id
  RETURNING i.tenant_id, i.id, i.version, i.mode, i.wall, w.run_id, w.no)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_name,
                           capacity, entry_kind, text)
SELECT t.tenant_id, ($1::uuid[])[row_number() OVER ()], 'incident', t.id, t.version, 'step.ratify_overdue', t.mode, t.wall,
       sokuo.now(), 'Sokuo', 4, 7, r.code || ' ' || t.no || ' ' || x.text_ja || ': 事後承認の期限を過ぎています'
  FROM told t
  JOIN sokuo.run r ON r.tenant_id = t.tenant_id AND r.id = t.run_id
  JOIN sokuo.run_step x ON x.tenant_id = t.tenant_id AND x.run_id = t.run_id AND x.no = t.no
RETURNING tenant_id, stream_id;
