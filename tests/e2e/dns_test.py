"""How names are resolved: the settings of a resolver, the machine's own files, and what waits for the
first answer."""
import pytest

from harness import netns, wait
from harness.backend import Backend
from harness.config import address, bootstrap, cluster, listener, tcp, tcp_proxy
from harness.conn import connect
from harness.dns import A, AAAA, DnsServer
from harness.ports import free_port
from harness.process import Sluice

KIND = "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig"


def resolver(servers: list[int] | None = None, **fields) -> dict:
    config = {"@type": KIND, **fields}
    if servers is not None:
        config["resolvers"] = [address(port) for port in servers]
    return {"name": "envoy.network.dns_resolver.cares", "typed_config": config}


def named(host: str, port: int, fields: dict | None = None, name: str = "app") -> dict:
    base = {"type": "STRICT_DNS", "dns_lookup_family": "V4_ONLY", "dns_refresh_rate": "60s"}
    return cluster(name, [(host, port)], {**base, **(fields or {})})


def expect_passage(port: int, app: Backend) -> None:
    with connect(port) as client, app.accept() as server:
        client.send("x")
        server.expect("x")


@pytest.mark.parametrize("place", ["cluster", "old field of the cluster", "bootstrap", "old field of the bootstrap"])
def test_lookups_by_tcp(place):
    port = free_port()
    with Backend() as app, DnsServer({"app.test": ["127.0.0.1"]}) as names:
        by_tcp = {"dns_resolver_options": {"use_tcp_for_dns_lookups": True}}
        own, top = {}, {}
        if place == "cluster":
            own = {"typed_dns_resolver_config": resolver([names.port], **by_tcp)}
        elif place == "bootstrap":
            top = {"typed_dns_resolver_config": resolver([names.port], **by_tcp)}
        else:
            old = {"resolvers": [address(names.port)], **by_tcp}
            (own if "cluster" in place else top)["dns_resolution_config"] = old
        with Sluice(tcp(port, [named("app.test", app.port, own)], **top)):
            expect_passage(port, app)
        assert names.by_tcp == len(names.queries) == 1


def test_tries_and_their_time_are_as_configured():
    port = free_port()
    with DnsServer({"app.test": None}) as names:
        settings = resolver([names.port], query_timeout_seconds=1, query_tries=1)
        config = tcp(port, [named("app.test", 1, {"typed_dns_resolver_config": settings})])
        with Sluice(config) as sluice:  # the default would be four tries of five seconds and more
            sluice.admin.wait_stats({"cluster.app.update_attempt": 1, "cluster.app.update_failure": 1})
        assert names.asked("app.test") == 1


def test_the_listener_opens_with_the_first_answer():
    port, other = free_port(), free_port()
    with Backend() as app, DnsServer({"app.test": None, "later.test": None}) as names:
        own = {"typed_dns_resolver_config": resolver([names.port], query_timeout_seconds=1, query_tries=1)}
        own["dns_failure_refresh_rate"] = {"base_interval": "60s"}
        waits = named("app.test", app.port, own)
        later = named("later.test", app.port, {**own, "wait_for_warm_on_init": False}, name="later")
        fronts = [listener(port, [tcp_proxy("app")]), listener(other, [tcp_proxy("later")], name="other")]
        # A failure is an answer, too.
        with Sluice(bootstrap(fronts, [waits, later])) as sluice:
            sluice.admin.wait_stats({"cluster.app.update_failure": 1})
            with connect(port) as client:
                client.expect_closed()
        names.set("app.test", None)
        own["typed_dns_resolver_config"] = resolver([names.port], query_timeout_seconds=1)
        sluice = Sluice(bootstrap(fronts, [{**waits, **own}, {**later, **own}]))
        try:
            sluice.spawn()
            asked = names.asked("app.test")
            wait.until(lambda: names.asked("app.test") > asked, "the name is asked for")
            # Nobody can connect, and /ready says so.
            with pytest.raises(ConnectionRefusedError):
                connect(port)
            wait.until(sluice.admin_bound, "the admin address is written")
            reply = sluice.admin.get("/ready")
            assert (reply.status, reply.body) == (503, "INITIALIZING\n")
            assert sluice.admin.stat("cluster_manager.warming_clusters") == 2
            assert sluice.admin.stat("listener_manager.workers_started") == 0
            names.set("app.test", ["127.0.0.1"])
            wait.until(sluice.admin.is_ready, "/ready answers 200", 10)
            assert names.asked("later.test") >= 1  # nobody has waited for that one
            expect_passage(port, app)
            sluice.admin.wait_stats({"listener_manager.workers_started": 1, "cluster.later.membership_total": 0})
            sluice.stop()
        finally:
            sluice.remove()


def private(sluice: Sluice, files: dict[str, str]) -> Sluice:
    """Before its start: it sees these texts in place of the machine's files."""
    paths = {}
    for number, (path, text) in enumerate(files.items()):
        mine = sluice.folder / f"private{number}"
        mine.write_text(text)
        mine.chmod(0o644)
        paths[path] = str(mine)
    sluice.command = netns.with_files(sluice.command, paths)
    return sluice


def test_hosts_file_first_then_the_search_domains(tmp_path):
    netns.can_mount(tmp_path)
    port = free_port()
    hosts = "127.0.0.1 localhost\n127.0.0.2 Listed.Test listed\n127.0.0.3 listed.test\n"
    files = {"/etc/hosts": hosts, "/etc/resolv.conf": "nameserver 127.0.0.1\nsearch b.test a.test\n"}
    with DnsServer({"short.a.test": ["127.0.0.5"], "listed.test": ["127.0.0.6"], "dot.ted": ["127.0.0.7"]}) as names:
        own = {"typed_dns_resolver_config": resolver([names.port])}
        strict = {**own, "typed_dns_resolver_config": resolver([names.port], dns_resolver_options={"no_default_search_domain": True})}
        clusters = [
            named("listed.test", 1, own, "listed"),
            named("short", 1, own, "short"),
            named("short", 1, strict, "strict"),
            named("dot.ted", 1, own, "dotted"),
        ]
        with private(Sluice(tcp(port, clusters)), files) as sluice:
            found = {}
            for line in sluice.admin.get("/clusters").body.splitlines():
                name, host, *rest = line.split("::")
                if rest and rest[0] == "hostname":
                    found.setdefault(name, []).append(host)
    assert {name: sorted(hosts) for name, hosts in found.items()} == {
        "listed": ["127.0.0.2:1", "127.0.0.3:1"],
        "short": ["127.0.0.5:1"],
        "dotted": ["127.0.0.7:1"],
    }
    assert names.asked("listed.test") == 0
    assert [name for name, _ in names.queries if name.startswith("short.")] == ["short.b.test", "short.a.test"]


@pytest.fixture(name="network")
def fixture_network():
    with netns.network() as network:
        yield network


def test_without_a_resolver_of_its_own_the_machines_is_asked(network, tmp_path):
    assert network
    netns.can_mount(tmp_path)
    port = free_port()
    with Backend() as app, DnsServer({"app.corp.test": ["127.0.0.1"]}, port=53):
        files = {"/etc/resolv.conf": "nameserver 127.0.0.1\nsearch corp.test\n"}
        with private(Sluice(tcp(port, [named("app", app.port)])), files):
            expect_passage(port, app)


def test_families_without_a_route_are_left_out(network):
    assert network
    port = free_port()
    both = {"app.test": ["127.0.0.1", "::1"]}
    netns.run(f"ip addr del {netns.ROUTER6}/64 dev router")
    with DnsServer(both) as names:
        fields = {"dns_lookup_family": "ALL"}
        plain = {**fields, "typed_dns_resolver_config": resolver([names.port])}
        routed = {**fields, "typed_dns_resolver_config": resolver([names.port], filter_unroutable_families=True)}
        clusters = [named("app.test", 1, plain, "plain"), named("app.test", 1, routed, "routed")]
        with Sluice(tcp(port, clusters)) as sluice:
            stats = sluice.admin.stats()
    assert stats["cluster.plain.membership_total"] == 2
    assert stats["cluster.routed.membership_total"] == 1
    kinds = sorted(kind for _, kind in names.queries)
    assert kinds == [A, A, AAAA]


def test_families_of_a_lookup():
    port = free_port()
    both = {"both.test": ["127.0.0.1", "::1"], "four.test": ["127.0.0.1"]}
    wanted = {
        ("both.test", "V4_ONLY"): ["127.0.0.1:1"],
        ("both.test", "V6_ONLY"): ["[::1]:1"],
        ("both.test", "AUTO"): ["[::1]:1"],
        ("four.test", "AUTO"): ["127.0.0.1:1"],
        ("both.test", "V4_PREFERRED"): ["127.0.0.1:1"],
        ("both.test", "ALL"): ["127.0.0.1:1", "[::1]:1"],
    }
    with DnsServer(both) as names:
        own = {"typed_dns_resolver_config": resolver([names.port])}
        clusters = [
            named(host, 1, {**own, "dns_lookup_family": family}, f"{host.partition('.')[0]}-{family}")
            for host, family in wanted
        ]
        with Sluice(tcp(port, clusters)) as sluice:
            text = sluice.admin.get("/clusters").body
    for (host, family), hosts in wanted.items():
        name = f"{host.partition('.')[0]}-{family}"
        found = [line.split("::")[0:1] and line for line in text.splitlines() if line.startswith(f"{name}::")]
        shown = sorted({h for h in hosts if any(line.startswith(f"{name}::{h}::") for line in found)})
        assert shown == sorted(hosts), (name, found)
        total = sum(line.endswith("::rq_total::0") for line in found)
        assert total == len(hosts), (name, found)


def test_literal_addresses_need_no_resolver():
    port = free_port()
    with Backend() as app, DnsServer() as names:
        own = {"typed_dns_resolver_config": resolver([names.port])}
        with Sluice(tcp(port, [named("127.0.0.1", app.port, own)])):
            expect_passage(port, app)
        assert not names.queries
