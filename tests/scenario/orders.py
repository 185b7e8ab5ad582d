# SPDX-License-Identifier: Apache-2.0
"""Orders: whom they reach, answers by each and on behalf, calling off, reminders, the list to telephone, and the walls."""
import concurrent.futures
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from orders import EVERYBODY, HEADS, Orders, by_role, to  # noqa: E402
from server import RpcError, new_id  # noqa: E402

city = City("--workers", "1")
orders = Orders(city)
issue, answer, get, people = orders.issue, orders.answer, orders.get, orders.people
COMMAND = "CommandService/"
seen = {}


def not_found(login, method, **message):
    try:
        answer = city.do(login, method, **message)
    except RpcError as error:
        assert error.code == "not_found", error
        return
    raise AssertionError(f"{method} told {login}: {answer}")


def no_issue(why, login, text="待機してください。", targets=None, **fields):
    return city.refused(why, login, COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text=text,
                        targets=targets or to(kind="ALL"), **fields)


def hire(login, unit, *roles, scope=None):
    seen[login] = orders.hire(login, unit, *roles, scope=scope)


def test_a_city_with_an_incident():
    city.settle()
    city.sql("DELETE FROM sokuo.role_assignment r USING sokuo.post o WHERE r.post_id = o.id AND o.name = 'Sokuo管理者' AND r.role < 20")
    seen["section"], seen["other"] = orders.section("S-30"), orders.section("S-31")
    for login in ("one", "two", "three"):
        hire(login, seen["section"])
    city.sql(f"DELETE FROM sokuo.role_assignment WHERE scope_id = '{seen['section']}' AND role = 12")
    city.sql(f"""DELETE FROM sokuo.succession_place p USING sokuo.succession s WHERE s.id = p.succession_id AND s.scope_id = '{seen['section']}';
                 DELETE FROM sokuo.succession WHERE scope_id = '{seen['section']}'""")
    hire("head", seen["section"], "ISM", scope=seen["section"])
    hire("stranger", seen["other"])
    hire("auditor", seen["other"], "AUDITOR")
    hire("contractor", seen["other"], "CONTRACTOR")
    seen["night"] = city.file("siso", title="大量暗号化", occurredAt=stamp(minutes=5))


def test_an_order_has_at_most_three_lines_of_80_characters_and_says_which_line_is_too_long():
    assert no_issue("TOO_MANY_LINES", "siso", "一\n二\n三\n四").info["field"] == "text"
    error = no_issue("LINE_TOO_LONG", "siso", "一\n" + "あ" * 81)
    assert error.info["field"] == "text" and "2行目" in error.body["message"], error.body
    no_issue("REQUIRED", "siso", " \n")
    assert issue("siso", seen["night"], "あ" * 80 + "\n二\n三", to(kind="PERSONS", personIds=[seen["one"]]))["no"] == 1


def test_every_target_names_somebody():
    for target in ({"kind": "DUTY"}, {"kind": "UNIT"}, {"kind": "PERSONS"}, {"kind": "UNSPECIFIED"}):
        assert no_issue("REQUIRED", "siso", targets=to(**target)).info["field"] == "targets[0]"
    assert city.refused("REQUIRED", "siso", COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text="x").info["field"] == "targets"
    assert no_issue("NOBODY", "siso", targets=to(kind="PERSONS", personIds=[new_id()])).info["field"] == "targets"


def test_times_that_make_no_sense_are_refused():
    assert no_issue("TOO_FAR_AHEAD", "siso", sendAt=stamp(days=-8)).info["field"] == "sendAt"
    assert no_issue("BEFORE_BEGIN", "siso", dueAt=stamp(minutes=1)).info["field"] == "dueAt"


def test_a_dry_run_tells_numbers_and_holes_and_writes_nothing():
    before = len(orders.listed("siso", seen["night"]))
    answer = city.do("siso", COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text="試し", dryRun=True,
                     targets=EVERYBODY + to(kind="DUTY", role="ROLE_EDU", unitId=seen["section"]))
    progress = answer["order"]["progress"]
    wanted = int(city.sql("SELECT count(DISTINCT person_id) FROM sokuo.tenure WHERE valid_from <= sokuo.today() AND "
                          "(valid_until IS NULL OR valid_until > sokuo.today())"))
    assert progress["addresseeCount"] == wanted + 1, (progress, wanted)
    assert progress["departmentCount"] == 16 and progress["sectionCount"] >= 78, progress
    assert [(h["role"], h["unit"]["id"], h["state"]) for h in answer["holes"]] == [
        ("ROLE_EDU", seen["section"], "ORDER_STATE_UNREACHABLE")], answer["holes"]
    assert "id" not in answer["order"] and len(orders.listed("siso", seen["night"])) == before


def test_each_is_addressed_once_by_the_higher_duty():
    order = issue("siso", seen["night"], targets=EVERYBODY + to(kind="UNIT", unitId=seen["section"]))
    rows = people(order)
    persons = [r["person"]["id"] for r in rows if "person" in r]
    assert len(persons) == len(set(persons))
    heads = by_role(rows)
    assert len(heads["ROLE_ISO"]) == 16 and len(heads["ROLE_ISM"]) >= 78, {k: len(v) for k, v in heads.items()}
    [head] = [r for r in rows if r.get("person", {}).get("id") == seen["head"]]
    assert head["role"] == "ROLE_ISM" and head["unit"]["id"] == seen["section"] and head["department"]["name"], head
    [one] = [r for r in rows if r.get("person", {}).get("id") == seen["one"]]
    assert "role" not in one and one["unit"]["id"] == seen["section"], one
    calls = city.sql(f"SELECT count(*), count(DISTINCT (role, scope_id)) FROM sokuo.escalation WHERE order_id = '{order['id']}'").split("|")
    assert calls[0] == calls[1] and int(calls[0]) >= 90, calls
    seen["all"] = order


def test_whoever_is_away_is_asked_by_their_deputy():
    absence = city.do("desk", "DutyService/RegisterAbsence", personId=city.person["ciso"]["id"], kind="ABSENCE_KIND_NO_ANSWER",
                      reason="無応答")["absence"]
    row = people(issue("siso", seen["night"], targets=to(kind="DUTY", role="ROLE_CISO")))[0]
    assert row["role"] == "ROLE_CISO" and row["isDeputy"] and row["person"]["id"] != city.person["ciso"]["id"], row
    city.do("ciso", "DutyService/EndAbsence", id=absence["id"])
    row = people(issue("siso", seen["night"], targets=to(kind="DUTY", role="ROLE_CISO")))[0]
    assert row["person"]["id"] == city.person["ciso"]["id"] and not row.get("isDeputy"), row


def test_an_excluded_person_is_nobodys_addressee_and_loses_sight_of_what_they_were_asked():
    incident = city.file("siso", title="内部不正", occurredAt=stamp(minutes=5))
    target = to(kind="UNIT", unitId=seen["section"])
    first = issue("siso", incident, targets=target)
    assert city.do("two", COMMAND + "GetOrder", orderId=first["id"])["order"]["mine"]
    city.do("siso", "SetMember", id=incident["id"], personId=seen["two"], access="MEMBER_ACCESS_EXCLUDED", reason="当事者")
    not_found("two", COMMAND + "GetOrder", orderId=first["id"])
    assert seen["two"] not in [r["person"]["id"] for r in people(issue("siso", incident, targets=target))]


def test_an_order_to_an_independent_organ_is_a_request():
    council = city.sql("SELECT id FROM sokuo.unit WHERE code = 'O-02'")
    assert issue("siso", seen["night"], targets=to(kind="UNIT", unitId=council))["isRequest"]
    assert not issue("siso", seen["night"], targets=to(kind="UNIT", unitId=seen["section"])).get("isRequest")
    assert not seen["all"].get("isRequest"), "to everybody is to everybody"
    texts = [(e["kind"], e["text"][:2]) for e in city.entries(seen["night"])]
    assert ("ENTRY_KIND_REQUEST", "要請") in texts and ("ENTRY_KIND_ORDER", "指示") in texts, texts


def test_who_may_give_orders():
    for login in ("auditor", "stranger", "contractor"):
        city.do("siso", "SetMember", id=seen["night"]["id"], personId=seen[login], access="MEMBER_ACCESS_NAMED", reason="試験")
    city.do("siso", "SetMember", id=seen["night"]["id"], personId=seen["head"], access="MEMBER_ACCESS_NAMED", reason="試験")
    for login in ("auditor", "stranger", "contractor", "handler"):
        no_issue("NO_ORDER_DUTY", login)
        assert not city.do(login, COMMAND + "ListOrders", incidentId=seen["night"]["id"]).get("mayIssue"), login
    no_issue("NOT_YOUR_UNIT", "head")
    no_issue("NOT_YOUR_UNIT", "head", targets=to(kind="UNIT", unitId=seen["other"]))
    assert issue("head", seen["night"], targets=to(kind="UNIT", unitId=seen["section"]))["giver"]["personId"] == seen["head"]
    assert city.do("head", COMMAND + "ListOrders", incidentId=seen["night"]["id"])["mayIssue"]
    for login in ("ciso", "csirt"):
        assert issue("siso" if login == "csirt" else login, seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]))


def test_what_is_over_takes_no_more_orders():
    incident = city.file("siso", title="誤報", occurredAt=stamp(minutes=5))
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S1", reason="小さい")
    city.do("csirt", "TransitionIncident", id=incident["id"], toState="INCIDENT_STATE_CLOSED_FALSE", reason="誤報",
            version=city.get(incident)["incident"]["version"])
    city.refused("INCIDENT_SETTLED", "siso", COMMAND + "IssueOrder", incidentId=incident["id"], text="x", targets=to(kind="ALL"))


def test_the_same_operation_gives_one_order():
    operation = new_id()
    first = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]), operationId=operation)
    again = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]), operationId=operation)
    assert first["id"] == again["id"] == operation and first["no"] == again["no"]
    assert city.sql(f"SELECT count(*) FROM sokuo.order_addressee WHERE order_id = '{operation}'") == "1"
    city.refused("OPERATION_ID_USED", "siso", COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text="別の指示",
                 targets=to(kind="ALL"), operationId=operation)


def test_who_is_asked_reads_the_order_and_its_number_but_not_the_incident():
    order = city.do("one", COMMAND + "GetOrder", orderId=seen["all"]["id"], tree=True, addressees=True, telephone=True)
    assert order["order"]["text"] == seen["all"]["text"] and order["order"]["incidentNumber"] == seen["night"]["number"]
    assert "incidentTitle" not in order["order"] and "progress" not in order["order"] and "tree" not in order, order
    assert [r["person"]["id"] for r in order["addressees"]] == [seen["one"]] and "telephone" not in order, order
    assert not order.get("mayAnswerFor") and order["order"]["mine"]["person"]["id"] == seen["one"]
    not_found("one", "GetIncident", id=seen["night"]["id"])
    assert seen["all"]["id"] in [o["id"] for o in orders.mine("one")]


def test_who_is_not_asked_finds_nothing():
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]))
    hire("outsider", seen["other"])
    for method, fields in (("GetOrder", {}), ("AnswerOrder", {"kind": "ORDER_ANSWER_KIND_DONE"}), ("WithdrawOrder", {"reason": "x"})):
        not_found("outsider", COMMAND + method, orderId=order["id"], **fields)
    not_found("outsider", COMMAND + "ListOrders", incidentId=seen["night"]["id"])
    not_found("outsider", COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text="x", targets=to(kind="ALL"))
    assert orders.mine("outsider") == []


def test_the_second_wall_stands_without_the_first():
    rows = orders.as_person("outsider", "SELECT (SELECT count(*) FROM sokuo.command_order) + (SELECT count(*) FROM "
                            "sokuo.order_addressee) + (SELECT count(*) FROM sokuo.order_answer) + (SELECT count(*) FROM "
                            "sokuo.journal WHERE stream = 'order')")
    assert rows == "0", rows
    assert int(orders.as_person("one", "SELECT count(*) FROM sokuo.command_order")) >= 2


def test_an_answer_is_of_one_person_and_releases_nobody_else():
    before = get(seen["all"])["order"]["progress"]
    assert answer("one", seen["all"], "READ")["addressees"][0]["state"] == "ORDER_STATE_READ"
    row = answer("one", seen["all"], "ACKNOWLEDGE")["addressees"][0]
    assert row["state"] == "ORDER_STATE_ACKNOWLEDGED" and row["readAt"] <= row["acknowledgedAt"], row
    assert row["answers"][0]["by"]["personId"] == seen["one"] and row["answers"][0]["by"]["capacity"] == "CAPACITY_SELF"
    after = get(seen["all"])["order"]["progress"]
    assert after["answeredCount"] == before.get("answeredCount", 0) + 1, after
    other = orders.of(seen["all"], seen["three"])
    assert not {"readAt", "acknowledgedAt"} & set(other) and not other.get("answers"), other


def test_answers_of_staff_leave_the_incident_alone_and_those_of_a_duty_stand_in_the_chronology():
    def told(login):
        return [e for e in city.entries(seen["night"]) if e.get("by", {}).get("personId") == seen[login]]
    answer("three", seen["all"], "ACCEPT")
    assert not told("three") and not told("one")
    answer("head", seen["all"], "ACCEPT", note="課内に伝えた")
    [entry] = [e for e in told("head") if e["kind"] == "ENTRY_KIND_REPORT"]
    assert "職 head" in entry["text"] and "了解" in entry["text"] and entry["reason"] == "課内に伝えた", entry


def test_an_answer_of_a_duty_is_told_to_its_call():
    order = issue("siso", seen["night"], targets=to(kind="DUTY", role="ROLE_ISM", unitId=seen["section"]), wantsAcceptance=True)
    [row] = people(order)
    told = f"SELECT string_agg(act::text, ' ' ORDER BY v.id) FROM sokuo.escalation_event v JOIN sokuo.escalation e ON e.id = v.escalation_id WHERE e.addressee_id = '{row['id']}' AND act BETWEEN 5 AND 12"
    answer("head", order, "READ")
    answer("head", order, "ACKNOWLEDGE")
    assert get(order)["order"]["progress"]["unansweredCount"] == 1, "having seen it is no acceptance"
    answer("head", order, "REFUSE", note="停電中")
    answer("head", order, "ACCEPT")
    answer("head", order, "DONE")
    answer("head", order, "TAKE_BACK")
    answer("head", order, "TAKE_BACK")
    answer("head", order, "TAKE_BACK")
    assert city.sql(told) == "5 5 8 7 7 9", city.sql(told)
    assert get(order, addresseeId=row["id"])["addressees"][0]["state"] == "ORDER_STATE_ACKNOWLEDGED"
    city.sql(f"UPDATE sokuo.escalation SET look_at = NULL, due_at = NULL, phase = 6 WHERE order_id = '{order['id']}'")


def test_to_refuse_needs_a_reason_and_only_what_was_answered_is_taken_back():
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]))
    assert orders.no_answer("REQUIRED", "one", order, "REFUSE").info["field"] == "note"
    orders.no_answer("NO_ANSWER", "one", order, "TAKE_BACK")
    row = answer("one", order, "REFUSE", note="出張中")["addressees"][0]
    assert row["state"] == "ORDER_STATE_REFUSED" and row["answers"][0]["note"] == "出張中", row
    row = answer("one", order, "TAKE_BACK")["addressees"][0]
    assert row["state"] in ("ORDER_STATE_QUEUED", "ORDER_STATE_SENT") and "refusedAt" not in row, row
    assert len(get(order, addresseeId=row["id"])["addressees"][0]["answers"]) == 2, "both stay on record"
    assert get(order)["order"]["progress"]["unansweredCount"] == 1


def test_what_is_done_is_confirmed_by_who_gave_it():
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]))
    row = orders.of(order, seen["one"])
    orders.no_answer("NOT_DONE", "siso", order, "CONFIRM", row)
    answer("one", order, "DONE")
    orders.no_answer("NOT_PERMITTED", "one", order, "CONFIRM")
    assert answer("siso", order, "CONFIRM", row)["addressees"][0]["state"] == "ORDER_STATE_CONFIRMED"
    orders.no_answer("NOT_PERMITTED", "one", order, "TAKE_BACK")
    assert answer("siso", order, "TAKE_BACK", row)["addressees"][0]["state"] == "ORDER_STATE_DONE"


def test_the_head_answers_for_20_of_their_own_and_nobody_else_does():
    orders.crew(seen["section"], 20)
    order = issue("siso", seen["night"], targets=to(kind="UNIT", unitId=seen["section"]) + to(kind="UNIT", unitId=seen["other"]))
    crew = [r for r in people(order, "head") if r["person"]["name"].startswith("課員")]
    assert len(crew) == 20, "the head sees their own"
    assert {r["unit"]["id"] for r in people(order, "head")} == {seen["section"]}
    stranger = orders.of(order, seen["stranger"])
    orders.no_answer("NOT_PERMITTED", "head", order, "ACCEPT", *crew, stranger)
    orders.no_answer("NOT_PERMITTED", "stranger", order, "ACCEPT", crew[0])
    orders.no_answer("NOT_PERMITTED", "auditor", order, "ACCEPT", crew[0])
    orders.no_answer("NOT_PERMITTED", "head", order, "READ", *crew)
    told = answer("head", order, "ACCEPT", *crew, means="MEANS_SPOKEN")["addressees"]
    assert {r["state"] for r in told} == {"ORDER_STATE_ACCEPTED"} and len(told) == 20
    by = told[0]["answers"][0]
    assert by["by"] == {**by["by"], "personId": seen["head"], "capacity": "CAPACITY_SCRIBE"} and by["means"] == "MEANS_SPOKEN", by
    assert answer("poc", order, "ACCEPT", stranger, means="MEANS_PHONE")["addressees"][0]["answers"][0]["by"]["capacity"] == "CAPACITY_SCRIBE"
    assert orders.no_answer("NO_SUCH_ADDRESSEE", "head", order, "ACCEPT", {"id": new_id()}).info["field"] == "addresseeIds"
    seen["both"] = order


def test_the_telephone_list_is_by_section_with_numbers_for_who_may_see_them():
    city.do("admin", "DirectoryService/SaveContactPoint", personId=seen["one"], kind="CONTACT_KIND_MOBILE", address="090-0000-9999", private=True)
    answer("two", seen["both"], "DONE")
    lines = get(seen["both"], "poc", telephone=True)["telephone"]
    sections = [line["section"]["id"] for line in lines]
    assert len(set(sections)) == 2 and sections == sorted(sections, key=sections.index), "one section after the other"
    names = {line["addressee"]["person"]["name"]: line for line in lines}
    assert "人 one" in names and "人 two" not in names and not [n for n in names if n.startswith("課員")]
    assert names["人 one"]["contacts"][0]["address"] == "090-0000-9999" and names["人 one"]["sectionPhone"], names["人 one"]
    assert {line["section"]["id"] for line in get(seen["both"], "head", telephone=True)["telephone"]} == {seen["section"]}
    assert [line for line in get(seen["both"], "head", telephone=True)["telephone"] if line.get("contacts")]
    seen_by_auditor = get(seen["both"], "auditor", telephone=True)["telephone"]
    assert len(seen_by_auditor) == len(lines) and not [line for line in seen_by_auditor if line.get("contacts")]


def test_a_withdrawn_order_calls_nobody_and_a_late_answer_to_it_is_recorded():
    order = issue("siso", seen["night"], targets=to(kind="UNIT", unitId=seen["section"]) + to(kind="DUTY", role="ROLE_ISM", unitId=seen["section"]))
    city.refused("NOT_YOUR_ORDER", "one", COMMAND + "WithdrawOrder", orderId=order["id"], reason="x")
    operation = new_id()
    done = [city.do("siso", COMMAND + "WithdrawOrder", orderId=order["id"], reason="誤り", operationId=operation)["order"] for _ in range(2)]
    assert done[0]["withdrawnAt"] == done[1]["withdrawnAt"] and done[0]["withdrawnReason"] == "誤り"
    city.refused("WITHDRAWN_ALREADY", "siso", COMMAND + "WithdrawOrder", orderId=order["id"], reason="また")
    assert city.sql(f"SELECT count(*) FROM sokuo.order_addressee WHERE order_id = '{order['id']}' AND remind_at IS NOT NULL") == "0"
    assert city.sql(f"SELECT count(*) FROM sokuo.escalation_event v JOIN sokuo.escalation e ON e.id = v.escalation_id WHERE e.order_id = '{order['id']}' AND v.act = 12") == "1"
    row = answer("one", order, "DONE")["addressees"][0]
    assert row["state"] == "ORDER_STATE_DONE" and row["answers"][0]["kind"] == "ORDER_ANSWER_KIND_DONE"
    assert order["id"] not in [o["id"] for o in orders.mine("two", openOnly=True)]


def push(login, *operations):
    return city.call("SyncService/Push", {"clientId": new_id(), "operations": [
        {"seq": str(i + 1), "ageMs": str(age), "answerOrder": message} for i, (age, message) in enumerate(operations)]},
        token=city.person[login]["token"])["results"]


def test_answers_of_a_device_come_late_keep_their_time_and_are_never_dropped():
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]))
    city.sql(f"UPDATE sokuo.command_order SET gone_at = gone_at - interval '1 hour' WHERE id = '{order['id']}'")
    answer("poc", order, "REFUSE", orders.of(order, seen["one"]), note="電話で: 出張中")
    operation = new_id()
    message = {"operationId": operation, "orderId": order["id"], "kind": "ORDER_ANSWER_KIND_ACCEPT"}
    for _ in range(2):
        [result] = push("one", (20 * 60 * 1000, message))
        assert "refusal" not in result, result
        row = result["answerOrder"]["addressees"][0]
    assert row["state"] == "ORDER_STATE_REFUSED", "what was said later stands"
    assert row["acceptedAt"] < row["refusedAt"], row
    kept = get(order, addresseeId=row["id"])["addressees"][0]["answers"]
    assert [k["kind"] for k in kept] == ["ORDER_ANSWER_KIND_ACCEPT", "ORDER_ANSWER_KIND_REFUSE"], kept
    assert kept[0]["occurredAt"] < kept[1]["occurredAt"] < kept[0]["recordedAt"]
    curve = get(order)["curve"]
    assert curve[-1]["answeredCount"] == 1 and 2300 < curve[-1]["seconds"] < 2500, curve


def test_a_later_order_goes_out_once_when_its_time_has_come():
    order = issue("siso", seen["night"], "明朝の指示", to(kind="UNIT", unitId=seen["section"]) + to(kind="DUTY", role="ROLE_ISM", unitId=seen["section"]),
                  sendAt=stamp(hours=-4))
    assert order["sendAt"] and order["progress"]["addresseeCount"] > 20
    not_found("one", COMMAND + "GetOrder", orderId=order["id"])
    assert order["id"] not in [o["id"] for o in orders.mine("one")]
    orders.no_answer("NOT_GONE_YET", "siso", order, "DONE", orders.of(order, seen["one"]))
    notices = f"SELECT count(*), count(DISTINCT addressee_id) FROM sokuo.notice WHERE order_id = '{order['id']}'"
    assert city.sql(notices) == "0|0"
    orders.later("5 hours")
    orders.until(lambda: "sendAt" not in get(order)["order"])
    sent = city.sql(notices).split("|")
    assert sent[0] == sent[1] != "0", sent
    assert order["id"] in [o["id"] for o in orders.mine("one")]
    assert get(order, "one")["order"]["mine"]["queuedAt"]
    seen["morning"] = order


def test_persons_are_reminded_by_their_next_contact_point_twice_and_not_when_they_answered():
    def asked(login):
        return city.sql(f"SELECT string_agg(contact_kind::text, ' ' ORDER BY queued_at) FROM sokuo.notice "
                        f"WHERE order_id = '{order['id']}' AND person_id = '{seen[login]}'")
    mobile, mail = "1", "3"
    for login in ("two", "three"):
        city.do("admin", "DirectoryService/SaveContactPoint", personId=seen[login], kind="CONTACT_KIND_MOBILE",
                address="090-0000-1111", priority=1)
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["two"], seen["three"]]))
    answer("three", order, "ACKNOWLEDGE")
    orders.later("5 hours 11 minutes")
    orders.until(lambda: asked("two") == f"{mobile} {mail}")
    orders.later("5 hours 32 minutes")
    orders.until(lambda: asked("two") == f"{mobile} {mail} {mobile}")
    orders.later("9 hours")
    orders.until(lambda: city.sql("SELECT count(*) FROM sokuo.order_addressee WHERE remind_at <= sokuo.now()") == "0")
    assert asked("two") == f"{mobile} {mail} {mobile}" and asked("three") == mobile
    orders.later("0 hours")


def test_those_who_are_asked_hear_of_an_order_and_readers_of_every_answer():
    def kinds(login, cursor):
        page = city.do(login, "SyncService/Pull", after=cursor)
        return [c["kind"] for c in page.get("changes", []) if c["stream"] == "order"], page["cursor"]
    places = {login: city.do(login, "SyncService/Pull")["cursor"] for login in ("one", "two", "stranger", "siso")}
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"], seen["two"]]))
    answer("one", order, "ACKNOWLEDGE")
    city.do("siso", COMMAND + "WithdrawOrder", orderId=order["id"], reason="済んだ")
    heard = {}
    for login, cursor in places.items():
        heard[login] = []
        deadline = time.monotonic() + 20
        while "order.withdrawn" not in heard[login] and time.monotonic() < deadline and login != "outsider":
            found, cursor = kinds(login, cursor)
            heard[login] += found
    assert heard["siso"] == heard["one"] == ["order.issued", "order.answered", "order.withdrawn"], heard
    assert heard["two"] == ["order.issued", "order.withdrawn"], heard


def test_of_many_who_answer_for_one_at_once_each_is_recorded():
    order = issue("siso", seen["night"], targets=to(kind="PERSONS", personIds=[seen["one"]]))
    row = orders.of(order, seen["one"])
    with concurrent.futures.ThreadPoolExecutor(12) as crowd:
        list(crowd.map(lambda login: answer(login, order, "ACCEPT", row), ["one", "siso", "poc", "csirt", "head", "handler"] * 2))
    now = get(order, addresseeId=row["id"])["addressees"][0]
    assert len(now["answers"]) == 12 and now["version"] >= 13 and now["state"] == "ORDER_STATE_ACCEPTED", now
    assert get(order)["order"]["progress"]["answeredCount"] == 1


def test_a_deputy_who_is_asked_in_somebodys_place_hears_of_it():
    posts = [city.sql(f"SELECT post_id FROM sokuo.tenure WHERE person_id = '{seen['stranger']}'")]
    city.do("siso", "DutyService/SetSuccession", role="ROLE_ISM", scopeId=seen["section"], postIds=posts, overrideReason="試験")
    order = issue("siso", seen["night"], targets=to(kind="DUTY", role="ROLE_ISM", unitId=seen["section"]))
    place = city.do("stranger", "SyncService/Pull")["cursor"]
    assert order["id"] not in [o["id"] for o in orders.mine("stranger")]
    answer("head", order, "REFUSE", note="停電中")

    def hears():
        nonlocal place
        page = city.do("stranger", "SyncService/Pull", after=place)
        place = page["cursor"]
        return "order.asked" in [c["kind"] for c in page.get("changes", []) if c["streamId"] == order["id"]]
    orders.until(hears)
    [mine] = [o["mine"] for o in orders.mine("stranger") if o["id"] == order["id"]]
    assert mine["isDeputy"] and mine["role"] == "ROLE_ISM", mine
    assert (mine["state"], mine["answers"][0]["by"]["personId"]) == ("ORDER_STATE_REFUSED", seen["head"]), "that they are asked now shows"
    [still] = [o["mine"] for o in orders.mine("head") if o["id"] == order["id"]]
    assert still["person"]["id"] == seen["stranger"] and still["answers"][0]["note"] == "停電中", "who refused sees where it went"
    assert answer("stranger", order, "ACCEPT")["addressees"][0]["answers"][0]["by"]["personId"] == seen["stranger"]


def test_templates_come_in_both_languages_with_their_targets():
    templates = city.do("siso", COMMAND + "ListOrders", incidentId=seen["night"]["id"])["templates"]
    english = city.call(COMMAND + "ListOrders", {}, token=city.person["siso"]["token"], headers={"Accept-Language": "en"})["templates"]
    assert len(templates) >= 12 and len({t["id"] for t in templates}) == len(templates)
    assert [t["id"] for t in templates] == [t["id"] for t in english]
    for template, other in zip(templates, english):
        assert template["targets"] and template["text"] != other["text"] and len(template["text"].split("\n")) <= 3
        filled = template["text"].replace("{", "").replace("}", "")
        city.do("siso", COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text=filled, targets=template["targets"], dryRun=True)
        city.do("siso", COMMAND + "IssueOrder", incidentId=seen["night"]["id"], text=other["text"], targets=template["targets"], dryRun=True)


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
