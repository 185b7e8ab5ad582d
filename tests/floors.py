# SPDX-License-Identifier: Apache-2.0
"""Checks the house rules that a compiler does not: which floor may use which, where libraries and SQL may stand.

usage: floors.py SOURCE_ROOT
"""
import pathlib
import re
import subprocess
import sys

FLOORS = {"base": 0, "domain": 1, "codec": 1, "store": 2, "notify": 2, "rpc": 3, "engine": 3, "report": 3,
          "edge": 4, "supervisor": 5}
TOP = 6  # server/main.c and the commands beside it
# Header of a library: folders under server/ (or single files) that may include it.
WALLS = {
    "h2o.h": ["edge/"],
    "h2o/": ["edge/"],
    "libpq-fe.h": ["store/"],
    "libpq/": ["store/"],
    "curl/": ["notify/"],
    "uv.h": ["base/fiber.c", "store/", "edge/", "notify/", "supervisor/"],
}
SQL_CALL = re.compile(r'\bPQ(exec|execParams|sendQuery|sendQueryParams|prepare|sendPrepare)\s*\([^;]*?"', re.S)
SQL_WORDS = re.compile(r'"\s*(select|insert\s+into|update|delete\s+from|with)\s+[a-z_$*(.\s]+\s(from|values|set|as)\b', re.I)
SQL_ALLOWED = {"server/store/migrate.c"}  # makes the schema before any query file can be prepared
COMMENTS = {".c": "//", ".h": "//", ".proto": "//", ".ts": "//", ".tsx": "//", ".py": "#", ".sh": "#", ".sql": "--"}
FOREIGN = {"tests/conformance/proto/": "BSD-3-Clause"}  # Google's, unchanged; our files there are Apache-2.0


def tracked(root):
    out = subprocess.run(["git", "-c", f"safe.directory={root}", "-C", root, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True)
    if out.returncode == 0:
        return [root / line for line in out.stdout.splitlines() if (root / line).is_file()]
    return [p for d in ("server", "proto", "db", "tests") for p in (root / d).rglob("*")
            if p.is_file() and "node_modules" not in p.parts]


def floor_of(inside):
    return FLOORS.get(inside.split("/")[0], TOP) if "/" in inside else TOP


def check_include(name, inside, header, complaints):
    """inside: path below server/, or None for tests (which stand above everything)."""
    if inside is None:
        return
    found = re.match(r"server/([^/]+)/", header)
    if found:
        target = found.group(1)
        if target not in FLOORS:
            complaints.append(f"{name}: {header} is on no floor (tests/floors.py lists them)")
        elif FLOORS[target] > floor_of(inside) or (
                FLOORS[target] == floor_of(inside) and target != inside.split("/")[0]):
            complaints.append(f"{name}: {header} stands above or beside it; includes point down or within the folder")
    for library, places in WALLS.items():
        matches = header.startswith(library) if library.endswith("/") else header == library
        if matches and not any(inside.startswith(p) for p in places):
            complaints.append(f"{name}: {header} may only be used in {', '.join(places)}")


def check_c(path, root, complaints):
    name = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    inside = name[len("server/"):] if name.startswith("server/") else None
    for header in re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text, re.M):
        check_include(name, inside, header, complaints)
    if inside is not None and name not in SQL_ALLOWED and (SQL_CALL.search(text) or SQL_WORDS.search(text)):
        complaints.append(f"{name}: SQL in C; it belongs into db/queries/")


def check_spdx(path, root, complaints):
    mark = COMMENTS.get(path.suffix)
    if mark is None:
        return
    lines = path.read_text(encoding="utf-8").splitlines()[:2]
    if lines and lines[0].startswith("#!"):
        lines = lines[1:]
    name = path.relative_to(root).as_posix()
    foreign = [licence for folder, licence in FOREIGN.items() if name.startswith(folder)]
    if not lines or lines[0] not in [f"{mark} SPDX-License-Identifier: {x}" for x in ["Apache-2.0", *foreign]]:
        complaints.append(f"{name}: the first line must be \"{mark} SPDX-License-Identifier: Apache-2.0\"")


def main():
    root = pathlib.Path(sys.argv[1])
    complaints = []
    for path in tracked(root):
        check_spdx(path, root, complaints)
        if path.suffix in (".c", ".h"):
            check_c(path, root, complaints)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


sys.exit(main())
