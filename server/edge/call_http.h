// SPDX-License-Identifier: Apache-2.0
// A request becomes a call on a fiber; its answer is sent from the loop's own stack. A client that leaves
// never stops the work: what it asked for may be committed already.
#pragma once

#include <h2o.h>

#include "server/rpc/rpc.h"

struct gate_request;
struct request_guard;

// Prepares the sending of answers. Once a process, after the loop exists.
void call_http_begin(uv_loop_t *loop);
// Serves an RPC or an alert.
void call_http_serve(h2o_req_t *req, struct request_guard *guard, const struct gate_request *gate);
// Calls alive.
unsigned call_http_count(void);
// What the edge read, as the floor below wants it; texts are copied into the call's arena.
void call_http_request(struct call *c, h2o_req_t *req, const struct gate_request *gate,
                       struct rpc_request *ret);
