"""Limits of the process and of its listeners: descriptors, connections, and what happens at them."""
import pytest

from harness.backend import Backend, EchoServer
from harness.config import bootstrap, cluster, listener, listener_stat, tcp, tcp_proxy
from harness.conn import Conn, connect
from harness.ports import free_port
from harness.process import Sluice

ECHO = {"name": "echo", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo"}}


def runtime(**values) -> dict:
    return {"layered_runtime": {"layers": [{"name": "static", "static_layer": values}]}}


def is_served(client: Conn) -> bool:
    client.send("x")
    client.expect("x")
    return True


def test_without_descriptors_accepting_pauses_and_goes_on():
    port = free_port()
    config = bootstrap([listener(port, [ECHO], {"stat_prefix": "front"})], [])
    sluice = Sluice(config)
    # The limit comes with a margin over what the process has open by itself.
    sluice.command = ["prlimit", "--nofile=64:64", *sluice.command]
    with sluice:
        admin_fds = 1
        room = 64 - sluice.fds()
        clients = [connect(port) for _ in range(room + 8)]
        sluice.wait_log("(?i)accepting on .* pauses: Too many open files")
        served = [client for client in clients[: room - admin_fds - 2] if is_served(client)]
        # What had a descriptor for a moment when they were counted has left it to the first of the rest.
        waiting = clients[room + 4 :]
        for client in waiting:
            client.send("late")  # the kernel keeps it
            client.expect_silence(0.01)
        for client in served:
            client.close()
        for client in waiting:
            client.expect("late", 10)
        assert is_served(clients[room - 1])
        sluice.admin.wait_stats({"listener.front.accept_paused": ">= 1"})
        for client in clients:
            client.close()
        sluice.admin.wait_stats({"listener.front.downstream_cx_active": 0})


def test_the_limit_of_all_listeners_and_who_is_exempt():
    port, exempt = free_port(), free_port()
    fronts = [
        listener(port, [ECHO], {"stat_prefix": "front"}),
        listener(exempt, [ECHO], {"stat_prefix": "exempt", "ignore_global_conn_limit": True}, name="exempt"),
    ]
    limits = runtime(**{"overload.global_downstream_max_connections": 3})
    with Sluice(bootstrap(fronts, [], **limits), concurrency=2) as sluice:
        clients = [connect(port) for _ in range(3)]
        assert all(is_served(client) for client in clients)
        for _ in range(2):
            with connect(port) as refused:
                refused.expect_closed()
        with connect(exempt) as client:
            assert is_served(client)
        # A place that is given back is taken.
        clients.pop().close()
        sluice.admin.wait_stats({"listener.front.downstream_cx_active": 2})
        with connect(port) as client:
            assert is_served(client)
        sluice.admin.wait_stats(
            {
                "listener.front.downstream_global_cx_overflow": 2,
                "listener.exempt.downstream_global_cx_overflow": 0,
                "listener.front.downstream_cx_total": 4,
                "listener.exempt.downstream_cx_total": 1,
            }
        )
        for client in clients:
            client.close()


def test_the_limit_of_one_listener_holds_for_all_workers_and_addresses():
    port, second = free_port(), free_port()
    more = {"additional_addresses": [{"address": {"socket_address": {"address": "127.0.0.2", "port_value": second}}}]}
    limits = runtime(**{"envoy.resource_limits.listener.front.connection_limit": 4})
    config = bootstrap([listener(port, [ECHO], {"stat_prefix": "front", **more})], [], **limits)
    with Sluice(config, concurrency=3) as sluice:
        clients = [connect(port) for _ in range(2)] + [connect(("127.0.0.2", second)) for _ in range(2)]
        assert all(is_served(client) for client in clients)
        for target in (port, ("127.0.0.2", second)):
            with connect(target) as refused:
                refused.expect_closed()
        sluice.admin.wait_stats({"listener.front.downstream_cx_overflow": 2, "listener.front.downstream_cx_active": 4})
        for client in clients:
            client.close()


@pytest.mark.parametrize("delay", ["0.1s", "3600s"])
def test_connection_limit_holds_the_rest_back_before_it_closes(delay):
    port = free_port()
    kind = "type.googleapis.com/envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"
    limit = {"@type": kind, "stat_prefix": "few", "max_connections": 1, "delay": delay}
    with Backend() as app:
        config = tcp(port, [cluster("app", [app.port])], filters=[{"name": "limit", "typed_config": limit}])
        with Sluice(config) as sluice, connect(port), app.accept(), connect(port) as over:
            sluice.admin.wait_stats({"connection_limit.few.limited_connections": 1})
            if delay == "0.1s":
                over.expect_closed()
            else:
                over.send("x")
                over.expect_silence(0.1)  # it is neither served nor told
            app.expect_no_connection()
            sluice.admin.wait_stats({"connection_limit.few.active_connections": 1})


def test_buckets_are_one_for_all_workers():
    port = free_port()
    kind = "type.googleapis.com/envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit"
    bucket = {"max_tokens": 6, "tokens_per_fill": 1, "fill_interval": "3600s"}
    limit = {"@type": kind, "stat_prefix": "slow", "token_bucket": bucket}
    fields = {"connection_balance_config": {"exact_balance": {}}}
    front = listener(port, [{"name": "limit", "typed_config": limit}, ECHO], fields)
    with Sluice(bootstrap([front], []), concurrency=3) as sluice:
        clients = [connect(port) for _ in range(6)]
        assert all(is_served(client) for client in clients)
        for _ in range(3):
            with connect(port) as refused:
                refused.expect_closed()
        sluice.admin.wait_stats({"local_rate_limit.slow.rate_limited": 3})
        for client in clients:
            client.close()


def test_hashing_by_source_keeps_each_client_at_its_host():
    for policy in ("RING_HASH", "MAGLEV"):
        port = free_port()
        proxy = {"hash_policy": [{"source_ip": {}}]}
        with EchoServer() as one, EchoServer() as two, EchoServer() as three:
            apps = cluster("app", [one.port, two.port, three.port], {"lb_policy": policy})
            front = listener(port, [tcp_proxy("app", proxy)])
            with Sluice(bootstrap([front], [apps]), concurrency=2) as sluice:

                def total(app: EchoServer) -> int:
                    body = sluice.admin.get("/clusters").body
                    (line,) = (x for x in body.splitlines() if f":{app.port}::cx_total::" in x)
                    return int(line.rpartition(":")[2])

                def visit(source: str) -> tuple[int, ...]:
                    """How many more connections each host got from five visits."""
                    before = [total(app) for app in (one, two, three)]
                    for _ in range(5):
                        with connect(port, source=source) as client:
                            assert is_served(client)
                    return tuple(total(app) - n for app, n in zip((one, two, three), before))

                homes = {source: visit(source) for source in (f"127.0.1.{n}" for n in range(1, 13))}
                # All five at one host, the clients at several, and again at the same.
                assert all(sorted(home) == [0, 0, 5] for home in homes.values()), homes
                assert len(set(homes.values())) >= 2
                assert all(visit(source) == homes[source] for source in list(homes)[:3])
                assert sluice.admin.stat(listener_stat(port, "downstream_cx_total")) == 75
