# SPDX-License-Identifier: Apache-2.0
"""Compiles the demo city's CSV files into C, so that the program needs no files.

usage: embed_demo.py OUT.c FILE.csv …
"""
import pathlib
import sys


def main():
    out, files = sys.argv[1], [pathlib.Path(f) for f in sys.argv[2:]]
    lines = ["// SPDX-License-Identifier: Apache-2.0", '#include "server/supervisor/demo_files.h"', ""]
    for file in files:
        data = file.read_bytes()
        lines.append(f"static const unsigned char {file.stem}_csv[] = {{")
        lines += ["".join(f"{b}," for b in data[i:i + 40]) for i in range(0, len(data), 40)]
        lines.append("};")
    lines.append("const struct demo_file demo_files[] = {")
    lines += [f'    {{"{f.stem}", {f.stem}_csv, sizeof {f.stem}_csv}},' for f in files]
    lines += ["    {0},", "};", ""]
    pathlib.Path(out).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
