# SPDX-License-Identifier: Apache-2.0
"""Compiles db/queries/*.sql and db/migrations/NNNN_*.sql into C, so that the program needs no files.

usage: embed.py --queries DIR|FILE … --migrations DIR --out DIR [--depfile FILE]
       embed.py --root DIR                     (finds both below DIR/db; only checks)

A query begins with "-- name: noun_verb :one|:many|:exec" and ends at the next name. Comments on lines of their own stay
out of the binary. Fails on a duplicate name, a gap in $1, $2, …, a table without schema, a gap in the migrations.
"""
import argparse
import hashlib
import os
import pathlib
import re
import sys

NAME = re.compile(r"^-- name:\s*(\S+)\s+(:\S+)\s*$")
MIGRATION = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
# Words after FROM, JOIN, INTO, UPDATE that are no table of ours.
TABLE = re.compile(r"\b(from|join|into|update)\s+(?!lateral\b|only\b|set\b|select\b|nowait\b|skip\b|of\b|strict\b)"
                   r"([a-z_][a-z0-9_]*)(?![a-z0-9_]*\s*[.(])\b", re.I)
BEFORE = re.compile(r"(\bdistinct|\bfor(\s+no)?(\s+key)?|\bdo|\b(extract|substring|trim|overlay|position)\s*\([^()]*)\s*$",
                    re.I)
CTE = re.compile(r"(?:\bwith(?:\s+recursive)?|,|\))\s*([a-z_][a-z0-9_]*)\s*(?:\([^()]*\))?\s+as\s+(?:not\s+)?(?:materialized\s+)?\(",
                 re.I)


OUTPUTS = ("queries.gen.h", "queries.gen.c", "migrations.gen.c")


class Failure(Exception):
    pass


def without_strings(sql):
    """The SQL without comments and string constants, for checks."""
    return re.sub(r"--[^\n]*|'(?:[^']|'')*'|\$\$.*?\$\$|/\*.*?\*/", " ", sql, flags=re.S)


def count_params(where, sql):
    numbers = {int(n) for n in re.findall(r"\$(\d+)", sql)}
    for n in range(1, max(numbers, default=0) + 1):
        if n not in numbers:
            raise Failure(f"{where}: ${max(numbers)} is used but ${n} is not")
    return len(numbers)


def check_tables(where, sql):
    known = {name.lower() for name in CTE.findall(sql)}
    for found in TABLE.finditer(sql):
        table = found.group(2).lower()
        if table not in known and not BEFORE.search(sql[:found.start()]):
            raise Failure(f"{where}: table {table} needs its schema: sokuo.{table}")


def compile_query(where, name, lines):
    sql = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip().rstrip(";").strip()
    bare = without_strings(sql)
    if not sql:
        raise Failure(f"{where}: {name} is empty")
    if ";" in bare:
        raise Failure(f"{where}: {name} holds more than one statement")
    check_tables(f"{where}: {name}", bare)
    return name, sql, count_params(f"{where}: {name}", bare)


def split_queries(path):
    """Yields (line number, name, lines) for every query of a file."""
    current = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = NAME.match(line)
        if found:
            if current:
                yield current
            name, kind = found.groups()
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or len(name) > 60 or kind not in (":one", ":many", ":exec"):
                raise Failure(f"{path}:{number}: write \"-- name: noun_verb :one|:many|:exec\"")
            current = (number, name, [])
        elif line.lower().startswith("-- name"):
            raise Failure(f"{path}:{number}: write \"-- name: noun_verb :one|:many|:exec\"")
        elif current:
            current[2].append(line)
        elif line.strip() and not line.startswith("--"):
            raise Failure(f"{path}:{number}: SQL before the first \"-- name:\"")
    if current:
        yield current


def sql_files(places):
    """Files stay, folders give theirs."""
    return sorted(path for place in places for path in (place.glob("*.sql") if place.is_dir() else [place]))


def read_queries(places):
    queries, seen = [], {}
    for path in sql_files(places):
        for number, name, lines in split_queries(path):
            where = f"{path}:{number}"
            if name in seen:
                raise Failure(f"{where}: {name} exists already at {seen[name]}")
            seen[name] = where
            queries.append(compile_query(where, name, lines))
    return sorted(queries)


def read_migrations(folder):
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        found = MIGRATION.match(path.name)
        if not found:
            raise Failure(f"{path}: call it NNNN_what.sql")
        number = int(found.group(1))
        if number != len(migrations) + 1:
            raise Failure(f"{path}: number {len(migrations) + 1:04d} comes next")
        data = path.read_bytes()
        migrations.append((number, path.name[:-4], hashlib.sha256(data).hexdigest(), data.decode("utf-8")))
    return migrations


def literal(text):
    """A C string constant, a line of source for every line of text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    return "\n".join(f'        "{line}\\n"' for line in escaped.split("\n"))


HEAD = "// SPDX-License-Identifier: Apache-2.0\n// Made by db/embed.py.\n"


def queries_header(queries):
    names = "".join(f"    Q_{name.upper()},\n" for name, _, _ in queries)
    most = max((count for _, _, count in queries), default=0)
    return (f"{HEAD}#pragma once\n\nenum query {{\n{names}    QUERY_COUNT\n}};\n\n"
            f"#define QUERY_PARAMS_MOST {max(most, 1)}\n\n"
            "struct query_text {\n    const char *name, *text;\n    int params;\n};\n\n"
            "extern const struct query_text query_table[QUERY_COUNT + 1];\n")


def queries_source(queries):
    rows = "".join(f'    {{"{name}",\n{literal(sql)},\n     {count}}},\n' for name, sql, count in queries)
    return (f'{HEAD}#include "server/store/queries.gen.h"\n\n'
            f"const struct query_text query_table[QUERY_COUNT + 1] = {{\n{rows}    {{0}},\n}};\n")


def migrations_source(migrations):
    rows = "".join(f'    {{{number}, "{name}", "{digest}",\n{literal(text)}}},\n' for number, name, digest, text in migrations)
    return (f'{HEAD}#include "server/store/migration.h"\n\n'
            f"const struct migration migration_table[] = {{\n{rows}    {{0}},\n}};\n"
            f"const int migration_count = {len(migrations)};\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path)
    parser.add_argument("--queries", type=pathlib.Path, nargs="+")
    parser.add_argument("--migrations", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--depfile", type=pathlib.Path)
    args = parser.parse_args()
    query_places = args.queries or [args.root / "db/queries"]
    migration_dir = args.migrations or args.root / "db/migrations"
    queries, migrations = read_queries(query_places), read_migrations(migration_dir)
    if not args.out:
        return
    (args.out / "queries.gen.h").write_text(queries_header(queries), encoding="utf-8")
    (args.out / "queries.gen.c").write_text(queries_source(queries), encoding="utf-8")
    (args.out / "migrations.gen.c").write_text(migrations_source(migrations), encoding="utf-8")
    if args.depfile:
        # The folders too: a new file changes them.
        used = [*query_places, migration_dir, *sql_files([*query_places, migration_dir])]
        outputs = " ".join(os.path.relpath(args.out / name) for name in OUTPUTS)
        args.depfile.write_text(f"{outputs}: {' '.join(map(str, used))}\n", encoding="utf-8")


try:
    main()
except Failure as failure:
    print(f"embed.py: {failure}", file=sys.stderr)
    sys.exit(1)
