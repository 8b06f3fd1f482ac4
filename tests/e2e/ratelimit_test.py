"""The filters envoy.filters.http.ratelimit and envoy.filters.network.ratelimit against a gRPC service; its messages
by the numbers of rls.proto."""
import grpc
import pytest

from harness import config, grpc_service, http1
from harness.backend import Backend
from harness.conn import connect
from harness.http1 import HttpServer
from harness.ports import free_port
from harness.process import Sluice

EXT = "type.googleapis.com/envoy.extensions.filters"
HTTP = f"{EXT}.http.ratelimit.v3.RateLimit"
H2 = {"http2_protocol_options": {}}

MESSAGES = {
    "RateLimitRequest": {"domain": (1, "string"), "descriptors": (2, "Descriptor*"), "hits_addend": (3, "uint32")},
    "Descriptor": {"entries": (1, "Pair*"), "limit": (2, "Override"), "hits_addend": (3, "Wrapped")},
    "Pair": {"key": (1, "string"), "value": (2, "string")},
    "Override": {"requests_per_unit": (1, "uint32"), "unit": (2, "int32")},
    "Wrapped": {"value": (1, "uint64")},
    "RateLimitResponse": {
        "overall_code": (1, "int32"), "statuses": (2, "Status*"), "response_headers_to_add": (3, "Header*"),
        "request_headers_to_add": (4, "Header*"), "raw_body": (5, "bytes"),
        "dynamic_metadata": (6, ".google.protobuf.Struct"),
    },
    "Status": {"code": (1, "int32"), "current_limit": (2, "Limit"), "limit_remaining": (3, "uint32"),
               "duration_until_reset": (4, "Duration")},
    "Limit": {"requests_per_unit": (1, "uint32"), "unit": (2, "int32"), "name": (3, "string")},
    "Duration": {"seconds": (1, "int64")},
    "Header": {"key": (1, "string"), "value": (2, "string")},
}
M = grpc_service.messages("rls", MESSAGES)
OK, OVER = 1, 2


def service(answer):
    """Answers what `answer` makes of a request."""
    return grpc_service.serve(grpc_service.Unary(
        "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit", M["RateLimitRequest"], answer))


def says(code=OK, **fields):
    made = M["RateLimitResponse"](overall_code=code, **fields)
    return lambda request, context: made


def header(key, value):
    return M["Header"](key=key, value=value)


def status(requests, unit, remaining, reset, name=""):
    return M["Status"](code=OK, limit_remaining=remaining, duration_until_reset=M["Duration"](seconds=reset),
                       current_limit=M["Limit"](requests_per_unit=requests, unit=unit, name=name))


def generic(value, **fields):
    return {"actions": [{"generic_key": {"descriptor_value": value}}], **fields}


def rls(port):
    return config.cluster("rls", [port], H2)


SERVICE = {"grpc_service": {"envoy_grpc": {"cluster_name": "rls"}}, "transport_api_version": "V3"}


def limit(**fields):
    return {"name": "envoy.filters.http.ratelimit", "typed_config": {
        "@type": HTTP, "domain": "d", "timeout": "20s", "rate_limit_service": SERVICE, **fields}}


def front(port, rls_port, app_port, levels=None, route=None, host=None, before=(), made=None, **fields):
    route = {"match": {"prefix": "/"}, "route": {"cluster": "app", "rate_limits": levels or [generic("g")]},
             **(route or {})}
    hosts = [{"name": "all", "domains": ["*"], "routes": [route], **(host or {})}]
    return Sluice(config.http(port, [config.cluster("app", [app_port]), rls(rls_port)], virtual_hosts=hosts,
                              filters=[*before, limit(**fields)], **(made or {})))


def ask(port, **fields):
    with connect(port) as client:
        client.send(http1.request(**fields))
        return http1.read_message(client)


def entries(descriptor):
    return [(entry.key, entry.value) for entry in descriptor.entries]


def test_what_the_service_is_told():
    port = free_port()
    script = """function envoy_on_request(handle)
      handle:streamInfo():dynamicMetadata():set("plan", "gold", {requests_per_unit = 42, unit = "HOUR"})
    end"""
    lua = {"name": "envoy.filters.http.lua", "typed_config": {
        "@type": f"{EXT}.http.lua.v3.Lua", "default_source_code": {"inline_string": script}}}
    of_plan = {"dynamic_metadata": {"metadata_key": {"key": "plan", "path": [{"key": "gold"}]}}}
    no_plan = {"dynamic_metadata": {"metadata_key": {"key": "plan", "path": [{"key": "none"}]}}}
    rate_limits = [
        {"actions": [{"request_headers": {"header_name": "x-user", "descriptor_key": "user"}},
                     {"destination_cluster": {}}], "limit": of_plan},
        generic("two", limit=no_plan, hits_addend={"number": 3}),
        generic("other stage", stage=1),
        {"actions": [{"request_headers": {"header_name": "x-none", "descriptor_key": "none"}}]},
    ]
    one = {**SERVICE, "grpc_service": {"envoy_grpc": {"cluster_name": "rls", "authority": "rls.test"},
                                       "initial_metadata": [{"key": "x-path", "value": "%REQ(:PATH)%"}]}}
    with service(says()) as at, HttpServer(body=b"app") as app, front(
        port, at.port, app.port, rate_limits, before=[lua], host={"rate_limits": [generic("host")]},
        rate_limit_service=one,
    ) as sluice:
        answer = ask(port, path="/p", headers={"x-user": "ann\xff"})
        assert (answer.status, answer.body) == (200, b"app")
        request, metadata = at.next()
        assert request.domain == "d" and request.hits_addend == 0
        first, second = request.descriptors
        assert entries(first) == [("user", "ann!"), ("destination_cluster", "app")]
        assert (first.limit.requests_per_unit, first.limit.unit) == (42, 3)
        assert not first.HasField("hits_addend")
        assert entries(second) == [("generic_key", "two")]
        assert second.hits_addend.value == 3 and not second.HasField("limit")
        assert metadata["x-path"] == "/p" and metadata["x-envoy-internal"] == "true"
        sluice.admin.wait_stats({"cluster.app.ratelimit.ok": 1, "cluster.app.ratelimit.over_limit": 0,
                                 "cluster.rls.upstream_rq_active": 0})


def test_a_request_over_the_limit_is_answered_as_the_service_says():
    port = free_port()
    answer = M["RateLimitResponse"](
        overall_code=OVER, raw_body=b"{}", statuses=[status(10, 1, 0, 7, "per-ip"), status(1000, 3, 12, 100)],
        response_headers_to_add=[header("X-From", "rls"), header("content-type", "application/json"),
                                 header("content-length", "99")])
    answer.dynamic_metadata.update({"why": "much"})
    log = {"name": "envoy.access_loggers.file", "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": "/dev/stdout", "log_format": {"text_format_source": {"inline_string":
            "LOG %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DYNAMIC_METADATA(envoy.filters.http.ratelimit:why)%\n"}}}}
    with service(lambda r, c: answer) as at, HttpServer() as app, front(
        port, at.port, app.port, enable_x_ratelimit_headers="DRAFT_VERSION_03",
        response_headers_to_add=[{"header": {"key": "x-own", "value": "%RESPONSE_CODE%"}}],
        stat_prefix="s", made={"hcm": {"access_log": [log]}},
    ) as sluice:
        got = ask(port)
        assert (got.status, got.body) == (429, b"{}")
        assert got.get_all("x-from") == ["rls"] and got.get_all("content-type") == ["application/json"]
        assert got.get_all("content-length") == ["2"] and got.get_all("x-envoy-ratelimited") == ["true"]
        assert got.get("x-ratelimit-limit") == '10, 10;w=1;name="per-ip", 1000;w=3600'
        assert got.get("x-ratelimit-remaining") == "0" and got.get("x-ratelimit-reset") == "7"
        assert got.get("x-own") == "429"
        assert not app.requests
        sluice.admin.wait_stats({"cluster.app.ratelimit.s.over_limit": 1, "cluster.app.ratelimit.s.ok": 0,
                                 "cluster.app.upstream_rq_429": 1, "cluster.app.upstream_rq_4xx": 1})
        sluice.wait_log('LOG RL request_rate_limited "?much"?')


def test_a_request_within_the_limit_carries_what_the_service_adds():
    port = free_port()
    answer = says(request_headers_to_add=[header("x-tier", "gold"), header("transfer-encoding", "chunked")],
                  response_headers_to_add=[header("x-from", "rls")], statuses=[status(5, 2, 4, 30)])
    with service(answer) as at, Backend() as app, front(
        port, at.port, app.port, enable_x_ratelimit_headers="DRAFT_VERSION_03"
    ), connect(port) as client:
        client.send(http1.request(method="POST", body=b"hello", headers={"x-tier": "own"}))
        with app.accept() as to:
            got = http1.read_message(to)
            assert got.get_all("x-tier") == ["own", "gold"] and got.body == b"hello"
            assert got.get("transfer-encoding") is None
            to.send(http1.response(body=b"ok"))
            answer = http1.read_message(client)
            assert answer.status == 200 and answer.get("x-from") == "rls"
            assert answer.get("x-envoy-ratelimited") is None
            assert answer.get("x-ratelimit-limit") == "5, 5;w=60" and answer.get("x-ratelimit-reset") == "30"


def test_not_enforced_only_tells():
    port = free_port()
    never = {"default_value": {"numerator": 0}, "runtime_key": "my.enforced"}
    with service(says(OVER)) as at, HttpServer() as app, front(
        port, at.port, app.port, filter_enforced=never, rate_limited_status={"code": 503},
        disable_x_envoy_ratelimited_header=True,
        made={"layered_runtime": {"layers": [{"name": "a", "admin_layer": {}}]}},
    ) as sluice:
        assert ask(port).status == 200
        sluice.admin.post("/runtime_modify?my.enforced=100")
        refused = ask(port)
        assert refused.status == 503 and refused.get("x-envoy-ratelimited") is None
        sluice.admin.post("/runtime_modify?ratelimit.http_filter_enabled=0")
        assert ask(port).status == 200
        sluice.admin.wait_stats({"cluster.app.ratelimit.over_limit": 2})


FAILURES = {
    "says no": lambda r, c: c.abort(grpc.StatusCode.UNAVAILABLE, "not now"),
    "no message": lambda r, c: b"\x1a\xff\xff\xff\xff\x0f",
    "a field that cannot be written": says(OVER, response_headers_to_add=[header("x-a", "1\r\nset-cookie: a=b")]),
    "a name that is none": says(request_headers_to_add=[header("x a", "1")]),
    "a pseudo-header": says(request_headers_to_add=[header(":path", "/admin")]),
    "a host": says(request_headers_to_add=[header("host", "admin.test")]),
    "a status": says(response_headers_to_add=[header(":status", "200")]),
    "too many fields": says(request_headers_to_add=[header("x-a", str(n)) for n in range(1500)]),
    "too much": says(request_headers_to_add=[header("x-a", "x" * 200_000)]),
    "a flood": lambda r, c: b"\x2a" + b"\x80\x80\x80\x01" + b"x" * 2_097_152,
}


def test_no_answer_lets_pass_unless_it_must_not():
    port, strict_port = free_port(), free_port()

    def answer(request, context):
        return FAILURES[request.descriptors[0].entries[0].value](request, context)

    by_path = [{"actions": [{"request_headers": {"header_name": "x-case", "descriptor_key": "case"}}]}]
    with service(answer) as at, HttpServer() as app, front(port, at.port, app.port, by_path) as sluice, front(
        strict_port, at.port, app.port, by_path, failure_mode_deny=True
    ) as strict:
        for case in FAILURES:
            assert ask(port, headers={"x-case": case}).status == 200, case
            refused = ask(strict_port, headers={"x-case": case})
            assert (refused.status, refused.body, refused.get("set-cookie")) == (500, b"", None), case
        n = len(FAILURES)
        assert len(app.requests) == n
        sluice.admin.wait_stats({"cluster.app.ratelimit.error": n, "cluster.app.ratelimit.failure_mode_allowed": n})
        strict.admin.wait_stats({"cluster.app.ratelimit.error": n, "cluster.app.ratelimit.failure_mode_allowed": 0,
                                 "cluster.rls.upstream_rq_active": 0})


def test_a_service_that_hangs_is_not_waited_for():
    port = free_port()
    with Backend() as silent, HttpServer(body=b"app") as app, front(port, silent.port, app.port, timeout="0.1s") as sluice:
        assert ask(port).body == b"app"
        sluice.admin.wait_stats({"cluster.app.ratelimit.error": 1, "cluster.app.ratelimit.failure_mode_allowed": 1,
                                 "cluster.rls.upstream_rq_active": 0})


def test_runtime_says_whether_failures_refuse():
    port = free_port()
    share = {"default_value": {"numerator": 0}, "runtime_key": "deny"}
    with service(FAILURES["says no"]) as at, HttpServer() as app, front(
        port, at.port, app.port, failure_mode_deny=True, failure_mode_deny_percent=share, status_on_error={"code": 503},
        made={"layered_runtime": {"layers": [{"name": "a", "admin_layer": {}}]}},
    ) as sluice:
        assert ask(port).status == 200
        sluice.admin.post("/runtime_modify?deny=100")
        assert ask(port).status == 503


def test_descriptors_are_turned_off_by_runtime():
    port = free_port()
    with service(says(OVER)) as at, HttpServer() as app, front(
        port, at.port, app.port, [generic("g", disable_key="k")],
        made={"layered_runtime": {"layers": [{"name": "a", "admin_layer": {}}]}},
    ) as sluice:
        assert ask(port).status == 429
        sluice.admin.post("/runtime_modify?ratelimit.k.http_filter_enabled=0")
        assert ask(port).status == 200
        sluice.admin.wait_stats({"cluster.app.ratelimit.over_limit": 1})


@pytest.mark.parametrize(("kind", "asked"), [("internal", [False, True]), ("external", [True, False]), ("both", [True, True])])
def test_kinds_of_requests(kind, asked):
    port = free_port()
    mark = {"name": "envoy.filters.http.header_mutation", "typed_config": {
        "@type": f"{EXT}.http.header_mutation.v3.HeaderMutation", "mutations": {"request_mutations": [
            {"append": {"header": {"key": "x-envoy-internal", "value": "%REQ(x-kind)%"},
                        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}}]}}}
    with service(says(OVER)) as at, HttpServer() as app, front(
        port, at.port, app.port, before=[mark], request_type=kind
    ):
        got = [ask(port, headers={"x-kind": internal}).status for internal in ("false", "true")]
        assert got == [429 if one else 200 for one in asked]


@pytest.mark.parametrize(("vh", "expected"), [
    (None, ["route"]), ("OVERRIDE", ["route"]), ("INCLUDE", ["route", "host"]), ("IGNORE", ["route"])])
def test_which_levels_count(vh, expected):
    port = free_port()
    own = {} if vh is None else {"typed_per_filter_config": {"envoy.filters.http.ratelimit": {
        "@type": f"{HTTP}PerRoute", "vh_rate_limits": vh, "domain": "mine"}}}
    with service(says()) as at, HttpServer() as app, front(
        port, at.port, app.port, [generic("route")], route=own, host={"rate_limits": [generic("host")]}
    ):
        assert ask(port).status == 200
        request, _ = at.next()
        assert request.domain == ("d" if vh is None else "mine")
        assert [entries(one)[0][1] for one in request.descriptors] == expected


def test_rules_of_the_route_config_replace_all_others():
    port = free_port()
    own = {"typed_per_filter_config": {"envoy.filters.http.ratelimit": {
        "@type": f"{HTTP}PerRoute", "rate_limits": [generic("mine")]}}}
    with service(says()) as at, HttpServer() as app, front(
        port, at.port, app.port, [generic("route")], route=own, rate_limits=[generic("filter")], request_type="external"
    ):
        assert ask(port).status == 200
        assert entries(at.next()[0].descriptors[0]) == [("generic_key", "mine")]
        assert ask(port, headers={"x-envoy-internal": "true"}).status == 200
    assert at.requests.empty() or entries(at.next()[0].descriptors[0]) == [("generic_key", "mine")]


def test_grpc_clients_get_the_status_they_are_to_get():
    port = free_port()
    with service(says(OVER)) as at, HttpServer() as app, front(
        port, at.port, app.port, rate_limited_as_resource_exhausted=True, made={"hcm": {"codec_type": "HTTP2"}}
    ), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.RpcError) as error:
            channel.unary_unary("/a.B/C", lambda d: d, lambda d: d)(b"", timeout=grpc_service.SECONDS)
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def tcp_front(port, rls_port, app_port, **fields):
    filter_config = {"name": "envoy.filters.network.ratelimit", "typed_config": {
        "@type": f"{EXT}.network.ratelimit.v3.RateLimit", "stat_prefix": "t", "domain": "d", "timeout": "20s",
        "descriptors": [
            {"entries": [{"key": "ip", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}, {"key": "k", "value": "v"}],
             "limit": {"requests_per_unit": 5, "unit": "MINUTE"}},
            {"entries": [{"key": "all"}], "hits_addend": 2}],
        "rate_limit_service": SERVICE, **fields}}
    return Sluice(config.tcp(port, [config.cluster("app", [app_port]), rls(rls_port)], filters=[filter_config],
                             layered_runtime={"layers": [{"name": "a", "admin_layer": {}}]}))


def test_connections_wait_for_the_answer():
    port = free_port()
    with service(says()) as at, Backend() as app, tcp_front(port, at.port, app.port) as sluice, \
            connect(port) as client:
        client.send(b"hello")
        with app.accept() as to:
            to.expect(b"hello")
            to.send(b"world")
            client.expect(b"world")
        request, _ = at.next()
        first, second = request.descriptors
        assert entries(first) == [("ip", "127.0.0.1"), ("k", "v")]
        assert (first.limit.requests_per_unit, first.limit.unit) == (5, 2)
        assert entries(second) == [("all", "")] and second.hits_addend.value == 2
        sluice.admin.wait_stats({"ratelimit.t.total": 1, "ratelimit.t.ok": 1, "ratelimit.t.active": 0,
                                 "ratelimit.t.cx_closed": 0})


def test_connections_over_the_limit_are_closed_if_that_is_enforced():
    port = free_port()
    with service(says(OVER)) as at, Backend() as app, tcp_front(port, at.port, app.port) as sluice:
        with connect(port) as client:
            client.expect_eof()
        app.expect_no_connection()
        sluice.admin.wait_stats({"ratelimit.t.over_limit": 1, "ratelimit.t.cx_closed": 1, "ratelimit.t.active": 0})
        sluice.admin.post("/runtime_modify?ratelimit.tcp_filter_enforcing=0")
        with connect(port), app.accept():
            sluice.admin.wait_stats({"ratelimit.t.over_limit": 2, "ratelimit.t.cx_closed": 1})
        sluice.admin.post("/runtime_modify?ratelimit.tcp_filter_enabled=0")
        with connect(port), app.accept():
            sluice.admin.wait_stats({"ratelimit.t.total": 2, "cluster.app.upstream_cx_total": 2})


@pytest.mark.parametrize("deny", [False, True])
def test_connections_without_an_answer(deny):
    port = free_port()
    with service(FAILURES["says no"]) as at, Backend() as app, tcp_front(
        port, at.port, app.port, failure_mode_deny=deny
    ) as sluice, connect(port) as client:
        if deny:
            client.expect_eof()
            app.expect_no_connection()
        else:
            with app.accept() as to:
                client.send(b"x")
                to.expect(b"x")
        sluice.admin.wait_stats({"ratelimit.t.error": 1, "ratelimit.t.failure_mode_allowed": 0 if deny else 1,
                                 "ratelimit.t.cx_closed": 1 if deny else 0, "ratelimit.t.active": 0})


def test_a_client_that_leaves_ends_the_call():
    port = free_port()
    with Backend() as silent, Backend() as app, tcp_front(port, silent.port, app.port) as sluice:
        with connect(port) as client:
            with silent.accept():
                sluice.admin.wait_stats({"ratelimit.t.active": 1})
                client.abort()
                sluice.admin.wait_stats({"ratelimit.t.active": 0, "cluster.rls.upstream_rq_active": 0})
        app.expect_no_connection()
