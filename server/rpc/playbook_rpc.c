// SPDX-License-Identifier: Apache-2.0
// Plans: lists, one whole, checks, files.
#include "server/rpc/playbook_rpc.h"

#include <stdlib.h>
#include <string.h>

#include "server/codec/cacao.h"
#include "server/codec/playbook_write.h"
#include "server/domain/plan_fit.h"
#include "server/domain/playbook.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/playbook_diff.h"
#include "server/rpc/qr.h"
#include "server/store/incident_store.h"
#include "server/store/message.h"

// --- shared

enum err plan_open_sent(struct call *c, const ProtobufCBinaryData *source, struct plan_sent *ret)
{
    const char *const *codes;
    size_t count;
    TRY(playbook_codes(c, &codes, &count));
    plan_open(c, source->data, source->len, codes, count, ret);
    return ERR_OK;
}

enum err plan_recheck(struct call *c, const struct revision_source *kept, struct plan_check *ret)
{
    const char *const *codes;
    size_t count;
    TRY(playbook_codes(c, &codes, &count));
    plan_check(c, kept->source, kept->source_len, "", codes, count, ret);
    return ERR_OK;
}

Sokuo__V1__PlaybookFault **plan_faults_take(struct call *c, const struct plan_faults *faults,
                                            size_t *ret_count)
{
    *ret_count = faults->count;
    return faults->count ? arena_memdup(&c->arena, faults->items, faults->count * sizeof(void *)) : NULL;
}

// --- the list

struct listed {
    struct revision *revision;
    unsigned fit;
    int place; // as the database sorted it
};

static int compare_listed(const void *a, const void *b)
{
    const struct listed *one = a, *other = b;
    int rank = plan_fit_rank(other->fit) - plan_fit_rank(one->fit);
    return rank ? rank : one->place - other->place;
}

static bool is_among(const char *const *codes, int count, const char *code)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(codes[i], code) == 0)
            return true;
    }
    return false;
}

static bool is_in_force(const struct revision *r)
{
    return r->m.state == REVISION_STATE(EFFECTIVE);
}

// For an incident a plan stands once: in the edition of the filer's organ when one is in force, else the
// city's.
static bool is_edition_of(const struct revision *all, int count, const struct revision *r,
                          const struct uuid *units, int unit_count)
{
    bool is_of_filer = false, has_own = false;
    for (int i = 0; i < unit_count && is_in_force(r); i++)
        is_of_filer = is_of_filer || uuid_equal(&r->organ_id, &units[i]);
    for (int k = 0; k < count; k++) {
        bool is_rival = is_in_force(&all[k]) && strcmp(all[k].m.code, r->m.code) == 0;
        for (int i = 0; i < unit_count && is_rival; i++)
            has_own = has_own || uuid_equal(&all[k].organ_id, &units[i]);
    }
    return uuid_is_nil(&r->organ_id) ? !has_own : is_of_filer;
}

static unsigned fit_of(const struct revision *r, const Sokuo__V1__Incident *incident, bool is_running)
{
    const struct plan_view plan = {r->types,       r->groups,     r->zones,         r->type_count,
                                   r->group_count, r->zone_count, r->severity_from, is_running};
    const Sokuo__V1__IncidentFacts *facts = incident->facts;
    const struct call_for_plans asks = {
        .type = (int)incident->incident_type,
        .severity = (int)incident->severity,
        .secondary_types = (const int *)incident->secondary_types,
        .secondary_count = (int)incident->n_secondary_types,
        .zones = facts ? (const int *)facts->zones : NULL,
        .zone_count = facts ? (int)facts->n_zones : 0,
    };
    return plan_fits(&plan, &asks);
}

static void show_fit(struct call *c, struct revision *r, unsigned fit)
{
    r->m.fits = call_alloc(c, 8 * sizeof *r->m.fits);
    for (unsigned bit = 1; bit <= FIT_ZONE; bit <<= 1) {
        if (fit & bit)
            r->m.fits[r->m.n_fits++] = (char *)plan_fit_word(bit);
    }
}

// Whose editions are in force beside it: who starts the plan sees for whom another one would be started.
static void show_editions(struct call *c, const struct revision *all, int count, struct revision *r)
{
    for (int k = 0; k < count; k++) {
        if (!all[k].m.organ || !is_in_force(&all[k]) || strcmp(all[k].m.code, r->m.code) != 0)
            continue;
        if (!r->m.editions)
            r->m.editions = msg_list(c, count - k);
        r->m.editions[r->m.n_editions++] = all[k].m.organ;
    }
}

static enum err list_for_incident(struct call *c, const struct uuid *incident_id, struct revision *all,
                                  int count, struct listed *listed, int *ret_count)
{
    struct incident *incident = NULL;
    struct uuid *units;
    const char **running;
    int unit_count, running_count;
    bool some_by_type = false;
    TRY(incident_get(c, incident_id, &incident));
    TRY(playbook_places(c, incident_id, &units, &unit_count, &running, &running_count));
    for (int i = 0; i < count; i++) {
        if (!is_edition_of(all, count, &all[i], units, unit_count))
            continue;
        unsigned fit = fit_of(&all[i], &incident->m, is_among(running, running_count, all[i].m.code));
        some_by_type = some_by_type || (fit & (FIT_TYPE | FIT_SECONDARY_TYPE));
        listed[(*ret_count)++] = (struct listed){&all[i], fit, i};
    }
    for (int i = 0; i < *ret_count; i++) {
        listed[i].fit = plan_fit_settled(listed[i].fit, some_by_type);
        show_fit(c, listed[i].revision, listed[i].fit);
    }
    qsort(listed, (size_t)*ret_count, sizeof *listed, compare_listed);
    return ERR_OK;
}

enum err rpc_list_playbooks(struct call *c, const Sokuo__V1__ListPlaybooksRequest *req,
                            Sokuo__V1__ListPlaybooksResponse *res)
{
    struct uuid incident_id = msg_take_uuid(req->incident_id), organ_id = msg_take_uuid(req->organ_id),
                playbook_id = msg_take_uuid(req->playbook_id);
    struct revision_pick pick = {
        .playbook_id = *req->playbook_id ? &playbook_id : NULL,
        .organ_id = *req->organ_id ? &organ_id : NULL,
        .heads = !*req->playbook_id,
    };
    struct revision *all;
    int count, listed_count = 0;
    TRY(revision_list(c, &pick, &all, &count));
    struct listed *listed = call_alloc(c, (size_t)(count + 1) * sizeof *listed);
    for (int i = 0; pick.heads && !pick.organ_id && i < count; i++)
        show_editions(c, all, count, &all[i]);
    if (*req->incident_id)
        TRY(list_for_incident(c, &incident_id, all, count, listed, &listed_count));
    for (int i = 0; !*req->incident_id && i < count; i++)
        listed[listed_count++] = (struct listed){&all[i], 0, i};
    res->revisions = msg_list(c, listed_count + 1);
    for (int i = 0; i < listed_count; i++)
        res->revisions[res->n_revisions++] = &listed[i].revision->m;
    return ERR_OK;
}

// --- one

static void show_acts(struct call *c, const struct revision *r, Sokuo__V1__GetPlaybookResponse *res)
{
    bool was_in_force =
        r->kept_state == (int)REVISION_STATE(APPROVED) && r->m.state != REVISION_STATE(APPROVED);
    res->allowed_acts = call_alloc(c, 8 * sizeof *res->allowed_acts);
    for (int act = REVISION_ACT(SUBMIT); act <= (int)REVISION_ACT(WITHDRAW); act++) {
        const struct revision_move *move = was_in_force ? NULL : revision_move_find(act, r->kept_state);
        bool is_open = move && revision_move_permitted(move, c->actor.roles, r->is_author);
        if (is_open && (!move->needs_sound || r->m.fault_count == 0))
            res->allowed_acts[res->n_allowed_acts++] = (char *)revision_act_word(act);
    }
    if (r->kept_state == (int)REVISION_STATE(DRAFT) && (c->actor.roles & ROLES_WRITE_PLANS))
        res->allowed_acts[res->n_allowed_acts++] = msg_text("EDIT");
}

// Compiled as approved; of a draft with faults, as far as it can be read.
static enum err readable(struct call *c, const struct uuid *id, Sokuo__V1__Playbook **ret)
{
    struct revision_source source;
    TRY(revision_source(c, id, &source));
    *ret = source.compiled;
    if (*ret)
        return ERR_OK;
    struct plan_check *check = call_alloc(c, sizeof *check);
    TRY(plan_recheck(c, &source, check));
    *ret = check->source.playbook;
    return ERR_OK;
}

static enum err show_differences(struct call *c, const struct revision *r, const char *compare_to,
                                 const Sokuo__V1__Playbook *after, Sokuo__V1__GetPlaybookResponse *res)
{
    struct uuid other = msg_take_uuid(compare_to);
    if (uuid_is_nil(&other))
        TRY(revision_before(c, &r->id, &other));
    if (uuid_is_nil(&other))
        other = r->based_on;
    if (uuid_is_nil(&other) || !after)
        return ERR_OK;
    Sokuo__V1__Playbook *before = NULL;
    TRY(readable(c, &other, &before));
    res->compared_to_id = msg_uuid(c, &other);
    if (before)
        playbook_diff(c, before, after, &res->differences, &res->n_differences);
    return ERR_OK;
}

enum err rpc_get_playbook(struct call *c, const Sokuo__V1__GetPlaybookRequest *req,
                          Sokuo__V1__GetPlaybookResponse *res)
{
    struct revision *revision = NULL;
    struct revision_source source;
    TRY(revision_get(c, req->id, &revision));
    TRY(revision_source(c, &revision->id, &source));
    struct plan_check *check = call_alloc(c, sizeof *check);
    TRY(plan_recheck(c, &source, check));
    res->revision = &revision->m;
    res->playbook = source.compiled;
    res->source = arena_strndup(&c->arena, source.source, source.source_len);
    res->faults = plan_faults_take(c, &check->faults, &res->n_faults);
    show_acts(c, revision, res);
    if (req->qr_of[0])
        res->qr_svg = msg_text(qr_svg(c, req->qr_of));
    return show_differences(c, revision, req->compare_to_id,
                            source.compiled ? source.compiled : check->source.playbook, res);
}

enum err rpc_check_playbook(struct call *c, const Sokuo__V1__CheckPlaybookRequest *req,
                            Sokuo__V1__CheckPlaybookResponse *res)
{
    struct plan_sent *sent = call_alloc(c, sizeof *sent);
    TRY(plan_open_sent(c, &req->source, sent));
    res->faults = plan_faults_take(c, &sent->check.faults, &res->n_faults);
    res->playbook = sent->check.is_sound ? sent->check.source.playbook : NULL;
    if (sent->original)
        res->source = arena_strndup(&c->arena, sent->yaml, sent->yaml_len);
    return ERR_OK;
}

// --- files

static enum err needs_sound(struct call *c)
{
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "PLAN_HAS_FAULTS",
        "計画に誤りがあるため、この形では書き出せません。YAMLで書き出すか、誤りを直してください。",
        "The plan has faults and cannot be written in this format. Take the YAML, or correct the faults.");
}

static enum err export_cacao(struct call *c, const struct revision *r, const Sokuo__V1__Playbook *plan,
                             struct buf *out)
{
    const struct cacao_facts facts = {
        .playbook_id = r->playbook_id,
        .tenant_id = c->actor.tenant_id,
        .created_us = r->created_us,
        .modified_us = msg_take_time(r->m.written_at),
        .effective_us = msg_take_time(r->m.effective_from),
        .review_due_us = msg_take_time(r->m.review_due),
        .approved_us = msg_take_time(r->m.approved_at),
        .revision = r->m.number,
        .approved_by = r->m.approved_by ? r->m.approved_by->person_name : "",
        .reason = r->m.reason,
        .is_revoked = r->m.state == REVISION_STATE(WITHDRAWN) || r->m.state == REVISION_STATE(SUPERSEDED),
    };
    return cacao_write(c, plan, &facts, out);
}

static void export_redacted(struct call *c, const struct revision *r, const Sokuo__V1__Playbook *plan,
                            struct buf *out)
{
    const struct playbook_writing how = {
        .comment = call_printf(
            c,
            "情報公開のための写し(%s "
            "第%d版)。手順の詳細・理由・連絡先・区域は除き、番号やアドレスは塗りつぶした。\n"
            "A copy for disclosure: details, reasons, contacts and zones are left out, numbers and "
            "addresses blacked out.",
            r->m.code, r->m.number),
        .is_redacted = true,
    };
    playbook_write(c, plan, &how, out);
}

static enum err export_made(struct call *c, const struct revision *r, const struct revision_source *source,
                            bool cacao, Sokuo__V1__ExportPlaybookResponse *res)
{
    struct buf out = buf_in(&c->arena);
    if (!source->compiled)
        return needs_sound(c);
    if (cacao)
        TRY(export_cacao(c, r, source->compiled, &out));
    else
        export_redacted(c, r, source->compiled, &out);
    res->file_name =
        call_printf(c, "%s_r%d%s", r->m.code, r->m.number, cacao ? ".cacao.json" : "_redacted.yaml");
    res->media_type = msg_text(cacao ? "application/cacao+json; version=2.0" : "application/yaml");
    res->data = (ProtobufCBinaryData){out.len, (uint8_t *)out.data};
    return ERR_OK;
}

enum err rpc_export_playbook(struct call *c, const Sokuo__V1__ExportPlaybookRequest *req,
                             Sokuo__V1__ExportPlaybookResponse *res)
{
    struct revision *revision = NULL;
    struct revision_source source;
    TRY(revision_get(c, req->id, &revision));
    TRY(revision_source(c, &revision->id, &source));
    if (req->format == SOKUO__V1__PLAYBOOK_FORMAT__PLAYBOOK_FORMAT_CACAO)
        return export_made(c, revision, &source, true, res);
    if (req->format == SOKUO__V1__PLAYBOOK_FORMAT__PLAYBOOK_FORMAT_REDACTED)
        return export_made(c, revision, &source, false, res);
    res->file_name = call_printf(c, "%s_r%d.yaml", revision->m.code, revision->m.number);
    res->media_type = msg_text("application/yaml");
    res->data = (ProtobufCBinaryData){source.source_len, (uint8_t *)source.source};
    return ERR_OK;
}
