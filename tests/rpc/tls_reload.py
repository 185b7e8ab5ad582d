#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A new certificate is used by new connections at once on SIGHUP; open ones go on; a bad one changes nothing.

usage: tls_reload.py EDGE_STUB
"""
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={name}", "-days", "60", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
                   check=True, stderr=subprocess.DEVNULL)


def use(folder, name):
    for end in ("key", "pem"):
        shutil.copy(f"{folder}/{name}.{end}", f"{folder}/new.{end}")
        os.replace(f"{folder}/new.{end}", f"{folder}/live.{end}")


def connect(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5), server_hostname="localhost")


def certificate_of(port):
    with connect(port) as sock:
        return sock.getpeercert(binary_form=True)


def asks(sock, port):
    sock.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    data = b""
    while b"ok\n" not in data:
        got = sock.recv(4096)
        assert got, "an open connection was dropped by the reload"
        data += got


def der(folder, name):
    with open(f"{folder}/{name}.pem") as f:
        return ssl.PEM_cert_to_DER_cert(f.read())


def until(condition, what):
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def run(folder, child):
    port = urllib.parse.urlsplit(json.loads(child.stdout.readline().removeprefix("READY "))["url"]).port
    assert certificate_of(port) == der(folder, "old")
    with connect(port) as open_one:
        asks(open_one, port)
        use(folder, "young")
        child.send_signal(signal.SIGHUP)
        until(lambda: certificate_of(port) == der(folder, "young"), "the new certificate is not used")
        asks(open_one, port)
        with open(f"{folder}/live.pem", "w") as f:
            f.write("not a certificate\n")
        child.send_signal(signal.SIGHUP)
        time.sleep(0.3)  # nothing must happen; there is nothing to wait for
        assert certificate_of(port) == der(folder, "young")
        asks(open_one, port)
    child.send_signal(signal.SIGTERM)
    assert child.wait(12) == 0


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_certificate(folder, "old")
        make_certificate(folder, "young")
        use(folder, "old")
        child = subprocess.Popen([sys.argv[1], "--port", "0", "--log_level", "error", "--tls_cert", f"{folder}/live.pem",
                                  "--tls_key", f"{folder}/live.key"], stdout=subprocess.PIPE, text=True)
        try:
            run(folder, child)
        finally:
            child.kill()
            child.wait()
    print("ok")


main()
