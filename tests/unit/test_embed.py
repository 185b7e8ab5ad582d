# SPDX-License-Identifier: Apache-2.0
"""What db/embed.py refuses, and what it makes of what it takes.

usage: test_embed.py EMBED_PY
"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

EMBED = pathlib.Path(sys.argv.pop())


class Embed(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.base = pathlib.Path(self.folder.name)
        for name in ("queries", "migrations", "out"):
            (self.base / name).mkdir()

    def tearDown(self):
        self.folder.cleanup()

    def run_on(self, queries="", migrations=()):
        (self.base / "queries/a.sql").write_text(queries, encoding="utf-8")
        for name in migrations:
            (self.base / "migrations" / name).write_text("SELECT 1;\n", encoding="utf-8")
        return subprocess.run([sys.executable, EMBED, "--queries", self.base / "queries", "--migrations",
                               self.base / "migrations", "--out", self.base / "out"], capture_output=True, text=True,
                              check=False)

    def refuse(self, why, queries="", migrations=()):
        done = self.run_on(queries, migrations)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(why, done.stderr)

    def test_nothing_is_fine(self):
        self.assertEqual(self.run_on().returncode, 0)
        self.assertIn("QUERY_COUNT", (self.base / "out/queries.gen.h").read_text(encoding="utf-8"))

    def test_a_query_becomes_name_text_and_count(self):
        done = self.run_on("-- name: a_get :one\n-- Says $9 in a comment.\n"
                           "SELECT '$7', \"x\" FROM sokuo.a WHERE b = $2::int AND c = $1::text;\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        source = (self.base / "out/queries.gen.c").read_text(encoding="utf-8")
        self.assertIn('{"a_get",', source)
        self.assertIn("\n     2},", source)
        self.assertIn('SELECT \'$7\', \\"x\\" FROM sokuo.a', source)
        self.assertNotIn("comment", source)

    def test_mistakes_are_refused(self):
        self.refuse("exists already", "-- name: a :one\nSELECT 1;\n-- name: a :one\nSELECT 1;\n")
        self.refuse("$3 is used but $2 is not", "-- name: a :one\nSELECT $1::int + $3::int;\n")
        self.refuse("needs its schema", "-- name: a :one\nSELECT 1 FROM incident;\n")
        self.refuse("needs its schema", "-- name: a :exec\nUPDATE incident SET x = 1;\n")
        self.refuse("more than one statement", "-- name: a :one\nSELECT 1; SELECT 2;\n")
        self.refuse("is empty", "-- name: a :one\n-- nothing\n")
        self.refuse("noun_verb", "-- name: a one\nSELECT 1;\n")
        self.refuse("before the first", "SELECT 1;\n")

    def test_what_only_looks_like_a_table_is_taken(self):
        done = self.run_on("-- name: a :many\nWITH done AS (UPDATE sokuo.a SET x = 1 RETURNING id)\n"
                           "SELECT extract(epoch FROM t.at), t.a IS DISTINCT FROM t.b FROM done, unnest($1::int[]) AS t\n"
                           "JOIN LATERAL (SELECT 1) x ON true FOR UPDATE OF t SKIP LOCKED;\n"
                           "-- name: b :exec\nINSERT INTO sokuo.a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2;\n")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_migrations_have_no_gaps_and_proper_names(self):
        self.refuse("NNNN_what.sql", migrations=["first.sql"])
        (self.base / "migrations/first.sql").unlink()
        self.refuse("number 0002 comes next", migrations=["0001_a.sql", "0003_c.sql"])


unittest.main()
