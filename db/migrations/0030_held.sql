-- SPDX-License-Identifier: Apache-2.0
-- What became of operations that shut devices sent: taken in (1) or turned down (2), by whom and why.
ALTER TABLE sokuo.refused_operation
  ADD COLUMN outcome smallint NOT NULL DEFAULT 0,
  ADD COLUMN settled_at timestamptz,
  ADD COLUMN settled_by uuid,
  ADD COLUMN settled_name text NOT NULL DEFAULT '',
  ADD COLUMN settled_post text NOT NULL DEFAULT '',
  ADD COLUMN settled_capacity smallint NOT NULL DEFAULT 0,
  ADD COLUMN settle_reason text NOT NULL DEFAULT '';
CREATE INDEX refused_operation_open ON sokuo.refused_operation (tenant_id, recorded_at) WHERE is_held AND outcome = 0;
CREATE INDEX refused_operation_settled ON sokuo.refused_operation (tenant_id, settled_at) WHERE is_held AND outcome <> 0;
