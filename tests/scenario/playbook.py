# SPDX-License-Identifier: Apache-2.0
"""Plans: what ships is in force, drafts become law only by other eyes, and nothing that is sent in costs much."""
import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City  # noqa: E402
from server import RpcError, new_id  # noqa: E402

PLANS = pathlib.Path(__file__).resolve().parents[2] / "playbooks"
city = City("--workers", "2")
STATE = "REVISION_STATE_"


def do(login, method, /, **message):
    return city.do(login, "PlaybookService/" + method, **message)


def refused(reason, login, method, /, **message):
    error = city.refused(reason, login, "PlaybookService/" + method, **message)
    assert error.info.get("messageJa") and error.info.get("messageEn"), error.info
    return error


def b64(data):
    return base64.b64encode(data).decode()


def source_of(code):
    return next(PLANS.glob(code + "_*.yaml")).read_bytes()


def listed(login="siso", **fields):
    return city.call("PlaybookService/ListPlaybooks", fields, token=city.person[login]["token"]).get("revisions", [])


def get(id, login="siso", **fields):
    return city.call("PlaybookService/GetPlaybook", {"id": id, **fields}, token=city.person[login]["token"])


def export(id, kind, login="siso"):
    return city.call("PlaybookService/ExportPlaybook", {"id": id, "format": "PLAYBOOK_FORMAT_" + kind},
                     token=city.person[login]["token"])


def check(data, login="handler"):
    return city.call("PlaybookService/CheckPlaybook", {"source": b64(data)}, token=city.person[login]["token"])


def edited(code, old, new):
    text = source_of(code).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def draft(login, data, **fields):
    return do(login, "ImportPlaybook", source=b64(data), **fields)["revision"]


def act(login, revision, word, **fields):
    return do(login, "ApprovePlaybook", revisionId=revision["id"], act="REVISION_ACT_" + word, **fields)["revision"]


def in_force(login, approver, data, **fields):
    revision = draft(login, data, **fields)
    act(login, revision, "SUBMIT")
    return act(approver, revision, "APPROVE")


def test_all_plans_ship_in_force():
    city.settle()
    plans = listed()
    assert [p["code"] for p in plans] == [f"PB-{i:02}" for i in range(1, 23)]
    for plan in plans:
        assert plan["state"] == STATE + "EFFECTIVE" and plan["number"] == 1 and plan["reason"] == "出荷時版", plan
        assert plan["approvedBy"]["capacity"] == "CAPACITY_SYSTEM" and plan["reviewDue"], plan
    city.stop()
    city.start()
    assert city.sql("SELECT count(*) FROM sokuo.playbook_revision") == "22", "a second start adds nothing"


def test_yaml_comes_back_byte_for_byte():
    for plan in listed():
        source = source_of(plan["code"])
        answer = export(plan["id"], "YAML")
        assert base64.b64decode(answer["data"]) == source, plan["code"]
        assert base64.b64decode(plan["sourceSha256"]) == hashlib.sha256(source).digest()
        assert answer["fileName"] == plan["code"] + "_r1.yaml"
        assert get(plan["code"])["source"].encode() == source


def every_words(value):
    if isinstance(value, dict):
        if set(value) <= {"ja", "en"} and value:
            yield value
        else:
            for part in value.values():
                yield from every_words(part)
    elif isinstance(value, list):
        for part in value:
            yield from every_words(part)


def test_every_text_is_there_in_both_languages():
    kana = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
    for plan in listed():
        found = list(every_words(get(plan["code"])["playbook"]))
        assert len(found) > 30, plan["code"]
        for words in found:
            assert words.get("ja") and words.get("en"), (plan["code"], words)
            assert not kana.search(words["en"]), (plan["code"], words)


def test_fragments_stand_at_the_end_of_the_plan():
    plan = get("PB-01")["playbook"]
    steps = {step["no"]: step for step in plan["steps"]}
    assert steps["K1"]["after"] == ["21"] and steps["K1"]["origin"] == "TARGET_ORIGIN_CLOSE"
    assert steps["P1"]["fragment"] == "F-PII" and steps["P1"]["origin"] == "TARGET_ORIGIN_START"


def test_faults_have_line_and_column():
    lines = source_of("PB-14").decode().split("\n")
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("role: "))
    lines[at] = lines[at].split("role: ")[0] + "role: facilty"
    answer = check("\n".join(lines).encode())
    fault = answer["faults"][0]
    assert (fault["reason"], fault["line"]) == ("UNKNOWN_ROLE", at + 1), answer["faults"]
    assert fault["column"] == lines[at].index("facilty") + 1
    assert "facility" in fault["message"]["ja"] and "facility" in fault["message"]["en"]
    assert "playbook" not in answer
    assert check(source_of("PB-14"))["playbook"]["code"] == "PB-14"


def test_nobody_approves_what_they_wrote():
    first = draft("csirt", edited("PB-16", "version: \"2026.1\"", "version: \"2026.2\""), reason="見直し")
    assert (first["state"], first["number"], first["version"]) == (STATE + "DRAFT", 2, "2026.2")
    assert get(first["id"], "csirt")["allowedActs"] == ["SUBMIT", "WITHDRAW", "EDIT"]
    refused("NOT_IN_THIS_STATE", "siso", "ApprovePlaybook", revisionId=first["id"], act="REVISION_ACT_APPROVE")
    act("csirt", first, "SUBMIT")
    refused("NOT_PERMITTED", "handler", "ApprovePlaybook", revisionId=first["id"], act="REVISION_ACT_APPROVE")
    refused("REQUIRED", "siso", "ApprovePlaybook", revisionId=first["id"], act="REVISION_ACT_RETURN")
    back = act("siso", first, "RETURN", reason="給水車の台数を書いてください")
    assert back["state"] == STATE + "DRAFT"
    # The CISO takes the draft further: a draft of her own, and she is an author of what follows.
    second = draft("ciso", edited("PB-16", "version: \"2026.1\"", "version: \"2026.3\""), replacesId=first["id"])
    assert second["number"] == 3 and second["id"] != first["id"]
    assert get(first["id"])["revision"]["state"] == STATE + "WITHDRAWN"
    third = draft("csirt", edited("PB-16", "version: \"2026.1\"", "version: \"2026.4\""), replacesId=second["id"])
    act("csirt", third, "SUBMIT")
    refused("FOUR_EYES", "ciso", "ApprovePlaybook", revisionId=third["id"], act="REVISION_ACT_APPROVE")
    done = act("siso", third, "APPROVE")
    assert done["state"] == STATE + "EFFECTIVE" and done["approvedBy"]["personId"] == city.person["siso"]["id"]
    assert get(third["id"])["revision"] == {**done, "sourceSha256": get(third["id"])["revision"]["sourceSha256"]}
    states = {r["number"]: r["state"] for r in listed(playbookId=done["playbookId"])}
    assert states == {4: STATE + "EFFECTIVE", 3: STATE + "WITHDRAWN", 2: STATE + "WITHDRAWN", 1: STATE + "SUPERSEDED"}
    kinds = city.sql("SELECT string_agg(kind, ' ' ORDER BY id) FROM sokuo.journal WHERE stream = 'playbook' "
                     f"AND stream_id IN ('{first['id']}', '{third['id']}')")
    assert kinds == ("playbook.drafted playbook.submitted playbook.returned playbook.drafted playbook.submitted "
                     "playbook.approved"), kinds


def test_a_plan_waits_for_its_day():
    revision = draft("csirt", edited("PB-03", "version: \"2026.1\"", "version: \"2027.1\""))
    act("csirt", revision, "SUBMIT")
    refused("OUT_OF_RANGE", "siso", "ApprovePlaybook", revisionId=revision["id"], act="REVISION_ACT_APPROVE",
            effectiveFrom="2020-04-01T00:00:00Z")
    day = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7 * 86400))
    approved = act("siso", revision, "APPROVE", effectiveFrom=day)
    assert approved["state"] == STATE + "APPROVED" and approved["effectiveFrom"] == day
    assert approved["reviewDue"][5:10] == day[5:10] and int(approved["reviewDue"][:4]) == int(day[:4]) + 1
    assert get("PB-03")["revision"]["number"] == 1
    city.set_clock("8 days")
    now = get("PB-03")["revision"]
    assert now["number"] == 2 and now["state"] == STATE + "EFFECTIVE"
    refused("NOT_IN_THIS_STATE", "siso", "ApprovePlaybook", revisionId=revision["id"], act="REVISION_ACT_WITHDRAW",
            reason="取り消し")
    city.set_clock("0")
    act("ciso", revision, "WITHDRAW", reason="施行を見送る")
    assert get("PB-03")["revision"]["number"] == 1


def test_differences_are_rendered():
    data = edited("PB-22", "target: 48h", "target: 72h").replace(b"review_months: 12", b"review_months: 6")
    revision = draft("csirt", data)
    answer = get(revision["id"], "csirt")
    found = {(d.get("no", ""), d.get("field", "")): d for d in answer["differences"]}
    assert found[("", "review_months")]["before"]["ja"] == "12"
    target = next(d for key, d in found.items() if key[1] == "target")
    assert target["before"] == {"ja": "2日", "en": "2 d"} and target["after"]["ja"] == "3日", target
    assert len(found) == 2, found
    assert answer["comparedToId"] == get("PB-22")["revision"]["id"]
    act("csirt", revision, "WITHDRAW", reason="試験")


def test_a_draft_with_faults_is_kept_but_not_let_through():
    answer = do("csirt", "ImportPlaybook", source=b64(edited("PB-21", "role: poc", "role: pocc")))
    revision = answer["revision"]
    assert revision["faultCount"] == 1 and answer["faults"][0]["reason"] == "UNKNOWN_ROLE"
    whole = get(revision["id"], "csirt")
    assert "playbook" not in whole and whole["faults"] == answer["faults"] and "SUBMIT" not in whole["allowedActs"]
    refused("PLAN_HAS_FAULTS", "csirt", "ApprovePlaybook", revisionId=revision["id"], act="REVISION_ACT_SUBMIT")
    again = draft("csirt", source_of("PB-21"), replacesId=revision["id"])
    assert again["id"] == revision["id"] and again["number"] == revision["number"], "one's own draft is written over"
    assert "SUBMIT" in get(revision["id"], "csirt")["allowedActs"]
    refused("NOT_THE_NEWEST_DRAFT", "csirt", "ImportPlaybook", source=b64(source_of("PB-20")), replacesId=revision["id"])
    act("csirt", revision, "WITHDRAW", reason="試験")
    refused("NOT_THE_NEWEST_DRAFT", "csirt", "ImportPlaybook", source=b64(source_of("PB-21")), replacesId=revision["id"])


def test_the_same_operation_again_answers_the_same():
    message = {"operationId": new_id(), "source": b64(edited("PB-20", "review_months: 12", "review_months: 24"))}
    first = do("csirt", "ImportPlaybook", **message)
    assert do("csirt", "ImportPlaybook", **message) == first
    refused("OPERATION_ID_USED", "csirt", "ImportPlaybook", **{**message, "reason": "別の内容"})
    move = {"operationId": new_id(), "revisionId": first["revision"]["id"], "act": "REVISION_ACT_SUBMIT"}
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: do("csirt", "ApprovePlaybook", **move), range(6)))
    assert all(answer == answers[0] for answer in answers), answers
    assert city.sql(f"SELECT count(*) FROM sokuo.journal WHERE stream_id = '{first['revision']['id']}'") == "2"


def test_the_same_draft_sent_at_once_is_kept_once():
    old = draft("handler", edited("PB-17", "review_months: 12", "review_months: 9"))
    for login in ("handler", "csirt"):  # over one's own draft, and in the place of another's
        message = {"operationId": new_id(), "source": b64(edited("PB-17", "review_months: 12", "review_months: 8")),
                   "replacesId": old["id"]}
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: do(login, "ImportPlaybook", **message), range(6)))
        assert all(answer == answers[0] for answer in answers), answers
    revisions = listed(playbookId=old["playbookId"])
    assert [(r["number"], r["state"]) for r in revisions] == [
        (3, STATE + "DRAFT"), (2, STATE + "WITHDRAWN"), (1, STATE + "EFFECTIVE")], revisions


def test_drafts_that_come_at_once_get_numbers_of_their_own():
    data = edited("PB-19", "review_months: 12", "review_months: 18")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        revisions = list(pool.map(lambda i: draft(("csirt", "handler")[i % 2], data), range(8)))
    assert sorted(r["number"] for r in revisions) == list(range(2, 10)), revisions
    fresh = data.replace(b"code: PB-19", b"code: PB-40")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        revisions = list(pool.map(lambda i: draft(("csirt", "handler")[i % 2], fresh), range(8)))
    assert sorted(r["number"] for r in revisions) == list(range(1, 9)) and len({r["playbookId"] for r in revisions}) == 1
    head = next(p for p in listed() if p["code"] == "PB-40")
    assert head["number"] == 8 and head["state"] == STATE + "DRAFT"


def test_an_organ_has_an_edition_of_its_own():
    organ = city.sql("SELECT id FROM sokuo.unit WHERE kind = 1 ORDER BY code OFFSET 1 LIMIT 1")
    refused("NO_SUCH_ORGAN", "csirt", "ImportPlaybook", source=b64(source_of("PB-05")), organId=new_id())
    own = in_force("csirt", "siso", edited("PB-05", "version: \"2026.1\"", "version: \"organ.1\""), organId=organ)
    assert own["number"] == 1 and own["organ"]["id"] == organ and own["state"] == STATE + "EFFECTIVE"
    assert get("PB-05")["revision"]["version"] == "2026.1", "the code alone is the city's"
    assert [p["code"] for p in listed(organId=organ)] == ["PB-05"]
    incident = city.file(title="誤送信", facts={}, incidentType="INCIDENT_TYPE_MISDELIVERY")
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S2", reason="判定",
            incidentType="INCIDENT_TYPE_MISDELIVERY")
    versions = {p["code"]: p["version"] for p in listed(incidentId=incident["id"])}
    assert versions["PB-05"] == "2026.1"
    city.sql(f"UPDATE sokuo.incident SET filer_section_id = '{organ}' WHERE id = '{incident['id']}'")
    plans = listed(incidentId=incident["id"])
    assert plans[0]["code"] == "PB-05" and plans[0]["version"] == "organ.1" and plans[0]["fits"] == ["TYPE"], plans[0]
    assert len([p for p in plans if p["code"] == "PB-05"]) == 1
    assert [e["id"] for e in plans[0]["editions"]] == [organ]


def test_an_edition_under_way_does_not_hide_the_citys():
    organ = city.sql("SELECT id FROM sokuo.unit WHERE kind = 1 ORDER BY code OFFSET 1 LIMIT 1")
    draft("csirt", edited("PB-06", "version: \"2026.1\"", "version: \"organ.1\""), organId=organ)
    incident = city.file(title="紛失", facts={})
    city.sql(f"UPDATE sokuo.incident SET filer_section_id = '{organ}' WHERE id = '{incident['id']}'")
    plan = next(p for p in listed(incidentId=incident["id"]) if p["code"] == "PB-06")
    assert plan["version"] == "2026.1" and "editions" not in plan, plan
    run = city.do("siso", "PlaybookService/StartPlaybook", incidentId=incident["id"], codes=["PB-06"])["runs"][0]
    assert run["version"] == "2026.1" and "organ" not in run, run


def test_an_edition_knows_which_text_of_the_citys_it_goes_by():
    organ = city.sql("SELECT id FROM sokuo.unit WHERE kind = 1 ORDER BY code OFFSET 2 LIMIT 1")
    first = get("PB-07")["revision"]
    own = in_force("csirt", "siso", edited("PB-07", "version: \"2026.1\"", "version: \"organ.1\""), organId=organ)
    assert own["basedOnId"] == own["cityId"] == first["id"] and own["basedOnNumber"] == 1, own
    shown = get(own["id"])
    assert shown["comparedToId"] == first["id"], "a first edition is compared with the city's"
    assert [d["field"] for d in shown["differences"]] == ["version"]
    second = in_force("csirt", "siso", edited("PB-07", "version: \"2026.1\"", "version: \"2026.2\""))
    now = get(own["id"])["revision"]
    assert now["basedOnId"] == first["id"] and now["cityId"] == second["id"], "the city's changed since"
    text = edited("PB-07", "version: \"2026.1\"", "version: \"organ.2\"")
    assert draft("csirt", text, organId=organ)["basedOnId"] == first["id"], "it goes on from what it was"
    refused("NOT_THE_CITYS", "csirt", "ImportPlaybook", source=b64(text), organId=organ, basedOnId=own["id"])
    refused("NOT_THE_CITYS", "csirt", "ImportPlaybook", source=b64(text), organId=organ, basedOnId=new_id())
    refused("NOT_THE_CITYS", "csirt", "ImportPlaybook", source=b64(text), basedOnId=first["id"])
    taken_up = draft("csirt", text, organId=organ, basedOnId=second["id"])
    assert taken_up["basedOnId"] == taken_up["cityId"] == second["id"] and taken_up["basedOnNumber"] == 2, taken_up
    assert "basedOnId" not in second and "cityId" not in second


def test_triage_is_offered_the_plans_that_fit():
    incident = city.file(title="暗号化", incidentType="INCIDENT_TYPE_MALWARE")
    city.do("csirt", "TriageIncident", id=incident["id"], severity="SEVERITY_S3", reason="判定",
            incidentType="INCIDENT_TYPE_MALWARE")
    plans = listed(incidentId=incident["id"])
    assert plans[0]["code"] == "PB-01" and plans[0]["fits"][0] == "TYPE", plans[0]
    assert len(plans) >= 22 and not plans[-1].get("fits")
    assert all("GROUP" not in p.get("fits", []) for p in plans), "by group only for want of a plan for the type"


IDENTIFIER = re.compile("[a-z][a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def walk_cacao(workflow, id, met):
    """Follows a branch to its end; answers the end's id. Every step is met once, each branch has an end of its own."""
    while True:
        assert IDENTIFIER.fullmatch(id) and id not in met, id
        met.add(id)
        step = workflow[id]
        assert id.split("--")[0] == step["type"], step
        if step["type"] == "end":
            assert set(step) == {"type"}
            return id
        if step["type"] == "parallel":
            assert len(step["next_steps"]) >= 2
            for branch in step["next_steps"]:
                walk_cacao(workflow, branch, met)
        assert "on_success" not in step and "on_failure" not in step
        id = step["on_completion"]


def cacao_of(code):
    answer = export(code, "CACAO")
    assert answer["fileName"].endswith(".cacao.json") and answer["mediaType"].startswith("application/cacao+json")
    return base64.b64decode(answer["data"])


def test_cacao_goes_out_as_the_standard_wants_it():
    for plan in listed():
        if plan["state"] != STATE + "EFFECTIVE":
            continue
        doc = json.loads(cacao_of(plan["code"]))
        assert (doc["type"], doc["spec_version"]) == ("playbook", "cacao-2.0")
        assert IDENTIFIER.fullmatch(doc["id"]) and IDENTIFIER.fullmatch(doc["created_by"])
        assert all(TIME.fullmatch(doc[key]) for key in ("created", "modified", "valid_from"))
        met = set()
        walk_cacao(doc["workflow"], doc["workflow_start"], met)
        assert met == set(doc["workflow"]), "steps nobody comes to"
        (extension,) = doc["extension_definitions"]
        assert IDENTIFIER.fullmatch(extension) and list(doc["playbook_extensions"]) == [extension]
        actions = [s for s in doc["workflow"].values() if s["type"] == "action"]
        assert len(actions) == plan["stepCount"]
        for action in actions:
            assert action["agent"] in doc["agent_definitions"] and action["commands"][0]["type"] == "manual"
            step = action["step_extensions"][extension]["step"]
            assert step["role"] and step["text"]["en"], step


def test_cacao_validates_against_the_published_schemas():
    schemas = os.environ.get("SOKUO_CACAO_SCHEMAS")
    if not schemas:
        print("# not run: SOKUO_CACAO_SCHEMAS is not set (tests/README.md)")
        return
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for plan in listed():
            if plan["state"] == STATE + "EFFECTIVE":
                files.append(os.path.join(folder, plan["code"] + ".json"))
                pathlib.Path(files[-1]).write_bytes(cacao_of(plan["code"]))
        assert len(files) >= 22
        script = pathlib.Path(__file__).resolve().parents[1] / "support" / "cacao_validate.mjs"
        out = subprocess.run(["node", script, schemas, *files], capture_output=True, text=True)
        assert out.returncode == 0, out.stdout + out.stderr


def test_cacao_of_ours_comes_back_as_it_went():
    for code in ("PB-01", "PB-12", "PB-14", "PB-22"):
        answer = check(cacao_of(code))
        assert "faults" not in answer, (code, answer["faults"])
        assert answer["playbook"] == get(code)["playbook"], code


def foreign(workflow, **fields):
    uuid = "11111111-1111-4111-8111-11111111111"
    named = json.loads(re.sub(r'"(\w[\w-]*)#(\d)"', lambda m: f'"{m[1]}--{uuid}{m[2]}"', json.dumps(workflow)))
    return json.dumps({"type": "playbook", "spec_version": "cacao-2.0", "id": f"playbook--{uuid}0", "name": "Block & check",
                       "created_by": f"identity--{uuid}0", "created": "2025-01-01T00:00:00.000Z",
                       "modified": "2025-02-03T00:00:00.000Z", "workflow_start": f"start--{uuid}0", "workflow": named,
                       **fields}).encode()


def test_cacao_of_others_becomes_manual_steps():
    data = foreign({
        "start#0": {"type": "start", "on_completion": "action#1"},
        "action#1": {"type": "action", "name": "Block", "on_completion": "if-condition#2", "agent": "soarca#1",
                     "commands": [{"type": "ssh", "command": "iptables -A INPUT -j DROP"}]},
        "if-condition#2": {"type": "if-condition", "condition": "__x__:value == 1", "on_true": "parallel#3",
                           "on_false": "action#1", "on_completion": "action#6"},
        "parallel#3": {"type": "parallel", "next_steps": ["action#4", "unheard-of#5"]},
        "action#4": {"type": "action", "name": "Call: \"now\"\n- no", "commands": [{"type": "manual", "command": "phone"}]},
        "unheard-of#5": {"type": "unheard-of", "on_completion": "end#9"},
        "action#6": {"type": "action", "name": "Report", "commands": [{"type": "manual", "command": "write"}],
                     "on_completion": "end#9"},
        "end#9": {"type": "end"}})
    answer = check(data)
    assert all(fault.get("warning") for fault in answer.get("faults", [])), answer["faults"]
    steps = answer["playbook"]["steps"]
    assert [s["text"]["en"] for s in steps] == ["Block", "if-condition", 'Call: "now" - no', "unheard-of", "Report"]
    assert [s.get("after", []) for s in steps] == [[], ["01"], ["02"], ["02"], ["04", "03"]]
    assert "自動では実行されません" in steps[0]["detail"]["ja"] and "iptables" in steps[0]["detail"]["en"]
    assert answer["source"].startswith("# CACAO")
    kept = do("csirt", "ImportPlaybook", source=b64(data))["revision"]
    assert kept["code"] == "CX-11111111" and kept["faultCount" if "faultCount" in kept else "number"] in (0, 1)
    assert base64.b64decode(export(kept["id"], "YAML", "csirt")["data"]).decode() == answer["source"]
    original = city.sql(f"SELECT encode(original, 'base64') FROM sokuo.playbook_revision WHERE id = '{kept['id']}'")
    assert base64.b64decode(original) == data, "the original is kept byte for byte"


def test_hostile_cacao_costs_little():
    chain = {f"action#{i % 10}": {"type": "action"} for i in range(10)}
    long = {"start#0": {"type": "start", "on_completion": "a0"}}
    long |= {f"a{i}": {"type": "action", "name": "x", "on_completion": f"a{i + 1}"} for i in range(5000)}
    bad = {"start#0": {"type": "start", "on_completion": "action#1"},
           "action#1": {"type": "action", "name": "a\u202eb\u0007", "on_completion": "action#1"}}
    for data in (b"{", b"{" * 100000, b'{"type": "playbook"}', foreign(chain), foreign(long), foreign(bad),
                 b'{"a": "' + b"x" * (1 << 20) + b'"}'):
        begun = time.monotonic()
        answer = check(data)
        assert time.monotonic() - begun < 1, data[:60]
        assert "playbook" in answer or answer["faults"], data[:60]
    assert len(check(foreign(long))["playbook"]["steps"]) == 99
    refused("UNREADABLE_PLAN", "csirt", "ImportPlaybook", source=b64(b'{"type": "playbook"}'))


def test_a_redacted_copy_keeps_what_may_be_known():
    data = edited("PB-06", "steps:", "# 内部メモ: 警備会社 0120-345-678\nsteps:").replace(
        "  - no: \"02\"".encode(), "  - no: \"02\"\n    why: {ja: 内緒, en: secret}".encode(), 1)
    text = data.decode()
    step = text.index('ja: ', text.index("text:", text.index('no: "01"')))
    text = text[:step] + 'ja: "警察 03-1234-5678、内線 2345、a.b@city.example.jp、10.1.2.3 へ119番のように連絡" #' + text[step + 4:]
    answer = check(text.encode())
    assert all(fault.get("warning") for fault in answer.get("faults", [])), answer["faults"]
    revision = draft("csirt", text.encode())
    copy = base64.b64decode(export(revision["id"], "REDACTED", "csirt")["data"]).decode()
    for secret in ("内部メモ", "0120", "内緒", "detail:", "why:", "call:", "03-1234", "2345", "example.jp", "10.1.2.3"):
        assert secret not in copy, secret
    assert "警察 ■■■、■■■、■■■、■■■ へ119番のように連絡" in copy, copy[:3000]
    assert all(fault.get("warning") for fault in check(copy.encode()).get("faults", [])), "it is a plan still"
    act("csirt", revision, "WITHDRAW", reason="試験")


def sokuo(*args):
    return subprocess.run([os.environ["SOKUO_BIN"], "playbook", *args], capture_output=True)


def test_the_command_checks_without_a_database():
    files = sorted(str(path) for path in PLANS.rglob("*.yaml"))
    out = sokuo("check", "--strict", *files)
    assert out.returncode == 0 and out.stdout.count(b"sound\n") == 26, out.stdout
    with tempfile.TemporaryDirectory() as folder:
        faulty, cacao = os.path.join(folder, "a.yaml"), os.path.join(folder, "b.json")
        pathlib.Path(faulty).write_bytes(edited("PB-14", "role: ", "rolle: "))
        pathlib.Path(cacao).write_bytes(cacao_of("PB-14"))
        out = sokuo("check", faulty, files[5])
        line = out.stdout.decode().split("\n")[0]
        assert out.returncode == 1 and re.match(re.escape(faulty) + r":\d+:\d+: fault: .*\[", line), out.stdout
        answer = json.loads(sokuo("check", "--json", faulty).stdout)
        assert not answer["sound"] and {f["reason"] for f in answer["faults"]} == {"UNKNOWN_KEY", "MISSING_FIELD"}
        assert sokuo("check", cacao).returncode == 0
        assert sokuo("check", os.path.join(folder, "none.yaml")).returncode == 1
    assert sokuo("check").returncode == 2 and sokuo("chekc", faulty).returncode == 2


def test_the_command_imports_and_exports():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "plan.yaml")
        data = edited("PB-13", "version: \"2026.1\"", "version: \"cli.1\"")
        pathlib.Path(path).write_bytes(data)
        organ = city.sql("SELECT code FROM sokuo.unit WHERE kind = 1 ORDER BY code OFFSET 1 LIMIT 1")
        out = sokuo("import", "--json", "--organ", organ, "--data", city.data, path)
        assert out.returncode == 0, out.stderr
        kept = json.loads(out.stdout)
        assert (kept["code"], kept["number"], kept["faults"]) == ("PB-13", 1, 0)
        assert sokuo("import", "--organ", "no", "--data", city.data, path).returncode == 1
        assert sokuo("export", "--data", city.data, kept["id"]).stdout == data
        act("csirt", kept, "SUBMIT")
        assert act("siso", kept, "APPROVE")["organ"]
    assert sokuo("export", "--data", city.data, "PB-13").stdout == source_of("PB-13")
    assert json.loads(sokuo("export", "--format", "cacao", "--data", city.data, "PB-13").stdout)["type"] == "playbook"
    assert b"detail:" not in sokuo("export", "--format", "redacted", "--data", city.data, "PB-13").stdout
    assert sokuo("export", "--data", city.data, "PB-97").returncode == 1


def test_only_those_with_duties_see_plans():
    for method, message in (("ListPlaybooks", {}), ("GetPlaybook", {"id": "PB-01"}),
                            ("ExportPlaybook", {"id": "PB-01"}), ("CheckPlaybook", {"source": b64(b"a: 1")})):
        try:
            city.call("PlaybookService/" + method, message, token=city.person["staff"]["token"])
        except RpcError as error:
            assert error.code == "permission_denied", error
        else:
            raise AssertionError(method)
    unknown = []
    for id in (new_id(), "PB-98"):
        try:
            get(id)
        except RpcError as error:
            unknown.append((error.code, error.reason))
    assert unknown == [("not_found", "NO_SUCH_PLAYBOOK")] * 2


def test_hostile_plans_cost_little():
    head = source_of("PB-14").split(b"steps:")[0]
    bombs = {
        "TOO_LARGE": head + b"# " + b"x" * (1 << 20),
        "ANCHOR": b"a: &a [x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n",
        "TOO_MANY": head + b"steps: [" + b"{}," * 84000 + b"]\n",
        "TOO_DEEP": b"[" * 200000,
        "ENCODING": head.decode().encode("cp932", "replace"),
        "CONTROL_CHARACTER": head.replace(b"PB-14", b"PB\x0014"),
        "CYCLE": head + b"steps:\n" + b"".join(
            b'  - {no: "%02d", phase: triage, target: 1m, role: poc, after: ["%02d"], text: {ja: a, en: a}}\n'
            % (i, i % 99 + 1) for i in range(1, 100)),
    }
    for reason, data in bombs.items():
        begun = time.monotonic()
        answer = check(data)
        assert time.monotonic() - begun < 1, f"{reason} took {time.monotonic() - begun:.1f} s"
        assert reason in {fault["reason"] for fault in answer["faults"]}, (reason, answer["faults"][:3])
        assert len(answer["faults"]) <= 200 and "playbook" not in answer
    refused("UNREADABLE_PLAN", "csirt", "ImportPlaybook", source=b64(bombs["TOO_DEEP"]))
    refused("UNREADABLE_PLAN", "csirt", "ImportPlaybook", source=b64("計画".encode("utf-16")))
    refused("IS_FRAGMENT", "csirt", "ImportPlaybook", source=b64((PLANS / "F-PII.yaml").read_bytes()))
    html = "<script>alert(1)</script>"
    kept = draft("csirt", edited("PB-18", "version: \"2026.1\"", f"version: \"{html[:20]}\""))
    assert get(kept["id"], "csirt")["revision"]["version"] == html[:20]
    act("csirt", kept, "WITHDRAW", reason="試験")


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
