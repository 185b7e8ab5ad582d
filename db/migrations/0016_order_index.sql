-- SPDX-License-Identifier: Apache-2.0
-- How a person stands in orders of a thousand addressees: by themselves, and by the calls they were called by.
CREATE INDEX order_addressee_mine ON sokuo.order_addressee (tenant_id, person_id, order_id);
DROP INDEX sokuo.order_addressee_person;
CREATE INDEX escalation_effect_person ON sokuo.escalation_effect (tenant_id, person_id, escalation_id) WHERE kind = 0;
