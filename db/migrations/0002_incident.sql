-- SPDX-License-Identifier: Apache-2.0
-- Incidents, who may see them, their numbers, search, and the intake queue.

-- Last number per fiscal year and mode: gapless, because it commits with the incident.
CREATE TABLE sokuo.incident_counter (
  tenant_id   uuid NOT NULL REFERENCES sokuo.tenant,
  fiscal_year smallint NOT NULL, -- April to March, JST
  mode        smallint NOT NULL,
  last        integer NOT NULL,
  PRIMARY KEY (tenant_id, fiscal_year, mode)
) WITH (fillfactor = 10);

CREATE TABLE sokuo.incident (
  tenant_id         uuid NOT NULL REFERENCES sokuo.tenant,
  id                uuid NOT NULL,
  number            text NOT NULL,     -- 2026-0042, 訓-2026-0003, 試-2026-0001
  search_bucket     integer NOT NULL,  -- fiscal year * 1000 + serial of the filing / 4096: search goes from new to old
  version           integer NOT NULL DEFAULT 1, -- also the last stream_seq of its journal
  mode              smallint NOT NULL CHECK (mode BETWEEN 1 AND 3),
  confidentiality   smallint NOT NULL CHECK (confidentiality BETWEEN 1 AND 5),
  wall              smallint NOT NULL CHECK (wall BETWEEN 0 AND 2), -- see sokuo.journal
  state             smallint NOT NULL CHECK (state BETWEEN 1 AND 14),
  is_open           boolean NOT NULL GENERATED ALWAYS AS (state NOT IN (10, 11, 12, 13, 14)) STORED,
  title             text NOT NULL,
  description       text NOT NULL DEFAULT '',
  incident_type     smallint NOT NULL DEFAULT 0,
  secondary_types   smallint[] NOT NULL DEFAULT '{}',
  severity          smallint NOT NULL DEFAULT 0 CHECK (severity BETWEEN 0 AND 5), -- Severity: S0 = 1 … S4 = 5
  severity_assessed boolean NOT NULL DEFAULT false,
  severity_rules    text[] NOT NULL DEFAULT '{}',
  occurred_at       timestamptz, -- NULL = 不明
  filed_at          timestamptz NOT NULL DEFAULT sokuo.now(),
  updated_at        timestamptz NOT NULL DEFAULT sokuo.now(),
  closed_at         timestamptz,
  triage_due_at     timestamptz, -- NULL once triaged
  monitoring_until  timestamptz,
  -- Facts that lists and rules read; all of them are in facts.
  zones             smallint[] NOT NULL DEFAULT '{}',
  section_ids       uuid[] NOT NULL DEFAULT '{}',
  system_ids        uuid[] NOT NULL DEFAULT '{}',
  facts             bytea NOT NULL DEFAULT '', -- protobuf IncidentFacts
  filer_person_id   uuid, -- NULL: an integration
  filer_name        text NOT NULL DEFAULT '',
  filer_post_id     uuid,
  filer_post_name   text NOT NULL DEFAULT '',
  filer_capacity    smallint NOT NULL DEFAULT 1,
  filer_section_id  uuid,
  handler_id        uuid,
  handler_name      text NOT NULL DEFAULT '',
  commander_id      uuid,
  commander_name    text NOT NULL DEFAULT '',
  command_post_id   uuid,
  command_post_name text NOT NULL DEFAULT '',
  command_capacity  smallint NOT NULL DEFAULT 0,
  commanded_since   timestamptz,
  merged_into_id    uuid,
  unseal_by         uuid,     -- first of the two who open a sealed incident
  unseal_role       smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, number)
) WITH (fillfactor = 85);
-- List pages: newest first, by mode; open ones are few and have indexes of their own.
CREATE INDEX incident_list ON sokuo.incident (tenant_id, mode, filed_at DESC, id DESC);
CREATE INDEX incident_open ON sokuo.incident (tenant_id, mode, filed_at DESC, id DESC) WHERE is_open;
CREATE INDEX incident_state ON sokuo.incident (tenant_id, mode, state, filed_at DESC, id DESC);
CREATE INDEX incident_severity ON sokuo.incident (tenant_id, mode, severity, filed_at DESC, id DESC);
CREATE INDEX incident_type ON sokuo.incident (tenant_id, mode, incident_type, filed_at DESC, id DESC);
CREATE INDEX incident_handler ON sokuo.incident (tenant_id, handler_id, filed_at DESC, id DESC)
  WHERE handler_id IS NOT NULL;
CREATE INDEX incident_commander ON sokuo.incident (tenant_id, commander_id, filed_at DESC, id DESC)
  WHERE commander_id IS NOT NULL;
CREATE INDEX incident_filer ON sokuo.incident (tenant_id, filer_person_id, filed_at DESC, id DESC)
  WHERE filer_person_id IS NOT NULL;
CREATE INDEX incident_filer_section ON sokuo.incident (tenant_id, filer_section_id, filed_at DESC, id DESC)
  WHERE filer_section_id IS NOT NULL;
CREATE INDEX incident_public ON sokuo.incident (tenant_id, mode, filed_at DESC, id DESC) WHERE confidentiality = 1;
CREATE INDEX incident_triage_due ON sokuo.incident (triage_due_at) WHERE triage_due_at IS NOT NULL;

-- Persons named or excluded. Filer, handler and commander read by their columns, not by rows here.
CREATE TABLE sokuo.incident_member (
  tenant_id      uuid NOT NULL,
  incident_id    uuid NOT NULL,
  person_id      uuid NOT NULL,
  access         smallint NOT NULL CHECK (access IN (1, 2)), -- MemberAccess: named, excluded
  reason         text NOT NULL DEFAULT '',
  by_person_id   uuid,
  by_person_name text NOT NULL DEFAULT '',
  by_post_id     uuid,
  by_post_name   text NOT NULL DEFAULT '',
  by_capacity    smallint NOT NULL DEFAULT 1,
  since          timestamptz NOT NULL DEFAULT sokuo.now(),
  expires_at     timestamptz,
  PRIMARY KEY (tenant_id, incident_id, person_id)
);
CREATE INDEX incident_member_person ON sokuo.incident_member (tenant_id, person_id, access);

-- Sections concerned (facts), for the readers of an internal incident.
CREATE TABLE sokuo.incident_section (
  tenant_id   uuid NOT NULL,
  section_id  uuid NOT NULL,
  filed_at    timestamptz NOT NULL DEFAULT sokuo.now(), -- of the incident: lists go from new to old
  incident_id uuid NOT NULL,
  PRIMARY KEY (tenant_id, section_id, filed_at, incident_id)
);
CREATE INDEX incident_section_incident ON sokuo.incident_section (tenant_id, incident_id);

-- Both directions are kept.
CREATE TABLE sokuo.incident_link (
  tenant_id   uuid NOT NULL,
  incident_id uuid NOT NULL,
  other_id    uuid NOT NULL,
  kind        smallint NOT NULL CHECK (kind BETWEEN 1 AND 7), -- LinkKind, seen from incident_id
  PRIMARY KEY (tenant_id, incident_id, other_id, kind)
);

CREATE TABLE sokuo.saved_filter (
  tenant_id uuid NOT NULL,
  id        uuid NOT NULL,
  person_id uuid NOT NULL,
  name      text NOT NULL,
  filter    bytea NOT NULL, -- protobuf IncidentFilter
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, person_id, name)
);

-- One row a searchable text: an incident's own (journal_id = incident_id) or a chronology entry's.
-- lexemes holds every bigram twice, "ab" and "ab<bucket>": a search of a common word goes bucket by bucket from the
-- newest, one of a rare word at once (decision 0021).
CREATE TABLE sokuo.search_text (
  tenant_id   uuid NOT NULL,
  incident_id uuid NOT NULL,
  journal_id  uuid NOT NULL,
  bucket      integer NOT NULL,
  mode        smallint NOT NULL,
  wall        smallint NOT NULL DEFAULT 0,
  folded      text NOT NULL,
  lexemes     tsvector NOT NULL,
  PRIMARY KEY (tenant_id, journal_id)
);
CREATE INDEX search_text_lexemes ON sokuo.search_text USING gin (lexemes);
CREATE INDEX search_text_incident ON sokuo.search_text (tenant_id, incident_id);

CREATE TABLE sokuo.integration (
  tenant_id       uuid NOT NULL REFERENCES sokuo.tenant,
  id              uuid NOT NULL,
  name            text NOT NULL,
  kind            smallint NOT NULL CHECK (kind BETWEEN 1 AND 3), -- IntegrationKind
  mode            smallint NOT NULL CHECK (mode BETWEEN 1 AND 3),
  enabled         boolean NOT NULL DEFAULT true,
  token_hash      bytea NOT NULL UNIQUE,
  token_prefix    text NOT NULL,
  hmac_secret     bytea, -- encrypted
  mapping         bytea NOT NULL DEFAULT '', -- protobuf HookMapping
  intake_rule     bytea NOT NULL DEFAULT '', -- protobuf IntakeRule
  rate_per_minute integer NOT NULL DEFAULT 120,
  last_seen_at    timestamptz,
  created_at      timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, name)
);

-- Requests and new items of an integration in the present minute.
CREATE TABLE sokuo.integration_rate (
  tenant_id      uuid NOT NULL,
  integration_id uuid NOT NULL,
  minute         timestamptz NOT NULL,
  requests       integer NOT NULL DEFAULT 0,
  new_items      integer NOT NULL DEFAULT 0,
  PRIMARY KEY (tenant_id, integration_id)
) WITH (fillfactor = 10);

CREATE TABLE sokuo.intake_item (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  integration_id uuid NOT NULL,
  mode           smallint NOT NULL,
  state          smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 4), -- ItemState
  version        integer NOT NULL DEFAULT 1,
  dedup_key      text NOT NULL,
  title          text NOT NULL,
  description    text NOT NULL DEFAULT '',
  severity       smallint NOT NULL DEFAULT 0,
  labels         jsonb NOT NULL DEFAULT '[]', -- [{"name":…,"value":…}]
  count          integer NOT NULL DEFAULT 1,
  first_seen_at  timestamptz NOT NULL DEFAULT sokuo.now(),
  last_seen_at   timestamptz NOT NULL DEFAULT sokuo.now(),
  started_at     timestamptz,
  resolved_at    timestamptz,
  incident_id    uuid,
  source_url     text NOT NULL DEFAULT '',
  truncated      integer NOT NULL DEFAULT 0,
  folded         integer NOT NULL DEFAULT 0,
  dismiss_reason text NOT NULL DEFAULT '',
  raw            text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, integration_id) REFERENCES sokuo.integration
);
-- One living item a key: repetitions fold into it.
CREATE UNIQUE INDEX intake_item_dedup ON sokuo.intake_item (tenant_id, integration_id, dedup_key)
  WHERE state IN (1, 3) AND resolved_at IS NULL;
CREATE INDEX intake_item_key ON sokuo.intake_item (tenant_id, integration_id, dedup_key);
CREATE INDEX intake_item_queue ON sokuo.intake_item (tenant_id, first_seen_at DESC, id DESC) WHERE state IN (1, 2);
CREATE INDEX intake_item_list ON sokuo.intake_item (tenant_id, first_seen_at DESC, id DESC);
CREATE INDEX intake_item_incident ON sokuo.intake_item (tenant_id, incident_id) WHERE incident_id IS NOT NULL;

-- The alerts of one delivery, as ingest hands them over; times in microseconds since 1970. within_rate: the
-- integration's requests of this minute (counted before in the same transaction) are within its limit.
CREATE FUNCTION sokuo.intake_alerts(tenant uuid, integration uuid, alerts jsonb)
  RETURNS TABLE (seq integer, item_id uuid, journal_id uuid, action smallint, dedup_key text, title text,
    description text, severity smallint, labels jsonb, repeats integer, started_at timestamptz, ended_at timestamptz,
    source_url text, truncated integer, raw text, within_rate boolean)
  LANGUAGE sql STABLE
  AS $$
    SELECT a.seq, a.item_id, a.journal_id, a.action, a.dedup_key, a.title, a.description, a.severity, a.labels, a.repeats,
           'epoch'::timestamptz + a.started_us * interval '1 microsecond',
           'epoch'::timestamptz + a.ended_us * interval '1 microsecond',
           a.source_url, a.truncated, a.raw,
           EXISTS (SELECT FROM sokuo.integration_rate r
                     JOIN sokuo.integration i ON i.tenant_id = r.tenant_id AND i.id = r.integration_id
                    WHERE r.tenant_id = tenant AND r.integration_id = integration AND r.requests <= i.rate_per_minute)
      FROM jsonb_to_recordset(alerts) AS a(seq integer, item_id uuid, journal_id uuid, action smallint, dedup_key text,
             title text, description text, severity smallint, labels jsonb, repeats integer, started_us bigint,
             ended_us bigint, source_url text, truncated integer, raw text)
  $$;
