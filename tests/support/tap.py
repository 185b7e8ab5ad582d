# SPDX-License-Identifier: Apache-2.0
"""Runs the test_* functions of a module in order and prints TAP: what meson and tests/run count."""

import inspect
import sys
import time
import traceback


def run(module):
    tests = [f for name, f in module.items() if name.startswith("test_") and inspect.isfunction(f)]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        begin = time.monotonic()
        try:
            test()
            word = "ok"
        except Exception:
            failed += 1
            word = "not ok"
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
        took = time.monotonic() - begin
        print(f"{word} {number} - {test.__name__[5:].replace('_', ' ')} # {took:.2f} s", flush=True)
    sys.exit(1 if failed else 0)
