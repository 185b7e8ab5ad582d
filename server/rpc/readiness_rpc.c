// SPDX-License-Identifier: Apache-2.0
// DutyService: whom one would reach, and tests of that.
#include "server/domain/order.h"
#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/duty_store.h"
#include "server/store/message.h"
#include "server/store/readiness_store.h"
#include "server/store/readiness_test.h"

#define ROLES_TESTING (ROLES_LEAD | ROLE_BIT(ADMIN))
#define GREETING "訓練です。受け取ったら「確認」を押してください。"
#define MINUTES_USUAL 15
#define MINUTES_MOST 120
#define PLACES_MOST 500

enum err rpc_get_readiness(struct call *c, const Sokuo__V1__GetReadinessRequest *req,
                           Sokuo__V1__GetReadinessResponse *res)
{
    TRY(readiness_read(c, req->holes_only, res));
    TRY(readiness_test_last(c, &res->last_test));
    res->may_test = (c->actor.roles & ROLES_TESTING) != 0;
    return ERR_OK;
}

// --- what is asked for ---

static enum err check_text(struct call *c, const char *text, const char **ret)
{
    int line = 0;
    *ret = *text ? call_printf(c, "%s\n%s", GREETING, text) : GREETING;
    enum order_text_fault fault = order_text_check(*ret, &line);
    if (fault == ORDER_TEXT_FITS)
        return ERR_OK;
    return call_fail_field(c, "text", fault == ORDER_TEXT_MANY_LINES ? "TOO_MANY_LINES" : "LINE_TOO_LONG",
                           "添える文は2行以内、1行%1$d文字以内にしてください。",
                           "What is added has at most two lines of %1$d characters.", ORDER_LINE_CHARS_MOST);
}

static bool is_at(const Sokuo__V1__Duty *duty, const Sokuo__V1__DutyPlaceRef *place)
{
    struct uuid scope = msg_take_uuid(duty->scope ? duty->scope->id : NULL);
    struct uuid wanted = msg_take_uuid(place->scope_id);
    return duty->role == place->role && (uuid_is_nil(&wanted) || uuid_equal(&scope, &wanted));
}

static enum err check_duty(struct call *c, const Sokuo__V1__DutyPlaceRef *place, size_t at,
                           Sokuo__V1__Duty *const *duties, int count)
{
    for (int i = 0; i < count; i++) {
        if (is_at(duties[i], place))
            return ERR_OK;
    }
    return call_fail_field(c, call_printf(c, "duties[%zu]", at), "NO_SUCH_DUTY",
                           "その役割は置かれていません。備えの一覧から選んでください。",
                           "There is no such duty. Choose one from the list of readiness.");
}

static void add_target(struct call *c, Sokuo__V1__OrderTargets *targets, int role, char *scope_id)
{
    Sokuo__V1__OrderTarget *target = call_alloc(c, sizeof *target);
    sokuo__v1__order_target__init(target);
    target->kind = ORDER_TARGET(DUTY);
    target->role = (Sokuo__V1__Role)role;
    target->unit_id = scope_id;
    targets->targets[targets->n_targets++] = target;
}

// What is named, or each role that is there. Duties come by role.
static enum err take_targets(struct call *c, const Sokuo__V1__TestReadinessRequest *req,
                             Sokuo__V1__Duty *const *duties, int count, Sokuo__V1__OrderTargets *ret)
{
    ret->targets = msg_list(c, count + (int)req->n_duties + 1);
    for (size_t i = 0; i < req->n_duties; i++) {
        TRY(check_duty(c, req->duties[i], i, duties, count));
        add_target(c, ret, (int)req->duties[i]->role, req->duties[i]->scope_id);
    }
    for (int i = 0; req->n_duties == 0 && i < count; i++) {
        if (i == 0 || duties[i]->role != duties[i - 1]->role)
            add_target(c, ret, (int)duties[i]->role, msg_text(NULL));
    }
    return ERR_OK;
}

static enum err check_places(struct call *c, int count)
{
    if (count == 0)
        return call_fail_field(c, "duties", "NOBODY",
                               "試験する役割がありません。役割の担当を登録してください。",
                               "There is no duty to test. Register who holds one.");
    if (count > PLACES_MOST)
        return call_fail_field(c, "duties", "TOO_MANY",
                               "一度に試験できる役割は%1$d件までです(今は%2$d件)。役割を選んでください。",
                               "At most %1$d duties are tested at once (these are %2$d). Choose some.",
                               PLACES_MOST, count);
    return ERR_OK;
}

static enum err still_running(struct call *c)
{
    Sokuo__V1__ReadinessTest *last = NULL;
    TRY(readiness_test_last(c, &last));
    if (!last || !last->is_running)
        return ERR_OK;
    int64_t minutes = (c->now_us - msg_take_time(last->started_at)) / 60000000;
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "TEST_RUNNING",
        "%1$d分前に始まった試験(%2$s)が、まだ続いています。終わるのを待つか、その訓練を終結してください。",
        "The test that began %1$d minutes ago (%2$s) is still running. Wait for its end, or close "
        "that exercise.",
        (int)(minutes > 0 ? minutes : 0), last->incident_number);
}

// --- beginning ---

static void list_unreachable(struct call *c, Sokuo__V1__Duty *const *duties, int count,
                             const struct readiness_test *test, Sokuo__V1__TestReadinessResponse *res)
{
    res->unreachable = msg_list(c, count + 1);
    for (int i = 0; i < count; i++) {
        struct uuid scope = msg_take_uuid(duties[i]->scope ? duties[i]->scope->id : NULL);
        bool is_tested = false;
        for (int k = 0; k < test->place_count && !is_tested; k++)
            is_tested =
                test->places[k].role == (int)duties[i]->role && uuid_equal(&test->places[k].scope_id, &scope);
        if (is_tested && duties[i]->reachable_count == 0)
            res->unreachable[res->n_unreachable++] = duties[i];
    }
}

static enum err prepare(struct call *c, const Sokuo__V1__TestReadinessRequest *req,
                        Sokuo__V1__OrderTargets *targets, struct order_aim *aim, struct readiness_test *test,
                        Sokuo__V1__TestReadinessResponse *res)
{
    static const struct duty_wish all;
    Sokuo__V1__Duty **duties = NULL;
    struct readiness_place *places = NULL;
    int count = 0;
    TRY(check_text(c, req->text, &test->text));
    TRY(directory_number(c, "answerWithinMin", req->answer_within_min, 0, MINUTES_MOST));
    test->answer_within_min = req->answer_within_min ? req->answer_within_min : MINUTES_USUAL;
    TRY(still_running(c));
    TRY(duty_list(c, &all, &duties, &count));
    TRY(take_targets(c, req, duties, count, targets));
    *aim = order_aim_of(c, targets->targets, targets->n_targets);
    TRY(readiness_places(c, aim, &places, &test->place_count));
    TRY(check_places(c, test->place_count));
    test->places = places;
    test->targets = targets;
    test->aim = aim;
    res->duty_count = test->place_count;
    list_unreachable(c, duties, count, test, res);
    return ERR_OK;
}

static enum err begin(struct call *c, struct readiness_test *test, struct operation *operation,
                      Sokuo__V1__TestReadinessResponse *res)
{
    bool is_done = false, runs = false;
    readiness_test_prepare(c, test, operation);
    res->incident_id = msg_uuid(c, &test->filing.incident.id);
    res->order_id = msg_uuid(c, &test->order_id);
    operation_pack(c, operation, &res->base);
    TRY(readiness_test_begin(c, test, operation, &is_done, &runs));
    if (is_done)
        return ERR_OK;
    if (runs)
        TRY(still_running(c));
    sokuo__v1__test_readiness_response__init(res);
    TRY(operation_look_up(c, operation, &res->base, &is_done));
    if (is_done)
        return ERR_OK;
    return call_fail(c, ERR_ABORTED, "TRY_AGAIN", "混み合っています。同じ内容でもう一度送ってください。",
                     "The server is busy. Send the same again.");
}

enum err rpc_test_readiness(struct call *c, const Sokuo__V1__TestReadinessRequest *req,
                            Sokuo__V1__TestReadinessResponse *res)
{
    Sokuo__V1__OrderTargets targets = SOKUO__V1__ORDER_TARGETS__INIT;
    struct readiness_test test = {0};
    struct order_aim aim;
    struct operation operation;
    bool is_known = false;
    operation_make(c, req->operation_id, &req->base, &operation);
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return ERR_OK;
    TRY(prepare(c, req, &targets, &aim, &test, res));
    return begin(c, &test, &operation, res);
}
