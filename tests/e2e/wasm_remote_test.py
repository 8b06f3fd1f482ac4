"""Modules that a cluster has: wrong and right hashes, a server that is not there yet, the cache."""
import hashlib
import os
import pathlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import http1, wait
from harness.config import bootstrap, cluster, http_manager, listener
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

MODULES = os.environ.get("SLUICE_WASM_MODULES")
pytestmark = pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")


def code() -> bytes:
    return (pathlib.Path(MODULES) / "probe.wasm").read_bytes()


class CodeServer:
    """Answers every GET with `status` and `body`."""

    def __init__(self, body: bytes, port: int = 0):
        outer = self
        self.body = body
        self.status = 200
        self.asked: list[tuple[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append((self.headers["host"], self.path))
                self.send_response(outer.status)
                self.send_header("content-length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()


def remote(sha256: str | None = None) -> dict:
    return {
        "remote": {
            "http_uri": {"uri": "http://code.test/a/probe.wasm?v=1", "cluster": "code", "timeout": "5s"},
            "sha256": sha256 or hashlib.sha256(code()).hexdigest(),
            "retry_policy": {"retry_back_off": {"base_interval": "0.05s", "max_interval": "0.1s"}},
        }
    }


def wasm(source: dict, vm_id: str = "t", **fields) -> dict:
    vm = {"vm_id": vm_id, "runtime": "envoy.wasm.runtime.v8", "code": source}
    return {
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {"name": "t", "vm_config": vm, **fields},
        },
    }


def config(port: int, server: int, filters: list) -> dict:
    routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]
    hosts = [{"name": "all", "domains": ["*"], "routes": routes}]
    return bootstrap([listener(port, [http_manager(hosts, filters)])], [cluster("code", [server])])


def ask(port: int) -> tuple[int, str | None]:
    with connect(port) as client:
        client.send(http1.request())
        reply = http1.read_message(client)
        return reply.status, reply.get("x-wasm")


def test_code_comes_when_its_hash_is_right_and_requests_fail_closed_until_then():
    port = free_port()
    with CodeServer(b"something else") as server:
        with Sluice(config(port, server.port, [wasm(remote())])) as sluice:
            sluice.admin.wait_stats({"wasm.remote_load_fetch_failures": ">= 1"})
            sluice.wait_log("no code from cluster 'code': its sha256 is another one")
            assert ask(port) == (503, None)
            server.body = code()
            sluice.admin.wait_stats({"wasm.remote_load_fetch_successes": 1, "wasm.active": 1}, seconds=20)
            assert ask(port) == (200, "seen")
            assert set(server.asked) == {("code.test", "/a/probe.wasm?v=1")}
            # it has come: nobody asks any more
            before = len(server.asked)
            assert ask(port) == (200, "seen")
            assert len(server.asked) == before


def test_a_hash_that_is_never_right_is_never_run():
    port = free_port()
    with CodeServer(code()) as server:
        with Sluice(config(port, server.port, [wasm(remote("ab" * 32))])) as sluice:
            sluice.admin.wait_stats({"wasm.remote_load_fetch_failures": ">= 3"}, seconds=20)
            assert ask(port) == (503, None)
            sluice.admin.wait_stats({"wasm.created": 0, "wasm.remote_load_fetch_successes": 0})


def test_until_the_server_is_there_requests_pass_where_the_policy_is_to_fail_open():
    port = free_port()
    later = free_port()
    with Sluice(config(port, later, [wasm(remote(), failure_policy="FAIL_OPEN")])) as sluice:
        sluice.admin.wait_stats({"wasm.remote_load_fetch_failures": ">= 2"}, seconds=20)
        assert ask(port) == (200, None)
        with CodeServer(b"gone", later) as server:
            server.status = 404
            failures = sluice.admin.stat("wasm.remote_load_fetch_failures")
            sluice.admin.wait_stats({"wasm.remote_load_fetch_failures": f">= {failures + 2}"}, seconds=20)
            sluice.wait_log("no code from cluster 'code': status 404")
            assert ask(port) == (200, None)
            server.body, server.status = code(), 200
            sluice.admin.wait_stats({"wasm.remote_load_fetch_successes": 1}, seconds=20)
            wait.until(lambda: ask(port) == (200, "seen"), "the module runs", 20)


def test_code_that_has_the_hash_and_is_no_module_is_refused():
    port = free_port()
    text = b"this is text"
    with CodeServer(text) as server:
        filters = [wasm(remote(hashlib.sha256(text).hexdigest()))]
        with Sluice(config(port, server.port, filters)) as sluice:
            sluice.wait_log("no code from cluster 'code': not a WebAssembly module")
            assert ask(port) == (503, None)
            sluice.admin.wait_stats({"wasm.remote_load_fetch_failures": ">= 1", "wasm.created": 0})


def test_several_plugins_of_one_code_ask_once():
    port = free_port()
    with CodeServer(code()) as server:
        filters = [wasm(remote(), vm_id=name) for name in ("a", "b", "c")]
        with Sluice(config(port, server.port, filters)) as sluice:
            sluice.admin.wait_stats({"wasm.active": 3}, seconds=20)
            assert ask(port) == (200, "seen")
            assert len(server.asked) == 1
            sluice.admin.wait_stats({"wasm.remote_load_fetch_successes": 1, "wasm.remote_load_cache_hits": 2})
