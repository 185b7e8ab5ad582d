// SPDX-License-Identifier: Apache-2.0
// GET /events: server-sent events that say nothing but "something changed, pull". One stream a browser.
#pragma once

#include <h2o.h>

struct gate_request;
struct request_guard;
struct stream;

// Subscribes to wake-ups and starts the heartbeat. Once a process, after wake_begin.
void events_begin(uv_loop_t *loop);
// Authenticates and opens a stream.
void events_serve(h2o_req_t *req, struct request_guard *guard, const struct gate_request *gate);
// Ends a stream whose client has gone or reads nothing.
void events_drop(struct stream *stream);
// Ends all streams: the worker drains.
void events_end(void);
// Streams open now.
unsigned events_count(void);
