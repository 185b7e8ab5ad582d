# SPDX-License-Identifier: Apache-2.0
"""The clock of a story: Japan's time on a day of it, set in the city and waited for."""
import datetime
import time

JST = datetime.timezone(datetime.timedelta(hours=9))


def until(condition, seconds=20, what="it never came"):
    """Waits until condition() holds; answers what it says."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, what() if callable(what) else what
        time.sleep(0.1)
    return found


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Clock:
    def __init__(self, city, day="2026-07-05"):
        self.city, self.day = city, day

    def __call__(self, text):
        """A time of the day; "26:10" is 02:10 of the next."""
        hours, minutes = (int(part) for part in text.split(":"))
        midnight = datetime.datetime.fromisoformat(self.day).replace(tzinfo=JST)
        return midnight + datetime.timedelta(hours=hours, minutes=minutes)

    def utc(self, text):
        return self(text).astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def at(self, text):
        """It is this time in the city: the database's clock, and the server's after it."""
        wanted = self(text)
        self.city.set_clock(f"{(wanted - datetime.datetime.now(datetime.timezone.utc)).total_seconds()} seconds")
        until(lambda: abs(moment(self.city.call("StepService/ListMySteps", {})["serverTime"]) - wanted) < datetime.timedelta(seconds=50))
