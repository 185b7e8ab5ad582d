# SPDX-License-Identifier: Apache-2.0
"""The three ingest endpoints over HTTP: answers in each source's manner, refusals, signatures, rates, rules, administration."""
import concurrent.futures
import hashlib
import hmac
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import tap
from server import RpcError, Server, new_id

server = Server()
paths = {}
KINDS = {"alertmanager": "INTEGRATION_KIND_ALERTMANAGER", "pagerduty": "INTEGRATION_KIND_PAGERDUTY",
         "hooks": "INTEGRATION_KIND_HOOK"}


def post(path, body, headers=None, method="POST"):
    """Status, headers and body (as JSON where it is some)."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = server.connection(20)
    connection.request(method, path, raw, {"Content-Type": "application/json", **(headers or {})})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), json.loads(text) if text[:1] in (b"{", b"[") else text


def make(kind, name=None, **fields):
    return server.call("IntakeService/SaveIntegration",
                       {"name": name or new_id(), "kind": KINDS[kind], "enabled": True, **fields})


def alert(name, **fields):
    return {"status": "firing", "labels": {"alertname": name, "severity": "warning"}, "annotations": {},
            "startsAt": "2026-11-23T05:00:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": name, **fields}


def group(*alerts):
    return {"version": "4", "status": "firing", "alerts": list(alerts), "truncatedAlerts": 0}


def event(action="trigger", **fields):
    return {"event_action": action, "payload": {"summary": "s", "source": "h", "severity": "error"}, **fields}


def items(integration):
    states = ["ITEM_STATE_OPEN", "ITEM_STATE_RESOLVED", "ITEM_STATE_PROMOTED", "ITEM_STATE_DISMISSED"]
    return list(server.pages("IntakeService/ListItems", {"integrationId": integration["integration"]["id"],
                                                         "states": states, "pageSize": 7}, "items"))


def test_an_administrator_makes_one_integration_of_each_kind():
    server.start()
    for kind in KINDS:
        paths[kind] = make(kind)["path"]
        assert paths[kind].startswith(f"/ingest/v1/{kind}/"), paths


def test_each_source_is_answered_in_its_own_manner():
    status, _, body = post(paths["alertmanager"], group(alert("one")))
    assert (status, body) == (200, {}), (status, body)
    status, _, body = post(paths["pagerduty"], event(dedup_key="k1"))
    assert (status, body) == (202, {"status": "success", "message": "Event processed", "dedup_key": "k1"}), body
    status, _, body = post(paths["hooks"], {"title": "UPS"})
    assert status == 202 and body["status"] == "open" and len(body["id"]) == 36, body


def test_stock_clients_of_pagerduty_name_the_token_in_the_body():
    token = paths["pagerduty"].rsplit("/", 1)[1]
    status, _, body = post("/ingest/v1/pagerduty/v2/enqueue", event(routing_key=token))
    assert status == 202 and len(body["dedup_key"]) == 32, body
    again = post("/ingest/v1/pagerduty/v2/enqueue", event(routing_key=token))[2]
    assert again["dedup_key"] == body["dedup_key"], again


def test_invalid_events_are_told_as_pagerduty_tells_them():
    status, _, body = post(paths["pagerduty"], {"event_action": "trigger"})
    assert status == 400 and body == {"status": "invalid event", "message": "Event object is invalid",
                                      "errors": ["'payload' is missing or blank"]}, body
    status, _, body = post(paths["pagerduty"], b"{")
    assert status == 400 and body["status"] == "invalid event" and len(body["errors"]) == 1, body


def test_every_unknown_address_is_one_and_the_same_answer():
    off = make("hooks")
    server.call("IntakeService/SaveIntegration", {"id": off["integration"]["id"], "name": off["integration"]["name"]})
    token = paths["hooks"].rsplit("/", 1)[1]
    seen = set()
    for path in ("/ingest/v1/hooks/abcdefghijkmnpqrstuvwxyz23456789", f"/ingest/v1/alertmanager/{token}",
                 "/ingest/v1/hooks/" + "a" * 500, off["path"], "/ingest/v1/hooks/"):
        status, _, body = post(path, {"title": "x"})
        assert status == 404, (path, status, body)
        seen.add(json.dumps(body, sort_keys=True))
    status, _, body = post("/ingest/v1/pagerduty/v2/enqueue", event(routing_key="a" * 32))
    seen.add(json.dumps(body, sort_keys=True))
    assert status == 404 and len(seen) == 1, seen


def test_bad_bodies_are_refused_with_what_is_wrong():
    status, _, body = post(paths["alertmanager"], b'{"alerts": [', {"Accept-Language": "en"})
    assert status == 400 and "not JSON" in body["message"], body
    status, _, body = post(paths["alertmanager"], {"alerts": [{"status": "burning"}]})
    assert status == 400 and "alerts[0].status" in body["message"], body
    status, _, body = post(paths["hooks"], b'{"title": "\\ud800"}')
    assert status == 400, body
    status, _, body = post(paths["hooks"], b"[" * 200000)
    assert status == 400 and body["reason"] == "TOO_COMPLEX", body
    assert post(paths["hooks"], b"", method="GET")[0] == 405


def test_large_bodies_are_refused():
    big = {"title": "x", "description": "d" * (300 * 1024)}
    assert post(paths["hooks"], big)[0] == 413
    assert post(paths["alertmanager"], {**group(alert("big")), "externalURL": "d" * (300 * 1024)})[0] == 200
    assert post(paths["alertmanager"], {**group(alert("big")), "externalURL": "d" * (600 * 1024)})[0] == 413


def test_a_crowd_of_the_same_alert_makes_one_item():
    made = make("alertmanager")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: post(made["path"], group(alert("crowd")))[0], range(32)))
    assert answers == [200] * 32, answers
    (item,) = items(made)
    assert item["count"] == 32, item


def test_a_flood_is_folded_and_says_so():
    made = make("alertmanager")
    assert post(made["path"], group(*(alert(f"f{i}") for i in range(90))))[0] == 200
    found = items(made)
    (flood,) = [i for i in found if i.get("folded")]
    assert flood["folded"] == 60 and len(found) == 31, (flood, len(found))
    assert "多発" in flood["title"] and "f89" not in flood["description"] and "f30" in flood["description"], flood


def test_requests_beyond_the_rate_are_told_when_to_come_back():
    made = make("pagerduty", ratePerMinute=1)
    answers = [post(made["path"], event(dedup_key=f"r{i}")) for i in range(5)]  # a minute may end in between, not twice
    status, headers, body = [a for a in answers if a[0] != 202][-1]
    assert status == 429 and 0 < int(headers["Retry-After"]) <= 60, (status, headers)
    assert body["status"] == "throttle exceeded", body
    assert any(i.get("folded") for i in items(made))


def test_a_secret_asks_for_a_signature():
    made = make("hooks", hmacSecret="合言葉 secret")
    assert made["integration"]["hasHmacSecret"], made
    body = json.dumps({"title": "signed"}).encode()
    right = "sha256=" + hmac.new("合言葉 secret".encode(), body, hashlib.sha256).hexdigest()
    assert post(made["path"], body)[0] == 401
    assert post(made["path"], body, {"X-Hub-Signature-256": right[:-1] + ("0" if right[-1] != "0" else "1")})[0] == 401
    assert post(made["path"], body, {"X-Hub-Signature-256": right})[0] == 202


def test_a_mapping_is_tried_before_it_is_used():
    mapping = {"items": "/events", "title": "/name", "dedupKey": "/id", "severity": "/sev",
               "severityValues": [{"name": "5", "value": "S4"}], "resolved": "/value", "resolvedValue": "0",
               "labels": [{"name": "host", "value": "/host"}]}
    body = {"events": [{"name": "CPU", "id": 42, "sev": 5, "value": 1, "host": "web1"}]}
    (shown,) = server.call("IntakeService/PreviewMapping", {"mapping": mapping, "body": json.dumps(body)})["items"]
    assert shown["title"] == "CPU" and shown["severity"] == "SEVERITY_S4" and shown["dedupKey"] == "42", shown
    made = make("hooks", mapping=mapping)
    assert post(made["path"], body)[0] == 202
    body["events"][0]["value"] = 0
    assert post(made["path"], body)[2]["status"] == "resolved"
    (item,) = items(made)
    assert item["state"] == "ITEM_STATE_RESOLVED" and item["labels"] == [{"name": "host", "value": "web1"}], item
    try:
        make("hooks", mapping={"title": "name"})
        raise AssertionError("a mapping without a slash was taken")
    except RpcError as error:
        assert error.status == 400 and "mapping.title" in json.dumps(error.body), error.body


def test_settings_that_could_not_work_are_refused_when_they_are_saved():
    made = make("alertmanager")
    known = {"id": made["integration"]["id"], "name": made["integration"]["name"], "enabled": True}
    for fields, field in (({"hmacSecret": "x"}, "hmacSecret"), ({"ratePerMinute": 6001}, "ratePerMinute"),
                          ({"intakeRule": {"opensIncident": True, "sectionId": new_id()}}, "intakeRule")):
        try:
            server.call("IntakeService/SaveIntegration", {**known, **fields})
            raise AssertionError(f"{field} was taken")
        except RpcError as error:
            assert error.status == 400 and error.info.get("field") == field, error.body
    try:
        make("hooks", made["integration"]["name"])
        raise AssertionError("a name was taken twice")
    except RpcError as error:
        assert error.status == 409 and error.reason == "NAME_TAKEN", error.body


def test_while_the_database_is_away_sources_are_asked_to_send_again():
    made = make("alertmanager")
    (postmaster,) = server.children()["postgres"]
    os.kill(postmaster, signal.SIGKILL)
    answers = []
    for _ in range(2000):  # until the supervisor has brought it back
        status, headers, _ = post(made["path"], group(alert("away")))
        answers.append(status)
        assert status == 200 or (status == 503 and int(headers["Retry-After"]) > 0), (status, headers)
        if status == 200 and len(answers) > 1:
            break
    assert answers[-1] == 200, answers
    (item,) = items(made)
    assert item["count"] >= answers.count(200), (item, answers)


def test_a_new_token_ends_the_old_one():
    made = make("hooks")
    renewed = server.call("IntakeService/RenewIntegrationToken", {"id": made["integration"]["id"]})
    assert post(made["path"], {"title": "x"})[0] == 404
    assert post(renewed["path"], {"title": "x"})[0] == 202
    listed = server.call("IntakeService/ListIntegrations", {})["integrations"]
    (one,) = [i for i in listed if i["id"] == made["integration"]["id"]]
    assert renewed["token"].startswith(one["tokenPrefix"]) and one["lastSeenAt"], one
    assert renewed["token"] not in json.dumps(listed)


def test_a_rule_opens_an_incident_once_and_only_for_what_it_names():
    rule = {"opensIncident": True, "minSeverity": "SEVERITY_S3", "match": [{"name": "alertname", "value": "IDS"}],
            "incidentType": "INCIDENT_TYPE_INTRUSION"}
    made = make("alertmanager", intakeRule=rule)
    grave = alert("IDS", labels={"alertname": "IDS", "severity": "critical"})
    body = group(grave, alert("Disk", labels={"alertname": "Disk", "severity": "critical"}))
    for _ in range(2):
        assert post(made["path"], body)[0] == 200
    by_title = {i["title"]: i for i in items(made)}
    assert by_title["Disk"]["state"] == "ITEM_STATE_OPEN", by_title
    assert by_title["IDS"]["state"] == "ITEM_STATE_PROMOTED" and by_title["IDS"]["count"] == 2, by_title
    assert by_title["IDS"]["incidentNumber"], by_title
    incident = server.call("IncidentService/GetIncident", {"id": by_title["IDS"]["incidentId"]})["incident"]
    assert incident["incidentType"] == "INCIDENT_TYPE_INTRUSION", incident
    assert incident["filedBy"]["capacity"] == "CAPACITY_INTEGRATION", incident


def test_items_are_put_aside_and_back():
    made = make("hooks")
    post(made["path"], {"title": "noise", "dedup_key": "n"})
    (item,) = items(made)
    request = {"operationId": new_id(), "itemIds": [item["id"]], "reason": "定期点検"}
    assert server.call("IntakeService/DismissItems", request) == {"changed": 1}
    assert server.call("IntakeService/DismissItems", request) == {"changed": 1}
    (item,) = items(made)
    assert item["state"] == "ITEM_STATE_DISMISSED" and item["dismissReason"] == "定期点検", item
    undo = {"operationId": new_id(), "itemIds": [item["id"]], "restore": True}
    assert server.call("IntakeService/DismissItems", undo) == {"changed": 1}
    assert items(made)[0]["state"] == "ITEM_STATE_OPEN"


def test_items_become_one_incident_or_none_of_them_does():
    made = make("alertmanager")
    post(made["path"], group(alert("a"), alert("b"), alert("c")))
    ids = {i["title"]: i["id"] for i in items(made)}
    first = server.call("IntakeService/PromoteItems", {"operationId": new_id(), "itemIds": [ids["a"], ids["b"]],
                                                       "title": "まとめて"})["incident"]
    assert first["title"] == "まとめて" and first["number"], first
    try:
        server.call("IntakeService/PromoteItems", {"operationId": new_id(), "itemIds": [ids["c"], ids["a"]]})
        raise AssertionError("an item was promoted twice")
    except RpcError as error:
        assert error.reason == "ITEM_TAKEN", error.body
    assert [i["state"] for i in items(made) if i["title"] == "c"] == ["ITEM_STATE_OPEN"]
    request = {"operationId": new_id(), "itemIds": [ids["c"]], "incidentId": first["id"]}
    for _ in range(2):
        assert server.call("IntakeService/PromoteItems", request)["incident"]["id"] == first["id"]
    texts = [e.get("text", "") for e in server.pages("IncidentService/ListEntries", {"incidentId": first["id"]}, "entries")]
    assert sum("【検知】" in text for text in texts) == 3, texts


def test_the_same_promotion_sent_by_a_crowd_makes_one_incident():
    made = make("hooks")
    post(made["path"], {"title": "crowd"})
    request = {"operationId": new_id(), "itemIds": [items(made)[0]["id"]]}
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        made_of_it = list(pool.map(lambda _: server.call("IntakeService/PromoteItems", request)["incident"]["number"],
                                   range(16)))
    assert len(set(made_of_it)) == 1 and made_of_it[0], made_of_it


def test_a_crowd_of_deliveries_opens_one_incident_by_rule():
    made = make("hooks", intakeRule={"opensIncident": True})
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: post(made["path"], {"title": "by rule"})[0], range(16)))
    assert answers == [202] * 16, answers
    (item,) = items(made)
    assert item["state"] == "ITEM_STATE_PROMOTED" and item["count"] == 16, item
    found = [i for i in server.pages("IncidentService/ListIncidents", {}, "incidents") if i["title"] == "by rule"]
    assert len(found) == 1, found


def test_everything_stops():
    assert server.stop() == 0


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        server.__exit__(None)
