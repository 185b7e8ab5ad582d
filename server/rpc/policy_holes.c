// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/policy_holes.h"

#include "server/domain/duty.h"

bool role_is_of_a_place(int role)
{
    return role == (int)ROLE(ISM) || role == (int)ROLE(ISO) || role == (int)ROLE(STAFF) ||
           role == (int)ROLE(SYSMGR) || role == (int)ROLE(SYSOP);
}

// --- judging ---

// Of the persons that the level calls; who stands there twice is one.
static int reached_of(const Sokuo__V1__Duty *duty, int ranks)
{
    int called = 0, reached = 0;
    for (size_t i = 0; i < duty->n_places && called < ranks; i++) {
        int reach = (int)duty->places[i]->reach;
        called += reach != (int)REACH(REPEATED);
        reached += reach == (int)REACH(REACHABLE);
    }
    return reached;
}

static void add_place(struct place_hole *hole, const Sokuo__V1__Duty *duty)
{
    hole->count++;
    if (hole->name_count < HOLE_NAMES_MOST)
        hole->names[hole->name_count++] = duty->scope ? duty->scope->name : "";
}

int place_holes(const struct escalation_level *level, Sokuo__V1__Duty *const *duties, int count,
                struct place_hole ret[PLACE_HOLES_MOST])
{
    struct place_hole holes[PLACE_HOLES_MOST] = {{0}};
    int places = 0, filled = 0;
    for (int i = 0; i < count; i++) {
        if ((int)duties[i]->role != level->role)
            continue;
        places++;
        int kind = escalation_hole_of(level->role, reached_of(duties[i], level->ranks));
        bool is_accepted = kind == ESC_HOLE_FEW && *duties[i]->override_reason;
        if (kind != 0 && !is_accepted)
            add_place(&holes[kind - ESC_HOLE_NOBODY], duties[i]);
    }
    bool is_nowhere = places == 0 && level->role != (int)ROLE(STAFF); // everybody is staff
    for (int i = 0; i < PLACE_HOLES_MOST; i++) {
        if (holes[i].count == 0 && !(is_nowhere && i == 0))
            continue;
        ret[filled] = holes[i];
        ret[filled].role = level->role;
        ret[filled].kind = ESC_HOLE_NOBODY + i;
        ret[filled++].of = places;
    }
    return filled;
}

// --- words ---

static const char *place_word(int role, enum lang lang)
{
    if (role == (int)ROLE(ISM))
        return lang == LANG_JA ? "課" : "sections";
    if (role == (int)ROLE(ISO))
        return lang == LANG_JA ? "部局" : "departments";
    if (role == (int)ROLE(SYSMGR) || role == (int)ROLE(SYSOP))
        return lang == LANG_JA ? "システム" : "systems";
    return lang == LANG_JA ? "か所" : "places";
}

static const char *hole_words(int kind, enum lang lang)
{
    if (kind == ESC_HOLE_NOBODY)
        return lang == LANG_JA ? "今、誰にも連絡がつきません" : "nobody can be reached now";
    if (kind == ESC_HOLE_NO_DEPUTY)
        return lang == LANG_JA ? "連絡がつくのは1人だけです" : "only one person can be reached";
    return lang == LANG_JA ? "連絡がつくのは2人だけです" : "only two persons can be reached";
}

static void put_names(struct buf *out, const struct place_hole *hole, enum lang lang)
{
    for (int i = 0; i < hole->name_count; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : lang == LANG_JA ? "、" : ", ", hole->names[i]);
    int more = hole->count - hole->name_count;
    if (more > 0)
        buf_printf(out, lang == LANG_JA ? " ほか%d" : " and %d more", more);
}

const char *place_hole_text(struct call *c, const struct place_hole *hole, enum lang lang)
{
    struct buf out = buf_in(&c->arena);
    const char *place = place_word(hole->role, lang), *words = hole_words(hole->kind, lang);
    if (hole->of == 0)
        return lang == LANG_JA ? "どこにも置かれていません。担当を登録してください。"
                               : "It stands nowhere. Register holders.";
    if (lang == LANG_JA)
        buf_printf(&out, "%d%sのうち%d%sで、%s: ", hole->of, place, hole->count, place, words);
    else
        buf_printf(&out, "In %d of %d %s %s: ", hole->count, hole->of, place, words);
    put_names(&out, hole, lang);
    buf_puts(&out, lang == LANG_JA ? "。代行順位と連絡先を登録してください。"
                                   : ". Register deputies and contact points.");
    return buf_text(&out);
}
