// SPDX-License-Identifier: Apache-2.0
// The Connect protocol's wire for unary calls (https://connectrpc.com/docs/protocol): what the client sent,
// and how an answer or an error is sent back. JSON and protobuf, POST and GET, gzip.
#pragma once

#include <protobuf-c/protobuf-c.h>

#include "server/rpc/rpc.h"
#include "sokuo/v1/common.pb-c.h"

// A request taken apart.
struct connect_message {
    bool is_json;
    const void *data;
    size_t len;
};

// Takes a request apart: protocol version, content type, compression, the parameters of GET. limit is the
// most bytes after decompression. When it returns an error, res may already hold a bare answer (415); else
// call connect_fail.
enum err connect_read(struct call *c, const struct rpc_request *req, size_t limit,
                      struct connect_message *ret_message, struct rpc_response *res) MUST_USE;
// Time until which the call may run, from Connect-Timeout-Ms; at most 60 s from now, 35 s when it says
// nothing.
enum err connect_deadline(struct call *c, const struct rpc_request *req) MUST_USE;
// Fills res with a message, in the form the request had, compressed when the client takes gzip and it pays.
enum err connect_reply(struct call *c, const struct rpc_request *req, bool is_json,
                       const ProtobufCMessage *message, struct rpc_response *res) MUST_USE;
// The error of the call in both languages; says something true also when nobody did.
Sokuo__V1__ErrorInfo *connect_error_info(struct call *c, enum err err);
// Fills res with the error of the call, always JSON, with an ErrorInfo in both languages.
void connect_fail(struct call *c, enum err err, struct rpc_response *res);
