-- SPDX-License-Identifier: Apache-2.0
-- Which key file belongs to this database: all machines that serve it need the same one (decision 0039).

-- One row at most, of the whole database: the key seals for all tenants.
CREATE TABLE sokuo.secret_key (
  is_only     boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32), -- keyed hash of a constant; says nothing of the key
  since       timestamptz NOT NULL DEFAULT sokuo.now()
);
GRANT SELECT, INSERT, UPDATE ON sokuo.secret_key TO sokuo_app;
