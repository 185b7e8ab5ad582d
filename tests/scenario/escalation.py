# SPDX-License-Identifier: Apache-2.0
"""Calls that climb: a Sunday night at 2:10, silence, deputies, command, stopping, policies, an engine that is killed."""
import datetime
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from server import new_id  # noqa: E402

city = City("--workers", "1", "--engines", "2")  # two engines at once, all the time
ESC, DUTY, COMMAND = "EscalationService/", "DutyService/", "CommandService/"
SUNDAY = datetime.datetime(2026, 7, 4, 17, 10, tzinfo=datetime.timezone.utc)  # 2:10 on Sunday in Japan
seen = {}


def poll(look, seconds=20):
    """What look answers once it answers anything."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def at(minutes, seconds=0):
    """It is so long after Sunday 2:10, for the database and the server."""
    wanted = SUNDAY + datetime.timedelta(minutes=minutes, seconds=seconds)
    ahead = (wanted - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    city.set_clock(f"{ahead} seconds")

    def is_seen():
        now = city.do("siso", DUTY + "GetReadiness", holesOnly=True)["asOf"]
        return abs(datetime.datetime.fromisoformat(now.replace("Z", "+00:00")) - wanted) < datetime.timedelta(seconds=15)
    poll(is_seen)


def calls(login="siso", **wish):
    return city.do(login, ESC + "ListEscalations", **wish).get("escalations", [])


def call(one, login="siso"):
    found = calls(login, escalationId=one["id"])
    assert len(found) == 1, found
    return found[0]


def called(one, words):
    """The call once its latest line says these words."""
    return poll(lambda: (lambda now: now if words(now) else None)(call(one)))


def kinds(one):
    """What was done, the first first: [("NOTIFY", "FIRST", 1), …]."""
    return [(line["kind"], line.get("why", ""), line.get("rank", 0)) for line in reversed(one.get("lines", []))]


def call_of(incident, login="siso"):
    return poll(lambda: [c for c in calls(login, incidentId=incident["id"], ended=True) if c.get("version")])[0]


def texts(incident):
    return [e["text"] for e in city.entries(incident)]


def escalate(login, incident, role, reason="判断を仰ぐ", **fields):
    one = city.do(login, ESC + "Escalate", incidentId=incident["id"], role=role, reason=reason, **fields)["escalation"]
    return called(one, lambda now: now.get("version", 0) > 0)


def test_the_city_is_settled_on_a_sunday_night():
    city.settle()
    city.sql("DELETE FROM sokuo.role_assignment r USING sokuo.post o WHERE r.post_id = o.id AND o.name = 'Sokuo管理者'")
    at(0)


def test_filing_calls_the_point_of_contact_at_once_and_the_list_says_so():
    seen["night"] = city.file(title="大量暗号化の疑い", severity="SEVERITY_S4")
    one = seen["first"] = call_of(seen["night"])
    assert one["phase"] == "ESCALATION_PHASE_CALLING" and one["levelRole"] == "ROLE_POC", one
    assert one["person"]["id"] == city.person["handler"]["id"] and one["incidentNumber"] == seen["night"]["number"], one
    assert (one["incidentTitle"], one["severity"], one["mode"]) == ("大量暗号化の疑い", "SEVERITY_S4", "MODE_REAL"), one
    assert kinds(one) == [("NOTIFY", "FIRST", 1)], one
    mine = [c for c in calls("handler", mine=True) if c["incidentId"] == seen["night"]["id"]]
    assert [c["id"] for c in mine] == [one["id"]] and mine[0]["isMine"], mine
    assert city.person["handler"]["name"] in one["lines"][0]["text"]
    assert call(one, "siso")["lines"][0]["text"].startswith("呼出: 統一的な窓口(PoC) ")


def test_a_test_and_what_only_named_persons_know_of_call_nobody():
    for fields in ({"mode": "MODE_TEST"}, {"confidentiality": "CONFIDENTIALITY_SEALED"}):
        incident = city.file("siso", title="静か", **fields)
        assert calls("siso", incidentId=incident["id"], ended=True) == []


def test_after_two_minutes_the_next_contact_point_after_five_the_deputy():
    at(2, 5)
    called(seen["first"], lambda now: kinds(now)[-1][:2] in (("NOTIFY", "NEXT_CONTACT"), ("NOTIFY", "REMINDER")))
    at(5, 5)
    one = called(seen["first"], lambda now: kinds(now)[-1] == ("NOTIFY", "SILENCE", 2))
    assert ("DEPUTY", "SILENCE", 2) in kinds(one) and one["person"]["id"] != city.person["handler"]["id"], one
    assert [t for t in texts(seen["night"]) if t.startswith("統一的な窓口(PoC)不在、") and t.endswith("根拠=無応答5分")]
    assert seen["first"]["id"] not in [c["id"] for c in calls("handler", mine=True)]


def test_an_answer_on_behalf_of_the_deputy_stops_everything():
    deputy = call(seen["first"])["person"]
    operation = new_id()
    answer = {"operationId": operation, "escalationId": seen["first"]["id"], "kind": "ESCALATION_ANSWER_KIND_ACCEPT",
              "personId": deputy["id"], "note": "電話で確認"}
    one = city.do("csirt", ESC + "AnswerEscalation", **answer)["escalation"]
    assert one["phase"] == "ESCALATION_PHASE_ANSWERED" and one["answeredBy"]["personId"] == deputy["id"], one
    assert city.do("csirt", ESC + "AnswerEscalation", **answer)["escalation"]["id"] == one["id"]
    assert [t for t in texts(seen["night"]) if "に応答: 引き受ける 代理入力: " + deputy["name"] in t]
    at(40)
    late = escalate("csirt", seen["night"], "ROLE_ISO")  # the engine has been round
    assert kinds(call(seen["first"]))[-1] == ("NOTIFY", "SILENCE", 2)
    assert call(seen["first"])["phase"] == "ESCALATION_PHASE_ANSWERED"
    assert city.sql(f"""SELECT count(*) FROM sokuo.notice n JOIN sokuo.escalation e ON e.id = n.escalation_id
                        WHERE e.id = '{seen["first"]["id"]}' AND n.generation > e.settled""") == "0"
    city.do("siso", ESC + "StopEscalation", escalationId=late["id"], reason="試験")


def test_a_silent_ciso_is_followed_in_command_by_the_first_deputy_ten_minutes_later():
    at(60)
    seen["s3"] = city.file(title="CISOの判断", severity="SEVERITY_S3")
    one = escalate("csirt", seen["s3"], "ROLE_CISO", "遮断の判断")
    assert one["person"]["id"] == city.person["ciso"]["id"] and one["reason"] == "遮断の判断", one
    assert one["by"]["personId"] == city.person["csirt"]["id"]
    at(70, 5)
    one = called(one, lambda now: ("DEPUTY", "SILENCE", 2) in kinds(now))
    now = city.do("siso", COMMAND + "GetCommand", incidentId=seen["s3"]["id"])
    assert now["command"]["by"]["personId"] == city.person["siso"]["id"], now
    assert now["command"]["by"]["capacity"] == "CAPACITY_ACTING" and now["command"]["role"] == "ROLE_CISO", now
    assert now["command"]["ground"].endswith("が代理。根拠=無応答10分"), now
    taken = [e for e in city.entries(seen["s3"]) if e.get("reason") == "無応答10分"]
    assert len(taken) == 1 and taken[0]["by"]["capacity"] == "CAPACITY_SYSTEM", taken
    assert city.get(seen["s3"])["incident"]["commander"]["id"] == city.person["siso"]["id"]
    seen["ciso"] = one


def test_a_refusal_needs_a_reason_and_goes_on_at_once():
    refuse = {"escalationId": seen["ciso"]["id"], "kind": "ESCALATION_ANSWER_KIND_REFUSE"}
    assert city.refused("REQUIRED", "siso", ESC + "AnswerEscalation", **refuse).info["field"] == "note"
    city.refused("NOT_YOUR_CALL", "staff", ESC + "AnswerEscalation", **{**refuse, "note": "x"})
    city.do("siso", ESC + "AnswerEscalation", **refuse, note="別の対応中")
    one = called(seen["ciso"], lambda now: kinds(now)[-1][:2] == ("NOTIFY", "REFUSED"))
    assert one["person"]["id"] != city.person["siso"]["id"], one


def test_taking_the_incident_on_answers_the_call_of_its_filing_alone():
    at(71)
    city.do("csirt", "TriageIncident", id=seen["s3"]["id"], severity="SEVERITY_S3", handlerId=city.person["handler"]["id"],
            reason="試験")
    filing = [c for c in calls(incidentId=seen["s3"]["id"], ended=True) if c["id"] != seen["ciso"]["id"]][0]
    one = called(filing, lambda now: now["phase"] == "ESCALATION_PHASE_ANSWERED" and "answeredBy" in now)
    assert one["answeredBy"]["personId"] == city.person["handler"]["id"], one
    assert call(seen["ciso"])["phase"] == "ESCALATION_PHASE_CALLING"


def test_a_severity_that_rises_calls_the_next_duty_above_whoever_raised_it():
    def judged(login, severity, filed="SEVERITY_S2", **fields):
        incident = city.file(title="後から重大", severity=filed)
        call_of(incident)
        if fields:
            city.do("siso", "AssignIncident", id=incident["id"], **fields)
        city.do(login, "TriageIncident", id=incident["id"], severity=severity, reason="拡大中")
        return incident, [c for c in calls(incidentId=incident["id"]) if c["role"] != "ROLE_POC"]
    incident, [lead] = judged("handler", "SEVERITY_S4")
    assert (lead["role"], lead["severity"]) == ("ROLE_CSIRT_LEAD", "SEVERITY_S4") and "by" not in lead, lead
    assert "S4" in lead["reason"] and called(lead, lambda now: "person" in now), lead
    city.do("handler", "TriageIncident", id=incident["id"], severity="SEVERITY_S4", reason="変わらず")
    assert len([c for c in calls(incidentId=incident["id"]) if c["role"] == "ROLE_CSIRT_LEAD"]) == 1
    assert [c["role"] for c in judged("siso", "SEVERITY_S3")[1]] == ["ROLE_CISO"], "who is called stands above whoever judged"
    assert judged("handler", "SEVERITY_S2")[1] == [] == judged("handler", "SEVERITY_S4", filed="SEVERITY_S4")[1]
    assert judged("handler", "SEVERITY_S4", commanderId=city.person["siso"]["id"])[1] == [], "whoever commands knows"


def test_a_call_is_raised_by_hand_put_off_and_stopped():
    at(80)
    incident = city.file(title="手動", severity="SEVERITY_S3")
    one = call_of(incident)
    raised = city.do("poc", ESC + "Escalate", escalationId=one["id"], reason="重大")["escalation"]
    one = called(raised, lambda now: now.get("level") == 1)
    assert one["levelRole"] == "ROLE_CSIRT_LEAD" and ("LEVEL_UP", "BY_HAND", 0) in kinds(one), one
    until = (SUNDAY + datetime.timedelta(minutes=95)).isoformat()
    city.do("csirt", ESC + "SnoozeEscalation", escalationId=one["id"], until=until, reason="移動中")
    called(one, lambda now: now["phase"] == "ESCALATION_PHASE_SNOOZED" and now["dueAt"][:16] == until[:16])
    at(94)
    assert call(one)["phase"] == "ESCALATION_PHASE_SNOOZED"
    at(95, 2)
    one = called(one, lambda now: kinds(now)[-1][:2] == ("NOTIFY", "RESUMED"))
    stopped = city.do("csirt", ESC + "StopEscalation", escalationId=one["id"], reason="解決した")["escalation"]
    assert stopped["phase"] == "ESCALATION_PHASE_STOPPED" and "dueAt" not in stopped, stopped
    city.refused("CALL_IS_OVER", "csirt", ESC + "StopEscalation", escalationId=one["id"], reason="もう一度")
    before = kinds(call(one))
    at(200)
    call_of(city.file(title="見回り"))
    assert kinds(call(one)) == before


def test_an_outage_of_half_an_hour_is_made_up_one_place_a_minute_and_says_how_late():
    at(300)
    one = call_of(city.file(title="停止の間", severity="SEVERITY_S4"))
    at(331)
    one = called(one, lambda now: kinds(now)[-1] == ("NOTIFY", "SILENCE", 2))
    assert one["lines"][0]["lateS"] >= 25 * 60, one["lines"][0]
    at(331, 50)
    assert kinds(call(one))[-1] == ("NOTIFY", "SILENCE", 2)
    at(332, 10)
    called(one, lambda now: kinds(now)[-1] == ("NOTIFY", "SILENCE", 3))
    city.do("csirt", ESC + "StopEscalation", escalationId=one["id"], reason="試験")


def test_an_engine_that_is_killed_between_loses_and_doubles_nothing():
    at(400)
    one = call_of(city.file(title="落ちる", severity="SEVERITY_S4"))
    for pid in city.children()["engine"]:
        os.kill(pid, signal.SIGKILL)
    at(405, 5)
    one = called(one, lambda now: ("DEPUTY", "SILENCE", 2) in kinds(now))
    for pid in city.children()["engine"]:
        os.kill(pid, signal.SIGKILL)
    at(410, 5)
    one = called(one, lambda now: ("DEPUTY", "SILENCE", 3) in kinds(now))
    deputies = [k for k in kinds(one) if k[0] == "DEPUTY"]
    assert deputies == [("DEPUTY", "SILENCE", 2), ("DEPUTY", "SILENCE", 3)], kinds(one)
    notices = city.sql(f"""SELECT count(*) || ' ' || count(DISTINCT dedup_key) FROM sokuo.notice
                           WHERE escalation_id = '{one["id"]}'""").split()
    assert notices[0] == notices[1] == str(len([k for k in kinds(one) if k[0] == "NOTIFY"])), notices
    city.do("csirt", ESC + "StopEscalation", escalationId=one["id"], reason="試験")


def test_nobody_who_can_be_reached_is_red_and_stands_first():
    at(500)
    city.sql("CREATE TABLE public.kept AS SELECT * FROM sokuo.contact_point; DELETE FROM sokuo.contact_point")
    incident = city.file(title="誰もいない", severity="SEVERITY_S4")
    one = call_of(incident)
    assert one["isRed"] and one["redSince"] and "person" not in one, one
    assert kinds(one)[-1][:2] == ("RED", "NOBODY_REACHED"), one
    assert calls()[0]["isRed"]
    assert [t for t in texts(incident) if "呼出が誰にも届いていません" in t]
    city.sql("INSERT INTO sokuo.contact_point SELECT * FROM public.kept; DROP TABLE public.kept")
    at(505, 5)
    one = called(one, lambda now: kinds(now)[-1] == ("NOTIFY", "NEXT_ROUND", 1))
    city.do("poc", ESC + "AnswerEscalation", escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_ACKNOWLEDGE")
    one = called(one, lambda now: now["phase"] == "ESCALATION_PHASE_HELD" and ("RED_OVER", "", 0) in kinds(now))
    assert not one.get("isRed") and one["answeredBy"]["personId"] == city.person["poc"]["id"], one
    at(536)  # an acknowledgement of S4 lasts half an hour
    one = called(one, lambda now: kinds(now)[-1][:2] == ("NOTIFY", "CAME_BACK") and "answeredBy" not in now)
    assert one["phase"] == "ESCALATION_PHASE_CALLING", one


def policy(**changes):
    whole = [p for p in city.do("siso", ESC + "ListPolicies")["policies"]
             if p["direction"] == "ESCALATION_DIRECTION_UPWARD" and p["severity"] == 5][0]
    return {**{k: whole[k] for k in ("direction", "severity", "hours", "rounds", "roundAfterS", "ackLastsS", "snoozeMostS",
                                     "levels")}, **changes}


def test_every_severity_has_its_policies_and_a_fault_is_refused_with_its_level():
    answer = city.do("siso", ESC + "ListPolicies")
    assert len(answer["policies"]) == 10 and answer["maySave"] and all(not p.get("id") for p in answer["policies"]), answer
    assert not city.do("staff", ESC + "ListPolicies").get("maySave")
    levels = policy()["levels"]
    few = [{**levels[0], "ranks": 1}, *levels[1:]]
    error = city.refused("FEW_RANKS", "siso", ESC + "SavePolicy", policy=policy(levels=few))
    assert error.info["field"] == "policy.levels[0]" and "1段目" in error.body["message"], error.body
    city.refused("NO_HEADQUARTERS", "siso", ESC + "SavePolicy", policy=policy(levels=levels[:2]))


def test_a_policy_with_a_hole_is_effective_only_with_a_reason_that_is_kept():
    levels = policy()["levels"]
    hole = policy(levels=[{**levels[0], "role": "ROLE_CONTRACTOR"}, *levels[1:]])
    error = city.refused("POLICY_HOLE", "siso", ESC + "SavePolicy", policy=hole)
    assert "1段目" in error.body["message"], error.body
    saved = city.do("siso", ESC + "SavePolicy", policy=hole, overrideReason="来月までに登録する")["policy"]
    assert saved["id"] and saved["overrideReason"] == "来月までに登録する", saved
    assert saved["by"]["personId"] == city.person["siso"]["id"] and [p for p in saved["problems"] if p.get("isHole")], saved
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'policy.saved' AND reason <> ''") == "1"
    back = city.do("siso", ESC + "SavePolicy", policy={"direction": hole["direction"], "severity": 5}, asShipped=True)["policy"]
    assert not back.get("id") and back["levels"] == levels, back


def test_a_policy_is_judged_over_all_sections_and_departments_that_have_its_duties():
    orders = {"direction": "ESCALATION_DIRECTION_DOWNWARD", "severity": 2}

    def holes():
        preview = city.do("siso", ESC + "PreviewPolicy", policy=orders)
        listed, = [p for p in city.do("siso", ESC + "ListPolicies")["policies"]
                   if p["direction"] == orders["direction"] and p["severity"] == 2]
        assert preview.get("problems") == listed.get("problems"), (preview, listed)
        return [(p["kind"], p.get("level", 0)) for p in listed.get("problems", [])], listed
    found, listed = holes()
    assert found == [], found  # 農業委員会事務局 reaches two, which was accepted with a reason
    whole = {k: listed[k] for k in ("direction", "severity", "hours", "rounds", "roundAfterS", "snoozeMostS", "levels")}
    city.do("siso", ESC + "SavePolicy", policy=whole)
    sections = city.do("siso", DUTY + "ListDuties", role="ROLE_ISM")["duties"]
    emptied = [d for d in sections if len(d["places"]) >= 3][3]
    persons = ", ".join(f"'{place['person']['id']}'" for place in emptied["places"] if "person" in place)
    city.sql(f"""CREATE TABLE public.kept AS SELECT * FROM sokuo.contact_point WHERE person_id IN ({persons});
                 DELETE FROM sokuo.contact_point WHERE person_id IN ({persons})""")
    found, listed = holes()
    assert ("HOLE_NOBODY", 1) in found, found
    message = next(p["message"] for p in listed["problems"] if p["kind"] == "HOLE_NOBODY")
    assert f"{len(sections)}課のうち1課で" in message and emptied["scope"]["name"] in message and "2段目" in message, message
    empty = [d for d in city.do("siso", DUTY + "GetReadiness", holesOnly=True)["duties"] if not d.get("reachableCount")]
    assert [d["scope"]["name"] for d in empty if d["role"] == "ROLE_ISM"] == [emptied["scope"]["name"]], empty
    error = city.refused("POLICY_HOLE", "siso", ESC + "SavePolicy", policy=whole)
    assert emptied["scope"]["name"] in error.body["message"], error.body
    kept = city.do("siso", ESC + "SavePolicy", policy=whole, overrideReason="後任が決まるまで")["policy"]
    assert kept["overrideReason"] == "後任が決まるまで" and [p for p in kept["problems"] if p.get("isHole")], kept
    city.sql("INSERT INTO sokuo.contact_point SELECT * FROM public.kept; DROP TABLE public.kept")
    city.do("siso", ESC + "SavePolicy", policy=orders, asShipped=True)


def test_a_changed_policy_holds_for_calls_that_begin_after_it():
    levels = policy()["levels"]
    quick = [{**levels[0], "deputyAfterS": 120, "contactAfterS": 40}, *levels[1:]]
    at(600)
    old = call_of(city.file(title="前から", severity="SEVERITY_S4"))
    city.do("siso", ESC + "SavePolicy", policy=policy(levels=quick))
    new = call_of(city.file(title="後から", severity="SEVERITY_S4"))
    at(602, 30)
    called(new, lambda now: ("DEPUTY", "SILENCE", 2) in kinds(now))
    assert ("DEPUTY", "SILENCE", 2) not in kinds(call(old))
    for one in (old, new):
        city.do("csirt", ESC + "StopEscalation", escalationId=one["id"], reason="試験")
    city.do("siso", ESC + "SavePolicy", policy=policy(), asShipped=True)


def test_a_day_on_which_the_city_closes_its_hall_is_waited_over():
    def days(**wish):
        answer = city.do("staff", DUTY + "ListOfficeDays", **wish)
        return {d["day"]: d for d in answer["days"]}, answer
    known, answer = days(**{"from": "2026-07-01"})
    assert known["2026-07-20"]["name"] == "祝日" and known["2026-12-29"]["name"] == "年末年始" and "2026-07-06" not in known
    assert answer["openMinute"] == 510 and not answer.get("maySet")
    at(600)
    first = call_of(city.file(title="窓口の不具合", severity="SEVERITY_S1"))
    first = called(first, lambda now: now["phase"] == "ESCALATION_PHASE_WAITING")
    assert first["dueAt"].startswith("2026-07-05T23:30"), first  # Monday 8:30
    city.refused("ROLE_NEEDED", "staff", DUTY + "SetOfficeDay", day="2026-07-06", kind="OFFICE_DAY_KIND_CLOSED")
    past = city.refused("PAST_DAY", "siso", DUTY + "SetOfficeDay", day="2026-07-03", kind="OFFICE_DAY_KIND_CLOSED")
    assert past.info["field"] == "day"
    operation = new_id()
    for _ in range(2):
        city.do("siso", DUTY + "SetOfficeDay", day="2026-07-06", kind="OFFICE_DAY_KIND_CLOSED", name="市制記念日", operationId=operation)
    assert city.sql("SELECT count(*) FROM sokuo.office_day") == "1"
    own = days(**{"from": "2026-07-01"})[0]["2026-07-06"]
    assert own["isOwn"] and own["name"] == "市制記念日" and own["by"]["personId"] == city.person["siso"]["id"], own
    second = call_of(city.file(title="窓口の不具合", severity="SEVERITY_S1"))
    second = called(second, lambda now: now["phase"] == "ESCALATION_PHASE_WAITING")
    assert second["dueAt"].startswith("2026-07-06T23:30"), second  # Tuesday
    lines = city.do("siso", ESC + "PreviewPolicy", policy={"direction": "ESCALATION_DIRECTION_UPWARD", "severity": 2},
                    at=SUNDAY.isoformat())["lines"]
    assert lines[0]["at"].startswith("2026-07-06T23:30"), lines[0]
    city.do("siso", DUTY + "SetOfficeDay", day="2026-07-06", kind="OFFICE_DAY_KIND_AS_USUAL")
    assert "2026-07-06" not in days(**{"from": "2026-07-01"})[0]
    for one in (first, second):
        city.do("csirt", ESC + "StopEscalation", escalationId=one["id"], reason="試験")


def test_a_preview_of_sunday_at_two_ten_names_everybody_and_writes_nothing():
    before = city.sql("SELECT (SELECT count(*) FROM sokuo.notice) || ' ' || (SELECT count(*) FROM sokuo.escalation)")
    lines = city.do("siso", ESC + "PreviewPolicy", policy={"direction": "ESCALATION_DIRECTION_UPWARD", "severity": 5},
                    at=SUNDAY.isoformat(), role="ROLE_CISO")["lines"]
    first = lines[0]
    assert first["kind"] == "NOTIFY" and first["person"]["id"] == city.person["ciso"]["id"], first
    assert first["at"].startswith("2026-07-04T17:10:00"), first
    deputy = [line for line in lines if line["kind"] == "DEPUTY"][0]
    assert deputy["at"].startswith("2026-07-04T17:15:00") and deputy["person"]["id"] == city.person["siso"]["id"], deputy
    assert deputy["text"].endswith("が代理。根拠=無応答5分"), deputy
    assert [line for line in lines if line["kind"] == "HEADQUARTERS"] and lines[-1]["kind"] == "RED", lines[-1]
    after = city.sql("SELECT (SELECT count(*) FROM sokuo.notice) || ' ' || (SELECT count(*) FROM sokuo.escalation)")
    assert before == after


def test_an_exercise_calls_as_the_real_thing_does_and_is_marked():
    at(700)
    one = call_of(city.file(title="訓練", severity="SEVERITY_S4", mode="MODE_EXERCISE"))
    assert one["incidentNumber"].startswith("訓-") and one["mode"] == "MODE_EXERCISE", one
    assert city.sql(f"SELECT DISTINCT mode FROM sokuo.notice WHERE escalation_id = '{one['id']}'") == "2"


def test_overdue_calls_and_a_clock_that_jumped_are_shown():
    health = city.do("siso", ESC + "ListEscalations")
    assert not health.get("overdueCount") and not health.get("clockSuspect"), health
    city.sql("""UPDATE sokuo.engine_state SET suspect_since = sokuo.wall_clock(), jump_us = 36000000000,
                suspect_until = sokuo.wall_clock() + interval '10 minutes'""")
    assert city.do("siso", ESC + "ListEscalations")["clockSuspect"]
    city.sql("UPDATE sokuo.engine_state SET suspect_until = NULL")


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
