// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/demo_incidents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/log.h"
#include "server/codec/codec.h"
#include "server/codec/csv.h"
#include "server/rpc/methods.gen.h"
#include "server/store/db.h"
#include "server/store/message.h"
#include "sokuo/v1/incident.pb-c.h"

#define DAY_S INT64_C(86400)
#define JAPAN_S (9 * INT64_C(3600))

// Columns of the file.
enum { KEY, STEP, DAYS_AGO, TIME, POST, VALUE, SEVERITY, MODE, CIRCLE, TITLE, TEXT, COLUMNS };

struct story {
    struct call *call;
    const char *const *at; // fields of the line
    int line;
    char key[16], id[UUID_TEXT_SIZE]; // of the incident at hand
    char operation[UUID_TEXT_SIZE];
    int64_t when_us;
};

// --- who and when

static enum err act_as(struct call *c, const char *post)
{
    struct rows *rows = NULL;
    struct uuid tenant_id = c->actor.tenant_id;
    const struct param params[] = {p_uuid(&tenant_id), p_text(post)};
    TRY(db_query(c, Q_POST_ACTOR, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail(c, ERR_NOT_FOUND, "NO_HOLDER", "職「%s」に本務者がいません。",
                         "Post %s has no holder.", post);
    c->actor = (struct actor){
        .tenant_id = tenant_id,
        .person_id = row_uuid(rows, 0, rows_col(rows, "person_id")),
        .person_name = row_text(rows, 0, rows_col(rows, "person_name")),
        .post_id = row_uuid(rows, 0, rows_col(rows, "post_id")),
        .post_name = row_text(rows, 0, rows_col(rows, "post_name")),
        .section_id = row_uuid(rows, 0, rows_col(rows, "unit_id")),
        .roles = (uint64_t)row_i64(rows, 0, rows_col(rows, "roles")),
        .login = "",
        .capacity = SOKUO__V1__CAPACITY__CAPACITY_SELF,
        .is_known = true,
        .reads_all = true, /* sections report to incidents of others, too */
    };
    return ERR_OK;
}

// So many days ago at that time of day, in Japan.
static int64_t moment(const struct call *c, const char *days_ago, const char *time)
{
    int64_t today_s = (c->now_us / 1000000 + JAPAN_S) / DAY_S * DAY_S - JAPAN_S;
    char *colon = NULL;
    int64_t hour = strtol(time, &colon, 10), minute = *colon == ':' ? strtol(colon + 1, NULL, 10) : 0;
    return (today_s - strtol(days_ago, NULL, 10) * DAY_S + hour * 3600 + minute * 60) * INT64_C(1000000);
}

// Number of an enum's value by the end of its name; 0 when the field is empty or unknown.
static int number_of(struct call *c, const ProtobufCEnumDescriptor *type, const char *prefix,
                     const char *word)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value_by_name(type, call_printf(c, "%s%s", prefix, word));
    return word[0] && value ? value->value : 0;
}

// --- steps

static enum err file_incident(struct story *s)
{
    struct call *c = s->call;
    Sokuo__V1__FileIncidentRequest req = SOKUO__V1__FILE_INCIDENT_REQUEST__INIT;
    Sokuo__V1__FileIncidentResponse res = SOKUO__V1__FILE_INCIDENT_RESPONSE__INIT;
    req.operation_id = s->operation;
    req.title = msg_text(s->at[TITLE]);
    req.description = msg_text(s->at[TEXT]);
    req.occurred_at = msg_time(c, s->when_us);
    req.incident_type = (Sokuo__V1__IncidentType)number_of(c, &sokuo__v1__incident_type__descriptor,
                                                           "INCIDENT_TYPE_", s->at[VALUE]);
    req.severity =
        (Sokuo__V1__Severity)number_of(c, &sokuo__v1__severity__descriptor, "SEVERITY_", s->at[SEVERITY]);
    req.mode = strcmp(s->at[MODE], "訓練") == 0 ? SOKUO__V1__MODE__MODE_EXERCISE : SOKUO__V1__MODE__MODE_REAL;
    req.confidentiality = strcmp(s->at[CIRCLE], "指名") == 0
                              ? SOKUO__V1__CONFIDENTIALITY__CONFIDENTIALITY_CONFIDENTIAL
                              : SOKUO__V1__CONFIDENTIALITY__CONFIDENTIALITY_INTERNAL;
    TRY(rpc_file_incident(c, &req, &res));
    snprintf(s->key, sizeof s->key, "%s", s->at[KEY]);
    snprintf(s->id, sizeof s->id, "%s", res.incident->id);
    return ERR_OK;
}

static int state_of(struct story *s)
{
    return number_of(s->call, &sokuo__v1__incident_state__descriptor, "INCIDENT_STATE_", s->at[VALUE]);
}

static enum err triage(struct story *s)
{
    Sokuo__V1__TriageIncidentRequest req = SOKUO__V1__TRIAGE_INCIDENT_REQUEST__INIT;
    Sokuo__V1__TriageIncidentResponse res = SOKUO__V1__TRIAGE_INCIDENT_RESPONSE__INIT;
    req.operation_id = s->operation;
    req.id = s->id;
    req.severity = (Sokuo__V1__Severity)number_of(s->call, &sokuo__v1__severity__descriptor, "SEVERITY_",
                                                  s->at[SEVERITY]);
    req.reason = msg_text(s->at[TEXT]);
    req.to_state = (Sokuo__V1__IncidentState)state_of(s);
    return rpc_triage_incident(s->call, &req, &res);
}

static enum err take_command(struct story *s)
{
    Sokuo__V1__AssignIncidentRequest req = SOKUO__V1__ASSIGN_INCIDENT_REQUEST__INIT;
    Sokuo__V1__AssignIncidentResponse res = SOKUO__V1__ASSIGN_INCIDENT_RESPONSE__INIT;
    req.operation_id = s->operation;
    req.id = s->id;
    req.commander_id = msg_uuid(s->call, &s->call->actor.person_id);
    req.commander_capacity = SOKUO__V1__CAPACITY__CAPACITY_SELF;
    return rpc_assign_incident(s->call, &req, &res);
}

static enum err transition(struct story *s)
{
    Sokuo__V1__TransitionIncidentRequest req = SOKUO__V1__TRANSITION_INCIDENT_REQUEST__INIT;
    Sokuo__V1__TransitionIncidentResponse res = SOKUO__V1__TRANSITION_INCIDENT_RESPONSE__INIT;
    req.operation_id = s->operation;
    req.id = s->id;
    req.to_state = (Sokuo__V1__IncidentState)state_of(s);
    req.reason = msg_text(s->at[TEXT]);
    req.occurred_at = msg_time(s->call, s->when_us);
    if (req.to_state == SOKUO__V1__INCIDENT_STATE__INCIDENT_STATE_MONITORING)
        req.monitoring_until = msg_time(s->call, s->when_us + 1);
    return rpc_transition_incident(s->call, &req, &res);
}

static enum err add_entry(struct story *s)
{
    Sokuo__V1__AddEntryRequest req = SOKUO__V1__ADD_ENTRY_REQUEST__INIT;
    Sokuo__V1__AddEntryResponse res = SOKUO__V1__ADD_ENTRY_RESPONSE__INIT;
    req.operation_id = s->operation;
    req.incident_id = s->id;
    req.text = msg_text(s->at[TEXT]);
    req.kind = (Sokuo__V1__EntryKind)number_of(s->call, &sokuo__v1__entry_kind__descriptor, "ENTRY_KIND_",
                                               s->at[VALUE]);
    req.occurred_at = msg_time(s->call, s->when_us);
    return rpc_add_entry(s->call, &req, &res);
}

static enum err do_step(struct story *s)
{
    static const struct {
        const char *word;
        enum err (*run)(struct story *s);
    } steps[] = {{"受付", file_incident},
                 {"トリアージ", triage},
                 {"指揮", take_command},
                 {"遷移", transition},
                 {"記録", add_entry}};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(s->at[STEP], steps[i].word) == 0)
            return steps[i].run(s);
    }
    return call_fail(s->call, ERR_INVALID_ARGUMENT, "NO_SUCH_STEP", "手順「%s」は分かりません。",
                     "There is no step “%s”.", s->at[STEP]);
}

// --- the file

static enum err do_line(struct story *s, const struct uuid *tenant_id)
{
    struct uuid operation = uuid_derive(tenant_id, (uint32_t)s->line);
    uuid_format(&operation, s->operation);
    s->when_us = moment(s->call, s->at[DAYS_AGO], s->at[TIME]);
    TRY(act_as(s->call, s->at[POST]));
    return do_step(s);
}

enum err demo_incidents(struct call *c, const struct demo_file *file)
{
    codec_begin();
    struct actor loader = c->actor;
    struct story story = {.call = c};
    struct csv csv;
    struct csv_row row;
    enum err err = ERR_OK;
    csv_begin(&csv, c, file->data, file->len, 10000, 1000);
    bool is_header = true;
    while (err == ERR_OK && csv_next(&csv, &row)) {
        story.at = row.fields;
        story.line = (int)row.line;
        if (!is_header && row.count >= COLUMNS)
            err = do_line(&story, &loader.tenant_id);
        is_header = false;
        c->actor.tenant_id = loader.tenant_id;
    }
    c->actor = loader;
    if (err != ERR_OK)
        log_error("demo_incidents", LOG_I("line", story.line), LOG_S("why", c->error_en));
    return err;
}
