"""What a hostile or broken backend answers, and what of it may reach the client."""
import dataclasses

from . import judge
from .case import CHUNKED, CLOSE, GET, HOST, chunks, raw
from .recorder import Recorder

OK = "HTTP/1.1 200 OK"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"


@dataclasses.dataclass(frozen=True)
class Answer:
    """`want`: "refused" (502 or 503), "passed" (200 with `body`), "broken" (the client can tell that
    the body was cut), or several of them joined by "|"."""

    name: str
    send: bytes
    want: str
    body: bytes = b"hello"
    request: bytes = raw(GET, HOST)
    reset: bool = False


def _ok(*lines: str | bytes, body: bytes = b"hello") -> bytes:
    return raw(OK, *lines, body=body)


LENGTH = "Content-Length: 5"
HEADS = [
    ("empty", b"", "refused"), ("cut-line", b"HTTP/1.1 20", "refused"), ("cut-head", b"HTTP/1.1 200 OK\r\nX: y", "refused"),
    ("http09", b"hello", "refused"), ("version-2", b"HTTP/2.0 200 OK\r\n\r\n", "refused"),
    ("version-9.9", b"HTTP/9.9 200 OK\r\n\r\n", "refused"), ("version-lower", b"http/1.1 200 OK\r\n\r\n", "refused"),
    ("icy", b"ICY 200 OK\r\n\r\n", "refused"), ("status-2-digits", b"HTTP/1.1 20 OK\r\n\r\n", "refused"),
    ("status-4-digits", b"HTTP/1.1 2000 OK\r\n\r\n", "refused"), ("status-0", b"HTTP/1.1 000 OK\r\n\r\n", "refused"),
    ("status-999", b"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n", "refused|999"), ("status-letters", b"HTTP/1.1 2xx OK\r\n\r\n", "refused"),
    ("status-minus", b"HTTP/1.1 -20 OK\r\n\r\n", "refused"), ("status-plus", b"HTTP/1.1 +20 OK\r\n\r\n", "refused"),
    ("two-spaces", b"HTTP/1.1  200 OK\r\n\r\n", "refused"), ("tab", b"HTTP/1.1\t200 OK\r\n\r\n", "refused"),
    ("reason-nul", b"HTTP/1.1 200 O\0K\r\n\r\n", "refused"), ("reason-cr", b"HTTP/1.1 200 O\rK\r\n\r\n", "refused"),
    ("bare-lf", b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", "refused|passed"),
    ("crlf-before", b"\r\n" + _ok(LENGTH), "refused"), ("tls-alert", b"\x15\x03\x01\0\x02\x02\x28", "refused"),
    ("http2-settings", b"\0\0\0\4\0\0\0\0\0", "refused"), ("request", raw(GET, HOST), "refused"),
    ("field-nul", _ok("X: a\0b", LENGTH), "refused"), ("field-cr", _ok("X: a\rb", LENGTH), "refused"),
    ("field-lf", _ok("X: a\nSet-Cookie: b", LENGTH), "refused|passed"), ("field-fold", _ok("X: a\r\n b", LENGTH), "refused|passed"),
    ("field-space", _ok("X : a", LENGTH), "refused|passed"), ("field-no-colon", _ok("X", LENGTH), "refused"),
    ("field-name-high", _ok(b"X\xff: a", LENGTH), "refused"), ("field-no-name", _ok(": a", LENGTH), "refused"),
    ("field-pseudo", _ok(":status: 500", LENGTH), "refused"), ("field-del", _ok("X: \x7f", LENGTH), "refused"),
    ("field-100k", _ok("X: " + "y" * 100_000, LENGTH), "refused"),
    ("field-1m-no-end", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 1_000_000, "refused"),
    ("fields-200", _ok(*["X: y"] * 200, LENGTH), "refused"),
    ("fields-endless", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, "refused"),
    ("101-unasked", b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "refused"),
    ("100-only", b"HTTP/1.1 100 Continue\r\n\r\n", "refused"), ("100-then-ok", b"HTTP/1.1 100 Continue\r\n\r\n" + _ok(LENGTH), "passed"),
    ("103-then-ok", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + _ok(LENGTH), "passed"),
    ("100-with-length", b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + _ok(LENGTH), "refused"),
    ("100-endless", b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000, "refused"),
    ("199-then-ok", b"HTTP/1.1 199 X\r\n\r\n" + _ok(LENGTH), "passed|refused"),
]  # fmt: skip

LENGTHS = [
    ("plus", "+5"), ("minus", "-5"), ("list", "5, 6"), ("hex", "0x5"), ("empty", ""), ("two", "5 5"), ("nul", "5\0"),
    ("two-64", "18446744073709551616"), ("two-64-and-5", "18446744073709551621"), ("long", "9" * 50), ("letter", "a"),
]  # fmt: skip
BODIES = [
    *((f"cl-{name}", _ok(f"Content-Length: {value}"), "refused") for name, value in LENGTHS),
    ("cl-twice-differ", _ok(LENGTH, "Content-Length: 3"), "refused"),
    ("cl-twice-same", _ok(LENGTH, LENGTH), "refused|passed"),
    ("cl-te", _ok(LENGTH, CHUNKED, body=chunks(b"hello")), "refused|passed"),
    ("te-cl", _ok(CHUNKED, LENGTH, body=chunks(b"hello")), "refused|passed"),
    ("te-unknown", _ok("Transfer-Encoding: x"), "refused"), ("te-identity", _ok("Transfer-Encoding: identity", LENGTH), "refused|passed"),
    ("te-gzip-chunked", _ok("Transfer-Encoding: gzip, chunked", body=chunks(b"hello")), "refused"),
    ("te-twice", _ok(CHUNKED, CHUNKED, body=chunks(b"hello")), "refused|passed"),
    ("te-http10", raw("HTTP/1.0 200 OK", CHUNKED, body=chunks(b"hello")), "refused"),
    ("te-space-before-colon", _ok("Transfer-Encoding : chunked", LENGTH, body=chunks(b"hello")), "refused"),
    ("204-with-length", raw("HTTP/1.1 204 No Content", LENGTH, body=b"hello"), "refused"),
    ("204-chunked", raw("HTTP/1.1 204 No Content", CHUNKED, body=chunks(b"hello")), "refused"),
    ("chunk-size-bad", _ok(CHUNKED, body=b"xyz\r\nhello\r\n0\r\n\r\n"), "broken|refused"),
    ("chunk-size-overflow", _ok(CHUNKED, body=b"10000000000000005\r\nhello\r\n0\r\n\r\n"), "broken|refused"),
    ("chunk-no-crlf", _ok(CHUNKED, body=b"5\r\nhelloX\r\n0\r\n\r\n"), "broken|refused"),
    ("chunk-bare-lf", _ok(CHUNKED, body=b"5\nhello\n0\n\n"), "broken|refused"),
    ("chunk-cut", _ok(CHUNKED, body=b"5\r\nhel"), "broken"), ("chunk-no-end", _ok(CHUNKED, body=b"5\r\nhello\r\n"), "broken"),
    ("chunk-last-cut", _ok(CHUNKED, body=b"5\r\nhello\r\n0\r\n"), "broken"),
    ("chunk-trailer-bad", _ok(CHUNKED, body=b"5\r\nhello\r\n0\r\nX\r\n\r\n"), "broken|refused"),
    ("chunk-trailer-cl", _ok(CHUNKED, body=b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n"), "broken|refused|passed"),
    ("chunk-extension-endless", _ok(CHUNKED, body=b"5;" + b"x" * 500_000), "broken|refused"),
    ("length-cut", _ok("Content-Length: 10"), "broken"), ("length-none", _ok("Content-Length: 10", body=b""), "broken|refused"),
    ("until-close", _ok(), "passed"), ("until-close-http10", raw("HTTP/1.0 200 OK", body=b"hello"), "passed"),
    ("extra-bytes", _ok(LENGTH, body=b"hello" + EVIL), "passed"),
    ("extra-bytes-chunked", _ok(CHUNKED, body=chunks(b"hello") + EVIL), "passed"),
    ("extra-after-304", raw("HTTP/1.1 304 Not Modified", LENGTH, body=b"hello" + EVIL), "304"),
    ("extra-after-204", raw("HTTP/1.1 204 No Content") + EVIL, "204"),
    ("two-answers", _ok(LENGTH) + EVIL, "passed"),
    ("split-by-encoded-crlf", _ok("X: a%0d%0aSet-Cookie: b", LENGTH), "passed"),
    ("connection-named", _ok(LENGTH, "X-Secret: y", "Connection: X-Secret, Content-Length"), "passed"),
    ("hop-by-hop", _ok(LENGTH, "Keep-Alive: timeout=1", "Proxy-Connection: x", "TE: y"), "passed"),
    ("upgrade-200", _ok(LENGTH, "Connection: upgrade", "Upgrade: h2c"), "passed"),
]  # fmt: skip

RESETS = [
    ("reset-empty", b"", "refused"), ("reset-in-head", b"HTTP/1.1 200 OK\r\nX", "refused"),
    ("reset-in-length", _ok("Content-Length: 10"), "broken|refused"), ("reset-in-chunks", _ok(CHUNKED, body=b"5\r\nhello\r\n"), "broken|refused"),
    ("reset-until-close", _ok(), "broken|refused"),
]  # fmt: skip

CASES = [
    *(Answer(f"answer/{name}", send, want) for name, send, want in HEADS + BODIES),
    *(Answer(f"answer/{name}", send, want, reset=True) for name, send, want in RESETS),
    Answer("answer/head-with-body", _ok(LENGTH), "passed", b"", raw("HEAD / HTTP/1.1", HOST)),
    Answer("answer/head-chunked", _ok(CHUNKED, body=chunks(b"hello")), "passed", b"", raw("HEAD / HTTP/1.1", HOST)),
]


def _verdict(case: Answer, outcome: judge.Outcome) -> str:
    first = outcome.responses[0]
    if first.status in (502, 503, 504):
        return "refused"
    if first.cut or (not first.get("content-length") and not first.get("transfer-encoding")
                     and outcome.end == "reset"):  # fmt: skip
        return "broken"
    if first.status == 200:
        return "passed" if first.body == case.body else f"200 with {first.body[:60]!r}"
    return str(first.status)


def run(case: Answer, port: int, recorder: Recorder) -> list[str]:
    """Two requests on one connection: whatever the answer was, the second may not be answered by it."""
    recorder.take()
    recorder.answer, recorder.reset = case.send, case.reset
    methods = (case.request.split(b" ")[0],)
    try:
        outcome = judge.exchange(port, (case.request[:-2] + CLOSE.encode() + b"\r\n\r\n",), methods=methods)
        problems = list(outcome.problems)
        if not outcome.responses:
            return [*problems, f"no response, connection {outcome.end}: {outcome.data[:80]!r}"]
        verdict = _verdict(case, outcome)
        if verdict not in case.want.split("|"):
            problems.append(f"{verdict}, expected {case.want}")
        if len(outcome.responses) > 1 or b"evil" in outcome.data:
            problems.append(f"more than one response: {outcome.data[-80:]!r}")
        if outcome.end == "open":
            problems.append("connection left open")
        recorder.answer = None
        after = judge.exchange(port, (raw(GET, HOST, CLOSE),))
        if [r.body for r in after.responses] != [b"backend"]:
            problems.append(f"the next request was answered {after.data[:80]!r}")
        sent = (case.request.split(b"\r\n")[0], GET.encode())
        for seen in recorder.take():
            if seen.problems or seen.line not in sent:
                problems.append(f"the backend saw {seen.line[:80]!r}: {seen.problems}")
        return problems
    finally:
        recorder.answer, recorder.reset = None, False
