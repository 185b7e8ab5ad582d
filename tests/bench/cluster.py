# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL for benchmarks: durable settings as in production, shared by the server and by pgbench."""
import os
import pwd
import shutil
import subprocess
import tempfile

BIN = "/usr/lib/postgresql/15/bin"
SETTINGS = """
listen_addresses = ''
max_connections = 120
shared_buffers = 1GB
max_wal_size = 4GB
jit = off
fsync = on
full_page_writes = on
synchronous_commit = on
log_min_messages = error
checkpoint_timeout = 30min
"""

# What the server asks of its connections, too (server/store/db_connect.c).
OPTIONS = "-c jit=off -c enable_seqscan=off -c max_parallel_workers_per_gather=0 -c statement_timeout=15000 -c lock_timeout=3000"


def as_postgres(command, **kwargs):
    """PostgreSQL refuses root: then it runs as the user postgres."""
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
    return subprocess.run(command, check=True, **kwargs)


class Cluster:
    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="sokuo-bench-pg-")
        os.chmod(self.directory, 0o755)
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.directory, user.pw_uid, user.pw_gid)
        self.data = os.path.join(self.directory, "data")
        as_postgres([f"{BIN}/initdb", "-k", "--locale=C.UTF-8", "-E", "UTF8", "-U", "postgres", "-A", "trust", "-D", self.data],
                    stdout=subprocess.DEVNULL)
        with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
            conf.write(SETTINGS + f"unix_socket_directories = '{self.directory}'\n")
        as_postgres([f"{BIN}/pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.directory, "log"), "start"],
                    stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        as_postgres([f"{BIN}/pg_ctl", "-D", self.data, "-m", "immediate", "stop"], stdout=subprocess.DEVNULL)
        shutil.rmtree(self.directory, ignore_errors=True)

    def url(self, database, user="postgres"):
        return f"host={self.directory} dbname={database} user={user}"

    def psql(self, database, sql, user="postgres"):
        out = subprocess.run([f"{BIN}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-U", user,
                              "-d", database, "-f", "-"], input=sql, text=True, capture_output=True, check=False)
        if out.returncode != 0:
            raise RuntimeError(out.stderr)
        return out.stdout.strip()

    def pgbench(self, database, script, clients, seconds, user="sokuo_app", extra=()):
        """Runs a script with prepared statements; answers transactions a second and latencies in microseconds, sorted."""
        with tempfile.TemporaryDirectory(prefix="sokuo-pgbench-") as directory:
            path = os.path.join(directory, "script.sql")
            with open(path, "w") as file:
                file.write(script)
            out = subprocess.run(
                ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2" if clients > 1 else "1", "-T", str(seconds),
                 "-f", path, "-h", self.directory, "-U", user, "-l", "--sampling-rate=0.2", *extra, database],
                cwd=directory, text=True, capture_output=True, check=False, env=dict(os.environ, PGOPTIONS=OPTIONS))
            if out.returncode != 0 or "tps = " not in out.stdout:
                raise RuntimeError(out.stderr[-2000:])
            latencies = []
            for name in os.listdir(directory):
                if name.startswith("pgbench_log"):
                    with open(os.path.join(directory, name)) as log:
                        latencies += [int(line.split()[2]) for line in log]
        tps = float(out.stdout.split("tps = ")[1].split()[0])
        return tps, sorted(latencies)
