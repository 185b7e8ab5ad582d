# SPDX-License-Identifier: Apache-2.0
"""Chains of duty: who is called, who stands in, who is away, and where nobody would be reached."""
import datetime
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, changes_of, stamp  # noqa: E402
from server import new_id  # noqa: E402

city = City("--workers", "1")
DUTY = "DutyService/"
seen = {}


def duties(login="siso", **wish):
    return city.do(login, DUTY + "ListDuties", **wish).get("duties", [])


def ciso():
    found = [d for d in duties(role="ROLE_CISO") if "scope" not in d]
    assert len(found) == 1, found
    return found[0]


def reaches(duty):
    return [place["reach"].removeprefix("REACH_") for place in duty["places"]]


def post(code):
    return city.sql(f"SELECT id FROM sokuo.post WHERE code = '{code}'")


def set_order(*codes, login="siso", **fields):
    return city.do(login, DUTY + "SetSuccession", role="ROLE_CISO", postIds=[post(code) for code in codes], **fields)


def away(login, **fields):
    return city.do(login, DUTY + "RegisterAbsence", **fields)


def give_contact(code):
    """The holder of the post can be called."""
    city.sql(f"""INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, confirmed_at)
                 SELECT t.tenant_id, gen_random_uuid(), t.person_id, 1, '090-0000-' || substr(p.code, 1, 8), sokuo.now()
                   FROM sokuo.post o JOIN sokuo.tenure t ON t.tenant_id = o.tenant_id AND t.post_id = o.id
                   JOIN sokuo.person p ON p.tenant_id = t.tenant_id AND p.id = t.person_id
                  WHERE o.code = '{code}' ON CONFLICT DO NOTHING""")


def test_the_city_is_settled():
    city.settle()


def test_in_the_demo_city_every_duty_reaches_three_but_one_that_says_why():
    holes = city.do("siso", DUTY + "GetReadiness", holesOnly=True)["duties"]
    told = [(d["role"], d["scope"]["name"], d["reachableCount"]) for d in holes]
    assert told == [("ROLE_ISM", "農業委員会事務局", 2)], told
    assert "代行できる職がほかにない" in holes[0]["overrideReason"]
    assert [place["post"]["name"] for place in ciso()["places"] if place["rank"] > 1] == ["デジタル推進部長", "総務部長", "総合政策部長"]


def test_orders_of_succession_go_for_the_stories_that_follow():
    city.sql("DELETE FROM sokuo.succession_place; DELETE FROM sokuo.succession")
    city.sql("DELETE FROM sokuo.role_assignment r USING sokuo.post o WHERE r.post_id = o.id AND o.name = 'Sokuo管理者' AND role = 2")
    for code in ("P-VMAYOR", "PD-03-1", "PD-03-2", "PS-11-1", "P-SUPT"):
        give_contact(code)


def test_a_duty_without_an_order_of_succession_has_its_holder_only():
    duty = ciso()
    assert [place["rank"] for place in duty["places"]] == [1], duty
    assert duty["places"][0]["person"]["id"] == city.person["ciso"]["id"]
    assert reaches(duty) == ["REACHABLE"] and duty["tooFew"] and duty["reachableCount"] == 1, duty
    assert not duty.get("successionSet")


def test_an_order_that_reaches_fewer_than_three_is_refused_in_words():
    error = city.refused("TOO_FEW_REACHABLE", "siso", DUTY + "SetSuccession", role="ROLE_CISO", postIds=[post("PD-03-1")])
    assert "今連絡がつくのは2人" in str(error), error
    assert not ciso().get("successionSet")


def test_it_is_taken_with_a_reason_which_stays_visible_with_its_author():
    duty = set_order("PD-03-1", overrideReason="副責任者の後任が決まるまで")["duty"]
    assert duty["overrideReason"] == "副責任者の後任が決まるまで" and duty["tooFew"]
    assert duty["overrideBy"]["personId"] == city.person["siso"]["id"], duty
    assert city.sql("SELECT reason FROM sokuo.journal WHERE kind = 'succession.set' AND operation_id IS NOT NULL") == "副責任者の後任が決まるまで"


def test_three_reachable_persons_need_no_reason():
    operation = new_id()
    duty = set_order("PD-03-1", "PS-11-1", operationId=operation)["duty"]
    assert [place["rank"] for place in duty["places"]] == [1, 2, 3], duty
    assert duty["reachableCount"] == 3 and not duty.get("tooFew") and not duty.get("overrideReason"), duty
    assert set_order("PD-03-1", "PS-11-1", operationId=operation)["duty"] == duty
    assert city.sql("SELECT count(*) FROM sokuo.succession") == "2"


def test_an_order_for_a_later_day_changes_nothing_today():
    tomorrow = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))) + datetime.timedelta(days=2)
    set_order("PS-11-1", "PD-03-1", validFrom=tomorrow.strftime("%Y-%m-%d"))
    assert [place["post"]["id"] for place in ciso()["places"]][1] == post("PD-03-1")
    city.days_later(3)
    assert [place["post"]["id"] for place in ciso()["places"]][1] == post("PS-11-1")
    city.days_later(0)


def test_posts_that_do_not_exist_or_stand_twice_are_refused_by_field():
    fields = {"role": "ROLE_CISO", "overrideReason": "試験"}
    assert city.refused("NO_SUCH_POST", "siso", DUTY + "SetSuccession", postIds=[new_id()], **fields).info["field"] == "postIds"
    twice = [post("PD-03-1")] * 2
    city.refused("TWICE", "siso", DUTY + "SetSuccession", postIds=twice, **fields)
    city.refused("NO_SUCH_SCOPE", "siso", DUTY + "SetSuccession", scopeId=new_id(), postIds=[], **fields)


def test_staff_may_not_set_an_order():
    try:
        set_order("PD-03-1", login="staff")
    except Exception as error:
        assert getattr(error, "code", "") == "permission_denied", error
    else:
        raise AssertionError("staff set an order of succession")


def test_who_registers_an_absence_is_passed_over_until_it_ends():
    answer = away("ciso", reason="入院", until=stamp(hours=-2))
    seen["absence"] = answer["absence"]
    assert answer["absence"]["kind"] == "ABSENCE_KIND_REGISTERED"
    assert [d["role"] for d in answer["weakened"]].count("ROLE_CISO") == 1, answer["weakened"]
    duty = ciso()
    assert reaches(duty)[0] == "ABSENT" and duty["reachableCount"] == 2 and duty["tooFew"], duty
    city.days_later(1)
    assert reaches(ciso())[0] == "REACHABLE"
    city.days_later(0)


def test_the_reason_is_told_to_the_team_and_the_person_and_to_nobody_else():
    def reason(login):
        return [a.get("reason", "") for a in city.do(login, DUTY + "ListAbsences").get("absences", [])]
    assert reason("ciso") == ["入院"] and reason("siso") == ["入院"] and reason("staff") == [""]
    assert "入院" not in city.sql("SELECT coalesce(string_agg(j::text, ''), '') FROM sokuo.journal j WHERE kind LIKE 'absence%'")


def test_an_absence_ends_by_hand_once_and_stays_on_record():
    operation = new_id()
    for _ in range(2):
        absence = city.do("ciso", DUTY + "EndAbsence", id=seen["absence"]["id"], operationId=operation)["absence"]
        assert absence["until"] < seen["absence"]["until"], absence
    assert reaches(ciso())[0] == "REACHABLE"
    assert not city.do("siso", DUTY + "ListAbsences").get("absences")
    assert city.sql("SELECT count(*) FROM sokuo.absence") == "1"
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'absence.ended'") == "1"


def test_the_same_registration_sent_again_is_one_absence():
    operation = new_id()
    first = away("ism", reason="出張", operationId=operation)["absence"]
    assert away("ism", reason="出張", operationId=operation)["absence"] == first
    city.do("ism", DUTY + "EndAbsence", id=first["id"])


def test_another_is_declared_away_by_their_head_or_a_duty_over_all_with_a_reason():
    whom = city.person["staff"]["id"]
    city.refused("NOT_THEIR_HEAD", "handler", DUTY + "RegisterAbsence", personId=whom, reason="連絡なし")
    city.refused("REQUIRED", "siso", DUTY + "RegisterAbsence", personId=whom)
    city.refused("NO_SUCH_PERSON", "siso", DUTY + "RegisterAbsence", personId=new_id(), reason="試験")
    declared = away("siso", personId=whom, reason="負傷して病院へ", kind="ABSENCE_KIND_INJURED")["absence"]
    assert declared["by"]["personId"] == city.person["siso"]["id"] and declared["person"]["id"] == whom
    city.refused("NOT_THEIR_HEAD", "desk", DUTY + "EndAbsence", id=declared["id"])


def test_who_telephoned_says_that_nobody_answered():
    answer = away("desk", personId=city.person["ciso"]["id"], kind="ABSENCE_KIND_NO_ANSWER", reason="02:26から3回")
    assert reaches(ciso())[0] == "ABSENT"
    city.do("ciso", DUTY + "EndAbsence", id=answer["absence"]["id"])


def test_an_absence_that_ends_before_it_begins_is_refused():
    error = city.refused("OVER_ALREADY", "staff", DUTY + "RegisterAbsence", **{"from": stamp(hours=-2)}, until=stamp(hours=-1))
    assert error.info["field"] == "until"


def test_a_vacant_post_and_a_person_without_contacts_are_holes_with_their_reason():
    set_order("PD-03-1", "PS-11-1", "PD-03-2", overrideReason="試験")
    city.sql(f"DELETE FROM sokuo.contact_point WHERE person_id IN (SELECT person_id FROM sokuo.tenure WHERE post_id = '{post('PS-11-1')}')")
    city.sql(f"UPDATE sokuo.tenure SET valid_until = sokuo.today() WHERE post_id = '{post('PD-03-2')}'")
    assert reaches(ciso())[2:] == ["NO_CONTACT", "VACANT"], ciso()


def test_readiness_shows_the_emptiest_duty_first_and_counts_them_all():
    ready = city.do("siso", DUTY + "GetReadiness")
    counts = [d.get("reachableCount", 0) for d in ready["duties"]]
    assert counts == sorted(counts) and ready["dutyCount"] == len(counts) > 150, ready["dutyCount"]
    assert ready["emptyCount"] == counts.count(0) and ready["thinCount"] == counts.count(1) + counts.count(2), counts
    assert ready["withoutContactCount"] > 0
    holes = city.do("siso", DUTY + "GetReadiness", holesOnly=True)["duties"]
    assert all(d["tooFew"] for d in holes) and len(holes) == ready["emptyCount"] + ready["thinCount"]


def test_contacts_that_nobody_confirmed_for_90_days_are_counted():
    before = city.do("siso", DUTY + "GetReadiness").get("staleCount", 0)
    city.days_later(91)
    assert city.do("siso", DUTY + "GetReadiness").get("staleCount", 0) > before
    city.days_later(0)


def test_my_duties_are_those_i_hold_or_stand_in_for():
    roles = {d["role"] for d in duties("siso", mine=True)}
    assert {"ROLE_SISO", "ROLE_CISO"} <= roles, roles
    assert duties("staff", mine=True) == []


def cell(act, role):
    return next(a for a in city.do("staff", DUTY + "ListAuthorities")["authorities"]
                if a["act"] == "AUTHORITY_ACT_" + act and a["role"] == "ROLE_" + role)


def set_cell(level, login="ciso", act="LOWER_OR_CLOSE", role="SISO", **fields):
    return city.do(login, DUTY + "SetAuthority", act="AUTHORITY_ACT_" + act, role="ROLE_" + role,
                   level="AUTHORITY_LEVEL_" + level, **{"reason": "市規程第7条", **fields})


def judged(severity):
    incident = city.file("staff", title="権限の試験")
    city.do("handler", "TriageIncident", id=incident["id"], version=incident["version"], severity=severity, reason="試験",
            toState="INCIDENT_STATE_TRIAGE")
    return city.get(incident)["incident"]


def lower(login, incident):
    return city.do(login, "TriageIncident", id=incident["id"], version=city.get(incident)["incident"]["version"],
                   severity="SEVERITY_S2", reason="影響なし")


def test_the_table_of_authorities_is_the_shipped_one_and_isolation_is_done_first():
    assert cell("CUT_SEGMENT", "CSIRT_LEAD")["levelS3"] == "AUTHORITY_LEVEL_ALONE"
    assert cell("CUT_SEGMENT", "CSIRT_LEAD")["level"] == "AUTHORITY_LEVEL_DRAFT"
    assert cell("CUT_INTERNET", "SISO")["actsFirst"] and not cell("PUBLISH", "SISO").get("actsFirst")
    assert "validFrom" not in cell("LOWER_OR_CLOSE", "SISO")


def test_the_city_s_own_cell_holds_from_its_day_on_with_its_reason_and_author():
    incident = judged("SEVERITY_S3")
    city.refused("MAY_NOT_LOWER", "siso", "TriageIncident", id=incident["id"], version=incident["version"],
                 severity="SEVERITY_S2", reason="影響なし")
    operation = new_id()
    for _ in range(2):
        set_cell("ALONE", operationId=operation)
    assert city.sql("SELECT count(*) FROM sokuo.authority") == "1"
    now = cell("LOWER_OR_CLOSE", "SISO")
    assert now["levelS3"] == "AUTHORITY_LEVEL_ALONE" and now["reason"] == "市規程第7条", now
    assert now["by"]["personId"] == city.person["ciso"]["id"]
    assert lower("siso", incident)["incident"]["severity"] == "SEVERITY_S2"


def test_a_cell_for_a_later_day_changes_nothing_today_and_the_past_stays():
    later = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))) + datetime.timedelta(days=2)
    set_cell("NONE", validFrom=later.strftime("%Y-%m-%d"), legalBasis="市規程第8条")
    assert cell("LOWER_OR_CLOSE", "SISO")["level"] == "AUTHORITY_LEVEL_ALONE"
    city.refused("PAST_DAY", "ciso", DUTY + "SetAuthority", act="AUTHORITY_ACT_PUBLISH", role="ROLE_PR",
                 level="AUTHORITY_LEVEL_DRAFT", reason="試験", validFrom="2020-01-01")
    changes = city.do("staff", DUTY + "ListAuthorities", history=True)["changes"]
    assert {"level": "AUTHORITY_LEVEL_NONE", "validFrom": later.strftime("%Y-%m-%d"), "legalBasis": "市規程第8条"}.items() <= changes[0].items(), changes
    assert len(changes) == 2 and changes[1]["level"] == "AUTHORITY_LEVEL_ALONE" and "legalBasis" not in changes[1], changes
    assert changes[1]["recordedAt"] < changes[0]["recordedAt"] and "changes" not in city.do("staff", DUTY + "ListAuthorities")
    city.days_later(3)
    assert cell("LOWER_OR_CLOSE", "SISO")["level"] == "AUTHORITY_LEVEL_NONE"
    city.days_later(0)
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'authority.set'") == "2"


def test_who_closes_without_sole_authority_is_not_stopped_and_the_record_says_so():
    incident = judged("SEVERITY_S1")
    for state in ("HANDLING_LOCAL", "CLOSED"):
        version = city.get(incident)["incident"]["version"]
        city.do("csirt", "TransitionIncident", id=incident["id"], version=version, toState="INCIDENT_STATE_" + state, reason="解決")
    notes = [c for c in changes_of(city.entries(incident)) if c[0] == "authority"]
    assert notes == [("authority", "", "AUTHORITY_LEVEL_DRAFT")], notes


def test_a_plan_is_started_at_once_by_whoever_is_there_and_from_s3_on_the_record_says_that_it_was_not_theirs_alone():
    def started(login, incident):
        city.do(login, "PlaybookService/StartPlaybook", incidentId=incident["id"], codes=["PB-01"], reason="試験")
        return [c for c in changes_of(city.entries(incident)) if c[0] == "authority"]
    assert started("csirt", judged("SEVERITY_S3")) == [("authority", "", "AUTHORITY_LEVEL_DRAFT")]
    assert started("handler", judged("SEVERITY_S4")) == [("authority", "", "AUTHORITY_LEVEL_NONE")]
    assert started("ciso", judged("SEVERITY_S4")) == [] and started("handler", judged("SEVERITY_S2")) == []
    set_cell("ALONE", act="ACTIVATE_PLAN", role="CSIRT_DEPUTY")
    assert started("csirt", judged("SEVERITY_S3")) == []


def wait_for(what, sql, wanted):
    deadline = time.monotonic() + 40
    while city.sql(sql) != wanted:
        assert time.monotonic() < deadline, f"{what}: {city.sql(sql)}"
        time.sleep(0.2)


def test_holes_are_told_once_a_week_to_those_who_can_close_them():
    assert city.sql("SELECT next_at > sokuo.now() + interval '1 day' FROM sokuo.readiness_digest") == "t", "not at the first start"
    # The stories before went months ahead, and a Monday may have come in one of them.
    city.sql("DELETE FROM sokuo.notice WHERE kind = 5; UPDATE sokuo.readiness_digest SET next_at = sokuo.now()")
    wait_for("nobody was told", "SELECT count(*) > 0 FROM sokuo.notice WHERE kind = 5", "t")
    text = city.sql("SELECT DISTINCT text FROM sokuo.notice WHERE kind = 5")
    assert "穴があります" in text and "3人に満たない役割" in text, text
    told = city.sql(f"SELECT count(*) FROM sokuo.notice WHERE kind = 5 AND person_id = '{city.person['siso']['id']}'")
    assert told == "1" and city.sql(f"SELECT count(*) FROM sokuo.notice WHERE kind = 5 AND person_id = '{city.person['staff']['id']}'") == "0"
    monday = "SELECT extract(isodow FROM next_at AT TIME ZONE 'Asia/Tokyo') || ' ' || to_char(next_at AT TIME ZONE 'Asia/Tokyo', 'HH24:MI') FROM sokuo.readiness_digest"
    assert city.sql(monday) == "1 09:00", city.sql(monday)


def test_without_holes_nobody_is_told():
    count = "SELECT count(*) FROM sokuo.notice WHERE kind = 5"
    before, held = city.sql(count), "role_assignment_held"
    city.sql(f"""CREATE TABLE sokuo.{held} AS SELECT * FROM sokuo.role_assignment; DELETE FROM sokuo.role_assignment;
                 DELETE FROM sokuo.succession_place; DELETE FROM sokuo.succession; UPDATE sokuo.rota SET ended_at = sokuo.now();
                 UPDATE sokuo.readiness_digest SET next_at = sokuo.now(), last_holes = 9""")
    wait_for("the turn did not look", "SELECT last_holes FROM sokuo.readiness_digest", "0")
    city.sql(f"INSERT INTO sokuo.role_assignment SELECT * FROM sokuo.{held}; DROP TABLE sokuo.{held}")
    assert city.sql(count) == before


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
