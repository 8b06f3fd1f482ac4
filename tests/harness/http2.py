"""HTTP/2 by hand: raw frames, right or wrong, and what comes back."""
import pathlib
import struct

import hpack

from . import tls as tls_conn
from .conn import Conn, connect

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TYPES = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY",
         "WINDOW_UPDATE", "CONTINUATION"]
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, \
    CONTINUATION = range(10)
END_STREAM = ACK = 1
END_HEADERS = 4
PADDED = 8
PRIORITIZED = 32
ERRORS = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
          "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
          "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"]


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"", length=None) -> bytes:
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(*pairs: tuple[int, int]) -> bytes:
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def literal(name: str | bytes, value: str | bytes) -> bytes:
    """A field as it stands, without index and Huffman code (RFC 7541 section 6.2.2)."""
    def text(data: str | bytes) -> bytes:
        data = data.encode() if isinstance(data, str) else data
        size = len(data)
        if size < 127:
            return bytes([size]) + data
        size, out = size - 127, [127]
        while size >= 128:
            out.append(size % 128 + 128)
            size //= 128
        return bytes(out + [size]) + data
    return b"\0" + text(name) + text(value)


def block(*fields: tuple) -> bytes:
    return b"".join(literal(*field) for field in fields)


def request_fields(method="GET", path="/", authority="test", *more) -> tuple:
    return ((":method", method), (":scheme", "http"), (":path", path), (":authority", authority),
            *more)


class Frame:
    def __init__(self, kind: int, flags: int, stream: int, payload: bytes):
        self.kind, self.flags, self.stream, self.payload = kind, flags, stream, payload

    def __repr__(self):
        name = TYPES[self.kind] if self.kind < len(TYPES) else str(self.kind)
        code = f" {self.error}" if self.kind in (RST_STREAM, GOAWAY) else ""
        return f"{name}({self.stream}, flags {self.flags}, {len(self.payload)} bytes{code})"

    @property
    def error(self) -> str:
        at = 4 if self.kind == GOAWAY else 0
        code = struct.unpack(">I", self.payload[at:at + 4])[0]
        return ERRORS[code] if code < len(ERRORS) else str(code)

    @property
    def last_stream(self) -> int:
        return struct.unpack(">I", self.payload[:4])[0] & 0x7FFFFFFF

    @property
    def ends(self) -> bool:
        return self.kind in (DATA, HEADERS) and bool(self.flags & END_STREAM)


class Client:
    """One connection. `start` says hello; everything else is up to the test."""

    def __init__(self, port: int, start: bool = True, first: bytes | None = None, tls: bool = False):
        self.conn: Conn = connect(port)
        if tls:
            self.conn = tls_conn.client(self.conn, pathlib.Path(), {"alpn": ["h2"]})
        self.decoder = hpack.Decoder()
        self.seen: list[Frame] = []
        if start:
            self.send(PREFACE + (settings() if first is None else first))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.conn.close()

    def send(self, *frames: bytes) -> None:
        self.conn.send(b"".join(frames))

    def request(self, stream: int = 1, fields=None, end: bool = True, flags: int = 0) -> None:
        flags |= END_HEADERS | (END_STREAM if end else 0)
        self.send(frame(HEADERS, flags, stream, block(*(fields or request_fields()))))

    def read(self, seconds: float = 5) -> Frame | None:
        """The next frame; None at the end of the connection."""
        def enough(data: bytes) -> int | None:
            return 9 if len(data) >= 9 else 0 if self.conn.at_eof else None

        head = self.conn.take(enough, "a frame", seconds)
        if not head:
            return None
        size = int.from_bytes(head[:3], "big")
        payload = self.conn.read_exact(size, seconds) if size else b""
        got = Frame(head[3], head[4], struct.unpack(">I", head[5:9])[0], payload)
        self.seen.append(got)
        if got.kind == SETTINGS and not got.flags & ACK:
            try:
                self.send(frame(SETTINGS, ACK))
            except (OSError, AssertionError):
                pass
        return got

    def until(self, wanted, what: str, seconds: float = 5) -> Frame:
        while True:
            got = self.read(seconds)
            assert got is not None, f"closed before {what}: {self.seen}"
            if wanted(got):
                return got

    def ping(self, mark: bytes = b"pingpong") -> None:
        """The other side is still there and has seen everything so far."""
        self.send(frame(PING, payload=mark))
        self.until(lambda f: f.kind == PING and f.flags & ACK and f.payload == mark, "PING's answer")

    def response(self, stream: int = 1, seconds: float = 5) -> tuple[dict, bytes, dict]:
        """Head, body and trailers; the windows are given back."""
        heads: list[dict] = []
        body = b""
        while True:
            got = self.until(lambda f: f.stream == stream, f"the response on {stream}", seconds)
            assert got.kind != RST_STREAM, f"{got} instead of a response: {self.seen}"
            if got.kind == HEADERS:
                payload = got.payload
                while not got.flags & END_HEADERS:
                    more = self.read(seconds)
                    payload += more.payload
                    got.flags |= more.flags & END_HEADERS
                heads.append(dict(self.decoder.decode(payload)))
            elif got.kind == DATA:
                body += got.payload
                if got.payload:
                    credit = struct.pack(">I", len(got.payload))
                    self.send(frame(WINDOW_UPDATE, 0, 0, credit))
                    if not got.ends:
                        self.send(frame(WINDOW_UPDATE, 0, stream, credit))
            if got.ends:
                final = [h for h in heads if not h.get(":status", "").startswith("1")]
                return final[0], body, final[1] if len(final) > 1 else {}

    def verdict(self, seconds: float = 5) -> tuple[str, str]:
        """How the other side takes it: ("GOAWAY", code), ("RST_STREAM", code) or ("closed", "")."""
        while True:
            try:
                got = self.read(seconds)
            except ConnectionError:
                return "closed", ""
            if got is None:
                return "closed", ""
            if got.kind == GOAWAY:
                return "GOAWAY", got.error
            if got.kind == RST_STREAM and got.error != "NO_ERROR":
                return "RST_STREAM", got.error
