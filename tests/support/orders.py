# SPDX-License-Identifier: Apache-2.0
"""Orders in a city, for stories: giving them, answering them, how each addressee stands."""
import time

ORDER = "CommandService/"


def to(kind, **target):
    return [{"kind": "ORDER_TARGET_KIND_" + kind, **target}]


HEADS = to("DUTY", role="ROLE_ISO") + to("DUTY", role="ROLE_ISM")
EVERYBODY = HEADS + to("ALL")


def by_role(rows):
    found = {}
    for row in rows:
        found.setdefault(row.get("role", ""), []).append(row)
    return found


class Orders:
    def __init__(self, city):
        self.city = city

    def section(self, code):
        return self.city.sql(f"SELECT id FROM sokuo.unit WHERE code = '{code}'")

    def hire(self, login, unit, *roles, scope=None):
        """A new person with an account and a mail address; answers the person's id."""
        self.city.hire(login, unit, *roles, scope=scope)
        self.city.do("admin", "DirectoryService/SaveContactPoint", personId=self.city.person[login]["id"],
                     kind="CONTACT_KIND_MAIL", address=login + "@example.jp", priority=2)
        return self.city.person[login]["id"]

    def crew(self, unit, count):
        """People of a section without accounts."""
        self.city.sql(f"""
          WITH made AS (SELECT gen_random_uuid() AS person, gen_random_uuid() AS post, n FROM generate_series(1, {count}) n),
          people AS (INSERT INTO sokuo.person (tenant_id, id, code, name) SELECT '{self.tenant()}', person, 'CREW-' || n, '課員 ' || n FROM made),
          posts AS (INSERT INTO sokuo.post (tenant_id, id, code, name, unit_id) SELECT '{self.tenant()}', post, 'CREW-' || n, '主事', '{unit}' FROM made)
          INSERT INTO sokuo.tenure (tenant_id, id, person_id, post_id, valid_from)
          SELECT '{self.tenant()}', gen_random_uuid(), person, post, '2026-01-01' FROM made""")

    def issue(self, login, incident, text="待機してください。", targets=None, **fields):
        return self.city.do(login, ORDER + "IssueOrder", incidentId=incident["id"], text=text, targets=targets or EVERYBODY,
                            **fields)["order"]

    def answer(self, login, order, kind, *people, **fields):
        return self.city.do(login, ORDER + "AnswerOrder", orderId=order["id"], kind="ORDER_ANSWER_KIND_" + kind,
                            addresseeIds=[p["id"] for p in people], **fields)

    def no_answer(self, why, login, order, kind, *people, **fields):
        return self.city.refused(why, login, ORDER + "AnswerOrder", orderId=order["id"], kind="ORDER_ANSWER_KIND_" + kind,
                                 addresseeIds=[p["id"] for p in people], **fields)

    def get(self, order, login="siso", **fields):
        return self.city.do(login, ORDER + "GetOrder", orderId=order["id"], **fields)

    def people(self, order, login="siso", **fields):
        """All addressees that this login sees, page by page."""
        found, after = [], ""
        while True:
            page = self.get(order, login, addressees=True, after=after, **fields)
            found += page.get("addressees", [])
            after = page.get("next", "")
            if not after:
                return found

    def of(self, order, person):
        """How this person stands."""
        return [r for r in self.people(order) if r.get("person", {}).get("id") == person][0]

    def listed(self, login, incident):
        return self.city.do(login, ORDER + "ListOrders", incidentId=incident["id"]).get("orders", [])

    def mine(self, login, **fields):
        return self.city.do(login, ORDER + "ListOrders", mine=True, **fields).get("orders", [])

    def as_person(self, login, select):
        """One select under row-level security, as the server asks for this person."""
        person = self.city.person[login]
        return self.city.sql(f"SET ROLE sokuo_app; SET sokuo.tenant = '{self.tenant()}'; SET sokuo.person = '{person['id']}'; "
                             f"SET sokuo.section = '{person['section']}'; SET sokuo.reach = 'own'; {select}").split("\n")[-1]

    def tenant(self):
        return self.city.sql("SELECT id FROM sokuo.tenant")

    def later(self, ahead):
        """The clock is so far ahead, and the server has seen it."""
        self.city.set_clock(ahead)
        wanted = float(self.city.sql("SELECT extract(epoch FROM sokuo.now())"))
        self.until(lambda: self.seconds() >= wanted if not ahead.startswith("0") else abs(self.seconds() - time.time()) < 60)

    def seconds(self):
        import datetime
        as_of = self.city.do("siso", "DutyService/GetReadiness")["asOf"]
        return datetime.datetime.fromisoformat(as_of.replace("Z", "+00:00")).timestamp()

    def until(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.1)
