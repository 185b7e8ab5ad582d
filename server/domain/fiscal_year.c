// SPDX-License-Identifier: Apache-2.0
#include "server/domain/fiscal_year.h"

#include "server/domain/words.h"

#define US_PER_DAY INT64_C(86400000000)
#define JST_US INT64_C(32400000000) // Japan has no summer time

int fiscal_year_of(int64_t us_since_1970)
{
    int64_t us = us_since_1970 + JST_US;
    int64_t day = us / US_PER_DAY - (us % US_PER_DAY < 0);
    // Days since 1 March 0000 in eras of 400 years; a year that begins in March makes the leap day its last.
    int64_t z = day + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    return (int)(year_of_era + era * 400) - (of_year < 31); // March still belongs to the year before
}

const char *fiscal_year_prefix(int mode)
{
    return mode == (int)MODE(EXERCISE) ? "訓-" : mode == (int)MODE(TEST) ? "試-" : "";
}
