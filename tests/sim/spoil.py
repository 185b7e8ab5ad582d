# SPDX-License-Identifier: Apache-2.0
"""Compiles the queries with one of them spoilt, for a mutant.

usage: spoil.py EMBED.PY QUERIES MIGRATIONS OUT NAME

A mutant is a piece of SQL that must be there once, and what stands there instead.
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

SPOILT = {
    "no_guard": ("escalation.sql", " AND e.generation = s.before\n", "\n"),
    "not_asked_again": ("notice.sql", "d.generation <= e.settled THEN 'SETTLED'", "false THEN 'SETTLED'"),
    "no_lease": ("notice.sql", " AND (n.lease_until IS NULL OR n.lease_until <= sokuo.now())\n", "\n"),
    "unsettled": ("escalation.sql", "settled = greatest(e.settled, s.settled)", "settled = e.settled"),
}


def main():
    embed, queries, migrations, out, name = sys.argv[1:]
    file, good, bad = SPOILT[name]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "queries"
        shutil.copytree(queries, copy)
        text = (copy / file).read_text(encoding="utf-8")
        if text.count(good) != 1:
            sys.exit(f"spoil.py: {name}: {file} has {text.count(good)} times: {good}")
        (copy / file).write_text(text.replace(good, bad), encoding="utf-8")
        made = pathlib.Path(folder) / "made"
        made.mkdir()
        subprocess.run([sys.executable, embed, "--queries", copy, "--migrations", migrations, "--out", made], check=True)
        shutil.copy(made / "queries.gen.c", out)


main()
