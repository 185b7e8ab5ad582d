// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/playbook_ship.h"

#include <string.h>

#include "server/base/log.h"
#include "server/codec/shipped.h"
#include "server/rpc/playbook_check.h"
#include "server/store/playbook_store.h"

#define SHIPPED_MOST 100

static bool is_among(const char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(codes[i], code) == 0)
            return true;
    }
    return false;
}

static enum err compile(struct call *c, const struct shipped_file *file, struct revision_text *ret)
{
    struct plan_check *check = call_alloc(c, sizeof *check);
    plan_check(c, file->data, file->len, file->file, NULL, 0, check);
    if (!check->is_sound)
        return call_fail(c, ERR_INTERNAL, "SHIPPED_FAULT", "出荷時の計画 %s に誤りがあります。",
                         "The shipped plan %s has faults.", file->file);
    *ret = (struct revision_text){
        .source = file->data, .source_len = file->len, .plan = check->source.playbook, .is_sound = true};
    return ERR_OK;
}

enum err playbook_ship(struct call *c, int *ret_count)
{
    const char *const *codes;
    size_t code_count;
    struct db_stmt stmts[SHIPPED_MOST];
    *ret_count = 0;
    TRY(playbook_codes(c, &codes, &code_count));
    for (const struct shipped_file *file = shipped_files; file->name && *ret_count < SHIPPED_MOST; file++) {
        struct revision_text text;
        if (!file->is_plan || is_among(codes, code_count, file->name))
            continue;
        TRY(compile(c, file, &text));
        stmts[(*ret_count)++] = playbook_ship_stmt(c, &text);
    }
    return *ret_count ? db_write(c, &c->actor.tenant_id, stmts, *ret_count) : ERR_OK;
}

enum err playbook_ship_all(struct call *c)
{
    struct rows *rows = NULL;
    struct uuid tenant_id = c->actor.tenant_id;
    TRY(db_query(c, Q_TENANT_LIST, NULL, &rows));
    for (int i = 0; i < rows_count(rows); i++) {
        int count;
        c->actor.tenant_id = row_uuid(rows, i, rows_col(rows, "id"));
        TRY(playbook_ship(c, &count));
        if (count > 0)
            log_info("plans_shipped", LOG_I("plans", count));
    }
    c->actor.tenant_id = tenant_id;
    return ERR_OK;
}
