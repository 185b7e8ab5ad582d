# SPDX-License-Identifier: Apache-2.0
"""Sokuo's own alarms: calls that are overdue, a clock that jumped; told to those who can mend it, in red to everybody."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from mails import Mailbox  # noqa: E402
from server import binary  # noqa: E402
from story import until  # noqa: E402

city = City("--workers", "1", "--engines", "2")  # two engines tell it once
mailbox = Mailbox()
seen = {}


def look():
    """The auditors look now: an engine that begins looks at once."""
    for pid in city.children()["engine"]:
        os.kill(pid, signal.SIGKILL)


def alarms(about):
    """The mails of this alarm, by address. An engine that is killed between sending and marking sends the same mail again."""
    return sorted(to for to, _ in {(m.to, m.id) for m in mailbox.mails if "即応の警報" in m.subject and about in m.body})


def health():
    return city.do("staff", "EscalationService/ListEscalations")


def journal(kind):
    return city.sql(f"SELECT string_agg(text, '|' ORDER BY recorded_at) FROM sokuo.journal WHERE kind = '{kind}'")


def clock(*words):
    out = subprocess.run([binary(), "clock", *words, "--json", "--data", city.data], capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    return json.loads(out.stdout)


def hold(call_id):
    """Somebody holds the call, so that no engine can make it."""
    with open(city.data + "/pg/postmaster.pid") as pid:
        lines = pid.read().split("\n")
    other = subprocess.Popen(["psql", "-XqAt", "-h", lines[4], "-p", lines[3], "-U", "postgres", "-d", "postgres"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    other.stdin.write(f"BEGIN; SELECT id FROM sokuo.escalation WHERE id = '{call_id}' FOR UPDATE;\n")
    other.stdin.flush()
    assert other.stdout.readline().strip() == call_id
    return other


def test_an_overdue_call_is_an_alarm_in_the_client_and_by_mail_to_those_who_can_mend_it():
    mailbox.start()
    city.settle()
    city.do("admin", "ContactService/SaveChannel", channel={
        "name": "メール", "kind": "CHANNEL_KIND_SMTP", "url": mailbox.url, "sender": "sokuo@city.example.jp", "enabled": True})
    seen["told"] = city.sql("""
        SELECT DISTINCT p.id, (SELECT address FROM sokuo.contact_point k WHERE k.person_id = p.id AND k.kind = 3 ORDER BY priority LIMIT 1)
          FROM sokuo.role_assignment r JOIN sokuo.tenure t USING (tenant_id, post_id) JOIN sokuo.person p ON p.id = t.person_id
         WHERE r.role IN (4, 5, 26) AND r.scope_id IS NULL AND r.valid_until IS NULL AND t.valid_until IS NULL""").split("\n")
    seen["addresses"] = sorted(address for address in (line.split("|")[1] for line in seen["told"]) if address)
    assert len(seen["told"]) >= 2 and seen["addresses"], seen
    incident = city.file(title="夜間の異常")
    city.do("handler", "TriageIncident", id=incident["id"], severity="SEVERITY_S3", reason="拡大中")
    call = city.do("handler", "EscalationService/Escalate", incidentId=incident["id"], role="ROLE_CISO", reason="判断")["escalation"]["id"]
    until(lambda: city.sql(f"SELECT phase FROM sokuo.escalation WHERE id = '{call}'") == "1")
    # Only this call is looked at from now on, whatever the clock says.
    city.sql("UPDATE sokuo.incident SET triage_due_at = NULL")
    until(lambda: city.sql("SELECT count(*) FROM sokuo.escalation_event WHERE applied_at IS NULL") == "0")
    city.sql(f"UPDATE sokuo.escalation SET look_at = NULL WHERE id <> '{call}'")
    seen["other"] = hold(call)
    city.set_clock("10 minutes")
    look()
    until(lambda: alarms("遅れて") == seen["addresses"], 60, what=lambda: (alarms("遅れて"), seen["addresses"]))
    shown = city.sql("SELECT count(DISTINCT person_id) FROM sokuo.notice WHERE kind = 6 AND contact_kind = 0 AND state = 2")
    assert shown == str(len(seen["told"])), shown
    body = next(m.body for m in mailbox.mails if "即応の警報" in m.subject)
    assert "呼出が1件、120秒以上遅れています" in body and "電話で呼んで" in body and "30分ごと" in body, body
    assert journal("engine.overdue") == "呼出が1件、120秒以上遅れています", journal("engine.overdue")
    own = city.do("siso", "ContactService/ListNotices")["notices"]
    assert [n for n in own if n["kind"] == "ALARM"], own


def test_everybody_sees_it_in_red_while_it_lasts():
    assert health()["overdueCount"] == 1


def test_it_is_told_once_and_again_after_half_an_hour():
    city.set_clock("39 minutes")
    look()
    assert alarms("遅れて") == seen["addresses"]
    city.set_clock("41 minutes")
    look()
    until(lambda: alarms("遅れて") == sorted(seen["addresses"] * 2), 60, what=lambda: alarms("遅れて"))
    assert journal("engine.overdue") == "呼出が1件、120秒以上遅れています", journal("engine.overdue")


def test_it_is_over_when_the_call_was_made():
    seen["other"].communicate("ROLLBACK;\n")
    until(lambda: not health().get("overdueCount"))
    look()
    until(lambda: city.sql("SELECT overdue_since IS NULL FROM sokuo.engine_state") == "t")
    assert alarms("遅れて") == sorted(seen["addresses"] * 2)


def test_a_clock_that_jumped_is_an_alarm_and_shown_until_somebody_confirms_it():
    assert clock()["suspect"] is False
    city.sql("""CREATE OR REPLACE FUNCTION sokuo.wall_clock() RETURNS timestamptz LANGUAGE sql VOLATILE
                AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$""")
    until(lambda: alarms("sokuo clock confirm") == seen["addresses"], 60, what=lambda: alarms("sokuo clock confirm"))
    state = clock()
    assert state["suspect"] and abs(state["jump_seconds"] - 3600) < 30, state
    assert health()["clockSuspect"] and "進みました" in journal("engine.clock_jumped")
    assert "戻り" not in journal("engine.clock_jumped") and "|" not in journal("engine.clock_jumped"), "two engines, said once"


def test_a_confirmed_clock_is_trusted_at_once_and_the_journal_says_so():
    assert clock("confirm")["confirmed"] is True
    assert clock("confirm")["confirmed"] is False and clock()["suspect"] is False
    assert not health().get("clockSuspect")
    assert journal("engine.clock_confirmed") == "データベースの時計が正しいことを確認しました"


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        mailbox.stop()
        city.stop()
