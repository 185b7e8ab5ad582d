-- SPDX-License-Identifier: Apache-2.0
-- The language in which messages are written to a person (MessageLanguage).
ALTER TABLE sokuo.person ADD COLUMN language smallint NOT NULL DEFAULT 1 CHECK (language IN (1, 2));
