// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/codec/codec.h"
#include "sokuo/v1/incident.pb-c.h"
#include "sokuo/v1/sync.pb-c.h"

static struct call call;

static int begin(void **state)
{
    (void)state;
    codec_begin();
    call_begin(&call, NULL, 64u << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    call_end(&call);
    return 0;
}

static enum err parse(const char *type, const char *json, ProtobufCMessage **ret_message)
{
    return json_to_message(&call, codec_message(type), json, strlen(json), NULL, ret_message);
}

static const char *write(const void *message)
{
    struct buf out = buf_in(&call.arena);
    assert_int_equal(message_to_json(&call, message, &out), ERR_OK);
    return buf_text(&out);
}

static void assert_refused(const char *type, const char *json, const char *reason, const char *field)
{
    ProtobufCMessage *message;
    if (parse(type, json, &message) != ERR_INVALID_ARGUMENT)
        fail_msg("was taken: %.200s", json);
    assert_string_equal(call.error_reason, reason);
    if (field == NULL)
        assert_null(call.error_field);
    else
        assert_string_equal(call.error_field, field);
    assert_non_null(call.error_ja);
    assert_non_null(call.error_en);
}

static void test_a_request_is_read_by_both_spellings(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"operationId\":\"x\",\"title\":\"停電\",\"incidentType\":\"INCIDENT_TYPE_MALWARE\","
        "\"occurredAt\":\"2026-04-01T09:00:00+09:00\",\"facts\":{\"personalInfo\":{\"knownCount\":\"0\"}}}",
        "{\"operation_id\":\"x\",\"title\":\"停電\",\"incident_type\":101,"
        "\"occurred_at\":\"2026-04-01T00:00:00Z\",\"facts\":{\"personal_info\":{\"known_count\":0}},\"new\":["
        "1]}",
    };
    for (size_t i = 0; i < 2; i++) {
        ProtobufCMessage *message;
        assert_int_equal(parse("sokuo.v1.FileIncidentRequest", texts[i], &message), ERR_OK);
        const Sokuo__V1__FileIncidentRequest *request = (const Sokuo__V1__FileIncidentRequest *)message;
        assert_string_equal(request->operation_id, "x");
        assert_string_equal(request->title, "停電");
        assert_string_equal(request->description, "");
        assert_int_equal(request->incident_type, SOKUO__V1__INCIDENT_TYPE__INCIDENT_TYPE_MALWARE);
        assert_int_equal(request->occurred_at->seconds, 1775001600);
        const Sokuo__V1__PersonalInfo *info = request->facts->personal_info;
        assert_int_equal(info->_known_count_case, SOKUO__V1__PERSONAL_INFO___KNOWN_COUNT_KNOWN_COUNT);
        assert_int_equal(info->_max_count_case, SOKUO__V1__PERSONAL_INFO___MAX_COUNT__NOT_SET);
    }
}

static void test_unknown_is_not_zero_in_the_answer(void **state)
{
    (void)state;
    Sokuo__V1__PersonalInfo info = SOKUO__V1__PERSONAL_INFO__INIT;
    assert_string_equal(write(&info), "{}");
    info._known_count_case = SOKUO__V1__PERSONAL_INFO___KNOWN_COUNT_KNOWN_COUNT;
    assert_string_equal(write(&info), "{\"knownCount\":\"0\"}");
}

static void test_text_is_escaped_where_json_asks(void **state)
{
    (void)state;
    Sokuo__V1__Ref ref = SOKUO__V1__REF__INIT;
    ref.id = (char *)"a\"b\\c\n\t\x01";
    ref.name = (char *)"情報政策課の長い名前 \"引用\" 終わり";
    assert_string_equal(write(&ref), "{\"id\":\"a\\\"b\\\\c\\n\\t\\u0001\","
                                     "\"name\":\"情報政策課の長い名前 \\\"引用\\\" 終わり\"}");
}

static void test_every_position_of_a_quote_is_found(void **state)
{
    (void)state;
    for (size_t at = 0; at < 45; at++) {
        char text[46] = "", want[64];
        memset(text, 'a', sizeof text - 1);
        text[at] = '"';
        snprintf(want, sizeof want, "{\"id\":\"%.*s\\\"%s\"}", (int)at, text, text + at + 1);
        Sokuo__V1__Ref ref = SOKUO__V1__REF__INIT;
        ref.id = text;
        assert_string_equal(write(&ref), want);
    }
}

static void test_a_time_outside_the_calendar_has_no_json_form(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    struct buf out = buf_in(&call.arena);
    assert_string_equal(write(&time), "\"1970-01-01T00:00:00Z\"");
    time.seconds = 1775001600;
    time.nanos = 120000000;
    assert_string_equal(write(&time), "\"2026-04-01T00:00:00.120Z\"");
    time.seconds = INT64_C(253402300800);
    assert_int_equal(message_to_json(&call, &time.base, &out), ERR_INVALID_ARGUMENT);
}

static void test_an_unknown_enum_number_is_written_as_number(void **state)
{
    (void)state;
    Sokuo__V1__Attribution by = SOKUO__V1__ATTRIBUTION__INIT;
    by.capacity = (Sokuo__V1__Capacity)77;
    assert_string_equal(write(&by), "{\"capacity\":77}");
}

static void test_wrong_values_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *json, *reason, *field;
    } cases[] = {
        {"{\"title\":1}", "BAD_VALUE", "title"},
        {"{\"incidentType\":\"NO_SUCH\"}", "BAD_VALUE", "incidentType"},
        {"{\"occurredAt\":\"yesterday\"}", "BAD_VALUE", "occurredAt"},
        {"{\"occurredAt\":\"2026-02-30T00:00:00Z\"}", "BAD_VALUE", "occurredAt"},
        {"{\"facts\":[]}", "BAD_VALUE", "facts"},
        {"{\"facts\":{\"zones\":{}}}", "BAD_VALUE", "facts.zones"},
        {"{\"facts\":{\"zones\":[\"NETWORK_ZONE_LGWAN\",null]}}", "BAD_VALUE", "facts.zones[1]"},
        {"{\"facts\":{\"systemIds\":[\"a\",\"b\",3]}}", "BAD_VALUE", "facts.systemIds[2]"},
        {"{\"facts\":{\"personalInfo\":{\"knownCount\":1.5}}}", "BAD_VALUE", "facts.personalInfo.knownCount"},
        {"{\"facts\":{\"personalInfo\":{\"knownCount\":\"9223372036854775808\"}}}", "BAD_VALUE",
         "facts.personalInfo.knownCount"},
        {"{\"facts\":{\"personalInfo\":{\"knownCount\":\" 1\"}}}", "BAD_VALUE",
         "facts.personalInfo.knownCount"},
        {"{\"facts\":{\"personalInfo\":{\"source\":\"a\\u0000b\"}}}", "BAD_CHARACTER",
         "facts.personalInfo.source"},
        {"{\"operationId\":\"a\",\"operation_id\":\"b\"}", "DUPLICATE", "operationId"},
        {"{\"title\":\"a\",\"title\":\"b\"}", "DUPLICATE", "title"},
        {"[]", "BAD_VALUE", ""},
        {"", "MALFORMED", NULL},
        {"{\"title\":\"a\"", "MALFORMED", "title"},
        {"{\"title\":\"a\"]", "MALFORMED", "title"},
        {"{\"title\":tru}", "MALFORMED", "title"},
        {"{\"facts\":{\"place\":\"{,:\\\"\",\"systemIds\":[\"a\",\"\xff\"]}}", "BAD_CHARACTER",
         "facts.systemIds[1]"},
        {"{\"a<b\":\"\xff\"}", "BAD_CHARACTER", "a?"},
        {"{\"\xff\":1}", "BAD_CHARACTER", NULL},
        {"{\"title\":\"a\"}}", "MALFORMED", NULL},
        {"{\"title\":\"\\ud800\"}", "MALFORMED", "title"},
        {"{\"title\":\"\\udc00\\ud800\"}", "MALFORMED", "title"},
        {"{\"title\":\"\xc0\xaf\"}", "BAD_CHARACTER", "title"},
        {"{\"title\":\"\xed\xa0\x80\"}", "BAD_CHARACTER", "title"},
        {"{\"title\":\"\xf5\x80\x80\x80\"}", "BAD_CHARACTER", "title"},
        {"\xef\xbb\xbf{}", "MALFORMED", NULL},
        {"{\"version\":1e999999999}", "MALFORMED", "version"},
        {"{\"version\":99999999999999999999999999}", "MALFORMED", "version"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused("sokuo.v1.FileIncidentRequest", cases[i].json, cases[i].reason, cases[i].field);
}

static void test_null_means_unset(void **state)
{
    (void)state;
    ProtobufCMessage *message;
    assert_int_equal(parse("sokuo.v1.FileIncidentRequest",
                           "{\"title\":null,\"facts\":null,\"occurredAt\":null}", &message),
                     ERR_OK);
    assert_string_equal(((Sokuo__V1__FileIncidentRequest *)message)->title, "");
    assert_null(((Sokuo__V1__FileIncidentRequest *)message)->facts);
}

static void test_unknown_fields_are_refused_only_where_asked(void **state)
{
    (void)state;
    ProtobufCMessage *message;
    static const char json[] = "{\"noSuchField\":1}";
    const struct json_options strict = {.reject_unknown_fields = true};
    assert_int_equal(parse("sokuo.v1.FileIncidentRequest", json, &message), ERR_OK);
    assert_int_equal(json_to_message(&call, codec_message("sokuo.v1.FileIncidentRequest"), json, strlen(json),
                                     &strict, &message),
                     ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_field, "noSuchField");
}

// What would cost memory or stack is refused before either is spent.
static void test_ten_thousand_levels_are_refused(void **state)
{
    (void)state;
    enum { LEVELS = 10000 };
    char *json = malloc(5 * LEVELS + 1), *at = json;
    for (int i = 0; i < LEVELS; i++)
        at = stpcpy(at, "{\"a\":");
    assert_refused("sokuo.v1.FileIncidentRequest", json, "TOO_DEEP", NULL);
    memset(json, '[', LEVELS);
    json[LEVELS] = '\0';
    assert_refused("sokuo.v1.FileIncidentRequest", json, "TOO_DEEP", NULL);
    free(json);
}

static void test_a_million_values_are_refused(void **state)
{
    (void)state;
    enum { COUNT = 1000000 };
    char *json = malloc(3 * COUNT + 16), *at = stpcpy(json, "{\"x\":[{}");
    for (int i = 1; i < COUNT; i++)
        at = stpcpy(at, ",{}");
    strcpy(at, "]}");
    assert_refused("sokuo.v1.FileIncidentRequest", json, "TOO_MANY", NULL);
    free(json);
}

static void test_nine_megabytes_are_refused(void **state)
{
    (void)state;
    enum { SIZE = 9 * 1024 * 1024 };
    char *json = malloc(SIZE + 1);
    memset(json, ' ', SIZE);
    json[SIZE] = '\0';
    assert_refused("sokuo.v1.FileIncidentRequest", json, "TOO_LARGE", NULL);
    free(json);
}

static void test_what_was_written_is_read_back(void **state)
{
    (void)state;
    static const char json[] =
        "{\"changes\":[{\"stream\":\"incident\",\"version\":7,\"entry\":{\"text\":\"本文\\n二行目\"}},{}],"
        "\"cursor\":\"c\",\"more\":true,\"serverTime\":\"2026-04-01T00:00:00.000000001Z\"}";
    ProtobufCMessage *message;
    assert_int_equal(parse("sokuo.v1.PullResponse", json, &message), ERR_OK);
    assert_string_equal(write(message), json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_request_is_read_by_both_spellings, begin, end),
        cmocka_unit_test_setup_teardown(test_unknown_is_not_zero_in_the_answer, begin, end),
        cmocka_unit_test_setup_teardown(test_text_is_escaped_where_json_asks, begin, end),
        cmocka_unit_test_setup_teardown(test_every_position_of_a_quote_is_found, begin, end),
        cmocka_unit_test_setup_teardown(test_a_time_outside_the_calendar_has_no_json_form, begin, end),
        cmocka_unit_test_setup_teardown(test_an_unknown_enum_number_is_written_as_number, begin, end),
        cmocka_unit_test_setup_teardown(test_wrong_values_are_refused_by_name, begin, end),
        cmocka_unit_test_setup_teardown(test_null_means_unset, begin, end),
        cmocka_unit_test_setup_teardown(test_unknown_fields_are_refused_only_where_asked, begin, end),
        cmocka_unit_test_setup_teardown(test_ten_thousand_levels_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_a_million_values_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_nine_megabytes_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_written_is_read_back, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
