#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad and broken clients against a running server: each gets its status or is hung up on, costs bounded memory, and
another client is served meanwhile.

usage: hostile.py [--slow]                    against SOKUO_URL (http or https)
       hostile.py --stub EDGE_STUB [--slow]   starts that program, without and with TLS
"""
import json
import os
import re
import select
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import warnings

LOGIN = "/sokuo.v1.AuthService/Login"
LIST = "/sokuo.v1.IncidentService/ListIncidents"
ROWS = []
RSS_LIMIT_KB = 150 * 1024  # how much a whole row may add to the worker


def row(only=None, slow=False):
    """A row of the list; only: "http" or "https"; slow: takes most of a minute."""
    def keep(fn):
        if not slow or "--slow" in sys.argv:
            ROWS.append((fn, only))
        return fn
    return keep


def any_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # without the system's authorities, which take long to load
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Target:
    def __init__(self, url):
        self.url = url
        parts = urllib.parse.urlsplit(url)
        self.scheme, self.name, self.port = parts.scheme, parts.hostname, parts.port
        self.host = f"{parts.hostname}:{parts.port}"

    def connect(self, alpn=None, timeout=10, receive_buffer=None):
        plain = socket.socket(socket.AF_INET)
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(timeout)
        plain.connect((self.name, self.port))
        if self.scheme == "http":
            return plain
        context = any_certificate()
        if alpn:
            context.set_alpn_protocols(alpn)
        return context.wrap_socket(plain, server_hostname="localhost")

    def head(self, method="POST", path=LOGIN, host=None, json_type=True, extra=""):
        kind = "Content-Type: application/json\r\n" if json_type else ""
        return f"{method} {path} HTTP/1.1\r\nHost: {host or self.host}\r\n{kind}{extra}"


class Answer:
    """What came back until the connection closed or went quiet."""

    def __init__(self, data, closed):
        self.data, self.closed = data, closed
        found = re.match(rb"HTTP/1\.[01] (\d{3}) ", data)
        self.status = int(found.group(1)) if found else None
        head, _, self.body = data.partition(b"\r\n\r\n")
        self.headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        self.count = len(re.findall(rb"HTTP/1\.[01] \d{3} ", data))


def read_all(sock, quiet=1.0, limit=1 << 20):
    data, closed = b"", False
    sock.settimeout(quiet)
    try:
        while len(data) < limit:
            got = sock.recv(65536)
            if not got:
                closed = True
                break
            data += got
            sock.settimeout(min(quiet, 0.3))
    except (socket.timeout, TimeoutError):
        pass
    except (ConnectionError, ssl.SSLError, OSError):
        closed = True
    return Answer(data, closed)


def talk(target, text, quiet=1.0):
    data = text if isinstance(text, bytes) else text.encode("latin-1")
    with target.connect() as sock:
        try:
            sock.sendall(data)
        except (ConnectionError, ssl.SSLError, OSError):
            pass
        return read_all(sock, quiet)


def expect(answer, status, closed=None):
    assert answer.status == status, f"status {answer.status} instead of {status}: {answer.data[:300]!r}"
    if closed is not None:
        assert answer.closed == closed, f"closed is {answer.closed}: {answer.data[:200]!r}"


def expect_one_closed_400(target, text):
    answer = talk(target, text)
    expect(answer, 400, closed=True)
    assert answer.count == 1, "the rest was read as another request"


# --- framing

@row()
def content_length_and_transfer_encoding(t):
    smuggled = f"GET /healthz HTTP/1.1\r\nHost: {t.host}\r\n\r\n"
    expect_one_closed_400(t, t.head(extra="Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") + smuggled)


@row()
def two_content_lengths(t):
    expect_one_closed_400(t, t.head(extra="Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x"))


@row()
def two_transfer_encodings(t):
    expect_one_closed_400(t, t.head(extra="Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))


@row()
def transfer_encoding_that_is_not_chunked(t):
    expect_one_closed_400(t, t.head(extra="Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n"))


@row()
def odd_content_lengths(t):
    for value in ("+2", "2,2", "-1", "18446744073709551618", "0x2", "2 2"):
        expect_one_closed_400(t, t.head(extra=f"Content-Length: {value}\r\n\r\n{{}}"))


@row()
def bad_chunk_sizes(t):
    for chunk in ("zz\r\n{}\r\n0\r\n\r\n", "-2\r\n{}\r\n0\r\n\r\n", "fffffffffffffffff\r\n{}\r\n0\r\n\r\n"):
        expect_one_closed_400(t, t.head(extra=f"Transfer-Encoding: chunked\r\n\r\n{chunk}"))


@row()
def two_hosts(t):
    expect_one_closed_400(t, t.head("GET", "/", json_type=False, extra="Host: evil.example\r\n\r\n"))


@row()
def no_host(t):
    expect_one_closed_400(t, "GET / HTTP/1.1\r\n\r\n")


@row()
def folded_header_and_bare_newlines(t):
    expect_one_closed_400(t, t.head("GET", "/", json_type=False, extra="X-A: 1\r\n 2\r\n\r\n"))
    expect_one_closed_400(t, f"GET / HTTP/1.1\nHost: {t.host}\n\n")
    expect_one_closed_400(t, t.head("GET", "/", json_type=False, extra="X-A: 1\n\r\n"))


@row()
def nul_and_control_bytes_in_the_head(t):
    expect_one_closed_400(t, t.head("GET", "/", json_type=False, extra="X-A: a\0b\r\n\r\n"))
    expect_one_closed_400(t, t.head("GET", "/a\x01b", json_type=False, extra="\r\n"))


@row()
def body_on_get(t):
    expect_one_closed_400(t, t.head("GET", "/", json_type=False, extra="Content-Length: 3\r\n\r\nabc"))


# --- HTTP/2 in any form

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


@row()
def http2_prior_knowledge(t):
    answer = talk(t, PREFACE)
    assert answer.status in (400, 405) and answer.closed, answer.data[:100]


@row("http")
def upgrade_to_h2c_is_ignored(t):
    extra = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
    answer = talk(t, t.head("GET", "/healthz", json_type=False, extra=extra))
    expect(answer, 200)
    assert b"101 Switching" not in answer.data


@row("https")
def alpn_never_selects_h2(t):
    with t.connect(alpn=["h2", "http/1.1"]) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1", sock.selected_alpn_protocol()
    try:
        with t.connect(alpn=["h2"]) as sock:
            assert sock.selected_alpn_protocol() != "h2"
    except ssl.SSLError:
        pass  # refused outright: as good


@row("https")
def old_tls_is_refused(t):
    context = any_certificate()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with socket.create_connection((t.name, t.port), 5) as plain, context.wrap_socket(plain):
            raise AssertionError("TLS 1.1 was accepted")
    except (ssl.SSLError, ConnectionError):
        pass


@row("https")
def upload_whose_read_exactly_fills_the_buffer(t):
    """libh2o with libuv drops these without our uv_read_start: the first burst is 8,192 bytes of ciphertext."""
    body = b'"' + b"x" * 20000 + b'"'
    context = any_certificate()
    for first in (8192, 8191, 8193, 4096):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with socket.create_connection((t.name, t.port), 10) as sock:
            tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    incoming.write(sock.recv(65536))
            sock.sendall(outgoing.read())
            time.sleep(0.05)
            tls.write(t.head(path=LIST, extra=f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
            data = outgoing.read()
            sock.sendall(data[:first])
            time.sleep(0.1)
            sock.sendall(data[first:])
            answer = b""
            sock.settimeout(5)
            while b"HTTP/1.1 " not in answer:
                got = sock.recv(65536)
                assert got, f"hung up on an upload whose first burst was {first} bytes"
                incoming.write(got)
                try:
                    answer += tls.read(65536)
                except ssl.SSLWantReadError:
                    pass


# --- whom and what is asked for

@row()
def wrong_host(t):
    for host in ("evil.example", f"evil.example:{t.port}", t.host + ".evil.example", "localhost:1"):
        expect(talk(t, t.head("GET", "/", host=host, json_type=False, extra="\r\n")), 421)


@row()
def absolute_form_asterisk_and_connect(t):
    expect(talk(t, f"GET http://{t.host}/healthz HTTP/1.1\r\nHost: {t.host}\r\n\r\n"), 400, closed=True)
    expect(talk(t, f"GET foo HTTP/1.1\r\nHost: {t.host}\r\n\r\n"), 400, closed=True)
    expect(talk(t, f"OPTIONS * HTTP/1.1\r\nHost: {t.host}\r\n\r\n"), 405, closed=True)
    expect(talk(t, f"CONNECT a:443 HTTP/1.1\r\nHost: {t.host}\r\n\r\n"), 405, closed=True)
    expect(talk(t, b"\xff\xfe / HTTP/1.1\r\nHost: " + t.host.encode() + b"\r\n\r\n"), 405, closed=True)


@row()
def unknown_methods_name_the_known_ones(t):
    for method in ("PUT", "DELETE", "TRACE", "PATCH"):
        answer = talk(t, t.head(method, "/", json_type=False, extra="\r\n"))
        expect(answer, 405)
        assert answer.headers[b"allow"] == b"get, head, post"


@row()
def escaped_and_dotted_paths(t):
    for path in ("/%2e%2e/etc/passwd", "/../etc/passwd", "/a/./b", "/a\\b", "/a;b"):
        expect(talk(t, t.head("GET", path, json_type=False, extra="\r\n")), 400)


@row()
def unknown_paths(t):
    answer = talk(t, t.head(path="/sokuo.v1.AuthService/Nope", extra="Content-Length: 2\r\n\r\n{}"))
    expect(answer, 404)
    assert json.loads(answer.body)["code"] == "unimplemented"
    expect(talk(t, t.head("GET", "/nothing.js", json_type=False, extra="\r\n")), 404)


@row()
def get_on_a_post_route(t):
    answer = talk(t, t.head("GET", LOGIN, json_type=False, extra="\r\n"))
    expect(answer, 405)
    assert answer.headers[b"allow"].upper() == b"POST"
    answer = talk(t, t.head("GET", "/ingest/v1/hooks/x", json_type=False, extra="\r\n"))
    expect(answer, 405)
    answer = talk(t, t.head("POST", "/", extra="Content-Length: 0\r\n\r\n"))
    expect(answer, 405)


@row()
def posts_from_other_sites(t):
    rest = "Content-Length: 2\r\n\r\n{}"
    for extra in ("Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Origin: http://evil.example\r\n",
                  "Origin: null\r\n", "Cookie: sid=abc\r\n"):
        answer = talk(t, t.head(extra=extra + rest))
        expect(answer, 403)
        info = json.loads(answer.body)
        assert info["code"] == "permission_denied" and info["details"][0]["type"] == "sokuo.v1.ErrorInfo"


@row()
def simple_content_types(t):
    """What a form of another site could send without asking first."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        extra = f"Content-Type: {kind}\r\nContent-Length: 2\r\n\r\n{{}}"
        expect(talk(t, t.head(json_type=False, extra=extra)), 415)


@row()
def no_answer_is_without_the_security_headers(t):
    for text in (t.head("GET", "/", json_type=False, extra="\r\n"), t.head("GET", "/no.js", json_type=False, extra="\r\n"),
                 t.head(extra="Content-Length: 2\r\n\r\n{}"), t.head("PUT", "/", extra="\r\n"),
                 t.head(extra="Content-Length: 99999999\r\n\r\n")):
        headers = talk(t, text).headers
        assert b"default-src 'none'" in headers[b"content-security-policy"], text
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers.get(b"server", b"") == b"sokuo"
        assert not any(name.startswith(b"access-control") for name in headers)


# --- size

@row()
def a_body_of_one_gigabyte(t):
    answer = talk(t, t.head(extra=f"Content-Length: {1 << 30}\r\n\r\n") + "x" * 100000)
    expect(answer, 413, closed=True)


@row()
def a_client_that_goes_on_sending_hears_why_it_is_refused(t):
    """Closing on unread bytes would reset the connection before a client that writes first has read the answer."""
    with t.connect() as sock:
        sock.sendall(t.head(extra="Content-Length: 20000000\r\n\r\n").encode())
        for _ in range(50):
            sock.sendall(b"x" * 400000)
        expect(read_all(sock), 413, closed=True)


@row()
def a_body_just_over_the_limit_of_its_path(t):
    answer = talk(t, t.head(extra="Content-Length: 5000\r\n\r\n") + "x" * 5000)
    expect(answer, 413)
    info = json.loads(answer.body)
    assert info["code"] == "resource_exhausted" and "4096" in info["message"], info


@row()
def a_chunked_body_without_end(t):
    """Refused at 2 MiB, listened to for two seconds more so that it can hear why, then hung up on."""
    started = time.monotonic()
    with t.connect() as sock:
        try:
            sock.sendall(t.head(extra="Transfer-Encoding: chunked\r\n\r\n").encode())
            while time.monotonic() - started < 15:
                sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        except (ConnectionError, ssl.SSLError, OSError):
            pass
        answer = read_all(sock)
    assert answer.status in (413, None) and answer.closed, (answer.status, answer.closed)
    assert time.monotonic() - started < 10, "it was listened to for too long"


@row()
def too_many_headers(t):
    extra = "".join(f"X-{i}: 1\r\n" for i in range(101)) + "\r\n"
    expect(talk(t, t.head("GET", "/", json_type=False, extra=extra)), 400, closed=True)


@row()
def headers_of_400_kilobytes(t):
    answer = talk(t, t.head("GET", "/", json_type=False, extra="X: " + "a" * 400000 + "\r\n\r\n"), quiet=2)
    assert answer.status in (400, 431) and answer.closed, answer.data[:100]


@row()
def fifty_headers_of_400_kilobytes_at_once(t):
    socks = [t.connect() for _ in range(50)]
    for sock in socks:
        sock.sendall((t.head("GET", "/", json_type=False, extra="X: " + "a" * 300000)).encode())
    time.sleep(0.5)
    for sock in socks:
        sock.close()


@row()
def an_address_that_is_too_long(t):
    expect(talk(t, t.head("GET", "/" + "a" * 20000, json_type=False, extra="\r\n")), 414, closed=True)


@row()
def unknown_expectation(t):
    expect(talk(t, t.head(extra="Expect: tea\r\nContent-Length: 2\r\n\r\n{}")), 417, closed=True)


# --- time

@row()
def five_hundred_slow_headers(t):
    """They are cut off after 30 s (libh2o's own timer); here they only must not disturb anybody."""
    socks = [t.connect() for _ in range(500 if t.scheme == "http" else 100)]
    for piece in [b"GET / HTTP/1.1\r\nHo"] + [b"s"] * 10:
        for sock in socks:
            try:
                sock.sendall(piece)
            except (ConnectionError, ssl.SSLError, OSError):
                pass  # cut off already: this machine is slow
        time.sleep(0.05)
    for sock in socks:
        sock.close()


@row()
def clients_that_never_read(t):
    socks = [t.connect(receive_buffer=4096) for _ in range(20)]
    request = t.head("GET", "/", json_type=False, extra="\r\n").encode() * 200
    for sock in socks:
        sock.settimeout(0.2)
        try:
            sock.sendall(request)
        except (socket.timeout, TimeoutError, ssl.SSLError, OSError):
            pass
    time.sleep(1)
    for sock in socks:
        sock.close()


@row()
def a_thousand_connections_opened_and_dropped(t):
    for _ in range(1000 if t.scheme == "http" else 100):
        t.connect().close()


@row()
def requests_whose_client_is_gone(t):
    """By an orderly end, and by a reset while the answer is being made."""
    for i in range(100):
        with t.connect() as sock:
            if i % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.sendall(t.head(path="/sokuo.v1.SyncService/Pull", extra="Content-Length: 2\r\n\r\n{}").encode())
            time.sleep(0.01)
    time.sleep(0.5)


def closed_within(sock, seconds):
    """True when the other side has ended the connection, without reading what it sent."""
    deadline = time.monotonic() + seconds
    poll = select.poll()
    poll.register(sock, select.POLLHUP | select.POLLERR | select.POLLRDHUP)
    while time.monotonic() < deadline:
        if poll.poll(500):
            return True
    return False


@row(slow=True)
def a_slow_header_is_cut_off(t):
    with t.connect() as sock:
        started = time.monotonic()
        try:
            while time.monotonic() - started < 45:
                sock.sendall(b"GET / HTTP/1.1\r\n" if time.monotonic() - started < 0.5 else b"X")
                time.sleep(0.7)
        except (ConnectionError, ssl.SSLError, OSError):
            pass
        assert time.monotonic() - started < 40, "a header of one byte in 0.7 s was still waited for"


@row("http", slow=True)
def a_client_that_never_reads_is_dropped(t):
    sock = t.connect(receive_buffer=4096)
    sock.settimeout(0.5)
    request = t.head("GET", "/", json_type=False, extra="\r\n").encode() * 20000
    try:
        sock.sendall(request)
    except (socket.timeout, TimeoutError, OSError):
        pass
    assert closed_within(sock, 55), "still open"


# --- the run

def worker_of(port):
    """The process that listens on the port, from /proc; None when it is not ours to see."""
    inodes = set()
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name) as f:
            for line in f.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for fd in os.listdir(f"/proc/{pid}/fd"):
                if os.readlink(f"/proc/{pid}/fd/{fd}") in inodes:
                    return int(pid)
        except OSError:
            continue
    return None


def rss_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


class Neighbour(threading.Thread):
    """A well-behaved client that asks all the time."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target, self.is_over, self.served, self.slowest, self.error = target, False, 0, 0.0, None

    def run(self):
        text = self.target.head("GET", "/healthz", json_type=False, extra="Connection: close\r\n\r\n")
        while not self.is_over and self.error is None:
            started = time.monotonic()
            try:
                answer = talk(self.target, text, quiet=5)
                if answer.status != 200:
                    self.error = f"status {answer.status}"
            except OSError as error:
                self.error = repr(error)
            self.served += 1
            self.slowest = max(self.slowest, time.monotonic() - started)
            time.sleep(0.02)


def run_row(target, fn, pid):
    neighbour = Neighbour(target)
    before = rss_kb(pid) if pid else 0
    neighbour.start()
    fn(target)
    neighbour.is_over = True
    neighbour.join()
    assert neighbour.error is None, f"another client was not served: {neighbour.error}"
    assert neighbour.slowest < 3, f"another client waited {neighbour.slowest:.1f} s"
    grown = rss_kb(pid) - before if pid else 0
    assert grown < RSS_LIMIT_KB, f"the worker grew by {grown} kB"
    if pid:
        assert worker_of(target.port) == pid, "the worker was replaced: it crashed"
    return neighbour, grown


def run_all(url):
    target = Target(url)
    pid = worker_of(target.port)
    failures = 0
    for fn, only in ROWS:
        if only not in (None, target.scheme):
            continue
        name = f"{target.scheme}: {fn.__name__}"
        try:
            neighbour, grown = run_row(target, fn, pid)
            print(f"ok   {name}  (+{grown} kB, others {neighbour.served} served, slowest {neighbour.slowest * 1000:.0f} ms)")
        except (AssertionError, OSError, KeyError, ValueError) as error:
            failures += 1
            print(f"FAIL {name}: {error!r}")
    return failures


def make_certificate(folder):
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=localhost", "-days", "3", "-keyout", key, "-out", cert],
                   check=True, stderr=subprocess.DEVNULL)
    return ["--tls_cert", cert, "--tls_key", key]


def run_stub(program, args):
    child = subprocess.Popen([program, "--port", "0", "--log_level", "error", *args], stdout=subprocess.PIPE, text=True)
    try:
        url = json.loads(child.stdout.readline().removeprefix("READY "))["url"]
        failures = run_all(url)
        child.send_signal(signal.SIGTERM)
        code = child.wait(15)
        if code != 0:
            print(f"FAIL the server ended with {code}")
            failures += 1
        return failures
    finally:
        child.kill()
        child.wait()


def main():
    if sys.argv[1:2] == ["--stub"]:
        with tempfile.TemporaryDirectory() as folder:
            failures = run_stub(sys.argv[2], []) + run_stub(sys.argv[2], make_certificate(folder))
    else:
        failures = run_all(os.environ["SOKUO_URL"])
    print(f"{failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
