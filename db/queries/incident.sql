-- SPDX-License-Identifier: Apache-2.0
-- Incidents: filing, reading, lists, changes. A change is one statement: guard (version, operation id), row, journal,
-- walls and operation together. No row: the guard refused; the caller reads again and finds out why.

-- name: incident_file :one
-- $1 tenant, $2 operation, $3 person, $4 method, $5 request hash, $6 answer, $7 incident, $8 journal row, $9 mode,
-- $10 fiscal year, $11 prefix of the number, $12 class, $13 wall, $14 title, $15 description, $16 type, $17 severity,
-- $18 rules, $19 occurred at, $20 zones, $21 sections, $22 systems, $23 facts, $24 person's name, $25 post,
-- $26 its name, $27 capacity, $28 section, $29 changes, $30 folded text, $31 bucket the caller expects,
-- $32 bigrams with that bucket, $33 bigrams without, $34 secondary types, $35 severity was judged, $36 nobody is called.
-- The counter row is the lane: numbers have no gaps, because they commit with their incident. With it begins the call to
-- whoever takes it on; not of a test, and not of what only named persons may know of (decision 0063).
WITH counter AS (
  INSERT INTO sokuo.incident_counter AS n (tenant_id, fiscal_year, mode, last)
  SELECT $1::uuid, $10::smallint, $9::smallint, 1
   WHERE NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  ON CONFLICT (tenant_id, fiscal_year, mode) DO UPDATE SET last = n.last + 1
  RETURNING last, fiscal_year * 1000 + last / 4096 AS bucket,
    $11::text || fiscal_year || '-' || lpad(last::text, greatest(4, length(last::text)), '0') AS number),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, number, seq)
  SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::bytea, number, 1 FROM counter),
incident AS (
  INSERT INTO sokuo.incident (tenant_id, id, number, search_bucket, mode, confidentiality, wall, state, title,
    description, incident_type, secondary_types, severity, severity_assessed, severity_rules, occurred_at,
    triage_due_at, zones, section_ids, system_ids, facts, filer_person_id, filer_name, filer_post_id,
    filer_post_name, filer_capacity, filer_section_id)
  SELECT $1::uuid, $7::uuid, number, bucket, $9::smallint, $12::smallint, $13::smallint, 2, $14::text, $15::text,
    $16::smallint, $34::smallint[], $17::smallint, $35::boolean, $18::text[], $19::timestamptz,
    sokuo.now() + interval '30 minutes', $20::smallint[], $21::uuid[], $22::uuid[], $23::bytea, $3::uuid, $24::text,
    $25::uuid, $26::text, $27::smallint, $28::uuid
    FROM counter),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, changes)
  SELECT $1::uuid, $8::uuid, 'incident', $7::uuid, 1, 'incident.filed', $9::smallint, $13::smallint, sokuo.now(),
    $3::uuid, $24::text, $25::uuid, $26::text, $27::smallint, $2::uuid, 7, number || ' ' || $14::text, $29::jsonb
    FROM counter),
search AS (
  INSERT INTO sokuo.search_text (tenant_id, incident_id, journal_id, bucket, mode, wall, folded, lexemes)
  SELECT $1::uuid, $7::uuid, $7::uuid, bucket, $9::smallint, $13::smallint, $30::text,
    CASE WHEN bucket = $31::integer THEN array_to_tsvector($32::text[])
         ELSE array_to_tsvector($33::text[] || ARRAY(SELECT w || bucket FROM unnest($33::text[]) w)) END
    FROM counter),
section AS (
  INSERT INTO sokuo.incident_section (tenant_id, section_id, incident_id)
  SELECT $1::uuid, s, $7::uuid FROM counter, unnest($21::uuid[]) s ON CONFLICT DO NOTHING),
called AS (
  INSERT INTO sokuo.escalation (tenant_id, id, incident_id, direction, mode, severity, role, scope_id, look_at, of_filing,
    by_person_id, by_person_name, by_post_id, by_post_name, by_capacity)
  SELECT $1::uuid, gen_random_uuid(), $7::uuid, 1, $9::smallint, $17::smallint, 0,
    coalesce(($21::uuid[])[1], $28::uuid, '00000000-0000-0000-0000-000000000000'), sokuo.now(), true,
    $3::uuid, $24::text, $25::uuid, $26::text, $27::smallint
    FROM counter WHERE $9::smallint <> 3 AND $12::smallint <= 3 AND NOT $36::boolean)
SELECT number, bucket, sokuo.now() AS recorded_at FROM counter;

-- name: incident_file_names_filer :exec
-- Before filing in a class the filer could not read: the filer is named. Nothing when the operation is done already.
INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access, by_person_id, by_person_name)
SELECT $1::uuid, $3::uuid, $4::uuid, 1, $4::uuid, $5::text
 WHERE NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid);

-- name: incident_name_writer :exec
-- Before a change after which the writer could not read the incident: the writer is named ($6 why).
INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access, reason, by_person_id, by_person_name)
SELECT $1::uuid, $3::uuid, $5::uuid, 1, $6::text, $5::uuid, $7::text
  FROM sokuo.incident i
 WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid AND i.version = $4::integer
   AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
ON CONFLICT (tenant_id, incident_id, person_id) DO UPDATE SET access = 1, expires_at = NULL;

-- name: operation_get :many
-- The first answers of operations ($2). (One look into the index each, whatever is known of the table's size: the plan is kept.)
SELECT o.id, o.person_id, o.method, o.request_hash, o.response, o.number, o.seq, o.recorded_at
  FROM unnest($2::uuid[]) a (id)
 CROSS JOIN LATERAL (SELECT * FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = a.id OFFSET 0) o;

-- name: incident_get :one
-- One incident by id ($2). The actor's place among its members is looked up only where it can matter ($3: reads all).
SELECT i.id, i.number, i.search_bucket, i.version, i.mode, i.confidentiality, i.wall, i.state, i.title, i.description,
       i.incident_type, i.secondary_types, i.severity, i.severity_assessed, i.severity_rules, i.occurred_at, i.filed_at,
       i.updated_at, i.closed_at, i.triage_due_at, i.monitoring_until, i.section_ids, i.facts, i.filer_person_id,
       i.filer_name, i.filer_post_id, i.filer_post_name, i.filer_capacity, i.filer_section_id, i.handler_id,
       i.handler_name, i.commander_id, i.commander_name, i.command_post_id, i.command_post_name, i.command_capacity,
       i.commanded_since, i.merged_into_id, i.unseal_by, i.unseal_role,
       CASE WHEN i.wall = 2 OR NOT $3::boolean THEN
         (SELECT m.access FROM sokuo.incident_member m
           WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id AND m.person_id = sokuo.person()
             AND (m.access = 2 OR m.expires_at IS NULL OR m.expires_at > sokuo.now())) END AS member_access,
       CASE WHEN i.section_ids <> '{}' THEN
         ARRAY(SELECT coalesce(u.name, '') FROM unnest(i.section_ids) WITH ORDINALITY s (id, place)
               LEFT JOIN sokuo.unit u ON u.tenant_id = i.tenant_id AND u.id = s.id ORDER BY place) END AS section_names,
       CASE WHEN i.system_ids <> '{}' THEN
         ARRAY(SELECT coalesce(y.name, '') FROM unnest(i.system_ids) WITH ORDINALITY s (id, place)
               LEFT JOIN sokuo.system y ON y.tenant_id = i.tenant_id AND y.id = s.id ORDER BY place) END AS system_names,
       EXISTS (SELECT FROM sokuo.incident_link l WHERE l.tenant_id = i.tenant_id AND l.incident_id = i.id) AS has_links
  FROM sokuo.incident i
 WHERE i.tenant_id = $1::uuid AND i.id = $2::uuid;

-- name: incident_touched :one
-- Whether anything of the incident itself changed after version $3: calls only add to its chronology.
SELECT EXISTS (SELECT FROM sokuo.journal j
  WHERE j.tenant_id = $1::uuid AND j.stream_id = $2::uuid AND j.stream_seq > $3::integer AND j.kind NOT LIKE 'call.%') AS is_touched;

-- name: incident_id_by_number :one
SELECT id FROM sokuo.incident WHERE tenant_id = $1::uuid AND number = $2::text;

-- name: incident_links :many
-- Ties of an incident to those the reader may see.
SELECT l.kind, i.id, i.number, i.title, i.state
  FROM sokuo.incident_link l JOIN sokuo.incident i ON i.tenant_id = l.tenant_id AND i.id = l.other_id
 WHERE l.tenant_id = $1::uuid AND l.incident_id = $2::uuid
 ORDER BY l.kind, i.filed_at, i.id LIMIT 200;

-- name: incident_save :one
-- Writes an incident as decided, when it is still at version $4, with its journal row. $1 tenant, $2 operation,
-- $3 incident, $5 class, $6 wall, $7 state, $8 title, $9 description, $10 type, $11 secondary types, $12 severity,
-- $13 judged, $14 rules, $15 occurred at, $16 closed at, $17 triage due, $18 monitoring until, $19 zones, $20 sections,
-- $21 systems, $22 facts, $23-$24 handler, $25-$26 commander, $27-$29 post and capacity of command, $30 since,
-- $31 merged into, $32-$33 unsealing, $34 walls change, $35 sections change, $36 text changes ($37 folded, $38 lexemes).
-- Journal: $39 id, $40 kind, $41 occurred at, $42 person, $43 name, $44 post, $45 name, $46 capacity, $47 entry kind,
-- $48 text, $49 reason, $50 changes. Operation: $51 method, $52 request hash, $53 answer.
WITH changed AS (
  UPDATE sokuo.incident i
     SET version = i.version + 1, confidentiality = $5::smallint, wall = $6::smallint, state = $7::smallint,
         title = $8::text, description = $9::text, incident_type = $10::smallint, secondary_types = $11::smallint[],
         severity = $12::smallint, severity_assessed = $13::boolean, severity_rules = $14::text[],
         occurred_at = $15::timestamptz, updated_at = sokuo.now(), closed_at = $16::timestamptz,
         triage_due_at = $17::timestamptz, monitoring_until = $18::timestamptz, zones = $19::smallint[],
         section_ids = $20::uuid[], system_ids = $21::uuid[], facts = $22::bytea, handler_id = $23::uuid,
         handler_name = $24::text, commander_id = $25::uuid, commander_name = $26::text, command_post_id = $27::uuid,
         command_post_name = $28::text, command_capacity = $29::smallint, commanded_since = $30::timestamptz,
         merged_into_id = $31::uuid, unseal_by = $32::uuid, unseal_role = $33::smallint
   WHERE i.tenant_id = $1::uuid AND i.id = $3::uuid AND i.version = $4::integer
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING i.version, i.mode, i.filed_at),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash, response, seq)
  SELECT $1::uuid, $2::uuid, $42::uuid, $51::text, $52::bytea, $53::bytea, version FROM changed
   WHERE $51::text IS NOT NULL),
journal AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, person_id,
    person_name, post_id, post_name, capacity, operation_id, entry_kind, text, reason, changes)
  SELECT $1::uuid, $39::uuid, 'incident', $3::uuid, version, $40::text, mode, $6::smallint,
    coalesce($41::timestamptz, sokuo.now()), $42::uuid, $43::text, $44::uuid, $45::text, $46::smallint, $2::uuid,
    $47::smallint, $48::text, $49::text, $50::jsonb
    FROM changed),
journal_wall AS (
  UPDATE sokuo.journal j SET wall = $6::smallint FROM changed
   WHERE $34::boolean AND j.tenant_id = $1::uuid AND j.stream_id = $3::uuid AND j.stream_seq > 0),
search_wall AS (
  UPDATE sokuo.search_text s SET wall = $6::smallint FROM changed
   WHERE $34::boolean AND NOT $36::boolean AND s.tenant_id = $1::uuid AND s.incident_id = $3::uuid),
search AS (
  UPDATE sokuo.search_text s SET folded = $37::text, lexemes = array_to_tsvector($38::text[]) FROM changed
   WHERE $36::boolean AND s.tenant_id = $1::uuid AND s.journal_id = $3::uuid),
sections_gone AS (
  DELETE FROM sokuo.incident_section s USING changed
   WHERE $35::boolean AND s.tenant_id = $1::uuid AND s.incident_id = $3::uuid AND s.section_id <> ALL ($20::uuid[])),
sections_new AS (
  INSERT INTO sokuo.incident_section (tenant_id, section_id, filed_at, incident_id)
  SELECT $1::uuid, s, filed_at, $3::uuid FROM changed, unnest($20::uuid[]) s WHERE $35::boolean
  ON CONFLICT DO NOTHING)
SELECT version, sokuo.now() AS recorded_at FROM changed;

-- name: incident_counts :many
-- For the head of the board: the newest 1,000 of each state ($2 mode), by state (kind 1); of the newest 6,000 open
-- ones by severity (kind 2), without handler (3), past their triage (4). For readers whose reach is wide.
SELECT 1::smallint AS kind, s.v::smallint AS value, count(w.state)::integer AS count
  FROM generate_series(1, 14) s (v) LEFT JOIN LATERAL (
    SELECT i.state FROM sokuo.incident i
     WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.state = s.v::smallint
     ORDER BY i.filed_at DESC, i.id DESC LIMIT 1000) w ON true
 GROUP BY s.v
UNION ALL
SELECT o.kind, o.value, least(count(*), 1000)::integer FROM (
  SELECT k.kind, CASE WHEN k.kind = 2 THEN w.severity ELSE 0::smallint END AS value FROM (
    SELECT i.severity, i.handler_id, i.triage_due_at FROM sokuo.incident i
     WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.is_open
     ORDER BY i.filed_at DESC, i.id DESC LIMIT 6000) w
    CROSS JOIN (VALUES (2::smallint), (3::smallint), (4::smallint)) k (kind)
   WHERE k.kind = 2 OR (k.kind = 3 AND w.handler_id IS NULL)
      OR (k.kind = 4 AND w.triage_due_at < sokuo.now())) o
 GROUP BY o.kind, o.value;

-- name: incident_people :one
-- Who it is: name and post of today of a person ($2) who may be given an incident. No row: unknown or left.
SELECT p.id, p.name, h.post_id, coalesce(h.post_name, '') AS post_name, coalesce(h.capacity, 1)::smallint AS capacity
  FROM sokuo.person p
  LEFT JOIN LATERAL (
    SELECT t.post_id, o.name AS post_name, CASE WHEN t.kind IN (2, 4) THEN 2 ELSE 1 END AS capacity
      FROM sokuo.tenure t JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
     WHERE t.tenant_id = p.tenant_id AND t.person_id = p.id AND t.valid_from <= sokuo.today()
       AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
     ORDER BY (t.kind <> 1), (t.kind <> 3), o.rank, o.code LIMIT 1) h ON true
 WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid AND p.active;

-- name: incident_call_targets :many
-- Whom to telephone: contact desk, handlers, lead of the team, and the manager of the filer's section ($2), with the
-- first confirmed or else first number; the filer ($3) is left out. At most three a duty. Who has to
-- call people anyway ($4) gets the first number; the others a private one only where there is no other.
SELECT role, person_name, post_name, phone FROM (
  SELECT r.role, p.name AS person_name, o.name AS post_name, coalesce(k.address, '') AS phone,
         row_number() OVER (PARTITION BY r.role ORDER BY (t.kind <> 1), o.rank, o.code) AS place
    FROM sokuo.role_assignment r
    JOIN sokuo.post o ON o.tenant_id = r.tenant_id AND o.id = r.post_id AND o.active
    JOIN sokuo.tenure t ON t.tenant_id = o.tenant_id AND t.post_id = o.id AND t.valid_from <= sokuo.today()
         AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
    JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id AND p.active
    LEFT JOIN LATERAL (
      SELECT c.address FROM sokuo.contact_point c
       WHERE c.tenant_id = p.tenant_id AND c.person_id = p.id AND c.kind = 1
       ORDER BY (c.private AND NOT $4::boolean), c.priority, (c.confirmed_at IS NULL), c.id LIMIT 1) k ON true
   WHERE r.tenant_id = $1::uuid AND (r.role IN (5, 7, 9)
      OR (r.role = 12 AND $2::uuid IS NOT NULL AND (r.scope_id = $2::uuid OR (r.scope_id IS NULL AND o.unit_id = $2::uuid))))
     AND r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
     AND p.id IS DISTINCT FROM $3::uuid) found
 WHERE place <= 3
 ORDER BY CASE role WHEN 9 THEN 1 WHEN 7 THEN 2 WHEN 5 THEN 3 ELSE 4 END, place;

-- name: incident_names :many
-- What they are called: sections (kind 1) and systems (kind 2) by id; unknown ids are not there.
SELECT 1::smallint AS kind, u.id, u.name FROM sokuo.unit u WHERE u.tenant_id = $1::uuid AND u.id = ANY ($2::uuid[])
UNION ALL
SELECT 2::smallint, y.id, y.name FROM sokuo.system y WHERE y.tenant_id = $1::uuid AND y.id = ANY ($3::uuid[]);

-- name: incident_situation :one
-- Situations of the city that raise severities.
SELECT coalesce((situation ->> 'election')::boolean, false) AS election,
       coalesce((situation ->> 'headquarters')::boolean, false) AS headquarters
  FROM sokuo.tenant WHERE id = $1::uuid;

-- name: incident_members :many
-- Who is named or excluded.
SELECT m.person_id, coalesce(p.name, '') AS person_name, m.access, m.reason, m.by_person_id, m.by_person_name,
       m.by_post_id, m.by_post_name, m.by_capacity, m.since, m.expires_at
  FROM sokuo.incident_member m LEFT JOIN sokuo.person p ON p.tenant_id = m.tenant_id AND p.id = m.person_id
 WHERE m.tenant_id = $1::uuid AND m.incident_id = $2::uuid
   AND (m.access = 2 OR m.expires_at IS NULL OR m.expires_at > sokuo.now())
 ORDER BY m.access, p.name, m.person_id LIMIT 1000;

-- name: incident_member_put :exec
-- After incident_save in the same unit: names or excludes a person, when the save took place ($2 operation, in this
-- transaction).
INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access, reason, by_person_id, by_person_name,
                                   by_post_id, by_post_name, by_capacity, expires_at)
SELECT $1::uuid, $3::uuid, $4::uuid, $5::smallint, $6::text, $7::uuid, $8::text, $9::uuid, $10::text, $11::smallint,
       $12::timestamptz
  FROM sokuo.journal j
 WHERE j.tenant_id = $1::uuid AND j.id = $13::uuid AND j.operation_id = $2::uuid
ON CONFLICT (tenant_id, incident_id, person_id) DO UPDATE
   SET access = excluded.access, reason = excluded.reason, by_person_id = excluded.by_person_id,
       by_person_name = excluded.by_person_name, by_post_id = excluded.by_post_id, by_post_name = excluded.by_post_name,
       by_capacity = excluded.by_capacity, since = sokuo.now(), expires_at = excluded.expires_at;

-- name: incident_member_drop :exec
-- As incident_member_put: takes the row away.
DELETE FROM sokuo.incident_member m USING sokuo.journal j
 WHERE m.tenant_id = $1::uuid AND m.incident_id = $3::uuid AND m.person_id = $4::uuid
   AND j.tenant_id = $1::uuid AND j.id = $5::uuid AND j.operation_id = $2::uuid;

-- name: incident_members_follow :exec
-- After incident_file in the same unit: who is named in or excluded from $2 is so in its part $3.
INSERT INTO sokuo.incident_member (tenant_id, incident_id, person_id, access, reason, by_person_id, by_person_name,
                                   by_post_id, by_post_name, by_capacity, expires_at)
SELECT m.tenant_id, $3::uuid, m.person_id, m.access, m.reason, m.by_person_id, m.by_person_name, m.by_post_id,
       m.by_post_name, m.by_capacity, m.expires_at
  FROM sokuo.incident_member m
 WHERE m.tenant_id = $1::uuid AND m.incident_id = $2::uuid
ON CONFLICT (tenant_id, incident_id, person_id) DO NOTHING;

-- name: incident_link_put :exec
-- After incident_save in the same unit: ties two incidents in both directions ($5 seen from $3, $6 seen from $4).
INSERT INTO sokuo.incident_link (tenant_id, incident_id, other_id, kind)
SELECT $1::uuid, v.a, v.b, v.kind FROM sokuo.journal j,
       (VALUES ($3::uuid, $4::uuid, $5::smallint), ($4::uuid, $3::uuid, $6::smallint)) v (a, b, kind)
 WHERE j.tenant_id = $1::uuid AND j.id = $7::uuid AND j.operation_id = $2::uuid
ON CONFLICT DO NOTHING;

-- name: incident_link_drop :exec
-- After incident_save in the same unit: unties them.
DELETE FROM sokuo.incident_link l USING sokuo.journal j
 WHERE l.tenant_id = $1::uuid AND j.tenant_id = $1::uuid AND j.id = $7::uuid AND j.operation_id = $2::uuid
   AND ((l.incident_id = $3::uuid AND l.other_id = $4::uuid AND l.kind = $5::smallint)
     OR (l.incident_id = $4::uuid AND l.other_id = $3::uuid AND l.kind = $6::smallint));

-- name: saved_filter_list :many
SELECT id, name, filter FROM sokuo.saved_filter
 WHERE tenant_id = $1::uuid AND person_id = $2::uuid ORDER BY name LIMIT 200;

-- name: saved_filter_put :one
-- The same name again replaces it; at most 100 a person.
INSERT INTO sokuo.saved_filter AS f (tenant_id, id, person_id, name, filter)
SELECT $1::uuid, $2::uuid, $3::uuid, $4::text, $5::bytea
 WHERE (SELECT count(*) FROM sokuo.saved_filter o WHERE o.tenant_id = $1::uuid AND o.person_id = $3::uuid
          AND o.name <> $4::text) < 100
ON CONFLICT (tenant_id, person_id, name) DO UPDATE SET filter = excluded.filter
RETURNING id;

-- name: saved_filter_drop :one
DELETE FROM sokuo.saved_filter WHERE tenant_id = $1::uuid AND id = $2::uuid AND person_id = $3::uuid RETURNING id;
