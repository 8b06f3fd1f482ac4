"""gRPC end to end: python3-grpcio's client and server with sluice between them."""
import base64
import concurrent.futures
import contextlib
import struct
import threading

import grpc
import pytest

from harness import config, http1, wait
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

TYPES = "type.googleapis.com/envoy.extensions.filters.http"
BIG = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
SECONDS = 20 * wait.SCALE


def same(data: bytes) -> bytes:
    return data


class Echo(grpc.GenericRpcHandler):
    """/test.Echo/...: messages are bytes."""

    def __init__(self):
        self.release = threading.Event()

    def service(self, details):
        method = details.method.rsplit("/", 1)[1]
        kinds = {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary, same, same),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail, same, same),
            "Slow": grpc.unary_unary_rpc_method_handler(self.slow, same, same),
            "Count": grpc.unary_stream_rpc_method_handler(self.count, same, same),
            "Bidi": grpc.stream_stream_rpc_method_handler(self.bidi, same, same),
        }
        return kinds.get(method)

    def unary(self, request, context):
        context.set_trailing_metadata((("x-tail", "end"),))
        return request

    def fail(self, request, context):
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "nein, danke: 100% Ärger")

    def slow(self, request, context):
        self.release.wait(SECONDS)
        return request

    def count(self, request, context):
        for number in range(int(request)):
            yield b"%d" % number

    def bidi(self, requests, context):
        yield from requests


@contextlib.contextmanager
def server(echo=None):
    echo = echo or Echo()
    made = grpc.server(concurrent.futures.ThreadPoolExecutor(32), handlers=[echo], options=BIG)
    port = made.add_insecure_port("127.0.0.1:0")
    made.start()
    try:
        yield port
    finally:
        echo.release.set()
        made.stop(0).wait()


H2 = {
    "typed_extension_protocol_options": {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            "explicit_http_config": {"http2_protocol_options": {}},
        }
    }
}


def front(port, app, filters=None, route=None, cluster=None, **kwargs):
    routes = [{"match": {"prefix": "/"}, "route": {"cluster": "app", **(route or {})}}]
    made = config.http(port, [config.cluster("app", [app], cluster or H2)], routes, filters=filters, **kwargs)
    return Sluice(made)


def channel(port):
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=BIG)


def call(at, method, kind="unary_unary"):
    return getattr(at, kind)(f"/test.Echo/{method}", same, same)


def named(name, type_name, **fields):
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": f"{TYPES}.{type_name}", **fields}}


def test_unary_with_trailers_and_failures():
    port = free_port()
    with server() as app, front(port, app) as sluice, channel(port) as at:
        answer, info = call(at, "Unary").with_call(b"hello", timeout=SECONDS)
        assert answer == b"hello" and ("x-tail", "end") in info.trailing_metadata()
        with pytest.raises(grpc.RpcError) as failed:
            call(at, "Fail")(b"", timeout=SECONDS)
        assert failed.value.code() == grpc.StatusCode.PERMISSION_DENIED
        assert failed.value.details() == "nein, danke: 100% Ärger"
        with pytest.raises(grpc.RpcError) as unknown:
            call(at, "Nothing")(b"", timeout=SECONDS)  # trailers only
        assert unknown.value.code() == grpc.StatusCode.UNIMPLEMENTED
        sluice.admin.wait_stats({"cluster.app.upstream_cx_http2_total": 1, "cluster.app.upstream_rq_total": 3})


def test_old_cluster_field_speaks_http2():
    port = free_port()
    with server() as app, front(port, app, cluster={"http2_protocol_options": {}}) as sluice, channel(port) as at:
        assert call(at, "Unary")(b"x", timeout=SECONDS) == b"x"
        sluice.admin.wait_stats({"cluster.app.upstream_cx_http2_total": 1})


def test_streams_of_the_server_and_both_ways():
    port = free_port()
    block = bytes(range(256)) * 4096
    count = 64  # MiB
    with server() as app, front(port, app) as sluice, channel(port) as at:
        assert [int(n) for n in call(at, "Count", "unary_stream")(b"100", timeout=SECONDS)] == list(range(100))
        got = 0
        for message in call(at, "Bidi", "stream_stream")(iter([block] * count), timeout=3 * SECONDS):
            assert message == block
            got += 1
        assert got == count
        sluice.admin.wait_stats({"cluster.app.upstream_rq_active": 0})


def test_many_calls_share_one_connection():
    port = free_port()
    echo = Echo()
    with server(echo) as app, front(port, app) as sluice, channel(port) as at:
        count = 1000
        calls = [call(at, "Slow").future(b"%d" % n, timeout=3 * SECONDS) for n in range(count)]
        sluice.admin.wait_stats(
            {
                "cluster.app.upstream_rq_active": count,
                "cluster.app.upstream_cx_active": 1,
                "http.front.downstream_cx_active": 1,
                "http.front.http2.streams_active": count,
            }
        )
        echo.release.set()
        assert [c.result() for c in calls] == [b"%d" % n for n in range(count)]
        sluice.admin.wait_stats({"cluster.app.upstream_rq_active": 0, "cluster.app.upstream_cx_total": 1})


def test_deadline_of_the_client_is_the_streams_longest_life():
    port = free_port()
    route = {"timeout": "0s", "max_stream_duration": {"grpc_timeout_header_max": "0s"}}
    echo = Echo()
    with server(echo) as app, front(port, app, route=route) as sluice, channel(port) as at:
        with pytest.raises(grpc.RpcError) as late:
            call(at, "Slow")(b"", timeout=0.3 * wait.SCALE)
        assert late.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        sluice.admin.wait_stats({"cluster.app.upstream_rq_active": 0})
        echo.release.set()


def test_local_replies_are_grpc():
    port = free_port()
    with front(port, free_port()) as sluice, channel(port) as at:
        with pytest.raises(grpc.RpcError) as failed:
            call(at, "Unary")(b"", timeout=SECONDS)
        assert failed.value.code() == grpc.StatusCode.UNAVAILABLE
        assert failed.value.details().startswith("upstream connect error")
        sluice.admin.wait_stats({"cluster.app.upstream_cx_connect_fail": 1})


RETRIED = {
    "cancelled": grpc.StatusCode.CANCELLED,
    "deadline-exceeded": grpc.StatusCode.DEADLINE_EXCEEDED,
    "internal": grpc.StatusCode.INTERNAL,
    "resource-exhausted": grpc.StatusCode.RESOURCE_EXHAUSTED,
    "unavailable": grpc.StatusCode.UNAVAILABLE,
}


@pytest.mark.parametrize("name", RETRIED)
def test_retry_on_grpc_status(name):
    port = free_port()

    class Flaky(Echo):
        tries = 0

        def unary(self, request, context):
            Flaky.tries += 1
            if Flaky.tries < 3:
                context.abort(RETRIED[name], "not now")
            return request

    route = {"retry_policy": {"retry_on": name, "num_retries": 3}}
    with server(Flaky()) as app, front(port, app, route=route) as sluice, channel(port) as at:
        assert call(at, "Unary")(b"x", timeout=SECONDS) == b"x"
        with pytest.raises(grpc.RpcError) as failed:  # PERMISSION_DENIED is no reason
            call(at, "Fail")(b"", timeout=SECONDS)
        assert failed.value.code() == grpc.StatusCode.PERMISSION_DENIED
        sluice.admin.wait_stats({"cluster.app.upstream_rq_retry": 2})


def test_stats_by_method():
    port = free_port()
    stats = named("grpc_stats", "grpc_stats.v3.FilterConfig", stats_for_all_methods=True)
    with server() as app, front(port, app, [stats]) as sluice, channel(port) as at:
        call(at, "Unary")(b"x", timeout=SECONDS)
        list(call(at, "Count", "unary_stream")(b"5", timeout=SECONDS))
        with pytest.raises(grpc.RpcError):
            call(at, "Fail")(b"", timeout=SECONDS)
        sluice.admin.wait_stats(
            {
                "cluster.app.grpc.test.Echo.Unary.success": 1,
                "cluster.app.grpc.test.Echo.Unary.0": 1,
                "cluster.app.grpc.test.Echo.Count.response_message_count": 5,
                "cluster.app.grpc.test.Echo.Count.request_message_count": 1,
                "cluster.app.grpc.test.Echo.Fail.failure": 1,
                "cluster.app.grpc.test.Echo.Fail.7": 1,
            }
        )


def frames(body: bytes):
    """[(flags, payload)] of a gRPC-Web body."""
    out = []
    while body:
        flags, size = struct.unpack(">BI", body[:5])
        out.append((flags, body[5 : 5 + size]))
        body = body[5 + size :]
    return out


@pytest.mark.parametrize("text", [False, True], ids=["binary", "text"])
def test_grpc_web_with_cors_beside_it(text):
    port = free_port()
    cors = {"name": "envoy.filters.http.cors"}
    web = {"name": "envoy.filters.http.grpc_web"}
    policy = {
        "allow_origin_string_match": [{"prefix": "http://shop"}],
        "allow_methods": "POST",
        "allow_headers": "content-type,x-grpc-web",
        "expose_headers": "grpc-status,grpc-message",
    }
    cors["typed_config"] = {"@type": f"{TYPES}.cors.v3.Cors"}
    web["typed_config"] = {"@type": f"{TYPES}.grpc_web.v3.GrpcWeb"}
    routes = [
        {
            "match": {"prefix": "/"},
            "route": {"cluster": "app"},
            "typed_per_filter_config": {
                "envoy.filters.http.cors": {"@type": f"{TYPES}.cors.v3.CorsPolicy", **policy}
            },
        }
    ]
    made = config.http(port, [config.cluster("app", [0], H2)], routes, filters=[web, cors])
    kind = "application/grpc-web-text+proto" if text else "application/grpc-web+proto"
    with server() as app:
        made["static_resources"]["clusters"] = [config.cluster("app", [app], H2)]
        with Sluice(made), connect(port) as client:
            body = struct.pack(">BI", 0, 5) + b"hello"
            body = base64.b64encode(body) if text else body
            head = {"content-type": kind, "origin": "http://shop.test", "x-grpc-web": "1"}
            client.send(http1.request("POST", "/test.Echo/Unary", host="test", headers=head, body=body))
            answer = http1.read_message(client)
            assert answer.status == 200
            assert answer.get("content-type") == kind
            assert answer.get("access-control-allow-origin") == "http://shop.test"
            raw = answer.body
            if text:
                raw = b"".join(base64.b64decode(raw[i : i + 4]) for i in range(0, len(raw), 4))
            message, trailer = frames(raw)
            assert message == (0, b"hello")
            assert trailer[0] == 0x80 and b"grpc-status:0\r\n" in trailer[1] and b"x-tail:end\r\n" in trailer[1]
            client.send(http1.request("POST", "/test.Echo/Fail", host="test", headers=head, body=body))
            failed = http1.read_message(client)
            assert failed.status == 200 and failed.get("content-type") == kind


def test_http1_client_calls_through_the_bridge():
    port = free_port()
    bridge = named("grpc_http1_bridge", "grpc_http1_bridge.v3.Config")
    with server() as app, front(port, app, [bridge]), connect(port) as client:
        head = {"content-type": "application/grpc"}
        body = struct.pack(">BI", 0, 5) + b"hello"
        client.send(http1.request("POST", "/test.Echo/Unary", host="test", headers=head, body=body))
        answer = http1.read_message(client)
        assert (answer.status, answer.get("grpc-status"), answer.body) == (200, "0", body)
        client.send(http1.request("POST", "/test.Echo/Fail", host="test", headers=head, body=body))
        failed = http1.read_message(client)
        assert (failed.status, failed.get("grpc-status")) == (503, "7")
