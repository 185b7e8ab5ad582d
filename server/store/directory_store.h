// SPDX-License-Identifier: Apache-2.0
// The organisation: what the import and the screens share. Saving writes the journal (stream 'directory').
#pragma once

#include "server/store/db.h"

// What people are found by: name and kana without spaces, and the number, folded.
const char *person_folded(struct call *c, const char *name, const char *kana, const char *code);
// A query in the same form.
const char *person_query_folded(struct call *c, const char *query);

// Runs one of the "save" statements of directory.sql: $2 the id (nil: a new one is made), $3 whether it is
// new, then the values, then who. ALREADY_EXISTS when its code is taken; NOT_FOUND when it or what it refers
// to does not exist; FAILED_PRECONDITION when the days are the wrong way round.
#define DIRECTORY_VALUES 6
enum err directory_save(struct call *c, enum query query, struct uuid id, const struct param values[],
                        int count, struct uuid *ret_id) MUST_USE;
