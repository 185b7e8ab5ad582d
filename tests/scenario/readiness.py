# SPDX-License-Identifier: Apache-2.0
"""Tests of whom one can reach: an exercise that calls the tested duties, their deputies after the timer, and nobody else; mails go
to a real SMTP server and are answered by their links."""
import datetime
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from mails import Mailbox  # noqa: E402
from server import free_port, new_id  # noqa: E402
from story import Clock, until  # noqa: E402

DUTY, COMMAND, CONTACT, ESCALATION = "DutyService/", "CommandService/", "ContactService/", "EscalationService/"
port = free_port()
city = City("--workers", "1", "--public-url", f"http://127.0.0.1:{port}", "--outbound-hosts", "127.0.0.1")
clock = Clock(city, day=(datetime.date.today() + datetime.timedelta(days=1)).isoformat())
mailbox = Mailbox()
seen = {}


def section(code):
    return city.sql(f"SELECT id FROM sokuo.unit WHERE code = '{code}'")


def heads(code):
    """The chain of a section's head: persons, the holder first."""
    duty, = city.do("siso", DUTY + "ListDuties", role="ROLE_ISM", scopeId=section(code))["duties"]
    return [place["person"]["id"] for place in duty["places"] if "person" in place]


def address(person):
    return city.sql(f"SELECT min(address) FROM sokuo.contact_point WHERE person_id = '{person}' AND kind = 3")


def mail_only(person):
    """The person is reached by mail alone."""
    city.sql(f"""DELETE FROM sokuo.contact_point WHERE person_id = '{person}';
                 INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, confirmed_at)
                 SELECT tenant_id, gen_random_uuid(), id, 3, code || '@city.example.jp', sokuo.now() FROM sokuo.person
                  WHERE id = '{person}'""")


def begin(*duties, login="siso", **fields):
    return city.do(login, DUTY + "TestReadiness", duties=[{"role": "ROLE_" + role, **({"scopeId": scope} if scope else {})}
                                                          for role, scope in duties], **fields)


def no_test(reason, *duties, login="siso", **fields):
    return city.refused(reason, login, DUTY + "TestReadiness", duties=[{"role": "ROLE_" + role, "scopeId": scope}
                                                                       for role, scope in duties], **fields)


def last(login="siso"):
    return city.do(login, DUTY + "GetReadiness", holesOnly=True).get("lastTest", {})


def numbers():
    test = last()
    return {k: test.get(k, 0) for k in ("asked", "answered", "answeredByDeputy", "silent", "notReachable")}


def acknowledge(person, mails=1):
    """By the link of the latest of so many mails."""
    mail = until(lambda: len(mailbox.to(address(person))) >= mails and mailbox.to(address(person)),
                 what=f"no mail to {address(person)}")[-1]
    return city.call(CONTACT + "AnswerByLink", {"token": mail.token, "answer": "ACKNOWLEDGE"}, token="")["answered"]


def called():
    """Everybody to whom something was sent about the latest test."""
    return set(city.sql(f"SELECT DISTINCT person_id FROM sokuo.notice WHERE order_id = '{last()['orderId']}'").split("\n"))


def close(incident_id):
    version = city.get({"id": incident_id})["incident"]["version"]
    return city.do("siso", "TransitionIncident", id=incident_id, version=version, toState="INCIDENT_STATE_CLOSED",
                   reason="試験を終えた")["incident"]


def test_a_city_with_a_mail_server_that_was_never_tested():
    mailbox.start()
    city.settle(port)
    city.do("admin", CONTACT + "SaveChannel", channel={
        "name": "メール", "kind": "CHANNEL_KIND_SMTP", "url": mailbox.url, "sender": "sokuo@city.example.jp", "enabled": True,
        "servesExercises": True, "requiresTls": False})
    for code in ("S-30", "S-31", "S-32"):
        seen[code] = heads(code)
        assert len(seen[code]) >= 3, seen[code]
    for person in {p for code in ("S-30", "S-31") for p in seen[code]}:
        mail_only(person)
    city.sql("DELETE FROM sokuo.contact_point WHERE person_id IN (%s)" % ", ".join(
        f"'{p}'" for p in seen["S-32"] if p not in seen["S-30"] + seen["S-31"]))
    ready = city.do("siso", DUTY + "GetReadiness", holesOnly=True)
    assert "lastTest" not in ready and ready["mayTest"]
    clock.at("10:00")


def test_only_who_answers_for_reachability_tests_it_and_what_makes_no_sense_is_refused():
    city.refused("ROLE_NEEDED", "staff", DUTY + "TestReadiness")
    city.refused("ROLE_NEEDED", "handler", DUTY + "TestReadiness")
    place = ("ISM", section("S-30"))
    assert no_test("OUT_OF_RANGE", place, answerWithinMin=121).info["field"] == "answerWithinMin"
    assert no_test("TOO_MANY_LINES", place, text="一\n二\n三").info["field"] == "text"
    assert no_test("LINE_TOO_LONG", place, text="あ" * 81).info["field"] == "text"
    assert no_test("NO_SUCH_DUTY", ("ISO", section("S-30"))).info["field"] == "duties[0]"
    assert not last()


def test_the_tested_are_told_that_it_is_an_exercise_and_who_cannot_be_reached_is_named():
    seen["operation"] = new_id()
    places = [("ISM", section(code)) for code in ("S-30", "S-31", "S-32")]
    seen["test"] = begin(*places, operationId=seen["operation"], answerWithinMin=10, text="電話での返事は要りません。")
    answer = seen["test"]
    assert answer["dutyCount"] == 3, answer
    if not set(seen["S-32"]) & set(seen["S-30"] + seen["S-31"]):
        assert [d["scope"]["id"] for d in answer["unreachable"]] == [section("S-32")], answer.get("unreachable")
    assert begin(*places, operationId=seen["operation"], answerWithinMin=10, text="電話での返事は要りません。") == answer
    mail = until(lambda: mailbox.to(address(seen["S-30"][0])))[0]
    assert mail.subject.startswith("【訓練】") and "訓-" in mail.subject, mail.subject
    for words in ("これは訓練です", "受け取ったら「確認」を押してください。", "電話での返事は要りません。"):
        assert words in mail.body, mail.body


def test_the_exercise_is_an_incident_like_any_other_but_looks_for_nobody_who_takes_it_on():
    incident = city.get({"id": seen["test"]["incidentId"]})["incident"]
    assert incident["mode"] == "MODE_EXERCISE" and incident["number"].startswith("訓-") and incident["title"] == "連絡体制の試験"
    assert incident["state"] == "INCIDENT_STATE_HANDLING_LOCAL" and "commander" not in incident and "triageDueAt" not in incident
    calls = city.do("siso", ESCALATION + "ListEscalations", incidentId=incident["id"], ended=True)["escalations"]
    assert len(calls) == 3 and {c["orderId"] for c in calls} == {seen["test"]["orderId"]}, calls


def test_a_second_test_waits_until_the_first_is_over_and_is_told_since_when():
    clock.at("10:05")
    error = no_test("TEST_RUNNING", ("ISM", section("S-30")))
    assert re.search("[45]分前", str(error)) and "訓-" in str(error), error
    assert last().get("isRunning") and last()["answerWithinMin"] == 10 and last()["by"]["personId"] == city.person["siso"]["id"]


def test_one_answers_and_one_is_silent_so_the_deputy_is_called_after_the_timer():
    acknowledge(seen["S-30"][0])
    deputy = seen["S-31"][1]
    assert not mailbox.to(address(deputy)), "called before the time"
    clock.at("10:10")
    acknowledge(deputy)
    until(lambda: numbers()["answeredByDeputy"] == 1, what=numbers)
    assert numbers() == {"asked": 3, "answered": 2, "answeredByDeputy": 1, "silent": 0, "notReachable": 1}, numbers()
    rows = city.do("siso", COMMAND + "GetOrder", orderId=seen["test"]["orderId"], addressees=True)["addressees"]
    assert sorted(r["state"] for r in rows) == ["ORDER_STATE_ACKNOWLEDGED"] * 2 + ["ORDER_STATE_UNREACHABLE"], rows


def test_nobody_beyond_the_tested_duties_is_called_and_nobody_takes_command():
    clock.at("12:00")
    until(lambda: not last().get("isRunning"))
    assert called() <= set(seen["S-30"] + seen["S-31"] + seen["S-32"]), called()
    incident = city.get({"id": seen["test"]["incidentId"]})["incident"]
    assert "commander" not in incident and incident["severity"] == "SEVERITY_S1", incident
    texts = [e["text"] for e in city.entries(incident)]
    assert not [t for t in texts if "段" in t and "上" in t], texts


def test_the_exercise_is_closed_as_any_other_and_the_numbers_stay():
    assert close(seen["test"]["incidentId"])["state"] == "INCIDENT_STATE_CLOSED"
    assert numbers()["answered"] == 2 and last()["incidentId"] == seen["test"]["incidentId"]


def test_who_stays_silent_is_silent_after_the_last_deputy():
    begin(("ISM", section("S-31")), answerWithinMin=5)
    for minutes in ("12:00", "12:05", "12:10"):
        clock.at(minutes)
        until(lambda: len(called()) == 1 + int(minutes[3:]) // 5, what=called)
    assert last().get("isRunning") and called() == set(seen["S-31"][:3]), called()
    clock.at("12:15")
    until(lambda: not last().get("isRunning"))
    assert numbers() == {"asked": 1, "answered": 0, "answeredByDeputy": 0, "silent": 1, "notReachable": 0}, numbers()


def test_when_everybody_has_answered_the_test_is_over():
    before = {code: len(mailbox.to(address(seen[code][0]))) for code in ("S-30", "S-31")}
    begin(*[("ISM", section(code)) for code in before], answerWithinMin=5)
    for code, count in before.items():
        assert last().get("isRunning")
        acknowledge(seen[code][0], count + 1)
    until(lambda: not last().get("isRunning"))
    assert numbers() == {"asked": 2, "answered": 2, "answeredByDeputy": 0, "silent": 0, "notReachable": 0}, numbers()


def test_a_duty_of_one_system_is_tested_alone():
    system = city.sql("SELECT scope_id FROM sokuo.role_assignment WHERE role = 13 AND scope_id IN (SELECT id FROM sokuo.system) LIMIT 1")
    assert system
    answer = begin(("SYSMGR", system))
    assert answer["dutyCount"] == 1, answer
    close(answer["incidentId"])


def test_all_duties_are_tested_at_once_and_closing_the_exercise_ends_the_test():
    ready = city.do("siso", DUTY + "GetReadiness")
    answer = begin()
    assert 100 < answer["dutyCount"] <= ready["dutyCount"], (answer["dutyCount"], ready["dutyCount"])
    no_test("TEST_RUNNING", ("ISM", section("S-30")))
    close(answer["incidentId"])
    assert not last().get("isRunning")
    close(begin(("ISM", section("S-30")), login="admin")["incidentId"])


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        mailbox.stop()
        city.stop()
