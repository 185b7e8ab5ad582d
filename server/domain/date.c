// SPDX-License-Identifier: Apache-2.0
#include "server/domain/date.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

// Year before the first of an era.
static const struct {
    const char *name;
    int before;
} eras[] = {{"令和", 2018}, {"R", 2018}, {"平成", 1988}, {"H", 1988}, {"昭和", 1925}, {"S", 1925}};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static bool exists(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] + (month == 2 && is_leap(year));
}

// Up to most digits; -1 when there is none.
static int read_number(const char **at, int most)
{
    int value = 0, digits = 0;
    for (; digits < most && isdigit((unsigned char)**at); digits++)
        value = value * 10 + (*(*at)++ - '0');
    return digits > 0 ? value : -1;
}

static bool skip(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

static int read_year(const char **at)
{
    for (size_t i = 0; i < sizeof eras / sizeof eras[0]; i++) {
        if (!skip(at, eras[i].name))
            continue;
        int year = skip(at, "元") ? 1 : read_number(at, 2);
        return year > 0 ? eras[i].before + year : -1;
    }
    return read_number(at, 4);
}

// Between year, month and day: one sign, or none when all are written in full.
static bool read_gap(const char **at, const char *kanji)
{
    static const char *const signs[] = {"-", "/", "."};
    if (skip(at, kanji))
        return true;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (skip(at, signs[i]))
            return true;
    }
    return false;
}

bool date_read(const char *text, char out[DATE_SIZE])
{
    const char *at = text;
    bool is_packed = strlen(text) == 8 && strspn(text, "0123456789") == 8;
    int year = read_year(&at);
    if (!is_packed && !read_gap(&at, "年"))
        return false;
    int month = read_number(&at, 2);
    if (!is_packed && !read_gap(&at, "月"))
        return false;
    int day = read_number(&at, 2);
    skip(&at, "日");
    if (*at != '\0' || !exists(year, month, day))
        return false;
    snprintf(out, DATE_SIZE, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
             (unsigned)day % 100);
    return true;
}
