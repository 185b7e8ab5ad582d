-- SPDX-License-Identifier: Apache-2.0
-- A schema of the store's own tests: small enough to see everything at once.
CREATE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT pg_catalog.now() $$;

CREATE TABLE sokuo.thing (
  tenant_id uuid NOT NULL,
  id        uuid PRIMARY KEY,
  stream_id uuid NOT NULL,
  value     integer NOT NULL CHECK (value >= 0),
  parent_id uuid REFERENCES sokuo.thing,
  late      integer UNIQUE DEFERRABLE INITIALLY DEFERRED,
  added     bigint GENERATED ALWAYS AS IDENTITY
);
ALTER TABLE sokuo.thing ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.thing FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sokuo.thing TO sokuo_app
  USING (tenant_id = nullif(current_setting('sokuo.tenant', true), '')::uuid)
  WITH CHECK (tenant_id = nullif(current_setting('sokuo.tenant', true), '')::uuid);

CREATE TABLE sokuo.plain (id integer PRIMARY KEY, value integer NOT NULL);
INSERT INTO sokuo.plain SELECT n, n * 2 FROM generate_series(1, 10000) n;
CREATE TABLE sokuo.written (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, value integer NOT NULL);

GRANT USAGE ON SCHEMA sokuo TO sokuo_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sokuo TO sokuo_app;
