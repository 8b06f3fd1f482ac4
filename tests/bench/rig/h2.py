"""What is different with HTTP/2: h2load makes the load, nghttpd is the backend, and connections that
idle are made by hand."""
import dataclasses
import pathlib
import re
import shlex
import socket
import struct
import subprocess

from scenarios import Scenario

SMALL = bytes(33 + i % 89 for i in range(128))  # rig::Pattern
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, HEADERS, ACK, END_STREAM, END_HEADERS = 4, 1, 1, 1, 4


@dataclasses.dataclass
class Result:
    seconds: float
    p50: float = 0
    p99: float = 0
    p999: float = 0


def backend(folder: pathlib.Path, port: int) -> list[str]:
    files = folder / "files"
    files.mkdir()
    (files / "small").write_bytes(SMALL)
    return ["nghttpd", "--no-tls", "-a", "127.0.0.1", "-d", str(files), "--trailer=grpc-status: 0", str(port)]


def _url(scenario: Scenario, port: int) -> str:
    return f"{'https' if scenario.tls else 'http'}://127.0.0.1:{port}/small"


def load(scenario: Scenario, port: int, units: int, folder: pathlib.Path) -> list[str]:
    words = shlex.split(scenario.load)
    grpc = "grpc" in words
    command = [w for w in words if w != "grpc"]
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    command += ["-n", str(units), f"--log-file={log}"]
    if grpc:
        message = folder / "message"
        message.write_bytes(b"\0" + struct.pack(">I", 59) + b"x" * 59)
        command += ["-d", str(message), "-H", "content-type: application/grpc", "-H", "te: trailers"]
    return [*command, _url(scenario, port)]


def result(output: str, units: int, folder: pathlib.Path) -> Result:
    good = re.search(r"requests: .* (\d+) succeeded", output)
    status = re.search(r"status codes: (\d+) 2xx", output)
    data = re.search(r"traffic: .*\((\d+)\) data", output)
    finished = re.search(r"finished in ([\d.]+)(ms|s)", output)
    counts = [int(m.group(1)) if m else -1 for m in (good, status, data)]
    if counts != [units, units, units * len(SMALL)] or not finished:
        raise SystemExit(f"h2load: not {units} good answers:\n{output[-1500:]}")
    seconds = float(finished.group(1)) * (1e-3 if finished.group(2) == "ms" else 1)
    lines = (folder / "h2load.log").read_text().splitlines()
    times = sorted(int(line.rsplit("\t", 1)[1]) for line in lines)
    return Result(seconds, *(times[min(len(times) - 1, int(len(times) * p))] for p in (0.5, 0.99, 0.999)))


def check(scenario: Scenario, port: int, who: str) -> None:
    command = ["nghttp", "--no-dep", _url(scenario, port)]
    done = subprocess.run(command, capture_output=True, timeout=20)
    if done.stdout != SMALL:
        raise SystemExit(f"{who} sends wrong bytes: {done.stdout[:200]!r} {done.stderr[-300:]!r}")


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def hold(port: int, count: int) -> list[socket.socket]:
    """Connections that have had one request each, and stay."""
    # GET, http, /small and an authority: indexed fields, and literals of indexed names (RFC 7541)
    block = b"\x82\x86\x04\x06/small\x01\x0abench.test"
    request = _frame(HEADERS, END_STREAM | END_HEADERS, 1, block)
    out = []
    for _ in range(count):
        sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        sock.sendall(PREFACE + _frame(SETTINGS, 0, 0) + request)
        _await_end(sock)
        sock.sendall(_frame(SETTINGS, ACK, 0))
        out.append(sock)
    return out


def _await_end(sock: socket.socket) -> None:
    buffer = b""
    while True:
        while len(buffer) >= 9 and len(buffer) >= 9 + int.from_bytes(buffer[:3], "big"):
            size, kind, flags = int.from_bytes(buffer[:3], "big"), buffer[3], buffer[4]
            if kind in (0, HEADERS) and flags & END_STREAM:
                return
            if kind in (3, 7):
                raise SystemExit("an idle h2 connection was refused")
            buffer = buffer[9 + size :]
        more = sock.recv(65536)
        if not more:
            raise SystemExit("an idle h2 connection was closed")
        buffer += more
