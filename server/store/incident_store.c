// SPDX-License-Identifier: Apache-2.0
#include "server/store/incident_store.h"

#include <string.h>

#include "server/codec/codec.h"
#include "server/codec/text.h"
#include "server/domain/fiscal_year.h"
#include "server/store/intake_store.h"
#include "server/store/message.h"

#define BUCKET_SIZE 4096 // filings, as in incident_file
#define GRAMS_MAX 8192   // of one text
#define ENUMS_MAX 60

enum err incident_not_found(struct call *c)
{
    return call_fail(
        c, ERR_NOT_FOUND, "INCIDENT_NOT_FOUND",
        "その事案は見つかりません。番号を確かめてください。閲覧できる範囲にない場合も同じ表示になります。",
        "There is no such incident. Check the number; one that you may not read looks the same.");
}

struct db_stmt incident_get_stmt(struct call *c, const struct uuid *id, struct param *params)
{
    params[0] = p_uuid(&c->actor.tenant_id);
    params[1] = p_uuid(id);
    params[2] = p_bool(c->actor.reads_all || c->actor.is_system);
    return (struct db_stmt){.query = Q_INCIDENT_GET, .params = params};
}

enum err incident_take(struct call *c, const struct rows *rows, struct incident **ret_incident)
{
    if (rows_count(rows) == 0)
        return incident_not_found(c);
    struct incident *incident = call_alloc(c, sizeof *incident);
    TRY(incident_row(c, rows, 0, incident));
    if (!(incident->acts & ACCESS_READ))
        return incident_not_found(c);
    incident_show_acts(c, incident);
    *ret_incident = incident;
    return ERR_OK;
}

enum err incident_get(struct call *c, const struct uuid *id, struct incident **ret_incident)
{
    struct param params[3];
    struct db_stmt get = incident_get_stmt(c, id, params);
    TRY(db_read(c, &get, 1));
    return incident_take(c, get.rows, ret_incident);
}

enum err incident_find(struct call *c, const char *id_or_number, struct uuid *ret_id)
{
    if (uuid_parse(id_or_number, ret_id))
        return ERR_OK;
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_text(id_or_number)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_ID_BY_NUMBER, params, &rows));
    if (rows_count(rows) == 0)
        return incident_not_found(c);
    *ret_id = row_uuid(rows, 0, 0);
    return ERR_OK;
}

enum err incident_links(struct call *c, struct incident *incident)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&incident->id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_LINKS, params, &rows));
    int count = rows_count(rows);
    Sokuo__V1__Incident *m = &incident->m;
    m->links = msg_list(c, count);
    m->n_links = (size_t)count;
    for (int i = 0; i < count; i++) {
        Sokuo__V1__IncidentLink *link = m->links[i] = call_alloc(c, sizeof *link);
        sokuo__v1__incident_link__init(link);
        struct uuid id = row_uuid(rows, i, rows_col(rows, "id"));
        link->kind = (Sokuo__V1__LinkKind)row_i64(rows, i, rows_col(rows, "kind"));
        link->incident_id = msg_uuid(c, &id);
        link->number = msg_text(row_text(rows, i, rows_col(rows, "number")));
        link->title = msg_text(row_text(rows, i, rows_col(rows, "title")));
        link->state = (Sokuo__V1__IncidentState)row_i64(rows, i, rows_col(rows, "state"));
    }
    return ERR_OK;
}

struct severity_facts incident_severity_facts(const Sokuo__V1__Incident *m)
{
    struct severity_facts facts = {
        .incident_type = (int)m->incident_type, .persons_known = -1, .persons_at_most = -1};
    const Sokuo__V1__IncidentFacts *f = m->facts;
    if (!f)
        return facts;
    unsigned zones = 0;
    for (size_t i = 0; i < f->n_zones; i++)
        zones |= 1u << (unsigned)f->zones[i];
    zones &= ~1u; // 不明 is no zone
    facts.zone_count = __builtin_popcount(zones);
    facts.zone_mynumber_or_lgwan = zones & (1u << ZONE(MYNUMBER) | 1u << ZONE(LGWAN));
    facts.spread = (int)f->spread;
    facts.availability_level = (int)f->availability_level;
    const Sokuo__V1__PersonalInfo *info = f->personal_info;
    if (info) {
        facts.my_number = (int)info->my_number;
        facts.special_care = (int)info->special_care;
        facts.malicious_intent = (int)info->malicious_intent;
        facts.property_damage = (int)info->property_damage;
        facts.persons_known = info->_known_count_case ? info->known_count : -1;
        facts.persons_at_most = info->_max_count_case ? info->max_count : -1;
    }
    return facts;
}

enum err incident_situation(struct call *c, struct severity_facts *facts)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_SITUATION, params, &rows));
    if (rows_count(rows) > 0) {
        facts->election = row_bool(rows, 0, rows_col(rows, "election"));
        facts->headquarters = row_bool(rows, 0, rows_col(rows, "headquarters"));
    }
    return ERR_OK;
}

// --- what writes have in common ---

struct derived {
    struct param zones, sections, systems, facts, types, rules;
    const char *folded;
    struct param lexemes, plain_lexemes;
};

static struct param uuids_param(struct call *c, char **ids, size_t count)
{
    struct uuid *list = call_alloc(c, count * sizeof *list + 1);
    for (size_t i = 0; i < count; i++)
        list[i] = msg_take_uuid(ids[i]);
    return p_uuids(c, list, (int)count);
}

static void derive_facts(struct call *c, const Sokuo__V1__Incident *m, struct derived *d)
{
    const Sokuo__V1__IncidentFacts *f = m->facts;
    struct buf wire = buf_in(&c->arena);
    int16_t zones[16];
    int zone_count = 0;
    if (f) {
        message_to_wire(c, &f->base, &wire);
        for (size_t i = 0; i < f->n_zones && zone_count < 16; i++)
            zones[zone_count++] = (int16_t)f->zones[i];
    }
    d->zones = p_i16s(c, zones, zone_count);
    d->sections = uuids_param(c, f ? f->section_ids : NULL, f ? f->n_section_ids : 0);
    d->systems = uuids_param(c, f ? f->system_ids : NULL, f ? f->n_system_ids : 0);
    d->facts = p_bytes(wire.data ? wire.data : "", (int)wire.len);
    int16_t types[16];
    int type_count = 0;
    for (size_t i = 0; i < m->n_secondary_types && type_count < 16; i++)
        types[type_count++] = (int16_t)m->secondary_types[i];
    d->types = p_i16s(c, types, type_count);
    d->rules = p_texts(c, (const char *const *)m->severity_rules, (int)m->n_severity_rules);
}

// Every bigram twice: "ab" and "ab<bucket>".
static void derive_text(struct call *c, const Sokuo__V1__Incident *m, int bucket, struct derived *d)
{
    d->folded = text_fold(c, call_printf(c, "%s %s", m->title, m->description));
    const char *const *grams;
    size_t count = text_bigrams(c, d->folded, GRAMS_MAX, &grams);
    const char **both = call_alloc(c, 2 * count * sizeof *both + 1);
    for (size_t i = 0; i < count; i++) {
        both[i] = grams[i];
        both[count + i] = call_printf(c, "%s%d", grams[i], bucket);
    }
    d->lexemes = p_texts(c, both, (int)(2 * count));
    d->plain_lexemes = p_texts(c, grams, (int)count);
}

// --- filing ---

// Bucket of the last filing this process saw. Only a guess that saves work: the statement checks it.
static int bucket_guess;

void incident_filing_begin(struct call *c, struct incident_filing *filing)
{
    struct incident *incident = &filing->incident;
    incident->id = uuid_v7();
    filing->journal_id = uuid_v7();
    Sokuo__V1__Incident *m = &incident->m;
    m->id = msg_uuid(c, &incident->id);
    m->version = 1;
    m->state = STATE(INTAKE);
    m->threat_group = incident_type_group((int)m->incident_type);
    incident->filer_id = c->actor.person_id;
    incident->filer_section_id = c->actor.section_id;
    incident->wall = access_wall((int)m->confidentiality, false);
    incident->member = m->confidentiality >= CLASS(CONFIDENTIAL) ? MEMBER(NAMED) : MEMBER(UNSPECIFIED);
    m->filed_by = msg_who(c, &c->actor.person_id, c->actor.person_name, &c->actor.post_id, c->actor.post_name,
                          c->actor.capacity);
    incident_show_acts(c, incident);
}

// Filings of one counter go over one lane, so that they commit together.
static struct uuid filing_stream(struct call *c, int fiscal_year, int mode)
{
    return uuid_derive(&c->actor.tenant_id, (uint32_t)(fiscal_year * 4 + mode));
}

#define FILE_PARAMS 36

static void file_params(struct call *c, const struct incident_filing *filing, const struct operation *op,
                        int fiscal_year, struct derived *d, struct param out[FILE_PARAMS])
{
    const struct incident *incident = &filing->incident;
    const Sokuo__V1__Incident *m = &incident->m;
    const struct actor *actor = &c->actor;
    derive_facts(c, m, d);
    derive_text(c, m, bucket_guess, d);
    const struct param params[FILE_PARAMS] = {
        p_uuid(&actor->tenant_id),
        p_uuid(&op->id),
        p_uuid(&actor->person_id),
        p_text(op->method),
        p_bytes(op->request_hash, 32),
        p_bytes(op->response, op->response_len),
        p_uuid(&incident->id),
        p_uuid(&filing->journal_id),
        p_i16(c, (int16_t)m->mode),
        p_i16(c, (int16_t)fiscal_year),
        p_text(fiscal_year_prefix((int)m->mode)),
        p_i16(c, (int16_t)m->confidentiality),
        p_i16(c, (int16_t)incident->wall),
        p_text(m->title),
        p_text(m->description),
        p_i16(c, (int16_t)m->incident_type),
        p_i16(c, (int16_t)m->severity),
        d->rules,
        p_time(c, msg_take_time(m->occurred_at)),
        d->zones,
        d->sections,
        d->systems,
        d->facts,
        p_text(actor->person_name ? actor->person_name : ""),
        p_uuid(&actor->post_id),
        p_text(actor->post_name ? actor->post_name : ""),
        p_i16(c, (int16_t)(actor->capacity ? actor->capacity : 1)),
        p_uuid(&actor->section_id),
        p_json(filing->changes),
        p_text(d->folded),
        p_i32(c, bucket_guess),
        d->lexemes,
        d->plain_lexemes,
        d->types,
        p_bool(m->severity_assessed),
        p_bool(filing->calls_nobody),
    };
    memcpy(out, params, sizeof params);
}

static void take_filed(struct call *c, struct incident_filing *filing, const struct rows *rows,
                       struct operation_facts *ret_facts, bool *ret_done)
{
    *ret_done = rows_count(rows) > 0;
    if (!*ret_done)
        return;
    bucket_guess = (int)row_i64(rows, 0, rows_col(rows, "bucket"));
    filing->incident.search_bucket = bucket_guess;
    *ret_facts = (struct operation_facts){
        .number = row_text(rows, 0, rows_col(rows, "number")),
        .seq = 1,
        .recorded_at_us = row_time(rows, 0, rows_col(rows, "recorded_at")),
    };
}

enum err incident_file(struct call *c, struct incident_filing *filing, const struct operation *op,
                       struct operation_facts *ret_facts, bool *ret_done)
{
    const struct incident *incident = &filing->incident;
    int fiscal_year = fiscal_year_of(c->now_us);
    struct derived derived;
    struct param file[FILE_PARAMS];
    file_params(c, filing, op, fiscal_year, &derived, file);
    const struct param name[] = {file[0], file[1], file[6], file[2], file[23]};
    struct db_stmt *stmts = call_alloc(c, (size_t)(filing->entry_count + 3) * sizeof *stmts);
    int count = 0;
    if (filing->item_count > 0)
        stmts[count++] = intake_promote_stmt(c, &op->id, &incident->id, filing->item_ids, filing->item_count);
    if (incident->member == (int)MEMBER(NAMED) && !uuid_is_nil(&c->actor.person_id))
        stmts[count++] = (struct db_stmt){.query = Q_INCIDENT_FILE_NAMES_FILER, .params = name};
    int filed = count;
    stmts[count++] = (struct db_stmt){.query = Q_INCIDENT_FILE, .params = file};
    for (int i = 0; i < filing->entry_count; i++)
        stmts[count++] = intake_entry_stmt(c, &filing->entries[i]);

    struct uuid stream = filing_stream(c, fiscal_year, (int)incident->m.mode);
    enum err err = db_write(c, &stream, stmts, count);
    if (err == ERR_ALREADY_EXISTS) { // the same operation came in by another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    if (err == ERR_FAILED_PRECONDITION && filing->item_count > 0)
        return intake_taken(c);
    TRY(err);
    take_filed(c, filing, stmts[filed].rows, ret_facts, ret_done);
    return ERR_OK;
}

enum err incident_file_leased(struct call *c, struct db_lease *lease, struct incident_filing *filing,
                              const struct operation *op, struct operation_facts *ret_facts, bool *ret_done)
{
    struct derived derived;
    struct param file[FILE_PARAMS];
    file_params(c, filing, op, fiscal_year_of(c->now_us), &derived, file);
    struct rows *rows = NULL;
    if (filing->incident.member == (int)MEMBER(NAMED)) {
        const struct param name[] = {file[0], file[1], file[6], file[2], file[23]};
        TRY(db_lease_query(c, lease, Q_INCIDENT_FILE_NAMES_FILER, name, &rows));
    }
    TRY(db_lease_query(c, lease, Q_INCIDENT_FILE, file, &rows));
    take_filed(c, filing, rows, ret_facts, ret_done);
    return ERR_OK;
}

// --- writing ---

#define SAVE_PARAMS 53

static bool same_text(const Sokuo__V1__Incident *a, const Sokuo__V1__Incident *b)
{
    return strcmp(a->title, b->title) == 0 && strcmp(a->description, b->description) == 0;
}

static void save_params(struct call *c, const struct incident *before, const struct incident *after,
                        const struct incident_note *note, const struct operation *op,
                        const struct uuid *op_id, struct param out[SAVE_PARAMS])
{
    const Sokuo__V1__Incident *m = &after->m;
    const struct actor *actor = &c->actor;
    struct derived d = {.folded = ""};
    derive_facts(c, m, &d);
    bool text_changes = !same_text(&before->m, m);
    d.lexemes = p_texts(c, NULL, 0);
    if (text_changes)
        derive_text(c, m, before->search_bucket, &d);
    const struct param params[SAVE_PARAMS] = {
        p_uuid(&actor->tenant_id),
        p_uuid(op_id),
        p_uuid(&before->id),
        p_i32(c, before->m.version),
        p_i16(c, (int16_t)m->confidentiality),
        p_i16(c, (int16_t)after->wall),
        p_i16(c, (int16_t)m->state),
        p_text(m->title),
        p_text(m->description),
        p_i16(c, (int16_t)m->incident_type),
        d.types,
        p_i16(c, (int16_t)m->severity),
        p_bool(m->severity_assessed),
        d.rules,
        p_time(c, msg_take_time(m->occurred_at)),
        p_time(c, msg_take_time(m->closed_at)),
        p_time(c, msg_take_time(m->triage_due_at)),
        p_time(c, msg_take_time(m->monitoring_until)),
        d.zones,
        d.sections,
        d.systems,
        d.facts,
        p_uuid(&after->handler_id),
        p_text(m->handler ? m->handler->name : ""),
        p_uuid(&after->commander_id),
        p_text(m->commander ? m->commander->name : ""),
        p_uuid(&after->command_post_id),
        p_text(m->command ? m->command->post_name : ""),
        p_i16(c, (int16_t)(m->command ? m->command->capacity : 0)),
        p_time(c, msg_take_time(m->commanded_since)),
        p_uuid(&after->merged_into_id),
        p_uuid(&after->unseal_by),
        p_i16(c, (int16_t)after->unseal_role),
        p_bool(before->wall != after->wall),
        p_bool(before->m.facts != m->facts),
        p_bool(text_changes),
        p_text(d.folded),
        d.lexemes,
        p_uuid(&note->id),
        p_text(note->kind),
        p_time(c, note->occurred_at_us),
        p_uuid(&actor->person_id),
        p_text(actor->person_name ? actor->person_name : ""),
        p_uuid(&actor->post_id),
        p_text(actor->post_name ? actor->post_name : ""),
        p_i16(c, (int16_t)(actor->capacity ? actor->capacity : 1)),
        p_i16(c, (int16_t)note->entry_kind),
        p_text(note->text ? note->text : ""),
        p_text(note->reason ? note->reason : ""),
        p_json(note->changes),
        p_text(op ? op->method : NULL),
        op ? p_bytes(op->request_hash, 32) : p_null(),
        op ? p_bytes(op->response, op->response_len) : p_null(),
    };
    memcpy(out, params, sizeof params);
}

static void take_saved(const struct rows *rows, struct operation_facts *ret_facts, bool *ret_done)
{
    *ret_done = rows_count(rows) > 0;
    if (*ret_done)
        *ret_facts = (struct operation_facts){
            .seq = (int)row_i64(rows, 0, rows_col(rows, "version")),
            .recorded_at_us = row_time(rows, 0, rows_col(rows, "recorded_at")),
        };
}

// The database shows a row to its writer also after the change; who would lose sight of it is named first.
static bool writer_must_be_named(struct call *c, const struct incident *after)
{
    return !c->actor.is_system && !(incident_access(c, after) & ACCESS_READ);
}

#define NAME_PARAMS 7

static void name_params(struct call *c, const struct incident *before, const struct uuid *op_id,
                        struct param out[NAME_PARAMS])
{
    const struct param params[NAME_PARAMS] = {
        p_uuid(&c->actor.tenant_id),
        p_uuid(op_id),
        p_uuid(&before->id),
        p_i32(c, before->m.version),
        p_uuid(&c->actor.person_id),
        p_text("範囲を変更した本人"),
        p_text(c->actor.person_name ? c->actor.person_name : ""),
    };
    memcpy(out, params, sizeof params);
}

enum err incident_save(struct call *c, const struct incident *before, const struct incident *after,
                       const struct incident_note *note, const struct operation *op, struct db_stmt *extra,
                       int extra_count, struct operation_facts *ret_facts, bool *ret_done)
{
    struct param save[SAVE_PARAMS], name[NAME_PARAMS];
    save_params(c, before, after, note, op, &op->id, save);
    name_params(c, before, &op->id, name);
    struct db_stmt *stmts = call_alloc(c, (size_t)(extra_count + 2) * sizeof *stmts);
    int count = 0;
    if (writer_must_be_named(c, after))
        stmts[count++] = (struct db_stmt){.query = Q_INCIDENT_NAME_WRITER, .params = name};
    int saved = count;
    stmts[count++] = (struct db_stmt){.query = Q_INCIDENT_SAVE, .params = save};
    for (int i = 0; i < extra_count; i++)
        stmts[count++] = extra[i];

    enum err err = db_write(c, &before->id, stmts, count);
    if (err == ERR_ALREADY_EXISTS) { // the same operation came in by another process at the same time
        call_clear_error(c);
        *ret_done = false;
        return ERR_OK;
    }
    TRY(err);
    take_saved(stmts[saved].rows, ret_facts, ret_done);
    return ERR_OK;
}

enum err incident_save_leased(struct call *c, struct db_lease *lease, const struct incident *before,
                              const struct incident *after, const struct incident_note *note,
                              const struct operation *op, const struct uuid *op_id,
                              struct operation_facts *ret_facts, bool *ret_done)
{
    struct param save[SAVE_PARAMS], name[NAME_PARAMS];
    save_params(c, before, after, note, op, op_id, save);
    name_params(c, before, op_id, name);
    struct rows *rows = NULL;
    if (writer_must_be_named(c, after))
        TRY(db_lease_query(c, lease, Q_INCIDENT_NAME_WRITER, name, &rows));
    TRY(db_lease_query(c, lease, Q_INCIDENT_SAVE, save, &rows));
    take_saved(rows, ret_facts, ret_done);
    return ERR_OK;
}

// --- people and names ---

enum err incident_person(struct call *c, const char *field, const struct uuid *id,
                         struct incident_person *ret_person)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(id)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_PEOPLE, params, &rows));
    if (rows_count(rows) == 0)
        return call_fail_field(c, field, "UNKNOWN_PERSON", "その人は登録されていないか、在籍していません。",
                               "This person is not registered or has left.");
    *ret_person = (struct incident_person){
        .id = *id,
        .post_id = row_uuid(rows, 0, rows_col(rows, "post_id")),
        .name = row_text(rows, 0, rows_col(rows, "name")),
        .post_name = row_text(rows, 0, rows_col(rows, "post_name")),
        .capacity = (int)row_i64(rows, 0, rows_col(rows, "capacity")),
    };
    return ERR_OK;
}

enum err incident_call_targets(struct call *c, Sokuo__V1__CallTarget ***ret_targets, size_t *ret_count)
{
    const struct param params[] = {p_uuid(&c->actor.tenant_id), p_uuid(&c->actor.section_id),
                                   p_uuid(&c->actor.person_id), p_bool((c->actor.roles & ROLES_CALL) != 0)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_CALL_TARGETS, params, &rows));
    int count = rows_count(rows);
    *ret_targets = msg_list(c, count);
    *ret_count = (size_t)count;
    for (int i = 0; i < count; i++) {
        Sokuo__V1__CallTarget *target = (*ret_targets)[i] = call_alloc(c, sizeof *target);
        sokuo__v1__call_target__init(target);
        target->role = (Sokuo__V1__Role)row_i64(rows, i, rows_col(rows, "role"));
        target->person_name = msg_text(row_text(rows, i, rows_col(rows, "person_name")));
        target->post_name = msg_text(row_text(rows, i, rows_col(rows, "post_name")));
        target->phone = msg_text(row_text(rows, i, rows_col(rows, "phone")));
    }
    return ERR_OK;
}

static enum err check_known(struct call *c, const struct rows *rows, int kind, char **ids, size_t count,
                            const char *field)
{
    for (size_t i = 0; i < count; i++) {
        struct uuid id = msg_take_uuid(ids[i]);
        bool is_known = false;
        for (int r = 0; r < rows_count(rows) && !is_known; r++) {
            struct uuid known = row_uuid(rows, r, rows_col(rows, "id"));
            is_known = row_i64(rows, r, rows_col(rows, "kind")) == kind && uuid_equal(&known, &id);
        }
        if (!is_known)
            return call_fail_field(c, call_printf(c, "%s[%zu]", field, i), "UNKNOWN_ID",
                                   "登録されていない番号です。一覧から選び直してください。",
                                   "This id is not registered. Choose again from the list.");
    }
    return ERR_OK;
}

enum err incident_check_refs(struct call *c, const Sokuo__V1__IncidentFacts *facts)
{
    if (!facts || facts->n_section_ids + facts->n_system_ids == 0)
        return ERR_OK;
    const struct param params[] = {p_uuid(&c->actor.tenant_id),
                                   uuids_param(c, facts->section_ids, facts->n_section_ids),
                                   uuids_param(c, facts->system_ids, facts->n_system_ids)};
    struct rows *rows = NULL;
    TRY(db_query(c, Q_INCIDENT_NAMES, params, &rows));
    TRY(check_known(c, rows, 1, facts->section_ids, facts->n_section_ids, "facts.sectionIds"));
    return check_known(c, rows, 2, facts->system_ids, facts->n_system_ids, "facts.systemIds");
}
