-- SPDX-License-Identifier: Apache-2.0
-- Evidence that was handed out to somebody outside: the slip, and each piece as it was then.
CREATE TABLE sokuo.transfer (
  tenant_id    uuid NOT NULL,
  id           uuid NOT NULL, -- operation id
  incident_id  uuid NOT NULL,
  seq          integer NOT NULL, -- of its entry in the incident's chronology
  organisation text NOT NULL,
  recipient    text NOT NULL,
  receipt_no   text NOT NULL DEFAULT '',
  purpose      text NOT NULL,
  occurred_at  timestamptz NOT NULL,
  recorded_at  timestamptz NOT NULL DEFAULT sokuo.now(),
  person_id    uuid,
  person_name  text NOT NULL DEFAULT '',
  post_id      uuid,
  post_name    text NOT NULL DEFAULT '',
  capacity     smallint NOT NULL DEFAULT 1,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, incident_id) REFERENCES sokuo.incident
);
CREATE INDEX transfer_incident ON sokuo.transfer (tenant_id, incident_id, seq);

CREATE TABLE sokuo.transfer_item (
  tenant_id      uuid NOT NULL,
  transfer_id    uuid NOT NULL,
  place          smallint NOT NULL, -- 1, 2, 3 … as it was named
  evidence_id    uuid NOT NULL,
  form           smallint NOT NULL CHECK (form IN (1, 2)), -- TransferForm
  name           text NOT NULL DEFAULT '',
  size           bigint NOT NULL DEFAULT 0,
  sha256         bytea,
  paper_location text NOT NULL DEFAULT '',
  PRIMARY KEY (tenant_id, transfer_id, place),
  UNIQUE (tenant_id, transfer_id, evidence_id),
  FOREIGN KEY (tenant_id, transfer_id) REFERENCES sokuo.transfer,
  FOREIGN KEY (tenant_id, evidence_id) REFERENCES sokuo.evidence
);
-- An original leaves once.
CREATE UNIQUE INDEX transfer_item_original ON sokuo.transfer_item (tenant_id, evidence_id) WHERE form = 1;

-- What was handed out is never changed.
GRANT SELECT, INSERT ON sokuo.transfer, sokuo.transfer_item TO sokuo_app;

ALTER TABLE sokuo.transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.transfer FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON sokuo.transfer TO sokuo_app
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant()) AND sokuo.may_read(incident_id)))
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');
ALTER TABLE sokuo.transfer_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE sokuo.transfer_item FORCE ROW LEVEL SECURITY;
CREATE POLICY readable ON sokuo.transfer_item TO sokuo_app
  USING ((SELECT sokuo.reach()) = 'system' OR (tenant_id = (SELECT sokuo.tenant())
    AND EXISTS (SELECT FROM sokuo.transfer t WHERE t.tenant_id = transfer_item.tenant_id AND t.id = transfer_id)))
  WITH CHECK (tenant_id = (SELECT sokuo.tenant()) OR (SELECT sokuo.reach()) = 'system');
