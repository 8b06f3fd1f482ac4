"""What needs more than a scenario: code from a cluster, singletons, the engine's signal, every worker."""
import hashlib
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import http1, wait
from harness.config import bootstrap, cluster, http_manager, listener
from harness.conn import connect
from harness.ports import free_port
from harness.process import ROOT, Sluice

MODULES = os.environ.get("SLUICE_WASM_MODULES")
pytestmark = pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")
EXAMPLE = ROOT / "config/request-buffer"
WAKE = 0.5


def module(name: str) -> pathlib.Path:
    return pathlib.Path(MODULES) / f"{name}.wasm"


def wasm(code: dict, **fields) -> dict:
    vm = {"vm_id": "t", "runtime": "envoy.wasm.runtime.v8", "code": code}
    return {
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {"name": "t", "vm_config": vm, **fields},
        },
    }


def config(port: int, code: dict, clusters=(), **fields) -> dict:
    routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]
    hosts = [{"name": "all", "domains": ["*"], "routes": routes}]
    return bootstrap([listener(port, [http_manager(hosts, [wasm(code, **fields)])])], list(clusters))


def ask(port: int, **fields) -> http1.Message:
    with connect(port) as client:
        client.send(http1.request(host="test", **fields))
        return http1.read_message(client)


class CodeServer:
    """Answers every GET with `body`."""

    def __init__(self, body: bytes):
        outer = self
        self.body = body
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked += 1
                self.send_response(200)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_code_comes_from_a_cluster_when_its_hash_is_right():
    code = module("probe").read_bytes()
    server = CodeServer(b"something else")
    remote = {
        "remote": {
            "http_uri": {"uri": "http://code/probe.wasm", "cluster": "code", "timeout": "5s"},
            "sha256": hashlib.sha256(code).hexdigest(),
            "retry_policy": {"retry_back_off": {"base_interval": "0.05s"}},
        }
    }
    port = free_port()
    try:
        with Sluice(config(port, remote, [cluster("code", [server.port])])) as sluice:
            sluice.admin.wait_stats({"wasm.remote_load_fetch_failures": ">= 1"})
            assert ask(port).status == 503
            server.body = code
            sluice.admin.wait_stats({"wasm.remote_load_fetch_successes": 1, "wasm.active": 1}, seconds=20)
            reply = ask(port)
            assert (reply.status, reply.get("x-wasm")) == (200, "seen")
    finally:
        server.close()


def test_log_reopening_and_the_engines_collector_do_not_meet():
    port = free_port()
    code = {"local": {"filename": str(module("probe"))}}
    with Sluice(config(port, code), concurrency=2) as sluice:
        sluice.admin.wait_stats({"wasm.active": 2})
        for turn in range(20):
            sluice.signal(signal.SIGUSR1)
            reply = ask(port, headers={"x-do": "maps"})
            assert (reply.status, reply.get("x-wasm")) == (200, "seen")
        sluice.wait_log("SIGUSR1: reopening logs")
        sluice.admin.wait_stats({"wasm.traps": 0})


def test_every_worker_has_a_vm_and_filters_with_one_id_share_it():
    port = free_port()
    code = {"local": {"filename": str(module("probe"))}}
    both = config(port, code)
    manager = both["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
    manager["http_filters"].insert(0, wasm(code, root_id="second"))
    with Sluice(both, concurrency=3) as sluice:
        sluice.admin.wait_stats({"wasm.created": 3, "wasm.active": 3})
        assert ask(port, headers={"x-do": "tick"}).status == 200


def example(name: str, ports: dict[int, int]) -> str:
    def port(match: re.Match) -> str:
        return f"port_value: {ports.setdefault(int(match.group(1)), free_port())}"

    text = re.sub(r"port_value: (\d+)", port, (EXAMPLE / name).read_text())
    return text.replace("request_buffer.wasm", str(module("request_buffer")))


def run_example(script: str, *args: str) -> subprocess.Popen:
    started = subprocess.Popen([sys.executable, EXAMPLE / script, *args], stdout=subprocess.PIPE, text=True)
    started.stdout.readline()
    return started


def control(port: int, method: str, path: str) -> http1.Message:
    with connect(port) as client:
        client.send(http1.request(method=method, path=path, host="plane"))
        return http1.read_message(client)


def seconds_of(send) -> float:
    start = time.monotonic()
    assert send().body == b"POST /x from upstream: hello\n"
    return time.monotonic() - start


@pytest.mark.parametrize("name", ["native.yaml", "wasm.yaml"])
def test_the_example_holds_a_request_until_its_service_is_awake(name):
    ports: dict[int, int] = {}
    text = example(name, ports)
    plane = run_example("control_plane.py", str(ports[9100]), str(WAKE))
    upstream = run_example("upstream.py", str(ports[9200]))
    try:
        with Sluice(text):
            front = ports[10000]
            post = dict(method="POST", path="/x", body=b"hello")

            def send() -> http1.Message:
                with connect(front) as client:
                    client.send(http1.request(host="http.example.com", **post))
                    return http1.read_message(client, False, 20)

            assert send().body == b"POST /x from upstream: hello\n"
            control(ports[9100], "POST", "/set-scaled-to-zero?host=http.example.com")
            # those that come before the list has come go through at once
            wait.until(lambda: seconds_of(send) > WAKE * 0.8, "a request was held", 20)
            assert control(ports[9100], "GET", "/").body == b"[]"
    finally:
        for process in (plane, upstream):
            process.kill()
            process.wait()
            process.stdout.close()

