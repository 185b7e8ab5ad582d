# SPDX-License-Identifier: Apache-2.0
"""What a shut device held: listed for the security team, taken in as written down for its owner, or turned down, once."""
import concurrent.futures
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from server import RpcError, new_id  # noqa: E402
from story import moment  # noqa: E402

city = City("--workers", "2")
kept = {}
STEP, HELD = "STEP_STATE_", "HELD_OUTCOME_"


class Lost:
    """A device whose session is ended from elsewhere while it still holds something."""

    def __init__(self, login):
        self.login, self.client, self.seq = login, new_id(), 0
        person = city.person[login]
        person["token"] = city.make_token(login)
        self.session = city.sql("SELECT s.id FROM sokuo.session s JOIN sokuo.account a ON a.id = s.account_id "
                                f"WHERE a.login = '{login}' ORDER BY s.created_at DESC LIMIT 1")
        self.push("addEntry", incidentId=kept["first"]["id"], text=f"{login}の端末から")
        city.call("AuthService/RevokeToken", {"id": self.session})
        person["token"] = city.make_token(login)

    def push(self, act, /, age=0, deviceTime=None, **message):
        self.seq += 1
        operation = {"seq": self.seq, act: {"operationId": new_id(), **message}, **({"ageMs": age} if age else {})}
        more = {"deviceTime": deviceTime} if deviceTime else {}
        answer = city.call("SyncService/Push", {"clientId": self.client, "operations": [operation], **more},
                           token=city.person[self.login]["token"])
        assert answer.get("results"), answer
        return operation[act]["operationId"], answer["results"][0]

    def hold(self, act, /, **message):
        id, result = self.push(act, **message)
        assert result["refusal"]["reason"] == "DEVICE_SHUT", result
        return id


def listed(login="csirt", **fields):
    return city.do(login, "SyncService/ListHeld", **fields).get("held", [])


def one(id, login="csirt", **fields):
    return next((h for h in listed(login, **fields) if h["id"] == id), None)


def settle(id, outcome, login="csirt", **fields):
    return city.do(login, "SyncService/SettleHeld", heldId=id, outcome=HELD + outcome, **fields)


def refused(code, id, outcome, login="csirt", **fields):
    error = city.refused(code, login, "SyncService/SettleHeld", heldId=id, outcome=HELD + outcome, **fields)
    assert error.info.get("messageJa") and error.info.get("messageEn"), error.info


def texts(incident):
    return [e.get("text") for e in city.entries(incident) if e["kind"] != "ENTRY_KIND_CHANGE"]


def test_a_lost_device_holds_a_step_an_entry_and_more():
    city.settle()
    kept["first"] = city.file("poc", title="最初の届出")
    incident = kept["incident"] = city.file("poc", title="暗号化", incidentType="INCIDENT_TYPE_MALWARE")
    city.do("siso", "PlaybookService/StartPlaybook", incidentId=incident["id"], codes=["PB-01"])
    mine = city.do("poc", "StepService/ListMySteps", incidentId=incident["id"])["steps"]
    kept["step"] = next(s for s in mine if s["state"] == STEP + "READY" and "DONE" in s["allowedActs"]
                        and "decision" not in s["definition"] and "notice" not in s["definition"])
    device = kept["device"] = Lost("poc")
    kept["done"] = device.hold("updateStep", age=7_200_000, stepId=kept["step"]["id"], act="STEP_ACT_DONE", note="電話で確かめた")
    kept["entry"] = device.hold("addEntry", incidentId=incident["id"], text="消防にも連絡した", occurredAt=stamp(hours=1))
    kept["command"] = device.hold("takeCommand", incidentId=incident["id"], ground="現場にいる")
    kept["filing"] = device.hold("fileIncident", title="もう1台も動かない", incidentType="INCIDENT_TYPE_MALWARE")
    assert [h["id"] for h in listed()] == [kept[k] for k in ("done", "entry", "command", "filing")]


def test_the_list_says_whose_when_what_and_about_which_step():
    held = one(kept["done"])
    assert held["person"]["name"] == city.person["poc"]["name"] and held["reason"] == "DEVICE_SHUT", held
    apart = (moment(held["recordedAt"]) - moment(held["occurredAt"])).total_seconds()
    assert 7199 < apart < 7201, held
    assert held["operation"]["updateStep"]["note"] == "電話で確かめた" and held["mayTakeIn"]
    assert held["incidentNumber"] == kept["incident"]["number"] and held["code"] == "PB-01", held
    assert (held["stepNo"], held["stepText"]["ja"], held["stepState"]) == (
        kept["step"]["definition"]["no"], kept["step"]["definition"]["text"]["ja"], STEP + "READY"), held
    assert "mayTakeIn" not in one(kept["command"]) and one(kept["filing"])["mayTakeIn"]


def test_only_the_security_team_looks_and_settles():
    for login in ("staff", "ism", "desk"):
        for method, message in (("ListHeld", {}), ("SettleHeld", {"heldId": kept["done"], "outcome": HELD + "TAKEN_IN"})):
            try:
                city.do(login, "SyncService/" + method, **message)
                raise AssertionError(f"{login} may {method}")
            except RpcError as error:
                assert error.code == "permission_denied", error


def test_what_may_not_be_seen_is_neither_listed_nor_settled():
    secret = city.file("poc", title="内部不正の疑い")
    id = kept["device"].hold("addEntry", incidentId=secret["id"], text="本人の端末を押さえた")
    file = kept["device"].hold("fileIncident", title="名指しの届出", confidentiality="CONFIDENTIALITY_CONFIDENTIAL")
    assert one(id) and not one(file)
    city.sql(f"UPDATE sokuo.incident SET confidentiality = 5 WHERE id = '{secret['id']}'")
    assert not one(id) and len(listed()) == 4
    refused("NO_SUCH_HELD", id, "TAKEN_IN")
    refused("NO_SUCH_HELD", file, "TURNED_DOWN", reason="見えないはず")
    refused("NO_SUCH_HELD", new_id(), "TAKEN_IN")
    assert city.sql(f"SELECT count(*) FROM sokuo.refused_operation WHERE id IN ('{id}', '{file}') AND outcome = 0") == "2"


def test_a_step_taken_in_is_done_at_its_own_time_by_its_owner():
    operation = new_id()
    assert one(kept["done"])["lacksEvidence"], "its photo stayed on the device"
    refused("EVIDENCE", kept["done"], "TAKEN_IN")
    assert one(kept["done"]), "it is held as before"
    same = {"operationId": operation, "reason": "本人に電話で確かめた", "paperLocation": "本人の手帳"}
    answer = settle(kept["done"], "TAKEN_IN", **same)
    assert answer["stepOutcome"] == "STEP_OUTCOME_CHANGED" and answer["held"]["outcome"] == HELD + "TAKEN_IN", answer
    done = city.sql("SELECT concat_ws('|', state, done_capacity, done_name, paper_location, recorded_at - done_at > '7199 s') "
                    f"FROM sokuo.step WHERE id = '{kept['step']['id']}'")
    assert done == f"4|3|{city.person['poc']['name']}|本人の手帳|t", done
    entry = next(e for e in city.entries(kept["incident"]) if e.get("changeKind") == "step.done")
    assert entry["by"]["personName"] == city.person["csirt"]["name"] and entry["by"]["capacity"] == "CAPACITY_SCRIBE", entry
    assert settle(kept["done"], "TAKEN_IN", **same) == answer, "the first answer stays"
    assert not one(kept["done"])
    past = one(kept["done"], settled=True)
    assert past["settledBy"]["personName"] == city.person["csirt"]["name"] and past["settleReason"] == "本人に電話で確かめた", past
    refused("HELD_SETTLED", kept["done"], "TURNED_DOWN", reason="やはり")
    note = city.sql("SELECT person_name || ' ' || reason || ' ' || (changes->0->>'after') FROM sokuo.journal "
                    "WHERE kind = 'account.held_taken_in'")
    assert note == f"{city.person['csirt']['name']} 本人に電話で確かめた {kept['done']}", note


def test_an_entry_names_who_said_it():
    settle(kept["entry"], "TAKEN_IN")
    entry = next(e for e in city.entries(kept["incident"]) if e.get("text") == "消防にも連絡した")
    assert entry["sender"] == city.person["poc"]["name"] and entry["by"]["capacity"] == "CAPACITY_SCRIBE", entry
    assert 3590 < (moment(entry["recordedAt"]) - moment(entry["occurredAt"])).total_seconds() < 3700, entry


def test_what_does_not_say_when_happened_at_the_latest_when_it_came():
    id = kept["timeless"] = kept["device"].hold("addEntry", incidentId=kept["incident"]["id"], text="時刻のない記録")
    city.sql(f"UPDATE sokuo.refused_operation SET recorded_at = recorded_at - interval '3 hours' WHERE id = '{id}'")
    assert "occurredAt" not in one(id)
    settle(id, "TAKEN_IN")
    entry = next(e for e in city.entries(kept["incident"]) if e.get("text") == "時刻のない記録")
    assert 10790 < (moment(entry["recordedAt"]) - moment(entry["occurredAt"])).total_seconds() < 10900, entry


def test_a_filing_becomes_an_incident_found_by_its_owner():
    answer = settle(kept["filing"], "TAKEN_IN")
    incident = city.get({"id": answer["incidentNumber"]})["incident"]
    assert incident["title"] == "もう1台も動かない" and incident["facts"]["finder"] == city.person["poc"]["name"], incident


def test_what_only_its_owner_can_do_is_turned_down_with_a_reason():
    refused("OWNERS_ALONE", kept["command"], "TAKEN_IN")
    refused("REQUIRED", kept["command"], "TURNED_DOWN")
    refused("REQUIRED", kept["command"], "UNSPECIFIED")
    settle(kept["command"], "TURNED_DOWN", reason="指揮は別の人が執っている")
    assert not listed()
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'account.held_turned_down'") == "1"
    assert [h["id"] for h in listed(settled=True)] == [kept[k] for k in ("command", "filing", "timeless", "entry", "done")]


def test_turned_down_it_can_never_be_applied_any_more():
    incident, device = kept["incident"], kept["device"]
    id = device.hold("addEntry", incidentId=incident["id"], text="反映しない")
    settle(id, "TURNED_DOWN", reason="本人が書き直した")
    city.refused("OPERATION_ID_USED", "poc", "IncidentService/AddEntry", operationId=id, incidentId=incident["id"], text="反映しない")
    assert "反映しない" not in texts(incident)


def test_somebody_did_the_step_meanwhile_and_both_stand():
    mine = city.do("poc", "StepService/ListMySteps", incidentId=kept["incident"]["id"])["steps"]
    ready = next(s for s in mine if s["state"] == STEP + "READY" and "DONE" in s["allowedActs"]
                 and "decision" not in s["definition"] and "notice" not in s["definition"])
    id = kept["device"].hold("updateStep", age=60_000, stepId=ready["id"], act="STEP_ACT_DONE", paperLocation="棚")
    city.do("poc", "StepService/UpdateStep", stepId=ready["id"], act="STEP_ACT_DONE", paperLocation="棚")
    assert one(id)["stepState"] == STEP + "DONE" and one(id)["stepPerson"] == city.person["poc"]["name"], one(id)
    assert settle(id, "TAKEN_IN")["stepOutcome"] == "STEP_OUTCOME_CONFIRMED"


def test_of_many_who_settle_at_once_one_does_and_the_change_is_made_once_or_never():
    incident = kept["incident"]
    for round in range(6):
        text = f"同時{round}"
        id = kept["device"].hold("addEntry", incidentId=incident["id"], text=text)

        def attempt(k):
            try:
                settle(id, ("TAKEN_IN", "TURNED_DOWN")[k % 2], login=("csirt", "handler", "siso")[k % 3], reason="同時")
                return "done"
            except RpcError as error:
                return error.reason
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(attempt, range(6)))
        outcome = city.sql(f"SELECT outcome FROM sokuo.refused_operation WHERE id = '{id}'")
        assert answers.count("done") == 1, answers
        assert set(answers) <= {"done", "HELD_SETTLED", "HELD_APPLIED", "BUSY_HELD"}, answers
        assert texts(incident).count(text) == (1 if outcome == "1" else 0), (outcome, answers)
        assert city.sql(f"SELECT count(*) FROM sokuo.journal WHERE kind LIKE 'account.held%' AND changes->0->>'after' = '{id}'") == "1"


def test_a_death_between_the_change_and_its_mark_is_taken_up_where_it_stopped():
    incident = kept["incident"]
    id = kept["device"].hold("addEntry", incidentId=incident["id"], text="途中で落ちた")
    # As a server leaves it that died there: the change is made, nothing is marked.
    city.do("handler", "IncidentService/AddEntry", operationId=id, incidentId=incident["id"], text="途中で落ちた")
    refused("HELD_APPLIED", id, "TURNED_DOWN", reason="もう入っている")
    assert settle(id, "TAKEN_IN")["held"]["outcome"] == HELD + "TAKEN_IN"
    assert texts(incident).count("途中で落ちた") == 1


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
