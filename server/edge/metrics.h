// SPDX-License-Identifier: Apache-2.0
// Counters of this worker, in Prometheus text. Per worker: a scrape reaches one of them, its name is a label.
#pragma once

#include <stdint.h>

#include "server/base/arena.h"
#include "server/base/err.h"

enum shed { SHED_CONNECTIONS, SHED_ADDRESS, SHED_CALLS, SHED_SLOW, SHED_COUNT };

// An answer with that HTTP status was begun.
void metrics_http(int status);
// A call of that method ended so, after so long. The name is copied.
void metrics_rpc(const char *method, enum err err, uint64_t duration_us);
// The gate refused.
void metrics_refused(void);
// Somebody was sent away to protect the others.
void metrics_shed(enum shed why);
// Writes all of it, with gauges the caller adds afterwards.
void metrics_write(struct buf *out, const char *worker);
