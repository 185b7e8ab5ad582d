# SPDX-License-Identifier: Apache-2.0
"""Loads and readings that several rows use."""
import os
import statistics
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Load:
    """What wrk saw: requests a second, latencies in microseconds, failed requests."""

    def __init__(self, words):
        self.rate, self.p50, self.p99, self.max, self.errors = (float(word) for word in words)


def wrk(url, what, connections, seconds, token="", count=1):
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", os.path.join(HERE, "wrk.lua"),
                          url, "--", what, token, str(count)], capture_output=True, text=True, check=True).stdout
    line = next((line for line in out.splitlines() if line.startswith("RESULT ")), None)
    if not line:
        raise RuntimeError(out)
    load = Load(line.split()[1:])
    if load.errors:
        raise RuntimeError(f"{what}: {load.errors:.0f} requests failed")
    return load


def percentile(sorted_values, percent):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * percent / 100))]


def median(values):
    return statistics.median(values)


def memory(pid, field="Pss"):
    """Kilobytes of a process: Rss, Pss, …"""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":"))


def settled_memory(pid, field="Rss"):
    """Memory once it has stopped moving."""
    last = memory(pid, field)
    for _ in range(50):
        time.sleep(0.1)
        now = memory(pid, field)
        if abs(now - last) < 64:
            return now
        last = now
    return last
