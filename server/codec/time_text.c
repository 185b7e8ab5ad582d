// SPDX-License-Identifier: Apache-2.0
#include "server/codec/time_text.h"

#include <string.h>

#include "server/codec/json_out.h"

#define SECONDS_MIN INT64_C(-62135596800) // 0001-01-01T00:00:00Z
#define SECONDS_MAX INT64_C(253402300799) // 9999-12-31T23:59:59Z
#define DURATION_MAX INT64_C(315576000000)
#define DAY 86400
#define NANOS 1000000000

// Days since 1970-01-01 of the proleptic Gregorian calendar; years begin in March so that the leap day comes
// last.
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *ret_day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *ret_month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

// Exactly count digits; false otherwise.
static bool digits_take(const char **at, int count, int64_t *ret_value)
{
    int64_t value = 0;
    for (int i = 0; i < count; i++) {
        if ((*at)[i] < '0' || (*at)[i] > '9')
            return false;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += count;
    *ret_value = value;
    return true;
}

static bool char_take(const char **at, char c)
{
    bool is_there = **at == c;
    *at += is_there;
    return is_there;
}

// ".5" to ".123456789", or nothing.
static bool fraction_take(const char **at, int32_t *ret_nanos)
{
    *ret_nanos = 0;
    if (!char_take(at, '.'))
        return true;
    int count = 0, scale = NANOS / 10;
    for (; **at >= '0' && **at <= '9'; (*at)++, count++, scale /= 10)
        *ret_nanos += (**at - '0') * scale;
    return count >= 1 && count <= 9;
}

static bool offset_take(const char **at, int64_t *ret_seconds)
{
    int64_t hours, minutes;
    *ret_seconds = 0;
    if (char_take(at, 'Z'))
        return true;
    bool is_west = **at == '-';
    if (!char_take(at, '+') && !char_take(at, '-'))
        return false;
    if (!digits_take(at, 2, &hours) || !char_take(at, ':') || !digits_take(at, 2, &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *ret_seconds = (hours * 60 + minutes) * 60 * (is_west ? -1 : 1);
    return true;
}

static bool date_take(const char **at, int64_t *ret_days)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t year, month, day;
    if (!digits_take(at, 4, &year) || !char_take(at, '-') || !digits_take(at, 2, &month) ||
        !char_take(at, '-') || !digits_take(at, 2, &day) || year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (day > lengths[month - 1] + (month == 2 && is_leap))
        return false;
    *ret_days = days_of(year, month, day);
    return true;
}

bool time_parse(const char *text, int64_t *ret_seconds, int32_t *ret_nanos)
{
    int64_t days, hour, minute, second, offset;
    int32_t nanos;
    if (!date_take(&text, &days) || !char_take(&text, 'T') || !digits_take(&text, 2, &hour) ||
        !char_take(&text, ':') || !digits_take(&text, 2, &minute) || !char_take(&text, ':') ||
        !digits_take(&text, 2, &second) || !fraction_take(&text, &nanos) || !offset_take(&text, &offset) ||
        *text != '\0' || hour > 23 || minute > 59 || second > 59)
        return false;
    int64_t seconds = days * DAY + hour * 3600 + minute * 60 + second - offset;
    if (seconds < SECONDS_MIN || seconds > SECONDS_MAX)
        return false;
    *ret_seconds = seconds;
    *ret_nanos = nanos;
    return true;
}

// Nothing, or three, six or nine digits.
static void fraction_put(struct buf *out, int32_t nanos)
{
    if (nanos == 0)
        return;
    out_char(out, '.');
    if (nanos % 1000000 == 0)
        out_digits(out, (uint64_t)nanos / 1000000, 3);
    else if (nanos % 1000 == 0)
        out_digits(out, (uint64_t)nanos / 1000, 6);
    else
        out_digits(out, (uint64_t)nanos, 9);
}

static void pair_put(char *to, int value, char after)
{
    to[0] = (char)('0' + value / 10);
    to[1] = (char)('0' + value % 10);
    to[2] = after;
}

// "2026-04-01T". Times that are written together are mostly of one day.
static void date_put(char to[11], int64_t days)
{
    static _Thread_local int64_t last = INT64_MIN;
    static _Thread_local char text[11];
    if (days != last) {
        int64_t year;
        int month, day;
        date_of(days, &year, &month, &day);
        pair_put(text, (int)(year / 100), 0);
        pair_put(text + 2, (int)(year % 100), '-');
        pair_put(text + 5, month, '-');
        pair_put(text + 8, day, 'T');
        last = days;
    }
    memcpy(to, text, 11);
}

bool time_is_valid(int64_t seconds, int32_t nanos)
{
    return seconds >= SECONDS_MIN && seconds <= SECONDS_MAX && nanos >= 0 && nanos < NANOS;
}

bool time_format(struct buf *out, int64_t seconds, int32_t nanos)
{
    if (!time_is_valid(seconds, nanos))
        return false;
    int64_t days = (seconds - SECONDS_MIN) / DAY + SECONDS_MIN / DAY;
    int rest = (int)((seconds - SECONDS_MIN) % DAY);
    char text[20];
    date_put(text, days);
    pair_put(text + 11, rest / 3600, ':');
    pair_put(text + 14, rest / 60 % 60, ':');
    pair_put(text + 17, rest % 60, 0);
    out_raw(out, text, 19);
    fraction_put(out, nanos);
    out_char(out, 'Z');
    return true;
}

bool duration_parse(const char *text, int64_t *ret_seconds, int32_t *ret_nanos)
{
    bool is_negative = char_take(&text, '-');
    int64_t seconds = 0;
    int32_t nanos;
    if (*text < '0' || *text > '9')
        return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        seconds = seconds * 10 + (*text - '0');
        if (seconds > DURATION_MAX)
            return false;
    }
    if (!fraction_take(&text, &nanos) || !char_take(&text, 's') || *text != '\0')
        return false;
    *ret_seconds = is_negative ? -seconds : seconds;
    *ret_nanos = is_negative ? -nanos : nanos;
    return true;
}

bool duration_format(struct buf *out, int64_t seconds, int32_t nanos)
{
    if (seconds < -DURATION_MAX || seconds > DURATION_MAX || nanos <= -NANOS || nanos >= NANOS ||
        (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0))
        return false;
    if (seconds < 0 || nanos < 0)
        out_char(out, '-');
    out_unsigned(out, (uint64_t)(seconds < 0 ? -seconds : seconds));
    fraction_put(out, nanos < 0 ? -nanos : nanos);
    out_char(out, 's');
    return true;
}
