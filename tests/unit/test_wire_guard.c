// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/codec/codec.h"
#include "sokuo/v1/incident.pb-c.h"
#include "sokuo/v1/sync.pb-c.h"
#include "tests/conformance/types.h"

static struct call call;

static int begin(void **state)
{
    (void)state;
    codec_begin();
    registry_add(&conformance_types); // holds types that contain themselves; ours never do
    call_begin(&call, NULL, 64u << 20);
    return 0;
}

static int end(void **state)
{
    (void)state;
    call_end(&call);
    return 0;
}

static enum err unpack(const char *type, const void *data, size_t len)
{
    ProtobufCMessage *message;
    return wire_to_message(&call, codec_message(type), data, len, &message);
}

static void assert_refused(const char *type, const void *data, size_t len, const char *reason,
                           const char *field)
{
    assert_int_equal(unpack(type, data, len), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_reason, reason);
    assert_string_equal(call.error_field, field);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void test_a_message_goes_there_and_back(void **state)
{
    (void)state;
    Sokuo__V1__FileIncidentRequest request = SOKUO__V1__FILE_INCIDENT_REQUEST__INIT;
    Sokuo__V1__IncidentFacts facts = SOKUO__V1__INCIDENT_FACTS__INIT;
    facts.place = (char *)"本庁舎";
    request.title = (char *)"停電";
    request.facts = &facts;
    struct buf out = buf_in(&call.arena);
    message_to_wire(&call, &request.base, &out);
    ProtobufCMessage *message;
    assert_int_equal(wire_to_message(&call, request.base.descriptor, out.data, out.len, &message), ERR_OK);
    assert_string_equal(((Sokuo__V1__FileIncidentRequest *)message)->facts->place, "本庁舎");
}

static void test_an_empty_message_is_one(void **state)
{
    (void)state;
    assert_int_equal(unpack("sokuo.v1.FileIncidentRequest", "", 0), ERR_OK);
}

// title is field 2 of FileIncidentRequest, facts.place is 2 of IncidentFacts.
static void test_text_that_is_none_is_refused_by_name(void **state)
{
    (void)state;
    assert_refused("sokuo.v1.Ref", "\x12\x02\xc3\x28", 4, "BAD_CHARACTER", "name");
    assert_refused("sokuo.v1.Ref", "\x12\x02\xc0\xaf", 4, "BAD_CHARACTER", "name");
    assert_refused("sokuo.v1.Ref", "\x12\x03\xed\xa0\x80", 5, "BAD_CHARACTER", "name");
    assert_refused("sokuo.v1.Ref", "\x12\x04\x61\x62\0x", 6, "BAD_CHARACTER", "name");
    assert_refused("sokuo.v1.Ref",
                   "\x12\x0c"
                   "abcdefghijk\xff",
                   14, "BAD_CHARACTER", "name");
    assert_refused("sokuo.v1.Incident", "\xa2\x01\x04\x12\x02\xc0\xaf", 7, "BAD_CHARACTER",
                   "filedBy.personName");
}

static void test_broken_framing_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *data;
        size_t len;
    } cases[] = {
        {"\x12", 1}, // no length
        {"\x12\x05"
         "ab",
         4},                                                          // length beyond the end
        {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11},         // endless number
        {"\x13\x14", 2},                                              // group
        {"\x16\x00", 2},                                              // wire type 6
        {"\x02\x00", 2},                                              // field 0
        {"\x09\x01", 2},                                              // eight bytes, one there
        {"\xfd\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x01\x01\x01", 13}, // field number out of range
        {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},         // length near 2^64
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused("sokuo.v1.Ref", cases[i].data, cases[i].len, "MALFORMED", "");
}

static void test_a_singular_message_twice_is_refused(void **state)
{
    (void)state;
    assert_refused("sokuo.v1.FeedChange", "\x2a\x00\x2a\x00", 4, "DUPLICATE", "entry");
}

// Unguarded, this is 11 s of CPU in protobuf-c.
static void test_640_kb_of_one_message_cost_nothing(void **state)
{
    (void)state;
    enum { SIZE = 640 * 1024 };
    char *data = malloc(SIZE);
    for (int i = 0; i < SIZE; i += 4)
        memcpy(data + i, "\x2a\x02\x0a\x00", 4);
    double before = seconds();
    assert_refused("sokuo.v1.FeedChange", data, SIZE, "DUPLICATE", "entry");
    assert_true(seconds() - before < 0.05);
    free(data);
}

static void test_a_megabyte_of_empty_messages_is_refused(void **state)
{
    (void)state;
    enum { SIZE = 1024 * 1024 };
    char *data = malloc(SIZE);
    for (int i = 0; i < SIZE; i += 2)
        memcpy(data + i, "\x0a\x00", 2);
    double before = seconds();
    assert_refused("sokuo.v1.PullResponse", data, SIZE, "TOO_MANY", "");
    assert_true(seconds() - before < 0.05);
    assert_true(call.arena.used < 64u * 1024);
    free(data);
}

static void test_ten_thousand_levels_are_refused(void **state)
{
    (void)state;
    enum { LEVELS = 10000 };
    uint8_t *data = calloc(LEVELS, 8), *at = data + (size_t)LEVELS * 8;
    for (int i = 0; i < LEVELS; i++) { // built from the inside: ListValue.values (1), Value.list_value (6)
        size_t len = (size_t)(data + (size_t)LEVELS * 8 - at);
        *--at = (uint8_t)(len >> 14 & 0x7f); // always three bytes
        *--at = (uint8_t)(len >> 7 | 0x80);
        *--at = (uint8_t)(len | 0x80);
        *--at = i % 2 ? 0x32 : 0x0a;
    }
    size_t len = (size_t)(data + (size_t)LEVELS * 8 - at);
    assert_int_equal(unpack("google.protobuf.Value", at, len), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_reason, "TOO_DEEP");
    free(data);
}

static void test_memory_has_a_budget(void **state)
{
    (void)state;
    enum { COUNT = 19000 };
    char *data = malloc(2 * COUNT);
    for (int i = 0; i < COUNT; i++)
        memcpy(data + 2 * i, "\x0a\x00", 2);
    assert_int_equal(unpack("sokuo.v1.PullResponse", data, (size_t)2 * COUNT), ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(call.error_reason, "TOO_LARGE");
    assert_true(call.arena.used < 1024u * 1024);
    free(data);
}

static void test_an_arena_without_room_is_no_crash(void **state)
{
    (void)state;
    call.arena.limit = call.arena.used + 64;
    assert_int_equal(unpack("sokuo.v1.FileIncidentRequest",
                            "\x12\x02"
                            "ab",
                            4),
                     ERR_RESOURCE_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_message_goes_there_and_back, begin, end),
        cmocka_unit_test_setup_teardown(test_an_empty_message_is_one, begin, end),
        cmocka_unit_test_setup_teardown(test_text_that_is_none_is_refused_by_name, begin, end),
        cmocka_unit_test_setup_teardown(test_broken_framing_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_a_singular_message_twice_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_640_kb_of_one_message_cost_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_a_megabyte_of_empty_messages_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_ten_thousand_levels_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_memory_has_a_budget, begin, end),
        cmocka_unit_test_setup_teardown(test_an_arena_without_room_is_no_crash, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
