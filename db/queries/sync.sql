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
-- Only what the reader may see comes; at most $6.
SELECT j.feed_xid::text AS feed_xid, j.feed_seq, j.stream, j.stream_id, j.stream_seq, j.mode, j.id, j.kind, j.occurred_at,
       j.recorded_at, j.person_id, j.person_name, j.post_id, j.post_name, j.capacity, j.entry_kind, j.text, j.sender,
       j.receiver, j.means, j.certainty, j.corrects_id, j.reason, j.changes, NULL::uuid AS corrected_by_id
  FROM sokuo.journal j
 WHERE j.tenant_id = $1::uuid AND (j.feed_xid, j.feed_seq) > ($2::text::xid8, $3::bigint)
   AND j.feed_xid < pg_snapshot_xmin(pg_current_snapshot())
   AND ($4::uuid IS NULL OR j.stream_id = $4::uuid)
   AND (j.stream IN ('incident', 'directory') OR (j.stream = 'intake_item' AND $5::boolean))
 ORDER BY j.feed_xid, j.feed_seq
 LIMIT $6::integer;
