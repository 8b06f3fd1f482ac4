"""stateful_session: a client stays with the host that its cookie names, while that host is well."""
import base64
import contextlib
import re

from harness import http1
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

CONFIG = """
static_resources:
  listeners:
  - name: front
    address: {socket_address: {address: 127.0.0.1, port_value: %(front)d}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          http_filters:
          - name: envoy.filters.http.stateful_session
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.StatefulSession
              strict: %(strict)s
              session_state:
                name: envoy.http.stateful_session.cookie
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState
                  cookie: {name: host, ttl: 120s, path: /}
          - name: envoy.filters.http.router
          route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: app}}]}]}
  clusters:
  - name: app
    type: STATIC
    health_checks: [{timeout: 1s, interval: 0.05s, no_traffic_interval: 0.05s, unhealthy_threshold: 1, healthy_threshold: 1, http_health_check: {path: /health}}]
    load_assignment:
      cluster_name: app
      endpoints:
      - lb_endpoints:
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %(one)d}}}
        - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %(two)d}}}
"""


class Site:
    def __init__(self, stack: contextlib.ExitStack, strict: bool):
        self.servers = {
            name: stack.enter_context(http1.HttpServer(body=name)) for name in ("one", "two")
        }
        self.front = free_port()
        ports = {name: server.port for name, server in self.servers.items()}
        text = CONFIG % {"front": self.front, "strict": str(strict).lower(), **ports}
        self.sluice = stack.enter_context(Sluice(text, concurrency=2))
        self.healthy(2)

    def healthy(self, hosts: int) -> None:
        self.sluice.admin.wait_stats({"cluster.app.membership_healthy": hosts})

    def get(self, cookie: str | None = None) -> http1.Message:
        with connect(self.front) as client:
            client.send(http1.request(headers={"cookie": cookie} if cookie else {}))
            return http1.read_message(client)


def cookie_of(answer: http1.Message) -> str:
    match = re.fullmatch(
        r'(host="[A-Za-z0-9+/=]+"); Max-Age=120; Path=/; HttpOnly', answer.get("set-cookie")
    )
    assert match, answer.get("set-cookie")
    return match.group(1)


def test_a_client_stays_with_its_host_while_that_is_well():
    with contextlib.ExitStack() as stack:
        site = Site(stack, strict=False)
        first = site.get()
        cookie = cookie_of(first)
        name = first.body.decode()
        address = f"127.0.0.1:{site.servers[name].port}"
        assert base64.b64decode(cookie[6:-1]).decode() == address
        for _ in range(20):
            again = site.get(cookie)
            assert again.body == first.body and again.get("set-cookie") is None
        site.servers[name].behave(status=500)
        site.healthy(1)
        moved = site.get(cookie)
        assert moved.status == 200 and moved.body != first.body
        assert cookie_of(moved) != cookie
        for nonsense in ("host=%%%", "host=", 'host="MTI3LjAuMC4xOjk="', "host=" + "A" * 5000):
            assert site.get(nonsense).status == 200


def test_a_strict_session_has_that_host_or_none():
    with contextlib.ExitStack() as stack:
        site = Site(stack, strict=True)
        first = site.get()
        cookie = cookie_of(first)
        site.servers[first.body.decode()].behave(status=500)
        site.healthy(1)
        assert site.get(cookie).status == 503
        assert site.get().status == 200
