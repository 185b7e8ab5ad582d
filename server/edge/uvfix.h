// SPDX-License-Identifier: Apache-2.0
// libh2o with libuv drops a TLS upload when a read exactly fills its 8 kB buffer: libuv then calls back with nothing
// read, and libh2o takes that for an I/O error. This program therefore defines uv_read_start itself and keeps such
// calls away from the reader. The executable must export the symbol (meson's edge dependency says so).
#pragma once

// Aborts unless libh2o really gets our uv_read_start. Once a process, before the loop.
void uvfix_begin(void);
