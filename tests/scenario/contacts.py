# SPDX-License-Identifier: Apache-2.0
"""A person's own contact points: in one form, proved by a code, and nobody else's business."""
import base64
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from server import new_id  # noqa: E402

city = City("--workers", "1")
CONTACT = "ContactService/"
PUSH = {"endpoint": "https://push.example.com/send/abc", "p256dh": base64.b64encode(b"\x04" + bytes(64)).decode(),
        "auth": base64.b64encode(bytes(16)).decode(), "deviceName": "机のブラウザー"}


def points(login="staff", **fields):
    return city.do(login, CONTACT + "ListContactPoints", **fields).get("points", [])


def save(login="staff", **fields):
    return city.do(login, CONTACT + "SaveOwnContactPoint", **fields)["points"]


def refused(reason, login="staff", **fields):
    return city.refused(reason, login, CONTACT + "SaveOwnContactPoint", **fields)


def find(kind, login="staff"):
    return next(p for p in points(login) if p["point"]["kind"] == "CONTACT_KIND_" + kind)


def send_code(own, login="staff", **fields):
    """Sends a code; answers it as the message says it."""
    notice = city.do(login, CONTACT + "TestContactPoint", id=own["point"]["id"], **fields)["notice"]
    text = city.sql(f"SELECT text FROM sokuo.notice WHERE id = '{notice['id']}'")
    return re.search(r"コードは ([0-9]{6}) です", text).group(1)


def confirm(own, login="staff", **fields):
    return city.do(login, CONTACT + "ConfirmContactPoint", id=own["point"]["id"], **fields)["points"]


def add_channel(*kinds):
    city.sql(f"""INSERT INTO sokuo.channel (tenant_id, id, kind, name, reaches)
                 SELECT id, gen_random_uuid(), 1, '試験の経路', '{{{','.join(map(str, kinds))}}}' FROM sokuo.tenant""")


def test_the_city_is_settled():
    city.settle()
    city.sql("DELETE FROM sokuo.channel")
    city.sql(f"DELETE FROM sokuo.contact_point WHERE person_id = '{city.person['staff']['id']}'")


def test_a_number_is_kept_in_one_form_and_waits_for_its_confirmation():
    operation = new_id()
    own = save(kind="CONTACT_KIND_MOBILE", address="０９０　１２３４−５６７８", private=True, operationId=operation)
    assert [p["point"]["address"] for p in own] == ["090-1234-5678"], own
    assert own[0]["point"]["private"] and own[0]["point"]["priority"] == 1
    assert own[0]["isStale"] and own[0]["byHandOnly"] and "confirmedAt" not in own[0]["point"], own
    again = save(kind="CONTACT_KIND_MOBILE", address="０９０　１２３４−５６７８", private=True, operationId=operation)
    assert again == own


def test_what_cannot_be_reached_is_refused_by_field_with_what_to_do():
    for reason, kind, address in (("NOT_A_NUMBER", "MOBILE", "110番"), ("NOT_MOBILE", "SMS", "0836-00-1001"),
                                  ("NOT_A_MAIL", "MAIL", "taro"), ("NOT_A_CHAT_ID", "CHAT", "{{text}}"),
                                  ("TAKEN", "MOBILE", "+81 90 1234 5678")):
        error = refused(reason, kind="CONTACT_KIND_" + kind, address=address)
        assert error.info["field"] == "address", error
    refused("NOT_A_PUSH", kind="CONTACT_KIND_WEB_PUSH", address="https://push.example.com/x")
    refused("NOT_A_PUSH", kind="CONTACT_KIND_WEB_PUSH", push={**PUSH, "endpoint": "https://127.0.0.1/x"})
    refused("NOT_A_PUSH", kind="CONTACT_KIND_WEB_PUSH", push={**PUSH, "auth": "AAAA"})


def test_a_new_first_one_moves_the_others_down():
    save(kind="CONTACT_KIND_MAIL", address="hanako@city.example.jp")
    own = save(kind="CONTACT_KIND_CHAT", address="@hanako", priority=1)
    assert [(p["point"]["kind"], p["point"]["priority"]) for p in own] == [
        ("CONTACT_KIND_CHAT", 1), ("CONTACT_KIND_MOBILE", 2), ("CONTACT_KIND_MAIL", 3)], own


def test_a_browser_that_subscribes_again_is_the_same_contact_point():
    save(kind="CONTACT_KIND_WEB_PUSH", push=PUSH)
    save(kind="CONTACT_KIND_WEB_PUSH", push={**PUSH, "deviceName": "新しい名前"})
    mine = [p for p in points() if p["point"]["kind"] == "CONTACT_KIND_WEB_PUSH"]
    assert len(mine) == 1 and mine[0]["deviceName"] == "新しい名前" and mine[0]["point"]["address"] == PUSH["endpoint"], mine


def test_without_a_channel_nothing_is_sent_and_a_word_confirms():
    mail = find("MAIL")
    city.refused("NO_CHANNEL", "staff", CONTACT + "TestContactPoint", id=mail["point"]["id"])
    assert "confirmedAt" in next(p for p in confirm(mail) if p["point"]["id"] == mail["point"]["id"])["point"]
    city.sql("UPDATE sokuo.contact_point SET confirmed_at = NULL")


def test_with_a_channel_only_the_code_confirms_a_mail_address():
    add_channel(3)
    mail = find("MAIL")
    assert not mail.get("byHandOnly")
    city.refused("CODE_NEEDED", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"])
    city.refused("NO_CODE", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"], code="000000")
    code = send_code(mail)
    assert find("MAIL")["awaitsCode"]
    wide = "".join(chr(ord("０") + int(d)) for d in code)
    operation = new_id()
    for _ in range(2):
        own = next(p for p in confirm(mail, code=wide, operationId=operation) if p["point"]["id"] == mail["point"]["id"])
        assert "confirmedAt" in own["point"] and not own.get("isStale") and not own.get("awaitsCode"), own
    city.refused("NO_CODE", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"], code=code)


def test_the_code_waits_in_the_outbox_once_for_one_operation():
    city.sql("UPDATE sokuo.notice SET queued_at = queued_at - interval '2 minutes'")
    operation = new_id()
    mail = find("MAIL")
    assert send_code(mail, operationId=operation) == send_code(mail, operationId=operation)
    rows = city.sql(f"SELECT kind, state, mode, contact_kind, dedup_key FROM sokuo.notice WHERE id = '{operation}'")
    assert rows.split("|") == ["3", "1", "1", "3", "test:" + operation], rows


def test_codes_are_not_sent_as_a_torrent():
    mail = find("MAIL")
    city.refused("TOO_SOON", "staff", CONTACT + "TestContactPoint", id=mail["point"]["id"])
    for _ in range(8):
        city.sql("UPDATE sokuo.notice SET queued_at = queued_at - interval '2 minutes'")
        send_code(mail)
    city.sql("UPDATE sokuo.notice SET queued_at = queued_at - interval '2 minutes'")
    city.refused("TOO_MANY_TESTS", "staff", CONTACT + "TestContactPoint", id=mail["point"]["id"])
    waiting = city.sql("SELECT count(*) FROM sokuo.notice WHERE kind = 3 AND state = 1")
    assert waiting == "1", "a newer code takes the older ones back: " + waiting
    city.sql("DELETE FROM sokuo.notice")


def test_a_wrong_code_may_be_typed_five_times_and_then_even_the_right_one_is_worth_nothing():
    mail = find("MAIL")
    code = send_code(mail)
    wrong = f"{(int(code) + 1) % 1000000:06}"
    for left in (4, 3, 2, 1):
        error = city.refused("WRONG_CODE", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"], code=wrong)
        assert f"あと{left}回" in str(error), error
    city.refused("CODE_SPENT", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"], code=wrong)
    city.refused("CODE_SPENT", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"], code=code)


def test_a_code_is_worth_nothing_after_fifteen_minutes():
    city.sql("DELETE FROM sokuo.notice")
    mail = find("MAIL")
    code = send_code(mail)
    city.set_clock("16 minutes")
    city.refused("CODE_EXPIRED", "staff", CONTACT + "ConfirmContactPoint", id=mail["point"]["id"], code=code)
    assert not find("MAIL").get("awaitsCode")
    city.set_clock("0 minutes")


def test_another_address_is_to_be_confirmed_anew_and_another_place_is_not():
    mail = find("MAIL")
    fields = {"id": mail["point"]["id"], "kind": "CONTACT_KIND_MAIL"}
    save(**fields, address="hanako@city.example.jp", priority=1)
    assert "confirmedAt" in find("MAIL")["point"] and find("MAIL")["point"]["priority"] == 1
    save(**fields, address="hanako2@city.example.jp", priority=1)
    assert "confirmedAt" not in find("MAIL")["point"] and find("MAIL")["isStale"]


def test_after_90_days_it_is_stale():
    mobile = find("MOBILE")
    confirm(mobile)
    assert not find("MOBILE").get("isStale")
    city.set_clock("91 days")
    assert find("MOBILE")["isStale"]
    city.set_clock("0 days")


def test_colleagues_see_that_somebody_can_be_reached_and_not_where():
    whom = city.person["staff"]["id"]
    for login in ("handler", "ism", "desk"):
        assert all(("address" in p["point"]) == (p["point"]["kind"] != "CONTACT_KIND_WEB_PUSH")
                   for p in points(login, personId=whom)), (login, points(login, personId=whom))
    hidden = [p["point"].get("address") for p in points("staff", personId=city.person["ism"]["id"])]
    assert hidden and not any(hidden), hidden
    person = city.do("handler", "DirectoryService/GetPerson", id=whom)
    assert PUSH["endpoint"] not in str(person) and "090-1234-5678" in str(person)
    city.refused("NO_SUCH_PERSON", "staff", CONTACT + "ListContactPoints", personId=new_id())


def test_nobody_touches_the_contact_points_of_another():
    other = find("MOBILE")
    for method, fields in (("SaveOwnContactPoint", {"kind": "CONTACT_KIND_MOBILE", "address": "09000000000"}),
                           ("RemoveContactPoint", {}), ("TestContactPoint", {}), ("ConfirmContactPoint", {"code": "1"})):
        city.refused("NO_SUCH_CONTACT", "ism", CONTACT + method, id=other["point"]["id"], **fields)
    assert find("MOBILE") == other


def test_an_administrator_sets_the_form_right_too_and_confirms_for_nobody():
    answer = city.call("DirectoryService/SaveContactPoint", {"personId": city.person["desk"]["id"], "kind": "CONTACT_KIND_MOBILE",
                       "address": "（０９０）８７６５　４３２１"}, token=city.person["admin"]["token"])["contactPoint"]
    assert answer["address"] == "090-8765-4321" and "confirmedAt" not in answer, answer


def test_removing_what_rings_at_night_is_said():
    for kind in ("CHAT", "WEB_PUSH"):
        answer = city.do("staff", CONTACT + "RemoveContactPoint", id=find(kind)["point"]["id"])
        assert not answer.get("unreachable"), answer
    operation = new_id()
    mobile = find("MOBILE")["point"]["id"]
    for _ in range(2):
        answer = city.do("staff", CONTACT + "RemoveContactPoint", id=mobile, operationId=operation)
        assert answer["unreachable"] and len(answer["points"]) == 1, answer
    city.refused("NO_SUCH_CONTACT", "staff", CONTACT + "RemoveContactPoint", id=mobile)


def test_twenty_are_enough():
    for n in range(19):
        save(kind="CONTACT_KIND_MAIL", address=f"n{n}@city.example.jp")
    refused("TOO_MANY", kind="CONTACT_KIND_MAIL", address="one.more@city.example.jp")


def test_the_journal_tells_every_change_and_no_address_code_or_key():
    kinds = city.sql("SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM sokuo.journal WHERE kind LIKE 'contact_point.%'")
    assert kinds == "contact_point.confirmed contact_point.deleted contact_point.saved contact_point.tested", kinds
    told = city.sql("SELECT string_agg(j::text, '') FROM sokuo.journal j WHERE kind LIKE 'contact_point.%'")
    for secret in ("hanako", "1234-5678", "push.example.com", "p256dh", "auth", "code_hash", "address"):
        assert secret not in told, secret


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
