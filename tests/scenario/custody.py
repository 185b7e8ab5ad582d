# SPDX-License-Identifier: Apache-2.0
"""Custody: evidence handed out to the police with a slip that says what, to whom and for what, in the chain for good; and the
chronology as it may leave the house."""
import base64
import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from server import RpcError, new_id  # noqa: E402

city = City("--workers", "2")
kept = {}
POLICE = {"organisation": "県警 サイバー犯罪対策課", "recipient": "山田 太郎 警部補", "receiptNo": "捜-2026-118",
          "purpose": "不正指令電磁的記録の捜査"}
EVIDENCE = "EvidenceService/"


def add(login, incident, data=b"", **fields):
    fields.setdefault("id", new_id())
    if data:
        fields.update(size=len(data), sha256=base64.b64encode(hashlib.sha256(data).digest()).decode())
    piece = city.do(login, EVIDENCE + "BeginEvidence", incidentId=incident["id"], **fields)["evidence"]
    if data:
        city.call(EVIDENCE + "PutChunk", {"evidenceId": piece["id"], "data": base64.b64encode(data).decode()},
                  token=city.person[login]["token"])
    return piece


def copy(piece):
    return {"evidenceId": piece["id"], "form": "TRANSFER_FORM_COPY"}


def original(piece):
    return {"evidenceId": piece["id"], "form": "TRANSFER_FORM_ORIGINAL"}


def hand_out(login, incident, *items, **fields):
    return city.do(login, EVIDENCE + "TransferEvidence", incidentId=incident["id"], items=list(items), **{**POLICE, **fields})["transfer"]


def no_hand_out(reason, incident, *items, login="csirt", **fields):
    try:
        hand_out(login, incident, *items, **fields)
    except RpcError as error:
        assert error.reason == reason, error
        assert error.info.get("messageJa") and error.info.get("messageEn"), error
        return error
    raise AssertionError(f"not refused: {reason}")


def slips(incident, login="siso"):
    return city.do(login, EVIDENCE + "ListTransfers", incidentId=incident["id"]).get("transfers", [])


def test_the_slip_names_each_piece_with_its_digest_and_both_times():
    city.settle()
    incident = kept["incident"] = city.file("poc", title="ランサムウェア")
    data = os.urandom(3000)
    photo = kept["photo"] = add("poc", incident, data, name="画面.jpg", mediaType="image/jpeg")
    disk = kept["disk"] = add("poc", incident, paperLocation="情報政策課 金庫: PC-0123のディスク")
    when = stamp(minutes=30)
    slip = kept["slip"] = hand_out("csirt", incident, copy(photo), original(disk), occurredAt=when)
    assert {name: slip[name] for name in POLICE} == POLICE, slip
    first, second = slip["items"]
    assert base64.b64decode(first["sha256"]) == hashlib.sha256(data).digest() and int(first["size"]) == 3000, first
    assert first["name"] == "画面.jpg" and second["paperLocation"] == disk["paperLocation"] and "size" not in second, second
    assert slip["occurredAt"] == when and slip["recordedAt"] > when and slip["by"]["personName"] == city.person["csirt"]["name"], slip
    assert slips(incident) == [slip]


def test_it_stands_in_the_chain_of_custody_under_its_number():
    entry = [e for e in city.entries(kept["incident"]) if e.get("changeKind") == "evidence.transferred"]
    assert len(entry) == 1 and entry[0]["seq"] == kept["slip"]["seq"], entry
    assert entry[0]["occurredAt"] == kept["slip"]["occurredAt"] and entry[0]["recordedAt"] == kept["slip"]["recordedAt"]
    for word in (*POLICE.values(), "画面.jpg(写し)", "(原本)", "2点"):
        assert word in entry[0]["text"], (word, entry[0]["text"])


def test_an_original_leaves_once_and_copies_as_often_as_asked():
    error = no_hand_out("ORIGINAL_GONE", kept["incident"], original(kept["disk"]))
    assert "写し" in error.info["messageJa"], error.info
    hand_out("siso", kept["incident"], copy(kept["disk"]), copy(kept["photo"]), organisation="フォレンジック社", recipient="佐藤 花子",
             receiptNo="")
    assert len(slips(kept["incident"])) == 2


def test_two_who_hand_out_the_same_original_at_once_leave_one_slip():
    incident = city.file("poc", title="同時")
    disk = add("poc", incident, paperLocation="金庫")
    with ThreadPoolExecutor(6) as pool:
        def one(_):
            try:
                return hand_out("csirt", incident, original(disk))["id"]
            except RpcError as error:
                return error.reason
        said = list(pool.map(one, range(6)))
    assert said.count("ORIGINAL_GONE") == 5 and len(slips(incident)) == 1, said


def test_the_same_again_gets_the_same_slip():
    fields = {"operationId": new_id(), "occurredAt": stamp(minutes=1)}
    first = hand_out("csirt", kept["incident"], copy(kept["photo"]), **fields)
    count = len(slips(kept["incident"]))
    assert hand_out("csirt", kept["incident"], copy(kept["photo"]), **fields) == first and len(slips(kept["incident"])) == count
    no_hand_out("OPERATION_ID_USED", kept["incident"], copy(kept["disk"]), **fields)


def test_what_cannot_be_handed_out_is_said_with_what_to_do():
    incident, photo = kept["incident"], kept["photo"]
    no_hand_out("ONLY_COPY", incident, original(photo))
    no_hand_out("REQUIRED", incident, {"evidenceId": photo["id"]})
    no_hand_out("REQUIRED", incident)
    no_hand_out("TWICE", incident, copy(photo), copy(photo))
    no_hand_out("NO_SUCH_EVIDENCE", incident, copy({"id": new_id()}))
    other = add("poc", city.file("poc", title="別の事案"), b"x", name="別")
    no_hand_out("NO_SUCH_EVIDENCE", incident, copy(other))
    half = city.do("poc", EVIDENCE + "BeginEvidence", incidentId=incident["id"], id=new_id(), size=100, name="途中")["evidence"]
    no_hand_out("NO_SUCH_EVIDENCE", incident, copy(half))
    for field, most in (("organisation", 100), ("recipient", 100), ("receiptNo", 100), ("purpose", 300)):
        no_hand_out("TOO_LONG", incident, copy(photo), **{field: "あ" * (most + 1)})
        no_hand_out("BAD_CHARACTER", incident, copy(photo), **{field: "a\x1b[2Jb"})
    for field in ("organisation", "recipient", "purpose"):
        no_hand_out("REQUIRED", incident, copy(photo), **{field: ""})
    no_hand_out("TOO_MANY", incident, *[copy({"id": new_id()}) for _ in range(101)])


def test_only_the_team_hands_out_and_only_of_what_it_may_read():
    incident = kept["incident"]
    no_hand_out("ROLE_NEEDED", incident, copy(kept["photo"]), login="staff")
    sealed = city.file("poc", title="指名者のみ", confidentiality="CONFIDENTIALITY_CONFIDENTIAL")
    piece = add("poc", sealed, b"x", name="秘")
    no_hand_out("INCIDENT_NOT_FOUND", sealed, copy(piece), login="handler")
    city.refused("INCIDENT_NOT_FOUND", "staff", EVIDENCE + "ListTransfers", incidentId=sealed["id"])


def test_a_slip_is_never_changed():
    for table in ("transfer", "transfer_item"):
        for act in (f"UPDATE sokuo.{table} SET tenant_id = tenant_id", f"DELETE FROM sokuo.{table}"):
            try:
                city.sql(f"SET ROLE sokuo_app; {act}")
            except RuntimeError as error:
                assert "permission denied" in str(error), error
            else:
                raise AssertionError(act)


# --- the chronology as it may leave the house ---

def extract(login, incident, **fields):
    return city.do(login, "ExtractEntries", incidentId=incident["id"], **{"purpose": "県警の照会", **fields})


def test_an_extract_shows_what_was_removed_and_why_and_holds_no_name_nor_number():
    incident = kept["told"] = city.file("poc", title="抜粋")
    name = city.person["siso"]["name"]
    family, given = name.split()
    city.do("poc", "AddEntry", incidentId=incident["id"], sender="県 鈴木", kind="ENTRY_KIND_REPORT", occurredAt=stamp(hours=2),
            text=f"{name}へ電話 090-1234-5678。{family}部長は soc@example.jp へ 192.0.2.7 を伝えた。{family}{given}も了解。3台が感染")
    answer = kept["extract"] = extract("csirt", incident)
    line = answer["lines"][0]
    assert line["text"] == ("〔墨消し:氏名〕へ電話 〔墨消し:連絡先〕。〔墨消し:氏名〕部長は 〔墨消し:連絡先〕 へ 〔墨消し:連絡先〕 を伝えた。"
                            "〔墨消し:氏名〕も了解。3台が感染"), line
    assert line["sender"] == "〔墨消し:氏名〕" and line["postName"] and "personName" not in str(line), line
    assert answer["contactsRemoved"] == 3 and answer["namesRemoved"] >= 4 and "textsRemoved" not in answer, answer
    people = city.sql("SELECT name FROM sokuo.person").split("\n")
    said = "".join(str(line) for line in answer["lines"])
    assert not [name for name in people if name in said], "nobody's name"


def test_that_it_was_made_is_on_record_and_the_same_again_is_the_same():
    fields = {"operationId": new_id()}
    first = extract("siso", kept["told"], **fields)
    city.do("poc", "AddEntry", incidentId=kept["told"]["id"], text="その後の記録")
    assert extract("siso", kept["told"], **fields) == first, "what came later is not in it"
    entry = [e for e in city.entries(kept["told"]) if e.get("changeKind") == "entry.extracted"]
    assert len(entry) == 2 and entry[0]["id"] == first["entry"]["id"] and entry[0]["seq"] == first["entry"]["seq"], entry
    assert "県警の照会" in entry[0]["text"] and f"{len(first['lines'])}件" in entry[0]["text"], entry[0]


def test_who_took_evidence_is_not_named_either():
    said = "".join(line["text"] for line in extract("csirt", kept["incident"])["lines"])
    assert "県警" in said and not [name for name in ("太郎", "山田", "花子") if name in said], said


def test_a_time_range_and_what_was_corrected():
    early = [line["seq"] for line in extract("siso", kept["told"], until=stamp(hours=1))["lines"]]
    late = [line["seq"] for line in extract("siso", kept["told"], **{"from": stamp(hours=1)})["lines"]]
    assert len(early) == 1 and not set(early) & set(late), (early, late)
    entry = [e for e in city.entries(kept["told"]) if e["seq"] == early[0]][0]
    city.do("poc", "CorrectEntry", incidentId=kept["told"]["id"], entryId=entry["id"], text="2台が感染", reason="数え直し")
    lines = extract("siso", kept["told"], until=stamp(hours=1))["lines"]
    assert [(line.get("corrected", False), "2台" in line["text"]) for line in lines] == [(True, False), (False, True)], lines
    city.refused("NOTHING", "siso", "ExtractEntries", incidentId=kept["told"]["id"], until=stamp(days=300), purpose="x")


def test_texts_of_a_restricted_incident_go_whole():
    incident = city.file("poc", title="関係者限り", confidentiality="CONFIDENTIALITY_RESTRICTED")
    city.do("poc", "AddEntry", incidentId=incident["id"], text="内通の疑い")
    answer = extract("csirt", incident)
    assert {line["text"] for line in answer["lines"]} == {"〔墨消し:区分〕"} and answer["textsRemoved"] == len(answer["lines"]), answer


def test_only_the_team_takes_an_extract_and_only_of_what_it_may_read():
    city.refused("ROLE_NEEDED", "staff", "ExtractEntries", incidentId=kept["told"]["id"], purpose="x")
    sealed = city.file("poc", title="指名者のみ", confidentiality="CONFIDENTIALITY_CONFIDENTIAL")
    city.refused("INCIDENT_NOT_FOUND", "handler", "ExtractEntries", incidentId=sealed["id"], purpose="x")
    city.refused("REQUIRED", "csirt", "ExtractEntries", incidentId=kept["told"]["id"])
    city.refused("TOO_LONG", "csirt", "ExtractEntries", incidentId=kept["told"]["id"], purpose="あ" * 301)


def test_more_than_a_thousand_entries_are_refused_with_what_to_do():
    city.sql(f"INSERT INTO sokuo.journal (tenant_id, id, stream, stream_id, stream_seq, kind, mode, wall, occurred_at, entry_kind, text) "
             f"SELECT tenant_id, gen_random_uuid(), 'incident', id, 10000 + n, 'entry.added', mode, wall, now(), 1, 'x' "
             f"FROM sokuo.incident, generate_series(1, 1001) n WHERE id = '{kept['told']['id']}'")
    city.refused("TOO_MANY", "csirt", "ExtractEntries", incidentId=kept["told"]["id"], purpose="x")


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
