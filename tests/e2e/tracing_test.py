"""Traces against an OpenTelemetry collector of python3-grpcio, whose messages python3-protobuf reads by
definitions made here from opentelemetry-proto's numbers; and a collector that is slow."""
import concurrent.futures
import contextlib
import queue

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from harness import config, http1, wait
from harness.backend import Backend
from harness.conn import connect
from harness.http1 import HttpServer
from harness.ports import free_port
from harness.process import Sluice

SECONDS = 20 * wait.SCALE
OTEL = "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

# message: {field: (number, type)}; `*` is repeated.
MESSAGES = {
    "Export": {"resource_spans": (1, "ResourceSpans*")},
    "ResourceSpans": {"resource": (1, "Resource"), "scope_spans": (2, "ScopeSpans*")},
    "Resource": {"attributes": (1, "KeyValue*")},
    "ScopeSpans": {"scope": (1, "Scope"), "spans": (2, "Span*")},
    "Scope": {"name": (1, "string"), "version": (2, "string")},
    "Span": {
        "trace_id": (1, "bytes"), "span_id": (2, "bytes"), "trace_state": (3, "string"), "parent_span_id": (4, "bytes"),
        "name": (5, "string"), "kind": (6, "int32"), "start": (7, "fixed64"), "end": (8, "fixed64"),
        "attributes": (9, "KeyValue*"), "status": (15, "Status"),
    },
    "KeyValue": {"key": (1, "string"), "value": (2, "AnyValue")},
    "AnyValue": {"string_value": (1, "string")},
    "Status": {"message": (2, "string"), "code": (3, "int32")},
}
SERVER, CLIENT, ERROR = 2, 3, 2


def messages():
    file = descriptor_pb2.FileDescriptorProto(name="otlp.proto", package="otlp", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind) in fields.items():
            field = message.field.add(name=field_name, number=number, label=3 if kind.endswith("*") else 1)
            kind = kind.rstrip("*")
            if kind[0].isupper():
                field.type, field.type_name = 11, f".otlp.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.Default()
    pool.Add(file) if hasattr(pool, "Add") else pool.AddSerializedFile(file.SerializeToString())
    # The second one is what versions before 4.22 have.
    made = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
    return {name: made(pool.FindMessageTypeByName(f"otlp.{name}")) for name in MESSAGES}


M = messages()


class Collector(grpc.GenericRpcHandler):
    """Keeps the reports; `refuses` of them come first."""

    def __init__(self, refuses=0):
        self.refuses, self.reports = refuses, queue.Queue()

    def service(self, details):
        if details.method != EXPORT:
            return None
        return grpc.unary_unary_rpc_method_handler(self.export, M["Export"].FromString, lambda data: data)

    def export(self, request, context):
        self.reports.put((request, dict(context.invocation_metadata())))
        if self.refuses > 0:
            self.refuses -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return b""

    def next(self):
        return self.reports.get(timeout=SECONDS)


@contextlib.contextmanager
def collector(**fields):
    made = Collector(**fields)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), handlers=[made])
    made.port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield made
    finally:
        server.stop(0).wait()


def front(port, clusters, provider, runtime, **tracing):
    """The front of every test, with tracing to what `provider` names."""
    made = config.http(port, clusters, [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}],
                       hcm={"tracing": {"provider": provider, **tracing}})
    made["layered_runtime"] = {"layers": [{"name": "s", "static_layer": runtime}]}
    return Sluice(made)


def otel(**fields):
    return {"name": "envoy.tracers.opentelemetry", "typed_config": {
        "@type": OTEL, "grpc_service": {"envoy_grpc": {"cluster_name": "otel"}, "timeout": "20s", **fields}}}


def ask(port, **fields):
    with connect(port) as client:
        client.send(http1.request(**fields))
        return http1.read_message(client)


def attributes(span):
    return {one.key: one.value.string_value for one in span.attributes}


def test_spans_reach_a_collector_by_grpc():
    port = free_port()
    with collector(refuses=1) as made, HttpServer(status=500) as app:
        clusters = [config.cluster("app", [app.port]),
                    config.cluster("otel", [made.port], {"http2_protocol_options": {}})]
        with front(port, clusters, otel(initial_metadata=[{"key": "x-tenant", "value": "t1"}]),
                   {"tracing.opentelemetry.min_flush_spans": 2}, spawn_upstream_span=True) as sluice:
            for _ in range(2):
                assert ask(port, path="/p", host="a.test", headers={"user-agent": "caf\xe9"}).status == 500
            for _ in range(2):
                report, metadata = made.next()
                assert metadata["x-tenant"] == "t1" and metadata["x-envoy-internal"] == "true"
                (resource,) = report.resource_spans
                assert {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"] == \
                    "unknown_service:envoy"
                (scope,) = resource.scope_spans
                assert scope.scope.name == "sluice" and len(scope.spans) == 2
                spans = {span.kind: span for span in scope.spans}
                server, client = spans[SERVER], spans[CLIENT]
                assert (server.name, client.name) == ("ingress", "router app egress")
                assert len(server.trace_id) == 16 and server.trace_id == client.trace_id
                assert client.parent_span_id == server.span_id and server.parent_span_id == b""
                assert server.start <= client.start <= client.end <= server.end
                assert server.status.code == client.status.code == ERROR
                assert attributes(server)["http.status_code"] == "500"
                assert attributes(server)["http.url"] == "http://a.test/p"
                assert attributes(server)["error"] == "true"
                assert attributes(client)["upstream_address"] == f"127.0.0.1:{app.port}"
            sluice.admin.wait_stats({"tracing.opentelemetry.spans_sent": 4, "tracing.opentelemetry.reports_dropped": 1,
                                     "tracing.opentelemetry.reports_sent": 1})


def test_a_collector_that_does_not_answer_costs_spans_and_nothing_else():
    port = free_port()
    zipkin = {"name": "envoy.tracers.zipkin", "typed_config": {
        "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig", "collector_cluster": "zipkin",
        "collector_endpoint": "/api/v2/spans", "collector_endpoint_version": "HTTP_JSON"}}
    with Backend() as silent, HttpServer(body=b"app") as app:
        clusters = [config.cluster("app", [app.port]), config.cluster("zipkin", [silent.port])]
        with front(port, clusters, zipkin, {"tracing.zipkin.min_flush_spans": 1}) as sluice, connect(port) as client:
            # 16 reports are under way, 1024 spans wait, and the rest is dropped.
            for _ in range(1100):
                client.send(http1.request())
                assert http1.read_message(client).status == 200
            sluice.admin.wait_stats({"tracing.zipkin.spans_sent": 16, "tracing.zipkin.spans_dropped": 60})


def test_every_request_has_one_span_whatever_ends_it():
    port = free_port()
    with collector() as made, Backend() as app:
        clusters = [config.cluster("app", [app.port]),
                    config.cluster("otel", [made.port], {"http2_protocol_options": {}})]
        with front(port, clusters, otel(), {"tracing.opentelemetry.min_flush_spans": 1}) as sluice:
            for end in ("reset", "cut", "leave"):
                with connect(port) as client:
                    client.send(http1.request(path=f"/{end}"))
                    with app.accept() as at:
                        http1.read_message(at)
                        if end == "leave":
                            client.close()
                            at.expect_closed()
                            continue
                        if end == "cut":
                            at.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
                            client.read_until(b"hello")
                        at.abort()
                        client.read_until(b"\r\n") if end == "reset" else client.expect_closed()
            seen = {}
            for _ in range(3):
                report, _ = made.next()
                span = report.resource_spans[0].scope_spans[0].spans[0]
                seen[attributes(span)["http.url"].rsplit("/", 1)[1]] = attributes(span)
            assert seen["reset"]["http.status_code"] == "503" and seen["reset"]["response_flags"] == "UC"
            assert seen["cut"]["http.status_code"] == "200" and "UC" in seen["cut"]["response_flags"]
            assert seen["leave"]["http.status_code"] == "0" and seen["leave"]["response_flags"] == "DC"
            sluice.admin.wait_stats({"tracing.opentelemetry.spans_sent": 3, "tracing.opentelemetry.reports_sent": 3,
                                     "http.front.downstream_rq_active": 0})
