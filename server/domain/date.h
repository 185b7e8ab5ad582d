// SPDX-License-Identifier: Apache-2.0
// Days as people and spreadsheets write them.
#pragma once

#include <stdbool.h>

// "YYYY-MM-DD" with its NUL.
#define DATE_SIZE 11

// Brings a day into the form YYYY-MM-DD. Takes 2026-04-01, 2026/4/1, 2026.4.1, 20260401, 2026年4月1日,
// 令和8年4月1日 and R8.4.1 (平成/H, 昭和/S too, 元年 as the first). False when it is none or does not exist.
bool date_read(const char *text, char out[DATE_SIZE]);
