// SPDX-License-Identifier: Apache-2.0
// Runs worlds: so many from a seed on, or every mutant until it is found. Speaks TAP.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/sim.h"

#define WORKERS_MOST 64
#define MUTANT_SEEDS 1000
// Worlds a worker lives through between two looks at the others.
#define BATCH 1024
// In so many, nothing that can happen may be missing.
#define WORLDS_FOR_ALL 20000

struct shared { // between the workers
    uint64_t next, worlds, steps, turns, full;
    struct tally tally;
    uint64_t failed_seed;
    int failed;
};

static struct options {
    uint64_t schedules, seed;
    int workers, mutant;
    unsigned faults;
    bool tells, all_mutants;
} options = {.schedules = 20000, .seed = 1, .faults = FAULTS_ALL};

static struct world world;

static struct config config_of(uint64_t seed, int mutant)
{
    return (struct config){.seed = seed, .mutant = mutant, .faults = options.faults};
}

static void work(struct shared *shared)
{
    uint64_t steps = 0, turns = 0, full = 0, worlds = 0;
    for (;;) {
        uint64_t first = __atomic_fetch_add(&shared->next, BATCH, __ATOMIC_RELAXED);
        if (first >= options.schedules || __atomic_load_n(&shared->failed, __ATOMIC_RELAXED))
            break;
        for (uint64_t i = first; i < first + BATCH && i < options.schedules; i++) {
            struct config config = config_of(options.seed + i, options.mutant);
            bool is_good = world_live(&world, &config);
            worlds++;
            steps += (uint64_t)world.steps;
            turns += (uint64_t)world.db.commits;
            full += world.is_full;
            int none = 0;
            if (!is_good && __atomic_compare_exchange_n(&shared->failed, &none, world.violated, false,
                                                        __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                shared->failed_seed = config.seed;
        }
    }
    const uint64_t *mine = (const uint64_t *)&tally;
    for (size_t i = 0; i < sizeof tally / sizeof *mine; i++)
        __atomic_fetch_add((uint64_t *)&shared->tally + i, mine[i], __ATOMIC_RELAXED);
    __atomic_fetch_add(&shared->worlds, worlds, __ATOMIC_RELAXED);
    __atomic_fetch_add(&shared->steps, steps, __ATOMIC_RELAXED);
    __atomic_fetch_add(&shared->turns, turns, __ATOMIC_RELAXED);
    __atomic_fetch_add(&shared->full, full, __ATOMIC_RELAXED);
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_workers(struct shared *shared)
{
    pid_t pids[WORKERS_MOST];
    for (int i = 0; i < options.workers; i++) {
        pids[i] = fork();
        if (pids[i] < 0) {
            perror("fork");
            exit(2);
        }
        if (pids[i] == 0) {
            work(shared);
            _exit(0);
        }
    }
    for (int i = 0; i < options.workers; i++) {
        int status;
        if (waitpid(pids[i], &status, 0) < 0 || status != 0)
            shared->failed = shared->failed ? shared->failed : -1;
    }
}

static bool happened(const char *word, uint64_t times)
{
    printf("%s %llu%s", word, (unsigned long long)times, times ? ", " : " (NEVER), ");
    return times > 0;
}

// In so many worlds, everything that can happen must have happened.
static bool tell_tally(const struct tally *t)
{
    bool is_whole = true;
    printf("# happened: ");
    for (int i = 0; i < ESC_ACT_END; i++)
        is_whole &= happened(escalation_act_word(i), t->acts[i]);
    for (int i = 0; i <= ESC_SETTLED; i++)
        is_whole &= happened(escalation_effect_word(i), t->effects[i]);
    for (int i = ESC_FIRST; i < ESC_WHY_END; i++)
        is_whole &= happened(escalation_why_word(i), t->whys[i]);
    is_whole &= happened("another version found", t->conflicts);
    is_whole &= happened("answers of commits lost", t->unknown);
    is_whole &= happened("commits lost by failovers", t->lost);
    is_whole &= happened("effects late", t->late);
    is_whole &= happened("notices suppressed", t->suppressed);
    is_whole &= happened("notices given up", t->dead);
    is_whole &= happened("notices seen again", t->seen_again);
    printf("all together %s\n", is_whole ? "everything" : "not everything");
    return is_whole;
}

// The worlds from the seed on; true when every invariant held in each.
static bool run_schedules(void)
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("mmap");
        return false;
    }
    double begin = seconds_now();
    run_workers(shared);
    double took = seconds_now() - begin;
    bool is_good = shared->failed == 0;
    printf("%s 1 - %llu schedules from seed %llu, every invariant in each\n", is_good ? "ok" : "not ok",
           (unsigned long long)shared->worlds, (unsigned long long)options.seed);
    printf("# %.1f s, %.0f schedules a second on %d cores; a schedule has %.0f events and %.1f changes; %llu "
           "ended "
           "early for want of room\n",
           took, (double)shared->worlds / took, options.workers,
           (double)shared->steps / (double)shared->worlds, (double)shared->turns / (double)shared->worlds,
           (unsigned long long)shared->full);
    if (shared->failed > 0) {
        printf("# %s; again: --seed %llu --schedules 1 --tell\n", invariant_words[shared->failed],
               (unsigned long long)shared->failed_seed);
        struct config config = config_of(shared->failed_seed, options.mutant);
        shrink(&config, shared->failed);
    }
    if (is_good && options.schedules >= WORLDS_FOR_ALL && options.faults == FAULTS_ALL) {
        is_good = tell_tally(&shared->tally);
        printf("%s 2 - everything that can happen happened\n", is_good ? "ok" : "not ok");
    }
    munmap(shared, sizeof *shared);
    return is_good;
}

// Found by the first violation, which must be one that the fault is for.
static bool find_mutant(int mutant, int number)
{
    const struct mutant_row *row = &mutant_rows[mutant];
    for (uint64_t i = 0; i < MUTANT_SEEDS; i++) {
        struct config config = config_of(options.seed + i, mutant);
        if (world_live(&world, &config))
            continue;
        bool is_right = row->found_by >> world.violated & 1;
        printf("%s %d - %s: %s: found\n", is_right ? "ok" : "not ok", number, row->name, row->what);
        printf("# %s, after %llu worlds\n", invariant_words[world.violated], (unsigned long long)i + 1);
        if (!is_right || options.tells)
            shrink(&config, world.violated);
        return is_right;
    }
    printf("not ok %d - %s: %s: found\n# not within %d worlds\n", number, row->name, row->what, MUTANT_SEEDS);
    return false;
}

static bool run_mutants(void)
{
    bool is_good = true;
    printf("1..%d\n", MUTANTS - 1);
    for (int mutant = 1; mutant < MUTANTS; mutant++)
        is_good &= find_mutant(mutant, mutant);
    return is_good;
}

static bool run_one(void)
{
    struct config config = config_of(options.seed, options.mutant);
    config.is_told = true;
    bool is_good = world_live(&world, &config);
    printf("1..1\n%s 1 - seed %llu\n", is_good ? "ok" : "not ok", (unsigned long long)options.seed);
    return is_good;
}

static _Noreturn void usage(int status)
{
    FILE *out = status ? stderr : stdout;
    fputs("usage: sim [--schedules N] [--seed S] [--jobs N] [--mutant NAME] [--faults BITS] [--tell] "
          "[--mutants]\n"
          "  --mutants  puts in one fault after the other; each must be found within 1,000 seeds\n"
          "  --tell     says what happens: of the one seed, or of the shortest way to a mutant\n",
          out);
    for (int i = 1; i < MUTANTS; i++)
        fprintf(out, "  %-20s %s\n", mutant_rows[i].name, mutant_rows[i].what);
    exit(status);
}

static int mutant_of(const char *name)
{
    for (int i = 0; i < MUTANTS; i++) {
        if (strcmp(mutant_rows[i].name, name) == 0)
            return i;
    }
    usage(2);
}

static void read_options(int argc, char **argv)
{
    static const struct option known[] = {
        {"schedules", 1, NULL, 'n'}, {"seed", 1, NULL, 's'},   {"jobs", 1, NULL, 'j'},
        {"mutant", 1, NULL, 'm'},    {"faults", 1, NULL, 'f'}, {"tell", 0, NULL, 't'},
        {"mutants", 0, NULL, 'M'},   {"help", 0, NULL, 'h'},   {NULL, 0, NULL, 0}};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options.workers = cores < 1 ? 1 : (int)cores;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'n')
            options.schedules = strtoull(optarg, NULL, 10);
        else if (c == 's')
            options.seed = strtoull(optarg, NULL, 10);
        else if (c == 'j')
            options.workers = (int)strtol(optarg, NULL, 10);
        else if (c == 'm')
            options.mutant = mutant_of(optarg);
        else if (c == 'f')
            options.faults = (unsigned)strtoul(optarg, NULL, 0);
        else if (c == 't')
            options.tells = true;
        else if (c == 'M')
            options.all_mutants = true;
        else
            usage(c == 'h' ? 0 : 2);
    }
    if (options.workers < 1 || options.workers > WORKERS_MOST || options.schedules < 1 || optind < argc)
        usage(2);
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (options.all_mutants)
        return !run_mutants();
    if (options.tells && options.schedules == 1)
        return !run_one();
    bool is_large =
        options.schedules >= WORLDS_FOR_ALL && options.faults == FAULTS_ALL && options.mutant == 0;
    printf("1..%d\n", is_large ? 2 : 1);
    fflush(stdout);
    return !run_schedules();
}
