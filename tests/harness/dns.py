"""A DNS server over UDP whose answers a test can change at any time."""
import socket
import struct
import threading

from .ports import free_port

A, CNAME, AAAA, SRV = 1, 5, 28, 33
NOERROR, SERVFAIL, NXDOMAIN = 0, 2, 3


def _encode_name(name: str) -> bytes:
    return b"".join(bytes([len(p)]) + p.encode() for p in name.strip(".").split(".")) + b"\0"


def _decode_name(data: bytes, at: int) -> tuple[str, int]:
    labels = []
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(labels).lower(), at + 1


def _records(addresses: list[str], kind: int):
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        if (kind == AAAA) == (family == socket.AF_INET6):
            yield socket.inet_pton(family, address)


class DnsServer:
    """`set(name, [addresses])`, `set(name, SERVFAIL)`, `set(name, None)` for no answer at all. Names
    that were never set do not exist (NXDOMAIN)."""

    def __init__(self, names: dict | None = None, ttl: int = 1, port: int | None = None):
        self.port = port or free_port()
        self.ttl = ttl
        self.names = {k.lower(): v for k, v in (names or {}).items()}
        self.queries: list[tuple[str, int]] = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", self.port))
        self.closed = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def set(self, name: str, answer: list[str] | int | None, ttl: int | None = None) -> None:
        if ttl is not None:
            self.ttl = ttl
        self.names[name.lower()] = answer

    def asked(self, name: str) -> int:
        return sum(1 for asked, _ in list(self.queries) if asked == name.lower())

    def _serve(self) -> None:
        while not self.closed:
            data, peer = self.sock.recvfrom(4096)
            if self.closed or len(data) < 17:
                continue
            name, end = _decode_name(data, 12)
            kind = struct.unpack("!H", data[end : end + 2])[0]
            self.queries.append((name, kind))
            reply = self._reply(data[:2], data[12 : end + 4], name, kind)
            if reply is not None:
                self.sock.sendto(reply, peer)

    def _reply(self, number: bytes, question: bytes, name: str, kind: int) -> bytes | None:
        answer = self.names.get(name, NXDOMAIN)
        if answer is None:
            return None
        code = answer if isinstance(answer, int) else NOERROR
        records = [] if isinstance(answer, int) else list(_records(answer, kind))
        out = number + struct.pack("!HHHHH", 0x8580 | code, 1, len(records), 0, 0) + question
        for data in records:
            out += b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl, len(data)) + data
        return out

    def close(self) -> None:
        self.closed = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wake:
            wake.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(5)
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
