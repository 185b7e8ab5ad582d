// SPDX-License-Identifier: Apache-2.0
// Filing, reading and listing incidents.
#include <string.h>

#include "server/base/clock.h"
#include "server/codec/codec.h"
#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/page.h"
#include "server/store/entry_store.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define ENTRIES_DEFAULT 20
#define ENTRIES_MAX 200
#define FAR_FUTURE_US INT64_C(253402300799000000)

// --- filing ---

static enum err propose_severity(struct call *c, struct incident *incident, int wanted)
{
    // The situation of the city is looked up only where it would raise.
    struct severity_facts facts = incident_severity_facts(&incident->m), worst = facts;
    worst.election = worst.headquarters = true;
    if (severity_raise(wanted, 0, &worst).rules != severity_raise(wanted, 0, &facts).rules)
        TRY(incident_situation(c, &facts));
    struct severity_result result = severity_raise(wanted, 0, &facts);
    incident->m.severity = (Sokuo__V1__Severity)result.severity;
    incident_set_rules(c, incident, result.rules);
    return ERR_OK;
}

static enum err fill_filing(struct call *c, const Sokuo__V1__FileIncidentRequest *req,
                            struct incident_filing *filing)
{
    Sokuo__V1__Incident *m = &filing->incident.m;
    sokuo__v1__incident__init(m);
    m->title = req->title;
    m->description = req->description;
    m->incident_type = req->incident_type;
    m->mode = req->mode ? req->mode : MODE(REAL);
    m->confidentiality = req->confidentiality ? req->confidentiality : CLASS(INTERNAL);
    m->facts = req->facts;
    int64_t occurred_us;
    TRY(change_occurred(c, req->occurred_at, &occurred_us));
    m->occurred_at = msg_time(c, occurred_us);
    TRY(incident_check_refs(c, req->facts));
    return propose_severity(c, &filing->incident, (int)req->severity);
}

static const char *filed_changes(struct call *c, const Sokuo__V1__Incident *m)
{
    struct change notes;
    change_begin_note(c, &notes, "incident.filed");
    change_note_enum(&notes, "state", &sokuo__v1__incident_state__descriptor, STATE(DETECTED), STATE(INTAKE));
    change_note_enum(&notes, "severity", &sokuo__v1__severity__descriptor, 0, (int)m->severity);
    change_note_enum(&notes, "incidentType", &sokuo__v1__incident_type__descriptor, 0, (int)m->incident_type);
    change_note_enum(&notes, "confidentiality", &sokuo__v1__confidentiality__descriptor, 0,
                     (int)m->confidentiality);
    change_end_note(&notes);
    return notes.note.changes;
}

// Whom to telephone changes with tenures, not by the second: remembered for a while, by caller.
#define TARGETS_US UINT64_C(10000000)
#define TARGETS_SLOTS 64
static struct {
    struct uuid tenant_id, person_id, section_id;
    uint64_t until_us;
    size_t len;
    uint8_t wire[2048]; // longer answers are not remembered
} targets[TARGETS_SLOTS];

static enum err show_call_targets(struct call *c, Sokuo__V1__FileIncidentResponse *res)
{
    const struct actor *actor = &c->actor;
    typeof(targets[0]) *slot = &targets[actor->person_id.bytes[15] % TARGETS_SLOTS];
    bool is_known = slot->until_us > clock_us() && uuid_equal(&slot->tenant_id, &actor->tenant_id) &&
                    uuid_equal(&slot->person_id, &actor->person_id) &&
                    uuid_equal(&slot->section_id, &actor->section_id);
    if (is_known) {
        ProtobufCMessage *kept = NULL;
        TRY(wire_to_message(c, res->base.descriptor, slot->wire, slot->len, &kept));
        res->call_targets = ((Sokuo__V1__FileIncidentResponse *)kept)->call_targets;
        res->n_call_targets = ((Sokuo__V1__FileIncidentResponse *)kept)->n_call_targets;
        return ERR_OK;
    }
    TRY(incident_call_targets(c, &res->call_targets, &res->n_call_targets));
    Sokuo__V1__FileIncidentResponse only = *res;
    only.incident = NULL;
    struct buf wire = buf_in(&c->arena);
    message_to_wire(c, &only.base, &wire);
    if (wire.len > sizeof slot->wire)
        return ERR_OK;
    slot->tenant_id = actor->tenant_id;
    slot->person_id = actor->person_id;
    slot->section_id = actor->section_id;
    slot->until_us = clock_us() + TARGETS_US;
    slot->len = wire.len;
    memcpy(slot->wire, wire.len ? wire.data : "", wire.len);
    return ERR_OK;
}

enum err rpc_file_incident(struct call *c, const Sokuo__V1__FileIncidentRequest *req,
                           Sokuo__V1__FileIncidentResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct incident_filing filing = {0};
    TRY(fill_filing(c, req, &filing));
    struct uuid item = msg_take_uuid(req->intake_item_id);
    filing.item_ids = &item;
    filing.item_count = uuid_is_nil(&item) ? 0 : 1;
    incident_filing_begin(c, &filing);
    filing.changes = filed_changes(c, &filing.incident.m);
    res->incident = &filing.incident.m;
    operation_pack(c, &operation, &res->base);

    struct operation_facts facts;
    bool is_done;
    TRY(incident_file(c, &filing, &operation, &facts, &is_done));
    if (is_done) {
        operation_complete(c, &res->base, &facts);
        wake_send(&c->actor.tenant_id, WAKE_FEED);
        wake_send(&c->actor.tenant_id, WAKE_ENGINE); // somebody is called
    } else {
        bool is_found;
        TRY(operation_look_up(c, &operation, &res->base, &is_found));
        if (!is_found)
            return call_fail(c, ERR_ABORTED, "TRY_AGAIN",
                             "混み合っています。同じ内容でもう一度送ってください。",
                             "The server is busy. Send the same again.");
    }
    // `filing` leaves the stack before the answer is encoded.
    res->incident = arena_memdup(&c->arena, res->incident, sizeof *res->incident);
    return show_call_targets(c, res);
}

// --- reading ---

static int entry_count(int32_t wanted)
{
    if (wanted <= 0)
        return ENTRIES_DEFAULT;
    return wanted > ENTRIES_MAX ? ENTRIES_MAX : wanted;
}

enum err rpc_get_incident(struct call *c, const Sokuo__V1__GetIncidentRequest *req,
                          Sokuo__V1__GetIncidentResponse *res)
{
    struct uuid id;
    TRY(incident_find(c, req->id, &id));
    int wanted = entry_count(req->entry_count);
    struct param get[3], last[3];
    struct db_stmt stmts[] = {incident_get_stmt(c, &id, get), entry_last_stmt(c, &id, wanted, last)};
    TRY(db_read(c, stmts, 2));
    struct incident *incident = NULL;
    TRY(incident_take(c, stmts[0].rows, &incident));
    if (incident->has_links)
        TRY(incident_links(c, incident));
    res->incident = &incident->m;
    int count = rows_count(stmts[1].rows);
    TRY(entry_rows(c, stmts[1].rows, count, &res->entries));
    res->n_entries = (size_t)count;
    if (count > 0 && res->entries[count - 1]->seq > 1)
        res->next_page_token = page_place_make(c, 'e', res->entries[count - 1]->seq, NULL);
    return ERR_OK;
}

// The place after which a page begins: from the token, and not before the filter's end.
static enum err read_place(struct call *c, const char *token, const Sokuo__V1__IncidentFilter *filter,
                           struct incident_place *ret_place)
{
    *ret_place = (struct incident_place){.filed_at_us = FAR_FUTURE_US};
    memset(ret_place->id.bytes, 0xff, sizeof ret_place->id.bytes);
    int64_t before_us = msg_take_time(filter->filed_before);
    if (before_us != TIME_NULL && before_us < FAR_FUTURE_US)
        *ret_place = (struct incident_place){.filed_at_us = before_us};
    return page_place_read(c, token, 'i', &ret_place->filed_at_us, &ret_place->id);
}

enum err rpc_list_incidents(struct call *c, const Sokuo__V1__ListIncidentsRequest *req,
                            Sokuo__V1__ListIncidentsResponse *res)
{
    Sokuo__V1__IncidentFilter none;
    sokuo__v1__incident_filter__init(&none);
    const Sokuo__V1__IncidentFilter *filter = req->filter ? req->filter : &none;
    struct incident_place before;
    TRY(read_place(c, req->page_token, filter, &before));
    int size = page_size_of(req->page_size), count;
    TRY(incident_list(c, filter, &before, size + 1, &res->incidents, &count));
    if (count > size) {
        const Sokuo__V1__Incident *last = res->incidents[size - 1];
        struct uuid id = msg_take_uuid(last->id);
        res->next_page_token = page_place_make(c, 'i', msg_take_time(last->filed_at), &id);
        count = size;
    }
    res->n_incidents = (size_t)count;
    return ERR_OK;
}

enum err rpc_count_incidents(struct call *c, const Sokuo__V1__CountIncidentsRequest *req,
                             Sokuo__V1__CountIncidentsResponse *res)
{
    Sokuo__V1__IncidentFilter none;
    sokuo__v1__incident_filter__init(&none);
    return incident_counts(c, req->filter ? req->filter : &none, res);
}
