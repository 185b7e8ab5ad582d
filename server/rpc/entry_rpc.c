// SPDX-License-Identifier: Apache-2.0
// The chronology.
#include "server/rpc/page.h"
#include "server/store/entry_store.h"

#include <string.h>

#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 500

static enum err refuse(struct call *c, bool is_correction)
{
    if (is_correction)
        return call_fail(c, ERR_FAILED_PRECONDITION, "ALREADY_CORRECTED",
                         "その記録はすでに訂正されています。最新の記録を訂正してください。",
                         "This entry is corrected already. Correct the newest one.");
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "INCIDENT_SETTLED",
        "この事案は保管または統合されていて、記録を追加できません。統合先の事案に記録してください。",
        "This incident is archived or merged and takes no entries. Write into the one that goes on.");
}

static enum err begin(struct call *c, const struct operation *operation, const char *incident_id,
                      ProtobufCMessage *res, struct incident **ret_incident, bool *ret_answered)
{
    struct uuid id = msg_take_uuid(incident_id);
    struct param find[2], get[3];
    struct db_stmt stmts[] = {operation_find(c, operation, find), incident_get_stmt(c, &id, get)};
    TRY(db_read(c, stmts, 2));
    TRY(operation_replay(c, operation, stmts[0].rows, res, ret_answered));
    if (*ret_answered)
        return ERR_OK;
    TRY(incident_take(c, stmts[1].rows, ret_incident));
    const struct incident *incident = *ret_incident;
    if (incident->m.state == STATE(MERGED) || incident->m.state == STATE(ARCHIVED))
        return refuse(c, false);
    if (!(incident->acts & ACCESS_ADD_ENTRY))
        return change_denied(c);
    return ERR_OK;
}

static Sokuo__V1__Entry *new_entry(struct call *c, const struct incident *incident, int capacity)
{
    Sokuo__V1__Entry *entry = call_alloc(c, sizeof *entry);
    sokuo__v1__entry__init(entry);
    struct uuid id = uuid_v7();
    entry->id = msg_uuid(c, &id);
    entry->incident_id = incident->m.id;
    entry->by = msg_who(c, &c->actor.person_id, c->actor.person_name, &c->actor.post_id, c->actor.post_name,
                        capacity);
    if (!entry->by)
        entry->by = call_alloc(c, sizeof *entry->by), sokuo__v1__attribution__init(entry->by);
    return entry;
}

static enum err finish(struct call *c, struct operation *operation, const struct incident *incident,
                       const Sokuo__V1__Entry *entry, ProtobufCMessage *res)
{
    operation_pack(c, operation, res);
    struct operation_facts facts;
    bool is_done;
    TRY(entry_add(c, incident, entry, operation, &facts, &is_done));
    if (!is_done) {
        bool is_found;
        TRY(operation_look_up(c, operation, res, &is_found));
        return is_found ? ERR_OK : refuse(c, *entry->corrects_id);
    }
    operation_complete(c, res, &facts);
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    return ERR_OK;
}

enum err rpc_add_entry(struct call *c, const Sokuo__V1__AddEntryRequest *req,
                       Sokuo__V1__AddEntryResponse *res)
{
    if (req->kind == ENTRY_KIND(CHANGE))
        return call_fail_field(c, "kind", "NOT_ALLOWED",
                               "「変更」の記録はサーバーだけが書きます。別の種別を選んでください。",
                               "Entries of kind CHANGE are written by the server only. Choose another kind.");
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct incident *incident = NULL;
    bool is_answered;
    TRY(begin(c, &operation, req->incident_id, &res->base, &incident, &is_answered));
    if (is_answered)
        return ERR_OK;

    int64_t occurred_us;
    TRY(change_occurred(c, req->occurred_at, &occurred_us));
    bool is_scribe = req->capacity == CAPACITY(SCRIBE);
    Sokuo__V1__Entry *entry = new_entry(c, incident, is_scribe ? CAPACITY(SCRIBE) : c->actor.capacity);
    entry->kind = req->kind ? req->kind : ENTRY_KIND(INFORMATION);
    entry->text = req->text;
    entry->sender = req->sender;
    entry->receiver = req->receiver;
    entry->means = req->means;
    entry->certainty = req->certainty;
    entry->occurred_at = msg_time(c, occurred_us);
    res->entry = entry;
    return finish(c, &operation, incident, entry, &res->base);
}

enum err rpc_correct_entry(struct call *c, const Sokuo__V1__CorrectEntryRequest *req,
                           Sokuo__V1__CorrectEntryResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct incident *incident = NULL;
    bool is_answered;
    TRY(begin(c, &operation, req->incident_id, &res->base, &incident, &is_answered));
    if (is_answered)
        return ERR_OK;
    Sokuo__V1__Entry *old = NULL;
    struct uuid old_id = msg_take_uuid(req->entry_id);
    TRY(entry_get(c, &incident->id, &old_id, &old));
    if (old->kind == ENTRY_KIND(CHANGE))
        return call_fail(c, ERR_FAILED_PRECONDITION, "CHANGE_ENTRY",
                         "変更の記録は訂正できません。内容を改めるには、事案そのものを変更してください。",
                         "Entries of changes are not corrected. Change the incident itself instead.");
    if (*old->corrected_by_id)
        return refuse(c, true);

    int64_t occurred_us;
    TRY(change_occurred(c, req->occurred_at, &occurred_us));
    Sokuo__V1__Entry *entry = new_entry(c, incident, c->actor.capacity);
    entry->kind = old->kind;
    entry->text = req->text;
    entry->sender = old->sender;
    entry->receiver = old->receiver;
    entry->means = old->means;
    entry->certainty = req->certainty ? req->certainty : old->certainty;
    entry->occurred_at = occurred_us == TIME_NULL ? old->occurred_at : msg_time(c, occurred_us);
    entry->corrects_id = old->id;
    entry->reason = req->reason;
    res->entry = entry;
    return finish(c, &operation, incident, entry, &res->base);
}

enum err rpc_list_entries(struct call *c, const Sokuo__V1__ListEntriesRequest *req,
                          Sokuo__V1__ListEntriesResponse *res)
{
    int64_t number = 0;
    struct uuid none;
    TRY(page_place_read(c, req->page_token, 'e', &number, &none));
    int place = number > 0 && number < INT32_MAX ? (int)number : 0;
    struct uuid id = msg_take_uuid(req->incident_id);
    struct incident *incident = NULL;
    TRY(incident_get(c, &id, &incident));
    int size = req->page_size <= 0 ? PAGE_DEFAULT : req->page_size > PAGE_MAX ? PAGE_MAX : req->page_size;
    int count;
    TRY(entry_page(c, &id, req->oldest_first ? place : 0, req->oldest_first ? 0 : place,
                   (const int *)req->kinds, req->n_kinds, req->oldest_first, size + 1, &res->entries,
                   &count));
    if (count > size) {
        count = size;
        res->next_page_token = page_place_make(c, 'e', res->entries[size - 1]->seq, NULL);
    }
    res->n_entries = (size_t)count;
    return ERR_OK;
}
