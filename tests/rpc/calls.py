#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many calls under way at any moment, against edge_stub: each is answered.

usage: calls.py EDGE_STUB
"""
import json
import selectors
import socket
import subprocess
import sys
import time
import urllib.parse

CONNECTIONS = 300
SECONDS = 8  # the edge looks at its deadlines every second: calls must be young in every millisecond of that


def main():
    stub = subprocess.Popen([sys.argv[1], "--port", "0", "--log_level", "error", "--connections_per_address", "1000"],
                            stdout=subprocess.PIPE, text=True)
    try:
        url = urllib.parse.urlsplit(json.loads(stub.stdout.readline().removeprefix("READY "))["url"])
        request = (f"POST /sokuo.v1.SyncService/Pull HTTP/1.1\r\nHost: {url.netloc}\r\n"
                   "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}").encode()
        ready = selectors.DefaultSelector()
        for _ in range(CONNECTIONS):
            sock = socket.create_connection((url.hostname, url.port), 10)
            sock.sendall(request)
            ready.register(sock, selectors.EVENT_READ)
            time.sleep(0.001)  # spread over the 300 ms that a call takes
        end, answers = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            for key, _ in ready.select(1):
                answer = key.fileobj.recv(65536)
                assert answer.startswith(b"HTTP/1.1 200 "), f"after {answers} answers: {answer[:80]!r}"
                answers += 1
                key.fileobj.sendall(request)
        print(f"{answers} calls, all answered")
    finally:
        stub.kill()
        stub.wait()


main()
