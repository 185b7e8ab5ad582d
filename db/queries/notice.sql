-- SPDX-License-Identifier: Apache-2.0
-- The outbox: leased, sent, marked; what became of it told to whoever waits for it. Run with reach 'system' unless said.

-- name: notice_due :one
-- Whether there is anything to lease; asked often, so it looks at nothing else.
SELECT EXISTS (SELECT FROM sokuo.notice WHERE next_at <= sokuo.now()) AS is_due;

-- name: notice_lease :many
-- Leases what is due for 30 seconds: the most severe first, then the oldest. "Still wanted?" is asked in this statement:
-- what is not is suppressed with its reason. $1 who leases, $2 at most so many, $3 messages a person and hour before the
-- rest becomes a digest. fate: SEND, IN_APP (also where no
-- channel is set up at all), DIGEST, GONE (the contact point or the person is there no more) or NO_CHANNEL; UNWANTED,
-- SHUT and FULL (their channel rests, or is at its rate) are not leased.
WITH due AS (
  SELECT n.* FROM sokuo.notice n
   WHERE n.next_at <= sokuo.now() AND (n.lease_until IS NULL OR n.lease_until <= sokuo.now())
   ORDER BY n.priority DESC, n.next_at
   LIMIT $2::integer FOR UPDATE SKIP LOCKED),
looked AS (
  SELECT d.*, k.id IS NOT NULL AS has_contact, ch.id AS way, ch.failures, ch.open_until, ch.per_minute, ch.used_until,
         CASE WHEN d.escalation_id IS NOT NULL AND d.generation <= e.settled THEN 'SETTLED'
              WHEN o.withdrawn_at IS NOT NULL THEN 'WITHDRAWN'
              WHEN d.escalation_id IS NULL AND a.state BETWEEN 5 AND 9 THEN 'ANSWERED'
              WHEN i.state >= 10 THEN 'CLOSED' END AS unwanted,
         p.active AS is_here,
         coalesce(k.kind, d.contact_kind) AS by_kind
    FROM due d
    JOIN sokuo.person p ON p.tenant_id = d.tenant_id AND p.id = d.person_id
    LEFT JOIN sokuo.contact_point k ON k.tenant_id = d.tenant_id AND k.id = d.contact_point_id
    LEFT JOIN sokuo.escalation e ON e.tenant_id = d.tenant_id AND e.id = d.escalation_id
    LEFT JOIN sokuo.command_order o ON o.tenant_id = d.tenant_id AND o.id = d.order_id
    LEFT JOIN sokuo.order_addressee a ON a.tenant_id = d.tenant_id AND a.id = d.addressee_id
    LEFT JOIN sokuo.incident i ON i.tenant_id = d.tenant_id AND i.id = d.incident_id
    LEFT JOIN LATERAL (
      SELECT c.id, c.failures, c.open_until, c.per_minute, c.used_until FROM sokuo.channel c
       WHERE c.tenant_id = d.tenant_id AND c.enabled AND c.kind BETWEEN 1 AND 3 AND (d.mode = 1 OR c.serves_exercises)
         AND coalesce(k.kind, d.contact_kind) = ANY (c.reaches)
       ORDER BY coalesce(c.open_until > sokuo.now(), false), c.failures >= 5, c.name, c.id LIMIT 1) ch ON true),
capped AS (
  SELECT l.*,
         CASE WHEN l.unwanted IS NOT NULL THEN 'UNWANTED'
              WHEN NOT l.is_here THEN 'GONE'
              WHEN l.by_kind = 0 THEN 'IN_APP'
              WHEN NOT l.has_contact THEN 'GONE'
              WHEN l.way IS NULL AND l.kind <> 3 AND NOT EXISTS (
                SELECT FROM sokuo.channel c WHERE c.tenant_id = l.tenant_id AND c.enabled) THEN 'IN_APP'
              WHEN l.way IS NULL THEN 'NO_CHANNEL'
              WHEN l.kind IN (1, 2) AND l.attempts = 0 AND sent.count
                   + row_number() OVER (PARTITION BY l.tenant_id, l.person_id ORDER BY l.priority DESC, l.next_at) > $3::integer
                THEN 'DIGEST'
              WHEN l.open_until > sokuo.now() THEN 'SHUT'
              ELSE 'SEND' END AS want
    FROM looked l
    LEFT JOIN LATERAL ( -- only of those that may become part of a digest
      SELECT count(*) FROM sokuo.notice s
       WHERE l.kind IN (1, 2) AND l.attempts = 0 AND l.by_kind > 0 AND l.way IS NOT NULL AND l.unwanted IS NULL
         AND s.tenant_id = l.tenant_id AND s.person_id = l.person_id AND s.contact_kind > 0 AND s.kind IN (1, 2)
         AND s.state IN (2, 3) AND s.queued_at > sokuo.now() - interval '1 day'
         AND s.sent_at > sokuo.now() - interval '1 hour') sent ON true),
-- A channel that failed five times in a row is tried with one message; one with a rate takes ten seconds' worth at once.
placed AS (
  SELECT c.*, row_number() OVER (PARTITION BY c.tenant_id, c.way, c.want ORDER BY c.priority DESC, c.next_at) AS place,
         CASE WHEN c.failures >= 5 THEN 1
              WHEN c.per_minute > 0 THEN floor(extract(epoch FROM sokuo.now() - greatest(c.used_until, sokuo.now()))
                     * c.per_minute / 60 + greatest(1, c.per_minute / 6)) END AS room
    FROM capped c),
fated AS (
  SELECT p.*, CASE WHEN p.want = 'SEND' AND p.place > p.room THEN 'FULL' ELSE p.want END AS fate FROM placed p),
used AS (
  UPDATE sokuo.channel c
     SET used_until = greatest(c.used_until, sokuo.now()) + t.taken * interval '60 seconds' / c.per_minute
    FROM (SELECT tenant_id, way, count(*) AS taken FROM fated WHERE fate = 'SEND' GROUP BY 1, 2) t
   WHERE c.tenant_id = t.tenant_id AND c.id = t.way AND c.per_minute > 0),
taken AS (
  UPDATE sokuo.notice n
     SET state = CASE f.fate WHEN 'UNWANTED' THEN 4 ELSE n.state END,
         reason = CASE f.fate WHEN 'UNWANTED' THEN f.unwanted ELSE n.reason END,
         next_at = CASE f.fate WHEN 'UNWANTED' THEN NULL
                               WHEN 'SHUT' THEN f.open_until + random() * interval '2 seconds'
                               WHEN 'FULL' THEN sokuo.now() + CASE WHEN f.failures >= 5 THEN interval '5 seconds'
                                 ELSE (f.place - f.room) * interval '60 seconds' / f.per_minute END
                               ELSE n.next_at END,
         lease_until = CASE WHEN f.fate IN ('UNWANTED', 'SHUT', 'FULL') THEN NULL
                            ELSE sokuo.now() + interval '30 seconds' END,
         lease_owner = CASE WHEN f.fate IN ('UNWANTED', 'SHUT', 'FULL') THEN NULL ELSE $1::uuid END,
         channel_id = coalesce(f.way, n.channel_id),
         attempts = n.attempts + CASE WHEN f.fate IN ('SEND', 'IN_APP') THEN 1 ELSE 0 END
    FROM fated f
   WHERE n.tenant_id = f.tenant_id AND n.id = f.id
  RETURNING n.*, f.fate)
SELECT t.tenant_id, t.id, t.dedup_key, t.kind, t.mode, t.priority, t.attempts, t.queued_at, t.fate, t.channel_id,
       t.link_hash IS NOT NULL AS has_link, t.escalation_id IS NOT NULL OR t.addressee_id IS NOT NULL AS wants_link,
       p.name AS person_name, p.language = 2 AS in_english, k.address, k.p256dh, k.auth,
       coalesce(i.number, '') AS number, coalesce(i.confidentiality, 0::smallint) AS confidentiality, o.due_at,
       CASE WHEN t.kind = 4 THEN (
              SELECT string_agg(CASE WHEN di.confidentiality IN (1, 2) THEN di.number || ' ' || coalesce(dord.text, de.reason, '')
                                     ELSE coalesce(di.number, '') END, E'\n' ORDER BY dn.queued_at)
                FROM sokuo.notice dn
                LEFT JOIN sokuo.incident di ON di.tenant_id = dn.tenant_id AND di.id = dn.incident_id
                LEFT JOIN sokuo.command_order dord ON dord.tenant_id = dn.tenant_id AND dord.id = dn.order_id
                LEFT JOIN sokuo.escalation de ON de.tenant_id = dn.tenant_id AND de.id = dn.escalation_id
               WHERE dn.tenant_id = t.tenant_id AND dn.digest_id = t.id)
            WHEN t.text <> '' THEN t.text
            ELSE coalesce(o.text, nullif(e.reason, ''), i.title, '') END AS text,
       trim(CASE WHEN o.id IS NOT NULL THEN o.by_post_name || ' ' || o.by_person_name
                 ELSE coalesce(e.by_post_name || ' ' || e.by_person_name, '') END) AS sender
  FROM taken t
  JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id
  LEFT JOIN sokuo.contact_point k ON k.tenant_id = t.tenant_id AND k.id = t.contact_point_id
  LEFT JOIN sokuo.incident i ON i.tenant_id = t.tenant_id AND i.id = t.incident_id
  LEFT JOIN sokuo.command_order o ON o.tenant_id = t.tenant_id AND o.id = t.order_id
  LEFT JOIN sokuo.escalation e ON e.tenant_id = t.tenant_id AND e.id = t.escalation_id
 ORDER BY t.priority DESC, t.next_at;

-- name: notice_digest :many
-- Leased notices ($1 tenants, $2 ids) become part of a digest to the same contact point: of the one that waits, else of a new
-- one, which goes out in a minute and collects until then. $3 ids for new ones.
WITH parts AS (
  SELECT n.tenant_id, n.id, n.person_id, n.contact_point_id, n.contact_kind, n.mode, n.priority
    FROM unnest($1::uuid[], $2::uuid[]) k (tenant_id, id)
    JOIN sokuo.notice n ON n.tenant_id = k.tenant_id AND n.id = k.id AND n.state = 1),
waiting AS (
  SELECT DISTINCT ON (w.tenant_id, w.contact_point_id, w.mode) w.tenant_id, w.id, w.contact_point_id, w.mode
    FROM sokuo.notice w JOIN parts p ON p.tenant_id = w.tenant_id AND p.person_id = w.person_id
     AND p.contact_point_id = w.contact_point_id AND p.mode = w.mode
   WHERE w.kind = 4 AND w.state = 1 AND w.attempts = 0 AND w.queued_at > sokuo.now() - interval '1 day'),
made AS (
  INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, mode, priority, person_id, contact_point_id, contact_kind, next_at)
  SELECT tenant_id, ($3::uuid[])[row_number() OVER ()], 'digest:' || ($3::uuid[])[row_number() OVER ()], 4, mode, priority,
         person_id, contact_point_id, contact_kind, sokuo.now() + interval '1 minute'
    FROM (SELECT tenant_id, person_id, contact_point_id, contact_kind, mode, max(priority) AS priority FROM parts
           WHERE NOT EXISTS (SELECT FROM waiting w WHERE w.tenant_id = parts.tenant_id
                              AND w.contact_point_id = parts.contact_point_id AND w.mode = parts.mode)
           GROUP BY 1, 2, 3, 4, 5) new
  RETURNING tenant_id, id, contact_point_id, mode)
UPDATE sokuo.notice n
   SET state = 4, reason = 'DIGEST', digest_id = d.id, next_at = NULL, lease_until = NULL, lease_owner = NULL
  FROM parts p JOIN (SELECT * FROM waiting UNION ALL SELECT * FROM made) d (tenant_id, id, contact_point_id, mode)
    ON d.tenant_id = p.tenant_id AND d.contact_point_id = p.contact_point_id AND d.mode = p.mode
 WHERE n.tenant_id = p.tenant_id AND n.id = p.id
RETURNING n.id;

-- name: notice_link :exec
-- Remembers the links that go out: $1 tenants, $2 ids, $3 SHA-256 of their tokens in hexadecimal digits.
UPDATE sokuo.notice n SET link_hash = decode(x.hash, 'hex')
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) x (tenant_id, id, hash)
 WHERE n.tenant_id = x.tenant_id AND n.id = x.id AND n.link_hash IS NULL;

-- name: notice_finish :many
-- What became of leased notices. $1 JSON: [{tenant, id, outcome, reason, wait}], $2 who leased. outcome 1 = taken by the other
-- side, 2 = again after wait microseconds, 3 = dead, 4 = given back untried. That something was taken is true whoever holds
-- the lease by now; anything else only counts from who holds it.
UPDATE sokuo.notice n
   SET state = CASE r.outcome WHEN 1 THEN 2 WHEN 3 THEN 5 ELSE 1 END,
       next_at = CASE r.outcome WHEN 2 THEN sokuo.now() + r.wait * interval '1 microsecond' WHEN 4 THEN n.next_at END,
       attempts = greatest(0, n.attempts - CASE r.outcome WHEN 4 THEN 1 ELSE 0 END),
       sent_at = CASE r.outcome WHEN 1 THEN sokuo.now() ELSE n.sent_at END,
       reason = r.reason, lease_until = NULL, lease_owner = NULL
  FROM jsonb_to_recordset($1::jsonb) AS r (tenant uuid, id uuid, outcome smallint, reason text, wait bigint)
 WHERE n.tenant_id = r.tenant AND n.id = r.id AND n.state = 1 AND (r.outcome = 1 OR n.lease_owner = $2::uuid)
RETURNING n.tenant_id, n.id;

-- name: notice_finish_incident :many
-- Second: dead ones stand in the chronology, one row an incident. $1 as in notice_finish, $2 ids for the rows.
WITH dead AS (
  SELECT n.tenant_id, n.incident_id, count(*) AS count, min(split_part(n.reason, ':', 1)) AS reason
    FROM jsonb_to_recordset($1::jsonb) AS r (tenant uuid, id uuid, outcome smallint)
    JOIN sokuo.notice n ON n.tenant_id = r.tenant AND n.id = r.id AND n.state = 5
   WHERE r.outcome = 3 AND n.incident_id IS NOT NULL
   GROUP BY n.tenant_id, n.incident_id),
told AS (
  UPDATE sokuo.incident i SET version = i.version + 1, updated_at = sokuo.now()
    FROM dead d WHERE i.tenant_id = d.tenant_id AND i.id = d.incident_id
  RETURNING i.tenant_id, i.id, i.version, i.mode, i.wall, d.count, d.reason)
INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_name,
                           capacity, entry_kind, text, reason)
SELECT tenant_id, ($2::uuid[])[row_number() OVER ()], 'incident', id, version, 'notice.dead', mode, wall, sokuo.now(),
       'Sokuo', 4, 7, '届かなかった通知: ' || count || '件。電話で伝えてください', reason
  FROM told
RETURNING tenant_id, stream_id;

-- name: notice_finish_order :many
-- Third: the addressees of orders. A person none of whose messages will arrive is unreachable, and asked at the next
-- contact point at once. $1 as in notice_finish.
WITH ended AS (
  SELECT DISTINCT ON (n.tenant_id, n.addressee_id) n.tenant_id, n.addressee_id, n.state,
         EXISTS (SELECT FROM sokuo.contact_point k WHERE k.tenant_id = n.tenant_id AND k.person_id = n.person_id
           AND NOT EXISTS (SELECT FROM sokuo.notice o WHERE o.tenant_id = k.tenant_id AND o.order_id = n.order_id
             AND o.addressee_id = n.addressee_id AND o.contact_point_id = k.id)) AS has_more
    FROM jsonb_to_recordset($1::jsonb) AS r (tenant uuid, id uuid, outcome smallint)
   CROSS JOIN LATERAL (
      SELECT d.* FROM sokuo.notice d WHERE d.tenant_id = r.tenant AND d.id = r.id AND d.state IN (2, 5)
      UNION ALL
      SELECT d.* FROM sokuo.notice d WHERE d.tenant_id = r.tenant AND d.digest_id = r.id AND r.outcome = 1) n
   WHERE n.addressee_id IS NOT NULL AND r.outcome IN (1, 3)
   ORDER BY n.tenant_id, n.addressee_id, n.state = 5)
UPDATE sokuo.order_addressee a
   SET sent_at = CASE WHEN e.state <> 5 THEN coalesce(a.sent_at, sokuo.now()) ELSE a.sent_at END,
       state = CASE WHEN e.state <> 5 AND a.state IN (1, 10) THEN 2
                    WHEN e.state = 5 AND a.state = 1 AND a.escalation_id IS NULL AND NOT e.has_more
                         AND NOT EXISTS (SELECT FROM sokuo.notice o WHERE o.tenant_id = a.tenant_id
                           AND o.order_id = a.order_id AND o.addressee_id = a.id AND o.state IN (1, 2, 3)) THEN 10
                    ELSE a.state END,
       remind_at = CASE WHEN e.state = 5 AND e.has_more AND a.remind_at > sokuo.now() THEN sokuo.now() ELSE a.remind_at END,
       version = a.version + 1
  FROM ended e
 WHERE a.tenant_id = e.tenant_id AND a.id = e.addressee_id
   AND (a.state IN (1, 10) OR a.sent_at IS NULL OR e.state = 5)
RETURNING a.tenant_id, a.order_id;

-- name: notice_finish_call :many
-- Fourth: calls hear that a message arrived with the other side (2), that a contact point does not work (3), or that
-- there is none (4): then they move on. After three tries in vain they move on, too, while the message is tried further.
-- What did not count in notice_finish is not told. $1 as in notice_finish.
SELECT sokuo.escalation_tell(n.tenant_id, n.escalation_id,
         CASE WHEN r.outcome = 1 THEN 2 WHEN n.contact_point_id IS NULL THEN 4 ELSE 3 END, n.person_id, n.contact_point_id)::text AS told
  FROM jsonb_to_recordset($1::jsonb) AS r (tenant uuid, id uuid, outcome smallint)
 CROSS JOIN LATERAL (
    SELECT d.* FROM sokuo.notice d WHERE d.tenant_id = r.tenant AND d.id = r.id
    UNION ALL
    SELECT d.* FROM sokuo.notice d WHERE d.tenant_id = r.tenant AND d.digest_id = r.id AND r.outcome = 1) n
  JOIN sokuo.escalation e ON e.tenant_id = n.tenant_id AND e.id = n.escalation_id AND n.generation > e.settled
 WHERE (n.contact_kind > 0 AND n.channel_id IS NOT NULL OR r.outcome = 3)
   AND ((r.outcome = 1 AND n.state <> 5) OR (r.outcome = 3 AND n.state = 5)
        OR (r.outcome = 2 AND n.attempts = 3 AND n.state = 1 AND n.lease_owner IS NULL));

-- name: notice_finish_channel :many
-- Fifth: how the channels do. $1 JSON: [{id, good, bad, fault}]. After five failures in a row a channel rests: 5 s, doubled
-- with each further one up to five minutes.
UPDATE sokuo.channel c
   SET failures = CASE WHEN x.good > 0 THEN 0 ELSE least(c.failures + x.bad, 1000) END,
       open_until = CASE WHEN x.good > 0 THEN NULL
                         WHEN c.failures + x.bad >= 5
                           THEN sokuo.now() + least(300, 5 * 2 ^ least(c.failures - 4, 6)) * interval '1 second'
                         ELSE c.open_until END,
       last_fault = CASE WHEN x.bad > 0 AND x.good = 0 THEN x.fault WHEN x.good > 0 AND x.bad = 0 THEN '' ELSE c.last_fault END,
       last_sent_at = CASE WHEN x.good > 0 THEN sokuo.now() ELSE c.last_sent_at END
  FROM jsonb_to_recordset($1::jsonb) AS x (id uuid, good integer, bad integer, fault text)
 WHERE c.id = x.id AND x.good + x.bad > 0
RETURNING c.tenant_id, c.id, c.failures;

-- name: notice_finish_contact :many
-- Sixth: how the contact points do; a Web Push subscription that the browser gave up is dropped. $1 JSON as in
-- notice_finish, with gone.
WITH ended AS (
  SELECT DISTINCT ON (n.tenant_id, n.contact_point_id) n.tenant_id, n.contact_point_id, r.outcome, r.reason, r.gone
    FROM jsonb_to_recordset($1::jsonb) AS r (tenant uuid, id uuid, outcome smallint, reason text, gone boolean)
    JOIN sokuo.notice n ON n.tenant_id = r.tenant AND n.id = r.id
   WHERE n.contact_point_id IS NOT NULL AND r.outcome IN (1, 3)
   ORDER BY n.tenant_id, n.contact_point_id, r.outcome),
dropped AS (
  DELETE FROM sokuo.contact_point k USING ended e
   WHERE k.tenant_id = e.tenant_id AND k.id = e.contact_point_id AND e.gone AND k.kind = 6)
UPDATE sokuo.contact_point k
   SET last_sent_at = CASE WHEN e.outcome = 1 THEN sokuo.now() ELSE k.last_sent_at END,
       last_fault = CASE WHEN e.outcome = 1 THEN '' ELSE e.reason END
  FROM ended e
 WHERE k.tenant_id = e.tenant_id AND k.id = e.contact_point_id AND NOT coalesce(e.gone, false)
RETURNING k.id;

-- name: notice_list :many
-- With the caller's reach: their own ($5 = 0), who has to call people also those of incidents they may read (1), and
-- administrators those about no incident (2).
-- $2 only of this incident, $3 only of this order, $4 only dead ones, $6 the caller. The latest first.
SELECT n.id, n.kind, n.mode, n.person_id, p.name AS person_name, coalesce(c.kind, 4::smallint) AS channel, n.state, n.attempts,
       n.reason, n.queued_at, n.sent_at, CASE WHEN n.state = 1 THEN n.next_at END AS next_at, n.incident_id, n.order_id
  FROM sokuo.notice n
  JOIN sokuo.person p ON p.tenant_id = n.tenant_id AND p.id = n.person_id
  LEFT JOIN sokuo.channel c ON c.tenant_id = n.tenant_id AND c.id = n.channel_id
 WHERE n.tenant_id = $1::uuid AND ($2::uuid IS NULL OR n.incident_id = $2::uuid)
   AND ($3::uuid IS NULL OR n.order_id = $3::uuid) AND (NOT $4::boolean OR n.state = 5)
   AND (n.person_id = $6::uuid OR CASE WHEN n.incident_id IS NULL THEN $5::integer = 2
                                       ELSE $5::integer > 0 AND sokuo.may_read(n.incident_id) END)
 ORDER BY n.queued_at DESC, n.id DESC
 LIMIT 200;

-- name: notice_count :one
-- Dead and waiting ones that the caller may see; parameters as in notice_list without its $4.
SELECT count(*) FILTER (WHERE n.state = 5) AS dead, count(*) FILTER (WHERE n.state = 1) AS queued
  FROM sokuo.notice n
 WHERE n.tenant_id = $1::uuid AND ($2::uuid IS NULL OR n.incident_id = $2::uuid)
   AND ($3::uuid IS NULL OR n.order_id = $3::uuid) AND n.state IN (1, 5)
   AND (n.person_id = $5::uuid OR CASE WHEN n.incident_id IS NULL THEN $4::integer = 2
                                       ELSE $4::integer > 0 AND sokuo.may_read(n.incident_id) END);

-- name: notice_retry :many
-- Dead ones ($2) go out again; with the caller's reach. $3 administrators, $4 journal id, then who.
WITH again AS (
  UPDATE sokuo.notice n SET state = 1, next_at = sokuo.now(), reason = ''
   WHERE n.tenant_id = $1::uuid AND n.id = ANY ($2::uuid[]) AND n.state = 5
     AND CASE WHEN n.incident_id IS NULL THEN $3::boolean ELSE sokuo.may_read(n.incident_id) END
  RETURNING n.id),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, text)
  SELECT $1::uuid, $4::uuid, 'notice', (SELECT id FROM again LIMIT 1), 0, 'notice.retried', 2, sokuo.now(),
         $5::uuid, $6::text, $7::uuid, $8::text, $9::smallint, (SELECT count(*) FROM again)::text
   WHERE EXISTS (SELECT FROM again))
SELECT id FROM again;

-- name: notice_by_link :one
-- What a link of a message is about: $1 SHA-256 of its token. No row: unknown, or older than 72 hours. The tenant is not
-- known before.
SELECT n.tenant_id, n.id, n.kind, n.mode, n.person_id, p.name AS person_name, n.order_id, n.addressee_id, n.escalation_id,
       n.link_used_at, n.reason, i.number, i.confidentiality, o.due_at, coalesce(o.wants_acceptance, true) AS wants_acceptance,
       coalesce(o.text, nullif(e.reason, ''), i.title, '') AS text, o.withdrawn_at IS NOT NULL AS is_withdrawn,
       coalesce(a.state, 0::smallint) AS addressee_state, coalesce(a.answered_at, e.answered_at) AS answered_at,
       coalesce(e.phase, 0::smallint) AS phase, n.generation <= e.settled AS is_settled
  FROM sokuo.notice n
  JOIN sokuo.person p ON p.tenant_id = n.tenant_id AND p.id = n.person_id AND p.active
  JOIN sokuo.incident i ON i.tenant_id = n.tenant_id AND i.id = n.incident_id
  LEFT JOIN sokuo.command_order o ON o.tenant_id = n.tenant_id AND o.id = n.order_id
  LEFT JOIN sokuo.order_addressee a ON a.tenant_id = n.tenant_id AND a.id = n.addressee_id
  LEFT JOIN sokuo.escalation e ON e.tenant_id = n.tenant_id AND e.id = n.escalation_id
 WHERE n.link_hash = $1::bytea AND n.queued_at > sokuo.now() - interval '72 hours';

-- name: notice_link_used :exec
UPDATE sokuo.notice SET link_used_at = coalesce(link_used_at, sokuo.now())
 WHERE tenant_id = $1::uuid AND id = $2::uuid;

-- name: notice_person :one
-- Who a person is, as a session would say it; no row: they left.
SELECT p.name AS person_name, h.post_id, h.post_name, h.unit_id AS section_id,
       CASE WHEN h.kind IN (2, 4) THEN 2 ELSE 1 END::smallint AS capacity,
       sokuo.duties($1::uuid, p.id) AS roles, sokuo.duties($1::uuid, p.id, true) AS city_roles
  FROM sokuo.person p
  LEFT JOIN LATERAL (SELECT * FROM sokuo.held(p.tenant_id, p.id) LIMIT 1) h ON true
 WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid AND p.active;
