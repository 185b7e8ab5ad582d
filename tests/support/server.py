# SPDX-License-Identifier: Apache-2.0
"""A whole Sokuo for tests: its own data directory, its own port, stopped at the end.

    with Server() as server:
        incident = server.call("IncidentService/FileIncident", {"operationId": new_id(), "title": "…"})["incident"]
"""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def binary():
    return os.environ.get("SOKUO_BIN", os.path.join(ROOT, "build", "server", "sokuo"))


def free_port():
    """A port nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def new_id():
    return str(uuid.uuid4())


class RpcError(Exception):
    """An answer other than 200: status, Connect's code, the first detail's reason, and the whole body."""

    def __init__(self, status, body):
        self.status = status
        self.body = body if isinstance(body, dict) else {}
        self.code = self.body.get("code", "")
        details = self.body.get("details") or [{}]
        self.info = details[0].get("debug") or {}
        self.reason = self.info.get("reason", "")
        super().__init__(f"{status} {self.code} {self.reason} {self.body.get('message', body)}")


class Server:
    """Starts `sokuo serve` in a fresh directory and reads its READY line."""

    def __init__(self, args=(), data=None, env=None):
        self.own_data = data is None
        self.data = data or tempfile.mkdtemp(prefix="sokuo-test-")
        os.chmod(self.data, 0o755)
        self.args = list(args)
        self.env = dict(os.environ, **(env or {}))
        self.process = self.url = self.login = self.password = self.token = None
        self.log_path = self.data.rstrip("/") + ".log"

    def start(self, port=0, timeout=60):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.env.get("SOKUO_BIN", binary()), "serve", "--data", self.data, "--port", str(port), *self.args],
                stdout=subprocess.PIPE, stderr=log, env=self.env)
        os.set_blocking(self.process.stdout.fileno(), False)
        deadline = time.monotonic() + timeout
        text = b""
        while time.monotonic() < deadline and self.process.poll() is None:
            text += self.process.stdout.read() or b""
            for line in text.decode(errors="replace").splitlines():
                if line.startswith("READY ") and text.endswith(b"\n"):
                    self._ready(json.loads(line[6:]))
                    return self
            time.sleep(0.002)
        raise RuntimeError(f"sokuo did not become ready:\n{self.log_tail()}")

    def _ready(self, ready):
        self.ready = ready
        self.url, self.login = ready["url"], ready["login"]
        self.password = ready.get("password") or self.password
        address = urllib.parse.urlsplit(self.url)
        self.host, self.port = address.hostname, address.port

    def log_tail(self, size=6000):
        with open(self.log_path, "rb") as log:
            log.seek(max(0, os.path.getsize(self.log_path) - size))
            return log.read().decode(errors="replace")

    def make_token(self, login=None):
        """A bearer token by the command line, as an operator makes it."""
        out = subprocess.run([binary(), "token", "create", "--login", login or self.login, "--data", self.data],
                             capture_output=True, text=True, env=self.env)
        if out.returncode != 0:
            raise RuntimeError(f"token create failed: {out.stdout}{out.stderr}")
        return out.stdout.strip().splitlines()[-1]

    def connection(self, timeout=60):
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def call(self, method, message, token=None, connection=None, headers=None):
        """Calls sokuo.v1.<method> with JSON; answers the message or raises RpcError. token="" sends none."""
        if token is None:
            self.token = self.token or self.make_token()
            token = self.token
        send = {"Content-Type": "application/json", "Connect-Protocol-Version": "1", **(headers or {})}
        if token:
            send["Authorization"] = f"Bearer {token}"
        own = connection is None
        connection = connection or self.connection()
        try:
            connection.request("POST", f"/sokuo.v1.{method}", json.dumps(message), send)
            response = connection.getresponse()
            raw = response.read()
        finally:
            if own:
                connection.close()
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = raw.decode(errors="replace")
        if response.status != 200:
            raise RpcError(response.status, body)
        return body

    def pages(self, method, message, key):
        """Every item of a list, page by page."""
        token = ""
        while True:
            answer = self.call(method, {**message, "pageToken": token})
            yield from answer.get(key, [])
            token = answer.get("nextPageToken", "")
            if not token:
                return

    def children(self):
        """Pids of the supervisor's children by kind: {"worker": […], "engine": […], "postgres": [postmaster]}."""
        kinds = {"worker": [], "engine": [], "postgres": []}
        for pid in children_of(self.process.pid):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
                    words = cmdline.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            kind = "postgres" if "postgres" in os.path.basename(words[0]) else (words + [""])[1]
            if kind in kinds:
                kinds[kind].append(pid)
        return kinds

    def wait_ready(self, timeout=60):
        """Waits until /readyz says 200; answers how long it took in seconds."""
        begin = time.monotonic()
        while time.monotonic() - begin < timeout:
            connection = self.connection(timeout=2)
            try:
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return time.monotonic() - begin
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.005)
        raise RuntimeError(f"not ready again after {timeout} s:\n{self.log_tail()}")

    def stop(self):
        """SIGTERM; answers the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"did not stop within 20 s:\n{self.log_tail()}") from None
        return self.process.returncode

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        try:
            self.stop()
        finally:
            if failure[0] is not None:
                print(self.log_tail())
            if self.own_data:
                shutil.rmtree(self.data, ignore_errors=True)
                os.remove(self.log_path)


def children_of(parent):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) == parent:
                        found.append(int(name))
            except OSError:
                pass
    return found
