// SPDX-License-Identifier: Apache-2.0
// A plan that somebody hands in: faults have places and words; what is sound survives being written and read
// again.
#include <string.h>

#include "server/codec/cacao.h"
#include "server/codec/codec.h"
#include "server/codec/playbook_write.h"
#include "server/codec/yaml_tree.h"
#include "server/rpc/playbook_check.h"
#include "tests/fuzz/fuzz.h"

static void faults_are_told(const struct plan_faults *faults)
{
    MUST(faults->count <= PLAN_FAULTS_MOST);
    for (size_t i = 0; i < faults->count; i++) {
        const Sokuo__V1__PlaybookFault *fault = faults->items[i];
        MUST(fault->line >= 1 && fault->column >= 1 && *fault->reason);
        MUST(*fault->message->ja && *fault->message->en);
    }
}

static struct buf packed(struct call *c, const Sokuo__V1__Playbook *plan)
{
    struct buf out = buf_in(&c->arena);
    message_to_wire(c, &plan->base, &out);
    return out;
}

static void comes_back(struct call *c, const struct buf *written, const struct buf *before)
{
    struct plan_sent *again = call_alloc(c, sizeof *again);
    plan_open(c, written->data, written->len, NULL, 0, again);
    if (again->yaml_len > YAML_BYTES_MOST)
        return; // quotes and indentation took it past the limit
    MUST(again->check.is_sound);
    struct buf after = packed(c, again->check.source.playbook);
    MUST(after.len == before->len && memcmp(after.data, before->data, after.len) == 0);
}

static void survives(struct call *c, const Sokuo__V1__Playbook *plan)
{
    static const struct playbook_writing plain = {0}, redacted = {.is_redacted = true};
    static const struct cacao_facts facts = {.effective_us = INT64_MIN,
                                             .review_due_us = INT64_MIN,
                                             .approved_us = INT64_MIN,
                                             .approved_by = "",
                                             .reason = ""};
    struct buf before = packed(c, plan), yaml = buf_in(&c->arena), cacao = buf_in(&c->arena),
               copy = buf_in(&c->arena);
    playbook_write(c, plan, &plain, &yaml);
    comes_back(c, &yaml, &before);
    MUST(cacao_write(c, plan, &facts, &cacao) == ERR_OK);
    if (cacao.len <= CACAO_BYTES_MOST)
        comes_back(c, &cacao, &before);
    playbook_write(c, plan, &redacted, &copy);
    MUST(copy.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call c;
    codec_begin();
    call_begin(&c, NULL, (size_t)256 << 20);
    struct plan_sent *sent = call_alloc(&c, sizeof *sent);
    plan_open(&c, data, size, NULL, 0, sent);
    faults_are_told(&sent->check.faults);
    MUST(sent->check.is_sound || sent->check.faults.count > 0);
    if (sent->check.is_sound && sent->check.source.playbook && !sent->check.source.is_fragment)
        survives(&c, sent->check.source.playbook);
    call_end(&c);
    return 0;
}
