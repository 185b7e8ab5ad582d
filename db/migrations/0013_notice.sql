-- SPDX-License-Identifier: Apache-2.0
-- By which channel a notice goes out, and how fast a channel may be used.

ALTER TABLE sokuo.notice ADD COLUMN channel_id uuid; -- the one tried last
-- The moment up to which the channel's messages a minute are used up.
ALTER TABLE sokuo.channel ADD COLUMN used_until timestamptz NOT NULL DEFAULT '-infinity';
CREATE INDEX notice_digest ON sokuo.notice (tenant_id, digest_id) WHERE digest_id IS NOT NULL;
