#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logins, second factors, sessions, tokens, accounts and the organisation, against a whole server with the demo city."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from server import RpcError, Server  # noqa: E402

SERVER = None
DEMO = None


def refused(method, message, **kwargs):
    try:
        answer = SERVER.call(method, message, **kwargs)
    except RpcError as error:
        return error
    raise AssertionError(f"{method} was not refused: {answer}")


def login(name, password=None, **more):
    return SERVER.call("AuthService/Login", {"login": name, "password": password or DEMO, "wantToken": True, **more}, token="")


def token_of(name):
    return login(name)["token"]


def totp(secret, step=0):
    """The present code: by oathtool where it is installed, so that two programs agree."""
    at = int(time.time()) + 30 * step
    mac = hmac.new(base64.b32decode(secret), struct.pack(">q", at // 30), hashlib.sha1).digest()
    offset = mac[19] & 15
    own = f"{(struct.unpack('>I', mac[offset:offset + 4])[0] & 0x7fffffff) % 1000000:06d}"
    if shutil.which("oathtool"):
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
        oath = subprocess.run(["oathtool", "--totp", "-b", "-N", now, secret], capture_output=True, text=True, check=True)
        assert oath.stdout.strip() == own
    return own


def raw(method, message, headers):
    connection = http.client.HTTPConnection(SERVER.host, SERVER.port, timeout=30)
    connection.request("POST", f"/sokuo.v1.{method}", json.dumps(message), {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_a_login_answers_a_token_or_sets_a_cookie():
    me = login("ciso")["me"]
    assert me["post"]["name"] == "副市長" and "ROLE_CISO" in me["roles"], me
    response, body = raw("AuthService/Login", {"login": " CISO ", "password": DEMO}, {})
    cookie = response.getheader("Set-Cookie")
    assert response.status == 200 and "token" not in json.loads(body)
    assert cookie.startswith("sid=") and "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie, cookie
    value = cookie.split(";")[0]
    response, body = raw("AuthService/GetMe", {}, {"Cookie": value, "Sec-Fetch-Site": "same-origin"})
    assert response.status == 200 and json.loads(body)["me"]["login"] == "ciso", body
    response, _ = raw("AuthService/Logout", {}, {"Cookie": value, "Sec-Fetch-Site": "same-origin"})
    assert response.status == 200 and "Max-Age=0" in response.getheader("Set-Cookie")
    response, _ = raw("AuthService/GetMe", {}, {"Cookie": value, "Sec-Fetch-Site": "same-origin"})
    assert response.status == 401, response.status


def test_a_browser_gets_no_token():
    response, _ = raw("AuthService/Login", {"login": "ciso", "password": DEMO, "wantToken": True},
                      {"Sec-Fetch-Site": "same-origin"})
    assert response.status == 400, response.status


def test_wrong_name_and_wrong_password_are_one_answer():
    first, second = [raw("AuthService/Login", {"login": name, "password": "not the password"}, {})
                     for name in ("siso", "nobody.at.all")]
    assert first[0].status == second[0].status == 401
    assert first[1] == second[1]


def test_five_failures_slow_the_next_login_down_and_lock_nobody_out():
    SERVER.call("AuthService/Login", {"login": "poc", "password": DEMO, "wantToken": True}, token="")
    for _ in range(5):
        assert refused("AuthService/Login", {"login": "poc", "password": "wrong wrong wrong"}, token="").status == 401
    error = refused("AuthService/Login", {"login": "poc", "password": DEMO}, token="")
    assert error.status == 429 and error.info.get("retryAt"), error
    time.sleep(1.1)
    assert login("poc")["token"]


def test_an_authenticator_app_is_enrolled_used_and_never_twice():
    token = token_of("handler")
    begun = SERVER.call("AuthService/BeginTotp", {"password": DEMO}, token=token)
    assert begun["uri"].startswith("otpauth://totp/Sokuo:handler?secret=" + begun["secret"])
    assert begun["qrSvg"].startswith("<svg ") and len(begun["qrSvg"]) < 40000
    assert refused("AuthService/ConfirmTotp", {"code": "000000"}, token=token).info["field"] == "code"
    codes = SERVER.call("AuthService/ConfirmTotp", {"code": totp(begun["secret"])}, token=token)["recoveryCodes"]
    assert len(codes) == len(set(codes)) == 10 and all(len(c) == 29 for c in codes)
    assert login("handler") == {"totpRequired": True}
    code = totp(begun["secret"], 1)
    assert login("handler", totpCode=code)["me"]["totpEnrolled"]
    assert refused("AuthService/Login", {"login": "handler", "password": DEMO, "totpCode": code}, token="").status == 401
    assert login("handler", recoveryCode=codes[3].lower().replace("-", " "))["me"]["recoveryCodesLeft"] == 9
    assert refused("AuthService/Login", {"login": "handler", "password": DEMO, "recoveryCode": codes[3]}, token="").status == 401
    more = SERVER.call("AuthService/RenewRecoveryCodes", {"password": DEMO}, token=token)["recoveryCodes"]
    assert not set(more) & set(codes)
    assert refused("AuthService/Login", {"login": "handler", "password": DEMO, "recoveryCode": codes[4]}, token="").status == 401


def test_a_new_password_is_long_and_ends_the_other_sessions():
    one, two = token_of("ism"), token_of("ism")
    change = {"currentPassword": DEMO}
    for password in ("too short", "ism is my login name", "passwordpassword", "aaaaaaaaaaaaaaaaaaaa"):
        assert refused("AuthService/ChangePassword", {**change, "newPassword": password}, token=one).info["field"] == "newPassword"
    SERVER.call("AuthService/ChangePassword", {**change, "newPassword": "窓口の花は毎朝五時に水をやる係"}, token=one)
    assert SERVER.call("AuthService/GetMe", {}, token=one)["me"]["login"] == "ism"
    assert refused("AuthService/GetMe", {}, token=two).status == 401
    assert login("ism", "窓口の花は毎朝五時に水をやる係")["token"]


def test_sessions_are_listed_and_ended():
    one, two = token_of("desk"), token_of("desk")
    sessions = SERVER.call("AuthService/ListSessions", {}, token=one)["sessions"]
    assert [s.get("current", False) for s in sessions].count(True) == 1
    other = next(s for s in sessions if not s.get("current"))
    strange = refused("AuthService/RevokeSession", {"id": other["id"]}, token=token_of("staff"))
    assert strange.status == 404
    assert SERVER.call("AuthService/RevokeSession", {}, token=one)["revoked"] == len(sessions) - 1
    ended = refused("AuthService/GetMe", {}, token=two)
    assert ended.status == 401 and ended.reason == "SESSION_REVOKED", ended
    unknown = refused("AuthService/GetMe", {}, token="nobody")
    assert unknown.status == 401 and unknown.reason == "LOGIN_NEEDED", unknown


def test_a_pull_that_waits_ends_with_its_session():
    one, two = token_of("desk"), token_of("desk")
    cursor = SERVER.call("SyncService/Pull", {}, token=two)["cursor"]
    ended = []

    def wait():
        ended.append(refused("SyncService/Pull", {"after": cursor, "waitMs": 20000}, token=two).status)
    waiting = threading.Thread(target=wait)
    waiting.start()
    begin = time.monotonic()
    time.sleep(0.3)
    SERVER.call("AuthService/RevokeSession", {}, token=one)
    waiting.join(25)
    assert ended == [401] and time.monotonic() - begin < 10, (ended, time.monotonic() - begin)


def test_tokens_need_the_password_and_end_at_once():
    session = token_of("desk")
    assert refused("AuthService/CreateToken", {"name": "script", "password": "wrong wrong wrong"}, token=session).status == 400
    made = SERVER.call("AuthService/CreateToken", {"name": "script", "password": DEMO}, token=session)
    assert made["secret"].startswith("sokuo_") and len(made["secret"]) == 49
    assert made["secret"].startswith(made["token"]["prefix"])
    assert SERVER.call("AuthService/GetMe", {}, token=made["secret"])["me"]["login"] == "desk"
    assert [t["name"] for t in SERVER.call("AuthService/ListTokens", {}, token=session)["tokens"]] == ["script"]
    SERVER.call("AuthService/RevokeToken", {"id": made["token"]["id"]}, token=session)
    assert refused("AuthService/GetMe", {}, token=made["secret"]).status == 401


def test_accounts_are_for_administrators():
    staff = token_of("staff")
    for method in ("ListAccounts", "CreateAccount", "SetAccountEnabled", "ResetAccount"):
        error = refused(f"AuthService/{method}", {"personId": "0" * 8 + "-0000-7000-8000-" + "0" * 12, "login": "x",
                                                  "id": "0" * 8 + "-0000-7000-8000-" + "0" * 12}, token=staff)
        assert error.status == 403, (method, error)
    accounts = list(SERVER.pages("AuthService/ListAccounts", {"pageSize": 3}, "accounts"))
    assert [a["login"] for a in accounts] == sorted(["admin", "ciso", "csirt", "desk", "handler", "ism", "poc", "siso", "staff"])


def test_an_account_is_made_reset_and_shut():
    person = SERVER.call("DirectoryService/ListPersons", {"query": "10500"})["persons"][0]
    made = SERVER.call("AuthService/CreateAccount", {"personId": person["id"], "login": "New.Person"})
    assert made["account"]["login"] == "new.person"
    assert refused("AuthService/CreateAccount", {"personId": person["id"], "login": "new.person"}).status == 409
    assert refused("AuthService/CreateAccount", {"personId": person["id"], "login": "新しい人"}).info["field"] == "login"
    answer = login("new.person", made["password"])
    assert answer["me"]["mustChangePassword"]
    account = made["account"]["id"]
    again = SERVER.call("AuthService/ResetAccount", {"id": account})["password"]
    assert refused("AuthService/GetMe", {}, token=answer["token"]).status == 401
    token = login("new.person", again)["token"]
    SERVER.call("AuthService/SetAccountEnabled", {"id": account, "enabled": False})
    assert refused("AuthService/GetMe", {}, token=token).status == 401
    assert refused("AuthService/Login", {"login": "new.person", "password": again}, token="").status == 401
    own = SERVER.call("AuthService/GetMe", {})["me"]["accountId"]
    assert refused("AuthService/SetAccountEnabled", {"id": own, "enabled": False}).status == 400


def test_a_first_password_opens_nothing_but_the_way_to_an_own_one():
    person = SERVER.call("DirectoryService/ListPersons", {"query": "10501"})["persons"][0]
    made = SERVER.call("AuthService/CreateAccount", {"personId": person["id"], "login": "first.day"})
    token = login("first.day", made["password"])["token"]
    for method in ("IncidentService/ListIncidents", "SyncService/Pull", "AuthService/ListTokens"):
        error = refused(method, {}, token=token)
        assert (error.status, error.code, error.reason) == (400, "failed_precondition", "PASSWORD_CHANGE_NEEDED"), error
    assert SERVER.call("AuthService/GetMe", {}, token=token)["me"]["mustChangePassword"]
    SERVER.call("AuthService/ListSessions", {}, token=token)
    SERVER.call("AuthService/ChangePassword", {"currentPassword": made["password"],
                                               "newPassword": "朝の会議室には青い椅子が四つある"}, token=token)
    SERVER.call("IncidentService/ListIncidents", {}, token=token)
    # Somebody else may know the tokens when an administrator resets: they end too.
    api = SERVER.call("AuthService/CreateToken", {"name": "script", "password": "朝の会議室には青い椅子が四つある"},
                      token=token)["secret"]
    SERVER.call("IncidentService/ListIncidents", {}, token=api)
    SERVER.call("AuthService/ResetAccount", {"id": made["account"]["id"]})
    assert refused("AuthService/GetMe", {}, token=api).status == 401


def test_the_organisation_is_listed_and_searched():
    units = SERVER.call("DirectoryService/ListUnits", {})["units"]
    assert len(units) == 103 and units[0]["kind"] == "UNIT_KIND_ORGAN"
    posts = list(SERVER.pages("DirectoryService/ListPosts", {"pageSize": 200}, "posts"))
    assert len(posts) == 428 and len({p["id"] for p in posts}) == 428
    chief = next(p for p in posts if p["code"] == "P-VMAYOR")
    assert len(chief["holders"]) == 1 and {r["role"] for r in chief["roles"]} == {"ROLE_CISO", "ROLE_COMMITTEE"}
    name = chief["holders"][0]["person"]["name"]
    for query in (name, name.replace(" ", "　"), name.replace(" ", ""), "10002"):
        assert name in [p["name"] for p in SERVER.call("DirectoryService/ListPersons", {"query": query})["persons"]], query
    kana = SERVER.call("DirectoryService/GetPerson", {"id": chief["holders"][0]["person"]["id"]})["person"]["kana"]
    katakana = "".join(chr(ord(c) + 96) if "ぁ" <= c <= "ん" else c for c in kana)
    assert name in [p["name"] for p in SERVER.call("DirectoryService/ListPersons", {"query": katakana})["persons"]]
    assert len(list(SERVER.pages("DirectoryService/ListPersons", {"pageSize": 200}, "persons"))) == 1324
    heads = list(SERVER.pages("DirectoryService/ListPosts", {"role": "ROLE_ISM", "pageSize": 200}, "posts"))
    assert len(heads) == 79


def test_a_transfer_shows_by_its_day():
    post = SERVER.call("DirectoryService/ListPosts", {"query": "PS-09-1"})["posts"][0]
    person = SERVER.call("DirectoryService/ListPersons", {"query": "10600"})["persons"][0]
    SERVER.call("DirectoryService/SaveTenure", {"personId": person["id"], "postId": post["id"], "validFrom": "2098/4/1"})

    def holder(day):
        found = SERVER.call("DirectoryService/ListPosts", {"query": "PS-09-1", "asOf": day})["posts"][0]
        return [h["person"]["id"] for h in found.get("holders", [])]
    assert holder("2098-03-31") == [post["holders"][0]["person"]["id"]]
    assert holder("2098-04-01") == [person["id"]]
    assert refused("DirectoryService/SaveTenure", {"personId": person["id"], "postId": post["id"],
                                                   "validFrom": "2098-02-30"}).info["field"] == "validFrom"


def test_private_numbers_are_for_those_who_have_to_call():
    person = SERVER.call("DirectoryService/ListPosts", {"query": "PS-21-1"})["posts"][0]["holders"][0]["person"]["id"]

    def private(token):
        points = SERVER.call("DirectoryService/GetPerson", {"id": person}, token=token)["contactPoints"]
        return next(p.get("address", "") for p in points if p.get("private"))
    assert private(token_of("staff")) == ""
    assert private(token_of("desk")).startswith("090-0000-")
    assert private(token_of("ciso")).startswith("090-0000-")


def test_contact_points_are_ones_own():
    staff = token_of("staff")
    me = SERVER.call("AuthService/GetMe", {}, token=staff)["me"]["person"]["id"]
    other = SERVER.call("AuthService/GetMe", {}, token=token_of("ciso"))["me"]["person"]["id"]
    saved = SERVER.call("DirectoryService/SaveContactPoint", {"kind": "CONTACT_KIND_MOBILE", "address": "090-0000-9999",
                                                              "priority": 1, "private": True}, token=staff)["contactPoint"]
    assert saved["address"] == "090-0000-9999" and "confirmedAt" not in saved, "to be proved by its code"
    assert refused("DirectoryService/SaveContactPoint", {"personId": other, "kind": "CONTACT_KIND_MOBILE",
                                                         "address": "090-0000-9998"}, token=staff).status == 404
    ciso = SERVER.call("DirectoryService/GetPerson", {"id": other})["contactPoints"][0]["id"]
    assert refused("DirectoryService/DeleteContactPoint", {"id": ciso}, token=staff).status == 404
    SERVER.call("DirectoryService/DeleteContactPoint", {"id": saved["id"]}, token=staff)
    assert saved["id"] not in [p["id"] for p in
                               SERVER.call("DirectoryService/GetPerson", {"id": me}, token=staff)["contactPoints"]]


def test_an_import_over_the_wire_says_what_is_wrong():
    file = "職員番号,氏名,区分\n95001,試験 一郎,職員\n95002,,職員\n95003,試験 三郎,社長\n".encode("cp932")
    message = {"content": base64.b64encode(file).decode(), "dryRun": True}
    answer = SERVER.call("DirectoryService/ImportCsv", message)
    assert answer["kind"] == "CSV_KIND_PERSONS" and answer["encoding"] == "CP932" and answer["added"] == 1, answer
    assert [(f["line"], f["column"]) for f in answer["faults"]] == [(3, "氏名"), (4, "区分")]
    assert not SERVER.call("DirectoryService/ListPersons", {"query": "95001"}).get("persons")
    answer = SERVER.call("DirectoryService/ImportCsv", {**message, "dryRun": False})
    assert "95002" in base64.b64decode(answer["faultyCsv"]).decode("utf-8-sig")
    assert len(SERVER.call("DirectoryService/ListPersons", {"query": "95001"})["persons"]) == 1
    assert refused("DirectoryService/ImportCsv", message, token=token_of("staff")).status == 403


def test_the_demo_city_has_a_past():
    incidents = list(SERVER.pages("IncidentService/ListIncidents", {"pageSize": 5}, "incidents"))
    assert len(incidents) == 12, [i["number"] for i in incidents]
    assert {i["state"] for i in incidents} >= {"INCIDENT_STATE_CLOSED", "INCIDENT_STATE_CLOSED_FALSE", "INCIDENT_STATE_MONITORING",
                                               "INCIDENT_STATE_CONTAINMENT", "INCIDENT_STATE_INTAKE"}
    drills = SERVER.call("IncidentService/ListIncidents", {"filter": {"mode": "MODE_EXERCISE"}})["incidents"]
    assert len(drills) == 1 and drills[0]["number"].startswith("訓-"), drills
    assert not any("人事情報" in i["title"] for i in incidents), "named persons only, not even administrators"


def main():
    global SERVER, DEMO
    if len(sys.argv) > 1:
        os.environ["SOKUO_BIN"] = sys.argv[1]
    with Server(["--demo"]) as server:
        SERVER, DEMO = server, server.ready["demo_password"]
        tap.run(globals())


if __name__ == "__main__":
    main()
