-- SPDX-License-Identifier: Apache-2.0
-- When each tenant's people are told of holes in whom one can reach.
CREATE TABLE sokuo.readiness_digest (
  tenant_id  uuid PRIMARY KEY REFERENCES sokuo.tenant,
  next_at    timestamptz NOT NULL,
  last_at    timestamptz,
  last_holes integer NOT NULL DEFAULT 0
);
CREATE INDEX readiness_digest_next ON sokuo.readiness_digest (next_at);

GRANT SELECT, INSERT, UPDATE ON sokuo.readiness_digest TO sokuo_app;
ALTER TABLE sokuo.readiness_digest ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.readiness_digest FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sokuo.readiness_digest TO sokuo_app
  USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system')
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');
