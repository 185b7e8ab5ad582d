// SPDX-License-Identifier: Apache-2.0
#include "server/store/directory_store.h"

#include <assert.h>
#include <string.h>

#include "server/codec/text.h"
#include "server/store/note.h"

static const char *without_spaces(struct call *c, const char *text)
{
    struct buf out = buf_in(&c->arena);
    for (; *text; text++) {
        if (*text != ' ')
            buf_putc(&out, *text);
    }
    return buf_text(&out);
}

const char *person_folded(struct call *c, const char *name, const char *kana, const char *code)
{
    return call_printf(c, "%s %s %s", without_spaces(c, text_fold(c, name)),
                       without_spaces(c, text_fold(c, kana)), without_spaces(c, text_fold(c, code)));
}

const char *person_query_folded(struct call *c, const char *query)
{
    return without_spaces(c, text_fold(c, query));
}

static enum err explain(struct call *c, enum err err)
{
    if (err == ERR_ALREADY_EXISTS)
        return call_fail(c, err, "TAKEN",
                         "同じコードまたは同じ内容が既に登録されています。一覧で確認してください。",
                         "The same code, or the same thing, is there already. Look at the list.");
    if (err == ERR_FAILED_PRECONDITION)
        return call_fail(
            c, err, "BAD_VALUES",
            "値の組み合わせが正しくありません。終了日は開始日より後にし、区分の番号を確認してください。",
            "These values do not go together. The end must be after the first day; check the kinds.");
    return err;
}

enum err directory_save(struct call *c, enum query query, struct uuid id, const struct param values[],
                        int count, struct uuid *ret_id)
{
    assert(count <= DIRECTORY_VALUES);
    bool is_new = uuid_is_nil(&id);
    *ret_id = is_new ? uuid_v7() : id;
    struct param params[3 + DIRECTORY_VALUES + NOTE_PARAMS] = {p_uuid(&c->actor.tenant_id), p_uuid(ret_id),
                                                               p_bool(is_new)};
    memcpy(params + 3, values, (size_t)count * sizeof *values);
    note_who(c, params + 3 + count);
    struct db_stmt stmt = {.query = query, .params = params};
    TRY(explain(c, db_write(c, ret_id, &stmt, 1)));
    if (rows_count(stmt.rows) == 0)
        return call_fail(
            c, ERR_NOT_FOUND, "NO_SUCH_THING",
            "対象、または参照している組織・職・職員が見つかりません。組織の上下関係も確認してください。",
            "It, or the unit, post or person that it refers to, was not found. Check the levels, too.");
    return ERR_OK;
}
