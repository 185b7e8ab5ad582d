-- SPDX-License-Identifier: Apache-2.0
-- Contact points: a person's own, and codes that prove them. The journal never holds an address, a code or a key.

-- name: contact_list :many
-- Of the person $2 by priority; only the one with $3. has_channel: something in use could reach it.
SELECT k.id, k.person_id, k.kind, k.address, k.priority, k.private, k.confirmed_at, k.device_name, k.last_sent_at, k.last_fault,
       k.confirmed_at IS NULL OR k.confirmed_at < sokuo.now() - interval '90 days' AS is_stale,
       k.code_hash IS NOT NULL AND k.code_until > sokuo.now() AS awaits_code,
       EXISTS (SELECT FROM sokuo.channel c WHERE c.tenant_id = k.tenant_id AND c.enabled AND k.kind = ANY (c.reaches)) AS has_channel
  FROM sokuo.contact_point k
 WHERE k.tenant_id = $1::uuid AND k.person_id = $2::uuid AND ($3::uuid IS NULL OR k.id = $3::uuid)
 ORDER BY k.priority, k.kind, k.address;

-- name: contact_put :one
-- $2 id, $3 whether it is new, $4 person, $5 kind, $6 address, $7 priority (0: last), $8 private, $9 p256dh, $10 auth,
-- $11 device; operation (NULL: none): $12 id, $13 method, $14 request hash; $15-$20 note_who. The others move up or down.
-- Another address is to be confirmed anew. $21 at most so many. No row: nothing such, done before, or too many.
WITH mine AS (
  SELECT k.id, row_number() OVER (ORDER BY k.priority, k.kind, k.address)::integer AS n
    FROM sokuo.contact_point k WHERE k.tenant_id = $1::uuid AND k.person_id = $4::uuid AND k.id <> $2::uuid),
old AS (
  SELECT to_jsonb(k) - '{address,code_hash,code_until,code_tries,p256dh,auth,device_name,last_sent_at,last_fault}'::text[] AS row
    FROM sokuo.contact_point k WHERE k.tenant_id = $1::uuid AND k.id = $2::uuid AND k.person_id = $4::uuid),
saved AS (
  INSERT INTO sokuo.contact_point AS k (tenant_id, id, person_id, kind, address, priority, private, p256dh, auth, device_name)
  SELECT $1::uuid, $2::uuid, $4::uuid, $5::smallint, $6::text,
         least(CASE WHEN $7::smallint <= 0 THEN 99 ELSE $7::smallint END, (SELECT count(*) + 1 FROM mine)), $8::boolean,
         $9::bytea, $10::bytea, $11::text
   WHERE $3::boolean <> EXISTS (SELECT FROM old) AND (SELECT count(*) FROM mine) < $21::integer
     AND EXISTS (SELECT FROM sokuo.person p WHERE p.tenant_id = $1::uuid AND p.id = $4::uuid)
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $12::uuid)
  ON CONFLICT (tenant_id, id) DO UPDATE
    SET kind = excluded.kind, address = excluded.address, priority = excluded.priority, private = excluded.private,
        p256dh = excluded.p256dh, auth = excluded.auth, device_name = excluded.device_name,
        confirmed_at = CASE WHEN (k.kind, k.address) = (excluded.kind, excluded.address) THEN k.confirmed_at END,
        code_hash = CASE WHEN (k.kind, k.address) = (excluded.kind, excluded.address) THEN k.code_hash END,
        last_fault = CASE WHEN (k.kind, k.address) = (excluded.kind, excluded.address) THEN k.last_fault ELSE '' END
    WHERE k.person_id = $4::uuid
  RETURNING k.*),
moved AS (
  UPDATE sokuo.contact_point k SET priority = m.n + (m.n >= saved.priority)::integer
    FROM mine m, saved
   WHERE k.tenant_id = $1::uuid AND k.id = m.id AND k.priority <> m.n + (m.n >= saved.priority)::integer),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $12::uuid, $16::uuid, $13::text, $14::bytea FROM saved WHERE $12::uuid IS NOT NULL),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $15::uuid, 'directory', saved.id, 0, 'contact_point.saved', 0, sokuo.now(),
         $16::uuid, $17::text, $18::uuid, $19::text, $20::smallint, $12::uuid,
         sokuo.changes((SELECT row FROM old),
                       to_jsonb(saved) - '{address,code_hash,code_until,code_tries,p256dh,auth,device_name,last_sent_at,last_fault}'::text[])
    FROM saved)
SELECT id FROM saved;

-- name: contact_language :one
SELECT p.language FROM sokuo.person p WHERE p.tenant_id = $1::uuid AND p.id = $2::uuid;

-- name: contact_language_set :one
-- $2 operation, $3 language; operation: $4 method, $5 request hash; $6-$11 note_who: the person. No row: done before.
WITH changed AS (
  UPDATE sokuo.person p SET language = $3::smallint
   WHERE p.tenant_id = $1::uuid AND p.id = $7::uuid
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid)
  RETURNING p.id),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, id, $4::text, $5::bytea FROM changed),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $6::uuid, 'directory', id, 0, 'person.language', 0, sokuo.now(),
         $7::uuid, $8::text, $9::uuid, $10::text, $11::smallint, $2::uuid,
         jsonb_build_array(jsonb_build_object('field', 'language', 'before', NULL, 'after', $3::smallint))
    FROM changed)
SELECT id FROM changed;

-- name: contact_remove :one
-- Only of the person $3, unless that is NULL; operation (NULL: none): $4 id, $5 method, $6 request hash; $7-$12 note_who.
-- No row: there is none such, or it was done before.
WITH removed AS (
  DELETE FROM sokuo.contact_point k
   WHERE k.tenant_id = $1::uuid AND k.id = $2::uuid AND ($3::uuid IS NULL OR k.person_id = $3::uuid)
     AND NOT EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $4::uuid)
  RETURNING k.id, k.person_id, k.kind, k.priority, k.private),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $4::uuid, $8::uuid, $5::text, $6::bytea FROM removed WHERE $4::uuid IS NOT NULL),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id, changes)
  SELECT $1::uuid, $7::uuid, 'directory', removed.id, 0, 'contact_point.deleted', 0, sokuo.now(),
         $8::uuid, $9::text, $10::uuid, $11::text, $12::smallint, $4::uuid, sokuo.changes(NULL, to_jsonb(removed))
    FROM removed)
SELECT id FROM removed;

-- name: contact_test :one
-- $2 operation and notice, $3 contact point, $4 its person, $5 hash of the code, $6 text with the code; operation: $7 method,
-- $8 request hash; $9-$14 note_who. At most one a minute to a contact point and ten an hour for a person. One row always:
-- what came of it (DONE, KNOWN, NONE, NO_CHANNEL, TOO_SOON, TOO_MANY).
WITH point AS (
  SELECT k.id, k.kind,
         EXISTS (SELECT FROM sokuo.channel c WHERE c.tenant_id = k.tenant_id AND c.enabled AND k.kind = ANY (c.reaches)) AS has_channel
    FROM sokuo.contact_point k WHERE k.tenant_id = $1::uuid AND k.id = $3::uuid AND k.person_id = $4::uuid),
recent AS (
  SELECT n.contact_point_id, n.queued_at FROM sokuo.notice n
   WHERE n.tenant_id = $1::uuid AND n.person_id = $4::uuid AND n.kind = 3 AND n.queued_at > sokuo.now() - interval '1 hour'),
outcome AS (
  SELECT CASE WHEN EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid) THEN 'KNOWN'
              WHEN NOT EXISTS (SELECT FROM point) THEN 'NONE'
              WHEN NOT (SELECT has_channel FROM point) THEN 'NO_CHANNEL'
              WHEN EXISTS (SELECT FROM recent WHERE contact_point_id = $3::uuid AND queued_at > sokuo.now() - interval '1 minute')
                THEN 'TOO_SOON'
              WHEN (SELECT count(*) FROM recent) >= 10 THEN 'TOO_MANY'
              ELSE 'DONE' END AS word),
coded AS (
  UPDATE sokuo.contact_point k SET code_hash = $5::bytea, code_until = sokuo.now() + interval '15 minutes', code_tries = 0
    FROM outcome o WHERE k.tenant_id = $1::uuid AND k.id = $3::uuid AND o.word = 'DONE'
  RETURNING k.id, k.kind),
replaced AS ( -- an older code is worth nothing now
  UPDATE sokuo.notice n SET state = 4, next_at = NULL, reason = 'REPLACED'
    FROM coded WHERE n.tenant_id = $1::uuid AND n.contact_point_id = coded.id AND n.kind = 3 AND n.state = 1),
queued AS (
  INSERT INTO sokuo.notice (tenant_id, id, dedup_key, kind, person_id, contact_point_id, contact_kind, text)
  SELECT $1::uuid, $2::uuid, 'test:' || $2::uuid, 3, $4::uuid, coded.id, coded.kind, $6::text FROM coded),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $10::uuid, $7::text, $8::bytea FROM coded),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $9::uuid, 'directory', coded.id, 0, 'contact_point.tested', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint, $2::uuid
    FROM coded)
SELECT word FROM outcome;

-- name: contact_test_notice :one
-- The notice $2 of a test of the person $3.
SELECT n.id, n.person_id, p.name AS person_name, n.contact_kind, n.state, n.attempts, n.reason, n.queued_at, n.sent_at, n.next_at,
       n.mode
  FROM sokuo.notice n
  JOIN sokuo.person p ON p.tenant_id = n.tenant_id AND p.id = n.person_id
 WHERE n.tenant_id = $1::uuid AND n.id = $2::uuid AND n.person_id = $3::uuid AND n.kind = 3;

-- name: contact_confirm :one
-- $2 operation, $3 contact point, $4 its person, $5 hash of the code (NULL: by word), $6 most tries; operation: $7 method,
-- $8 request hash; $9-$14 note_who. One row always: what came of it (DONE, KNOWN, NONE, NO_CODE, EXPIRED, SPENT, WRONG), and
-- how many tries are left.
WITH point AS (
  SELECT k.* FROM sokuo.contact_point k
   WHERE k.tenant_id = $1::uuid AND k.id = $3::uuid AND k.person_id = $4::uuid FOR UPDATE),
outcome AS (
  SELECT CASE WHEN EXISTS (SELECT FROM sokuo.operation o WHERE o.tenant_id = $1::uuid AND o.id = $2::uuid) THEN 'KNOWN'
              WHEN NOT EXISTS (SELECT FROM point) THEN 'NONE'
              WHEN $5::bytea IS NULL THEN 'DONE'
              WHEN (SELECT code_hash IS NULL FROM point) THEN 'NO_CODE'
              WHEN (SELECT code_until <= sokuo.now() FROM point) THEN 'EXPIRED'
              WHEN (SELECT code_tries >= $6::integer FROM point) THEN 'SPENT'
              WHEN (SELECT code_hash <> $5::bytea FROM point) THEN 'WRONG'
              ELSE 'DONE' END AS word),
tried AS (
  UPDATE sokuo.contact_point k
     SET code_tries = k.code_tries + (o.word = 'WRONG')::integer,
         confirmed_at = CASE o.word WHEN 'DONE' THEN sokuo.now() ELSE k.confirmed_at END,
         code_hash = CASE o.word WHEN 'DONE' THEN NULL ELSE k.code_hash END,
         last_fault = CASE o.word WHEN 'DONE' THEN '' ELSE k.last_fault END
    FROM outcome o, point
   WHERE k.tenant_id = $1::uuid AND k.id = point.id AND o.word IN ('DONE', 'WRONG')
  RETURNING k.id, k.code_tries, o.word),
operation AS (
  INSERT INTO sokuo.operation (tenant_id, id, person_id, method, request_hash)
  SELECT $1::uuid, $2::uuid, $10::uuid, $7::text, $8::bytea FROM tried WHERE word = 'DONE'),
noted AS (
  INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, wall, occurred_at,
                             person_id, person_name, post_id, post_name, capacity, operation_id)
  SELECT $1::uuid, $9::uuid, 'directory', tried.id, 0, 'contact_point.confirmed', 0, sokuo.now(),
         $10::uuid, $11::text, $12::uuid, $13::text, $14::smallint, $2::uuid
    FROM tried WHERE word = 'DONE')
SELECT word, greatest($6::integer - coalesce((SELECT code_tries FROM tried), 0), 0) AS tries_left FROM outcome;

-- name: contact_confirm_demo :exec
-- The people of the demo city have confirmed what they are reached by; only addresses that are given out to nobody.
UPDATE sokuo.contact_point k SET confirmed_at = sokuo.now() - interval '20 days'
 WHERE k.tenant_id = $1::uuid AND k.confirmed_at IS NULL
   AND (k.address LIKE '090-0000-%' OR k.address LIKE '0836-00-%' OR k.address LIKE '%@city-tokiwa.example.jp');
