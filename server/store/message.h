// SPDX-License-Identifier: Apache-2.0
// Between columns and protobuf fields. Everything is in the call's arena.
#pragma once

#include "server/store/db.h"
#include "sokuo/v1/common.pb-c.h"

// A text field; protobuf-c wants it without const.
static inline char *msg_text(const char *text)
{
    return text ? (char *)text : (char *)protobuf_c_empty_string;
}

// Room for the pointers of a repeated message field.
static inline void *msg_list(struct call *c, int count)
{
    return call_alloc(c, (size_t)count * sizeof(void *));
}

// A UUID as text; nil is "".
static inline char *msg_uuid(struct call *c, const struct uuid *id)
{
    return uuid_is_nil(id) ? msg_text(NULL) : uuid_format(id, call_alloc(c, UUID_TEXT_SIZE));
}

// A UUID field; "" is nil.
static inline struct uuid msg_take_uuid(const char *text)
{
    struct uuid id;
    return text && uuid_parse(text, &id) ? id : (struct uuid){0};
}

// A time; TIME_NULL is absent.
static inline Google__Protobuf__Timestamp *msg_time(struct call *c, int64_t us)
{
    if (us == TIME_NULL)
        return NULL;
    Google__Protobuf__Timestamp *time = call_alloc(c, sizeof *time);
    google__protobuf__timestamp__init(time);
    time->seconds = us / 1000000 - (us % 1000000 < 0);
    time->nanos = (int32_t)((us - time->seconds * 1000000) * 1000);
    return time;
}

// A time field; absent is TIME_NULL.
static inline int64_t msg_take_time(const Google__Protobuf__Timestamp *time)
{
    if (!time)
        return TIME_NULL;
    return time->seconds * 1000000 +
           time->nanos / 1000; // years 0001 to 9999: message_check and JSON see to it
}

// Id and name; nil is absent.
static inline Sokuo__V1__Ref *msg_ref(struct call *c, struct uuid id, const char *name)
{
    if (uuid_is_nil(&id))
        return NULL;
    Sokuo__V1__Ref *ref = call_alloc(c, sizeof *ref);
    sokuo__v1__ref__init(ref);
    ref->id = msg_uuid(c, &id);
    ref->name = msg_text(name);
    return ref;
}

// Who did it; absent when nobody is named.
static inline Sokuo__V1__Attribution *msg_who(struct call *c, const struct uuid *person,
                                              const char *person_name, const struct uuid *post,
                                              const char *post_name, int capacity)
{
    if (uuid_is_nil(person) && (!person_name || !*person_name) && uuid_is_nil(post))
        return NULL;
    Sokuo__V1__Attribution *who = call_alloc(c, sizeof *who);
    sokuo__v1__attribution__init(who);
    who->person_id = msg_uuid(c, person);
    who->person_name = msg_text(person_name);
    who->post_id = msg_uuid(c, post);
    who->post_name = msg_text(post_name);
    who->capacity = (Sokuo__V1__Capacity)capacity;
    return who;
}
