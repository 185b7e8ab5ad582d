// SPDX-License-Identifier: Apache-2.0
#include "server/edge/tls.h"

#include <h2o.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum err fail(char *message, size_t size, const char *what, const char *file)
{
    char reason[160] = "";
    unsigned long code = ERR_peek_last_error();
    if (code != 0)
        ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    snprintf(message, size, "%s %s: %s", what, file, reason[0] != '\0' ? reason : "not accepted");
    return ERR_INVALID_ARGUMENT;
}

static void set_options(SSL_CTX *ctx)
{
    static char http1[] = "http/1.1";
    static const h2o_iovec_t protocols[] = {{http1, sizeof http1 - 1}, {NULL, 0}};
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_security_level(ctx, 2);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"sokuo", 5);
    SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384");
    h2o_ssl_register_alpn_protocols(ctx, protocols);
}

bool tls_wanted(const struct config *config)
{
    return config->tls_cert[0] != '\0';
}

enum err tls_load(const struct config *config, struct ssl_ctx_st **ret_ctx, char *message, size_t size)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL)
        return fail(message, size, "TLS context for", config->tls_cert);
    set_options(ctx);
    enum err err = ERR_OK;
    if (SSL_CTX_use_certificate_chain_file(ctx, config->tls_cert) != 1)
        err = fail(message, size, "tls_cert", config->tls_cert);
    else if (SSL_CTX_use_PrivateKey_file(ctx, config->tls_key, SSL_FILETYPE_PEM) != 1)
        err = fail(message, size, "tls_key", config->tls_key);
    else if (SSL_CTX_check_private_key(ctx) != 1)
        err = fail(message, size, "tls_key does not belong to tls_cert:", config->tls_key);
    if (err != ERR_OK) {
        SSL_CTX_free(ctx);
        return err;
    }
    *ret_ctx = ctx;
    return ERR_OK;
}

static unsigned long long stamp(const char *file)
{
    struct stat st;
    if (stat(file, &st) != 0)
        return 0;
    return (unsigned long long)st.st_mtim.tv_sec * 1000003u + (unsigned long long)st.st_mtim.tv_nsec * 31u +
           (unsigned long long)st.st_size + (unsigned long long)st.st_ino * 7919u;
}

unsigned long long tls_files_stamp(const struct config *config)
{
    return stamp(config->tls_cert) * 2654435761u ^ stamp(config->tls_key);
}

int tls_days_left(struct ssl_ctx_st *ctx)
{
    X509 *cert = SSL_CTX_get0_certificate(ctx);
    int days = 0, seconds = 0;
    if (cert == NULL || ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) != 1)
        return 0;
    return seconds < 0 ? days - 1 : days;
}
