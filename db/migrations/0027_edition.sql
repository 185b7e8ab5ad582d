-- SPDX-License-Identifier: Apache-2.0
-- The city's revision that an organ's edition was begun from, or whose changes it took up. NULL: not known, or the city's.
ALTER TABLE sokuo.playbook_revision ADD COLUMN based_on uuid;
