// SPDX-License-Identifier: Apache-2.0
// Lives worlds in memory and in PostgreSQL at once. Speaks TAP; runs under tests/support/with_pg.py.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/twin.h"
#include "tests/sim/twin_pg.h"
#include "tests/support/db_test.h"

static struct options {
    uint64_t schedules, seed;
    char **also; // seeds besides
    int also_count;
    bool tells, is_mutant;
} options = {.schedules = 20, .seed = 1};

static struct world world;

static struct result {
    uint64_t worlds, commits, notices;
    uint64_t failed_seed;
    int failed;
} result;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void live_seed(uint64_t seed)
{
    struct config config = {.seed = seed, .faults = FAULTS_ALL, .is_told = options.tells, .twin = &twin};
    bool is_good = world_live(&world, &config);
    result.worlds++;
    result.commits += (uint64_t)world.db.commits;
    result.notices += (uint64_t)world.db.notices;
    if (is_good)
        return;
    result.failed = world.violated;
    result.failed_seed = seed;
    config.is_told = true;
    if (!options.is_mutant && !options.tells)
        (void)world_live(&world, &config); // its story
}

static void live(void *arg)
{
    for (uint64_t i = 0; i < options.schedules && !result.failed; i++)
        live_seed(options.seed + i);
    for (int i = 0; i < options.also_count && !result.failed; i++)
        live_seed(strtoull(options.also[i], NULL, 10));
}

static bool say(double took)
{
    const char *word = invariant_words[result.failed];
    bool is_good = options.is_mutant ? result.failed != 0 : result.failed == 0;
    printf("%s 1 - %llu schedules from seed %llu end in PostgreSQL as in memory%s\n",
           is_good ? "ok" : "not ok", (unsigned long long)result.worlds, (unsigned long long)options.seed,
           options.is_mutant ? ": a statement that was spoilt is found" : "");
    printf("# %.1f s, %.1f schedules a second; %llu changes, %llu notices; commits refused %llu, lost %llu, "
           "suppressed %llu\n",
           took, (double)result.worlds / took, (unsigned long long)result.commits,
           (unsigned long long)result.notices, (unsigned long long)tally.conflicts,
           (unsigned long long)tally.lost, (unsigned long long)tally.suppressed);
    if (result.failed)
        printf("# seed %llu: %s\n", (unsigned long long)result.failed_seed, word ? word : "");
    return is_good;
}

static _Noreturn void usage(int status)
{
    fputs("usage: sim_twin [--schedules N] [--seed S] [--tell] [--mutant] [SEED …]\n"
          "  --mutant   the program's statements are spoilt: good when a schedule finds it\n",
          status ? stderr : stdout);
    exit(status);
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {{"schedules", 1, NULL, 'n'}, {"seed", 1, NULL, 's'},
                                          {"tell", 0, NULL, 'v'},      {"mutant", 0, NULL, 'm'},
                                          {"help", 0, NULL, 'h'},      {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'n')
            options.schedules = strtoull(optarg, NULL, 10);
        else if (c == 's')
            options.seed = strtoull(optarg, NULL, 10);
        else if (c == 'v')
            options.tells = true;
        else if (c == 'm')
            options.is_mutant = true;
        else
            usage(c == 'h' ? 0 : 2);
    }
    options.also = argv + optind;
    options.also_count = argc - optind;
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..1\n");
    pg_begin();
    double begin = seconds_now();
    db_test_run(live, NULL);
    bool is_good = say(seconds_now() - begin);
    pg_end();
    return !is_good;
}
