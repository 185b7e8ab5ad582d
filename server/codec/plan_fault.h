// SPDX-License-Identifier: Apache-2.0
// Faults of a plan, collected: reading goes on after one, so that the author hears of all at once.
#pragma once

#include "server/base/call.h"
#include "sokuo/v1/playbook.pb-c.h"

#define PLAN_FAULTS_MOST 200

// A place in a text: line from 1, column from 1 in characters. Zero = the whole plan.
struct plan_mark {
    int line, column;
};

struct plan_faults {
    struct call *call;
    const char *file; // set in each fault; "" = none
    size_t count;
    size_t grave; // without the warnings; counted on when the list is full
    Sokuo__V1__PlaybookFault *items[PLAN_FAULTS_MOST];
};

// Empty, in the call's arena.
void plan_faults_begin(struct plan_faults *faults, struct call *c, const char *file);
// Adds a fault that forbids approval; one set of arguments serves both languages. The last place of a full
// list says that there are more.
void plan_fault(struct plan_faults *faults, struct plan_mark at, const char *reason, const char *ja,
                const char *en, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
// As plan_fault, but the plan may be approved with it.
void plan_warn(struct plan_faults *faults, struct plan_mark at, const char *reason, const char *ja,
               const char *en, ...) __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
// As plan_fault, with texts that are ready.
void plan_fault_said(struct plan_faults *faults, struct plan_mark at, const char *reason, const char *ja,
                     const char *en);
// In order of line and column; equal ones stay as they came.
void plan_faults_sort(struct plan_faults *faults);
