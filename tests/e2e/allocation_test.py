"""Requests on connections that are there already allocate nothing: counted in the running binary by a
malloc that is preloaded, in every thread that serves."""
import pathlib
import struct
import subprocess

import pytest

from harness import process
from harness.config import cluster, http
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import Sluice

pytestmark = pytest.mark.skipif(process.is_sanitized(), reason="sanitizers have a malloc of their own")

HERE = pathlib.Path(__file__).resolve().parent
CELL = struct.Struct("QQ")
CELLS = 64
WARM, COUNTED = 200, 1000
FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
LOG = {"access_log": [{"name": "file", "typed_config": {"@type": FILE_LOG, "path": "/dev/null"}}]}

FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
APPEND = {"append": {"header": {"key": "x-added", "value": "1"}}}
MUTATION = {
    "name": "envoy.filters.http.header_mutation",
    "typed_config": {
        "@type": f"{FILTERS}.header_mutation.v3.HeaderMutation",
        "mutations": {"request_mutations": [APPEND], "response_mutations": [APPEND]},
    },
}
CORS = {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{FILTERS}.cors.v3.Cors"}}

CASES = {
    "get": (request(headers={"user-agent": "test", "accept": "*/*"}), {}),
    "post": (request(method="POST", body=b"x" * 3000), {}),
    "access log": (request(), {"hcm": LOG}),
    "filters": (request(), {"filters": [CORS, MUTATION]}),
}


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    out = tmp_path_factory.mktemp("counter") / "malloc_counter.so"
    source = HERE / "malloc_counter.cc"
    subprocess.run(["g++", "-O1", "-fPIC", "-shared", "-o", str(out), str(source)], check=True)
    return out


def counts(sluice: Sluice, file: pathlib.Path) -> dict[str, int]:
    """Allocations by thread name, of the threads that serve connections."""
    found: dict[str, int] = {}
    cells = file.read_bytes()
    for at in range(0, len(cells), CELL.size):
        thread, count = CELL.unpack_from(cells, at)
        comm = pathlib.Path(f"/proc/{sluice.process.pid}/task/{thread}/comm")
        if thread and thread != sluice.process.pid and comm.exists():
            found[f"{comm.read_text().strip()} {thread}"] = count
    return found


@pytest.mark.parametrize("name", CASES)
def test_steady_requests_allocate_nothing(name, counter, tmp_path):
    wire, fields = CASES[name]
    file = tmp_path / "counts"
    file.write_bytes(bytes(CELL.size * CELLS))
    port = free_port()
    with HttpServer(body=b"hello") as app:
        config = http(port, [cluster("app", [app.port])], **fields)
        env = {"LD_PRELOAD": str(counter), "MALLOC_COUNTER": str(file)}
        with Sluice(config, env=env) as sluice, connect(port) as client:

            def ask(times: int) -> None:
                for _ in range(times):
                    client.send(wire)
                    assert read_message(client).status == 200

            ask(WARM)
            before = counts(sluice, file)
            ask(COUNTED)
            after = counts(sluice, file)
            assert before and sum(before.values()) > 0, "the counter counts nothing"
            grown = {k: after[k] - before[k] for k in before if after[k] != before[k]}
            # The log's writer gathers lines in a buffer that grows when it is late.
            writer = sum(n for k, n in grown.items() if k.startswith("log_writer"))
            assert writer <= COUNTED // 50
            assert {k: n for k, n in grown.items() if not k.startswith("log_writer")} == {}
