# SPDX-License-Identifier: Apache-2.0
"""Command of an incident: one holder at a time, deputies, hand-over, review afterwards, two who both thought they commanded."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from server import RpcError, new_id  # noqa: E402

city = City("--workers", "1")
COMMAND, DUTY = "CommandService/", "DutyService/"
seen = {}


def command(incident, login="siso"):
    return city.do(login, COMMAND + "GetCommand", incidentId=incident["id"])


def take(login, incident, **fields):
    return city.do(login, COMMAND + "TakeCommand", incidentId=incident["id"], **fields)


def no_take(reason, login, incident, **fields):
    return city.refused(reason, login, COMMAND + "TakeCommand", incidentId=incident["id"], **fields)


def hand(login, incident, to, **fields):
    return city.do(login, COMMAND + "HandOver", incidentId=incident["id"], personId=city.person[to]["id"], **fields)


def test_the_city_has_a_ciso_with_two_deputies():
    city.settle()
    city.sql("DELETE FROM sokuo.role_assignment r USING sokuo.post o WHERE r.post_id = o.id AND o.name = 'Sokuo管理者'")
    posts = [city.sql(f"SELECT id FROM sokuo.post WHERE code = '{code}'") for code in ("PD-03-1", "PS-11-1")]
    city.do("siso", DUTY + "SetSuccession", role="ROLE_CISO", postIds=posts, overrideReason="試験")
    seen["night"] = city.file(title="指揮の試験", occurredAt=stamp(minutes=5))
    city.do("handler", "TriageIncident", id=seen["night"]["id"], severity="SEVERITY_S4", reason="拡大性不明")


def test_nobody_commands_and_only_a_duty_of_command_may():
    now = command(seen["night"])
    assert "command" not in now and now["mayTake"] and now["mayTakeBy"] == "FREE" and not now.get("history"), now
    no_take("NO_COMMAND_DUTY", "handler", seen["night"])


def test_the_ciso_takes_command_and_everybody_sees_since_when():
    operation = new_id()
    answer = take("ciso", seen["night"], operationId=operation)
    assert answer["command"]["epoch"] == 1 and answer["command"]["role"] == "ROLE_CISO", answer
    assert answer["command"]["by"]["capacity"] == "CAPACITY_SELF" and not answer.get("conflict")
    assert answer["incident"]["commander"]["id"] == city.person["ciso"]["id"] and answer["incident"]["commandedSince"]
    assert take("ciso", seen["night"], operationId=operation) == answer
    now = command(seen["night"])
    assert now["command"] == {**answer["command"], "recordedAt": now["command"]["recordedAt"]}, now
    assert len(now["history"]) == 1 and now["leaseUntil"] > now["command"]["since"]


def test_somebody_who_is_there_is_not_relieved_and_the_refusal_names_them():
    error = no_take("COMMAND_HELD", "siso", seen["night"], ground="試験")
    assert city.person["ciso"]["name"] in str(error), error
    assert not command(seen["night"]).get("mayTake")


def test_the_ciso_does_not_answer_and_the_first_deputy_acts_with_a_ground():
    seen["absence"] = city.do("desk", DUTY + "RegisterAbsence", personId=city.person["ciso"]["id"],
                              kind="ABSENCE_KIND_NO_ANSWER", reason="02:26から5分無応答")["absence"]
    assert command(seen["night"])["mayTakeBy"] == "ABSENT"
    assert no_take("REQUIRED", "siso", seen["night"]).info["field"] == "ground"
    answer = take("siso", seen["night"], ground="CISO不在。無応答10分")
    assert answer["command"]["role"] == "ROLE_CISO" and answer["command"]["by"]["capacity"] == "CAPACITY_ACTING", answer
    assert answer["incident"]["command"]["capacity"] == "CAPACITY_ACTING"
    texts = [e["text"] for e in city.entries(seen["night"]) if e.get("reason") == "CISO不在。無応答10分"]
    assert texts == ["指揮を執る: 最高情報セキュリティ責任者(CISO)(代行)"], texts
    now = command(seen["night"])
    assert [c["epoch"] for c in now["history"]] == [2, 1] and now["history"][1]["end"] == "COMMAND_END_ABSENT", now
    assert now["history"][1]["until"] == now["command"]["since"]


def test_what_the_deputy_decides_waits_for_review():
    city.do("siso", "AddEntry", incidentId=seen["night"]["id"], text="INET側を遮断する", kind="ENTRY_KIND_DECISION")
    city.do("handler", "AddEntry", incidentId=seen["night"]["id"], text="担当の決定", kind="ENTRY_KIND_DECISION")
    waiting = command(seen["night"])["proxyDecisions"]
    assert [d["text"] for d in waiting if "review" not in d] == ["INET側を遮断する"], waiting
    seen["decision"] = waiting[0]["entryId"]


def test_who_is_back_gets_command_by_hand_over_with_what_is_undecided():
    city.do("ciso", DUTY + "EndAbsence", id=seen["absence"]["id"])
    city.do("siso", "PlaybookService/StartPlaybook", incidentId=seen["night"]["id"], codes=["PB-01"])
    city.refused("NOT_IN_COMMAND", "csirt", COMMAND + "HandOver", incidentId=seen["night"]["id"],
                 personId=city.person["csirt"]["id"])
    no_person = city.refused("NO_COMMAND_DUTY", "siso", COMMAND + "HandOver", incidentId=seen["night"]["id"],
                             personId=city.person["staff"]["id"])
    assert no_person.info["field"] == "personId"
    answer = hand("siso", seen["night"], "ciso", note="遮断済み。公表は未決")
    assert answer["command"]["by"]["personId"] == city.person["ciso"]["id"], answer
    assert answer["command"]["by"]["capacity"] == "CAPACITY_SELF" and answer["command"]["role"] == "ROLE_CISO"
    texts = [d["text"] for d in answer["proxyDecisions"]]
    assert "INET側を遮断する" in texts and len(texts) == 2, texts # and the plan that was started
    assert command(seen["night"])["history"][1]["end"] == "COMMAND_END_HANDED_OVER"


def test_the_ciso_reviews_once_the_deputy_cannot_and_staff_neither():
    def review(login, **fields):
        return city.do(login, COMMAND + "ReviewProxyDecisions", incidentId=seen["night"]["id"],
                       entryIds=[seen["decision"]], **fields)
    city.refused("YOUR_OWN", "siso", COMMAND + "ReviewProxyDecisions", incidentId=seen["night"]["id"],
                 entryIds=[seen["decision"]], agreed=True)
    city.refused("NO_SUCH_DECISION", "ciso", COMMAND + "ReviewProxyDecisions", incidentId=seen["night"]["id"],
                 entryIds=[new_id()], agreed=True)
    city.refused("REQUIRED", "ciso", COMMAND + "ReviewProxyDecisions", incidentId=seen["night"]["id"],
                 entryIds=[seen["decision"]])
    try:
        review("staff", agreed=True)
    except RpcError as error:
        assert error.code == "permission_denied", error
    done = review("ciso", agreed=True, reason="妥当")["proxyDecisions"]
    assert done[0]["review"]["agreed"] and done[0]["review"]["by"]["personId"] == city.person["ciso"]["id"], done
    kept = {d["entryId"]: d.get("review") for d in command(seen["night"])["proxyDecisions"]}
    assert kept[seen["decision"]]["reason"] == "妥当" and list(kept.values()).count(None) == 1, kept


def test_a_claim_made_offline_before_somebody_else_took_command_is_kept_as_a_conflict():
    claim = {"operationId": new_id(), "incidentId": seen["night"]["id"], "ground": "連絡途絶のため"}
    sent = city.call("SyncService/Push", {"clientId": new_id(), "operations": [
        {"seq": "1", "ageMs": "180000", "takeCommand": claim}]}, token=city.person["siso"]["token"])
    answer = sent["results"][0]["takeCommand"]
    assert answer["conflict"] and answer["command"]["by"]["personId"] == city.person["ciso"]["id"], answer
    now = command(seen["night"])
    assert now["command"]["by"]["personId"] == city.person["ciso"]["id"]
    assert [(k["by"]["personId"], k["ground"]) for k in now["conflicts"]] == [(city.person["siso"]["id"], "連絡途絶のため")], now
    assert now["conflicts"][0]["claimedAt"] < now["command"]["recordedAt"] < now["conflicts"][0]["recordedAt"], now
    assert [e for e in city.entries(seen["night"]) if "指揮の重複" in e["text"]]


def test_the_next_hand_over_settles_the_conflict():
    hand("ciso", seen["night"], "siso", note="指揮は統括に一本化")
    assert not command(seen["night"]).get("conflicts")
    assert command(seen["night"])["command"]["role"] == "ROLE_SISO"


def test_a_duty_above_takes_command_with_a_ground():
    assert command(seen["night"], "ciso")["mayTakeBy"] == "SUPERIOR"
    take("ciso", seen["night"], ground="自ら指揮を執る")
    assert command(seen["night"])["history"][1]["end"] == "COMMAND_END_SUPERIOR"


def test_every_act_of_the_holder_renews_the_lease_and_silence_opens_it():
    first = command(seen["night"])["leaseUntil"]
    city.do("ciso", "AddEntry", incidentId=seen["night"]["id"], text="続行", kind="ENTRY_KIND_INFORMATION")
    second = command(seen["night"])["leaseUntil"]
    assert second > first
    take("ciso", seen["night"])
    assert command(seen["night"])["leaseUntil"] > second and len(command(seen["night"])["history"]) == 5
    city.days_later(1)
    assert command(seen["night"], "csirt")["mayTakeBy"] == "LEASE"
    take("csirt", seen["night"], ground="30分以上記録なし")
    assert command(seen["night"])["history"][1]["end"] == "COMMAND_END_LEASE"
    city.days_later(0)


def test_of_many_who_take_command_at_once_one_holds_it_and_the_times_have_no_gap():
    incident = city.file(title="同時", occurredAt=stamp(minutes=5))
    def try_it(login):
        try:
            take(login, incident, ground="同時に")
        except RpcError as error:
            assert error.reason in ("COMMAND_HELD", "STALE_VERSION"), error
    threads = [threading.Thread(target=try_it, args=(login,)) for login in ("ciso", "siso", "csirt") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    history = command(incident)["history"]
    assert history[0]["by"]["personId"] == city.person["ciso"]["id"] and "until" not in history[0], history
    for later, earlier in zip(history, history[1:]):
        assert earlier["until"] == later["since"] and earlier["epoch"] == later["epoch"] - 1, history


def test_assignment_leaves_the_same_trace():
    incident = city.file(title="割当", occurredAt=stamp(minutes=5))
    version = city.get(incident)["incident"]["version"]
    city.do("siso", "AssignIncident", id=incident["id"], version=version, commanderId=city.person["csirt"]["id"])
    now = command(incident)
    assert now["command"]["by"]["personId"] == city.person["csirt"]["id"] and now["command"]["epoch"] == 1, now


def test_command_of_what_one_may_not_see_is_not_found():
    incident = city.file("siso", title="指名", occurredAt=stamp(minutes=5), confidentiality="CONFIDENTIALITY_CONFIDENTIAL")
    for method in ("GetCommand", "TakeCommand"):
        try:
            city.do("csirt", COMMAND + method, incidentId=incident["id"])
        except RpcError as error:
            assert error.code == "not_found", error
        else:
            raise AssertionError(method + " told of an incident that is not for them")


def test_an_excluded_person_is_not_put_in_command():
    incident = city.file("siso", title="内部不正の疑い", occurredAt=stamp(minutes=5))
    take("siso", incident)
    city.do("ciso", "SetMember", id=incident["id"], personId=city.person["csirt"]["id"], access="MEMBER_ACCESS_EXCLUDED",
            reason="調査の対象")
    city.refused("NO_COMMAND_DUTY", "siso", COMMAND + "HandOver", incidentId=incident["id"], personId=city.person["csirt"]["id"])


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
