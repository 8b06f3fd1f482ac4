"""The properties that Envoy documents, as a module reads them."""
import os
import pathlib

import pytest

from harness import http1
from harness.config import bootstrap, cluster, http_manager, listener
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

MODULES = os.environ.get("SLUICE_WASM_MODULES")
pytestmark = pytest.mark.skipif(not MODULES, reason="built without the tools for WebAssembly modules")


def metadata(value: str) -> dict:
    return {"filter_metadata": {"x": {"said": value, "in": {"deep": value}}}}


def config(port: int, backend: int) -> dict:
    probe = str(pathlib.Path(MODULES) / "probe.wasm")
    vm = {"vm_id": "v", "runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": probe}}}
    wasm = {
        "name": "envoy.filters.http.wasm",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {"name": "plugin", "root_id": "root", "vm_config": vm},
        },
    }
    route = {"name": "r", "match": {"prefix": "/"}, "route": {"cluster": "back"}, "metadata": metadata("route")}
    host = {"name": "vh", "domains": ["*"], "routes": [route], "metadata": metadata("virtual host")}
    manager = http_manager([host], [wasm])
    shown = {"header": {"key": "x-shown", "value": "%REQ(x-result)%;%FILTER_STATE(k:PLAIN)%"}}
    manager["typed_config"]["route_config"]["response_headers_to_add"] = [shown]
    front = listener(port, [manager])
    front["metadata"] = metadata("listener")
    front["traffic_direction"] = "OUTBOUND"
    back = cluster("back", [backend])
    group = back["load_assignment"]["endpoints"][0]
    group["locality"] = {"region": "r9", "zone": "z9", "sub_zone": "s9"}
    group["metadata"] = metadata("group")
    group["lb_endpoints"][0]["metadata"] = metadata("host")
    back["metadata"] = metadata("cluster")
    made = bootstrap([front], [back])
    made["node"] = {
        "id": "me",
        "cluster": "us",
        "locality": {"region": "r1", "zone": "z1", "sub_zone": "s1"},
        "metadata": {"labels": {"app": "front"}, "flag": True},
    }
    return made


TEXTS = {
    "request|path": "/p?q=1",
    "request|url_path": "/p",
    "request|query": "q=1",
    "request|host": "test",
    "request|scheme": "http",
    "request|method": "GET",
    "request|headers|x-one": "1",
    "request|referer": "here",
    "request|useragent": "me",
    "request|protocol": "HTTP/1.1",
    "source|address": lambda text: text.startswith("127.0.0.1:"),
    "destination|address": lambda text: text.startswith("127.0.0.1:"),
    "request|id": lambda text: len(text) == 36,
    "plugin_name": "plugin",
    "plugin_root_id": "root",
    "plugin_vm_id": "v",
    "node|id": "me",
    "node|cluster": "us",
    "node|locality|zone": "z1",
    "xds|node|locality|sub_zone": "s1",
    "route_name": "r",
    "xds|route_name": "r",
    "xds|virtual_host_name": "vh",
    "route_metadata|filter_metadata|x|said": "route",
    "xds|route_metadata|filter_metadata|x|in|deep": "route",
    "xds|virtual_host_metadata|filter_metadata|x|said": "virtual host",
    "xds|listener_metadata|filter_metadata|x|said": "listener",
    "xds|listener_metadata|filter_metadata|x|silent": "status 1",
    "xds|cluster_metadata|filter_metadata|x|said": "status 1",
    "connection|requested_server_name": "status 1",
    "response|code": "status 1",
    "node|metadata|labels|app": "front",
    "xds|node|metadata|labels|app": "front",
    "node|metadata|labels|none": "status 1",
    "request|headers|x-two": "a,b",
    "upstream|locality|zone": "status 1",
    "upstream_filter_state|k": "status 1",
    "connection|peer_certificate": "status 1",
    "nothing": "status 1",
    "request|nothing": "status 1",
}
NUMBERS = {
    "connection|mtls": 0,
    "listener_direction": 2,
    "xds|listener_direction": 2,
    "request|size": 0,
    "node|metadata|flag": 1,
    "request|headers_bytes": lambda size: 50 < size < 1000,
    "request|total_size": lambda size: 50 < size < 1000,
    "request|time": lambda ns: ns > 10**18,
    "request|duration": lambda ns: 0 <= ns < 60 * 10**9,
    "connection|id": lambda number: number > 0,
    "connection_id": lambda number: number > 0,
    "source|port": lambda number: 0 < number < 65536,
}

# when the response has come
LATE = {
    "upstream|locality|region": "r9",
    "upstream|locality|zone": "z9",
    "upstream|locality|sub_zone": "s9",
    "upstream|local_address": lambda text: text.startswith("127.0.0.1:"),
    "xds|upstream_host_locality_metadata|filter_metadata|x|said": "group",
    "xds|upstream_host_metadata|filter_metadata|x|in|deep": "host",
    "upstream_host_metadata|filter_metadata|x|said": "host",
    "cluster_metadata|filter_metadata|x|said": "cluster",
    "xds|cluster_name": "back",
    "cluster_name": "back",
    "response|headers|content-length": "2",
}
LATE_NUMBERS = {
    "response|code": 200,
    "upstream|num_endpoints": 1,
    "upstream|request_attempt_count": 1,
    "upstream|port": lambda number: 0 < number < 65536,
    "response|headers_bytes": lambda size: 5 < size < 1000,
    "response|flags": 0,
}


def test_properties_are_what_the_stream_is():
    port = free_port()
    with http1.HttpServer(body=b"ok") as backend, Sluice(config(port, backend.port)), connect(port) as client:

        def result(verb: str) -> str:
            headers = {"x-do": verb, "x-one": "1", "x-two": ["a", "b"], "referer": "here", "user-agent": "me"}
            client.send(http1.request(path="/p?q=1", headers=headers))
            reply = http1.read_message(client)
            return reply.get("x-late").split(";") if verb.startswith("late") else reply.get("x-shown").split(";")

        wrong = []
        tables = {"property": TEXTS, "number": NUMBERS, "late": LATE, "late_number": LATE_NUMBERS}
        cases = [(verb, *case) for verb, table in tables.items() for case in table.items()]
        for verb, path, wanted in cases:
            got = result(f"{verb} {path}")[0]
            got = int(got) if verb.endswith("number") else got
            if not (wanted(got) if callable(wanted) else wanted == got):
                wrong.append(f"{path}: {got!r}")
        assert not wrong
        # what a module leaves for Envoy's own readers
        assert result("state kept") == ["0 kept", "kept"]
