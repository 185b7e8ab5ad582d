// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/cookie.h"

#define SEVEN_DAYS_S (7 * 24 * 3600)

const char *cookie_name(bool is_secure)
{
    return is_secure ? "__Host-sid" : "sid";
}

static void put(struct call *c, struct rpc_response *res, bool is_secure, const char *value, int age_s)
{
    rpc_response_header(res, "Set-Cookie",
                        call_printf(c, "%s=%s; %sHttpOnly; SameSite=Strict; Path=/; Max-Age=%d",
                                    cookie_name(is_secure), value, is_secure ? "Secure; " : "", age_s));
}

void cookie_set_session(struct call *c, struct rpc_response *res, bool is_secure, const char *secret)
{
    put(c, res, is_secure, secret, SEVEN_DAYS_S);
}

void cookie_clear_session(struct call *c, struct rpc_response *res, bool is_secure)
{
    put(c, res, is_secure, "", 0);
    /* Not "storage": drafts and the outbox of this device must survive a logout. */
    rpc_response_header(res, "Clear-Site-Data", "\"cache\", \"cookies\"");
}
