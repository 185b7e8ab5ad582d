-- SPDX-License-Identifier: Apache-2.0
-- A city's own cells of the table of who may do what: the newest whose day has come replaces what was shipped
-- (server/domain/authority.c). Kept for ever.
CREATE TABLE sokuo.authority (
  tenant_id      uuid NOT NULL REFERENCES sokuo.tenant,
  id             uuid NOT NULL,
  act            smallint NOT NULL, -- AuthorityAct
  role           smallint NOT NULL CHECK (role BETWEEN 1 AND 62), -- Role
  level          smallint NOT NULL CHECK (level BETWEEN 1 AND 4), -- AuthorityLevel up to S2
  level_s3       smallint NOT NULL CHECK (level_s3 BETWEEN 1 AND 4), -- from S3 on
  valid_from     date NOT NULL,
  reason         text NOT NULL,
  recorded_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  by_person_id   uuid,
  by_person_name text NOT NULL DEFAULT '',
  by_post_id     uuid,
  by_post_name   text NOT NULL DEFAULT '',
  by_capacity    smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX authority_newest ON sokuo.authority (tenant_id, act, role, valid_from DESC, recorded_at DESC, id DESC);

GRANT SELECT, INSERT ON sokuo.authority TO sokuo_app;
ALTER TABLE sokuo.authority ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.authority FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sokuo.authority TO sokuo_app
  USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system')
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');
