-- SPDX-License-Identifier: Apache-2.0
-- Who stands in for whom, and who is away.

-- The order of succession of a duty (a role at a place; the nil UUID = the whole city) from a day on. The newest whose day
-- has come holds; one without places ends it.
CREATE TABLE sokuo.succession (
  tenant_id         uuid NOT NULL REFERENCES sokuo.tenant,
  id                uuid NOT NULL,
  role              smallint NOT NULL CHECK (role BETWEEN 1 AND 62), -- Role
  scope_id          uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  valid_from        date NOT NULL,
  override_reason   text NOT NULL DEFAULT '', -- why fewer than three reachable persons must do
  recorded_at       timestamptz NOT NULL DEFAULT sokuo.now(),
  by_person_id      uuid,
  by_person_name    text NOT NULL DEFAULT '',
  by_post_id        uuid,
  by_post_name      text NOT NULL DEFAULT '',
  by_capacity       smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX succession_duty ON sokuo.succession (tenant_id, role, scope_id, valid_from DESC, recorded_at DESC, id DESC);

-- Its posts, the first deputy first. The holder stands in role_assignment.
CREATE TABLE sokuo.succession_place (
  tenant_id     uuid NOT NULL,
  succession_id uuid NOT NULL,
  rank          smallint NOT NULL CHECK (rank >= 2), -- 1 is who holds the duty
  post_id       uuid NOT NULL,
  PRIMARY KEY (tenant_id, succession_id, rank),
  UNIQUE (tenant_id, succession_id, post_id),
  FOREIGN KEY (tenant_id, succession_id) REFERENCES sokuo.succession,
  FOREIGN KEY (tenant_id, post_id) REFERENCES sokuo.post
);

-- Somebody is away. Ended ones stay as they were; ended_at says when it was over before its time.
CREATE TABLE sokuo.absence (
  tenant_id      uuid NOT NULL,
  id             uuid NOT NULL,
  person_id      uuid NOT NULL,
  kind           smallint NOT NULL CHECK (kind BETWEEN 1 AND 4), -- AbsenceKind
  from_at        timestamptz NOT NULL,
  until_at       timestamptz, -- NULL: until it is ended
  ended_at       timestamptz,
  reason         text NOT NULL DEFAULT '',
  recorded_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  by_person_id   uuid,
  by_person_name text NOT NULL DEFAULT '',
  by_post_id     uuid,
  by_post_name   text NOT NULL DEFAULT '',
  by_capacity    smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, person_id) REFERENCES sokuo.person,
  CHECK (until_at IS NULL OR until_at > from_at)
);
CREATE INDEX absence_person ON sokuo.absence (tenant_id, person_id, from_at) WHERE ended_at IS NULL;

-- Whether the caller commands a person: head of their section or department, or of all.
CREATE FUNCTION sokuo.is_head_of(tenant uuid, head uuid, person uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT EXISTS (
      SELECT FROM sokuo.held(is_head_of.tenant, is_head_of.person) h
        JOIN sokuo.duties_held(is_head_of.tenant, is_head_of.head) d ON d.role IN (11, 12) -- iso, ism
       WHERE h.unit_id IN (SELECT sokuo.units_below(is_head_of.tenant, d.place_id)))
  $$;

GRANT SELECT, INSERT ON sokuo.succession, sokuo.succession_place, sokuo.absence TO sokuo_app;
GRANT UPDATE (ended_at) ON sokuo.absence TO sokuo_app;
GRANT EXECUTE ON FUNCTION sokuo.is_head_of TO sokuo_app;

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['succession', 'succession_place', 'absence']
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON sokuo.%I TO sokuo_app
      USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')
      WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')', name);
  END LOOP;
END $$;
