# SPDX-License-Identifier: Apache-2.0
"""Evidence: announced first, its bytes in pieces, kept as they came, handed out as attachments, every hand noted."""
import base64
import hashlib
import os
import socket
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from server import RpcError, new_id  # noqa: E402

city = City("--workers", "2")
kept = {}
CHUNK = 262_144


def begin(login, incident, data=b"", **fields):
    fields.setdefault("id", new_id())
    if data:
        fields.setdefault("size", len(data))
        fields.setdefault("sha256", base64.b64encode(hashlib.sha256(data).digest()).decode())
    return city.do(login, "EvidenceService/BeginEvidence", incidentId=incident["id"], **fields)["evidence"]


def put(login, evidence, offset, data):
    message = {"evidenceId": evidence["id"], "offset": offset, "data": base64.b64encode(data).decode()}
    return city.call("EvidenceService/PutChunk", message, token=city.person[login]["token"])["evidence"]


def upload(login, incident, data, **fields):
    evidence = begin(login, incident, data, **fields)
    for offset in range(0, len(data), CHUNK):
        evidence = put(login, evidence, offset, data[offset:offset + CHUNK])
    return evidence


def download(login, evidence):
    request = urllib.request.Request(f"{city.url}/evidence/{evidence['id']}",
                                     headers={"Authorization": "Bearer " + city.person[login]["token"]})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read(), answer.headers


def status_of(call):
    try:
        call()
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def refused(reason, call):
    try:
        call()
    except RpcError as error:
        assert error.reason == reason, error
        assert error.info.get("messageJa") and error.info.get("messageEn"), error
        return error
    raise AssertionError(f"not refused: {reason}")


def chronology(incident):
    return [e["changeKind"] for e in city.entries(incident) if e.get("changeKind", "").startswith("evidence.")]


def test_a_photo_in_pieces_comes_back_byte_for_byte():
    city.settle()
    incident = kept["incident"] = city.file("poc", title="画面の写真")
    data = kept["data"] = os.urandom(CHUNK * 3 + 12345)
    evidence = kept["evidence"] = upload("poc", incident, data, name="画面 \"<b>.jpg", mediaType="image/jpeg")
    assert evidence["complete"] and int(evidence["received"]) == len(data), evidence
    body, headers = download("poc", evidence)
    assert body == data
    assert headers["Content-Type"] == "application/octet-stream", headers
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''%E7%94%BB%E9%9D%A2%20%22%3Cb%3E.jpg", headers
    assert any("sandbox" in policy for policy in headers.get_all("Content-Security-Policy")), headers
    assert headers["X-Content-Type-Options"] == "nosniff", headers
    assert headers["Cache-Control"] == "no-store", headers


def test_every_hand_it_went_through_is_in_the_chronology():
    assert chronology(kept["incident"]) == ["evidence.taken", "evidence.completed", "evidence.added"]


def test_an_upload_goes_on_where_it_stopped():
    incident, data = kept["incident"], os.urandom(CHUNK * 2)
    evidence = begin("poc", incident, data)
    assert int(put("poc", evidence, 0, data[:CHUNK])["received"]) == CHUNK
    assert int(put("poc", evidence, 0, data[:CHUNK])["received"]) == CHUNK, "a piece sent twice counts once"
    assert int(put("poc", evidence, CHUNK + 5, data[CHUNK + 5:])["received"]) == CHUNK, "a gap is not kept"
    done = put("poc", evidence, CHUNK, data[CHUNK:])
    assert done["complete"] and download("poc", done)[0] == data
    assert put("poc", evidence, 0, data[:CHUNK])["complete"], "complete stays complete"


def test_the_same_piece_at_once_from_four_sides_is_kept_once():
    incident, data = kept["incident"], os.urandom(CHUNK)
    evidence = begin("poc", incident, data)
    threads = [threading.Thread(target=put, args=("poc", evidence, 0, data)) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert download("poc", evidence)[0] == data
    assert city.sql(f"SELECT count(*) FROM sokuo.evidence_chunk WHERE evidence_id = '{evidence['id']}'") == "1"


def test_bytes_that_are_not_what_was_announced_are_asked_for_again():
    incident, data = kept["incident"], os.urandom(1000)
    evidence = begin("poc", incident, data)
    refused("DIGEST_DIFFERS", lambda: put("poc", evidence, 0, data[:-1] + b"?"))
    done = put("poc", evidence, 0, data)
    assert done["complete"] and download("poc", done)[0] == data


def test_without_a_digest_the_servers_own_is_kept():
    data = os.urandom(500)
    evidence = begin("poc", kept["incident"], size=len(data), name="x.bin")
    done = put("poc", evidence, 0, data)
    assert base64.b64decode(done["sha256"]) == hashlib.sha256(data).digest(), done


def test_paper_is_evidence_too():
    evidence = begin("poc", kept["incident"], paperLocation="総務課 書庫3 赤ファイル", occurredAt=stamp(hours=1))
    assert evidence["complete"] and evidence["paperLocation"], evidence
    assert status_of(lambda: download("poc", evidence)) == 400
    listed = city.do("poc", "EvidenceService/ListEvidence", incidentId=kept["incident"]["id"])["evidence"]
    assert listed[-1]["id"] == evidence["id"] and listed[-1]["occurredAt"] < stamp(minutes=59), listed[-1]


def test_the_same_announcement_again_gets_its_first_answer():
    fields = {"operationId": new_id(), "id": new_id(), "paperLocation": "金庫"}
    first, again = begin("poc", kept["incident"], **fields), begin("poc", kept["incident"], **fields)
    assert first == again
    assert city.sql(f"SELECT count(*) FROM sokuo.evidence WHERE id = '{fields['id']}'") == "1"


def test_limits_are_said_with_what_to_do():
    incident = kept["incident"]
    error = refused("TOO_LARGE", lambda: begin("poc", incident, size=20 * 1024 * 1024 + 1))
    assert error.info["limit"] == 20 * 1024 * 1024, error.info
    refused("REQUIRED", lambda: begin("poc", incident))
    refused("REQUIRED", lambda: begin("poc", incident, b"x", paperLocation="金庫"))
    refused("WRONG_LENGTH", lambda: begin("poc", incident, size=1, sha256="AAAA"))
    city.sql(f"INSERT INTO sokuo.evidence (tenant_id, id, incident_id, size, occurred_at) SELECT tenant_id, "
             f"gen_random_uuid(), id, 2147483648, now() FROM sokuo.incident WHERE id = '{incident['id']}'")
    refused("EVIDENCE_FULL", lambda: begin("poc", incident, b"x"))


def test_who_may_not_read_the_incident_learns_nothing_of_its_evidence():
    incident = city.file("poc", title="関係者限り", confidentiality="CONFIDENTIALITY_RESTRICTED")
    evidence = upload("poc", incident, b"secret bytes", name="secret.txt")
    bodies = []
    for id_ in (evidence["id"], new_id()):
        try:
            download("staff", {"id": id_})
        except urllib.error.HTTPError as error:
            bodies.append((error.code, error.read()))
    assert bodies[0] == bodies[1] and bodies[0][0] == 404, "not there and not visible are one answer"
    refused("NO_SUCH_EVIDENCE", lambda: put("staff", evidence, 0, b"x"))
    assert not city.do("staff", "EvidenceService/ListEvidence", incidentId=incident["id"]).get("evidence")
    refused("INCIDENT_NOT_FOUND", lambda: begin("staff", incident, b"x"))


def test_only_who_announced_it_sends_its_bytes():
    evidence = begin("poc", city.file("poc"), b"1234")
    refused("NOT_YOURS", lambda: put("siso", evidence, 0, b"1234"))


def test_a_first_password_opens_no_evidence():
    person = city.call("DirectoryService/ListPersons", {"query": "10500"})["persons"][0]
    made = city.call("AuthService/CreateAccount", {"personId": person["id"], "login": "newcomer"})
    message = {"login": "newcomer", "password": made["password"], "wantToken": True}
    city.person["newcomer"] = {"token": city.call("AuthService/Login", message, token="")["token"]}
    public = city.file("poc", confidentiality="CONFIDENTIALITY_PUBLIC")
    evidence = upload("poc", public, b"x")
    assert status_of(lambda: download("newcomer", evidence)) == 400
    assert city.sql("SELECT count(*) FROM sokuo.journal WHERE kind = 'evidence.taken' "
                    f"AND stream_id = '{public['id']}'") == "0"


def test_without_a_login_nothing_is_handed_out():
    def plain():
        urllib.request.urlopen(f"{city.url}/evidence/{kept['evidence']['id']}", timeout=20)
    assert status_of(plain) == 401

    def by_post():
        request = urllib.request.Request(f"{city.url}/evidence/{kept['evidence']['id']}", data=b"x", method="POST")
        urllib.request.urlopen(request, timeout=20)
    assert status_of(by_post) == 405


def test_a_name_is_a_name_and_never_a_path_or_a_header():
    incident = kept["incident"] = city.file("poc", title="名前の悪い証拠")
    for name, shown in (("../../etc/passwd", "passwd"), ("..\\..\\windows\\x.dll", "x.dll"), ("/etc/shadow", "shadow"),
                        (".htaccess", "_htaccess"), ("..", "_."), ("a/", "evidence"), ("x\"; filename=\"a.html", None),
                        ("%2e%2e%2fetc", None), ("<script>alert(1)</script>.svg", "script>.svg"), ("\U0001f512" * 200, None),
                        ("名前'; DROP TABLE evidence;--", None)):
        evidence = upload("poc", incident, b"<script>alert(1)</script>", name=name, mediaType="text/html")
        body, headers = download("poc", evidence)
        disposition = headers["Content-Disposition"]
        assert disposition.startswith("attachment; filename*=UTF-8''") and disposition.count(";") == 1, disposition
        said = urllib.parse.unquote(disposition.split("''")[1])
        assert said == (name if shown is None else shown), (name, said)
        assert disposition.isascii() and '"' not in disposition, disposition
        assert headers["Content-Type"] == "application/octet-stream" and body == b"<script>alert(1)</script>", headers
        listed = city.do("poc", "EvidenceService/ListEvidence", incidentId=incident["id"])["evidence"][-1]
        assert listed["name"] == name, "the record keeps what was said"
    for name in ("a\r\nSet-Cookie: sid=1", "a\nb", "a\x00b", "a\x1b[2J", "photo\u202egpj.exe", "a\u2028b"):
        refused("BAD_CHARACTER", lambda: begin("poc", incident, b"x", name=name))
        refused("BAD_CHARACTER", lambda: begin("poc", incident, b"x", mediaType=name))
        refused("BAD_CHARACTER", lambda: begin("poc", incident, paperLocation=name))
    refused("TOO_LONG", lambda: begin("poc", incident, b"x", name="あ" * 201))
    refused("TOO_LONG", lambda: begin("poc", incident, b"x", mediaType="a" * 101))


def test_sizes_and_places_out_of_all_range_are_refused_or_change_nothing():
    incident, most = kept["incident"], 2**63 - 1
    for size in (most, 1 << 40):
        refused("TOO_LARGE", lambda: begin("poc", incident, size=size))
    for size in (-1, -most - 1, 0):
        refused("REQUIRED", lambda: begin("poc", incident, size=size))
    evidence = begin("poc", incident, b"1234")
    for offset in (-1, 5, most, -most - 1):
        assert "received" not in put("poc", evidence, offset, b"12"), offset
    assert "received" not in put("poc", evidence, 0, b"12345"), "more than was announced"
    refused("TOO_LONG", lambda: put("poc", evidence, 0, bytes(512 * 1024 + 1)))
    refused("REQUIRED", lambda: put("poc", evidence, 0, b""))
    try:
        put("poc", evidence, 0, bytes(1 << 20))
        raise AssertionError("a megabyte in one piece was taken")
    except RpcError as error:
        assert error.code == "resource_exhausted", error
    assert put("poc", evidence, 0, b"1234")["complete"]


def test_no_path_leads_out_of_the_evidence():
    for path in ("../healthz", "..%2f..%2fetc%2fpasswd", "%2e%2e/metrics", kept["evidence"]["id"] + "/..", "x" * 3000, "%00",
                 kept["evidence"]["id"] + "%0d%0aX-Evil:1", "", "00000000-0000-0000-0000-000000000000"):
        connection = city.connection(20)
        connection.request("GET", "/evidence/" + path, headers={"Authorization": "Bearer " + city.person["poc"]["token"]})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status in (400, 404, 414), (path[:50], answer.status)
        assert "X-Evil" not in answer.headers and b"root:" not in body, path
        connection.close()


def test_who_does_not_read_what_they_took_holds_up_nobody():
    data = os.urandom(16 * 1024 * 1024)
    evidence = upload("poc", kept["incident"], data, name="大きい.bin")
    small = upload("poc", kept["incident"], b"small", name="小さい.txt")

    def open_and_not_read():
        client = socket.create_connection((city.host, city.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET /evidence/{evidence['id']} HTTP/1.1\r\nHost: {city.host}:{city.port}\r\n"
                       f"Authorization: Bearer {city.person['poc']['token']}\r\n\r\n".encode())
        client.settimeout(20)
        return client, client.recv(12)[9:]
    clients = [open_and_not_read() for _ in range(16)]
    codes = [code for _, code in clients]
    assert set(codes) == {b"200", b"429"} and codes.count(b"200") <= 2 * 2, codes  # two in each of the two workers
    assert download("siso", evidence)[0] == data and download("siso", small)[0] == b"small"
    for client, _ in clients:
        client.close()
    deadline = time.monotonic() + 20
    while status_of(lambda: download("poc", evidence)) != 200:
        assert time.monotonic() < deadline, "it is never given back"
        time.sleep(0.1)


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
