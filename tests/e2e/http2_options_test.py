"""http2_protocol_options that show on the wire: the SETTINGS that peers are told, the HPACK table, what
becomes of a connection with a bad message on it, and PINGs to hosts."""
import socket
import struct

import h2.config
import h2.connection
import h2.events
import pytest

from harness import wait
from harness.backend import Backend
from harness.config import cluster, http
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request, response
from harness.http2 import (ACK, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, SETTINGS, Client,
                           block, frame, request_fields)
from harness.ports import free_port
from harness.process import Sluice

EH, ES = END_HEADERS, END_STREAM
NAME = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
TABLE_SIZE, PUSH, STREAMS, WINDOW, FRAME_SIZE, CONNECT = 1, 2, 3, 4, 5, 8


def told(payload: bytes) -> dict[int, int]:
    return dict(struct.iter_unpack(">HI", payload))


def options(**fields) -> dict:
    typed = {"@type": f"type.googleapis.com/{NAME}",
             "explicit_http_config": {"http2_protocol_options": fields}}
    return {"typed_extension_protocol_options": {NAME: typed}}


FIELDS = {
    "hpack_table_size": 8192,
    "max_concurrent_streams": 7,
    "initial_stream_window_size": 70000,
    "allow_connect": True,
    "custom_settings_parameters": [{"identifier": 0x99, "value": 42}, {"identifier": 5, "value": 20000}],
}


@pytest.mark.parametrize("fields, settings", [
    ({}, {STREAMS: 1024, WINDOW: 16 << 20}),
    (FIELDS, {TABLE_SIZE: 8192, STREAMS: 7, WINDOW: 70000, CONNECT: 1, 0x99: 42, FRAME_SIZE: 20000}),
])
def test_clients_are_told_the_settings(fields, settings):
    port = free_port()
    with HttpServer() as web:
        made = http(port, [cluster("web", [web.port])], hcm={"http2_protocol_options": fields})
        with Sluice(made), Client(port) as client:
            first = client.until(lambda f: f.kind == SETTINGS and not f.flags & ACK, "SETTINGS")
            found = told(first.payload)
            assert {k: found.get(k) for k in settings} == settings
            assert (TABLE_SIZE in found, CONNECT in found) == (TABLE_SIZE in settings, CONNECT in settings)
            client.request(1)
            assert client.response(1)[0][":status"] == "200"


def test_hosts_are_told_the_settings():
    port = free_port()
    fields = {k: v for k, v in FIELDS.items() if k != "allow_connect"}
    with Backend() as web:
        with Sluice(http(port, [cluster("web", [web.port], options(**fields))])), connect(port) as client:
            client.send(request())
            with web.accept() as upstream:
                upstream.expect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                head = upstream.read_exact(9)
                assert head[3] == SETTINGS
                found = told(upstream.read_exact(int.from_bytes(head[:3], "big")))
                assert found[TABLE_SIZE] == 8192 and found[WINDOW] == 70000
                assert found[0x99] == 42 and found[FRAME_SIZE] == 20000 and found[PUSH] == 0


# A field put into the dynamic table (RFC 7541 section 6.2.1), and asked for by its place there.
INDEXED = b"\x40\x03x-a\x01b"
FROM_TABLE = b"\xbe"


@pytest.mark.parametrize("size", [None, 0])
def test_the_table_of_clients_is_as_large_as_configured(size):
    port = free_port()
    fields = {} if size is None else {"hpack_table_size": size}
    resize = b"" if size is None else b"\x20"  # the client has to say that it knows
    with Backend() as web:
        made = http(port, [cluster("web", [web.port])], hcm={"http2_protocol_options": fields})
        with Sluice(made), Client(port) as client:
            client.ping()  # our SETTINGS have been acknowledged
            client.ping()
            head = block(*request_fields())
            client.send(frame(HEADERS, EH | ES, 1, resize + head + INDEXED))
            with web.accept() as upstream:
                assert read_message(upstream).get("x-a") == "b"
                upstream.send(response(200))
                assert client.response(1)[0][":status"] == "200"
                client.send(frame(HEADERS, EH | ES, 3, head + FROM_TABLE))
                if size == 0:
                    gone = client.until(lambda f: f.kind == GOAWAY, "the end")
                    assert gone.error == "COMPRESSION_ERROR"
                    return
                assert read_message(upstream).get("x-a") == "b"
                upstream.send(response(200))
                assert client.response(3)[0][":status"] == "200"


# Who is told to reset the stream only: the version's own options go before those of all versions.
OVERRIDES = [
    ({}, False),
    ({"http2_protocol_options": {"override_stream_error_on_invalid_http_message": True}}, True),
    ({"http2_protocol_options": {"stream_error_on_invalid_http_messaging": True}}, True),
    ({"stream_error_on_invalid_http_message": True}, True),
    ({"stream_error_on_invalid_http_message": True,
      "http2_protocol_options": {"override_stream_error_on_invalid_http_message": False}}, False),
]


@pytest.mark.parametrize("fields, survives", OVERRIDES)
def test_a_bad_message_ends_its_connection_or_only_its_stream(fields, survives):
    port = free_port()
    with HttpServer() as web:
        with Sluice(http(port, [cluster("web", [web.port])], hcm=fields)) as sluice, Client(port) as client:
            client.request(1)
            client.response(1)
            bad = [*request_fields(), ("connection", "x-a")]  # RFC 9113 section 8.2.2
            client.request(3, bad)
            if survives:
                reset = client.until(lambda f: f.kind == RST_STREAM and f.stream == 3, "the reset")
                assert reset.error == "PROTOCOL_ERROR"
                client.request(5)
                assert client.response(5)[0][":status"] == "200"
            else:
                client.until(lambda f: f.kind == GOAWAY, "the last word")
                client.conn.expect_closed()
            sluice.admin.wait_stats({"http.front.http2.rx_messaging_error": 1})


@pytest.mark.parametrize("fields, survives", [
    ({}, False), ({"override_stream_error_on_invalid_http_message": True}, True)])
def test_a_bad_response_ends_its_connection_or_only_its_stream(fields, survives):
    port = free_port()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(10 * wait.SCALE)
    with Sluice(http(port, [cluster("web", [listener.getsockname()[1]], options(**fields))])) as sluice:
        with connect(port) as client, connect(port) as other:
            client.send(request(path="/bad"))
            sock, _ = listener.accept()
            sock.settimeout(10 * wait.SCALE)
            peer = h2.connection.H2Connection(h2.config.H2Configuration(
                client_side=False, validate_outbound_headers=False, normalize_outbound_headers=False))
            peer.initiate_connection()
            sock.sendall(peer.data_to_send())
            streams, gone = {}, False

            def read() -> None:
                nonlocal gone
                data = sock.recv(65536)
                gone = gone or not data
                for event in peer.receive_data(data) if data else []:
                    gone = gone or isinstance(event, h2.events.ConnectionTerminated)
                    if isinstance(event, h2.events.RequestReceived):
                        streams[dict(event.headers)[b":path"].decode()] = event.stream_id
                sock.sendall(peer.data_to_send())

            while "/bad" not in streams:
                read()
            other.send(request(path="/good"))
            while "/good" not in streams:
                read()
            peer.send_headers(streams["/bad"], [(":status", "200"), ("connection", "x-a")])
            sock.sendall(peer.data_to_send())
            assert read_message(client).status == 502
            if survives:
                peer.send_headers(streams["/good"], [(":status", "204")], end_stream=True)
                sock.sendall(peer.data_to_send())
                assert read_message(other, bodyless=True).status == 204
            else:
                while not gone:
                    read()
                assert read_message(other).status >= 500
            sock.close()
            sluice.admin.wait_stats({"cluster.web.http2.rx_messaging_error": 1,
                                     "cluster.web.upstream_cx_total": 1})
    listener.close()


def test_a_host_that_does_not_answer_pings_is_given_up():
    port = free_port()
    keepalive = {"connection_keepalive": {"interval": "0.1s", "timeout": "0.2s"}}
    with Backend() as web:
        with Sluice(http(port, [cluster("web", [web.port], options(**keepalive))])) as sluice:
            with connect(port) as client:
                client.send(request())
                with web.accept() as upstream:
                    upstream.send(frame(SETTINGS))
                    assert read_message(client).status == 503
            sluice.admin.wait_stats({"cluster.web.http2.keepalive_timeout": 1,
                                     "cluster.web.upstream_cx_active": 0})
