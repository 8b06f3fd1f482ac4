"""Requests on connections that are there already allocate nothing: counted in the running binary by a
malloc that is preloaded, in every thread that serves."""
import pathlib
import shutil
import struct
import subprocess

import pytest

from harness import certs, process, tls
from harness.config import TLS, cluster, http
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import Sluice

pytestmark = pytest.mark.skipif(process.is_sanitized(), reason="sanitizers have a malloc of their own")

HERE = pathlib.Path(__file__).resolve().parent
CELL = struct.Struct("QQQ")  # thread, ours, OpenSSL's
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

UPSTREAM_TLS = {
    "transport_socket": {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{TLS}.UpstreamTlsContext",
            "common_tls_context": {"validation_context": {"trusted_ca": {"filename": "ca.pem"}}},
        },
    }
}

CASES = {
    "get": (request(headers={"user-agent": "test", "accept": "*/*"}), {}),
    "post": (request(method="POST", body=b"x" * 3000), {}),
    "access log": (request(), {"hcm": LOG}),
    "filters": (request(), {"filters": [CORS, MUTATION]}),
    "TLS": (request(method="POST", body=b"x" * 3000), {"tls": {"cert": "server"}}),
    "TLS upstream": (request(), {"upstream": UPSTREAM_TLS}),
}


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    out = tmp_path_factory.mktemp("counter") / "malloc_counter.so"
    source = HERE / "malloc_counter.cc"
    subprocess.run(["g++", "-O1", "-fPIC", "-shared", "-o", str(out), str(source)], check=True)
    return out


def counts(sluice: Sluice, file: pathlib.Path) -> dict[str, tuple[int, int]]:
    """Allocations by thread name, ours and OpenSSL's, of the threads that serve connections."""
    found: dict[str, tuple[int, int]] = {}
    cells = file.read_bytes()
    for at in range(0, len(cells), CELL.size):
        thread, *count = CELL.unpack_from(cells, at)
        comm = pathlib.Path(f"/proc/{sluice.process.pid}/task/{thread}/comm")
        if thread and thread != sluice.process.pid and comm.exists():
            found[f"{comm.read_text().strip()} {thread}"] = tuple(count)
    return found


@pytest.mark.parametrize("name", CASES)
def test_steady_requests_allocate_nothing(name, counter, tmp_path):
    wire, fields = CASES[name]
    fields = dict(fields)
    file = tmp_path / "counts"
    file.write_bytes(bytes(CELL.size * CELLS))
    port = free_port()
    certs.make_all(tmp_path, {"server": {}})
    upstream = fields.pop("upstream", None)
    context = tls.context(True, tmp_path, {"cert": "server"}) if upstream else None
    with HttpServer(body=b"hello", context=context) as app:
        config = http(port, [cluster("app", [app.port], upstream)], **fields)
        env = {"LD_PRELOAD": str(counter), "MALLOC_COUNTER": str(file)}
        sluice = Sluice(config, env=env)
        shutil.copytree(tmp_path, sluice.folder, dirs_exist_ok=True)
        with sluice, connect(port) as plain:
            client = tls.client(plain, tmp_path, {}) if "tls" in fields else plain

            def ask(times: int) -> None:
                for _ in range(times):
                    client.send(wire)
                    assert read_message(client).status == 200

            ask(WARM)
            before = counts(sluice, file)
            ask(COUNTED)
            after = counts(sluice, file)
            assert before and sum(n for n, _ in before.values()) > 0, "the counter counts nothing"
            grown = {k: after[k][0] - before[k][0] for k in before if after[k][0] != before[k][0]}
            # The log's writer gathers lines in a buffer that grows when it is late.
            writer = sum(n for k, n in grown.items() if k.startswith("log_writer"))
            assert writer <= COUNTED // 50
            assert {k: n for k, n in grown.items() if not k.startswith("log_writer")} == {}
            # OpenSSL 3.0 makes notes of its own: one for a record that it reads, three for one that it
            # writes.
            openssl = sum(after[k][1] - before[k][1] for k in before)
            assert openssl <= (4 * COUNTED if "TLS" in name else 0)
