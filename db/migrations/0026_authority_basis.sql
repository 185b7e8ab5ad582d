-- SPDX-License-Identifier: Apache-2.0
-- The rule behind a city's own cell of the table of who may do what.
ALTER TABLE sokuo.authority ADD COLUMN legal_basis text NOT NULL DEFAULT '';
