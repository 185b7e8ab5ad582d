# SPDX-License-Identifier: Apache-2.0
"""Plans under way behind their walls: what may not be seen is not counted, what may only be read is not written, and the
second wall stands without the first."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import plans  # noqa: E402
import tap  # noqa: E402
from city import City  # noqa: E402
from server import RpcError, new_id  # noqa: E402
from story import until  # noqa: E402

city = City("--workers", "1")
RUN, STEP, EVIDENCE = "PlaybookService/", "StepService/", "EvidenceService/"
kept = {}
# Everybody's step, three of the sections, one after the end, a decision.
PLAN = """
01|I|+10|csirt_member|-||集まる
02|C|+15|ism|-||止める
03|C|+16|ism|-||数える
04|C|+17|ism|-|#|写す
05|V|+60|ism|-||振り返る
06|T|+30|csirt_lead|-|?|決める
"""
SECRETS = ("run", "run_step", "step", "step_confirmation", "evidence", "evidence_chunk")


def run_on(title, **fields):
    """An incident of the section with the plan under way."""
    incident = city.file("siso", title=title, facts={"sectionIds": [kept["section"]]}, **fields)
    run = city.do("csirt", RUN + "StartPlaybook", incidentId=incident["id"], codes=["T-W"])["runs"][0]
    return incident, run


def mine(login, **fields):
    return city.do(login, STEP + "ListMySteps", **fields)


def place(run, no, login="siso"):
    steps = city.do(login, RUN + "GetRun", id=run["id"], placesOf=no)["steps"]
    return [s for s in steps if s["step"]["no"] == no][0]["places"][0]


def act(login, step, name, **fields):
    return city.do(login, STEP + "UpdateStep", stepId=step["id"], act="STEP_ACT_" + name, **fields)


def refused(why, call):
    try:
        answer = call()
    except RpcError as error:
        assert error.reason == why, error
        return error
    raise AssertionError(f"not refused ({why}): {answer}")


def exclude(incident, login):
    city.do("siso", "SetMember", id=incident["id"], personId=city.person[login]["id"], access="MEMBER_ACCESS_EXCLUDED",
            reason="当事者")


def test_a_city_with_a_plan():
    city.settle()
    sections = city.sql("SELECT id FROM sokuo.unit WHERE kind = 3 AND active ORDER BY code DESC LIMIT 2").split("\n")
    kept["section"] = sections[0]
    city.hire("head", sections[0], "ISM", scope=sections[0])
    city.hire("auditor", sections[1], "AUDITOR")
    city.hire("stranger", sections[1])
    for login in ("caller", "second", "gone"):
        city.hire(login, sections[1], "CSIRT_MEMBER")
    plans.put(city, "T-W", PLAN, {"06": "decision { options { id: \"yes\" text { ja: \"する\" en: \"yes\" } } "
                                        "options { id: \"no\" text { ja: \"しない\" en: \"no\" } } default_option: \"yes\" "
                                        "timeout_min: 5 }"})


def test_what_may_not_be_seen_is_not_counted_and_takes_nobodys_place():
    hidden, _ = run_on("内部の者が疑われる事案")
    sealed, _ = run_on("秘匿の事案")
    _, run = run_on("見てよい事案")
    exclude(hidden, "head")
    city.do("siso", "AssignIncident", id=sealed["id"], commanderId=city.person["siso"]["id"])
    city.do("siso", "SetConfidentiality", id=sealed["id"], confidentiality="CONFIDENTIALITY_SEALED", reason="秘匿")
    for most in (1, 2, 3, 4, 100):
        answer = mine("head", maxSteps=most)
        assert {s["runId"] for s in answer["steps"]} == {run["id"]}, (most, answer)
        assert len(answer["steps"]) == min(most, 4) and bool(answer.get("more")) == (most < 4), (most, answer)
    city.do("siso", "SetMember", id=sealed["id"], personId=city.person["head"]["id"], access="MEMBER_ACCESS_NAMED", reason="必要")
    assert len(mine("head")["steps"]) == 8, "who is named works in a sealed one"


def test_a_merged_incident_takes_no_more_from_those_who_only_stand_in_its_plan():
    incident, run = run_on("統合される事案", confidentiality="CONFIDENTIALITY_RESTRICTED")
    into = city.file("siso", title="統合先", confidentiality="CONFIDENTIALITY_RESTRICTED")
    step = place(run, "02")
    refused("INCIDENT_NOT_FOUND", lambda: city.get(incident, "head"))
    act("head", step, "START")
    for each in (incident, into):
        city.do("csirt", "TriageIncident", id=each["id"], severity="SEVERITY_S2", reason="同じ")
    city.do("csirt", "MergeIncident", id=incident["id"], intoId=into["id"], reason="同じ事案")
    for login in ("head", "csirt"):
        refused("INCIDENT_SETTLED", lambda: act(login, step, "DONE"))
    assert not [s for s in mine("head").get("steps", []) if s["runId"] == run["id"]]


def end(incident, state):
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S1", reason="小さい", handlerId=city.person["csirt"]["id"])
    if state == "CLOSED":
        city.do("csirt", "TransitionIncident", id=incident["id"], toState="INCIDENT_STATE_HANDLING_LOCAL",
                version=city.get(incident)["incident"]["version"])
    city.do("csirt", "TransitionIncident", id=incident["id"], toState="INCIDENT_STATE_" + state, reason="済んだ",
            version=city.get(incident)["incident"]["version"])


def test_what_is_over_leaves_the_list_but_for_closing_and_review():
    alarm, false_run = run_on("誤報の事案")
    incident, run = run_on("終わった事案")

    def left(run):
        return {s["definition"]["no"] for s in mine("head")["steps"] if s["runId"] == run["id"]}
    assert left(run) == left(false_run) == {"02", "03", "04", "05"}
    end(alarm, "CLOSED_FALSE")
    end(incident, "CLOSED")
    assert left(false_run) == set() and left(run) == {"05"}
    assert place(run, "02")["state"] == "STEP_STATE_READY", "the board shows what was left"


def test_nobodys_time_to_decide_runs_out_after_the_end():
    incident, run = run_on("終わった後の判断")
    _, other = run_on("続いている事案の判断")
    end(incident, "CLOSED_FALSE")
    for each in (run, other):
        city.sql(f"UPDATE sokuo.step SET default_at = sokuo.now() - interval '1 second' WHERE run_id = '{each['id']}' AND no = '06'")
    until(lambda: place(other, "06")["state"] == "STEP_STATE_DONE")
    until(lambda: city.sql(f"SELECT default_at IS NULL FROM sokuo.step WHERE run_id = '{run['id']}' AND no = '06'") == "t")
    assert place(run, "06")["state"] == "STEP_STATE_READY", "what is over is left to people"


def test_only_who_may_work_on_a_step_hands_in_its_evidence():
    incident, run = run_on("公開の事案", confidentiality="CONFIDENTIALITY_PUBLIC")
    step = place(run, "04")
    for login in ("auditor", "stranger"):
        assert city.get(incident, login)["incident"]["id"] == incident["id"]
        refused("NOT_PERMITTED", lambda: city.do(login, EVIDENCE + "BeginEvidence", id=new_id(), stepId=step["id"], size=1))
    assert city.do("head", EVIDENCE + "BeginEvidence", id=new_id(), stepId=step["id"], size=1)["evidence"]


def test_evidence_that_nobody_handed_in_finishes_nothing():
    incident, run = run_on("証拠の要る事案")
    step = place(run, "04")
    other = city.do("siso", EVIDENCE + "BeginEvidence", id=new_id(), incidentId=incident["id"], size=1)["evidence"]
    for id_ in (new_id(), other["id"]):
        refused("EVIDENCE", lambda: act("head", step, "DONE", evidenceIds=[id_]))
    photo = city.do("head", EVIDENCE + "BeginEvidence", id=new_id(), stepId=step["id"], size=1)["evidence"]
    assert act("head", step, "DONE", evidenceIds=[photo["id"]])["outcome"] == "STEP_OUTCOME_CHANGED"


def test_who_hands_over_the_last_he_may_see_is_told_that_it_is_done():
    incident, _ = run_on("引き継ぐ事案")
    step = city.do("csirt", STEP + "AddStep", incidentId=incident["id"], text="鍵を確かめる",
                   personId=city.person["stranger"]["id"])["steps"][0]
    message = {"operationId": new_id(), "stepId": step["id"], "act": "STEP_ACT_HAND_OVER", "version": step["version"],
               "toPersonId": city.person["head"]["id"]}
    first = city.do("stranger", STEP + "UpdateStep", **message)
    assert first["outcome"] == "STEP_OUTCOME_CHANGED" and first.get("step", {}).get("id", step["id"]) == step["id"], first
    assert city.do("stranger", STEP + "UpdateStep", **message) == first, "and so is who asks again"
    assert step["id"] in {s["id"] for s in mine("head")["steps"]}
    refused("STEP_NOT_FOUND", lambda: act("stranger", step, "NOTE", note="まだ見えるか"))


def test_a_step_is_handed_only_to_who_may_see_it():
    incident, run = run_on("渡せない事案")
    step = place(run, "01")
    exclude(incident, "poc")
    for person in (city.person["poc"]["id"], new_id()):
        refused("UNKNOWN_PERSON", lambda: act("csirt", step, "HAND_OVER", version=step["version"], toPersonId=person))
    refused("UNKNOWN_PERSON", lambda: city.do("csirt", STEP + "AddStep", incidentId=incident["id"], text="頼む",
                                              personId=city.person["poc"]["id"]))


def test_what_somebody_took_is_not_lost_with_them():
    incident, run = run_on("引き受けた人がいなくなる事案")
    step = place(run, "01")

    def has(login):
        return step["id"] in {s["id"] for s in mine(login)["steps"]}
    act("caller", step, "TAKE")
    assert has("caller") and not has("second"), "it is theirs"
    exclude(incident, "caller")
    assert has("second"), "and everybody's again when they may not see it any more"
    act("siso", step, "HAND_OVER", version=place(run, "01")["version"], toPersonId=city.person["gone"]["id"])
    assert not has("second")
    city.sql(f"UPDATE sokuo.person SET active = false WHERE id = '{city.person['gone']['id']}'")
    assert has("second"), "or have left"


def test_taking_back_against_finishing_loses_no_report():
    incident, run = run_on("取消しと完了が行き違う事案")
    for _ in range(20):
        step = place(run, "02")
        if step["state"] != "STEP_STATE_DONE":
            act("head", step, "DONE")
            step = place(run, "02")
        outcomes = {}

        def take_back():
            try:
                outcomes["back"] = act("head", step, "UNDO", version=step["version"], reason="誤り")["outcome"]
            except RpcError as error:
                outcomes["back"] = error.reason

        def finish():
            outcomes["done"] = act("csirt", step, "DONE")["outcome"]
        threads = [threading.Thread(target=each) for each in (take_back, finish)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        pair = (outcomes["back"], outcomes["done"].removeprefix("STEP_OUTCOME_"))
        assert pair in (("STEP_OUTCOME_CHANGED", "CHANGED"), ("STALE_VERSION", "CONFIRMED"), ("STALE_VERSION", "UNCHANGED")), pair
        assert place(run, "02")["state"] == "STEP_STATE_DONE", "whoever came first, what was done stands"
        act("csirt", step, "UNDO", version=place(run, "02")["version"], reason="次の回")
    counts = {kind: len([e for e in city.entries(incident) if e.get("changeKind") == kind]) for kind in ("step.done", "step.undone")}
    assert counts["step.done"] == counts["step.undone"], counts


def test_who_looks_along_with_others_sees_as_much_as_alone():
    incident, run = run_on("一度に見る事案", confidentiality="CONFIDENTIALITY_RESTRICTED")
    shut, shut_run = run_on("外された事案", confidentiality="CONFIDENTIALITY_RESTRICTED")
    for login in ("head", "caller"):
        exclude(shut, login)
    section, team, shut_section = place(run, "02"), place(run, "01"), place(shut_run, "02")
    told = {}

    def report(login, name, step, count=6):
        for n in range(count):
            try:
                answer = act(login, step, "NOTE", note=f"{login} {n}")
                told[login, name, n] = answer["step"].get("allowedActs", []) and answer["outcome"]
            except RpcError as error:
                told[login, name, n] = error.reason
    who = [("head", "section", section), ("siso", "section", section), ("caller", "team", team), ("second", "team", team),
           ("stranger", "section", section), ("auditor", "section", section), ("head", "team", team),
           ("head", "shut", shut_section), ("caller", "shut", shut_section), ("siso", "shut", shut_section)]
    alone = {}
    for login, name, step in who:
        report(login, name, step, 1)
        alone[login, name] = told.pop((login, name, 0))
    assert alone["head", "section"] == alone["siso", "shut"] == "STEP_OUTCOME_CHANGED", alone
    assert alone["stranger", "section"] == alone["head", "shut"] == alone["caller", "shut"] == "STEP_NOT_FOUND", alone
    threads = [threading.Thread(target=report, args=each) for each in who]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(told) == 6 * len(who)
    for (login, name, _), answer in told.items():
        assert answer == alone[login, name], (login, name, answer, alone[login, name])
    notes = city.sql(f"SELECT note FROM sokuo.step WHERE id = '{section['id']}'")
    assert all(f"{login} {n}" in notes for login in ("head", "siso") for n in range(6)), notes


def test_a_decision_is_taken_once_by_a_person_or_by_the_clock():
    runs = [run_on(f"判断 {n}") for n in range(24)]
    steps = [place(run, "06") for _, run in runs]
    ids = ", ".join(f"'{step['id']}'" for step in steps)
    city.sql(f"UPDATE sokuo.step SET default_at = sokuo.now() WHERE id IN ({ids})")
    outcomes = []
    for step in steps:  # the engine comes by in the middle of it
        answer = city.do("siso", STEP + "DecideStep", stepId=step["id"], option="no", basis="見た")
        outcomes.append(answer["outcome"].removeprefix("STEP_OUTCOME_"))
        time.sleep(0.25)
    for (incident, run), outcome in zip(runs, outcomes):
        step = place(run, "06")
        decided = [e for e in city.entries(incident) if e.get("changeKind") == "step.decided"]
        assert len(decided) == 1, decided
        by_clock = decided[0]["by"]["capacity"] == "CAPACITY_SYSTEM"
        assert (outcome, step["chosenOption"]) == (("DIFFERED", "yes") if by_clock else ("CHANGED", "no")), (outcome, step)
        assert step.get("decidedByDefault", False) == by_clock, step


def test_a_section_that_is_named_twice_has_one_step():
    incident, _ = run_on("同じ課を二度")
    steps = city.do("csirt", STEP + "AddStep", incidentId=incident["id"], text="数える", role="ROLE_ISM",
                    sectionIds=[kept["section"]] * 3)["steps"]
    assert len(steps) == 1, steps


def test_a_private_number_is_given_only_to_who_has_to_call_or_where_there_is_no_other():
    _, run = run_on("電話の事案")

    def phones(login):
        steps = [s for s in mine(login)["steps"] if s["runId"] == run["id"]]
        return {c["phone"] for s in steps for c in s["contacts"] if "phone" in c}

    def targets(login):
        answer = city.do(login, "FileIncident", title="どこに電話するか")
        return {c["phone"] for c in answer["callTargets"] if "phone" in c}
    city.sql("UPDATE sokuo.contact_point SET private = true WHERE kind = 1")
    assert phones("head") and targets("staff"), "somebody must be reached at night"
    city.sql("INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, priority) SELECT tenant_id, gen_random_uuid(), "
             "person_id, 1, '0798-00-' || row_number() OVER (), 9 FROM sokuo.contact_point WHERE kind = 1")
    for given in (phones("head"), targets("ism")):  # whom to call is remembered for a while, by person
        assert given and all(phone.startswith("0798-00-") for phone in given), given
    assert any(phone.startswith("090-") for phone in phones("caller") | targets("poc")), "the team calls people at night"


def test_the_second_wall_stands_without_the_first():
    incident, run = run_on("壁の内", confidentiality="CONFIDENTIALITY_RESTRICTED")
    step = place(run, "04")
    evidence = city.do("siso", EVIDENCE + "BeginEvidence", id=new_id(), stepId=step["id"], size=1)["evidence"]
    city.do("siso", EVIDENCE + "PutChunk", evidenceId=evidence["id"], data="eA==")
    act("siso", step, "DONE")
    act("csirt", step, "DONE")

    def seen(person, tenant="(SELECT id FROM sokuo.tenant)", reach="own"):
        """Rows of this incident, table by table, as the server's role sees them for this person."""
        rows = {"run": "incident_id = '{i}'", "run_step": "incident_id = '{i}'", "step": "incident_id = '{i}'",
                "step_confirmation": "step_id = '{s}'", "evidence": "incident_id = '{i}'", "evidence_chunk": "evidence_id = '{e}'"}
        counts = ", ".join(f"(SELECT count(*) FROM sokuo.{table} WHERE {rows[table]})" for table in SECRETS)
        counts = counts.format(i=incident["id"], s=step["id"], e=evidence["id"])
        out = city.sql(f"SELECT set_config('sokuo.tenant', {tenant}::text, false), set_config('sokuo.person', '{person}', false), "
                       f"set_config('sokuo.reach', '{reach}', false); SET ROLE sokuo_app; SELECT {counts}")
        return [int(n) for n in out.split("\n")[-1].split("|")]
    team = seen(city.person["csirt"]["id"], reach="all")
    assert team == [1, 6, 6, 1, 1, 1], team
    assert seen(city.person["head"]["id"]) == [1, 6, 4, 1, 1, 1], "the head of the section sees the section's own"
    assert seen(city.person["stranger"]["id"]) == [0] * 6
    assert seen(city.person["csirt"]["id"], tenant=f"'{new_id()}'::uuid", reach="all") == [0] * 6, "another city's"
    exclude(incident, "head")
    exclude(incident, "csirt")
    assert seen(city.person["head"]["id"]) == [0] * 6
    assert seen(city.person["csirt"]["id"], reach="all") == [0] * 6


def test_only_the_server_asks_what_others_see():
    incident, _ = run_on("ほかの人の目", confidentiality="CONFIDENTIALITY_RESTRICTED")

    def ask(reach, person):
        return city.sql(f"SELECT set_config('sokuo.tenant', (SELECT id FROM sokuo.tenant)::text, false), "
                        f"set_config('sokuo.reach', '{reach}', false); SET ROLE sokuo_app; "
                        f"SELECT sokuo.sees_as('{incident['id']}', '{city.person[person]['id']}', 'own', ''), sokuo.reach(), "
                        "sokuo.person() IS NULL").split("\n")[-1]
    assert ask("system", "siso") == "t|system|t", "the filer sees it, and the reach is the server's again"
    assert ask("system", "stranger") == "f|system|t"
    for reach in ("own", "all", ""):
        try:
            answer = ask(reach, "siso")
        except RuntimeError as error:
            assert "asked by the server" in str(error), error
        else:
            raise AssertionError(answer)


def test_another_citys_rows_are_behind_the_wall_in_every_table():
    tables = city.sql("SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
                      "WHERE c.relnamespace = 'sokuo'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1").split("\n")
    assert {"playbook", "playbook_revision", "run", "step", "evidence", "device", "refused_operation"} <= set(tables), tables
    for reach in ("own", "all"):
        counts = ", ".join(f"(SELECT count(*) FROM sokuo.{table})" for table in tables)
        out = city.sql(f"SELECT set_config('sokuo.tenant', '{new_id()}', false), set_config('sokuo.person', "
                       f"'{city.person['siso']['id']}', false), set_config('sokuo.reach', '{reach}', false); "
                       f"SET ROLE sokuo_app; SELECT {counts}")
        seen = dict(zip(tables, out.split("\n")[-1].split("|")))
        assert set(seen.values()) == {"0"}, {table: n for table, n in seen.items() if n != "0"}
    unset = city.sql(f"SET ROLE sokuo_app; SELECT {counts}").split("\n")[-1].split("|")
    assert set(unset) == {"0"}, "and nobody's unit sees nothing"


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
