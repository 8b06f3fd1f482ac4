"""HTTP/1 messages for tests: written from parts, read strictly, and never repaired on the way."""
import dataclasses
import threading

from .backend import Server
from .conn import Conn
from .patterns import Pattern, to_bytes

BODYLESS = (204, 304)


@dataclasses.dataclass
class Message:
    start: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    head: bytes = b""  # as it came

    def get(self, name: str) -> str | None:
        values = self.get_all(name)
        return values[0] if values else None

    def get_all(self, name: str) -> list[str]:
        return [v for k, v in self.headers if k.lower() == name.lower()]

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1])

    @property
    def method(self) -> str:
        return self.start.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.start.split(" ", 2)[1]


def _fields(lines: list[str]) -> list[tuple[str, str]]:
    out = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or name != name.strip():
            raise AssertionError(f"not a header line: {line!r}")
        out.append((name, value.strip(" \t")))
    return out


def _read_chunks(conn: Conn, seconds: float) -> tuple[bytes, list[tuple[str, str]]]:
    body = b""
    while True:
        line = conn.read_until(b"\r\n", seconds).decode("latin-1")[:-2]
        size = int(line.split(";")[0], 16)
        if size == 0:
            break
        body += conn.read_exact(size, seconds)
        conn.expect(b"\r\n", seconds)
    trailers = []
    while (line := conn.read_until(b"\r\n", seconds)) != b"\r\n":
        trailers.append(line.decode("latin-1")[:-2])
    return body, _fields(trailers)


def read_message(conn: Conn, bodyless: bool = False, seconds: float = 5) -> Message:
    """Reads one request or response; `bodyless` for the response to HEAD, or to CONNECT."""
    head = conn.read_until(b"\r\n\r\n", seconds)
    start, *lines = head.decode("latin-1")[:-4].split("\r\n")
    message = Message(start, _fields(lines), head=head)
    response = start.startswith("HTTP/")
    if bodyless or (response and (message.status < 200 or message.status in BODYLESS)):
        return message
    if (message.get("transfer-encoding") or "").lower() == "chunked":
        message.body, message.trailers = _read_chunks(conn, seconds)
    elif message.get("content-length") is not None:
        message.body = conn.read_exact(int(message.get("content-length")), seconds)
    elif response:
        message.body = conn.read_all(seconds)
    return message


def write_message(start: str, headers: dict, body: str | bytes = b"", framed: bool = True) -> bytes:
    """Adds content-length unless the headers frame the body already or `framed` is false."""
    data = to_bytes(body)
    lines = [start]
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"{name}: {one}")
    names = {name.lower() for name in headers}
    if framed and not names & {"content-length", "transfer-encoding", "upgrade"}:
        lines.append(f"content-length: {len(data)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + data


def request(method="GET", path="/", host="test", headers=None, body=b"") -> bytes:
    fields = {"host": host, **(headers or {})}
    return write_message(f"{method} {path} HTTP/1.1", fields, body, framed=bool(body))


def response(status=200, headers=None, body=b"", reason="OK") -> bytes:
    framed = status >= 200 and status not in BODYLESS
    return write_message(f"HTTP/1.1 {status} {reason}", headers or {}, body, framed)


def check_message(message: Message, expected: dict, who: str) -> None:
    """`expected`: status, method, path, version, headers (name -> text with holes, or null for
    absent, or a list for all values in order), body, trailers. Raises with the whole head."""
    problems = []

    def check(name: str, actual, wanted) -> None:
        if wanted is None or actual is None:
            if actual is not wanted:
                problems.append(f"{name} is {actual!r}, expected {wanted!r}")
        elif not Pattern(str(wanted)).matches(actual if isinstance(actual, bytes) else str(actual)):
            problems.append(f"{name} is {actual!r}, expected {wanted!r}")

    for key, wanted in expected.items():
        if key == "headers" or key == "trailers":
            found = getattr(message, key)
            for name, value in wanted.items():
                values = [v for k, v in found if k.lower() == name.lower()]
                if isinstance(value, list):
                    if len(values) != len(value):
                        problems.append(f"{name} has the values {values}, expected {value}")
                    for actual, one in zip(values, value):
                        check(name, actual, one)
                else:
                    check(name, values[0] if len(values) == 1 else values or None, value)
        elif key == "version":
            check(key, message.start.split(" ")[0 if message.start.startswith("HTTP/") else -1], wanted)
        elif key in ("status", "method", "path", "body"):
            check(key, getattr(message, key), wanted)
        else:
            raise ValueError(f"unknown expectation {key!r}")
    if problems:
        head = message.head.decode("latin-1")
        raise AssertionError(f"{who}: " + "; ".join(problems) + f"\n{head}")


class HttpServer(Server):
    """Answers every request the same way, or as `reply(message) -> bytes` says; keeps what came."""

    def __init__(
        self, status=200, headers=None, body=b"", reply=None, paths=None, takes_cut_requests=False, **kwargs
    ):
        self.requests: list[Message] = []
        self.usual = {"status": status, "headers": headers, "body": body}
        self.paths: dict[str, dict] = paths or {}  # what differs by path
        self.every: tuple[int, int] | None = None  # (n, status): each n-th answer has that status
        self.hangs = False
        self.counted = 0
        self.takes_cut_requests = takes_cut_requests  # the proxy may go away in their middle
        self.reply = reply or self.by_path
        self.guard = threading.Lock()
        super().__init__(self._handle, **kwargs)

    def behave(self, **how) -> None:
        """From now on: status, headers, body, paths, hangs, every: {n, status}."""
        with self.guard:
            self.hangs = how.pop("hangs", False)
            self.paths = how.pop("paths", self.paths)
            every = how.pop("every", None)
            self.every = (every["n"], every["status"]) if every else None
            self.usual.update(how)

    def by_path(self, message: Message) -> bytes:
        with self.guard:
            own = self.paths.get(message.path.split("?")[0])
            spec = {**self.usual, **(own or {})}
            if own is None and self.every is not None:
                self.counted += 1
                if self.counted % self.every[0] == 0:
                    spec["status"] = self.every[1]
        return self.canned(message, spec["status"], spec["headers"], spec["body"])

    @staticmethod
    def canned(message: Message, status: int, headers, body) -> bytes:
        data = response(status, headers, body)
        if message.method == "HEAD":
            return data[: data.index(b"\r\n\r\n") + 4]
        return data

    def _handle(self, conn: Conn) -> None:
        while True:
            try:
                message = read_message(conn, seconds=60)
            except AssertionError:
                if conn.buffer and not (self.takes_cut_requests and conn.at_eof):
                    raise
                return  # the peer closed between requests
            with self.guard:
                self.requests.append(message)
                hangs = self.hangs
            if hangs:
                conn.sock.settimeout(60)
                conn.sock.recv(1)  # until the peer goes away
                return
            conn.send(self.reply(message), seconds=60)
            if (message.get("connection") or "").lower() == "close":
                return
