// SPDX-License-Identifier: Apache-2.0
// Protobuf of a stranger as FileIncidentRequest. What was taken must survive the way through JSON.
#include <string.h>

#include "server/codec/codec.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    ProtobufCMessage *message, *again;
    codec_begin();
    call_begin(&call, NULL, 32u << 20);
    const ProtobufCMessageDescriptor *type = codec_message("sokuo.v1.FileIncidentRequest");
    if (wire_to_message(&call, type, data, size, &message) == ERR_OK) {
        struct buf json = buf_in(&call.arena), json_again = buf_in(&call.arena), wire = buf_in(&call.arena);
        (void)!message_check(&call, message);
        message_to_wire(&call, message, &wire);
        uint8_t *theirs = call_alloc(&call, protobuf_c_message_get_packed_size(message) + 1);
        MUST(protobuf_c_message_pack(message, theirs) == wire.len);
        MUST(memcmp(theirs, wire.data, wire.len) == 0);
        MUST(wire.len <=
             2 * size + 16); // numbers of strangers may be written longer than needed, not shorter
        if (message_to_json(&call, message, &json) == ERR_OK &&
            json_to_message(&call, type, json.data, json.len, NULL, &again) == ERR_OK) {
            MUST(message_to_json(&call, again, &json_again) == ERR_OK);
            MUST(json.len == json_again.len && memcmp(json.data, json_again.data, json.len) == 0);
        }
    }
    call_end(&call);
    return 0;
}
