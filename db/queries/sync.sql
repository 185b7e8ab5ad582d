-- SPDX-License-Identifier: Apache-2.0
-- The feed: journal rows in the order of their transactions, up to the oldest that still runs (decision 0020).

-- name: feed_epoch :one
-- Which database this is: a cursor of another one means nothing here.
SELECT system_identifier AS epoch FROM pg_control_system();

-- name: feed_horizon :one
-- The place before which everything is decided.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, sokuo.now() AS now;

-- name: feed_page :many
-- Rows of this tenant after ($2, $3) and before the horizon, in order; $4 = one incident only; $5 = intake items too.
-- Only what the reader may see comes; at most $6. Of an order, who is asked hears when it is given or called off, that
-- they are asked in somebody's place, and of their own answers; the rest is told to who may read the incident.
SELECT j.feed_xid::text AS feed_xid, j.feed_seq, j.stream, j.stream_id, j.stream_seq, j.mode, j.id, j.kind, j.occurred_at,
       j.recorded_at, j.person_id, j.person_name, j.post_id, j.post_name, j.capacity, j.entry_kind, j.text, j.sender,
       j.receiver, j.means, j.certainty, j.corrects_id, j.reason, j.changes, NULL::uuid AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.command_order o ON j.stream = 'order' AND o.tenant_id = j.tenant_id AND o.id = j.stream_id
 WHERE j.tenant_id = $1::uuid AND (j.feed_xid, j.feed_seq) > ($2::text::xid8, $3::bigint)
   AND j.feed_xid < pg_snapshot_xmin(pg_current_snapshot())
   AND ($4::uuid IS NULL OR j.stream_id = $4::uuid OR o.incident_id = $4::uuid)
   AND (j.stream IN ('incident', 'directory') OR (j.stream = 'intake_item' AND $5::boolean)
     OR (j.stream = 'order' AND o.id IS NOT NULL
       AND (j.kind NOT IN ('order.answered', 'order.read', 'order.asked') OR j.person_id = sokuo.person() OR sokuo.sees(o.incident_id))))
 ORDER BY j.feed_xid, j.feed_seq
 LIMIT $6::integer;

-- name: feed_look :many
-- For the memory of a worker, read as the server itself: all rows of this tenant after ($2, $3), also those past the
-- horizon (not is_decided), which say what else has changed already; at most $4. The streams are those of feed_page:
-- who adds one tells feed_memory.c who sees it.
SELECT j.feed_xid::text AS feed_xid, j.feed_seq, j.stream, j.stream_id, j.stream_seq, j.mode, j.id, j.kind, j.occurred_at,
       j.recorded_at, j.person_id, j.person_name, j.post_id, j.post_name, j.capacity, j.entry_kind, j.text, j.sender,
       j.receiver, j.means, j.certainty, j.corrects_id, j.reason, j.changes, NULL::uuid AS corrected_by_id,
       j.wall, j.feed_xid < pg_snapshot_xmin(pg_current_snapshot()) AS is_decided, o.incident_id AS order_incident_id,
       CASE WHEN o.id IS NULL THEN ARRAY[]::uuid[]
            WHEN j.kind IN ('order.answered', 'order.read', 'order.asked') THEN ARRAY(
              SELECT a.person_id FROM sokuo.order_asked a
               WHERE a.tenant_id = o.tenant_id AND a.order_id = o.id AND a.person_id = j.person_id)
            ELSE ARRAY(SELECT a.person_id FROM sokuo.order_asked a
                        WHERE a.tenant_id = o.tenant_id AND a.order_id = o.id ORDER BY a.person_id) END AS asked
  FROM sokuo.journal j
  LEFT JOIN sokuo.command_order o ON j.stream = 'order' AND o.tenant_id = j.tenant_id AND o.id = j.stream_id
 WHERE j.tenant_id = $1::uuid AND (j.feed_xid, j.feed_seq) > ($2::text::xid8, $3::bigint)
   AND j.stream IN ('incident', 'directory', 'intake_item', 'order')
 ORDER BY j.feed_xid, j.feed_seq
 LIMIT $4::integer;

-- name: feed_incidents :many
-- For the memory of a worker: incidents by id ($2), the columns of incident_many. In the same snapshot: who is named or
-- excluded, and when the first of these ends.
SELECT i.id, i.number, i.search_bucket, i.version, i.mode, i.confidentiality, i.wall, i.state, i.title,
       ''::text AS description, i.incident_type, i.secondary_types, i.severity, i.severity_assessed, i.severity_rules,
       i.occurred_at, i.filed_at, i.updated_at, i.closed_at, i.triage_due_at, i.monitoring_until, i.section_ids, i.facts,
       i.filer_person_id, i.filer_name, i.filer_post_id, i.filer_post_name, i.filer_capacity, i.filer_section_id,
       i.handler_id, i.handler_name, i.commander_id, i.commander_name, i.command_post_id, i.command_post_name,
       i.command_capacity, i.commanded_since, i.merged_into_id, i.unseal_by, i.unseal_role,
       NULL::smallint AS member_access, NULL::text[] AS section_names, NULL::text[] AS system_names, false AS has_links,
       ARRAY(SELECT m.person_id FROM sokuo.incident_member m
              WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id
                AND (m.access = 2 OR m.expires_at IS NULL OR m.expires_at > sokuo.now())
              ORDER BY m.person_id) AS member_ids,
       ARRAY(SELECT m.access FROM sokuo.incident_member m
              WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id
                AND (m.access = 2 OR m.expires_at IS NULL OR m.expires_at > sokuo.now())
              ORDER BY m.person_id) AS member_accesses,
       (SELECT min(m.expires_at) FROM sokuo.incident_member m
         WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id AND m.access = 1
           AND m.expires_at > sokuo.now()) AS members_until
  FROM sokuo.incident i
 WHERE i.tenant_id = $1::uuid AND i.id = ANY ($2::uuid[]);
