#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""P1: nothing acknowledged is lost or doubled, whatever is killed.

Clients file incidents and add entries with operation ids. Each writes a journal of its own: "S id method" before the
request, "A id key…" after the answer, flushed to disk. Meanwhile server processes (workers and the engine), then
PostgreSQL, are killed with SIGKILL at random moments. Afterwards every acknowledged operation must be in the record
exactly once, every other at most once, numbers must have no gap, and a late retry must answer with what was done then.

    tests/fault/kill_test.py [--kills N] [--clients N] [--seed N]
"""
import argparse
import http.client
import os
import random
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from server import RpcError, Server, children_of, new_id  # noqa: E402

FILE, ADD = "IncidentService/FileIncident", "IncidentService/AddEntry"


class Client(threading.Thread):
    """Files and writes without pause. Half of the unknown outcomes are retried until known, half are left unknown."""

    def __init__(self, server, directory, index, seed, stop):
        super().__init__(daemon=True)
        self.server, self.stop_event = server, stop
        self.random = random.Random(seed * 1000 + index)
        self.path = os.path.join(directory, f"journal-{index}")
        self.journal = open(self.path, "a")
        self.incident = self.connection = self.failure = None
        self.retries = 0

    def note(self, *words):
        self.journal.write(" ".join(words) + "\n")
        self.journal.flush()
        os.fsync(self.journal.fileno())

    def operation(self):
        op = new_id()
        if self.incident and self.random.random() < 0.7:
            return op, ADD, {"operationId": op, "incidentId": self.incident, "text": op}
        return op, FILE, {"operationId": op, "title": op}

    def attempt(self, method, message):
        self.connection = self.connection or self.server.connection(timeout=30)
        try:
            return self.server.call(method, message, connection=self.connection)
        except (OSError, http.client.HTTPException):
            pass
        except RpcError as error:
            if error.status < 500 and error.code != "aborted":
                raise
        self.connection.close()
        self.connection = None
        return None

    def perform(self):
        op, method, message = self.operation()
        self.note("S", op, method)
        answer = self.attempt(method, message)
        persistent = self.random.random() < 0.5
        while answer is None and persistent and not self.stop_event.is_set():
            self.retries += 1
            time.sleep(0.02)
            answer = self.attempt(method, message)
        if answer is None:
            return
        if method == FILE:
            self.incident = answer["incident"]["id"]
            self.note("A", op, answer["incident"]["id"], answer["incident"]["number"])
        else:
            self.note("A", op, answer["entry"]["id"], str(answer["entry"]["seq"]))

    def run(self):
        try:
            while not self.stop_event.is_set():
                self.perform()
        except Exception as error:  # reported by the checker
            self.failure = error


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def kill_one(server, kind, rng):
    """Kills one server process, or PostgreSQL with all its backends; answers seconds until ready again."""
    children = server.children()
    if kind == "postgres":
        for postmaster in children["postgres"]:
            for backend in children_of(postmaster):
                kill(backend)
            kill(postmaster)
    else:
        candidates = children["worker"] + children["engine"]
        if candidates:
            kill(rng.choice(candidates))
    return server.wait_ready()


def read_journals(clients):
    sent, acknowledged = {}, {}
    for client in clients:
        client.journal.close()
        with open(client.path) as journal:
            for line in journal:
                mark, op, *rest = line.split()
                if mark == "S":
                    sent[op] = rest[0]
                else:
                    acknowledged[op] = rest
    return sent, acknowledged


def read_record(server):
    """What the server holds, by operation id: clients wrote it into title and text."""
    found = {}
    incidents = list(server.pages("IncidentService/ListIncidents", {"pageSize": 200}, "incidents"))
    for incident in incidents:
        found.setdefault(incident["title"], []).append([incident["id"], incident["number"]])
        query = {"incidentId": incident["id"], "pageSize": 500}
        for entry in server.pages("IncidentService/ListEntries", query, "entries"):
            if entry.get("kind") == "ENTRY_KIND_INFORMATION":
                found.setdefault(entry["text"], []).append([entry["id"], str(entry["seq"])])
    return found, incidents


def settle(server):
    """Waits until every worker has its database back: twenty fresh connections in a row are answered."""
    row, deadline = 0, time.monotonic() + 60
    while row < 20:
        try:
            server.call("IncidentService/ListIncidents", {"pageSize": 1})
            row += 1
        except RpcError as error:
            if error.status != 503 or time.monotonic() > deadline:
                raise
            row = 0
            time.sleep(0.1)


def check(server, sent, acknowledged):
    settle(server)
    found, incidents = read_record(server)
    unknown = [op for op in sent if op not in acknowledged]
    numbers = sorted(int(i["number"].split("-")[1]) for i in incidents)
    late = [op for op in unknown if op in found and sent[op] == FILE][:50]
    changed = 0
    for op in late:
        incident = server.call(FILE, {"operationId": op, "title": op})["incident"]
        changed += [incident["id"], incident["number"]] not in found[op]
    return {
        "lost": sum(key not in found.get(op, []) for op, key in acknowledged.items()),
        "doubled": sum(len(found.get(op, [])) > 1 for op in sent),
        "gaps": int(numbers != list(range(1, len(numbers) + 1))),
        "changed_answers": changed,
        "sent": len(sent),
        "acknowledged": len(acknowledged),
        "unknown": len(unknown),
        "unknown_but_done": sum(op in found for op in unknown),
    }


def run(kind, kills, client_count, seed):
    rng = random.Random(seed)
    stop = threading.Event()
    with Server(["--workers", "2"]) as server, tempfile.TemporaryDirectory(prefix="sokuo-journal-") as directory:
        server.token = server.make_token()
        clients = [Client(server, directory, i, seed, stop) for i in range(client_count)]
        for client in clients:
            client.start()
        recoveries = []
        for _ in range(kills):
            time.sleep(rng.uniform(0.05, 0.4))
            recoveries.append(kill_one(server, kind, rng))
        stop.set()
        for client in clients:
            client.join(60)
        result = check(server, *read_journals(clients))
        recoveries.sort()
        result["retries"] = sum(client.retries for client in clients)
        result["ready_again_p50_ms"] = int(recoveries[len(recoveries) // 2] * 1000)
        result["ready_again_max_ms"] = int(recoveries[-1] * 1000)
        return result, [client.failure for client in clients if client.failure]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"# seed {options.seed}")
    print("1..2")
    bad = 0
    for number, kind in enumerate(("server", "postgres"), 1):
        result, failures = run(kind, options.kills, options.clients, options.seed)
        faults = sum(result[key] for key in ("lost", "doubled", "gaps", "changed_answers"))
        ok = not failures and faults == 0 and result["acknowledged"] > 0
        bad += not ok
        figures = ", ".join(f"{key} {value}" for key, value in result.items())
        print(f"{'ok' if ok else 'not ok'} {number} - {options.kills} kills of {kind}: {figures}", flush=True)
        for failure in failures:
            print(f"# a client gave up: {failure}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
