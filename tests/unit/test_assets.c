// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "server/edge/assets.h"
#include "server/edge/peers.h"
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static const unsigned char text[] = "text";

// The files of a client, in place of assets.gen.c.
const struct asset assets_builtin[] = {
    {.path = "/assets/app-1a2b.js",
     .type = "text/javascript; charset=utf-8",
     .hash = "0123456789abcdef",
     .plain = {text, 4},
     .br = {text, 2},
     .gz = {text, 3}},
    {.path = "/icon.png", .type = "image/png", .hash = "1111111111111111", .plain = {text, 4}},
    {.path = "/index.html",
     .type = "text/html; charset=utf-8",
     .hash = "2222222222222222",
     .plain = {text, 4}},
    {.path = "/sw.js",
     .type = "text/javascript; charset=utf-8",
     .hash = "3333333333333333",
     .plain = {text, 4}},
};
const size_t assets_builtin_count = 4;

static const char *found(const char *path)
{
    const struct asset *asset = assets_find(path, strlen(path));
    return asset != NULL ? asset->path : "none";
}

static struct asset_answer answer(const char *path, const char *accept, const char *match)
{
    return assets_answer(assets_find(path, strlen(path)), accept, strlen(accept), match, strlen(match));
}

static void test_files_are_found_by_their_exact_name(void **state)
{
    assert_string_equal(found("/assets/app-1a2b.js"), "/assets/app-1a2b.js");
    assert_string_equal(found("/icon.png"), "/icon.png");
    assert_string_equal(found("/sw.js"), "/sw.js");
    assert_string_equal(found("/sw.jsx"), "none");
    assert_string_equal(found("/sw.j"), "none");
}

static void test_pages_of_the_client_are_the_index(void **state)
{
    assert_string_equal(found("/"), "/index.html");
    assert_string_equal(found("/incidents/7"), "/index.html");
    assert_string_equal(found("/v1.2/board"), "/index.html");
    assert_string_equal(found("/missing.js"), "none");
    assert_string_equal(found("/assets/missing"), "none");
}

static void test_the_smallest_accepted_variant_is_sent(void **state)
{
    assert_string_equal(answer("/assets/app-1a2b.js", "gzip, deflate, br, zstd", "").encoding, "br");
    assert_string_equal(answer("/assets/app-1a2b.js", "gzip", "").encoding, "gzip");
    assert_string_equal(answer("/assets/app-1a2b.js", "br;q=0, gzip;q=0.5", "").encoding, "gzip");
    assert_null(answer("/assets/app-1a2b.js", "", "").encoding);
    assert_null(answer("/assets/app-1a2b.js", "brx, xgzip", "").encoding);
    assert_null(answer("/icon.png", "br", "").encoding);
    assert_int_equal(answer("/assets/app-1a2b.js", "br", "").body.len, 2);
}

static void test_what_the_client_has_is_not_sent_again(void **state)
{
    struct asset_answer same = answer("/assets/app-1a2b.js", "br", "W/\"x\", \"0123456789abcdef-br\"");
    assert_int_equal(same.status, 304);
    assert_int_equal(same.body.len, 0);
    assert_int_equal(answer("/assets/app-1a2b.js", "br", "\"0123456789abcdee\"").status, 200);
    assert_int_equal(answer("/missing.js", "", "").status, 404);
}

static void test_only_hashed_names_are_kept_for_ever(void **state)
{
    assert_non_null(strstr(answer("/assets/app-1a2b.js", "", "").cache_control, "immutable"));
    assert_string_equal(answer("/", "", "").cache_control, "no-cache");
    assert_string_equal(answer("/sw.js", "", "").cache_control, "no-cache");
}

static void test_types_by_the_end_of_the_name(void **state)
{
    assert_string_equal(assets_type("/a.webmanifest"), "application/manifest+json");
    assert_string_equal(assets_type("/a.js"), "text/javascript; charset=utf-8");
    assert_string_equal(assets_type("/a"), "application/octet-stream");
}

static void key_of(const char *address, uint8_t key[16])
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
        peers_key((struct sockaddr *)&in, key);
    else if (inet_pton(AF_INET6, address, &in6.sin6_addr) == 1)
        peers_key((struct sockaddr *)&in6, key);
}

static void test_an_address_holds_at_most_so_many_connections(void **state)
{
    uint8_t one[16], other[16];
    key_of("192.0.2.1", one);
    key_of("192.0.2.2", other);
    assert_true(peers_enter(one, 2));
    assert_true(peers_enter(one, 2));
    assert_false(peers_enter(one, 2));
    assert_true(peers_enter(other, 2));
    peers_leave(one);
    assert_true(peers_enter(one, 2));
}

static void test_a_v6_network_counts_as_one_address(void **state)
{
    uint8_t a[16], b[16], c[16], mapped[16], v4[16];
    key_of("2001:db8:1:2::1", a);
    key_of("2001:db8:1:2:ffff::9", b);
    key_of("2001:db8:1:3::1", c);
    key_of("::ffff:192.0.2.7", mapped);
    key_of("192.0.2.7", v4);
    assert_memory_equal(a, b, 16);
    assert_memory_not_equal(a, c, 16);
    assert_memory_equal(mapped, v4, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_are_found_by_their_exact_name),
        cmocka_unit_test(test_pages_of_the_client_are_the_index),
        cmocka_unit_test(test_the_smallest_accepted_variant_is_sent),
        cmocka_unit_test(test_what_the_client_has_is_not_sent_again),
        cmocka_unit_test(test_only_hashed_names_are_kept_for_ever),
        cmocka_unit_test(test_types_by_the_end_of_the_name),
        cmocka_unit_test(test_an_address_holds_at_most_so_many_connections),
        cmocka_unit_test(test_a_v6_network_counts_as_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
