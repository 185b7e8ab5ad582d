# SPDX-License-Identifier: Apache-2.0
"""Command by the clock: the night of the ransomware (domain reference 9.1) from the first call to the last answer, and the first
hour of the earthquake (9.2). Mails go to a real SMTP server and are answered by their links."""
import base64
import datetime
import hashlib
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from mails import Mailbox  # noqa: E402
from runs import NOTICE, PAPER, Runs  # noqa: E402
from server import free_port, new_id  # noqa: E402
from story import Clock, moment, until  # noqa: E402

COMMAND, ESCALATION, DUTY, CONTACT = "CommandService/", "EscalationService/", "DutyService/", "ContactService/"
EVIDENCE = "EvidenceService/"
STAFF = 1300
ALL_OFF = "PCの電源を入れないでください。\nLANケーブルにも触らないでください。\n所属長の指示を待ってください。"

port = free_port()
city = City("--workers", "1", "--public-url", f"http://127.0.0.1:{port}")
runs = Runs(city)
clock = Clock(city)
mails = Mailbox()
night, quake = {}, {}


# --- what everybody asks ---

def calls(incident, role=None, login="siso", ended=False):
    found = city.do(login, ESCALATION + "ListEscalations", incidentId=incident["id"], ended=ended).get("escalations", [])
    return [e for e in found if role in (None, e.get("role"))]


def settled(incident, now):
    """The engine has done what is due by now."""
    until(lambda: not any(moment(c["dueAt"]) <= now for c in calls(incident) if "dueAt" in c))


def lines(incident, role, kind):
    """What was done about the calls of a duty, oldest first."""
    found = []
    for one in calls(incident, role, ended=True):
        whole = city.do("siso", ESCALATION + "ListEscalations", escalationId=one["id"], ended=True)["escalations"][0]
        found += [line for line in whole.get("lines", []) if line["kind"] == kind]
    return sorted(found, key=lambda line: line["at"])


def order(of, login="siso", **fields):
    return city.do(login, COMMAND + "GetOrder", orderId=of["id"], **fields)


def progress(of):
    return order(of)["order"]["progress"]


def persons(count):
    """So many staff with a mail address, the sections mixed."""
    return city.sql(f"""SELECT p.id FROM sokuo.person p
      JOIN sokuo.tenure t ON t.person_id = p.id JOIN sokuo.post o ON o.id = t.post_id
     WHERE p.active AND EXISTS (SELECT FROM sokuo.contact_point k WHERE k.person_id = p.id AND k.kind = 3)
     GROUP BY p.id, p.code ORDER BY md5(p.code) LIMIT {count}""").split("\n")


def sections(count):
    return city.sql(f"SELECT id FROM sokuo.unit WHERE kind = 3 AND active ORDER BY code LIMIT {count}").split("\n")


def answer_by_mail(tokens, answer="ACKNOWLEDGE"):
    """People press the link in their mail, and then the button."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(lambda token: city.call(CONTACT + "AnswerByLink", {"token": token, "answer": answer}, token=""), tokens))


# --- 9.1: Sunday, 02:10 ---

def test_the_city_has_its_chains_and_a_mail_server():
    city.settle(port)
    mails.start()
    city.sql("UPDATE sokuo.playbook_revision SET effective_from = '2026-04-01' WHERE effective_from > '2026-04-01'")
    city.call(CONTACT + "SaveChannel", {"operationId": new_id(), "channel": {
        "kind": "CHANNEL_KIND_SMTP", "name": "庁内メール", "url": mails.url, "sender": "sokuo@city.example", "enabled": True,
        "reaches": ["CONTACT_KIND_MAIL"], "servesExercises": True}})
    for login, duty in (("privacy", "PRIVACY"), ("pr", "PR"), ("sysmgr", "SYSMGR")):
        city.hire(login, sections(1)[0], duty)
    city.sql("DELETE FROM sokuo.role_assignment r USING sokuo.post o WHERE r.post_id = o.id AND o.name = 'Sokuo管理者'")
    for role in ("POC", "CSIRT_LEAD", "SISO", "CISO"):
        [duty] = [d for d in city.do("siso", DUTY + "ListDuties", role="ROLE_" + role)["duties"] if "scope" not in d]
        assert duty["reachableCount"] >= 3, duty


def test_0210_what_the_desk_files_calls_the_contact_desk_by_itself():
    clock.at("02:10")
    night["incident"] = city.do("desk", "FileIncident", title="県SOCから: 大量暗号化の疑い", incidentType="INCIDENT_TYPE_MALWARE",
                                occurredAt=clock.utc("02:10"), facts={"spread": "SPREAD_SPREADING"})["incident"]
    [call] = until(lambda: [c for c in calls(night["incident"], "ROLE_POC") if c.get("person")])
    assert call["direction"] == "ESCALATION_DIRECTION_UPWARD", call


def test_0215_silence_calls_the_second_then_the_third_and_the_record_says_whom_and_when():
    for text in ("02:12", "02:14", "02:16", "02:18"):
        clock.at(text)
        settled(night["incident"], clock(text))
    told = lines(night["incident"], "ROLE_POC", "NOTIFY")
    ranks = [line["rank"] for line in told]
    assert ranks == sorted(ranks) and 2 in ranks, told
    assert all(line.get("person") for line in told), told
    assert moment(told[0]["at"]) - clock("02:10") < datetime.timedelta(minutes=1), told[0]


def test_0219_whoever_takes_the_incident_on_ends_the_call():
    clock.at("02:19")
    city.do("handler", "TriageIncident", id=night["incident"]["id"], severity="SEVERITY_S4", reason="拡大性不明")
    until(lambda: not [c for c in calls(night["incident"]) if c["phase"] in ("ESCALATION_PHASE_CALLING", "ESCALATION_PHASE_WAITING")])


def test_0226_the_lead_calls_the_siso_who_takes_it_on_and_the_ciso_who_is_silent():
    clock.at("02:26")
    for role in ("ROLE_SISO", "ROLE_CISO"):
        city.do("csirt", ESCALATION + "Escalate", incidentId=night["incident"]["id"], role=role, reason="大量暗号化の疑い。遮断の判断を")
    [siso] = until(lambda: [c for c in calls(night["incident"], "ROLE_SISO") if c.get("person")])
    assert siso["person"]["id"] == city.person["siso"]["id"], siso
    city.do("siso", ESCALATION + "AnswerEscalation", escalationId=siso["id"], kind="ESCALATION_ANSWER_KIND_ACCEPT")
    until(lambda: not [c for c in calls(night["incident"], "ROLE_SISO") if c["phase"] == "ESCALATION_PHASE_CALLING"])
    [ciso] = until(lambda: [c for c in calls(night["incident"], "ROLE_CISO") if c.get("person")])
    assert ciso["person"]["id"] == city.person["ciso"]["id"], ciso


def test_0236_the_ciso_did_not_answer_and_the_first_deputy_commands_with_the_ground_on_record():
    for text in ("02:28", "02:30", "02:32"):
        clock.at(text)
        settled(night["incident"], clock(text))
    now = until(lambda: city.do("siso", COMMAND + "GetCommand", incidentId=night["incident"]["id"]).get("command"))
    night["command"] = now
    assert now["by"]["personId"] == city.person["siso"]["id"] and now["by"]["capacity"] == "CAPACITY_ACTING", now
    assert moment(now["since"]) <= clock("02:37"), now
    said = [e["text"] + e.get("reason", "") for e in city.entries(night["incident"])]
    assert any("無応答" in text for text in said), said
    clock.at("02:35")
    city.do("siso", COMMAND + "TakeCommand", incidentId=night["incident"]["id"], ground="CISO無応答10分")
    until(lambda: not calls(night["incident"], "ROLE_CISO"), what="who declares that they command has answered")


def test_0238_isolation_is_decided_without_the_ciso_within_42_minutes():
    clock.at("02:38")
    run = night["run"] = runs.start("handler", night["incident"], "PB-01", t0=clock.utc("02:10"))["runs"][0]
    for no in ("01", "02", "03", "04"):
        runs.act("handler", runs.place(run, no), "DONE", **PAPER)
    runs.decide("csirt", runs.place(run, "05"), "contained")
    done = runs.decide("siso", runs.place(run, "06"), "all", "判定不能", releaseCondition="全端末の検査")["step"]
    assert moment(done["doneAt"]) - clock("02:10") <= datetime.timedelta(minutes=42), done["doneAt"]
    assert done["ratifyDueAt"], "approval comes afterwards and has its time"


def test_0255_the_plan_is_activated_within_45_minutes_and_the_order_to_all_waits_for_the_morning():
    clock.at("02:52")
    runs.act("handler", runs.place(night["run"], "07"), "DONE", occurredAt=clock.utc("02:49"), reason="圏外のため", **PAPER)
    clock.at("02:55")
    done = runs.act("siso", runs.place(night["run"], "08"), "DONE")["step"]
    assert moment(done["doneAt"]) - clock("02:10") <= datetime.timedelta(minutes=45, seconds=59), done["doneAt"]
    night["staff"] = persons(STAFF)
    assert len(night["staff"]) == STAFF, len(night["staff"])
    answer = city.do("siso", COMMAND + "IssueOrder", incidentId=night["incident"]["id"], text=ALL_OFF, sendAt=clock.utc("07:00"),
                     targets=[{"kind": "ORDER_TARGET_KIND_PERSONS", "personIds": night["staff"]}])
    night["order"] = answer["order"]
    assert night["order"]["progress"]["addresseeCount"] == STAFF, night["order"]
    assert not mails.mails or not any(ALL_OFF.split("\n")[0] in mail.body for mail in mails.mails), "nobody is woken by it"


def test_0310_the_prefecture_hears_within_60_minutes_what_is_known_and_what_is_not():
    clock.at("03:10")
    step = runs.act("csirt", runs.place(night["run"], "10"), "DONE", **NOTICE)["step"]
    assert "未確認" in step["notice"]["text"] and step["notice"]["receiptNo"], step
    assert moment(step["doneAt"]) - clock("02:10") < datetime.timedelta(minutes=61), step["doneAt"]
    runs.act("csirt", runs.place(night["run"], "11"), "DONE", notice={"to": "県警 サイバー犯罪対策課", "text": "不正指令電磁的記録の疑い。初期化しない"})


def test_0330_a_suspicion_is_enough_for_the_commission_to_be_told_and_its_ground_is_kept():
    clock.at("03:30")
    step = runs.decide("privacy", runs.place(night["run"], "P1"), "suspected", "不正の目的のおそれ。知ったのは02:12（県SOCの電話）")["step"]
    assert step["chosenOption"] == "suspected" and "02:12" in step["basis"], step
    runs.decide("privacy", runs.place(night["run"], "13"), "suspected", "所在を確認中。分からない")
    report = runs.mine("privacy", "PB-01")["P2"]
    assert report["state"] == "STEP_STATE_READY" and moment(report["dueAt"]) <= clock("02:10") + datetime.timedelta(days=4), report


def test_0400_the_ciso_is_back_is_handed_command_with_what_is_undecided_and_reviews_three_decisions():
    clock.at("04:00")
    city.do("ciso", COMMAND + "TakeCommand", incidentId=night["incident"]["id"], ground="本人復帰")
    now = city.do("ciso", COMMAND + "GetCommand", incidentId=night["incident"]["id"])
    assert now["command"]["by"]["personId"] == city.person["ciso"]["id"] and now["undecided"], now
    assert now["command"]["by"].get("capacity") == "CAPACITY_SELF", now["command"]
    waiting = [d for d in now["proxyDecisions"] if "review" not in d]
    acting = [d["text"] for d in waiting if d["by"]["personId"] == city.person["siso"]["id"]]
    assert len(acting) == 3 and "どこまで遮断" in acting[2] and "発動" in acting[1] and acting[0].startswith("指示"), acting
    assert len(waiting) == 4, "and what the team's deputy judged"
    city.do("ciso", COMMAND + "ReviewProxyDecisions", incidentId=night["incident"]["id"],
            entryIds=[d["entryId"] for d in waiting], agreed=True)
    after = city.do("ciso", COMMAND + "GetCommand", incidentId=night["incident"]["id"])
    assert all(d["review"]["agreed"] for d in after["proxyDecisions"]), after["proxyDecisions"]
    for no in ("06", "08"):
        step = city.do("ciso", "StepService/RatifyStep", stepId=runs.place(night["run"], no)["id"], approve=True)["step"]
        assert step["ratification"]["approved"], step


def test_0530_six_sections_say_how_their_counters_open_on_monday():
    clock.at("05:30")
    named = sections(6)
    version = city.get(night["incident"])["incident"]["version"]
    city.do("handler", "UpdateIncident", id=night["incident"]["id"], version=version, updateMask=["facts.sectionIds"],
            facts={"sectionIds": named})
    runs.start("siso", night["incident"], "PB-01")
    places = [s for s in runs.run_of(night["run"], places_of="14")["steps"] if s["step"]["no"] == "14"][0]["places"]
    asked = [p for p in places if p["state"] == "STEP_STATE_READY"]
    assert {p["place"]["id"] for p in asked} == set(named), places
    for p in asked:
        runs.act("csirt", p, "DONE", note="紙台帳で受付。証明書は後日郵送。最少2人")
    progress = [s for s in runs.run_of(night["run"])["steps"] if s["step"]["no"] == "14"][0]["progress"]
    assert progress["done"] == 6, progress


def test_0700_the_order_goes_to_1300_people_by_mail_each_with_a_link_of_their_own():
    clock.at("07:00")
    until(lambda: sum("電源を入れない" in mail.body for mail in mails.mails) >= STAFF, 90,
          lambda: f"{len(mails.mails)} mails, {progress(night['order'])}")
    ordered = [mail for mail in mails.mails if "電源を入れない" in mail.body]
    night["tokens"] = [mail.token for mail in ordered]
    assert len(set(night["tokens"])) == STAFF and all(night["tokens"]), len(set(night["tokens"]))
    assert len({mail.id for mail in ordered}) == STAFF
    random.Random(7).shuffle(night["tokens"])
    until(lambda: progress(night["order"]).get("stateCounts", [0, 0])[1] == 0)


def test_a_mail_scanner_that_follows_every_link_answers_nothing():
    for token in night["tokens"][:20]:
        opened = city.call(CONTACT + "OpenLink", {"token": token}, token="")
        assert "電源を入れない" in opened["text"] and "ACKNOWLEDGE" in opened["answers"], opened
    assert progress(night["order"]).get("answeredCount", 0) == 0


def answered(text, count, before):
    """By this time so many have pressed their link; who has not was asked again when that was due."""
    clock.at(text)
    until(lambda: city.sql("SELECT count(*) FROM sokuo.order_addressee WHERE remind_at <= sokuo.now()") == "0")
    answer_by_mail(night["tokens"][before:count])
    now = progress(night["order"])
    assert now["answeredCount"] == count and now["unansweredCount"] == STAFF - count, now
    return now


def test_347_answer_within_10_minutes_and_779_within_the_hour():
    answered("07:10", 347, 0)
    answered("08:00", 779, 347)


def test_0900_the_police_take_evidence_and_the_slip_says_what():
    clock.at("09:00")
    log = os.urandom(2000)
    pieces = [city.do("handler", EVIDENCE + "BeginEvidence", incidentId=night["incident"]["id"], id=new_id(), **fields)["evidence"]
              for fields in ({"name": "EDRログ.csv", "size": len(log)}, {"paperLocation": "情報政策課 金庫: 感染機のディスク"})]
    city.do("handler", EVIDENCE + "PutChunk", evidenceId=pieces[0]["id"], data=base64.b64encode(log).decode())
    forms = ("TRANSFER_FORM_COPY", "TRANSFER_FORM_ORIGINAL")
    slip = city.do("csirt", EVIDENCE + "TransferEvidence", incidentId=night["incident"]["id"], organisation="県警 サイバー犯罪対策課",
                   recipient="山田 太郎", receiptNo="捜-118", purpose="捜査",
                   items=[{"evidenceId": piece["id"], "form": form} for piece, form in zip(pieces, forms)])["transfer"]
    assert base64.b64decode(slip["items"][0]["sha256"]) == hashlib.sha256(log).digest(), slip
    assert moment(slip["occurredAt"]) - clock("09:00") < datetime.timedelta(minutes=1), slip
    extract = city.do("csirt", "ExtractEntries", incidentId=night["incident"]["id"], until=clock.utc("04:00"), purpose="県警の照会")
    told = "".join(line.get("text", "") for line in extract["lines"])
    assert "〔墨消し:氏名〕" in told and not any(city.person[login]["name"] in told for login in ("ciso", "siso", "csirt")), told
    assert any(e["seq"] == slip["seq"] and "県警" in e["text"] for e in city.entries(night["incident"])), slip["seq"]


def test_1118_answer_in_the_end():
    now = answered("10:00", 1118, 779)
    assert 0 < now["t50Seconds"] <= 3600 + 60 and "t95Seconds" not in now, now
    curve = order(night["order"], tree=True)["curve"]
    assert curve[-1]["answeredCount"] == 1118 and len(curve) <= 120, curve[-1]


def test_182_stand_on_the_list_to_telephone_by_section_with_their_numbers():
    listed, after = [], ""
    while True:
        page = order(night["order"], telephone=True, after=after)
        listed += page.get("telephone", [])
        after = page.get("next", "")
        if not after:
            break
    assert len(listed) == STAFF - 1118 == 182, len(listed)
    of = [line.get("section", {}).get("id") for line in listed]
    assert len(set(of)) >= 50, len(set(of))
    assert sorted(range(len(of)), key=lambda i: of.index(of[i])) == list(range(len(of))), "section by section"
    known = city.sql("SELECT DISTINCT person_id FROM sokuo.contact_point WHERE kind IN (1, 2, 4)").split("\n")
    for line in listed:
        numbers = [c["address"] for c in line.get("contacts", []) if c["kind"] != "CONTACT_KIND_MAIL"]
        assert bool(numbers) == (line["addressee"]["person"]["id"] in known), line
        assert numbers or line.get("sectionPhone"), line


def test_who_is_telephoned_answers_through_whoever_called():
    page = order(night["order"], telephone=True)
    ids = [line["addressee"]["id"] for line in page["telephone"][:20]]
    answer = city.do("csirt", COMMAND + "AnswerOrder", orderId=night["order"]["id"], kind="ORDER_ANSWER_KIND_ACCEPT",
                     addresseeIds=ids, means="MEANS_PHONE")
    assert {a["answers"][0]["by"]["capacity"] for a in answer["addressees"]} == {"CAPACITY_SCRIBE"}, answer["addressees"][0]
    assert progress(night["order"])["answeredCount"] == 1118 + 20


def hours_pass(begin, end):
    """45 people in three shifts go on; what each tells is written down by who keeps the log."""
    people = city.sql("SELECT name FROM sokuo.person WHERE active ORDER BY md5(code) LIMIT 45").split("\n")
    for hour in range(begin, end):
        clock.at(f"{hour:02}:10")
        for i, name in enumerate(people[hour % 3::3]):
            city.do(("csirt", "handler", "poc", "desk")[i % 4], "AddEntry", incidentId=night["incident"]["id"], kind="ENTRY_KIND_REPORT",
                    text=f"{hour % 24}時の状況: 変わりなし。復旧作業を継続", sender=name, means="MEANS_PHONE", capacity="CAPACITY_SCRIBE")


def test_1300_what_is_published_is_decided_approved_and_recorded():
    hours_pass(11, 13)
    clock.at("13:00")
    runs.decide("pr", runs.place(night["run"], "U1"), "now", "窓口に影響が出る")
    runs.act("ciso", runs.place(night["run"], "U2"), "DONE")
    runs.act("pr", runs.place(night["run"], "U3"), "DONE", notice={"to": "報道・市民", "text": "窓口の一部を紙で受け付けます"})


def outside(login, to, text):
    """Somebody outside is told, which no plan foresaw."""
    step = city.do(login, "StepService/AddStep", incidentId=night["incident"]["id"], text=to + "へ連絡", personId=city.person[login]["id"])
    runs.act(login, step["steps"][0], "DONE", notice={"to": to, "text": text})


def test_until_the_next_night_45_people_go_on_and_each_is_heard():
    clock.at("14:00")
    for to in ("県SOC", "J-LIS", "IPA"):
        outside("csirt", to, "ランサムウェアの疑い。規模は未確認")
    hours_pass(14, 18)
    order_for_monday()
    hours_pass(18, 19)
    for login, no in (("handler", "12"), ("sysmgr", "16")):
        runs.act(login, runs.place(night["run"], no), "DONE", **PAPER)
    runs.decide("ciso", runs.place(night["run"], "17"), "rebuild", "身代金は支払わない")
    hours_pass(19, 27)
    runs.act("pr", runs.place(night["run"], "U4"), "DONE", notice={"to": "報道・市民", "text": "続報。月曜の窓口は紙で開く"})


def order_for_monday():
    """A second order to everybody; the section heads answer for their staff before anybody is asked again."""
    goes = city.do("ciso", COMMAND + "IssueOrder", incidentId=night["incident"]["id"], text="月曜は通常どおり出勤し、紙で受け付けてください。",
                   targets=[{"kind": "ORDER_TARGET_KIND_PERSONS", "personIds": night["staff"]}])["order"]
    until(lambda: sum("紙で受け付けて" in mail.body for mail in mails.mails) >= STAFF, 60)
    after = ""
    while True:
        page = order(goes, addressees=True, after=after)
        city.do("csirt", COMMAND + "AnswerOrder", orderId=goes["id"], kind="ORDER_ANSWER_KIND_ACKNOWLEDGE", means="MEANS_PHONE",
                addresseeIds=[a["id"] for a in page["addressees"]])
        after = page.get("next", "")
        if not after:
            return


def test_the_day_is_on_record_in_the_numbers_that_were_expected():
    incident = night["incident"]["id"]
    # 1,300 in the morning; who is silent is asked again after 10 and after 30 minutes; 1,300 in the evening; and the calls.
    sent = int(city.sql("SELECT count(*) FROM sokuo.notice WHERE state = 2"))
    assert 3500 <= sent <= 4300, sent
    entries = city.entries(night["incident"])
    assert 250 <= len(entries) <= 400, len(entries)
    assert [e["seq"] for e in entries] == list(range(len(entries), 0, -1)), "none is missing"
    assert len([e for e in entries if e.get("changeKind") == "step.decided"]) == 6, "the six decisions of the plan"
    told = city.sql(f"SELECT count(*) FROM sokuo.step WHERE incident_id = '{incident}' AND notice_to <> ''")
    assert told == "7", told
    assert not [c for c in calls(night["incident"]) if c["phase"] == "ESCALATION_PHASE_CALLING"], "nobody is still being called"


# --- 9.2: Wednesday, 10:24 ---

WEDNESDAY = Clock(city, "2026-07-08")


def test_1027_the_earthquake_is_activated_by_one_act():
    WEDNESDAY.at("10:24")
    quake["incident"] = city.do("siso", "FileIncident", title="震度6弱の地震", incidentType="INCIDENT_TYPE_EARTHQUAKE",
                                occurredAt=WEDNESDAY.utc("10:24"))["incident"]
    WEDNESDAY.at("10:27")
    quake["run"] = runs.start("siso", quake["incident"], "PB-11", t0=WEDNESDAY.utc("10:24"))["runs"][0]
    city.do("csirt", "TriageIncident", id=quake["incident"]["id"], severity="SEVERITY_S4", reason="震度6弱")


def test_1029_an_order_to_everybody_and_to_80_section_heads_is_out_within_the_minute():
    WEDNESDAY.at("10:29")
    city.do("siso", ESCALATION + "Escalate", incidentId=quake["incident"]["id"], role="ROLE_MAYOR", reason="震度6弱。本部設置の判断を")
    mails.mails.clear()
    began = datetime.datetime.now()
    quake["order"] = city.do("siso", COMMAND + "IssueOrder", incidentId=quake["incident"]["id"],
                             text="身の安全を確かめ、所属長に無事を知らせてください。\n所属長は人数をまとめて回答してください。",
                             targets=[{"kind": "ORDER_TARGET_KIND_DUTY", "role": "ROLE_ISM"},
                                      {"kind": "ORDER_TARGET_KIND_ALL"}])["order"]
    now = quake["order"]["progress"]
    assert now["addresseeCount"] >= 1300 and now["sectionCount"] >= 79, now
    with_mail = int(city.sql(f"""SELECT count(*) FROM sokuo.order_addressee a WHERE a.order_id = '{quake["order"]["id"]}' AND a.role = 0
      AND EXISTS (SELECT FROM sokuo.contact_point k WHERE k.person_id = a.person_id AND k.kind = 3)"""))
    until(lambda: sum("身の安全" in mail.body for mail in mails.mails) >= with_mail, 60, lambda: f"{len(mails.mails)} of {with_mail}")
    assert datetime.datetime.now() - began < datetime.timedelta(seconds=60)


def heads():
    found, after = [], ""
    while True:
        page = order(quake["order"], addressees=True, after=after)
        found += [a for a in page["addressees"] if a.get("role") == "ROLE_ISM"]
        after = page.get("next", "")
        if not after:
            return found


def test_1039_the_mayor_cannot_be_reached_and_the_vice_mayor_acts():
    for text in ("10:31", "10:33", "10:35", "10:39"):
        WEDNESDAY.at(text)
        settled(quake["incident"], WEDNESDAY(text))
    acting = lines(quake["incident"], "ROLE_MAYOR", "DEPUTY")
    assert acting and acting[0]["rank"] == 2 and acting[0]["person"], acting
    assert moment(acting[0]["at"]) <= WEDNESDAY("10:40")


def test_70_sections_answer_together_within_30_minutes_and_all_within_the_hour():
    asked = heads()
    assert len(asked) >= 79, len(asked)
    for text, upto, before in (("10:59", 70, 0), ("11:28", len(asked), 70)):
        WEDNESDAY.at(text)
        for head in asked[before:upto]:
            city.do("siso", COMMAND + "AnswerOrder", orderId=quake["order"]["id"], kind="ORDER_ANSWER_KIND_ACCEPT",
                    addresseeIds=[head["id"]], means="MEANS_PHONE", note="在席12 負傷0 不明1")
        now = progress(quake["order"])
        assert now["sectionAnsweredCount"] == upto, now
    tree = order(quake["order"], tree=True)["tree"]
    assert sum("head" in row and row["head"].get("acceptedAt") is not None for row in tree) == len(asked)


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
