// SPDX-License-Identifier: Apache-2.0
// Orders as rows: given, answered, withdrawn, read. Who may do what is decided by the callers; what the
// reader may not see is not found.
#pragma once

#include "server/domain/order.h"
#include "server/store/incident_store.h"

// --- giving ---

// Targets in step, as the queries want them.
struct order_aim {
    const int16_t *kinds, *roles;
    const struct uuid *unit_ids; // nil: none
    int count;
    const struct uuid *person_ids;
    int person_count;
};
// Takes what has passed message_check.
struct order_aim order_aim_of(struct call *c, Sokuo__V1__OrderTarget *const *targets, size_t count);

// Whom an aim would reach.
struct order_look {
    int addressees, duties, no_way, departments, sections;
    int outside;     // of the units that the caller leads
    bool is_request; // a named unit stands in an independent organ
    Sokuo__V1__OrderAddressee **holes;
    int hole_count;
};
enum err order_look(struct call *c, const struct uuid *incident_id, const struct order_aim *aim,
                    struct order_look *ret) MUST_USE;

struct order_giving {
    struct uuid incident_id;
    const char *text;
    const Sokuo__V1__OrderTargets *targets;
    const struct order_aim *aim;
    bool wants_acceptance, is_request;
    int64_t occurred_at_us, send_at_us, due_at_us; // TIME_NULL: now, at once, not said
    int capacity, addressees;
};
// Order, addressees, their calls and notices, journal and operation in one unit; the order's id is the
// operation's. Not done: the operation was done before.
enum err order_add(struct call *c, const struct order_giving *giving, const struct operation *operation,
                   bool *ret_done) MUST_USE;
// The same within a transaction under way, which the server itself began; the operation is new.
enum err order_add_leased(struct call *c, struct db_lease *lease, const struct order_giving *giving,
                          const struct operation *operation) MUST_USE;

// --- reading ---

struct order {
    Sokuo__V1__Order m;
    struct uuid id, incident_id, giver_id, commander_id, handler_id;
    bool may_read; // the incident
    int severity;
    int64_t gone_at_us;
};
enum err order_not_found(struct call *c);
enum err order_get(struct call *c, const struct uuid *id, struct order **ret) MUST_USE;
// The latest first; nil incident: all; only those addressed to the caller; only what still wants an answer.
enum err order_list(struct call *c, const struct uuid *incident_id, bool mine, bool open_only,
                    struct order **ret, int *ret_count) MUST_USE;
// Puts the numbers of orders whose incident the caller may read into them.
enum err order_count(struct call *c, struct order *orders, int count) MUST_USE;
// Puts the caller's own standing into orders.
enum err order_put_mine(struct call *c, struct order *orders, int count) MUST_USE;

// The caller's own addressee of an order that went out; nil: they are not asked.
enum err order_my_addressee(struct call *c, const struct uuid *order_id, struct uuid *ret) MUST_USE;

// An addressee, and how the caller stands to it.
struct order_person {
    Sokuo__V1__OrderAddressee m;
    struct order_standing standing;
    struct uuid id, person_id, unit_id;
    bool is_asked, is_deputy_of, is_led, has_call;
    const char *unit_phone;
};
// Which addressees of an order.
struct order_wish {
    bool sees_all;       // else the caller's own and those of units they lead
    struct uuid unit_id; // and below; nil: any
    bool unanswered_only;
    struct uuid after_id; // of the page before; nil: the first page
    int most;
};
// By department, section and duty.
enum err order_people(struct call *c, const struct uuid *order_id, const struct order_wish *wish,
                      struct order_person **ret, int *ret_count) MUST_USE;
// Those with these ids, whoever sees them.
enum err order_people_of(struct call *c, const struct uuid *order_id, const struct uuid *ids, int count,
                         struct order_person **ret, int *ret_count) MUST_USE;
// Puts their answers into addressees, the latest first, or the latest alone.
enum err order_put_answers(struct call *c, struct order_person *people, int count, bool latest_only) MUST_USE;
// Answers by the second since the order went out, ascending.
enum err order_seconds(struct call *c, const struct uuid *order_id, struct order_point **ret,
                       int *ret_count) MUST_USE;
// The command tree; sees_all as in order_wish. Heads that are not among people are left out.
enum err order_tree(struct call *c, const struct uuid *order_id, bool sees_all,
                    Sokuo__V1__CommandTreeRow ***ret, int *ret_count) MUST_USE;
// Whom to telephone, with numbers where the caller sees them.
enum err order_telephone(struct call *c, struct order_person *people, int count, bool sees_numbers,
                         Sokuo__V1__TelephoneLine ***ret, int *ret_count) MUST_USE;

// --- answering, withdrawing ---

// One addressee of an answer, as decided.
struct order_decided {
    const struct order_person *before;
    struct order_outcome outcome;
    int capacity;
    int64_t ack_until_us;
};
struct order_telling {
    const struct order *order;
    const struct order_decided *decided;
    int count, kind, means;
    const char *note, *text; // text: for the chronology
    int64_t occurred_at_us;  // TIME_NULL: now
    int64_t at_us;           // as it was decided with
};
// Not done: an addressee was changed meanwhile, or the operation was done before.
enum err order_tell(struct call *c, const struct order_telling *telling, const struct operation *operation,
                    bool *ret_done) MUST_USE;
enum err order_withdraw(struct call *c, const struct order *order, const char *reason,
                        const struct operation *operation, bool *ret_done) MUST_USE;

// --- turns of the engine ---

// Lets orders go whose time has come; answers whose news it is. One at a time, the others are not held up.
enum err order_due(struct call *c, int most, struct uuid **ret_tenants, struct uuid **ret_ids,
                   int *ret_count) MUST_USE;
enum err order_go(struct call *c, const struct uuid *order_id, bool *ret_done) MUST_USE;
// Reminds persons who did not answer; how many were due, and how many were asked again.
enum err order_remind(struct call *c, int most, int *ret_due, int *ret_asked) MUST_USE;
