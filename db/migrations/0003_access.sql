-- SPDX-License-Identifier: Apache-2.0
-- The second wall: what sokuo_app may touch at all, and which rows it sees.

GRANT USAGE ON SCHEMA sokuo TO sokuo_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sokuo TO sokuo_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA sokuo TO sokuo_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA sokuo TO sokuo_app;
-- Append-only: the journal can be added to and read. Only the wall follows the incident's class.
REVOKE UPDATE, DELETE, TRUNCATE ON sokuo.journal FROM sokuo_app;
GRANT UPDATE (wall) ON sokuo.journal TO sokuo_app;
REVOKE DELETE, TRUNCATE ON sokuo.incident FROM sokuo_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON sokuo.schema_migration FROM sokuo_app;

-- One tenant, everywhere. 'system' is the server before it knows the tenant (a session looked up by its secret) and
-- its engines.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['unit', 'post', 'person', 'tenure', 'role_assignment', 'contact_point', 'system', 'account',
    'recovery_code', 'session', 'operation', 'incident_counter', 'incident_link', 'incident_section', 'incident_member',
    'saved_filter', 'integration', 'integration_rate', 'intake_item']
  LOOP
    EXECUTE format('ALTER TABLE sokuo.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE sokuo.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant ON sokuo.%I TO sokuo_app
      USING (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')
      WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = ''system'')', name);
  END LOOP;
END $$;

-- What only some rows ask, in functions that keep their plans: a policy is planned and begun with every statement, and
-- sub-selects in it cost more than the rows (decision 0033).
-- The caller is named ($2 = 1) or excluded ($2 = 2) there (MemberAccess).
CREATE FUNCTION sokuo.is_member(incident uuid, as_what smallint) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM sokuo.incident_member m
    WHERE m.tenant_id = sokuo.tenant() AND m.incident_id = is_member.incident AND m.person_id = sokuo.person()
      AND m.access = as_what AND (as_what = 2 OR m.expires_at IS NULL OR m.expires_at > sokuo.now()));
END
$$;
-- The incident's own policy lets the caller see it.
CREATE FUNCTION sokuo.may_read(incident uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
  RETURN EXISTS (SELECT FROM sokuo.incident i WHERE i.tenant_id = sokuo.tenant() AND i.id = may_read.incident);
END
$$;

-- Incidents, class by class (domain reference 8). An excluded person sees nothing of it, whatever duties are held.
-- The sub-selects name no column of the row: each is computed once a statement. The functions are asked last, and only
-- for a row that nothing before them decides.
ALTER TABLE sokuo.incident ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.incident FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON sokuo.incident TO sokuo_app
  USING (
    (SELECT sokuo.reach()) = 'system'
    OR (tenant_id = (SELECT sokuo.tenant())
      AND (wall < 2 OR NOT sokuo.is_member(id, 2::smallint))
      AND (
        confidentiality = 1
        OR (confidentiality <= 3 AND (SELECT sokuo.reach()) = 'all')
        OR handler_id = (SELECT sokuo.person())
        OR commander_id = (SELECT sokuo.person())
        OR (confidentiality <= 3 AND filer_person_id = (SELECT sokuo.person()))
        OR (confidentiality = 2
            AND (filer_section_id = (SELECT sokuo.section()) OR (SELECT sokuo.section()) = ANY (section_ids)))
        OR sokuo.is_member(id, 1::smallint))))
  -- Writing checks the tenant only: narrowing a class may hide the row from its writer.
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');

-- Rows that hang on an incident: what the incident's own policy lets through; the common cases without looking it up.
ALTER TABLE sokuo.journal ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.journal FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON sokuo.journal TO sokuo_app
  USING (
    (SELECT sokuo.reach()) = 'system'
    OR (tenant_id = (SELECT sokuo.tenant())
      AND (wall = 0 OR (wall = 1 AND (SELECT sokuo.reach()) = 'all') OR stream = 'intake_item'
        OR sokuo.may_read(stream_id))))
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');

ALTER TABLE sokuo.search_text ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.search_text FORCE ROW LEVEL SECURITY;
-- For sokuo.search_scan, which runs as owner: no index on bigrams serves a query under a policy that asks something
-- (@@ and LIKE are not leakproof). It answers ids only; the texts are read under the policy below.
CREATE POLICY scan ON sokuo.search_text FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY readable ON sokuo.search_text TO sokuo_app
  USING (
    (SELECT sokuo.reach()) = 'system'
    OR (tenant_id = (SELECT sokuo.tenant())
      AND (wall = 0 OR (wall = 1 AND (SELECT sokuo.reach()) = 'all')
        OR sokuo.may_read(incident_id))))
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');

-- Where the words occur, newest first, before the given place: ids only, of this tenant, without those that the
-- reach excludes at a glance. The caller reads the texts under row-level security and drops what is not there.
CREATE FUNCTION sokuo.search_scan(words tsquery, pieces text[], of_mode smallint, below_bucket integer, below_id uuid,
                                  most integer)
RETURNS TABLE (journal_id uuid, incident_id uuid, bucket integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT s.journal_id, s.incident_id, s.bucket
    FROM sokuo.search_text s
   WHERE s.tenant_id = (SELECT sokuo.tenant()) AND s.mode = of_mode
     AND s.lexemes @@ words AND s.folded LIKE ALL (pieces)
     AND (s.bucket, s.journal_id) < (below_bucket, below_id)
   ORDER BY s.bucket DESC, s.journal_id DESC
   LIMIT most
$$;
REVOKE ALL ON FUNCTION sokuo.search_scan FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sokuo.search_scan TO sokuo_app;
