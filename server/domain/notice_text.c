// SPDX-License-Identifier: Apache-2.0
#include "server/domain/notice_text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "server/domain/words.h"

#define JST_S 32400
#define LINES_MOST 3
#define FIRST_LINE_MOST 120 // bytes of the text in a subject
#define SHORT_TEXT_MOST 240 // and in a short message
#define BODY_TEXT_MOST 2400 // and in a body
#define BACKOFF_MOST_US (INT64_C(300) * 1000000)
#define DIGEST_LINES_MOST 200 // a digest is a list

// Text under way: what does not fit is left out at a character's end.
struct out {
    char *at;
    size_t room; // with the NUL
};

static struct out begin(char *at, size_t room)
{
    *at = '\0';
    return (struct out){at, room};
}

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

static void put(struct out *out, const char *text, size_t len)
{
    assert(out->room > 0);
    if (len >= out->room) {
        len = out->room - 1;
        while (len > 0 && is_tail(text[len]))
            len--;
    }
    memcpy(out->at, text, len);
    out->at += len;
    out->room -= len;
    *out->at = '\0';
}

static void say(struct out *out, const char *text)
{
    put(out, text, strlen(text));
}

// Of two texts the one in the reader's language.
static const char *in(const struct notice_facts *f, const char *ja, const char *en)
{
    return f->in_english ? en : ja;
}

// As say, with arguments that serve both texts.
static void sayf(struct out *out, const struct notice_facts *f, const char *ja, const char *en, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
static void sayf(struct out *out, const struct notice_facts *f, const char *ja, const char *en, ...)
{
    char text[512] = "";
    va_list args;
    va_start(args, en);
    // NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): the line above did it
    (void)vsnprintf(text, sizeof text, f->in_english ? en : ja, args);
    va_end(args);
    say(out, text);
}

// At most so many lines and bytes; line breaks become `between`, control characters blanks.
static void say_lines(struct out *out, const char *text, int lines, size_t most, const char *between)
{
    struct out part = {out->at, out->room < most ? out->room : most};
    const char *begin = out->at;
    bool is_cut = false;
    while (lines > 0 && *text) {
        size_t len = strcspn(text, "\r\n");
        const char *rest = text + len + strspn(text + len, "\r\n");
        is_cut = len >= part.room;
        put(&part, text, len);
        text = rest;
        if (--lines > 0 && *text)
            say(&part, between);
    }
    out->room -= (size_t)(part.at - begin);
    for (char *c = out->at; c < part.at; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n')
            *c = ' ';
    out->at = part.at;
    if (is_cut || *text)
        say(out, "…");
}

bool notice_is_closed(const struct notice_facts *f)
{
    return *f->number && (f->confidentiality == 0 || f->confidentiality >= CLASS(RESTRICTED));
}

static void say_mark(struct out *out, const struct notice_facts *f)
{
    if (f->mode == MODE(EXERCISE))
        say(out, in(f, "【訓練】", "[EXERCISE] "));
    else if (f->mode == MODE(TEST))
        say(out, in(f, "【動作試験】", "[TEST] "));
    if (f->attempts > 1)
        say(out, in(f, "(再送)", "(sent again) "));
}

static void say_severity(struct out *out, const struct notice_facts *f)
{
    if (f->severity >= SEVERITY(S0) && !notice_is_closed(f))
        sayf(out, f, "【S%d】", "[S%d] ", f->severity - SEVERITY(S0));
}

static const char *kind_word(const struct notice_facts *f)
{
    switch (f->kind) {
    case NOTICE_ORDER:
        return in(f, "指示", "order");
    case NOTICE_CALL:
        return in(f, "呼出", "call");
    case NOTICE_TEST:
        return in(f, "送信試験", "test message");
    case NOTICE_DIGEST:
        return in(f, "未送信の通知のまとめ", "digest of messages");
    case NOTICE_ALARM:
        return in(f, "即応の警報", "alarm of Sokuo itself");
    default:
        return in(f, "連絡体制の不備", "gaps in who can be reached");
    }
}

// What it is about: mark, severity, number, kind.
static void say_head(struct out *out, const struct notice_facts *f)
{
    say_mark(out, f);
    say_severity(out, f);
    if (*f->number)
        sayf(out, f, "%s ", "%s ", f->number);
    say(out, kind_word(f));
}

static bool has_text_in_head(const struct notice_facts *f)
{
    return !notice_is_closed(f) && *f->text && f->kind <= NOTICE_CALL;
}

void notice_subject(const struct notice_facts *f, char out[NOTICE_SUBJECT_SIZE])
{
    struct out o = begin(out, NOTICE_SUBJECT_SIZE);
    say_head(&o, f);
    if (!has_text_in_head(f))
        return;
    say(&o, ": ");
    say_lines(&o, f->text, 1, FIRST_LINE_MOST, "");
}

void notice_short(const struct notice_facts *f, char out[NOTICE_SHORT_SIZE])
{
    struct out o = begin(out, NOTICE_SHORT_SIZE);
    say_head(&o, f);
    if (f->kind == NOTICE_TEST || f->kind == NOTICE_ALARM || has_text_in_head(f)) {
        say(&o, ": ");
        say_lines(&o, f->text, LINES_MOST, SHORT_TEXT_MOST, " / ");
    } else if (notice_is_closed(f)) {
        say(&o, in(f, "。内容は即応で確認してください", ". Read it in Sokuo"));
    }
}

static void say_time(struct out *out, const struct notice_facts *f, int64_t us)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t at = (time_t)(us / 1000000 + JST_S);
    struct tm tm;
    gmtime_r(&at, &tm);
    char text[64];
    if (f->in_english)
        (void)snprintf(text, sizeof text, "%d %s %02d:%02d JST", tm.tm_mday, months[tm.tm_mon], tm.tm_hour,
                       tm.tm_min);
    else
        (void)snprintf(text, sizeof text, "%d月%d日 %02d:%02d", tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                       tm.tm_min);
    say(out, text);
}

static void say_warnings(struct out *out, const struct notice_facts *f)
{
    if (f->mode == MODE(EXERCISE))
        say(out, in(f, "【訓練】これは訓練です。\n", "[EXERCISE] This is an exercise.\n"));
    else if (f->mode == MODE(TEST))
        say(out, in(f, "【動作試験】これは動作試験です。\n", "[TEST] This is a test of the system.\n"));
    if (f->attempts > 1)
        say(out, in(f, "(再送)同じ通知がすでに届いていることがあります。\n",
                    "(sent again) You may have this message already.\n"));
    if (f->now_us - f->queued_us > NOTICE_STALE_US) {
        say(out, in(f, "遅れて送信: ", "Sent late: it was to go out at "));
        say_time(out, f, f->queued_us);
        say(out, in(f, "に送るはずの通知です。\n", ".\n"));
    }
}

static void say_about(struct out *out, const struct notice_facts *f)
{
    if (notice_is_closed(f)) {
        sayf(out, f, "%s について、%sがあります。内容は即応にログインして確認してください。\n",
             "%s: there is a message for you (%s). Log in to Sokuo to read it.\n", f->number, kind_word(f));
        return;
    }
    if (*f->number) {
        say_severity(out, f);
        sayf(out, f, "%s %s\n\n", "%s %s\n\n", f->number, kind_word(f));
    }
    say_lines(out, f->text, f->kind <= NOTICE_CALL ? LINES_MOST : DIGEST_LINES_MOST, BODY_TEXT_MOST, "\n");
    say(out, "\n");
    if (*f->from)
        sayf(out, f, "\n発信: %s\n", "\nFrom: %s\n", f->from);
}

void notice_body(const struct notice_facts *f, char out[NOTICE_BODY_SIZE])
{
    struct out o = begin(out, NOTICE_BODY_SIZE);
    say_warnings(&o, f);
    say_about(&o, f);
    if (f->due_us != INT64_MIN) {
        say(&o, in(f, "期限: ", "Due: "));
        say_time(&o, f, f->due_us);
        say(&o, "\n");
    }
    if (*f->link) {
        sayf(&o, f, "\n回答はこちら: %s\n", "\nAnswer here: %s\n", f->link);
        sayf(&o, f, "回答は1回、%d時間以内にできます。開いただけでは回答になりません。\n",
             "It works once, within %d hours. Opening it does not answer.\n", NOTICE_LINK_HOURS);
    }
    say(&o, in(f, "\n-- \n即応(自動送信。このメールには返信できません)\n",
               "\n-- \nSokuo (sent automatically; replies are not read)\n"));
}

int64_t notice_backoff_us(int attempts, uint64_t random)
{
    int doubled = attempts < 1 ? 0 : attempts - 1;
    int64_t most_us = doubled >= 9 ? BACKOFF_MOST_US : INT64_C(1000000) << doubled;
    if (most_us > BACKOFF_MOST_US)
        most_us = BACKOFF_MOST_US;
    return (int64_t)(random % (uint64_t)most_us) + 1;
}
