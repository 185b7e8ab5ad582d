# SPDX-License-Identifier: Apache-2.0
"""Adds up what the lanes of tests/run found: one line a suite, then "N passed, N failed" alone on the last.

usage: results.py FILE…    FILE: meson's testlog json (one object a line), a JUnit xml, or lines "suite<TAB>name<TAB>ok".
Exits 1 when a test failed or none ran.
"""
import collections
import json
import re
import sys
import xml.etree.ElementTree as xml

Result = collections.namedtuple("Result", "suite name passed failed skipped")
CMOCKA_OK = re.compile(r"^\[       OK \] ", re.M)
CMOCKA_BAD = re.compile(r"^\[  FAILED  \] (\d+) test\(s\)", re.M)
TAP_PLAN = re.compile(r"^1\.\.\d+", re.M)
TAP_LINE = re.compile(r"^(not )?ok\b([^#\n]*)(#\s*(skip|todo))?", re.M | re.I)
NODE = {word: re.compile(rf"^(?:#|\u2139) {word} (\d+)$", re.M) for word in ("pass", "fail", "skipped")}
UNITTEST = re.compile(r"^Ran (\d+) tests? in", re.M)
UNITTEST_BAD = re.compile(r"^FAILED \((.*)\)", re.M)


def number(pattern, text):
    found = pattern.findall(text)
    return int(found[-1]) if found else 0


def counted(text):
    """(passed, failed, skipped) that a test program's own words tell, by whichever framework; zeros when none."""
    if CMOCKA_OK.search(text) or CMOCKA_BAD.search(text):
        return len(CMOCKA_OK.findall(text)), number(CMOCKA_BAD, text), 0
    if NODE["pass"].search(text):
        return tuple(number(NODE[word], text) for word in ("pass", "fail", "skipped"))
    if TAP_PLAN.search(text):
        lines = TAP_LINE.findall(text)
        failed = sum(1 for bad, _, directive, _ in lines if bad and not directive)
        skipped = sum(1 for _, _, directive, _ in lines if directive)
        return len(lines) - failed - skipped, failed, skipped
    if UNITTEST.search(text):
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", "".join(UNITTEST_BAD.findall(text))))
        skipped = sum(int(n) for n in re.findall(r"skipped=(\d+)", text))
        return number(UNITTEST, text) - bad - skipped, bad, skipped
    return 0, 0, 0


def of_program(suite, name, result, text):
    """A program that says nothing about its tests counts as one; one that ended badly has at least one failure."""
    passed, failed, skipped = counted(text)
    if result == "SKIP":
        return Result(suite, name, 0, 0, max(1, skipped))
    if result not in ("OK", "EXPECTEDFAIL"):
        return Result(suite, name, passed, max(1, failed), skipped)
    if passed + failed + skipped == 0:
        passed = 1
    return Result(suite, name, passed, failed, skipped)


def read_meson(text, prefix):
    for line in text.splitlines():
        test = json.loads(line)
        where, _, name = test["name"].rpartition(" / ")  # "sokuo:unit / arena"; two suites: "sokuo:unit+fuzz / …"
        suite = where.partition(":")[2] or "other"
        words = (test.get("stdout") or "") + "\n" + (test.get("stderr") or "")
        yield of_program(prefix + suite, name, test["result"], words)


def read_junit(text, suite):
    for case in xml.fromstring(text).iter("testcase"):
        kinds = {child.tag for child in case}
        failed = int(bool(kinds & {"failure", "error"}))
        skipped = int("skipped" in kinds)
        yield Result(suite, case.get("name"), 1 - failed - skipped, failed, skipped)


def read_lines(text):
    for line in text.splitlines():
        suite, name, word = line.split("\t")
        yield Result(suite, name, int(word == "ok"), int(word == "failed"), int(word == "skipped"))


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    lane = re.search(r"([\w-]+)\.[\w]+$", path).group(1)
    if path.endswith(".json"):
        return list(read_meson(text, "asan " if lane == "asan" else ""))
    if path.endswith(".xml"):
        return list(read_junit(text, lane))
    return list(read_lines(text))


def main(paths):
    results = [result for path in paths for result in read(path)]
    suites = {}
    for result in results:
        suites.setdefault(result.suite, []).append(result)
    for result in results:
        if result.failed:
            print(f"FAILED  {result.suite}: {result.name}")
    for suite, members in suites.items():
        skipped = sum(m.skipped for m in members)
        print(f"{suite:14} {sum(m.passed for m in members):5} passed, {sum(m.failed for m in members)} failed"
              + (f", {skipped} skipped" if skipped else ""))
    passed, failed = sum(r.passed for r in results), sum(r.failed for r in results)
    if passed + failed == 0:
        print("no test ran")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
