"""What needs more than a scenario: gRPC, singletons, the engine's signal, every worker, the example."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent import futures

import grpc
import pytest
import yaml

from harness import http1, wait
from harness.config import bootstrap, cluster, http_manager, listener
from harness.conn import connect
from harness.ports import free_port
from harness.process import ROOT, Sluice, binary

MODULES = os.environ.get("SLUICE_WASM_MODULES")
pytestmark = pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")
EXAMPLE = ROOT / "config/request-buffer"
WAKE = 0.5
HTTP2 = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http2_protocol_options": {}},
    }
}


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


class Grpc:
    """a.Service: Method answers, Fails does not want to, Sleeps waits for `wake`, Chat gives back what comes."""

    def __init__(self):
        self.wake = threading.Event()
        handlers = {
            "Method": grpc.unary_unary_rpc_method_handler(lambda request, _: b"re: " + request),
            "Fails": grpc.unary_unary_rpc_method_handler(
                lambda _, context: context.abort(grpc.StatusCode.ABORTED, "no luck")
            ),
            "Sleeps": grpc.unary_unary_rpc_method_handler(lambda request, _: self.wake.wait(60) and request),
            "Chat": grpc.stream_stream_rpc_method_handler(self.chat),
        }
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("a.Service", handlers),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def chat(self, messages, context):
        context.send_initial_metadata((("x-head", "hi"),))
        yield from messages
        context.set_trailing_metadata((("x-bye", "now"),))

    def close(self) -> None:
        self.wake.set()
        self.server.stop(0)


def test_grpc_calls_and_streams():
    server = Grpc()
    port = free_port()
    code = {"local": {"filename": str(module("probe"))}}
    chat = cluster("chat", [server.port])
    chat["typed_extension_protocol_options"] = HTTP2
    routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]
    manager = http_manager([{"name": "all", "domains": ["*"], "routes": routes}], [wasm(code)])
    shown = {"header": {"key": "x-shown", "value": "%REQ(x-result)%"}}
    manager["typed_config"]["route_config"]["response_headers_to_add"] = [shown]

    def result(verb: str) -> str:
        return ask(port, headers={"x-do": f"{verb} chat"}).get("x-shown")

    try:
        with Sluice(bootstrap([listener(port, [manager])], [chat])) as sluice:
            assert result("grpc") == "got re: msg"
            assert result("grpc_fails") == "closed 1010no luck"
            assert result("grpc_slow") == "closed 44request timeout"
            assert result("grpc_stream") == "000010 head hi got one got two got end bye now closed 00"
            assert result("grpc_cancel") == "00011"
            assert ask(port, headers={"x-do": "grpc nobody"}).get("x-shown") == "status 4"
            sluice.admin.wait_stats({"wasm.traps": 0, "cluster.chat.upstream_rq_active": 0})
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


def test_a_singleton_on_main_has_queues_for_the_workers_vms():
    port = free_port()
    code = {"local": {"filename": str(module("probe"))}}
    whole = config(port, code)
    vm = {"vm_id": "other", "runtime": "envoy.wasm.runtime.v8", "code": code}
    service = {"@type": "type.googleapis.com/envoy.extensions.wasm.v3.WasmService", "singleton": True}
    service["config"] = {"name": "single", "vm_config": vm}
    whole["bootstrap_extensions"] = [{"name": "envoy.bootstrap.wasm", "typed_config": service}]
    with Sluice(whole, concurrency=2) as sluice:
        sluice.admin.wait_stats({"wasm.created": 3, "wasm.active": 3})
        assert ask(port, headers={"x-do": "send other words for you"}).status == 200
        sluice.wait_log("wasm log single: from the queue: words for you")
        assert len(re.findall("from the queue", sluice.log())) == 1
        sluice.admin.wait_stats({"wasm.traps": 0})


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


@pytest.mark.parametrize("name", ["native.yaml", "wasm.yaml"])
def test_the_example_holds_grpc_calls_as_well(name):
    ports: dict[int, int] = {}
    text = example(name, ports)
    base = ports[9200]
    text = text.replace(f"port_value: {ports[9201]}", f"port_value: {base + 1}")  # upstream.py has it beside
    plane = run_example("control_plane.py", str(ports[9100]), str(WAKE))
    upstream = run_example("upstream.py", str(base))
    try:
        with Sluice(text):
            options = [("grpc.default_authority", "grpc.example.com")]
            with grpc.insecure_channel(f"127.0.0.1:{ports[10000]}", options=options) as channel:
                say = channel.unary_unary("/example.Echo/Say")

                def seconds() -> float:
                    start = time.monotonic()
                    assert say(b"hello", timeout=20, wait_for_ready=True) == b"said hello"
                    return time.monotonic() - start

                seconds()
                control(ports[9100], "POST", "/set-scaled-to-zero?host=grpc.example.com")
                wait.until(lambda: seconds() > WAKE * 0.8, "a call was held", 20)
    finally:
        for process in (plane, upstream):
            process.kill()
            process.wait()
            process.stdout.close()


def test_without_the_engine_a_config_that_asks_for_it_is_refused_in_words(tmp_path):
    alone = tmp_path / "sluice"
    shutil.copy2(binary(), alone)
    path = tmp_path / "sluice.yaml"
    text = config(free_port(), {"local": {"filename": str(module("probe"))}})
    path.write_text(yaml.safe_dump(text))
    done = subprocess.run([alone, "--mode", "validate", "-c", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "WebAssembly needs sluice_wasm_jsc.so" in done.stderr
    assert "-DSLUICE_WASM=ON" in done.stderr
