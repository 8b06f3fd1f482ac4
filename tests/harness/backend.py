"""Backends: one that a test drives step by step, and servers that answer by themselves."""
import pathlib
import socket
import subprocess
import sys
import threading

from . import tls, wait
from .conn import Conn
from .ports import free_port


def listen(port: int = 0, host: str = "127.0.0.1", path: str | None = None, backlog: int = 1024):
    if path is not None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.bind("\0" + path[1:] if path[0] == "@" else path)
    else:
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    sock.listen(backlog)
    return sock


class Backend:
    """A listening socket whose connections the test takes one by one."""

    def __init__(self, port: int | None = None, host: str = "127.0.0.1", name: str = "backend"):
        self.port = port or free_port()
        self.host = host
        self.name = name
        self.sock: socket.socket | None = None
        self.accepted = 0
        self.open()

    def open(self) -> None:
        if self.sock is None:
            self.sock = listen(self.port, self.host)

    def close(self) -> None:
        """From now on connections are refused."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def accept(self, seconds: float = 5.0, name: str = "") -> Conn:
        readable, _ = wait.ready(self.sock, wait.left(wait.deadline(seconds)))
        if not readable:
            raise wait.TimedOut(f"{self.name}: no connection came within {seconds:g} s")
        sock, _ = self.sock.accept()
        self.accepted += 1
        return Conn(sock, name or f"{self.name}#{self.accepted}")

    def expect_no_connection(self, seconds: float = 0.0) -> None:
        readable, _ = wait.ready(self.sock, seconds)
        if readable:
            raise AssertionError(f"{self.name}: a connection came and none was expected")


class Server:
    """Runs `handler(conn)` for each connection, in a thread of its own, until closed."""

    def __init__(
        self, handler, port: int | None = None, host: str = "127.0.0.1", name="server", context=None
    ):
        self.handler = handler
        self.context = context  # of TLS
        self.port = port or free_port()
        self.name = name
        self.sock = listen(self.port, host)
        self.conns: set[Conn] = set()
        self.failures: list[BaseException] = []
        self.closed = False
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            conn = Conn(sock, self.name)
            with self.lock:
                if self.closed:
                    conn.close()
                    return
                self.conns.add(conn)
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn: Conn) -> None:
        try:
            if self.context is not None:
                conn = tls.server(conn, self.context)
            self.handler(conn)
        except (OSError, ValueError):
            pass  # the peer went away, or close() below took the socket
        except BaseException as failure:  # pylint: disable=broad-except
            if not self.closed:
                self.failures.append(failure)
        finally:
            with self.lock:
                self.conns.discard(conn)
            conn.close()

    def close(self) -> None:
        with self.lock:
            self.closed = True
            conns = list(self.conns)
        try:
            self.sock.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass
        self.sock.close()
        for conn in conns:
            try:
                conn.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.thread.join(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
        if self.failures:
            raise self.failures[0]


def echo(conn: Conn) -> None:
    conn.sock.settimeout(60)
    while data := conn.sock.recv(1 << 16):
        conn.sock.sendall(data)
    conn.sock.shutdown(socket.SHUT_WR)


class EchoServer(Server):
    def __init__(self, **kwargs):
        super().__init__(echo, **kwargs)


class Subprocess:
    """A server of harness.servers in a process of its own: for load, and to be killed."""

    def __init__(self, kind: str, *args: str, port: int | None = None):
        self.kind = kind
        self.args = args
        self.port = port or free_port()
        self.process: subprocess.Popen | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "harness.servers", self.kind, str(self.port), *self.args]
        self.process = subprocess.Popen(
            command, cwd=pathlib.Path(__file__).parents[1], stdout=subprocess.PIPE
        )
        line = self.process.stdout.readline()  # printed once it listens
        if line != b"listening\n":
            raise AssertionError(f"{' '.join(command)} did not start: {line!r}")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
