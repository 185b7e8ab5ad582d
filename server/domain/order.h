// SPDX-License-Identifier: Apache-2.0
// Orders: who may give one to whom, who may answer for an addressee and in what capacity, and what becomes of
// the addressee by an answer.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/domain/words.h"
#include "sokuo/v1/order.pb-c.h"

#define ORDER_STATE(x) SOKUO__V1__ORDER_STATE__ORDER_STATE_##x
#define ORDER_ANSWER(x) SOKUO__V1__ORDER_ANSWER_KIND__ORDER_ANSWER_KIND_##x
#define ORDER_TARGET(x) SOKUO__V1__ORDER_TARGET_KIND__ORDER_TARGET_KIND_##x

// --- giving ---

// An order is read on a phone by somebody who was woken: domain reference 2.5.
#define ORDER_LINES_MOST 3
#define ORDER_LINE_CHARS_MOST 80

enum order_text_fault { ORDER_TEXT_FITS, ORDER_TEXT_EMPTY, ORDER_TEXT_MANY_LINES, ORDER_TEXT_LONG_LINE };
// ret_line: the line at fault, from 1. Blank lines count; line breaks at the end do not.
enum order_text_fault order_text_check(const char *text, int *ret_line);

enum order_scope { ORDER_TO_NOBODY, ORDER_TO_OWN_UNITS, ORDER_TO_ALL };
// Whom a person with these duties may give orders to. Who audits or works for a contractor gives none.
enum order_scope order_may_give(uint64_t roles, bool is_commander);

// --- answering ---

#define ORDER_NEVER INT64_MIN // no time

// How somebody stands to an addressee.
struct order_teller {
    uint64_t roles;
    bool is_asked;  // it is their own: asked now, or holder of the post
    bool is_deputy; // stands in the duty's order of succession
    bool is_head;   // of the addressee's section or department
    bool is_giver, is_commander;
};
// In what capacity (Capacity) they may answer so; 0: they may not. A state is asked for because what was
// confirmed is taken back by nobody else than who confirms.
int order_capacity(const struct order_teller *teller, int kind, int state);

// How far an addressee has come.
struct order_standing {
    int state;       // OrderState
    bool has_nobody; // nobody holds the post
    int64_t sent_us, delivered_us;
    int64_t times[ORDER_ANSWER(CONFIRM) + 1]; // by OrderAnswerKind, from READ on
    int64_t answered_us;                      // the first answer that counts
};

enum order_verdict {
    ORDER_TAKEN,     // it changes how the addressee stands
    ORDER_NOTED,     // it is recorded; what was answered before stands
    ORDER_NOT_DONE,  // nothing is done that could be confirmed
    ORDER_NO_ANSWER, // nothing was answered that could be taken back
};
struct order_outcome {
    struct order_standing after;
    int verdict;
    int call_act; // what the addressee's call is told (enum escalation_act); 0: nothing
};
// What becomes of the addressee by an answer given at at_us. Total. The earliest time of each kind stands,
// and of "will do" and "cannot" the later. wants_acceptance: that it was seen is no answer.
void order_answer(const struct order_standing *before, int kind, int64_t at_us, bool wants_acceptance,
                  struct order_outcome *ret);

// Until when an acknowledgement by a duty lasts: as long as the shipped policy of the severity says, from now
// on. ORDER_NEVER: for good.
int64_t order_ack_until(int severity, int64_t now_us);

// --- reach ---

struct order_point {
    int seconds, answers;
};
// Draws a curve from answers by the second (ascending): at most `room` points, each with all answers up to
// its second; the last one is always there. Returns how many.
int order_curve(const struct order_point *by_second, int count, struct order_point *ret, int room);

// --- seeing ---

// Whether somebody sees how every addressee stands; others see their own standing and the units they lead.
bool order_sees_all(const struct order_teller *teller, bool may_read_incident);
// Whether somebody sees the numbers to telephone of everybody they see; heads always see those of their
// units.
bool order_sees_numbers(const struct order_teller *teller);
