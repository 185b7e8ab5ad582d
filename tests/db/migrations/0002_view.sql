-- SPDX-License-Identifier: Apache-2.0
CREATE VIEW sokuo.doubled AS SELECT id, value * 2 AS value FROM sokuo.plain;
GRANT SELECT ON sokuo.doubled TO sokuo_app;
