-- SPDX-License-Identifier: Apache-2.0
-- Who is on duty when, and calendars to subscribe to.

-- Members of a duty in turn (server/domain/rota.c reads it the same way).
CREATE TABLE sokuo.rota (
  tenant_id   uuid NOT NULL REFERENCES sokuo.tenant,
  id          uuid NOT NULL,
  version     integer NOT NULL DEFAULT 1,
  role        smallint NOT NULL CHECK (role BETWEEN 1 AND 62), -- Role
  scope_id    uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  name        text NOT NULL,
  starts_at   timestamptz NOT NULL, -- the first member's first turn
  period_days smallint NOT NULL CHECK (period_days BETWEEN 1 AND 31),
  member_ids  uuid[] NOT NULL CHECK (cardinality(member_ids) BETWEEN 1 AND 50), -- persons, in turn
  ended_at    timestamptz,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX rota_duty ON sokuo.rota (tenant_id, role, scope_id) WHERE ended_at IS NULL;

-- Somebody is on instead; the newest wins. Those taken back stay.
CREATE TABLE sokuo.rota_override (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  rota_id        uuid NOT NULL,
  person_id      uuid NOT NULL,
  from_at        timestamptz NOT NULL,
  until_at       timestamptz NOT NULL CHECK (until_at > from_at),
  reason         text NOT NULL DEFAULT '',
  recorded_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  taken_back_at  timestamptz,
  by_person_id   uuid,
  by_person_name text NOT NULL DEFAULT '',
  by_post_id     uuid,
  by_post_name   text NOT NULL DEFAULT '',
  by_capacity    smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, rota_id) REFERENCES sokuo.rota,
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person
);
CREATE INDEX rota_override_time ON sokuo.rota_override (tenant_id, rota_id, until_at) WHERE taken_back_at IS NULL;

-- A person's calendar: whoever has the secret of its address reads their shifts. A new one replaces the former.
CREATE TABLE sokuo.calendar (
  tenant_id  uuid NOT NULL,
  person_id  uuid NOT NULL,
  token_hash bytea NOT NULL,
  made_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  PRIMARY KEY (tenant_id, person_id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person
);
CREATE UNIQUE INDEX calendar_token ON sokuo.calendar (token_hash);

-- Who is on duty now: for chains in SQL.
CREATE FUNCTION sokuo.rota_on(tenant uuid) RETURNS TABLE (role smallint, scope_id uuid, person_id uuid) LANGUAGE sql STABLE
  AS $$
    SELECT r.role, r.scope_id,
           coalesce(o.person_id, r.member_ids[1 + (floor(extract(epoch FROM sokuo.now() - r.starts_at) / 86400 / r.period_days)::bigint
                                                   % cardinality(r.member_ids))])
      FROM sokuo.rota r
      LEFT JOIN LATERAL (
        SELECT k.person_id FROM sokuo.rota_override k
         WHERE k.tenant_id = r.tenant_id AND k.rota_id = r.id AND k.taken_back_at IS NULL
           AND k.from_at <= sokuo.now() AND k.until_at > sokuo.now()
         ORDER BY k.recorded_at DESC, k.id DESC LIMIT 1) o ON true
     WHERE r.tenant_id = rota_on.tenant AND r.ended_at IS NULL AND (o.person_id IS NOT NULL OR r.starts_at <= sokuo.now())
  $$;

GRANT SELECT, INSERT, UPDATE ON sokuo.rota, sokuo.rota_override, sokuo.calendar TO sokuo_app;
GRANT DELETE ON sokuo.calendar TO sokuo_app;
GRANT EXECUTE ON FUNCTION sokuo.rota_on TO sokuo_app;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['rota', 'rota_override', 'calendar']
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON sokuo.%I TO sokuo_app
      USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')
      WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')', name);
  END LOOP;
END $$;
