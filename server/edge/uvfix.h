// SPDX-License-Identifier: Apache-2.0
// Two faults of libh2o on libuv, met by defining uv_read_start and uv_read_stop for the whole program:
// - It drops a TLS upload when a read exactly fills its 8 kB buffer: libuv then calls back with nothing read,
// and
//   libh2o takes that for an I/O error. Such calls are kept away from the reader.
// - It stops and restarts reading around every request (two epoll_ctl each) and so never notices a client
// that left
//   meanwhile. A stop only becomes real when something arrives; listener_early_input then looks what it is.
// The executable must export the two symbols (meson's edge dependency says so).
#pragma once

// Aborts unless libh2o really gets our functions. Once a process, before the loop.
void uvfix_begin(void);
