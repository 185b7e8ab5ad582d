// SPDX-License-Identifier: Apache-2.0
// cmocka fails by longjmp: fibers only note what happened, the tests look afterwards.
#include "tests/support/cmocka_all.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/fiber.h"

static uv_loop_t loop;
static char trace[64];

static int setup(void **state)
{
    trace[0] = '\0';
    if (uv_loop_init(&loop) != 0)
        return 1;
    fiber_runtime_begin(&loop);
    return 0;
}

static int teardown(void **state)
{
    fiber_runtime_end();
    return uv_loop_close(&loop);
}

static void note(const char *text)
{
    strncat(trace, text, sizeof trace - strlen(trace) - 1);
}

static struct fiber *sleeper;

static void sleep_once(void *arg)
{
    note("a");
    sleeper = fiber_self();
    fiber_sleep();
    note("b");
}

static void test_a_fiber_runs_at_once_and_goes_on_where_it_slept(void **state)
{
    fiber_spawn(sleep_once, NULL);
    assert_null(fiber_self());
    assert_string_equal(trace, "a");
    assert_int_equal(fiber_count(), 1);
    fiber_wake(sleeper);
    assert_string_equal(trace, "ab");
    assert_int_equal(fiber_count(), 0);
}

static void wake_other(void *arg)
{
    note("x");
    fiber_wake(sleeper);
    note("y");
    fiber_spawn(sleep_once, NULL);
    note("z");
}

static void test_fibers_wake_and_spawn_others_in_the_next_round(void **state)
{
    fiber_spawn(sleep_once, NULL);
    fiber_spawn(wake_other, NULL);
    assert_string_equal(trace, "axyz");
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    assert_string_equal(trace, "axyzba");
    fiber_wake(sleeper);
    assert_int_equal(fiber_count(), 0);
}

static uint64_t slept_ns;

static void sleep_20_ms(void *arg)
{
    uint64_t begin = uv_hrtime();
    fiber_sleep_us(20000);
    slept_ns = uv_hrtime() - begin;
}

static void test_a_sleep_is_never_shorter_than_asked(void **state)
{
    uv_update_time(&loop);
    uint64_t until = uv_hrtime() + 30000000;
    while (uv_hrtime() < until) // the loop's cached time is now 30 ms old
        continue;
    fiber_spawn(sleep_20_ms, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_true(slept_ns >= 20000000);
}

static struct fiber_cond cond;
static int woken, timed_out;

static void wait_for_cond(void *timeout_us)
{
    if (fiber_cond_wait(&cond, *(uint64_t *)timeout_us))
        woken++;
    else
        timed_out++;
}

static void test_broadcast_wakes_all_that_wait_and_the_late_time_out(void **state)
{
    uint64_t shortly = 1000, long_time = 60000000;
    woken = timed_out = 0;
    for (int i = 0; i < 3; i++)
        fiber_spawn(wait_for_cond, &shortly);
    while (timed_out < 3)
        (void)uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 1000; i++)
        fiber_spawn(wait_for_cond, &long_time);
    fiber_cond_broadcast(&cond);
    fiber_spawn(wait_for_cond, &shortly);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(woken, 1000);
    assert_int_equal(timed_out, 4);
    assert_null(cond.first);
}

static void broadcast(void *arg)
{
    fiber_cond_broadcast(&cond);
    fiber_cond_broadcast(&cond); // nobody is woken twice
}

static void test_broadcast_from_a_fiber(void **state)
{
    uint64_t long_time = 60000000;
    woken = timed_out = 0;
    for (int i = 0; i < 10; i++)
        fiber_spawn(wait_for_cond, &long_time);
    fiber_spawn(broadcast, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(woken, 10);
}

static int order[3], in_order;

static void wait_in_order(void *number)
{
    if (fiber_cond_wait(&cond, 60000000))
        order[in_order++] = *(int *)number;
}

static void test_who_has_waited_longest_is_woken_first(void **state)
{
    int numbers[3] = {0, 1, 2};
    for (int i = 0; i < 3; i++)
        fiber_spawn(wait_in_order, &numbers[i]);
    fiber_cond_broadcast(&cond);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_memory_equal(order, numbers, sizeof numbers);
}

static int gate[2]; // tasks on the pool wait until the test writes here
static int worked, refused;

static void wait_at_gate(void *arg)
{
    char byte;
    if (read(gate[0], &byte, 1) != 1)
        abort();
}

static void work(void *arg)
{
    if (fiber_work(wait_at_gate, NULL))
        worked++;
    else
        refused++;
}

static void test_the_pool_takes_eight_and_sixty_four_wait(void **state)
{
    assert_int_equal(pipe(gate), 0);
    worked = refused = 0;
    for (int i = 0; i < 80; i++)
        fiber_spawn(work, NULL);
    assert_int_equal(refused, 8);
    static const char bytes[72];
    assert_int_equal(write(gate[1], bytes, sizeof bytes), sizeof bytes);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(worked, 72);
    (void)close(gate[0]);
    (void)close(gate[1]);
}

static unsigned depth_reached;

static unsigned __attribute__((noinline)) go_down(unsigned levels)
{
    volatile char page[1024];
    page[0] = (char)levels;
    depth_reached++;
    return levels == 0 ? (unsigned)page[0] : go_down(levels - 1) + (unsigned)page[0];
}

static void use_much_stack(void *arg)
{
    (void)go_down(150);
    fiber_sleep_us(1);
}

static void test_stacks_are_deep_enough_and_reused(void **state)
{
    depth_reached = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 100; i++)
            fiber_spawn(use_much_stack, NULL);
        (void)uv_run(&loop, UV_RUN_DEFAULT);
    }
    assert_int_equal(depth_reached, 20 * 100 * 151);
}

// More values than there are registers, and a library function that relies on an aligned stack.
static void add_up(void *arg)
{
    volatile unsigned *sum = arg;
    unsigned seed = *sum, a = seed + 1, b = seed + 2, c = seed + 3, d = seed + 4, e = seed + 5, f = seed + 6;
    double half = seed + 0.5, quarter = seed + 0.25;
    for (int i = 0; i < 3; i++) {
        fiber_sleep_us(1);
        a++, b++, c++, d++, e++, f++;
        half += 1.0;
        quarter += 1.0;
    }
    char text[40];
    (void)snprintf(text, sizeof text, "%.2f", half + quarter);
    bool is_right = strtod(text, NULL) == 2 * seed + 6.75;
    *sum = is_right ? a + b + c + d + e + f - 6 * seed : 0;
}

static void test_what_a_fiber_holds_survives_its_sleep(void **state)
{
    volatile unsigned sums[50];
    for (unsigned i = 0; i < 50; i++) {
        sums[i] = i;
        fiber_spawn(add_up, (void *)&sums[i]);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(sums[i], 21 + 18);
}

static bool stop;
static int rounds;

static void count_round(uv_check_t *check)
{
    rounds++;
}

static void stop_soon(void *arg)
{
    fiber_sleep_us(50000);
    stop = true;
}

static void test_nothing_ready_means_no_busy_loop(void **state)
{
    uv_check_t check;
    (void)uv_check_init(&loop, &check);
    (void)uv_check_start(&check, count_round);
    fiber_spawn(stop_soon, NULL);
    while (!stop)
        (void)uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&check, NULL);
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(rounds < 10);
}

#define FIBER_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIBER_TEST(test_a_fiber_runs_at_once_and_goes_on_where_it_slept),
        FIBER_TEST(test_fibers_wake_and_spawn_others_in_the_next_round),
        FIBER_TEST(test_a_sleep_is_never_shorter_than_asked),
        FIBER_TEST(test_broadcast_wakes_all_that_wait_and_the_late_time_out),
        FIBER_TEST(test_broadcast_from_a_fiber),
        FIBER_TEST(test_who_has_waited_longest_is_woken_first),
        FIBER_TEST(test_the_pool_takes_eight_and_sixty_four_wait),
        FIBER_TEST(test_what_a_fiber_holds_survives_its_sleep),
        FIBER_TEST(test_stacks_are_deep_enough_and_reused),
        FIBER_TEST(test_nothing_ready_means_no_busy_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
