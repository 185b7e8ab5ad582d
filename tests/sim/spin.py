# SPDX-License-Identifier: Apache-2.0
"""Checks escalation.pml with Spin: the four properties hold, and each fault breaks exactly those that it is for. Speaks TAP.

usage: spin.py MODEL
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

PROPERTIES = ["exactly_once", "no_fire_after_ack", "dedup", "never_lost"]
# Variant: what is defined, and which properties must fail.
VARIANTS = {
    "as it is": ([], []),
    "three levels": (["L=3"], []),
    "looks at the answer again instead of a new generation": (["BUG_NO_FENCE"], []),
    "reads, then writes unguarded": (["BUG_READ_WRITE"], ["exactly_once", "no_fire_after_ack"]),
    "an answer is no new generation": (["BUG_NO_BUMP"], ["no_fire_after_ack"]),
    "marks sent before sending": (["BUG_MARK_FIRST"], ["never_lost"]),
    "a dead sender keeps its lease": (["BUG_LEASE_FOR_EVER"], ["never_lost"]),
    "a new key for each attempt": (["BUG_NEW_KEY"], ["dedup"]),
    "told before the replica has it": (["BUG_ASYNCHRONOUS"], ["no_fire_after_ack"]),
}


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def holds(folder, name):
    """Whether the property holds, and in how many states; raises when the search was not exhaustive."""
    fair = ["-f"] if name == "never_lost" else []  # who can act for ever acts at last
    words = run(["./pan", "-a", *fair, "-m1000000", "-w20", "-N", name], folder)
    errors = re.search(r"errors: (\d+)", words)
    states = re.search(r"(\d+) states, stored", words)
    if not errors or not states or "max search depth too small" in words or "out of memory" in words:
        raise RuntimeError(f"pan says no result:\n{words}")
    if errors.group(1) == "0" and "Search not completed" in words:
        raise RuntimeError(f"the search is not complete:\n{words}")
    return errors.group(1) == "0", int(states.group(1))


def check(model, defines):
    with tempfile.TemporaryDirectory() as folder:
        run(["spin", *[f"-D{d}" for d in defines], "-a", str(model)], folder)
        run(["gcc", "-O1", "-w", "-DNFAIR=4", "-o", "pan", "pan.c"], folder)
        return {name: holds(folder, name) for name in PROPERTIES}


def main():
    model = pathlib.Path(sys.argv[1]).resolve()
    print(f"1..{len(VARIANTS) * len(PROPERTIES)}", flush=True)
    number = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = {name: pool.submit(check, model, variant[0]) for name, variant in VARIANTS.items()}
        for name, (_, broken) in VARIANTS.items():
            for prop, (is_true, states) in results[name].result().items():
                number += 1
                good = is_true == (prop not in broken)
                failed += not good
                word = "is broken" if prop in broken else "holds"
                print(f"{'ok' if good else 'not ok'} {number} - {name}: {prop} {word} ({states} states)", flush=True)
    return 1 if failed else 0


sys.exit(main())
