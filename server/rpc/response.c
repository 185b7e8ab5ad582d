// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "server/rpc/rpc.h"

void rpc_response_header(struct rpc_response *res, const char *name, const char *value)
{
    assert(res->header_count < RPC_HEADERS);
    res->headers[res->header_count].name = name;
    res->headers[res->header_count].value = value;
    res->header_count++;
}
