// SPDX-License-Identifier: Apache-2.0
// Three faults of libh2o on libuv, met by defining uv_read_start, uv_read_stop and uv_write for the whole
// program:
// - It drops a TLS upload when a read exactly fills its 8 kB buffer: libuv then calls back with nothing read,
// and
//   libh2o takes that for an I/O error. Such calls are kept away from the reader.
// - It stops and restarts reading around every request (two epoll_ctl each) and so never notices a client
// that left
//   meanwhile. A stop only becomes real when something arrives; listener_early_input then looks what it is.
// - libuv asks epoll about writing after each write, though all was taken at once (one epoll_ctl each). What
//   uv_try_write takes whole never gets there; libh2o is told once the loop has polled, as it would be.
// The executable must export the three symbols (meson's edge dependency says so).
#pragma once

struct conn;

// Aborts unless libh2o really gets our functions. Once a process, before the loop and before other check
// handles.
void uvfix_begin(void);
// libh2o let go of the connection: it is told nothing more.
void uvfix_forget(struct conn *conn);
