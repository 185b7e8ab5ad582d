// SPDX-License-Identifier: Apache-2.0
// Contact points. Changes write the journal (stream 'directory'), which never holds an address, a code or a
// key.
#pragma once

#include "server/store/operation_store.h"
#include "sokuo/v1/contact.pb-c.h"

// A person's contact points by priority, in the call's arena. Without sees_addresses kinds and states only.
enum err contact_list(struct call *c, const struct uuid *person_id, bool sees_addresses,
                      Sokuo__V1__OwnContactPoint ***ret_points, int *ret_count) MUST_USE;
// One of them; NOT_FOUND when the person has none such.
enum err contact_get(struct call *c, const struct uuid *person_id, const struct uuid *id,
                     Sokuo__V1__OwnContactPoint **ret_point) MUST_USE;

// The language in which messages are written to a person (MessageLanguage).
enum err contact_language(struct call *c, const struct uuid *person_id, int *ret) MUST_USE;
// Sets the caller's. Not done: the operation was done before.
enum err contact_language_set(struct call *c, int language, const struct operation *operation,
                              bool *ret_done) MUST_USE;

struct contact_edit {
    struct uuid id, person_id; // id nil: a new one, with the operation's id
    int kind, priority;        // priority 0: last
    const char *address;       // as contact_normalise wrote it
    bool is_private;
    const Sokuo__V1__PushSubscription *push; // NULL: none
};
// Adds or changes one; the others make room. operation NULL: a change without an operation id. *ret_id is nil
// when it was not done: contact_why_not, unless the operation was done before. INVALID_ARGUMENT (field
// address): is there already.
enum err contact_put(struct call *c, const struct contact_edit *edit, const struct operation *operation,
                     struct uuid *ret_id) MUST_USE;
// NOT_FOUND, or RESOURCE_EXHAUSTED when the person has too many.
enum err contact_why_not(struct call *c, const struct contact_edit *edit) MUST_USE;
// Takes one away; owner NULL: anybody's. Not done: there is none such (NOT_FOUND without an operation), or
// done before.
enum err contact_remove(struct call *c, const struct uuid *id, const struct uuid *owner,
                        const struct operation *operation, bool *ret_done) MUST_USE;
// Sends a code to one of the caller's; *ret_notice waits to go out. FAILED_PRECONDITION when nothing reaches
// it, RESOURCE_EXHAUSTED when it is too often.
enum err contact_test(struct call *c, const struct uuid *id, const struct operation *operation,
                      Sokuo__V1__Notice **ret_notice) MUST_USE;
// Confirms one of the caller's by the code, or with "" by their word. FAILED_PRECONDITION with WRONG_CODE,
// CODE_EXPIRED, NO_CODE or CODE_SPENT.
enum err contact_confirm(struct call *c, const struct uuid *id, const char *code,
                         const struct operation *operation) MUST_USE;
