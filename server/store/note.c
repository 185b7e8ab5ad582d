// SPDX-License-Identifier: Apache-2.0
#include "server/store/note.h"

#define CAPACITY_SYSTEM 4 // Capacity of common.proto

struct param note_uuid(struct call *c, const struct uuid *id)
{
    return p_uuid(arena_memdup(&c->arena, id, sizeof *id));
}

void note_who(struct call *c, struct param out[NOTE_PARAMS])
{
    struct uuid id = uuid_v7();
    const struct actor *actor = &c->actor;
    out[0] = note_uuid(c, &id);
    out[1] = p_uuid(&actor->person_id);
    out[2] = p_text(actor->person_name ? actor->person_name : "");
    out[3] = p_uuid(&actor->post_id);
    out[4] = p_text(actor->post_name ? actor->post_name : "");
    out[5] = p_i16(c, (int16_t)(actor->is_system ? CAPACITY_SYSTEM : actor->capacity ? actor->capacity : 1));
}

enum err note_write(struct call *c, const struct uuid *stream, struct db_stmt *stmts, int count)
{
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    enum err err = db_write(c, stream, stmts, count);
    c->actor.is_system = was_system;
    return err;
}
