// SPDX-License-Identifier: Apache-2.0
#include "server/domain/recovery_code.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32
#define LETTERS (RECOVERY_CODE_BYTES * 8 / 5)

static char *put(char *at, int index, char letter)
{
    if (index > 0 && index % 4 == 0)
        *at++ = '-';
    *at++ = letter;
    return at;
}

void recovery_code_write(const uint8_t bytes[RECOVERY_CODE_BYTES], char out[RECOVERY_CODE_SIZE])
{
    uint32_t bits = 0;
    int count = 0, letters = 0;
    for (int i = 0; i < RECOVERY_CODE_BYTES; i++) {
        bits = bits << 8 | bytes[i];
        for (count += 8; count >= 5; count -= 5)
            out = put(out, letters++, alphabet[bits >> (count - 5) & 31]);
    }
    *out = '\0';
}

static char letter_of(char typed)
{
    if (typed >= 'a' && typed <= 'z')
        typed = (char)(typed & 0x5f); /* upper case */
    if (typed == 'O')
        return '0';
    if (typed == 'I' || typed == 'L')
        return '1';
    if (typed && !strchr(alphabet, typed))
        return '\0';
    return typed;
}

bool recovery_code_read(const char *typed, char out[RECOVERY_CODE_SIZE])
{
    int letters = 0;
    for (; *typed; typed++) {
        if (*typed == '-' || *typed == ' ')
            continue;
        char letter = letter_of(*typed);
        if (letter == '\0' || letters == LETTERS)
            return false;
        out = put(out, letters++, letter);
    }
    *out = '\0';
    return letters == LETTERS;
}
