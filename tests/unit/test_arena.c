// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cmocka_all.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "server/base/arena.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *p = arena_alloc(&a, size);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_free(&a);
    assert_null(a.head);
}

static void test_try_stops_at_the_limit_and_alloc_does_not(void **state)
{
    struct arena a;
    arena_init(&a, 100);
    assert_non_null(arena_try(&a, 64));
    assert_null(arena_try(&a, 64));
    assert_null(arena_try(&a, SIZE_MAX));
    assert_non_null(arena_alloc(&a, 64));
    arena_free(&a);
}

static void test_a_big_piece_does_not_waste_the_small_chunk(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    char *first = arena_alloc(&a, 16);
    (void)arena_alloc(&a, 100000);
    char *second = arena_alloc(&a, 16);
    assert_ptr_equal(second, first + 16);
    arena_free(&a);
}

static void test_memory_that_is_used_again_is_zeroed_again(void **state)
{
    for (int round = 0; round < 3; round++) {
        struct arena a;
        arena_init(&a, 0);
        for (size_t size = 500; size < 200000; size *= 3) {
            unsigned char *data = arena_alloc(&a, size), all = 0;
            for (size_t i = 0; i < size; i++)
                all |= data[i];
            assert_int_equal(all, 0);
            memset(data, 0xa5, size);
        }
        arena_free(&a);
    }
}

static void test_copies_end_with_nul_and_null_stays_null(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    assert_string_equal(arena_strndup(&a, "訓練です", 6), "訓練");
    assert_string_equal(arena_strdup(&a, ""), "");
    assert_null(arena_strdup(&a, NULL));
    assert_null(arena_memdup(&a, NULL, 3));
    assert_string_equal(arena_printf(&a, "%s-%d", "S", 4), "S-4");
    arena_free(&a);
}

static void test_buf_grows_and_keeps_its_bytes(void **state)
{
    struct arena a;
    arena_init(&a, 0);
    struct buf b = buf_in(&a);
    assert_string_equal(buf_text(&b), "");
    for (int i = 0; i < 20000; i++) {
        buf_printf(&b, "%05d", i);
        if (i % 1000 == 0)
            (void)arena_alloc(&a, 32); // so that it cannot always grow in place
    }
    assert_int_equal(b.len, 100000);
    for (int i = 0; i < 20000; i += 777)
        assert_int_equal(strtol(arena_strndup(&a, buf_text(&b) + (size_t)i * 5, 5), NULL, 10), i);
    buf_putc(&b, '\0');
    buf_puts(&b, "x");
    assert_int_equal(b.len, 100002);
    assert_int_equal(b.data[100001], 'x');
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_try_stops_at_the_limit_and_alloc_does_not),
        cmocka_unit_test(test_a_big_piece_does_not_waste_the_small_chunk),
        cmocka_unit_test(test_memory_that_is_used_again_is_zeroed_again),
        cmocka_unit_test(test_copies_end_with_nul_and_null_stays_null),
        cmocka_unit_test(test_buf_grows_and_keeps_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
