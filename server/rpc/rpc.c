// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/rpc.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/codec/codec.h"
#include "server/rpc/connect.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/session.h"

struct method {
    const char *path; // "/sokuo.v1.IncidentService/GetIncident"
    enum err (*handler)(struct call *, const ProtobufCMessage *, ProtobufCMessage *);
    const char *request_name, *response_name;
    const ProtobufCMessageDescriptor *request, *response;
    bool is_read;
    int audience;
    uint64_t roles;
    size_t max_bytes;
};

#define X(path_, handler_, Req, Res, req_name, res_name, read, audience_, roles_, bytes, idempotent)    \
    static enum err call_##handler_(struct call *c, const ProtobufCMessage *req, ProtobufCMessage *res) \
    {                                                                                                   \
        return handler_(c, (const Req *)req, (Res *)res);                                               \
    }
RPC_METHODS(X)
#undef X

static struct method methods[] = {
#define X(path_, handler_, Req, Res, req_name, res_name, read, audience_, roles_, bytes, idempotent) \
    {path_, call_##handler_, req_name, res_name, NULL, NULL, read, audience_, roles_, bytes},
    RPC_METHODS(X)
#undef X
};
#define METHOD_COUNT (sizeof methods / sizeof methods[0])

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct method *)a)->path, ((const struct method *)b)->path);
}

static const struct method *find(const char *path)
{
    struct method key = {.path = path};
    return bsearch(&key, methods, METHOD_COUNT, sizeof key, compare_paths);
}

void rpc_begin(void)
{
    if (sodium_init() < 0)
        abort();
    codec_begin();
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        methods[i].request = codec_message(methods[i].request_name);
        methods[i].response = codec_message(methods[i].response_name);
        assert(methods[i].request && methods[i].response);
    }
    qsort(methods, METHOD_COUNT, sizeof methods[0], compare_paths);
    session_begin();
}

bool rpc_knows(const char *path)
{
    return find(path) != NULL;
}

size_t rpc_body_limit(const char *path)
{
    const struct method *method = find(path);
    return method ? method->max_bytes : 0;
}

static void log_refusal(const struct call *c, const struct rpc_request *req, enum err err)
{
    char account[UUID_TEXT_SIZE];
    log_warn("rpc.refused", LOG_S("call", c->id), LOG_S("method", c->method), LOG_S("code", err_word(err)),
             LOG_S("reason", c->error_reason), LOG_S("account", uuid_format(&c->actor.account_id, account)),
             LOG_S("ip", req->client_ip));
}

// With a first password only what leads to an own one.
static bool is_before_password(const struct method *method)
{
    static const char *const names[] = {"GetMe",     "ChangePassword", "Logout",
                                        "BeginTotp", "ConfirmTotp",    "ListSessions"};
    static const char service[] = "/sokuo.v1.AuthService/";
    if (strncmp(method->path, service, sizeof service - 1) != 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(method->path + sizeof service - 1, names[i]) == 0)
            return true;
    }
    return false;
}

enum err rpc_needs_own_password(struct call *c)
{
    return !c->actor.must_change_password
               ? ERR_OK
               : call_fail(c, ERR_FAILED_PRECONDITION, "PASSWORD_CHANGE_NEEDED",
                           "最初のパスワードのままです。ご自分で決めたパスワードに変えると、続けられます。",
                           "You still have the first password. Change it to one of your own to go on.");
}

// The authorization table's row against the caller.
static enum err authorize(struct call *c, const struct rpc_request *req, const struct method *method)
{
    enum err err = rpc_authenticate(c, req);
    if (method->audience == SOKUO__V1__AUDIENCE__AUDIENCE_ANYONE) {
        if (err != ERR_OK && err != ERR_UNAUTHENTICATED)
            return err;
        call_clear_error(c);
        return ERR_OK;
    }
    TRY(err);
    if (!is_before_password(method))
        TRY(rpc_needs_own_password(c));
    if (method->audience == SOKUO__V1__AUDIENCE__AUDIENCE_ROLES && !(c->actor.roles & method->roles))
        return call_fail(
            c, ERR_PERMISSION_DENIED, "ROLE_NEEDED",
            "この操作ができる職に就いていません。必要なら管理者か上席に依頼してください。",
            "Your post does not hold a duty that may do this. Ask an administrator or your superior.");
    return ERR_OK;
}

static enum err decode(struct call *c, const struct method *method, const struct connect_message *message,
                       ProtobufCMessage **ret_request)
{
    if (message->is_json) {
        static const struct json_options lenient = {.reject_unknown_fields = false};
        TRY(json_to_message(c, method->request, message->data, message->len, &lenient, ret_request));
    } else {
        TRY(wire_to_message(c, method->request, message->data, message->len, ret_request));
    }
    return message_check(c, *ret_request);
}

// GET is for methods without side effects; everything is for POST.
static bool verb_allowed(const struct method *method, const struct rpc_request *req, struct rpc_response *res)
{
    if (!req->is_get || method->is_read)
        return true;
    res->status = 405;
    res->err = ERR_INVALID_ARGUMENT;
    rpc_response_header(res, "Allow", "POST");
    return false;
}

static enum err serve(struct call *c, const struct rpc_request *req, const struct method *method,
                      struct rpc_response *res)
{
    TRY(connect_deadline(c, req));
    TRY(authorize(c, req, method));
    struct connect_message message = {0};
    TRY(connect_read(c, req, method->max_bytes, &message, res));
    ProtobufCMessage *request = NULL;
    TRY(decode(c, method, &message, &request));

    ProtobufCMessage *response = call_alloc(c, method->response->sizeof_message);
    protobuf_c_message_init(method->response, response);
    TRY(method->handler(c, request, response));
    return connect_reply(c, req, message.is_json, response, res);
}

void rpc_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    c->lang = session_language(req);
    c->request = req;
    c->response = res;
    rpc_response_header(res, "Cache-Control", "no-store");
    const struct method *method = find(req->path);
    if (!method) {
        call_fail(c, ERR_UNIMPLEMENTED, "NO_SUCH_METHOD", "そのような操作はありません: %s",
                  "There is no such method: %s", req->path);
        connect_fail(c, ERR_UNIMPLEMENTED, res);
        res->status = 404; // clients take it for unimplemented either way; proxies and people expect 404
        return;
    }
    c->method = method->path + 1;
    if (!verb_allowed(method, req, res))
        return;

    enum err err = serve(c, req, method, res);
    res->err = err;
    if (err == ERR_UNAUTHENTICATED || err == ERR_PERMISSION_DENIED)
        log_refusal(c, req, err);
    if (err == ERR_INTERNAL)
        log_error("rpc.internal", LOG_S("call", c->id), LOG_S("method", c->method),
                  LOG_S("detail", c->error_en));
    if (err != ERR_OK && res->status == 0)
        connect_fail(c, err, res);
}
