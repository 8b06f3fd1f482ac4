"""Modules that trap, never end, eat memory or lie, wherever a module can be: the worker lives, others are
served, and it is counted. For HTTP filters the scenarios wasm/contained_* say the same."""
import os
import pathlib

import pytest

from harness import http1
from harness.backend import Backend
from harness.config import bootstrap, cluster, http_manager, listener, tcp_proxy
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

MODULES = os.environ.get("SLUICE_WASM_MODULES")
pytestmark = pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")
LIMITS = {"sluice.wasm.max_memory_bytes": 8 << 20, "sluice.wasm.max_steps": 5_000_000}
RUNTIME = {"layers": [{"name": "limits", "static_layer": LIMITS}]}
# what ends the module, and whether by too many steps
ENDS = {"trap": 0, "spin": 1, "bomb": 0}
TYPES = "type.googleapis.com/envoy.extensions"


def plugin(module: str, configuration: str = "") -> dict:
    code = {"local": {"filename": str(pathlib.Path(MODULES) / f"{module}.wasm")}}
    return {
        "name": module,
        "configuration": {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": configuration},
        "vm_config": {"vm_id": "v", "runtime": "envoy.wasm.runtime.v8", "code": code},
    }


def expect_contained(sluice: Sluice, how: str) -> None:
    sluice.admin.wait_stats({"wasm.traps": 1, "wasm.out_of_steps": ENDS[how]}, seconds=20)
    assert sluice.admin.is_ready()


def network(port: int, app: int) -> dict:
    wasm = {"@type": f"{TYPES}.filters.network.wasm.v3.Wasm", "config": plugin("network_output")}
    filters = [{"name": "envoy.filters.network.wasm", "typed_config": wasm}, tcp_proxy("app")]
    return bootstrap([listener(port, filters)], [cluster("app", [app])], layered_runtime=RUNTIME)


@pytest.mark.parametrize("how", ENDS)
def test_a_network_filter_ends_the_connection_and_those_that_need_its_vm(how):
    port = free_port()
    with Backend() as app, Sluice(network(port, app.port)) as sluice:
        with connect(port) as client:
            app.accept().send(how.encode())
            expect_contained(sluice, how)
            client.expect_closed()
        # the policy is to fail closed
        with connect(port) as late:
            late.expect_closed()
        sluice.admin.wait_stats({"wasm.refused_streams": 2})


@pytest.mark.parametrize("module", ["network", "network_output"])
def test_no_byte_of_http_goes_past_a_network_filter(module):
    """Long bodies are spliced where nobody looks at them: here somebody does, at one of the directions."""
    port = free_port()
    wasm = {"@type": f"{TYPES}.filters.network.wasm.v3.Wasm", "config": plugin(module)}
    routes = [{"match": {"prefix": "/"}, "route": {"cluster": "back"}}]
    manager = http_manager([{"name": "all", "domains": ["*"], "routes": routes}])
    filters = [{"name": "envoy.filters.network.wasm", "typed_config": wasm}, manager]
    size = 300_000
    with http1.HttpServer(body=b"b" * size) as backend:
        config = bootstrap([listener(port, filters)], [cluster("back", [backend.port])])
        with Sluice(config) as sluice, connect(port) as client:
            for turn in range(1, 4):
                client.send(http1.request(method="POST", body=b"a" * size))
                reply = http1.read_message(client, False, 20)
                assert reply.body == (b"b" if module == "network" else b"B") * size
                assert backend.requests[-1].body == (b"A" if module == "network" else b"a") * size
                sluice.admin.wait_stats({"http.front.downstream_rq_2xx": turn, "wasm.traps": 0})


def test_a_network_filter_that_lies_is_answered():
    port = free_port()
    with Backend() as app, Sluice(network(port, app.port)) as sluice, connect(port) as client:
        served = app.accept()
        served.send(b"lies")
        client.expect(b"LIES")
        sluice.wait_log("wasm log network_output: lies: 6 6 0 0 0 0 0 0 0 0 0 6 2 6")
        sluice.admin.wait_stats({"wasm.traps": 0})


def answers(fields: dict | None = None) -> dict:
    hosts = [{"name": "all", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]}]
    return http_manager(hosts, [], fields)


def ask(port: int) -> int:
    with connect(port) as client:
        client.send(http1.request())
        return http1.read_message(client).status


def logger(port: int, how: str) -> dict:
    config = {"@type": f"{TYPES}.access_loggers.wasm.v3.WasmAccessLog", "config": plugin("root_misbehaves", f"log {how}")}
    manager = answers({"access_log": [{"name": "envoy.access_loggers.wasm", "typed_config": config}]})
    return bootstrap([listener(port, [manager])], [], layered_runtime=RUNTIME)


@pytest.mark.parametrize("how", ENDS)
def test_an_access_logger_loses_its_entries_and_no_request(how):
    port = free_port()
    with Sluice(logger(port, how)) as sluice:
        assert ask(port) == 200
        expect_contained(sluice, how)
        assert ask(port) == 200
        sluice.admin.wait_stats({"wasm.lost_log_entries": 1, "http.front.downstream_rq_2xx": 2})


def test_an_access_logger_that_lies_is_answered():
    port = free_port()
    with Sluice(logger(port, "lies")) as sluice:
        assert ask(port) == 200
        sluice.wait_log("wasm log root_misbehaves: lies: 6 6 0 0 0 0 0 0 0 0 0 6 2 6")
        sluice.admin.wait_stats({"wasm.traps": 0, "wasm.lost_log_entries": 0})


def service(port: int, words: str, singleton: bool) -> dict:
    config = {"@type": f"{TYPES}.wasm.v3.WasmService", "singleton": singleton, "config": plugin("root_misbehaves", words)}
    extension = {"name": "envoy.bootstrap.wasm", "typed_config": config}
    return bootstrap([listener(port, [answers()])], [], bootstrap_extensions=[extension], layered_runtime=RUNTIME)


@pytest.mark.parametrize("singleton", [True, False], ids=["main", "worker"])
@pytest.mark.parametrize("how", ENDS)
def test_a_service_ends_and_its_thread_goes_on(how, singleton):
    port = free_port()
    with Sluice(service(port, f"tick {how}", singleton)) as sluice:
        expect_contained(sluice, how)
        assert ask(port) == 200
        sluice.admin.wait_stats({"wasm.active": 0})


@pytest.mark.parametrize("how", ENDS)
def test_a_module_that_misbehaves_when_it_starts_does_not_keep_others_from_it(how):
    port = free_port()
    with Sluice(service(port, f"start {how}", True)) as sluice:
        expect_contained(sluice, how)
        sluice.admin.wait_stats({"wasm.start_failed": 1})
        assert ask(port) == 200


def test_a_service_that_lies_is_answered():
    port = free_port()
    with Sluice(service(port, "start lies", True)) as sluice:
        sluice.wait_log("wasm log root_misbehaves: lies: 6 6 0 0 0 0 0 0 0 0 0 6 2 6")
        assert ask(port) == 200
        sluice.admin.wait_stats({"wasm.traps": 0, "wasm.active": 1})
