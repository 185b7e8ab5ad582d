// SPDX-License-Identifier: Apache-2.0
#include "server/edge/metrics.h"

#include <stdlib.h>
#include <string.h>

// Upper bounds of the histogram, in microseconds; the last bucket is +Inf.
static const uint64_t BOUNDS_US[] = {1000,   2500,   5000,   10000,   25000,   50000,
                                     100000, 250000, 500000, 1000000, 2500000, 10000000};
#define BOUNDS (sizeof BOUNDS_US / sizeof BOUNDS_US[0])

struct method_counts {
    char *name;
    uint64_t by_err[ERR_COUNT], by_bound[BOUNDS + 1], sum_us;
};

// Open addressing by the method's name. Only methods that exist get here, so it never fills.
#define METHOD_SLOTS 512
static struct method_counts *methods[METHOD_SLOTS];

static uint64_t http_counts[600], refused, sheds[SHED_COUNT];

static const char *const SHED_NAMES[] = {"connections", "address", "calls", "slow"};

static uint32_t hash(const char *text)
{
    uint32_t h = 2166136261u;
    for (; *text != '\0'; text++)
        h = (h ^ (uint8_t)*text) * 16777619u;
    return h;
}

static struct method_counts *counts_of(const char *method)
{
    for (uint32_t i = 0, h = hash(method); i < METHOD_SLOTS; i++) {
        struct method_counts **slot = &methods[(h + i) % METHOD_SLOTS];
        if (*slot == NULL) {
            *slot = calloc(1, sizeof **slot);
            if (*slot == NULL)
                abort();
            (*slot)->name = strdup(method);
        }
        if (strcmp((*slot)->name, method) == 0)
            return *slot;
    }
    return NULL;
}

void metrics_http(int status)
{
    if (status >= 0 && status < 600)
        http_counts[status]++;
}

void metrics_refused(void)
{
    refused++;
}

void metrics_shed(enum shed why)
{
    sheds[why]++;
}

void metrics_rpc(const char *method, enum err err, uint64_t duration_us)
{
    struct method_counts *counts = counts_of(method);
    if (counts == NULL)
        return;
    size_t bound = 0;
    while (bound < BOUNDS && duration_us > BOUNDS_US[bound])
        bound++;
    counts->by_err[err]++;
    counts->by_bound[bound]++;
    counts->sum_us += duration_us;
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_http(struct buf *out, const char *worker)
{
    head(out, "sokuo_http_requests_total", "counter", "Answers by HTTP status.");
    for (int i = 0; i < 600; i++) {
        if (http_counts[i] > 0)
            buf_printf(out, "sokuo_http_requests_total{worker=\"%s\",code=\"%d\"} %llu\n", worker, i,
                       (unsigned long long)http_counts[i]);
    }
    head(out, "sokuo_gate_refused_total", "counter", "Requests that the gate refused.");
    buf_printf(out, "sokuo_gate_refused_total{worker=\"%s\"} %llu\n", worker, (unsigned long long)refused);
    head(out, "sokuo_shed_total", "counter", "Connections and requests sent away to protect the others.");
    for (int i = 0; i < SHED_COUNT; i++)
        buf_printf(out, "sokuo_shed_total{worker=\"%s\",why=\"%s\"} %llu\n", worker, SHED_NAMES[i],
                   (unsigned long long)sheds[i]);
}

static void write_requests(struct buf *out, const char *worker, const struct method_counts *counts)
{
    for (int err = 0; err < ERR_COUNT; err++) {
        if (counts->by_err[err] == 0)
            continue;
        const char *code = err == ERR_COMMIT_UNKNOWN ? "commit_unknown" : err_word((enum err)err);
        buf_printf(out, "sokuo_rpc_requests_total{worker=\"%s\",method=\"%s\",code=\"%s\"} %llu\n", worker,
                   counts->name, code, (unsigned long long)counts->by_err[err]);
    }
}

static void write_seconds(struct buf *out, const char *worker, const struct method_counts *counts)
{
    uint64_t total = 0;
    for (size_t i = 0; i <= BOUNDS; i++) {
        total += counts->by_bound[i];
        buf_printf(out, "sokuo_rpc_seconds_bucket{worker=\"%s\",method=\"%s\",le=\"", worker, counts->name);
        if (i < BOUNDS)
            buf_printf(out, "%g", (double)BOUNDS_US[i] / 1e6);
        else
            buf_puts(out, "+Inf");
        buf_printf(out, "\"} %llu\n", (unsigned long long)total);
    }
    buf_printf(out, "sokuo_rpc_seconds_sum{worker=\"%s\",method=\"%s\"} %.6f\n", worker, counts->name,
               (double)counts->sum_us / 1e6);
    buf_printf(out, "sokuo_rpc_seconds_count{worker=\"%s\",method=\"%s\"} %llu\n", worker, counts->name,
               (unsigned long long)total);
}

void metrics_write(struct buf *out, const char *worker)
{
    write_http(out, worker);
    head(out, "sokuo_rpc_requests_total", "counter", "Calls by method and Connect code.");
    for (int i = 0; i < METHOD_SLOTS; i++) {
        if (methods[i] != NULL)
            write_requests(out, worker, methods[i]);
    }
    head(out, "sokuo_rpc_seconds", "histogram", "Duration of calls.");
    for (int i = 0; i < METHOD_SLOTS; i++) {
        if (methods[i] != NULL)
            write_seconds(out, worker, methods[i]);
    }
}
