"""One TCP or unix connection, driven byte by byte: what is sent is exactly what is given, what is
expected is compared byte by byte, and everything that came is kept."""
import socket
import struct
import time

from . import wait
from .patterns import Pattern

DEFAULT_SECONDS = 5.0


def show(data: bytes, limit: int = 1500) -> str:
    text = repr(data[:limit])
    return text if len(data) <= limit else f"{text}... ({len(data)} bytes)"


class Conn:
    def __init__(self, sock: socket.socket, name: str = "connection"):
        self.sock = sock
        self.name = name
        self.buffer = b""
        self.received = 0
        self.at_eof = False
        self.was_reset = False
        sock.setblocking(False)
        if sock.family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Sending

    def send(self, data: bytes | str, seconds: float = DEFAULT_SECONDS) -> None:
        view = memoryview(data.encode("latin-1") if isinstance(data, str) else data)
        end = wait.deadline(seconds)
        while view:
            _, writable = wait.ready(self.sock, wait.left(end), False, True)
            if not writable:
                raise wait.TimedOut(f"{self.name}: {len(view)} bytes still not taken")
            view = view[self.sock.send(view) :]

    def shutdown(self) -> None:
        """Half-close: sends FIN, still reads."""
        self.sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self.sock.close()

    def abort(self) -> None:
        """Sends RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    # Receiving

    def _fill(self, end: float) -> bool:
        """Reads once what is there, waiting until `end`; False when the time is over."""
        readable, _ = wait.ready(self.sock, wait.left(end))
        if not readable:
            return False
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return True
        except (ConnectionResetError, BrokenPipeError):
            self.was_reset = True
            self.at_eof = True
            return True
        self.buffer += data
        self.received += len(data)
        self.at_eof = not data
        return True

    def take(self, condition, what: str, seconds: float = DEFAULT_SECONDS) -> bytes:
        """Reads until `condition(buffer)` gives a number of bytes; returns and consumes these."""
        end = wait.deadline(seconds)
        while True:
            size = condition(self.buffer)
            if size is not None:
                data, self.buffer = self.buffer[:size], self.buffer[size:]
                return data
            ended = "reset" if self.was_reset else "end of stream" if self.at_eof else None
            if ended or not self._fill(end):
                raise AssertionError(
                    f"{self.name}: {ended or 'time over'} while waiting for {what};"
                    f" got {show(self.buffer)}"
                )

    def expect(self, expected: bytes | str | Pattern, seconds: float = DEFAULT_SECONDS) -> bytes:
        pattern = expected if isinstance(expected, Pattern) else Pattern(expected)

        def condition(data: bytes) -> int | None:
            if pattern.cannot_match(data):
                raise AssertionError(
                    f"{self.name}: expected {show(pattern.text)}\n  but got {show(data)}"
                )
            return pattern.match_start(data)

        return self.take(condition, show(pattern.text), seconds)

    def read_exact(self, size: int, seconds: float = DEFAULT_SECONDS) -> bytes:
        return self.take(lambda b: size if len(b) >= size else None, f"{size} bytes", seconds)

    def read_until(self, mark: bytes, seconds: float = DEFAULT_SECONDS) -> bytes:
        def condition(data: bytes) -> int | None:
            at = data.find(mark)
            return None if at < 0 else at + len(mark)

        return self.take(condition, show(mark), seconds)

    def read_all(self, seconds: float = DEFAULT_SECONDS) -> bytes:
        """Everything up to an orderly end of stream."""
        data = self.take(lambda b: len(b) if self.at_eof else None, "end of stream", seconds)
        if self.was_reset:
            raise AssertionError(f"{self.name}: reset after {show(data)}")
        return data

    def expect_eof(self, seconds: float = DEFAULT_SECONDS) -> None:
        rest = self.read_all(seconds)
        if rest:
            raise AssertionError(f"{self.name}: expected the end of the stream, got {show(rest)}")

    def expect_reset(self, seconds: float = DEFAULT_SECONDS) -> None:
        end = wait.deadline(seconds)
        while not self.at_eof:
            if not self._fill(end):
                raise wait.TimedOut(f"{self.name}: expected a reset; got {show(self.buffer)}")
        if not self.was_reset:
            raise AssertionError(f"{self.name}: expected a reset, got an orderly end of stream")

    def expect_closed(self, seconds: float = DEFAULT_SECONDS) -> None:
        """Ended, one way or the other."""
        end = wait.deadline(seconds)
        while not self.at_eof:
            if not self._fill(end):
                raise wait.TimedOut(f"{self.name}: is still open; got {show(self.buffer)}")

    def expect_silence(self, seconds: float) -> None:
        """Nothing arrives for this long. Costs that time: use it only where nothing else can tell."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.at_eof:
            self._fill(end)
        if self.buffer or self.at_eof:
            raise AssertionError(f"{self.name}: expected silence, got {show(self.buffer)} or an end")


def connect(
    address: int | str | tuple[str, int],
    name: str = "client",
    source: str | tuple[str, int] | None = None,
    receive_buffer: int | None = None,
    seconds: float = DEFAULT_SECONDS,
) -> Conn:
    """`address` is a port on 127.0.0.1, (host, port), or the path of a unix socket ("@x": abstract)."""
    if isinstance(address, str):
        family, target = socket.AF_UNIX, "\0" + address[1:] if address[0] == "@" else address
    else:
        target = ("127.0.0.1", address) if isinstance(address, int) else address
        family = socket.AF_INET6 if ":" in target[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source is not None:
            sock.bind((source, 0) if isinstance(source, str) else source)
        sock.settimeout(seconds * wait.SCALE)
        sock.connect(target)
    except ConnectionResetError:
        # Taken, and ended before we looked: as if it had happened a moment later.
        conn = Conn(sock, name)
        conn.was_reset = conn.at_eof = True
        return conn
    except OSError:
        sock.close()
        raise
    return Conn(sock, name)
