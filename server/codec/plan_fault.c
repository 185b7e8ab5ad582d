// SPDX-License-Identifier: Apache-2.0
#include "server/codec/plan_fault.h"

#include <stdarg.h>

#define EMPTY ((char *)protobuf_c_empty_string)

void plan_faults_begin(struct plan_faults *faults, struct call *c, const char *file)
{
    faults->call = c;
    faults->file = file;
    faults->count = faults->grave = 0;
}

static Sokuo__V1__Words *words(struct call *c, char *ja, char *en)
{
    Sokuo__V1__Words *made = call_alloc(c, sizeof *made);
    sokuo__v1__words__init(made);
    made->ja = ja;
    made->en = en;
    return made;
}

static void add(struct plan_faults *faults, struct plan_mark at, const char *reason, char *ja, char *en,
                bool warning)
{
    struct call *c = faults->call;
    Sokuo__V1__PlaybookFault *fault = call_alloc(c, sizeof *fault);
    sokuo__v1__playbook_fault__init(fault);
    fault->file = faults->file && *faults->file ? arena_strdup(&c->arena, faults->file) : EMPTY;
    fault->line = at.line;
    fault->column = at.column;
    fault->reason = arena_strdup(&c->arena, reason);
    fault->message = words(c, ja, en);
    fault->warning = warning;
    faults->items[faults->count++] = fault;
}

// The last place is kept for saying that the list is full.
static bool has_room(struct plan_faults *faults, struct plan_mark at)
{
    if (faults->count < PLAN_FAULTS_MOST - 1)
        return true;
    if (faults->count == PLAN_FAULTS_MOST - 1)
        add(faults, at, "MORE",
            arena_strdup(&faults->call->arena,
                         "誤りがまだあります。ここまでを直してから、もう一度確かめてください。"),
            arena_strdup(&faults->call->arena,
                         "There are more faults. Correct these first, then check again."),
            false);
    return false;
}

#define FAULT_BODY(is_warning)                                    \
    faults->grave += !(is_warning);                               \
    if (!has_room(faults, at))                                    \
        return;                                                   \
    va_list args, again;                                          \
    va_start(args, en);                                           \
    va_copy(again, args);                                         \
    char *in_ja = arena_vprintf(&faults->call->arena, ja, args);  \
    char *in_en = arena_vprintf(&faults->call->arena, en, again); \
    va_end(again);                                                \
    va_end(args);                                                 \
    add(faults, at, reason, in_ja, in_en, is_warning)

void plan_fault(struct plan_faults *faults, struct plan_mark at, const char *reason, const char *ja,
                const char *en, ...)
{
    FAULT_BODY(false);
}

void plan_warn(struct plan_faults *faults, struct plan_mark at, const char *reason, const char *ja,
               const char *en, ...)
{
    FAULT_BODY(true);
}

void plan_fault_said(struct plan_faults *faults, struct plan_mark at, const char *reason, const char *ja,
                     const char *en)
{
    faults->grave++;
    struct arena *a = &faults->call->arena;
    if (has_room(faults, at))
        add(faults, at, reason, arena_strdup(a, ja), arena_strdup(a, en), false);
}

static bool is_before(const Sokuo__V1__PlaybookFault *a, const Sokuo__V1__PlaybookFault *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void plan_faults_sort(struct plan_faults *faults)
{
    for (size_t i = 1; i < faults->count; i++) {
        Sokuo__V1__PlaybookFault *moving = faults->items[i];
        size_t at = i;
        for (; at > 0 && is_before(moving, faults->items[at - 1]); at--)
            faults->items[at] = faults->items[at - 1];
        faults->items[at] = moving;
    }
}
