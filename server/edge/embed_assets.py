#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes assets.gen.c: every file of the built web client, plain, brotli and gzip, by .incbin.

usage: embed_assets.py OUT.c DEPFILE WORKDIR DIST|-
With "-" instead of a directory a plain page is embedded that says the client was not built.
"""
import gzip
import hashlib
import os
import shutil
import subprocess
import sys

TYPES = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon",
    ".json": "application/json", ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
COMPRESSED = {".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt"}
WITHOUT = """<!doctype html>
<html lang="ja"><meta charset="utf-8"><title>Sokuo</title>
<h1>Sokuo</h1>
<p>この版には画面が含まれていません。サーバーは動いています。</p>
<p lang="en">This build has no web client. The server is running.</p>
</html>
"""
NODE = ("const z=require('zlib'),f=require('fs');const b=f.readFileSync(process.argv[1]);"
        "f.writeFileSync(process.argv[2],z.brotliCompressSync(b,{params:{[z.constants.BROTLI_PARAM_QUALITY]:11,"
        "[z.constants.BROTLI_PARAM_SIZE_HINT]:b.length}}))")


def brotli(source, target):
    """By whichever is there: the Python module, the command, Node.js."""
    try:
        import brotli as module
        with open(source, "rb") as f, open(target, "wb") as out:
            out.write(module.compress(f.read(), quality=11))
        return
    except ImportError:
        pass
    if shutil.which("brotli"):
        subprocess.run(["brotli", "-f", "-q", "11", "-o", target, source], check=True)
    elif shutil.which("node"):
        subprocess.run(["node", "-e", NODE, source, target], check=True)
    else:
        sys.exit("embed_assets: need python3-brotli, brotli or node to compress the web client")


def files_of(dist):
    for folder, folders, names in os.walk(dist):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            yield "/" + os.path.relpath(full, dist), full


def variants(full, work, index):
    """Paths of the br and gz variants; None where they would not be smaller."""
    with open(full, "rb") as f:
        plain = f.read()
    made = []
    for end in ("br", "gz"):
        target = os.path.join(work, f"{index}.{end}")
        if os.path.splitext(full)[1] not in COMPRESSED:
            made.append(None)
            continue
        if end == "br":
            brotli(full, target)
        else:
            with open(target, "wb") as f:
                f.write(gzip.compress(plain, 9, mtime=0))
        made.append(target if os.path.getsize(target) < len(plain) else None)
    return hashlib.sha256(plain).hexdigest()[:16], made


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
        digest, (br, gz) = variants(full, work, index)
        row = []
        for name, file in (("plain", full), ("br", br), ("gz", gz)):
            if file is None:
                continue
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
