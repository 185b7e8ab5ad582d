#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""P2: no escalation is skipped, doubled, or fired after it was stopped, whatever is killed.

Orders go to heads of sections (calls that climb) and to staff, by mail to a real SMTP server. While the database's clock runs
fast, people answer, and the engine, workers and PostgreSQL are killed with SIGKILL at random moments. Afterwards: every
addressee was told, or had answered before; what the record says was sent has arrived; the same message came twice only with
its mark; nobody was called after they had answered.

    tests/fault/cascade_test.py [--cascades N] [--kills N] [--seed N]
"""
import argparse
import collections
import hashlib
import http.client
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from city import City  # noqa: E402
from kill_test import kill, kill_one, settle  # noqa: E402
from mails import Mailbox  # noqa: E402
from server import RpcError, new_id  # noqa: E402

MINUTES = 30  # of the database's clock


def persist(city, login, method, **message):
    """Calls until the answer is known; the operation id makes it one change."""
    message.setdefault("operationId", new_id())
    while True:
        try:
            return city.do(login, method, **message)
        except (OSError, http.client.HTTPException):
            pass
        except RpcError as error:
            if error.status < 500 and error.code != "aborted":
                raise
        time.sleep(0.05)


class Answers(threading.Thread):
    """Half of the addressees answer, one after the other, by somebody who has them on the telephone."""

    def __init__(self, city, orders, seed, stop):
        super().__init__(daemon=True)
        self.city, self.orders, self.stop_event = city, orders, stop
        self.random = random.Random(seed)
        self.failure, self.given = None, 0

    def run(self):
        try:
            for order in self.orders:
                found = persist(self.city, "csirt", "CommandService/GetOrder", orderId=order["id"], addressees=True)
                for one in found.get("addressees", []):
                    if self.stop_event.is_set():
                        return
                    if "person" not in one or self.random.random() < 0.5:
                        continue
                    persist(self.city, "csirt", "CommandService/AnswerOrder", orderId=order["id"], kind="ORDER_ANSWER_KIND_ACCEPT",
                            addresseeIds=[one["id"]], means="MEANS_PHONE")
                    self.given += 1
        except Exception as error:  # reported by the checker
            self.failure = error


def set_up(city, mails):
    city.settle()
    city.do("admin", "ContactService/SaveChannel", channel={
        "kind": "CHANNEL_KIND_SMTP", "name": "庁内メール", "url": mails.url, "sender": "sokuo@city.example", "enabled": True,
        "reaches": ["CONTACT_KIND_MAIL"], "servesExercises": True})
    # Mail alone: what is checked is what arrives there.
    city.sql("DELETE FROM sokuo.contact_point WHERE kind <> 3")
    incident = city.file("handler", title="一斉連絡の訓練", mode="MODE_EXERCISE")
    city.do("handler", "TriageIncident", id=incident["id"], severity="SEVERITY_S4", reason="訓練")
    return incident


def issue(city, incident, count, rng):
    departments = city.sql("SELECT id FROM sokuo.unit WHERE kind = 2 AND active ORDER BY code").split("\n")
    staff = city.sql("""SELECT DISTINCT p.id FROM sokuo.person p JOIN sokuo.contact_point k ON k.person_id = p.id
                         JOIN sokuo.tenure t ON t.person_id = p.id WHERE p.active""").split("\n")
    orders = []
    for i in range(count):
        targets = [{"kind": "ORDER_TARGET_KIND_DUTY", "role": "ROLE_ISM", "unitId": rng.choice(departments)},
                   {"kind": "ORDER_TARGET_KIND_PERSONS", "personIds": rng.sample(staff, 8)}]
        orders.append(persist(city, "siso", "CommandService/IssueOrder", incidentId=incident["id"], text=f"指示の{i + 1}",
                              targets=targets, wantsAcceptance=True)["order"])
    return orders


def psql(city, text):
    """Rows of a query, asked again while PostgreSQL is away."""
    while True:
        try:
            out = city.sql(text)
            return [line.split("|") for line in out.split("\n")] if out else []
        except (RuntimeError, OSError):
            time.sleep(0.2)


def drain(city):
    """Waits until nothing is due: no call to look at, no notice on its way."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        [[calls, notices]] = psql(city, """SELECT
          (SELECT count(*) FROM sokuo.escalation WHERE look_at <= sokuo.now()),
          (SELECT count(*) FROM sokuo.notice WHERE state = 1 AND (next_at <= sokuo.now() + interval '6 minutes'))""")
        if calls == notices == "0":
            return
        time.sleep(0.2)
    raise AssertionError(f"{calls} calls and {notices} notices are still due")


def check(city, mails):
    notices = psql(city, "SELECT dedup_key, state, coalesce(addressee_id::text, ''), contact_kind FROM sokuo.notice WHERE kind IN (1, 2)")
    key_of = {hashlib.sha256(row[0].encode()).hexdigest(): row for row in notices}
    arrived = collections.defaultdict(list)
    strange = 0
    for mail in mails.mails:
        key = next((word for word in mail.id.strip("<>").replace("@", ".").split(".") if word in key_of), None)
        if key is None:
            strange += 1
        else:
            arrived[key].append(mail)
    unmarked = sum(1 for copies in arrived.values() for copy in copies[1:] if "再送" not in copy.subject + copy.body)
    told = {row[2] for key, row in key_of.items() if key in arrived}
    addressees = psql(city, "SELECT id, state, answered_at IS NOT NULL, coalesce(person_id::text, '') FROM sokuo.order_addressee")
    missed = [row for row in addressees if row[0] not in told and row[2] == "f" and row[1] != "10"]
    after = psql(city, """SELECT count(*) FROM sokuo.escalation_effect f
      JOIN sokuo.order_addressee a ON a.tenant_id = f.tenant_id AND a.escalation_id = f.escalation_id
     WHERE f.kind = 0 AND a.answered_at IS NOT NULL AND f.at > a.answered_at""")
    late_person = psql(city, """SELECT count(*) FROM sokuo.notice n
      JOIN sokuo.order_addressee a ON a.tenant_id = n.tenant_id AND a.id = n.addressee_id
     WHERE n.state IN (2, 3) AND n.queued_at > a.answered_at""")
    return {
        "missed": len(missed),
        "sent_but_not_there": sum(row[1] in ("2", "3") and row[3] == "3" and key not in arrived for key, row in key_of.items()),
        "twice_without_mark": unmarked,
        "of_no_notice": strange,
        "called_after_answer": int(after[0][0]) + int(late_person[0][0]),
        "addressees": len(addressees),
        "answered": sum(row[2] == "t" for row in addressees),
        "mails": len(mails.mails),
        "again": sum(len(copies) - 1 for copies in arrived.values()),
        "notices": len(notices),
    }


FAULTS = ("missed", "sent_but_not_there", "twice_without_mark", "of_no_notice", "called_after_answer")


def run(cascades, kills, seed):
    rng = random.Random(seed)
    stop = threading.Event()
    mails = Mailbox().start()
    city = City("--workers", "1")
    try:
        incident = set_up(city, mails)
        orders = issue(city, incident, cascades, rng)
        answers = Answers(city, orders, seed, stop)
        answers.start()
        for i in range(kills):
            time.sleep(rng.uniform(0.1, 0.6))
            kill_one(city, rng.choice(("server", "server", "postgres")), rng)
            minutes = MINUTES * (i + 1) / kills
            psql(city, f"""CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                           AS $$ SELECT pg_catalog.now() + interval '{minutes} minutes' $$""")
        settle(city)
        answers.join(120)
        stop.set()
        drain(city)
        return check(city, mails), answers
    finally:
        city.stop()
        mails.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cascades", type=int, default=50)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"# seed {options.seed}")
    print("1..1")
    result, answers = run(options.cascades, options.kills, options.seed)
    ok = answers.failure is None and answers.given > 0 and not any(result[name] for name in FAULTS)
    figures = ", ".join(f"{key} {value}" for key, value in result.items())
    print(f"{'ok' if ok else 'not ok'} 1 - {options.cascades} cascades under {options.kills} kills: {figures}", flush=True)
    if answers.failure:
        print(f"# who answered gave up: {answers.failure!r}")
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
