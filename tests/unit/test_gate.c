// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/edge/gate.h"
#include "tests/support/cmocka_all.h"

#define LOGIN "/sokuo.v1.AuthService/Login"
#define HOST "Host: sokuo.example:8080\r\n"
#define JSON "Content-Type: application/json\r\n"

static bool knows(const char *path)
{
    return strcmp(path, LOGIN) == 0;
}

static size_t limit_of(const char *path)
{
    return 4096;
}

static const char *const hosts[] = {"sokuo.example:8080", "localhost:8080"};
static const struct gate_policy policy = {
    .hosts = hosts,
    .host_count = 2,
    .public_origin = "https://sokuo.example",
    .rpc_knows = knows,
    .rpc_limit = limit_of,
    .ingest_limit = 1000,
};
static const struct gate_peer plain_peer = {.local_host = ""};

// The head lies in memory of exactly its size, so that a sanitizer sees a read past it.
static struct gate_request judge_from(const struct gate_peer *peer, const char *head, size_t body_len)
{
    struct gate_request req;
    size_t len = strlen(head);
    char *copy = malloc(len);
    memcpy(copy, head, len);
    gate_check(&policy, peer, copy, len, body_len, &req);
    if (req.path.base != NULL)
        req.path.base = head + (req.path.base - copy);
    free(copy);
    return req;
}

static struct gate_request judge(const char *head, size_t body_len)
{
    return judge_from(&plain_peer, head, body_len);
}

static void check(const char *head, size_t body_len, enum gate_reason want, bool want_close)
{
    struct gate_request req = judge(head, body_len);
    if (req.reason != want || req.must_close != want_close)
        fail_msg("%s (close %d) instead of %s for:\n%s", gate_name(req.reason), req.must_close,
                 gate_name(want), head);
}

static void test_good_requests_pass(void **state)
{
    check("GET / HTTP/1.1\r\n" HOST "\r\n", 0, GATE_OK, false);
    check("\r\nGET / HTTP/1.1\r\n" HOST "\r\n", 0, GATE_OK, false);
    check("HEAD /assets/a-1.js HTTP/1.1\r\n" HOST "\r\n", 0, GATE_OK, false);
    check("GET /incidents/7?tab=log HTTP/1.0\r\n" HOST "\r\n", 0, GATE_OK, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\n\r\n", 2, GATE_OK, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n", 9, GATE_OK, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST
          "content-type: application/json; charset=utf-8\r\nContent-Length: 0\r\n\r\n",
          0, GATE_OK, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST "Content-Type: application/proto\r\nContent-Length: 0\r\n\r\n",
          0, GATE_OK, false);
}

static void test_each_address_has_its_route(void **state)
{
    static const struct {
        const char *head;
        enum gate_route route;
    } want[] = {
        {"GET / HTTP/1.1\r\n" HOST "\r\n", GATE_PAGE},
        {"GET /events HTTP/1.1\r\n" HOST "\r\n", GATE_EVENTS},
        {"GET /healthz HTTP/1.1\r\n" HOST "\r\n", GATE_HEALTHZ},
        {"GET /readyz HTTP/1.1\r\n" HOST "\r\n", GATE_READYZ},
        {"GET /metrics HTTP/1.1\r\n" HOST "\r\n", GATE_METRICS},
        {"GET " LOGIN " HTTP/1.1\r\n" HOST "\r\n", GATE_RPC},
        {"GET /calendar/abc.ics HTTP/1.1\r\n" HOST "\r\n", GATE_CALENDAR},
        {"POST /ingest/v1/hooks/abc HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n\r\n", GATE_INGEST},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct gate_request req = judge(want[i].head, 0);
        assert_int_equal(req.reason, GATE_OK);
        assert_int_equal(req.route, want[i].route);
    }
}

static void test_query_is_split_from_the_path(void **state)
{
    static const char head[] = "GET /incidents/7?tab=log&x=%20 HTTP/1.1\r\n" HOST "\r\n";
    struct gate_request req;
    gate_check(&policy, &plain_peer, head, strlen(head), 0, &req);
    assert_int_equal(req.path.len, strlen("/incidents/7"));
    assert_memory_equal(req.path.base, "/incidents/7", req.path.len);
    assert_int_equal(req.query.len, strlen("tab=log&x=%20"));
    assert_memory_equal(req.query.base, "tab=log&x=%20", req.query.len);
}

static void test_ambiguous_framing_is_refused_and_closed(void **state)
{
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
          2, GATE_BAD_FRAMING, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 2,
          GATE_DUPLICATE_HEADER, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON
          "Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n",
          2, GATE_DUPLICATE_HEADER, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Transfer-Encoding: gzip, chunked\r\n\r\n", 2,
          GATE_BAD_FRAMING, true);
    check("POST " LOGIN " HTTP/1.0\r\n" HOST JSON "Transfer-Encoding: chunked\r\n\r\n", 2, GATE_BAD_FRAMING,
          true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: +2\r\n\r\n", 2, GATE_BAD_FRAMING, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 2,2\r\n\r\n", 2, GATE_BAD_FRAMING, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length:\r\n\r\n", 0, GATE_BAD_FRAMING, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 99999999999999999999\r\n\r\n", 0,
          GATE_BAD_FRAMING, true);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 3\r\n\r\n", 2, GATE_BAD_FRAMING, true);
    check("GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\n", 3, GATE_BAD_FRAMING, true);
    check("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 0, GATE_BAD_FRAMING, true);
}

static void test_loose_heads_are_refused_and_closed(void **state)
{
    check("GET / HTTP/1.1\n" HOST "\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\nHost: sokuo.example:8080\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 0, GATE_BAD_HEAD, true); // obs-fold
    check("GET / HTTP/1.1\r\n" HOST "X : a\r\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET  / HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/2.0\r\n" HOST "\r\n", 0, GATE_BAD_HEAD, true);
    check("GET /\r\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n" HOST, 0, GATE_BAD_HEAD, true);
    check("", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n\r\n", 0, GATE_BAD_HEAD, true); // no Host
}

static void test_only_origin_form_of_plain_paths(void **state)
{
    check("GET http://sokuo.example:8080/ HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET foo HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET * HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET /a%2fb HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET /a/.. HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET /./a HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET /a?b#c HTTP/1.1\r\n" HOST "\r\n", 0, GATE_BAD_PATH, true);
    check("GET /..a/b..c HTTP/1.1\r\n" HOST "\r\n", 0, GATE_OK, false);
}

static void test_unknown_methods_name_the_known_ones(void **state)
{
    static const char *const names[] = {"PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE",
                                        "PRI", "get",    "G\xff",   "PATCH"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char head[100];
        snprintf(head, sizeof head, "%s / HTTP/1.1\r\n" HOST "\r\n", names[i]);
        struct gate_request req = judge(head, 0);
        assert_int_equal(req.reason, GATE_METHOD);
        assert_string_equal(req.allow, "GET, HEAD, POST");
        assert_true(req.must_close);
    }
}

static void test_methods_per_route(void **state)
{
    assert_string_equal(judge("POST / HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n\r\n", 0).allow,
                        "GET, HEAD");
    assert_string_equal(judge("GET /ingest/v1/hooks/x HTTP/1.1\r\n" HOST "\r\n", 0).allow, "POST");
    assert_string_equal(judge("HEAD /events HTTP/1.1\r\n" HOST "\r\n", 0).allow, "GET");
    check("POST /healthz HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n\r\n", 0, GATE_METHOD, false);
}

static void test_host_must_be_ours(void **state)
{
    check("GET / HTTP/1.1\r\nHost: LocalHost:8080\r\n\r\n", 0, GATE_OK, false);
    check("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 0, GATE_WRONG_HOST, false);
    check("GET / HTTP/1.1\r\nHost: sokuo.example\r\n\r\n", 0, GATE_WRONG_HOST, false); // another port
    check("GET / HTTP/1.1\r\nHost: sokuo.example:8080.evil\r\n\r\n", 0, GATE_WRONG_HOST, false);
    check("GET / HTTP/1.1\r\nHost: \r\n\r\n", 0, GATE_BAD_HEAD, true);
    check("GET / HTTP/1.1\r\n" HOST "Host: evil\r\n\r\n", 0, GATE_DUPLICATE_HEADER, true);
    const struct gate_peer peer = {.local_host = "192.0.2.1:8080"};
    assert_int_equal(judge_from(&peer, "GET / HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n", 0).reason, GATE_OK);
}

#define POST_LOGIN "POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n"

static void test_other_sites_are_refused(void **state)
{
    check(POST_LOGIN "Sec-Fetch-Site: same-origin\r\nCookie: a=b\r\n\r\n", 0, GATE_OK, false);
    check(POST_LOGIN "Sec-Fetch-Site: none\r\n\r\n", 0, GATE_OK, false);
    check(POST_LOGIN "Sec-Fetch-Site: cross-site\r\n\r\n", 0, GATE_CROSS_SITE, false);
    check(POST_LOGIN "Sec-Fetch-Site: same-site\r\n\r\n", 0, GATE_CROSS_SITE, false);
    check(POST_LOGIN "Origin: http://sokuo.example:8080\r\nCookie: a=b\r\n\r\n", 0, GATE_OK, false);
    check(POST_LOGIN "Origin: https://sokuo.example\r\n\r\n", 0, GATE_OK, false); // the public address
    check(POST_LOGIN "Origin: https://sokuo.example:8080\r\n\r\n", 0, GATE_CROSS_SITE, false);
    check(POST_LOGIN "Origin: null\r\n\r\n", 0, GATE_CROSS_SITE, false);
    check(POST_LOGIN "Origin: http://evil.example\r\n\r\n", 0, GATE_CROSS_SITE, false);
    check(POST_LOGIN "Cookie: a=b\r\n\r\n", 0, GATE_NO_ORIGIN, false);
    check(POST_LOGIN "Authorization: Bearer x\r\n\r\n", 0, GATE_OK, false);
    check("GET / HTTP/1.1\r\n" HOST "Sec-Fetch-Site: cross-site\r\n\r\n", 0, GATE_OK,
          false); // a link in a mail
    check("GET /events HTTP/1.1\r\n" HOST "Sec-Fetch-Site: cross-site\r\n\r\n", 0, GATE_CROSS_SITE, false);
}

static void test_a_proxy_of_this_machine_may_say_https(void **state)
{
    static const char head[] =
        POST_LOGIN "Origin: https://localhost:8080\r\nX-Forwarded-Proto: https\r\n\r\n";
    const struct gate_peer proxy = {.local_host = "", .is_proxy = true};
    char other[400];
    snprintf(other, sizeof other, "%s", head);
    memcpy(strstr(other, "sokuo.example:8080"), "localhost:8080    ", 18);
    assert_int_equal(judge_from(&proxy, other, 0).reason, GATE_OK);
    assert_int_equal(judge(other, 0).reason, GATE_CROSS_SITE);
}

static void test_content_types_that_need_a_preflight(void **state)
{
    check("POST " LOGIN " HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", 0, GATE_CONTENT_TYPE, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n", 0,
          GATE_CONTENT_TYPE, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST "Content-Type: application/jsonx\r\nContent-Length: 0\r\n\r\n",
          0, GATE_CONTENT_TYPE, false);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST
          "Content-Type: application/json; charset=sjis\r\nContent-Length: 0\r\n\r\n",
          0, GATE_CONTENT_TYPE, false);
    check("POST /ingest/v1/hooks/x HTTP/1.1\r\n" HOST
          "Content-Type: application/proto\r\nContent-Length: 0\r\n\r\n",
          0, GATE_CONTENT_TYPE, false);
}

static void test_bodies_have_a_limit_per_path(void **state)
{
    struct gate_request req =
        judge("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 4097\r\n\r\n", 4097);
    assert_int_equal(req.reason, GATE_TOO_LARGE);
    assert_int_equal(req.limit, 4096);
    check("POST " LOGIN " HTTP/1.1\r\n" HOST JSON "Content-Length: 4096\r\n\r\n", 4096, GATE_OK, false);
    check("POST /ingest/v1/hooks/x HTTP/1.1\r\n" HOST JSON "Content-Length: 1001\r\n\r\n", 1001,
          GATE_TOO_LARGE, true);
}

static void test_unknown_methods_of_rpc_are_not_found(void **state)
{
    check("POST /sokuo.v1.AuthService/Nope HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n\r\n", 0,
          GATE_NOT_FOUND, false);
    check("POST /sokuo.v1.AuthService/Login/x HTTP/1.1\r\n" HOST JSON "Content-Length: 0\r\n\r\n", 0,
          GATE_NOT_FOUND, false);
}

static void test_odd_expectations_are_refused(void **state)
{
    check(POST_LOGIN "Expect: 100-continue\r\n\r\n", 0, GATE_OK, false);
    check(POST_LOGIN "Expect: tea\r\n\r\n", 0, GATE_EXPECTATION, true);
}

static void test_long_heads_and_paths_are_refused(void **state)
{
    char *head = malloc(GATE_HEAD_LIMIT * 2);
    int len = sprintf(head, "GET / HTTP/1.1\r\n" HOST "X: ");
    memset(head + len, 'a', GATE_HEAD_LIMIT);
    strcpy(head + len + GATE_HEAD_LIMIT, "\r\n\r\n");
    check(head, 0, GATE_LARGE_HEAD, true);
    len = sprintf(head, "GET /");
    memset(head + len, 'a', GATE_PATH_LIMIT);
    strcpy(head + len + GATE_PATH_LIMIT, " HTTP/1.1\r\n" HOST "\r\n");
    check(head, 0, GATE_LONG_PATH, true);
    free(head);
}

static void test_the_head_ends_at_the_first_empty_line(void **state)
{
    static const char bytes[] = "\r\nGET / HTTP/1.1\r\n\r\nbody\r\n\r\n";
    assert_int_equal(gate_head_len(bytes, strlen(bytes)), strlen("\r\nGET / HTTP/1.1\r\n\r\n"));
    assert_int_equal(gate_head_len("GET", 3), 3);
    assert_int_equal(gate_head_len("\r", 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_requests_pass),
        cmocka_unit_test(test_each_address_has_its_route),
        cmocka_unit_test(test_query_is_split_from_the_path),
        cmocka_unit_test(test_ambiguous_framing_is_refused_and_closed),
        cmocka_unit_test(test_loose_heads_are_refused_and_closed),
        cmocka_unit_test(test_only_origin_form_of_plain_paths),
        cmocka_unit_test(test_unknown_methods_name_the_known_ones),
        cmocka_unit_test(test_methods_per_route),
        cmocka_unit_test(test_host_must_be_ours),
        cmocka_unit_test(test_other_sites_are_refused),
        cmocka_unit_test(test_a_proxy_of_this_machine_may_say_https),
        cmocka_unit_test(test_content_types_that_need_a_preflight),
        cmocka_unit_test(test_bodies_have_a_limit_per_path),
        cmocka_unit_test(test_unknown_methods_of_rpc_are_not_found),
        cmocka_unit_test(test_odd_expectations_are_refused),
        cmocka_unit_test(test_long_heads_and_paths_are_refused),
        cmocka_unit_test(test_the_head_ends_at_the_first_empty_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
