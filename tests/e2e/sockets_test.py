"""What the configuration says of sockets is what the kernel has: options read back from sluice's own
descriptors."""
import os
import pathlib
import socket
import stat

from harness import kernel
from harness.backend import Backend
from harness.config import address, bootstrap, cluster, listener, tcp, tcp_proxy
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

IP, TCP, SOCKET = socket.IPPROTO_IP, socket.IPPROTO_TCP, socket.SOL_SOCKET
IP_TTL, IP_FREEBIND, IP_TRANSPARENT = 2, 15, 19
TCP_FASTOPEN = 23


def option(level: int, name: int, value: int, state: str | None = None) -> dict:
    fields = {"level": level, "name": name, "int_value": value}
    return fields if state is None else {**fields, "state": state}


def options_of_all_states(first: int) -> list[dict]:
    return [
        option(SOCKET, socket.SO_RCVBUF, 40_000 + first),
        option(SOCKET, socket.SO_PRIORITY, first, "STATE_BOUND"),
        option(IP, IP_TTL, first << 3, "STATE_LISTENING"),
    ]


def values(sock: socket.socket, *names: tuple[int, int]) -> list[int]:
    return [sock.getsockopt(*name) for name in names]


KEEPALIVE = [
    (SOCKET, socket.SO_KEEPALIVE),
    (TCP, socket.TCP_KEEPCNT),
    (TCP, socket.TCP_KEEPIDLE),
    (TCP, socket.TCP_KEEPINTVL),
]
STATES = [(SOCKET, socket.SO_RCVBUF), (SOCKET, socket.SO_PRIORITY), (IP, IP_TTL)]


def test_listening_sockets_have_the_options_of_their_listener():
    port, second = free_port(), free_port()
    fields = {
        "tcp_backlog_size": 77,
        "tcp_fast_open_queue_length": 33,
        "freebind": True,
        "tcp_keepalive": {"keepalive_probes": 4, "keepalive_time": 50, "keepalive_interval": 6},
        "socket_options": options_of_all_states(1),
        "additional_addresses": [
            {
                "address": address(second, "127.0.0.2"),
                "tcp_keepalive": {"keepalive_time": 70},
                "socket_options": {"socket_options": options_of_all_states(2)},
            }
        ],
    }
    with (
        Backend() as app,
        Sluice(tcp(port, [cluster("app", [app.port])], listener_fields=fields), concurrency=2) as sluice,
        connect(port),
        connect(("127.0.0.2", second)),
        app.accept(),
        app.accept(),
        kernel.sockets(sluice) as found,
    ):
        fronts = kernel.listening(found, port)
        assert len(fronts) == 2  # one for each worker
        for sock in fronts:
            assert kernel.backlog(sock) == 77
            assert values(sock, (TCP, TCP_FASTOPEN), (IP, IP_FREEBIND)) == [33, 1]
            assert values(sock, *STATES) == [80_002, 1, 8]
        (client,) = kernel.accepted(found, port)
        assert values(client, *KEEPALIVE) == [1, 4, 50, 6]
        assert values(client, (TCP, socket.TCP_NODELAY)) == [1]
        # The second address has its own options in place of the listener's.
        assert [values(s, *STATES) for s in kernel.listening(found, second)] == [[80_004, 2, 16]] * 2
        (client,) = kernel.accepted(found, second)
        assert values(client, KEEPALIVE[0], KEEPALIVE[2]) == [1, 70]


def test_without_options_the_kernels_defaults_stay():
    port = free_port()
    with (
        Backend() as app,
        Sluice(tcp(port, [cluster("app", [app.port])])) as sluice,
        connect(port),
        app.accept(),
        kernel.sockets(sluice) as found,
    ):
        (front,) = kernel.listening(found, port)
        most = int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
        assert kernel.backlog(front) == min(most, 65535)
        assert values(front, (TCP, TCP_FASTOPEN), (IP, IP_FREEBIND), (IP, IP_TRANSPARENT)) == [0, 0, 0]
        (client,) = kernel.accepted(found, port)
        (server,) = kernel.connected(found, app.port)
        for sock in (client, server):
            assert values(sock, KEEPALIVE[0], (TCP, socket.TCP_NODELAY)) == [0, 1]


def test_upstream_sockets_have_the_options_of_their_cluster():
    port = free_port()
    fields = {
        "upstream_connection_options": {"tcp_keepalive": {"keepalive_probes": 3, "keepalive_time": 21, "keepalive_interval": 2}},
        "upstream_bind_config": {
            "source_address": {"address": "127.0.0.8", "port_value": 0},
            "freebind": True,
            "socket_options": options_of_all_states(3)[:2],
        },
    }
    with (
        Backend() as app,
        Sluice(tcp(port, [cluster("app", [app.port], fields)])) as sluice,
        connect(port) as client,
        app.accept() as server,
        kernel.sockets(sluice) as found,
    ):
        assert server.sock.getpeername()[0] == "127.0.0.8"
        (sock,) = kernel.connected(found, app.port)
        assert values(sock, *KEEPALIVE) == [1, 3, 21, 2]
        assert values(sock, *STATES[:2], (IP, IP_FREEBIND)) == [80_006, 3, 1]
        client.send("x")
        server.expect("x")


def test_source_address_goes_by_the_family_of_the_host():
    port = free_port()
    bind = {
        "source_address": {"address": "127.0.0.8", "port_value": 0},
        "extra_source_addresses": [{"address": {"address": "::1", "port_value": 0}}],
    }
    with Backend() as four, Backend(host="::1") as six:
        hosts = [four.port, ("::1", six.port)]
        config = tcp(port, [cluster("app", hosts, {"upstream_bind_config": bind})])
        with Sluice(config), connect(port), connect(port), four.accept() as a, six.accept() as b:
            assert a.sock.getpeername()[0] == "127.0.0.8"
            assert b.sock.getpeername()[0] == "::1"


def test_options_of_an_extra_source_address_take_the_place_of_the_common_ones():
    port = free_port()
    bind = {
        "source_address": {"address": "127.0.0.8", "port_value": 0},
        "socket_options": [
            option(SOCKET, socket.SO_PRIORITY, 3),
            {**option(SOCKET, socket.SO_RCVBUF, 50_000), "ip_version": "SOCKET_IP_VERSION_IPV6"},
        ],
        "extra_source_addresses": [
            {
                "address": {"address": "::1", "port_value": 0},
                "socket_options": {"socket_options": [option(SOCKET, socket.SO_PRIORITY, 5)]},
            }
        ],
    }
    with Backend() as four, Backend(host="::1") as six:
        hosts = [four.port, ("::1", six.port)]
        with (
            Sluice(tcp(port, [cluster("app", hosts, {"upstream_bind_config": bind})])) as sluice,
            connect(port),
            connect(port),
            four.accept(),
            six.accept(),
            kernel.sockets(sluice) as found,
        ):
            (a,) = kernel.connected(found, four.port)
            (b,) = kernel.connected(found, six.port)
            assert values(a, (SOCKET, socket.SO_PRIORITY)) == [3]
            assert values(b, (SOCKET, socket.SO_PRIORITY)) == [5]
            assert values(a, (SOCKET, socket.SO_RCVBUF)) != [100_000]  # that was for IPv6


def test_health_checks_come_from_the_same_address():
    port = free_port()
    fields = {
        "upstream_bind_config": {"source_address": {"address": "127.0.0.8", "port_value": 0}},
        "health_checks": [
            {
                "timeout": "5s",
                "interval": "60s",
                "unhealthy_threshold": 1,
                "healthy_threshold": 1,
                "tcp_health_check": {},
            }
        ],
    }
    with (
        Backend() as app,
        Sluice(tcp(port, [cluster("app", [app.port], fields)])),
        app.accept() as check,
    ):
        assert check.sock.getpeername()[0] == "127.0.0.8"


def test_options_that_client_sockets_never_come_to_are_warned_of():
    bind = {"socket_options": [option(SOCKET, socket.SO_PRIORITY, 3, "STATE_LISTENING")]}
    with Sluice(tcp(free_port(), [cluster("app", [1], {"upstream_bind_config": bind})])) as sluice:
        assert "STATE_LISTENING has no effect" in sluice.log()


def test_source_address_of_nobody_fails_the_connection_not_the_process():
    port = free_port()
    bind = {"source_address": {"address": "192.0.2.77", "port_value": 0}}
    with Backend() as app, Sluice(tcp(port, [cluster("app", [app.port], {"upstream_bind_config": bind})])) as sluice:
        with connect(port) as client:
            client.expect_closed()
        sluice.admin.wait_stats({"cluster.app.bind_errors": 1, "cluster.app.upstream_cx_active": 0})
        app.expect_no_connection()


def test_unix_listeners_have_their_mode_and_take_their_file_along(tmp_path):
    path = tmp_path / "front.sock"
    with Backend() as app:
        config = tcp(0, [cluster("app", [app.port])])
        config["static_resources"]["listeners"][0]["address"] = {"pipe": {"path": str(path), "mode": 0o620}}
        with Sluice(config):
            info = os.stat(path)
            assert stat.S_ISSOCK(info.st_mode) and stat.S_IMODE(info.st_mode) == 0o620
            with connect(str(path)) as client, app.accept() as server:
                client.send("x")
                server.expect("x")
        assert not path.exists()


def test_exact_balance_gives_each_worker_the_same_number():
    port, plain = free_port(), free_port()
    echo = {"name": "echo", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo"}}
    exact = {"connection_balance_config": {"exact_balance": {}}, "stat_prefix": "exact"}
    config = bootstrap(
        [listener(port, [echo], exact), listener(plain, [echo], {"stat_prefix": "plain"}, name="plain")], []
    )
    workers = range(4)

    def active(name: str, sluice: Sluice) -> list[int]:
        stats = sluice.admin.stats()
        return [stats[f"listener.{name}.worker_{n}.downstream_cx_active"] for n in workers]

    with Sluice(config, concurrency=len(workers)) as sluice:
        clients = []
        for count in (4, 20, 40):
            while len(clients) < count:
                clients.append(connect(port))
                clients[-1].send("x")
                clients[-1].expect("x")
            assert active("exact", sluice) == [count // 4] * 4
        # All of one worker's go: the next ones are its own.
        others = [connect(plain) for _ in range(40)]
        for client in others:
            client.send("x")
            client.expect("x")
        assert sum(active("plain", sluice)) == 40
        for client in [*clients, *others]:
            client.close()
        sluice.admin.wait_stats({f"listener.exact.worker_{n}.downstream_cx_active": 0 for n in workers})


def test_the_file_limit_is_raised_to_the_hard_one():
    with Sluice("static_resources: {}") as sluice:
        limits = pathlib.Path(f"/proc/{sluice.pid}/limits").read_text()
        soft, hard = next(line.split()[3:5] for line in limits.splitlines() if line.startswith("Max open files"))
        assert soft == hard
