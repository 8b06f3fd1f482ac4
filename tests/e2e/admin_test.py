"""The admin endpoints over the wire, on a server that proxies TCP; and its access logs."""
import os
import signal

import pytest

from harness import backend, conn, wait
from harness.config import cluster, http, tcp
from harness.conn import connect
from harness.http1 import read_message, request
from harness.ports import free_port
from harness.process import Sluice


@pytest.fixture
def app():
    with backend.Backend() as running:
        yield running


def file_log(path, text):
    return [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": str(path),
                "log_format": {"text_format_source": {"inline_string": text}},
            },
        }
    ]


@pytest.fixture
def sluice(app, tmp_path):
    port = free_port()
    log = file_log(tmp_path / "log", "%CONNECTION_ID% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_HOST%\n")
    runtime = {
        "layers": [
            {"name": "base", "static_layer": {"a": {"b": 5}}},
            {"name": "overrides", "admin_layer": {}},
        ]
    }
    clusters = [cluster("app", [app.port])]
    config = tcp(port, clusters, proxy={"access_log": log}, layered_runtime=runtime)
    with Sluice(config) as running:
        running.port = port
        yield running


def exchange(app, sluice):
    client = conn.connect(sluice.port)
    accepted = app.accept()
    client.send(b"ping")
    accepted.expect(b"ping")
    accepted.send(b"longer")
    client.expect(b"longer")
    client.close()
    accepted.expect_eof()
    accepted.close()


def test_what_is_read_is_get_and_what_changes_is_post(sluice):
    admin = sluice.admin
    assert admin.get("/ready").body == "LIVE\n"
    assert admin.get("/nothing").status == 404
    assert admin.get("/nothing").body.startswith("invalid path. admin commands are:\n  /: ")
    refused = admin.get("/quitquitquit")
    assert (refused.status, refused.body) == (405, "Method GET not allowed, POST required.")
    reply = admin.get("/server_info")
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "no-cache, max-age=0"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.json()["state"] == "LIVE"
    assert reply.json()["command_line_options"]["concurrency"] == 1


def test_clusters_and_listeners_count_what_happened(app, sluice):
    exchange(app, sluice)
    address = f"127.0.0.1:{app.port}"
    lines = sluice.admin.get("/clusters").body.splitlines()
    assert f"app::{address}::cx_total::1" in lines
    assert f"app::{address}::health_flags::healthy" in lines
    assert "app::default_priority::max_connections::1024" in lines
    [status] = sluice.admin.get("/clusters?format=json").json()["cluster_statuses"]
    [host] = status["host_statuses"]
    assert {"name": "cx_total", "value": "1"} in host["stats"]
    assert sluice.admin.get("/listeners").body.endswith(f"::127.0.0.1:{sluice.port}\n")


def test_config_dump_has_clusters_and_listeners(sluice):
    configs = sluice.admin.get("/config_dump").json()["configs"]
    kinds = [config["@type"].rpartition(".")[2] for config in configs]
    assert kinds[:3] == ["BootstrapConfigDump", "ClustersConfigDump", "ListenersConfigDump"]
    assert configs[1]["static_clusters"][0]["cluster"]["name"] == "app"


def test_runtime_values_can_be_overridden(sluice):
    assert sluice.admin.post("/runtime_modify?a.b=7").body == "OK\n"
    entry = sluice.admin.get("/runtime").json()["entries"]["a.b"]
    assert entry == {"final_value": "7", "layer_values": ["5", "7"]}
    assert sluice.admin.stat("runtime.admin_overrides_active") == 1
    assert sluice.admin.post("/runtime_modify?a.b=").body == "OK\n"
    assert sluice.admin.get("/runtime").json()["entries"]["a.b"]["final_value"] == "5"


def test_failed_health_check_drains_and_comes_back(sluice):
    assert sluice.admin.post("/healthcheck/fail").body == "OK\n"
    reply = sluice.admin.get("/ready")
    assert (reply.status, reply.body) == (503, "DRAINING\n")
    assert sluice.admin.stat("server.live") == 0
    sluice.admin.post("/healthcheck/ok")
    assert sluice.admin.get("/ready").body == "LIVE\n"


def test_drained_listeners_take_nothing_new(sluice):
    assert sluice.admin.post("/drain_listeners?skip_exit").status == 400
    assert sluice.admin.post("/drain_listeners").body == "OK\n"

    def refused():
        try:
            conn.connect(sluice.port).close()
        except ConnectionRefusedError:
            return True
        return False

    wait.until(refused, "connections are refused")


def test_access_log_follows_rotation(app, sluice, tmp_path):
    log, rotated = tmp_path / "log", tmp_path / "log.1"
    exchange(app, sluice)
    wait.until(lambda: log.read_text().count("\n") == 1, "the first line is written")
    assert log.read_text().split()[1:] == ["4", "6", f"127.0.0.1:{app.port}"]
    os.rename(log, rotated)
    sluice.signal(signal.SIGUSR1)
    wait.until(log.exists, "the log is opened again")
    exchange(app, sluice)
    wait.until(lambda: log.read_text().count("\n") == 1, "the second line is written")
    assert rotated.read_text().count("\n") == 1
    assert sluice.admin.stat("filesystem.write_dropped") == 0


def test_quit_ends_the_process_with_status_0(sluice):
    assert sluice.admin.post("/quitquitquit").body == "OK\n"
    assert sluice.wait_exit() == 0


def test_requests_of_the_admin_itself_are_logged(app, tmp_path):
    port = free_port()
    config = tcp(port, [cluster("app", [app.port])])
    config["admin"] = {
        "access_log": file_log(tmp_path / "admin", "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %BYTES_SENT%\n"),
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
    }
    with Sluice(config) as sluice:
        sluice.admin.get("/quitquitquit?x")
        wait.until(lambda: "/quit" in (tmp_path / "admin").read_text(), "the request is logged")
    lines = (tmp_path / "admin").read_text().splitlines()
    assert "GET /quitquitquit?x 405 38" in lines
    assert "GET /ready 200 5" in lines


def test_silent_connections_make_room_for_those_who_ask(sluice):
    silent = [conn.connect(sluice.admin.port) for _ in range(300)]
    assert sluice.admin.get("/ready").status == 200
    sluice.admin.wait_stats({"http.admin.downstream_cx_evicted": ">= 44", "http.admin.downstream_cx_overflow": 0})
    for one in silent:
        one.close()


def test_answers_that_nobody_reads_are_not_made(app):
    """Each request asks for much more than it costs to send."""
    port = free_port()
    with Sluice(http(port, [cluster("app", [app.port])])) as proxy:
        size = len(proxy.admin.get("/stats").body)
        rss, cpu = proxy.rss_kb(), proxy.cpu_seconds()
        clients = [connect(proxy.admin.port, receive_buffer=4096) for _ in range(20)]
        for client in clients:
            client.send(request(path="/stats") * 3000)
        assert proxy.admin.is_ready()
        proxy.expect_rss(rss + 32 * 1024)
        for client in clients:
            client.abort()
        assert proxy.admin.is_ready()
        assert 20 * 3000 * size > 256 << 20  # what it would have taken


def test_answers_that_were_not_read_come_when_they_are(app):
    port = free_port()
    last = b"POST /reset_counters HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nx"
    with Sluice(http(port, [cluster("app", [app.port])])) as proxy:
        with connect(proxy.admin.port, receive_buffer=4096) as client:
            client.send(request(path="/stats") * 500 + last)
            assert proxy.admin.is_ready()
            for _ in range(500):
                assert read_message(client).status == 200
            client.send(b"y")
            assert read_message(client).body == b"OK\n"
