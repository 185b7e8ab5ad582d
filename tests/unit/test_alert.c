// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/codec/alert.h"
#include "tests/support/cmocka_all.h"

// As prometheus-alertmanager 0.25.0 sends it, one alert firing and one resolved.
static const char captured[] =
    "{\"receiver\":\"sokuo\",\"status\":\"firing\",\"alerts\":[{\"status\":\"firing\",\"labels\":{"
    "\"alertname\":"
    "\"DiskFull\",\"instance\":\"db1:9100\",\"severity\":\"critical\"},\"annotations\":{\"summary\":"
    "\"db1 の空き容量がありません\",\"description\":\"/var は残り 1%\\n至急\"},\"startsAt\":"
    "\"2026-11-23T05:12:29.123456789Z\",\"endsAt\":\"0001-01-01T00:00:00Z\",\"generatorURL\":"
    "\"http://prom:9090/graph?g0.expr=x\",\"fingerprint\":\"c0ffee0123456789\"},{\"status\":\"resolved\","
    "\"labels\":{\"alertname\":\"Ping\",\"instance\":\"gw1\"},\"annotations\":{},\"startsAt\":"
    "\"2026-11-23T14:00:00+09:00\",\"endsAt\":\"2026-11-23T05:10:00Z\",\"generatorURL\":\"\",\"fingerprint\":"
    "\"deadbeef00000000\"}],\"groupLabels\":{},\"commonLabels\":{},\"commonAnnotations\":{},\"externalURL\":"
    "\"http://am:9093\",\"version\":\"4\",\"groupKey\":\"{}:{}\",\"truncatedAlerts\":3}";

static struct call call;

static int begin(void **state)
{
    call_begin(&call, NULL, 0);
    return 0;
}

static int end(void **state)
{
    call_end(&call);
    return 0;
}

static const char *label_of(const struct alert *alert, const char *name)
{
    for (size_t i = 0; i < alert->label_count; i++) {
        if (strcmp(alert->labels[i]->name, name) == 0)
            return alert->labels[i]->value;
    }
    return NULL;
}

static enum err read_alertmanager(const char *body, struct alert_batch *ret_batch)
{
    return alertmanager_read(&call, body, strlen(body), ret_batch);
}

static void test_a_captured_alertmanager_body_is_read(void **state)
{
    struct alert_batch batch;
    assert_int_equal(read_alertmanager(captured, &batch), ERR_OK);
    assert_int_equal(batch.count, 2);
    assert_int_equal(batch.truncated, 3);
    const struct alert *disk = &batch.alerts[0], *ping = &batch.alerts[1];
    assert_int_equal(disk->action, ALERT_FIRING);
    assert_string_equal(disk->title, "db1 の空き容量がありません");
    assert_string_equal(disk->description, "/var は残り 1%\n至急");
    assert_string_equal(disk->severity, "critical");
    assert_string_equal(disk->key, "c0ffee0123456789/2026-11-23T05:12:29.123456789Z");
    assert_string_equal(disk->source_url, "http://prom:9090/graph?g0.expr=x");
    assert_int_equal(disk->started_at_us, 1795410749123456);
    assert_int_equal(disk->ended_at_us, ALERT_TIME_UNKNOWN);
    assert_string_equal(label_of(disk, "instance"), "db1:9100");
    assert_non_null(strstr(disk->raw, "DiskFull"));
    assert_null(strstr(disk->raw, "Ping"));
    assert_int_equal(ping->action, ALERT_RESOLVED);
    assert_string_equal(ping->title, "Ping (gw1)");
    assert_string_equal(ping->source_url, "http://am:9093");
    assert_int_equal(ping->started_at_us, 1795410000000000);
    assert_int_equal(ping->ended_at_us, 1795410600000000);
}

static void test_grafanas_superset_is_read(void **state)
{
    struct alert_batch batch;
    static const char body[] =
        "{\"receiver\":\"r\",\"status\":\"firing\",\"orgId\":1,\"title\":\"[FIRING:1]\",\"state\":"
        "\"alerting\","
        "\"message\":\"m\",\"version\":\"1\",\"alerts\":[{\"status\":\"firing\",\"labels\":{\"alertname\":"
        "\"T\"},"
        "\"annotations\":{\"summary\":\"s\"},\"startsAt\":\"2026-11-23T05:12:29.1Z\",\"fingerprint\":\"f\","
        "\"values\":{\"B\":22.5},\"valueString\":\"x\",\"silenceURL\":\"https://g/s\",\"dashboardURL\":\"\","
        "\"panelURL\":\"https://g/p\",\"imageURL\":null}]}";
    assert_int_equal(read_alertmanager(body, &batch), ERR_OK);
    assert_string_equal(batch.alerts[0].source_url, "https://g/p");
    assert_null(batch.alerts[0].raw);
}

static void test_what_is_no_alertmanager_body_is_told(void **state)
{
    static const struct {
        const char *body, *says;
    } bad[] = {
        {"", "not JSON"},
        {"{\"alerts\":", "not JSON"},
        {"\"x\"", "not JSON"},
        {"[]", "alerts"},
        {"{}", "alerts"},
        {"{\"alerts\":[1]}", "alerts[0]"},
        {"{\"alerts\":[{\"status\":\"what\"}]}", "alerts[0].status"},
        {"{\"alerts\":[{\"status\":\"firing\",\"labels\":{\"a\":\"\\u0000\"}}]}", "not JSON"},
        {"{\"alerts\":[{\"status\":\"firing\",\"labels\":{\"a\":\"\xff\"}}]}", "not JSON"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct alert_batch batch;
        assert_int_equal(read_alertmanager(bad[i].body, &batch), ERR_INVALID_ARGUMENT);
        assert_non_null(strstr(call.error_en, bad[i].says));
        call_clear_error(&call);
    }
}

static void test_a_bomb_of_containers_is_refused_before_it_is_parsed(void **state)
{
    size_t len = 500 * 1024;
    char *body = malloc(len);
    memset(body, '[', len);
    struct alert_batch batch;
    assert_int_equal(alertmanager_read(&call, body, len, &batch), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_reason, "TOO_COMPLEX");
    for (size_t i = 0; i + 2 < len; i += 3)
        memcpy(body + i, "{},", 3);
    body[0] = '[';
    assert_int_equal(alertmanager_read(&call, body, len, &batch), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_reason, "TOO_COMPLEX");
    free(body);
}

static void test_brackets_in_texts_do_not_count(void **state)
{
    char body[4000] = "{\"alerts\":[{\"status\":\"firing\",\"labels\":{\"a\":\"\\\"";
    memset(body + strlen(body), '[', 1000);
    strcat(body, "\\\\\"}}]}");
    struct alert_batch batch;
    assert_int_equal(read_alertmanager(body, &batch), ERR_OK);
}

static void test_alerts_beyond_the_limit_count_as_truncated(void **state)
{
    struct buf body = buf_in(&call.arena);
    buf_puts(&body, "{\"status\":\"firing\",\"alerts\":[");
    for (int i = 0; i < ALERTS_MOST + 7; i++)
        buf_printf(&body, "%s{\"fingerprint\":\"%d\"}", i ? "," : "", i);
    buf_puts(&body, "],\"truncatedAlerts\":5}");
    struct alert_batch batch;
    assert_int_equal(alertmanager_read(&call, body.data, body.len, &batch), ERR_OK);
    assert_int_equal(batch.count, ALERTS_MOST);
    assert_int_equal(batch.truncated, 12);
}

static void test_texts_are_cut_by_characters_and_lose_their_control_characters(void **state)
{
    assert_string_equal(alert_line(&call, "あいう", 2), "あい");
    assert_string_equal(alert_line(&call,
                                   "a\nb\x01"
                                   "c\x7f",
                                   10),
                        "a b c ");
    assert_string_equal(alert_text(&call, "a\nb\x1b[31m", 10), "a\nb [31m");
    assert_string_equal(alert_line(&call, NULL, 10), "");
}

static void test_only_web_addresses_become_links(void **state)
{
    assert_string_equal(alert_url(&call, "https://a/b?c=d"), "https://a/b?c=d");
    assert_string_equal(alert_url(&call, "javascript:alert(1)"), "");
    assert_string_equal(alert_url(&call, "//evil"), "");
    assert_string_equal(alert_url(&call, NULL), "");
}

static int64_t time_of(const char *json)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    int64_t us = alert_time(value);
    json_decref(value);
    return us;
}

static void test_times_are_read_in_the_forms_sources_use(void **state)
{
    assert_int_equal(time_of("\"2026-11-23T05:12:29Z\""), 1795410749000000);
    assert_int_equal(time_of("\"2026-11-23T14:12:29.5+09:00\""), 1795410749500000);
    assert_int_equal(time_of("1795410749"), 1795410749000000);
    assert_int_equal(time_of("1795410749500"), 1795410749500000);
    static const char *const none[] = {"\"0001-01-01T00:00:00Z\"",
                                       "\"soon\"",
                                       "\"2026-11-23\"",
                                       "0",
                                       "-5",
                                       "1e300",
                                       "\"2026-13-23T05:12:29Z\"",
                                       "\"2026-11-23T05:12:29\"",
                                       "null",
                                       "{}",
                                       "\"2026-11-23T05:12:29+9:00\"",
                                       "\"2026-11-23T05:12:29Zjunk\""};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_int_equal(time_of(none[i]), ALERT_TIME_UNKNOWN);
}

static enum err read_pagerduty(const char *body, struct alert *ret_alert, struct alert_errors *ret_errors)
{
    const char *routing_key;
    return pagerduty_read(&call, body, strlen(body), ret_alert, &routing_key, ret_errors);
}

static void test_alertmanagers_pagerduty_event_is_read(void **state)
{
    struct alert alert;
    struct alert_errors errors;
    const char *routing_key;
    static const char body[] =
        "{\"routing_key\":\"0123456789abcdef0123456789abcdef\",\"dedup_key\":\"5b7e\",\"event_action\":"
        "\"trigger\","
        "\"payload\":{\"summary\":\"[FIRING:1] DiskFull\",\"source\":\"Alertmanager\",\"severity\":\"error\","
        "\"custom_details\":{\"firing\":\"Labels:\\n - a = b\",\"num_firing\":\"1\",\"num_resolved\":\"0\","
        "\"resolved\":\"\"}},\"client\":\"Alertmanager\",\"client_url\":\"http://am:9093/#/alerts\"}";
    assert_int_equal(pagerduty_read(&call, body, strlen(body), &alert, &routing_key, &errors), ERR_OK);
    assert_string_equal(routing_key, "0123456789abcdef0123456789abcdef");
    assert_int_equal(alert.action, ALERT_FIRING);
    assert_string_equal(alert.key, "5b7e");
    assert_string_equal(alert.title, "[FIRING:1] DiskFull");
    assert_string_equal(alert.severity, "error");
    assert_string_equal(alert.description, "firing: Labels:\n - a = b\nnum_firing: 1\nnum_resolved: 0");
    assert_string_equal(label_of(&alert, "source"), "Alertmanager");
    assert_string_equal(alert.source_url, "http://am:9093/#/alerts");
}

static void test_invalid_pagerduty_events_are_answered_in_its_manner(void **state)
{
    static const struct {
        const char *body, *says;
    } bad[] = {
        {"{}", "'event_action' is missing or blank"},
        {"{\"event_action\":\"explode\"}",
         "'event_action' is invalid (must be one of the following: 'trigger', "
         "'acknowledge' or 'resolve')"},
        {"{\"event_action\":\"resolve\"}", "'dedup_key' is missing or blank"},
        {"{\"event_action\":\"acknowledge\",\"dedup_key\":\"\"}", "'dedup_key' is missing or blank"},
        {"{\"event_action\":\"trigger\"}", "'payload' is missing or blank"},
        {"{\"event_action\":\"trigger\",\"payload\":{\"source\":\"s\",\"severity\":\"error\"}}",
         "'payload.summary' is missing or blank"},
        {"{\"event_action\":\"trigger\",\"payload\":{\"summary\":\"s\",\"severity\":\"error\"}}",
         "'payload.source' is missing or blank"},
        {"{\"event_action\":\"trigger\",\"payload\":{\"summary\":\"s\",\"source\":\"s\",\"severity\":\"bad\"}"
         "}",
         "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or "
         "'info')"},
        {"{\"event_action\":\"resolve\",\"dedup_key\":7}", "'dedup_key' is invalid (must be a string)"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct alert alert;
        struct alert_errors errors;
        assert_int_equal(read_pagerduty(bad[i].body, &alert, &errors), ERR_INVALID_ARGUMENT);
        assert_string_equal(errors.texts[0], bad[i].says);
    }
    struct alert alert;
    struct alert_errors errors;
    assert_int_equal(read_pagerduty("{\"event_action\":\"trigger\",\"payload\":{}}", &alert, &errors),
                     ERR_INVALID_ARGUMENT);
    assert_int_equal(errors.count, 3);
}

static void test_lengths_of_pagerduty_events_are_held(void **state)
{
    struct alert alert;
    struct alert_errors errors;
    char long_text[1100];
    memset(long_text, 'k', sizeof long_text);
    const char *key =
        call_printf(&call, "{\"event_action\":\"resolve\",\"dedup_key\":\"%.*s\"}", 256, long_text);
    assert_int_equal(read_pagerduty(key, &alert, &errors), ERR_INVALID_ARGUMENT);
    key = call_printf(&call, "{\"event_action\":\"resolve\",\"dedup_key\":\"%.*s\"}", 255, long_text);
    assert_int_equal(read_pagerduty(key, &alert, &errors), ERR_OK);
    static const char form[] =
        "{\"event_action\":\"trigger\",\"payload\":{\"summary\":\"%.*s\",\"source\":\"s\","
        "\"severity\":\"info\"}}";
    assert_int_equal(read_pagerduty(call_printf(&call, form, 1024, long_text), &alert, &errors), ERR_OK);
    assert_int_equal(read_pagerduty(call_printf(&call, form, 1025, long_text), &alert, &errors),
                     ERR_INVALID_ARGUMENT);
}

static void test_a_trigger_without_a_key_gets_one_that_a_retry_gets_too(void **state)
{
    struct alert first, again, other;
    struct alert_errors errors;
    static const char form[] =
        "{\"event_action\":\"trigger\",\"payload\":{\"summary\":\"%s\",\"source\":\"s\","
        "\"severity\":\"info\"}}";
    assert_int_equal(read_pagerduty(call_printf(&call, form, "x"), &first, &errors), ERR_OK);
    assert_int_equal(read_pagerduty(call_printf(&call, form, "x"), &again, &errors), ERR_OK);
    assert_int_equal(read_pagerduty(call_printf(&call, form, "y"), &other, &errors), ERR_OK);
    assert_int_equal(strlen(first.key), 32);
    assert_string_equal(first.key, again.key);
    assert_string_not_equal(first.key, other.key);
}

static Sokuo__V1__HookMapping zabbix(Sokuo__V1__Label **labels, Sokuo__V1__Label **severities)
{
    Sokuo__V1__HookMapping mapping = SOKUO__V1__HOOK_MAPPING__INIT;
    static char items[] = "/events", title[] = "/event/name", key[] = "/event/id", severity[] = "/event/sev",
                resolved[] = "/event/value", over[] = "0", started[] = "/event/clock";
    mapping.items = items;
    mapping.title = title;
    mapping.dedup_key = key;
    mapping.severity = severity;
    mapping.severity_values = severities;
    mapping.n_severity_values = 1;
    mapping.resolved = resolved;
    mapping.resolved_value = over;
    mapping.started_at = started;
    mapping.labels = labels;
    mapping.n_labels = 1;
    return mapping;
}

static void test_a_mapping_finds_every_part(void **state)
{
    Sokuo__V1__Label host = SOKUO__V1__LABEL__INIT, high = SOKUO__V1__LABEL__INIT;
    static char host_name[] = "host", host_at[] = "/hosts/0", five[] = "5", s4[] = "S4";
    host.name = host_name;
    host.value = host_at;
    high.name = five;
    high.value = s4;
    Sokuo__V1__Label *labels[] = {&host}, *severities[] = {&high};
    Sokuo__V1__HookMapping mapping = zabbix(labels, severities);
    assert_int_equal(hook_mapping_check(&call, &mapping), ERR_OK);
    static const char body[] =
        "{\"events\":[{\"event\":{\"name\":\"CPU\",\"id\":42,\"sev\":5,\"value\":1,\"clock\":1795410749},"
        "\"hosts\":"
        "[\"web1\"]},{\"event\":{\"name\":\"CPU\",\"id\":42,\"sev\":\"odd\",\"value\":0}},{\"other\":true}]}";
    struct alert_batch batch;
    assert_int_equal(hook_read(&call, &mapping, body, strlen(body), &batch), ERR_OK);
    assert_int_equal(batch.count, 3);
    assert_string_equal(batch.alerts[0].title, "CPU");
    assert_string_equal(batch.alerts[0].key, "42");
    assert_string_equal(batch.alerts[0].severity, "S4");
    assert_int_equal(batch.alerts[0].action, ALERT_FIRING);
    assert_int_equal(batch.alerts[0].started_at_us, 1795410749000000);
    assert_string_equal(label_of(&batch.alerts[0], "host"), "web1");
    assert_int_equal(batch.alerts[1].action, ALERT_RESOLVED);
    assert_string_equal(batch.alerts[1].severity, "odd");
    assert_string_equal(batch.alerts[2].title, "{\"other\":true}");
    assert_int_equal(hook_read(&call, &mapping, "{}", 2, &batch), ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(call.error_en, "/events"));
}

static void test_a_hook_without_mapping_takes_the_plain_form(void **state)
{
    Sokuo__V1__HookMapping none = SOKUO__V1__HOOK_MAPPING__INIT;
    struct alert_batch batch;
    static const char body[] = "{\"title\":\"UPS\",\"severity\":\"critical\",\"status\":\"Resolved\"}";
    assert_int_equal(hook_read(&call, &none, body, strlen(body), &batch), ERR_OK);
    assert_int_equal(batch.count, 1);
    assert_string_equal(batch.alerts[0].title, "UPS");
    assert_string_equal(batch.alerts[0].key, "title:UPS");
    assert_int_equal(batch.alerts[0].action, ALERT_RESOLVED);
}

static void test_a_mapping_with_a_bad_pointer_is_refused_by_name(void **state)
{
    Sokuo__V1__HookMapping mapping = SOKUO__V1__HOOK_MAPPING__INIT;
    static char title[] = "title";
    mapping.title = title;
    assert_int_equal(hook_mapping_check(&call, &mapping), ERR_INVALID_ARGUMENT);
    assert_string_equal(call.error_field, "mapping.title");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    static const struct CMUnitTest tests[] = {
        TEST(test_a_captured_alertmanager_body_is_read),
        TEST(test_grafanas_superset_is_read),
        TEST(test_what_is_no_alertmanager_body_is_told),
        TEST(test_a_bomb_of_containers_is_refused_before_it_is_parsed),
        TEST(test_brackets_in_texts_do_not_count),
        TEST(test_alerts_beyond_the_limit_count_as_truncated),
        TEST(test_texts_are_cut_by_characters_and_lose_their_control_characters),
        TEST(test_only_web_addresses_become_links),
        TEST(test_times_are_read_in_the_forms_sources_use),
        TEST(test_alertmanagers_pagerduty_event_is_read),
        TEST(test_invalid_pagerduty_events_are_answered_in_its_manner),
        TEST(test_lengths_of_pagerduty_events_are_held),
        TEST(test_a_trigger_without_a_key_gets_one_that_a_retry_gets_too),
        TEST(test_a_mapping_finds_every_part),
        TEST(test_a_hook_without_mapping_takes_the_plain_form),
        TEST(test_a_mapping_with_a_bad_pointer_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
