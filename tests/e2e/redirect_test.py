"""Connections that wanted to go elsewhere: netfilter's REDIRECT and TPROXY lead them to sluice, the
original_dst filter finds out where to, and an ORIGINAL_DST cluster goes there. In network
namespaces of the test's own."""
import contextlib

import pytest

from harness import kernel, netns, wait
from harness.backend import Backend
from harness.config import address, bootstrap, listener, tcp_proxy
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

FILTER = {"name": "envoy.filters.listener.original_dst"}
WHERE_TO = {"name": "to", "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED", "connect_timeout": "2s"}
ELSEWHERE, ELSEWHERE6 = "10.2.0.5", "fd02::5"


@pytest.fixture(name="network", scope="module")
def fixture_network():
    with netns.network() as network:
        netns.run(f"ip addr add {ELSEWHERE}/32 dev lo")
        netns.run(f"ip addr add {ELSEWHERE6}/128 dev lo nodad")
        yield network


@contextlib.contextmanager
def rules(*lines: str):
    """Netfilter's rules for the block; `-A` in them becomes `-D` at the end."""
    netns.need("iptables")
    netns.unless_refused(*lines)
    try:
        yield
    finally:
        for line in lines:
            netns.run(line.replace(" -A ", " -D "))


def log_to(path: str, text: str) -> dict:
    kind = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
    form = {"text_format_source": {"inline_string": text + "\n"}}
    return {"name": "log", "typed_config": {"@type": kind, "path": path, "log_format": form}}


def front(port: int, host: str, fields: dict | None = None, proxy: dict | None = None) -> dict:
    log = log_to("access.log", "%DOWNSTREAM_LOCAL_ADDRESS% %UPSTREAM_HOST% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")
    base = {"address": address(port, host), "listener_filters": [FILTER], **(fields or {})}
    return listener(port, [tcp_proxy("to", {"access_log": [log], **(proxy or {})})], base)


def logged(sluice: Sluice) -> list[str]:
    path = sluice.folder / "access.log"
    return path.read_text().splitlines() if path.exists() else []


FAST = ["--file-flush-interval-msec", "10"]


@pytest.mark.parametrize(
    "tables, where, listens, client",
    [
        ("iptables", ELSEWHERE, "0.0.0.0", netns.CLIENT),
        ("ip6tables", ELSEWHERE6, "::", netns.CLIENT6),
    ],
    ids=["v4", "v6"],
)
def test_redirected_connections_go_where_they_wanted(network, tables, where, listens, client):
    port, app_port = free_port(), free_port()
    rule = f"{tables} -t nat -A PREROUTING -i router -p tcp --dport {app_port} -j REDIRECT --to-ports {port}"
    with (
        rules(rule),
        Backend(app_port, where) as app,
        Sluice(bootstrap([front(port, listens)], [WHERE_TO]), args=FAST) as sluice,
    ):
        with network.among_clients():
            one = connect((where, app_port))
        with one, app.accept() as server:
            one.send("hello")
            server.expect("hello")
            server.send("back")
            one.expect("back")
        shown = f"[{where}]:{app_port}" if ":" in where else f"{where}:{app_port}"
        wait.until(lambda: logged(sluice) == [f"{shown} {shown} {client}"], lambda: str(logged(sluice)))
        sluice.admin.wait_stats({"cluster.to.upstream_cx_total": 1, "cluster.to.membership_total": 1})


def test_dual_stack_listeners_see_the_destination_of_ipv4_clients(network):
    port, app_port = free_port(), free_port()
    rule = f"iptables -t nat -A PREROUTING -i router -p tcp --dport {app_port} -j REDIRECT --to-ports {port}"
    config = bootstrap([front(port, "::")], [WHERE_TO])
    config["static_resources"]["listeners"][0]["address"]["socket_address"]["ipv4_compat"] = True
    with rules(rule), Backend(app_port, ELSEWHERE) as app, Sluice(config):
        with network.among_clients():
            one = connect((ELSEWHERE, app_port))
        with one, app.accept() as server:
            one.send("hello")
            server.expect("hello")


def test_who_comes_by_himself_is_not_sent_round_in_circles(network):
    port = free_port()
    with Sluice(bootstrap([front(port, "0.0.0.0")], [WHERE_TO])) as sluice:
        with network.among_clients():
            one = connect((netns.ROUTER, port))
        with one:
            one.expect_closed()
        sluice.admin.wait_stats({"cluster.to.upstream_cx_total": 0, "cluster.to.upstream_cx_none_healthy": 1})


def test_filter_chains_by_the_port_that_was_asked_for(network):
    port, first, second = free_port(), free_port(), free_port()
    rule = f"iptables -t nat -A PREROUTING -i router -p tcp -m tcp --dport {{}} -j REDIRECT --to-ports {port}"

    def says(text: str, match: dict | None = None) -> dict:
        kind = "type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config"
        config = {"@type": kind, "response": {"inline_string": text}}
        chain = {"filters": [{"name": "envoy.filters.network.direct_response", "typed_config": config}]}
        return {**chain, "filter_chain_match": match} if match else chain

    chains = [says("first", {"destination_port": first}), says("its own", {"destination_port": port}), says("other")]
    fields = {"address": address(port, "0.0.0.0"), "listener_filters": [FILTER], "filter_chains": chains}
    with (
        rules(rule.format(first), rule.format(second)),
        Sluice(bootstrap([listener(port, [], fields)], [])),
    ):
        for asked, answer in ((first, b"first"), (second, b"other"), (port, b"its own")):
            with network.among_clients():
                one = connect((netns.ROUTER, asked))
            with one:
                assert one.read_all() == answer


def test_tproxy_leads_foreign_addresses_to_a_transparent_listener(network):
    port, app_port = free_port(), free_port()
    marked = f"iptables -t mangle -A PREROUTING -i router -p tcp --dport {app_port} -j TPROXY --on-port {port} --tproxy-mark 1"
    # With NAT about, the kernel has an original destination for every connection.
    tracked = f"iptables -t nat -A PREROUTING -p tcp --dport {free_port()} -j REDIRECT --to-ports {port}"
    config = bootstrap([front(port, "0.0.0.0", {"transparent": True})], [WHERE_TO])
    netns.unless_refused("ip rule add fwmark 1 lookup 100", "ip route add local default dev lo table 100")
    try:
        with rules(marked, tracked), Backend(app_port, ELSEWHERE) as app, Sluice(config, args=FAST) as sluice:
            with kernel.sockets(sluice) as found:
                (sock,) = kernel.listening(found, port)
                assert sock.getsockopt(0, 19) == 1  # IP_TRANSPARENT
            with network.among_clients():
                one = connect((ELSEWHERE, app_port))
            with one, app.accept() as server:
                one.send("hello")
                server.expect("hello")
                server.send("back")
                one.expect("back")
            to = f"{ELSEWHERE}:{app_port}"
            wait.until(lambda: logged(sluice) == [f"{to} {to} {netns.CLIENT}"], lambda: str(logged(sluice)))
    finally:
        netns.run("ip rule del fwmark 1 lookup 100")
        netns.run("ip route flush table 100")


def test_upstream_port_override_keeps_the_address(network):
    port, asked, app_port = free_port(), free_port(), free_port()
    rule = f"iptables -t nat -A PREROUTING -i router -p tcp --dport {asked} -j REDIRECT --to-ports {port}"
    to = {**WHERE_TO, "original_dst_lb_config": {"upstream_port_override": app_port}}
    with rules(rule), Backend(app_port, ELSEWHERE) as app, Sluice(bootstrap([front(port, "0.0.0.0")], [to])):
        with network.among_clients():
            one = connect((ELSEWHERE, asked))
        with one, app.accept() as server:
            one.send("hello")
            server.expect("hello")


def test_freebind_listens_on_an_address_that_is_still_to_come(network):
    port = free_port()
    later = "10.3.0.7"
    with Backend() as app:
        cluster = {"name": "to", "load_assignment": {"cluster_name": "to", "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(app.port)}}]}]}}
        fields = {"listener_filters": [], "freebind": True}
        with Sluice(bootstrap([front(port, later, fields)], [cluster])):
            netns.run(f"ip addr add {later}/32 dev lo")
            with network.among_clients():
                one = connect((later, port))
            with one, app.accept() as server:
                one.send("hello")
                server.expect("hello")
        netns.run(f"ip addr del {later}/32 dev lo")
