// SPDX-License-Identifier: Apache-2.0
#include "server/store/bootstrap_store.h"

#include "server/store/secret.h"
#include "sokuo/v1/options.pb-c.h"

#define ROLE(name) (int16_t) SOKUO__V1__ROLE__ROLE_##name

// All that an empty system needs until the city's own posts are there.
static const int16_t duties[] = {ROLE(ADMIN),      ROLE(CISO),    ROLE(SISO),
                                 ROLE(CSIRT_LEAD), ROLE(HANDLER), ROLE(POC)};

enum { TENANT, UNIT, POST, PERSON, TENURE, ACCOUNT, NOTE, IDS };

static enum err make(struct call *c, const char *name, struct bootstrap *ret)
{
    const char *hash = NULL;
    ret->password = secret_password_make(c);
    TRY(secret_password_hash(c, ret->password, &hash));

    struct uuid ids[IDS];
    for (int i = 0; i < IDS; i++)
        ids[i] = uuid_v7();
    const struct param params[] = {
        p_uuid(&ids[TENANT]),
        p_text(name ? name : "この市"),
        p_uuid(&ids[UNIT]),
        p_uuid(&ids[POST]),
        p_uuid(&ids[PERSON]),
        p_uuid(&ids[TENURE]),
        p_uuid(&ids[ACCOUNT]),
        p_text(hash),
        p_i16s(c, duties, sizeof duties / sizeof duties[0]),
        p_uuid(&ids[NOTE]),
    };
    struct db_stmt stmt = {.query = Q_BOOTSTRAP_MAKE, .params = params};
    enum err err = db_write(c, &ids[TENANT], &stmt, 1);
    if (err == ERR_ALREADY_EXISTS || (err == ERR_OK && rows_count(stmt.rows) == 0)) {
        call_clear_error(c); /* another machine was faster */
        ret->password = NULL;
        return ERR_OK;
    }
    ret->tenant_id = ids[TENANT];
    return err;
}

enum err bootstrap_run(struct call *c, const char *name, struct bootstrap *ret)
{
    *ret = (struct bootstrap){.login = "admin"};
    bool was_system = c->actor.is_system;
    c->actor.is_system = true;
    struct rows *rows = NULL;
    enum err err = db_query(c, Q_BOOTSTRAP_NEEDED, NULL, &rows);
    if (err == ERR_OK && row_bool(rows, 0, rows_col(rows, "is_needed")))
        err = make(c, name, ret);
    c->actor.is_system = was_system;
    return err;
}
