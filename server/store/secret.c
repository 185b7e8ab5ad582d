// SPDX-License-Identifier: Apache-2.0
#include "server/store/secret.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base/fiber.h"
#include "server/base/log.h"

// Sealed: version, nonce, ciphertext and tag.
#define SEAL_VERSION 1
#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_LEN crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define CONTEXT_MAX 80

#define HASHES_AT_ONCE 4 // 64 MiB each
#define HASHES_WAITING 64

static struct {
    uint8_t key[KEY_LEN];
    bool has_key;
    size_t memory; // of one password hash, bytes
    unsigned long long passes;
    char dummy[crypto_pwhash_STRBYTES]; // hash of nobody's password
    int running, waiting;
    struct fiber_cond freed;
} secrets;

// --- the key file

static bool write_key_file(const char *path)
{
    char partial[4096], text[SECRET_TEXT_SIZE + 1];
    secret_make(text);
    memcpy(text + SECRET_TEXT_SIZE - 1, "\n", 2);
    snprintf(partial, sizeof partial, "%s.%ld", path, (long)getpid());
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0;
    close(fd);
    /* A link does not overwrite: of several processes that start at once, one key wins for all. */
    good = good && (link(partial, path) == 0 || errno == EEXIST);
    unlink(partial);
    sodium_memzero(text, sizeof text);
    return good;
}

static bool read_key_file(const char *path)
{
    char text[SECRET_TEXT_SIZE] = "";
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, text, SECRET_TEXT_SIZE - 1);
    if (fstat(fd, &st) == 0 && (st.st_mode & 077) != 0)
        log_warn("key_file_readable_by_others", LOG_S("path", path), LOG_S("advice", "chmod 600"));
    close(fd);
    size_t key_len = 0;
    secrets.has_key = len == SECRET_TEXT_SIZE - 1 &&
                      sodium_base642bin(secrets.key, KEY_LEN, text, (size_t)len, "\n", &key_len, NULL,
                                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
                      key_len == KEY_LEN;
    sodium_memzero(text, sizeof text);
    if (!secrets.has_key)
        errno = EINVAL;
    return secrets.has_key;
}

static void choose_password_cost(void)
{
    secrets.memory = UINT64_C(64) << 20;
    secrets.passes = 3;
#ifdef SOKUO_FAULTS
    if (getenv("SOKUO_TEST_CHEAP_PASSWORDS")) { // NOLINT(concurrency-mt-unsafe) /* tests that log in a
                                                // thousand times */
        secrets.memory = crypto_pwhash_MEMLIMIT_MIN;
        secrets.passes = crypto_pwhash_OPSLIMIT_MIN;
    }
#endif
    char salt[SECRET_TEXT_SIZE], hash[SECRET_TEXT_SIZE];
    secret_make(salt);
    secret_make(hash);
    /* 16 and 32 bytes in base64; the last letter of each stands for fewer bits and must be a round one */
    snprintf(secrets.dummy, sizeof secrets.dummy, "$argon2id$v=19$m=%zu,t=%llu,p=1$%.21sA$%.42sA",
             secrets.memory / 1024, secrets.passes, salt, hash);
    for (char *at = secrets.dummy; *at; at++) {
        if (*at == '-')
            *at = '+';
        else if (*at == '_')
            *at = '/';
    }
}

bool secret_begin(const char *key_path)
{
    if (sodium_init() < 0)
        return false;
    choose_password_cost();
    if (!key_path)
        return true;
    if (access(key_path, F_OK) != 0 && !write_key_file(key_path)) {
        log_error("key_file_not_written", LOG_S("path", key_path), LOG_S("error", strerrordesc_np(errno)),
                  LOG_S("advice", "make the directory writable for the server's user"));
        return false;
    }
    if (!read_key_file(key_path)) {
        log_error(
            "key_file_not_read", LOG_S("path", key_path), LOG_S("error", strerrordesc_np(errno)),
            LOG_S("advice", "restore it from the backup; without it second factors must be enrolled again"));
        return false;
    }
    return true;
}

void secret_fingerprint(uint8_t ret_fingerprint[SECRET_HASH_LEN])
{
    static const char constant[] = "sokuo secret.key fingerprint";
    assert(secrets.has_key);
    crypto_generichash(ret_fingerprint, SECRET_HASH_LEN, (const unsigned char *)constant, sizeof constant - 1,
                       secrets.key, KEY_LEN);
}

// --- random secrets

void secret_make(char out[SECRET_TEXT_SIZE])
{
    uint8_t bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(out, SECRET_TEXT_SIZE, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

void secret_hash(const char *secret, uint8_t ret_hash[SECRET_HASH_LEN])
{
    crypto_hash_sha256(ret_hash, (const unsigned char *)secret, strlen(secret));
}

const char *secret_password_make(struct call *c)
{
    static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; // 32
    char *password = call_alloc(c, 21);
    for (int i = 0; i < 20; i++)
        password[i] = alphabet[randombytes_uniform(32)];
    return password;
}

// --- passwords

struct hashing {
    const char *hash, *password; // hash NULL: make one into made
    char made[crypto_pwhash_STRBYTES];
    bool is_right;
};

static void hash_work(void *arg)
{
    struct hashing *h = arg;
    size_t len = strlen(h->password);
    if (h->hash)
        h->is_right = crypto_pwhash_str_verify(h->hash, h->password, len) == 0;
    else
        h->is_right = crypto_pwhash_str_alg(h->made, h->password, len, secrets.passes, secrets.memory,
                                            crypto_pwhash_ALG_ARGON2ID13) == 0;
}

static enum err hash_in_turn(struct call *c, struct hashing *h)
{
    assert(secrets.passes > 0); /* secret_begin */
    if (secrets.waiting >= HASHES_WAITING)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "BUSY",
                         "ログインが集中しています。10秒ほど待ってからもう一度お試しください。",
                         "Many people are logging in. Wait about ten seconds and try again.");
    secrets.waiting++;
    while (secrets.running >= HASHES_AT_ONCE)
        fiber_cond_wait(&secrets.freed, UINT64_C(1000000));
    secrets.waiting--;
    secrets.running++;
    bool done = fiber_work(hash_work, h);
    secrets.running--;
    fiber_cond_broadcast(&secrets.freed);
    if (!done)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "BUSY",
                         "サーバーが混み合っています。10秒ほど待ってからもう一度お試しください。",
                         "The server is busy. Wait about ten seconds and try again.");
    return ERR_OK;
}

enum err secret_password_hash(struct call *c, const char *password, const char **ret_hash)
{
    struct hashing h = {.password = password};
    TRY(hash_in_turn(c, &h));
    if (!h.is_right)
        return call_fail(c, ERR_RESOURCE_EXHAUSTED, "NO_MEMORY",
                         "サーバーのメモリが足りません。管理者に連絡してください。",
                         "The server is short of memory. Tell the administrator.");
    *ret_hash = arena_strdup(&c->arena, h.made);
    return ERR_OK;
}

enum err secret_password_check(struct call *c, const char *hash, const char *password, bool *ret_right)
{
    struct hashing h = {.hash = hash ? hash : secrets.dummy, .password = password};
    TRY(hash_in_turn(c, &h));
    *ret_right = hash && h.is_right;
    return ERR_OK;
}

bool secret_password_is_old(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, secrets.passes, secrets.memory) != 0;
}

// --- sealed values

static size_t context_of(const char *purpose, const struct uuid *row, uint8_t out[CONTEXT_MAX])
{
    size_t len = strlen(purpose);
    assert(len + 1 + sizeof row->bytes <= CONTEXT_MAX);
    memcpy(out, purpose, len + 1);
    memcpy(out + len + 1, row->bytes, sizeof row->bytes);
    return len + 1 + sizeof row->bytes;
}

const void *secret_seal(struct call *c, const char *purpose, const struct uuid *row, const void *data,
                        size_t len, size_t *ret_len)
{
    assert(secrets.has_key);
    uint8_t context[CONTEXT_MAX];
    size_t context_len = context_of(purpose, row, context);
    uint8_t *sealed = call_alloc(c, 1 + NONCE_LEN + len + TAG_LEN);
    sealed[0] = SEAL_VERSION;
    randombytes_buf(sealed + 1, NONCE_LEN);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + 1 + NONCE_LEN, NULL, data, len, context, context_len,
                                               NULL, sealed + 1, secrets.key);
    *ret_len = 1 + NONCE_LEN + len + TAG_LEN;
    return sealed;
}

const void *secret_open(struct call *c, const char *purpose, const struct uuid *row, const void *sealed,
                        size_t len, size_t *ret_len)
{
    assert(secrets.has_key);
    const uint8_t *at = sealed;
    if (len < 1 + NONCE_LEN + TAG_LEN || at[0] != SEAL_VERSION)
        return NULL;
    uint8_t context[CONTEXT_MAX];
    size_t context_len = context_of(purpose, row, context);
    unsigned long long plain_len = 0;
    uint8_t *plain = call_alloc(c, len - 1 - NONCE_LEN - TAG_LEN + 1);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, &plain_len, NULL, at + 1 + NONCE_LEN,
                                                   len - 1 - NONCE_LEN, context, context_len, at + 1,
                                                   secrets.key) != 0)
        return NULL;
    *ret_len = (size_t)plain_len;
    return plain;
}

void secret_derive(const char *purpose, const struct uuid *row, uint8_t ret_bytes[SECRET_HASH_LEN])
{
    assert(secrets.has_key);
    uint8_t context[CONTEXT_MAX];
    size_t context_len = context_of(purpose, row, context);
    crypto_generichash(ret_bytes, SECRET_HASH_LEN, context, context_len, secrets.key, KEY_LEN);
}
