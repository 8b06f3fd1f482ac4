"""A DNS server, over UDP and TCP, whose answers a test can change at any time."""
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
        self.by_tcp = 0  # queries that came that way
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", self.port))
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen()
        self.closed = False
        self.threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

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
            reply = self._answer(data)
            if reply is not None:
                self.sock.sendto(reply, peer)

    def _serve_tcp(self) -> None:
        while not self.closed:
            try:
                conn, _ = self.tcp.accept()
            except OSError:
                return
            conn.settimeout(5)
            try:
                while head := conn.recv(2, socket.MSG_WAITALL):
                    data = conn.recv(struct.unpack("!H", head)[0], socket.MSG_WAITALL)
                    self.by_tcp += 1
                    reply = self._answer(data)
                    if reply is not None:
                        conn.sendall(struct.pack("!H", len(reply)) + reply)
            except OSError:
                pass
            finally:
                conn.close()

    def _answer(self, data: bytes) -> bytes | None:
        name, end = _decode_name(data, 12)
        kind = struct.unpack("!H", data[end : end + 2])[0]
        self.queries.append((name, kind))
        return self._reply(data[:2], data[12 : end + 4], name, kind)

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
        self.tcp.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self.tcp.close()
        for thread in self.threads:
            thread.join(5)
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
