# ctest: serial
"""Tunnels: TCP carried in HTTP/1.1 and HTTP/2 streams between two sluices, and CONNECT on its own."""

import os
import re
import subprocess
import threading

import pytest

from harness import config, stream, wait
from harness.backend import Backend, EchoServer, Subprocess
from harness.conn import connect
from harness.ports import free_port
from harness.process import ROOT, Sluice, is_sanitized

MIB = 1 << 20
SIZE = (16 if is_sanitized() else 200) * MIB


def options(version: str) -> dict:
    kind = "http2_protocol_options" if version == "h2" else "http_protocol_options"
    fields = {"allow_connect": True} if version == "h2" else {}
    return {
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {kind: fields},
            }
        }
    }


def client_side(port: int, to: int, version: str, post: bool, **tunneling) -> Sluice:
    """Wraps each connection to `port`."""
    tunnel = {"hostname": "service.test:443", "use_post": post, **tunneling}
    made = config.tcp(port, [config.cluster("far", [to], options(version))], {"tunneling_config": tunnel})
    return Sluice(made, concurrency=2)


def server_side(port: int, app: int, match=None, connect_config=None, hcm=None) -> Sluice:
    """Unwraps what comes to `port`."""
    routes = []
    for one in [{"connect_matcher": {}}, {"prefix": "/"}] if match is None else match:
        upgrade = {"upgrade_type": "CONNECT", "connect_config": {"allow_post": True, **(connect_config or {})}}
        routes.append({"match": one, "route": {"cluster": "app", "timeout": "0s", "upgrade_configs": [upgrade]}})
    fields = {"http2_protocol_options": {"allow_connect": True}, "upgrade_configs": [{"upgrade_type": "CONNECT"}]}
    made = config.http(port, [config.cluster("app", [app])], routes, hcm={**fields, **(hcm or {})})
    return Sluice(made, concurrency=2)


WAYS = [("h1", False), ("h1", True), ("h2", False), ("h2", True)]
NAMES = ["h1-connect", "h1-post", "h2-connect", "h2-post"]


@pytest.fixture(params=WAYS, ids=NAMES)
def way(request):
    return request.param


def test_bytes_are_exact_and_each_side_ends_by_itself(way):
    front, middle = free_port(), free_port()
    with EchoServer() as app, server_side(middle, app.port) as far, client_side(front, middle, *way) as near:
        with connect(front) as client:
            client.send(b"ping")
            assert client.read_exact(4, seconds=10) == b"ping"
            client.send(b"pong")
            client.shutdown()
            assert client.read_all(seconds=10) == b"pong"
        far.admin.wait_stats({"cluster.app.upstream_cx_active": 0, "cluster.app.upstream_rq_active": 0})
        near.admin.wait_stats({"cluster.far.upstream_rq_active": 0, "tcp.front.downstream_cx_rx_bytes_total": 8})


def test_long_download(way):
    front, middle = free_port(), free_port()
    with Subprocess("source", str(SIZE)) as app, server_side(middle, app.port) as far:
        with client_side(front, middle, *way) as near:
            rss = near.rss_kb(), far.rss_kb()
            check = stream.Checker()
            with connect(front) as client:
                client.sock.settimeout(60 * wait.SCALE)
                buffer = memoryview(bytearray(MIB))
                while count := client.sock.recv_into(buffer):
                    check.feed(buffer[:count])
            assert check.position == SIZE
            near.expect_rss(rss[0] + 64 * 1024)
            far.expect_rss(rss[1] + 64 * 1024)


def test_long_upload(way):
    front, middle = free_port(), free_port()
    with Subprocess("sink") as app, server_side(middle, app.port), client_side(front, middle, *way):
        with connect(front) as client:
            for block in stream.blocks(SIZE):
                client.send(block, seconds=60)
            client.shutdown()
            assert client.read_all(seconds=60) == b"%d\n" % SIZE


def test_many_tunnels_share_few_connections():
    front, middle = free_port(), free_port()
    count = 100 if is_sanitized() else 500
    with EchoServer() as app, server_side(middle, app.port) as far, client_side(front, middle, "h2", True) as near:
        clients = [connect(front) for _ in range(count)]
        try:
            for number, client in enumerate(clients):
                client.send(b"%06d" % number)
            for number, client in enumerate(clients):
                assert client.read_exact(6, seconds=20) == b"%06d" % number
            stats = near.admin.stats()
            assert stats["cluster.far.upstream_cx_http2_total"] <= 20
            assert stats["cluster.far.upstream_rq_active"] == count
        finally:
            for client in clients:
                client.close()
        far.admin.wait_stats({"cluster.app.upstream_cx_active": 0})
        near.admin.wait_stats({"cluster.far.upstream_rq_active": 0})


def test_reset_of_the_client_reaches_the_service(way):
    front, middle = free_port(), free_port()
    with EchoServer() as app, server_side(middle, app.port) as far, client_side(front, middle, *way):
        client = connect(front)
        client.send(b"ping")
        assert client.read_exact(4, seconds=10) == b"ping"
        client.abort()
        far.admin.wait_stats({"cluster.app.upstream_cx_active": 0})


def test_end_of_the_other_proxy_is_seen_at_once(way):
    front, middle = free_port(), free_port()
    with EchoServer() as app, client_side(front, middle, *way) as near:
        far = server_side(middle, app.port).start()
        with connect(front) as client:
            client.send(b"ping")
            assert client.read_exact(4, seconds=10) == b"ping"
            far.process.kill()
            far.process.wait()
            with pytest.raises((ConnectionResetError, AssertionError, OSError)):
                client.read_exact(1, seconds=5)
        near.admin.wait_stats({"cluster.far.upstream_cx_active": 0})


def test_refused_tunnel_ends_the_connection():
    front, middle = free_port(), free_port()
    only = [{"path": "/elsewhere"}]
    with EchoServer() as app, server_side(middle, app.port, only), client_side(front, middle, "h2", True) as near:
        with connect(front) as client:
            assert client.read_all(seconds=10) == b""
        near.admin.wait_stats({"cluster.far.upstream_rq_active": 0})


def test_request_says_where_to_and_more():
    front, middle = free_port(), free_port()
    match = [
        {
            "path": "/tunnel",
            "headers": [
                {"name": "x-from", "string_match": {"prefix": "127.0.0.1:"}},
                {"name": ":authority", "string_match": {"exact": f"port-{front}"}},
            ],
        }
    ]
    more = {
        "hostname": "port-%DOWNSTREAM_LOCAL_PORT%",
        "post_path": "/tunnel",
        "headers_to_add": [{"header": {"key": "x-from", "value": "%DOWNSTREAM_REMOTE_ADDRESS%"}}],
    }
    with EchoServer() as app, server_side(middle, app.port, match), client_side(front, middle, "h2", True, **more):
        with connect(front) as client:
            client.send(b"ping")
            assert client.read_exact(4, seconds=10) == b"ping"


def test_proxy_header_goes_ahead_of_the_payload():
    middle = free_port()
    with EchoServer() as app, server_side(middle, app.port, connect_config={"proxy_protocol_config": {}}):
        with connect(middle) as client:
            client.send(b"CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n")
            assert client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
            assert client.read_until(b"\r\n").startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 ")
            client.send(b"ping")
            assert client.read_exact(4) == b"ping"


@pytest.mark.parametrize("version", ["h1", "h2"])
def test_connect_is_forwarded_where_nothing_ends_it(version):
    """client -> sluice that forwards CONNECT -> sluice that ends it -> echo."""
    front, middle = free_port(), free_port()
    routes = [{"match": {"connect_matcher": {}}, "route": {"cluster": "next", "timeout": "0s"}}]
    forward = config.http(
        front,
        [config.cluster("next", [middle], options(version))],
        routes,
        hcm={"upgrade_configs": [{"upgrade_type": "CONNECT"}]},
    )
    with EchoServer() as app, server_side(middle, app.port), Sluice(forward):
        with connect(front) as client:
            client.send(b"CONNECT x:1 HTTP/1.1\r\nhost: x:1\r\n\r\n")
            assert client.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
            client.send(b"ping")
            assert client.read_exact(4) == b"ping"
            client.send(b"end")
            client.shutdown()
            assert client.read_all(seconds=10) == b"end"


def tunnel_files(folder, app: int) -> dict[str, str]:
    """config/tunnel/*.yaml with free ports, this machine's names, and certificates of their own."""
    ports = {9000: app, 8080: free_port(), 8443: free_port(), 10001: free_port(), 0: 0}
    subprocess.run(
        [ROOT / "config/tutorial/make-certs", folder / "certs", "tunnel.example.com"], check=True, capture_output=True
    )
    made = {"port": ports[10001]}
    for name in ("client", "client_localhost", "server", "frontend"):
        text = (ROOT / f"config/tunnel/{name}.yaml").read_text()
        text = re.sub(r"^admin:\n(?:  .*\n)+", "", text, flags=re.M)
        text = text.replace("address: tunnel.example.com, port_value: 443", "address: 127.0.0.1, port_value: 8443")
        text = text.replace("type: LOGICAL_DNS", "type: STATIC")
        text = text.replace("/etc/ssl/certs/ca-certificates.crt", "certs/ca.pem").replace(" certs/", f" {folder}/certs/")
        made[name] = re.sub(r"port_value: (\d+)", lambda m: f"port_value: {ports[int(m[1])]}", text)
    return made


def through(port: int, size: int) -> None:
    """Both ways at once: the pattern there, and what the echo sends back, byte for byte."""
    with connect(port) as client:
        client.sock.settimeout(60 * wait.SCALE)
        check = stream.Checker()

        def read() -> None:
            buffer = memoryview(bytearray(MIB))
            while count := client.sock.recv_into(buffer):
                check.feed(buffer[:count])

        reader = threading.Thread(target=read)
        reader.start()
        for block in stream.blocks(size):
            client.sock.sendall(block)
        client.shutdown()
        reader.join(120 * wait.SCALE)
        assert check.position == size


def test_the_example_carries_bytes_exactly_through_three_proxies(tmp_path):
    with EchoServer() as app:
        files = tunnel_files(tmp_path, app.port)
        with Sluice(files["server"]) as server, Sluice(files["frontend"]) as frontend:
            with Sluice(files["client"]) as client:
                rss = [one.rss_kb() for one in (server, frontend, client)]
                through(files["port"], SIZE)
                for one, before in zip((server, frontend, client), rss):
                    one.expect_rss(before + 64 * 1024)
                assert client.admin.stats()["cluster.tunnel.upstream_cx_http2_total"] == 1
                server.admin.wait_stats({"cluster.service.upstream_cx_active": 0})
            with Sluice(files["client_localhost"]):
                through(files["port"], MIB)


@pytest.mark.parametrize("side", ["client", "server"])
def test_death_of_either_side_is_seen_at_once(tmp_path, side):
    with Backend() as app:
        files = tunnel_files(tmp_path, app.port)
        far = Sluice(files["server"]).start()
        with Sluice(files["frontend"]):
            near = Sluice(files["client"]).start()
            with connect(files["port"]) as client:
                client.send(b"ping")
                service = app.accept()
                service.expect(b"ping")
                victim = near if side == "client" else far
                victim.process.kill()
                victim.process.wait()
                service.expect_closed(2)
                client.expect_closed(2)
            for one in (near, far):
                if one is not victim:
                    one.stop()


def test_run_puts_names_and_ports_in_place():
    front, middle = free_port(), free_port()
    script = ROOT / "config/tunnel/run"
    env = {**os.environ, "SLUICE": "/bin/echo", "LISTEN": "0.0.0.0", "PORT": "1234"}

    def shown(*args: str) -> str:
        return subprocess.run([script, *args], env=env, check=True, capture_output=True, text=True).stdout

    client = shown("client", "db.example.test", str(front))
    assert "tunnel.example.com" not in client and client.count("db.example.test") >= 4
    assert f"address: 0.0.0.0, port_value: {front}" in client and "port_value: 443" in client
    server = shown("server")
    assert "port_value: 1234" in server and "port_value: 9000" in server
    assert f"port_value: {middle}" in shown("server", "8080", str(middle))
    assert subprocess.run([script, "client", "x;reboot"], capture_output=True).returncode == 2
