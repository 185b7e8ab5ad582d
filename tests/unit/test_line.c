// SPDX-License-Identifier: Apache-2.0
// cmocka fails by longjmp: fibers only note what happened, the tests look afterwards.
#include "tests/support/cmocka_all.h"

#include <string.h>
#include <uv.h>

#include "server/base/fiber.h"
#include "server/base/line.h"

#define MANY 9

static uv_loop_t loop;
static struct line line = {.places = 3};
static int inside, most, order[MANY], count;

static int setup(void **state)
{
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

static void pass(void *arg)
{
    line_enter(&line);
    order[count++] = *(int *)arg;
    most = ++inside > most ? inside : most;
    fiber_sleep_us(1000);
    inside--;
    line_leave(&line);
}

static void test_so_many_are_inside_and_the_others_follow_in_order(void **state)
{
    int numbers[MANY];
    for (int i = 0; i < MANY; i++) {
        numbers[i] = i;
        fiber_spawn(pass, &numbers[i]);
    }
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(count, MANY);
    assert_int_equal(most, 3);
    assert_int_equal(line.inside, 0);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(order[i], i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_so_many_are_inside_and_the_others_follow_in_order, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
