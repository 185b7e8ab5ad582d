// SPDX-License-Identifier: Apache-2.0
// Asks the own server whether it is ready, as a client would.
#pragma once

#include <stdbool.h>

#include "server/base/config.h"

struct probe {
    const struct config *config;
    int port;
    bool is_ready; // the answer
};

// arg is a struct probe. One GET /readyz over the network, at most two seconds. Blocking: for the thread pool
// (fiber_work).
void probe_ready(void *arg);
// The address to show people: public_url, or one made of bind and port.
void probe_url(const struct config *config, int port, char *out, size_t size);
