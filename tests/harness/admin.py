"""The admin interface as a client sees it."""
import http.client
import json
import re

from . import wait
from .patterns import compare


class Reply:
    def __init__(self, response: http.client.HTTPResponse):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read().decode()

    def json(self):
        return json.loads(self.body)


class Admin:
    def __init__(self, host: str, port: int):
        self.host = host
        self.port = port

    def request(self, method: str, path: str, body: str | None = None, seconds: float = 10) -> Reply:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=seconds * wait.SCALE)
        try:
            connection.request(method, path, body=body)
            return Reply(connection.getresponse())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.request("GET", path)

    def post(self, path: str) -> Reply:
        return self.request("POST", path)

    def is_ready(self) -> bool:
        try:
            return self.get("/ready").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def stats(self) -> dict[str, int | str]:
        """Counters and gauges as numbers, histograms and text as they are printed."""
        reply = self.get("/stats")
        if reply.status != 200:
            raise AssertionError(f"/stats answered {reply.status}: {reply.body}")
        found: dict[str, int | str] = {}
        for line in reply.body.splitlines():
            name, _, value = line.partition(": ")
            found[name] = int(value) if re.fullmatch(r"-?\d+", value) else value
        return found

    def stat(self, name: str) -> int | str | None:
        return self.stats().get(name)

    def wait_stats(self, expected: dict, seconds: float = 5.0) -> None:
        """Waits until every stat has its expected value (see patterns.compare). A name that no stat
        has fails at once only when the time is over: stats may be made late."""
        wrong: list[str] = []

        def right() -> bool:
            stats = self.stats()
            wrong[:] = [
                f"{name} is {stats.get(name, 'not there')}, expected {value}"
                for name, value in expected.items()
                if name not in stats or not compare(stats[name], value)
            ]
            return not wrong

        wait.until(right, lambda: "stats: " + "; ".join(wrong), seconds)
