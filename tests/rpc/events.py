#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Event streams of the edge, against edge_stub.

usage: events.py EDGE_STUB [--bench N]   with --bench: N live clients, their memory and the time to the last one
"""
import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse

from hostile import make_certificate


class Stub:
    def __init__(self, program, *args):
        self.process = subprocess.Popen([program, "--port", "0", "--log_level", "error", *args],
                                        stdout=subprocess.PIPE, text=True)
        url = json.loads(self.process.stdout.readline().removeprefix("READY "))["url"]
        self.port = urllib.parse.urlsplit(url).port
        self.tls = ssl._create_unverified_context() if url.startswith("https:") else None
        self.host = f"127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def connect(self):
        sock = socket.create_connection(("127.0.0.1", self.port), 10)
        return self.tls.wrap_socket(sock) if self.tls else sock

    def open(self, token="good", agent="test"):
        sock = self.connect()
        sock.sendall(f"GET /events HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {token}\r\n"
                     f"User-Agent: {agent}\r\nAccept: text/event-stream\r\n\r\n".encode())
        return sock

    def post(self, hook):
        with self.connect() as sock:
            sock.sendall(f"POST /ingest/v1/hooks/{hook} HTTP/1.1\r\nHost: {self.host}\r\nConnection: close\r\n"
                         "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".encode())
            data = b""
            while got := sock.recv(4096):
                data += got
        assert b" 200 " in data.split(b"\r\n")[0], data

    def rss_kb(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def read_until(sock, word, timeout=5):
    sock.settimeout(timeout)
    data = b""
    while word not in data:
        got = sock.recv(4096)
        if not got:
            raise AssertionError(f"closed before {word!r}: {data!r}")
        data += got
    return data


def test_a_stream_greets_at_once_and_tells_of_a_change(stub):
    with stub.open() as sock:
        head = read_until(sock, b": ok\n\n")
        assert b"content-type: text/event-stream" in head and b"x-accel-buffering: no" in head, head
        assert b"cache-control: no-store, no-transform" in head, head
        stub.post("wake")
        assert b"event: wake\ndata: {}\n\n" in read_until(sock, b"data: {}\n\n")


def test_a_change_that_may_concern_every_tenant_wakes_too(stub):
    with stub.open() as sock:
        read_until(sock, b": ok\n\n")
        stub.post("wake_all")
        read_until(sock, b"event: wake\ndata: {}\n\n")


def test_nobody_gets_no_stream(stub):
    with stub.open(token="bad") as sock:
        answer = read_until(sock, b"}]}")
    assert b" 401 " in answer and b'"code":"unauthenticated"' in answer, answer


def test_an_account_has_twenty_streams_at_most(stub):
    socks = [stub.open() for _ in range(20)]
    for sock in socks:
        read_until(sock, b": ok\n\n")
    with stub.open() as sock:
        answer = read_until(sock, b"}]}")
    for sock in socks:
        sock.close()
    assert b" 429 " in answer and b"TOO_MANY_STREAMS" in answer, answer


def test_a_client_that_left_is_noticed(stub):
    """The test before closed twenty streams; their places are free long before the next heartbeat."""
    deadline = time.monotonic() + 5
    status = b"429"
    while status != b"200":
        assert time.monotonic() < deadline, "the places of clients that left are still taken"
        with stub.open() as sock:
            status = read_until(sock, b"\r\n").split(b" ")[1]


def test_a_heartbeat_comes_within_twenty_seconds(stub):
    with stub.open(agent="many") as sock:
        read_until(sock, b": ok\n\n")
        read_until(sock, b": ping\n\n", 20)


def test_a_revoked_session_loses_its_stream(stub):
    with stub.open(agent="test") as sock:
        read_until(sock, b": ok\n\n")
        started = time.monotonic()
        stub.post("revoke")
        data = b""
        sock.settimeout(5)
        while got := sock.recv(4096):
            data += got
        assert time.monotonic() - started < 1, "it took longer than a second"


def check_a_stream_over_tls_outlives_a_look_at_its_session(program):
    with tempfile.TemporaryDirectory() as folder, \
            Stub(program, *make_certificate(folder)) as stub, stub.open() as sock:
        read_until(sock, b": ok\n\n")
        stub.post("recheck")
        stub.post("wake")
        read_until(sock, b"event: wake\ndata: {}\n\n")
        stub.post("wake")
        read_until(sock, b"event: wake\ndata: {}\n\n")


def test_draining_ends_the_streams(stub):
    with stub.open() as sock:
        read_until(sock, b": ok\n\n")
        stub.process.send_signal(signal.SIGTERM)
        sock.settimeout(5)
        while sock.recv(4096):
            pass
    assert stub.process.wait(12) == 0


def bench(program, count):
    with Stub(program) as stub:
        socks = []
        before = stub.rss_kb()
        for _ in range(count):
            sock = stub.open(agent="many")
            read_until(sock, b": ok\n\n")
            sock.setblocking(False)
            socks.append(sock)
        after = stub.rss_kb()
        print(f"{count} live clients: {(after - before) * 1024 / count:.0f} bytes each")
        poll = select.epoll()
        for sock in socks:
            poll.register(sock, select.EPOLLIN)
        started = time.monotonic()
        stub.post("wake")
        seen, times = 0, []
        while seen < count:
            for fd, _ in poll.poll(5):
                os.read(fd, 4096)
                seen += 1
                times.append((time.monotonic() - started) * 1000)
        print(f"fan-out: first {times[0]:.1f} ms, median {times[count // 2]:.1f} ms, last {times[-1]:.1f} ms")


def main():
    program = sys.argv[1]
    if "--bench" in sys.argv:
        bench(program, int(sys.argv[sys.argv.index("--bench") + 1]))
        return
    check_a_stream_over_tls_outlives_a_look_at_its_session(program)
    tests = [fn for name, fn in globals().items() if name.startswith("test_")]
    with Stub(program) as stub, Stub(program) as second:
        for fn in tests:
            fn(second if "draining" in fn.__name__ else stub)
            print("ok", fn.__name__)


main()
