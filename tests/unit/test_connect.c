// SPDX-License-Identifier: Apache-2.0
// The Connect protocol's wire: https://connectrpc.com/docs/protocol
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/base/clock.h"
#include "server/codec/codec.h"
#include "server/rpc/connect.h"
#include "server/rpc/gzip.h"
#include "sokuo/v1/incident.pb-c.h"

#define LIMIT 4096

static struct call call;
static struct rpc_response res;
static struct connect_message message;

static int begin(void **state)
{
    (void)state;
    codec_begin();
    call_begin(&call, NULL, 8u << 20);
    res = (struct rpc_response){0};
    message = (struct connect_message){0};
    return 0;
}

static int end(void **state)
{
    (void)state;
    call_end(&call);
    return 0;
}

static enum err read_request(const struct rpc_request *req)
{
    return connect_read(&call, req, LIMIT, &message, &res);
}

static enum err read_query(const char *query)
{
    return read_request(&(struct rpc_request){.is_get = true, .query = query});
}

static const char *header(const char *name)
{
    for (int i = 0; i < res.header_count; i++)
        if (strcmp(res.headers[i].name, name) == 0)
            return res.headers[i].value;
    return NULL;
}

static void assert_message(const char *text)
{
    assert_int_equal(message.len, strlen(text));
    assert_memory_equal(message.data, text, message.len);
}

static void test_post_takes_json_with_a_charset(void **state)
{
    (void)state;
    const struct rpc_request req = {
        .content_type = "application/json; charset=utf-8", .body = "{}", .body_len = 2};
    assert_int_equal(read_request(&req), ERR_OK);
    assert_true(message.is_json);
    assert_message("{}");
}

static void test_another_content_type_is_415_without_a_body(void **state)
{
    (void)state;
    assert_int_not_equal(read_request(&(struct rpc_request){.content_type = "application/jsonp"}), ERR_OK);
    assert_int_equal(res.status, 415);
    assert_null(res.body);
    assert_non_null(header("Accept-Post"));
}

static void test_another_protocol_version_is_refused(void **state)
{
    (void)state;
    const struct rpc_request req = {.content_type = "application/json", .protocol_version = "2"};
    assert_int_equal(read_request(&req), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_reason, "PROTOCOL_VERSION");
}

static void test_get_undoes_percent_escapes(void **state)
{
    (void)state;
    assert_int_equal(read_query("connect=v1&encoding=json&message=%7B%22id%22%3A%22a+b%22%7D"), ERR_OK);
    assert_true(message.is_json);
    assert_message("{\"id\":\"a b\"}");
}

static void test_get_takes_base64_with_and_without_padding(void **state)
{
    (void)state;
    assert_int_equal(read_query("base64=1&encoding=proto&message=CgFh"), ERR_OK);
    assert_message("\n\001a");
    assert_int_equal(read_query("base64=1&encoding=proto&message=CgJhYg%3D%3D"), ERR_OK);
    assert_message("\n\002ab");
    assert_int_equal(read_query("base64=1&encoding=proto&message=-_8"), ERR_OK);
    assert_int_equal(message.len, 2);
}

static void test_get_refuses_what_is_cut_short(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "encoding=json&message=%7",
        "encoding=json&message=%",
        "encoding=json&message=%zz",
        "encoding=json",
        "message=%7B%7D",
        "encoding=xml&message=%7B%7D",
        "encoding=proto&base64=1&message=a",
        "encoding=proto&base64=1&message=***",
        "connect=v2&encoding=json&message=%7B%7D",
        "",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_int_equal(read_query(broken[i]), ERR_INVALID_ARGUMENT);
        call_clear_error(&call);
    }
}

static void test_gzip_comes_back_as_it_was(void **state)
{
    (void)state;
    static const char text[] = "{\"title\":\"停電 停電 停電 停電 停電 停電 停電\"}";
    struct rpc_request req = {.content_type = "application/json", .content_encoding = "gzip"};
    gzip_deflate(&call, text, strlen(text), &req.body, &req.body_len);
    assert_int_equal(read_request(&req), ERR_OK);
    assert_message(text);
}

static void test_a_gzip_bomb_ends_at_the_limit(void **state)
{
    (void)state;
    static char zeros[1 << 20];
    struct rpc_request req = {.content_type = "application/json", .content_encoding = "gzip"};
    gzip_deflate(&call, zeros, sizeof zeros, &req.body, &req.body_len);
    size_t before = call.arena.used;
    assert_int_equal(read_request(&req), ERR_RESOURCE_EXHAUSTED);
    assert_true(call.arena.used - before < 64 * 1024);
    assert_int_equal(call.error_limit, LIMIT);
}

static void test_broken_gzip_is_refused(void **state)
{
    (void)state;
    static const char text[] = "{\"title\":\"x\"}";
    struct rpc_request req = {
        .content_type = "application/json", .content_encoding = "gzip", .body = "no gzip", .body_len = 7};
    assert_int_equal(read_request(&req), ERR_INVALID_ARGUMENT);
    gzip_deflate(&call, text, strlen(text), &req.body, &req.body_len);
    req.body_len -= 4;
    assert_int_equal(read_request(&req), ERR_INVALID_ARGUMENT);
}

static void test_an_unknown_compression_is_unimplemented(void **state)
{
    (void)state;
    const struct rpc_request req = {
        .content_type = "application/json", .content_encoding = "zstd", .body = "x", .body_len = 1};
    assert_int_equal(read_request(&req), ERR_UNIMPLEMENTED);
}

static void test_nothing_is_never_inflated(void **state)
{
    (void)state;
    const struct rpc_request req = {
        .content_type = "application/proto", .content_encoding = "gzip", .body = ""};
    assert_int_equal(read_request(&req), ERR_OK);
    assert_int_equal(message.len, 0);
}

static void test_the_deadline_is_kept_within_a_minute(void **state)
{
    (void)state;
    uint64_t now = clock_us();
    assert_int_equal(connect_deadline(&call, &(struct rpc_request){.timeout_ms = "250"}), ERR_OK);
    assert_in_range(call.deadline_us, now + 250000, now + 1250000);
    assert_int_equal(connect_deadline(&call, &(struct rpc_request){.timeout_ms = "9999999999"}), ERR_OK);
    assert_in_range(call.deadline_us, now + 60000000, now + 61000000);
    assert_int_equal(connect_deadline(&call, &(struct rpc_request){.timeout_ms = "99999999999"}),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(connect_deadline(&call, &(struct rpc_request){.timeout_ms = "-1"}),
                     ERR_INVALID_ARGUMENT);
}

static void test_an_error_speaks_the_callers_language_and_carries_both(void **state)
{
    (void)state;
    call.lang = LANG_EN;
    call_fail_field(&call, "title", "REQUIRED", "件名を入れてください。", "Please give a title.");
    connect_fail(&call, ERR_INVALID_ARGUMENT, &res);
    assert_int_equal(res.status, 400);
    assert_string_equal(res.content_type, "application/json");
    const char *body = arena_strndup(&call.arena, res.body, res.body_len);
    assert_non_null(strstr(body, "\"code\":\"invalid_argument\""));
    assert_non_null(strstr(body, "\"message\":\"Please give a title.\""));
    assert_non_null(strstr(body, "\"type\":\"sokuo.v1.ErrorInfo\""));
    assert_non_null(strstr(body, "件名を入れてください。"));
    assert_null(strstr(body, "=\"")); // base64 comes without padding
}

static void test_an_error_without_words_says_what_is_true(void **state)
{
    (void)state;
    connect_fail(&call, ERR_INTERNAL, &res);
    assert_int_equal(res.status, 500);
    assert_non_null(strstr(arena_strndup(&call.arena, res.body, res.body_len), "記録は変わっていません"));
}

static void test_a_long_answer_is_compressed_for_those_who_take_it(void **state)
{
    (void)state;
    Sokuo__V1__SearchHit hit = SOKUO__V1__SEARCH_HIT__INIT;
    char text[5000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    hit.snippet = text;
    assert_int_equal(
        connect_reply(&call, &(struct rpc_request){.accept_encoding = "gzip, br"}, true, &hit.base, &res),
        ERR_OK);
    assert_string_equal(header("Content-Encoding"), "gzip");
    assert_true(res.body_len < 500);

    res = (struct rpc_response){0};
    assert_int_equal(connect_reply(&call, &(struct rpc_request){0}, true, &hit.base, &res), ERR_OK);
    assert_null(header("Content-Encoding"));
    assert_true(res.body_len > 5000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(test_post_takes_json_with_a_charset),
        T(test_another_content_type_is_415_without_a_body),
        T(test_another_protocol_version_is_refused),
        T(test_get_undoes_percent_escapes),
        T(test_get_takes_base64_with_and_without_padding),
        T(test_get_refuses_what_is_cut_short),
        T(test_gzip_comes_back_as_it_was),
        T(test_a_gzip_bomb_ends_at_the_limit),
        T(test_broken_gzip_is_refused),
        T(test_an_unknown_compression_is_unimplemented),
        T(test_nothing_is_never_inflated),
        T(test_the_deadline_is_kept_within_a_minute),
        T(test_an_error_speaks_the_callers_language_and_carries_both),
        T(test_an_error_without_words_says_what_is_true),
        T(test_a_long_answer_is_compressed_for_those_who_take_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
