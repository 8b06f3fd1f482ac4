"""--explain and /explain say who would take a request, and why."""
import json
import urllib.parse

import pytest

from harness.process import ROOT, Sluice, run

TUTORIAL = str(ROOT / "config/tutorial/proxy.yaml")


def explain(request: str, *flags: str, config: str = TUTORIAL):
    return run(["-c", config, "--explain", request, *flags])


def lines(request: str, *flags: str, config: str = TUTORIAL) -> list[str]:
    done = explain(request, *flags, config=config)
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_names_listener_chain_host_route_and_cluster():
    assert lines("GET http://test/app2/x?y=1") == [
        "listener `front` 0.0.0.0:8080",
        "filter chain #0",
        "virtual host `everything_else` (domain *)",
        "not #0 prefix `/app1`: path does not match",
        "route #1 prefix `/app2`",
        "outcome cluster `app2`",
    ]


def test_host_header_and_method_count():
    assert "virtual host `shop` (longest suffix wildcard)" in lines(
        "POST http://test/", "-H", "host: www.shop.example"
    )


def test_shows_the_path_that_routes_see():
    said = lines("http://test/x/..//admin")
    assert "outcome 403 with 21 bytes" in said and "changes path: /x/..//admin -> /admin" in said
    (outcome,) = [line for line in lines("http://test/x%2f..%2fadmin") if line.startswith("outcome")]
    assert outcome.startswith("outcome 307 to /admin, ")


HEADERS = """
static_resources:
  listeners:
  - name: web
    address: {socket_address: {address: 127.0.0.1, port_value: 443}}
    filter_chains:
    - name: only
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: web
          route_config:
            name: r
            virtual_hosts:
            - name: v
              domains: [a.test]
              require_tls: ALL
              routes:
              - {name: beta, match: {prefix: /, headers: [{name: x-beta, string_match: {exact: "1"}}]}, route: {cluster: b}}
              - name: rest
                match: {prefix: /}
                route: {cluster: a, prefix_rewrite: /v1/}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  - name: bytes
    address: {socket_address: {address: 127.0.0.1, port_value: 5432}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: t
          cluster: a
  clusters:
  - {name: a, type: STATIC, connect_timeout: 1s}
  - {name: b, type: STATIC, connect_timeout: 1s}
"""


@pytest.fixture(name="config")
def fixture_config(tmp_path):
    path = tmp_path / "sluice.yaml"
    path.write_text(HEADERS)
    return str(path)


def test_headers_decide_and_rewrites_are_shown(config):
    said = lines("GET https://a.test/x", config=config)
    assert "filter chain #0 `only`" in said and "outcome cluster `a`" in said
    assert "changes path: /x -> /v1/x" in said
    assert any(line.startswith("not #0 `beta`") and "x-beta" in line for line in said)
    assert "outcome cluster `b`" in lines("GET https://a.test/x", "-H", "X-Beta: 1", config=config)


def test_scheme_counts(config):
    assert "outcome 301 to https://a.test/x" in lines("GET http://a.test/x", config=config)


def test_a_port_chooses_the_listener(config):
    assert lines("GET http://a.test:5432/", config=config)[0] == "listener `bytes` 127.0.0.1:5432"
    done = explain("GET http://a.test:81/", config=config)
    assert done.returncode == 1 and "no listener has port 81" in done.stderr
    assert "`web` 127.0.0.1:443" in done.stderr


@pytest.mark.parametrize("request_line", ["", "GET", "GET /x", "GET ftp://a/", "GET http:///x", "GET http://a b/"])
def test_nonsense_is_refused_in_words(request_line):
    done = explain(request_line or " ")
    assert done.returncode == 1 and "--explain" in done.stderr


def test_a_header_without_a_colon_is_refused():
    done = explain("GET http://a/", "-H", "nocolon")
    assert done.returncode == 1 and "`nocolon`" in done.stderr


def test_admin_answers_the_same_as_json(config):
    with open(config, encoding="utf-8") as file:
        text = file.read().replace("port_value: 443", "port_value: 0").replace("127.0.0.1, port_value: 5432", "127.0.0.2, port_value: 0")
    with Sluice(text) as sluice:
        query = urllib.parse.urlencode({"method": "GET", "scheme": "https", "host": "a.test", "path": "/x"})
        reply = sluice.admin.get("/explain?" + query)
        assert reply.status == 200, reply.body
        (answer,) = json.loads(reply.body)["listeners"]
        assert (answer["listener"], answer["virtual_host"], answer["outcome"]) == ("web", "v", "cluster `a`")
        assert answer["route"]["name"] == "rest" and answer["passed_over_total"] == 1
        beta = sluice.admin.get("/explain?" + query + "&header=x-beta:%201")
        assert beta.json()["listeners"][0]["outcome"] == "cluster `b`"
        assert sluice.admin.get("/explain?host=a%20b").status == 400
        assert sluice.admin.get("/explain?host=a.test:81").status == 404
