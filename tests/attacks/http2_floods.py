"""HTTP/2 peers that make much work, or hold much memory, for little: each must be stopped or bounded."""
import dataclasses
import select
from collections.abc import Callable

from harness.process import is_sanitized

from . import http2_wire as wire
from .case import CLOSE, GET, HOST, raw
from .http2_wire import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, SETTINGS, block, data, frame,
    headers, literal, request, reset, settings, window_update,
)  # fmt: skip
from .judge import exchange

MEGABYTE = 1024


def _opened(stream: int) -> bytes:
    return request(stream=stream, end=False, method=b"POST")


def _streams(count: int, make) -> bytes:
    return b"".join(make(2 * i + 1) for i in range(count))


def _broken_by_window(stream: int) -> bytes:
    """The peer's fault, for which the server must reset the stream."""
    return request(stream=stream) + window_update(stream, 0x7FFFFFFF)


@dataclasses.dataclass(frozen=True)
class Flood:
    """`want` is "stopped": the connection must end, with few requests at the backend; or "bounded": it
    may go on."""

    name: str
    send: Callable[[], bytes]
    want: str


BOMB = literal(b"x", b"y" * 4000, 0x40)
FLOODS = [
    Flood("rapid-reset", lambda: _streams(20_000, lambda s: request(stream=s) + reset(s)), "stopped"),
    Flood("rapid-reset-bodies", lambda: _streams(20_000, lambda s: _opened(s) + data(b"x", s, False) + reset(s)), "stopped"),
    Flood("made-to-reset-window", lambda: _streams(20_000, _broken_by_window), "stopped"),
    Flood("made-to-reset-closed", lambda: _streams(20_000, lambda s: request(stream=s) + data(b"x", s)), "stopped"),
    Flood("made-to-reset-length", lambda: _streams(20_000, lambda s: request((b"content-length", b"1"), stream=s, end=False)
                                      + data(b"xy", s)), "stopped"),
    Flood("made-to-reset-path", lambda: _streams(20_000, lambda s: request(stream=s, path=b"x y")), "stopped"),
    Flood("refused-streams", lambda: _streams(1024, _opened) + b"".join(_opened(s) for s in range(2049, 42_049, 2)), "bounded"),
    Flood("continuations", lambda: headers(block(), flags=END_STREAM) + frame(CONTINUATION, 0, 1, b"") * 20_000, "stopped"),
    Flood("continuations-of-one", lambda: headers(block(), flags=END_STREAM) + frame(CONTINUATION, 0, 1, b"\x82") * 20_000, "stopped"),
    Flood("continuations-large", lambda: headers(block(), flags=END_STREAM)
     + frame(CONTINUATION, 0, 1, literal(b"x", b"y" * 16_000)) * 500, "stopped"),
    Flood("empty-data", lambda: _opened(1) + data(b"", end=False) * 20_000, "stopped"),
    Flood("padded-data", lambda: _opened(1) + frame(DATA, 8, 1, b"\xff" + bytes(255)) * 5000, "stopped"),
    Flood("empty-headers", lambda: frame(HEADERS, 0, 1) * 5000, "stopped"),
    Flood("empty-names", lambda: headers(block() + literal(b"", b"") * 5000), "stopped"),
    Flood("priorities", lambda: frame(PRIORITY, 0, 1, bytes(5)) * 20_000, "stopped"),
    Flood("priorities-of-many", lambda: b"".join(frame(PRIORITY, 0, s, bytes(4) + b"\1") for s in range(1, 200_001, 2)), "stopped"),
    Flood("window-updates", lambda: window_update(0, 1) * 20_000, "stopped"),
    Flood("window-updates-of-stream", lambda: _opened(1) + window_update(1, 1) * 20_000, "stopped"),
    Flood("pings", lambda: frame(PING, 0, 0, bytes(8)) * 100_000, "bounded"),
    Flood("settings", lambda: settings() * 100_000, "bounded"),
    Flood("settings-of-many", lambda: settings(*[(4, 65535 - i % 2) for i in range(32)]) * 20_000, "bounded"),
    Flood("settings-too-many", lambda: settings(*[(4, 65535)] * 1000) * 10, "bounded"),
    Flood("settings-windows", lambda: _streams(1000, _opened)
     + b"".join(settings((4, 65535 - i % 2)) for i in range(20_000)), "bounded"),
    Flood("goaways", lambda: frame(GOAWAY, 0, 0, bytes(8)) * 50_000, "bounded"),
    Flood("unknown-frames", lambda: frame(0xEE, 0, 0, b"") * 200_000, "bounded"),
    Flood("hpack-bomb", lambda: headers(block() + BOMB + b"\xbe" * 12_000), "bounded"),
    Flood("hpack-bombs", lambda: headers(block() + BOMB) + b"".join(headers(block() + b"\xbe" * 12_000, s) for s in range(3, 403, 2)),
     "bounded"),
    Flood("hpack-tables", lambda: headers(b"".join(b"\x20\x3f\xe1\x1f" for _ in range(4000)) + block()), "bounded"),
    Flood("trailers-of-many", lambda: _streams(2000, lambda s: _opened(s) + headers(literal(b"x", b"y" * 4000), s)), "bounded"),
    Flood("heads-large", lambda: _streams(1000, lambda s: request((b"x", b"y" * 15_000), stream=s, end=False, method=b"POST")),
     "bounded"),
    Flood("bytes-of-many-streams", lambda: _streams(1000, _opened) + b"".join(data(b"x", 2 * (i % 1000) + 1, False)
                                                                for i in range(100_000)), "bounded"),
]  # fmt: skip
CASES = [dataclasses.replace(flood, name=f"h2-flood/{flood.name}") for flood in FLOODS]
MAX_FORWARDED = 2500
# Unread answers and held streams of one connection may cost this much.
MAX_KB = 48 * MEGABYTE
MAX_CPU_SECONDS = 4.0
# Requests that are given up at once need no connection each.
CONNECTIONS = "cluster.app.upstream_cx_total"
MAX_OPENED = 400


def run(case: Flood, sluice, recorder) -> list[str]:
    """From a peer that reads, and again from one that does not."""
    flood, want, problems = case.send(), case.want, []
    for reads in (True, False):
        recorder.take()
        rss, cpu = sluice.rss_kb(), sluice.cpu_seconds()
        connections = sluice.admin.stat(CONNECTIONS)
        peer = "a peer that reads" if reads else "a peer that does not"
        with wire.Client(sluice.ports["plain"]) as client:
            if reads:
                over = lambda a: a.closed or a.goaway is not None or a.barrier
                answer = client.send(flood + frame(PING, 0, 0, wire.BARRIER), over, 20)
                ended = answer.closed or answer.goaway is not None
            else:
                ended = not _push(client, flood)
            grown = sluice.rss_kb() - rss
            spent = sluice.cpu_seconds() - cpu
            healthy = exchange(sluice.ports["plain"], (raw(GET, HOST, CLOSE),), seconds=5)
        if [r.body for r in healthy.responses] != [b"backend"]:
            problems.append(f"{peer}: another client was answered {healthy.data!r}")
        if want == "stopped" and not ended:
            problems.append(f"{peer}: was not stopped")
        forwarded = len(recorder.take())
        if want == "stopped" and forwarded > MAX_FORWARDED:
            problems.append(f"{peer}: {forwarded} requests reached the backend")
        opened = sluice.admin.stat(CONNECTIONS) - connections
        if want == "stopped" and opened > MAX_OPENED:
            problems.append(f"{peer}: {opened} connections to the backend")
        if grown > MAX_KB and not is_sanitized():  # which keep what was freed
            problems.append(f"{peer}: {grown // 1024} MiB")
        if spent > MAX_CPU_SECONDS:
            problems.append(f"{peer}: {spent:.1f} s of CPU time")
    return problems


def _push(client: wire.Client, flood: bytes) -> bool:
    """Sends without ever reading; False if the proxy has ended the connection."""
    view = memoryview(bytes(client.unsent) + flood)
    sock = client.conn.sock
    sock.settimeout(1)
    try:
        while view:
            view = view[sock.send(view) :]
    except TimeoutError:
        pass
    except OSError:
        return False
    poll = select.poll()
    poll.register(sock, select.POLLRDHUP)
    return not poll.poll(1000)
