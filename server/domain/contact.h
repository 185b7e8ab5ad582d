// SPDX-License-Identifier: Apache-2.0
// How a person is reached: numbers and addresses in one form, and what has to be proved about them.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sokuo/v1/directory.pb-c.h"

#define CONTACT(x) SOKUO__V1__CONTACT_KIND__CONTACT_KIND_##x

#define CONTACT_ROOM 1004 // bytes of an address, with its NUL
#define CONTACTS_PER_PERSON 20
#define CONTACT_CODE_DIGITS 6
#define CONTACT_CODE_TRIES 5 // then a new code is needed

enum contact_fault {
    CONTACT_OK,
    CONTACT_NOT_A_NUMBER, // no telephone number of Japan or abroad, no extension
    CONTACT_NOT_MOBILE,   // a number that no SMS reaches
    CONTACT_NOT_A_MAIL,
    CONTACT_NOT_A_CHAT_ID,
    CONTACT_NOT_A_PUSH, // no https address of a push service
};

// Writes the address in the form in which it is kept: half width, a Japanese number with its 0 and, of a
// mobile telephone, as 090-1234-5678; the domain of a mail address in lower case.
enum contact_fault contact_normalise(int kind, const char *address, char out[CONTACT_ROOM]);
// Whether these are the keys of a browser's subscription (RFC 8291: a P-256 point, 16 bytes of secret).
bool contact_push_keys_ok(const uint8_t *p256dh, size_t p256dh_len, const uint8_t *auth, size_t auth_len);
// Whether only the code that was sent there confirms it; else the person's word does.
bool contact_needs_code(int kind, bool has_channel);
// Whether it wakes somebody who is not in the office.
bool contact_rings_at_night(int kind, bool is_private);
