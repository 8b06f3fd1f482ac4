"""A backend that reads strictly, keeps what came, and answers 200, or the bytes it was told."""
import threading

from harness import wait
from harness.backend import Server
from harness.conn import Conn

from .case import Request, parse_head

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nbackend"


class Recorder(Server):
    def __init__(self, **kwargs):
        self.guard = threading.Lock()
        self.requests: list[Request] = []
        self.answer = None  # bytes instead of OK, then the end of the connection
        self.reset = False  # the end is a reset
        super().__init__(self._serve_requests, **kwargs)

    def take(self) -> list[Request]:
        with self.guard:
            taken, self.requests = self.requests, []
        return taken

    def _serve_requests(self, conn: Conn) -> None:
        while True:
            try:
                head = conn.read_until(b"\r\n\r\n", 600)
            except AssertionError:
                if conn.buffer:
                    self._keep(Request(conn.buffer, [], problems=["an incomplete head"]))
                return
            request = parse_head(head[:-4])
            self._keep(request)
            if request.get("upgrade") and self.answer is None:
                request.complete = True
                return conn.send(b"HTTP/1.1 426 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            try:
                self._read_body(conn, request)
            except AssertionError:
                return  # the proxy gave up a request that its client never completed
            request.complete = True
            if self.answer is not None:
                return self._answer(conn)
            conn.send(OK[:-7] if request.line.startswith(b"HEAD ") else OK)

    def _answer(self, conn: Conn) -> None:
        """What the proxy has sent must be read, or the kernel would say RST instead of FIN."""
        conn.send(self.answer)
        if self.reset:
            return conn.abort()
        conn.shutdown()
        while not conn.at_eof and wait.ready(conn.sock, 5)[0]:
            conn._fill(0)  # pylint: disable=protected-access

    def _keep(self, request: Request) -> None:
        with self.guard:
            self.requests.append(request)

    def _read_body(self, conn: Conn, request: Request) -> None:
        lengths = request.get("content-length")
        if request.get("transfer-encoding"):
            while size := int(conn.read_until(b"\r\n", 60), 16):
                request.body += conn.read_exact(size, 60)
                conn.expect(b"\r\n", 60)
            while conn.read_until(b"\r\n", 60) != b"\r\n":
                pass
        elif lengths and lengths[0].isdigit():
            request.body = conn.read_exact(int(lengths[0]), 60)
