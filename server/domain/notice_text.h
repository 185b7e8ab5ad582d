// SPDX-License-Identifier: Apache-2.0
// What a message says, and when it is tried again. From the class `restricted` on it names the incident by
// its number and says nothing else; whatever belongs to an exercise or a test says so first.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Kinds, as in the column notice.kind.
enum notice_kind {
    NOTICE_ORDER = 1,
    NOTICE_CALL,
    NOTICE_TEST,
    NOTICE_DIGEST,
    NOTICE_READINESS,
    NOTICE_ALARM
};

#define NOTICE_SUBJECT_SIZE 256
#define NOTICE_BODY_SIZE 4096
#define NOTICE_SHORT_SIZE 512
// From then on a message says that it is late.
#define NOTICE_STALE_US (INT64_C(30) * 60 * 1000000)
// How long the link of a message works.
#define NOTICE_LINK_HOURS 72

// Texts are never NULL. Times in microseconds since 1970; INT64_MIN = none.
struct notice_facts {
    int kind, mode, severity, confidentiality;
    const char *number; // of the incident; "" = about none
    const char *text;   // of the order, the call, the test or the digest
    const char *from;   // who says so, with the post
    const char *link;   // "" = none
    int64_t due_us, queued_us, now_us;
    int attempts; // with this one
    bool in_english;
};

// Subject, in one line.
void notice_subject(const struct notice_facts *f, char out[NOTICE_SUBJECT_SIZE]);
// The whole message.
void notice_body(const struct notice_facts *f, char out[NOTICE_BODY_SIZE]);
// For SMS, voice and small screens: one line, without the link.
void notice_short(const struct notice_facts *f, char out[NOTICE_SHORT_SIZE]);
// Only the number may be said.
bool notice_is_closed(const struct notice_facts *f);

// How long to wait after so many tries: anything up to 1 s · 2^(tries - 1), at most 5 minutes. random: any
// number.
int64_t notice_backoff_us(int attempts, uint64_t random);
