#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The build refuses a method without a policy, a policy without roles, a stream, and a message that contains itself."""
import pathlib
import subprocess
import sys
import tempfile

TOOL, PROTO = sys.argv[1], sys.argv[2]
HEAD = 'syntax = "proto3"; package sokuo.v1; import "sokuo/v1/options.proto";\n'
POLICY = "option (policy) = {audience: AUDIENCE_PERSON};"
CASES = [
    ("a method with a policy passes", "rpc Go(Q) returns (Q) { %s }" % POLICY, "", None),
    ("a method without a policy is named", "rpc Go(Q) returns (Q);", "", "sokuo.v1.S/Go has no policy"),
    ("an audience of roles needs roles", "rpc Go(Q) returns (Q) { option (policy) = {audience: AUDIENCE_ROLES}; }", "",
     "sokuo.v1.S/Go: AUDIENCE_ROLES"),
    ("a stream is refused", "rpc Go(Q) returns (stream Q) { %s }" % POLICY, "", "sokuo.v1.S/Go streams"),
    ("a message that contains itself is refused", "rpc Go(Q) returns (Q) { %s }" % POLICY, "Q again = 1;", "contains itself"),
]


def run(directory, service, fields):
    source = pathlib.Path(directory, "case.proto")
    source.write_text(HEAD + "message Q { %s } service S { %s }\n" % (fields, service))
    subprocess.run(["protoc", "-I", PROTO, "-I", directory, "--include_imports",
                    "--descriptor_set_out=" + directory + "/set", "case.proto"], check=True)
    return subprocess.run([TOOL, "methods", directory + "/set", directory + "/out"], capture_output=True, text=True)


failed = False
with tempfile.TemporaryDirectory() as directory:
    for name, service, fields, message in CASES:
        result = run(directory, service, fields)
        is_ok = result.returncode == 0 if message is None else result.returncode != 0 and message in result.stderr
        print("ok" if is_ok else "NOT OK", name, result.stderr.strip())
        failed |= not is_ok
sys.exit(failed)
