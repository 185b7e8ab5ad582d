# SPDX-License-Identifier: Apache-2.0
"""Story 9.1 of the domain reference, 07:00: 1,300 people are told not to switch their computers on. Everybody answers with a
session of their own, at the pace that was measured; who does not is on the list to telephone."""
import concurrent.futures
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from orders import EVERYBODY, Orders  # noqa: E402

city = City("--workers", "1")
orders = Orders(city)
seen = {}
here = threading.local()
PEOPLE = 1300
# Minute after the order, and how many have answered by then.
CURVE = ((1, 70), (2, 140), (4, 200), (6, 250), (8, 300), (10, 347), (20, 470), (30, 580), (45, 690), (60, 779), (120, 930),
         (180, 1040), (240, 1118))
SECTIONS_ANSWERING = 71


def freeze(minute):
    """The clock stands at so many minutes after the order."""
    city.sql(f"""CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                 AS $$ SELECT '{seen['begin']}'::timestamptz + interval '{minute} minutes' $$""")


def test_a_city_of_1300_who_all_have_a_session():
    city.settle()
    city.sql("DELETE FROM sokuo.role_assignment r USING sokuo.post o WHERE r.post_id = o.id AND o.name = 'Sokuo管理者' AND r.role < 20")
    city.sql(f"""UPDATE sokuo.person SET active = false WHERE id IN (
                   SELECT p.id FROM sokuo.person p WHERE p.active AND EXISTS (SELECT FROM sokuo.held(p.tenant_id, p.id))
                      AND NOT EXISTS (SELECT FROM sokuo.duties_held(p.tenant_id, p.id)) AND NOT EXISTS (
                        SELECT FROM sokuo.account a WHERE a.person_id = p.id)
                    ORDER BY p.code DESC LIMIT (SELECT greatest(0, count(*) - {PEOPLE}) FROM sokuo.person p
                      WHERE p.active AND EXISTS (SELECT FROM sokuo.held(p.tenant_id, p.id))))""")
    city.sql("""INSERT INTO sokuo.account (tenant_id, id, person_id, login, password_hash, must_change_password)
                SELECT tenant_id, gen_random_uuid(), id, 'all-' || lower(code), '-', false FROM sokuo.person WHERE active;
                INSERT INTO sokuo.session (tenant_id, id, account_id, secret_hash, is_token, name, expires_at)
                SELECT tenant_id, gen_random_uuid(), id, sha256(convert_to('sokuo_' || person_id, 'UTF8')), true, 'story',
                       sokuo.now() + interval '10 years' FROM sokuo.account WHERE login LIKE 'all-%'""")
    seen["incident"] = city.file("siso", title="大量暗号化", occurredAt=stamp(minutes=5))
    city.do("csirt", "TriageIncident", id=seen["incident"]["id"], severity="SEVERITY_S4", reason="全庁")


def test_the_order_reaches_1300_before_anybody_has_read_this_line():
    text = "PCの電源を入れないでください。\n入っている場合は切らずにLANケーブルを抜いてください。\n次の指示まで待ってください。"
    seen["begin"] = city.sql("SELECT sokuo.now()")
    freeze(0)
    begin = time.monotonic()
    seen["order"] = orders.issue("siso", seen["incident"], text, EVERYBODY)
    print(f"# given in {time.monotonic() - begin:.2f} s")
    progress = seen["order"]["progress"]
    assert progress["addresseeCount"] == PEOPLE and progress["departmentCount"] == 16, progress
    seen["rows"] = orders.people(seen["order"])
    assert len({r["person"]["id"] for r in seen["rows"] if "person" in r}) == PEOPLE
    seen["sections"] = progress["sectionCount"]


def answer_as(row):
    """As the person themselves, with their own session."""
    here.connection = getattr(here, "connection", None) or city.connection()
    return city.call("CommandService/AnswerOrder", {
        "operationId": row["id"], "orderId": seen["order"]["id"], "kind": "ORDER_ANSWER_KIND_ACKNOWLEDGE", "addresseeIds": [row["id"]]},
        token="sokuo_" + row["person"]["id"], connection=here.connection)


def test_they_answer_at_the_pace_that_was_measured():
    heads = [r for r in seen["rows"] if r.get("role") == "ROLE_ISO"]
    heads += [r for r in seen["rows"] if r.get("role") == "ROLE_ISM"][:SECTIONS_ANSWERING]
    # Heads of departments and sections come first; who is left to telephone is spread over all sections.
    staff = [r for r in seen["rows"] if "role" not in r]
    staff.sort(key=lambda r: r["id"])
    queue, done, begin = heads + staff, 0, time.monotonic()
    for minute, wanted in CURVE:
        freeze(minute)
        with concurrent.futures.ThreadPoolExecutor(8) as crowd:
            list(crowd.map(answer_as, queue[done:wanted]))
        done = wanted
        progress = orders.get(seen["order"])["order"]["progress"]
        assert progress["answeredCount"] == wanted, (minute, progress)
    print(f"# {done} answers in {time.monotonic() - begin:.1f} s")


def test_16_of_16_departments_and_71_of_the_sections_have_answered():
    progress = orders.get(seen["order"])["order"]["progress"]
    assert progress["departmentAnsweredCount"] == progress["departmentCount"] == 16, progress
    assert progress["sectionAnsweredCount"] == SECTIONS_ANSWERING < seen["sections"], progress
    assert progress["unansweredCount"] == PEOPLE - 1118 == 182


def test_the_curve_goes_through_347_at_ten_minutes_and_779_at_sixty():
    curve = orders.get(seen["order"])["curve"]
    assert len(curve) <= 120
    for minute, wanted in CURVE:
        by_then = max(p["answeredCount"] for p in curve if p.get("seconds", 0) <= minute * 60)
        assert by_then == wanted, (minute, wanted, by_then)
    progress = orders.get(seen["order"])["order"]["progress"]
    assert 45 * 60 - 1 <= progress["t50Seconds"] <= 60 * 60, progress
    assert "t95Seconds" not in progress, "86 of 100 is all"


def test_the_182_are_on_the_telephone_list_by_section():
    lines = orders.get(seen["order"], "poc", telephone=True)["telephone"]
    assert len(lines) == 182
    answered = {r["id"] for r in orders.people(seen["order"]) if r["state"] == "ORDER_STATE_ACKNOWLEDGED"}
    assert len(answered) == 1118 and not answered & {line["addressee"]["id"] for line in lines}
    sections = [line.get("section", {}).get("id") for line in lines]
    runs = 1 + sum(a != b for a, b in zip(sections, sections[1:]))
    assert runs == len(set(sections)), "one section after the other"
    print(f"# {len(set(sections))} sections, {max(sections.count(s) for s in set(sections))} of one at most")


def test_the_tree_adds_up_to_the_same_numbers():
    tree = orders.get(seen["order"], tree=True)["tree"]
    city_row = tree[0]
    heads = [row["head"] for row in tree if "head" in row]
    assert city_row.get("depth", 0) == 0 and city_row["personCount"] + len(heads) == PEOPLE, (city_row, len(heads))
    answered = city_row["personAnsweredCount"] + len([h for h in heads if h["state"] == "ORDER_STATE_ACKNOWLEDGED"])
    assert answered == 1118, (city_row, answered)


def test_nobody_was_asked_again_after_answering_and_nobody_more_than_three_times():
    late = city.sql(f"""SELECT count(*) FROM sokuo.notice n JOIN sokuo.order_addressee a ON a.id = n.addressee_id
                        WHERE n.order_id = '{seen['order']['id']}' AND n.escalation_id IS NULL AND n.queued_at > a.answered_at""")
    assert late == "0", late
    doubles = city.sql(f"""SELECT count(*) FROM (SELECT addressee_id, count(*) FROM sokuo.notice WHERE order_id = '{seen['order']['id']}'
                           AND escalation_id IS NULL GROUP BY 1 HAVING count(*) > 3) x""")
    assert doubles == "0", doubles


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
