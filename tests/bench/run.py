#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The design's table of numbers, measured: the server against pgbench and a bare libh2o responder in the same run.

    tests/bench/run.py [--rows 1,2,3,4,5,6,7,8,9,10] [--build DIR] [--large N] [--seconds N]

Needs postgresql-15, wrk, for row 10 node and Chromium, and a release build. README.md says how to read the table.
"""
import argparse
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "support"))

import row5  # noqa: E402
import rows  # noqa: E402
import rows_order  # noqa: E402
from cluster import Cluster  # noqa: E402
from measure import wrk  # noqa: E402
from server import ROOT, Server  # noqa: E402

READ_INCIDENTS = 10000
ACCOUNTS = 120


def seed(cluster, database, incidents):
    with open(os.path.join(HERE, "seed.sql")) as file:
        text = file.read()
    settings = f"\\set incidents {incidents}\n\\set read_incidents {min(incidents, READ_INCIDENTS)}\n\\set accounts {ACCOUNTS}\n"
    cluster.psql(database, settings + text)


def seed_steps(cluster, database, runs, plan_steps, sections):
    with open(os.path.join(HERE, "seed_steps.sql")) as file:
        text = file.read()
    cluster.psql(database, f"\\set runs {runs}\n\\set plan_steps {plan_steps}\n\\set sections {sections}\n" + text)


def seed_embedded(server):
    """A token for each live client, in the server's own PostgreSQL."""
    socket = next(os.path.dirname(os.path.join(path, name)) for path, _, names in os.walk(server.data) for name in names
                  if name.startswith(".s.PGSQL") and not name.endswith(".lock"))
    with open(os.path.join(HERE, "seed.sql")) as file:
        text = f"\\set incidents 10\n\\set read_incidents 1\n\\set accounts {ACCOUNTS}\n" + file.read()
    owner = os.stat(socket).st_uid
    command = ["psql", "-X", "-q", "-h", socket, "-U", "postgres", "-d", "postgres", "-f", "-"]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={owner}", "--clear-groups", *command]
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


class OnCluster(Server):
    """The server on the shared PostgreSQL, in a database of its own."""

    def __init__(self, cluster, database, *args):
        cluster.psql("postgres", f'CREATE DATABASE "{database}"')
        super().__init__(["--db", cluster.url(database), "--connections-per-address", "9000", *args])
        self.database = database


def build_live_client(directory):
    program = os.path.join(directory, "live_client")
    subprocess.run(["cc", "-O2", "-w", "-D_GNU_SOURCE", "-o", program, os.path.join(HERE, "live_client.c")], check=True)
    return program


def bare_line(directory):
    """What libh2o can do alone on this machine: for scale, no bar."""
    program = os.path.join(directory, "tests", "bench", "bare_h2o")
    if not os.path.exists(program):
        return []
    process = subprocess.Popen([program, "0"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline().split()[-1])
        rate = wrk(f"http://127.0.0.1:{port}", "bare", 64, rows.SECONDS).rate
    finally:
        process.kill()
        process.wait()
    return [rows.Line("–", "bare libh2o responder, 1 kB, 64 connections", f"{rate:,.0f} /s", "for scale", True)]


def row3(cluster):
    """Each in a database of its own; the same plans in both that are compared, but at 80 sections and at one."""
    lines = []
    with OnCluster(cluster, "hot") as hot:
        seed(cluster, "hot", 200)
        seed_steps(cluster, "hot", **rows.HOT)
        lines += rows.row3_hot(hot, cluster, "hot")
    with OnCluster(cluster, "many") as many, OnCluster(cluster, "few") as few:
        for database, plan_steps, sections in (("many", 25, 80), ("few", 20, 1)):
            seed(cluster, database, 200)
            seed_steps(cluster, database, 5, plan_steps, sections)
        lines += rows.row3_open(few, many)
    return lines


def measure(wanted, directory, large):
    live_client = build_live_client(directory)
    lines = bare_line(directory)
    if wanted & {"1", "2", "4", "7"}:
        with Cluster() as cluster, OnCluster(cluster, "small") as small:
            seed(cluster, "small", 10000)
            if "1" in wanted:
                lines += rows.row1_read(small, cluster, "small", READ_INCIDENTS)
            if "4" in wanted:
                with OnCluster(cluster, "large") as big:
                    seed(cluster, "large", large)
                    lines += rows.row4_size(small, big)
            if "7" in wanted:
                lines += rows.row7_live(small, live_client)
            if "2" in wanted:
                lines += rows.row2_file(small, cluster, "small")
    if "3" in wanted:
        with Cluster() as cluster:
            lines += row3(cluster)
    if "5" in wanted:
        with Cluster() as cluster, OnCluster(cluster, "calls") as calls:
            seed(cluster, "calls", 1000)
            lines += row5.measure(calls, cluster, "calls", large, rows.Line)
    if "6" in wanted:
        lines += rows_order.row6_order()
    if "8" in wanted:
        lines += rows.row8_start()
    if "9" in wanted:
        lines += rows.row9_memory(live_client, seed_embedded)
    if "10" in wanted:
        lines += rows.row10_phone()
    return lines


def print_table(lines):
    table = [("row", "what", "measured", "reference", "bar", "")] + [line.cells for line in lines]
    widths = [max(len(row[i]) for row in table) for i in range(6)]
    for number, row in enumerate(table):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if number == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="1,2,3,4,5,6,7,8,9,10")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))
    parser.add_argument("--large", type=int, default=1000000)
    parser.add_argument("--seconds", type=int, default=rows.SECONDS, help="of each run")
    options = parser.parse_args()
    rows.SECONDS = options.seconds
    os.environ.setdefault("SOKUO_BIN", os.path.join(options.build, "server", "sokuo"))
    lines = measure(set(options.rows.split(",")), options.build, options.large)
    print_table(lines)
    missed = sum(not line.ok for line in lines)
    print(f"{len(lines) - missed} reached, {missed} not reached")


if __name__ == "__main__":
    main()
