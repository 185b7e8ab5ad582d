// SPDX-License-Identifier: Apache-2.0
// Printed recovery codes: 120 bits in six groups of four, without letters that look like others.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RECOVERY_CODES 10
#define RECOVERY_CODE_BYTES 15
// "ABCD-EFGH-JKMN-PQRS-TVWX-YZ01" with its NUL.
#define RECOVERY_CODE_SIZE 30

// Writes the code for 15 random bytes.
void recovery_code_write(const uint8_t bytes[RECOVERY_CODE_BYTES], char out[RECOVERY_CODE_SIZE]);
// Brings what was typed into that form: any case, with or without hyphens and blanks, O for 0, I or L for 1.
// False when it cannot be a code.
bool recovery_code_read(const char *typed, char out[RECOVERY_CODE_SIZE]);
