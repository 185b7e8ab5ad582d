// SPDX-License-Identifier: Apache-2.0
// AuthService: the authenticator app and the recovery codes.
#include <sodium.h>
#include <string.h>

#include "server/domain/recovery_code.h"
#include "server/domain/totp.h"
#include "server/rpc/auth_rpc.h"
#include "server/rpc/methods.gen.h"
#include "server/rpc/qr.h"
#include "server/store/message.h"

// --- the authenticator app

// Percent-encoded for the label of an otpauth address.
static const char *escape(struct call *c, const char *text)
{
    struct buf out = buf_in(&c->arena);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
            strchr("-._~", byte))
            buf_putc(&out, (char)byte);
        else
            buf_printf(&out, "%%%02X", byte);
    }
    return buf_text(&out);
}

enum err rpc_begin_totp(struct call *c, const Sokuo__V1__BeginTotpRequest *req,
                        Sokuo__V1__BeginTotpResponse *res)
{
    struct account account;
    TRY(auth_password_again(c, req->password, &account));

    uint8_t secret[TOTP_SECRET_LEN];
    size_t sealed_len = 0;
    randombytes_buf(secret, sizeof secret);
    const void *sealed =
        secret_seal(c, ACCOUNT_TOTP_PURPOSE, &account.id, secret, sizeof secret, &sealed_len);
    TRY(account_totp_begin(c, &account.id, sealed, sealed_len));

    res->secret = call_alloc(c, TOTP_SECRET_TEXT_SIZE);
    totp_base32(secret, sizeof secret, res->secret, TOTP_SECRET_TEXT_SIZE);
    res->uri = call_printf(c, "otpauth://totp/Sokuo:%s?secret=%s&issuer=Sokuo", escape(c, account.login),
                           res->secret);
    res->qr_svg = msg_text(qr_svg(c, res->uri));
    return ERR_OK;
}

// --- recovery codes

struct codes {
    char **printed;                     // for the person, once
    const char *hashes[RECOVERY_CODES]; // for the database, hex
};

static struct codes make_codes(struct call *c)
{
    struct codes codes = {.printed = call_alloc(c, RECOVERY_CODES * sizeof(char *))};
    for (int i = 0; i < RECOVERY_CODES; i++) {
        uint8_t bytes[RECOVERY_CODE_BYTES], hash[SECRET_HASH_LEN];
        char *hex = call_alloc(c, 2 * SECRET_HASH_LEN + 1);
        randombytes_buf(bytes, sizeof bytes);
        codes.printed[i] = call_alloc(c, RECOVERY_CODE_SIZE);
        recovery_code_write(bytes, codes.printed[i]);
        secret_hash(codes.printed[i], hash);
        codes.hashes[i] = sodium_bin2hex(hex, 2 * SECRET_HASH_LEN + 1, hash, sizeof hash);
    }
    return codes;
}

enum err rpc_confirm_totp(struct call *c, const Sokuo__V1__ConfirmTotpRequest *req,
                          Sokuo__V1__ConfirmTotpResponse *res)
{
    struct account account;
    int64_t step = 0;
    TRY(account_get(c, &c->actor.account_id, &account));
    if (!account.totp_pending)
        return call_fail(c, ERR_FAILED_PRECONDITION, "NOT_BEGUN",
                         "認証アプリの登録が始まっていません。QRコードの表示からやり直してください。",
                         "No enrolment was begun. Start again by showing the QR code.");
    if (!auth_totp_right(c, &account, true, req->code, &step))
        return call_fail_field(
            c, "code", "WRONG_CODE",
            "コードが違います。アプリに表示中の6桁を入力してください。端末の時刻がずれていないかも確認してく"
            "ださい。",
            "The code is wrong. Type the six digits that the app shows now, and check the clock of "
            "the phone.");
    struct codes codes = make_codes(c);
    TRY(account_totp_confirm(c, &account, step, codes.hashes, RECOVERY_CODES));
    res->n_recovery_codes = RECOVERY_CODES;
    res->recovery_codes = codes.printed;
    return ERR_OK;
}

enum err rpc_renew_recovery_codes(struct call *c, const Sokuo__V1__RenewRecoveryCodesRequest *req,
                                  Sokuo__V1__RenewRecoveryCodesResponse *res)
{
    struct account account;
    TRY(auth_password_again(c, req->password, &account));
    struct codes codes = make_codes(c);
    TRY(account_recovery_renew(c, &account.id, codes.hashes, RECOVERY_CODES));
    res->n_recovery_codes = RECOVERY_CODES;
    res->recovery_codes = codes.printed;
    return ERR_OK;
}
