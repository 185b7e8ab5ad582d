-- SPDX-License-Identifier: Apache-2.0
-- Search by bigrams, bucket by bucket from the newest (decision 0021).

-- name: search_newest_bucket :one
-- Buckets of a mode ($2) in use: from the newest to the oldest.
SELECT coalesce(max(fiscal_year * 1000 + last / 4096), 0)::integer AS newest,
       coalesce(min(fiscal_year * 1000), 0)::integer AS oldest
  FROM sokuo.incident_counter WHERE tenant_id = $1::uuid AND mode = $2::smallint;

-- name: search_page :many
-- Places where the words ($1 tsquery, $2 pieces) occur in mode $3 before ($4, $5); at most $6, newest first. What the
-- reader may not see comes with id only (folded NULL), so that the caller knows how far it went.
SELECT c.journal_id, c.bucket, s.incident_id, s.folded
  FROM sokuo.search_scan($1::text::tsquery, $2::text[], $3::smallint, $4::integer, $5::uuid, $6::integer) c
  LEFT JOIN sokuo.search_text s ON s.tenant_id = sokuo.tenant() AND s.journal_id = c.journal_id
 ORDER BY c.bucket DESC, c.journal_id DESC;

-- name: search_entries :many
-- Entries by id, for the hits of a page.
SELECT j.id, j.stream_id, j.stream_seq, j.kind, j.occurred_at, j.recorded_at, j.person_id, j.person_name, j.post_id,
       j.post_name, j.capacity, j.entry_kind, j.text, j.sender, j.receiver, j.means, j.certainty, j.corrects_id,
       j.reason, j.changes, k.id AS corrected_by_id
  FROM sokuo.journal j
  LEFT JOIN sokuo.journal k ON k.tenant_id = j.tenant_id AND k.corrects_id = j.id
 WHERE j.tenant_id = $1::uuid AND j.id = ANY ($2::uuid[]);
