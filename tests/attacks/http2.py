"""HTTP/2 connections that break the rules, or bend them to get a second request to an HTTP/1 backend."""
import dataclasses
import struct

from . import http2_wire as wire
from .case import CLOSE, HOST, SMUGGLED, raw
from .case import GET as GET_LINE
from .http2_wire import (
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PRIORITIZED, PRIORITY,
    PUSH_PROMISE, RST_STREAM, SETTINGS, START, WINDOW_UPDATE, block, data, frame, headers, literal, request,
    reset, settings, window_update,
)  # fmt: skip
from .judge import exchange
from .recorder import Recorder


@dataclasses.dataclass(frozen=True)
class Case:
    """`want`: some of "ok" (200 on the last stream), "stream" (that stream reset, or answered 4xx),
    "conn" (GOAWAY with an error, or closed), "ignored", joined by "|"."""

    name: str
    send: bytes
    want: str
    forwarded: tuple = (0,)
    sees: tuple = ()
    start: bytes = START
    stream: int = 1


BAD = "stream|conn"
FIELDS = [
    ("crlf-in-value", (b"x", b"a\r\nContent-Length: 5")), ("lf-in-value", (b"x", b"a\nb")), ("cr-in-value", (b"x", b"a\rb")),
    ("nul-in-value", (b"x", b"a\0b")), ("space-first", (b"x", b" a")), ("space-last", (b"x", b"a ")), ("tab-first", (b"x", b"\ta")),
    ("control-in-value", (b"x", b"a\x01")), ("del-in-value", (b"x", b"\x7f")), ("upper-name", (b"X-Foo", b"a")),
    ("crlf-in-name", (b"x\r\nfoo: bar", b"a")), ("lf-in-name", (b"x\ny", b"a")), ("colon-in-name", (b"x:y", b"a")),
    ("space-in-name", (b"x y", b"a")), ("nul-in-name", (b"x\0", b"a")), ("high-name", (b"x\xff", b"a")), ("empty-name", (b"", b"a")),
    ("colon-only", (b":", b"a")), ("pseudo-unknown", (b":x", b"a")), ("pseudo-status", (b":status", b"200")),
    ("pseudo-late", (b":path", b"/b")), ("pseudo-protocol", (b":protocol", b"websocket")), ("pseudo-upper", (b":Path", b"/b")),
    ("pseudo-authority-late", (b":authority", b"b")), ("request-in-name", (b"x: y\r\n\r\nget /smuggled http/1.1\r\nhost", b"a")),
    ("connection", (b"connection", b"close")), ("connection-named", (b"connection", b"x-foo")), ("keep-alive", (b"keep-alive", b"5")),
    ("proxy-connection", (b"proxy-connection", b"close")), ("upgrade", (b"upgrade", b"websocket")), ("te-gzip", (b"te", b"gzip")),
    ("te-list", (b"te", b"trailers, gzip")), ("transfer-encoding", (b"transfer-encoding", b"chunked")),
    ("te-identity", (b"transfer-encoding", b"identity")), ("te-crlf", (b"x", b"a\r\ntransfer-encoding: chunked")),
    ("host-differs", (b"host", b"b")), ("host-bad", (b"host", b"a b")), ("cl-minus", (b"content-length", b"-1")),
    ("cl-plus", (b"content-length", b"+0")), ("cl-list", (b"content-length", b"0, 0")), ("cl-letters", (b"content-length", b"a")),
    ("cl-empty", (b"content-length", b"")), ("cl-two-64", (b"content-length", b"18446744073709551616")),
    ("cl-without-body", (b"content-length", b"5")),
]  # fmt: skip

PSEUDO = [
    ("no-method", {"method": None}), ("no-path", {"path": None}), ("no-scheme", {"scheme": None}), ("method-empty", {"method": b""}),
    ("path-empty", {"path": b""}), ("scheme-empty", {"scheme": b""}), ("authority-empty", {"authority": b""}),
    ("no-authority", {"authority": None}), ("method-space", {"method": b"GET /smuggled HTTP/1.1\r\nx: y"}),
    ("method-crlf", {"method": b"GET\r\n"}), ("method-two", {"method": b"GET /"}), ("path-space", {"path": b"/ HTTP/1.1"}),
    ("path-crlf", {"path": b"/ HTTP/1.1\r\nHost: b\r\n\r\nGET /smuggled"}), ("path-lf", {"path": b"/\nx"}), ("path-nul", {"path": b"/\0"}),
    ("path-tab", {"path": b"/\tx"}), ("path-relative", {"path": b"a"}), ("path-star", {"path": b"*"}), ("path-fragment", {"path": b"/#x"}),
    ("path-url", {"path": b"http://b/"}), ("path-query-only", {"path": b"?x"}), ("authority-space", {"authority": b"a b"}),
    ("authority-crlf", {"authority": b"a\r\nx: y"}), ("authority-userinfo", {"authority": b"u@a"}), ("authority-path", {"authority": b"a/b"}),
    ("authority-port", {"authority": b"a:99999"}), ("authority-comma", {"authority": b"a, b"}), ("scheme-crlf", {"scheme": b"http\r\nx: y"}),
    ("scheme-url", {"scheme": b"http://b/smuggled?"}), ("scheme-space", {"scheme": b"ht tp"}),
    ("connect-path", {"method": b"CONNECT"}), ("connect-no-port", {"method": b"CONNECT", "path": None, "scheme": None}),
    ("connect", {"method": b"CONNECT", "path": None, "scheme": None, "authority": b"a:443"}),
]  # fmt: skip


def _twice(name: bytes, value: bytes) -> bytes:
    return headers(literal(name, value) + block())


def _post(*fields: tuple) -> bytes:
    return request(*fields, method=b"POST", end=False)


MESSAGES = [
    *((f"field-{name}", request(field), BAD) for name, field in FIELDS),
    *((f"pseudo-{name}", request(**pseudo), BAD) for name, pseudo in PSEUDO),
    ("twice-method", _twice(b":method", b"GET"), BAD), ("twice-path", _twice(b":path", b"/"), BAD),
    ("twice-scheme", _twice(b":scheme", b"http"), BAD), ("twice-authority", _twice(b":authority", b"a"), BAD),
    ("host-same", request((b"host", b"a")), "ok|" + BAD, (0, 1), (("host", "a"),)),
    ("host-twice", request((b"host", b"a"), (b"host", b"a")), BAD),
    ("host-alone", request((b"host", b"a"), authority=None), "ok", (1,), (("host", "a"),)),
    ("te-trailers", request((b"te", b"trailers")), "ok", (1,)),
    ("cookies", request((b"cookie", b"a=b"), (b"cookie", b"c=d")), "ok", (1,), (("cookie", "a=b; c=d"),)),
    ("cl-twice-same", _post((b"content-length", b"5"), (b"content-length", b"5")) + data(b"hello"), BAD),
    ("cl-twice-differ", _post((b"content-length", b"5"), (b"content-length", b"0")) + data(b"hello"), BAD),
    ("cl-shorter", _post((b"content-length", b"0")) + data(SMUGGLED), BAD, (0, 1)),  # the head alone is a whole request
    ("cl-shorter-by-some", _post((b"content-length", b"3")) + data(SMUGGLED), BAD),
    ("cl-longer", _post((b"content-length", b"100")) + data(b"hello"), BAD),
    ("cl-longer-trailers", _post((b"content-length", b"9")) + data(b"hello", end=False) + headers(literal(b"x", b"y")), BAD),
    ("cl-right", _post((b"content-length", b"5")) + data(b"hello"), "ok", (1,), (("content-length", "5"),)),
    ("body-unframed", _post() + data(SMUGGLED), "ok", (1,), (("transfer-encoding", "chunked"),)),
    ("trailers", _post() + data(b"x", end=False) + headers(literal(b"x-t", b"y")), "ok", (1,)),
    ("trailers-pseudo", _post() + data(b"x", end=False) + headers(literal(b":path", b"/b")), BAD),
    ("trailers-cl", _post() + data(b"x", end=False) + headers(literal(b"content-length", b"9")), BAD),
    ("trailers-te", _post() + data(b"x", end=False) + headers(literal(b"transfer-encoding", b"chunked")), BAD),
    ("trailers-crlf", _post() + data(b"x", end=False) + headers(literal(b"x", b"y\r\n\r\nGET /smuggled")), BAD),
    ("trailers-upper", _post() + data(b"x", end=False) + headers(literal(b"X", b"y")), BAD),
    ("trailers-no-end", _post() + data(b"x", end=False) + headers(literal(b"x", b"y"), flags=END_HEADERS), BAD),
    ("expect", _post((b"expect", b"100-continue"), (b"content-length", b"1")) + data(b"x"), "ok", (1,)),
    ("fields-200", request(*((b"x%d" % i, b"y") for i in range(200))), BAD),
    ("value-50k", headers(block((b"x", b"y" * 50_000))[:16_000], flags=END_STREAM)
     + frame(CONTINUATION, 0, 1, block((b"x", b"y" * 50_000))[16_000:32_000])
     + frame(CONTINUATION, 0, 1, block((b"x", b"y" * 50_000))[32_000:48_000])
     + frame(CONTINUATION, END_HEADERS, 1, block((b"x", b"y" * 50_000))[48_000:]), "ok|stream", (0, 1)),
    ("method-unknown", request(method=b"FOO"), "ok|" + BAD, (0, 1)),
    ("underscore", request((b"x_y", b"a")), "ok", (1,)),
    ("high-value", request((b"x", b"\xff")), "ok|" + BAD, (0, 1)),
    ("value-empty", request((b"x", b"")), "ok", (1,), (("x", ""),)),
    ("path-high", request(path=b"/\xff"), "ok|" + BAD, (0, 1)),
    ("extended-connect", request((b":protocol", b"websocket"), method=b"CONNECT"), BAD),
]  # fmt: skip

GET = request()
OPEN = request(end=False, method=b"POST")
PAD = b"\xff" + block()
FRAMES = [
    ("preface-wrong", b"", "conn", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" + settings()),
    ("preface-http3", b"", "conn", b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n" + settings()),
    ("no-settings", GET, "conn", wire.PREFACE), ("ping-before-settings", GET, "conn", wire.PREFACE + frame(PING, 0, 0, bytes(8)) + settings()),
    ("data-on-0", frame(DATA, END_STREAM, 0, b"x"), "conn"), ("headers-on-0", headers(block(), 0), "conn"),
    ("headers-even", headers(block(), 2), "conn"), ("priority-on-0", frame(PRIORITY, 0, 0, bytes(5)), "conn"),
    ("reset-on-0", reset(0), "conn"), ("reset-idle", reset(1), "conn"), ("reset-short", OPEN + frame(RST_STREAM, 0, 1, bytes(3)), "conn"),
    ("data-idle", data(b"x"), "conn"), ("window-idle", window_update(1, 1), "conn"), ("continuation-idle", frame(CONTINUATION, 4, 1, block()), "conn"),
    ("continuation-after-end", GET + frame(CONTINUATION, 4, 1, block()), "conn"),
    ("continuation-other-stream", headers(block(), flags=1) + frame(CONTINUATION, 4, 3, b""), "conn"),
    ("data-in-headers", headers(block(), flags=0) + data(b"x"), "conn"), ("ping-in-headers", headers(block(), flags=0) + frame(PING, 0, 0, bytes(8)), "conn"),
    ("headers-in-headers", headers(block(), flags=0) + headers(block(), 3), "conn"),
    ("unknown-in-headers", headers(block(), flags=0) + frame(0x16, 0, 0, b"x"), "conn"),
    ("settings-on-1", frame(SETTINGS, 0, 1), "conn"), ("settings-ack-payload", frame(SETTINGS, ACK, 0, bytes(6)), "conn"),
    ("settings-size", frame(SETTINGS, 0, 0, bytes(5)), "conn"), ("settings-push-2", settings((2, 2)), "conn"),
    ("settings-window-big", settings((4, 0x80000000)), "conn"), ("settings-frame-small", settings((5, 16383)), "conn"),
    ("settings-frame-big", settings((5, 16777216)), "conn"), ("ping-size", frame(PING, 0, 0, bytes(7)), "conn"),
    ("ping-on-1", frame(PING, 0, 1, bytes(8)), "conn"), ("goaway-on-1", frame(GOAWAY, 0, 1, bytes(8)), "conn"),
    ("goaway-short", frame(GOAWAY, 0, 0, bytes(7)), "conn"), ("push-promise", OPEN + frame(PUSH_PROMISE, 4, 1, struct.pack(">I", 2) + block()), "conn"),
    ("window-zero", window_update(0, 0), "conn"), ("window-size", frame(WINDOW_UPDATE, 0, 0, bytes(3)), "conn"),
    ("window-overflow", window_update(0, 0x7FFFFFFF) * 2, "conn"), ("priority-size", OPEN + frame(PRIORITY, 0, 1, bytes(4)), BAD),
    ("frame-too-large", frame(DATA, 0, 1, bytes(20_000)), "conn"), ("headers-too-large", frame(HEADERS, 5, 1, bytes(20_000)), "conn"),
    ("pad-too-long-data", OPEN + frame(DATA, END_STREAM | PADDED, 1, b"\xffx"), "conn"),
    ("pad-too-long-headers", frame(HEADERS, END_STREAM | END_HEADERS | PADDED, 1, PAD), "conn"),
    ("pad-empty", OPEN + frame(DATA, PADDED, 1), "conn"), ("headers-priority-short", frame(HEADERS, 37, 1, bytes(3)), "conn"),
    ("id-reused", GET + GET, BAD), ("id-lower", request(stream=3) + request(stream=1), "conn|ignored"),
    ("data-after-end", GET + data(b"x"), BAD), ("headers-after-end", GET + headers(literal(b"x", b"y")), BAD),
    ("data-after-reset", OPEN + reset() + data(b"x"), BAD + "|ignored"), ("headers-after-reset", OPEN + reset() + headers(literal(b"x", b"y")), BAD + "|ignored"),
    ("hpack-index-0", headers(b"\x80"), "conn"), ("hpack-index-big", headers(b"\xff\xff\x7f"), "conn"),
    ("hpack-integer-endless", headers(b"\xff" + b"\xff" * 50 + b"\x01"), "conn"), ("hpack-string-past-end", headers(b"\0\x7fx"), "conn"),
    ("hpack-huffman-eos", headers(block() + b"\0\x01x\x84\xff\xff\xff\xff"), "conn"), ("hpack-huffman-padding", headers(block() + b"\0\x01x\x82\x1f\xfe"), "conn|stream|ok"),
    ("hpack-huffman-pad-zero", headers(block() + b"\0\x01x\x81\x00"), "conn"), ("hpack-table-too-big", headers(b"\x3f\xe2\x1f" + block()), "conn"),
    ("hpack-table-late", headers(block() + b"\x20"), "conn"), ("hpack-table-endless", headers(b"\x3f" + b"\xff" * 20 + block()), "conn"),
    ("hpack-cut", headers(block() + b"\0\x01"), "conn"), ("http1-request", b"", "conn", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ("upgrade-smuggle", b"", "conn", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
]  # fmt: skip
# What a peer may do, and must be answered.
LIVELY = [
    ("get", GET), ("post", OPEN + data(b"x")), ("padded", frame(HEADERS, 13, 1, b"\x03" + block() + bytes(3))),
    ("prioritized", frame(HEADERS, 37, 1, bytes(4) + b"\x0f" + block())), ("priority-self", frame(PRIORITY, 0, 3, struct.pack(">IB", 1, 9)) + GET),
    ("unknown-frame", frame(0xEE, 0xFF, 0, b"x") + GET), ("unknown-setting", settings((0xFFFF, 7)) + GET),
    ("unknown-flags", frame(PING, 0xFE, 0, bytes(8)) + GET), ("ping-ack-unasked", frame(PING, ACK, 0, bytes(8)) + GET),
    ("reserved-bit", frame(HEADERS, 5, 0x80000001, block())), ("split-everywhere", headers(block()[:1], flags=END_STREAM)
     + b"".join(frame(CONTINUATION, 0, 1, block()[i : i + 8]) for i in range(1, 33, 8)) + frame(CONTINUATION, 4, 1, block()[33:])),
    ("table-size-zero", headers(b"\x20" + block())), ("table-size-twice", headers(b"\x20\x3f\xe1\x1f" + block())),
    ("never-indexed", headers(block() + literal(b"x", b"y", 0x10))), ("indexed", headers(block() + literal(b"x", b"y", 0x40) + b"\xbe")),
    ("window-large", window_update(0, 0x7FFF0000 - 1) + GET), ("settings-table-zero", settings((1, 0)) + GET),
    ("settings-table-huge", settings((1, 0xFFFFFFFF)) + GET), ("settings-streams-zero", settings((3, 0)) + GET),
    ("settings-frame-max", settings((5, 16777215)) + GET), ("settings-list-small", settings((6, 1)) + GET),
    ("settings-window-then-more", settings((4, 0)) + GET + settings((4, 65535))), ("second-after-first", GET.replace(b"x", b"x")),
]  # fmt: skip

CASES = [
    *(Case(f"h2-message/{name}", send, want, *rest) for name, send, want, *rest in MESSAGES),
    *(Case(f"h2-frame/{name}", send, want, (0, 1), (), *rest) for name, send, want, *rest in FRAMES),
    *(Case(f"h2-lively/{name}", send, "ok", (1,)) for name, send in LIVELY),
]


def _verdict(case: Case, answer: wire.Answer) -> str:
    if answer.goaway is not None or answer.closed:
        return "conn"
    if case.stream in answer.resets and case.stream not in answer.ended:
        return "stream"
    status = answer.statuses.get(case.stream)
    if status == 200 and case.stream in answer.ended:
        return "stream" if case.stream in answer.resets and case.want == BAD else "ok"
    if status is None and answer.barrier:
        return "ignored"
    return "stream" if status is not None and 400 <= status < 500 else f"status {status}"


def run(case: Case, port: int, recorder: Recorder) -> list[str]:
    exchange(port, (raw(GET_LINE, HOST, CLOSE),))  # what the last attack left behind is over
    recorder.take()
    barrier = frame(PING, 0, 0, wire.BARRIER)
    only_conn = case.want == "conn"
    with wire.Client(port, case.start) as client:
        over = lambda a: a.goaway is not None or (a.barrier and not only_conn and a.is_over(case.stream))
        answer = client.send(case.send + barrier, over)
    seen = recorder.take()
    whole = [request_ for request_ in seen if request_.complete]
    problems = [f"malformed at the backend: {p}" for r in whole for p in r.problems]
    verdict = _verdict(case, answer)
    if verdict not in case.want.split("|"):
        problems.append(f"{verdict}, expected {case.want} ({answer})")
    if len(whole) not in case.forwarded:
        problems.append(f"{len(whole)} requests at the backend, expected {case.forwarded}: {[r.line for r in whole]}")
    if verdict == "ok":
        for name, value in case.sees:
            if not seen or seen[0].get(name) != [value]:
                problems.append(f"the backend saw {name} {seen[0].get(name) if seen else None}, expected {value!r}")
    return problems
