# ctest: serial
"""Thousands of requests held at once, by sluice's own filter and by the module of config/request-buffer:
what each costs, and that all go on when the host is awake. SLUICE_HELD=10000 measures that many."""
import os
import pathlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import load, process, wait
from harness.config import bootstrap, cluster, http_manager, listener
from harness.ports import free_port
from harness.process import Sluice

COUNT = int(os.environ.get("SLUICE_HELD", 1000 if process.is_sanitized() else 5000))
MODULES = os.environ.get("SLUICE_WASM_MODULES")
WORKERS = 2
HOST = "http.example.com"
# measured: 20 KB of heap (8.0 KB of it touched: RSS) for a request of 170 bytes on its own connection,
# most of it the 16 KiB slab that its head pins
MAX_BYTES_EACH = 24 * 1024
# measured with the module: 20 KB of heap, and its own map of streams in the VM's memory
MAX_BYTES_EACH_WASM = 28 * 1024
REQUEST = (
    b"GET /somewhere HTTP/1.1\r\nhost: http.example.com\r\nuser-agent: crowd/1.0\r\naccept: */*\r\n"
    b"accept-encoding: gzip\r\nx-number: %06d\r\n\r\n"
)


class Plane:
    """A control plane whose list is `body`."""

    def __init__(self):
        plane = self
        self.body = b"[]"
        self.polls = 0
        self.pokes = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                plane.polls += 1
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
        idle, idle_rss = allocated(sluice), sluice.rss_kb()
        put_to_sleep(sluice, plane, 1)
        crowd.send(lambda i: REQUEST % i)
        sluice.admin.wait_stats({"hold.h.rq_active": COUNT}, seconds=60)
        held = allocated(sluice)
        resident = (sluice.rss_kb() - idle_rss) * 1024 // COUNT
        print(f"{(held - idle) // COUNT} bytes of heap, {resident} of RSS for each of {COUNT} held requests")
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


def module_config(port: int, plane: int) -> dict:
    """As config/request-buffer/wasm.yaml has it."""

    def plugin(root_id: str) -> dict:
        code = {"local": {"filename": str(pathlib.Path(MODULES) / "request_buffer.wasm")}}
        return {
            "root_id": root_id,
            "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "plane"},
            "vm_config": {"vm_id": "b", "runtime": "envoy.wasm.runtime.v8", "code": code},
        }

    types = "type.googleapis.com/envoy.extensions"
    wasm = {"@type": f"{types}.filters.http.wasm.v3.Wasm", "config": plugin("filter")}
    service = {"@type": f"{types}.wasm.v3.WasmService", "singleton": True, "config": plugin("poller")}
    routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 204}}]
    hosts = [{"name": "all", "domains": ["*"], "routes": routes}]
    manager = http_manager(hosts, [{"name": "envoy.filters.http.wasm", "typed_config": wasm}])
    extension = {"name": "envoy.bootstrap.wasm", "typed_config": service}
    return bootstrap([listener(port, [manager])], [cluster("plane", [plane])], bootstrap_extensions=[extension])


def tell_module(plane: Plane, body: bytes) -> None:
    """Changes the list, and waits until it has been asked for and looked at."""
    plane.body = body
    polls = plane.polls
    wait.until(lambda: plane.polls >= polls + 3, "the module polls", 30)


@pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")
def test_the_module_holds_thousands_too(plane):
    if load.raise_fd_limit() < COUNT + 500:
        pytest.fail(f"the limit of open files is too low for {COUNT} connections")
    port = free_port()
    asleep = b'["%s"]' % HOST.encode()
    active = "http.front.downstream_rq_active"
    with Sluice(module_config(port, plane.port), concurrency=WORKERS) as sluice:
        sluice.admin.wait_stats({"wasm.active": WORKERS + 1}, seconds=20)
        with load.Crowd(port, COUNT) as crowd:
            crowd.connect()
            crowd.exchange_http(lambda i: REQUEST % i, b"HTTP/1.1 204")
            idle, idle_rss = allocated(sluice), sluice.rss_kb()
            tell_module(plane, asleep)
            crowd.send(lambda i: REQUEST % i)
            sluice.admin.wait_stats({active: COUNT}, seconds=60)
            each = (allocated(sluice) - idle) // COUNT
            resident = (sluice.rss_kb() - idle_rss) * 1024 // COUNT
            print(f"{each} bytes of heap, {resident} of RSS for each of {COUNT} held requests")
            if not process.is_sanitized():
                assert each < MAX_BYTES_EACH_WASM
            tell_module(plane, b"[]")
            crowd.expect_http(b"HTTP/1.1 204")
            sluice.admin.wait_stats({active: 0, "wasm.traps": 0}, seconds=60)
        # all leave: all are forgotten
        tell_module(plane, asleep)
        with load.Crowd(port, COUNT) as crowd:
            crowd.connect()
            crowd.send(lambda i: REQUEST % i)
            sluice.admin.wait_stats({active: COUNT}, seconds=60)
        sluice.admin.wait_stats({active: 0, "wasm.traps": 0}, seconds=60)
