# SPDX-License-Identifier: Apache-2.0
"""Plans under way in a city, for stories: starting them, looking at them, doing their steps as one of its people."""
from server import RpcError

RUN, STEP = "PlaybookService/", "StepService/"
PAPER = {"paperLocation": "受付簿"}
NOTICE = {"notice": {"to": "県 市町村課", "text": "大量暗号化の疑い。規模は未確認", "receiptNo": "県-118"}}


class Runs:
    def __init__(self, city):
        self.city = city

    def mine(self, login, code=None, incident=None):
        answer = self.city.do(login, STEP + "ListMySteps", **({"incidentId": incident["id"]} if incident else {}))
        return {s["definition"]["no"]: s for s in answer.get("steps", []) if code in (None, s.get("code", ""))}

    def start(self, login, incident, *codes, **fields):
        return self.city.do(login, RUN + "StartPlaybook", incidentId=incident["id"], codes=list(codes), **fields)

    def run_of(self, run, login="siso", places_of=""):
        return self.city.do(login, RUN + "GetRun", id=run["id"], placesOf=places_of)

    def place(self, run, no, login="siso", index=0):
        """One place of a step, in short."""
        return [s for s in self.run_of(run, login, no)["steps"] if s["step"]["no"] == no][0]["places"][index]

    def states(self, run, login="siso"):
        """State over the one place of each step that has one."""
        return {s["step"]["no"]: s["places"][0]["state"][len("STEP_STATE_"):] for s in self.run_of(run, login)["steps"]
                if len(s.get("places", [])) == 1}

    def act(self, login, step, name, **fields):
        return self.city.do(login, STEP + "UpdateStep", stepId=step["id"], act="STEP_ACT_" + name, **fields)

    def no_act(self, why, login, step, name, /, **fields):
        return self.refused(why, login, STEP + "UpdateStep", stepId=step["id"], act="STEP_ACT_" + name, **fields)

    def refused(self, why, login, method, /, **message):
        """As city.refused, for messages that hold a reason themselves."""
        try:
            answer = self.city.do(login, method, **message)
        except RpcError as error:
            assert error.reason == why, f"{method} by {login}: {error}, not {why}"
            return error
        raise AssertionError(f"{method} by {login} was not refused ({why}): {answer}")

    def decide(self, login, step, option, basis="状況から", **fields):
        return self.city.do(login, STEP + "DecideStep", stepId=step["id"], option=option, basis=basis, **fields)

    def kinds(self, incident, kind):
        return [e for e in self.city.entries(incident) if e.get("changeKind") == kind]

    def finish(self, login, run, *numbers):
        """Does these steps that have one place; takes the first option of a decision."""
        for no in numbers:
            [step] = [s for s in self.run_of(run)["steps"] if s["step"]["no"] == no]
            if "decision" in step["step"]:
                self.decide(login, step["places"][0], step["step"]["decision"]["options"][0]["id"])
            else:
                self.act(login, step["places"][0], "DONE", **PAPER, **NOTICE)

    def merged(self, run):
        """Steps that another does: number, to the number there."""
        return {s["step"]["no"]: s["mergedNo"] for s in self.run_of(run)["steps"] if "mergedNo" in s}
