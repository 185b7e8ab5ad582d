// SPDX-License-Identifier: Apache-2.0
// Each shipped template against what its vendor documents, with texts that try to break out of it.
#include "tests/support/cmocka_all.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <string.h>

#include "server/base/call.h"
#include "server/domain/words.h"
#include "server/notify/template.h"
#include "server/notify/transfer.h"

#define NASTY "a\"b\\c\n<!channel> & {{secret}} 全端末\x01"

static struct call c;
static const struct notify_channel channel = {.name = "",
                                              .template = "",
                                              .url = "",
                                              .sender = "+815012345678",
                                              .user = "AC1",
                                              .secret = "S3CRET",
                                              .body = "",
                                              .headers = ""};
static const struct notify_message message = {.address = "090-1234-5678",
                                              .person = "佐藤",
                                              .subject = "件名 " NASTY,
                                              .text = NASTY,
                                              .brief = "短文 " NASTY,
                                              .link = "https://s.example.jp/a/x",
                                              .number = "2026-0012",
                                              .key = "k1",
                                              .severity = SEVERITY(S3),
                                              .mode = MODE(EXERCISE)};

static int setup(void **state)
{
    call_begin(&c, NULL, 0);
    return 0;
}

static int teardown(void **state)
{
    call_end(&c);
    return 0;
}

static const char *fill(const char *body, enum template_format format)
{
    const char *unknown = "";
    return template_fill(&c, body, format, &channel, &message, &unknown);
}

static json_t *filled(const char *name)
{
    const struct template *t = template_shipped(name);
    assert_non_null(t);
    assert_string_equal(t->type, "application/json");
    json_t *root = json_loads(fill(t->body, TEMPLATE_JSON), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(root);
    return root;
}

static const char *text_at(json_t *at, const char *key)
{
    const char *text = json_string_value(json_object_get(at, key));
    return text ? text : "";
}

/* Mattermost, "Incoming webhooks" (developers.mattermost.com): "text" is required; "channel" overrides where
 * to. */
static void test_mattermost_gets_text_and_channel(void **state)
{
    json_t *root = filled("mattermost");
    assert_string_equal(text_at(root, "text"), NASTY);
    assert_string_equal(text_at(root, "channel"), "090-1234-5678");
    assert_int_equal(json_object_size(root), 2);
    json_decref(root);
}

/* Slack, "Sending messages using incoming webhooks" and "Formatting message text": "text"; & < > as entities,
   so that
   <!channel> calls nobody. */
static void test_slack_gets_text_with_its_control_characters_escaped(void **state)
{
    json_t *root = filled("slack");
    assert_string_equal(text_at(root, "text"), "a\"b\\c\n&lt;!channel&gt; &amp; {{secret}} 全端末");
    json_decref(root);
}

/* Microsoft, "Create incoming webhooks with Workflows for Microsoft Teams": type "message", attachments with
   contentType application/vnd.microsoft.card.adaptive and content; Adaptive Cards 1.4: type, version, body of
   TextBlocks. */
static void test_teams_gets_a_message_with_an_adaptive_card_1_4(void **state)
{
    json_t *root = filled("teams");
    assert_string_equal(text_at(root, "type"), "message");
    json_t *attachments = json_object_get(root, "attachments"), *card = json_array_get(attachments, 0);
    assert_int_equal(json_array_size(attachments), 1);
    assert_string_equal(text_at(card, "contentType"), "application/vnd.microsoft.card.adaptive");
    json_t *content = json_object_get(card, "content"), *body = json_object_get(content, "body");
    assert_string_equal(text_at(content, "type"), "AdaptiveCard");
    assert_string_equal(text_at(content, "version"), "1.4");
    assert_int_equal(json_array_size(body), 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(text_at(json_array_get(body, i), "type"), "TextBlock");
    assert_string_equal(text_at(json_array_get(body, 1), "text"), NASTY);
    json_decref(root);
}

/* LINE WORKS, Bot API 2.0 "Send message": {"content": {"type": "text", "text": …}}. */
static void test_line_works_gets_a_text_content(void **state)
{
    json_t *root = filled("lineworks"), *content = json_object_get(root, "content");
    assert_string_equal(text_at(content, "type"), "text");
    assert_string_equal(text_at(content, "text"), NASTY);
    assert_int_equal(json_object_size(root), 1);
    json_decref(root);
}

/* Twilio, "Message resource": To and From in E.164 and Body, as a form; other gateways by a body of one's
 * own. */
static void test_sms_is_a_form_with_to_from_and_body(void **state)
{
    const struct template *t = template_shipped("sms");
    assert_string_equal(t->type, "application/x-www-form-urlencoded");
    const char *form = fill(t->body, TEMPLATE_FORM);
    assert_memory_equal(
        form, "To=%2B819012345678&From=%2B815012345678&Body=%E7%9F%AD%E6%96%87%20a%22b%5Cc%0A",
        strlen("To=%2B819012345678&From=%2B815012345678&Body=%E7%9F%AD%E6%96%87%20a%22b%5Cc%0A"));
    assert_non_null(strstr(form, "https%3A%2F%2Fs.example.jp%2Fa%2Fx"));
    assert_int_equal(strspn(form, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%=&"),
                     strlen(form));
    int ampersands = 0;
    for (const char *at = form; (at = strchr(at, '&')) != NULL; at++)
        ampersands++;
    assert_int_equal(ampersands, 2);
}

/* Twilio, "Call resource": To, From and Twiml; TwiML <Say language="ja-JP">. */
static void test_voice_says_the_text_twice_and_stays_xml(void **state)
{
    const struct template *t = template_shipped("voice");
    const char *form = fill(t->body, TEMPLATE_FORM);
    assert_memory_equal(
        form, "To=%2B819012345678&From=%2B815012345678&Twiml=%3CResponse%3E%3CSay+language%3D%22ja-JP%22%3E",
        strlen(
            "To=%2B819012345678&From=%2B815012345678&Twiml=%3CResponse%3E%3CSay+language%3D%22ja-JP%22%3E"));
    assert_non_null(strstr(form, "%26lt%3B%21channel%26gt%3B%20%26amp%3B"));
    static const char end[] = "%3C%2FSay%3E%3C%2FResponse%3E";
    assert_string_equal(form + strlen(form) - strlen(end), end);
    assert_null(strstr(form, "https"));
}

static void test_generic_says_everything_by_name(void **state)
{
    json_t *root = filled("generic");
    assert_string_equal(text_at(root, "key"), "k1");
    assert_string_equal(text_at(root, "severity"), "S3");
    assert_string_equal(text_at(root, "mode"), "exercise");
    assert_string_equal(text_at(root, "incident"), "2026-0012");
    assert_string_equal(text_at(root, "link"), "https://s.example.jp/a/x");
    json_decref(root);
}

static void test_values_are_escaped_once_and_never_filled_again(void **state)
{
    assert_string_equal(fill("{{secret}}/{{address}}", TEMPLATE_URL), "S3CRET/090-1234-5678");
    assert_null(strstr(fill("{{text}}", TEMPLATE_JSON), "S3CRET"));
    assert_null(fill("{{nothing}}", TEMPLATE_JSON));
    assert_null(fill("{{text|rot13}}", TEMPLATE_JSON));
    assert_null(fill("{{text", TEMPLATE_JSON));
    assert_int_equal(template_format("", " [1]"), TEMPLATE_JSON);
    assert_int_equal(template_format("", "a=b"), TEMPLATE_FORM);
    assert_int_equal(template_format("text/plain", "{}"), TEMPLATE_PLAIN);
}

static bool barred(const char *ip, bool is_inside_shut)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return transfer_is_barred(&v4, is_inside_shut);
    assert_int_equal(inet_pton(AF_INET6, ip, &v6.sin6_addr), 1);
    return transfer_is_barred(&v6, is_inside_shut);
}

static void test_metadata_and_link_local_addresses_are_never_reached(void **state)
{
    static const char *const never[] = {
        "169.254.169.254",       "169.254.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
        "100.100.100.200",       "fe80::1",     "ff02::1", "::",        "fd00:ec2::254",
        "::ffff:169.254.169.254"};
    static const char *const inside[] = {"127.0.0.1",  "10.1.2.3", "172.16.0.1", "192.168.1.1",
                                         "100.64.0.1", "::1",      "fd12::1",    "::ffff:10.0.0.1"};
    static const char *const outside[] = {"203.0.113.1", "172.32.0.1", "2001:db8::1"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        assert_true(barred(never[i], false) && barred(never[i], true));
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++)
        assert_true(!barred(inside[i], false) && barred(inside[i], true));
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++)
        assert_false(barred(outside[i], true));
}

static void test_hosts_are_compared_whole(void **state)
{
    assert_true(transfer_host_listed("http://chat.city:8065/hooks", "a, chat.city"));
    assert_true(transfer_host_listed("http://[::1]:80/", "[::1]"));
    assert_false(transfer_host_listed("http://chat.city.evil/", "chat.city"));
    assert_false(transfer_host_listed("http://chat.city@evil/", "chat.city"));
    assert_false(transfer_host_listed("http://evil/?http://chat.city", "chat.city"));
    assert_false(transfer_host_listed("http://chat.city/", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mattermost_gets_text_and_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_slack_gets_text_with_its_control_characters_escaped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_teams_gets_a_message_with_an_adaptive_card_1_4, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_works_gets_a_text_content, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sms_is_a_form_with_to_from_and_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_voice_says_the_text_twice_and_stays_xml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_generic_says_everything_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_are_escaped_once_and_never_filled_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metadata_and_link_local_addresses_are_never_reached, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_hosts_are_compared_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
