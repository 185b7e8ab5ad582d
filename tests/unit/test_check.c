// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <string.h>

#include "server/codec/codec.h"
#include "server/codec/registry.h"
#include "sokuo/v1/incident.pb-c.h"

#define ID "018f4e1a-0000-7000-8000-000000000001"

static struct call call;
static Sokuo__V1__FileIncidentRequest request;
static Sokuo__V1__IncidentFacts facts;
static Sokuo__V1__PersonalInfo info;

static int begin(void **state)
{
    (void)state;
    codec_begin();
    call_begin(&call, NULL, 16u << 20);
    request = (Sokuo__V1__FileIncidentRequest)SOKUO__V1__FILE_INCIDENT_REQUEST__INIT;
    facts = (Sokuo__V1__IncidentFacts)SOKUO__V1__INCIDENT_FACTS__INIT;
    info = (Sokuo__V1__PersonalInfo)SOKUO__V1__PERSONAL_INFO__INIT;
    request.operation_id = (char *)ID;
    request.title = (char *)"停電";
    request.facts = &facts;
    facts.personal_info = &info;
    return 0;
}

static int end(void **state)
{
    (void)state;
    call_end(&call);
    return 0;
}

static void assert_refused(const char *reason, const char *field)
{
    assert_int_equal(message_check(&call, &request.base), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_reason, reason);
    assert_string_equal(call.error_field, field);
    assert_non_null(strstr(call.error_ja, field));
    assert_non_null(strstr(call.error_en, field));
}

static void assert_taken(void)
{
    if (message_check(&call, &request.base) != ERR_OK)
        fail_msg("%s", call.error_en);
}

// count times the text.
static char *repeat(const char *text, size_t count)
{
    struct buf out = buf_in(&call.arena);
    for (size_t i = 0; i < count; i++)
        buf_puts(&out, text);
    return (char *)buf_text(&out);
}

static void test_only_what_is_required_is_required(void **state)
{
    (void)state;
    assert_taken();
    request.facts = NULL;
    assert_taken();
    request.title = (char *)"";
    assert_refused("REQUIRED", "title");
    request.title = (char *)"x";
    request.operation_id = (char *)"";
    assert_refused("REQUIRED", "operationId");
}

static void test_length_counts_characters_not_bytes(void **state)
{
    (void)state;
    info.source = repeat("あ", 300);
    assert_taken();
    info.source = repeat("あ", 301);
    assert_refused("TOO_LONG", "facts.personalInfo.source");
    assert_int_equal(call.error_limit, 300);
    info.source = repeat("🚨", 300);
    assert_taken();
    info.source = repeat("a", 301);
    assert_refused("TOO_LONG", "facts.personalInfo.source");
    info.source = repeat("あ", 100000);
    assert_refused("TOO_LONG", "facts.personalInfo.source");
}

static void test_items_are_counted_and_each_is_checked(void **state)
{
    (void)state;
    char *ids[61];
    for (int i = 0; i < 61; i++)
        ids[i] = (char *)ID;
    facts.system_ids = ids;
    facts.n_system_ids = 60;
    assert_taken();
    ids[7] = (char *)"018f4e1a-0000-7000-8000-00000000000g";
    assert_refused("NOT_A_UUID", "facts.systemIds[7]");
    facts.n_system_ids = 61;
    assert_refused("TOO_MANY", "facts.systemIds");
    assert_int_equal(call.error_limit, 60);
}

static void test_a_uuid_has_one_form(void **state)
{
    (void)state;
    static const char *const bad[] = {"x", "018f4e1a00007000800000000000000001",
                                      "018f4e1a-0000-7000-8000-0000000000010",
                                      " 018f4e1a-0000-7000-8000-000000000001"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request.operation_id = (char *)bad[i];
        assert_refused("NOT_A_UUID", "operationId");
    }
    request.operation_id = (char *)"018F4E1A-0000-7000-8000-000000000001";
    assert_taken();
}

static void test_a_single_line_takes_no_control_characters(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\nb",
                                      "a\tb",
                                      "a\x1b[31m",
                                      "a\x7f",
                                      "a\xc2\x85"
                                      "b",
                                      "a\xe2\x80\xae"
                                      "b",
                                      "a\xe2\x81\xa6"
                                      "b",
                                      "a\xe2\x80\xa8"
                                      "b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        request.title = (char *)bad[i];
        assert_refused("BAD_CHARACTER", "title");
    }
    request.title = (char *)"葛\xf3\xa0\x84\x80 👨‍👩‍👧 \xee\x80\x80"; // variation selector,
                                                                                   // joiners, private use
    assert_taken();
}

static void test_several_lines_take_line_breaks_and_nothing_worse(void **state)
{
    (void)state;
    request.description = (char *)"一行目\r\n\t二行目 \xe2\x80\xaa"
                                  "abc\xe2\x80\xac";
    assert_taken();
    request.description = (char *)"a\x08";
    assert_refused("BAD_CHARACTER", "description");
}

static void test_an_unknown_enum_number_is_refused(void **state)
{
    (void)state;
    request.incident_type = (Sokuo__V1__IncidentType)999;
    assert_refused("BAD_VALUE", "incidentType");
    request.incident_type = SOKUO__V1__INCIDENT_TYPE__INCIDENT_TYPE_UNSPECIFIED;
    Sokuo__V1__NetworkZone zones[] = {SOKUO__V1__NETWORK_ZONE__NETWORK_ZONE_LGWAN,
                                      (Sokuo__V1__NetworkZone)-1};
    facts.zones = zones;
    facts.n_zones = 2;
    assert_refused("BAD_VALUE", "facts.zones[1]");
}

static void test_a_time_outside_the_calendar_is_refused(void **state)
{
    (void)state;
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    request.occurred_at = &time;
    assert_taken();
    time.nanos = -1;
    assert_refused("BAD_VALUE", "occurredAt");
    time.nanos = 0;
    time.seconds = INT64_MAX;
    assert_refused("BAD_VALUE", "occurredAt");
}

// Something that every rule but the length takes.
static void required_fill(ProtobufCMessage *message, const struct message_info *type)
{
    for (unsigned i = 0; i < type->type->n_fields; i++) {
        const struct field_info *field = &type->fields[i];
        void *slot = field_at(message, field->field);
        if (!field->rule.is_required)
            continue;
        if (field->presence == PRESENCE_REPEATED) {
            *(void **)slot = call_alloc(&call, sizeof(ProtobufCBinaryData));
            *(size_t *)field_quantifier(message, field->field) = 1;
            slot = *(void **)slot;
        }
        if (field->field->type == PROTOBUF_C_TYPE_STRING) {
            *(char **)slot = field->rule.is_uuid ? (char *)ID : (char *)"x";
        } else if (field->field->type == PROTOBUF_C_TYPE_MESSAGE) {
            ProtobufCMessage *sub = call_alloc(&call, field->sub->type->sizeof_message);
            protobuf_c_message_init(field->sub->type, sub);
            required_fill(sub, field->sub);
            *(ProtobufCMessage **)slot = sub;
        } else {
            *(uint8_t *)slot = 1; // the lowest byte of a number or an enum, or the length of bytes
        }
    }
}

static void assert_limit(const struct message_info *type, const struct field_info *field)
{
    struct call *c = &call;
    ProtobufCMessage *message = call_alloc(c, type->type->sizeof_message);
    protobuf_c_message_init(type->type, message);
    required_fill(message, type);
    *(char **)field_at(message, field->field) = repeat("漢", field->rule.max_chars);
    if (message_check(c, message) != ERR_OK)
        fail_msg("%s.%s at its limit: %s", type->type->name, field->json_name, c->error_en);
    *(char **)field_at(message, field->field) = repeat("漢", field->rule.max_chars + 1);
    if (message_check(c, message) != ERR_INVALID_ARGUMENT)
        fail_msg("%s.%s beyond its limit was taken", type->type->name, field->json_name);
    assert_string_equal(c->error_reason, "TOO_LONG");
    assert_string_equal(c->error_field, field->json_name);
    assert_int_equal(c->error_limit, field->rule.max_chars);
}

// Every text of every request, as the .proto files say, now and later.
static void test_every_text_of_every_request_keeps_its_limit(void **state)
{
    (void)state;
    unsigned count = 0;
    for (size_t m = 0; m < codec_builtin.count; m++) {
        const struct message_info *type = registry_message(codec_builtin.messages[m]);
        size_t len = strlen(type->type->name);
        if (len < 7 || strcmp(type->type->name + len - 7, "Request") != 0)
            continue;
        for (unsigned i = 0; i < type->type->n_fields; i++) {
            const struct field_info *field = &type->fields[i];
            if (field->field->type != PROTOBUF_C_TYPE_STRING || field->presence != PRESENCE_IMPLICIT ||
                field->rule.is_uuid)
                continue;
            assert_limit(type, field);
            arena_free(&call.arena);
            count++;
        }
    }
    assert_true(count > 50);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_what_is_required_is_required),
        TEST(test_length_counts_characters_not_bytes),
        TEST(test_items_are_counted_and_each_is_checked),
        TEST(test_a_uuid_has_one_form),
        TEST(test_a_single_line_takes_no_control_characters),
        TEST(test_several_lines_take_line_breaks_and_nothing_worse),
        TEST(test_an_unknown_enum_number_is_refused),
        TEST(test_a_time_outside_the_calendar_is_refused),
        TEST(test_every_text_of_every_request_keeps_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
