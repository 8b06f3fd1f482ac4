"""HTTP/2 clients: what the connection manager does on streams, and what hostile ones are told."""
import struct

import pytest

from harness import wait
from harness.backend import Backend
from harness.config import cluster, http
from harness.http1 import HttpServer, read_message, response
from harness.http2 import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS,
                           PADDED, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, Client, block, frame,
                           literal, request_fields, settings)
from harness.ports import free_port
from harness.process import Sluice

EH, ES = END_HEADERS, END_STREAM


def serve(backends: list, hcm=None, routes=None, **fields):
    port = free_port()
    clusters = [cluster(f"web{i}", [backend.port]) for i, backend in enumerate(backends)]
    return port, Sluice(http(port, clusters, routes=routes, hcm=hcm, **fields))


def u32(value: int) -> bytes:
    return struct.pack(">I", value)


def test_http1_backend_sees_one_plain_request():
    with Backend() as backend:
        port, sluice = serve([backend])
        with sluice, Client(port) as client:
            client.request(1, request_fields("POST", "/p?q", "host.test", ("cookie", "a=1"),
                                             ("cookie", "b=2"), ("x-y", "z")), end=False)
            client.send(frame(DATA, 0, 1, b"some "), frame(DATA, ES, 1, b"body"))
            with backend.accept() as upstream:
                message = read_message(upstream)
                assert message.start == "POST /p?q HTTP/1.1"
                assert message.get("host") == "host.test"
                assert message.get_all("cookie") == ["a=1; b=2"]
                assert message.get("transfer-encoding") == "chunked"
                assert message.body == b"some body"
                assert message.get("x-forwarded-proto") == "http"
                upstream.send(response(200, {"connection": "keep-alive", "x-a": "b"}, b"hello"))
                head, body, _ = client.response(1)
            assert head[":status"] == "200" and head["x-a"] == "b" and body == b"hello"
            assert "connection" not in head and "transfer-encoding" not in head
            sluice.admin.wait_stats({
                "http.front.downstream_cx_http2_total": 1,
                "http.front.downstream_cx_http2_active": 1,
                "http.front.downstream_cx_http1_total": 0,
                "http.front.downstream_rq_http2_total": 1,
                "http.front.downstream_rq_2xx": 1,
                "http.front.http2.streams_active": 0,
            })


H1_TRAILERS = {
    "typed_extension_protocol_options": {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http_protocol_options": {"enable_trailers": True}},
        }
    }
}


def test_trailers_cross_to_http1_and_back():
    port = free_port()
    with Backend() as backend:
        made = http(port, [cluster("web", [backend.port], H1_TRAILERS)])
        with Sluice(made), Client(port) as client:
            client.request(1, request_fields("POST", "/", "test", ("te", "trailers")), end=False)
            client.send(frame(DATA, 0, 1, b"body"))
            client.send(frame(HEADERS, EH | ES, 1, block(("x-sum", "7"), ("x-more", "8"))))
            with backend.accept() as upstream:
                message = read_message(upstream)
                assert message.body == b"body"
                assert message.trailers == [("x-sum", "7"), ("x-more", "8")]
                upstream.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                              b"3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n")
                head, body, trailers = client.response(1)
            assert (head[":status"], body, trailers) == ("200", b"abc", {"x-sum": "1"})
            assert head["x-envoy-upstream-service-time"].isdigit() and head["server"] == "envoy"


def test_trailers_and_informational_responses_cross_over():
    with Backend() as backend:
        port, sluice = serve([backend], hcm={"proxy_100_continue": True}, routes=None)
        with sluice, Client(port) as client:
            client.request(1)
            with backend.accept() as upstream:
                read_message(upstream)
                upstream.send(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
                              b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                              b"3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n")
                first = client.until(lambda f: f.kind == HEADERS, "103")
                assert not first.ends
                assert dict(client.decoder.decode(first.payload))[":status"] == "103"
                head, body, _ = client.response(1)
                assert head[":status"] == "200" and body == b"abc"


def test_streams_are_independent():
    """A backend that does not answer one request holds up no other."""
    with Backend() as slow, HttpServer(body=b"quick") as quick:
        routes = [{"match": {"prefix": "/slow"}, "route": {"cluster": "web0"}},
                  {"match": {"prefix": "/"}, "route": {"cluster": "web1"}}]
        port, sluice = serve([slow, quick], routes=routes)
        with sluice, Client(port) as client:
            client.request(1, request_fields("POST", "/slow"), end=False)
            for _ in range(12):
                client.send(frame(DATA, 0, 1, b"x" * 16384))
                client.ping()  # the connection's window has been given back
            with slow.accept():
                for stream in range(3, 43, 2):
                    client.request(stream)
                    assert client.response(stream)[1] == b"quick"
            client.send(frame(RST_STREAM, 0, 1, u32(8)))
            client.ping()


def test_heads_that_are_too_large_are_answered_431():
    with HttpServer() as backend:
        port, sluice = serve([backend], hcm={
            "max_request_headers_kb": 8, "common_http_protocol_options": {"max_headers_count": 20}})
        with sluice, Client(port) as client:
            client.request(1, request_fields("GET", "/", "t", ("x", "y" * 9000)))
            assert client.response(1)[0][":status"] == "431"
            client.request(3, request_fields("GET", "/", "t", *[(f"x{i}", "y") for i in range(30)]))
            assert client.response(3)[0][":status"] == "431"
            client.request(5)
            assert client.response(5)[0][":status"] == "200"
            sluice.admin.wait_stats({"http.front.http2.header_overflow": 2,
                                     "http.front.downstream_rq_4xx": 2})


def test_a_head_that_never_ends_times_out():
    with HttpServer() as backend:
        port, sluice = serve([backend], hcm={"request_headers_timeout": "0.3s"})
        with sluice, Client(port) as client:
            client.ping()
            client.send(frame(HEADERS, ES, 1, block(*request_fields())))
            head, body, _ = client.response(1)
            assert head[":status"] == "408" and body == b"request header timeout"
            sluice.admin.wait_stats({"http.front.downstream_rq_header_timeout": 1})


def test_an_idle_stream_is_answered_408_and_its_connection_stays():
    with HttpServer() as backend:
        port, sluice = serve([backend], hcm={"stream_idle_timeout": "0.3s"})
        with sluice, Client(port) as client:
            client.request(1, request_fields("POST"), end=False)
            assert client.response(1)[0][":status"] == "408"
            client.request(3)
            assert client.response(3)[0][":status"] == "200"


def test_a_shut_window_does_not_hold_a_stream_for_ever():
    with HttpServer(body=b"hello") as backend:
        port, sluice = serve([backend], hcm={"stream_idle_timeout": "0.3s"})
        with sluice, Client(port, first=settings((4, 0))) as client:
            client.request(1)
            client.until(lambda f: f.kind == RST_STREAM, "the stream's end")
            sluice.admin.wait_stats({"http.front.http2.tx_flush_timeout": 1,
                                     "http.front.http2.pending_send_bytes": 0})
            client.ping()


def test_max_requests_drains_with_two_goaways():
    with HttpServer() as backend:
        port, sluice = serve([backend], hcm={
            "common_http_protocol_options": {"max_requests_per_connection": 2}})
        with sluice, Client(port) as client:
            client.request(1)
            client.response(1)
            client.request(3)
            warning = client.until(lambda f: f.kind == GOAWAY, "the warning")
            assert warning.last_stream == 0x7FFFFFFF and warning.error == "NO_ERROR"
            mark = client.until(lambda f: f.kind == PING and not f.flags & ACK, "a PING")
            client.request(5)  # had not seen it yet: is served
            client.send(frame(PING, ACK, 0, mark.payload))
            final = client.until(lambda f: f.kind == GOAWAY, "the last word")
            assert final.last_stream == 5
            ended = {f.stream for f in client.seen if f.ends}
            while ended < {1, 3, 5}:
                got = client.read()
                assert got is not None, client.seen
                if got.ends:
                    ended.add(got.stream)
            assert client.read() is None
            sluice.admin.wait_stats({"http.front.downstream_cx_max_requests_reached": 1,
                                     "http.front.downstream_cx_destroy_local": 1})


def test_a_client_that_does_not_answer_the_warning_is_told_by_time():
    with HttpServer() as backend:
        port, sluice = serve([backend], hcm={
            "drain_timeout": "0.3s",
            "common_http_protocol_options": {"max_connection_duration": "0.2s"}})
        with sluice, Client(port) as client:
            warning = client.until(lambda f: f.kind == GOAWAY, "the warning")
            assert warning.last_stream == 0x7FFFFFFF
            final = client.until(lambda f: f.kind == GOAWAY, "the last word")
            assert final.last_stream == 0
            assert client.read() is None


def test_a_dead_client_is_found_by_pings():
    with HttpServer() as backend:
        port, sluice = serve([backend], hcm={"http2_protocol_options": {
            "connection_keepalive": {"interval": "0.1s", "timeout": "0.3s"}}})
        with sluice, Client(port) as client:
            answered = client.until(lambda f: f.kind == PING, "a PING")
            client.send(frame(PING, ACK, 0, answered.payload))
            client.until(lambda f: f.kind == PING, "another PING")
            client.conn.expect_closed()
            sluice.admin.wait_stats({"http.front.http2.keepalive_timeout": 1})


def test_rapid_reset_closes_with_a_counter_and_a_line():
    with Backend() as backend:
        port, sluice = serve([backend])
        with sluice, Client(port) as client:
            frames = b"".join(
                frame(HEADERS, EH | ES, 2 * i + 1, block(*request_fields())) +
                frame(RST_STREAM, 0, 2 * i + 1, u32(8)) for i in range(600))
            try:
                client.send(frames)
            except OSError:
                pass
            client.conn.expect_closed()
            sluice.admin.wait_stats({"http.front.downstream_rq_too_many_premature_resets": 1,
                                     "http.front.downstream_cx_active": 0,
                                     "cluster.web0.upstream_rq_active": 0})
            sluice.wait_log("streams reset too fast by 127.0.0.1")


# The frames, the counter, and the word in the log's line where it is not the counter's name.
FLOODS = {
    "PING": (frame(PING, 0, 0, b"x" * 8), "outbound_control_flood", "outbound_control_frames_flood"),
    "SETTINGS": (settings((4, 65535)), "outbound_control_flood", "outbound_control_frames_flood"),
    "empty DATA": (frame(DATA, 0, 1, b""), "inbound_empty_frames_flood", ""),
    "padding only": (frame(DATA, PADDED, 1, b"\1\0"), "inbound_empty_frames_flood", ""),
    "PRIORITY": (frame(2, 0, 1, u32(0) + b"\1"), "inbound_priority_frames_flood", ""),
    "WINDOW_UPDATE": (frame(WINDOW_UPDATE, 0, 0, u32(1)), "inbound_window_update_frames_flood", ""),
    "CONTINUATION": (frame(HEADERS, 0, 3, block(*request_fields())) + frame(
        CONTINUATION, 0, 3, block(("x", "y"))) * 5000, "inbound_continuation_flood", ""),
    "header without a name": (frame(HEADERS, EH | ES, 3, block(*request_fields()) + literal(
        "", "") * 100), "inbound_empty_header_flood", ""),
    # Of a stream that was answered long ago: no premature resets.
    "RST_STREAM": (frame(RST_STREAM, 0, 1, u32(8)), "inbound_reset_flood", ""),
}


@pytest.mark.parametrize("name", FLOODS)
def test_floods_close_with_a_counter_and_a_line(name):
    made, stat, word = FLOODS[name]
    with Backend() as backend:
        port, sluice = serve([backend])
        with sluice:
            with Client(port) as client:
                client.request(1, request_fields("POST"), end=False)
                try:
                    client.send(made * (1 if len(made) > 1000 else 20000))
                except OSError:
                    pass
                client.conn.expect_closed()
            sluice.admin.wait_stats({f"http.front.http2.{stat}": 1,
                                     "http.front.downstream_cx_protocol_error": 1,
                                     "http.front.downstream_cx_active": 0})
            sluice.wait_log(f"closed: http2.{word or stat} from 127.0.0.1")


def test_websocket_over_extended_connect_reaches_an_http1_backend():
    with Backend() as backend:
        port, sluice = serve([backend], hcm={
            "http2_protocol_options": {"allow_connect": True},
            "upgrade_configs": [{"upgrade_type": "websocket"}]})
        with sluice, Client(port) as client:
            opening = client.until(lambda f: f.kind == SETTINGS and not f.flags & ACK, "SETTINGS")
            assert b"\0\x08\0\0\0\1" in opening.payload
            client.request(1, request_fields("CONNECT", "/chat", "test", (
                ":protocol", "websocket"))[:4] + ((":protocol", "websocket"), (
                    "sec-websocket-version", "13")), end=False)
            with backend.accept() as upstream:
                message = read_message(upstream)
                assert message.start == "GET /chat HTTP/1.1"
                assert message.get("upgrade") == "websocket"
                assert len(message.get("sec-websocket-key")) == 24
                upstream.send(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
                              b"upgrade: websocket\r\n\r\nwelcome")
                head = client.until(lambda f: f.kind == HEADERS, "the answer")
                fields = dict(client.decoder.decode(head.payload))
                assert fields[":status"] == "200" and "upgrade" not in fields and not head.ends
                assert client.until(lambda f: f.kind == DATA, "bytes").payload == b"welcome"
                client.send(frame(DATA, 0, 1, b"hi"))
                upstream.expect("hi")
                client.send(frame(DATA, ES, 1, b""))
                upstream.expect_eof()
                upstream.send(b"bye")
                upstream.close()
                body = b""
                while True:
                    got = client.until(lambda f: f.kind == DATA, "the end")
                    body += got.payload
                    if got.ends:
                        break
                assert body == b"bye"
            sluice.admin.wait_stats({"http.front.downstream_cx_upgrades_total": 1,
                                     "http.front.downstream_cx_upgrades_active": 0})


def test_codec_type_decides():
    with HttpServer(body=b"x") as backend:
        port, sluice = serve([backend], hcm={"codec_type": "HTTP2"})
        with sluice:
            with Client(port) as client:
                client.request(1)
                assert client.response(1)[1] == b"x"
            with Client(port, start=False) as client:
                client.conn.send("GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                client.conn.expect_closed()
            sluice.admin.wait_stats({"http.front.downstream_cx_protocol_error": 1})
        port, sluice = serve([backend], hcm={"codec_type": "HTTP1"})
        with sluice, Client(port) as client:
            client.conn.expect("HTTP/1.1 400 ")


def test_preface_byte_by_byte_is_still_http2():
    with HttpServer(body=b"x") as backend:
        port, sluice = serve([backend])
        with sluice, Client(port, start=False) as client:
            hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings()
            for i in range(len(hello)):
                client.send(hello[i:i + 1])
            client.request(1)
            assert client.response(1)[1] == b"x"


def test_memory_for_a_stalled_upload_is_bounded():
    with Backend() as backend:
        port, sluice = serve([backend])
        with sluice:
            before = sluice.rss_kb()
            clients = []
            for _ in range(40):
                client = Client(port)
                clients.append(client)
                client.request(1, request_fields("POST"), end=False)
                client.conn.sock.setblocking(False)
                chunk = frame(DATA, 0, 1, b"x" * 16384)
                sent = 0
                try:  # as much as anybody takes, whatever the window says
                    while sent < 70000:
                        client.conn.sock.send(chunk)
                        sent += len(chunk)
                except OSError:
                    pass
            wait.until(lambda: sluice.admin.stat("http.front.downstream_rq_active") == 40, "streams")
            assert sluice.rss_kb() - before < 150 * 1024
            for client in clients:
                client.conn.abort()
