// SPDX-License-Identifier: Apache-2.0
#include "server/base/uuid.h"

#include <endian.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

// Milliseconds in the upper bits, a counter within the millisecond in the lower twelve; never goes back, also
// when the system's clock does.
static uint64_t next_tick(void)
{
    static _Atomic uint64_t last;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    uint64_t tick = ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000) << 12;
    uint64_t before = atomic_load(&last);
    uint64_t next;
    do {
        next = tick > before ? tick : before + 1;
    } while (!atomic_compare_exchange_weak(&last, &before, next));
    return next;
}

static void set_version(struct uuid *id, uint8_t version)
{
    id->bytes[6] = (uint8_t)((id->bytes[6] & 0x0f) | (version << 4));
    id->bytes[8] = (uint8_t)((id->bytes[8] & 0x3f) | 0x80);
}

struct uuid uuid_v7(void)
{
    struct uuid id;
    uint64_t tick = next_tick();
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(tick >> (52 - 8 * i));
    id.bytes[6] = (uint8_t)((tick >> 8) & 0x0f);
    id.bytes[7] = (uint8_t)tick;
    if (getrandom(id.bytes + 8, 8, 0) != 8)
        abort(); // cannot fail for 8 bytes once the system is up
    set_version(&id, 7);
    return id;
}

struct uuid uuid_derive(const struct uuid *base, uint32_t index)
{
    uint8_t input[20], digest[SHA256_DIGEST_LENGTH];
    memcpy(input, base->bytes, 16);
    for (int i = 0; i < 4; i++)
        input[16 + i] = (uint8_t)(index >> (24 - 8 * i));
    SHA256(input, sizeof input, digest);
    struct uuid id;
    memcpy(id.bytes, digest, sizeof id.bytes);
    set_version(&id, 8);
    return id;
}

struct uuid uuid_named(const struct uuid *space, const char *name)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    if (!hash || !EVP_DigestInit_ex(hash, EVP_sha1(), NULL) || !EVP_DigestUpdate(hash, space->bytes, 16) ||
        !EVP_DigestUpdate(hash, name, strlen(name)) || !EVP_DigestFinal_ex(hash, digest, &len))
        abort(); // no memory
    EVP_MD_CTX_free(hash);
    struct uuid id;
    memcpy(id.bytes, digest, sizeof id.bytes);
    set_version(&id, 5);
    return id;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uuid_parse(const char *text, struct uuid *ret)
{
    struct uuid id;
    const char *p = text;
    for (int i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
            return false;
        int high = hex_value(p[0]);
        int low = high < 0 ? -1 : hex_value(p[1]);
        if (low < 0)
            return false;
        id.bytes[i] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    if (*p != '\0')
        return false;
    *ret = id;
    return true;
}

// Eight hexadecimal digits of four bytes, all at once: answers hold a hundred UUIDs.
static void put_hex(char *out, const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    uint64_t x = be32toh(word);
    x = (x << 16 & UINT64_C(0x0000ffff00000000)) | (x & 0xffff);
    x = (x << 8 & UINT64_C(0x00ff000000ff0000)) | (x & UINT64_C(0x000000ff000000ff));
    x = (x << 4 & UINT64_C(0x0f000f000f000f00)) | (x & UINT64_C(0x000f000f000f000f));
    uint64_t is_letter = (x + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
    x = htobe64(x + UINT64_C(0x3030303030303030) + is_letter * ('a' - '0' - 10));
    memcpy(out, &x, sizeof x);
}

char *uuid_format(const struct uuid *id, char out[UUID_TEXT_SIZE])
{
    char hex[32];
    for (int i = 0; i < 4; i++)
        put_hex(hex + (ptrdiff_t)8 * i, id->bytes + (ptrdiff_t)4 * i);
    memcpy(out, hex, 8);
    memcpy(out + 9, hex + 8, 4);
    memcpy(out + 14, hex + 12, 4);
    memcpy(out + 19, hex + 16, 4);
    memcpy(out + 24, hex + 20, 12);
    out[8] = out[13] = out[18] = out[23] = '-';
    out[36] = '\0';
    return out;
}

bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool uuid_is_nil(const struct uuid *id)
{
    static const struct uuid nil;
    return uuid_equal(id, &nil);
}
