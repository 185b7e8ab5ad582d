// SPDX-License-Identifier: Apache-2.0
// Part of a chronology as it may leave the house. What was removed stays visible, with the ground.
#include "server/store/entry_store.h"

#include <limits.h>

#include "server/codec/blacken.h"
#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define LINES_MAX 1000
#define NAME "〔墨消し:氏名〕"
#define CONTACT "〔墨消し:連絡先〕"
#define CLASSIFIED "〔墨消し:区分〕"

typedef Sokuo__V1__ExtractEntriesResponse response;

static enum err too_many(struct call *c)
{
    return call_fail_field(c, "from", "TOO_MANY", "1回に出せるのは%d件までです。時間の範囲を狭めてください。",
                           "At most %d entries are taken at once. Narrow the time.", LINES_MAX);
}

static char *blacken(struct call *c, const struct name_list *names, const char *text, response *res)
{
    const char *plain = blacken_contacts(c, text, CONTACT, &res->contacts_removed);
    return msg_text(blacken_names(c, names, plain, NAME, &res->names_removed));
}

// Senders and receivers are whoever was named on the telephone: they go whole.
static char *blacken_whole(const char *text, response *res)
{
    res->names_removed += *text != '\0';
    return msg_text(*text ? NAME : "");
}

static Sokuo__V1__ExtractLine *line_of(struct call *c, const struct incident *incident,
                                       const struct name_list *names, const Sokuo__V1__Entry *entry,
                                       response *res)
{
    bool is_classified = incident->m.confidentiality > CLASS(INTERNAL) && *entry->text;
    Sokuo__V1__ExtractLine *line = call_alloc(c, sizeof *line);
    sokuo__v1__extract_line__init(line);
    line->seq = entry->seq;
    line->occurred_at = entry->occurred_at;
    line->recorded_at = entry->recorded_at;
    line->kind = entry->kind;
    line->text = is_classified ? msg_text(CLASSIFIED) : blacken(c, names, entry->text, res);
    line->sender = blacken_whole(entry->sender, res);
    line->receiver = blacken_whole(entry->receiver, res);
    line->post_name = entry->by ? entry->by->post_name : msg_text(NULL);
    line->corrected = *entry->corrected_by_id != '\0';
    res->texts_removed += is_classified;
    return line;
}

// The same for the same operation: only what stood there before its own entry.
static enum err put_lines(struct call *c, const Sokuo__V1__ExtractEntriesRequest *req,
                          const struct incident *incident, int before, response *res)
{
    Sokuo__V1__Entry **entries = NULL;
    const char **names = NULL;
    int count = 0, name_count = 0;
    TRY(entry_extract(c, &incident->id, before, msg_take_time(req->from), msg_take_time(req->until),
                      LINES_MAX + 1, &entries, &count));
    if (count > LINES_MAX)
        return too_many(c);
    TRY(entry_names(c, &incident->id, &names, &name_count));
    struct name_list list;
    name_list_make(c, names, name_count, &list);
    res->lines = msg_list(c, count);
    for (int i = 0; i < count; i++)
        res->lines[res->n_lines++] = line_of(c, incident, &list, entries[i], res);
    return ERR_OK;
}

static Sokuo__V1__Entry *own_entry(struct call *c, const Sokuo__V1__ExtractEntriesRequest *req, size_t count)
{
    Sokuo__V1__Entry *entry = call_alloc(c, sizeof *entry);
    sokuo__v1__entry__init(entry);
    struct uuid id = uuid_v7();
    entry->id = msg_uuid(c, &id);
    entry->incident_id = req->incident_id;
    entry->kind = ENTRY_KIND(CHANGE);
    entry->change_kind = msg_text("entry.extracted");
    entry->text = msg_text(
        call_printf(c, "経過の抜粋(墨消し済み)を%d件出しました。目的: %s", (int)count, req->purpose));
    entry->by = msg_who(c, &c->actor.person_id, c->actor.person_name, &c->actor.post_id, c->actor.post_name,
                        c->actor.capacity);
    return entry;
}

// Notes it; the answer is kept without the lines, which are found again.
static enum err note(struct call *c, const Sokuo__V1__ExtractEntriesRequest *req,
                     const struct incident *incident, struct operation *operation, response *res)
{
    response kept = SOKUO__V1__EXTRACT_ENTRIES_RESPONSE__INIT;
    kept.entry = res->entry = own_entry(c, req, res->n_lines);
    operation_pack(c, operation, &kept.base);
    struct operation_facts facts;
    bool is_done, is_known;
    TRY(entry_add(c, incident, res->entry, operation, &facts, &is_done));
    if (is_done) {
        operation_complete(c, &res->base, &facts);
        wake_send(&c->actor.tenant_id, WAKE_FEED);
        return ERR_OK;
    }
    TRY(operation_look_up(c, operation, &kept.base, &is_known));
    res->entry = kept.entry;
    return is_known
               ? ERR_OK
               : call_fail(c, ERR_FAILED_PRECONDITION, "INCIDENT_SETTLED",
                           "この事案は保管または統合されています。抜粋は、統合先の事案か、再開してから出して"
                           "ください。",
                           "This incident is archived or merged. Take the extract from the one that goes "
                           "on, or reopen it first.");
}

enum err rpc_extract_entries(struct call *c, const Sokuo__V1__ExtractEntriesRequest *req,
                             Sokuo__V1__ExtractEntriesResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct uuid id = msg_take_uuid(req->incident_id);
    struct incident *incident = NULL;
    bool is_known;
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    TRY(incident_get(c, &id, &incident));
    if (is_known && res->entry)
        return put_lines(c, req, incident, res->entry->seq, res);
    TRY(put_lines(c, req, incident, INT_MAX, res));
    if (res->n_lines == 0)
        return call_fail_field(c, "from", "NOTHING", "この範囲に記録はありません。範囲を広げてください。",
                               "There is nothing in this time. Widen it.");
    return note(c, req, incident, &operation, res);
}
