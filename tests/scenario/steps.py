# SPDX-License-Identifier: Apache-2.0
"""Plans under way: the night of the ransomware (domain reference 9.1) and the 80 sections of the earthquake (9.2) by the clock,
then who sees which steps, races, defaults, approvals."""
import concurrent.futures
import datetime
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import plans  # noqa: E402
import tap  # noqa: E402
from city import City  # noqa: E402
from runs import NOTICE, PAPER, RUN, STEP, Runs  # noqa: E402
from server import new_id  # noqa: E402
from story import Clock, moment, until  # noqa: E402

city = City("--workers", "1")
runs = Runs(city)
mine, start, run_of, place, states = runs.mine, runs.start, runs.run_of, runs.place, runs.states
act, no_act, decide, kinds = runs.act, runs.no_act, runs.decide, runs.kinds
night = {}
clock = Clock(city)
at, utc = clock.at, clock.utc


# --- people ---

def sections(count):
    rows = city.sql(f"SELECT id FROM sokuo.unit WHERE kind = 3 AND active ORDER BY code LIMIT {count}")
    return rows.split("\n")


def test_the_city_is_settled():
    city.settle()
    city.sql("UPDATE sokuo.playbook_revision SET effective_from = '2026-04-01' WHERE effective_from > '2026-04-01'")
    night["sections"] = sections(100)
    city.hire("privacy", night["sections"][2], "PRIVACY")
    city.hire("sysop", night["sections"][2], "SYSOP")
    city.hire("lastism", night["sections"][-1], "ISM", scope=night["sections"][-1])
    city.hire("stranger", night["sections"][50])


# --- 9.1: Sunday, 02:10 ---

def test_0210_the_desk_files_and_is_told_whom_to_call():
    at("02:10")
    answer = city.do("desk", "FileIncident", title="県SOCから: 大量暗号化の疑い", incidentType="INCIDENT_TYPE_MALWARE",
                     occurredAt=utc("02:10"))
    night["incident"] = answer["incident"]
    assert answer["callTargets"], answer


def test_0219_the_handler_triages_and_starts_the_plan_with_its_34_steps():
    at("02:19")
    incident = night["incident"]
    triaged = city.do("handler", "TriageIncident", id=incident["id"], severity="SEVERITY_S4", reason="拡大性不明")["incident"]
    assert triaged["severity"] == "SEVERITY_S4" and triaged["handler"], triaged
    [lead] = [c for c in city.do("csirt", "EscalationService/ListEscalations", incidentId=incident["id"])["escalations"]
              if c["role"] == "ROLE_CSIRT_LEAD"]  # the severity rose, and nobody commands yet
    city.do("csirt", "EscalationService/AnswerEscalation", escalationId=lead["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    message = {"operationId": new_id(), "t0": utc("02:10")}
    answer = start("handler", incident, "PB-01", **message)
    run = night["run"] = answer["runs"][0]
    whole = run_of(run)
    assert len(whole["steps"]) == 34 and answer["stepCount"] == 34, (len(whole["steps"]), answer)
    assert run["t0"] == utc("02:10") and run["code"] == "PB-01" and whole["plan"]["code"] == "PB-01", run
    ready = {no for no, state in states(run).items() if state == "READY"}
    assert ready == {"01", "P1", "U1"}, ready
    again = start("handler", incident, "PB-01", **message)
    assert [r["id"] for r in again["runs"]] == [run["id"]] and len(kinds(incident, "run.started")) == 1
    assert again["stepCount"] == 34, again


def test_places_that_nobody_named_stand_as_one_that_says_so():
    step = place(night["run"], "14")
    assert step["place"]["name"] == "未定" and step["state"] == "STEP_STATE_PENDING", step


def test_the_first_steps_are_handed_to_who_filed_and_to_the_handler():
    desk = mine("desk", "PB-01")
    assert desk["01"]["person"]["id"] == city.person["desk"]["id"] and desk["01"]["mine"], desk["01"]
    assert desk["01"]["dueAt"] == utc("02:10") and desk["02"]["dueAt"] == utc("02:15"), desk
    assert [n["no"] for n in desk["01"]["next"]] == ["02"] and desk["02"]["before"][0]["state"] == "STEP_STATE_READY"
    assert desk["02"]["contacts"] and all(c.get("phone") for c in desk["02"]["contacts"]), desk["02"]["contacts"]
    assert mine("handler", "PB-01")["04"]["person"]["id"] == city.person["handler"]["id"]


def test_evidence_is_an_attachment_or_where_the_paper_is_kept():
    desk = mine("desk", "PB-01")
    no_act("EVIDENCE", "desk", desk["01"], "DONE")
    done = act("desk", desk["01"], "DONE", occurredAt=utc("02:12"), **PAPER)
    assert done["outcome"] == "STEP_OUTCOME_CHANGED" and done["step"]["state"] == "STEP_STATE_DONE", done
    assert done["step"]["doneAt"] == utc("02:12") and moment(done["step"]["recordedAt"]) >= clock("02:19"), done["step"]
    assert done["step"]["next"][0]["state"] == "STEP_STATE_READY", "the next may begin at once"
    act("desk", desk["02"], "DONE")
    act("handler", mine("handler", "PB-01")["03"], "DONE", **PAPER)
    act("handler", mine("handler", "PB-01")["04"], "DONE", note="3台")


def test_0226_the_judgement_of_the_team_raises_and_never_lowers():
    at("02:26")
    step = place(night["run"], "05")
    no_act("DECISION", "csirt", step, "DONE")
    city.refused("NO_SUCH_OPTION", "csirt", STEP + "DecideStep", stepId=step["id"], option="maybe", basis="勘")
    answer = decide("csirt", step, "contained", "3台のみ")
    assert answer["outcome"] == "STEP_OUTCOME_CHANGED" and answer["step"]["chosenOption"] == "contained", answer
    assert answer["step"]["doneBy"]["capacity"] == "CAPACITY_ACTING", "the deputy, for the lead"
    assert city.get(night["incident"])["incident"]["severity"] == "SEVERITY_S4"


def test_0236_the_siso_commands_and_finds_the_decision_with_what_it_rests_on():
    at("02:36")
    city.do("siso", "AssignIncident", id=night["incident"]["id"], commanderId=city.person["siso"]["id"])
    step = mine("siso", "PB-01")["06"]
    assert step["state"] == "STEP_STATE_READY" and "DECIDE" in step["allowedActs"] and "DONE" not in step["allowedActs"], step
    assert step["before"][0]["chosen"]["ja"] == "広がっていない", step["before"]


def test_0238_isolation_is_decided_without_the_ciso_and_its_approval_has_a_deadline():
    at("02:38")
    step = mine("siso", "PB-01")["06"]
    city.refused("REQUIRED", "siso", STEP + "DecideStep", stepId=step["id"], option="all")
    answer = decide("siso", step, "all", "判定不能。拡大のおそれ", releaseCondition="全端末の検査が済むこと")
    after = night["isolation"] = answer["step"]
    assert after["doneBy"]["personId"] == city.person["siso"]["id"] and after["basis"] == "判定不能。拡大のおそれ", after
    assert "全端末の検査" in after["note"], after
    assert moment(after["ratifyDueAt"]) - moment(after["doneAt"]) == datetime.timedelta(hours=24), after
    assert moment(after["doneAt"]) - clock("02:10") <= datetime.timedelta(minutes=42), "02:10 to isolation: 42 minutes"
    assert "RATIFY" not in after.get("allowedActs", []), "nobody approves their own"
    newest = kinds(night["incident"], "step.decided")[0]
    assert "解除条件" in newest["text"] and newest["by"]["personName"] == city.person["siso"]["name"], newest


def test_0252_what_was_done_out_of_reach_keeps_both_times():
    step = mine("sysop", "PB-01")["07"]
    assert step["before"][0]["chosen"]["ja"] == "対外回線まですべて切る" and step["incidentNumber"], step
    at("02:52")
    answer = act("sysop", step, "DONE", occurredAt=utc("02:49"), reason="圏外のため、後から入力", **PAPER)
    assert answer["outcome"] == "STEP_OUTCOME_CHANGED", answer
    assert answer["step"]["doneAt"] == utc("02:49") and moment(answer["step"]["recordedAt"]) >= clock("02:52"), answer["step"]
    assert answer["step"]["reason"] == "圏外のため、後から入力", answer["step"]
    entry = kinds(night["incident"], "step.done")[0]
    assert entry["occurredAt"] == utc("02:49") and moment(entry["recordedAt"]) >= clock("02:52"), entry


def test_0255_the_plan_is_activated_for_the_ciso_and_reaches_the_sections_named_since():
    at("02:55")
    incident = night["incident"]
    ids = [city.person["ism"]["section"], *(s for s in night["sections"] if s != city.person["ism"]["section"])][:6]
    version = city.get(incident)["incident"]["version"]
    city.do("handler", "UpdateIncident", id=incident["id"], version=version, updateMask=["facts.sectionIds", "facts.systemIds"],
            facts={"sectionIds": ids, "systemIds": city.sql("SELECT id FROM sokuo.system ORDER BY code LIMIT 2").split("\n")})
    answer = act("siso", place(night["run"], "08"), "DONE")
    assert answer["step"]["doneBy"]["capacity"] == "CAPACITY_ACTING" and answer["step"]["ratifyDueAt"], answer["step"]
    assert moment(answer["step"]["doneAt"]) - clock("02:10") <= datetime.timedelta(minutes=45, seconds=59), "02:10 to activation"
    more = start("siso", incident, "PB-01")
    whole = run_of(night["run"], places_of="14")
    at_places = {s["step"]["no"]: s.get("places", []) for s in whole["steps"]}
    names = [p["place"]["name"] for p in at_places["14"]]
    assert len(names) == 7 and names.count("未定") == 1, names
    assert {p["state"] for p in at_places["14"] if p["place"]["name"] != "未定"} == {"STEP_STATE_READY"}, at_places["14"]
    assert [p["state"] for p in at_places["14"] if p["place"]["name"] == "未定"] == ["STEP_STATE_NOT_APPLICABLE"]
    assert len(more["runs"]) == 1 and more["runs"][0]["id"] == night["run"]["id"], more
    assert start("siso", incident, "PB-01").get("stepCount", 0) == 0, "a third start finds nothing missing"


def test_0310_the_first_report_says_to_whom_and_what():
    at("03:10")
    step = place(night["run"], "10")
    no_act("NOTICE", "csirt", step, "DONE")
    no_act("NOTICE", "csirt", step, "DONE", notice={"to": "県 市町村課"})
    answer = act("csirt", step, "DONE", **NOTICE)
    assert answer["step"]["notice"] == NOTICE["notice"], answer["step"]
    assert moment(answer["step"]["doneAt"]) - clock("02:10") < datetime.timedelta(minutes=61), "outside notice within 60 minutes"


def test_0330_a_suspicion_is_enough_to_start_the_clock():
    at("03:30")
    step = mine("privacy", "PB-01")["P1"]
    assert step["state"] == "STEP_STATE_READY" and step["dueAt"] == moment(night["run"]["startedAt"]).__add__(
        datetime.timedelta(minutes=60)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), step
    decide("privacy", step, "suspected", "不正の目的のおそれ")
    assert states(night["run"])["P2"] == "READY"


def test_0400_the_ciso_is_back_and_approves_or_objects_with_a_reason():
    at("04:00")
    run = [r for r in city.do("ciso", RUN + "ListRuns", incidentId=night["incident"]["id"])["runs"] if r["code"] == "PB-01"][0]
    assert run["progress"]["unratified"] == 2, run["progress"]
    city.refused("OWN_DOING", "siso", STEP + "RatifyStep", stepId=night["isolation"]["id"], approve=True)
    message = {"stepId": night["isolation"]["id"], "approve": True, "operationId": new_id()}
    after = city.do("ciso", STEP + "RatifyStep", **message)["step"]
    assert after["ratification"]["approved"] and after["ratification"]["by"]["personId"] == city.person["ciso"]["id"], after
    assert city.do("ciso", STEP + "RatifyStep", **message)["step"]["version"] == after["version"]
    activation = place(night["run"], "08")
    city.refused("REASON", "ciso", STEP + "RatifyStep", stepId=activation["id"], approve=False)
    objected = city.do("ciso", STEP + "RatifyStep", stepId=activation["id"], approve=False, reason="会議は朝でよい")["step"]
    assert not objected["ratification"].get("approved") and objected["ratification"]["reason"], objected
    city.refused("NOTHING_TO_RATIFY", "ciso", STEP + "RatifyStep", stepId=activation["id"], approve=True)
    assert len(kinds(night["incident"], "step.ratified")) == 2
    assert run_of(run)["run"]["progress"].get("unratified", 0) == 0


def test_0530_six_sections_answer_and_the_board_says_who_has_not_begun():
    at("05:30")
    step = mine("ism", "PB-01")["14"]
    assert step["place"]["id"] == city.person["ism"]["section"], step
    act("ism", step, "DONE", note="紙台帳で継続")
    places = [p for p in [s for s in run_of(night["run"], places_of="14")["steps"] if s["step"]["no"] == "14"][0]["places"]
              if p["state"] == "STEP_STATE_READY"]
    assert len(places) == 5, places
    for p in places[:3]:
        act("csirt", p, "DONE", note="電話で確認")
    act("csirt", places[3], "BLOCK", reason="庁舎に入れない")
    over = [s for s in run_of(night["run"], places_of="14")["steps"] if s["step"]["no"] == "14"][0]
    progress = over["progress"]
    assert (progress["total"], progress["done"], progress["dropped"], progress["ready"], progress["blocked"]) == (7, 4, 1, 1, 1), progress
    assert progress["byDeputy"] == 3 and progress["overdue"] == 2, progress
    late = [p for p in over["places"] if p.get("overdue")]
    assert len(late) == 2 and any(p.get("reason") == "庁舎に入れない" for p in late), late


# --- 9.2: Wednesday, 10:24, 80 sections ---

def test_one_start_reaches_80_sections_and_each_goes_on_by_itself():
    quake = night["quake"] = city.file("desk", "震度6弱", incidentType="INCIDENT_TYPE_EARTHQUAKE")
    city.do("siso", "TriageIncident", id=quake["id"], severity="SEVERITY_S4", reason="震度6弱")
    began = time.monotonic()
    run = night["quake run"] = start("siso", quake, "PB-11")["runs"][0]
    took = time.monotonic() - began
    every = int(city.sql("SELECT count(*) FROM sokuo.unit WHERE kind = 3 AND active"))
    by_no = {s["step"]["no"]: s for s in run_of(run)["steps"]}
    assert every >= 80 and by_no["09"]["progress"]["total"] == by_no["11"]["progress"]["total"] == every, (every, by_no["09"])
    assert took < 5, f"{took:.1f} s"
    for no in by_no["09"]["step"]["after"]:
        close(run, no)
    places = [s for s in run_of(run, places_of="09")["steps"] if s["step"]["no"] == "09"][0]["places"]
    assert len(places) == every and all(p["state"] == "STEP_STATE_READY" for p in places), places[:3]
    assert [p["place"]["name"] for p in places[:2]] == city.sql(
        "SELECT name FROM sokuo.unit WHERE kind = 3 AND active ORDER BY code LIMIT 2").split("\n")
    with concurrent.futures.ThreadPoolExecutor(24) as crowd:
        told = list(crowd.map(lambda p: act("csirt", p, "DONE"), places[:70]))
    assert all(a["outcome"] == "STEP_OUTCOME_CHANGED" and a["step"]["id"] == p["id"] and a["step"]["version"] == p["version"] + 1
               and a["step"]["next"] for a, p in zip(told, places)), told[0]
    rows = city.sql(f"SELECT count(*), count(DISTINCT j.stream_seq), max(j.stream_seq) = max(i.version) FROM sokuo.journal j "
                    f"JOIN sokuo.incident i ON i.id = j.stream_id WHERE j.stream_id = '{quake['id']}' AND j.stream_seq > 0")
    assert len(set(rows.split("|")[:2])) == 1 and rows.endswith("|t"), f"written together, each in its own place: {rows}"
    after = {s["step"]["no"]: s["progress"] for s in run_of(run)["steps"]}
    assert after["09"]["done"] == 70 and after["09"]["ready"] == every - 70, after["09"]
    assert after["11"]["ready"] == 70 and after["11"]["pending"] == every - 70, "a section waits for itself, not for all"


def close(run, no):
    """Closes a step and what it waits for, as the team."""
    by_no = {s["step"]["no"]: s for s in run_of(run)["steps"]}
    for before in by_no[no]["step"].get("after", []):
        close(run, before)
    step = by_no[no]
    if step["places"][0]["state"] in ("STEP_STATE_READY", "STEP_STATE_PENDING"):
        if "decision" in step["step"]:
            decide("csirt", step["places"][0], step["step"]["decision"]["options"][0]["id"])
        else:
            act("csirt", step["places"][0], "DONE", **PAPER, **NOTICE)


# --- reports that cross ---

SMALL = """
01|C|+10|csirt_member|-||調べる
02|C|+20|ism|01|#|止める
03|T|+30|csirt_lead|01|?|広がっているか
04|C|+40|sysop|03||切る
05|R|+50|handler|03||戻す
06|I|+60|csirt_lead|02||県へ報告
"""
BRANCHES = {"03": 'decision { options { id: "yes" text { ja: "はい" en: "yes" } adds: "T-02" severity: SEVERITY_S4 closes: "05" } '
                  'options { id: "no" text { ja: "いいえ" en: "no" } closes: "04" } default_option: "yes" timeout_min: 5 }',
            "06": 'merge_key: "notice.prefecture.first"'}
OTHER = """
01|I|+60|csirt_lead|-|!|県へ報告
02|I|+90|csirt_lead|01||次を相談する
"""


def small(**facts):
    plans.put(city, "T-01", SMALL, BRANCHES)
    incident = city.file("staff", **({"facts": facts} if facts else {}))
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S2", reason="小さい")
    return incident, start("csirt", incident, "T-01")["runs"][0]


def test_two_report_the_same_and_one_is_kept_as_a_confirmation():
    incident, run = small()
    step = place(run, "01")
    assert act("csirt", step, "START")["step"]["state"] == "STEP_STATE_IN_PROGRESS"
    assert act("csirt", step, "DONE")["outcome"] == "STEP_OUTCOME_CHANGED"
    again = act("poc", step, "DONE", note="私も見た", occurredAt=stamp_of(run, 1))
    assert again["outcome"] == "STEP_OUTCOME_CONFIRMED" and len(again["step"]["confirmations"]) == 1, again
    assert again["step"]["confirmations"][0]["by"]["personId"] == city.person["poc"]["id"]
    assert act("csirt", step, "DONE")["outcome"] == "STEP_OUTCOME_UNCHANGED", "one's own word twice is no confirmation"
    assert act("poc", step, "SKIP", reason="不要")["outcome"] == "STEP_OUTCOME_DIFFERED"
    assert len(kinds(incident, "step.done")) == 1 and len(kinds(incident, "step.confirmed")) == 2


def stamp_of(run, seconds):
    return (moment(run["startedAt"]) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_done_after_it_was_dropped_is_kept_and_said():
    _, run = small()
    step = place(run, "01")
    no_act("REASON", "csirt", step, "SKIP")
    act("csirt", step, "SKIP", reason="不要と判断")
    answer = act("poc", step, "DONE")
    assert answer["outcome"] == "STEP_OUTCOME_ALTHOUGH_DROPPED" and answer["step"]["doneAlthoughDropped"], answer
    assert answer["step"]["state"] == "STEP_STATE_SKIPPED" and answer["step"]["reason"] == "不要と判断", answer["step"]


def test_evidence_of_the_incident_that_a_report_names_belongs_to_the_step():
    incident, run = small()
    other = city.file("staff", "別の事案")
    names = {}
    for name, login, of in (("写真", "csirt", incident), ("他人の写真", "poc", incident), ("別の事案", "csirt", other)):
        names[name] = new_id()
        city.do(login, "EvidenceService/BeginEvidence", incidentId=of["id"], id=names[name], name=name, paperLocation="金庫")
    step = act("csirt", place(run, "01"), "DONE", evidenceIds=[*names.values(), new_id()])["step"]
    assert sorted(e["name"] for e in step["evidence"]) == ["他人の写真", "写真"], step
    later = act("csirt", place(run, "04"), "DONE", evidenceIds=list(names.values()))["step"]
    assert "evidence" not in later, "what belongs to a step stays there"


def test_who_only_stands_in_the_plan_attaches_what_they_announced_themselves():
    incident, run = small(sectionIds=[night["sections"][-1]])
    city.do("siso", "SetConfidentiality", id=incident["id"], confidentiality="CONFIDENTIALITY_RESTRICTED", reason="区分")
    secret = new_id()
    city.do("siso", "EvidenceService/BeginEvidence", incidentId=incident["id"], id=secret, paperLocation="金庫")
    [step] = mine("lastism", "T-01", incident).values()
    after = act("lastism", step, "NOTE", note="写真を付けた", evidenceIds=[secret])["step"]
    assert "evidence" not in after, after
    assert not city.do("lastism", "EvidenceService/ListEvidence", stepId=step["id"]).get("evidence")
    assert act("siso", step, "NOTE", evidenceIds=[secret])["step"]["evidence"][0]["id"] == secret, "who reads the incident may"


def test_the_same_operation_twice_is_done_once_and_another_request_under_its_id_is_refused():
    incident, run = small()
    step = place(run, "01")
    message = {"stepId": step["id"], "act": "STEP_ACT_DONE", "operationId": new_id()}
    first = city.do("csirt", STEP + "UpdateStep", **message)
    assert city.do("csirt", STEP + "UpdateStep", **message) == first
    city.refused("OPERATION_ID_USED", "csirt", STEP + "UpdateStep", **dict(message, note="別の内容"))
    assert len(kinds(incident, "step.done")) == 1


def test_taking_back_is_a_new_record_and_what_waited_waits_again():
    incident, run = small()
    step = place(run, "01")
    done = act("csirt", step, "DONE")["step"]
    assert states(run)["03"] == "READY"
    no_act("REASON", "csirt", step, "UNDO", version=done["version"])
    no_act("STALE_VERSION", "csirt", step, "UNDO", version=done["version"] - 1, reason="誤り")
    back = act("csirt", step, "UNDO", version=done["version"], reason="別の手順だった")["step"]
    assert back["state"] == "STEP_STATE_READY" and "doneAt" not in back, back
    assert states(run)["03"] == "PENDING"
    assert [len(kinds(incident, k)) for k in ("step.done", "step.undone")] == [1, 1]


def test_before_its_turn_it_may_be_done_and_that_is_said():
    incident, run = small()
    act("csirt", place(run, "04"), "DONE")
    assert "先行実施" in kinds(incident, "step.done")[0]["text"]
    assert states(run)["01"] == "READY"


def test_a_decision_closes_its_branch_raises_the_severity_and_can_be_taken_back():
    incident, run = small()
    act("csirt", place(run, "01"), "DONE")
    answer = decide("csirt", place(run, "03"), "yes", "3課で発生")
    assert answer["adds"] == ["T-02"] and answer["outcome"] == "STEP_OUTCOME_CHANGED", answer
    assert {no: states(run)[no] for no in ("03", "04", "05")} == {"03": "DONE", "04": "READY", "05": "NOT_APPLICABLE"}
    closed = place(run, "05")
    assert "03" in closed["reason"] and "はい" in closed["reason"], closed
    assert city.get(incident)["incident"]["severity"] == "SEVERITY_S4"
    assert [e for e in kinds(incident, "incident.severity") if "03" in e.get("reason", "")], "it says why"
    differs = decide("siso", place(run, "03"), "no", "1課だけ")
    assert differs["outcome"] == "STEP_OUTCOME_DIFFERED" and differs["step"]["chosenOption"] == "yes", differs
    assert "adds" not in differs and decide("siso", place(run, "03"), "yes", "同感")["outcome"] == "STEP_OUTCOME_CONFIRMED"
    now = place(run, "03")
    act("csirt", now, "UNDO", version=now["version"], reason="見直す")
    assert {no: states(run)[no] for no in ("03", "04", "05")} == {"03": "READY", "04": "PENDING", "05": "PENDING"}, states(run)
    decide("csirt", place(run, "03"), "no", "1課だけと確認")
    assert {no: states(run)[no] for no in ("04", "05")} == {"04": "NOT_APPLICABLE", "05": "READY"}


def test_plans_on_one_incident_do_the_same_step_once():
    plans.put(city, "T-02", OTHER, {"01": 'merge_key: "notice.prefecture.first"'})
    incident, run = small()
    other = start("csirt", incident, "T-02")["runs"][0]
    first = run_of(other)["steps"][0]
    assert first["mergedRunId"] == run["id"] and first["mergedNo"] == "06" and "places" not in first, first
    assert run_of(other)["run"]["progress"]["total"] == 1
    assert states(other)["02"] == "PENDING"
    act("csirt", place(run, "06"), "DONE")
    assert states(other)["02"] == "READY", "what follows it in the other plan follows the first"


def test_handed_over_it_is_the_others_and_taken_it_is_ones_own():
    _, run = small()
    step = place(run, "04")
    version = city.do("csirt", RUN + "GetRun", id=run["id"])["steps"][3]["places"][0]["version"]
    no_act("PERSON", "csirt", step, "HAND_OVER", version=version)
    after = act("csirt", step, "HAND_OVER", version=version, toPersonId=city.person["staff"]["id"])["step"]
    assert after["person"]["id"] == city.person["staff"]["id"], after
    assert [s["id"] for s in mine("staff", "T-01").values()] == [step["id"]]
    assert act("poc", step, "TAKE")["step"]["person"]["id"] == city.person["poc"]["id"]
    assert not mine("staff", "T-01")


def test_paper_is_entered_for_who_did_it():
    incident, run = small()
    after = act("poc", place(run, "01"), "DONE", doneByName="守衛 田中")["step"]
    assert after["doneBy"]["personName"] == "守衛 田中" and after["doneBy"]["capacity"] == "CAPACITY_SCRIBE", after
    entry = kinds(incident, "step.done")[0]
    assert entry["by"]["personName"] == city.person["poc"]["name"] and "守衛 田中" in entry["text"], entry
    assert run_of(run)["run"]["progress"]["byDeputy"] == 1


def test_a_step_in_no_plan_is_added_for_a_person_or_for_sections():
    incident, _ = small()
    city.refused("REQUIRED", "csirt", STEP + "AddStep", incidentId=incident["id"], text="誰が?")
    message = {"operationId": new_id(), "incidentId": incident["id"], "text": "庁舎の鍵を確かめる",
               "personId": city.person["staff"]["id"]}
    steps = city.do("csirt", STEP + "AddStep", **message)["steps"]
    assert len(steps) == 1 and steps[0]["state"] == "STEP_STATE_READY" and steps[0]["definition"]["no"] == "A1", steps
    assert city.do("csirt", STEP + "AddStep", **message)["steps"][0]["id"] == steps[0]["id"]
    assert [s["id"] for s in mine("staff", "").values()] == [steps[0]["id"]]
    more = city.do("csirt", STEP + "AddStep", incidentId=incident["id"], text="在席を数える", role="ROLE_ISM",
                   sectionIds=night["sections"][:3])["steps"]
    assert len(more) == 3 and {s["definition"]["no"] for s in more} == {"A2"}, more
    city.refused("NOT_PERMITTED", "stranger", STEP + "AddStep", incidentId=city.file("staff", confidentiality="CONFIDENTIALITY_PUBLIC")["id"],
                 text="勝手に", role="ROLE_ISM")


def test_two_managers_finish_the_same_step_200_times():
    plans.put(city, "T-03", "\n".join(f"{n:02}|C|+10|csirt_member|-||手順{n}" for n in range(1, 21)))
    outcomes = []
    for _ in range(10):
        incident = city.file("staff", "競争")
        run = start("csirt", incident, "T-03")["runs"][0]
        steps = [s["places"][0] for s in run_of(run)["steps"]]
        race(steps, outcomes)
        confirmed = int(city.sql(f"""SELECT count(*) FROM sokuo.step_confirmation k JOIN sokuo.step s ON s.id = k.step_id
                                     WHERE s.incident_id = '{incident['id']}'"""))
        assert confirmed == 20 and len(kinds(incident, "step.done")) == len(kinds(incident, "step.confirmed")) == 20
        assert run_of(run)["run"]["progress"]["done"] == 20
    assert len(outcomes) == 400 and outcomes.count("STEP_OUTCOME_CHANGED") == 200, outcomes
    assert outcomes.count("STEP_OUTCOME_CONFIRMED") == 200, set(outcomes)


def race(steps, outcomes):
    """Two people go through the same steps at once, each step begun together."""
    gate = threading.Barrier(2)
    failures = []

    def go(login):
        connection = city.connection()
        try:
            for step in steps:
                gate.wait(30)
                outcomes.append(city.do(login, STEP + "UpdateStep", connection=connection, stepId=step["id"],
                                        act="STEP_ACT_DONE")["outcome"])
        except Exception as failure:  # pylint: disable=broad-except
            failures.append(failure)
            gate.abort()
        finally:
            connection.close()
    people = [threading.Thread(target=go, args=(login,)) for login in ("csirt", "poc")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert not failures, failures


# --- who sees what ---

def test_who_may_not_read_the_incident_sees_its_own_step_and_no_more():
    incident, run = small(sectionIds=[night["sections"][-1]])
    city.do("siso", "SetConfidentiality", id=incident["id"], confidentiality="CONFIDENTIALITY_RESTRICTED", reason="区分")
    act("csirt", place(run, "01"), "DONE", note="内密の話")
    answer = city.do("lastism", STEP + "ListMySteps", incidentId=incident["id"])
    assert [s["definition"]["no"] for s in answer["steps"]] == ["02"], answer
    step = answer["steps"][0]
    assert step["incidentNumber"] == incident["number"] and "incidentTitle" not in step and step["mine"], step
    assert step["before"][0]["state"] == "STEP_STATE_DONE" and "内密の話" not in str(answer), answer
    assert "incidentTitle" not in answer["runs"][0] and "試験" not in str(answer), answer["runs"]
    city.refused("INCIDENT_NOT_FOUND", "lastism", "GetIncident", id=incident["id"])
    whole = city.do("lastism", RUN + "GetRun", id=run["id"])
    assert [p["id"] for s in whole["steps"] for p in s.get("places", [])] == [step["id"]], "only its own place"
    city.refused("STEP_NOT_FOUND", "lastism", STEP + "UpdateStep", stepId=place(run, "01")["id"], act="STEP_ACT_DONE")
    assert act("lastism", step, "DONE", **PAPER)["outcome"] == "STEP_OUTCOME_CHANGED", "and what it did counts"
    assert states(run)["06"] == "READY", "and releases what only others see"


def test_a_stranger_and_an_excluded_person_find_nothing():
    incident, run = small(sectionIds=[night["sections"][-1]])
    step = place(run, "02")
    errors = []
    for id_ in (step["id"], new_id()):
        errors.append(city.refused("STEP_NOT_FOUND", "stranger", STEP + "UpdateStep", stepId=id_, act="STEP_ACT_DONE").body)
    assert errors[0] == errors[1], "not there and not visible are one answer"
    city.refused("RUN_NOT_FOUND", "stranger", RUN + "GetRun", id=run["id"])
    assert city.do("stranger", RUN + "ListRuns") == {}
    city.do("siso", "SetMember", id=incident["id"], personId=city.person["lastism"]["id"], access="MEMBER_ACCESS_EXCLUDED", reason="当事者")
    assert "02" not in mine("lastism", "T-01", incident) and not mine("lastism", incident=incident)
    city.refused("STEP_NOT_FOUND", "lastism", STEP + "UpdateStep", stepId=step["id"], act="STEP_ACT_DONE")
    city.refused("RUN_NOT_FOUND", "lastism", RUN + "GetRun", id=run["id"])


def test_steps_of_a_sealed_incident_are_for_those_who_are_named():
    incident, run = small(sectionIds=[night["sections"][-1]])
    step = place(run, "02")
    city.do("siso", "AssignIncident", id=incident["id"], commanderId=city.person["siso"]["id"])
    city.do("siso", "SetConfidentiality", id=incident["id"], confidentiality="CONFIDENTIALITY_SEALED", reason="秘匿")
    assert not mine("lastism", incident=incident)
    city.refused("STEP_NOT_FOUND", "lastism", STEP + "UpdateStep", stepId=step["id"], act="STEP_ACT_DONE")
    city.refused("RUN_NOT_FOUND", "lastism", RUN + "GetRun", id=run["id"])
    city.do("siso", "SetMember", id=incident["id"], personId=city.person["lastism"]["id"], access="MEMBER_ACCESS_NAMED", reason="必要")
    assert "02" in mine("lastism", incident=incident)


def test_a_reader_without_a_duty_in_it_changes_nothing():
    incident = city.file("staff", confidentiality="CONFIDENTIALITY_PUBLIC")
    run = start("csirt", incident, "T-01")["runs"][0]
    step = place(run, "01", "stranger")
    no_act("NOT_PERMITTED", "stranger", step, "DONE")
    city.refused("ROLE_NEEDED", "stranger", RUN + "StartPlaybook", incidentId=incident["id"], codes=["T-01"])
    city.refused("PLAN_NOT_EFFECTIVE", "csirt", RUN + "StartPlaybook", incidentId=incident["id"], codes=["T-99"])


# --- the server's own turns ---

def test_a_decision_nobody_took_is_taken_once_by_the_clock_and_says_so():
    at("11:00")
    incident, run = small()
    act("csirt", place(run, "01"), "DONE")
    at("11:34")
    assert states(run)["03"] == "READY", "due 11:30, the default five minutes later"
    at("11:36")
    until(lambda: states(run)["03"] == "DONE")
    step = place(run, "03")
    assert step["chosenOption"] == "yes" and step["decidedByDefault"], step
    assert states(run)["05"] == "NOT_APPLICABLE" and city.get(incident)["incident"]["severity"] == "SEVERITY_S4"
    decided = kinds(incident, "step.decided")
    assert len(decided) == 1 and decided[0]["by"]["capacity"] == "CAPACITY_SYSTEM", decided
    back = act("csirt", step, "UNDO", version=step["version"], reason="人が決める")["step"]
    assert back["state"] == "STEP_STATE_READY"
    decide("csirt", step, "no", "調べた")
    assert len(kinds(incident, "step.decided")) == 2


def test_an_approval_that_is_overdue_is_said_once():
    plans.put(city, "T-04", "01|C|+10|siso|-|*|切る\n02|C|+10|siso|-|*|止める")
    incident = city.file("staff")
    run = start("csirt", incident, "T-04")["runs"][0]
    act("siso", place(run, "01"), "DONE")
    Clock(city, "2026-07-06").at("11:40")
    until(lambda: len(kinds(incident, "step.ratify_overdue")) == 1)
    entry = kinds(incident, "step.ratify_overdue")[0]
    assert "T-04 01" in entry["text"] and entry["by"]["capacity"] == "CAPACITY_SYSTEM", entry
    act("siso", place(run, "02"), "DONE", occurredAt=utc("11:00"))
    until(lambda: len(kinds(incident, "step.ratify_overdue")) == 2)
    assert city.sql("SELECT count(*) FROM sokuo.step WHERE ratify_due_at < sokuo.now() AND ratified IS NULL AND NOT ratify_warned") == "0"


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
