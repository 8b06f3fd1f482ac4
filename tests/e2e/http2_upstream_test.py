"""HTTP/2 to clusters, with servers that are played by python3-h2."""
import socket
import ssl

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from harness import certs, config, http1, wait
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

NAME = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def options(**fields) -> dict:
    typed = {"@type": f"type.googleapis.com/{NAME}", **fields}
    return {"typed_extension_protocol_options": {NAME: typed}}


H2 = options(explicit_http_config={"http2_protocol_options": {}})


class Peer:
    """One connection of the server: what it was asked, and the means to answer."""

    def __init__(self, sock, settings=None):
        self.sock = sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values=settings or {})
        self.h2.initiate_connection()
        self.flush()
        self.requests: list[int] = []
        self.heads: dict[int, dict] = {}
        self.bodies: dict[int, bytes] = {}
        self.trailers: dict[int, dict] = {}
        self.ended_streams: set[int] = set()
        self.ended = False

    def flush(self) -> None:
        self.sock.sendall(self.h2.data_to_send())

    def read(self) -> None:
        data = self.sock.recv(65536)
        self.ended = not data
        for event in self.h2.receive_data(data) if data else []:
            if isinstance(event, h2.events.RequestReceived):
                self.requests.append(event.stream_id)
                self.heads[event.stream_id] = {k.decode(): v.decode() for k, v in event.headers}
            elif isinstance(event, h2.events.DataReceived):
                self.bodies[event.stream_id] = self.bodies.get(event.stream_id, b"") + event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.TrailersReceived):
                self.trailers[event.stream_id] = {k.decode(): v.decode() for k, v in event.headers}
            elif isinstance(event, h2.events.StreamEnded):
                self.ended_streams.add(event.stream_id)
        self.flush()

    def wait_for(self, condition) -> None:
        self.sock.settimeout(10 * wait.SCALE)
        while not condition():
            self.read()
            assert not self.ended, "the connection has ended"

    def wait_requests(self, count: int) -> None:
        self.wait_for(lambda: len(self.requests) >= count)

    def answer(self, stream: int, body: bytes = b"ok") -> None:
        self.h2.send_headers(stream, [(":status", "200")])
        self.h2.send_data(stream, body, end_stream=True)
        self.flush()


class Server:
    def __init__(self, context=None, settings=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context = context
        self.settings = settings

    def accept_raw(self):
        self.listener.settimeout(10 * wait.SCALE)
        sock, _ = self.listener.accept()
        return self.context.wrap_socket(sock, server_side=True) if self.context else sock

    def accept(self) -> Peer:
        return Peer(self.accept_raw(), self.settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


def front(port: int, server: Server, fields: dict, **kwargs) -> Sluice:
    return Sluice(config.http(port, [config.cluster("app", [server.port], fields)], **kwargs))


def ask(client, **kwargs) -> None:
    client.send(http1.request(**kwargs))


def test_requests_behind_a_goaway_go_out_again_whatever_they_are():
    port = free_port()
    with Server() as server, front(port, server, H2) as sluice:
        with connect(port) as a, connect(port) as b:
            ask(a, path="/a")
            first = server.accept()
            first.wait_requests(1)
            ask(b, method="POST", path="/b", body=b"payload")
            first.wait_requests(2)
            first.h2.close_connection(last_stream_id=1)
            first.flush()
            second = server.accept()
            second.wait_requests(1)
            assert second.heads[1][":path"] == "/b"
            second.answer(1, b"again")
            assert http1.read_message(b).body == b"again"
            first.sock.close()
            sluice.admin.wait_stats({"cluster.app.upstream_rq_retry_stale_connection": 1})


def test_trailers_cross_from_http1_and_back():
    port = free_port()
    hcm = {"http_protocol_options": {"enable_trailers": True}}
    with Server() as server, front(port, server, H2, hcm=hcm), connect(port) as client:
        client.send(
            b"POST / HTTP/1.1\r\nhost: a\r\nte: trailers\r\nconnection: te\r\ntransfer-encoding: chunked\r\n\r\n"
            b"4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n"
        )
        peer = server.accept()
        peer.wait_for(lambda: 1 in peer.ended_streams)
        assert peer.bodies[1] == b"body" and peer.trailers[1] == {"x-sum": "7"}
        assert "transfer-encoding" not in peer.heads[1] and "connection" not in peer.heads[1]
        peer.h2.send_headers(1, [(":status", "200")])
        peer.h2.send_data(1, b"answer")
        peer.h2.send_headers(1, [("x-tail", "end")], end_stream=True)
        peer.flush()
        message = http1.read_message(client)
        assert (message.status, message.body, message.trailers) == (200, b"answer", [("x-tail", "end")])


def test_websocket_of_http1_becomes_extended_connect():
    port = free_port()
    fields = options(explicit_http_config={"http2_protocol_options": {"allow_connect": True}})
    hcm = {"upgrade_configs": [{"upgrade_type": "websocket"}]}
    connect_protocol = {h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}
    with Server(settings=connect_protocol) as server, front(port, server, fields, hcm=hcm) as sluice:
        with connect(port) as client:
            client.send(
                b"GET /chat HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
                b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
            )
            peer = server.accept()
            peer.wait_requests(1)
            head = peer.heads[1]
            assert (head[":method"], head[":protocol"], head[":path"]) == ("CONNECT", "websocket", "/chat")
            assert head[":scheme"] == "http" and "upgrade" not in head and "connection" not in head
            peer.h2.send_headers(1, [(":status", "200")])
            peer.h2.send_data(1, b"welcome")
            peer.flush()
            answer = http1.read_message(client, bodyless=True)
            assert answer.status == 101 and answer.get("upgrade") == "websocket"
            client.expect(b"welcome")
            client.send(b"hello")
            peer.wait_for(lambda: peer.bodies.get(1) == b"hello")
            client.shutdown()
            peer.wait_for(lambda: 1 in peer.ended_streams)
            peer.h2.send_data(1, b"bye", end_stream=True)
            peer.flush()
            assert client.read_all() == b"bye"
            sluice.admin.wait_stats({"http.front.downstream_cx_upgrades_active": 0, "cluster.app.upstream_cx_active": 1})


def test_peers_limit_opens_another_connection():
    port = free_port()
    limit = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    with Server(settings=limit) as server, front(port, server, H2) as sluice:
        with connect(port) as a, connect(port) as b:
            ask(a)
            first = server.accept()
            first.wait_requests(1)
            ask(b)
            second = server.accept()
            second.wait_requests(1)
            first.answer(1, b"one")
            second.answer(1, b"two")
            assert http1.read_message(a).body == b"one"
            assert http1.read_message(b).body == b"two"
            sluice.admin.wait_stats({"cluster.app.upstream_cx_http2_total": 2})


def test_refused_stream_follows_the_retry_policy():
    port = free_port()
    routes = [
        {
            "match": {"prefix": "/"},
            "route": {"cluster": "app", "retry_policy": {"retry_on": "refused-stream", "num_retries": 1}},
        }
    ]
    with Server() as server, front(port, server, H2, routes=routes) as sluice, connect(port) as client:
        ask(client)
        peer = server.accept()
        peer.wait_requests(1)
        peer.h2.reset_stream(1, error_code=7)
        peer.flush()
        peer.wait_requests(2)
        peer.answer(3)
        assert http1.read_message(client).status == 200
        sluice.admin.wait_stats({"cluster.app.upstream_rq_retry": 1, "cluster.app.upstream_rq_rx_reset": 1})


def test_clients_that_leave_cancel_their_streams_only():
    port = free_port()
    with Server() as server, front(port, server, H2) as sluice:
        with connect(port) as stays:
            leaves = connect(port)
            ask(stays, path="/stays")
            peer = server.accept()
            peer.wait_requests(1)
            ask(leaves, path="/leaves")
            peer.wait_requests(2)
            leaves.close()
            sluice.admin.wait_stats({"cluster.app.upstream_rq_tx_reset": 1, "cluster.app.upstream_cx_active": 1})
            peer.answer(1, b"still here")
            assert http1.read_message(stays).body == b"still here"


def test_clients_protocol_is_spoken_where_asked():
    port = free_port()
    fields = options(use_downstream_protocol_config={"http2_protocol_options": {}})
    with Server() as server, front(port, server, fields) as sluice, connect(port) as client:
        ask(client)
        sock = server.accept_raw()
        sock.settimeout(10 * wait.SCALE)
        assert sock.recv(65536).startswith(b"GET / HTTP/1.1\r\n")
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        assert http1.read_message(client).status == 200
        with socket.create_connection(("127.0.0.1", port)) as raw:
            mine = h2.connection.H2Connection()
            mine.initiate_connection()
            mine.send_headers(
                1,
                [(":method", "GET"), (":path", "/"), (":scheme", "http"), (":authority", "test")],
                end_stream=True,
            )
            raw.sendall(mine.data_to_send())
            peer = server.accept()
            peer.wait_requests(1)
            sluice.admin.wait_stats({"cluster.app.upstream_cx_http2_total": 1, "cluster.app.upstream_cx_http1_total": 1})
        sock.close()


@pytest.mark.parametrize("chosen", ["h2", "http/1.1", None])
def test_alpn_chooses(tmp_path, chosen):
    port = free_port()
    certs.make_all(tmp_path, {"server": {"sans": "DNS:localhost,IP:127.0.0.1"}})
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    if chosen:
        context.set_alpn_protocols([chosen])
    tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    fields = options(auto_config={"http2_protocol_options": {}})
    fields["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": {"@type": tls}}
    with Server(context) as server, front(port, server, fields) as sluice, connect(port) as client:
        ask(client)
        sock = server.accept_raw()
        if chosen == "h2":
            assert sock.selected_alpn_protocol() == "h2"
            peer = Peer(sock)
            peer.wait_requests(1)
            peer.answer(1)
        else:
            sock.settimeout(10 * wait.SCALE)
            assert sock.recv(65536).startswith(b"GET / HTTP/1.1\r\n")
            sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        assert http1.read_message(client).status == 200
        number = "http2" if chosen == "h2" else "http1"
        sluice.admin.wait_stats({f"cluster.app.upstream_cx_{number}_total": 1})
        sock.close()


def test_connections_are_made_for_the_requests_host(tmp_path):
    port = free_port()
    certs.make_all(tmp_path, {"server": {"sans": "DNS:a.test"}})
    names: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.sni_callback = lambda sock, name, ctx: names.append(name)
    fields = options(
        explicit_http_config={"http_protocol_options": {}},
        upstream_http_protocol_options={"auto_sni": True, "auto_san_validation": True},
    )
    fields["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "common_tls_context": {"validation_context": {"trusted_ca": {"filename": str(tmp_path / "ca.pem")}}},
        },
    }
    with Server(context) as server, front(port, server, fields), connect(port) as client:
        ask(client, host="a.test:8080")
        sock = server.accept_raw()
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        assert http1.read_message(client).status == 200
        ask(client, host="b.test")  # is not in the certificate
        with pytest.raises(OSError):
            server.accept_raw().recv(1)
        assert http1.read_message(client).status == 503
        assert names == ["a.test", "b.test"]
        sock.close()


FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
KEPT = ["envoy.tcp_proxy.propagate_response_headers", "envoy.tcp_proxy.propagate_response_trailers"]


@pytest.mark.parametrize("kept", [True, False])
def test_a_tunnel_keeps_the_head_and_the_trailers_of_its_response_when_told_to(kept):
    port = free_port()
    tunnel = {"hostname": "x.test:1", "use_post": True, "propagate_response_headers": kept,
              "propagate_response_trailers": kept}
    text = "|".join(f"%FILTER_STATE({name})%" for name in KEPT) + "\n"
    log = {"name": "log", "typed_config": {
        "@type": FILE_LOG, "path": "access.log",
        "log_format": {"text_format_source": {"inline_string": text}}}}
    server = Server()
    made = config.tcp(port, [config.cluster("far", [server.port], H2)],
                      {"tunneling_config": tunnel, "access_log": [log]})
    with Sluice(made) as sluice:
        with connect(port) as client:
            client.send(b"ping")
            peer = server.accept()
            peer.wait_requests(1)
            stream = peer.requests[0]
            assert peer.heads[stream][":method"] == "POST"
            peer.h2.send_headers(stream, [(":status", "200"), ("x-node", "seven"), ("x-node", "eight")])
            peer.h2.send_data(stream, b"pong")
            peer.flush()
            assert client.read_exact(4) == b"pong"
            peer.wait_for(lambda: peer.bodies.get(stream) == b"ping")
            peer.h2.send_headers(stream, [("x-sum", "12")], end_stream=True)
            peer.flush()
            assert client.read_all() == b""
        path = sluice.folder / "access.log"
        wait.until(lambda: path.exists() and path.read_text().endswith("\n"), "a line")
        line = path.read_text().strip()
        if kept:
            head, trailers = line.split("|")
            assert "x-node" in head and "seven" in head and "eight" in head and "200" in head
            assert "x-sum" in trailers and "12" in trailers
        else:
            assert line == "-|-"
