"""Thousands of client connections from one thread, on a selector."""
import resource
import selectors
import socket

from . import wait


def raise_fd_limit() -> int:
    """Lets this process open what the system allows; returns that number."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Crowd:
    """`count` connections to one port, all open at once."""

    def __init__(self, port: int, count: int):
        self.port = port
        self.count = count
        self.socks: list[socket.socket] = []

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_):
        self.close()

    def connect(self, seconds: float = 30, at_once: int = 500) -> None:
        """Opens them, with at most `at_once` on their way."""
        end = wait.deadline(seconds)
        with selectors.DefaultSelector() as selector:
            pending = 0
            while len(self.socks) < self.count or pending:
                while len(self.socks) < self.count and pending < at_once:
                    sock = socket.socket()
                    sock.setblocking(False)
                    sock.connect_ex(("127.0.0.1", self.port))
                    selector.register(sock, selectors.EVENT_WRITE)
                    self.socks.append(sock)
                    pending += 1
                for key, _ in selector.select(wait.left(end)):
                    error = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if error:
                        raise OSError(error, "connect")
                    selector.unregister(key.fileobj)
                    pending -= 1
                if not wait.left(end):
                    raise wait.TimedOut(f"{pending} connections still not made")

    def exchange(self, message, seconds: float = 60) -> None:
        """Each sends message(i) and has to receive exactly that back."""
        end = wait.deadline(seconds)
        missing = {}
        with selectors.DefaultSelector() as selector:
            for index, sock in enumerate(self.socks):
                data = message(index)
                sock.setblocking(True)
                sock.sendall(data)
                sock.setblocking(False)
                missing[sock] = data
                selector.register(sock, selectors.EVENT_READ)
            while missing:
                for key, _ in selector.select(wait.left(end)):
                    sock = key.fileobj
                    data = sock.recv(65536)
                    if not data or not missing[sock].startswith(data):
                        raise AssertionError(f"expected {missing[sock]!r}, got {data!r}")
                    missing[sock] = missing[sock][len(data) :]
                    if not missing[sock]:
                        del missing[sock]
                        selector.unregister(sock)
                if not wait.left(end):
                    raise wait.TimedOut(f"{len(missing)} answers still missing")

    def send(self, message) -> None:
        """Each sends message(i)."""
        for index, sock in enumerate(self.socks):
            sock.setblocking(True)
            sock.sendall(message(index))
            sock.setblocking(False)

    def expect_http(self, start: bytes, seconds: float = 60) -> None:
        """Each receives one response without a body that begins with `start`."""
        end = wait.deadline(seconds)
        got = {sock: b"" for sock in self.socks}
        with selectors.DefaultSelector() as selector:
            for sock in self.socks:
                selector.register(sock, selectors.EVENT_READ)
            while got:
                for key, _ in selector.select(wait.left(end)):
                    sock = key.fileobj
                    data = sock.recv(65536)
                    got[sock] += data
                    if not data or not got[sock].startswith(start[: len(got[sock])]):
                        raise AssertionError(f"expected {start!r}, got {got[sock]!r}")
                    if got[sock].endswith(b"\r\n\r\n"):
                        del got[sock]
                        selector.unregister(sock)
                if not wait.left(end):
                    raise wait.TimedOut(f"{len(got)} responses still missing")

    def exchange_http(self, message, start: bytes, seconds: float = 60) -> None:
        self.send(message)
        self.expect_http(start, seconds)

    def close(self) -> None:
        for sock in self.socks:
            sock.close()
        self.socks = []
