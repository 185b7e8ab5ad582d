// SPDX-License-Identifier: Apache-2.0
// Who is called when nobody answers: each test tells a course of events and compares what was done with a
// script.
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/domain/escalation.h"

#define MIN INT64_C(60000000)
// Sunday 2026-07-05 02:10 by Japan's clock (domain reference 9.1).
#define NIGHT INT64_C(1783185000000000)

static struct course {
    struct escalation_policy policy;
    struct escalation_reach reach;
    struct escalation_facts facts;
    struct escalation_turn turn;
    int64_t now_us;
    char script[4000];
} course;

static int begin(void **state)
{
    course = (struct course){.policy = *escalation_policy_default(ESC_UPWARD, SEVERITY(S4)), .now_us = NIGHT};
    course.facts = (struct escalation_facts){.policy = &course.policy, .reach = &course.reach};
    course.turn.after = escalation_new();
    for (int level = 0; level < ESC_LEVELS_MOST; level++) {
        for (int rank = 0; rank < ESC_RANKS_MOST; rank++)
            course.reach.people[level][rank] = (struct escalation_person){ESC_PRESENT, 2};
    }
    return 0;
}

// "+5m DEPUTY SILENCE 0.1; ": level and rank, for a notice also the contact point.
static void write_down(int64_t at_us, const struct escalation_effect *e)
{
    size_t len = strlen(course.script);
    char *out = course.script + len;
    int n = snprintf(out, sizeof course.script - len, "+%gm %s %s %d.%d", (double)(at_us - NIGHT) / MIN,
                     escalation_effect_word(e->kind), escalation_why_word(e->why), e->level, e->rank);
    n += e->kind == ESC_NOTIFY ? snprintf(out + n, 20, ".%d", e->contact) : 0;
    n += e->missed ? snprintf(out + n, 20, " missed %d", e->missed) : 0;
    snprintf(out + n, 4, "; ");
}

static int happen(struct escalation_event event)
{
    struct escalation before = course.turn.after;
    event.generation = event.generation ? event.generation : before.generation;
    escalation_step(&before, &course.facts, &event, course.now_us, &course.turn);
    for (int i = 0; i < course.turn.count; i++)
        write_down(course.now_us, &course.turn.effects[i]);
    return course.turn.verdict;
}

static int act(int what, int level, int rank)
{
    return happen((struct escalation_event){.act = what, .level = (uint8_t)level, .rank = (uint8_t)rank});
}

// Lets everything that becomes due until then happen on time.
static void pass(double minutes)
{
    int64_t until_us = course.now_us + (int64_t)(minutes * MIN);
    while (course.turn.after.due_us <= until_us) {
        course.now_us = course.turn.after.due_us;
        assert_int_equal(act(ESC_TICK, 0, 0), ESC_CHANGED);
    }
    course.now_us = until_us;
}

#define assert_script(want) (assert_string_equal(course.script, want), (void)(course.script[0] = '\0'))

static void forget(void)
{
    course.script[0] = '\0';
}

static void test_silence_goes_from_contact_to_contact_then_to_the_deputy(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(5);
    assert_script("+0m NOTIFY FIRST 0.0.0; +2m NOTIFY NEXT_CONTACT 0.0.1; +4m NOTIFY NEXT_CONTACT 0.0.0; "
                  "+5m DEPUTY SILENCE 0.1; +5m NOTIFY SILENCE 0.1.0; ");
}

static void test_one_contact_point_is_reminded(void **state)
{
    course.reach.people[0][0].contacts = 1;
    act(ESC_ARM, 0, 0);
    pass(4.5);
    assert_script("+0m NOTIFY FIRST 0.0.0; +2m NOTIFY REMINDER 0.0.0; +4m NOTIFY REMINDER 0.0.0; ");
}

static void test_three_silent_ranks_raise_it_one_level(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(14.5);
    forget();
    pass(0.5);
    assert_script("+15m LEVEL_UP SILENCE 1.0; +15m NOTIFY SILENCE 1.0.0; ");
}

static void test_nobody_at_the_top_goes_to_the_headquarters_line_then_turns_red(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_DELIVERED, 0, 0);
    pass(59.5);
    forget();
    pass(1);
    assert_script("+60m HEADQUARTERS SILENCE 4.0; +60m NOTIFY SILENCE 4.0.0; ");
    pass(14);
    forget();
    pass(1);
    assert_script("+75m RED NOBODY_ANSWERED 4.2; ");
    assert_int_equal(course.turn.after.phase, ESC_WAITING);
    pass(4.5);
    assert_script("+80m NOTIFY NEXT_ROUND 0.0.0; ");
}

static void test_a_policy_that_gives_up_stays_red(void **state)
{
    course.policy.rounds = 0;
    act(ESC_ARM, 0, 0);
    pass(24 * 60);
    assert_int_equal(course.turn.after.phase, ESC_EXHAUSTED);
    assert_int_equal(course.turn.after.due_us, ESC_NEVER);
    assert_true(course.turn.after.flags & ESC_IS_RED);
    forget();
    act(ESC_ACKNOWLEDGE, 2, 1);
    assert_script("+1440m RED_OVER  4.2; +1440m SETTLED  4.2; ");
}

static void test_an_acknowledgement_silences_a_late_tick(void **state)
{
    act(ESC_ARM, 0, 0);
    uint32_t generation = course.turn.after.generation;
    course.policy.ack_lasts_s = 0;
    act(ESC_ACKNOWLEDGE, 0, 0);
    forget();
    course.now_us += 60 * MIN;
    assert_int_equal(happen((struct escalation_event){.act = ESC_TICK, .generation = generation}), ESC_STALE);
    assert_int_equal(course.turn.after.phase, ESC_ANSWERED);
    assert_script("");
}

static void test_an_acknowledgement_runs_out_and_comes_back_to_who_gave_it(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(6);
    act(ESC_ACKNOWLEDGE, 0, 1);
    assert_int_equal(course.turn.after.phase, ESC_HELD);
    forget();
    pass(30);
    assert_script("+36m NOTIFY CAME_BACK 0.1.0; ");
    pass(5);
    assert_script("+38m NOTIFY NEXT_CONTACT 0.1.1; +40m NOTIFY NEXT_CONTACT 0.1.0; +41m DEPUTY SILENCE 0.2; "
                  "+41m NOTIFY SILENCE 0.2.0; ");
}

static void test_an_acceptance_does_not_run_out(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, 0, 0);
    act(ESC_ACCEPT, 0, 0);
    assert_int_equal(course.turn.after.phase, ESC_ANSWERED);
    assert_int_equal(course.turn.after.due_us, ESC_NEVER);
    assert_int_equal(act(ESC_ACK_EXPIRED, 0, 0), ESC_UNCHANGED);
}

static void test_an_acknowledgement_that_is_taken_back_calls_again(void **state)
{
    course.policy.ack_lasts_s = 0;
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, ESC_OUTSIDE, 0);
    forget();
    act(ESC_ACK_EXPIRED, 0, 0);
    assert_script("+0m NOTIFY CAME_BACK 0.0.0; ");
}

static void test_reading_is_not_answering(void **state)
{
    act(ESC_ARM, 0, 0);
    int64_t due_us = course.turn.after.due_us;
    assert_int_equal(act(ESC_READ, 0, 0), ESC_CHANGED);
    assert_int_equal(course.turn.after.due_us, due_us);
    assert_int_equal(act(ESC_READ, 0, 0), ESC_UNCHANGED);
}

static void test_a_refusal_goes_to_the_deputy_at_once(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(1);
    forget();
    act(ESC_REFUSE, 0, 0);
    assert_script("+1m DEPUTY REFUSED 0.1; +1m NOTIFY REFUSED 0.1.0; ");
}

static void test_who_refused_is_not_asked_in_the_next_round(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_REFUSE, 0, 0);
    pass(75 - 5);
    forget();
    pass(6);
    assert_script("+75m DEPUTY REFUSED 0.1; +75m NOTIFY NEXT_ROUND 0.1.0; ");
}

static void test_a_refusal_after_accepting_opens_it_again(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACCEPT, 0, 0);
    forget();
    assert_int_equal(act(ESC_REFUSE, 0, 0), ESC_CHANGED);
    assert_script("+0m DEPUTY REFUSED 0.1; +0m NOTIFY REFUSED 0.1.0; ");
}

static void test_the_refusal_of_a_deputy_who_was_not_asked_passes_him_over(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_REFUSE, 0, 1);
    forget();
    pass(5);
    assert_non_null(strstr(course.script, "+5m DEPUTY SILENCE 0.2; "));
}

static void test_a_bounce_goes_to_the_next_contact_then_to_the_deputy(void **state)
{
    act(ESC_ARM, 0, 0);
    forget();
    happen((struct escalation_event){.act = ESC_BOUNCED, .contact = 0});
    happen((struct escalation_event){.act = ESC_BOUNCED, .contact = 1});
    assert_script(
        "+0m NOTIFY NOT_DELIVERED 0.0.1; +0m DEPUTY NOT_DELIVERED 0.1; +0m NOTIFY NOT_DELIVERED 0.1.0; ");
    assert_int_equal(happen((struct escalation_event){.act = ESC_BOUNCED, .contact = 1, .rank = 0}),
                     ESC_UNCHANGED);
}

static void test_a_dead_mail_server_does_not_burst_through_the_levels(void **state)
{
    act(ESC_ARM, 0, 0);
    for (int rank = 0; rank < 3; rank++)
        act(ESC_UNREACHABLE, 0, rank);
    forget();
    assert_int_equal(course.turn.after.due_us, NIGHT + MIN);
    pass(1);
    assert_script("+1m LEVEL_UP NOT_DELIVERED 1.0; +1m NOTIFY NOT_DELIVERED 1.0.0; ");
}

static void test_nobody_who_could_be_notified_is_red_at_once(void **state)
{
    course.policy.level_count = 2;
    course.reach = (struct escalation_reach){0};
    act(ESC_ARM, 0, 0);
    assert_script("+0m GAP IS_VACANT 0.0; +0m GAP IS_VACANT 1.0; +0m RED NOBODY_REACHED 0.0; ");
    assert_int_equal(course.turn.after.due_us, NIGHT + 5 * MIN);
}

static void test_an_empty_level_is_said_and_passed(void **state)
{
    for (int rank = 0; rank < 3; rank++)
        course.reach.people[1][rank].contacts = 0;
    course.reach.people[2][0].standing = ESC_AWAY;
    act(ESC_ARM, 0, 0);
    pass(14.5);
    forget();
    pass(0.5);
    assert_script("+15m GAP NO_CONTACT 1.0; +15m LEVEL_UP SILENCE 2.1; +15m DEPUTY IS_ABSENT 2.1; "
                  "+15m NOTIFY SILENCE 2.1.0; ");
}

static void test_a_declared_absence_hands_it_to_the_deputy_at_once(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(1);
    forget();
    act(ESC_ABSENT, 0, 0);
    assert_script("+1m DEPUTY IS_ABSENT 0.1; +1m NOTIFY IS_ABSENT 0.1.0; ");
}

static void test_an_absence_of_who_holds_it_takes_it_from_him(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, 0, 0);
    pass(3);
    forget();
    act(ESC_ABSENT, 0, 0);
    assert_script("+3m DEPUTY IS_ABSENT 0.1; +3m NOTIFY IS_ABSENT 0.1.0; ");
}

static void test_an_absence_registered_meanwhile_is_seen_at_the_next_contact(void **state)
{
    act(ESC_ARM, 0, 0);
    forget();
    course.reach.people[0][0].standing = ESC_AWAY;
    pass(2);
    assert_script("+2m DEPUTY IS_ABSENT 0.1; +2m NOTIFY IS_ABSENT 0.1.0; ");
}

static void test_handing_over_calls_the_other_who_must_answer_himself(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, 0, 0);
    forget();
    act(ESC_HANDED_OVER, 0, 2);
    assert_script("+0m DEPUTY HANDED 0.2; +0m NOTIFY HANDED 0.2.0; ");
    assert_int_equal(course.turn.after.phase, ESC_CALLING);
}

static void test_by_hand_it_goes_one_level_up(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, 0, 0);
    forget();
    act(ESC_ESCALATE, ESC_OUTSIDE, 0);
    assert_script("+0m LEVEL_UP BY_HAND 1.0; +0m NOTIFY BY_HAND 1.0.0; ");
    for (int level = 2; level <= 4; level++)
        assert_int_equal(act(ESC_ESCALATE, ESC_OUTSIDE, 0), ESC_CHANGED);
    assert_int_equal(act(ESC_ESCALATE, ESC_OUTSIDE, 0), ESC_AT_TOP);
}

static void test_a_snooze_ends_and_is_never_longer_than_allowed(void **state)
{
    act(ESC_ARM, 0, 0);
    happen((struct escalation_event){.act = ESC_SNOOZE, .until_us = NIGHT + 600 * MIN});
    assert_int_equal(course.turn.after.due_us, NIGHT + 15 * MIN);
    forget();
    pass(15);
    assert_script("+15m NOTIFY RESUMED 0.0.0; ");
}

static void test_nothing_wakes_what_was_stopped(void **state)
{
    act(ESC_ARM, 0, 0);
    assert_int_equal(act(ESC_STOP, 0, 0), ESC_CHANGED);
    for (int what = 0; what < ESC_ACT_END; what++)
        assert_true(act(what, 0, 1) == ESC_UNCHANGED || what == ESC_TICK);
    assert_int_equal(course.turn.after.due_us, ESC_NEVER);
}

static void test_what_is_stopped_before_it_was_armed_is_never_armed(void **state)
{
    act(ESC_STOP, 0, 0);
    assert_int_equal(act(ESC_ARM, 0, 0), ESC_UNCHANGED);
}

static void test_an_early_tick_does_nothing(void **state)
{
    act(ESC_ARM, 0, 0);
    course.now_us += 2 * MIN - 1;
    assert_int_equal(act(ESC_TICK, 0, 0), ESC_EARLY);
    course.now_us += 1;
    assert_int_equal(act(ESC_TICK, 0, 0), ESC_CHANGED);
}

static void test_lateness_does_not_add_up(void **state)
{
    act(ESC_ARM, 0, 0);
    for (int turn = 0; turn < 3; turn++) {
        course.now_us = course.turn.after.due_us + 500000;
        act(ESC_TICK, 0, 0);
    }
    assert_int_equal(course.turn.after.rank, 1);
    assert_int_equal(course.turn.after.until_us, NIGHT + 10 * MIN);
}

static void test_after_an_outage_reminders_are_one_and_levels_come_a_minute_apart(void **state)
{
    for (int rank = 1; rank < 3; rank++) {
        for (int level = 0; level < 5; level++)
            course.reach.people[level][rank].standing = ESC_VACANT;
    }
    act(ESC_ARM, 0, 0);
    forget();
    course.now_us += 40 * MIN;
    act(ESC_TICK, 0, 0);
    assert_script("+40m LEVEL_UP SILENCE 1.0 missed 2; +40m NOTIFY SILENCE 1.0.0 missed 2; ");
    assert_int_equal(course.turn.effects[0].late_us, 35 * MIN);
    pass(3);
    assert_script("+41m LEVEL_UP SILENCE 2.0; +41m NOTIFY SILENCE 2.0.0; +42m LEVEL_UP SILENCE 3.0; "
                  "+42m NOTIFY SILENCE 3.0.0; +43m HEADQUARTERS SILENCE 4.0; +43m NOTIFY SILENCE 4.0.0; ");
}

static void test_missed_reminders_of_one_person_are_one_with_a_count(void **state)
{
    course.policy.levels[0].contact_after_s = 30;
    act(ESC_ARM, 0, 0);
    forget();
    course.now_us += 2 * MIN;
    act(ESC_TICK, 0, 0);
    assert_script("+2m NOTIFY NEXT_CONTACT 0.0.1 missed 3; ");
    assert_int_equal(course.turn.after.due_us, NIGHT + 2 * MIN + MIN / 2);
}

static void test_what_is_taken_back_within_a_minute_does_not_jump_a_level(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, 0, 0);
    course.reach.people[0][0].standing = course.reach.people[0][1].standing = ESC_AWAY;
    course.reach.people[0][2].standing = ESC_VACANT;
    forget();
    act(ESC_ACK_EXPIRED, 0, 0);
    assert_script("");
    pass(1);
    assert_script("+1m LEVEL_UP CAME_BACK 1.0; +1m NOTIFY CAME_BACK 1.0.0; ");
}

static void test_a_clock_set_back_does_not_turn_time_back(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(3);
    act(ESC_READ, 0, 0);
    course.now_us = NIGHT - 60 * MIN;
    act(ESC_DELIVERED, 0, 0);
    assert_int_equal(course.turn.after.clock_us, NIGHT + 3 * MIN);
    assert_int_equal(act(ESC_TICK, 0, 0), ESC_EARLY);
}

static void test_a_light_matter_waits_for_the_hall_to_open(void **state)
{
    course.policy = *escalation_policy_default(ESC_UPWARD, SEVERITY(S1));
    act(ESC_ARM, 0, 0);
    assert_script("");
    assert_int_equal(course.turn.after.phase, ESC_WAITING);
    pass(31 * 60);
    // Monday 08:30, 54 and 78 minutes after midnight's 22:20.
    assert_script("+1820m NOTIFY FIRST 0.0.0; +1844m NOTIFY NEXT_CONTACT 0.0.1; ");
}

static void test_the_preview_is_what_happens(void **state)
{
    struct escalation_forecast lines[64];
    int count = escalation_forecast(&course.facts, NIGHT, lines, 64);
    for (int i = 0; i < count; i++)
        write_down(lines[i].at_us, &lines[i].effect);
    char preview[sizeof course.script];
    strcpy(preview, course.script);
    forget();
    act(ESC_ARM, 0, 0);
    pass(75);
    assert_string_equal(preview, course.script);
}

static void test_a_tick_of_an_earlier_generation_is_stale_even_when_it_is_due(void **state)
{
    act(ESC_ARM, 0, 0);
    uint32_t generation = course.turn.after.generation;
    act(ESC_DELIVERED, 0, 0);
    course.now_us += 10 * MIN;
    assert_int_equal(happen((struct escalation_event){.act = ESC_TICK, .generation = generation}), ESC_STALE);
}

static void test_a_late_answer_comes_back_to_who_gave_it_not_to_who_was_called_last(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(16);
    act(ESC_ACKNOWLEDGE, 0, 1);
    forget();
    pass(30);
    assert_script("+46m NOTIFY CAME_BACK 0.1.0; ");
}

static void test_a_snooze_takes_the_answer_back(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_ACKNOWLEDGE, 0, 0);
    happen((struct escalation_event){.act = ESC_SNOOZE, .until_us = NIGHT + 5 * MIN});
    assert_false(course.turn.after.flags & ESC_WAS_ANSWERED);
}

static void test_who_refused_gets_no_other_notice_while_the_next_level_waits(void **state)
{
    course.reach.people[0][1].standing = course.reach.people[0][2].standing = ESC_VACANT;
    act(ESC_ARM, 0, 0);
    forget();
    act(ESC_REFUSE, 0, 0);
    happen((struct escalation_event){.act = ESC_BOUNCED, .contact = 0});
    assert_script("");
    pass(1);
    assert_script("+1m LEVEL_UP REFUSED 1.0; +1m NOTIFY REFUSED 1.0.0; ");
    pass(5);
    assert_non_null(strstr(course.script, "+6m DEPUTY SILENCE 1.1; "));
}

static void test_a_bounce_is_not_held_against_the_deputy(void **state)
{
    act(ESC_ARM, 0, 0);
    happen((struct escalation_event){.act = ESC_BOUNCED, .contact = 0});
    pass(5);
    forget();
    pass(4);
    assert_script("+7m NOTIFY NEXT_CONTACT 0.1.1; +9m NOTIFY NEXT_CONTACT 0.1.0; ");
}

static void test_there_are_as_many_rounds_as_the_policy_says(void **state)
{
    course.policy.rounds = 2;
    act(ESC_ARM, 0, 0);
    int rounds = 0;
    while (course.turn.after.phase != ESC_EXHAUSTED) {
        forget();
        pass(1);
        rounds += strstr(course.script, "NEXT_ROUND") != NULL;
    }
    assert_int_equal(rounds, 2);
}

static void test_who_could_not_be_reached_is_tried_again_in_the_next_round(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_UNREACHABLE, 0, 0);
    pass(74.5);
    forget();
    pass(1);
    assert_script("+75m NOTIFY NEXT_ROUND 0.0.0; ");
}

static void test_a_round_whose_first_level_is_empty_says_so(void **state)
{
    act(ESC_ARM, 0, 0);
    pass(79);
    memset(course.reach.people[0], 0, sizeof course.reach.people[0]);
    forget();
    pass(1);
    assert_script("+80m GAP IS_VACANT 0.0; +80m LEVEL_UP NEXT_ROUND 1.0; +80m NOTIFY NEXT_ROUND 1.0.0; ");
}

static void test_handing_it_down_is_no_level_up_and_asks_even_who_refused(void **state)
{
    act(ESC_ARM, 0, 0);
    act(ESC_REFUSE, 0, 0);
    act(ESC_ESCALATE, ESC_OUTSIDE, 0);
    forget();
    act(ESC_HANDED_OVER, 0, 0);
    assert_script("+0m NOTIFY HANDED 0.0.0; ");
}

// Every state and event that could be decoded is taken: no crash, the same answer twice, due when armed only.
static void test_any_bytes_are_taken(void **state)
{
    srand(4);
    for (int round = 0; round < 200000; round++) {
        struct escalation s;
        struct escalation_event event;
        struct escalation_turn other;
        for (size_t i = 0; i < sizeof s; i++)
            ((unsigned char *)&s)[i] = (unsigned char)(rand() >> 4);
        for (size_t i = 0; i < sizeof event; i++)
            ((unsigned char *)&event)[i] = (unsigned char)(rand() >> 4);
        for (size_t i = 0; i < sizeof course.reach && round % 4 == 0; i++)
            ((unsigned char *)&course.reach)[i] = (unsigned char)(rand() >> 4);
        s.phase %= 9;
        event.act = event.act % ESC_ACT_END;
        event.generation = s.generation;
        s.level = round % 2 ? s.level % 8 : s.level;
        event.level = s.level;
        course.policy.hours = round % 3 ? ESC_ALWAYS : ESC_OFFICE_HOURS;
        course.policy.level_count = (uint8_t)(rand() % 12);
        course.policy.levels[rand() % 8].ranks = (uint8_t)rand();
        course.policy.levels[rand() % 8].contact_after_s = rand() - RAND_MAX / 2;
        int64_t now_us = round % 5 ? NIGHT : event.until_us;
        escalation_step(&s, &course.facts, &event, now_us, &course.turn);
        escalation_step(&s, &course.facts, &event, now_us, &other);
        assert_memory_equal(&other.after, &course.turn.after, sizeof other.after);
        assert_in_range(course.turn.count, 0, ESC_EFFECTS_MOST - 1);
        if (course.turn.verdict == ESC_CHANGED) {
            int phase = course.turn.after.phase;
            bool is_armed = phase >= ESC_CALLING && phase <= ESC_HELD;
            assert_int_equal(course.turn.after.due_us != ESC_NEVER, is_armed);
        } else
            assert_memory_equal(&course.turn.after.due_us, &s.due_us, sizeof s.due_us);
    }
}

static void test_every_word_is_there_and_unknown_ones_are_empty(void **state)
{
    for (int i = 0; i < ESC_ACT_END; i++)
        assert_true(strlen(escalation_act_word(i)) > 0);
    for (int i = 0; i <= ESC_EXHAUSTED; i++)
        assert_true(strlen(escalation_phase_word(i)) > 0);
    for (int i = 1; i < ESC_WHY_END; i++)
        assert_true(strlen(escalation_why_word(i)) > 0);
    assert_string_equal(escalation_effect_word(ESC_SETTLED), "SETTLED");
    assert_string_equal(escalation_effect_word(ESC_SETTLED + 1), "");
    assert_string_equal(escalation_why_word(-1), "");
    assert_string_equal(escalation_why_word(ESC_WHY_END), "");
}

#define T(test) cmocka_unit_test_setup(test, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_silence_goes_from_contact_to_contact_then_to_the_deputy),
        T(test_one_contact_point_is_reminded),
        T(test_three_silent_ranks_raise_it_one_level),
        T(test_nobody_at_the_top_goes_to_the_headquarters_line_then_turns_red),
        T(test_a_policy_that_gives_up_stays_red),
        T(test_an_acknowledgement_silences_a_late_tick),
        T(test_an_acknowledgement_runs_out_and_comes_back_to_who_gave_it),
        T(test_an_acceptance_does_not_run_out),
        T(test_an_acknowledgement_that_is_taken_back_calls_again),
        T(test_reading_is_not_answering),
        T(test_a_refusal_goes_to_the_deputy_at_once),
        T(test_who_refused_is_not_asked_in_the_next_round),
        T(test_a_refusal_after_accepting_opens_it_again),
        T(test_the_refusal_of_a_deputy_who_was_not_asked_passes_him_over),
        T(test_a_bounce_goes_to_the_next_contact_then_to_the_deputy),
        T(test_a_dead_mail_server_does_not_burst_through_the_levels),
        T(test_nobody_who_could_be_notified_is_red_at_once),
        T(test_an_empty_level_is_said_and_passed),
        T(test_a_declared_absence_hands_it_to_the_deputy_at_once),
        T(test_an_absence_of_who_holds_it_takes_it_from_him),
        T(test_an_absence_registered_meanwhile_is_seen_at_the_next_contact),
        T(test_handing_over_calls_the_other_who_must_answer_himself),
        T(test_by_hand_it_goes_one_level_up),
        T(test_a_snooze_ends_and_is_never_longer_than_allowed),
        T(test_nothing_wakes_what_was_stopped),
        T(test_what_is_stopped_before_it_was_armed_is_never_armed),
        T(test_an_early_tick_does_nothing),
        T(test_lateness_does_not_add_up),
        T(test_after_an_outage_reminders_are_one_and_levels_come_a_minute_apart),
        T(test_missed_reminders_of_one_person_are_one_with_a_count),
        T(test_what_is_taken_back_within_a_minute_does_not_jump_a_level),
        T(test_a_clock_set_back_does_not_turn_time_back),
        T(test_a_light_matter_waits_for_the_hall_to_open),
        T(test_the_preview_is_what_happens),
        T(test_a_tick_of_an_earlier_generation_is_stale_even_when_it_is_due),
        T(test_a_late_answer_comes_back_to_who_gave_it_not_to_who_was_called_last),
        T(test_a_snooze_takes_the_answer_back),
        T(test_who_refused_gets_no_other_notice_while_the_next_level_waits),
        T(test_a_bounce_is_not_held_against_the_deputy),
        T(test_there_are_as_many_rounds_as_the_policy_says),
        T(test_who_could_not_be_reached_is_tried_again_in_the_next_round),
        T(test_a_round_whose_first_level_is_empty_says_so),
        T(test_handing_it_down_is_no_level_up_and_asks_even_who_refused),
        T(test_any_bytes_are_taken),
        T(test_every_word_is_there_and_unknown_ones_are_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
