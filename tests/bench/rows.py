# SPDX-License-Identifier: Apache-2.0
"""One function a row of the design's table of numbers. Each answers lines (name, measured, reference, ratio or figure, bar, ok)."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import queries
from measure import median, memory, percentile, settled_memory, wrk

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from server import Server, children_of, new_id  # noqa: E402

REPEATS = 3
PAIRS = 5
SECONDS = 4
CLIENTS = (4, 8, 16, 32, 64)
TOKEN = "sokuo_bench_1"


class Line:
    def __init__(self, row, what, measured, bar, ok, reference=""):
        self.cells = (str(row), what, measured, reference, bar, "reached" if ok else "NOT REACHED")
        self.ok = ok


def ratio_line(row, what, pairs, unit, least):
    """Of pairs (ours, theirs) that ran one after the other, the median ratio counts: the machine changes by the minute."""
    ratio = median([ours / theirs for ours, theirs in pairs])
    ours, theirs = median([ours for ours, _ in pairs]), median([theirs for _, theirs in pairs])
    return Line(row, what, f"{ours:,.0f} {unit}", f"ratio {ratio:.2f} ≥ {least}", ratio >= least, f"{theirs:,.0f} {unit}")


class Scripts:
    """The server's statements as pgbench scripts, bound to what the clients of wrk.lua send."""

    def __init__(self, cluster, database):
        self.sql = queries.load()
        self.tenant = cluster.psql(database, "SELECT id FROM bench.tenant")
        person = cluster.psql(database, "SELECT bench.id(4, 1)")
        self.person, self.post = f"'{person}'", "'00000002-0000-7000-8000-000000000001'"
        self.session = queries.bind(self.sql["session_set"], [
            f"'{self.tenant}'", self.person, "'all'", "'00000001-0000-7000-8000-000000000001'"])

    def unit(self, *statements):
        return "\\startpipeline\n" + self.session + "".join(statements) + "\\endpipeline\n"

    def read(self, count):
        incident = "('00000009-0000-7000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))"
        tenant = f"'{self.tenant}'"
        return f"\\set n random(1, {count})\n" + self.unit(
            queries.bind(self.sql["incident_get"], [tenant, incident, "'true'"]),
            queries.bind(self.sql["entry_last"], [tenant, incident, "'20'"]))

    def file(self):
        title = "窓口の端末に警告が表示された"
        text = title + "\n" + "画面に見慣れない警告が出て、業務の端末が動かなくなった。" * 4
        pieces = sorted({text[i:i + 2] for i in range(len(text) - 1) if not set(text[i:i + 2]) & set("\n、。")})
        bare = "{" + ",".join(pieces) + "}"
        bucketed = "{" + ",".join(pieces + [piece + "2026000" for piece in pieces]) + "}"
        answer = "decode(repeat('ab', 400), 'hex')"
        values = [f"'{self.tenant}'", "gen_random_uuid()", self.person, "'IncidentService/FileIncident'",
                  "decode(repeat('cd', 32), 'hex')", answer, "gen_random_uuid()", "gen_random_uuid()", "'1'", "'2026'", "''",
                  "'2'", "'1'", f"'{title}'", f"'{text}'", "'101'", "'3'", "'{TYPE}'", "NULL", "'{}'", "'{}'", "'{}'", "''",
                  "'測定 1'", self.post, "'測定担当'", "'1'", "'00000001-0000-7000-8000-000000000001'",
                  "'[{\"field\":\"title\",\"after\":\"x\"}]'", f"'{text}'", "'2026000'", f"'{bucketed}'", f"'{bare}'", "'{}'",
                  "'false'", "'false'"]
        # $2, $7 and $8 occur several times in the statement: one value a transaction.
        values[1], values[6], values[7] = (
            f"('{kind}-0000-4000-8000-' || lpad(to_hex(:n::bigint), 12, '0'))" for kind in ("0000aaaa", "0000bbbb", "0000cccc"))
        return "\\set n random(1, 140737488355327)\n" + self.unit(queries.bind(self.sql["incident_file"], values))


    def finish(self, people, runs, sections):
        """The unit that finishes a step, under the reach of the server: every client goes through steps of its own."""
        tenant, nobody = f"'{self.tenant}'", "'00000000-0000-0000-0000-000000000000'"
        step, run, section, person, post, operation, journal, confirmation = (
            f"('{kind:08x}-0000-{half}-8000-' || lpad(to_hex({n}::bigint), 12, '0'))" for kind, half, n in (
                (19, "7000", ":n"), (18, "7000", ":r"), (11, "7000", ":p"), (14, "7000", ":p"), (12, "7000", ":p"),
                (0xaaaa, "4000", ":o"), (0xbbbb, "4000", ":o"), (0xcccc, "4000", ":o")))
        incident, number = "'00000009-0000-7000-8000-000000000001'", "lpad(:s::text, 3, '0')"
        who = [person, "'課長 1'", post, "'測定1課長'", "'1'"]
        changes = f"""('[{{"field":"stepId","before":"","after":"' || {step} || '"}},""" \
                  f"""{{"field":"state","before":"STEP_STATE_READY","after":"STEP_STATE_DONE"}}]')"""
        save = [tenant, operation, step, "'1'", "'4'", "NULL", "''", "NULL", "sokuo.now()", "'true'", *who, "''", "''", "''", "''",
                "'false'", "''", "''", "''", "''", "NULL", "'false'", journal, "'step.done'", "NULL", *who,
                f"('PB-1 ' || {number} || ' 端末の電源を確かめる [測定1課]: 完了')", "''", changes, "'0'", confirmation, "''",
                "'StepService/UpdateStep'", "decode(repeat('cd', 32), 'hex')", "decode('1001', 'hex')", "'課長 1'", "'1'"]
        release = [tenant, run, f"ARRAY[{number}]", section, "'false'"]
        session = queries.bind(self.sql["session_set"], [tenant, person, "'system'", nobody])
        return (f"\\set k :k + 1\n\\set n (:k - 1) * {people} + :client_id + 1\n\\set o random(1, 140737488355327)\n"
                f"\\set p (:n - 1) % {sections} + 1\n\\set r ((:n - 1) / {sections}) % {runs} + 1\n"
                f"\\set s (:n - 1) / {sections * runs} * 2 + 1\n\\startpipeline\n" + session
                + queries.bind(self.sql["step_lock"], [tenant, incident]) + queries.bind(self.sql["finish_one"], save)
                + queries.bind(self.sql["finish_one_release"], release) + "\\endpipeline\n")


def best_clients(cluster, database, script):
    """The client count at which pgbench is fastest."""
    return max(CLIENTS, key=lambda clients: cluster.pgbench(database, script, clients, 2)[0])


def in_turn(server, cluster, database, script, whats, count=1):
    """For each load pairs (ours, pgbench's) of transactions a second, and pgbench's client count."""
    clients = best_clients(cluster, database, script)
    pairs = {what: [] for what in whats}
    for _ in range(PAIRS):
        reference = cluster.pgbench(database, script, clients, SECONDS)[0]
        for what in whats:
            pairs[what].append((wrk(server.url, what, 64, SECONDS, TOKEN, count).rate, reference))
    return pairs, clients


def row1_read(server, cluster, database, count):
    script = Scripts(cluster, database).read(count)
    pairs, clients = in_turn(server, cluster, database, script, ("read_proto", "read_json"), count)
    return [ratio_line(1, f"read incident + 20 entries, {name} (pgbench -c {clients})", pairs[what], "/s", 0.9)
            for what, name in (("read_proto", "protobuf"), ("read_json", "JSON"))]


def row2_file(server, cluster, database):
    script = Scripts(cluster, database).file()
    pairs, clients = in_turn(server, cluster, database, script, ("file_proto", "file_json"))
    lines = [ratio_line(2, f"file an incident, {name} (pgbench -c {clients})", pairs[what], "/s", 1.5)
             for what, name in (("file_proto", "protobuf"), ("file_json", "JSON"))]
    alone = median([percentile(cluster.pgbench(database, script, 1, SECONDS)[1], 50) for _ in range(REPEATS)])
    ours = median([wrk(server.url, "file_json", 1, SECONDS, TOKEN).p50 for _ in range(REPEATS)])
    lines.append(Line(2, "file, one connection, p50", f"{ours:,.0f} µs", f"ratio {ours / alone:.2f} ≤ 2.5", ours <= 2.5 * alone,
                      f"{alone:,.0f} µs"))
    return lines


PEOPLE = 32
HOT = {"runs": 60, "plan_steps": 20, "sections": 80}  # 48,000 steps may be finished before they are put back


def put_back(cluster, database, finished):
    """All steps as they were; at least so many must have been finished."""
    done = int(cluster.psql(database, "SELECT count(*) FROM sokuo.step WHERE state = 4"))
    if done < finished * 0.98:
        raise RuntimeError(f"{done} steps are done, not {finished:.0f}")
    cluster.psql(database, """
      UPDATE sokuo.step SET state = 1 + no::integer % 2, version = 1, done_at = NULL, recorded_at = NULL, done_by = NULL,
        done_name = '', done_post_id = NULL, done_post = '', done_capacity = 0, default_at = NULL WHERE version > 1;
      TRUNCATE sokuo.operation;
      VACUUM ANALYZE sokuo.step, sokuo.run_step, sokuo.incident;
      CHECKPOINT""")


def row3_hot(server, cluster, database):
    """People finish steps of one incident: each waits for the others' commits, or shares them."""
    script = Scripts(cluster, database).finish(PEOPLE, HOT["runs"], HOT["sections"])
    pairs = {"finish_proto": [], "finish_json": []}
    late = {what: [] for what in ("pgbench", *pairs)}
    for _ in range(REPEATS):
        # Longer than ours: its connections are new and make their plans first.
        reference, latencies = cluster.pgbench(database, script, PEOPLE, 3 * SECONDS, extra=("-D", "k=0"))
        late["pgbench"].append(percentile(latencies, 99))
        put_back(cluster, database, reference * 3 * SECONDS)
        for what, done in pairs.items():
            load = wrk(server.url, what, PEOPLE, SECONDS)
            put_back(cluster, database, load.rate * SECONDS)
            done.append((load.rate, reference))
            late[what].append(load.p99)
    lines = []
    for what, name in (("finish_proto", "protobuf"), ("finish_json", "JSON")):
        p99 = median(late[what])
        lines.append(ratio_line(3, f"{PEOPLE} people finish steps of one incident, {name} (pgbench -c {PEOPLE})", pairs[what], "/s", 5))
        lines.append(Line(3, f"… p99, {name}", f"{p99:,.0f} µs", "≤ 10,000 µs", p99 <= 10000, f"{median(late['pgbench']):,.0f} µs"))
    return lines


def row3_open(few, many):
    """My steps and the board: the median with 10,000 open steps over 80 sections against 100 open steps, in turn."""
    lines = []
    for what, token, name in (("mine", "sokuo_head_1", "my steps (a page of 100)"), ("run", TOKEN, "board: a plan's steps with progress"),
                              ("runs", TOKEN, "board: the incident's plans")):
        pairs = [(wrk(many.url, what, 4, SECONDS, token).p50, wrk(few.url, what, 4, SECONDS, token).p50) for _ in range(REPEATS)]
        ours, reference = median([a for a, _ in pairs]), median([b for _, b in pairs])
        lines.append(Line(3, f"{name}, 10,000 open steps, p50", f"{ours:,.0f} µs", f"ratio {ours / reference:.2f} ≤ 1.5",
                          ours <= 1.5 * reference, f"{reference:,.0f} µs"))
    return lines


def row4_size(small, large):
    """Lists and searches: p99 with a million incidents against p99 with ten thousand, in turn."""
    lines = []
    for what, name in (("list", "list page of 50"), ("list_open", "list page of open ones"),
                       ("search_common", "search, 2 common characters"), ("search_rare", "search, 2 rare characters")):
        pairs = [(wrk(large.url, what, 4, SECONDS, TOKEN).p99, wrk(small.url, what, 4, SECONDS, TOKEN).p99)
                 for _ in range(REPEATS)]
        ours, reference = median([a for a, _ in pairs]), median([b for _, b in pairs])
        lines.append(Line(4, f"{name}, p99", f"{ours:,.0f} µs", f"ratio {ours / reference:.2f} ≤ 1.5", ours <= 1.5 * reference,
                          f"{reference:,.0f} µs"))
    return lines


class Live:
    """live_client with its 2,000 clients."""

    def __init__(self, program, server, count):
        self.tokens = tempfile.NamedTemporaryFile("w", prefix="sokuo-tokens-")
        self.tokens.write("".join(f"sokuo_bench_{n}\n" for n in range(1, 121)))
        self.tokens.flush()
        self.process = subprocess.Popen([program, str(server.port), self.tokens.name, str(count)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.expect("connected")

    def expect(self, word):
        line = self.process.stdout.readline()
        if not line.startswith(word):
            raise RuntimeError(f"live_client said {line!r} instead of {word}")
        return line.split()

    def say(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def probe(server, stop, latencies):
    """Another client's reads, one after the other."""
    connection = server.connection()
    while not stop.is_set():
        begin = time.perf_counter()
        server.call("AuthService/GetMe", {}, token=TOKEN, connection=connection)
        latencies.append((time.perf_counter() - begin) * 1e6)
    connection.close()


def row7_live(server, live_client):
    live = Live(live_client, server, 2000)
    stop, latencies = threading.Event(), []
    incident = server.call("IncidentService/FileIncident", {"operationId": new_id(), "title": "一斉更新"}, token=TOKEN)["incident"]["id"]
    time.sleep(1)
    woken, pulled, worst, calm = [], [], [], []
    connection = server.connection()
    for _ in range(5):
        for target, event in ((calm, False), (worst, True)):
            stop.clear()
            latencies.clear()
            prober = threading.Thread(target=probe, args=(server, stop, latencies))
            prober.start()
            time.sleep(0.3)
            if event:
                live.say("go")
                live.expect("armed")
                server.call("IncidentService/AddEntry", {"operationId": new_id(), "incidentId": incident, "text": "更新"},
                            token=TOKEN, connection=connection)
                words = live.expect("woken")
                woken.append(int(words[3]))
                pulled.append(int(words[7]))
            stop.set()
            prober.join()
            target.append(max(latencies))
        time.sleep(0.5)
    live.stop()
    last, have = median(woken), median(pulled)
    return [
        Line(7, "one event, 2,000 clients: last one woken", f"{last / 1000:,.1f} ms", "≤ 250 ms", last <= 250000),
        Line(7, "… and has pulled the change", f"{have / 1000:,.1f} ms", "≤ 250 ms", have <= 250000),
        Line(7, "slowest read of another client meanwhile", f"{median(worst) / 1000:,.1f} ms", "≤ 5 ms more than calm",
             median(worst) - median(calm) <= 5000, f"calm {median(calm) / 1000:,.1f} ms"),
    ]


def row8_start():
    # The directories go away together at the end: ext4 looks for a new inode past all that were freed a moment ago,
    # and a machine that starts Sokuo for the first time has not just thrown a database away.
    fresh, again, worker = [], [], []
    servers = [Server() for _ in range(5)]
    for server in servers:
        begin = time.monotonic()
        server.start()
        server.wait_ready()
        fresh.append((time.monotonic() - begin) * 1000)
        os.kill(server.children()["worker"][0], signal.SIGKILL)
        worker.append(server.wait_ready() * 1000)
        everything = [server.process.pid] + sum((tree(pid) for pid in children_of(server.process.pid)), [])
        for pid in everything:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it died with the supervisor
        server.process.wait()
        begin = time.monotonic()
        server.start()
        server.wait_ready()
        again.append((time.monotonic() - begin) * 1000)
        server.stop()
    for server in servers:
        server.__exit__(None, None, None)
    return [
        Line(8, "empty data directory to the first answer", f"{median(fresh):,.0f} ms", "≤ 1,500 ms", median(fresh) <= 1500),
        Line(8, "worker killed to the next answer", f"{median(worker):,.0f} ms", "≤ 1,000 ms", median(worker) <= 1000),
        Line(8, "everything killed, started again, first answer", f"{median(again):,.0f} ms", "≤ 1,000 ms", median(again) <= 1000),
    ]


def tree(pid):
    return [pid] + sum((tree(child) for child in children_of(pid)), [])


def row9_memory(live_client, seed):
    """On the embedded PostgreSQL, as installed."""
    with Server(["--connections-per-address", "9000"]) as server:
        time.sleep(3)
        rest = sum(memory(pid) for pid in tree(server.process.pid))
        [worker] = server.children()["worker"]
        idle = memory(worker, "Rss")
        seed(server)
        live = Live(live_client, server, 10)
        live.stop()
        before = settled_memory(worker)
        live = Live(live_client, server, 2000)
        with_clients = settled_memory(worker)
        live.say("hold")
        live.expect("waiting")
        time.sleep(1)
        with_waiting = settled_memory(worker)
        live.stop()
    client, waiting = (with_clients - before) / 2000, (with_waiting - with_clients) / 2000
    return [
        Line(9, "edge worker idle, RSS", f"{idle / 1024:.1f} MB", "≤ 30 MB", idle <= 30 * 1024),
        Line(9, "everything at rest with PostgreSQL, PSS", f"{rest / 1024:.1f} MB", "≤ 80 MB", rest <= 80 * 1024),
        Line(9, "a waiting request (on an idle connection)", f"{waiting:.1f} kB", "≤ 25 kB", waiting <= 25),
        Line(9, "a live client and its idle connection", f"{client:.1f} kB", "≤ 10 kB", client <= 10),
    ]


def row10_phone():
    """A step on a slow phone: Chromium held back (slow_phone.mjs); the median of three visits of each kind."""
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "slow_phone.mjs")
    figures = json.loads(subprocess.run(["node", program, str(REPEATS)], check=True, capture_output=True, text=True).stdout)
    lines = []
    for name, what, most in (("first", "first visit", 3000), ("again", "again", 1000), ("offline", "without a network", 500)):
        ms = median(figures[name])
        lines.append(Line(10, f"step on a slow phone, {what}", f"{ms:,.0f} ms", f"≤ {most:,} ms", ms <= most))
    return lines
