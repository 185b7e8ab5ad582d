// SPDX-License-Identifier: Apache-2.0
// A mail as bytes: RFC 5322, with Japanese in the headers by RFC 2047 and in the body by base64.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "server/base/arena.h"

struct mail {
    const char *sender;  // "sokuo@city.example.jp" or "即応 <sokuo@city.example.jp>"
    const char *address; // of the person
    const char *subject, *text;
    const char *key; // of which the Message-ID is made: the same key, the same id
    int64_t at_us;   // date
    bool is_urgent;
};

// The bare address of "Name <address>", or of an address. NULL when it is none that can stand in SMTP: ASCII,
// one @, no blanks, no control characters.
const char *mail_address(struct arena *a, const char *text);
// The whole mail with CRLF. sender and address have passed mail_address.
void mail_write(struct buf *out, const struct mail *mail);
// One header's value: ASCII as it is, else encoded words of at most 75 characters, folded.
void mail_write_words(struct buf *out, const char *text);
