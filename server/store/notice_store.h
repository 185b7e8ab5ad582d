// SPDX-License-Identifier: Apache-2.0
// The outbox (table notice): what is due is leased, sent by the engine, and marked with all that follows from
// it.
#pragma once

#include "server/domain/notice_text.h"
#include "server/store/db.h"
#include "sokuo/v1/contact.pb-c.h"

// What is to be done with a leased notice.
enum notice_fate {
    NOTICE_SEND,
    NOTICE_SHOW,       // in the client: it is sent by being written
    NOTICE_COLLECT,    // the person had many: part of a digest
    NOTICE_NO_POINT,   // the contact point, or the person, is there no more
    NOTICE_NO_CHANNEL, // nothing is set up that reaches it
    NOTICE_NOT_NOW,    // not leased: not wanted any more, or its channel takes no more now
};

struct notice {
    struct uuid tenant_id, id, channel_id;
    enum notice_fate fate;
    const char *dedup_key, *person, *address;
    struct notice_facts facts; // but now_us and link
    bool wants_link, has_link;
    const uint8_t *p256dh, *auth; // 65 and 16 bytes, or NULL
};

// Something is due.
enum err notice_due(struct call *c, bool *ret) MUST_USE;
// Leases at most so many for 30 seconds, the most severe first; cap: messages a person and hour before the
// rest becomes a digest. Run as the server itself, as all up to notice_finish.
enum err notice_lease(struct call *c, const struct uuid *owner, int most, int cap, struct notice **ret,
                      int *ret_count) MUST_USE;
struct notice_key {
    struct uuid tenant_id, id;
};
// Makes digests of them.
enum err notice_collect(struct call *c, const struct notice_key *keys, int count) MUST_USE;
// The token of a notice's link: the same whenever it is asked for.
const char *notice_token(struct call *c, const struct uuid *id);
// Remembers the links of these, before they go out.
enum err notice_remember_links(struct call *c, const struct notice_key *keys, int count) MUST_USE;

enum notice_outcome { NOTICE_TAKEN = 1, NOTICE_LATER, NOTICE_DEAD, NOTICE_GIVEN_BACK };

struct notice_end {
    struct uuid id, tenant_id, channel_id;
    enum notice_outcome outcome;
    const char *reason;     // a stable word, ": ", what the other side said
    int64_t wait_us;        // LATER
    bool is_channels_fault; // of a LATER
    bool was_tried;         // by the channel
    bool is_gone;           // drop the contact point
};
// Writes what became of them in one unit: notices, addressees, calls, channels, contact points, the
// chronology.
enum err notice_finish(struct call *c, const struct uuid *owner, const struct notice_end *ends,
                       int count) MUST_USE;

// The caller's view. incident_id, order_id nil = any.
enum notice_reach { NOTICE_OWN, NOTICE_OF_INCIDENTS, NOTICE_ALL };
struct notice_filter {
    struct uuid incident_id, order_id;
    bool dead_only;
    enum notice_reach reach;
};
enum err notice_list(struct call *c, const struct notice_filter *filter,
                     Sokuo__V1__ListNoticesResponse *res) MUST_USE;
enum err notice_retry(struct call *c, const struct uuid *ids, int count, bool is_admin, struct uuid **ret,
                      int *ret_count) MUST_USE;

// What a link is about.
struct notice_link {
    struct uuid tenant_id, id, person_id, order_id, addressee_id, escalation_id;
    int kind, mode, confidentiality;
    const char *person, *number, *text;
    int64_t due_us, answered_us, used_us;
    bool wants_acceptance, is_over; // over: withdrawn, or called off
    int addressee_state;
};
// NOT_FOUND for links nobody was sent, and for those older than 72 hours. As the server itself.
enum err notice_by_link(struct call *c, const char *token, struct notice_link *ret) MUST_USE;
enum err notice_link_used(struct call *c, const struct notice_link *link) MUST_USE;
// Makes the caller of this call the person of the link.
enum err notice_act_as(struct call *c, const struct notice_link *link) MUST_USE;
// RESOURCE_EXHAUSTED for an address from which twenty wrong links came within a minute.
enum err notice_link_brake(struct call *c, const char *address) MUST_USE;
// Counts one.
enum err notice_link_missed(struct call *c, const char *address) MUST_USE;
