-- SPDX-License-Identifier: Apache-2.0
-- Command of incidents. The times of command are written by a trigger of sokuo.incident; what is more to say about one is
-- added in the same unit, guarded by the journal row ($3).

-- name: command_history :many
-- The latest first. Of the present holder: when they last recorded anything on the incident, their duties over the whole
-- city, and whether they are away.
SELECT c.epoch, c.person_id, c.person_name, c.post_id, c.post_name, c.capacity, c.role, c.ground, c.since, c.recorded_at,
       c.until_at, c.ended,
       CASE WHEN c.until_at IS NULL THEN (SELECT max(j.recorded_at) FROM sokuo.journal j
         WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > 0 AND j.person_id = c.person_id
           AND j.recorded_at > c.recorded_at) END AS last_act_at,
       CASE WHEN c.until_at IS NULL THEN sokuo.duties($1::uuid, c.person_id, true) END AS duties,
       CASE WHEN c.until_at IS NULL THEN EXISTS (SELECT FROM sokuo.absence a
         WHERE a.tenant_id = $1::uuid AND a.person_id = c.person_id AND a.ended_at IS NULL AND a.from_at <= sokuo.now()
           AND (a.until_at IS NULL OR a.until_at > sokuo.now())) END AS is_absent
  FROM sokuo.command c WHERE c.tenant_id = $1::uuid AND c.incident_id = $2::uuid ORDER BY c.epoch DESC LIMIT 200;

-- name: command_said :exec
-- By which duty ($4) and on what ground ($5) the present command is held, how the one before ended ($6); settles what was
-- claimed besides.
WITH noted AS (SELECT FROM sokuo.journal j WHERE j.tenant_id = $1::uuid AND j.id = $3::uuid),
settled AS (
  UPDATE sokuo.command_claim k SET settled_at = sokuo.now() FROM noted
   WHERE k.tenant_id = $1::uuid AND k.incident_id = $2::uuid AND k.settled_at IS NULL),
ended AS (
  UPDATE sokuo.command b SET ended = $6::smallint FROM noted
   WHERE b.tenant_id = $1::uuid AND b.incident_id = $2::uuid AND b.until_at IS NOT NULL AND b.epoch = (
     SELECT max(e.epoch) FROM sokuo.command e
      WHERE e.tenant_id = $1::uuid AND e.incident_id = $2::uuid AND e.until_at IS NOT NULL))
UPDATE sokuo.command c SET role = $4::smallint, ground = $5::text FROM noted
 WHERE c.tenant_id = $1::uuid AND c.incident_id = $2::uuid AND c.until_at IS NULL;

-- name: command_answers_calls :exec
-- Who takes command, or says that they still hold it, is not silent: the calls by which they ($4) are called are taken on.
SELECT sokuo.escalation_tell(e.tenant_id, e.id, 7, $4::uuid)
  FROM sokuo.escalation e JOIN sokuo.journal j ON j.tenant_id = $1::uuid AND j.id = $3::uuid
 WHERE e.tenant_id = $1::uuid AND e.incident_id = $2::uuid AND e.order_id IS NULL AND e.phase BETWEEN 1 AND 4
   AND e.person_id = $4::uuid;

-- name: command_claims :many
SELECT person_id, person_name, post_id, post_name, capacity, ground, claimed_at, recorded_at
  FROM sokuo.command_claim WHERE tenant_id = $1::uuid AND incident_id = $2::uuid AND settled_at IS NULL
 ORDER BY recorded_at DESC LIMIT 50;

-- name: command_claim_add :exec
-- $4 ground, $5 when it was claimed.
INSERT INTO sokuo.command_claim (tenant_id, id, incident_id, person_id, person_name, post_id, post_name, capacity, ground,
  claimed_at)
SELECT $1::uuid, $3::uuid, $2::uuid, j.person_id, j.person_name, j.post_id, j.post_name, j.capacity, $4::text,
       $5::timestamptz
  FROM sokuo.journal j WHERE j.tenant_id = $1::uuid AND j.id = $3::uuid;

-- name: command_undecided :many
-- Open steps that wait for the commander: those whose definition may hold a decision, blocked ones, those overdue; and
-- what was done before approval. The soonest due first.
SELECT s.id, s.state, s.due_at, s.ratify_due_at, t.text_ja, t.text_en, t.definition,
       s.is_open AND s.due_at < sokuo.now() AS is_overdue,
       s.ratify_due_at IS NOT NULL AND s.ratified IS NULL AS is_unratified
  FROM sokuo.run r
  JOIN sokuo.step s ON s.tenant_id = r.tenant_id AND s.run_id = r.id
  JOIN sokuo.run_step t ON t.tenant_id = s.tenant_id AND t.run_id = s.run_id AND t.no = s.no
 WHERE r.tenant_id = $1::uuid AND r.incident_id = $2::uuid
   AND (s.state IN (2, 3, 7) OR (s.ratify_due_at IS NOT NULL AND s.ratified IS NULL))
 ORDER BY coalesce(s.ratify_due_at, s.due_at) NULLS LAST, s.id LIMIT 500;

-- name: command_proxy :many
-- What deputies decided, the latest first, with the last word of its review: decisions of whoever commanded acting, and
-- whatever was decided by a person acting in their post. An order is a decision, and a step that is approved afterwards.
-- $3: only these entries.
SELECT j.id, j.text, j.person_id, j.person_name, j.post_id, j.post_name, j.capacity, j.occurred_at,
       r.agreed, r.reason, r.person_id AS by_person_id, r.person_name AS by_person_name, r.post_id AS by_post_id,
       r.post_name AS by_post_name, r.capacity AS by_capacity, r.recorded_at AS reviewed_at
  FROM sokuo.journal j
  LEFT JOIN LATERAL (
    SELECT v.* FROM sokuo.proxy_review v
     WHERE v.tenant_id = $1::uuid AND v.incident_id = $2::uuid AND v.entry_id = j.id
     ORDER BY v.recorded_at DESC, v.id DESC LIMIT 1) r ON true
 WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > 0
   AND (j.kind IN ('step.decided', 'step.ratified', 'run.started', 'incident.state', 'incident.triaged',
     'incident.confidentiality', 'order.issued') OR (j.kind = 'entry.added' AND j.entry_kind IN (3, 4))
     OR (j.kind = 'step.done' AND EXISTS (
       SELECT FROM jsonb_array_elements(j.changes) f
         JOIN sokuo.step s ON s.tenant_id = $1::uuid AND s.id = (f->>'after')::uuid
        WHERE f->>'field' = 'stepId' AND s.ratify_due_at IS NOT NULL)))
   AND (j.capacity = 2 OR EXISTS (
     SELECT FROM sokuo.command c
      WHERE c.tenant_id = $1::uuid AND c.incident_id = $2::uuid AND c.person_id = j.person_id AND c.capacity = 2
        AND j.occurred_at >= c.since AND (c.until_at IS NULL OR j.occurred_at < c.until_at)))
   AND ($3::uuid[] IS NULL OR j.id = ANY ($3::uuid[]))
 ORDER BY j.stream_seq DESC LIMIT 500;

-- name: proxy_review_add :exec
-- $4 the entries, $5 agreed, $6 why; by who wrote the journal row $3.
INSERT INTO sokuo.proxy_review (tenant_id, id, incident_id, entry_id, agreed, reason, person_id, person_name, post_id,
  post_name, capacity)
SELECT $1::uuid, gen_random_uuid(), $2::uuid, e.id, $5::boolean, $6::text, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity
  FROM sokuo.journal j CROSS JOIN unnest($4::uuid[]) e (id)
 WHERE j.tenant_id = $1::uuid AND j.id = $3::uuid;

-- name: command_duties :one
-- Duties of a person over the whole city, bit 1 << Role.
SELECT sokuo.duties($1::uuid, $2::uuid, true) AS duties;
