// SPDX-License-Identifier: Apache-2.0
#include "server/store/secret_key_store.h"

#include "server/store/secret.h"

static enum err refuse(struct call *c)
{
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "KEY_DIFFERS",
        "このデータベースは別の鍵ファイル（secret.key）で使われています。このまま始めると、二要素認証の確認が"
        "できません。動いている機械またはバックアップから secret.key を写してください。元の鍵が失われている"
        "ときは、一度だけ --adopt-key を付けて始め、二要素認証を登録し直してください。",
        "This database is in use with another key file (secret.key). With this one, second factors could not "
        "be checked. Copy secret.key from a machine that serves, or from the backup. If that key is lost, "
        "start once with --adopt-key; second factors must then be enrolled again.");
}

enum err secret_key_claim(struct call *c, bool adopt)
{
    static const struct uuid whole_database;
    uint8_t fingerprint[SECRET_HASH_LEN];
    secret_fingerprint(fingerprint);
    const struct param params[] = {p_bytes(fingerprint, sizeof fingerprint)};
    struct db_stmt stmts[] = {{.query = adopt ? Q_SECRET_KEY_ADOPT : Q_SECRET_KEY_CLAIM, .params = params},
                              {.query = Q_SECRET_KEY_IS, .params = params}};
    TRY(db_write(c, &whole_database, stmts, 2));
    const struct rows *rows = stmts[1].rows;
    return row_bool(rows, 0, rows_col(rows, "is_ours")) ? ERR_OK : refuse(c);
}
