# SPDX-License-Identifier: Apache-2.0
"""Row 5: calls that climb. What is due comes in time, a backlog drains, and nothing due costs nothing."""
import os
import time

from measure import percentile

HERE = os.path.dirname(os.path.abspath(__file__))
DUE = 10000      # in a minute
BACKLOG = 100000
IDLE_S = 30


def run_sql(cluster, database, name, **values):
    with open(os.path.join(HERE, name)) as file:
        cluster.psql(database, "".join(f"\\set {key} {value}\n" for key, value in values.items()) + file.read())


def wait(cluster, database, question, seconds):
    deadline = time.monotonic() + seconds
    while cluster.psql(database, question) != "t":
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {seconds} s: {question}")
        time.sleep(1)


def processor_s(pids):
    """Processor time these have used so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def backends(cluster, database, name):
    """Processes of PostgreSQL that serve this program."""
    out = cluster.psql(database, f"""SELECT pid FROM pg_stat_activity
                                      WHERE datname = '{database}' AND application_name LIKE '{name}%'""")
    return [int(pid) for pid in out.split()]


def idle(server, cluster, database):
    """Share of a core that the engine and its backends use while nothing is due."""
    engine = server.children()["engine"]
    pids = engine + backends(cluster, database, "engine")
    begin, before = time.monotonic(), processor_s(pids)
    time.sleep(IDLE_S)
    return (processor_s(pids) - before) / (time.monotonic() - begin)


def set_due(cluster, database, first, count, begin, apart_us):
    """Calls first … first + count - 1 are due from begin on, so far apart."""
    cluster.psql(database, f"""
        UPDATE sokuo.escalation e SET due_at = t.due, look_at = t.due, contact_us = (extract(epoch FROM t.due) * 1000000)::bigint
          FROM generate_series(0, {count - 1}) n
         CROSS JOIN LATERAL (SELECT {begin} + n * {apart_us} * interval '1 microsecond' AS due) t
         WHERE e.id = bench.id(60, {first} + n)""")


def latenesses(cluster, database, first, count):
    """Microseconds from due to the transaction that did it, sorted. The due times are known: they were set."""
    out = cluster.psql(database, f"""
        SELECT (extract(epoch FROM f.at - w.due) * 1000000)::bigint
          FROM sokuo.escalation_effect f JOIN bench.wanted w ON w.id = f.escalation_id
         WHERE f.generation = 2 AND f.position = 0 ORDER BY 1""")
    found = [int(line) for line in out.split()]
    if len(found) != count:
        raise RuntimeError(f"{len(found)} of {count} calls were stepped")
    return found


def remember(cluster, database, first, count):
    cluster.psql(database, f"""DROP TABLE IF EXISTS bench.wanted;
        CREATE TABLE bench.wanted AS SELECT e.id, e.due_at AS due FROM sokuo.escalation e
         WHERE e.id BETWEEN bench.id(60, {first}) AND bench.id(60, {first + count - 1})""")


def done(cluster, database, first, count, seconds):
    wait(cluster, database, f"""SELECT NOT EXISTS (SELECT FROM sokuo.escalation e
        WHERE e.id BETWEEN bench.id(60, {first}) AND bench.id(60, {first + count - 1}) AND e.generation < 2)""", seconds)


def in_time(cluster, database):
    """10,000 calls due within a minute, one every 6 ms."""
    set_due(cluster, database, 1, DUE, "date_trunc('second', sokuo.now()) + interval '10 seconds'", 60000000 // DUE)
    remember(cluster, database, 1, DUE)
    done(cluster, database, 1, DUE, 180)
    return latenesses(cluster, database, 1, DUE)


def backlog(server, cluster, database):
    """Calls a second, of many that were overdue when the engine began: from its first transaction to its last; and the
    processor time of each in microseconds: of PostgreSQL, of the engine."""
    first = DUE + 1
    server.stop()
    set_due(cluster, database, first, BACKLOG, "sokuo.now() - interval '10 minutes'", 1)
    remember(cluster, database, first, BACKLOG)
    server.start()
    done(cluster, database, first, BACKLOG, 300)
    costs = [processor_s(pids) * 1e6 / BACKLOG for pids in (backends(cluster, database, "engine"), server.children()["engine"])]
    span = float(cluster.psql(database, """SELECT extract(epoch FROM max(f.at) - min(f.at)) FROM sokuo.escalation_effect f
        JOIN bench.wanted w ON w.id = f.escalation_id WHERE f.generation = 2"""))
    doubled = cluster.psql(database, f"""SELECT count(*) FROM sokuo.escalation e
        WHERE e.id BETWEEN bench.id(60, {first}) AND bench.id(60, {first + BACKLOG - 1}) AND e.generation <> 2""")
    if doubled != "0":
        raise RuntimeError(f"{doubled} calls were stepped more than once")
    return BACKLOG / max(span, 0.001), costs


def measure(server, cluster, database, calls, line):
    """line: rows.Line. calls: how many are armed."""
    run_sql(cluster, database, "seed_heads.sql")
    wait(cluster, database, "SELECT phase = 1 FROM sokuo.escalation", 20)
    run_sql(cluster, database, "seed_calls.sql", calls=calls)
    share = idle(server, cluster, database)
    late = in_time(cluster, database)
    rate, (in_postgres, in_engine) = backlog(server, cluster, database)
    p99 = percentile(late, 99)
    return [
        line(5, f"{calls:,} armed calls, {DUE:,} due in a minute: lateness p99", f"{p99 / 1000:,.0f} ms", "≤ 1,000 ms",
             p99 <= 1000000),
        line(5, "the same, the latest; none early", f"{late[-1] / 1000:,.0f} ms", "≤ 3,000 ms", late[-1] <= 3000000 and late[0] >= 0),
        line(5, f"{BACKLOG:,} overdue calls", f"{rate:,.0f} claims/s", "≥ 30,000 /s", rate >= 30000),
        line(5, "the same: processor time of a claim, PostgreSQL and engine", f"{in_postgres:.0f} + {in_engine:.0f} µs",
             "≤ 66 µs on two cores", in_postgres + in_engine <= 66),
        line(5, "engine and its backends while nothing is due", f"{share * 100:.2f} % of a core", "< 0.1 %", share < 0.001),
    ]
