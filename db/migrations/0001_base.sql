-- SPDX-License-Identifier: Apache-2.0
-- The ground: clock, tenants, organisation, accounts, operations, journal.
-- Every table carries tenant_id and every key starts with it. Row-level security is the second wall: sokuo_app sees one
-- tenant, and of it what sokuo.person, sokuo.reach and sokuo.section allow (set at the head of every unit).

-- The clock of every decision. Tests replace the function to set it.
CREATE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT pg_catalog.now() $$;

-- Today in Japan.
CREATE FUNCTION sokuo.today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT (sokuo.now() AT TIME ZONE 'Asia/Tokyo')::date $$;

-- Identity of the unit, as the server set it; NULL (nothing visible) when it did not.
CREATE FUNCTION sokuo.tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(pg_catalog.current_setting('sokuo.tenant', true), '')::uuid $$;
CREATE FUNCTION sokuo.person() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(pg_catalog.current_setting('sokuo.person', true), '')::uuid $$;
CREATE FUNCTION sokuo.section() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(pg_catalog.current_setting('sokuo.section', true), '')::uuid $$;
-- 'all': a duty that reads every incident up to restricted; 'system': the server itself; else 'own'.
CREATE FUNCTION sokuo.reach() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(nullif(pg_catalog.current_setting('sokuo.reach', true), ''), 'own') $$;

-- What differs between two rows, for the journal: [{"field":…,"before":…,"after":…}]; NULL when nothing does.
CREATE FUNCTION sokuo.changes(old jsonb, new jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT jsonb_agg(jsonb_build_object('field', key, 'before', old -> key, 'after', value) ORDER BY key)
      FROM jsonb_each(new)
     WHERE key NOT IN ('tenant_id', 'id', 'folded') AND (old -> key) IS DISTINCT FROM value
  $$;

CREATE TABLE sokuo.tenant (
  id         uuid PRIMARY KEY,
  code       text NOT NULL UNIQUE,
  name       text NOT NULL,
  -- Situations that raise severities, kept by people: {"election": true, "headquarters": true}
  situation  jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT sokuo.now()
);

-- Organ, department, section: one tree.
CREATE TABLE sokuo.unit (
  tenant_id uuid NOT NULL REFERENCES sokuo.tenant,
  id        uuid NOT NULL,
  kind      smallint NOT NULL CHECK (kind BETWEEN 1 AND 3), -- UnitKind
  code      text NOT NULL,
  name      text NOT NULL,
  parent_id uuid,
  phone     text NOT NULL DEFAULT '',
  active    boolean NOT NULL DEFAULT true,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code),
  FOREIGN KEY (tenant_id, parent_id) REFERENCES sokuo.unit
);

-- A unit and all below it: organ, department, section are three levels.
CREATE FUNCTION sokuo.units_below(tenant uuid, top uuid) RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT u.id
      FROM sokuo.unit u
      LEFT JOIN sokuo.unit p ON p.tenant_id = u.tenant_id AND p.id = u.parent_id
     WHERE u.tenant_id = units_below.tenant AND units_below.top IN (u.id, u.parent_id, p.parent_id)
  $$;

CREATE TABLE sokuo.post (
  tenant_id uuid NOT NULL,
  id        uuid NOT NULL,
  code      text NOT NULL,
  name      text NOT NULL,
  unit_id   uuid NOT NULL,
  rank      smallint NOT NULL DEFAULT 5 CHECK (rank BETWEEN 1 AND 5),
  active    boolean NOT NULL DEFAULT true,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code),
  FOREIGN KEY (tenant_id, unit_id) REFERENCES sokuo.unit
);
CREATE INDEX post_unit ON sokuo.post (tenant_id, unit_id);

CREATE TABLE sokuo.person (
  tenant_id uuid NOT NULL REFERENCES sokuo.tenant,
  id        uuid NOT NULL,
  code      text NOT NULL,
  name      text NOT NULL,
  kana      text NOT NULL DEFAULT '',
  folded    text NOT NULL DEFAULT '', -- name, kana and code folded for look-up (text_fold)
  kind      smallint NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 8), -- PersonKind
  active    boolean NOT NULL DEFAULT true,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code)
);

-- Persons in posts over time. valid_until is the day after the last.
CREATE TABLE sokuo.tenure (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  person_id   uuid NOT NULL,
  post_id     uuid NOT NULL,
  kind        smallint NOT NULL DEFAULT 1 CHECK (kind BETWEEN 1 AND 4), -- TenureKind
  valid_from  date NOT NULL,
  valid_until date,
  CHECK (valid_until IS NULL OR valid_until > valid_from),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, person_id, post_id, valid_from),
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person,
  FOREIGN KEY (tenant_id, post_id) REFERENCES sokuo.post
);
CREATE INDEX tenure_post ON sokuo.tenure (tenant_id, post_id, valid_from);

-- Posts that a person holds today, the one to act in first: regular, then concurrent, then as deputy.
CREATE FUNCTION sokuo.held(tenant uuid, person uuid)
  RETURNS TABLE (post_id uuid, post_name text, unit_id uuid, kind smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT t.post_id, o.name, o.unit_id, t.kind
      FROM sokuo.tenure t
      JOIN sokuo.post o ON o.tenant_id = t.tenant_id AND o.id = t.post_id AND o.active
     WHERE t.tenant_id = held.tenant AND t.person_id = held.person
       AND t.valid_from <= sokuo.today() AND (t.valid_until IS NULL OR t.valid_until > sokuo.today())
     ORDER BY (t.kind <> 1), (t.kind <> 3), o.rank, o.code
  $$;

-- Duties of posts over time; scope is a unit or a system, NULL = the whole city.
CREATE TABLE sokuo.role_assignment (
  tenant_id   uuid NOT NULL,
  id          uuid NOT NULL,
  post_id     uuid NOT NULL,
  role        smallint NOT NULL CHECK (role BETWEEN 1 AND 62), -- Role
  scope_id    uuid,
  valid_from  date NOT NULL,
  valid_until date,
  CHECK (valid_until IS NULL OR valid_until > valid_from),
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, post_id) REFERENCES sokuo.post
);
CREATE UNIQUE INDEX role_assignment_once ON sokuo.role_assignment
  (tenant_id, post_id, role, coalesce(scope_id, '00000000-0000-0000-0000-000000000000'), valid_from);
CREATE INDEX role_assignment_role ON sokuo.role_assignment (tenant_id, role);

-- Duties a person has today, by whatever post: bit 1 << Role. Wherever they hold, or only those for the whole city: one
-- for an organ, a section or a system is not.
-- PL/pgSQL keeps its plan: every session that is looked up asks.
CREATE FUNCTION sokuo.duties(tenant uuid, person uuid, of_city_only boolean DEFAULT false) RETURNS bigint
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  AS $$
BEGIN
  RETURN (
    SELECT coalesce(bit_or(1::bigint << r.role), 0)
      FROM sokuo.held(duties.tenant, duties.person) h
      JOIN sokuo.role_assignment r ON r.tenant_id = duties.tenant AND r.post_id = h.post_id
     WHERE r.valid_from <= sokuo.today() AND (r.valid_until IS NULL OR r.valid_until > sokuo.today())
       AND (r.scope_id IS NULL OR NOT duties.of_city_only));
END
  $$;

CREATE TABLE sokuo.contact_point (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  person_id    uuid NOT NULL,
  kind         smallint NOT NULL CHECK (kind BETWEEN 1 AND 4), -- ContactKind
  address      text NOT NULL,
  priority     smallint NOT NULL DEFAULT 1,
  private      boolean NOT NULL DEFAULT false,
  confirmed_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, person_id, kind, address),
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person
);

CREATE TABLE sokuo.system (
  tenant_id          uuid NOT NULL REFERENCES sokuo.tenant,
  id                 uuid NOT NULL,
  code               text NOT NULL,
  name               text NOT NULL,
  section_id         uuid,
  zone               smallint NOT NULL DEFAULT 0 CHECK (zone BETWEEN 0 AND 9), -- NetworkZone
  availability_level smallint NOT NULL DEFAULT 0 CHECK (availability_level BETWEEN 0 AND 2),
  active             boolean NOT NULL DEFAULT true,
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, code),
  FOREIGN KEY (tenant_id, section_id) REFERENCES sokuo.unit
);

-- Local accounts. TOTP secrets are encrypted with the key in the data directory.
CREATE TABLE sokuo.account (
  tenant_id            uuid NOT NULL,
  id                   uuid NOT NULL,
  person_id            uuid NOT NULL,
  login                text NOT NULL CHECK (login = lower(login)),
  password_hash        text NOT NULL,
  must_change_password boolean NOT NULL DEFAULT true,
  totp_secret          bytea,
  totp_pending         bytea,                     -- enrolment begun, not confirmed
  totp_last_step       bigint NOT NULL DEFAULT 0, -- no code is taken twice (RFC 6238 5.2)
  enabled              boolean NOT NULL DEFAULT true,
  last_login_at        timestamptz,
  created_at           timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id),
  UNIQUE (tenant_id, login),
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person
);
CREATE INDEX account_login ON sokuo.account (login); -- before the tenant is known
CREATE INDEX account_person ON sokuo.account (tenant_id, person_id);

-- SHA-256 of printed recovery codes; a used one is deleted.
CREATE TABLE sokuo.recovery_code (
  tenant_id  uuid NOT NULL,
  account_id uuid NOT NULL,
  code_hash  bytea NOT NULL,
  PRIMARY KEY (tenant_id, account_id, code_hash),
  FOREIGN KEY (tenant_id, account_id) REFERENCES sokuo.account
);

-- Sessions of browsers and API tokens: opaque 256-bit secrets, stored as SHA-256.
CREATE TABLE sokuo.session (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  account_id   uuid NOT NULL,
  secret_hash  bytea NOT NULL UNIQUE,
  is_token     boolean NOT NULL DEFAULT false,
  name         text NOT NULL DEFAULT '', -- tokens: what for
  prefix       text NOT NULL DEFAULT '', -- tokens: first characters
  created_at   timestamptz NOT NULL DEFAULT sokuo.now(),
  last_used_at timestamptz NOT NULL DEFAULT sokuo.now(),
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  ip           text NOT NULL DEFAULT '',
  user_agent   text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, account_id) REFERENCES sokuo.account
);
CREATE INDEX session_account ON sokuo.session (tenant_id, account_id);
CREATE INDEX session_expiry ON sokuo.session (expires_at);

-- Failed logins by key: slows down, never locks out (decision 0026). "login:<login>" and "login:<login>@<network>"
-- count in a row, "address:<network>" within a minute; "known:<login>@<network>" remembers where a login succeeded.
CREATE TABLE sokuo.login_throttle (
  key        text PRIMARY KEY,
  failures   integer NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT sokuo.now(),
  updated_at timestamptz NOT NULL DEFAULT sokuo.now()
);
CREATE INDEX login_throttle_age ON sokuo.login_throttle (updated_at);

-- First answers by operation id: the same id again returns the same answer.
CREATE TABLE sokuo.operation (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  person_id    uuid,           -- NULL: an integration or the server
  method       text NOT NULL,
  request_hash bytea NOT NULL, -- another request under the same id is refused
  response     bytea,          -- protobuf of the answer, completed by number, seq and recorded_at
  number       text,
  seq          integer,
  recorded_at  timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX operation_age ON sokuo.operation (recorded_at);

-- Everything that ever changed. Append-only by privilege; a correction is a new row that names the old one.
-- feed_xid: readers go up to the oldest running transaction, so that nothing is skipped (decision 0020).
-- wall: 0 = every person of the tenant; 1 = internal; 2 = narrower, or somebody is excluded: readers are checked by name.
CREATE TABLE sokuo.journal (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL,
  feed_xid     xid8 NOT NULL DEFAULT pg_current_xact_id(),
  feed_seq     bigint GENERATED ALWAYS AS IDENTITY (CACHE 64),
  stream       text NOT NULL,     -- incident, intake_item, directory, account, integration
  stream_id    uuid NOT NULL,
  stream_seq   integer NOT NULL,  -- 1, 2, 3, … within an incident; 0 where the stream has no order
  kind         text NOT NULL,     -- incident.filed, entry.added, …
  mode         smallint NOT NULL DEFAULT 1, -- Mode
  wall         smallint NOT NULL DEFAULT 0,
  occurred_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT sokuo.now(),
  person_id    uuid,
  person_name  text NOT NULL DEFAULT '', -- frozen as it was
  post_id      uuid,
  post_name    text NOT NULL DEFAULT '',
  capacity     smallint NOT NULL DEFAULT 1, -- Capacity
  operation_id uuid,
  -- Chronology (stream incident)
  entry_kind   smallint NOT NULL DEFAULT 0, -- EntryKind
  text         text NOT NULL DEFAULT '',
  sender       text NOT NULL DEFAULT '',
  receiver     text NOT NULL DEFAULT '',
  means        smallint NOT NULL DEFAULT 0, -- Means
  certainty    smallint NOT NULL DEFAULT 0, -- Certainty
  corrects_id  uuid,
  reason       text NOT NULL DEFAULT '',
  changes      jsonb, -- [{"field":…,"before":…,"after":…}]
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX journal_stream ON sokuo.journal (tenant_id, stream_id, stream_seq) WHERE stream_seq > 0;
CREATE INDEX journal_feed ON sokuo.journal (tenant_id, feed_xid, feed_seq);
CREATE UNIQUE INDEX journal_corrects ON sokuo.journal (tenant_id, corrects_id) WHERE corrects_id IS NOT NULL;
