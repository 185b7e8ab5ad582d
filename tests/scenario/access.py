# SPDX-License-Identifier: Apache-2.0
"""Who may see what: every class of incident for everybody who may stand to it, wherever it could show; and every method's duties."""
import http.client
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402
from city import City, stamp  # noqa: E402
from server import ROOT, RpcError, binary, new_id  # noqa: E402

city = City("--workers", "2")
CLASSES = ("PUBLIC", "INTERNAL", "RESTRICTED", "CONFIDENTIAL", "SEALED")
# Relation to the incident → (login, classes in which it is visible).
RELATIONS = {
    "administrator and nothing else": ("keeper", {"PUBLIC"}),
    "the team": ("csirt", {"PUBLIC", "INTERNAL", "RESTRICTED"}),
    "handler": ("worker", set(CLASSES)),
    "filer": ("staff", {"PUBLIC", "INTERNAL", "RESTRICTED"}),
    "same section": ("colleague", {"PUBLIC", "INTERNAL"}),
    "other section": ("stranger", {"PUBLIC"}),
    "named": ("named", set(CLASSES)),
    "named until yesterday": ("lapsed", {"PUBLIC"}),
    "excluded from the team": ("poc", set()),
    "excluded administrator": ("admin", set()),
}
case = {}  # class → incident


def set_class(login, incident, name):
    return city.do(login, "SetConfidentiality", id=incident["id"], confidentiality="CONFIDENTIALITY_" + name, reason="区分")


def set_member(incident, login, access, by="siso", **fields):
    return city.do(by, "SetMember", id=incident["id"], personId=city.person[login]["id"], access="MEMBER_ACCESS_" + access,
                   reason="必要", **fields)


def raw(login, method, message):
    """Status and body, to the byte."""
    connection = http.client.HTTPConnection(city.host, city.port, timeout=30)
    headers = {"Content-Type": "application/json"}
    if login:
        headers["Authorization"] = "Bearer " + city.person[login]["token"]
    connection.request("POST", "/sokuo.v1." + method, json.dumps(message), headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, body


def word(name):
    """A word that occurs in this case only."""
    return "鵺" + name.lower()


def make_case(name):
    incident = city.file("staff", title=f"{word(name)} の件")
    city.do("siso", "AssignIncident", id=incident["id"], handlerId=city.person["worker"]["id"])
    city.do("siso", "AddEntry", incidentId=incident["id"], text=f"記録 {word(name)}記")
    set_member(incident, "named", "NAMED")
    set_member(incident, "lapsed", "NAMED", expiresAt=stamp(days=1))
    city.do("siso", "LinkIncidents", id=case["witness"]["id"], otherId=incident["id"], kind="LINK_KIND_RELATED")
    items = city.do("siso", "IntakeService/ListItems")["items"]
    item = [i for i in items if i["title"] == "警報 " + name][0]
    city.do("siso", "IntakeService/PromoteItems", itemIds=[item["id"]], incidentId=incident["id"])
    set_member(incident, "poc", "EXCLUDED")
    set_member(incident, "admin", "EXCLUDED")
    set_class("siso", incident, name)
    case[name] = city.get(incident)["incident"]


def send_alerts():
    path = city.call("IntakeService/SaveIntegration", {"name": "監視", "kind": "INTEGRATION_KIND_HOOK", "enabled": True})["path"]
    for name in CLASSES:
        connection = city.connection(20)
        connection.request("POST", path, json.dumps({"title": "警報 " + name}), {"Content-Type": "application/json"})
        response = connection.getresponse()
        assert response.read() and response.status == 202, response.status
        connection.close()


def test_a_city_with_everybody_who_may_stand_to_an_incident():
    city.settle()
    case["cursor"] = city.do("siso", "SyncService/Pull")["cursor"]
    home, away = city.person["staff"]["section"], city.person["desk"]["section"]
    city.hire("colleague", home)
    for login in ("stranger", "worker", "named", "lapsed"):
        city.hire(login, away)
    city.hire("keeper", away, "ADMIN")
    city.hire("lawyer", away, "LEGAL")
    city.hire("both", away, "CISO", "LEGAL")
    city.hire("auditor", away, "AUDITOR")
    send_alerts()
    case["witness"] = city.file("siso", title="証人", confidentiality="CONFIDENTIALITY_PUBLIC")
    for name in CLASSES:
        make_case(name)
        assert case[name]["confidentiality"] == "CONFIDENTIALITY_" + name


def visible(look):
    """look(login, incident) says whether it shows; it must for whom it should, and for nobody else."""
    wrong = []
    for relation, (login, classes) in RELATIONS.items():
        for name in CLASSES:
            shows = look(login, case[name])
            if shows is not None and shows != (name in classes):
                wrong.append(f"{name} {'shows to' if shows else 'hides from'} {relation}")
    assert not wrong, "; ".join(wrong)


def answers(login, method, message):
    try:
        city.do(login, method, **message)
        return True
    except RpcError as error:
        assert (error.status, error.reason) == (404, "INCIDENT_NOT_FOUND"), error
        return False


def test_by_id_and_by_number():
    visible(lambda login, incident: answers(login, "GetIncident", {"id": incident["id"]}))
    visible(lambda login, incident: answers(login, "GetIncident", {"id": incident["number"]}))


def test_in_the_chronology_and_among_members():
    visible(lambda login, incident: answers(login, "ListEntries", {"incidentId": incident["id"]}))
    visible(lambda login, incident: answers(login, "ListMembers", {"id": incident["id"]}))


def test_in_lists_whatever_the_filter():
    for fields in ({}, {"pageSize": 1}, {"filter": {"openOnly": True}}, {"filter": {"states": ["INCIDENT_STATE_INTAKE"]}},
                   {"filter": {"handlerId": city.person["worker"]["id"]}}, {"filter": {"severities": ["SEVERITY_S2"]}}):
        lists = {login: {i["id"] for i in city.listed(login, **fields)} for login, _ in RELATIONS.values()}
        visible(lambda login, incident, all=lists: incident["id"] in all[login])


def test_counts_count_what_lists_show():
    for login, _ in RELATIONS.values():
        listed = city.listed(login)
        counts = city.do(login, "CountIncidents")
        assert sum(s.get("count", 0) for s in counts.get("states", [])) == len(listed), login
        open_ones = [i for i in listed if i["state"] not in ("INCIDENT_STATE_CLOSED", "INCIDENT_STATE_CLOSED_FALSE",
                     "INCIDENT_STATE_REVIEW", "INCIDENT_STATE_ARCHIVED", "INCIDENT_STATE_MERGED")]
        assert sum(s.get("count", 0) for s in counts.get("severities", [])) == len(open_ones), login
        assert counts.get("unassigned", 0) == len([i for i in open_ones if "handler" not in i]), login


def test_in_search():
    names = {incident["id"]: name for name, incident in case.items() if name in CLASSES}

    def hits(login, query):
        return [h["incident"]["id"] for h in city.do(login, "SearchIncidents", query=query).get("hits", [])]
    visible(lambda login, incident: incident["id"] in hits(login, word(names[incident["id"]])))
    visible(lambda login, incident: incident["id"] in hits(login, word(names[incident["id"]]) + "記"))


def pulled(login):
    cursor, ids = case["cursor"], set()
    while True:
        answer = city.do(login, "SyncService/Pull", after=cursor, maxChanges=7)
        ids |= {c["streamId"] for c in answer.get("changes", [])}
        cursor = answer["cursor"]
        if not answer.get("more"):
            return ids


def test_in_the_feed():
    feeds = {login: pulled(login) for login, _ in RELATIONS.values()}
    visible(lambda login, incident: incident["id"] in feeds[login])
    visible(lambda login, incident: bool(city.do(login, "SyncService/Pull", after=case["cursor"], incidentId=incident["id"],
                                                 maxChanges=500).get("changes")))


def test_among_the_ties_of_another():
    ties = {login: {k["incidentId"] for k in city.get(case["witness"], login)["incident"].get("links", [])}
            for login, _ in RELATIONS.values()}
    visible(lambda login, incident: incident["id"] in ties[login])


def test_titles_and_numbers_of_the_invisible_are_not_told_by_the_chronology_of_another():
    for login, _ in RELATIONS.values():
        told = json.dumps(city.get(case["witness"], login), ensure_ascii=False)
        shown = {name for name in CLASSES if word(name) in told or case[name]["number"] in told}
        assert shown == {name for name in CLASSES if name in dict(RELATIONS.values())[login]}, (login, shown)


def test_behind_what_was_reported():
    def look(login, incident):
        try:
            items = city.do(login, "IntakeService/ListItems", states=["ITEM_STATE_PROMOTED"], pageSize=200)["items"]
        except RpcError as error:
            assert error.reason == "ROLE_NEEDED", error
            return None
        item = [i for i in items if i["title"].split()[-1] == incident["confidentiality"].removeprefix("CONFIDENTIALITY_")][0]
        alone = city.do(login, "IntakeService/GetItem", id=item["id"])["item"]
        assert alone.get("incidentNumber") == item.get("incidentNumber") and alone.get("incidentId") == item.get("incidentId")
        assert bool(item.get("incidentId")) == bool(item.get("incidentNumber")), item
        return item.get("incidentNumber") == incident["number"]
    visible(look)


def test_invisible_is_to_the_byte_what_does_not_exist():
    hidden = case["SEALED"]
    mine = city.file("csirt", title="自分の")
    entry = city.do("named", "ListEntries", incidentId=hidden["id"])["entries"][0]

    def requests(incident_id):
        service = "IncidentService/"
        yield service + "GetIncident", {"id": incident_id}
        yield service + "ListEntries", {"incidentId": incident_id}
        yield service + "ListMembers", {"id": incident_id}
        yield service + "AddEntry", {"incidentId": incident_id, "text": "x"}
        yield service + "CorrectEntry", {"incidentId": incident_id, "entryId": entry["id"], "text": "x", "reason": "r"}
        yield service + "TriageIncident", {"id": incident_id, "severity": "SEVERITY_S4"}
        yield service + "TransitionIncident", {"id": incident_id, "toState": "INCIDENT_STATE_TRIAGE"}
        yield service + "UpdateIncident", {"id": incident_id, "version": 1, "updateMask": ["title"], "title": "x"}
        yield service + "AssignIncident", {"id": incident_id, "handlerId": city.person["csirt"]["id"]}
        yield service + "SetConfidentiality", {"id": incident_id, "confidentiality": "CONFIDENTIALITY_PUBLIC", "reason": "r"}
        yield service + "SetMember", {"id": incident_id, "personId": city.person["csirt"]["id"], "access": "MEMBER_ACCESS_NAMED"}
        yield service + "LinkIncidents", {"id": incident_id, "otherId": mine["id"], "kind": "LINK_KIND_RELATED"}
        yield service + "LinkIncidents", {"id": mine["id"], "otherId": incident_id, "kind": "LINK_KIND_RELATED"}
        yield service + "MergeIncident", {"id": incident_id, "intoId": mine["id"], "reason": "r"}
        yield service + "MergeIncident", {"id": mine["id"], "intoId": incident_id, "reason": "r"}
        yield service + "SplitIncident", {"id": incident_id, "title": "x", "reason": "r"}
    for (method, message), (_, random) in zip(requests(hidden["id"]), requests(new_id())):
        for login in ("csirt", "admin"):
            message["operationId"], random["operationId"] = new_id(), new_id()
            seen, unseen = raw(login, method, message), raw(login, method, random)
            assert seen == unseen and seen[0] == 404, (method, login, seen, unseen)
    by_number = raw("csirt", "IncidentService/GetIncident", {"id": hidden["number"]})
    assert by_number == raw("csirt", "IncidentService/GetIncident", {"id": "2026-9999"}) and by_number[0] == 404, by_number
    assert city.get(hidden, "named")["incident"]["version"] == hidden["version"]


def test_a_part_is_hidden_from_who_is_excluded_from_the_whole():
    whole = city.file("staff", title="全体")
    city.do("siso", "TriageIncident", id=whole["id"], severity="SEVERITY_S2", reason="r")
    set_member(whole, "poc", "EXCLUDED")
    part = city.do("siso", "SplitIncident", id=whole["id"], title="枝だけの題", reason="分ける")["incident"]
    assert not answers("poc", "GetIncident", {"id": whole["id"]})
    assert not answers("poc", "GetIncident", {"id": part["id"]}), "the part shows to who is excluded from the whole"
    assert part["id"] not in {i["id"] for i in city.listed("poc")}
    assert part["id"] not in pulled("poc") and not city.do("poc", "SearchIncidents", query="枝だけの").get("hits")
    secret = sealed()
    city.do("ciso", "SplitIncident", id=secret["id"], title="枝", reason="分ける")
    assert len([i for i in city.listed("lawyer") if i["title"] == "枝"]) == 1, "who is named in the whole is not in the part"


def sealed():
    incident = city.file("staff", title="秘匿")
    for login in ("ciso", "lawyer", "both"):
        set_member(incident, login, "NAMED")
    set_class("siso", incident, "SEALED")
    return incident


def class_of(incident):
    return city.get(incident, "siso")["incident"]["confidentiality"].removeprefix("CONFIDENTIALITY_")


def test_a_sealed_incident_is_opened_by_two_persons_in_either_order():
    for first, second in (("ciso", "lawyer"), ("lawyer", "ciso"), ("both", "lawyer"), ("ciso", "both")):
        incident = sealed()
        assert not answers("csirt", "GetIncident", {"id": incident["id"]})
        city.refused("CISO_AND_LEGAL", "siso", "SetConfidentiality", id=incident["id"], reason="r",
                     confidentiality="CONFIDENTIALITY_INTERNAL")
        for _ in range(2):
            assert set_class(first, incident, "INTERNAL")["secondApprovalPending"] and class_of(incident) == "SEALED", first
        opened = set_class(second, incident, "INTERNAL")
        assert not opened.get("secondApprovalPending") and class_of(incident) == "INTERNAL", (first, second, opened)
        assert answers("csirt", "GetIncident", {"id": incident["id"]})


def test_who_is_not_named_cannot_open_a_sealed_incident():
    incident = city.file("staff")
    set_class("siso", incident, "SEALED")
    for login in ("ciso", "lawyer", "admin"):
        assert not answers(login, "SetConfidentiality", {"id": incident["id"], "reason": "r",
                                                         "confidentiality": "CONFIDENTIALITY_INTERNAL"})
    assert class_of(incident) == "SEALED"


def test_an_exclusion_holds_at_once_and_only_the_lead_is_told_of_it():
    incident = city.file("staff", confidentiality="CONFIDENTIALITY_PUBLIC")
    assert answers("keeper", "GetIncident", {"id": incident["id"]})
    set_member(incident, "keeper", "EXCLUDED")
    assert not answers("keeper", "GetIncident", {"id": incident["id"]})
    everything = json.dumps([city.do("handler", "ListMembers", id=incident["id"]), city.get(incident, "handler"),
                             city.do("stranger", "ListMembers", id=incident["id"])], ensure_ascii=False)
    assert "keeper" not in everything, everything
    assert "keeper" in json.dumps(city.do("csirt", "ListMembers", id=incident["id"]), ensure_ascii=False)
    city.refused("NOT_PERMITTED", "stranger", "SetMember", id=incident["id"], personId=city.person["keeper"]["id"])
    city.refused("SELF", "siso", "SetMember", id=incident["id"], personId=city.person["siso"]["id"], access="MEMBER_ACCESS_EXCLUDED")
    set_member(incident, "keeper", "UNSPECIFIED")
    assert answers("keeper", "GetIncident", {"id": incident["id"]})


def test_an_auditor_reads_and_changes_nothing():
    incident = city.file("staff", title="監査")
    seen = city.get(incident, "auditor")["incident"]
    assert not seen.get("allowedActs") and not [t for t in seen.get("possibleTransitions", []) if t.get("permitted")], seen
    for method, message in (("AddEntry", {"incidentId": incident["id"], "text": "x"}),
                            ("UpdateIncident", {"id": incident["id"], "version": 1, "updateMask": ["title"], "title": "x"}),
                            ("SetConfidentiality", {"id": incident["id"], "confidentiality": "CONFIDENTIALITY_PUBLIC", "reason": "r"}),
                            ("SetMember", {"id": incident["id"], "personId": city.person["staff"]["id"]})):
        city.refused("NOT_PERMITTED", "auditor", method, **message)
    assert city.get(incident)["incident"]["version"] == 1


# --- the table of methods ---

ANYONE, PERSON, ROLES = 1, 2, 3


def table():
    """(method, audience, roles) from the header that the server itself is compiled with."""
    path = os.path.join(os.path.dirname(binary()), "rpc", "methods.gen.h")
    with open(path if os.path.exists(path) else os.path.join(ROOT, "build", "server", "rpc", "methods.gen.h")) as header:
        text = header.read()
    rows = re.findall(r'X\("/sokuo\.v1\.([A-Za-z/]+)".*?, [01], ([123]), UINT64_C\((0x[0-9a-f]+)\), \d+, [01]\)', text, re.S)
    return [(method, int(audience), int(roles, 16)) for method, audience, roles in rows]


def test_without_a_login_nothing_answers_but_the_login_and_one_time_links():
    rows = table()
    assert len(rows) >= 60 and {a for _, a, _ in rows} == {ANYONE, PERSON, ROLES}, len(rows)
    anyone = {method for method, audience, _ in rows if audience == ANYONE}
    links = {"ContactService/OpenLink", "ContactService/AnswerByLink"}  # their token is what lets in
    assert anyone == {"AuthService/Login", "AuthService/Logout"} | links, anyone
    for method, audience, _ in rows:
        status, body = raw(None, method, {})
        assert (status == 401) == (audience != ANYONE) or method == "AuthService/Login", (method, status, body)


def test_every_method_for_duties_is_refused_without_them():
    refused = 0
    for method, audience, roles in table():
        staff, all_duties = raw("staff", method, {}), None
        if audience == ROLES:
            refused += 1
            assert staff[0] == 403 and b"ROLE_NEEDED" in staff[1], (method, staff)
            all_duties = raw("admin", method, {})
            assert b"ROLE_NEEDED" not in all_duties[1], (method, all_duties)
            keeper = raw("keeper", method, {})
            assert (b"ROLE_NEEDED" in keeper[1]) == (not roles >> 26 & 1), (method, hex(roles), keeper)
        elif method not in ("AuthService/Login", "AuthService/Logout"):
            assert b"ROLE_NEEDED" not in staff[1], (method, staff)
    assert refused >= 20, refused


def test_the_city_is_stopped():
    assert city.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if city.process:
            city.__exit__(None)
