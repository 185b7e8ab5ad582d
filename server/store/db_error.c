// SPDX-License-Identifier: Apache-2.0
#include "server/base/log.h"
#include "server/store/db_lane.h"

#include <string.h>

// First match counts; a short state stands for its class.
// https://www.postgresql.org/docs/15/errcodes-appendix.html
static const struct {
    const char *state;
    enum err err;
} states[] = {
    {"22021", ERR_INVALID_ARGUMENT},    // not UTF-8, or NUL
    {"22P05", ERR_INVALID_ARGUMENT},    // \u0000 in JSON
    {"22008", ERR_INVALID_ARGUMENT},    // a date out of range
    {"23505", ERR_ALREADY_EXISTS},      // unique violation
    {"23503", ERR_FAILED_PRECONDITION}, // foreign key violation
    {"23514", ERR_FAILED_PRECONDITION}, // check violation
    {"23P01", ERR_FAILED_PRECONDITION}, // exclusion violation
    {"40001", ERR_ABORTED},             // serialization
    {"40P01", ERR_ABORTED},             // deadlock
    {"55P03", ERR_ABORTED},             // lock timeout
    {"42501", ERR_PERMISSION_DENIED},   // row-level security, privilege: the second wall
    {"53", ERR_RESOURCE_EXHAUSTED},     // storage, memory, connections
    {"57014", ERR_DEADLINE_EXCEEDED},   // statement timeout
    {"57P", ERR_UNAVAILABLE},           // shut down, crashed, not up yet
    {"25006", ERR_UNAVAILABLE},         // read-only: this server is a standby now
    {"25P03", ERR_UNAVAILABLE},         // lease idle for too long
    {"25P02", ERR_ABORTED},             // lease in which a statement failed before
    {"08", ERR_UNAVAILABLE},
};

enum err db_error_from_state(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strncmp(states[i].state, sqlstate, strlen(states[i].state)) == 0)
            return states[i].err;
    }
    return ERR_INTERNAL;
}

static const char *query_name(const struct unit *unit)
{
    if (unit == NULL || unit->got >= unit->count)
        return "";
    return query_table[unit->stmts[unit->got].query].name;
}

// The primary message may hold a value that a person typed, except in the classes where the program is at
// fault.
void db_error_log(const struct unit *unit, const PGresult *res)
{
    const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    enum err err = state ? db_error_from_state(state) : ERR_UNAVAILABLE;
    if (err != ERR_INTERNAL && err != ERR_RESOURCE_EXHAUSTED && err != ERR_PERMISSION_DENIED)
        return;
    bool is_harmless = state[0] == '4' || state[0] == '5' || state[0] == 'X' || state[0] == '2';
    bool is_value = state[0] == '2' && state[1] == '2';
    const char *message = is_harmless && !is_value ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : "";
    log_error("db_statement_failed", LOG_S("query", query_name(unit)), LOG_S("sqlstate", state),
              LOG_S("message", message),
              LOG_S("constraint", PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME)),
              LOG_S("call", unit && unit->call ? unit->call->id : ""));
}

static enum err fail_unavailable(struct call *c, enum err err)
{
    return call_fail(
        c, err, "DATABASE_UNAVAILABLE",
        "データベースに接続できません。保存済みの記録は失われていません。しばらくしてからもう一度お試しくださ"
        "い。",
        "The database cannot be reached. Nothing that was saved is lost. Please try again in a moment.");
}

static enum err fail_unknown(struct call *c)
{
    return call_fail(
        c, ERR_COMMIT_UNKNOWN, "COMMIT_UNKNOWN",
        "保存できたかどうかを確認できませんでした。同じ操作をもう一度送ってください。二重には登録されません"
        "。",
        "It is not known whether this was saved. Send the same operation again; it will not be saved twice.");
}

enum err db_error_fail(struct call *c, enum err err)
{
    switch ((int)err) {
    case ERR_UNAVAILABLE:
        return fail_unavailable(c, err);
    case ERR_COMMIT_UNKNOWN:
        return fail_unknown(c);
    case ERR_DEADLINE_EXCEEDED:
        return call_fail(c, err, "DEADLINE_EXCEEDED",
                         "時間内に処理が終わらなかったため、中止しました。もう一度お試しください。",
                         "This took too long and was stopped. Please try again.");
    case ERR_CANCELED:
        return call_fail(c, err, "CLIENT_LEFT", "接続が切れたため、中止しました。",
                         "The client left, so this was stopped.");
    case ERR_ABORTED:
        return call_fail(
            c, err, "CONCURRENT_CHANGE",
            "ほかの操作と同時になったため、保存しませんでした。もう一度お試しください。",
            "Somebody else was changing the same thing, so nothing was saved. Please try again.");
    case ERR_ALREADY_EXISTS:
        return call_fail(c, err, "ALREADY_EXISTS", "同じものがすでに登録されているため、保存しませんでした。",
                         "The same thing is registered already, so nothing was saved.");
    case ERR_FAILED_PRECONDITION:
        return call_fail(c, err, "REFERENCE_OR_RULE",
                         "参照先がないか、決まりに合わないため、保存しませんでした。画面を読み直してから、も"
                         "う一度お試しください。",
                         "It refers to something that does not exist or breaks a rule, so nothing was saved. "
                         "Reload and try again.");
    case ERR_RESOURCE_EXHAUSTED:
        return call_fail(c, err, "STORAGE_FULL",
                         "サーバーの容量が足りないため、保存しませんでした。管理者に連絡してください。",
                         "The server is out of storage or connections, so nothing was saved. Please tell the "
                         "administrator.");
    case ERR_PERMISSION_DENIED:
        return call_fail(c, err, "PERMISSION_DENIED", "この操作を行う権限がありません。",
                         "You may not do this.");
    case ERR_INVALID_ARGUMENT:
        return call_fail(c, err, "VALUE_REFUSED", "保存できない文字または日時が含まれています。",
                         "A text or a time in it cannot be stored.");
    default:
        return call_fail(c, ERR_INTERNAL, "DATABASE_ERROR",
                         "処理中に問題が起きたため、保存しませんでした。管理者に連絡してください。",
                         "Something went wrong, so nothing was saved. Please tell the administrator.");
    }
}
