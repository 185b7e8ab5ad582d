-- SPDX-License-Identifier: Apache-2.0
-- What the engine looks at all day is the head of one small index for each kind of work, and what it writes for each call is
-- in as few indexes as its readers need.

-- What was raised already, or cannot be raised, is not in it.
DROP INDEX sokuo.incident_triage_due;
CREATE INDEX incident_triage_due ON sokuo.incident (triage_due_at)
  WHERE triage_due_at IS NOT NULL AND severity BETWEEN 1 AND 4 AND NOT 'TRIAGE_OVERDUE' = ANY (severity_rules);

-- A notice of a call is written in the transaction of its effect, whose key is the same (call, generation, position): the
-- effect's primary key keeps both from coming twice.
ALTER TABLE sokuo.notice DROP CONSTRAINT notice_tenant_id_dedup_key_key;
CREATE UNIQUE INDEX notice_dedup ON sokuo.notice (tenant_id, dedup_key) WHERE escalation_id IS NULL;
