// SPDX-License-Identifier: Apache-2.0
#include "server/domain/office_hours.h"

#include <stdio.h>
#include <string.h>

#define US_PER_S INT64_C(1000000)
#define US_PER_MIN INT64_C(60000000)
#define US_PER_DAY INT64_C(86400000000)
#define JST_US INT64_C(32400000000) // Japan has no summer time

enum { SUNDAY, MONDAY, SATURDAY = 6, DAYS_AHEAD = 366 };

struct date {
    int year, month, day;
};

const struct office_hours office_hours_default = {.open_min = 8 * 60 + 30, .close_min = 17 * 60 + 15};

int32_t day_of(int64_t at_us)
{
    int64_t us = at_us + JST_US;
    return (int32_t)(us / US_PER_DAY - (us % US_PER_DAY < 0));
}

static int64_t day_begins(int32_t day)
{
    return day * US_PER_DAY - JST_US;
}

static int weekday(int32_t day)
{
    return ((day + 4) % 7 + 7) % 7; // 1970-01-01 was a Thursday
}

// Days since 1 March 0000 in eras of 400 years; a year that begins in March makes the leap day its last.
static struct date date_of(int32_t day)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (int)((5 * of_year + 2) / 153);
    int day_of_month = (int)(of_year - (153 * month + 2) / 5) + 1;
    month = month < 10 ? month + 3 : month - 9;
    return (struct date){(int)(year_of_era + era * 400) + (month <= 2), month, day_of_month};
}

void day_text(int32_t day, char out[DATE_SIZE])
{
    struct date d = date_of(day);
    (void)snprintf(out, DATE_SIZE, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
                   (unsigned)d.day % 100);
}

// Digits from a place on, as many as there are.
static int number_at(const char *text, size_t at)
{
    int number = 0;
    for (; text[at] >= '0' && text[at] <= '9' && number < 1000; at++)
        number = number * 10 + text[at] - '0';
    return number;
}

int32_t day_number(const char *text)
{
    if (strlen(text) != DATE_SIZE - 1)
        return 0;
    int year = number_at(text, 0), month = number_at(text, 5), day = number_at(text, 8);
    int64_t from_march = month > 2 ? month - 3 : month + 9, y = month > 2 ? year : year - 1;
    int64_t era = y / 400, of_era = y - era * 400, of_year = (153 * from_march + 2) / 5 + day - 1;
    return (int32_t)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

// As the National Astronomical Observatory's almanacs have it, 1980 to 2099; day_1980 in millionths.
static int equinox(int year, int64_t day_1980)
{
    int64_t since = year - 1980;
    return (int)((day_1980 + 242194 * since) / 1000000 - since / 4);
}

static bool is_monday_of_week(int32_t day, int day_of_month, int week)
{
    return weekday(day) == MONDAY && (day_of_month - 1) / 7 + 1 == week;
}

static bool is_named_holiday(int32_t day)
{
    struct date d = date_of(day);
    switch (d.month) {
    case 1:
        return d.day == 1 || is_monday_of_week(day, d.day, 2);
    case 2:
        return d.day == 11 || d.day == 23;
    case 3:
        return d.day == equinox(d.year, 20843100);
    case 4:
        return d.day == 29;
    case 5:
        return d.day >= 3 && d.day <= 5;
    case 7:
        return is_monday_of_week(day, d.day, 3);
    case 8:
        return d.day == 11;
    case 9:
        return is_monday_of_week(day, d.day, 3) || d.day == equinox(d.year, 23248800);
    case 10:
        return is_monday_of_week(day, d.day, 2);
    case 11:
        return d.day == 3 || d.day == 23;
    default:
        return false;
    }
}

bool day_is_holiday(int32_t day)
{
    if (is_named_holiday(day))
        return true;
    bool is_between = is_named_holiday(day - 1) && is_named_holiday(day + 1);
    bool is_substitute = false;
    for (int32_t before = day - 1; is_named_holiday(before) && !is_substitute; before--)
        is_substitute = weekday(before) == SUNDAY;
    return is_between || is_substitute;
}

bool day_is_turn_of_year(int32_t day)
{
    struct date d = date_of(day);
    return (d.month == 12 && d.day >= 29) || (d.month == 1 && d.day <= 3);
}

bool day_is_weekend(int32_t day)
{
    return weekday(day) == SUNDAY || weekday(day) == SATURDAY;
}

bool day_is_working(int32_t day)
{
    return !day_is_weekend(day) && !day_is_turn_of_year(day) && !day_is_holiday(day);
}

static bool holds(const int32_t *days, size_t count, int32_t day)
{
    for (size_t i = 0; i < count; i++) {
        if (days[i] == day)
            return true;
    }
    return false;
}

static bool opens_on(const struct office_hours *office, int32_t day)
{
    if (holds(office->open_days, office->open_count, day))
        return true;
    return day_is_working(day) && !holds(office->closed_days, office->closed_count, day);
}

bool office_is_open(const struct office_hours *office, int64_t at_us)
{
    int32_t day = day_of(at_us);
    int64_t of_day = at_us - day_begins(day);
    return of_day >= office->open_min * US_PER_MIN && of_day < office->close_min * US_PER_MIN &&
           opens_on(office, day);
}

int64_t office_add(const struct office_hours *office, int64_t from_us, int64_t seconds)
{
    int64_t left_us = seconds * US_PER_S;
    int32_t first = day_of(from_us);
    for (int32_t day = first; day <= first + DAYS_AHEAD; day++) {
        int64_t opens = day_begins(day) + office->open_min * US_PER_MIN;
        int64_t closes = day_begins(day) + office->close_min * US_PER_MIN;
        int64_t begin = from_us > opens ? from_us : opens;
        if (begin >= closes || !opens_on(office, day))
            continue;
        // Full at closing time: the call is made when the hall opens again.
        if (left_us < closes - begin)
            return begin + left_us;
        left_us -= closes - begin;
    }
    return from_us + seconds * US_PER_S;
}
