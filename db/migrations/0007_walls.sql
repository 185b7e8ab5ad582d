-- SPDX-License-Identifier: Apache-2.0
-- What a person's list of steps may hold, and devices that are shut with their sessions (decisions 0059, 0060).

-- Whether a step of the incident is still somebody's to do: the person is not excluded, is named where it is sealed, and
-- the incident is under way. After its end only closing and review go on. Asked of a few rows at a time with reach
-- 'system', so that what may not be seen is not counted either.
CREATE FUNCTION sokuo.is_to_do(incident uuid, run uuid, no text, person uuid) RETURNS boolean
  LANGUAGE plpgsql STABLE PARALLEL SAFE
  AS $$
BEGIN
  RETURN EXISTS (SELECT FROM sokuo.incident i
    WHERE i.tenant_id = sokuo.tenant() AND i.id = is_to_do.incident
      AND (i.is_open OR (i.state IN (10, 12) AND EXISTS (SELECT FROM sokuo.run_step t
        WHERE t.tenant_id = i.tenant_id AND t.run_id = is_to_do.run AND t.no = is_to_do.no AND t.phase IN (8, 9))))
      AND NOT EXISTS (SELECT FROM sokuo.incident_member m WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id
        AND m.person_id = is_to_do.person AND m.access = 2)
      AND (i.confidentiality < 5 OR is_to_do.person IN (i.handler_id, i.commander_id)
        OR EXISTS (SELECT FROM sokuo.incident_member m WHERE m.tenant_id = i.tenant_id AND m.incident_id = i.id
          AND m.person_id = is_to_do.person AND m.access = 1 AND (m.expires_at IS NULL OR m.expires_at > sokuo.now()))));
END
  $$;
GRANT EXECUTE ON FUNCTION sokuo.is_to_do TO sokuo_app;

-- The session it last came with: a session that is ended because the device is lost shuts the device.
ALTER TABLE sokuo.device ADD COLUMN session_id uuid;
CREATE INDEX device_session ON sokuo.device (tenant_id, session_id) WHERE session_id IS NOT NULL;
-- Came from a device that was shut: not applied, kept for its owner to look at.
ALTER TABLE sokuo.refused_operation ADD COLUMN is_held boolean NOT NULL DEFAULT false;
CREATE INDEX refused_operation_held ON sokuo.refused_operation (tenant_id, person_id, recorded_at) WHERE is_held;
