// SPDX-License-Identifier: Apache-2.0
#include "server/notify/template.h"

#include <string.h>

#include "server/domain/words.h"

// Structures as their vendors document them; tests/unit/test_notify_template.c says where.
static const struct template shipped[] = {
    {"mattermost", "application/json", "{\"channel\":\"{{address}}\",\"text\":\"{{text}}\"}"},
    {"slack", "application/json", "{\"text\":\"{{text|slack}}\"}"},
    {"teams", "application/json",
     "{\"type\":\"message\",\"attachments\":[{\"contentType\":\"application/vnd.microsoft.card.adaptive\","
     "\"contentUrl\":null,\"content\":{\"$schema\":\"http://adaptivecards.io/schemas/adaptive-card.json\","
     "\"type\":\"AdaptiveCard\",\"version\":\"1.4\",\"body\":[{\"type\":\"TextBlock\",\"text\":\"{{subject}}"
     "\","
     "\"weight\":\"Bolder\",\"size\":\"Medium\",\"wrap\":true},{\"type\":\"TextBlock\",\"text\":\"{{text}}\","
     "\"wrap\":true}]}}]}"},
    {"lineworks", "application/json", "{\"content\":{\"type\":\"text\",\"text\":\"{{text}}\"}}"},
    {"sms", "application/x-www-form-urlencoded", "To={{number}}&From={{sender}}&Body={{short}}"},
    {"voice", "application/x-www-form-urlencoded",
     "To={{number}}&From={{sender}}&Twiml=%3CResponse%3E%3CSay+language%3D%22ja-JP%22%3E{{brief|xml}}"
     "%3C%2FSay%3E%3CPause%2F%3E%3CSay+language%3D%22ja-JP%22%3E{{brief|xml}}%3C%2FSay%3E%3C%2FResponse%3E"},
    {"generic", "application/json",
     "{\"key\":\"{{key}}\",\"to\":\"{{address}}\",\"name\":\"{{person}}\",\"subject\":\"{{subject}}\","
     "\"text\":\"{{text}}\",\"short\":\"{{brief}}\",\"link\":\"{{link}}\",\"incident\":\"{{incident}}\","
     "\"severity\":\"{{severity}}\",\"mode\":\"{{mode}}\"}"},
};

const struct template *template_shipped(const char *name)
{
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++)
        if (strcmp(shipped[i].name, name) == 0)
            return &shipped[i];
    return NULL;
}

enum template_format template_format(const char *type, const char *body)
{
    if (strstr(type, "json"))
        return TEMPLATE_JSON;
    if (strstr(type, "form-urlencoded"))
        return TEMPLATE_FORM;
    if (*type)
        return TEMPLATE_PLAIN;
    body += strspn(body, " \t\r\n");
    return *body == '{' || *body == '[' ? TEMPLATE_JSON : TEMPLATE_FORM;
}

const char *template_e164(struct call *c, const char *number)
{
    struct buf out = buf_in(&c->arena);
    buf_puts(&out, *number == '0' && number[1] != '0' ? "+81" : "");
    for (const char *at = *number == '0' && number[1] != '0' ? number + 1 : number; *at; at++)
        if ((*at >= '0' && *at <= '9') || (*at == '+' && at == number))
            buf_putc(&out, *at);
    return buf_text(&out);
}

// --- escaping

static void put_json(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char b = (unsigned char)*text;
        if (b == '"' || b == '\\')
            buf_printf(out, "\\%c", b);
        else if (b == '\n')
            buf_puts(out, "\\n");
        else if (b < 0x20)
            buf_printf(out, "\\u%04x", b);
        else
            buf_putc(out, (char)b);
    }
}

static void put_form(struct buf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char b = (unsigned char)*text;
        bool is_safe = (b >= '0' && b <= '9') || ((b | 32) >= 'a' && (b | 32) <= 'z') || strchr("-._~", b);
        if (is_safe)
            buf_putc(out, (char)b);
        else
            buf_printf(out, "%%%02X", b);
    }
}

// Slack's control characters, and XML's.
static const char *escape_entities(struct call *c, const char *text)
{
    struct buf out = buf_in(&c->arena);
    for (; *text; text++) {
        if (*text == '&')
            buf_puts(&out, "&amp;");
        else if (*text == '<')
            buf_puts(&out, "&lt;");
        else if (*text == '>')
            buf_puts(&out, "&gt;");
        else if ((unsigned char)*text >= 0x20 || *text == '\n')
            buf_putc(&out, *text);
    }
    return buf_text(&out);
}

// --- values

static const char *short_with_link(struct call *c, const struct notify_message *m)
{
    return *m->link ? call_printf(c, "%s %s", m->brief, m->link) : m->brief;
}

static const char *severity_word(struct call *c, int severity)
{
    return severity >= SEVERITY(S0) ? call_printf(c, "S%d", severity - SEVERITY(S0)) : "";
}

static const char *mode_word(int mode)
{
    return mode == MODE(EXERCISE) ? "exercise" : mode == MODE(TEST) ? "test" : "real";
}

// NULL: there is no such place.
static const char *value_of(struct call *c, const char *name, const struct notify_channel *channel,
                            const struct notify_message *m)
{
    const struct {
        const char *name, *value;
    } plain[] = {
        {"address", m->address},
        {"person", m->person},
        {"subject", m->subject},
        {"text", m->text},
        {"brief", m->brief},
        {"link", m->link},
        {"key", m->key},
        {"incident", m->number},
        {"sender", channel->sender},
        {"secret", channel->secret},
        {"user", channel->user},
        {"mode", mode_word(m->mode)},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(plain[i].name, name) == 0)
            return plain[i].value;
    if (strcmp(name, "short") == 0)
        return short_with_link(c, m);
    if (strcmp(name, "number") == 0)
        return template_e164(c, m->address);
    return strcmp(name, "severity") == 0 ? severity_word(c, m->severity) : NULL;
}

// One place, without its braces: a name, perhaps with a filter.
static bool put_place(struct call *c, struct buf *out, char *place, enum template_format format,
                      const struct notify_channel *channel, const struct notify_message *m)
{
    char *filter = strchr(place, '|');
    if (filter)
        *filter++ = '\0';
    const char *value = value_of(c, place, channel, m);
    if (!value || (filter && strcmp(filter, "slack") != 0 && strcmp(filter, "xml") != 0))
        return false;
    if (filter)
        value = escape_entities(c, value);
    if (format == TEMPLATE_JSON)
        put_json(out, value);
    else if (format == TEMPLATE_FORM || (format == TEMPLATE_URL && strcmp(place, "secret") != 0))
        put_form(out, value);
    else
        buf_puts(out, value);
    return true;
}

const char *template_fill(struct call *c, const char *body, enum template_format format,
                          const struct notify_channel *channel, const struct notify_message *message,
                          const char **ret_unknown)
{
    struct buf out = buf_in(&c->arena);
    const char *open;
    while ((open = strstr(body, "{{")) != NULL) {
        const char *shut = strstr(open, "}}");
        char *place = arena_strndup(&c->arena, open + 2, shut ? (size_t)(shut - open - 2) : strlen(open + 2));
        buf_put(&out, body, (size_t)(open - body));
        *ret_unknown = arena_strdup(&c->arena, place);
        if (!shut || !put_place(c, &out, place, format, channel, message))
            return NULL;
        body = shut + 2;
    }
    buf_puts(&out, body);
    return buf_text(&out);
}
