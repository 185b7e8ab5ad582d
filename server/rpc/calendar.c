// SPDX-License-Identifier: Apache-2.0
// GET /calendar/<secret>.ics: a person's shifts, for the calendar of their choice. It tells shifts and
// nothing of incidents.
#include <string.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/codec/ical.h"
#include "server/domain/role_name.h"
#include "server/rpc/connect.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/rota_rpc.h"
#include "server/rpc/rpc.h"
#include "server/rpc/session.h"
#include "server/store/message.h"
#include "server/store/secret.h"

#define DEADLINE_US UINT64_C(10000000)
#define DAY_US INT64_C(86400000000)
#define PATH "/calendar/"
#define SUFFIX ".ics"

enum err rpc_make_calendar(struct call *c, const Sokuo__V1__MakeCalendarRequest *req,
                           Sokuo__V1__MakeCalendarResponse *res)
{
    struct uuid operation_id = msg_take_uuid(req->operation_id);
    const char *secret = NULL;
    if (req->revoke)
        return calendar_revoke(c, &operation_id);
    TRY(calendar_make(c, &operation_id, &secret));
    res->path = call_printf(c, PATH "%s" SUFFIX, secret);
    return ERR_OK;
}

static void write_event(struct call *c, struct buf *out, const struct person_shift *own)
{
    const Sokuo__V1__Rota *rota = own->rota->m;
    const char *where = rota->scope ? rota->scope->name : "";
    ical_line(out, "BEGIN", "VEVENT");
    ical_line(out, "UID",
              call_printf(c, "%s-%lld@sokuo", rota->id, (long long)(own->shift.from_us / 1000000)));
    ical_time(out, "DTSTAMP", c->now_us);
    ical_time(out, "DTSTART", own->shift.from_us);
    ical_time(out, "DTEND", own->shift.until_us);
    ical_text(out, "SUMMARY", call_printf(c, "【当番】%s", rota->name));
    ical_text(out, "DESCRIPTION",
              call_printf(c, "%s%s%s\n呼出しに応答できるようにしてください。交代は即応の当番表で登録します。",
                          role_name((int)rota->role, LANG_JA), *where ? " " : "", where));
    ical_line(out, "TRANSP", "TRANSPARENT");
    ical_line(out, "BEGIN", "VALARM");
    ical_line(out, "ACTION", "DISPLAY");
    ical_line(out, "TRIGGER", "-PT30M");
    ical_text(out, "DESCRIPTION", "当番が始まります");
    ical_line(out, "END", "VALARM");
    ical_line(out, "END", "VEVENT");
}

static enum err write_calendar(struct call *c, struct buf *out)
{
    struct person_shift *shifts = NULL;
    int count = 0;
    TRY(rota_shifts_of(c, &c->actor.person_id, c->now_us - 30 * DAY_US, c->now_us + 180 * DAY_US, &shifts,
                       &count));
    ical_line(out, "BEGIN", "VCALENDAR");
    ical_line(out, "VERSION", "2.0");
    ical_line(out, "PRODID", "-//Sokuo//Sokuo//JA");
    ical_line(out, "METHOD", "PUBLISH");
    ical_text(out, "X-WR-CALNAME", call_printf(c, "即応 当番(%s)", c->actor.person_name));
    ical_line(out, "REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
    ical_line(out, "X-PUBLISHED-TTL", "PT1H");
    for (int i = 0; i < count; i++)
        write_event(c, out, &shifts[i]);
    ical_line(out, "END", "VCALENDAR");
    return ERR_OK;
}

static enum err serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    const char *name = req->path + sizeof PATH - 1;
    size_t len = strlen(name), suffix = sizeof SUFFIX - 1;
    bool is_name = len == SECRET_TEXT_SIZE - 1 + suffix && strcmp(name + len - suffix, SUFFIX) == 0;
    TRY(calendar_enter(c, is_name ? arena_strndup(&c->arena, name, len - suffix) : ""));
    c->now_us = db_now_us(c->db);
    struct buf out = buf_in(&c->arena);
    TRY(write_calendar(c, &out));
    res->status = 200;
    res->content_type = "text/calendar; charset=utf-8";
    res->body = out.data;
    res->body_len = out.len;
    return ERR_OK;
}

void calendar_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    c->lang = session_language(req);
    c->method = "calendar";
    c->request = req;
    c->response = res;
    c->deadline_us = clock_us() + DEADLINE_US;
    rpc_response_header(res, "Cache-Control", "private, no-store");
    enum err err = serve(c, req, res);
    res->err = err;
    if (err == ERR_NOT_FOUND)
        log_warn("calendar.refused", LOG_S("call", c->id), LOG_S("ip", req->client_ip));
    if (err != ERR_OK)
        connect_fail(c, err, res);
}
