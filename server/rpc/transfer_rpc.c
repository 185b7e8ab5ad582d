// SPDX-License-Identifier: Apache-2.0
// Evidence handed out to the police and others outside: the slip, and its entry in the chain of custody.
#include "server/store/transfer_store.h"

#include "server/rpc/change.h"
#include "server/rpc/methods.gen.h"
#include "server/store/evidence_store.h"
#include "server/store/message.h"
#include "server/store/wake.h"

#define FORM(x) SOKUO__V1__TRANSFER_FORM__TRANSFER_FORM_##x
#define TOLD_MOST 5 // pieces the entry names; the slip names all

// The slip under way.
struct slip {
    struct transfer transfer;
    struct uuid *ids;
    int16_t *forms;
};

static enum err no_piece(struct call *c)
{
    return call_fail_field(
        c, "items", "NO_SUCH_EVIDENCE",
        "この事案の証拠ではないか、まだ全部届いていないものがあります。一覧を開き直してください。",
        "One of the pieces is not of this incident, or has not arrived in full. Open the list "
        "again.");
}

static const Sokuo__V1__Evidence *piece_of(Sokuo__V1__Evidence *const *list, size_t count,
                                           const struct uuid *id)
{
    for (size_t i = 0; i < count; i++) {
        struct uuid each = msg_take_uuid(list[i]->id);
        if (uuid_equal(&each, id))
            return list[i];
    }
    return NULL;
}

static enum err take_piece(struct call *c, struct slip *slip, const Sokuo__V1__TransferItem *item,
                           const Sokuo__V1__Evidence *piece)
{
    struct transfer *t = &slip->transfer;
    struct uuid id = msg_take_uuid(item->evidence_id);
    if (!piece || !piece->complete)
        return no_piece(c);
    if (item->form != FORM(ORIGINAL) && item->form != FORM(COPY))
        return call_fail_field(c, "items", "REQUIRED", "原本か写しかを、1点ごとに選んでください。",
                               "Choose for each piece whether it is the original or a copy.");
    if (item->form == FORM(ORIGINAL) && piece->size > 0)
        return call_fail_field(
            c, "items", "ONLY_COPY",
            "サーバーにあるファイルは写しとして渡します。原本の機器や媒体は、保管場所のある証拠として記録して"
            "ください。",
            "A file on the server goes out as a copy. Record the device or medium as evidence "
            "with its place, and hand that out.");
    for (int i = 0; i < t->count; i++) {
        if (uuid_equal(&slip->ids[i], &id))
            return call_fail_field(c, "items", "TWICE", "同じ証拠が2回あります。1回にしてください。",
                                   "The same piece is named twice. Name it once.");
    }
    slip->ids[t->count] = id;
    slip->forms[t->count++] = (int16_t)item->form;
    return ERR_OK;
}

static enum err take_pieces(struct call *c, const Sokuo__V1__TransferEvidenceRequest *req, struct slip *slip,
                            struct buf *names)
{
    Sokuo__V1__Evidence **list;
    size_t count;
    struct uuid no_step = {0};
    TRY(evidence_list(c, &slip->transfer.incident_id, &no_step, &list, &count));
    slip->ids = call_alloc(c, req->n_items * sizeof *slip->ids);
    slip->forms = call_alloc(c, req->n_items * sizeof *slip->forms);
    slip->transfer.evidence_ids = slip->ids;
    slip->transfer.forms = slip->forms;
    for (size_t i = 0; i < req->n_items; i++) {
        struct uuid id = msg_take_uuid(req->items[i]->evidence_id);
        const Sokuo__V1__Evidence *piece = piece_of(list, count, &id);
        TRY(take_piece(c, slip, req->items[i], piece));
        if (i < TOLD_MOST)
            buf_printf(names, "%s%s(%s)", i ? "、" : "",
                       *piece->paper_location ? piece->paper_location : piece->name,
                       req->items[i]->form == FORM(COPY) ? "写し" : "原本");
    }
    if (req->n_items > TOLD_MOST)
        buf_printf(names, " ほか%d点", (int)req->n_items - TOLD_MOST);
    return ERR_OK;
}

static enum err fill(struct call *c, const Sokuo__V1__TransferEvidenceRequest *req, struct slip *slip)
{
    struct transfer *t = &slip->transfer;
    struct buf names = buf_in(&c->arena);
    TRY(take_pieces(c, req, slip, &names));
    sokuo__v1__transfer__init(&t->m);
    t->m.organisation = req->organisation;
    t->m.recipient = req->recipient;
    t->m.receipt_no = req->receipt_no;
    t->m.purpose = req->purpose;
    int64_t occurred_us;
    TRY(change_occurred(c, req->occurred_at, &occurred_us));
    t->m.occurred_at = msg_time(c, occurred_us);
    t->text = call_printf(c, "証拠%d点を引き渡しました: %s %s%s%s。目的: %s。%s", t->count, req->organisation,
                          req->recipient, *req->receipt_no ? " 受領番号 " : "", req->receipt_no, req->purpose,
                          buf_text(&names));
    return ERR_OK;
}

static enum err reload(struct call *c, const struct uuid *incident_id, const struct uuid *id,
                       Sokuo__V1__TransferEvidenceResponse *res)
{
    Sokuo__V1__Transfer **list;
    size_t count;
    TRY(transfer_list(c, incident_id, id, &list, &count));
    res->transfer = count ? list[0] : NULL;
    return ERR_OK;
}

static enum err refuse(struct call *c, bool is_taken)
{
    if (!is_taken)
        return no_piece(c);
    call_clear_error(c);
    return call_fail(
        c, ERR_FAILED_PRECONDITION, "ORIGINAL_GONE",
        "原本の中に、すでに引き渡したものがあります。引渡しの一覧で確かめ、写しとして渡すか、外してください"
        "。",
        "One of the originals was handed out already. Look at the list of slips; hand out a copy, or "
        "leave it out.");
}

enum err rpc_transfer_evidence(struct call *c, const Sokuo__V1__TransferEvidenceRequest *req,
                               Sokuo__V1__TransferEvidenceResponse *res)
{
    struct operation operation;
    operation_make(c, req->operation_id, &req->base, &operation);
    struct slip slip = {.transfer.incident_id = msg_take_uuid(req->incident_id)};
    const struct uuid *incident_id = &slip.transfer.incident_id;
    bool is_known;
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    if (is_known)
        return reload(c, incident_id, &operation.id, res);
    struct incident *incident = NULL;
    TRY(incident_get(c, incident_id, &incident));
    TRY(fill(c, req, &slip));
    operation_pack(c, &operation, &res->base);
    bool is_done = false;
    enum err err = transfer_add(c, &slip.transfer, &operation, &is_done);
    if (err != ERR_OK && err != ERR_ALREADY_EXISTS)
        return err;
    if (is_done) {
        wake_send(&c->actor.tenant_id, WAKE_FEED);
        return reload(c, incident_id, &operation.id, res);
    }
    TRY(operation_look_up(c, &operation, &res->base, &is_known));
    return is_known ? reload(c, incident_id, &operation.id, res) : refuse(c, err == ERR_ALREADY_EXISTS);
}

enum err rpc_list_transfers(struct call *c, const Sokuo__V1__ListTransfersRequest *req,
                            Sokuo__V1__ListTransfersResponse *res)
{
    struct uuid id, none = {0};
    TRY(incident_find(c, req->incident_id, &id));
    struct incident *incident = NULL;
    TRY(incident_get(c, &id, &incident));
    return transfer_list(c, &id, &none, &res->transfers, &res->n_transfers);
}
