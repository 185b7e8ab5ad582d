// SPDX-License-Identifier: Apache-2.0
// Google's conformance runner drives this over its standard input and output: four bytes of length (little
// endian), then a ConformanceRequest or ConformanceResponse.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conformance.pb-c.h"
#include "server/codec/codec.h"
#include "tests/conformance/types.h"

#define ARENA_MAX (64u << 20)

static void parse_error(struct call *c, Conformance__ConformanceResponse *response)
{
    response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_PARSE_ERROR;
    response->parse_error = (char *)(c->error_en != NULL ? c->error_en : "refused");
}

static void skipped(Conformance__ConformanceResponse *response, const char *why)
{
    response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_SKIPPED;
    response->skipped = (char *)why;
}

static enum err payload_read(struct call *c, const Conformance__ConformanceRequest *request,
                             const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_message)
{
    if (request->payload_case == CONFORMANCE__CONFORMANCE_REQUEST__PAYLOAD_PROTOBUF_PAYLOAD)
        return wire_to_message(c, type, request->protobuf_payload.data, request->protobuf_payload.len,
                               ret_message);
    bool ignores = request->test_category == CONFORMANCE__TEST_CATEGORY__JSON_IGNORE_UNKNOWN_PARSING_TEST;
    struct json_options options = {.reject_unknown_fields = !ignores, .ignore_unknown_enum_names = ignores};
    return json_to_message(c, type, request->json_payload, strlen(request->json_payload), &options,
                           ret_message);
}

static void message_write(struct call *c, const Conformance__ConformanceRequest *request,
                          const ProtobufCMessage *message, Conformance__ConformanceResponse *response)
{
    struct buf out = buf_in(&c->arena);
    if (request->requested_output_format == CONFORMANCE__WIRE_FORMAT__PROTOBUF) {
        message_to_wire(c, message, &out);
        response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_PROTOBUF_PAYLOAD;
        response->protobuf_payload = (ProtobufCBinaryData){.data = (uint8_t *)out.data, .len = out.len};
    } else if (message_to_json(c, message, &out) == ERR_OK) {
        response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_JSON_PAYLOAD;
        response->json_payload = (char *)buf_text(&out);
    } else {
        response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_SERIALIZE_ERROR;
        response->serialize_error = (char *)c->error_en;
    }
}

static void answer(struct call *c, const Conformance__ConformanceRequest *request,
                   Conformance__ConformanceResponse *response)
{
    const ProtobufCMessageDescriptor *type = codec_message(request->message_type);
    bool is_json_or_wire =
        request->payload_case == CONFORMANCE__CONFORMANCE_REQUEST__PAYLOAD_PROTOBUF_PAYLOAD ||
        request->payload_case == CONFORMANCE__CONFORMANCE_REQUEST__PAYLOAD_JSON_PAYLOAD;
    ProtobufCMessage *message;
    if (type == NULL)
        skipped(response, "proto3 only");
    else if (!is_json_or_wire || (request->requested_output_format != CONFORMANCE__WIRE_FORMAT__PROTOBUF &&
                                  request->requested_output_format != CONFORMANCE__WIRE_FORMAT__JSON))
        skipped(response, "protobuf and JSON only");
    else if (payload_read(c, request, type, &message) != ERR_OK)
        parse_error(c, response);
    else
        message_write(c, request, message, response);
}

// The runner asks this first; an empty set means that nothing is expected to fail by itself.
static void failure_set(Conformance__ConformanceResponse *response)
{
    response->result_case = CONFORMANCE__CONFORMANCE_RESPONSE__RESULT_PROTOBUF_PAYLOAD;
}

static void frame_write(const Conformance__ConformanceResponse *response)
{
    uint32_t len = (uint32_t)conformance__conformance_response__get_packed_size(response);
    uint8_t *data = malloc(len + 1);
    conformance__conformance_response__pack(response, data);
    fwrite(&len, sizeof len, 1, stdout);
    fwrite(data, 1, len, stdout);
    fflush(stdout);
    free(data);
}

static bool frame_serve(void)
{
    uint32_t len;
    if (fread(&len, sizeof len, 1, stdin) != 1)
        return false;
    uint8_t *data = malloc(len + 1);
    if (fread(data, 1, len, stdin) != len)
        abort();
    Conformance__ConformanceRequest *request = conformance__conformance_request__unpack(NULL, len, data);
    Conformance__ConformanceResponse response = CONFORMANCE__CONFORMANCE_RESPONSE__INIT;
    struct call call;
    call_begin(&call, NULL, ARENA_MAX);
    if (strcmp(request->message_type, "conformance.FailureSet") == 0)
        failure_set(&response);
    else
        answer(&call, request, &response);
    frame_write(&response);
    call_end(&call);
    conformance__conformance_request__free_unpacked(request, NULL);
    free(data);
    return true;
}

int main(void)
{
    codec_begin();
    registry_add(&conformance_types);
    while (frame_serve())
        ;
    return 0;
}
