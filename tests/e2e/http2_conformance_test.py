"""What RFC 9113 and RFC 7541 say a client may and may not send, as raw frames: for each a table row
with the section, the frames, and how a server has to take them. Every row is sent in cleartext and
in TLS, to a route that is answered at once and to one that waits for a backend. All that h2spec
sends is among the rows."""
import contextlib
import functools
import struct

import pytest

from harness import certs
from harness.config import cluster, downstream_tls, http, merge
from harness.http1 import HttpServer
from harness.http2 import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED,
                           PING, PREFACE, PRIORITIZED, PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS,
                           WINDOW_UPDATE, Client, block, frame, literal, request_fields, settings)
from harness.ports import free_port
from harness.process import Sluice

EH, ES = END_HEADERS, END_STREAM
DUMMY = [(f"x-dummy{i}", "0" * 120) for i in range(8)]


def u32(value: int) -> bytes:
    return struct.pack(">I", value)


def head(stream=1, flags=EH | ES, fields=None, before=b"", after=b"") -> bytes:
    return frame(HEADERS, flags, stream, before + block(*(fields or fields_of())) + after)


PATH = "/"


def fields_of(method="GET", *more):
    return request_fields(method, PATH, "test", *more)


def priority(depends: int, weight: int = 15, exclusive: bool = False) -> bytes:
    return u32(depends | (0x80000000 if exclusive else 0)) + bytes([weight])


P, C, F, S, FC = ("PROTOCOL_ERROR", "COMPRESSION_ERROR", "FRAME_SIZE_ERROR", "STREAM_CLOSED",
                  "FLOW_CONTROL_ERROR")


def without(name: str):
    return tuple(f for f in fields_of() if f[0] != name)


def replaced(name: str, value: str):
    return tuple((n, value if n == name else v) for n, v in fields_of())


def doubled(name: str):
    return tuple(f for field in fields_of() for f in ([field, field] if field[0] == name else
                                                      [field]))


# name, frames after the preface, the error, whether a stream's end is enough.
def connection_faults():
    cut = block(*fields_of())
    return [
        ("4.2 DATA above the frame size", [head(flags=EH, fields=fields_of("POST")),
                                           frame(DATA, ES, 1, b"x" * 16385)], {F}, True),
        ("4.2 HEADERS above the frame size", [frame(HEADERS, EH | ES, 1, block(
            *fields_of(), *[(f"x-{i}", "y" * 4000) for i in range(5)]))], {F}, False),
        ("4.3 broken header block", [frame(HEADERS, EH | ES, 1, b"\xff\xff\xff\xff\xff")], {C}, False),
        ("4.3 PRIORITY inside a header block", [frame(HEADERS, ES, 1, cut), frame(
            PRIORITY, 0, 1, priority(0)), frame(CONTINUATION, EH, 1, block(*DUMMY))], {P}, False),
        ("4.3 HEADERS inside a header block", [frame(HEADERS, ES, 1, cut), frame(
            HEADERS, EH | ES, 3, cut)], {P}, False),
        ("5.1 DATA on an idle stream", [frame(DATA, ES, 1, b"test")], {P}, False),
        ("5.1 RST_STREAM on an idle stream", [frame(RST_STREAM, 0, 1, u32(8))], {P}, False),
        ("5.1 WINDOW_UPDATE on an idle stream", [frame(WINDOW_UPDATE, 0, 1, u32(100))], {P}, False),
        ("5.1 CONTINUATION on an idle stream", [frame(CONTINUATION, EH, 1, cut)], {P}, False),
        ("5.1 DATA on a half-closed stream", [head(), frame(DATA, ES, 1, b"test")], {S}, True),
        ("5.1 HEADERS on a half-closed stream", [head(), head()], {S}, True),
        ("5.1 CONTINUATION on a half-closed stream", [head(), frame(
            CONTINUATION, EH, 1, block(*DUMMY))], {S, P}, True),
        ("5.1 DATA after RST_STREAM", [head(flags=EH), frame(RST_STREAM, 0, 1, u32(8)),
                                       frame(DATA, ES, 1, b"test")], {S}, True),
        ("5.1 HEADERS after RST_STREAM", [head(flags=EH), frame(RST_STREAM, 0, 1, u32(8)), head()],
         {S}, True),
        ("5.1 CONTINUATION after RST_STREAM", [head(flags=EH), frame(RST_STREAM, 0, 1, u32(8)), frame(
            CONTINUATION, EH, 1, block(*DUMMY))], {S, P}, True),
        ("5.1.1 even stream", [head(2)], {P}, False),
        ("5.1.1 stream number goes down", [head(5), head(3)], {P, S}, False),
        ("5.3.1 HEADERS depends on itself", [frame(HEADERS, EH | ES | PRIORITIZED, 1,
                                                   priority(1) + cut)], {P}, True),
        ("5.3.1 PRIORITY depends on itself", [frame(PRIORITY, 0, 2, priority(2))], {P}, True),
        ("5.4.1 broken PING", [frame(PING, 0, 3, b"x" * 8)], {P}, False),
        ("5.5 unknown frame inside a header block", [frame(HEADERS, ES, 1, cut), frame(
            0x16, 0, 0, b"x" * 8)], {P}, False),
        ("6.1 DATA on stream 0", [frame(DATA, ES, 0, b"test")], {P}, False),
        ("6.1 DATA with too much padding", [head(flags=EH, fields=fields_of("POST")), frame(
            DATA, ES | PADDED, 1, b"\x06test")], {P}, False),
        ("6.2 HEADERS on stream 0", [head(0)], {P}, False),
        ("6.2 HEADERS with too much padding", [frame(HEADERS, EH | ES | PADDED, 1,
                                                     bytes([len(cut) + 1]) + cut)], {P}, False),
        ("6.3 PRIORITY on stream 0", [frame(PRIORITY, 0, 0, priority(0))], {P}, False),
        ("6.3 PRIORITY of the wrong size", [head(flags=EH), frame(PRIORITY, 0, 1, b"\x80\0\0\1")], {F},
         True),
        ("6.4 RST_STREAM on stream 0", [frame(RST_STREAM, 0, 0, u32(8))], {P}, False),
        ("6.4 RST_STREAM of the wrong size", [head(flags=EH), frame(RST_STREAM, 0, 1, b"\0\0\0")],
         {F}, False),
        ("6.5 SETTINGS with ACK and payload", [frame(SETTINGS, ACK, 0, b"\0")], {F}, False),
        ("6.5 SETTINGS on a stream", [frame(SETTINGS, 0, 1, b"\0\3\0\0\0d")], {P}, False),
        ("6.5 SETTINGS of the wrong size", [frame(SETTINGS, 0, 0, b"\0\3\0")], {F}, False),
        ("6.5.2 ENABLE_PUSH is 2", [settings((2, 2))], {P}, False),
        ("6.5.2 INITIAL_WINDOW_SIZE too large", [settings((4, 1 << 31))], {FC}, False),
        ("6.5.2 MAX_FRAME_SIZE too small", [settings((5, 16383))], {P}, False),
        ("6.5.2 MAX_FRAME_SIZE too large", [settings((5, 1 << 24))], {P}, False),
        ("6.7 PING on a stream", [frame(PING, 0, 1, b"x" * 8)], {P}, False),
        ("6.7 PING of the wrong size", [frame(PING, 0, 0, b"x" * 6)], {F}, False),
        ("6.8 GOAWAY on a stream", [frame(GOAWAY, 0, 1, b"\0" * 8)], {P}, False),
        ("6.9 WINDOW_UPDATE of 0", [frame(WINDOW_UPDATE, 0, 0, u32(0))], {P}, False),
        ("6.9 WINDOW_UPDATE of 0 on a stream", [head(flags=EH), frame(WINDOW_UPDATE, 0, 1, u32(0))],
         {P}, True),
        ("6.9 WINDOW_UPDATE of the wrong size", [frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")], {F}, False),
        ("6.9.1 connection window overflows", [frame(WINDOW_UPDATE, 0, 0, u32((1 << 31) - 1))] * 2,
         {FC}, False),
        ("6.9.1 stream window overflows", [head(flags=EH)] + [frame(
            WINDOW_UPDATE, 0, 1, u32((1 << 31) - 1))] * 2, {FC}, True),
        ("6.10 CONTINUATION followed by HEADERS", [frame(HEADERS, ES, 1, cut), frame(
            CONTINUATION, 0, 1, block(*DUMMY)), head()], {P}, False),
        ("6.10 CONTINUATION on stream 0", [frame(HEADERS, ES, 1, cut), frame(
            CONTINUATION, EH, 0, block(*DUMMY))], {P}, False),
        ("6.10 CONTINUATION after END_HEADERS", [head(), frame(CONTINUATION, EH, 1, block(*DUMMY))],
         {P, S}, False),
        ("6.10 CONTINUATION after the last one", [frame(HEADERS, ES, 1, cut), frame(
            CONTINUATION, EH, 1, block(*DUMMY)), frame(CONTINUATION, EH, 1, block(*DUMMY))], {P, S},
         False),
        ("6.10 CONTINUATION after DATA", [head(flags=EH), frame(DATA, 0, 1, b"test"), frame(
            CONTINUATION, EH, 1, block(*DUMMY))], {P, S}, False),
        ("8.2 PUSH_PROMISE from a client", [head(flags=EH), frame(
            PUSH_PROMISE, EH, 1, u32(4) + cut)], {P}, False),
        ("RFC 7541 2.3.3 index out of range", [frame(HEADERS, EH | ES, 1, cut + b"\xff\x7f")], {C},
         False),
        ("RFC 7541 2.3.3 index of a name out of range", [frame(
            HEADERS, EH | ES, 1, cut + b"\x7f\x07\0")], {C}, False),
        ("RFC 7541 4.2 table size update at the end", [frame(HEADERS, EH | ES, 1, cut + b"\x21")],
         {C}, False),
        ("RFC 7541 5.2 padding over 7 bits", [frame(HEADERS, EH | ES, 1, cut + (
            b"\x00\x85\xf2\xb2\x4a\x84\xff\x84\x49\x50\x9f\xff"))], {C}, False),
        ("RFC 7541 5.2 padding of zeros", [frame(HEADERS, EH | ES, 1, cut + (
            b"\x00\x85\xf2\xb2\x4a\x84\xff\x83\x49\x50\x90"))], {C}, False),
        ("RFC 7541 5.2 EOS in a string", [frame(HEADERS, EH | ES, 1, cut + (
            b"\x00\x85\xf2\xb2\x4a\x84\xff\x87\x49\x51\xff\xff\xff\xfa\x7f"))], {C}, False),
        ("RFC 7541 6.1 index 0", [frame(HEADERS, EH | ES, 1, cut + b"\x80")], {C}, False),
        ("RFC 7541 6.3 table size above the setting", [frame(HEADERS, EH | ES, 1,
                                                             b"\x3f\xe1\xff\x03" + cut)], {C}, False),
    ]


# RFC 9113 section 8: messages that are malformed.
def malformed():
    post = fields_of("POST", ("content-length", "1"))
    return [
        ("8.1 trailers without an end", [head(flags=EH, fields=fields_of("POST")), frame(
            HEADERS, EH, 1, block(("x-test", "ok")))]),
        ("8.2.1 upper case", [head(fields=fields_of("GET", ("X-TEST", "ok")))]),
        ("8.2.1 space in a name", [head(fields=fields_of("GET", ("x test", "ok")))]),
        ("8.2.1 empty name", [head(fields=fields_of("GET", ("", "ok")))]),
        ("8.2.1 CR LF in a value", [head(fields=fields_of("GET", ("x", "a\r\nhost: b")))]),
        ("8.2.1 NUL in a value", [head(fields=fields_of("GET", ("x", "a\0b")))]),
        ("8.2.1 space around a value", [head(fields=fields_of("GET", ("x", " a")))]),
        ("8.3 unknown pseudo-header", [head(fields=fields_of()[:4] + ((":test", "ok"),))]),
        ("8.3 response's pseudo-header", [head(fields=fields_of()[:4] + ((":status", "200"),))]),
        ("8.1 pseudo-header in trailers", [head(flags=EH, fields=fields_of("POST")), frame(
            HEADERS, EH | ES, 1, block((":method", "200")))]),
        ("8.3 pseudo-header after a field", [head(fields=(fields_of()[0], ("x", "y"),
                                                          *fields_of()[1:]))]),
        ("8.2.2 connection", [head(fields=fields_of("GET", ("connection", "keep-alive")))]),
        ("8.2.2 keep-alive", [head(fields=fields_of("GET", ("keep-alive", "5")))]),
        ("8.2.2 proxy-connection", [head(fields=fields_of("GET", ("proxy-connection", "x")))]),
        ("8.2.2 transfer-encoding", [head(fields=fields_of("POST", ("transfer-encoding",
                                                                     "chunked")))]),
        ("8.2.2 upgrade", [head(fields=fields_of("GET", ("upgrade", "foo")))]),
        ("8.2.2 te", [head(fields=fields_of("GET", ("te", "trailers, deflate")))]),
        ("8.3.1 empty path", [head(fields=replaced(":path", ""))]),
        ("8.3.1 path without a slash", [head(fields=replaced(":path", "x"))]),
        ("8.3.1 path with a space", [head(fields=replaced(":path", "/ HTTP/1.1"))]),
        ("8.3.1 path with a line's end", [head(fields=replaced(":path", "/\r\nx: y"))]),
        ("8.3.1 method with a space", [head(fields=replaced(":method", "GET /"))]),
        ("8.3.1 scheme with a space", [head(fields=replaced(":scheme", "http x"))]),
        ("8.3.1 authority with a user", [head(fields=replaced(":authority", "user@test"))]),
        ("8.3.1 authority with a path", [head(fields=replaced(":authority", "test/x"))]),
        ("8.3.1 no method", [head(fields=without(":method"))]),
        ("8.3.1 no scheme", [head(fields=without(":scheme"))]),
        ("8.3.1 no path", [head(fields=without(":path"))]),
        ("8.3.1 two methods", [head(fields=doubled(":method"))]),
        ("8.3.1 two schemes", [head(fields=doubled(":scheme"))]),
        ("8.3.1 two paths", [head(fields=doubled(":path"))]),
        ("8.3.1 two authorities", [head(fields=doubled(":authority"))]),
        ("8.3.1 host is another", [head(fields=fields_of("GET", ("host", "other")))]),
        ("8.3.1 two hosts", [head(fields=fields_of("GET", ("host", "test"), ("host", "test")))]),
        ("8.5 CONNECT with a path", [head(flags=EH, fields=fields_of("CONNECT"))]),
        ("8.5 CONNECT without a port", [head(flags=EH, fields=((":method", "CONNECT"),
                                                              (":authority", "test")))]),
        ("RFC 8441 :protocol that was not offered", [head(flags=EH, fields=(
            *fields_of("CONNECT"), (":protocol", "websocket")))]),
        ("8.1.1 less than content-length", [head(flags=EH, fields=fields_of(
            "POST", ("content-length", "5"))), frame(DATA, ES, 1, b"test")]),
        ("8.1.1 more than content-length", [head(flags=EH, fields=post), frame(
            DATA, ES, 1, b"test")]),
        ("8.1.1 more, in two frames", [head(flags=EH, fields=post), frame(DATA, 0, 1, b"test"), frame(
            DATA, ES, 1, b"test")]),
        ("8.1.1 content-length without a body", [head(fields=post)]),
        ("8.1.1 two lengths", [head(flags=EH, fields=(*post, ("content-length", "2"))), frame(
            DATA, ES, 1, b"t")]),
        ("8.1.1 length with a sign", [head(flags=EH, fields=fields_of(
            "POST", ("content-length", "+1"))), frame(DATA, ES, 1, b"t")]),
        ("8.1 content-length in trailers", [head(flags=EH, fields=fields_of("POST")), frame(
            HEADERS, EH | ES, 1, block(("content-length", "3")))]),
    ]


# Frames that a server takes; the stream that is answered, if any.
def allowed():
    cut = block(*fields_of())
    post = fields_of("POST")
    return [
        ("4.1 unknown frame", [frame(0x16, 0, 0, b"x" * 8)], 0),
        ("4.1 flags that mean nothing", [frame(PING, 0x16, 0, b"x" * 8)], 0),
        ("4.1 reserved bit", [frame(PING, 0, 0x80000000, b"x" * 8)], 0),
        ("4.2 DATA of the frame size", [head(flags=EH, fields=post), frame(
            DATA, ES, 1, b"x" * 16384)], 1),
        ("5.1 PRIORITY on an idle stream", [frame(PRIORITY, 0, 1, priority(0)), head()], 1),
        ("5.1 WINDOW_UPDATE on a half-closed stream", [head(), frame(WINDOW_UPDATE, 0, 1, u32(100))],
         1),
        ("5.1 PRIORITY on a half-closed stream", [head(), frame(PRIORITY, 0, 1, priority(0))], 1),
        ("5.3 priority in HEADERS", [frame(HEADERS, EH | ES | PRIORITIZED, 1, priority(0, 255) + cut)],
         1),
        ("5.3 exclusive priority", [frame(HEADERS, EH | ES | PRIORITIZED, 1,
                                          priority(0, 0, True) + cut)], 1),
        ("5.3 PRIORITY of a higher stream first", [frame(PRIORITY, 0, 5, priority(0)), head()], 1),
        ("6.1 padded DATA", [head(flags=EH, fields=post), frame(
            DATA, ES | PADDED, 1, b"\x06test" + b"\0" * 6)], 1),
        ("6.2 padded HEADERS", [frame(HEADERS, EH | ES | PADDED, 1, b"\x06" + cut + b"\0" * 6)], 1),
        ("6.5.2 unknown setting", [settings((0xff, 1))], 0),
        ("6.5.3 the last value of a setting counts", [settings((4, 100), (4, 65535)), head()], 1),
        ("6.7 PING's answer that nobody asked for", [frame(PING, ACK, 0, b"x" * 8)], 0),
        ("6.8 GOAWAY", [frame(GOAWAY, 0, 0, u32(0) + u32(0)), frame(PING, 0, 0, b"x" * 8)], 0),
        ("6.10 CONTINUATION", [frame(HEADERS, ES, 1, cut), frame(
            CONTINUATION, EH, 1, block(*DUMMY))], 1),
        ("6.10 several", [frame(HEADERS, ES, 1, cut), frame(CONTINUATION, 0, 1, block(*DUMMY[:4])),
                          frame(CONTINUATION, EH, 1, block(*DUMMY[4:]))], 1),
        ("5.1 RST_STREAM on a half-closed stream", [head(), frame(RST_STREAM, 0, 1, u32(8))], 0),
        ("6.4 RST_STREAM", [head(flags=EH), frame(RST_STREAM, 0, 1, u32(8))], 0),
        ("6.9 WINDOW_UPDATE", [frame(WINDOW_UPDATE, 0, 0, u32(1)), head(flags=EH, fields=post), frame(
            WINDOW_UPDATE, 0, 1, u32(1)), frame(DATA, ES, 1, b"test")], 1),
        ("7 unknown error code of a GOAWAY", [frame(GOAWAY, 0, 0, u32(0) + u32(0xff))], 0),
        ("7 unknown error code of a stream", [head(flags=EH), frame(RST_STREAM, 0, 1, u32(0xff))], 0),
        ("8.1 POST", [head(flags=EH, fields=post), frame(DATA, ES, 1, b"test")], 1),
        ("8.1 POST in several frames", [head(flags=EH, fields=post), frame(DATA, 0, 1, b"test"),
                                        frame(DATA, ES, 1, b"test")], 1),
        ("8.1 POST with trailers", [head(flags=EH, fields=post), frame(DATA, 0, 1, b"test"), frame(
            HEADERS, EH | ES, 1, block(("x-trailer", "ok")))], 1),
        ("8.2.2 te: trailers", [head(fields=fields_of("GET", ("te", "trailers")))], 1),
        ("8.3.1 host is the same", [head(fields=fields_of("GET", ("host", "TEST")))], 1),
        ("8.3.1 host alone", [head(fields=(*without(":authority"), ("host", "test")))], 1),
        ("RFC 7541 table size update at the beginning", [frame(HEADERS, EH | ES, 1, b"\x20" + cut)],
         1),
        ("RFC 7541 indexed fields", [frame(HEADERS, EH | ES, 1, b"\x82\x86" + literal(
            ":path", PATH) + b"\x41\x04test")], 1),
        ("RFC 7541 Huffman", [frame(HEADERS, EH | ES, 1, b"\x82\x86" + literal(
            ":path", PATH) + b"\x41\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff")], 1),
        ("RFC 7541 table size updates", [frame(HEADERS, EH | ES, 1, b"\x20\x3f\xe1\x1f" + cut)], 1),
        *[(f"RFC 7541 6.2 {name}", [frame(HEADERS, EH | ES, 1, cut + start + field)], 1)
          for name, start in (("indexed", b"\x40"), ("not indexed", b"\0"), ("never", b"\x10"))
          for field in (b"\x06x-test\x05hello", b"\x85\xf2\xb2\x4a\x84\xff\x84\x9c\x48\xac\xa4")],
        *[(f"RFC 7541 6.2 {name}, known name", [frame(HEADERS, EH | ES, 1, cut + field)], 1)
          for name, field in (("indexed", b"\x7a\x05hello"), ("not indexed", b"\x0f\x2b\x05hello"),
                              ("never", b"\x1f\x2b\x84\x9c\x48\xac\xa4"))],
    ]


# What is sent when the response is complete: on a stream whose request is not, or is. The third: how.
def afterwards():
    more = block(("x-test", "ok"))
    length = fields_of("POST", ("content-length", "1"))
    reset = frame(RST_STREAM, 0, 1, u32(8))
    window = frame(WINDOW_UPDATE, 0, 1, u32((1 << 31) - 1))
    half = head(flags=EH, fields=fields_of("POST"))
    continuation = frame(CONTINUATION, EH, 1, more)
    return [
        ("6.1 too much padding", half, [frame(DATA, ES | PADDED, 1, b"\x06test")], {P}),
        ("6.9 WINDOW_UPDATE of 0", half, [frame(WINDOW_UPDATE, 0, 1, u32(0))], {P}),
        ("6.9.1 the window overflows", half, [window, window], {FC}),
        ("8.1 trailers without an end", half, [frame(HEADERS, EH, 1, more)], {P}),
        ("8.1 pseudo-header in trailers", half, [frame(HEADERS, EH | ES, 1, block((":method", "x")))],
         {P}),
        ("8.1.1 more than content-length", head(flags=EH, fields=length), [frame(DATA, 0, 1, b"test")],
         {P}),
        ("8.1.1 less than content-length", head(flags=EH, fields=length), [frame(DATA, ES, 1, b"")],
         {P}),
        ("5.1 DATA after RST_STREAM", half, [reset, frame(DATA, ES, 1, b"test")], {S}),
        ("5.1 HEADERS after RST_STREAM", half, [reset, frame(HEADERS, EH | ES, 1, more)], {S}),
        ("5.1 CONTINUATION after RST_STREAM", half, [reset, continuation], {S, P}),
        ("5.1 DATA on a closed stream", head(), [frame(DATA, ES, 1, b"test")], {S}),
        ("5.1 HEADERS on a closed stream", head(), [frame(HEADERS, EH | ES, 1, more)], {S}),
        ("5.1 CONTINUATION on a closed stream", head(), [continuation], {S, P}),
    ]


ROUTES = [
    {"match": {"prefix": "/direct"},
     "direct_response": {"status": 200, "body": {"inline_string": "hello"}}},
    {"match": {"prefix": "/"}, "route": {"cluster": "web"}},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The ports, in cleartext and in TLS."""
    folder = tmp_path_factory.mktemp("certs")
    certs.make_all(folder, {"server": {"sans": "DNS:localhost"}})
    clear, secure = free_port(), free_port()
    with HttpServer(body=b"hello") as backend:
        made = http(clear, [cluster("web", [backend.port])], routes=ROUTES)
        socket = downstream_tls(str(folder / "server"), {"alpn_protocols": ["h2", "http/1.1"]})
        front = made["static_resources"]["listeners"][0]
        chain = {**front["filter_chains"][0], "transport_socket": socket}
        address = {"socket_address": {"port_value": secure}}
        other = merge(front, {"name": "secure", "address": address, "filter_chains": [chain]})
        made["static_resources"]["listeners"].append(other)
        with Sluice(made):
            yield {"clear": clear, "tls": secure}


@contextlib.contextmanager
def on_path(path: str):
    global PATH
    PATH = path
    yield
    PATH = "/"


@pytest.fixture(params=["clear", "tls"])
def client_of(request, server):
    return functools.partial(Client, server[request.param], tls=request.param == "tls")


@pytest.fixture(params=["/", "/direct"])
def path(request):
    with on_path(request.param):
        yield request.param


def names(rows: list) -> dict:
    return {"argvalues": range(len(rows)), "ids": [row[0] for row in rows]}


def judge(client, frames: list[bytes]) -> tuple[str, str]:
    try:
        client.send(*frames)
    except OSError:
        pass
    return client.verdict()


@pytest.mark.parametrize("row", **names(connection_faults()))
def test_faults_end_the_connection_or_stream(client_of, path, row):
    name, frames, errors, stream_will_do = connection_faults()[row]
    with client_of() as client:
        how, error = judge(client, frames)
    if how != "closed":
        assert error in errors, (name, how, error)
    assert how != "RST_STREAM" or stream_will_do, (name, how, error)


@pytest.mark.parametrize("row", **names(malformed()))
def test_malformed_messages_are_refused(client_of, path, row):
    name, frames = malformed()[row]
    with client_of() as client:
        how, error = judge(client, frames)
    assert how in ("GOAWAY", "RST_STREAM") and error == "PROTOCOL_ERROR", (name, how, error)


@pytest.mark.parametrize("row", **names(allowed()))
def test_what_is_allowed_is_served(client_of, path, row):
    name, frames, stream = allowed()[row]
    with client_of() as client:
        client.send(*frames)
        if stream:
            head_, body, _ = client.response(stream)
            assert (head_[":status"], body) == ("200", b"hello"), name
        if "GOAWAY" not in name:
            client.ping()


@pytest.mark.parametrize("row", **names(afterwards()))
def test_faults_after_the_response_are_still_faults(client_of, row):
    with on_path("/direct"):
        name, opening, frames, errors = afterwards()[row]
    with client_of() as client:
        client.send(opening)
        assert client.response(1)[1] == b"hello"
        how, error = judge(client, frames)
        assert error in errors, (name, how, error)


def test_who_has_seen_the_response_is_asked_to_stop(client_of):
    with on_path("/direct"), client_of() as client:
        client.send(head(flags=EH, fields=fields_of("POST")))
        assert client.response(1)[1] == b"hello"
        mark = client.until(lambda f: f.kind == PING, "PING")
        client.send(frame(DATA, 0, 1, b"on its way"), frame(PING, ACK, 0, mark.payload))
        assert client.until(lambda f: f.kind == RST_STREAM, "RST_STREAM").error == "NO_ERROR"
        client.send(frame(DATA, 0, 1, b"on its way too"))
        client.ping()
        client.send(head(stream=3, flags=EH, fields=fields_of("POST")))
        assert client.response(3)[1] == b"hello"
        client.send(frame(DATA, ES, 3, b"all of it"))
        client.ping()
        assert [f for f in client.seen if f.kind == RST_STREAM and f.stream == 3] == []


def test_a_frame_on_a_closed_stream_may_be_late(client_of):
    with client_of() as client:
        client.send(head())
        client.response(1)
        client.send(frame(PRIORITY, 0, 1, priority(0)), frame(WINDOW_UPDATE, 0, 1, u32(1)),
                    frame(RST_STREAM, 0, 1, u32(8)))
        client.ping()


@pytest.mark.parametrize("line", [b"INVALID CONNECTION PREFACE\r\n\r\n", PREFACE[:20] + b"XXXX"])
def test_a_broken_preface_closes(server, line):
    with Client(server["clear"], start=False) as client:
        client.send(line)
        client.conn.expect_closed()


def test_settings_are_acknowledged_at_once(client_of):
    with client_of() as client:
        client.until(lambda f: f.kind == SETTINGS and f.flags & ACK, "the answer to SETTINGS")


def test_streams_above_the_limit_are_refused(client_of):
    with client_of() as client:
        opening = client.until(lambda f: f.kind == SETTINGS and not f.flags & ACK, "SETTINGS")
        values = dict(struct.unpack(">HI", opening.payload[i:i + 6])
                      for i in range(0, len(opening.payload), 6))
        assert values[3] == 1024 and values[4] == 16 << 20
        client.ping()
        frames = [head(2 * i + 1, EH, fields_of("POST")) for i in range(values[3] + 1)]
        client.send(*frames)
        how, error = client.verdict()
        assert error in ("REFUSED_STREAM", "PROTOCOL_ERROR"), (how, error)


def test_body_waits_for_a_window_of_one(client_of):
    with client_of(first=settings((4, 1))) as client:
        client.send(head())
        first = client.until(lambda f: f.kind == DATA, "a byte")
        assert first.payload == b"h" and not first.ends
        client.send(frame(WINDOW_UPDATE, 0, 1, u32(100)))
        rest = client.until(lambda f: f.kind == DATA, "the rest")
        assert rest.payload == b"ello"


def test_window_follows_later_settings_even_below_zero(client_of):
    with client_of(first=settings((4, 3))) as client:
        client.send(head())
        first = client.until(lambda f: f.kind == DATA, "three bytes")
        assert first.payload == b"hel"
        client.send(settings((4, 2)))  # the window is -1 now
        client.ping()
        assert not [f for f in client.seen if f.kind == DATA and f is not first]
        client.send(frame(WINDOW_UPDATE, 0, 1, u32(2)))
        assert client.until(lambda f: f.kind == DATA, "a byte").payload == b"l"
        client.send(settings((4, 100)))
        assert client.until(lambda f: f.kind == DATA, "the end").payload == b"o"


def test_head_has_no_body(client_of):
    with client_of() as client:
        client.send(head(fields=fields_of("HEAD")))
        head_, body, _ = client.response()
        assert head_[":status"] == "200" and head_["content-length"] == "5" and body == b""
