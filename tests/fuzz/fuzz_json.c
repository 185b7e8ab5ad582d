// SPDX-License-Identifier: Apache-2.0
// JSON of a stranger as FileIncidentRequest. What was taken must survive being written and read again.
#include <string.h>

#include "server/codec/codec.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call call;
    ProtobufCMessage *message, *again;
    codec_begin();
    call_begin(&call, NULL, 16u << 20);
    const ProtobufCMessageDescriptor *type = codec_message("sokuo.v1.FileIncidentRequest");
    if (json_to_message(&call, type, data, size, NULL, &message) == ERR_OK) {
        struct buf json = buf_in(&call.arena), wire = buf_in(&call.arena), wire_again = buf_in(&call.arena);
        (void)!message_check(&call, message);
        MUST(message_to_json(&call, message, &json) == ERR_OK);
        MUST(json_to_message(&call, type, json.data, json.len, NULL, &again) == ERR_OK);
        message_to_wire(&call, message, &wire);
        message_to_wire(&call, again, &wire_again);
        MUST(wire.len == wire_again.len && memcmp(wire.data, wire_again.data, wire.len) == 0);
    }
    call_end(&call);
    return 0;
}
