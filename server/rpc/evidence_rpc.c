// SPDX-License-Identifier: Apache-2.0
// Evidence: announced in the order of the device's queue, its bytes in pieces at their leisure.
#include "server/store/evidence_store.h"

#include <stdlib.h>
#include <string.h>

#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/rpc/change.h"
#include "server/rpc/connect.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/session.h"
#include "server/store/message.h"
#include "server/store/step_store.h"
#include "server/store/wake.h"

#define FILE_MAX (INT64_C(20) << 20)
#define READERS_MAX 2 // downloads read at once in a process: each holds the whole file more than once
#define HELD_MAX (8 * FILE_MAX) // bytes of downloads that their takers have not read yet, in a process
#define HELD_BY_ONE_MAX 2       // downloads of one person
#define DEADLINE_US UINT64_C(30000000)

static enum err check_begin(struct call *c, const Sokuo__V1__BeginEvidenceRequest *req)
{
    bool has_paper = *req->paper_location;
    if (has_paper ? req->size != 0 : req->size < 1)
        return call_fail_field(c, "size", "REQUIRED",
                               "ファイルの大きさか、紙の保管場所のどちらか一方を付けてください。",
                               "Give either the size of the file or where the paper is kept.");
    if (req->size > FILE_MAX) {
        enum err err = call_fail_field(
            c, "size", "TOO_LARGE",
            "ファイルが大きすぎます。%lld MBまでです。小さくするか、別に保管して場所を記録してください。",
            "The file is too large. At most %lld MB are taken: make it smaller, or keep it elsewhere and say "
            "where.",
            (long long)(FILE_MAX >> 20));
        c->error_limit = FILE_MAX;
        return err;
    }
    if (req->sha256.len != 0 && req->sha256.len != crypto_hash_sha256_BYTES)
        return call_fail_field(c, "sha256", "WRONG_LENGTH", "SHA-256は32バイトです。",
                               "A SHA-256 has 32 bytes.");
    return ERR_OK;
}

// Of a step the caller may work on, or of an incident the caller may write into.
static enum err find_incident(struct call *c, const Sokuo__V1__BeginEvidenceRequest *req,
                              struct uuid *ret_incident_id)
{
    struct uuid step = msg_take_uuid(req->step_id);
    if (!uuid_is_nil(&step)) {
        struct step *found;
        TRY(step_get(c, &step, &found));
        *ret_incident_id = found->incident_id;
        return step_permit(c, found, STEP_ACT(NOTE));
    }
    *ret_incident_id = msg_take_uuid(req->incident_id);
    if (uuid_is_nil(ret_incident_id))
        return call_fail_field(c, "incidentId", "REQUIRED", "どの手順か事案の証拠かを付けてください。",
                               "Say which step or incident it belongs to.");
    struct incident *incident = NULL;
    TRY(incident_get(c, ret_incident_id, &incident));
    return incident->acts & ACCESS_ADD_ENTRY ? ERR_OK : change_denied(c);
}

static enum err fill(struct call *c, const Sokuo__V1__BeginEvidenceRequest *req, struct evidence *evidence)
{
    Sokuo__V1__Evidence *m = &evidence->m;
    sokuo__v1__evidence__init(m);
    evidence->id = msg_take_uuid(req->id);
    m->id = req->id;
    m->incident_id = msg_uuid(c, &evidence->incident_id);
    m->step_id = req->step_id;
    m->name = *req->name ? req->name : msg_text(*req->paper_location ? "紙" : "写真");
    m->media_type = req->media_type;
    m->size = req->size;
    m->sha256 = req->sha256;
    m->complete = req->size == 0;
    m->paper_location = req->paper_location;
    m->by = msg_who(c, &c->actor.person_id, c->actor.person_name, &c->actor.post_id, c->actor.post_name,
                    c->actor.capacity);
    int64_t occurred_us;
    TRY(change_occurred(c, req->occurred_at, &occurred_us));
    m->occurred_at = msg_time(c, occurred_us == TIME_NULL ? c->now_us : occurred_us);
    m->recorded_at = msg_time(c, c->now_us);
    if (m->complete)
        m->completed_at = m->recorded_at;
    return ERR_OK;
}

static const char *entry_text(struct call *c, const Sokuo__V1__Evidence *m)
{
    if (*m->paper_location)
        return call_printf(c, "証拠を紙で保管: %s", m->paper_location);
    return call_printf(c, "証拠 %s (%lld kB)", m->name, (long long)(m->size + 1023) / 1024);
}

enum err rpc_begin_evidence(struct call *c, const Sokuo__V1__BeginEvidenceRequest *req,
                            Sokuo__V1__BeginEvidenceResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    bool is_known;
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return ERR_OK;
    TRY(check_begin(c, req));
    struct evidence *evidence = call_alloc(c, sizeof *evidence);
    TRY(find_incident(c, req, &evidence->incident_id));
    TRY(fill(c, req, evidence));
    res->evidence = &evidence->m;
    operation_pack(c, &operation, &res->base);
    struct operation_facts facts;
    bool is_done = false;
    TRY(evidence_begin(c, evidence, &operation, entry_text(c, &evidence->m), &facts, &is_done));
    if (is_done) {
        wake_send(&c->actor.tenant_id, WAKE_FEED);
        return ERR_OK;
    }
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    return is_known ? ERR_OK
                    : call_fail(c, ERR_FAILED_PRECONDITION, "EVIDENCE_FULL",
                                "この事案にはこれ以上の証拠を置けません(2 GBまたは1,000点、または保管済み)。"
                                "別に保管し、場所を記録してください。",
                                "This incident takes no more evidence (2 GB or 1,000 pieces, or it is "
                                "archived). Keep it "
                                "elsewhere and say where.");
}

enum err rpc_put_chunk(struct call *c, const Sokuo__V1__PutChunkRequest *req,
                       Sokuo__V1__PutChunkResponse *res)
{
    struct uuid id = msg_take_uuid(req->evidence_id);
    struct evidence *evidence = NULL;
    TRY(evidence_get(c, &id, &evidence));
    res->evidence = &evidence->m;
    if (!uuid_equal(&evidence->person_id, &c->actor.person_id))
        return call_fail(c, ERR_PERMISSION_DENIED, "NOT_YOURS", "この証拠を届け出た人だけが中身を送れます。",
                         "Only who announced this evidence can send its bytes.");
    const Sokuo__V1__Evidence *m = &evidence->m;
    if (m->complete || req->offset != m->received || req->offset + (int64_t)req->data.len > m->size)
        return ERR_OK;
    bool is_done = false;
    TRY(evidence_put(c, evidence, req->data.data, req->data.len, &is_done));
    if (is_done && m->complete)
        wake_send(&c->actor.tenant_id, WAKE_FEED);
    if (is_done)
        return ERR_OK;
    TRY(evidence_get(c, &id, &evidence)); // the same piece came in by another way
    res->evidence = &evidence->m;
    return ERR_OK;
}

enum err rpc_list_evidence(struct call *c, const Sokuo__V1__ListEvidenceRequest *req,
                           Sokuo__V1__ListEvidenceResponse *res)
{
    struct uuid incident = msg_take_uuid(req->incident_id), step = msg_take_uuid(req->step_id);
    if (uuid_is_nil(&incident) && uuid_is_nil(&step))
        return call_fail_field(c, "incidentId", "REQUIRED", "どの手順か事案の証拠かを付けてください。",
                               "Say of which step or incident.");
    return evidence_list(c, &incident, &step, &res->evidence, &res->n_evidence);
}

// --- GET /evidence/<id> ---

static enum err busy(struct call *c)
{
    return call_fail(c, ERR_RESOURCE_EXHAUSTED, "BUSY",
                     "ほかの取り出しがまだ終わっていません。少し待ってからもう一度お試しください。",
                     "Other files are still being taken. Wait a moment and try again.");
}

// A name to save it under: no folders, and not hidden.
static const char *plain_name(struct call *c, const char *name)
{
    const char *last = name;
    for (const char *p = name; *p; p++)
        last = *p == '/' || *p == '\\' ? p + 1 : last;
    if (*last == '.')
        return call_printf(c, "_%s", last + 1);
    return *last ? last : "evidence";
}

// RFC 6266 and 8187: the name in UTF-8, escaped; always an attachment.
static const char *disposition(struct call *c, const char *name)
{
    struct buf out = buf_in(&c->arena);
    buf_puts(&out, "attachment; filename*=UTF-8''");
    for (const unsigned char *p = (const unsigned char *)plain_name(c, name); *p; p++) {
        if ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
            strchr("-._", *p))
            buf_putc(&out, (char)*p);
        else
            buf_printf(&out, "%%%02X", *p);
    }
    return buf_text(&out);
}

// A download whose taker has not read it to the end. A slow one must not cost the others theirs.
struct held {
    struct uuid person_id;
    int64_t bytes;
    struct held *next;
};
static struct held *held;

static void let_go(void *arg)
{
    for (struct held **at = &held; *at; at = &(*at)->next) {
        struct held *each = *at;
        if (each != arg)
            continue;
        *at = each->next;
        free(each);
        return;
    }
}

static enum err hold(struct call *c, int64_t bytes, struct held **ret)
{
    int own = 0;
    int64_t all = bytes;
    for (const struct held *each = held; each; each = each->next) {
        own += uuid_equal(&each->person_id, &c->actor.person_id);
        all += each->bytes;
    }
    if (own >= HELD_BY_ONE_MAX || all > HELD_MAX)
        return busy(c);
    struct held *one = *ret = malloc(sizeof *one);
    if (!one)
        abort();
    *one = (struct held){c->actor.person_id, bytes, held};
    held = one;
    return ERR_OK;
}

static enum err take(struct call *c, const char *id_text, struct rpc_response *res)
{
    struct held *own = NULL;
    struct uuid id;
    if (!uuid_parse(id_text, &id))
        return call_fail(c, ERR_NOT_FOUND, "NO_SUCH_EVIDENCE", "その証拠はありません。",
                         "There is no such evidence.");
    struct evidence *evidence = NULL;
    TRY(evidence_get(c, &id, &evidence));
    if (!evidence->m.complete || *evidence->m.paper_location)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_COMPLETE",
                         "この証拠はまだ全部届いていないか、紙で保管されています。",
                         "This evidence has not arrived in full yet, or is kept on paper.");
    const char *data = NULL;
    TRY(hold(c, evidence->m.size, &own));
    enum err err = evidence_take(c, evidence, &data);
    if (err != ERR_OK) {
        let_go(own);
        return err;
    }
    res->on_sent = let_go;
    res->sent_arg = own;
    wake_send(&c->actor.tenant_id, WAKE_FEED);
    res->status = 200;
    res->content_type = "application/octet-stream";
    res->body = data;
    res->body_len = (size_t)evidence->m.size;
    rpc_response_header(res, "Content-Disposition", disposition(c, evidence->m.name));
    rpc_response_header(res, "Content-Security-Policy", "default-src 'none'; sandbox");
    return ERR_OK;
}

static enum err serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    static int readers;
    TRY(rpc_authenticate(c, req));
    TRY(rpc_needs_own_password(c));
    if (readers >= READERS_MAX)
        return busy(c);
    readers++;
    enum err err = take(c, req->path + sizeof "/evidence/" - 1, res);
    readers--;
    return err;
}

void evidence_serve(struct call *c, const struct rpc_request *req, struct rpc_response *res)
{
    c->lang = session_language(req);
    c->method = "evidence";
    c->request = req;
    c->response = res;
    c->deadline_us = clock_us() + DEADLINE_US;
    rpc_response_header(res, "Cache-Control", "no-store");
    enum err err = serve(c, req, res);
    res->err = err;
    if (err == ERR_UNAUTHENTICATED || err == ERR_PERMISSION_DENIED)
        log_warn("evidence.refused", LOG_S("call", c->id), LOG_S("reason", c->error_reason),
                 LOG_S("ip", req->client_ip));
    if (err != ERR_OK)
        connect_fail(c, err, res);
}
