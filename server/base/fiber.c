// SPDX-License-Identifier: Apache-2.0
// A fiber's record sits at the top of its own stack: starting one costs no allocation when a spare stack is
// at hand.
#include "server/base/fiber.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/fiber_switch.h"
#include "server/base/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_SIZE ((size_t)1024 * 1024) // frames are several times as large there
#else
#define STACK_SIZE ((size_t)256 * 1024) // reserved; only touched pages cost memory
#endif

#define SPARE_MOST 64        // stacks kept for reuse
#define READY_SLICE 128      // fibers run from the ready queue in one loop round
#define SLOW_NS 50000000u    // a fiber that ran so long held everybody up
#define WORK_RUNNING_MOST 8  // tasks on the thread pool
#define WORK_WAITING_MOST 64 // tasks waiting for it
#define WORK_THREADS "8"

struct fiber {
    struct fiber_place place;
    struct fiber *next; // in the ready queue or among the spare stacks
    void (*fn)(void *arg);
    void *arg;
    uv_timer_t timer;
    char *mapping; // lowest address: the guard page
    bool is_asleep, is_queued, is_done;
};

struct queue {
    struct fiber *first, **end;
    unsigned count;
};

static struct {
    uv_loop_t *loop;
    struct fiber_place place; // of the loop, while a fiber runs
    struct fiber *running;
    struct fiber *spares;
    struct queue ready;
    uv_idle_t idle; // active while something is ready
    unsigned alive, spare_count, closing;
    size_t page;
    struct work *work_first, **work_end;
    unsigned work_running, work_waiting;
#ifdef FIBER_ASAN
    void *fake_stack;
    const void *stack_bottom;
    size_t stack_size;
#endif
} rt;

static char *stack_low(const struct fiber *f)
{
    return f->mapping + rt.page;
}

// The loop's side of a switch.
static void switch_to_fiber(struct fiber *f)
{
    rt.running = f;
#ifdef FIBER_ASAN
    __sanitizer_start_switch_fiber(&rt.fake_stack, stack_low(f), STACK_SIZE);
#endif
    fiber_switch(&rt.place, &f->place);
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(rt.fake_stack, NULL, NULL);
#endif
    rt.running = NULL;
}

static void switch_to_loop(struct fiber *f)
{
#ifdef FIBER_ASAN
    void *fake = NULL;
    __sanitizer_start_switch_fiber(f->is_done ? NULL : &fake, rt.stack_bottom, rt.stack_size);
#endif
    fiber_switch(&f->place, &rt.place);
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(fake, &rt.stack_bottom, &rt.stack_size);
#endif
}

static void fiber_main(void)
{
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(NULL, &rt.stack_bottom, &rt.stack_size);
#endif
    struct fiber *f = rt.running;
    f->fn(f->arg);
    f->is_done = true;
    switch_to_loop(f);
    abort(); // a finished fiber is never resumed
}

static struct fiber *stack_new(void)
{
    size_t size = rt.page + STACK_SIZE;
    char *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping, rt.page, PROT_NONE) != 0)
        abort(); // as out of memory
    size_t record = (sizeof(struct fiber) + 63) & ~(size_t)63;
    struct fiber *f = (void *)(mapping + size - record);
    f->mapping = mapping;
    (void)uv_timer_init(rt.loop, &f->timer);
    f->timer.data = f;
    return f;
}

static void unmap(uv_handle_t *timer)
{
    struct fiber *f = timer->data;
    rt.closing--;
    (void)munmap(f->mapping, rt.page + STACK_SIZE);
}

static void stack_free(struct fiber *f)
{
    rt.closing++;
    uv_close((uv_handle_t *)&f->timer, unmap);
}

static void recycle(struct fiber *f)
{
    rt.alive--;
#ifdef FIBER_ASAN
    __asan_unpoison_memory_region(stack_low(f), (size_t)((char *)f - stack_low(f)));
#endif
    if (rt.spare_count >= SPARE_MOST) {
        stack_free(f);
        return;
    }
    f->next = rt.spares;
    rt.spares = f;
    rt.spare_count++;
}

// On the loop's stack: runs f until it sleeps or ends.
static void resume(struct fiber *f)
{
    f->is_asleep = false;
    uint64_t begin = uv_hrtime();
    switch_to_fiber(f);
    uint64_t took = uv_hrtime() - begin;
    if (took > SLOW_NS)
        log_warn("fiber_held_the_loop", LOG_I("ms", took / 1000000));
    if (f->is_done)
        recycle(f);
}

static void run_ready(uv_idle_t *idle)
{
    for (unsigned i = 0; i < READY_SLICE && rt.ready.first != NULL; i++) {
        struct fiber *f = rt.ready.first;
        rt.ready.first = f->next;
        if (rt.ready.first == NULL)
            rt.ready.end = &rt.ready.first;
        rt.ready.count--;
        f->is_queued = false;
        resume(f);
    }
    if (rt.ready.first == NULL)
        (void)uv_idle_stop(idle);
}

static void make_ready(struct fiber *f)
{
    assert(!f->is_queued);
    f->is_queued = true;
    f->next = NULL;
    *rt.ready.end = f;
    rt.ready.end = &f->next;
    rt.ready.count++;
    (void)uv_idle_start(&rt.idle, run_ready);
}

void fiber_runtime_begin(struct uv_loop_s *loop)
{
    assert(rt.loop == NULL);
    rt.loop = loop;
    rt.page = (size_t)sysconf(_SC_PAGESIZE);
    rt.ready.end = &rt.ready.first;
    rt.work_end = &rt.work_first;
    (void)uv_idle_init(loop, &rt.idle);
    // libuv reads it when the first task arrives; its default of four is for disks, ours also hash passwords.
    (void)setenv("UV_THREADPOOL_SIZE", WORK_THREADS, 0); // NOLINT(concurrency-mt-unsafe): no thread runs yet
}

static void count_closed(uv_handle_t *handle)
{
    (void)handle;
    rt.closing--;
}

void fiber_runtime_end(void)
{
    assert(rt.alive == 0);
    while (rt.spares != NULL) {
        struct fiber *f = rt.spares;
        rt.spares = f->next;
        stack_free(f);
    }
    rt.spare_count = 0;
    rt.closing++;
    uv_close((uv_handle_t *)&rt.idle, count_closed);
    while (rt.closing > 0)
        (void)uv_run(rt.loop, UV_RUN_NOWAIT);
    rt.loop = NULL;
}

struct uv_loop_s *fiber_loop(void)
{
    return rt.loop;
}

void fiber_spawn(void (*fn)(void *arg), void *arg)
{
    assert(rt.loop != NULL);
    struct fiber *f = rt.spares;
    if (f != NULL) {
        rt.spares = f->next;
        rt.spare_count--;
    } else {
        f = stack_new();
    }
    f->fn = fn;
    f->arg = arg;
    f->is_done = f->is_queued = f->is_asleep = false;
    fiber_place_make(&f->place, stack_low(f), (size_t)((char *)f - stack_low(f)), fiber_main);
    rt.alive++;
    if (rt.running != NULL)
        make_ready(f);
    else
        resume(f);
}

struct fiber *fiber_self(void)
{
    return rt.running;
}

void fiber_sleep(void)
{
    struct fiber *f = rt.running;
    assert(f != NULL && !f->is_asleep);
    f->is_asleep = true;
    switch_to_loop(f);
}

void fiber_wake(struct fiber *f)
{
    assert(f->is_asleep && !f->is_queued);
    if (rt.running != NULL)
        make_ready(f);
    else
        resume(f);
}

unsigned fiber_count(void)
{
    return rt.alive;
}

// From now, not from the loop's cached time: a slow round must not make a sleep shorter.
static void timer_start(struct fiber *f, uv_timer_cb fn, uint64_t us)
{
    uint64_t until_us = uv_hrtime() / 1000;
    until_us = us > UINT64_MAX / 2 ? UINT64_MAX / 2 : until_us + us;
    uint64_t now_ms = uv_now(rt.loop);
    uint64_t until_ms = (until_us + 999) / 1000;
    (void)uv_timer_start(&f->timer, fn, until_ms > now_ms ? until_ms - now_ms : 0, 0);
}

static void timer_wake(uv_timer_t *timer)
{
    fiber_wake(timer->data);
}

void fiber_sleep_us(uint64_t us)
{
    assert(rt.running != NULL);
    timer_start(rt.running, timer_wake, us);
    fiber_sleep();
}

// A task for the thread pool, on the stack of the fiber that waits for it.
struct work {
    uv_work_t request;
    struct work *next;
    struct fiber *fiber;
    void (*fn)(void *arg);
    void *arg;
};

static void work_run(uv_work_t *request)
{
    struct work *w = request->data;
    w->fn(w->arg);
}

static void work_done(uv_work_t *request, int status);

static void work_start(struct work *w)
{
    rt.work_running++;
    w->request.data = w;
    if (uv_queue_work(rt.loop, &w->request, work_run, work_done) != 0)
        abort(); // fails only without a function
}

static void work_done(uv_work_t *request, int status)
{
    (void)status;
    struct work *w = request->data;
    rt.work_running--;
    struct work *next = rt.work_first;
    if (next != NULL) {
        rt.work_first = next->next;
        if (rt.work_first == NULL)
            rt.work_end = &rt.work_first;
        rt.work_waiting--;
        work_start(next);
    }
    fiber_wake(w->fiber);
}

bool fiber_work(void (*fn)(void *arg), void *arg)
{
    struct work w = {.fiber = rt.running, .fn = fn, .arg = arg};
    if (rt.work_running < WORK_RUNNING_MOST) {
        work_start(&w);
    } else if (rt.work_waiting < WORK_WAITING_MOST) {
        *rt.work_end = &w;
        rt.work_end = &w.next;
        rt.work_waiting++;
    } else {
        return false;
    }
    fiber_sleep();
    return true;
}

struct fiber_waiter {
    struct fiber_waiter *next, **at; // at: the pointer that points here
    struct fiber *fiber;
    bool is_woken;
};

static void waiter_unlink(struct fiber_waiter *w)
{
    *w->at = w->next;
    if (w->next != NULL)
        w->next->at = w->at;
}

bool fiber_cond_wait(struct fiber_cond *cond, uint64_t timeout_us)
{
    struct fiber_waiter w = {.next = cond->first, .at = &cond->first, .fiber = rt.running};
    if (w.next != NULL)
        w.next->at = &w.next;
    cond->first = &w;
    timer_start(w.fiber, timer_wake, timeout_us);
    fiber_sleep();
    if (!w.is_woken)
        waiter_unlink(&w);
    return w.is_woken;
}

// Who has waited longest goes first, or a crowd of newcomers would keep it waiting for ever. All go through
// the ready queue, a slice a round: two thousand waiters must not hold up the others.
void fiber_cond_broadcast(struct fiber_cond *cond)
{
    struct fiber_waiter *oldest = NULL;
    while (cond->first != NULL) {
        struct fiber_waiter *w = cond->first;
        waiter_unlink(w);
        w->next = oldest;
        oldest = w;
    }
    for (struct fiber_waiter *w = oldest; w != NULL; w = w->next) {
        w->is_woken = true;
        (void)uv_timer_stop(&w->fiber->timer);
        make_ready(w->fiber);
    }
}
