// SPDX-License-Identifier: Apache-2.0
// /healthz: the process answers. /readyz: the database answers too. /metrics: numbers. And the lag of the
// loop.
#pragma once

#include <h2o.h>

struct gate_request;

// Starts to measure how late the loop runs (edge.lag_us, edge.is_slow).
void health_begin(uv_loop_t *loop);
void health_serve_alive(h2o_req_t *req);
void health_serve_ready(h2o_req_t *req);
// Only for requests of this machine, or with the token of the settings.
void health_serve_metrics(h2o_req_t *req, const struct gate_request *gate);
