// SPDX-License-Identifier: Apache-2.0
// From rows to incidents.
#include <assert.h>
#include <string.h>

#include "server/codec/codec.h"
#include "server/store/incident_store.h"
#include "server/store/message.h"

// Columns of incident_get, incident_list and feed_incidents, in their order: looked up once, not per row.
// clang-format off
#define COLUMNS(X)                                                                                        \
    X(id) X(number) X(search_bucket) X(version) X(mode) X(confidentiality) X(wall) X(state) X(title)      \
    X(description) X(incident_type) X(secondary_types) X(severity) X(severity_assessed) X(severity_rules) \
    X(occurred_at) X(filed_at) X(updated_at) X(closed_at) X(triage_due_at) X(monitoring_until)            \
    X(section_ids) X(facts) X(filer_person_id) X(filer_name) X(filer_post_id) X(filer_post_name)          \
    X(filer_capacity) X(filer_section_id) X(handler_id) X(handler_name) X(commander_id) X(commander_name) \
    X(command_post_id) X(command_post_name) X(command_capacity) X(commanded_since) X(merged_into_id)      \
    X(unseal_by) X(unseal_role) X(member_access) X(section_names) X(system_names) X(has_links)
// clang-format on
enum column {
#define X(name) COL_##name,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};
static const char *const column_names[] = {
#define X(name) #name,
    COLUMNS(X)
#undef X
};

static void check_columns(const struct rows *rows)
{
    static bool is_checked;
    for (int i = 0; !is_checked && i < COLUMN_COUNT; i++)
        assert(rows_col(rows, column_names[i]) == i);
    is_checked = true;
}

static int number(const struct rows *rows, int row, enum column col)
{
    return (int)row_i64(rows, row, (int)col);
}

static char *text(const struct rows *rows, int row, enum column col)
{
    return msg_text(row_text(rows, row, (int)col));
}

static Google__Protobuf__Timestamp *timestamp(struct call *c, const struct rows *rows, int row,
                                              enum column col)
{
    return msg_time(c, row_time(rows, row, (int)col));
}

static void take_types(struct call *c, const struct rows *rows, int row, Sokuo__V1__Incident *m)
{
    int16_t *types;
    int count = row_i16s(c, rows, row, COL_secondary_types, &types);
    if (count == 0)
        return;
    m->secondary_types = call_alloc(c, (size_t)count * sizeof *m->secondary_types);
    for (int i = 0; i < count; i++)
        m->secondary_types[i] = (Sokuo__V1__IncidentType)types[i];
    m->n_secondary_types = (size_t)count;
}

static void take_rules(struct call *c, const struct rows *rows, int row, struct incident *incident)
{
    const char **words;
    int count = row_texts(c, rows, row, COL_severity_rules, &words);
    incident->m.severity_rules = (char **)words;
    incident->m.n_severity_rules = (size_t)count;
    for (int i = 0; i < count; i++)
        incident->rules |= severity_rule_parse(words[i]);
}

// Names came in the order of the ids of the facts.
static size_t take_refs(struct call *c, const struct rows *rows, int row, enum column col, char **ids,
                        size_t id_count, Sokuo__V1__Ref ***ret_refs)
{
    const char **names;
    int count = row_is_null(rows, row, (int)col) ? 0 : row_texts(c, rows, row, (int)col, &names);
    if (count == 0)
        return 0;
    *ret_refs = msg_list(c, count);
    size_t n = 0;
    for (; n < (size_t)count && n < id_count; n++) {
        struct uuid id = msg_take_uuid(ids[n]);
        (*ret_refs)[n] = msg_ref(c, id, names[n]);
    }
    return n;
}

static enum err take_facts(struct call *c, const struct rows *rows, int row, Sokuo__V1__Incident *m)
{
    int len = row_len(rows, row, COL_facts);
    if (len == 0)
        return ERR_OK;
    ProtobufCMessage *facts = NULL;
    TRY(wire_to_message(c, &sokuo__v1__incident_facts__descriptor, row_bytes(rows, row, COL_facts),
                        (size_t)len, &facts));
    m->facts = (Sokuo__V1__IncidentFacts *)facts;
    m->n_sections = take_refs(c, rows, row, COL_section_names, m->facts->section_ids, m->facts->n_section_ids,
                              &m->sections);
    m->n_systems =
        take_refs(c, rows, row, COL_system_names, m->facts->system_ids, m->facts->n_system_ids, &m->systems);
    return ERR_OK;
}

static void take_people(struct call *c, const struct rows *rows, int row, struct incident *incident)
{
    Sokuo__V1__Incident *m = &incident->m;
    incident->filer_id = row_uuid(rows, row, COL_filer_person_id);
    incident->filer_section_id = row_uuid(rows, row, COL_filer_section_id);
    incident->handler_id = row_uuid(rows, row, COL_handler_id);
    incident->commander_id = row_uuid(rows, row, COL_commander_id);
    incident->command_post_id = row_uuid(rows, row, COL_command_post_id);
    incident->unseal_by = row_uuid(rows, row, COL_unseal_by);
    struct uuid filer_post = row_uuid(rows, row, COL_filer_post_id);
    m->filed_by = msg_who(c, &incident->filer_id, text(rows, row, COL_filer_name), &filer_post,
                          text(rows, row, COL_filer_post_name), number(rows, row, COL_filer_capacity));
    m->handler = msg_ref(c, incident->handler_id, text(rows, row, COL_handler_name));
    m->commander = msg_ref(c, incident->commander_id, text(rows, row, COL_commander_name));
    if (m->commander)
        m->command = msg_who(c, &incident->commander_id, text(rows, row, COL_commander_name),
                             &incident->command_post_id, text(rows, row, COL_command_post_name),
                             number(rows, row, COL_command_capacity));
    m->commanded_since = timestamp(c, rows, row, COL_commanded_since);
}

static bool concerns_section(const struct rows *rows, struct call *c, int row)
{
    struct uuid *sections;
    int count = uuid_is_nil(&c->actor.section_id) ? 0 : row_uuids(c, rows, row, COL_section_ids, &sections);
    for (int i = 0; i < count; i++) {
        if (uuid_equal(&sections[i], &c->actor.section_id))
            return true;
    }
    return false;
}

static bool is_actor(const struct call *c, const struct uuid *person)
{
    return !uuid_is_nil(person) && uuid_equal(person, &c->actor.person_id);
}

static unsigned decide(const struct call *c, const struct incident *incident, int member, bool is_concerned)
{
    const struct access_actor actor = {
        .roles = c->actor.roles, .reads_all = c->actor.reads_all, .is_system = c->actor.is_system};
    const struct access_incident facts = {
        .confidentiality = incident->m.confidentiality,
        .state = incident->m.state,
        .is_filer = is_actor(c, &incident->filer_id),
        .is_handler = is_actor(c, &incident->handler_id),
        .is_commander = is_actor(c, &incident->commander_id),
        .is_filer_section = !uuid_is_nil(&incident->filer_section_id) &&
                            uuid_equal(&incident->filer_section_id, &c->actor.section_id),
        .is_concerned_section = is_concerned,
        .member = member,
    };
    return access_decide(&actor, &facts);
}

unsigned incident_access(const struct call *c, const struct incident *incident)
{
    bool is_concerned = false;
    const Sokuo__V1__IncidentFacts *facts = incident->m.facts;
    for (size_t i = 0; facts && i < facts->n_section_ids; i++) {
        struct uuid section = msg_take_uuid(facts->section_ids[i]);
        is_concerned |= !uuid_is_nil(&section) && uuid_equal(&section, &c->actor.section_id);
    }
    return decide(c, incident, incident->member, is_concerned);
}

unsigned incident_access_as(const struct call *c, const struct incident *incident, int member,
                            bool is_concerned)
{
    return decide(c, incident, member, is_concerned);
}

enum err incident_row(struct call *c, const struct rows *rows, int row, struct incident *incident)
{
    check_columns(rows);
    *incident = (struct incident){0};
    Sokuo__V1__Incident *m = &incident->m;
    sokuo__v1__incident__init(m);
    incident->id = row_uuid(rows, row, COL_id);
    incident->search_bucket = number(rows, row, COL_search_bucket);
    incident->wall = number(rows, row, COL_wall);
    incident->unseal_role = number(rows, row, COL_unseal_role);
    incident->member = number(rows, row, COL_member_access);
    incident->has_links = row_bool(rows, row, COL_has_links);
    incident->merged_into_id = row_uuid(rows, row, COL_merged_into_id);
    m->id = msg_uuid(c, &incident->id);
    m->number = text(rows, row, COL_number);
    m->version = number(rows, row, COL_version);
    m->mode = (Sokuo__V1__Mode)number(rows, row, COL_mode);
    m->confidentiality = (Sokuo__V1__Confidentiality)number(rows, row, COL_confidentiality);
    m->state = (Sokuo__V1__IncidentState)number(rows, row, COL_state);
    m->title = text(rows, row, COL_title);
    m->description = text(rows, row, COL_description);
    m->incident_type = (Sokuo__V1__IncidentType)number(rows, row, COL_incident_type);
    m->threat_group = incident_type_group((int)m->incident_type);
    m->severity = (Sokuo__V1__Severity)number(rows, row, COL_severity);
    m->severity_assessed = row_bool(rows, row, COL_severity_assessed);
    m->occurred_at = timestamp(c, rows, row, COL_occurred_at);
    m->filed_at = timestamp(c, rows, row, COL_filed_at);
    m->updated_at = timestamp(c, rows, row, COL_updated_at);
    m->closed_at = timestamp(c, rows, row, COL_closed_at);
    m->triage_due_at = timestamp(c, rows, row, COL_triage_due_at);
    m->monitoring_until = timestamp(c, rows, row, COL_monitoring_until);
    m->merged_into_id = msg_uuid(c, &incident->merged_into_id);
    take_types(c, rows, row, m);
    take_rules(c, rows, row, incident);
    take_people(c, rows, row, incident);
    TRY(take_facts(c, rows, row, m));
    incident->acts = decide(c, incident, incident->member, concerns_section(rows, c, row));
    return ERR_OK;
}

struct incident_view incident_view_of(const struct call *c, const struct incident *incident)
{
    return (struct incident_view){
        .state = incident->m.state,
        .incident_type = (int)incident->m.incident_type,
        .severity = (int)incident->m.severity,
        .severity_assessed = incident->m.severity_assessed,
        .has_handler = !uuid_is_nil(&incident->handler_id),
        .has_commander = !uuid_is_nil(&incident->commander_id),
        .is_filed = true,
        .monitoring_until_us = msg_take_time(incident->m.monitoring_until),
        .now_us = c->now_us,
    };
}

static void show_words(struct call *c, Sokuo__V1__PossibleTransition *possible, unsigned missing)
{
    possible->missing = call_alloc(c, GUARD_COUNT * sizeof *possible->missing);
    for (unsigned i = 0; i < GUARD_COUNT; i++) {
        if (missing & (1u << i))
            possible->missing[possible->n_missing++] = msg_text(guard_word(1u << i));
    }
}

static void show_transitions(struct call *c, struct incident *incident)
{
    size_t count;
    const struct transition *table = transition_table(&count);
    struct incident_view view = incident_view_of(c, incident);
    Sokuo__V1__Incident *m = &incident->m;
    m->n_possible_transitions = 0;
    m->possible_transitions = msg_list(c, 8);
    for (size_t i = 0; i < count && m->n_possible_transitions < 8; i++) {
        if (table[i].from != view.state || !transition_applies(&table[i], &view))
            continue;
        Sokuo__V1__PossibleTransition *possible = call_alloc(c, sizeof *possible);
        sokuo__v1__possible_transition__init(possible);
        possible->to = table[i].to;
        possible->permitted = transition_permitted(&table[i], c->actor.roles, view.severity);
        show_words(c, possible, transition_missing(&table[i], &view));
        m->possible_transitions[m->n_possible_transitions++] = possible;
    }
}

void incident_show_acts(struct call *c, struct incident *incident)
{
    incident->acts = incident_access(c, incident);
    Sokuo__V1__Incident *m = &incident->m;
    m->n_allowed_acts = 0;
    m->allowed_acts = call_alloc(c, ACCESS_ACT_COUNT * sizeof *m->allowed_acts);
    for (unsigned i = 0; i < ACCESS_ACT_COUNT; i++) {
        unsigned act = 1u << i;
        if (act != ACCESS_READ && (incident->acts & act))
            m->allowed_acts[m->n_allowed_acts++] = msg_text(access_word(act));
    }
    show_transitions(c, incident);
}

void incident_set_rules(struct call *c, struct incident *incident, unsigned rules)
{
    incident->rules = rules;
    incident->m.severity_rules = call_alloc(c, SEVERITY_RULE_COUNT * sizeof(char *));
    incident->m.n_severity_rules = 0;
    for (unsigned i = 0; i < SEVERITY_RULE_COUNT; i++) {
        if (rules & (1u << i))
            incident->m.severity_rules[incident->m.n_severity_rules++] =
                msg_text(severity_rule_word(1u << i));
    }
}
