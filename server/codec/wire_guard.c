// SPDX-License-Identifier: Apache-2.0
// protobuf-c trusts its input: it merges a repeated sub-message in quadratic time, recurses without end, cuts
// a string at NUL and takes any bytes as text. So every message is walked once before, without allocating.
#include <string.h>

#include "server/codec/codec.h"
#include "server/codec/path.h"
#include "server/codec/utf8.h"

#define DEPTH_MAX 16
#define FIELDS_MAX 20000
#define BUDGET_MIN ((size_t)64 << 10)
#define BUDGET_MAX ((size_t)16 << 20)
#define BUDGET_FACTOR 16

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct guard {
    struct call *call;
    unsigned fields;
};

static bool varint_next(const uint8_t **at, const uint8_t *end, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (int shift = 0; *at < end && shift < 70; shift += 7) {
        uint8_t byte = *(*at)++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static enum err malformed(struct guard *g, const struct path *path)
{
    return call_fail_field(
        g->call, path_text(g->call, path), "MALFORMED",
        "送信データ(protobuf)の形式が壊れています。アプリを更新してもう一度送信してください。",
        "The protobuf data is malformed. Update the client and send it again.");
}

static enum err text_guard(struct guard *g, const struct path *path, const uint8_t *data, size_t len)
{
    size_t sound = utf8_sound(data, len);
    if (sound == len)
        return ERR_OK;
    return call_fail_field(
        g->call, path_text(g->call, path), "BAD_CHARACTER",
        "「%s」の %zu バイト目に使えない文字があります。その文字を消してもう一度送信してください。",
        "%s has a byte at position %zu that is no UTF-8 text. Remove it and send again.",
        path_text(g->call, path), sound + 1);
}

static enum err message_guard(struct guard *g, const struct message_info *info, const struct path *path,
                              const uint8_t *at, const uint8_t *end, unsigned depth);

static enum err bytes_guard(struct guard *g, const struct message_info *info, const struct field_info *field,
                            const struct path *up, uint64_t *seen, const uint8_t *data, size_t len,
                            unsigned depth)
{
    struct path path = {up, field, -1};
    if (field->field->type == PROTOBUF_C_TYPE_STRING)
        return text_guard(g, &path, data, len);
    if (field->field->type != PROTOBUF_C_TYPE_MESSAGE)
        return ERR_OK;
    size_t index = (size_t)(field - info->fields);
    uint64_t bit = UINT64_C(1) << (index % 64);
    bool is_single = field->field->label != PROTOBUF_C_LABEL_REPEATED;
    if (is_single && (seen[index / 64] & bit))
        return call_fail_field(g->call, path_text(g->call, &path), "DUPLICATE",
                               "「%s」が二度送られました。アプリを更新してもう一度送信してください。",
                               "%s was sent twice. Update the client and send it again.",
                               path_text(g->call, &path));
    seen[index / 64] |= bit;
    return message_guard(g, field->sub, &path, data, data + len, depth + 1);
}

static enum err field_guard(struct guard *g, const struct message_info *info, const struct path *path,
                            uint64_t *seen, const uint8_t **at, const uint8_t *end, unsigned depth)
{
    uint64_t tag, value;
    if (!varint_next(at, end, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
        return malformed(g, path);
    size_t left = (size_t)(end - *at);
    switch (tag & 7) {
    case WIRE_VARINT:
        return varint_next(at, end, &value) ? ERR_OK : malformed(g, path);
    case WIRE_64:
    case WIRE_32: {
        size_t size = (tag & 7) == WIRE_64 ? 8 : 4;
        *at += size <= left ? size : 0;
        return size <= left ? ERR_OK : malformed(g, path);
    }
    case WIRE_BYTES: {
        if (!varint_next(at, end, &value) || value > (uint64_t)(end - *at))
            return malformed(g, path);
        const uint8_t *data = *at;
        *at += value;
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(info->type, (unsigned)(tag >> 3));
        if (field == NULL)
            return ERR_OK;
        return bytes_guard(g, info, &info->fields[field - info->type->fields], path, seen, data, value,
                           depth);
    }
    default:
        return malformed(g, path); // groups, and wire types that do not exist
    }
}

static enum err message_guard(struct guard *g, const struct message_info *info, const struct path *path,
                              const uint8_t *at, const uint8_t *end, unsigned depth)
{
    uint64_t seen[REGISTRY_FIELDS_MAX / 64] = {0};
    if (depth > DEPTH_MAX)
        return call_fail_field(g->call, path_text(g->call, path), "TOO_DEEP",
                               "送信データの入れ子が深すぎます。", "The data is nested too deep.");
    while (at < end) {
        if (++g->fields > FIELDS_MAX)
            return call_fail_field(g->call, path_text(g->call, path), "TOO_MANY",
                                   "送信データの項目が多すぎます。いくつかに分けて送信してください。",
                                   "The data has too many fields. Send it in parts.");
        TRY(field_guard(g, info, path, seen, &at, end, depth));
    }
    return ERR_OK;
}

struct budget {
    struct arena *arena;
    size_t left;
    bool is_spent;
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *budget = data;
    void *memory = size <= budget->left ? arena_try(budget->arena, size > 0 ? size : 1) : NULL;
    budget->is_spent |= memory == NULL;
    budget->left -= memory != NULL ? size : 0;
    return memory;
}

static void budget_free(void *data, void *memory)
{
    (void)data;
    (void)memory; // the arena goes as a whole
}

static size_t budget_of(size_t len)
{
    size_t budget = len < BUDGET_MAX / BUDGET_FACTOR ? len * BUDGET_FACTOR : BUDGET_MAX;
    return budget < BUDGET_MIN ? BUDGET_MIN : budget;
}

enum err wire_to_message(struct call *c, const ProtobufCMessageDescriptor *type, const void *data, size_t len,
                         ProtobufCMessage **ret_message)
{
    struct guard guard = {.call = c};
    const struct path top = {.index = -1};
    TRY(message_guard(&guard, registry_message(type), &top, data, (const uint8_t *)data + len, 1));

    struct budget budget = {.arena = &c->arena, .left = budget_of(len)};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    ProtobufCMessage *message = protobuf_c_message_unpack(type, &allocator, len, data);
    if (message == NULL && budget.is_spent)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "TOO_LARGE",
                         "送信データが大きすぎます。いくつかに分けて送信してください。",
                         "The data takes too much memory. Send it in parts.");
    if (message == NULL)
        return malformed(&guard, &top);
    *ret_message = message;
    return ERR_OK;
}
