// SPDX-License-Identifier: Apache-2.0
#include "server/edge/gate.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

// A head being read: what is left, and the verdict so far.
struct gate {
    const struct gate_policy *policy;
    const struct gate_peer *peer;
    const char *at, *end;
    struct gate_request *req;
    bool is_http10;
};

static const struct gate_text FIELD_NAMES[] = {
#define X(name, text) {text, sizeof(text) - 1},
    GATE_FIELD_MAP(X)
#undef X
};

static bool refuse(struct gate *g, enum gate_reason reason)
{
    g->req->reason = reason;
    return false;
}

// Refuses before the framing is known to be sound: nothing after it on this connection is read.
static bool refuse_close(struct gate *g, enum gate_reason reason)
{
    g->req->must_close = true;
    return refuse(g, reason);
}

static bool refuse_limit(struct gate *g, enum gate_reason reason, size_t limit)
{
    g->req->limit = limit;
    return refuse_close(g, reason);
}

static bool is_text(struct gate_text t, const char *word)
{
    return t.base != NULL && t.len == strlen(word) && strncasecmp(t.base, word, t.len) == 0;
}

static bool starts_with(struct gate_text t, const char *prefix)
{
    size_t len = strlen(prefix);
    return t.len >= len && memcmp(t.base, prefix, len) == 0;
}

// RFC 9110 token characters.
static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_path_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '/' || c == '-';
}

// Takes one line that ends with CR LF; a bare LF or CR, or NUL, is refused.
static bool take_line(struct gate *g, struct gate_text *ret_line)
{
    const char *lf = memchr(g->at, '\n', (size_t)(g->end - g->at));
    if (lf == NULL || lf == g->at || lf[-1] != '\r')
        return refuse_close(g, GATE_BAD_HEAD);
    struct gate_text line = {g->at, (size_t)(lf - 1 - g->at)};
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.base[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return refuse_close(g, GATE_BAD_HEAD);
    }
    g->at = lf + 1;
    *ret_line = line;
    return true;
}

static bool take_method(struct gate *g, struct gate_text method)
{
    static const struct {
        const char *name;
        enum gate_method method;
    } known[] = {{"GET", GATE_GET}, {"HEAD", GATE_HEAD}, {"POST", GATE_POST}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (method.len == strlen(known[i].name) && memcmp(method.base, known[i].name, method.len) == 0) {
            g->req->method = known[i].method;
            return true;
        }
    }
    g->req->allow = "GET, HEAD, POST";
    return refuse_close(g, GATE_METHOD);
}

// "." and ".." as whole segments have no meaning here, and one elsewhere.
static bool has_dot_segment(struct gate_text path)
{
    size_t start = 0;
    for (size_t i = 1; i <= path.len; i++) {
        if (i < path.len && path.base[i] != '/')
            continue;
        size_t len = i - start - 1;
        if ((len == 1 || len == 2) && memcmp(path.base + start + 1, "..", len) == 0)
            return true;
        start = i;
    }
    return false;
}

static bool take_target(struct gate *g, struct gate_text target)
{
    if (target.len > GATE_PATH_LIMIT)
        return refuse_limit(g, GATE_LONG_PATH, GATE_PATH_LIMIT);
    if (target.len == 0 || target.base[0] != '/')
        return refuse_close(g, GATE_BAD_PATH);
    const char *question = memchr(target.base, '?', target.len);
    size_t path_len = question != NULL ? (size_t)(question - target.base) : target.len;
    g->req->path = (struct gate_text){target.base, path_len};
    if (question != NULL)
        g->req->query = (struct gate_text){question + 1, target.len - path_len - 1};
    for (size_t i = 0; i < path_len; i++) {
        if (!is_path_char(target.base[i]))
            return refuse_close(g, GATE_BAD_PATH);
    }
    for (size_t i = path_len; i < target.len; i++) {
        if (target.base[i] < 0x21 || target.base[i] > 0x7e || target.base[i] == '#')
            return refuse_close(g, GATE_BAD_PATH);
    }
    return has_dot_segment(g->req->path) ? refuse_close(g, GATE_BAD_PATH) : true;
}

static bool take_request_line(struct gate *g)
{
    struct gate_text line;
    if (!take_line(g, &line))
        return false;
    const char *sp1 = memchr(line.base, ' ', line.len);
    const char *sp2 = memrchr(line.base, ' ', line.len);
    if (sp1 == NULL || sp1 == sp2 || memchr(sp1 + 1, ' ', (size_t)(sp2 - sp1 - 1)) != NULL)
        return refuse_close(g, GATE_BAD_HEAD);
    struct gate_text version = {sp2 + 1, (size_t)(line.base + line.len - sp2 - 1)};
    g->is_http10 = version.len == 8 && memcmp(version.base, "HTTP/1.0", 8) == 0;
    if (!g->is_http10 && !(version.len == 8 && memcmp(version.base, "HTTP/1.1", 8) == 0))
        return refuse_close(g, GATE_BAD_HEAD);
    if (!take_method(g, (struct gate_text){line.base, (size_t)(sp1 - line.base)}))
        return false;
    return take_target(g, (struct gate_text){sp1 + 1, (size_t)(sp2 - sp1 - 1)});
}

static enum gate_field field_of(struct gate_text name)
{
    for (int i = 0; i < GATE_FIELD_COUNT; i++) {
        if (name.len == FIELD_NAMES[i].len && strncasecmp(name.base, FIELD_NAMES[i].base, name.len) == 0)
            return (enum gate_field)i;
    }
    return GATE_FIELD_COUNT;
}

static bool keep_field(struct gate *g, enum gate_field field, struct gate_text value)
{
    if (g->req->fields[field].base == NULL) {
        g->req->fields[field] = value;
        return true;
    }
    if (field == GATE_FIELD_ACCEPT_ENCODING || field == GATE_FIELD_ACCEPT_LANGUAGE)
        return true;
    if (field == GATE_FIELD_FORWARDED_FOR || field == GATE_FIELD_FORWARDED_PROTO) {
        g->req->fields[field] = value; // a proxy adds its own behind what the client claimed
        return true;
    }
    return refuse_close(g, GATE_DUPLICATE_HEADER);
}

static bool take_header(struct gate *g, struct gate_text line)
{
    size_t name_len = 0;
    while (name_len < line.len && is_token_char(line.base[name_len]))
        name_len++;
    if (name_len == 0 || name_len == line.len || line.base[name_len] != ':')
        return refuse_close(g, GATE_BAD_HEAD); // also obs-fold, and a blank before the colon
    struct gate_text value = {line.base + name_len + 1, line.len - name_len - 1};
    while (value.len > 0 && (value.base[0] == ' ' || value.base[0] == '\t'))
        value.base++, value.len--;
    while (value.len > 0 && (value.base[value.len - 1] == ' ' || value.base[value.len - 1] == '\t'))
        value.len--;
    enum gate_field field = field_of((struct gate_text){line.base, name_len});
    return field == GATE_FIELD_COUNT ? true : keep_field(g, field, value);
}

static bool take_headers(struct gate *g)
{
    for (;;) {
        struct gate_text line;
        if (!take_line(g, &line))
            return false;
        if (line.len == 0)
            return g->at == g->end ? true : refuse_close(g, GATE_BAD_HEAD);
        if (!take_header(g, line))
            return false;
    }
}

static bool check_framing(struct gate *g, size_t body_len)
{
    struct gate_text length = g->req->fields[GATE_FIELD_CONTENT_LENGTH];
    struct gate_text coding = g->req->fields[GATE_FIELD_TRANSFER_ENCODING];
    if (coding.base != NULL && (length.base != NULL || g->is_http10 || !is_text(coding, "chunked")))
        return refuse_close(g, GATE_BAD_FRAMING);
    if (length.base != NULL && (length.len == 0 || length.len > 18))
        return refuse_close(g, GATE_BAD_FRAMING);
    uint64_t declared = 0;
    for (size_t i = 0; length.base != NULL && i < length.len; i++) {
        if (length.base[i] < '0' || length.base[i] > '9')
            return refuse_close(g, GATE_BAD_FRAMING);
        declared = declared * 10 + (uint64_t)(length.base[i] - '0');
    }
    if (coding.base == NULL && declared != body_len)
        return refuse_close(g, GATE_BAD_FRAMING);
    if (g->req->method != GATE_POST && (coding.base != NULL || declared > 0))
        return refuse_close(g, GATE_BAD_FRAMING);
    struct gate_text expect = g->req->fields[GATE_FIELD_EXPECT];
    if (expect.base != NULL && !is_text(expect, "100-continue"))
        return refuse_close(g, GATE_EXPECTATION);
    return true;
}

static bool check_host(struct gate *g)
{
    struct gate_text host = g->req->fields[GATE_FIELD_HOST];
    if (host.base == NULL || host.len == 0)
        return refuse_close(g, GATE_BAD_HEAD);
    for (int i = 0; i < g->policy->host_count; i++) {
        if (is_text(host, g->policy->hosts[i]))
            return true;
    }
    if (g->peer->local_host[0] != '\0' && is_text(host, g->peer->local_host))
        return true;
    return refuse(g, GATE_WRONG_HOST);
}

static const struct {
    const char *path;
    enum gate_route route;
} EXACT_ROUTES[] = {
    {"/events", GATE_EVENTS},
    {"/healthz", GATE_HEALTHZ},
    {"/readyz", GATE_READYZ},
    {"/metrics", GATE_METRICS},
};

static enum gate_route route_of(struct gate_text path)
{
    for (size_t i = 0; i < sizeof EXACT_ROUTES / sizeof EXACT_ROUTES[0]; i++) {
        if (path.len == strlen(EXACT_ROUTES[i].path) &&
            memcmp(path.base, EXACT_ROUTES[i].path, path.len) == 0)
            return EXACT_ROUTES[i].route;
    }
    if (starts_with(path, "/sokuo."))
        return GATE_RPC;
    if (starts_with(path, "/evidence/"))
        return GATE_EVIDENCE;
    if (starts_with(path, "/calendar/"))
        return GATE_CALENDAR;
    return starts_with(path, "/ingest/") ? GATE_INGEST : GATE_PAGE;
}

static bool is_own_origin(const struct gate *g, struct gate_text origin)
{
    if (g->policy->public_origin[0] != '\0' && is_text(origin, g->policy->public_origin))
        return true;
    bool is_secure = g->peer->is_secure ||
                     (g->peer->is_proxy && is_text(g->req->fields[GATE_FIELD_FORWARDED_PROTO], "https"));
    const char *scheme = is_secure ? "https://" : "http://";
    struct gate_text host = g->req->fields[GATE_FIELD_HOST];
    size_t len = strlen(scheme);
    return origin.len == len + host.len && strncasecmp(origin.base, scheme, len) == 0 &&
           strncasecmp(origin.base + len, host.base, host.len) == 0;
}

// Browsers say where a request comes from; a cookie alone proves nothing.
static bool check_site(struct gate *g)
{
    struct gate_text site = g->req->fields[GATE_FIELD_SEC_FETCH_SITE];
    struct gate_text origin = g->req->fields[GATE_FIELD_ORIGIN];
    if (site.base != NULL)
        return is_text(site, "same-origin") || is_text(site, "none") ? true : refuse(g, GATE_CROSS_SITE);
    if (origin.base != NULL)
        return is_own_origin(g, origin) ? true : refuse(g, GATE_CROSS_SITE);
    if (g->req->method == GATE_POST && g->req->fields[GATE_FIELD_COOKIE].base != NULL)
        return refuse(g, GATE_NO_ORIGIN);
    return true;
}

// The media type without its parameters; charset may only be utf-8.
static bool is_media_type(struct gate_text type, const char *want)
{
    size_t len = strlen(want);
    if (type.len < len || strncasecmp(type.base, want, len) != 0)
        return false;
    struct gate_text rest = {type.base + len, type.len - len};
    while (rest.len > 0 && (rest.base[0] == ' ' || rest.base[0] == ';'))
        rest.base++, rest.len--;
    return rest.len == 0 || (rest.base != type.base + len && is_text(rest, "charset=utf-8"));
}

static bool check_content_type(struct gate *g)
{
    struct gate_text type = g->req->fields[GATE_FIELD_CONTENT_TYPE];
    if (g->req->method != GATE_POST)
        return true;
    if (type.base != NULL && is_media_type(type, "application/json"))
        return true;
    if (g->req->route == GATE_RPC && type.base != NULL && is_media_type(type, "application/proto"))
        return true;
    return refuse(g, GATE_CONTENT_TYPE);
}

static bool check_rpc(struct gate *g, size_t body_len)
{
    char path[128];
    struct gate_text text = g->req->path;
    if (text.len >= sizeof path)
        return refuse(g, GATE_NOT_FOUND);
    memcpy(path, text.base, text.len);
    path[text.len] = '\0';
    if (!g->policy->rpc_knows(path))
        return refuse(g, GATE_NOT_FOUND);
    if (!check_site(g) || !check_content_type(g))
        return false;
    size_t limit = g->policy->rpc_limit(path);
    return body_len <= limit ? true : refuse_limit(g, GATE_TOO_LARGE, limit);
}

static bool check_method(struct gate *g, enum gate_method only, const char *allow)
{
    enum gate_method method = g->req->method == GATE_HEAD ? GATE_GET : g->req->method;
    if (method == only)
        return true;
    g->req->allow = allow;
    return refuse(g, GATE_METHOD);
}

static bool check_route(struct gate *g, size_t body_len)
{
    g->req->route = route_of(g->req->path);
    switch (g->req->route) {
    case GATE_RPC:
        return check_rpc(g, body_len);
    case GATE_INGEST:
        if (!check_method(g, GATE_POST, "POST") || !check_content_type(g))
            return false;
        return body_len <= g->policy->ingest_limit ? true
                                                   : refuse_limit(g, GATE_TOO_LARGE, g->policy->ingest_limit);
    case GATE_EVIDENCE: // to take a copy is noted: not by a look at the head
    case GATE_EVENTS:
        if (g->req->method == GATE_HEAD) { // a stream has no length to tell
            g->req->allow = "GET";
            return refuse(g, GATE_METHOD);
        }
        return check_method(g, GATE_GET, "GET") && check_site(g);
    case GATE_CALENDAR: // from programs: no cookie counts here
        return check_method(g, GATE_GET, "GET, HEAD");
    case GATE_PAGE:
    case GATE_HEALTHZ:
    case GATE_READYZ:
    case GATE_METRICS:
        break;
    }
    return check_method(g, GATE_GET, "GET, HEAD");
}

// libh2o skips one empty line before a request, as RFC 9112 asks.
static size_t leading_crlf(const char *bytes, size_t len)
{
    return len >= 2 && memcmp(bytes, "\r\n", 2) == 0 ? 2 : 0;
}

int gate_status(enum gate_reason reason)
{
    static const int statuses[] = {
#define X(name, status, word, ja, en) status,
        GATE_REASON_MAP(X)
#undef X
    };
    return statuses[reason];
}

const char *gate_word(enum gate_reason reason)
{
    static const char *const words[] = {
#define X(name, status, word, ja, en) word,
        GATE_REASON_MAP(X)
#undef X
    };
    return words[reason];
}

const char *gate_name(enum gate_reason reason)
{
    static const char *const names[] = {
#define X(name, status, word, ja, en) #name,
        GATE_REASON_MAP(X)
#undef X
    };
    return names[reason];
}

const char *gate_text_ja(enum gate_reason reason)
{
    static const char *const texts[] = {
#define X(name, status, word, ja, en) ja,
        GATE_REASON_MAP(X)
#undef X
    };
    return texts[reason];
}

const char *gate_text_en(enum gate_reason reason)
{
    static const char *const texts[] = {
#define X(name, status, word, ja, en) en,
        GATE_REASON_MAP(X)
#undef X
    };
    return texts[reason];
}

size_t gate_head_len(const char *bytes, size_t len)
{
    size_t skip = leading_crlf(bytes, len);
    const char *end = memmem(bytes + skip, len - skip, "\r\n\r\n", 4);
    return end != NULL ? (size_t)(end + 4 - bytes) : len;
}

void gate_check(const struct gate_policy *policy, const struct gate_peer *peer, const char *head,
                size_t head_len, size_t body_len, struct gate_request *ret)
{
    *ret = (struct gate_request){.reason = GATE_OK};
    struct gate g = {.policy = policy, .peer = peer, .at = head, .end = head + head_len, .req = ret};
    g.at += leading_crlf(head, head_len);
    if (head_len > GATE_HEAD_LIMIT) {
        refuse_limit(&g, GATE_LARGE_HEAD, GATE_HEAD_LIMIT);
        return;
    }
    if (take_request_line(&g) && take_headers(&g) && check_framing(&g, body_len) && check_host(&g))
        (void)check_route(&g, body_len);
}
