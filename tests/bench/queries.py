# SPDX-License-Identifier: Apache-2.0
"""The server's own SQL as pgbench scripts: the comparison runs the very same statements."""
import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def load():
    """Text by name of every query in db/queries, and of those that are here to compare with."""
    found = {}
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "finish_one.sql")
    for path in [*sorted(glob.glob(os.path.join(ROOT, "db", "queries", "*.sql"))), here]:
        name = None
        with open(path) as file:
            for line in file:
                head = re.match(r"-- name: (\w+)", line)
                if head:
                    name = head.group(1)
                    found[name] = ""
                elif name and not line.startswith("--"):
                    found[name] += line
    return found


def bind(text, values):
    """The statement with $1, $2, … replaced by the given SQL expressions or pgbench variables."""
    bound = re.sub(r"\$(\d+)", lambda match: values[int(match.group(1)) - 1], text)
    return re.sub(r"--[^\n]*", "", bound).strip().rstrip(";") + ";\n"
