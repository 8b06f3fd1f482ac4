"""ext_authz against a gRPC service; its messages by external_auth.proto's numbers."""
import pathlib
import struct
import tempfile
import urllib.parse

import grpc
import pytest

from harness import certs, config, grpc_service, http1, http2, tls, wait
from harness.backend import Backend
from harness.conn import connect
from harness.http1 import HttpServer
from harness.ports import free_port
from harness.process import Sluice

EXT = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3"
H2 = {"http2_protocol_options": {}}
SECONDS = 20 * wait.SCALE

# message: {field: (number, type, repeated)}; map<string, string> is "map".
MESSAGES = {
    "CheckRequest": {"attributes": (1, "Attributes")},
    "Attributes": {
        "source": (1, "Peer"), "destination": (2, "Peer"), "request": (4, "Request"),
        "context_extensions": (10, "map"), "metadata_context": (11, "Metadata"), "tls_session": (12, "Tls"),
        "route_metadata_context": (13, "Metadata"),
    },
    "Peer": {"address": (1, "Address"), "service": (2, "string"), "principal": (4, "string"),
             "certificate": (5, "string")},
    "Address": {"socket_address": (1, "SocketAddress")},
    "SocketAddress": {"address": (2, "string"), "port_value": (3, "uint32")},
    "Request": {"time": (1, "Time"), "http": (2, "Http")},
    "Time": {"seconds": (1, "int64"), "nanos": (2, "int32")},
    "Http": {
        "id": (1, "string"), "method": (2, "string"), "headers": (3, "map"), "path": (4, "string"),
        "host": (5, "string"), "scheme": (6, "string"), "size": (9, "int64"), "protocol": (10, "string"),
        "body": (11, "string"), "raw_body": (12, "bytes"),
    },
    "Tls": {"sni": (1, "string")},
    "Metadata": {"filter_metadata": (1, "NamedStruct*")},
    "NamedStruct": {"key": (1, "string"), "value": (2, ".google.protobuf.Struct")},
    "CheckResponse": {
        "status": (1, "Status"), "denied_response": (2, "Denied"), "ok_response": (3, "Ok"),
        "dynamic_metadata": (4, ".google.protobuf.Struct"), "error_response": (5, "Denied"),
    },
    "Status": {"code": (1, "int32")},
    "Denied": {"status": (1, "Status"), "headers": (2, "Option*"), "body": (3, "string")},
    "Ok": {
        "headers": (2, "Option*"), "headers_to_remove": (5, "string*"), "response_headers_to_add": (6, "Option*"),
        "query_parameters_to_set": (7, "Pair*"), "query_parameters_to_remove": (8, "string*"),
    },
    "Option": {"header": (1, "Header"), "append": (2, "Flag"), "append_action": (3, "int32")},
    "Header": {"key": (1, "string"), "value": (2, "string"), "raw_value": (3, "bytes")},
    "Flag": {"value": (1, "bool")},
    "Pair": {"key": (1, "string"), "value": (2, "string")},
}


M = grpc_service.messages("authz", MESSAGES)


def pairs(entries) -> dict:
    return {entry.key: entry.value for entry in entries}


def service(answer):
    """Answers what `answer` makes of the attributes of a request."""
    return grpc_service.serve(grpc_service.Unary(
        "/envoy.service.auth.v3.Authorization/Check", M["CheckRequest"],
        lambda request, context: answer(request.attributes, context)))


def front(port, authz_port, app_port, route=None, made=None, **fields):
    filter_config = {
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": f"{EXT}.ExtAuthz", "transport_api_version": "V3",
            "grpc_service": {"envoy_grpc": {"cluster_name": "authz"}, "timeout": "20s"}, **fields,
        },
    }
    clusters = [config.cluster("app", [app_port]), config.cluster("authz", [authz_port], H2)]
    routes = [{"match": {"prefix": "/"}, "route": {"cluster": "app"}, **(route or {})}]
    return Sluice(config.http(port, clusters, routes, filters=[filter_config], **(made or {})))


def ask(port, **fields):
    with connect(port) as client:
        client.send(http1.request(**fields))
        return http1.read_message(client)


def ok(**fields):
    return M["CheckResponse"](ok_response=M["Ok"](**fields))


def option(key, value, **more):
    return M["Option"](header=M["Header"](key=key, value=value), **more)


def test_what_the_service_is_told():
    port = free_port()
    per_route = {"metadata": {"filter_metadata": {"app": {"tier": "gold"}}}, "typed_per_filter_config": {
        "envoy.filters.http.ext_authz": {
            "@type": f"{EXT}.ExtAuthzPerRoute", "check_settings": {"context_extensions": {"tenant": "t1"}}}}}
    grpc_service = {"envoy_grpc": {"cluster_name": "authz", "authority": "auth.test"}, "timeout": "20s",
                    "initial_metadata": [{"key": "x-method", "value": "%REQ(:METHOD)%"}]}
    with service(lambda a, c: ok()) as authz, HttpServer(body=b"app") as app, front(
        port, authz.port, app.port, per_route, grpc_service=grpc_service,
        route_metadata_context_namespaces=["app"], with_request_body={"max_request_bytes": 100},
    ) as sluice:
        answer = ask(port, method="POST", path="/p?q=1", host="a.test", body=b"caf\xc3\xa9 \xff",
                     headers={"x-a": "1", "x-service": "s"})
        assert (answer.status, answer.body) == (200, b"app")
        request, metadata = authz.next()
        http = request.attributes.request.http
        assert (http.method, http.path, http.host, http.scheme) == ("POST", "/p?q=1", "a.test", "http")
        assert http.protocol == "HTTP/1.1" and http.body == "café !" and http.raw_body == b""
        fields = pairs(http.headers)
        assert fields["x-a"] == "1" and fields["x-envoy-auth-partial-body"] == "false"
        assert fields[":method"] == "POST" and fields["x-request-id"] == http.id
        assert request.attributes.source.address.socket_address.address == "127.0.0.1"
        assert request.attributes.destination.address.socket_address.port_value == port
        assert request.attributes.request.time.seconds > 1_600_000_000
        assert pairs(request.attributes.context_extensions) == {"tenant": "t1"}
        route = request.attributes.route_metadata_context.filter_metadata[0]
        assert route.key == "app" and route.value["tier"] == "gold"
        assert metadata["x-method"] == "POST" and metadata["x-envoy-internal"] == "true"
        sluice.admin.wait_stats({"http.front.ext_authz.ok": 1, "cluster.app.ext_authz.ok": 1,
                                 "cluster.authz.upstream_rq_active": 0})


def test_what_an_allowed_request_becomes():
    port = free_port()
    change = dict(
        headers=[option("X-User", "alice"), option("x-list", "2", append=M["Flag"](value=True)), option("x-new", "n")],
        headers_to_remove=["x-token", ":path"], response_headers_to_add=[option("x-from-authz", "yes")],
        query_parameters_to_set=[M["Pair"](key="role", value="user")], query_parameters_to_remove=["debug"])
    with service(lambda a, c: ok(**change)) as authz, Backend() as app, front(port, authz.port, app.port), \
            connect(port) as client:
        client.send(http1.request(path="/p?debug=1&role=admin&x=y",
                                  headers={"x-user": "root", "x-list": "1", "x-token": "t"}))
        with app.accept() as at:
            got = http1.read_message(at)
            assert got.path == "/p?x=y&role=user"
            assert got.get("x-user") == "alice" and got.get("x-list") == "1,2"
            assert got.get("x-new") == "n" and got.get("x-token") is None
            at.send(http1.response(body=b"ok"))
            answer = http1.read_message(client)
            assert answer.status == 200 and answer.get("x-from-authz") == "yes"


def test_a_refusal_is_the_services_own():
    port = free_port()

    def answer(attributes, context):
        if attributes.request.http.path == "/plain":
            return M["CheckResponse"](status=M["Status"](code=7))
        return M["CheckResponse"](status=M["Status"](code=16), denied_response=M["Denied"](
            status=M["Status"](code=401), headers=[option("www-authenticate", "Basic")], body="who are you"))

    with service(answer) as authz, HttpServer() as app, front(
        port, authz.port, app.port, max_denied_response_body_bytes=3
    ) as sluice:
        refused = ask(port, path="/")
        assert (refused.status, refused.body) == (401, b"who")
        assert refused.get("www-authenticate") == "Basic"
        refused = ask(port, path="/plain")
        assert (refused.status, refused.body) == (403, b"")
        assert not app.requests
        sluice.admin.wait_stats({"http.front.ext_authz.denied": 2, "cluster.app.upstream_rq_401": 1})


def test_no_answer_is_no_permission():
    port = free_port()

    def answer(attributes, context):
        path = attributes.request.http.path
        if path == "/abort":
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        if path == "/huge":
            return ok(headers=[option("x-a", "x" * 2_000_000)])
        if path == "/error":
            return M["CheckResponse"](status=M["Status"](code=13), error_response=M["Denied"](
                status=M["Status"](code=507), headers=[option("x-why", "db")], body="later"))
        return b"\x1a\xff\xff\xff\xff\x0f"

    with service(answer) as authz, HttpServer() as app, front(
        port, authz.port, app.port, status_on_error={"code": 503}
    ) as sluice:
        assert [ask(port, path=p).status for p in ("/abort", "/huge", "/garbage")] == [503, 503, 503]
        failed = ask(port, path="/error")
        assert (failed.status, failed.get("x-why"), failed.body) == (507, "db", b"later")
        assert not app.requests
        sluice.admin.wait_stats({"http.front.ext_authz.error": 4, "http.front.ext_authz.ok": 0})


@pytest.mark.parametrize("change", [
    dict(headers=[option("x-user", "bob\r\nx-admin: 1")]),
    dict(headers=[option("x-user: 1\r\nx-admin", "1")]),
    dict(headers=[option("x user", "1")]),
    dict(headers=[option("x-user", "a\0b")]),
    dict(headers=[option(":path", "/a HTTP/1.1\r\nx-admin: 1")]),
    dict(headers=[option(":method", "CONNECT")]),
    dict(response_headers_to_add=[option("x-a", "1\r\n\r\n<script>")]),
    dict(query_parameters_to_set=[M["Pair"](key="a", value="b HTTP/1.1\r\nx: y")]),
    dict(headers=[option("x-a", str(n)) for n in range(1500)]),
    dict(headers=[option("x" * 5000, "1")]),
], ids=str)
def test_answers_cannot_inject(change):
    port = free_port()
    with service(lambda a, c: ok(**change)) as authz, HttpServer() as app, front(port, authz.port, app.port) as sluice:
        assert ask(port).status == 500
        assert not app.requests
        sluice.admin.wait_stats({"http.front.ext_authz.invalid": 1, "cluster.app.ext_authz.invalid": 1})


def test_refusals_cannot_inject():
    port = free_port()
    denied = M["CheckResponse"](status=M["Status"](code=7), denied_response=M["Denied"](
        headers=[option("location", "/\r\nset-cookie: a=b")]))
    with service(lambda a, c: denied) as authz, HttpServer() as app, front(port, authz.port, app.port):
        refused = ask(port)
        assert refused.status == 500 and refused.get("set-cookie") is None


def test_framing_is_not_the_services_to_change():
    port = free_port()
    change = dict(headers=[option("content-length", "2"), option("transfer-encoding", "chunked"),
                           option("connection", "close, x-user")], headers_to_remove=["content-length", "host"])
    with service(lambda a, c: ok(**change)) as authz, Backend() as app, front(port, authz.port, app.port), \
            connect(port) as client:
        client.send(http1.request(method="POST", body=b"hello", headers={"x-user": "u"}))
        with app.accept() as at:
            got = http1.read_message(at)
            assert got.body == b"hello" and got.get("content-length") == "5" and got.get("x-user") == "u"
            assert got.get("transfer-encoding") is None
            at.send(http1.response())
            assert http1.read_message(client).status == 200


def test_the_service_is_told_who_the_client_is():
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sluice-authz.") as name:
        folder = pathlib.Path(name)
        certs.make_all(folder, {"server": {"sans": "DNS:a.test"},
                                "client": {"sans": "URI:spiffe://td/client,DNS:client.test"}})
        common = {"validation_context": {"trusted_ca": {"filename": str(folder / "ca.pem")}}}
        inspector = {"name": "envoy.filters.listener.tls_inspector", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"}}
        made = {"tls": {"cert": str(folder / "server"), "common": common, "require_client_certificate": True},
                "listener_fields": {"listener_filters": [inspector]}}
        with service(lambda a, c: ok()) as authz, HttpServer() as app, front(
            port, authz.port, app.port, made=made, include_peer_certificate=True, include_tls_session=True
        ):
            plain = connect(port)
            with tls.client(plain, folder, {"sni": "a.test", "cert": "client", "ca": "ca"}) as client:
                client.send(http1.request())
                assert http1.read_message(client).status == 200
            request, _ = authz.next()
            source, destination = request.attributes.source, request.attributes.destination
            assert source.principal == "spiffe://td/client" and destination.principal == "a.test"
            assert urllib.parse.unquote(source.certificate) == (folder / "client.pem").read_text()
            assert request.attributes.tls_session.sni == "a.test"
            assert request.attributes.request.http.scheme == "https"


def test_metadata_of_an_answer_reaches_the_log():
    port = free_port()
    answer = ok()
    answer.dynamic_metadata.update({"user": {"name": "alice", "roles": ["a", "b"]}})
    with tempfile.TemporaryDirectory(prefix="sluice-authz.") as name:
        path = pathlib.Path(name) / "log"
        text = "%DYNAMIC_METADATA(envoy.filters.http.ext_authz:user)%\n"
        log = {"name": "envoy.access_loggers.file", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
            "path": str(path), "log_format": {"text_format_source": {"inline_string": text}}}}
        with service(lambda a, c: answer) as authz, HttpServer() as app, front(
            port, authz.port, app.port, made={"hcm": {"access_log": [log]}}
        ):
            assert ask(port).status == 200
        assert path.read_text() == '{"name":"alice","roles":["a","b"]}\n'


def test_a_grpc_client_is_refused_as_one():
    port = free_port()
    denied = M["CheckResponse"](status=M["Status"](code=7), denied_response=M["Denied"](body="not you"))
    with service(lambda a, c: denied) as authz, HttpServer() as app, front(port, authz.port, app.port), \
            grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.RpcError) as refused:
            channel.unary_unary("/a.B/C", lambda d: d, lambda d: d)(b"", timeout=SECONDS)
        assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED
        assert refused.value.details() == "not you"
        assert authz.next()[0].attributes.request.http.protocol == "HTTP/2"


def test_many_clients_leave_while_they_are_asked_about():
    port = free_port()
    with Backend() as authz, HttpServer() as app, front(
        port, authz.port, app.port, with_request_body={"max_request_bytes": 1000}
    ) as sluice:
        fds = sluice.fds()
        for half in (b"", b"x"):  # before the question, and after it
            clients = [connect(port) for _ in range(100)]
            for client in clients:
                client.send(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\n" + half)
            sluice.admin.wait_stats({"http.front.downstream_rq_active": 100,
                                     "cluster.authz.upstream_rq_active": 100 * len(half)})
            for client in clients:
                client.abort()
            sluice.admin.wait_stats({"http.front.downstream_cx_active": 0, "cluster.authz.upstream_rq_active": 0})
        assert not app.requests
        sluice.admin.wait_stats({"http.front.ext_authz.error": 0, "http.front.ext_authz.ok": 0})
        sluice.expect_fds(fds, slack=8)


def test_the_service_may_be_anything_but_grpc():
    """HTTP/2 that ends, resets, goes away or says nonsense: raw frames in place of a gRPC server."""
    def frames(stream, body, *fields, trailers=((b"grpc-status", b"0"),)):
        head = http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.block((":status", "200"), *fields))
        data = http2.frame(http2.DATA, 0, stream, body)
        tail = http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, stream, http2.block(*trailers))
        return head + data + tail

    def message(data, flag=0, size=None):
        return bytes([flag]) + struct.pack(">I", len(data) if size is None else size) + data

    answers = {
        "reset": lambda s: http2.frame(http2.RST_STREAM, 0, s, struct.pack(">I", 2)),
        "goaway": lambda s: http2.frame(http2.GOAWAY, 0, 0, struct.pack(">II", s, 0)) + http2.frame(
            http2.RST_STREAM, 0, s, struct.pack(">I", 8)),
        "compressed": lambda s: frames(s, message(b"", flag=1)),
        "short": lambda s: frames(s, message(b"", size=10)),
        "two": lambda s: frames(s, message(b"") + message(b"")),
        "none": lambda s: frames(s, b""),
        "no status": lambda s: frames(s, message(b""), trailers=((b"x-a", b"1"),)),
        "bad status": lambda s: frames(s, message(b""), trailers=((b"grpc-status", b"x"),)),
        "503": lambda s: http2.frame(http2.HEADERS, http2.END_HEADERS | http2.END_STREAM, s,
                                     http2.block((":status", "503"), ("grpc-status", "0"))),
    }
    port = free_port()
    with Backend() as authz, HttpServer() as app, front(port, authz.port, app.port) as sluice, connect(port) as client:
        for count, (name, answer) in enumerate(answers.items()):
            client.send(http1.request(path=f"/{count}"))
            with authz.accept() as at:
                at.read_until(http2.PREFACE)
                at.send(http2.settings())
                at.send(answer(1))
                refused = http1.read_message(client)
                assert refused.status == 403, name
        assert not app.requests
        sluice.admin.wait_stats({"http.front.ext_authz.error": len(answers)})
