// SPDX-License-Identifier: Apache-2.0
// Who did it, as the statements that write a journal row of their own want it.
#pragma once

#include "server/store/db.h"

// Parameters that note_who fills: journal id, person, its name, post, its name, capacity.
#define NOTE_PARAMS 6

// Fills the last parameters of a statement with a new journal id and the caller.
void note_who(struct call *c, struct param out[NOTE_PARAMS]);
// db_write as the server itself, for those who may note what they did without being readers of the stream:
// the handler has checked.
enum err note_write(struct call *c, const struct uuid *stream, struct db_stmt *stmts, int count) MUST_USE;
// A UUID parameter that lives as long as the call.
struct param note_uuid(struct call *c, const struct uuid *id);
