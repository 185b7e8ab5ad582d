# SPDX-License-Identifier: Apache-2.0
"""The queue of a device: applied in order, once, with refusals that stay and clocks that are wrong."""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from server import RpcError, new_id  # noqa: E402
from story import moment, until  # noqa: E402

city = City("--workers", "2")
kept = {}


class Device:
    """An installation of the client: counts its operations and keeps those not taken yet."""

    def __init__(self, login="poc"):
        self.login, self.client, self.seq, self.queue = login, new_id(), 0, []

    def do(self, act, /, age=0, **message):
        self.seq += 1
        operation = {"seq": self.seq, act: {"operationId": new_id(), **message}}
        if age:
            operation["ageMs"] = age
        self.queue.append(operation)
        return operation[act]["operationId"]

    def push(self, operations=None, **fields):
        operations = self.queue if operations is None else operations
        return city.call("SyncService/Push", {"clientId": self.client, "operations": operations, **fields},
                         token=city.person[self.login]["token"])

    def flush(self, **fields):
        answer = self.push(**fields)
        self.queue = [o for o in self.queue if o["seq"] >= int(answer["nextSeq"])]
        return answer


def texts(incident):
    return [e.get("text") for e in reversed(city.entries(incident)) if e["kind"] != "ENTRY_KIND_CHANGE"]


def test_a_queue_is_applied_in_its_order():
    city.settle()
    incident = kept["incident"] = city.file("poc", title="圏外で書いたもの")
    device = kept["device"] = Device()
    for number in range(10):
        device.do("addEntry", incidentId=incident["id"], text=f"記録{number}")
    answer = device.flush()
    assert not answer.get("halted") and int(answer["nextSeq"]) == 11 and len(answer["results"]) == 10, answer
    assert all("addEntry" in r and "refusal" not in r for r in answer["results"]), answer
    assert texts(incident) == [f"記録{n}" for n in range(10)]


def test_the_same_queue_again_changes_nothing_and_answers_the_same():
    incident, device = kept["incident"], Device()
    device.do("addEntry", incidentId=incident["id"], text="一度だけ")
    device.do("addEntry", incidentId=incident["id"], text="二度目も一度だけ")
    first, again = device.push(), device.push()
    assert first["results"] == again["results"], (first, again)
    assert texts(incident).count("一度だけ") == 1


def test_the_same_queue_at_once_from_two_sides_is_applied_once():
    incident, device = kept["incident"], Device()
    for number in range(20):
        device.do("addEntry", incidentId=incident["id"], text=f"同時{number}")
    threads = [threading.Thread(target=device.push) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    answer = device.push()
    assert int(answer["nextSeq"]) == 21 and not answer.get("halted"), answer
    assert [t for t in texts(incident) if t.startswith("同時")] == [f"同時{n}" for n in range(20)]


def test_what_overtook_waits_for_what_is_missing():
    incident, device = kept["incident"], Device()
    for number in range(4):
        device.do("addEntry", incidentId=incident["id"], text=f"追越{number}")
    late = device.push(device.queue[2:])
    assert late["halted"] and late["haltReason"] == "GAP" and int(late["nextSeq"]) == 1, late
    assert not late.get("results") and "追越2" not in texts(incident)
    device.flush()
    assert [t for t in texts(incident) if t.startswith("追越")] == [f"追越{n}" for n in range(4)]


def test_a_refusal_is_kept_with_its_text_and_the_queue_goes_on():
    device = Device("staff")
    own = city.file("staff", title="自分の届出")
    device.do("addEntry", incidentId=new_id(), text="無い事案への記録")
    device.do("addEntry", incidentId=own["id"], text="その後の記録")
    answer = device.push()
    refused, taken = answer["results"]
    assert refused["code"] == "not_found" and refused["refusal"]["messageJa"] and refused["refusal"]["messageEn"], refused
    assert "addEntry" in taken and texts(own) == ["その後の記録"], taken
    assert device.push()["results"][0] == refused, "a refusal stays what it was"
    assert city.sql(f"SELECT count(*) FROM sokuo.refused_operation WHERE client_id = '{device.client}'") == "1"


def test_an_age_says_when_it_happened_whatever_the_clock_says():
    incident, device = kept["incident"], Device()
    device.do("addEntry", age=3_600_000, incidentId=incident["id"], text="一時間前", occurredAt="2016-01-01T00:00:00Z")
    entry = device.flush()["results"][0]["addEntry"]["entry"]
    assert stamp(minutes=61) < entry["occurredAt"] < stamp(minutes=59), entry
    assert entry["recordedAt"] > stamp(minutes=1), entry


def test_a_clock_ten_years_wrong_is_set_right_and_told():
    for ahead in (3650, -3650):
        incident, device = kept["incident"], Device()
        off = {"days": -ahead}
        said = stamp(minutes=30, **off)
        device.do("addEntry", incidentId=incident["id"], text=f"時計{ahead}", occurredAt=said)
        answer = device.flush(deviceTime=stamp(**off))
        entry = answer["results"][0]["addEntry"]["entry"]
        assert stamp(minutes=31) < entry["occurredAt"] < stamp(minutes=29), (ahead, entry)
        assert abs(int(answer["clockOffMs"])) > 86_400_000, answer


def test_a_time_after_now_is_taken_as_now():
    incident, device = kept["incident"], Device()
    device.do("addEntry", incidentId=incident["id"], text="先の時刻", occurredAt=stamp(days=-2))
    entry = device.flush()["results"][0]["addEntry"]["entry"]
    assert entry["occurredAt"] <= stamp(seconds=-1), entry


def test_an_incident_filed_offline_keeps_the_time_it_happened():
    device = Device("staff")
    device.do("fileIncident", age=600_000, title="圏外で起票", occurredAt=stamp(hours=5))
    incident = device.flush()["results"][0]["fileIncident"]["incident"]
    assert stamp(hours=5, minutes=1) < incident["occurredAt"] < stamp(hours=4, minutes=59), incident


def test_numbers_that_do_not_follow_each_other_are_refused_whole():
    incident, device = kept["incident"], Device()
    for number in range(3):
        device.do("addEntry", incidentId=incident["id"], text=f"順{number}")
    try:
        device.push([device.queue[0], device.queue[2]])
        raise AssertionError("not refused")
    except RpcError as error:
        assert error.reason == "NOT_IN_ORDER", error
    assert "順0" not in texts(incident)
    try:
        device.push([{"seq": 1}])
        raise AssertionError("not refused")
    except RpcError as error:
        assert error.reason == "REQUIRED", error


def test_a_queue_that_came_with_the_session_of_another_is_refused_whole():
    incident, device = kept["incident"], Device()
    device.do("addEntry", incidentId=incident["id"], text="別の人の名では書かれない")
    owner = city.do("poc", "AuthService/GetMe")["me"]["accountId"]
    other = city.do("siso", "AuthService/GetMe")["me"]["accountId"]
    try:
        device.push(accountId=other)
    except RpcError as error:
        assert error.reason == "OTHER_ACCOUNT", error
    else:
        raise AssertionError("the queue of one was taken with the session of another")
    assert "別の人の名では書かれない" not in texts(incident)
    answer = device.push(accountId=owner)
    assert "refusal" not in answer["results"][0] and "別の人の名では書かれない" in texts(incident), answer


def test_nobody_else_learns_what_was_refused():
    device = Device("staff")
    operation = device.do("addEntry", incidentId=new_id(), text="秘密の記録")
    device.push()
    other = Device("ism")
    other.client = device.client
    other.do("addEntry", incidentId=new_id(), text="別の記録")
    other.queue[0]["addEntry"]["operationId"] = operation
    answer = other.push()["results"][0]
    assert answer["code"] == "not_found" and "秘密" not in str(answer), answer


def test_the_queue_survives_the_death_of_the_server_between_commit_and_answer():
    incident, device = kept["incident"], Device()
    for number in range(5):
        device.do("addEntry", incidentId=incident["id"], text=f"死{number}")
    device.push(device.queue[:3])
    # As if the answer and the place in the queue were lost: the server remembers neither, the operations stand.
    city.sql(f"UPDATE sokuo.device SET last_seq = 0 WHERE client_id = '{device.client}'")
    answer = device.flush()
    assert int(answer["nextSeq"]) == 6 and not device.queue, answer
    assert [t for t in texts(incident) if t.startswith("死")] == [f"死{n}" for n in range(5)]


def call_to():
    """A call that waits for somebody's answer, to an incident of its own; and who that is."""
    incident = city.file(title="呼出しへの応答", severity="SEVERITY_S4")
    one = city.do("siso", "EscalationService/Escalate", incidentId=incident["id"], role="ROLE_POC", reason="判断を仰ぐ")["escalation"]
    called = until(lambda: call(one).get("person", {}).get("id"))
    return incident, one, next(login for login, person in city.person.items() if person["id"] == called)


def call(one):
    return city.do("siso", "EscalationService/ListEscalations", escalationId=one["id"], ended=True)["escalations"][0]


def answered(incident):
    """Answers to calls in the chronology, the first first."""
    return [e for e in reversed(city.entries(incident)) if e.get("changeKind") == "call.answered"]


def test_a_call_answered_without_a_network_is_answered_once_with_both_times():
    incident, one, login = call_to()
    device = Device(login)
    device.do("answerEscalation", age=3_600_000, escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    first, again = device.push(), device.push()
    assert int(again["nextSeq"]) == 2 and not again.get("halted"), again
    for answer in (first, again):
        taken = answer["results"][0]["answerEscalation"]
        assert taken["escalation"]["answeredAt"] == first["results"][0]["answerEscalation"]["escalation"]["answeredAt"], again
    assert taken["escalation"]["phase"] == "ESCALATION_PHASE_ANSWERED" and not taken.get("isLate"), taken
    assert taken["escalation"]["answeredBy"]["personId"] == city.person[login]["id"], taken
    fact, = answered(incident)
    assert fact["text"] == "呼出(統一的な窓口(PoC))に応答: 引き受ける" and moment(fact["occurredAt"]) < moment(fact["recordedAt"]), fact
    assert moment(fact["occurredAt"]) == moment(one["begunAt"]), "nobody answers before they are called"


def test_an_answer_of_somebody_who_was_not_called_is_refused_and_the_queue_goes_on():
    incident, one, _ = call_to()
    device = Device("staff")
    own = city.file("staff", title="自分の届出")
    device.do("answerEscalation", escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    device.do("addEntry", incidentId=own["id"], text="その後")
    refused, taken = device.flush()["results"]
    assert refused["code"] in ("permission_denied", "not_found") and "addEntry" in taken, (refused, taken)
    assert answered(incident) == [] and texts(own) == ["その後"]


def test_a_late_answer_is_on_record_and_who_answered_first_stays():
    incident, one, login = call_to()
    device = Device(login)
    device.do("answerEscalation", age=3_600_000, escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    # Meanwhile somebody else takes it on.
    city.do("siso", "EscalationService/AnswerEscalation", escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    result = device.flush()["results"][0]
    assert result["answerEscalation"]["isLate"] and "refusal" not in result, result
    now = call(one)
    assert now["phase"] == "ESCALATION_PHASE_ANSWERED" and now["answeredBy"]["personId"] == city.person["siso"]["id"], now
    late = f"引き受ける({city.person['siso']['name']}の応答の後)"
    assert [e["text"].rsplit(": ")[1] for e in answered(incident)] == ["引き受ける", late], answered(incident)


def test_an_answer_to_a_call_that_was_stopped_is_on_record_and_wakes_nothing():
    incident, one, login = call_to()
    device = Device(login)
    for kind in ("ACKNOWLEDGE", "REFUSE", "ACCEPT"):
        device.do("answerEscalation", age=3_600_000, escalationId=one["id"], kind=f"ESCALATION_ANSWER_KIND_{kind}", note="圏外でした")
    city.do("siso", "EscalationService/StopEscalation", escalationId=one["id"], reason="誤報")
    results = device.flush()["results"]
    assert [r["answerEscalation"].get("isLate") for r in results] == [True] * 3, results
    until(lambda: city.sql(f"SELECT count(*) FROM sokuo.escalation_event WHERE escalation_id = '{one['id']}' AND applied_at IS NULL") == "0")
    now = call(one)
    assert now["phase"] == "ESCALATION_PHASE_STOPPED" and "answeredBy" not in now, now
    assert [e["text"].rsplit(": ")[1] for e in answered(incident)] == ["確認(中止の後)", "できない(中止の後)", "引き受ける(中止の後)"]


def test_a_refusal_from_before_does_not_take_back_an_answer_from_after():
    incident, one, login = call_to()
    device = Device(login)
    device.do("answerEscalation", age=3_600_000, escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_REFUSE", note="移動中")
    city.do(login, "EscalationService/AnswerEscalation", escalationId=one["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    device.flush()
    until(lambda: city.sql(f"SELECT count(*) FROM sokuo.escalation_event WHERE escalation_id = '{one['id']}' AND applied_at IS NULL") == "0")
    now = call(one)
    assert now["phase"] == "ESCALATION_PHASE_ANSWERED" and now["answeredBy"]["personId"] == city.person[login]["id"], now
    assert len(answered(incident)) == 2


def held(device):
    return int(city.sql(f"SELECT count(*) FROM sokuo.refused_operation WHERE client_id = '{device.client}' AND is_held"))


def session_of(login):
    """Comes in again with a token of its own; answers the token's id."""
    person = city.person[login]
    person["token"] = city.make_token(login)
    return city.sql(f"SELECT s.id FROM sokuo.session s JOIN sokuo.account a ON a.id = s.account_id WHERE a.login = '{login}' "
                    "ORDER BY s.created_at DESC LIMIT 1")


def test_what_a_lost_device_still_holds_is_kept_and_not_applied():
    incident, device, other = city.file("siso", title="端末の紛失"), Device("siso"), Device("siso")
    session = session_of("siso")
    device.do("addEntry", incidentId=incident["id"], text="紛失前に届いた")
    applied = device.queue[:]
    before = device.flush()["results"]
    device.do("addEntry", incidentId=incident["id"], text="手元に残っていた")
    device.do("addEntry", incidentId=new_id(), text="どのみち断られる")
    city.call("AuthService/RevokeToken", {"id": session})
    session_of("siso")
    # The same people with their own devices, and the device in the hands of somebody else who logs in, go on.
    other.do("addEntry", incidentId=incident["id"], text="別の端末から")
    assert "refusal" not in other.flush()["results"][0]
    answer = device.push()
    assert [r["refusal"]["reason"] for r in answer["results"]] == ["DEVICE_SHUT"] * 2, answer
    assert answer["results"][0]["refusal"]["messageJa"] and not answer.get("halted") and int(answer["nextSeq"]) == 4, answer
    assert texts(incident) == ["紛失前に届いた", "別の端末から"], "nothing was applied"
    assert held(device) == 2, "and nothing was lost"
    kept = city.sql(f"SELECT encode(request, 'escape') FROM sokuo.refused_operation WHERE client_id = '{device.client}' AND seq = 2")
    assert "".join(f"\\{b:03o}" for b in "手元に残っていた".encode()) in kept, kept
    assert device.push()["results"] == answer["results"] and held(device) == 2, "the answer stays"
    assert device.push(applied)["results"] == before, "what was applied before keeps its first answer"
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'account.operation_held'") == "2", "the record says so, once each"


def test_a_device_that_begins_anew_after_it_was_shut_goes_on():
    incident, device = kept["incident"], Device("siso")
    session = session_of("siso")
    device.do("addEntry", incidentId=incident["id"], text="前の端末")
    device.flush()
    city.call("AuthService/RevokeToken", {"id": session})
    session_of("siso")
    device.do("addEntry", incidentId=incident["id"], text="保管される")
    assert device.flush()["results"][0]["refusal"]["reason"] == "DEVICE_SHUT"
    fresh = Device("siso")
    fresh.do("addEntry", incidentId=incident["id"], text="確かめて、もう一度")
    assert "refusal" not in fresh.flush()["results"][0] and "確かめて、もう一度" in texts(incident)


def test_who_logs_out_and_in_again_keeps_the_queue():
    incident, device = kept["incident"], Device("siso")
    session = session_of("siso")
    device.do("addEntry", incidentId=incident["id"], text="ログアウト前")
    device.flush()
    city.call("AuthService/RevokeToken", {"id": session}, token=city.person["siso"]["token"])
    session_of("siso")
    device.do("addEntry", incidentId=incident["id"], text="ログアウト後")
    assert "refusal" not in device.flush()["results"][0] and "ログアウト後" in texts(incident)


def test_numbers_and_ages_out_of_all_range_cost_nothing():
    incident, most = kept["incident"], 2**63 - 1
    for seq in (most, most - 1, -most - 1, 0):
        device = Device()
        device.seq = seq - 1
        device.do("addEntry", incidentId=incident["id"], text="範囲外")
        device.do("addEntry", incidentId=incident["id"], text="範囲外の次")
        device.queue[1]["seq"] = min(device.queue[1]["seq"], most)
        try:
            answer = device.push()
            assert answer["haltReason"] == "GAP", answer
        except RpcError as error:
            assert error.reason == "NOT_IN_ORDER", error
    for age in (most, -most - 1, -1):
        device = Device()
        device.do("addEntry", age=age, incidentId=incident["id"], text=f"年齢{age}")
        entry = device.flush()["results"][0]["addEntry"]["entry"]
        assert entry["occurredAt"] <= stamp(seconds=-1), entry
    assert "範囲外" not in texts(incident)


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
