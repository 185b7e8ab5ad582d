# SPDX-License-Identifier: Apache-2.0
"""The sum that tests/run prints must be the truth."""
import contextlib
import io
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import results
import tap


def exit_code(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return results.main([path])


def of(result, text, name="t"):
    r = results.of_program("unit", name, result, text)
    return r.passed, r.failed, r.skipped


def test_cmocka_counts_each_of_its_tests():
    assert of("OK", "[==========] Running 2 test(s).\n[       OK ] a\n[       OK ] b\n[  PASSED  ] 2 test(s).\n") == (2, 0, 0)
    assert of("FAIL", "[       OK ] a\n[  FAILED  ] b\n[  FAILED  ] tests: 1 test(s)\n[  FAILED  ] 1 test(s)\n") == (1, 1, 0)


def test_tap_counts_failures_and_skips():
    assert of("FAIL", "1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no network\n") == (1, 1, 1)


def test_node_and_unittest_are_understood():
    assert of("OK", "\u2139 tests 4\n\u2139 pass 3\n\u2139 fail 0\n\u2139 skipped 1\n") == (3, 0, 1)
    assert of("FAIL", "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1)\n") == (3, 2, 0)


def test_a_program_that_dies_after_its_passed_tests_is_a_failure():
    assert of("TIMEOUT", "1..9\nok 1 - a\n") == (1, 1, 0)
    assert of("FAIL", "") == (0, 1, 0)


def test_a_silent_success_counts_once_and_a_skip_not_at_all():
    assert of("OK", "") == (1, 0, 0)
    assert of("SKIP", "") == (0, 0, 1)


def test_no_test_at_all_is_a_failure():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as empty:
        assert exit_code(empty.name) == 1


def test_a_failure_anywhere_is_a_failure():
    rows = [{"name": "sokuo:unit / a", "result": "OK"}, {"name": "sokuo:db / b", "result": "ERROR"}]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as log:
        log.write("\n".join(map(json.dumps, rows)))
        log.flush()
        assert exit_code(log.name) == 1


def test_a_suite_is_read_from_the_name_that_meson_gives():
    (row,) = results.read_meson('{"name": "sokuo:unit / arena", "result": "OK"}', "asan ")
    assert (row.suite, row.name) == ("asan unit", "arena")


tap.run(globals())
