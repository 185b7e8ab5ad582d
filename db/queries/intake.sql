-- SPDX-License-Identifier: Apache-2.0
-- The intake queue. A delivery runs integration_take, intake_resolve, intake_repeat, intake_open, intake_flood and
-- integration_seen in this order in one transaction: the first one's lock keeps deliveries of one integration apart, so
-- that each later one sees what the earlier did. $3 is the delivery's alerts, see sokuo.intake_alerts.
--
-- An item is *living* under its key while the source has not said that it is over: new, promoted, or (where the key names
-- the very alert, as Alertmanager's does) dismissed. Everything changes the journal, but repetitions only at the 2nd, 10th,
-- 100th, … so that a flood of alerts is none of journal rows (decision 0029).

-- name: intake_resolve :many
-- The source says it is over: new items become resolved, promoted ones keep their state.
WITH alert AS (
  SELECT * FROM sokuo.intake_alerts($1::uuid, $2::uuid, $3::jsonb) WHERE action = 2 AND within_rate),
resolved AS (
  UPDATE sokuo.intake_item i
     SET state = CASE WHEN i.state = 1 THEN 2 ELSE i.state END, version = i.version + 1,
         resolved_at = coalesce(a.ended_at, sokuo.now()), last_seen_at = sokuo.now(), raw = a.raw
    FROM alert a
   WHERE i.tenant_id = $1::uuid AND i.integration_id = $2::uuid AND i.dedup_key = a.dedup_key
     AND i.resolved_at IS NULL AND i.state IN (1, 3, 4)
  RETURNING i.tenant_id, i.id, i.mode, i.state, i.title, i.resolved_at, a.seq, a.journal_id),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text, person_name,
                             capacity)
  SELECT tenant_id, journal_id, 'intake_item', id, 0, 'item.resolved', mode, 1, resolved_at, title, $4::text, 5
    FROM resolved WHERE state IN (2, 3))
SELECT seq, id, state FROM resolved;

-- name: intake_repeat :many
-- Known alerts, again: counted; one that was over begins anew. $5: the key names the very alert, so that a dismissed
-- item takes its repetitions too.
WITH alert AS (
  SELECT * FROM sokuo.intake_alerts($1::uuid, $2::uuid, $3::jsonb) WHERE action IN (0, 1) AND within_rate),
target AS (
  SELECT DISTINCT ON (a.seq) a.*, i.id AS known_id, i.state AS state_before
    FROM alert a
    JOIN sokuo.intake_item i
      ON i.tenant_id = $1::uuid AND i.integration_id = $2::uuid AND i.dedup_key = a.dedup_key
   WHERE (i.state IN (1, 3) AND i.resolved_at IS NULL)
      OR (i.state = 4 AND i.resolved_at IS NULL AND $5::boolean)
      OR (i.state = 2 AND a.action = 0)
   ORDER BY a.seq, i.state IN (1, 3) DESC, i.state = 4 DESC, i.first_seen_at DESC),
repeated AS (
  UPDATE sokuo.intake_item i
     SET count = i.count + CASE WHEN t.action = 0 THEN t.repeats ELSE 0 END, version = i.version + 1,
         state = CASE WHEN i.state = 2 THEN 1 ELSE i.state END, resolved_at = NULL, last_seen_at = sokuo.now(),
         severity = greatest(i.severity, t.severity), truncated = t.truncated,
         description = CASE WHEN t.description = '' THEN i.description ELSE t.description END,
         raw = CASE WHEN t.action = 0 THEN t.raw ELSE i.raw END
    FROM target t
   WHERE i.tenant_id = $1::uuid AND i.id = t.known_id
  RETURNING i.tenant_id, i.id, i.mode, i.state, i.title, i.severity, i.count, t.state_before, t.repeats, t.action, t.seq,
            t.journal_id),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text, person_name,
                             capacity)
  SELECT tenant_id, journal_id, 'intake_item', id, 0,
         CASE WHEN action = 1 THEN 'item.acknowledged' WHEN state_before = 2 THEN 'item.reopened' ELSE 'item.repeated' END,
         mode, 1, sokuo.now(), title, $4::text, 5
    FROM repeated
   WHERE action = 1 OR state_before = 2
      OR (count - repeats < 2 AND count >= 2)
      OR floor(log(count)) > floor(log(greatest(count - repeats, 1))))
SELECT seq, id, state, severity FROM repeated;

-- name: intake_open :many
-- New alerts, the gravest first, as long as this minute holds fewer than $6 new items of the integration.
WITH fresh AS (
  SELECT a.*, row_number() OVER (ORDER BY a.severity DESC, a.seq) AS place
    FROM sokuo.intake_alerts($1::uuid, $2::uuid, $3::jsonb) a
   WHERE a.action = 0 AND a.within_rate AND NOT EXISTS (
     SELECT FROM sokuo.intake_item i
      WHERE i.tenant_id = $1::uuid AND i.integration_id = $2::uuid AND i.dedup_key = a.dedup_key
        AND i.resolved_at IS NULL AND (i.state IN (1, 3) OR (i.state = 4 AND $5::boolean)))),
opened AS (
  INSERT INTO sokuo.intake_item AS i (tenant_id, id, integration_id, mode, dedup_key, title, description, severity, labels,
    count, first_seen_at, last_seen_at, started_at, source_url, truncated, raw)
  SELECT $1::uuid, item_id, $2::uuid, $7::smallint, dedup_key, title, description, severity, labels, repeats, sokuo.now(),
         sokuo.now(), started_at, source_url, truncated, raw
    FROM fresh
   WHERE place <= $6::integer - (SELECT r.new_items FROM sokuo.integration_rate r
                                  WHERE r.tenant_id = $1::uuid AND r.integration_id = $2::uuid)
  -- Somebody restored a dismissed item of this key at this moment: it takes the report.
  ON CONFLICT (tenant_id, integration_id, dedup_key) WHERE state IN (1, 3) AND resolved_at IS NULL
  DO UPDATE SET count = i.count + excluded.count, last_seen_at = excluded.last_seen_at, version = i.version + 1
  RETURNING i.id, i.dedup_key, i.state, i.severity),
counted AS (
  UPDATE sokuo.integration_rate r SET new_items = r.new_items + (SELECT count(*) FROM opened)
   WHERE r.tenant_id = $1::uuid AND r.integration_id = $2::uuid),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text, person_name,
                             capacity)
  SELECT $1::uuid, f.journal_id, 'intake_item', f.item_id, 0, 'item.opened', $7::smallint, 1,
         least(coalesce(f.started_at, sokuo.now()), sokuo.now()), f.title, $4::text, 5
    FROM fresh f JOIN opened o ON o.id = f.item_id)
SELECT f.seq, o.id, o.state, o.severity FROM opened o JOIN fresh f ON f.dedup_key = o.dedup_key;

-- name: intake_flood :many
-- What intake_open left over, and alerts of requests beyond the rate: one item counts them and names the first ones.
-- $6: id of that item when it is new, $8: its title, $9: id of the journal's row.
WITH left_over AS (
  SELECT a.*
    FROM sokuo.intake_alerts($1::uuid, $2::uuid, $3::jsonb) a
   WHERE a.action = 0 AND NOT EXISTS (
     SELECT FROM sokuo.intake_item i
      WHERE i.tenant_id = $1::uuid AND i.integration_id = $2::uuid AND i.dedup_key = a.dedup_key
        AND i.resolved_at IS NULL AND (i.state IN (1, 3) OR (i.state = 4 AND $5::boolean)))),
total AS (
  SELECT sum(l.repeats)::integer AS folded, max(l.severity) AS severity,
         (SELECT string_agg(s.title, E'\n') FROM (SELECT title FROM left_over ORDER BY severity DESC, seq LIMIT 20) s)
           AS titles,
         (SELECT raw FROM left_over ORDER BY seq LIMIT 1) AS raw
    FROM left_over l
  HAVING count(*) > 0),
flooded AS (
  INSERT INTO sokuo.intake_item AS i (tenant_id, id, integration_id, mode, dedup_key, title, description, severity, folded,
    first_seen_at, last_seen_at, raw)
  SELECT $1::uuid, $6::uuid, $2::uuid, $7::smallint, 'sokuo:flood', $8::text, titles, severity, folded, sokuo.now(),
         sokuo.now(), raw
    FROM total
  ON CONFLICT (tenant_id, integration_id, dedup_key) WHERE state IN (1, 3) AND resolved_at IS NULL
  DO UPDATE SET folded = i.folded + excluded.folded, count = i.count + 1, version = i.version + 1,
                last_seen_at = excluded.last_seen_at, severity = greatest(i.severity, excluded.severity),
                description = CASE WHEN length(i.description) > 4000 THEN i.description
                                   ELSE i.description || E'\n' || excluded.description END,
                raw = excluded.raw
  RETURNING i.id, i.state, i.severity, i.folded),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text, person_name,
                             capacity)
  SELECT $1::uuid, $9::uuid, 'intake_item', f.id, 0, CASE WHEN f.folded = t.folded THEN 'item.opened' ELSE 'item.repeated' END,
         $7::smallint, 1, sokuo.now(), $8::text, $4::text, 5
    FROM flooded f, total t
   WHERE f.folded = t.folded OR floor(log(f.folded)) > floor(log(greatest(f.folded - t.folded, 1))))
SELECT id, state, severity, folded FROM flooded;

-- name: intake_resolved_promoted :many
-- Items of these keys that are over and belong to an incident, each key's last: their incident's chronology says so.
SELECT DISTINCT ON (dedup_key) id, incident_id, title, resolved_at
  FROM sokuo.intake_item
 WHERE tenant_id = $1::uuid AND integration_id = $2::uuid AND dedup_key = ANY ($3::text[])
   AND state = 3 AND incident_id IS NOT NULL AND resolved_at IS NOT NULL
 ORDER BY dedup_key, resolved_at DESC, id;

-- name: intake_queue :many
-- New and resolved items, newest first. $2, $3: after this one (first_seen_at, id); $4: only of this integration.
SELECT i.id, i.state, i.integration_id, s.name AS integration_name, s.kind, i.mode, i.title, i.description, i.severity,
       i.labels, i.dedup_key, i.count, i.first_seen_at, i.last_seen_at, i.started_at, i.resolved_at,
       n.id AS incident_id, n.number AS incident_number, i.source_url, i.truncated, i.folded, i.dismiss_reason
  FROM sokuo.intake_item i
  JOIN sokuo.integration s ON s.tenant_id = i.tenant_id AND s.id = i.integration_id
  LEFT JOIN sokuo.incident n ON n.tenant_id = i.tenant_id AND n.id = i.incident_id
 WHERE i.tenant_id = $1::uuid AND i.state IN (1, 2)
   AND ($2::timestamptz IS NULL OR (i.first_seen_at, i.id) < ($2::timestamptz, $3::uuid))
   AND ($4::uuid IS NULL OR i.integration_id = $4::uuid)
 ORDER BY i.first_seen_at DESC, i.id DESC
 LIMIT $5::integer;

-- name: intake_list :many
-- As intake_queue, of the states $6. An incident the caller may not see is as none.
SELECT i.id, i.state, i.integration_id, s.name AS integration_name, s.kind, i.mode, i.title, i.description, i.severity,
       i.labels, i.dedup_key, i.count, i.first_seen_at, i.last_seen_at, i.started_at, i.resolved_at,
       n.id AS incident_id, n.number AS incident_number, i.source_url, i.truncated, i.folded, i.dismiss_reason
  FROM sokuo.intake_item i
  JOIN sokuo.integration s ON s.tenant_id = i.tenant_id AND s.id = i.integration_id
  LEFT JOIN sokuo.incident n ON n.tenant_id = i.tenant_id AND n.id = i.incident_id
 WHERE i.tenant_id = $1::uuid AND i.state = ANY ($6::smallint[])
   AND ($2::timestamptz IS NULL OR (i.first_seen_at, i.id) < ($2::timestamptz, $3::uuid))
   AND ($4::uuid IS NULL OR i.integration_id = $4::uuid)
 ORDER BY i.first_seen_at DESC, i.id DESC
 LIMIT $5::integer;

-- name: intake_get :many
-- These items with their last bodies, the gravest first.
SELECT i.id, i.state, i.integration_id, s.name AS integration_name, s.kind, i.mode, i.title, i.description, i.severity,
       i.labels, i.dedup_key, i.count, i.first_seen_at, i.last_seen_at, i.started_at, i.resolved_at,
       n.id AS incident_id, n.number AS incident_number, i.source_url, i.truncated, i.folded, i.dismiss_reason, i.raw
  FROM sokuo.intake_item i
  JOIN sokuo.integration s ON s.tenant_id = i.tenant_id AND s.id = i.integration_id
  LEFT JOIN sokuo.incident n ON n.tenant_id = i.tenant_id AND n.id = i.incident_id
 WHERE i.tenant_id = $1::uuid AND i.id = ANY ($2::uuid[])
 ORDER BY i.severity DESC, i.first_seen_at, i.id;

-- name: intake_dismiss :one
-- Puts items $2 aside ($4 false) or back into the queue, under the operation $11; the same operation again changes nothing
-- and answers the first count. One whose key has a living item already stays aside: that one counts the reports.
-- Journal rows' ids are $5, in the order of $2. No row: the operation id was used for something else ($12 hash).
WITH done AS (
  SELECT o.seq, o.request_hash FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $11::uuid),
changed AS (
  UPDATE sokuo.intake_item i
     SET state = CASE WHEN NOT $4::boolean THEN 4 WHEN i.resolved_at IS NULL THEN 1 ELSE 2 END, version = i.version + 1,
         dismiss_reason = $3::text
    FROM unnest($2::uuid[], $5::uuid[]) AS w(id, journal_id)
   WHERE i.tenant_id = $1::uuid AND i.id = w.id AND NOT EXISTS (SELECT FROM done)
     AND ((NOT $4::boolean AND i.state IN (1, 2))
       OR ($4::boolean AND i.state = 4 AND (i.resolved_at IS NOT NULL OR NOT EXISTS (
             SELECT FROM sokuo.intake_item o
              WHERE o.tenant_id = i.tenant_id AND o.integration_id = i.integration_id AND o.dedup_key = i.dedup_key
                AND o.state IN (1, 3) AND o.resolved_at IS NULL))))
  RETURNING i.tenant_id, i.id, i.mode, i.title, w.journal_id),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text, reason,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT tenant_id, journal_id, 'intake_item', id, 0, CASE WHEN $4::boolean THEN 'item.restored' ELSE 'item.dismissed' END,
         mode, 1, sokuo.now(), title, $3::text, $6::uuid, $7::text, $8::uuid, $9::text, $10::smallint, $11::uuid
    FROM changed),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, seq)
  SELECT $1::uuid, $11::uuid, $6::uuid, 'DismissItems', $12::bytea, (SELECT count(*) FROM changed)
   WHERE NOT EXISTS (SELECT FROM done))
SELECT coalesce((SELECT seq FROM done), (SELECT count(*) FROM changed))::integer AS changed
 WHERE NOT EXISTS (SELECT FROM done WHERE request_hash <> $12::bytea);

-- name: intake_promote :many
-- Items $4 become part of the incident $3. First statement of the unit that files or changes the incident under the
-- operation $2. An item that left the queue meanwhile breaks the check on state, and with it the whole unit: nothing is
-- filed twice. No rows: the operation is done already. Journal rows' ids are $5, in the order of $4.
WITH changed AS (
  UPDATE sokuo.intake_item i
     SET state = CASE WHEN i.state IN (1, 2) THEN 3 ELSE 0 END, incident_id = $3::uuid, version = i.version + 1
    FROM unnest($4::uuid[], $5::uuid[]) AS w(id, journal_id)
   WHERE i.tenant_id = $1::uuid AND i.id = w.id
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING i.tenant_id, i.id, i.mode, i.title, w.journal_id),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, text,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT tenant_id, journal_id, 'intake_item', id, 0, 'item.promoted', mode, 1, sokuo.now(), title, $6::uuid, $7::text,
         $8::uuid, $9::text, $10::smallint, $2::uuid
    FROM changed)
SELECT id FROM changed;

-- name: intake_tells_incident :one
-- An entry in the chronology of the incident $3: what an item says. Nothing when it stands there already ($4 its id,
-- derived from the item's) or the incident is archived or merged. $5 occurred at, $6 text, $7 sender, $8 person, $9 name,
-- $10 post, $11 its name, $12 capacity, $13 folded text, $14 its pairs, $2 operation.
WITH changed AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid AND i.state NOT IN (13, 14)
     AND NOT EXISTS (SELECT FROM sokuo.journal j WHERE j.tenant_id = $1::uuid AND j.id = $4::uuid)
  RETURNING i.version, i.mode, i.wall, i.search_bucket),
journaled AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, sender, means, certainty)
  SELECT $1::uuid, $4::uuid, 'incident', $3::uuid, version, 'entry.added', mode, wall,
    least(coalesce($5::timestamptz, sokuo.now()), sokuo.now()), $8::uuid, $9::text, $10::uuid, $11::text, $12::smallint,
    $2::uuid, 1, $6::text, $7::text, 5, 1
    FROM changed),
searched AS (
  INSERT INTO sokuo.search_text (tenant_id, incident_id, journal_id, bucket, mode, wall, folded, lexemes)
  SELECT $1::uuid, $3::uuid, $4::uuid, search_bucket, mode, wall, $13::text,
    array_to_tsvector($14::text[] || ARRAY(SELECT w || search_bucket FROM unnest($14::text[]) w))
    FROM changed)
SELECT version FROM changed;

-- name: intake_attach_done :exec
-- Last statement of adding items to an incident $3: the answer of the operation $2, when its items were promoted in
-- this transaction.
INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
SELECT $1::uuid, $2::uuid, $4::uuid, $5::text, $6::bytea, $7::bytea, n.version
  FROM sokuo.incident n
 WHERE n.tenant_id = $1::uuid AND n.id = $3::uuid
   AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid);
