# SPDX-License-Identifier: Apache-2.0
"""Messages: mail over a real SMTP server, chat by webhook, one-time links; what is refused, late, unwanted or too much."""
import base64
import hashlib
import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from mails import Mailbox  # noqa: E402
from server import RpcError, free_port, new_id  # noqa: E402
from story import until  # noqa: E402

folder = tempfile.mkdtemp(prefix="sokuo-notices-")
os.chmod(folder, 0o755)  # the server is another user
certificate = os.path.join(folder, "mail.pem")
subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-keyout", certificate + ".key", "-out", certificate + ".crt", "-subj", "/CN=127.0.0.1",
                "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
with open(certificate, "w") as both:
    both.write(open(certificate + ".key").read() + open(certificate + ".crt").read())

PORT = str(free_port())
PUBLIC = "http://127.0.0.1:" + PORT
city = City("--workers", "1", "--public-url", PUBLIC, "--port", PORT, "--outbound-hosts", "127.0.0.1",
            "--outbound-ca", certificate + ".crt", "--notices-per-hour", "8")
CONTACT, COMMAND = "ContactService/", "CommandService/"
replies = {}  # address: what the mail server says to it
mailbox = Mailbox(answer=lambda to: replies.get(to, "250 OK"), certificate=certificate)
SECRET = "korewa-himitsu-desu"
seen = {}


class Hook:
    """A chat that takes webhooks."""

    def __init__(self, tls=None):
        self.posts, self.status = [], 200
        hook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.append((self.path, dict(self.headers), body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_port}"


hook = Hook()
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(certificate)
push_service = Hook(tls)


def address(login):
    return login + "@city.example.jp"


def hire(login, kind=3):
    """A person with one contact point."""
    city.hire(login, city.person["staff"]["section"])
    city.sql(f"""INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, confirmed_at)
                 SELECT tenant_id, gen_random_uuid(), id, {kind}, '{address(login)}', now() FROM sokuo.person
                  WHERE id = '{city.person[login]['id']}'""")


def save_channel(name, **fields):
    """Adds the channel of this name, or changes it."""
    secret = fields.pop("secret", "")
    known = [c for c in channels() if c["name"] == name]
    channel = {**(known[0] if known else {"name": name, "enabled": True, "servesExercises": True, "requiresTls": True}), **fields}
    return city.do("admin", CONTACT + "SaveChannel", channel=channel, secret=secret)["channel"]


def channels(login="admin"):
    return city.do(login, CONTACT + "ListChannels")["channels"]


def channel(name):
    return next(c for c in channels() if c["name"] == name)


def order(incident, *logins, text="全端末のLANケーブルを抜く", **fields):
    targets = [{"kind": "ORDER_TARGET_KIND_PERSONS", "personIds": [city.person[who]["id"] for who in logins]}]
    return city.do("siso", COMMAND + "IssueOrder", incidentId=incident["id"], text=text, targets=targets, **fields)["order"]


def notices(login="siso", **fields):
    return city.do(login, CONTACT + "ListNotices", **fields)


def of_order(given):
    return notices(orderId=given["id"]).get("notices", [])


def mails(login, count=1, **options):
    """Waits for as many mails to the person; answers them."""
    return until(lambda: len(mailbox.to(address(login))) >= count and mailbox.to(address(login)), **options)


def open_link(token):
    return city.call(CONTACT + "OpenLink", {"token": token}, token="")


def answer(token, word, **fields):
    return city.call(CONTACT + "AnswerByLink", {"token": token, "answer": word, **fields}, token="")["answered"]


def state(given, login):
    return city.sql(f"""SELECT state FROM sokuo.order_addressee WHERE order_id = '{given['id']}'
                        AND person_id = '{city.person[login]['id']}'""")


def test_without_a_channel_messages_are_shown_in_the_client_and_the_list_says_so():
    mailbox.start()
    city.settle()
    for who in ("aoki", "baba", "chiba", "doi", "endo"):
        hire(who)
    hire("fuji", kind=5)
    hire("goto", kind=2)
    seen["incident"] = city.file(title="庁内LANの異常")
    city.do("handler", "TriageIncident", id=seen["incident"]["id"], severity="SEVERITY_S3", reason="拡大中")
    assert [c["kind"] for c in channels()] == ["CHANNEL_KIND_IN_APP"], channels()
    given = order(seen["incident"], "aoki")
    sent = until(lambda: [n for n in of_order(given) if n["state"] == "NOTICE_STATE_SENT"])
    assert sent[0]["channel"] == "CHANNEL_KIND_IN_APP" and notices().get("deadCount", 0) == 0, sent


def test_a_channel_wants_tls_and_tells_what_the_other_side_said():
    bare = Mailbox().start()
    saved = save_channel("メール", kind="CHANNEL_KIND_SMTP", url=bare.url, sender="即応 <sokuo@city.example.jp>")
    assert saved["reaches"] == ["CONTACT_KIND_MAIL"] and not saved.get("hasSecret"), saved
    tried = city.do("admin", CONTACT + "TestChannel", channelId=saved["id"], address=address("aoki"))
    assert not tried.get("ok") and "TLS" in tried["answer"] and not bare.mails, tried
    save_channel("メール", requiresTls=False)
    tried = city.do("admin", CONTACT + "TestChannel", channelId=saved["id"], address=address("aoki"))
    assert tried["ok"] and "250" in tried["answer"] and len(bare.mails) == 1, tried
    assert bare.mails[0].subject.startswith("【動作試験】"), bare.mails[0].subject
    bare.stop()
    save_channel("メール", url=mailbox.url, requiresTls=True)
    tried = city.do("admin", CONTACT + "TestChannel", channelId=saved["id"], address="nobody")
    assert not tried.get("ok") and not mailbox.mails, tried
    tried = city.do("admin", CONTACT + "TestChannel", channelId=saved["id"], address=address("test"))
    assert tried.get("ok") and mails("test"), tried


def test_wrong_channels_are_refused_and_only_administrators_save():
    def no(reason, login="admin", secret="", **fields):
        base = {"name": "x", "kind": "CHANNEL_KIND_WEBHOOK", "url": "https://chat.example.jp/x", "enabled": True}
        city.refused(reason, login, CONTACT + "SaveChannel", channel={**base, **fields}, secret=secret)
    no("BAD_URL", url="http://chat.example.jp/x")
    no("BAD_URL", url="file:///etc/passwd")
    no("UNKNOWN_TEMPLATE", template="pigeon")
    no("UNKNOWN_PLACE", body='{"a":"{{nothing}}"}')
    no("BAD_URL", kind="CHANNEL_KIND_SMTP", url="https://mail.example.jp")
    no("BAD_ADDRESS", kind="CHANNEL_KIND_SMTP", url="smtp://mail.example.jp:587", sender="即応")
    no("REQUIRED", kind="CHANNEL_KIND_IN_APP")
    no("REQUIRED", name="")
    no("NAME_TAKEN", name="メール")
    no("ROLE_NEEDED", login="siso")


def test_an_order_comes_as_a_mail_that_machines_do_not_answer_and_people_can():
    given = order(seen["incident"], "aoki", "baba", dueAt="2030-01-01T03:00:00Z", wantsAcceptance=True)
    mail = mails("aoki")[0]
    assert mail.subject == f"【S3】{seen['incident']['number']} 指示: 全端末のLANケーブルを抜く", mail.subject
    assert mail.message["Auto-Submitted"] == "auto-generated" and mail.message["From"].endswith("<sokuo@city.example.jp>")
    key = city.sql(f"SELECT dedup_key FROM sokuo.notice WHERE order_id = '{given['id']}' AND person_id = '{city.person['aoki']['id']}'")
    assert mail.id == f"<{hashlib.sha256(key.encode()).hexdigest()}@city.example.jp>", mail.id
    assert "期限: 1月1日 12:00" in mail.body and city.person["siso"]["name"] in mail.body, mail.body
    assert f"{PUBLIC}/a/{mail.token}" in mail.body and mail.token != mails("baba")[0].token
    until(lambda: state(given, "aoki") == "2")
    sent = of_order(given)
    assert len(sent) == 2 and all(n["state"] == "NOTICE_STATE_SENT" and n["channel"] == "CHANNEL_KIND_SMTP" for n in sent), sent
    seen["order"], seen["mail"] = given, mail


def test_a_link_that_is_opened_answers_nothing_and_one_that_is_answered_answers_once():
    token = seen["mail"].token
    for _ in range(3):
        shown = open_link(token)
    assert shown["text"] == "全端末のLANケーブルを抜く" and shown["personName"] == city.person["aoki"]["name"], shown
    assert shown["answers"] == ["ACCEPT", "ACKNOWLEDGE", "REFUSE"] and not shown.get("answered"), shown
    assert state(seen["order"], "aoki") == "2"
    try:
        answer(token, "REFUSE")
        raise AssertionError("refused without a reason")
    except RpcError as error:
        assert error.reason == "REQUIRED", error
    assert "了解を受け付けました" in answer(token, "ACCEPT")
    assert state(seen["order"], "aoki") == "6" and state(seen["order"], "baba") == "2", "one answer releases nobody else"
    assert "回答済み" in answer(token, "REFUSE", note="後から") and state(seen["order"], "aoki") == "6"
    shown = open_link(token)
    assert "回答済み" in shown["answered"] and not shown.get("answers"), shown
    by = city.sql(f"SELECT person_name FROM sokuo.order_answer WHERE order_id = '{seen['order']['id']}'")
    assert by == city.person["aoki"]["name"], by


def test_a_wrong_link_is_told_nothing_and_many_of_them_are_slowed_down():
    reasons = []
    for i in range(25):
        try:
            open_link(f"{i:043d}")
        except RpcError as error:
            reasons.append(error.reason)
    assert reasons[0] == "NO_SUCH_LINK" and reasons[-1] == "TOO_MANY_FAILURES" and len(reasons) == 25, reasons
    city.sql("DELETE FROM sokuo.login_throttle WHERE key LIKE 'link:%'")
    city.sql(f"UPDATE sokuo.notice SET queued_at = queued_at - interval '73 hours' WHERE order_id = '{seen['order']['id']}'")
    try:
        open_link(mails("baba")[0].token)
        raise AssertionError("an old link works")
    except RpcError as error:
        assert error.reason == "NO_SUCH_LINK", error


def test_an_exercise_is_marked_and_from_restricted_on_only_the_number_is_said():
    drill = city.file(title="訓練の事案", mode="MODE_EXERCISE")
    order(drill, "chiba", text="訓練用の指示")
    mail = mails("chiba")[0]
    assert mail.subject.startswith("【訓練】") and "これは訓練です" in mail.body, mail.subject
    city.do("siso", "SetConfidentiality", id=seen["incident"]["id"], confidentiality="CONFIDENTIALITY_RESTRICTED", reason="区分")
    order(seen["incident"], "chiba", text="口外無用の内容")
    mail = mails("chiba", 2)[1]
    assert mail.subject == f"{seen['incident']['number']} 指示", mail.subject
    for word in ("口外無用", "庁内LAN", "S3", city.person["siso"]["name"]):
        assert word not in mail.body, mail.body
    shown = open_link(mail.token)
    assert not shown.get("text") and shown["incidentNumber"] == seen["incident"]["number"], shown
    city.do("siso", "SetConfidentiality", id=seen["incident"]["id"], confidentiality="CONFIDENTIALITY_INTERNAL", reason="区分")


def test_a_busy_server_is_asked_again_and_the_second_try_says_so():
    replies[address("doi")] = "451 try again later"
    given = order(seen["incident"], "doi")
    tried = until(lambda: [n for n in of_order(given) if n.get("attempts", 0) >= 1 and n.get("reason")])
    assert tried[0]["state"] == "NOTICE_STATE_QUEUED" and "451" in tried[0]["reason"], tried
    del replies[address("doi")]
    mail = mails("doi")[0]
    assert "(再送)" in mail.subject and len(mailbox.to(address("doi"))) == 1, mail.subject


def test_a_refused_address_is_red_in_the_list_and_in_the_chronology():
    replies[address("endo")] = "550 no such user"
    given = order(seen["incident"], "endo", "baba")
    dead = until(lambda: [n for n in of_order(given) if n["state"] == "NOTICE_STATE_DEAD"])
    assert "550" in dead[0]["reason"] and dead[0]["person"]["id"] == city.person["endo"]["id"], dead
    assert notices(incidentId=seen["incident"]["id"], deadOnly=True)["deadCount"] == 1
    until(lambda: [e for e in city.entries(seen["incident"]) if "届かなかった通知: 1件" in e["text"]])
    until(lambda: "550" in city.sql(f"SELECT last_fault FROM sokuo.contact_point WHERE address = '{address('endo')}'"))
    assert mails("baba", 2) and not channel("メール").get("openUntil")
    del replies[address("endo")]
    again = city.do("siso", CONTACT + "RetryNotices", ids=[dead[0]["id"]])["notices"]
    assert [n["state"] for n in again] == ["NOTICE_STATE_QUEUED"], again
    assert "(再送)" in mails("endo")[0].subject
    assert notices().get("deadCount", 0) == 0


def test_who_has_no_way_that_is_set_up_is_named_for_the_telephone():
    given = order(seen["incident"], "goto")
    dead = until(lambda: [n for n in of_order(given) if n["state"] == "NOTICE_STATE_DEAD"])
    assert "電話" in dead[0]["reason"], dead


def test_a_withdrawn_or_answered_order_is_not_sent_any_more():
    mailbox.stop()
    given = order(seen["incident"], "aoki", "chiba", text="取り消す指示")
    until(lambda: [n for n in of_order(given) if n.get("attempts", 0) >= 1])
    city.do("aoki", COMMAND + "AnswerOrder", orderId=given["id"], kind="ORDER_ANSWER_KIND_ACKNOWLEDGE")
    city.do("siso", COMMAND + "WithdrawOrder", orderId=given["id"], reason="不要になった")
    city.sql("UPDATE sokuo.channel SET open_until = NULL, failures = 0; UPDATE sokuo.notice SET next_at = now() WHERE state = 1")
    ended = until(lambda: all(n["state"] == "NOTICE_STATE_SUPPRESSED" for n in of_order(given)) and of_order(given), 60)
    assert all("送っていません" in n["reason"] for n in ended), ended
    mailbox.start()
    assert not [m for m in mailbox.mails if "取り消す指示" in m.body]


def test_a_dead_server_rests_and_everything_goes_out_once_when_it_is_back():
    mailbox.stop()
    people = ("aoki", "baba", "chiba", "doi", "endo")
    given = [order(seen["incident"], *people, text=f"再開後に届く指示{n}") for n in range(2)]
    until(lambda: channel("メール").get("openUntil"), 30)
    assert channel("メール")["lastFault"] and notices()["queuedCount"] >= 1
    mailbox.start()
    city.sql("UPDATE sokuo.channel SET open_until = now(); UPDATE sokuo.notice SET next_at = now() WHERE next_at IS NOT NULL")
    for one in given:
        until(lambda: all(n["state"] == "NOTICE_STATE_SENT" for n in of_order(one)), 60, what=lambda: of_order(one))
    for who in people:
        for n in range(2):
            assert len([m for m in mailbox.to(address(who)) if f"再開後に届く指示{n}" in m.body]) == 1, who
    assert not channel("メール").get("openUntil") and not channel("メール").get("lastFault")


def test_a_chat_gets_a_webhook_with_the_key_and_its_secret_stays_inside():
    saved = save_channel("チャット", kind="CHANNEL_KIND_WEBHOOK", template="mattermost", url=hook.url + "/hooks/{{secret}}", secret=SECRET)
    assert saved["hasSecret"] and saved["reaches"] == ["CONTACT_KIND_CHAT"] and SECRET not in json.dumps(channels()), saved
    order(seen["incident"], "fuji", text='引用"と<改行>')
    path, headers, body = until(lambda: hook.posts and hook.posts[-1])
    assert path == "/hooks/" + SECRET and len(headers["Idempotency-Key"]) == 64, headers
    said = json.loads(body)
    assert said["channel"] == address("fuji") and '引用"と<改行>' in said["text"], said
    stored = city.sql("SELECT encode(secret, 'escape') FROM sokuo.channel WHERE name = 'チャット'")
    assert SECRET not in stored and SECRET not in open(city.log_path, encoding="utf-8", errors="replace").read()
    city.refused("SECRET_AGAIN", "admin", CONTACT + "SaveChannel", channel={**channel("チャット"), "url": hook.url + "/evil/{{secret}}"})


def test_a_chat_that_failed_is_tried_again_under_the_same_key():
    hook.posts.clear()
    hook.status = 503
    given = order(seen["incident"], "fuji", text="二度目で届く")
    until(lambda: hook.posts)
    hook.status = 200
    until(lambda: all(n["state"] == "NOTICE_STATE_SENT" for n in of_order(given)))
    assert len({headers["Idempotency-Key"] for _, headers, _ in hook.posts}) == 1 and len(hook.posts) >= 2
    assert "(再送)" in json.loads(hook.posts[-1][2])["text"]


def test_a_browser_is_pushed_to_and_forgotten_when_it_gave_up():
    assert not city.do("aoki", CONTACT + "GetPushKey").get("key")
    saved = save_channel("プッシュ", kind="CHANNEL_KIND_WEB_PUSH", sender="sokuo@city.example.jp")
    key = city.do("aoki", CONTACT + "GetPushKey")["key"]
    assert saved["reaches"] == ["CONTACT_KIND_WEB_PUSH"] and len(base64.b64decode(key)) == 65
    assert save_channel("プッシュ", perMinute=600) and city.do("aoki", CONTACT + "GetPushKey")["key"] == key, "subscriptions last"
    hire("hara", kind=6)
    # Any point of the curve will do: nobody decrypts it here.
    city.sql(f"""UPDATE sokuo.contact_point SET address = '{push_service.url}/send/abc', p256dh = decode('{key}', 'base64'),
                 auth = '\\x000102030405060708090a0b0c0d0e0f' WHERE address = '{address("hara")}'""")
    order(seen["incident"], "hara")
    path, headers, body = until(lambda: push_service.posts and push_service.posts[-1])
    assert path == "/send/abc" and headers["Content-Encoding"] == "aes128gcm" and headers["TTL"] == "86400", headers
    assert headers["Urgency"] == "high" and len(headers["Topic"]) == 32 and headers["Authorization"].startswith("vapid t="), headers
    assert f"k={base64.urlsafe_b64encode(base64.b64decode(key)).decode().rstrip('=')}" in headers["Authorization"]
    assert b"LAN" not in body and len(body) < 4096
    push_service.status = 410
    given = order(seen["incident"], "hara")
    until(lambda: [n for n in of_order(given) if n["state"] == "NOTICE_STATE_DEAD"])
    assert city.sql(f"SELECT count(*) FROM sokuo.contact_point WHERE person_id = '{city.person['hara']['id']}'") == "0"


def test_a_call_is_answered_by_its_link():
    called = city.do("handler", "EscalationService/Escalate", incidentId=seen["incident"]["id"], role="ROLE_CISO", reason="判断を求める")
    who = until(lambda: city.sql(f"SELECT person_id FROM sokuo.escalation WHERE id = '{called['escalation']['id']}'"))
    point = city.sql(f"SELECT address FROM sokuo.contact_point WHERE person_id = '{who}' AND kind = 3")
    mail = until(lambda: [m for m in mailbox.to(point) if "判断を求める" in m.body], 60)[-1]
    assert "呼出" in mail.subject and open_link(mail.token)["answers"], mail.subject
    assert "了解を受け付けました" in answer(mail.token, "ACCEPT")
    until(lambda: city.sql(f"SELECT answer_person_id FROM sokuo.escalation WHERE id = '{called['escalation']['id']}'") == who)
    assert "回答済み" in open_link(mail.token)["answered"]


def test_above_so_many_an_hour_the_rest_is_one_digest():
    before = len(mailbox.to(address("doi")))
    given = [order(seen["incident"], "doi", text=f"多数の指示その{n}") for n in range(10)]
    until(lambda: all(n["state"] in ("NOTICE_STATE_SENT", "NOTICE_STATE_SUPPRESSED") for one in given for n in of_order(one)))
    folded = [n for one in given for n in of_order(one) if n["state"] == "NOTICE_STATE_SUPPRESSED"]
    assert folded and all("まとめて" in n["reason"] for n in folded), folded
    city.sql("UPDATE sokuo.notice SET next_at = now() WHERE kind = 4 AND next_at IS NOT NULL")
    digest = until(lambda: [m for m in mailbox.to(address("doi")) if "まとめ" in m.subject])
    assert len(digest) == 1 and digest[0].body.count("多数の指示") == len(folded), digest[0].body
    assert len(mailbox.to(address("doi"))) - before == 10 - len(folded) + 1


def test_who_wants_messages_in_english_gets_them_so_and_others_do_not():
    operation = new_id()
    for _ in range(2):
        answer = city.do("doi", CONTACT + "SetLanguage", language="MESSAGE_LANGUAGE_EN", operationId=operation)
        assert answer["language"] == "MESSAGE_LANGUAGE_EN", answer
    assert city.do("doi", CONTACT + "ListContactPoints")["language"] == "MESSAGE_LANGUAGE_EN"
    assert city.do("baba", CONTACT + "ListContactPoints")["language"] == "MESSAGE_LANGUAGE_JA"
    assert city.refused("OUT_OF_RANGE", "doi", CONTACT + "SetLanguage").info["field"] == "language"
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'person.language'") == "1"
    people = "', '".join(city.person[who]["id"] for who in ("doi", "baba"))
    city.sql(f"DELETE FROM sokuo.notice WHERE state <> 1 AND person_id IN ('{people}')")  # they have not had too many this hour
    drill = city.file(title="訓練の事案", mode="MODE_EXERCISE")
    order(drill, "doi", "baba", text="英語の人にも届く指示")
    english, japanese = (until(lambda: [m for m in mailbox.to(address(who)) if "英語の人にも届く指示" in m.body])[0] for who in ("doi", "baba"))
    assert english.subject.startswith("[EXERCISE] ") and "This is an exercise." in english.body and "order" in english.subject, english.subject
    assert japanese.subject.startswith("【訓練】") and "これは訓練です" in japanese.body, japanese.subject
    city.do("doi", CONTACT + "SetLanguage", language="MESSAGE_LANGUAGE_JA")


def test_what_is_late_says_so():
    city.sql("DELETE FROM sokuo.notice WHERE person_id = '%s' AND state <> 1" % city.person["baba"]["id"])
    mailbox.stop()
    given = order(seen["incident"], "baba", text="遅れる指示")
    until(lambda: [n for n in of_order(given) if n.get("attempts", 0) >= 1])
    city.sql(f"UPDATE sokuo.notice SET queued_at = queued_at - interval '31 minutes' WHERE order_id = '{given['id']}'")
    mailbox.start()
    city.sql("UPDATE sokuo.channel SET open_until = NULL, failures = 0; UPDATE sokuo.notice SET next_at = now() WHERE next_at IS NOT NULL")
    mail = until(lambda: [m for m in mailbox.to(address("baba")) if "遅れる指示" in m.body], 30)[0]
    assert "遅れて送信" in mail.body, mail.body


def test_staff_see_their_own_messages_and_nobody_elses():
    own = notices("aoki").get("notices", [])
    assert own and {n["person"]["id"] for n in own} == {city.person["aoki"]["id"]}, own
    assert len(notices("siso")["notices"]) > len(own)
    city.refused("ROLE_NEEDED", "aoki", CONTACT + "ListChannels")


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
