# SPDX-License-Identifier: Apache-2.0
"""An incident from 受付 to 保管, and everything that may happen to it on the way, through the contract of the whole server."""
import concurrent.futures
import http.client
import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, changes_of, stamp  # noqa: E402
from server import RpcError, new_id  # noqa: E402

city = City("--workers", "2")
STATE, SEVERITY, TYPE = "INCIDENT_STATE_", "SEVERITY_", "INCIDENT_TYPE_"


def move(login, incident, to, /, **fields):
    answer = city.do(login, "TransitionIncident", id=incident["id"], toState=STATE + to, **fields)["incident"]
    assert answer["state"] == STATE + to, answer
    return answer


def no_move(reason, login, incident, to, /, **fields):
    before = city.get(incident)
    error = city.refused(reason, login, "TransitionIncident", id=incident["id"], toState=STATE + to, **fields)
    assert city.get(incident) == before, "a refused move changed something"
    assert error.info.get("messageJa") and error.info.get("messageEn"), error.info
    return error


def triaged(title="試験", to=None, severity="S2", **fields):
    incident = city.file(title=title, **fields)
    more = {"toState": STATE + to} if to else {}
    return city.do("csirt", "TriageIncident", id=incident["id"], severity=SEVERITY + severity, reason="判定", **more)["incident"]


def fails_with(code, reason, call):
    try:
        call()
    except RpcError as error:
        assert (error.code, error.reason) == (code, reason), error
        return error
    raise AssertionError(f"not refused: {reason}")


def in_threads(count, work):
    """Runs work(index) in so many threads that begin together; answers the results."""
    barrier = threading.Barrier(count)

    def run(index):
        barrier.wait()
        return work(index)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def words_missing(incident, to):
    return [set(t.get("missing", [])) for t in city.get(incident, "ciso")["incident"]["possibleTransitions"]
            if t["to"] == STATE + to]


# --- lifecycle ---

walked = {}


def test_an_incident_needs_a_handler_a_judgement_and_a_commander():
    city.settle()
    incident = city.file(title="端末に身代金要求の画面", incidentType=TYPE + "INTRUSION")
    assert incident["state"] == STATE + "INTAKE" and incident["version"] == 1 and incident["triageDueAt"], incident
    assert incident["severity"] == "SEVERITY_S3" and not incident.get("severityAssessed"), incident
    no_move("HANDLER", "poc", incident, "TRIAGE")
    no_move("NOT_PERMITTED", "staff", incident, "TRIAGE")
    no_move("NO_SUCH_TRANSITION", "csirt", incident, "CLOSED", reason="r")
    no_move("NO_SUCH_TRANSITION", "siso", incident, "ACTIVATED")
    city.do("poc", "AssignIncident", id=incident["id"], handlerId=city.person["handler"]["id"])
    assert "triageDueAt" not in move("poc", incident, "TRIAGE")
    no_move("SEVERITY", "csirt", incident, "ACTIVATED")
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S3")
    no_move("S3_MUST_ACTIVATE", "csirt", incident, "HANDLING_LOCAL")
    no_move("REASON", "csirt", incident, "CLOSED_FALSE")
    no_move("S3_MUST_ACTIVATE", "csirt", incident, "CLOSED_FALSE", reason="誤検知")
    move("csirt", incident, "ACTIVATED")
    no_move("NOT_PERMITTED", "csirt", incident, "CONTAINMENT")
    no_move("COMMANDER", "siso", incident, "CONTAINMENT")
    assert words_missing(incident, "CONTAINMENT") == [{"COMMANDER"}]
    commanded = city.do("csirt", "AssignIncident", id=incident["id"], commanderId=city.person["ciso"]["id"],
                        commanderCapacity="CAPACITY_SELF", reason="S3")["incident"]
    assert commanded["commander"]["name"] == city.person["ciso"]["name"] and commanded["commandedSince"], commanded
    move("siso", incident, "CONTAINMENT")
    walked["incident"] = incident


def test_containment_recovery_and_observation_say_why_and_wait():
    incident = walked["incident"]
    no_move("REASON", "csirt", incident, "ERADICATION")
    move("csirt", incident, "ERADICATION", reason="拡散は止まった")
    no_move("REASON", "csirt", incident, "RECOVERY")
    move("csirt", incident, "RECOVERY", reason="入口を塞いだ")
    watched = move("csirt", incident, "MONITORING")
    assert watched["monitoringUntil"] > stamp(days=-13) and watched["monitoringUntil"] < stamp(days=-15), watched
    no_move("REASON", "ciso", incident, "CLOSED")
    no_move("NOT_PERMITTED", "siso", incident, "CLOSED", reason="異常なし")
    no_move("OBSERVATION", "ciso", incident, "CLOSED", reason="異常なし")
    no_move("REASON", "csirt", incident, "CONTAINMENT")
    back = move("csirt", incident, "CONTAINMENT", reason="再燃")
    assert "monitoringUntil" not in back, back


def test_what_was_over_may_be_reopened_with_a_reason():
    incident = walked["incident"]
    for to in ("ERADICATION", "RECOVERY"):
        move("csirt", incident, to, reason="済み")
    move("csirt", incident, "MONITORING", monitoringUntil=stamp(seconds=1))
    closed = move("ciso", incident, "CLOSED", reason="異常なし")
    assert closed["closedAt"], closed
    no_move("REASON", "csirt", incident, "TRIAGE")
    reopened = move("csirt", incident, "TRIAGE", reason="委託先の訂正報告")
    assert "closedAt" not in reopened, reopened
    newest = city.entries(incident)[0]
    assert newest["changeKind"] == "incident.reopened" and newest["reason"] == "委託先の訂正報告", newest
    move("csirt", incident, "ACTIVATED")
    move("siso", incident, "CONTAINMENT")
    for to in ("ERADICATION", "RECOVERY"):
        move("csirt", incident, to, reason="済み")
    move("csirt", incident, "MONITORING", monitoringUntil=stamp(seconds=1))
    move("ciso", incident, "CLOSED", reason="異常なし")
    move("csirt", incident, "CONTAINMENT", reason="範囲拡大")
    for to in ("ERADICATION", "RECOVERY"):
        move("csirt", incident, to, reason="済み")
    move("csirt", incident, "MONITORING", monitoringUntil=stamp(seconds=1))
    move("ciso", incident, "CLOSED", reason="異常なし")


def test_an_archived_incident_takes_nothing_more():
    incident = walked["incident"]
    move("csirt", incident, "REVIEW")
    no_move("NOT_PERMITTED", "csirt", incident, "ARCHIVED", reason="報告書承認")
    no_move("REASON", "ciso", incident, "ARCHIVED")
    archived = move("ciso", incident, "ARCHIVED", reason="報告書承認")
    city.refused("INCIDENT_SETTLED", "csirt", "AddEntry", incidentId=incident["id"], text="遅い")
    city.refused("NOT_PERMITTED", "csirt", "UpdateIncident", id=incident["id"], version=archived["version"],
                 updateMask=["title"], title="別の名")
    city.refused("NOT_PERMITTED", "csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S4")
    no_move("NO_SUCH_TRANSITION", "ciso", incident, "TRIAGE", reason="r")
    entries = city.entries(incident, oldestFirst=True)
    assert [e["seq"] for e in entries] == list(range(1, archived["version"] + 1))
    states = [(b, a) for f, b, a in changes_of(entries) if f == "state"]
    assert [a for _, a in states[:-1]] == [b for b, _ in states[1:]] and states[-1][1] == STATE + "ARCHIVED", states


def test_only_a_disaster_is_activated_at_once():
    quake = city.file("desk", incidentType=TYPE + "EARTHQUAKE")
    no_move("NOT_PERMITTED", "csirt", quake, "ACTIVATED")
    move("siso", quake, "ACTIVATED")


# --- triage ---

def test_triage_decides_type_severity_and_handler_in_one_act():
    incident = city.file()
    done = city.do("poc", "TriageIncident", id=incident["id"], incidentType=TYPE + "LOSS", severity="SEVERITY_S2",
                   reason="所在不明")["incident"]
    assert done["state"] == STATE + "TRIAGE" and done["severityAssessed"] and done["version"] == 2, done
    assert done["handler"]["id"] == city.person["poc"]["id"] and "triageDueAt" not in done, done
    city.refused("NOT_A_TRIAGE", "csirt", "TriageIncident", id=incident["id"], toState=STATE + "RECOVERY")
    city.refused("NOT_PERMITTED", "poc", "TriageIncident", id=incident["id"], toState=STATE + "ACTIVATED")
    assert city.get(incident)["incident"]["version"] == 2


def test_of_several_triaged_together_one_is_refused_by_itself():
    ids = [city.file()["id"], city.file(severity="SEVERITY_S4")["id"], new_id(), city.file()["id"]]
    message = {"operationId": new_id(), "ids": ids,
               "decision": {"severity": "SEVERITY_S2", "toState": STATE + "HANDLING_LOCAL"}}
    results = city.do("csirt", "TriageIncidents", **message)["results"]
    assert [r["id"] for r in results] == ids
    assert [r.get("error", {}).get("reason") for r in results] == [None, "REASON_FOR_LOWERING", "INCIDENT_NOT_FOUND", None], results
    assert city.get({"id": ids[1]})["incident"]["version"] == 1
    assert city.get({"id": ids[3]})["incident"]["state"] == STATE + "HANDLING_LOCAL"
    assert city.do("csirt", "TriageIncidents", **message)["results"] == results
    assert city.get({"id": ids[0]})["incident"]["version"] == 2


def update(login, incident, mask, **fields):
    version = city.get(incident)["incident"]["version"]
    return city.do(login, "UpdateIncident", id=incident["id"], version=version, updateMask=mask, **fields)["incident"]


def test_rules_raise_the_severity_and_only_people_with_a_reason_lower_it():
    incident = city.file(severity="SEVERITY_S1", incidentType=TYPE + "LOSS")
    raised = update("staff", incident, ["facts.personalInfo"], facts={"personalInfo": {"myNumber": "FINDING_SUSPECTED"}})
    assert raised["severity"] == "SEVERITY_S3" and "MY_NUMBER" in raised["severityRules"], raised
    assert ("severity", "SEVERITY_S1", "SEVERITY_S3") in changes_of(city.entries(incident))
    city.refused("REASON_FOR_LOWERING", "poc", "TriageIncident", id=incident["id"], severity="SEVERITY_S2")
    lowered = city.do("poc", "TriageIncident", id=incident["id"], severity="SEVERITY_S2", reason="番号は黒塗り")["incident"]
    assert lowered["severity"] == "SEVERITY_S2", lowered
    same = update("staff", incident, ["facts.place"], facts={"place": "2階"})
    assert same["severity"] == "SEVERITY_S2", "a rule that held before raised again"
    zones = update("staff", incident, ["facts.zones"], facts={"zones": ["NETWORK_ZONE_INTERNET", "NETWORK_ZONE_SCHOOL_LEARNING"]})
    assert zones["severity"] == "SEVERITY_S3" and "TWO_ZONES" in zones["severityRules"], zones
    low = {"id": incident["id"], "severity": "SEVERITY_S2", "reason": "確認した"}
    city.refused("MAY_NOT_LOWER", "csirt", "TriageIncident", **low)
    city.refused("MAY_NOT_LOWER", "siso", "TriageIncident", **low)
    assert city.do("ciso", "TriageIncident", **low)["incident"]["severity"] == "SEVERITY_S2"
    assert ("severity", "SEVERITY_S3", "SEVERITY_S2") in changes_of(city.entries(incident)[:1])


def test_a_judged_severity_stands_when_a_later_triage_leaves_it_open():
    incident = city.file(incidentType=TYPE + "MALWARE")
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S1", reason="駆除済み")
    later = city.do("csirt", "TriageIncident", id=incident["id"], handlerId=city.person["poc"]["id"])["incident"]
    assert later["severity"] == "SEVERITY_S1", later
    open_one = city.file(incidentType=TYPE + "MALWARE")
    proposed = city.do("csirt", "TriageIncident", id=open_one["id"])["incident"]
    assert proposed["severity"] == "SEVERITY_S4" and "SPREADING" in proposed["severityRules"], proposed


# --- facts ---

def test_every_type_it_ever_had_is_in_the_chronology():
    incident = city.file()
    for kind in ("LOSS", "UNAUTHORIZED_TAKEOUT", "INSIDER"):
        city.do("csirt", "TriageIncident", id=incident["id"], incidentType=TYPE + kind)
    city.do("csirt", "TriageIncident", id=incident["id"], secondaryTypes=[TYPE + "LOSS", TYPE + "PHISHING"])
    types = [c[1:] for c in changes_of(city.entries(incident, oldestFirst=True)) if c[0] == "incidentType"]
    assert types == [("", TYPE + "LOSS"), (TYPE + "LOSS", TYPE + "UNAUTHORIZED_TAKEOUT"),
                     (TYPE + "UNAUTHORIZED_TAKEOUT", TYPE + "INSIDER")], types
    update("csirt", incident, ["secondaryTypes"], secondaryTypes=[TYPE + "DOS"])
    noted = [c[1:] for c in changes_of(city.entries(incident)[:1]) if c[0] == "secondaryTypes"]
    assert noted == [(f"{TYPE}LOSS, {TYPE}PHISHING", TYPE + "DOS")], noted


def test_a_mask_changes_what_it_names_and_notes_before_and_after():
    incident = city.file(description="最初", facts={"place": "1階", "finder": "窓口", "zones": ["NETWORK_ZONE_LGWAN"]})
    after = update("staff", incident, ["title", "facts.place", "facts.zones", "facts.personal_info", "occurredAt"], title="改題",
                   description="取られない", occurredAt=stamp(hours=3),
                   facts={"place": "3階", "finder": "取られない", "personalInfo": {"knownCount": "12"}}, reason="確認")
    assert (after["title"], after["description"]) == ("改題", "最初"), after
    assert after["facts"] == {"place": "3階", "finder": "窓口", "personalInfo": {"knownCount": "12"}}, after["facts"]
    newest = city.entries(incident)[0]
    noted = {c[0]: c[1:] for c in changes_of([newest])}
    assert noted["title"] == ("試験", "改題") and noted["facts.place"] == ("1階", "3階"), noted
    assert noted["facts.zones"] == ('["NETWORK_ZONE_LGWAN"]', ""), noted
    assert "12" in noted["facts.personalInfo"][1] and noted["facts.personalInfo"][0] == "", noted
    assert noted["occurredAt"][0] == "" and newest["reason"] == "確認", newest
    assert "description" not in noted and "facts.finder" not in noted, noted
    version = after["version"]
    for mask in (["severity"], ["facts.nothing"], ["number"], ["facts.personalInfo.knownCount"]):
        city.refused("UNKNOWN_FIELD", "staff", "UpdateIncident", id=incident["id"], version=version, updateMask=mask)
    city.refused("REQUIRED", "staff", "UpdateIncident", id=incident["id"], version=version, updateMask=["title"])
    city.refused("REQUIRED", "staff", "UpdateIncident", id=incident["id"], updateMask=["title"], title="版なし")
    city.refused("IN_THE_FUTURE", "staff", "UpdateIncident", id=incident["id"], version=version, updateMask=["occurredAt"],
                 occurredAt=stamp(hours=-1))


def test_a_stale_version_is_refused_and_nothing_changes():
    incident = triaged()
    update("csirt", incident, ["title"], title="先に")
    before = city.get(incident)
    for method, fields in (("UpdateIncident", {"updateMask": ["title"], "title": "後から"}),
                           ("TriageIncident", {"severity": "SEVERITY_S4"}),
                           ("TransitionIncident", {"toState": STATE + "ACTIVATED"}),
                           ("AssignIncident", {"commanderId": city.person["siso"]["id"]}),
                           ("SetConfidentiality", {"confidentiality": "CONFIDENTIALITY_PUBLIC", "reason": "r"})):
        error = city.refused("STALE_VERSION", "csirt", method, id=incident["id"], version=incident["version"], **fields)
        assert (error.status, error.code) == (409, "aborted"), error
    assert city.get(incident) == before


def test_of_sixteen_who_saw_the_same_version_one_wins():
    incident = triaged()

    def race(index):
        try:
            city.do("csirt", "UpdateIncident", id=incident["id"], version=incident["version"], updateMask=["title"],
                    title=f"題{index}")
            return index
        except RpcError as error:
            assert error.reason == "STALE_VERSION", error
            return None
    won = [i for i in in_threads(16, race) if i is not None]
    after = city.get(incident)["incident"]
    assert len(won) == 1 and after["title"] == f"題{won[0]}" and after["version"] == incident["version"] + 1, (won, after)


# --- chronology ---

def test_an_entry_has_two_times_and_none_lies_ahead():
    incident = city.file()
    happened = stamp(minutes=40)
    entry = city.do("handler", "AddEntry", incidentId=incident["id"], text="抜線した", kind="ENTRY_KIND_REPORT",
                    sender="市民課", receiver="CSIRT", means="MEANS_PHONE", certainty="CERTAINTY_UNCONFIRMED",
                    occurredAt=happened)["entry"]
    assert entry["occurredAt"][:19] == happened[:19] and entry["recordedAt"] > stamp(minutes=1), entry
    assert entry["by"]["personName"] == city.person["handler"]["name"] and entry["seq"] == 2, entry
    scribe = city.do("handler", "AddEntry", incidentId=incident["id"], text="代わりに", sender="課長",
                     capacity="CAPACITY_SCRIBE")["entry"]
    assert scribe["by"]["capacity"] == "CAPACITY_SCRIBE", scribe
    city.refused("IN_THE_FUTURE", "handler", "AddEntry", incidentId=incident["id"], text="明日", occurredAt=stamp(minutes=-10))
    city.refused("NOT_ALLOWED", "handler", "AddEntry", incidentId=incident["id"], text="偽", kind="ENTRY_KIND_CHANGE")
    read = city.entries(incident)
    assert [e["seq"] for e in read] == [3, 2, 1] and read[1] == entry, (read[1], entry)


def test_a_correction_strikes_and_keeps_what_was_written():
    incident = city.file()
    old = city.do("staff", "AddEntry", incidentId=incident["id"], text="3台", occurredAt=stamp(minutes=5))["entry"]
    fix = {"incidentId": incident["id"], "entryId": old["id"]}
    new = city.do("staff", "CorrectEntry", text="5台", reason="数え直し", **fix)["entry"]
    assert new["correctsId"] == old["id"] and new["occurredAt"] == old["occurredAt"] and new["reason"] == "数え直し", new
    city.refused("ALREADY_CORRECTED", "staff", "CorrectEntry", text="6台", reason="また", **fix)
    gone = city.do("staff", "CorrectEntry", incidentId=incident["id"], entryId=new["id"], reason="取り消し")["entry"]
    assert "text" not in gone, gone
    by_id = {e["id"]: e for e in city.entries(incident)}
    assert by_id[old["id"]]["text"] == "3台" and by_id[old["id"]]["correctedById"] == new["id"]
    assert by_id[new["id"]]["correctedById"] == gone["id"] and "correctedById" not in by_id[gone["id"]]
    filed = [e for e in by_id.values() if e["seq"] == 1][0]
    city.refused("CHANGE_ENTRY", "staff", "CorrectEntry", incidentId=incident["id"], entryId=filed["id"], text="x", reason="r")
    other = city.file()
    error = city.refused("ENTRY_NOT_FOUND", "staff", "CorrectEntry", incidentId=other["id"], entryId=gone["id"], text="x", reason="r")
    assert error.status == 404, error


def test_of_many_who_correct_the_same_entry_one_does():
    incident = city.file()
    old = city.do("staff", "AddEntry", incidentId=incident["id"], text="3台")["entry"]

    def correct(index):
        try:
            return city.do("csirt", "CorrectEntry", incidentId=incident["id"], entryId=old["id"], text=f"{index}台", reason="数え直し")
        except RpcError as error:
            assert error.reason == "ALREADY_CORRECTED", error
            return None
    assert len([a for a in in_threads(12, correct) if a]) == 1
    assert [e["seq"] for e in city.entries(incident)] == [3, 2, 1]


# --- ties ---

def links(incident):
    return sorted((k["kind"][10:], k["incidentId"]) for k in city.get(incident)["incident"].get("links", []))


def test_a_tie_is_seen_from_both_sides_and_can_be_untied():
    effect, cause = city.file(), city.file()
    tie = {"id": effect["id"], "otherId": cause["id"], "kind": "LINK_KIND_CAUSED_BY"}
    answer = city.do("csirt", "LinkIncidents", **tie)["incident"]
    assert [k["kind"] for k in answer["links"]] == ["LINK_KIND_CAUSED_BY"], answer
    assert links(effect) == [("CAUSED_BY", cause["id"])] and links(cause) == [("CAUSE_OF", effect["id"])]
    for one, other in ((effect, cause), (cause, effect)):
        assert ("links", "", other["id"]) in changes_of(city.entries(one)[:1])
    city.do("csirt", "LinkIncidents", remove=True, **tie)
    assert links(effect) == [] and links(cause) == []
    city.refused("SAME_INCIDENT", "csirt", "LinkIncidents", id=cause["id"], otherId=cause["id"], kind="LINK_KIND_RELATED")
    city.refused("NOT_ALLOWED", "csirt", "LinkIncidents", id=cause["id"], otherId=effect["id"], kind="LINK_KIND_MERGED_INTO")


def test_people_who_tie_the_same_two_at_once_do_not_block_each_other():
    one, other = city.file(), city.file()

    def tie(index):
        pair = (one, other) if index % 2 else (other, one)
        for _ in range(20):
            try:
                return city.do("csirt", "LinkIncidents", id=pair[0]["id"], otherId=pair[1]["id"], kind="LINK_KIND_RELATED")
            except RpcError as error:
                assert error.code == "aborted", error
        raise AssertionError("never came through")
    in_threads(6, tie)
    assert links(one) == [("RELATED", other["id"])] and links(other) == [("RELATED", one["id"])]


def test_a_merged_incident_points_on_and_can_only_be_read():
    ended, goes_on, fresh = triaged("重複"), triaged("本体"), city.file()
    merge = {"id": ended["id"], "intoId": goes_on["id"], "reason": "同じ事象"}
    city.refused("NO_SUCH_TRANSITION", "csirt", "MergeIncident", id=fresh["id"], intoId=goes_on["id"], reason="r")
    city.refused("USE_MERGE", "csirt", "TransitionIncident", id=ended["id"], toState=STATE + "MERGED")
    drill = triaged(mode="MODE_EXERCISE")
    city.refused("OTHER_MODE", "csirt", "MergeIncident", id=drill["id"], intoId=goes_on["id"], reason="r")
    answer = city.do("csirt", "MergeIncident", **merge)
    assert answer["incident"]["state"] == STATE + "MERGED" and answer["incident"]["mergedIntoId"] == goes_on["id"], answer
    assert answer["into"]["id"] == goes_on["id"] and answer["into"]["version"] == goes_on["version"] + 1, answer
    for one in (ended, goes_on):
        newest = city.entries(one)[0]
        assert newest["changeKind"] == "incident.merged" and newest["reason"] == "同じ事象", newest
    assert links(ended) == [("MERGED_INTO", goes_on["id"])] and links(goes_on) == [("MERGED_FROM", ended["id"])]
    now = city.get(ended)["incident"]
    assert not set(now.get("allowedActs", [])) - {"CLASSIFY"} and not now.get("possibleTransitions"), now
    city.refused("INCIDENT_SETTLED", "csirt", "AddEntry", incidentId=ended["id"], text="x")
    city.refused("NOT_PERMITTED", "csirt", "UpdateIncident", id=ended["id"], version=now["version"], updateMask=["title"], title="x")
    city.refused("NO_SUCH_TRANSITION", "csirt", "TransitionIncident", id=ended["id"], toState=STATE + "TRIAGE", reason="r")
    city.refused("NOT_PERMITTED", "csirt", "MergeIncident", id=ended["id"], intoId=triaged()["id"], reason="r")


def test_a_split_makes_a_new_incident_that_knows_where_it_came_from():
    whole = triaged("全体", incidentType=TYPE + "MALWARE", mode="MODE_EXERCISE")
    answer = city.do("csirt", "SplitIncident", id=whole["id"], title="枝", reason="原因が別")
    part = answer["incident"]
    assert part["number"].startswith("訓-") and part["mode"] == "MODE_EXERCISE", part
    assert part["incidentType"] == TYPE + "MALWARE" and answer["from"]["version"] == whole["version"] + 1, answer
    assert links(part) == [("SPLIT_FROM", whole["id"])] and links(whole) == [("SPLIT_INTO", part["id"])]
    assert city.entries(whole)[0]["changeKind"] == "incident.split"


# --- the same operation again ---

def test_the_same_operation_from_sixteen_threads_has_one_effect_and_one_answer():
    incident = city.file()
    for method, message in (
            ("FileIncident", {"title": "同時", "mode": "MODE_TEST"}),
            ("AddEntry", {"incidentId": incident["id"], "text": "同時"}),
            ("TriageIncident", {"id": incident["id"], "severity": "SEVERITY_S2", "reason": "同時"}),
            ("LinkIncidents", {"id": incident["id"], "otherId": city.file()["id"], "kind": "LINK_KIND_RELATED"}),
            ("SetMember", {"id": incident["id"], "personId": city.person["ism"]["id"], "access": "MEMBER_ACCESS_NAMED"}),
            ("SplitIncident", {"id": incident["id"], "title": "枝", "reason": "同時"}),
            ("MergeIncident", {"id": triaged()["id"], "intoId": incident["id"], "reason": "同時"})):
        message["operationId"] = new_id()
        before = city.get(incident)["incident"]["version"]
        answers = in_threads(16, lambda _, m=method, b=message: city.do("csirt", m, **b))
        for answer in answers:
            assert answer == answers[0], f"{method}: {answer} is not {answers[0]}"
        grown = city.get(incident)["incident"]["version"] - before
        assert grown == (method != "FileIncident"), f"{method}: {grown} effects"
        if method != "FileIncident":
            assert city.do("csirt", method, **message) == answers[0]
        other = dict(message, **{k: "別" for k in ("title", "text", "reason") if k in message})
        other = other if other != message else dict(message, otherId=new_id(), reason="別")
        other.pop("otherId") if method == "SetMember" else None
        fails_with("already_exists", "OPERATION_ID_USED", lambda m=method, b=other: city.do("csirt", m, **b))
        fails_with("already_exists", "OPERATION_ID_USED", lambda m=method, b=message: city.do("siso", m, **b))
    assert len(city.listed("csirt", filter={"mode": "MODE_TEST"})) == 1


def test_numbers_have_no_gaps_in_any_mode():
    modes = ["MODE_REAL", "MODE_EXERCISE"]

    def work(index):
        for _ in range(4):
            city.file(title="番号", mode=modes[index % 2])
            try:
                city.do("staff", "FileIncident", title="", mode=modes[index % 2])
            except RpcError:
                pass
    in_threads(12, work)
    for mode, pattern in (("MODE_REAL", r"\d{4}-(\d{4})"), ("MODE_EXERCISE", r"訓-\d{4}-(\d{4})")):
        column = {"MODE_REAL": 1, "MODE_EXERCISE": 2}[mode]  # also of those that nobody here may see
        rows = city.sql(f"SELECT number FROM sokuo.incident WHERE mode = {column}").split()
        numbers = [re.fullmatch(pattern, number).group(1) for number in rows]
        assert sorted(map(int, numbers)) == list(range(1, len(numbers) + 1)), (mode, numbers)


def test_everything_of_an_exercise_is_marked_as_one():
    drill = city.file(title="【訓練】", mode="MODE_EXERCISE")
    assert drill["number"].startswith("訓-") and drill["mode"] == "MODE_EXERCISE", drill
    cursor = city.do("siso", "SyncService/Pull")["cursor"]
    city.do("siso", "AddEntry", incidentId=drill["id"], text="想定を付与")
    city.do("csirt", "TriageIncident", id=drill["id"], severity="SEVERITY_S1", reason="想定")
    changes = city.do("siso", "SyncService/Pull", after=cursor, waitMs=5000, incidentId=drill["id"])["changes"]
    assert changes and {c["mode"] for c in changes} == {"MODE_EXERCISE"}, changes
    assert {c["incident"]["mode"] for c in changes} == {"MODE_EXERCISE"}
    assert drill["id"] not in {i["id"] for i in city.listed()}
    assert drill["id"] in {i["id"] for i in city.listed(filter={"mode": "MODE_EXERCISE"})}


# --- pages ---

def test_pages_lose_and_double_nothing_while_others_write():
    incident = city.file()
    for i in range(40):
        city.do("csirt", "AddEntry", incidentId=incident["id"], text=f"{i}")
    there = {i["id"] for i in city.listed()}
    stop = threading.Event()

    def write(index):
        written = 0
        while not stop.is_set() and written < 150:
            city.file(title="間に") if index else city.do("csirt", "AddEntry", incidentId=incident["id"], text="間に")
            written += 1
        return written
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, index) for index in range(3)]
        try:
            listed = [i["id"] for i in city.listed(pageSize=7)]
            assert len(listed) == len(set(listed)) and there <= set(listed), "incidents were lost or doubled"
            for oldest_first in (False, True):
                seqs = [e["seq"] for e in city.entries(incident, pageSize=5, oldestFirst=oldest_first)]
                step = 1 if oldest_first else -1
                assert seqs == list(range(seqs[0], seqs[-1] + step, step)) and len(seqs) >= 41, seqs
        finally:
            stop.set()
        assert all(w.result() > 0 for w in writers), "nobody wrote meanwhile"


# --- the feed ---

class Reader(threading.Thread):
    """Pulls on and on; keeps every change of the watched incidents."""

    def __init__(self, cursor, watched, stop):
        super().__init__(daemon=True)
        self.cursor, self.watched, self.stop_event = cursor, watched, stop
        self.seen, self.resets, self.failure = [], 0, None

    def run(self):
        while not self.stop_event.is_set():
            try:
                answer = city.do("siso", "SyncService/Pull", after=self.cursor, waitMs=500, maxChanges=9)
            except (OSError, http.client.HTTPException):
                continue
            except RpcError as error:
                if error.status < 500:
                    self.failure = error
                    return
                continue
            self.resets += bool(answer.get("reset"))
            self.cursor = answer["cursor"]
            # What the writers add; the calls of these incidents go on by themselves.
            self.seen += [(c["streamId"], c["version"]) for c in answer.get("changes", [])
                          if c["streamId"] in self.watched and c["kind"] == "entry.added"]


def persistent(login, method, **message):
    """Retries with the same operation id until there is an answer."""
    message["operationId"] = new_id()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            return city.do(login, method, **message)
        except (OSError, http.client.HTTPException):
            pass
        except RpcError as error:
            if error.status < 500:
                raise
    raise AssertionError("no answer within a minute")


def test_three_readers_lose_and_double_nothing_while_workers_are_killed():
    incidents = [city.file("siso") for _ in range(4)]
    watched = {i["id"] for i in incidents}
    cursor = city.do("siso", "SyncService/Pull")["cursor"]
    stop, written = threading.Event(), [set() for _ in range(8)]
    readers = [Reader(cursor, watched, stop) for _ in range(3)]

    def write(index):
        for i in range(40):
            incident = incidents[(index + i) % 4]
            entry = persistent("siso", "AddEntry", incidentId=incident["id"], text=f"{index} {i}")["entry"]
            written[index].add((incident["id"], entry["seq"]))
    for reader in readers:
        reader.start()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, index) for index in range(8)]
        kills = 0
        while not all(w.done() for w in writers):
            for pid in city.children()["worker"][kills % 2:][:1]:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            concurrent.futures.wait(writers, timeout=0.7)
        for writer in writers:
            writer.result()
    everything = set().union(*written)
    assert len(everything) == 320 and kills >= 1, (len(everything), kills)
    until = time.monotonic() + 30
    while time.monotonic() < until and any(set(r.seen) != everything and not r.failure for r in readers):
        time.sleep(0.02)
    stop.set()
    for reader in readers:
        reader.join()
        assert reader.failure is None and reader.resets == 0, (reader.failure, reader.resets)
        assert set(reader.seen) == everything, (len(everything - set(reader.seen)), "lost")
        assert len(reader.seen) == len(everything), (len(reader.seen) - len(everything), "doubled")


# --- search ---

def found(query, login="siso", **fields):
    token, hits = "", []
    while True:
        page = city.do(login, "SearchIncidents", query=query, pageToken=token, **fields)
        hits += page.get("hits", [])
        token = page.get("nextPageToken", "")
        if not token:
            return hits


def test_two_characters_find_in_every_width_and_kana():
    incident = city.file(title="猩紅カード読取機 ＡＢＣ１２３ の不調", description="ﾊﾝｶｸのメモ")
    entry = city.do("staff", "AddEntry", incidentId=incident["id"], text="カケハシ社の鶺鴒班が到着")["entry"]
    for query in ("猩紅", "abc123", "ＡＢＣ", "Ｃ１２", "かーど読取", "はんかくの", "ハンカク", "猩紅 ABC"):
        assert [h["incident"]["id"] for h in found(query)] == [incident["id"]], query
    for query in ("鶺鴒", "かけはし社", "ｶｹﾊｼ"):
        hits = found(query)
        assert [h["entry"]["id"] for h in hits] == [entry["id"]] and hits[0]["snippet"], (query, hits)
    assert found("猩紅", mode="MODE_EXERCISE") == [] and found("猩鶺") == []
    for query in ("猩", " 猩 ", "　"):
        error = fails_with("invalid_argument", "TOO_SHORT", lambda q=query: found(q))
        assert error.info["field"] == "query", error.info


def test_search_finds_what_was_corrected_and_what_it_was():
    incident = city.file()
    old = city.do("staff", "AddEntry", incidentId=incident["id"], text="猯穴の端末")["entry"]
    new = city.do("staff", "CorrectEntry", incidentId=incident["id"], entryId=old["id"], text="鼬塚の端末", reason="聞き違い")["entry"]
    assert [h["entry"]["id"] for h in found("鼬塚")] == [new["id"]]
    struck = found("猯穴")
    assert [(h["entry"]["id"], h["entry"].get("correctedById")) for h in struck] == [(old["id"], new["id"])], struck
    update("staff", incident, ["title"], title="鵺原からの通報")
    assert [h["incident"]["id"] for h in found("鵺原")] == [incident["id"]]


# --- the clock ---

def poll(what, timeout=40):
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        result = what()
        if result:
            return result
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def test_what_nobody_triages_is_raised_by_one_step_once():
    first, done = city.file(severity="SEVERITY_S2"), triaged()
    city.set_clock("31 minutes")
    raised = poll(lambda: (lambda i: i if "TRIAGE_OVERDUE" in i.get("severityRules", []) else None)(city.get(first)["incident"]))
    assert raised["severity"] == "SEVERITY_S3", raised
    newest = [e for e in city.entries(first) if e.get("changes")][0]  # calls are noted besides
    assert changes_of([newest]) == [("severity", "SEVERITY_S2", "SEVERITY_S3")], newest
    assert newest["by"]["capacity"] == "CAPACITY_SYSTEM" and newest["reason"], newest
    assert city.do("siso", "CountIncidents")["triageOverdue"] >= 1
    second = city.file(severity="SEVERITY_S1")
    city.set_clock("65 minutes")
    poll(lambda: city.get(second)["incident"]["severity"] == "SEVERITY_S2")  # the engine has been round again
    assert city.get(first)["incident"]["severity"] == "SEVERITY_S3", "raised twice"
    assert city.get(done)["incident"]["version"] == done["version"], "a triaged one was raised"
    triage = city.do("csirt", "TriageIncident", id=first["id"], severity="SEVERITY_S2", reason="軽微")["incident"]
    assert triage["severity"] == "SEVERITY_S2" and "triageDueAt" not in triage, triage


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
