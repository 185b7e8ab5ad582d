// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/change.h"

#include <string.h>
#include <time.h>

#include "server/store/message.h"
#include "server/store/wake.h"

#define TRIES 6
#define AHEAD_US INT64_C(120000000) // clocks of devices are this wrong at most

const char *enum_name(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *known = value ? protobuf_c_enum_descriptor_get_value(type, value) : NULL;
    return known ? known->name : "";
}

static void put_json_text(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_printf(out, "\\%c", *p);
        else if (*p < 0x20)
            buf_printf(out, "\\u%04x", *p);
        else
            buf_putc(out, (char)*p);
    }
    buf_putc(out, '"');
}

void change_note(struct change *change, const char *field, const char *before, const char *after)
{
    if (strcmp(before, after) == 0)
        return;
    struct buf *out = &change->changes;
    buf_puts(out, out->len > 1 ? ",{\"field\":" : "{\"field\":");
    put_json_text(out, field);
    buf_puts(out, ",\"before\":");
    put_json_text(out, before);
    buf_puts(out, ",\"after\":");
    put_json_text(out, after);
    buf_putc(out, '}');
}

void change_note_enum(struct change *change, const char *field, const ProtobufCEnumDescriptor *type,
                      int before, int after)
{
    change_note(change, field, enum_name(type, before), enum_name(type, after));
}

static const char *time_text(struct call *c, const Google__Protobuf__Timestamp *time)
{
    if (!time)
        return "";
    time_t seconds = (time_t)time->seconds;
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return call_printf(c, "%s", text);
}

void change_note_time(struct call *c, struct change *change, const char *field,
                      const Google__Protobuf__Timestamp *before, const Google__Protobuf__Timestamp *after)
{
    change_note(change, field, time_text(c, before), time_text(c, after));
}

bool change_is_empty(const struct change *change)
{
    return change->changes.len <= 1;
}

void change_begin_note(struct call *c, struct change *change, const char *kind)
{
    change->changes = buf_in(&c->arena);
    buf_putc(&change->changes, '[');
    change->extra_count = 0;
    change->note = (struct incident_note){.kind = kind,
                                          .text = "",
                                          .reason = "",
                                          .occurred_at_us = TIME_NULL,
                                          .entry_kind = ENTRY_KIND(CHANGE),
                                          .id = uuid_v7()};
}

void change_end_note(struct change *change)
{
    buf_putc(&change->changes, ']');
    change->note.changes = buf_text(&change->changes);
}

enum err change_stale(struct call *c, const struct incident *now)
{
    return call_fail(
        c, ERR_ABORTED, "STALE_VERSION",
        "事案 %s は、ほかの人が先に更新しました(現在の版 %d)。入力は残っています。"
        "最新の内容を確かめて、もう一度送ってください。",
        "Incident %s was changed by somebody else first (it is at version %d now). What you entered is "
        "kept: look at the latest state and send it again.",
        now->m.number, now->m.version);
}

enum err change_denied(struct call *c)
{
    return call_fail(c, ERR_PERMISSION_DENIED, "NOT_PERMITTED",
                     "この事案でその操作ができる職に就いていません。担当者か上席に依頼してください。",
                     "Your duties do not allow this for this incident. Ask its handler or your superior.");
}

// When a device says it happened: by its age, or by its clock set right. A clock that is wrong never refuses
// a fact: it happened at the latest when it arrives (reliability reference 6).
static int64_t claimed(const struct call *c, int64_t us)
{
    const struct call_device *device = c->device;
    if (device->age_us > 0)
        return c->now_us - device->age_us;
    if (us == TIME_NULL)
        return us;
    bool is_off = device->off_us > AHEAD_US || device->off_us < -AHEAD_US;
    us -= is_off ? device->off_us : 0;
    return us > c->now_us ? c->now_us : us;
}

enum err change_occurred(struct call *c, const Google__Protobuf__Timestamp *time, int64_t *ret_us)
{
    int64_t us = msg_take_time(time);
    if (c->device)
        us = claimed(c, us);
    if (us != TIME_NULL && us > c->now_us + AHEAD_US)
        return call_fail_field(c, "occurredAt", "IN_THE_FUTURE",
                               "発生日時が現在より後になっています。日時を確かめてください。",
                               "The time of occurrence is after now. Check date and time.");
    *ret_us = us > c->now_us ? c->now_us : us;
    return ERR_OK;
}

// Whether the incident is not what the caller saw: what the engine noted about calls since is no change of
// it.
static enum err is_stale(struct call *c, const struct incident *incident, int seen, bool *ret_stale)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&incident->id), p_i32(c, seen)};
    struct rows *rows = NULL;
    *ret_stale = seen != 0 && seen != incident->m.version;
    if (!*ret_stale || seen > incident->m.version)
        return ERR_OK;
    TRY(db_query(c, Q_INCIDENT_TOUCHED, params, &rows));
    *ret_stale = row_bool(rows, 0, rows_col(rows, "is_touched"));
    return ERR_OK;
}

// First answer, or the incident as it is. The incident is read first: whoever sees it changed by the same
// operation then finds the answer, too.
static enum err begin(struct call *c, const struct change_request *request, struct change *change,
                      ProtobufCMessage *res, bool *ret_answered)
{
    struct uuid id;
    TRY(incident_find(c, request->incident_id, &id));
    struct param find[2], get[3];
    struct db_stmt stmts[] = {incident_get_stmt(c, &id, get), operation_find(c, &change->operation, find)};
    TRY(db_read(c, stmts, 2));
    TRY(operation_replay(c, &change->operation, stmts[1].rows, res, ret_answered));
    if (*ret_answered)
        return ERR_OK;
    struct incident *incident = NULL;
    TRY(incident_take(c, stmts[0].rows, &incident));
    if (!(incident->acts & request->act))
        return change_denied(c);
    change->before = change->after = *incident;
    bool stale = false;
    TRY(is_stale(c, incident, request->version, &stale));
    return stale ? change_stale(c, incident) : ERR_OK;
}

static enum err write(struct call *c, struct change *change, ProtobufCMessage *res, bool *ret_done)
{
    struct incident *after = &change->after;
    after->m.version = change->before.m.version + 1;
    incident_show_acts(c, after);
    change_end_note(change);
    operation_pack(c, &change->operation, res);
    struct operation_facts facts;
    TRY(incident_save(c, &change->before, after, &change->note, &change->operation, change->extra,
                      change->extra_count, &facts, ret_done));
    if (*ret_done) {
        operation_complete(c, res, &facts);
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    }
    return ERR_OK;
}

enum err change_run(struct call *c, const struct change_request *request, ProtobufCMessage *res,
                    change_decide decide)
{
    struct change *change = call_alloc(c, sizeof *change); // the answer points into it
    operation_make(c, request->operation_id, request->message, &change->operation);
    if (request->version_needed && request->version == 0)
        return call_fail_field(c, "version", "REQUIRED", "見ていた版(version)を付けて送ってください。",
                               "Send the version that you saw.");
    for (int i = 0; i < TRIES; i++) {
        bool is_answered = false, is_done = false;
        TRY(begin(c, request, change, res, &is_answered));
        if (is_answered)
            return ERR_OK;
        change_begin_note(c, change, "incident.changed");
        TRY(decide(c, change, request->message, res));
        TRY(write(c, change, res, &is_done));
        if (is_done)
            return ERR_OK;
    }
    return change_stale(c, &change->before);
}
