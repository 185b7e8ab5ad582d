# SPDX-License-Identifier: Apache-2.0
"""Rotas: who is on duty is called first, shifts change hands, and everybody has them in their own calendar."""
import datetime
import os
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from orders import to  # noqa: E402
from server import new_id  # noqa: E402

city = City("--workers", "1")
DUTY = "DutyService/"
JST = datetime.timezone(datetime.timedelta(hours=9))
seen = {}


def poc():
    return next(d for d in city.do("siso", DUTY + "ListDuties", role="ROLE_POC")["duties"] if "scope" not in d)


def rotas(login="staff", **wish):
    return city.do(login, DUTY + "ListRotas", **wish).get("rotas", [])


def save(login="siso", **fields):
    return city.do(login, DUTY + "SaveRota", **{"name": "窓口の当番", "role": "ROLE_POC", "handOverMinute": 540, **fields})


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def day(ahead=0):
    return (datetime.datetime.now(JST) + datetime.timedelta(days=ahead)).strftime("%Y-%m-%d")


def fetch(path):
    try:
        with urllib.request.urlopen(city.url + path) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def events(body):
    """VEVENTs of a feed as dictionaries, unfolded as a calendar program does."""
    lines = body.decode().replace("\r\n ", "").split("\r\n")
    found = []
    for line in lines:
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found and ":" in line:
            name, value = line.split(":", 1)
            found[-1].setdefault(name, value)
    return found


def test_the_city_is_settled():
    city.settle()


def test_the_demo_city_has_somebody_on_duty_at_the_contact_desk():
    rota, = rotas()
    assert rota["role"] == "ROLE_POC" and len(rota["members"]) == 4 and len(rota["shifts"]) in (4, 5), rota
    assert poc()["places"][0]["person"] == rota["onNow"]
    begins = moment(rota["shifts"][1]["from"]).astimezone(JST)
    assert (begins.weekday(), begins.hour, begins.minute) == (0, 9, 0), begins


def test_that_rota_goes_for_the_stories_that_follow():
    city.do("siso", DUTY + "SaveRota", id=rotas()[0]["id"], name="終わり", memberIds=[rotas()[0]["onNow"]["id"]], end=True)
    places = [p for p in poc()["places"] if p["reach"] == "REACH_REACHABLE"]
    seen["members"] = [p["person"]["id"] for p in places][:3]
    assert len(set(seen["members"])) == 3, places
    seen["names"] = {p["person"]["id"]: p["person"]["name"] for p in places}


def test_who_is_on_duty_is_called_first_and_stands_there_once():
    holder, other, deputy = seen["members"]
    rota = save(memberIds=[deputy, holder, other], startsOn=day(), handOverMinute=0)["rota"]
    seen["rota"] = rota
    places = [p for p in poc()["places"] if p["reach"] == "REACH_REACHABLE"]
    assert poc()["places"][0] == places[0] and places[0]["person"]["id"] == deputy and places[0]["onDuty"] and places[0]["rank"] == 1, places
    assert [p["person"]["id"] for p in places].count(deputy) == 1, places
    assert places[1]["person"]["id"] == holder and not places[1].get("onDuty")
    assert poc()["reachableCount"] == len(places), poc()
    assert rotas()[0]["onNow"]["name"] == seen["names"][deputy] and rota["periodDays"] == 7


def test_a_call_of_the_duty_goes_to_who_is_on_first():
    incident = city.file("siso", title="当番への指示")
    city.do("siso", "CommandService/IssueOrder", incidentId=incident["id"], text="状況を確認してください。",
            targets=to(kind="DUTY", role="ROLE_POC"))
    deadline = time.monotonic() + 20
    while True:
        called = city.sql(f"""SELECT f.person_id FROM sokuo.escalation_effect f JOIN sokuo.escalation e ON e.id = f.escalation_id
                               WHERE e.incident_id = '{incident['id']}' AND e.role = 9 AND f.person_id IS NOT NULL
                               ORDER BY f.generation, f.position LIMIT 1""")
        if called:
            break
        assert time.monotonic() < deadline, "nobody was called"
        time.sleep(0.1)
    assert called == seen["members"][2], called


def test_the_clock_of_the_database_and_the_list_of_shifts_agree_over_hand_overs():
    save(id=seen["rota"]["id"], memberIds=seen["members"], startsOn=day(), handOverMinute=0, periodDays=2)
    shifts = rotas(days=20)[0]["shifts"]
    for ahead in (0, 2, 5, 13):
        city.days_later(ahead)
        first = poc()["places"][0]
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=ahead)
        planned = next(s for s in shifts if moment(s["from"]) <= now < moment(s["until"]))
        assert first["onDuty"] and first["person"]["id"] == planned["person"]["id"] == rotas()[0]["onNow"]["id"], ahead
    city.days_later(0)


def test_the_same_rota_sent_again_is_one_and_a_duty_has_one():
    operation = new_id()
    city.do("siso", DUTY + "SaveRota", id=seen["rota"]["id"], name="終わり", memberIds=seen["members"], end=True)
    assert rotas() == [] and not poc()["places"][0].get("onDuty")
    first = save(memberIds=seen["members"], startsOn=day(), handOverMinute=0, operationId=operation)["rota"]
    assert save(memberIds=seen["members"], startsOn=day(), handOverMinute=0, operationId=operation)["rota"]["id"] == first["id"]
    city.refused("HAS_ROTA", "siso", DUTY + "SaveRota", role="ROLE_POC", name="二つ目", memberIds=seen["members"])
    city.refused("STALE", "siso", DUTY + "SaveRota", id=first["id"], version=7, name="古い版", memberIds=seen["members"])
    seen["rota"] = first


def test_only_who_can_act_is_put_on_duty():
    error = city.refused("NOT_OF_THE_DUTY", "siso", DUTY + "SaveRota", id=seen["rota"]["id"], name="窓口の当番",
                         memberIds=[seen["members"][0], city.person["staff"]["id"]])
    assert error.info["field"] == "memberIds" and "2人目" in str(error), error


def test_staff_keep_no_rota():
    try:
        save(login="staff", memberIds=seen["members"])
    except Exception as error:
        assert getattr(error, "code", "") == "permission_denied", error
    else:
        raise AssertionError("staff saved a rota")


def hand(login, person, **fields):
    return city.do(login, DUTY + "OverrideRota", rotaId=seen["rota"]["id"], personId=person, until=stamp(hours=-2), **fields)


def test_a_shift_changes_hands_by_who_has_it_or_who_takes_it():
    login_of = {city.person[login]["id"]: login for login in ("poc", "handler")}
    first, second, third = seen["members"]
    on, off = login_of[first], login_of[second]
    city.refused("NOT_YOUR_SHIFT", off, DUTY + "OverrideRota", rotaId=seen["rota"]["id"], personId=third, until=stamp(hours=-2))
    city.refused("NOT_YOUR_SHIFT", "staff", DUTY + "OverrideRota", rotaId=seen["rota"]["id"], personId=third, until=stamp(hours=-2))
    rota = hand(on, third, reason="通院")["rota"]
    assert poc()["places"][0]["person"]["id"] == third and rota["onNow"]["id"] == third
    assert rota["overrides"][0]["reason"] == "通院" and rota["shifts"][0]["overridden"], rota
    rota = hand(off, second)["rota"]
    assert poc()["places"][0]["person"]["id"] == second, "the newest wins"
    for override in rota["overrides"]:
        city.do("siso", DUTY + "OverrideRota", rotaId=rota["id"], takeBackId=override["id"])
    assert poc()["places"][0]["person"]["id"] == first
    assert city.sql("SELECT count(*) FROM sokuo.rota_override") == "2", "they stay on record"


def test_times_that_make_no_sense_are_refused():
    error = city.refused("BAD_TIME", "siso", DUTY + "OverrideRota", rotaId=seen["rota"]["id"], personId=seen["members"][1],
                         until=stamp(hours=1))
    assert error.info["field"] == "until"
    city.refused("NO_SUCH_ROTA", "siso", DUTY + "OverrideRota", rotaId=new_id(), personId=seen["members"][1], until=stamp(hours=-1))


def test_an_absence_says_which_shifts_nobody_covers():
    on = next(login for login in ("poc", "handler") if city.person[login]["id"] == seen["members"][0])
    answer = city.do(on, DUTY + "RegisterAbsence", reason="出張", until=stamp(hours=-8))
    assert [s["rotaName"] for s in answer["uncovered"]] == ["窓口の当番"], answer
    assert poc()["places"][0]["reach"] == "REACH_ABSENT" and poc()["places"][0]["onDuty"]
    city.do(on, DUTY + "EndAbsence", id=answer["absence"]["id"])


def test_a_calendar_shows_its_owner_s_shifts_and_nothing_else():
    on = next(login for login in ("poc", "handler") if city.person[login]["id"] == seen["members"][0])
    path = city.do(on, DUTY + "MakeCalendar")["path"]
    status, headers, body = fetch(path)
    assert status == 200 and headers["content-type"] == "text/calendar; charset=utf-8", headers
    assert "no-store" in headers["cache-control"]
    assert body.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") and body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    told = events(body)
    shifts = [s for s in rotas(days=180)[0]["shifts"] if s["person"]["id"] == seen["members"][0]]
    assert [e["DTSTART"] for e in told] == [moment(s["from"]).strftime("%Y%m%dT%H%M%SZ") for s in shifts], told[:2]
    assert told[0]["SUMMARY"] == "【当番】窓口の当番" and len({e["UID"] for e in told}) == len(told)
    seen["calendar"] = path


def test_the_address_is_a_secret_that_can_be_revoked():
    on = next(login for login in ("poc", "handler") if city.person[login]["id"] == seen["members"][0])
    secret = seen["calendar"].split("/")[-1].removesuffix(".ics")
    assert secret not in city.sql("SELECT coalesce(string_agg(j::text, ''), '') FROM sokuo.journal j")
    assert secret not in city.sql("SELECT string_agg(c::text, '') FROM sokuo.calendar c")
    newer = city.do(on, DUTY + "MakeCalendar")["path"]
    assert fetch(seen["calendar"])[0] == 404 and fetch(newer)[0] == 200
    assert "path" not in city.do(on, DUTY + "MakeCalendar", revoke=True)
    for path in (newer, "/calendar/", "/calendar/.ics", "/calendar/" + "a" * 43 + ".ics", newer.removesuffix(".ics")):
        assert fetch(path)[0] == 404, path


def test_every_change_is_on_record():
    kinds = city.sql("SELECT string_agg(DISTINCT kind, ' ' ORDER BY kind) FROM sokuo.journal WHERE kind ~ '^(rota|calendar)'")
    assert kinds == "calendar.made calendar.revoked rota.ended rota.overridden rota.override_taken_back rota.saved", kinds


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        city.stop()
