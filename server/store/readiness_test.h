// SPDX-License-Identifier: Apache-2.0
// Tests of whom one can reach: an exercise with an order that calls the tested duties and nobody beyond them.
#pragma once

#include "server/store/order_store.h"
#include "sokuo/v1/duty.pb-c.h"

// A duty that would be called.
struct readiness_place {
    int role;
    struct uuid scope_id; // nil: the whole city
};
// Duties that an order to this aim calls, by role.
enum err readiness_places(struct call *c, const struct order_aim *aim, struct readiness_place **ret,
                          int *ret_count) MUST_USE;

struct readiness_test {
    const char *text; // of the order
    const Sokuo__V1__OrderTargets *targets;
    const struct order_aim *aim;
    const struct readiness_place *places;
    int place_count, answer_within_min;
    struct incident_filing filing; // by readiness_test_prepare
    struct uuid order_id;
};
// Makes the ids of exercise and order, so that the answer can be packed.
void readiness_test_prepare(struct call *c, struct readiness_test *test, const struct operation *operation);
// Exercise, order, calls and what is kept of the test, in one transaction. Not done: the operation was done
// before, or (ret_runs) another test is still running.
enum err readiness_test_begin(struct call *c, struct readiness_test *test, const struct operation *operation,
                              bool *ret_done, bool *ret_runs) MUST_USE;
// The latest test as it stands; NULL: there was none.
enum err readiness_test_last(struct call *c, Sokuo__V1__ReadinessTest **ret) MUST_USE;
