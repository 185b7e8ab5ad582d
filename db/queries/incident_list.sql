-- SPDX-License-Identifier: Apache-2.0
-- Lists, newest first: one query a way to look, each along its own index and never past a million rows. The caller picks
-- the narrowest (or, for readers with a narrow reach, all that can hold something for them), merges the places found
-- and reads the rows of one page.
-- All take: $1 tenant, $2 mode, ($3, $4) the place before, $5 filed from, $6 most (up to 201), and filter by
-- $7 states, $8 severities, $9 types, $10 open only, $11 handler, $12 without handler, $13 section, $14 system, $15 zone
-- (NULL does not filter). $16 says whose: a value, a person or a section.
-- The inner limit is written out so that the plan for all parameters is the one that walks the index.

-- name: incident_list_all :many
-- Of a mode.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_open :many
-- Open ones.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.is_open
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_state :many
-- In state $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.state = $16::smallint
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_severity :many
-- Of severity $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.severity = $16::smallint
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_type :many
-- Of type $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.incident_type = $16::smallint
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_handler :many
-- Handled by person $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.handler_id = $16::uuid
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_filer :many
-- Filed by person $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.filer_person_id = $16::uuid
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_commander :many
-- Commanded by person $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.commander_id = $16::uuid
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_filer_section :many
-- Filed by section $16.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.filer_section_id = $16::uuid
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_public :many
-- Public ones.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident i
   WHERE i.tenant_id = $1::uuid AND i.mode = $2::smallint AND i.confidentiality = 1
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_section :many
-- Concerning section $16.
SELECT filed_at, id FROM (
  SELECT s.filed_at, i.id FROM sokuo.incident_section s
    JOIN sokuo.incident i ON i.tenant_id = $1::uuid AND i.id = s.incident_id
   WHERE s.tenant_id = $1::uuid AND s.section_id = $16::uuid AND i.mode = $2::smallint
     AND (s.filed_at, s.incident_id) < ($3::timestamptz, $4::uuid) AND s.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY s.filed_at DESC, s.incident_id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_list_named :many
-- In which person $16 is named: few.
SELECT filed_at, id FROM (
  SELECT i.filed_at, i.id FROM sokuo.incident_member m
    JOIN sokuo.incident i ON i.tenant_id = $1::uuid AND i.id = m.incident_id
   WHERE m.tenant_id = $1::uuid AND m.person_id = $16::uuid AND m.access = 1 AND i.mode = $2::smallint
     AND (i.filed_at, i.id) < ($3::timestamptz, $4::uuid) AND i.filed_at >= $5::timestamptz
     AND ($7::smallint[] IS NULL OR i.state = ANY ($7::smallint[]))
     AND ($8::smallint[] IS NULL OR i.severity = ANY ($8::smallint[]))
     AND ($9::smallint[] IS NULL OR i.incident_type = ANY ($9::smallint[]))
     AND (NOT $10::boolean OR i.is_open) AND ($11::uuid IS NULL OR i.handler_id = $11::uuid)
     AND (NOT $12::boolean OR i.handler_id IS NULL) AND ($13::uuid IS NULL OR $13::uuid = ANY (i.section_ids))
     AND ($14::uuid IS NULL OR $14::uuid = ANY (i.system_ids)) AND ($15::smallint IS NULL OR $15::smallint = ANY (i.zones))
   ORDER BY i.filed_at DESC, i.id DESC LIMIT 201) page
 LIMIT $6::integer;

-- name: incident_many :many
-- Incidents by id ($2), as in lists: without description and names.
SELECT i.id, i.number, i.search_bucket, i.version, i.mode, i.confidentiality, i.wall, i.state, i.title,
       ''::text AS description, i.incident_type, i.secondary_types, i.severity, i.severity_assessed, i.severity_rules,
       i.occurred_at, i.filed_at, i.updated_at, i.closed_at, i.triage_due_at, i.monitoring_until, i.section_ids, i.facts,
       i.filer_person_id, i.filer_name, i.filer_post_id, i.filer_post_name, i.filer_capacity, i.filer_section_id,
       i.handler_id, i.handler_name, i.commander_id, i.commander_name, i.command_post_id, i.command_post_name,
       i.command_capacity, i.commanded_since, i.merged_into_id, i.unseal_by, i.unseal_role,
       CASE WHEN i.wall = 2 OR (SELECT sokuo.reach()) = 'own' THEN
         (SELECT m.access FROM sokuo.incident_member m
           WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id AND m.person_id = sokuo.person()
             AND (m.access = 2 OR m.expires_at IS NULL OR m.expires_at > sokuo.now())) END AS member_access,
       NULL::text[] AS section_names, NULL::text[] AS system_names, false AS has_links
  FROM sokuo.incident i
 WHERE i.tenant_id = $1::uuid AND i.id = ANY ($2::uuid[]);
