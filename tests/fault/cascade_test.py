#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""P2: whatever is killed, orders reach whom they are for, once, and what was answered climbs no further.

More than fifty duties are called by orders, over a real SMTP server, while the clock runs through the silences of their
policies. People answer by the links of their mails. Meanwhile the engines, a worker or PostgreSQL with all its backends
are killed with SIGKILL at random moments. Afterwards

- every addressee got a mail, or somebody answered for them before;
- every message of the outbox that was sent stands in the mailbox; of the copies of one key at most one is not marked (再送);
- nothing is left half done: each message was sent, is not wanted any more, or is red;
- nobody was called, no deputy named and no level raised after the answer to a call was told.

    tests/fault/cascade_test.py [--kills N] [--seed N]
"""
import argparse
import collections
import hashlib
import http.client
import os
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from city import City  # noqa: E402
from kill_test import kill, kill_one  # noqa: E402
from mails import Mailbox  # noqa: E402
from server import RpcError, free_port  # noqa: E402
from story import until  # noqa: E402

CONTACT, COMMAND = "ContactService/", "CommandService/"
CASCADES = 50
TEXT = "全端末を調べ、結果を報告する"
MINUTES_A_KILL = 2
QUIET_S = 90  # patience for what is still under way when nothing is killed any more


def again(what, *args, seconds=60, **options):
    """Does it until it is done: servers and databases come and go."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return what(*args, **options)
        except RpcError as error:
            if error.status < 500 and error.code != "aborted" or time.monotonic() > deadline:
                raise
        except (OSError, http.client.HTTPException, RuntimeError, subprocess.SubprocessError, IndexError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


class People(threading.Thread):
    """Some of those who got a mail answer by its link."""

    def __init__(self, city, mailbox, seed):
        super().__init__(daemon=True)
        self.city, self.mailbox, self.random = city, mailbox, random.Random(seed)
        self.stop, self.answered, self.failure, self.seen = threading.Event(), 0, None, 0

    def answer(self, mail):
        message = {"token": mail.token, "answer": self.random.choice(("ACCEPT", "ACKNOWLEDGE"))}
        try:
            again(self.city.call, CONTACT + "AnswerByLink", message, token="")
            self.answered += 1
        except RpcError as error:
            if error.code != "not_found":  # older than 72 hours, or its person left
                raise

    def run(self):
        try:
            while not self.stop.is_set():
                mails = self.mailbox.mails[self.seen:]
                self.seen += len(mails)
                for mail in mails:
                    if mail.token and "指示" in mail.subject and self.random.random() < 0.3:
                        self.answer(mail)
                time.sleep(0.2)
        except Exception as error:  # reported by the checker
            self.failure = error


def prepare(city, mailbox):
    city.settle()
    city.sql("""DELETE FROM sokuo.contact_point;
                INSERT INTO sokuo.contact_point (tenant_id, id, person_id, kind, address, confirmed_at)
                SELECT tenant_id, gen_random_uuid(), id, 3, 'p' || code || '@city.example.jp', now() FROM sokuo.person WHERE active""")
    city.do("admin", CONTACT + "SaveChannel",
            channel={"name": "mail", "kind": "CHANNEL_KIND_SMTP", "url": mailbox.url, "sender": "sokuo@city.example.jp",
                     "enabled": True, "servesExercises": True})


def calls(city):
    return int(city.sql("SELECT count(*) FROM sokuo.escalation WHERE order_id IS NOT NULL"))


def give_orders(city):
    number = 0
    while calls(city) < CASCADES:
        number += 1
        incident = city.file(title=f"連鎖 {number}")
        city.do("handler", "TriageIncident", id=incident["id"], severity="SEVERITY_S4", reason="試験")
        targets = [{"kind": "ORDER_TARGET_KIND_DUTY", "role": role} for role in ("ROLE_ISO", "ROLE_ISM", "ROLE_CSIRT_LEAD")]
        targets += [{"kind": "ORDER_TARGET_KIND_UNIT", "unitId": city.person["staff"]["section"]}]
        city.do("siso", COMMAND + "IssueOrder", incidentId=incident["id"], text=TEXT, targets=targets)
        assert number < 100, "the demo city has no duties to call"


def torment(city, kills, rng):
    """Kills and lets time pass in turn."""
    for number in range(1, kills + 1):
        kind = rng.choice(("engine", "engine", "worker", "postgres"))
        time.sleep(rng.uniform(0.05, 1.5))
        if kind == "engine":
            for pid in city.children()["engine"]:
                kill(pid)
        else:
            kill_one(city, "server" if kind == "worker" else kind, rng)
        again(city.set_clock, f"{number * MINUTES_A_KILL} minutes")
    again(city.wait_ready)


def waiting(city):
    """Messages still on their way, and calls with something to do now."""
    return again(city.sql, """SELECT (SELECT count(*) FROM sokuo.notice WHERE state = 1)
        + (SELECT count(*) FROM sokuo.escalation_event WHERE applied_at IS NULL)
        + (SELECT count(*) FROM sokuo.escalation WHERE look_at <= sokuo.now() AND phase <> 7)""") != "0"


def rest(city):
    """Time stands where it is; what is under way ends."""
    again(city.sql, "UPDATE sokuo.notice SET next_at = sokuo.now() WHERE state = 1")
    try:
        until(lambda: not waiting(city), QUIET_S)
    except AssertionError:
        pass  # told by the checker


def key_id(key):
    return hashlib.sha256(key.encode()).hexdigest()


def check(city, mailbox):
    copies = collections.defaultdict(list)
    for mail in mailbox.mails:
        copies[mail.id.strip("<>").split("@")[0]].append(mail)
    rows = [line.split("|") for line in city.sql("SELECT dedup_key, state FROM sokuo.notice WHERE channel_id IS NOT NULL").splitlines()]
    known = {key_id(key): state for key, state in rows}
    unreached = city.sql("""SELECT a.id FROM sokuo.order_addressee a WHERE a.person_id IS NOT NULL AND a.answered_at IS NULL
        AND NOT EXISTS (SELECT FROM sokuo.notice n WHERE n.addressee_id = a.id AND n.state = 2)""").splitlines()
    after = city.sql("""WITH told AS (
          SELECT v.tenant_id, v.escalation_id, max(v.told_at) AS at FROM sokuo.escalation_event v WHERE v.act IN (6, 7) GROUP BY 1, 2)
        SELECT f.escalation_id, f.generation, f.kind, f.why FROM told t
          JOIN sokuo.escalation_effect f ON f.tenant_id = t.tenant_id AND f.escalation_id = t.escalation_id AND f.at > t.at
         WHERE f.kind < 4 AND NOT EXISTS (
           SELECT FROM sokuo.escalation_effect b WHERE b.tenant_id = t.tenant_id AND b.escalation_id = t.escalation_id
              AND b.at > t.at AND b.generation <= f.generation AND b.why = 12)""").splitlines()  # 12: it ran out, and came back
    asked_after = city.sql("""SELECT n.id FROM sokuo.notice n
          JOIN sokuo.order_addressee a ON a.tenant_id = n.tenant_id AND a.id = n.addressee_id AND a.escalation_id IS NULL
         WHERE n.state = 2 AND n.queued_at > a.answered_at""").splitlines()
    return {
        "unreached": len(unreached),
        "missing": sum(state == "2" and not copies[key] for key, state in known.items()),
        "doubled_unmarked": sum(sum("(再送)" not in mail.subject for mail in mails) > 1 for mails in copies.values()),
        "unknown": sum(key not in known for key in copies),
        "unfinished": sum(state == "1" for state in known.values()),
        "after_an_answer": len(after) + len(asked_after),
    }, {
        "example": (after or ["none"])[0],
        "calls": calls(city), "messages": len(rows), "mails": len(mailbox.mails),
        "sent_again": sum(len(mails) - 1 for mails in copies.values() if mails),
        "suppressed": sum(state == "4" for state in known.values()),
    }


def run(kills, seed):
    rng = random.Random(seed)
    mailbox = Mailbox().start()
    port = str(free_port())
    city = City("--workers", "2", "--engines", "2", "--port", port, "--public-url", "http://127.0.0.1:" + port, "--notices-per-hour", "10000")
    try:
        prepare(city, mailbox)
        give_orders(city)
        people = People(city, mailbox, seed)
        people.start()
        torment(city, kills, rng)
        people.stop.set()
        people.join(60)
        rest(city)
        faults, figures = check(city, mailbox)
        return faults, {**figures, "answered": people.answered}, people.failure
    finally:
        city.__exit__(None, None, None)
        mailbox.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"# seed {options.seed}")
    print("1..1", flush=True)
    faults, figures, failure = run(options.kills, options.seed)
    ok = not failure and not any(faults.values()) and figures["calls"] >= CASCADES and figures["answered"] > 0
    told = ", ".join(f"{key} {value}" for key, value in {**faults, **figures}.items())
    print(f"{'ok' if ok else 'not ok'} 1 - {options.kills} kills through {figures['calls']} calls: {told}")
    if failure:
        print(f"# somebody could not answer: {failure}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
