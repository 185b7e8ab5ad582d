# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus Alertmanager reports to Sokuo, by webhook and by PagerDuty's protocol; what it takes back is resolved."""
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import tap
from server import Server, free_port, new_id

CONFIG = """
route:
  receiver: sokuo
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: sokuo
    webhook_configs:
      - url: {url}{webhook}
        send_resolved: true
    pagerduty_configs:
      - url: {url}/ingest/v1/pagerduty/v2/enqueue
        routing_key: {routing_key}
        send_resolved: true
"""

server = Server()
alertmanager = None
directory = tempfile.mkdtemp(prefix="sokuo-alertmanager-")
state = {}


def wait_for(condition, patience, what):
    begin = time.monotonic()
    while time.monotonic() - begin < patience:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not after {patience} s\n{open(state['log']).read()[-2000:]}")


def save_integration(name, kind):
    return server.call("IntakeService/SaveIntegration", {"name": name, "kind": kind, "enabled": True})


def items(states=()):
    return server.call("IntakeService/ListItems", {"states": list(states)}).get("items", [])


def item_of(integration, state_name=None):
    found = [i for i in items(["ITEM_STATE_OPEN", "ITEM_STATE_RESOLVED", "ITEM_STATE_PROMOTED"])
             if i["integration"]["name"] == integration and state_name in (None, i["state"])]
    assert len(found) <= 1, f"{len(found)} items instead of one: {found}"
    return found[0] if found else None


def send_alert(starts_at, ends_at=None):
    """As Prometheus reports to Alertmanager."""
    alert = {"labels": {"alertname": "DiskFull", "instance": "db1:9100", "severity": "critical"},
             "annotations": {"summary": "db1 の空き容量がありません"}, "startsAt": starts_at,
             "generatorURL": "http://prometheus.example/graph"}
    if ends_at:
        alert["endsAt"] = ends_at
    request = urllib.request.Request(f"http://127.0.0.1:{state['port']}/api/v2/alerts", json.dumps([alert]).encode(),
                                     {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat()


def alertmanager_is_up():
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{state['port']}/-/ready", timeout=1).status == 200
    except OSError:
        return False


def test_an_administrator_makes_both_integrations():
    server.start()
    webhook = save_integration("監視webhook", "INTEGRATION_KIND_ALERTMANAGER")
    pagerduty = save_integration("監視PagerDuty", "INTEGRATION_KIND_PAGERDUTY")
    assert webhook["path"] == f"/ingest/v1/alertmanager/{webhook['token']}", webhook
    assert len(pagerduty["token"]) == 32, pagerduty
    state.update(webhook=webhook["path"], routing_key=pagerduty["token"])


def test_a_real_alertmanager_starts_with_the_configuration_of_the_readme():
    global alertmanager
    config = os.path.join(directory, "alertmanager.yml")
    with open(config, "w") as file:
        file.write(CONFIG.format(url=server.url.rstrip("/"), **state))
    state.update(port=free_port(), log=os.path.join(directory, "log"))
    with open(state["log"], "wb") as log:
        alertmanager = subprocess.Popen(
            ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={directory}/data",
             f"--web.listen-address=127.0.0.1:{state['port']}", "--cluster.listen-address="], stdout=log, stderr=log)
    wait_for(alertmanager_is_up, 20, "Alertmanager is ready")


def test_a_firing_alert_becomes_an_item_on_both_ways():
    state["starts_at"] = now()
    send_alert(state["starts_at"])
    item = wait_for(lambda: item_of("監視webhook"), 20, "item by webhook")
    assert item["title"] == "db1 の空き容量がありません", item
    assert item["severity"] == "SEVERITY_S3", item
    assert item["state"] == "ITEM_STATE_OPEN", item
    assert {"name": "instance", "value": "db1:9100"} in item["labels"], item
    state["item_id"] = item["id"]
    other = wait_for(lambda: item_of("監視PagerDuty"), 20, "item by PagerDuty's protocol")
    assert other["severity"] == "SEVERITY_S2" and "DiskFull" in other["title"], other


def test_the_item_keeps_the_body_as_it_came():
    raw = json.loads(server.call("IntakeService/GetItem", {"id": state["item_id"]})["raw"])
    assert raw["version"] == "4" and raw["alerts"][0]["labels"]["alertname"] == "DiskFull", raw


def test_the_same_alert_again_does_not_make_a_second_item():
    body = server.call("IntakeService/GetItem", {"id": state["item_id"]})["raw"].encode()
    request = urllib.request.Request(server.url.rstrip("/") + state["webhook"], body,
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200 and answer.read() == b"{}"
    item = item_of("監視webhook")
    assert item["id"] == state["item_id"] and item["count"] == 2, item


def test_a_person_promotes_the_item_to_an_incident():
    request = {"operationId": new_id(), "itemIds": [state["item_id"]],
               "incidentType": "INCIDENT_TYPE_EQUIPMENT_FAILURE"}
    incident = server.call("IntakeService/PromoteItems", request)["incident"]
    again = server.call("IntakeService/PromoteItems", request)["incident"]
    assert incident["number"] == again["number"] and incident["id"] == again["id"], (incident, again)
    assert incident["title"] == "db1 の空き容量がありません" and incident["severity"] == "SEVERITY_S3", incident
    item = item_of("監視webhook")
    assert item["state"] == "ITEM_STATE_PROMOTED" and item["incidentNumber"] == incident["number"], item
    state["incident_id"] = incident["id"]


def test_the_end_of_the_alert_stands_in_the_queue_and_in_the_chronology():
    send_alert(state["starts_at"], now())
    wait_for(lambda: item_of("監視PagerDuty", "ITEM_STATE_RESOLVED"), 30, "resolved by PagerDuty's protocol")
    item = wait_for(lambda: (item_of("監視webhook") or {}).get("resolvedAt") and item_of("監視webhook"), 30,
                    "resolved by webhook")
    assert item["state"] == "ITEM_STATE_PROMOTED", item

    def entries():
        found = server.call("IncidentService/ListEntries", {"incidentId": state["incident_id"]})["entries"]
        return [e for e in found if "解消" in e.get("text", "")]
    (entry,) = wait_for(entries, 10, "entry in the chronology")
    assert entry["means"] == "MEANS_SYSTEM" and entry["by"]["capacity"] == "CAPACITY_INTEGRATION", entry
    assert entry["by"]["personName"] == "監視webhook", entry


def test_everything_stops():
    alertmanager.terminate()
    alertmanager.wait(10)
    assert server.stop() == 0
    shutil.rmtree(directory)


if __name__ == "__main__":
    try:
        tap.run(globals())
    finally:
        if alertmanager and alertmanager.poll() is None:
            alertmanager.kill()
        server.__exit__(None)
