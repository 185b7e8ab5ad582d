// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/move.h"

#include <string.h>

#include "server/store/authority_store.h"
#include "server/store/message.h"

#define OBSERVATION_US (INT64_C(14) * 86400 * 1000000)

static const struct {
    unsigned guard;
    const char *ja, *en;
} guards[] = {
    {GUARD_HANDLER, "担当者", "a handler"},
    {GUARD_SEVERITY, "重大度の判定", "a judged severity"},
    {GUARD_COMMANDER, "指揮者", "a commander"},
    {GUARD_SEVEN_ITEMS, "受付票", "the intake slip"},
    {GUARD_REASON, "理由", "a reason"},
    {GUARD_OBSERVATION, "観察期間の満了", "the end of observation"},
    {GUARD_S3_MUST_ACTIVATE, "発動(重大度S3以上は所属だけで対応できません)",
     "activation (from S3 on the section may not handle it alone)"},
};

static enum err fail_missing(struct call *c, unsigned missing)
{
    if (missing == GUARD_REASON)
        return call_fail_field(c, "reason", "REASON", "理由を入力してください。", "Say why.");
    struct buf ja = buf_in(&c->arena), en = buf_in(&c->arena);
    const char *first = NULL;
    for (size_t i = 0; i < sizeof guards / sizeof guards[0]; i++) {
        if (!(missing & guards[i].guard))
            continue;
        buf_printf(&ja, "%s%s", first ? "、" : "", guards[i].ja);
        buf_printf(&en, "%s%s", first ? ", " : "", guards[i].en);
        first = first ? first : guard_word(guards[i].guard);
    }
    call_fail(c, ERR_FAILED_PRECONDITION, first, "先に必要なものがあります: %s",
              "Something is needed first: %s", c->lang == LANG_EN ? buf_text(&en) : buf_text(&ja));
    c->error_ja = call_printf(c, "先に必要なものがあります: %s", buf_text(&ja));
    c->error_en = call_printf(c, "Something is needed first: %s", buf_text(&en));
    return ERR_FAILED_PRECONDITION;
}

static void set_times(struct call *c, Sokuo__V1__Incident *m, int to)
{
    if (to != (int)STATE(INTAKE))
        m->triage_due_at = NULL;
    if (to == (int)STATE(CLOSED) || to == (int)STATE(CLOSED_FALSE))
        m->closed_at = msg_time(c, c->now_us);
    if (to == (int)STATE(TRIAGE) || to == (int)STATE(CONTAINMENT)) {
        m->closed_at = NULL;
        m->monitoring_until = NULL;
    }
    if (to == (int)STATE(MONITORING) && !m->monitoring_until)
        m->monitoring_until = msg_time(c, c->now_us + OBSERVATION_US);
}

// The lifecycle lets people act at night; that the table wants somebody else's approval is put on record with
// the act.
static enum err note_authority(struct call *c, struct change *change, int to)
{
    int act = authority_act_of_state(to), level = 0;
    if (act == 0)
        return ERR_OK;
    TRY(authority_of(c, act, (int)change->after.m.severity, &level));
    if (level != (int)AUTHORITY(ALONE))
        change_note_enum(change, "authority", &sokuo__v1__authority_level__descriptor, 0, level);
    return ERR_OK;
}

enum err move_step(struct call *c, struct change *change, int to, const char *reason)
{
    struct incident *after = &change->after;
    struct incident_view view = incident_view_of(c, after);
    view.has_reason = *reason != '\0';
    const struct transition *t = transition_find((int)view.state, to);
    if (!t || !transition_applies(t, &view))
        return call_fail(
            c, ERR_FAILED_PRECONDITION, "NO_SUCH_TRANSITION",
            "今の状態(%s)からその状態(%s)へは進めません。画面を読み込み直してください。",
            "From this state (%s) the incident cannot go to that one (%s). Load the screen again.",
            enum_name(&sokuo__v1__incident_state__descriptor, (int)view.state),
            enum_name(&sokuo__v1__incident_state__descriptor, to));
    if (!transition_permitted(t, c->actor.roles, view.severity))
        return change_denied(c);
    unsigned missing = transition_missing(t, &view);
    if (missing)
        return fail_missing(c, missing);
    TRY(note_authority(c, change, to));
    after->m.state = (Sokuo__V1__IncidentState)to;
    set_times(c, &after->m, to);
    return ERR_OK;
}

void move_note(struct call *c, struct change *change)
{
    const Sokuo__V1__Incident *before = &change->before.m, *after = &change->after.m;
    change_note_enum(change, "state", &sokuo__v1__incident_state__descriptor, (int)before->state,
                     (int)after->state);
    change_note_time(c, change, "monitoringUntil", before->monitoring_until, after->monitoring_until);
}

static const char *types_text(struct call *c, const Sokuo__V1__Incident *m)
{
    struct buf text = buf_in(&c->arena);
    for (size_t i = 0; i < m->n_secondary_types; i++)
        buf_printf(&text, "%s%s", i ? ", " : "",
                   enum_name(&sokuo__v1__incident_type__descriptor, (int)m->secondary_types[i]));
    return buf_text(&text);
}

void move_note_types(struct call *c, struct change *change)
{
    change_note(change, "secondaryTypes", types_text(c, &change->before.m), types_text(c, &change->after.m));
}

enum err move_handler(struct call *c, struct change *change, const struct uuid *person_id)
{
    struct incident *after = &change->after;
    if (uuid_is_nil(person_id) || uuid_equal(person_id, &after->handler_id))
        return ERR_OK;
    struct incident_person person;
    TRY(incident_person(c, "handlerId", person_id, &person));
    change_note(change, "handler", after->m.handler ? after->m.handler->name : "", person.name);
    after->handler_id = person.id;
    after->m.handler = msg_ref(c, person.id, person.name);
    return ERR_OK;
}

static enum err check_lowering(struct call *c, const struct incident *before, const char *reason)
{
    if (!*reason)
        return call_fail_field(c, "reason", "REASON_FOR_LOWERING", "重大度を下げる理由を入力してください。",
                               "Say why the severity goes down.");
    if (!before->m.severity_assessed && severity_may_lower(c->actor.roles, (int)before->m.severity, false))
        return ERR_OK;
    int level = 0;
    TRY(authority_of(c, ACT(LOWER_OR_CLOSE), (int)before->m.severity, &level));
    if (before->m.severity_assessed && level == (int)AUTHORITY(ALONE))
        return ERR_OK;
    return call_fail(
        c, ERR_PERMISSION_DENIED, "MAY_NOT_LOWER",
        "判定済みの重大度を下げられるのは、権限表で単独で可能な責務の人だけです(標準ではS2以下は統括責任者、"
        "S3以上はCISO)。",
        "A judged severity is lowered by a duty that the table of authorities lets do so alone (as "
        "shipped: the SISO up to S2, the CISO from S3 on).");
}

enum err move_severity(struct call *c, struct change *change, int wanted, const char *reason, bool is_triaged)
{
    const struct incident *before = &change->before;
    struct incident *after = &change->after;
    int current = (int)before->m.severity;
    struct severity_facts facts = incident_severity_facts(&after->m);
    facts.is_triaged = is_triaged;
    TRY(incident_situation(c, &facts));

    struct severity_result result;
    if (wanted != 0 && wanted < current) {
        TRY(check_lowering(c, before, reason));
        result = severity_raise(wanted, 0, &facts);
        result.severity = wanted;
    } else {
        result = severity_raise(wanted ? wanted : current, before->rules, &facts);
        if (wanted != 0 && *reason) // a person judged, and says why
            result.severity = wanted;
    }
    after->m.severity = (Sokuo__V1__Severity)result.severity;
    after->m.severity_assessed |= wanted != 0;
    if (after->m.severity_assessed)
        result.rules &= ~(unsigned)RULE_TYPE;
    incident_set_rules(c, after, result.rules);
    change_note_enum(change, "severity", &sokuo__v1__severity__descriptor, current, result.severity);
    change_note(change, "severityAssessed", before->m.severity_assessed ? "true" : "false",
                after->m.severity_assessed ? "true" : "false");
    return ERR_OK;
}
