# SPDX-License-Identifier: Apache-2.0
"""Whatever is killed comes back, and what is stopped is gone."""

import concurrent.futures
import glob
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import tap
from server import Server, binary, children_of

server = Server()


def note(text):
    print(f"# {text}", flush=True)


def start(which=server, **options):
    begin = time.monotonic()
    which.start(**options)
    return time.monotonic() - begin


def get(path, timeout=5):
    connection = server.connection(timeout)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def family():
    """Every process below the supervisor."""
    found = [server.process.pid]
    for pid in found:
        found += children_of(pid)
    return found[1:]


def kill_everything():
    for pid in [server.process.pid, *family()]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it died with the supervisor
    server.process.wait()


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, patience, what):
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < patience, f"{what}: not after {patience} s"
        time.sleep(0.005)


def postgres_pids():
    (postmaster,) = server.children()["postgres"]
    return [postmaster, *children_of(postmaster)]


def test_an_empty_directory_serves_and_names_its_first_administrator():
    note(f"empty directory to READY: {start():.2f} s")
    assert server.login == "admin" and server.password
    assert get("/readyz") == 200


def test_a_killed_worker_is_back_within_a_second():
    for worker in server.children()["worker"]:
        os.kill(worker, signal.SIGKILL)
    took = server.wait_ready(5)
    note(f"worker killed to answer: {took:.2f} s")
    assert took <= 1.0, took


def test_no_connection_is_refused_while_a_worker_restarts():
    for _ in range(3):
        for worker in server.children()["worker"]:
            os.kill(worker, signal.SIGKILL)
            wait_for(lambda: not is_alive(worker), 5, "end of the worker")
        assert get("/healthz", timeout=10) == 200  # waits in the listening socket


def test_a_killed_engine_is_back():
    before = server.children()["engine"]
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: server.children()["engine"] not in ([], before), 5, "engine")


def test_a_killed_postmaster_is_back():
    postmaster = postgres_pids()[0]
    os.kill(postmaster, signal.SIGKILL)
    wait_for(lambda: server.children()["postgres"] not in ([], [postmaster]), 10, "PostgreSQL")
    note(f"postmaster killed, to ready after its restart: {server.wait_ready(20):.2f} s")


def test_all_of_postgresql_killed_at_once_is_back():
    postmaster, *backends = postgres_pids()
    for pid in [postmaster, *backends]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    wait_for(lambda: server.children()["postgres"] not in ([], [postmaster]), 10, "PostgreSQL")
    note(f"all of PostgreSQL killed, to ready after its restart: {server.wait_ready(20):.2f} s")


def test_a_second_server_on_the_same_data_is_refused():
    second = subprocess.run([binary(), "serve", "--data", server.data, "--port", "0"], capture_output=True, text=True,
                            timeout=20)
    assert second.returncode == 1 and "another sokuo" in second.stderr, second.stderr
    assert get("/readyz") == 200


def test_a_second_server_on_the_same_port_is_refused():
    other = Server()
    try:
        other.start(port=server.port)
    except RuntimeError as refusal:
        assert "Address already in use" in str(refusal), refusal
    else:
        raise AssertionError("two servers share a port")
    finally:
        other.__exit__(None)


def test_a_killed_supervisor_leaves_nothing_behind_and_starts_again():
    before, server.password = family(), None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    note(f"supervisor killed to READY: {start():.2f} s")
    assert server.password is None, "the password is shown once"
    assert not [pid for pid in before if is_alive(pid)]


def test_a_dead_process_that_nobody_has_buried_is_not_taken_for_the_database():
    kill_everything()
    locks = [pathlib.Path(server.data, name) for name in ("pg/postmaster.pid", "run/.s.PGSQL.5432.lock")]
    corpse = subprocess.Popen(["true"], user=locks[0].stat().st_uid)  # a zombie of the same user until it is waited for
    wait_for(lambda: not is_alive(corpse.pid), 5, "end of the process")
    for lock in locks:
        lines = lock.read_text().splitlines(keepends=True)
        lock.write_text(f"{corpse.pid}\n" + "".join(lines[1:]))
    note(f"everything killed to READY: {start(timeout=8):.2f} s")
    corpse.wait()


def test_lock_files_that_a_killed_database_left_empty_are_in_nobodys_way():
    kill_everything()
    for name in ("pg/postmaster.pid", "run/.s.PGSQL.5432.lock"):
        pathlib.Path(server.data, name).write_bytes(b"")
    note(f"empty lock files to READY: {start():.2f} s")


def test_sigterm_ends_it_cleanly():
    before = family()
    assert server.stop() == 0
    assert not [pid for pid in before if is_alive(pid)]
    assert not pathlib.Path(server.data, "pg/postmaster.pid").exists()


def test_a_stopped_server_starts_fast():
    note(f"stopped server to READY: {start():.2f} s")
    assert server.stop() == 0


def test_a_key_file_of_another_database_is_refused_until_somebody_adopts_it():
    key = pathlib.Path(server.data, "secret.key")
    right = key.read_bytes()
    key.unlink()  # a start without one makes a new one: as on a second machine
    refused = subprocess.run([binary(), "serve", "--data", server.data, "--port", "0"], capture_output=True, text=True,
                             timeout=20)
    assert refused.returncode == 1 and "READY" not in refused.stdout, refused.stdout
    assert "secret.key" in refused.stderr and "鍵ファイル" in refused.stderr, refused.stderr
    wrong = key.read_bytes()
    key.write_bytes(right)
    start()
    assert server.stop() == 0
    key.write_bytes(wrong)
    server.args = ["--adopt-key"]
    start()
    assert server.stop() == 0
    server.args = []
    start()  # it is the database's own from now on
    assert server.stop() == 0


def test_calls_that_wait_for_news_are_answered_when_the_server_stops():
    start()
    cursor = server.call("SyncService/Pull", {})["cursor"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(server.call, "SyncService/Pull", {"after": cursor, "waitMs": 20000}) for _ in range(8)]
        time.sleep(1)  # they wait: nothing says so from outside
        assert not any(call.done() for call in waiting)
        begin = time.monotonic()
        assert server.stop() == 0
        assert all("cursor" in call.result(1) for call in waiting)
    note(f"stopped with eight that waited: {time.monotonic() - begin:.2f} s")
    assert time.monotonic() - begin < 6


def control_data(data):
    [program, *_] = sorted(glob.glob("/usr/lib/postgresql/*/bin/pg_controldata"))[::-1]
    told = subprocess.run([program, os.path.join(data, "pg")], capture_output=True, text=True, check=True,
                          env=dict(os.environ, LC_ALL="C"))
    assert "WARNING" not in told.stdout + told.stderr, told.stdout + told.stderr
    return dict(line.split(":", 1) for line in told.stdout.splitlines())


def test_two_databases_are_not_taken_for_copies_of_each_other():
    with Server() as other:
        assert other.stop() == 0
        mine, others = control_data(server.data), control_data(other.data)
        for name in ("Database system identifier", "Mock authentication nonce"):
            assert mine[name] != others[name], name
        assert others["Data page checksum version"].strip() == "1"


def test_as_the_first_process_of_a_container_it_buries_what_others_left():
    if subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode != 0:
        note("needs the right to make a namespace of process numbers")
        return
    with tempfile.TemporaryDirectory() as top:
        program, real = pathlib.Path(top, "sokuo"), os.path.abspath(binary())
        program.write_text(f'#!/bin/sh\nexec unshare --pid --fork --mount-proc --kill-child "{real}" "$@"\n')
        program.chmod(0o755)
        other = Server(env={"SOKUO_BIN": str(program)})
        other.start()
        [first] = children_of(other.process.pid)
        [postmaster] = [pid for pid in children_of(first) if b"postgres" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
        orphans = children_of(postmaster)
        os.kill(postmaster, signal.SIGKILL)
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in orphans), 10, "burial of the backends")
        os.kill(first, signal.SIGTERM)
        assert other.process.wait(20) == 0
        other.__exit__(None)


def test_a_data_directory_with_a_long_path_works():
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        data = os.path.join(top, *["a-long-name-for-a-directory"] * 6)
        os.makedirs(data, mode=0o755)
        other = Server(data=data)
        start(other)
        assert other.stop() == 0



try:
    tap.run(globals())
finally:
    server.__exit__(None)
