// SPDX-License-Identifier: Apache-2.0
// A refused client may still be sending. Closing on unread bytes makes the kernel reset the connection, and
// the client never reads why it was refused; so what it sends is thrown away for a moment first.
#pragma once

#include <uv.h>

// A second descriptor of the same connection, to be kept while libh2o closes its own; -1 when there are
// enough.
int linger_keep(int fd);
// Ends our sending side and throws away what arrives, for two seconds at most; then closes fd.
void linger_begin(uv_loop_t *loop, int fd);
