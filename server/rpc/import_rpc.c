// SPDX-License-Identifier: Apache-2.0
// DirectoryService: CSV import.
#include "server/store/import_store.h"

#include "server/rpc/directory_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/store/message.h"

#define FAULTS_SHOWN 1000

static Sokuo__V1__CsvFault *fill_fault(struct call *c, const struct import_fault *fault)
{
    Sokuo__V1__CsvFault *message = call_alloc(c, sizeof *message);
    sokuo__v1__csv_fault__init(message);
    message->line = fault->line;
    message->column = msg_text(fault->column);
    message->reason_ja = msg_text(fault->reason_ja);
    message->reason_en = msg_text(fault->reason_en);
    message->text = msg_text(fault->text);
    return message;
}

enum err rpc_import_csv(struct call *c, const Sokuo__V1__ImportCsvRequest *req,
                        Sokuo__V1__ImportCsvResponse *res)
{
    struct import_options options = {.kind = (enum import_kind)req->kind, .dry_run = req->dry_run};
    struct import_result result;
    TRY(directory_number(c, "kind", (int)req->kind, 0, IMPORT_KINDS - 1));
    TRY(directory_day(c, "effectiveOn", req->effective_on, &options.effective_on));
    TRY(import_run(c, req->content.data, req->content.len, &options, &result));
    if (!req->dry_run)
        directory_changed(c);

    res->kind = (Sokuo__V1__CsvKind)result.kind;
    res->lines = result.lines;
    res->added = result.added;
    res->changed = result.changed;
    res->unchanged = result.unchanged;
    res->fault_count = result.fault_count;
    res->encoding = msg_text(result.encoding);
    res->faulty_csv = (ProtobufCBinaryData){result.faulty_csv_len, (uint8_t *)result.faulty_csv};
    int shown = result.fault_count < FAULTS_SHOWN ? result.fault_count : FAULTS_SHOWN;
    res->faults = msg_list(c, shown);
    for (int i = 0; i < shown; i++)
        res->faults[res->n_faults++] = fill_fault(c, &result.faults[i]);
    return ERR_OK;
}
