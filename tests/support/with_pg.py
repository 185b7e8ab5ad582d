# SPDX-License-Identifier: Apache-2.0
"""Runs a command with a PostgreSQL of its own and removes it afterwards.

usage: with_pg.py COMMAND [ARGUMENT …]

The command finds in its environment: SOKUO_TEST_DB (connection string of a superuser), SOKUO_TEST_PGDATA,
SOKUO_TEST_PGSOCKET (folder) and SOKUO_TEST_PGBIN. Durability is on: the server refuses anything else. PostgreSQL does
not run as root, so root hands it to the user postgres, or nobody.
"""
import ctypes
import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SETTINGS = {
    "listen_addresses": "''", "max_connections": "60", "shared_buffers": "'64MB'", "max_wal_senders": "2",
    "autovacuum": "off", "log_min_messages": "'error'", "lc_messages": "'C'",
}


def find_bin():
    given = os.environ.get("PG_BIN")
    found = [given] if given else sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda p: float(p.split("/")[4]))
    on_path = shutil.which("initdb")
    if not found and on_path:
        found = [os.path.dirname(os.path.realpath(on_path))]
    if not found:
        sys.exit("with_pg.py: no PostgreSQL found; install it (apt install postgresql) or set PG_BIN")
    return pathlib.Path(found[-1])


def drop_to():
    """Keyword arguments for subprocess that make the child somebody who may run PostgreSQL."""
    if os.geteuid() != 0:
        return {}, None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}, user
        except KeyError:
            continue
    sys.exit("with_pg.py: root needs a user postgres or nobody")


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG


def start(bin_dir, base, who):
    data = base / "data"
    subprocess.run([bin_dir / "initdb", "-k", "-N", "-D", data, "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres",
                    "-A", "trust"], check=True, stdout=subprocess.DEVNULL, cwd=base, **who)
    with open(data / "postgresql.auto.conf", "a", encoding="utf-8") as conf:
        conf.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        conf.write(f"unix_socket_directories = '{base}'\n")
    log = open(base / "log", "w", encoding="utf-8")
    return subprocess.Popen([bin_dir / "postgres", "-D", data], stdout=log, stderr=log, cwd=base,
                            preexec_fn=die_with_parent, **who)


def wait_until_ready(bin_dir, base, postgres):
    until = time.monotonic() + 30
    while time.monotonic() < until and postgres.poll() is None:
        if subprocess.run([bin_dir / "pg_isready", "-q", "-h", base, "-d", "postgres"], check=False).returncode == 0:
            return
        time.sleep(0.02)
    sys.exit("with_pg.py: PostgreSQL did not start:\n" + (base / "log").read_text(encoding="utf-8"))


def run(command, base, bin_dir):
    environment = dict(os.environ, SOKUO_TEST_DB=f"host={base} dbname=postgres user=postgres",
                       SOKUO_TEST_PGDATA=str(base / "data"), SOKUO_TEST_PGSOCKET=str(base), SOKUO_TEST_PGBIN=str(bin_dir))
    child = subprocess.Popen(command, env=environment)
    try:
        return child.wait()
    except BaseException:
        child.terminate()
        raise


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    bin_dir = find_bin()
    who, user = drop_to()
    base = pathlib.Path(tempfile.mkdtemp(prefix="sokuo-pg-"))
    postgres = None
    try:
        if user:
            os.chown(base, user.pw_uid, user.pw_gid)
            base.chmod(0o755)
        postgres = start(bin_dir, base, who)
        wait_until_ready(bin_dir, base, postgres)
        return run(sys.argv[1:], base, bin_dir)
    finally:
        if postgres and postgres.poll() is None:
            postgres.send_signal(signal.SIGQUIT)
            postgres.wait()
        shutil.rmtree(base, ignore_errors=True)


sys.exit(main())
