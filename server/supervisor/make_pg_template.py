#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes pg_template.gen.c: what initdb of the newest installed PostgreSQL makes, packed (decision 0040).

usage: make_pg_template.py OUT.c DEPFILE WORKDIR
Without PostgreSQL the pack is empty, and the server runs initdb itself at its first start.
"""
import glob
import os
import pwd
import subprocess
import sys
import tempfile
import zlib

FLAGS = ["-k", "-E", "UTF8", "--locale=C.UTF-8", "-U", "postgres", "-A", "trust", "--no-instructions"]
MAJOR_LEAST = 14
CONTROL = "global/pg_control"
WAL_IDENTIFIER_AT = 24  # xlp_sysid of XLogLongPageHeaderData


def newest():
    """(major, directory of programs) of the newest PostgreSQL, (0, "") when there is none."""
    found = [(int(path.split("/")[4]), os.path.dirname(path)) for path in glob.glob("/usr/lib/postgresql/*/bin/initdb")
             if path.split("/")[4].isdigit()]
    return max([pair for pair in found if pair[0] >= MAJOR_LEAST], default=(0, ""))


def somebody():
    """PostgreSQL does not run as root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    sys.exit("make_pg_template: root needs a user postgres or nobody")


def initdb(programs, folder):
    who = {}
    if os.geteuid() == 0:
        user = somebody()
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    cluster = os.path.join(folder, "pg")
    # initdb leaves a log of 16 MB behind it; after pg_resetwal it begins anew, and is nearly empty.
    for command in (["initdb", "-N", *FLAGS, "-D", cluster], ["pg_resetwal", cluster]):
        done = subprocess.run([f"{programs}/{command[0]}", *command[1:]], cwd=folder, capture_output=True, text=True,
                              check=False, **who)
        if done.returncode != 0:
            sys.exit(f"make_pg_template: {command[0]} failed:\n{done.stdout}{done.stderr}")
    return cluster


def read(cluster):
    """{path: content}; directories end with a slash and come before what is in them.

    Maps of free space and of visibility are left out, a quarter of all files: PostgreSQL makes them again when it needs them.
    """
    tree = {}
    for folder, folders, names in os.walk(cluster):
        folders.sort()
        below = os.path.relpath(folder, cluster)
        if below != ".":
            tree[below + "/"] = b""
        for name in sorted(name for name in names if not name.endswith(("_fsm", "_vm"))):
            with open(os.path.join(folder, name), "rb") as file:
                tree[os.path.normpath(os.path.join(below, name))] = file.read()
    return tree


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def crc_at(control):
    """Where the control file's checksum lies: it ends the structure, whose length depends on the version."""
    for at in range(64, 512, 4):
        if crc32c(control[:at]) == int.from_bytes(control[at:at + 4], sys.byteorder):
            return at
    sys.exit("make_pg_template: no checksum found in the control file")


def pack(tree):
    """Each content once, without the zeros at its end. Answers the bytes and the table's rows.

    The control file is kept whole: it gets an identity of its own, and its checksum may end with a zero where this one does not.
    """
    raw, seen, rows = bytearray(), {}, []
    for path, content in tree.items():
        stored = content if path == CONTROL else content.rstrip(b"\0")
        if stored not in seen:
            seen[stored] = len(raw)
            raw += stored
        rows.append((path, seen[stored], len(stored), len(content)))
    return bytes(raw), rows


def log_of(tree):
    """The one segment of the write-ahead log."""
    [path] = [path for path in tree if path.startswith("pg_wal/") and not path.endswith("/")]
    return path


def write(target, work, major, raw, rows, identity):
    packed = zlib.compress(raw, 9)
    blob = os.path.abspath(os.path.join(work, "pg_template.z"))
    with open(blob, "wb") as file:
        file.write(packed)
    with open(target, "w", encoding="utf-8") as out:
        out.write("// SPDX-License-Identifier: Apache-2.0\n// Made by make_pg_template.py.\n"
                  '#include "server/supervisor/pg_template.h"\n\n')
        out.write(f'__asm__(".section .rodata\\n.balign 16\\npg_template_packed:\\n.incbin \\"{blob}\\"\\n.previous\\n");\n')
        out.write("extern const unsigned char pg_template_packed[];\n\n")
        out.write("const char *const pg_initdb_flags[] = {" + ", ".join(f'"{flag}"' for flag in FLAGS) + ", NULL};\n\n")
        out.write("static const struct pg_template_file files[] = {\n")
        out.writelines(f'    {{"{path}", {offset}, {stored}, {size}}},\n' for path, offset, stored, size in rows)
        out.write("    {0},\n};\n\nconst struct pg_template pg_template = {\n")
        out.write(f"    .major = {major}, .packed = pg_template_packed, .packed_len = {len(packed)}, .raw_len = {len(raw)},\n"
                  "    .files = files,\n")
        out.writelines(f"    .{name} = {place},\n" for name, place in identity.items())
        out.write("};\n")


def main():
    target, depfile, work = sys.argv[1:4]
    os.makedirs(work, exist_ok=True)
    major, programs = newest()
    tree, identity = {}, {}
    if major:
        with tempfile.TemporaryDirectory(prefix="sokuo-template-") as folder:
            tree = read(initdb(programs, folder))
    raw, rows = pack(tree)
    if major:
        places = {path: offset for path, offset, _, _ in rows}
        at = places[log_of(tree)] + WAL_IDENTIFIER_AT
        identity = {"control_at": places[CONTROL], "control_crc_at": crc_at(tree[CONTROL]), "wal_identifier_at": at}
        if raw[at:at + 8] != tree[CONTROL][:8]:
            sys.exit("make_pg_template: the identifier is not where it was in the log of this PostgreSQL")
    write(target, work, major, raw, rows, identity)
    with open(depfile, "w", encoding="utf-8") as file:
        file.write(f"{target}:" + (f" {programs}/initdb {programs}/postgres" if major else "") + "\n")


main()
