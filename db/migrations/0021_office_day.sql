-- SPDX-License-Identifier: Apache-2.0
-- Days on which the city hall is closed or open otherwise than by law (server/domain/office_hours.c). The newest word on a day
-- holds; kept for ever.
CREATE TABLE sokuo.office_day (
  tenant_id      uuid NOT NULL REFERENCES sokuo.tenant,
  id             uuid NOT NULL,
  day            date NOT NULL,
  kind           smallint NOT NULL CHECK (kind BETWEEN 1 AND 3), -- OfficeDayKind
  name           text NOT NULL DEFAULT '',
  recorded_at    timestamptz NOT NULL DEFAULT sokuo.now(),
  by_person_id   uuid,
  by_person_name text NOT NULL DEFAULT '',
  by_post_id     uuid,
  by_post_name   text NOT NULL DEFAULT '',
  by_capacity    smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX office_day_newest ON sokuo.office_day (tenant_id, day, recorded_at DESC, id DESC);

GRANT SELECT, INSERT ON sokuo.office_day TO sokuo_app;
ALTER TABLE sokuo.office_day ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.office_day FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sokuo.office_day TO sokuo_app
  USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system')
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');
