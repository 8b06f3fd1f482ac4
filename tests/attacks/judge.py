"""Sends one attack, and says what was wrong with what came of it."""
import contextlib
import dataclasses
import posixpath
import re
from urllib.parse import unquote_to_bytes

from harness import wait
from harness.conn import connect

from .case import TOKEN, Case
from .recorder import Recorder

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])( [\t\x20-\x7e\x80-\xff]*)?")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")


class Malformed(Exception):
    pass


@dataclasses.dataclass
class Response:
    status: int
    fields: list
    body: bytes = b""
    cut: bool = False  # the stream ended inside it

    def get(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key.lower() == name.lower().encode()]


@dataclasses.dataclass
class Outcome:
    data: bytes
    end: str  # "closed", "reset", "open"
    responses: list = dataclasses.field(default_factory=list)  # final ones
    problems: list = dataclasses.field(default_factory=list)


def exchange(
    port: int, pieces: tuple, shut: bool = False, seconds: float = 2.0, methods: tuple = ()
) -> Outcome:
    """Writes `pieces` while reading, until the proxy ends the connection or the time is over."""
    pieces = list(pieces)
    received, end = b"", "open"
    until = wait.deadline(seconds)
    with connect(port) as conn:
        view = memoryview(pieces.pop(0)) if pieces else memoryview(b"")
        while wait.left(until) > 0:
            if not view and pieces:
                view = memoryview(pieces.pop(0))
            if shut and not view and not pieces:
                with contextlib.suppress(OSError):  # the proxy has ended it already
                    conn.shutdown()
                shut = False
            readable, writable = wait.ready(conn.sock, wait.left(until), write=bool(view))
            try:
                if writable:
                    view = view[conn.sock.send(view) :]
            except OSError:
                view, pieces = memoryview(b""), []  # what was answered may still be there
            if readable:
                try:
                    data = conn.sock.recv(1 << 18)
                except OSError:
                    end = "reset"
                    break
                if not data:
                    end = "closed"
                    break
                received += data
    outcome = Outcome(received, end)
    try:
        parse_responses(outcome, methods)
    except Malformed as problem:
        outcome.problems.append(f"malformed response: {problem}")
    return outcome


def _read_chunks(data: bytes, at: int, response: Response) -> int:
    while True:
        match = re.compile(rb"([0-9a-fA-F]{1,16})\r\n").match(data, at)
        if match is None:
            if re.compile(rb"[0-9a-fA-F]{0,16}\r?").fullmatch(data, at):
                response.cut = True
                return len(data)
            raise Malformed(f"chunk line {data[at : at + 40]!r}")
        size, at = int(match[1], 16), match.end()
        if size == 0:
            break
        response.body += data[at : at + size]
        at += size
        if data[at : at + 2] != b"\r\n"[: max(0, len(data) - at)]:
            raise Malformed("chunk without its end")
        at += 2
        if at > len(data):
            response.cut = True
            return len(data)
    last = data.find(b"\r\n\r\n", at - 2)
    response.cut = last < 0
    return len(data) if last < 0 else last + 4


def _read_body(data: bytes, at: int, response: Response, bodiless: bool) -> int:
    lengths, encodings = response.get("content-length"), response.get("transfer-encoding")
    if encodings and (encodings != [b"chunked"] or lengths):
        raise Malformed(f"Transfer-Encoding {encodings}, Content-Length {lengths}")
    if len(lengths) > 1 or not all(re.fullmatch(rb"[0-9]{1,19}", text) for text in lengths):
        raise Malformed(f"Content-Length {lengths}")
    if bodiless or response.status in (204, 304):
        return at
    if encodings:
        return _read_chunks(data, at, response)
    end = at + int(lengths[0]) if lengths else len(data)
    response.body, response.cut = data[at:end], end > len(data)
    return min(end, len(data))


def parse_responses(outcome: Outcome, methods: tuple) -> None:
    """Reads all of `outcome.data` strictly, into `outcome.responses`."""
    data, at = outcome.data, 0
    while at < len(data):
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            raise Malformed(f"an incomplete head {data[at : at + 80]!r}")
        line, *lines = data[at:end].split(b"\r\n")
        match = STATUS_LINE.fullmatch(line)
        if match is None:
            raise Malformed(f"status line {line[:80]!r}")
        response = Response(int(match[1]), [])
        for text in lines:
            field = FIELD.fullmatch(text)
            if field is None:
                raise Malformed(f"field line {text[:80]!r}")
            response.fields.append(field.groups())
        at = end + 4
        if response.status < 200 and response.status != 101:
            continue
        index = len(outcome.responses)
        outcome.responses.append(response)
        if response.status == 101:
            response.body, at = data[at:], len(data)
        else:
            bodiless = index < len(methods) and methods[index] == b"HEAD"
            at = _read_body(data, at, response, bodiless)


def resolved(target: bytes) -> bytes:
    """The path that an ordinary backend would make of a target: decoded once, dots resolved."""
    path = unquote_to_bytes(target.split(b"?")[0]).replace(b"\\", b"/")
    return posixpath.normpath(re.sub(rb"/+", b"/", path))


def _judge_forwarded(case: Case, outcome: Outcome, seen: list, whole: list) -> list[str]:
    want, problems = case.want, []
    if len(whole) not in want.forwarded:
        problems.append(f"{len(whole)} requests at the backend, expected {want.forwarded}")
    answers = [r for r in outcome.responses if r.status in want.answered]
    if len(answers) != len(whole):
        problems.append(f"{len(answers)} answers to {len(whole)} requests")
    if case.name.startswith("path/"):
        problems += [f"a way to {r.target[:60]!r}" for r in whole if resolved(r.target).startswith(b"/admin")]
    for name, value in want.sees:
        found = seen[0].get(name) if seen else []
        if found != ([] if value is None else [value]):
            problems.append(f"the backend saw {name} {found}, expected {value!r}")
    return problems


def judge(case: Case, outcome: Outcome, seen: list) -> list[str]:
    """Every reason why `case` was not handled as it must be."""
    want, problems = case.want, list(outcome.problems)
    whole = [request for request in seen if request.complete]
    for request in seen:
        problems += [f"malformed at the backend: {p}" for p in request.problems if request.complete]
    first = outcome.responses[0].status if outcome.responses else None
    if first in want.answered:
        return problems + _judge_forwarded(case, outcome, seen, whole)
    if whole:
        problems.append(f"refused with {first}, but forwarded {[r.line[:60] for r in whole]}")
    if first is None:
        if not want.silent or outcome.end == "open":
            problems.append(f"no response, connection {outcome.end}")
    elif first not in want.refused:
        problems.append(f"status {first}, expected {sorted(want.refused | want.answered)}")
    if len(outcome.responses) > 1 and not want.stays_open:
        problems.append(f"went on after {first}: {[r.status for r in outcome.responses]}")
    if outcome.end == "open" and not want.stays_open:
        problems.append(f"connection left open after {first}")
    return problems


def run(case: Case, port: int, recorder: Recorder) -> list[str]:
    recorder.take()
    outcome = exchange(port, case.send, case.shut, methods=(case.send[0].split(b" ")[0],))
    return judge(case, outcome, recorder.take())
