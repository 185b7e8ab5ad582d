# SPDX-License-Identifier: Apache-2.0
"""Compiles playbooks/**/*.yaml into C, so that the program needs no files.

usage: embed.py DIR OUT.c DEPFILE
"""
import pathlib
import re
import sys


def literal(data):
    """Octal escapes only: no digit that follows can be taken for a part of one."""
    lines = [data[i:i + 32] for i in range(0, len(data), 32)] or [b""]
    return "\n".join('    "' + "".join(f"\\{byte:03o}" for byte in line) + '"' for line in lines)


def main():
    folder, out, depfile = (pathlib.Path(word) for word in sys.argv[1:])
    paths = sorted(folder.rglob("*.yaml"))
    rows = []
    for path in paths:
        file = path.relative_to(folder).as_posix()
        plan = re.fullmatch(r"(PB-\d\d)_[a-z0-9_]+\.yaml", file)
        name = plan.group(1) if plan else file.removesuffix(".yaml")
        data = path.read_bytes()
        is_plan = "true" if plan else "false"
        rows.append((name, f'    {{"{name}", "{file}",\n{literal(data)},\n    {len(data)}, {is_plan}}},\n'))
    rows.sort()
    text = '// Made by playbooks/embed.py.\n#include "server/codec/shipped.h"\n\nconst struct shipped_file shipped_files[] = {\n'
    out.write_text(text + "".join(row for _, row in rows) + "    {0},\n};\n", encoding="utf-8")
    watched = [folder, *paths] + [path for path in folder.iterdir() if path.is_dir()]
    depfile.write_text(f"{out}: " + " ".join(str(path).replace(" ", "\\ ") for path in watched) + "\n", encoding="utf-8")


main()
