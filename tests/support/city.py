# SPDX-License-Identifier: Apache-2.0
"""The demo city for stories: its people by login, calls as one of them, refusals, and the database's clock."""
import datetime
import subprocess
import time

from server import RpcError, Server, new_id

# Whoever writes past the server says so, or the engine finds it at its next look only (server/store/wake.c).
BY_HAND = "NOTIFY sokuo_wake, 'by-hand 200000000-0000-0000-0000-000000000000'"
LOGINS = ("ciso", "siso", "csirt", "handler", "poc", "desk", "ism", "staff")


class City(Server):
    """A Server with the demo city: city.person["staff"] has token, id and section of the login."""

    def __init__(self, *args):
        super().__init__(["--demo", *args])
        self.person = {}

    def settle(self, port=0):
        self.start(port)
        for login in ("admin", *LOGINS):
            self.add_person(login)

    def add_person(self, login):
        token = self.make_token(login)
        me = self.call("AuthService/GetMe", {}, token=token)["me"]
        self.person[login] = {"token": token, "id": me["person"]["id"], "name": me["person"]["name"],
                              "section": me.get("section", {}).get("id", ""), "roles": me.get("roles", [])}

    def hire(self, login, unit, *roles, scope=None):
        """A new person in a post of their own with these duties (at a scope), and an account."""
        def save(method, key, **message):
            return self.call("DirectoryService/" + method, message)[key]["id"]
        post = save("SavePost", "post", code="T-" + login, name="職 " + login, unitId=unit, rank=5, active=True)
        person = save("SavePerson", "person", code="T-" + login, name="人 " + login, kind="PERSON_KIND_STAFF", active=True)
        save("SaveTenure", "tenure", personId=person, postId=post, kind="TENURE_KIND_REGULAR", validFrom="2026-01-01")
        for role in roles:
            save("SaveRoleAssignment", "roleAssignment", postId=post, role="ROLE_" + role, validFrom="2026-01-01",
                 **({"scopeId": scope} if scope else {}))
        self.call("AuthService/CreateAccount", {"personId": person, "login": login})
        self.add_person(login)

    def do(self, login, method, /, connection=None, **message):
        """Calls as this person; a change gets an operation id of its own unless one is given."""
        if "/" not in method:
            method = "IncidentService/" + method
        if not method.split("/")[1].startswith(("Get", "List", "Count", "Search", "Pull")):
            message.setdefault("operationId", new_id())
        return self.call(method, message, token=self.person[login]["token"], connection=connection)

    def refused(self, reason, login, method, /, **message):
        """The call must be refused with this reason; answers the error."""
        try:
            answer = self.do(login, method, **message)
        except RpcError as error:
            assert error.reason == reason, f"{method} by {login}: {error}, not {reason}"
            return error
        raise AssertionError(f"{method} by {login} was not refused ({reason}): {answer}")

    def file(self, login="staff", title="試験", **fields):
        return self.do(login, "FileIncident", title=title, **fields)["incident"]

    def get(self, incident, login="siso", entries=200):
        return self.do(login, "GetIncident", id=incident["id"], entryCount=entries)

    def entries(self, incident, login="siso", **fields):
        """The whole chronology, newest first unless said otherwise."""
        token = ""
        found = []
        while True:
            page = self.do(login, "ListEntries", incidentId=incident["id"], pageToken=token, **fields)
            found += page.get("entries", [])
            token = page.get("nextPageToken", "")
            if not token:
                return found

    def listed(self, login="siso", **fields):
        token = ""
        found = []
        while True:
            page = self.do(login, "ListIncidents", pageToken=token, **fields)
            found += page.get("incidents", [])
            token = page.get("nextPageToken", "")
            if not token:
                return found

    def sql(self, text):
        """Runs SQL as the owner over the private socket. The engine looks at once what became due, and at the clock."""
        with open(self.data + "/pg/postmaster.pid") as pid:
            lines = pid.read().split("\n")
        out = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", lines[4], "-p", lines[3], "-U", "postgres",
                              "-d", "postgres", "-c", text, "-c", BY_HAND], capture_output=True, text=True)
        if out.returncode != 0:
            raise RuntimeError(out.stderr)
        return out.stdout.strip()

    def set_clock(self, ahead):
        """The database's clock goes so far ahead ("31 minutes"); everything follows it."""
        self.sql(f"""CREATE OR REPLACE FUNCTION sokuo.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
                     AS $$ SELECT pg_catalog.now() + interval '{ahead}' $$""")

    def days_later(self, days):
        """The clock is so far ahead, and the server has seen it."""
        self.set_clock(f"{days} days")
        wanted = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        deadline = time.monotonic() + 20
        while True:
            now = datetime.datetime.fromisoformat(self.do("siso", "DutyService/GetReadiness")["asOf"].replace("Z", "+00:00"))
            if abs(now - wanted) < datetime.timedelta(minutes=1):
                return
            assert time.monotonic() < deadline, f"the server still thinks it is {now}"
            time.sleep(0.1)


def stamp(**ago):
    """RFC 3339 of so long ago: stamp(minutes=5); in the future with negative numbers."""
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**ago)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def changes_of(entries):
    """Every noted change: (field, before, after)."""
    return [(c["field"], c.get("before", ""), c.get("after", "")) for e in entries for c in e.get("changes", [])]
