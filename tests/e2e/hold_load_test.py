# ctest: serial
"""Thousands of requests held at once: what each costs, and that all go on when the host is awake."""
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import load, process
from harness.config import bootstrap, cluster, http_manager, listener
from harness.ports import free_port
from harness.process import Sluice

COUNT = 1000 if process.is_sanitized() else 5000
WORKERS = 2
HOST = "http.example.com"
# measured: 19 KB of heap (7.6 KB of it touched: RSS) for a request of 170 bytes on its own connection,
# most of it the 16 KiB slab that its head pins
MAX_BYTES_EACH = 24 * 1024
REQUEST = (
    b"GET /somewhere HTTP/1.1\r\nhost: http.example.com\r\nuser-agent: crowd/1.0\r\naccept: */*\r\n"
    b"accept-encoding: gzip\r\nx-number: %06d\r\n\r\n"
)


class Plane:
    """A control plane whose list is `body`."""

    def __init__(self):
        plane = self
        self.body = b"[]"
        self.pokes = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(plane.body)

            def do_POST(self):
                plane.pokes += 1
                self.answer(b"")

            def answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def config(port: int, plane: int) -> dict:
    hold = {
        "name": "sluice.filters.http.hold",
        "typed_config": {
            "@type": "type.googleapis.com/sluice.filters.http.hold.v1.Hold",
            "stat_prefix": "h",
            "control_plane": {"cluster": "plane", "poll_interval": "0.05s"},
            "max_wait": "300s",
        },
    }
    routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 204}}]
    hosts = [{"name": "all", "domains": ["*"], "routes": routes}]
    return bootstrap([listener(port, [http_manager(hosts, [hold])])], [cluster("plane", [plane])])


@pytest.fixture(name="plane")
def fixture_plane():
    plane = Plane()
    yield plane
    plane.close()


def put_to_sleep(sluice: Sluice, plane: Plane, hosts: int) -> None:
    """Changes the list, and waits until every worker goes by it."""
    taken = sluice.admin.stat("hold.h.lists_taken")
    plane.body = b'["%s"]' % HOST.encode() if hosts else b"[]"
    sluice.admin.wait_stats({"hold.h.hosts": hosts, "hold.h.lists_taken": f">= {taken + WORKERS}"})


def allocated(sluice: Sluice) -> int:
    """What is in use of the heap: RSS also has what the allocator keeps for later."""
    return sluice.admin.stat("server.memory_allocated")


def round_trip(sluice: Sluice, plane: Plane, port: int, rounds: int) -> int:
    """Holds COUNT requests, lets them go; the memory they took, in bytes each."""
    with load.Crowd(port, COUNT) as crowd:
        crowd.connect()
        crowd.exchange_http(lambda i: REQUEST % i, b"HTTP/1.1 204")
        idle = allocated(sluice)
        put_to_sleep(sluice, plane, 1)
        crowd.send(lambda i: REQUEST % i)
        sluice.admin.wait_stats({"hold.h.rq_active": COUNT}, seconds=60)
        held = allocated(sluice)
        put_to_sleep(sluice, plane, 0)
        crowd.expect_http(b"HTTP/1.1 204")
        sluice.admin.wait_stats({"hold.h.rq_active": 0, "hold.h.rq_released": rounds * COUNT})
        return (held - idle) // COUNT


def test_thousands_of_held_requests_go_on_and_cost_a_stated_amount(plane):
    if load.raise_fd_limit() < COUNT + 500:
        pytest.fail(f"the limit of open files is too low for {COUNT} connections")
    port = free_port()
    with Sluice(config(port, plane.port), concurrency=WORKERS) as sluice:
        sluice.admin.wait_stats({"hold.h.lists_taken": f">= {WORKERS}"})
        each = round_trip(sluice, plane, port, 1)
        settled = allocated(sluice)
        round_trip(sluice, plane, port, 2)
        print(f"{each} bytes for each held request")
        assert plane.pokes >= 1
        if not process.is_sanitized():
            assert each < MAX_BYTES_EACH
            assert allocated(sluice) < settled * 1.2 + (2 << 20)
        # all leave: all are forgotten
        put_to_sleep(sluice, plane, 1)
        with load.Crowd(port, COUNT) as crowd:
            crowd.connect()
            crowd.send(lambda i: REQUEST % i)
            sluice.admin.wait_stats({"hold.h.rq_active": COUNT}, seconds=60)
        sluice.admin.wait_stats({"hold.h.rq_active": 0, "hold.h.rq_left": COUNT}, seconds=60)
