"""Circuit breakers admit exactly their limits, whichever of eight workers asks."""
import socket
import threading

from harness import http1, wait
from harness.backend import Server
from harness.config import cluster, http
from harness.conn import Conn, connect
from harness.ports import free_port
from harness.process import Sluice

WORKERS = 8
BACKENDS = 4
CLIENTS = 48
ROUNDS = 12


class Counting:
    """Answers requests, and knows the most connections that were open at once: those that the proxy
    has ended do not count, though their threads may not have noticed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.conns: set[Conn] = set()
        self.most = 0
        self.served = 0
        self.server = Server(self.serve)

    def serve(self, conn: Conn) -> None:
        with self.lock:
            self.conns.add(conn)
            self.most = max(self.most, sum(not ended(each) for each in self.conns))
        try:
            while True:
                http1.read_message(conn, seconds=60)
                with self.lock:
                    self.served += 1
                conn.send(http1.response(200, body=b"ok"))
        except AssertionError:
            pass  # the proxy closed it
        finally:
            with self.lock:
                self.conns.discard(conn)


def ended(conn: Conn) -> bool:
    try:
        return conn.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def client(front: int, statuses: list[int], overloaded: list[bool], rounds: int) -> None:
    for _ in range(rounds):
        with connect(front) as conn:
            conn.send(http1.request())
            answer = http1.read_message(conn, seconds=30)
            statuses.append(answer.status)
            overloaded.append(answer.get("x-envoy-overloaded") == "true")


def storm(fields: dict, clients: int = CLIENTS):
    front = free_port()
    backends = [Counting() for _ in range(BACKENDS)]
    app = cluster("app", [b.server.port for b in backends], fields)
    statuses: list[int] = []
    overloaded: list[bool] = []
    with Sluice(http(front, [app]), concurrency=WORKERS) as sluice:
        threads = [
            threading.Thread(target=client, args=(front, statuses, overloaded, ROUNDS))
            for _ in range(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sluice.admin.wait_stats({"cluster.app.upstream_rq_active": 0})
        stats = sluice.admin.stats()
    for backend in backends:
        backend.server.close()
    wait.until(lambda: not any(b.conns for b in backends), "connections stay open")
    assert len(statuses) == clients * ROUNDS
    # What is refused is refused with the header, and nothing else is.
    assert [status == 503 for status in statuses] == overloaded
    assert sum(b.served for b in backends) == statuses.count(200)
    return backends, statuses, stats


def test_two_connections_per_backend_are_two():
    backends, statuses, _ = storm({"circuit_breakers": {"per_host_thresholds": [{"max_connections": 2}]}})
    assert [b.most for b in backends] == [2] * BACKENDS
    assert set(statuses) == {200}  # they wait for their turn


def test_three_connections_to_the_cluster_are_three():
    limits = {"max_connections": 3}
    backends, statuses, stats = storm({"circuit_breakers": {"thresholds": [limits]}})
    assert 1 <= max(b.most for b in backends) <= 3
    assert set(statuses) == {200}
    assert stats["cluster.app.upstream_cx_active"] <= 3


def test_what_is_over_the_limits_gets_503_with_the_header():
    limits = {"max_connections": 2, "max_pending_requests": 1, "max_requests": 2}
    _, statuses, stats = storm({"circuit_breakers": {"thresholds": [limits]}})
    assert set(statuses) == {200, 503}
    assert stats["cluster.app.upstream_rq_pending_overflow"] == statuses.count(503)
    assert stats["cluster.app.circuit_breakers.default.rq_open"] == 0
