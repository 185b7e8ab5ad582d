#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes assets.gen.c: every file of the built web client by .incbin, with the .br and .gz that its build made of it.

usage: embed_assets.py OUT.c DEPFILE WORKDIR DIST|-
With "-" instead of a directory a plain page is embedded that says the client was not built.
"""
import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
    ".json": "application/json", ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
WITHOUT = """<!doctype html>
<html lang="ja"><meta charset="utf-8"><title>Sokuo</title>
<h1>Sokuo</h1>
<p>この版には画面が含まれていません。サーバーは動いています。</p>
<p lang="en">This build has no web client. The server is running.</p>
</html>
"""


def files_of(dist):
    """Path below the server's root, and the file; without the compressed variants."""
    for folder, folders, names in os.walk(dist):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            if not name.endswith((".br", ".gz")):
                yield "/" + os.path.relpath(full, dist), full


def variants(full):
    """The file itself, and what its build has compressed."""
    yield "plain", full
    for end in ("br", "gz"):
        compressed = f"{full}.{end}"
        if os.path.isfile(compressed) and os.path.getsize(compressed) < os.path.getsize(full):
            yield end, compressed


def embed(out, symbol, path):
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    out.append(f'__asm__(".section .rodata\\n.balign 16\\n{symbol}:\\n.incbin \\"{quoted}\\"\\n{symbol}_end:\\n'
               f'.byte 0\\n.previous\\n");')
    out.append(f"extern const unsigned char {symbol}[], {symbol}_end[];")


def main():
    target, depfile, work, dist = sys.argv[1:5]
    os.makedirs(work, exist_ok=True)
    if dist == "-":
        page = os.path.join(work, "without.html")
        with open(page, "w", encoding="utf-8") as f:
            f.write(WITHOUT)
        entries = [("/index.html", page)]
    elif os.path.isfile(os.path.join(dist, "index.html")):
        entries = sorted(files_of(dist))
    else:
        sys.exit(f"embed_assets: {dist} has no index.html. Build the web client first, or use -Dweb=false")

    bodies, rows = [], []
    for index, (path, full) in enumerate(entries):
        with open(full, "rb") as f:
            digest = hashlib.sha256(f.read()).hexdigest()[:16]
        row = []
        for name, file in variants(full):
            symbol = f"asset_{index}_{name}"
            embed(bodies, symbol, os.path.abspath(file))
            row.append(f".{name} = {{{symbol}, {os.path.getsize(file)}}}")
        kind = TYPES.get(os.path.splitext(path)[1], "application/octet-stream")
        rows.append(f'    {{.path = "{path}", .type = "{kind}", .hash = "{digest}", {", ".join(row)}}},')

    with open(target, "w", encoding="utf-8") as f:
        f.write("// SPDX-License-Identifier: Apache-2.0\n// Made by embed_assets.py.\n")
        f.write('#include "server/edge/assets.h"\n\n')
        f.write("\n".join(bodies))
        f.write("\n\nconst struct asset assets_builtin[] = {\n" + "\n".join(rows) + "\n};\n")
        f.write(f"const size_t assets_builtin_count = {len(rows)};\n")
    with open(depfile, "w", encoding="utf-8") as f:
        f.write(target + ":" + "".join(" " + os.path.abspath(full).replace(" ", "\\ ") for _, full in entries) + "\n")


main()
