# SPDX-License-Identifier: Apache-2.0
"""Several plans on one incident: what they do once, what each does for itself, what waits for all of them."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import plans  # noqa: E402
import tap  # noqa: E402
from city import City  # noqa: E402
from runs import NOTICE, Runs  # noqa: E402

city = City("--workers", "1")
runs = Runs(city)
start, run_of, place, states, act, decide = runs.start, runs.run_of, runs.place, runs.states, runs.act, runs.decide
finish, merged = runs.finish, runs.merged

# Two plans with the same first report, the same question and the same closing (F-CLOSE in short).
FIRST = """
01|T|+10|csirt_member|-|?|何が起きたか
02|I|+60|csirt_lead|01|!|県へ報告
03|C|+20|sysop|-||切る
04|R|+90|sysop|03||戻す
K1|X|+0|csirt_lead|04|?|終結してよいか
K2|X|+1d|ciso|K1||終結を承認
"""
SECOND = """
01|T|+10|csirt_member|-|?|何が起きたか
02|C|+30|handler|-||調べる
05|I|+60|csirt_lead|02|!|県へ報告
06|I|+90|csirt_lead|05||次を相談する
07|R|+99|sysop|02||直す
K1|X|+0|csirt_lead|07|?|終結してよいか
K2|X|+1d|ciso|K1||終結を承認
"""
SAME = {"01": 'merge_key: "judge"', "K1": 'merge_key: "close.check"',
        "K2": 'merge_key: "close.approve"'}
REPORT = 'merge_key: "notice.prefecture.first"'


def first_plan():
    plans.put(city, "T-11", FIRST, dict(SAME, **{"02": REPORT}))
    plans.put(city, "T-12", SECOND, dict(SAME, **{"05": REPORT}))
    incident = city.file("staff", "二つの計画")
    return incident, start("csirt", incident, "T-11")["runs"][0]


def second_plan(incident, code="T-12"):
    return start("csirt", incident, code)["runs"][0]


def test_the_city_is_settled():
    city.settle()


def test_two_plans_that_nobody_began_share_the_question_the_report_and_the_closing():
    incident, first = first_plan()
    second = second_plan(incident)
    assert merged(second) == {"01": "01", "05": "02", "K1": "K1", "K2": "K2"}, merged(second)
    finish("csirt", first, "01")
    assert states(first)["02"] == "PENDING", "the second plan's way to the report is not done yet"
    finish("csirt", second, "02")
    assert states(first)["02"] == "READY" and states(second)["06"] == "PENDING"
    finish("csirt", first, "02")
    assert states(second)["06"] == "READY"


def test_a_decision_already_taken_is_taken_anew_for_the_second_plan():
    incident, first = first_plan()
    finish("csirt", first, "01")
    second = second_plan(incident)
    assert "01" not in merged(second) and states(second)["01"] == "READY", merged(second)
    assert place(first, "01")["chosenOption"] == "yes"


def test_a_decision_taken_back_is_one_again():
    incident, first = first_plan()
    finish("csirt", first, "01")
    step = place(first, "01")
    act("csirt", step, "UNDO", version=step["version"], reason="早すぎた")
    assert merged(second_plan(incident))["01"] == "01"


def test_what_was_dropped_is_asked_again_by_the_second_plan():
    incident, first = first_plan()
    act("csirt", place(first, "02"), "SKIP", reason="県の担当がいた")
    act("csirt", place(first, "K1"), "NOT_APPLICABLE")
    second = second_plan(incident)
    assert "05" not in merged(second) and "K1" not in merged(second), merged(second)
    finish("csirt", second, "02")
    assert states(second)["05"] == "READY"


def test_a_notice_that_was_given_is_not_given_twice():
    incident, first = first_plan()
    finish("csirt", first, "01", "02")
    second = second_plan(incident)
    assert merged(second)["05"] == "02" and states(second)["06"] == "READY", "told once"
    step = place(first, "02")
    act("csirt", step, "UNDO", version=step["version"], reason="別の県だった")
    assert states(second)["06"] == "PENDING" and states(first)["02"] == "READY", "taken back, it is to be given again, now"


def test_closing_waits_for_the_last_steps_of_every_plan():
    incident, first = first_plan()
    finish("csirt", first, "03", "04")
    assert states(first)["K1"] == "READY"
    before = place(first, "K1")
    second = second_plan(incident)
    step = place(first, "K1")
    assert step["state"] == "STEP_STATE_PENDING" and step["version"] > before["version"], step
    waits = {n["no"]: n["state"] for n in detail("csirt", step)["before"]}
    assert waits == {"04": "STEP_STATE_DONE", "07": "STEP_STATE_PENDING"}, waits
    finish("csirt", second, "02")
    assert states(first)["K1"] == "PENDING"
    finish("csirt", second, "07")
    assert states(first)["K1"] == "READY"
    step = place(second, "07")
    act("csirt", step, "UNDO", version=step["version"], reason="直っていない")
    assert states(first)["K1"] == "PENDING", "and waits again when one is taken back"
    finish("csirt", second, "07")
    finish("csirt", first, "K1")
    assert states(first)["K2"] == "READY"


def detail(login, step):
    """The whole step: a note of nothing changes nothing."""
    return act(login, step, "NOTE")["step"]


def test_what_somebody_began_or_finished_for_the_first_plan_the_second_has_for_itself():
    incident, first = first_plan()
    finish("csirt", first, "03", "04")
    act("csirt", place(first, "K1"), "START")
    second = second_plan(incident)
    assert "K1" not in merged(second) and states(first)["K1"] == "IN_PROGRESS", merged(second)
    assert states(second)["K1"] == "PENDING" and merged(second)["K2"] == "K2"
    finish("csirt", first, "K1")
    assert states(first)["K2"] == "PENDING", "approved when both were checked"
    finish("csirt", second, "02", "07", "K1")
    assert states(first)["K2"] == "READY"
    finish("csirt", first, "K2")
    plans.put(city, "T-13", SECOND, dict(SAME, **{"05": REPORT}))
    third = merged(second_plan(incident, "T-13"))
    assert "K1" not in third and "K2" not in third, third


def test_a_branch_closes_only_what_no_other_plan_asks_for():
    ends = {"K1": 'decision { options { id: "yes" text { ja: "いる" en: "yes" } } options { id: "no" text { ja: "いらない" en: "no" } '
                  'closes: "K2" closes: "K3" } default_option: "yes" } merge_key: "judge"'}
    plans.put(city, "T-14", "K1|T|+10|csirt_member|-|?|要るか\nK2|I|+20|csirt_lead|K1|!|委員会へ\nK3|I|+30|csirt_lead|K1||控え",
              dict(ends, K2='merge_key: "n.committee"', K3='merge_key: "n.copy"'))
    plans.put(city, "T-15", "01|T|+10|csirt_member|-||調べる\n02|I|+20|csirt_lead|01|!|委員会へ\nK1|T|+10|csirt_member|-|?|要るか\n"
              "K2|I|+20|csirt_lead|K1|!|委員会へ\nK3|I|+30|csirt_lead|K1||控え",
              dict(ends, K2='merge_key: "n.committee"', K3='merge_key: "n.copy"', **{"02": 'merge_key: "n.committee"'}))
    incident = city.file("staff", "枝")
    first = start("csirt", incident, "T-14")["runs"][0]
    second = second_plan(incident, "T-15")
    assert merged(second) == {"02": "K2", "K1": "K1", "K2": "K2", "K3": "K3"}, merged(second)
    decide("csirt", place(first, "K1"), "no", "該当なし")
    assert {no: states(first)[no] for no in ("K2", "K3")} == {"K2": "PENDING", "K3": "NOT_APPLICABLE"}, states(first)
    finish("csirt", second, "01")
    assert states(first)["K2"] == "READY", "the second plan's own report is made whatever was judged"
    step = place(first, "K1")
    act("csirt", step, "UNDO", version=step["version"], reason="見直す")
    assert {no: states(first)[no] for no in ("K2", "K3")} == {"K2": "PENDING", "K3": "PENDING"}, states(first)


def test_a_fragments_step_is_done_by_the_plans_own_in_the_same_run():
    plans.put(city, "T-16", "03|T|+10|privacy|-||確かめる\n10|I|+3d|privacy|03|!|番号法の速報\n13|V|+30d|privacy|10|!|番号法の確報\n"
              "P1|T|+60|privacy|-|?|報告対象か\nP2|I|+3d|privacy|P1|!|速報\nP4|V|+30d|privacy|P2|!|確報\nP5|V|+31d|privacy|P4||控え",
              {"10": 'merge_key: "ppc.first"', "P2": 'merge_key: "ppc.first"', "13": 'merge_key: "ppc.final"',
               "P4": 'merge_key: "ppc.final"'})
    incident = city.file("staff", "特定個人情報")
    run = start("csirt", incident, "T-16")["runs"][0]
    assert merged(run) == {"P2": "10", "P4": "13"} and run_of(run)["run"]["progress"]["total"] == 5, merged(run)
    finish("csirt", run, "03")
    assert states(run)["10"] == "PENDING", "it waits for the judgement, too"
    finish("csirt", run, "P1")
    assert states(run)["10"] == "READY"
    finish("csirt", run, "10", "13")
    assert states(run)["P5"] == "READY"


def test_the_sooner_of_two_due_times_counts_while_it_is_open():
    for code, minutes in (("T-21", "90"), ("T-22", "60"), ("T-23", "30")):
        plans.put(city, code, f"01|I|+{minutes}|csirt_lead|-|!|県へ報告", {"01": 'merge_key: "n.sooner"'})
    incident = city.file("staff", "期限")
    first = start("csirt", incident, "T-21")["runs"][0]
    late = run_of(first)["steps"][0]["dueAt"]
    start("csirt", incident, "T-22")
    sooner = run_of(first)["steps"][0]["dueAt"]
    assert sooner < late, (sooner, late)
    act("csirt", place(first, "01"), "DONE", **NOTICE)
    start("csirt", incident, "T-23")
    minutes = city.sql(f"""SELECT DISTINCT extract(epoch FROM s.due_at - r.t0)::integer / 60 FROM sokuo.step s
                           JOIN sokuo.run r ON r.id = s.run_id WHERE r.id = '{first['id']}'""")
    assert minutes == "60", "what is done keeps the time it was due"


def test_plans_that_order_the_same_steps_differently_do_not_wait_for_each_other():
    plans.put(city, "T-17", "01|I|+10|csirt_lead|-|!|県へ\n02|I|+20|csirt_lead|01|!|警察へ\n03|T|+30|csirt_lead|02||次",
              {"01": 'merge_key: "n.pref"', "02": 'merge_key: "n.police"'})
    plans.put(city, "T-18", "01|I|+10|csirt_lead|-|!|警察へ\n02|I|+20|csirt_lead|01|!|県へ\n03|T|+30|csirt_lead|02||次",
              {"01": 'merge_key: "n.police"', "02": 'merge_key: "n.pref"'})
    incident = city.file("staff", "逆の順")
    first, second = start("csirt", incident, "T-17", "T-18")["runs"][::-1]
    assert merged(second) == {"01": "02", "02": "01"}, merged(second)
    assert states(first) == {"01": "READY", "02": "PENDING", "03": "PENDING"}, "as in the plan that was first"
    finish("csirt", first, "01", "02")
    assert states(first)["03"] == states(second)["03"] == "READY"


def test_sections_named_since_are_reached_where_another_plan_does_the_step():
    for code in ("T-19", "T-20"):
        plans.put(city, code, "01|A|+10|ism|-|!|本人へ知らせる", {"01": 'merge_key: "n.persons"'})
    sections = city.sql("SELECT id FROM sokuo.unit WHERE kind = 3 AND active ORDER BY code LIMIT 3").split("\n")
    incident = city.file("staff", "課が増える", facts={"sectionIds": sections[:2]})
    first = start("csirt", incident, "T-19")["runs"][0]
    for p in run_of(first, places_of="01")["steps"][0]["places"]:
        act("csirt", p, "DONE", **NOTICE)
    version = city.get(incident)["incident"]["version"]
    city.do("siso", "UpdateIncident", id=incident["id"], version=version, updateMask=["facts.sectionIds"],
            facts={"sectionIds": sections[:3]})
    second = start("csirt", incident, "T-20")
    assert second["stepCount"] == 1 and merged(second["runs"][0]) == {"01": "01"}, second
    progress = run_of(first)["steps"][0]["progress"]
    assert (progress["total"], progress["done"], progress["ready"]) == (3, 2, 1), progress


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
