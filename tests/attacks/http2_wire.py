"""HTTP/2 frames written by hand, right or wrong, and what a server answered to them (RFC 9113)."""
import dataclasses
import struct

import hpack

from harness import wait
from harness.conn import connect

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
BARRIER = b"barrier!"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"", size: int | None = None) -> bytes:
    size = len(payload) if size is None else size
    return size.to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _integer(value: int, bits: int, first: int = 0) -> bytes:
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([first | value])
    out, value = [first | limit], value - limit
    while value >= 128:
        out.append(value % 128 | 128)
        value //= 128
    return bytes([*out, value])


def literal(name: bytes, value: bytes, first: int = 0) -> bytes:
    """A field that is put into no table (first=0), into the dynamic one (0x40), or into none ever (0x10)."""
    return bytes([first]) + _integer(len(name), 7) + name + _integer(len(value), 7) + value


def block(*fields: tuple, method=b"GET", path=b"/", scheme=b"http", authority=b"a") -> bytes:
    """A request's field section; a pseudo-header that is None is left out."""
    pseudo = [(b":method", method), (b":scheme", scheme), (b":path", path), (b":authority", authority)]
    return b"".join(literal(n, v) for n, v in [*(p for p in pseudo if p[1] is not None), *fields])


def headers(section: bytes, stream: int = 1, flags: int = END_STREAM | END_HEADERS) -> bytes:
    return frame(HEADERS, flags, stream, section)


def request(*fields: tuple, stream: int = 1, end: bool = True, **pseudo) -> bytes:
    return headers(block(*fields, **pseudo), stream, END_HEADERS | (END_STREAM if end else 0))


def data(body: bytes, stream: int = 1, end: bool = True) -> bytes:
    return frame(DATA, END_STREAM if end else 0, stream, body)


def settings(*pairs: tuple) -> bytes:
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream: int, size: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", size))


def reset(stream: int = 1, code: int = 8) -> bytes:
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


START = PREFACE + settings()


@dataclasses.dataclass
class Answer:
    """What came on one connection."""

    statuses: dict = dataclasses.field(default_factory=dict)  # stream -> final status
    ended: set = dataclasses.field(default_factory=set)  # streams with END_STREAM
    resets: dict = dataclasses.field(default_factory=dict)  # stream -> code
    bodies: dict = dataclasses.field(default_factory=dict)
    goaway: int | None = None
    closed: bool = False
    barrier: bool = False  # everything sent before it has been read
    frames: int = 0

    def is_over(self, stream: int) -> bool:
        return stream in self.ended or stream in self.resets


class Client:
    """A connection that sends what it is told and reads whatever comes."""

    def __init__(self, port: int, start: bytes = START, **options):
        self.conn = connect(port, **options)
        self.answer = Answer()
        self.decoder = hpack.Decoder()
        self.buffer = b""
        self.acknowledged = False
        self.unsent = memoryview(start)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.conn.close()

    def send(self, data_: bytes, until=None, seconds: float = 2.0) -> Answer:
        """Sends all of it while reading, and goes on until `until(answer)`, the end, or the time."""
        self.unsent = memoryview(bytes(self.unsent) + data_)
        end = wait.deadline(seconds)
        while not self.answer.closed and wait.left(end) > 0:
            if not self.unsent and until is not None and until(self.answer):
                break
            if not self.unsent and until is None:
                break
            self._turn(wait.left(end))
        return self.answer

    def _turn(self, seconds: float) -> None:
        sock = self.conn.sock
        readable, writable = wait.ready(sock, seconds, write=bool(self.unsent))
        try:
            if writable:
                self.unsent = self.unsent[sock.send(self.unsent) :]
        except OSError:
            self.unsent = memoryview(b"")
        if readable:
            try:
                got = sock.recv(1 << 18)
            except OSError:
                got = b""
            self.answer.closed = not got
            self.buffer += got
            self._frames()

    def _frames(self) -> None:
        while len(self.buffer) >= 9:
            size = int.from_bytes(self.buffer[:3], "big")
            if len(self.buffer) < 9 + size:
                return
            kind, flags = self.buffer[3], self.buffer[4]
            stream = int.from_bytes(self.buffer[5:9], "big")
            payload, self.buffer = self.buffer[9 : 9 + size], self.buffer[9 + size :]
            self._frame(kind, flags, stream, payload)

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        answer = self.answer
        answer.frames += 1
        if kind == HEADERS:
            fields = dict(self.decoder.decode(payload, raw=True))
            if b":status" in fields and fields[b":status"][:1] != b"1":
                answer.statuses[stream] = int(fields[b":status"])
        elif kind == DATA:
            answer.bodies[stream] = answer.bodies.get(stream, b"") + payload
        elif kind == RST_STREAM:
            answer.resets[stream] = int.from_bytes(payload, "big")
        elif kind == GOAWAY and payload[4:8] != bytes(4):
            answer.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == PING and flags & ACK and payload == BARRIER:
            answer.barrier = True
        elif kind == SETTINGS and not flags & ACK and not self.acknowledged:
            self.acknowledged = True
            self.unsent = memoryview(bytes(self.unsent) + frame(SETTINGS, ACK, 0))
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            answer.ended.add(stream)
