"""The filter envoy.filters.http.ext_proc against a gRPC service; its messages by the numbers of
external_processor.proto."""
import concurrent.futures
import threading
import time

import grpc
import pytest

from harness import config, grpc_service, http1, wait
from harness.backend import Backend
from harness.conn import connect
from harness.http1 import HttpServer
from harness.ports import free_port
from harness.process import Sluice

EXT = "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3"
H2 = {"http2_protocol_options": {}}

MESSAGES = {
    "ProcessingRequest": {
        "request_headers": (2, "HttpHeaders"), "response_headers": (3, "HttpHeaders"), "request_body": (4, "HttpBody"),
        "response_body": (5, "HttpBody"), "request_trailers": (6, "HttpTrailers"),
        "response_trailers": (7, "HttpTrailers"), "metadata_context": (8, "Metadata"), "attributes": (9, "Named*"),
        "observability_mode": (10, "bool"), "protocol_config": (11, "Protocol"),
    },
    "HttpHeaders": {"headers": (1, "HeaderMap"), "end_of_stream": (3, "bool")},
    "HeaderMap": {"headers": (1, "Header*")},
    "Header": {"key": (1, "string"), "value": (2, "string"), "raw_value": (3, "bytes")},
    "HttpBody": {"body": (1, "bytes"), "end_of_stream": (2, "bool")},
    "HttpTrailers": {"trailers": (1, "HeaderMap")},
    "Metadata": {"filter_metadata": (1, "Named*")},
    "Named": {"key": (1, "string"), "value": (2, ".google.protobuf.Struct")},
    "Protocol": {"request_body_mode": (1, "int32"), "response_body_mode": (2, "int32")},
    "ProcessingResponse": {
        "request_headers": (1, "Wrapped"), "response_headers": (2, "Wrapped"), "request_body": (3, "Wrapped"),
        "response_body": (4, "Wrapped"), "request_trailers": (5, "OfTrailers"), "response_trailers": (6, "OfTrailers"),
        "immediate_response": (7, "Immediate"), "dynamic_metadata": (8, ".google.protobuf.Struct"),
        "mode_override": (9, "Mode"), "override_message_timeout": (10, "Duration"),
    },
    "Wrapped": {"response": (1, "Common")},
    "OfTrailers": {"header_mutation": (1, "Mutation")},
    "Common": {"status": (1, "int32"), "header_mutation": (2, "Mutation"), "body_mutation": (3, "BodyMutation"),
               "clear_route_cache": (5, "bool")},
    "Mutation": {"set_headers": (1, "Option*"), "remove_headers": (2, "string*")},
    "Option": {"header": (1, "Header"), "append": (2, "Flag"), "append_action": (3, "int32")},
    "Flag": {"value": (1, "bool")},
    "BodyMutation": {"body": (1, "bytes"), "clear_body": (2, "bool")},
    "Immediate": {"status": (1, "Status"), "headers": (2, "Mutation"), "body": (3, "bytes"), "grpc_status": (4, "Status"),
                  "details": (5, "string")},
    "Status": {"code": (1, "int32")},
    "Mode": {"request_header_mode": (1, "int32"), "response_header_mode": (2, "int32"),
             "request_body_mode": (3, "int32"), "response_body_mode": (4, "int32"), "request_trailer_mode": (5, "int32"),
             "response_trailer_mode": (6, "int32")},
    "Duration": {"seconds": (1, "int64"), "nanos": (2, "int32")},
}
M = grpc_service.messages("extproc", MESSAGES)
PARTS = ["request_headers", "response_headers", "request_body", "response_body", "request_trailers", "response_trailers"]


def service(talk):
    return grpc_service.serve(grpc_service.Streams(
        "/envoy.service.ext_proc.v3.ExternalProcessor/Process", M["ProcessingRequest"], talk))


def part(request):
    return next(name for name in PARTS if request.HasField(name))


def option(key, value, action=2, **more):
    return M["Option"](header=M["Header"](key=key, raw_value=value.encode("latin-1")), append_action=action, **more)


def answer(name, set_headers=(), remove=(), body=None, clear=False, mutates=False, top=None, **fields):
    """An answer about the part of that name."""
    common = M["Common"](**fields)
    if set_headers or remove or mutates:
        common.header_mutation.CopyFrom(M["Mutation"](set_headers=set_headers, remove_headers=remove))
    if body is not None or clear:
        mutation = M["BodyMutation"](clear_body=True) if clear else M["BodyMutation"](body=body)
        common.body_mutation.CopyFrom(mutation)
    if name.endswith("trailers"):
        about = M["OfTrailers"](header_mutation=common.header_mutation)
    else:
        about = M["Wrapped"](response=common)
    return M["ProcessingResponse"](**{name: about}, **(top or {}))


def by_part(**answers):
    """Answers each part with what is named for it, a message or a function of the request, or leaves it as it is."""
    def talk(requests, context):
        for request in requests:
            name = part(request)
            made = answers.get(name, answer(name))
            yield made(request) if callable(made) else made
    return talk


def immediate(code, **fields):
    return M["ProcessingResponse"](immediate_response=M["Immediate"](status=M["Status"](code=code), **fields))


def proc(**fields):
    return {"name": "envoy.filters.http.ext_proc", "typed_config": {
        "@type": f"{EXT}.ExternalProcessor", "grpc_service": {"envoy_grpc": {"cluster_name": "proc"}},
        "message_timeout": "20s", **fields}}


def front(port, proc_port, app_port, mode=None, routes=None, before=(), more=(), app=None, made=None, **fields):
    if mode is not None:
        fields["processing_mode"] = mode
    clusters = [config.cluster("app", [app_port], app), config.cluster("proc", [proc_port], H2), *more]
    routes = routes or [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}]
    return Sluice(config.http(port, clusters, routes, filters=[*before, proc(**fields)], **(made or {})))


def per_route(**what):
    return {"typed_per_filter_config": {"envoy.filters.http.ext_proc": {"@type": f"{EXT}.ExtProcPerRoute", **what}}}


def ask(port, **fields):
    with connect(port) as client:
        client.send(http1.request(**fields))
        return http1.read_message(client)


def fields_of(headers):
    return [(h.key, h.raw_value.decode("latin-1")) for h in headers.headers.headers]


ALL = {"request_header_mode": "SEND", "response_header_mode": "SEND", "request_trailer_mode": "SEND",
       "response_trailer_mode": "SEND"}


def bodies(how):
    return {**ALL, "request_body_mode": how, "response_body_mode": how}


STAT = "http.front.ext_proc."


def stats(**counters):
    return {STAT + name: value for name, value in counters.items()}


def test_what_the_processor_is_told():
    port = free_port()
    with service(by_part()) as at, HttpServer(body=b"app") as app, front(
        port, at.port, app.port, request_attributes=["request.path", "source.address", "request.size"],
        response_attributes=["response.code"], stat_prefix="p",
        grpc_service={"envoy_grpc": {"cluster_name": "proc", "authority": "proc.test"},
                      "initial_metadata": [{"key": "x-path", "value": "%REQ(:PATH)%"}]},
        forward_rules={"disallowed_headers": {"patterns": [{"exact": "x-secret"}]}},
    ) as sluice:
        got = ask(port, path="/p?q", host="a.test", headers={"X-A": "caf\xe9", "x-secret": "s", "content-length": "0"})
        assert (got.status, got.body) == (200, b"app")
        metadata = at.metadata.get(timeout=grpc_service.SECONDS)
        assert metadata["x-path"] == "/p?q" and metadata["x-envoy-internal"] == "true"
        request, response = at.next(), at.next()
        told = dict(fields_of(request.request_headers))
        assert (told[":method"], told[":path"], told[":authority"], told[":scheme"]) == ("GET", "/p?q", "a.test", "http")
        assert told["x-a"] == "caf\xe9" and "x-secret" not in told
        assert request.request_headers.end_of_stream and request.HasField("protocol_config")
        attributes = {one.key: dict(one.value) for one in request.attributes}["envoy.filters.http.ext_proc"]
        assert attributes["request.path"] == "/p?q" and attributes["request.size"] == 0 and attributes["source.address"].startswith("127.0.0.1:")
        assert dict(fields_of(response.response_headers))[":status"] == "200"
        assert not response.response_headers.end_of_stream and not response.HasField("protocol_config")
        assert dict(response.attributes[0].value) == {"response.code": 200}
        assert at.next() is None
        sluice.admin.wait_stats({STAT + "p." + name: value for name, value in {
            "streams_started": 1, "stream_msgs_sent": 2, "stream_msgs_received": 2, "streams_closed": 1,
            "streams_failed": 0, "spurious_msgs_received": 0}.items()} | {"cluster.proc.upstream_rq_active": 0})


def test_heads_change_both_ways():
    port = free_port()
    talk = by_part(
        request_headers=answer("request_headers", [
            option("X-New", "n"), option("x-list", "2", 0, append=M["Flag"](value=True)), option("x-set", "new"),
            option("x-there", "no", 1), option("x-absent", "no", 3), option(":path", "/other"), option("x-plain", "p", 0),
        ], remove=["x-gone", ":method"]),
        response_headers=answer("response_headers", [option("x-from", "proc"), option(":status", "202")], ["server"]))
    with service(talk) as at, Backend() as app, front(port, at.port, app.port) as sluice, connect(port) as client:
        client.send(http1.request(headers={"x-list": "1", "x-set": "old", "x-there": "yes", "x-gone": "g", "x-plain": "o"}))
        with app.accept() as to:
            got = http1.read_message(to)
            assert (got.method, got.path) == ("GET", "/other")
            assert got.get("x-new") == "n" and got.get_all("x-list") == ["1", "2"] and got.get_all("x-set") == ["new"]
            assert got.get("x-there") == "yes" and got.get("x-absent") is None and got.get("x-gone") is None
            assert got.get_all("x-plain") == ["p"]
            to.send(http1.response(body=b"ok"))
            got = http1.read_message(client)
            assert (got.status, got.body, got.get("x-from")) == (202, b"ok", "proc")
        sluice.admin.wait_stats(stats(rejected_header_mutations=1))


@pytest.mark.parametrize("how", ["BUFFERED", "BUFFERED_PARTIAL", "STREAMED"])
@pytest.mark.parametrize("heads", ["SEND", "SKIP"])
def test_bodies_come_back_changed(how, heads):
    port = free_port()
    upper = {name: lambda r, name=name: answer(name, body=getattr(r, name).body.upper())
             for name in ("request_body", "response_body")}
    mode = {**bodies(how), "request_header_mode": heads, "response_header_mode": heads}
    with service(by_part(**upper)) as at, HttpServer(body=b"from app") as app, front(port, at.port, app.port, mode):
        got = ask(port, method="POST", body=b"from client")
        assert (got.status, got.body) == (200, b"FROM APP")
        assert app.requests[0].body == b"FROM CLIENT"


@pytest.mark.parametrize("how", ["BUFFERED", "STREAMED", "BUFFERED_PARTIAL"])
def test_long_bodies_pass_whole(how):
    port = free_port()
    size = 600_000 if how == "BUFFERED" else 5_000_000
    text = bytes(range(256)) * (size // 256)

    def app(message):
        return http1.response(body=message.body)

    with service(by_part()) as at, HttpServer(reply=app) as server, front(
        port, at.port, server.port, bodies(how)
    ) as sluice:
        got = ask(port, method="POST", body=text)
        assert got.status == 200 and got.body == text
        sluice.admin.wait_stats(stats(streams_closed=1, streams_failed=0))


@pytest.mark.parametrize("how", ["BUFFERED", "STREAMED"])
def test_bodies_that_grow_and_vanish(how):
    port = free_port()
    big = b"x" * 900_000
    talk = by_part(request_body=answer("request_body", body=big), response_body=answer("response_body", clear=True))
    with service(talk) as at, HttpServer(body=b"gone") as app, front(port, at.port, app.port, bodies(how)):
        got = ask(port, method="POST", body=b"a")
        assert (got.status, got.body) == (200, b"")
        assert app.requests[0].body == big


def test_headers_of_a_buffered_answer_reach_the_head_that_waits():
    port = free_port()
    talk = by_part(request_body=answer("request_body", [option("x-sum", "5"), option("content-length", "77")], body=b"hello"))
    with service(talk) as at, HttpServer() as app, front(port, at.port, app.port, {"request_body_mode": "BUFFERED"}):
        assert ask(port, method="POST", body=b"a").status == 200
        seen = app.requests[0]
        assert (seen.get("x-sum"), seen.get_all("content-length"), seen.body) == ("5", ["5"], b"hello")


def test_trailers_change_both_ways():
    port = free_port()
    talk = by_part(request_trailers=answer("request_trailers", [option("x-t", "2"), option(":path", "/no")], ["x-u"]),
                   response_trailers=answer("response_trailers", [option("x-r", "new")]))
    on = {"http_protocol_options": {"enable_trailers": True}}
    with service(talk) as at, Backend() as app, front(
        port, at.port, app.port, bodies("STREAMED"), app=on, made={"hcm": on}
    ), connect(port) as client:
        client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\nx-u: 1\r\n\r\n")
        with app.accept() as to:
            got = http1.read_message(to)
            assert got.body == b"hello" and got.trailers == [("x-t", "2")]
            to.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-r: old\r\n\r\n")
            got = http1.read_message(client)
            assert (got.status, got.body, got.trailers) == (200, b"ok", [("x-r", "new")])
        seen = [part(one) for one in iter(at.next, None)]
        assert seen[0] == "request_headers" and "request_trailers" in seen and seen[-1] == "response_trailers"


def test_a_message_is_made_anew():
    port = free_port()
    talk = by_part(
        request_headers=answer("request_headers", [option(":method", "POST"), option("x-a", "1")], body=b"made", status=1),
        response_headers=answer("response_headers", body=b"other", status=1))
    with service(talk) as at, HttpServer(body=b"original") as app, front(port, at.port, app.port, bodies("BUFFERED")):
        got = ask(port)
        assert (got.status, got.body) == (200, b"other")
        seen = app.requests[0]
        assert (seen.method, seen.body, seen.get("content-length")) == ("POST", b"made", "4")
        got = ask(port, method="PUT", body=b"dropped")
        assert got.body == b"other" and app.requests[1].body == b"made"
        assert [part(one) for one in iter(at.next, None)] == ["request_headers", "response_headers"]


def test_the_processor_answers_the_client():
    port = free_port()
    reply = immediate(403, body=b"no", details="not you", headers=M["Mutation"](
        set_headers=[option("x-why", "because"), option("content-type", "text/html"), option(":status", "200")]))
    log = {"name": "envoy.access_loggers.file", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": "/dev/stdout",
        "log_format": {"text_format_source": {"inline_string": "LOG %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n"}}}}
    with service(by_part(request_headers=reply)) as at, HttpServer() as app, front(
        port, at.port, app.port, made={"hcm": {"access_log": [log]}}
    ) as sluice:
        got = ask(port)
        assert (got.status, got.body, got.get("x-why")) == (403, b"no", "because")
        assert got.get_all("content-type") == ["text/html"]
        assert not app.requests
        sluice.wait_log("LOG 403 not_you")
        sluice.admin.wait_stats(stats(streams_closed=1, stream_msgs_received=1))


def test_the_processor_answers_in_place_of_the_response():
    port = free_port()
    with service(by_part(response_headers=immediate(502, body=b"leak"))) as at, HttpServer(body=b"secret") as app, front(
        port, at.port, app.port
    ):
        got = ask(port)
        assert (got.status, got.body) == (502, b"leak")
        assert len(app.requests) == 1


def test_grpc_clients_get_its_status():
    port = free_port()
    with service(by_part(request_headers=immediate(200, body=b"no", grpc_status=M["Status"](code=7)))) as at, \
            HttpServer() as app, front(port, at.port, app.port, made={"hcm": {"codec_type": "HTTP2"}}), \
            grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary("/a.B/C", lambda d: d, lambda d: d)(b"", timeout=grpc_service.SECONDS)
        assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("how", ["STREAMED", "BUFFERED"])
def test_grpc_calls_pass_with_their_trailers(how):
    port = free_port()
    talk = by_part(response_trailers=answer("response_trailers", [option("x-seen", "yes")]))
    upstream = grpc_service.Unary("/a.B/C", M["Flag"], lambda request, context: request)
    with service(talk) as at, grpc_service.serve(upstream) as app, front(
        port, at.port, app.port, bodies(how), app=H2, made={"hcm": {"codec_type": "HTTP2"}}
    ) as sluice, grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        sent = M["Flag"](value=True).SerializeToString()
        got, call = channel.unary_unary("/a.B/C", lambda d: d, lambda d: d).with_call(sent, timeout=grpc_service.SECONDS)
        assert got == sent and ("x-seen", "yes") in [tuple(one) for one in call.trailing_metadata()]
        seen = [part(one) for one in iter(at.next, None)]
        assert seen[0] == "request_headers" and seen[-1] == "response_trailers"
        sluice.admin.wait_stats(stats(streams_closed=1, streams_failed=0, message_timeouts=0))


def test_many_streams_at_once_keep_apart():
    port = free_port()

    def own(request):
        name = dict(fields_of(request.request_headers))["x-name"]
        return answer("request_headers", [option("x-copy", name)])

    with service(by_part(request_headers=own)) as at, HttpServer() as app, front(
        port, at.port, app.port, bodies("STREAMED")
    ) as sluice, concurrent.futures.ThreadPoolExecutor(8) as pool:
        names = [str(n) for n in range(40)]
        asked = list(pool.map(lambda n: ask(port, method="POST", body=n.encode() * 5000, headers={"x-name": n}).status, names))
        assert asked == [200] * len(names)
        seen = {one.get("x-name"): (one.get("x-copy"), one.body) for one in app.requests}
        assert seen == {n: (n, n.encode() * 5000) for n in names}
        sluice.admin.wait_stats(stats(streams_started=40, streams_closed=40) | {"cluster.proc.upstream_rq_active": 0})


def test_an_immediate_response_that_is_disabled_ends_the_processing():
    port = free_port()
    with service(by_part(request_headers=immediate(403))) as at, HttpServer(body=b"app") as app, front(
        port, at.port, app.port, disable_immediate_response=True
    ) as sluice:
        assert ask(port).body == b"app"
        assert [part(one) for one in iter(at.next, None)] == ["request_headers"]
        sluice.admin.wait_stats(stats(spurious_msgs_received=1, failure_mode_allowed=0))


def test_modes_are_changed_on_the_way():
    port = free_port()
    override = M["Mode"](response_header_mode=2, response_body_mode=2)
    talk = by_part(request_headers=answer("request_headers", top={"mode_override": override}),
                   response_body=lambda r: answer("response_body", body=r.response_body.body + b"!"))
    for allowed, expected in (({"allow_mode_override": True}, b"app!"), ({}, b"app"),
                              ({"allow_mode_override": True, "allowed_override_modes": [
                                  {"response_body_mode": "BUFFERED"}]}, b"app")):
        with service(talk) as at, HttpServer(body=b"app") as app, front(port, at.port, app.port, **allowed):
            assert ask(port).body == expected


def test_routes_have_modes_and_processors_of_their_own():
    port = free_port()
    routes = [
        {"match": {"prefix": "/off"}, "route": {"cluster": "app"}, **per_route(disabled=True)},
        {"match": {"prefix": "/other"}, "route": {"cluster": "app"}, **per_route(overrides={
            "grpc_service": {"envoy_grpc": {"cluster_name": "second"}}, "processing_mode": {"response_header_mode": "SKIP"},
            "grpc_initial_metadata": [{"key": "x-route", "value": "other"}]})},
        {"match": {"prefix": "/open"}, "route": {"cluster": "app"}, **per_route(overrides={
            "grpc_service": {"envoy_grpc": {"cluster_name": "dead"}}, "failure_mode_allow": True})},
        {"match": {"prefix": "/"}, "route": {"cluster": "app"}}]
    mark = by_part(request_headers=answer("request_headers", [option("x-by", "first")]))
    other = by_part(request_headers=answer("request_headers", [option("x-by", "second")]))
    with service(mark) as at, service(other) as second, HttpServer() as app, front(
        port, at.port, app.port, routes=routes,
        more=[config.cluster("second", [second.port], H2), config.cluster("dead", [free_port()], H2)],
    ) as sluice:
        for path, by in (("/off", None), ("/other", "second"), ("/open", None), ("/", "first")):
            assert ask(port, path=path).status == 200
            assert app.requests[-1].get("x-by") == by, path
        assert second.metadata.get(timeout=grpc_service.SECONDS)["x-route"] == "other"
        assert [part(one) for one in iter(second.next, None)] == ["request_headers"]
        sluice.admin.wait_stats(stats(streams_started=3, streams_failed=1, failure_mode_allowed=1))


def test_routes_are_chosen_again():
    port = free_port()
    routes = [{"match": {"prefix": "/", "headers": [{"name": "x-to", "string_match": {"exact": "b"}}]},
               "direct_response": {"status": 299}},
              {"match": {"prefix": "/"}, "route": {"cluster": "app"}}]

    def run(changes, **fields):
        talk = by_part(request_headers=answer(
            "request_headers", [option("x-to", "b")] if changes else [], clear_route_cache=True))
        with service(talk) as at, HttpServer() as app, front(port, at.port, app.port, routes=routes, **fields) as sluice:
            status = ask(port).status
            got = sluice.admin.stats()
            return status, got[STAT + "clear_route_cache_ignored"], got[STAT + "clear_route_cache_disabled"]

    assert run(True) == (299, 0, 0)
    assert run(False) == (200, 1, 0)
    assert run(True, disable_clear_route_cache=True) == (200, 0, 1)
    assert run(True, route_cache_action="RETAIN") == (200, 0, 1)


def test_metadata_goes_and_comes():
    port = free_port()
    script = """function envoy_on_request(handle)
      handle:streamInfo():dynamicMetadata():set("mine", "user", "ann")
      handle:streamInfo():dynamicMetadata():set("hidden", "user", "bob")
    end"""
    lua = {"name": "envoy.filters.http.lua", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
        "default_source_code": {"inline_string": script}}}
    back = answer("request_headers")
    back.dynamic_metadata.update({"theirs": {"tier": "gold"}, "other": {"tier": "no"}})
    log = {"name": "envoy.access_loggers.file", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog", "path": "/dev/stdout",
        "log_format": {"text_format_source": {"inline_string":
            "LOG %DYNAMIC_METADATA(theirs:tier)% %DYNAMIC_METADATA(other:tier)%\n"}}}}
    with service(by_part(request_headers=back)) as at, HttpServer() as app, front(
        port, at.port, app.port, before=[lua], made={"hcm": {"access_log": [log]}},
        metadata_options={"forwarding_namespaces": {"untyped": ["mine", "none"]},
                          "receiving_namespaces": {"untyped": ["theirs"]}},
    ) as sluice:
        assert ask(port).status == 200
        context = at.next().metadata_context.filter_metadata
        assert {one.key: dict(one.value) for one in context} == {"mine": {"user": "ann"}}
        sluice.wait_log('LOG "?gold"? -')


def hang(requests, context):
    for _ in requests:
        pass
    yield from ()


def abort(requests, context):
    next(requests)
    context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
    yield


def once(*messages):
    def talk(requests, context):
        next(requests)
        yield from messages
        for _ in requests:
            pass
    return talk


FAILURES = {
    "hangs": (hang, 504, "message_timeouts"),
    "aborts": (abort, 500, "streams_failed"),
    "garbage": (once(b"\x0a\xff\xff\xff\xff\x0f"), 500, "spurious_msgs_received"),
    "nothing": (once(b""), 500, "spurious_msgs_received"),
    "another part": (once(answer("response_body")), 500, "spurious_msgs_received"),
    "injection": (once(answer("request_headers", [option("x-a", "1\r\nx-b: 2")])), 500, "rejected_header_mutations"),
    "a name that is none": (once(answer("request_headers", [option("x a", "1")])), 500, "rejected_header_mutations"),
    "a path that is none": (once(answer("request_headers", [option(":path", "/a b")])), 500, "rejected_header_mutations"),
    "too many": (once(answer("request_headers", [option(f"x-{n}", "1") for n in range(1500)])), 500,
                 "spurious_msgs_received"),
    "too long": (once(b"\x0a\x80\x80\x80\x04" + b"x" * 8_388_608), 500, "streams_failed"),
    "a streamed body": (once(b"\x0a\x06\x0a\x04\x1a\x02\x1a\x00"), 500, "spurious_msgs_received"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_a_processor_that_fails(case):
    talk, status, counter = FAILURES[case]
    port, open_port = free_port(), free_port()
    timeout = "0.3s" if status == 504 else "20s"
    with service(talk) as at, HttpServer(body=b"app") as app, front(
        port, at.port, app.port, message_timeout=timeout
    ) as sluice, front(open_port, at.port, app.port, message_timeout=timeout, failure_mode_allow=True) as lenient:
        refused = ask(port, method="POST", body=b"x")
        assert (refused.status, refused.body) == (status, b"")
        assert not app.requests
        assert ask(open_port, method="POST", body=b"x").body == b"app"
        assert app.requests[0].body == b"x" and app.requests[0].get("x-b") is None
        sluice.admin.wait_stats(stats(failure_mode_allowed=0) | {STAT + counter: 1, "cluster.proc.upstream_rq_active": 0})
        lenient.admin.wait_stats(stats(failure_mode_allowed=1) | {STAT + counter: 1})


@pytest.mark.parametrize("how", ["STREAMED", "BUFFERED", "BUFFERED_PARTIAL"])
def test_nothing_is_lost_wherever_the_processor_fails(how):
    def talk(requests, context):
        for request in requests:
            if part(request) == place[0]:
                context.abort(grpc.StatusCode.INTERNAL, "broken")
            yield answer(part(request))

    place, port = [""], free_port()
    on = {"http_protocol_options": {"enable_trailers": True}}
    with service(talk) as at, Backend() as app, front(
        port, at.port, app.port, bodies(how), app=on, made={"hcm": on}, failure_mode_allow=True
    ) as sluice:
        for place[0] in PARTS:
            with connect(port) as client:
                client.send("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-t: 1\r\n\r\n")
                with app.accept() as to:
                    got = http1.read_message(to)
                    assert (got.body, got.trailers) == (b"hello", [("x-t", "1")]), place
                    to.send("HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
                            "2\r\nok\r\n0\r\nx-r: 2\r\n\r\n")
                    to.shutdown()
                    got = http1.read_message(client)
                    assert (got.status, got.body, got.trailers) == (200, b"ok", [("x-r", "2")]), place
        sluice.admin.wait_stats(stats(failure_mode_allowed=6, streams_failed=6, streams_started=6))


def test_a_processor_that_leaves_in_good_order_is_not_asked_again():
    port = free_port()

    def talk(requests, context):
        next(requests)
        yield answer("request_headers", [option("x-by", "proc")])

    with service(talk) as at, HttpServer(body=b"app") as app, front(port, at.port, app.port, bodies("STREAMED")) as sluice:
        got = ask(port, method="POST", body=b"hello")
        assert (got.status, got.body) == (200, b"app")
        assert app.requests[0].get("x-by") == "proc" and app.requests[0].body == b"hello"
        sluice.admin.wait_stats(stats(streams_closed=1, streams_failed=0, failure_mode_allowed=0))


def test_pieces_under_way_go_on_when_the_processor_fails():
    port = free_port()

    def talk(requests, context):
        yield answer(part(next(requests)))
        next(requests)
        context.abort(grpc.StatusCode.INTERNAL, "broken")

    with service(talk) as at, HttpServer(body=b"app") as app, front(
        port, at.port, app.port, {"request_body_mode": "STREAMED"}, failure_mode_allow=True
    ):
        assert ask(port, method="POST", body=b"z" * 300_000).body == b"app"
        assert app.requests[0].body == b"z" * 300_000


def test_a_processor_asks_for_time():
    port = free_port()
    more = M["ProcessingResponse"](override_message_timeout=M["Duration"](seconds=20))

    def talk(requests, context):
        for request in requests:
            yield more
            end = time.monotonic() + 0.5
            wait.until(lambda: time.monotonic() >= end, "more time than message_timeout has passed")
            yield answer(part(request))

    with service(talk) as at, HttpServer(body=b"app") as app:
        with front(port, at.port, app.port, message_timeout="0.2s", max_message_timeout="30s") as sluice:
            assert ask(port).body == b"app"
            sluice.admin.wait_stats(stats(override_message_timeout_received=2, message_timeouts=0))
        with front(port, at.port, app.port, message_timeout="0.2s", max_message_timeout="1s") as sluice:
            assert ask(port).status == 504
            sluice.admin.wait_stats(stats(override_message_timeout_ignored=1, message_timeouts=1))


def test_rules_of_what_may_change():
    port = free_port()

    def run(edits, **rules):
        talk = by_part(request_headers=answer("request_headers", edits))
        with service(talk) as at, HttpServer() as app, front(port, at.port, app.port, mutation_rules=rules) as sluice:
            status = ask(port, host="a.test").status
            seen = app.requests[-1] if app.requests else None
            return status, seen, sluice.admin.stats()[STAT + "rejected_header_mutations"]

    edits = [option(":authority", "b.test"), option("x-envoy-upstream-rq-timeout-ms", "5000"), option("x-a", "1")]
    status, seen, rejected = run(edits)
    assert (status, seen.get("host"), seen.get("x-a"), rejected) == (200, "a.test", "1", 2)
    status, seen, rejected = run(edits, allow_all_routing=True, allow_envoy=True)
    assert (seen.get("host"), rejected) == ("b.test", 0)
    status, seen, rejected = run(edits, disallow_all=True, allow_expression={"regex": "x-.*"})
    assert (seen.get("host"), seen.get("x-a"), rejected) == ("a.test", "1", 1)
    status, seen, rejected = run(edits, disallow_expression={"regex": "x-a"}, disallow_is_error=True)
    assert (status, seen, rejected) == (500, None, 3)


def test_a_client_that_leaves_ends_the_stream():
    port = free_port()
    with service(hang) as at, HttpServer() as app, front(port, at.port, app.port) as sluice:
        with connect(port) as client:
            client.send(http1.request())
            assert part(at.next()) == "request_headers"
        assert at.next() is None
        sluice.admin.wait_stats({"cluster.proc.upstream_rq_active": 0, "http.front.downstream_rq_active": 0})
        assert not app.requests


def test_a_body_over_the_limit_is_answered():
    port = free_port()
    with service(by_part()) as at, HttpServer() as app, front(
        port, at.port, app.port, {"request_body_mode": "BUFFERED"},
        made={"listener_fields": {"per_connection_buffer_limit_bytes": 10000}},
    ):
        assert ask(port, method="POST", body=b"x" * 50_000).status == 413
        assert not app.requests


def test_a_slow_processor_holds_the_sender_back():
    port = free_port()
    go = threading.Event()

    def talk(requests, context):
        yield answer(part(next(requests)))
        for request in requests:
            assert go.wait(grpc_service.SECONDS)
            yield answer(part(request), body=request.request_body.body)

    with service(talk) as at, HttpServer() as app, front(
        port, at.port, app.port, {"request_body_mode": "STREAMED", "response_header_mode": "SKIP"},
        made={"listener_fields": {"per_connection_buffer_limit_bytes": 32768}},
    ) as sluice, concurrent.futures.ThreadPoolExecutor(1) as pool:
        text = bytes(range(256)) * 16384
        asked = pool.submit(ask, port, method="POST", body=text)
        wait.until(lambda: sluice.admin.stat("http.front.downstream_flow_control_paused_reading_total"),
                   "the client is held back")
        go.set()
        assert asked.result(grpc_service.SECONDS).status == 200
        assert app.requests[0].body == text


def test_upgrades_pass_with_their_bytes_unseen():
    port = free_port()
    with service(by_part()) as at, Backend() as app, front(
        port, at.port, app.port, bodies("BUFFERED"), made={"hcm": {"upgrade_configs": [{"upgrade_type": "websocket"}]}}
    ), connect(port) as client:
        client.send("GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
        with app.accept() as to:
            to.read_until(b"\r\n\r\n")
            to.send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n")
            client.read_until(b"\r\n\r\n")
            client.send(b"ping")
            to.expect(b"ping")
            to.send(b"pong")
            client.expect(b"pong")
