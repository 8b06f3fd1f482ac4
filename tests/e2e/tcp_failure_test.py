"""Backends that die in the middle of traffic, come back, or change their address."""
import socket
import threading

from harness import wait
from harness.backend import EchoServer, Server, Subprocess, listen
from harness.config import cluster, listener_stat, tcp
from harness.conn import connect
from harness.dns import SERVFAIL, DnsServer
from harness.ports import free_port
from harness.process import Sluice


class Talkers:
    """Clients that talk without a pause, each on a new connection when the old one ends."""

    def __init__(self, port: int, count: int):
        self.port = port
        self.stopping = False
        self.answers = 0
        self.breaks = 0
        self.wrong: list[bytes] = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._talk) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def _talk(self) -> None:
        while not self.stopping:
            try:
                with connect(self.port) as client:
                    self._exchange(client)
            except OSError:
                pass
            with self.lock:
                self.breaks += 1

    def _exchange(self, client) -> None:
        client.sock.settimeout(5 * wait.SCALE)
        while not self.stopping:
            client.sock.sendall(b"ping")
            answer = client.sock.recv(4)
            if not answer:
                return
            if not b"ping".startswith(answer):
                self.wrong.append(answer)
            with self.lock:
                self.answers += 1

    def expect_answers(self, more: int) -> None:
        goal = self.answers + more
        wait.until(lambda: self.answers >= goal, f"{more} more answers", 20)

    def stop(self) -> None:
        self.stopping = True
        for thread in self.threads:
            thread.join(30)


def test_backend_killed_and_restarted_in_the_middle_of_traffic():
    port = free_port()
    with Subprocess("echo") as app:
        with Sluice(tcp(port, [cluster("app", [app.port])]), concurrency=2) as sluice:
            fds = sluice.fds()
            talkers = Talkers(port, 20)
            try:
                for _ in range(3):
                    talkers.expect_answers(500)
                    breaks = talkers.breaks
                    app.kill()
                    wait.until(lambda: talkers.breaks >= breaks + 20, "clients see the end", 10)
                    app.start()
                talkers.expect_answers(500)
            finally:
                talkers.stop()
            assert not talkers.wrong
            sluice.admin.wait_stats(
                {
                    "cluster.app.upstream_cx_connect_fail": ">= 1",
                    "cluster.app.upstream_cx_active": 0,
                    listener_stat(port, "downstream_cx_active"): 0,
                }
            )
            sluice.expect_fds(fds, slack=64)


def test_a_server_that_answers_no_handshake_is_given_up_in_time():
    port, app_port = free_port(), free_port()
    with listen(app_port, backlog=0):
        # With the queue full the kernel drops what else comes.
        filling = [socket.socket() for _ in range(4)]
        for sock in filling:
            sock.setblocking(False)
            sock.connect_ex(("127.0.0.1", app_port))
        proxy = {"max_connect_attempts": 2}
        config = tcp(port, [cluster("app", [app_port], {"connect_timeout": "0.2s"})], proxy=proxy)
        with Sluice(config) as sluice:
            with connect(port) as client:
                client.send("early")
                client.expect_closed()
            sluice.admin.wait_stats(
                {
                    "cluster.app.upstream_cx_connect_timeout": 2,
                    "cluster.app.upstream_cx_connect_fail": 2,
                    "cluster.app.upstream_cx_connect_attempts_exceeded": 1,
                    "cluster.app.upstream_cx_active": 0,
                }
            )
        for sock in filling:
            sock.close()


def access_log(kind: str) -> dict:
    config = {
        "@type": f"type.googleapis.com/envoy.extensions.access_loggers.stream.v3.{kind}",
        "log_format": {"text_format_source": {"inline_string": f"{kind} %BYTES_SENT%\n"}},
    }
    return {"name": kind, "typed_config": config}


def test_access_logs_on_the_standard_streams():
    port = free_port()
    logs = [access_log("StdoutAccessLog"), access_log("StderrAccessLog")]
    with EchoServer() as app:
        sluice = Sluice(tcp(port, [cluster("app", [app.port])], proxy={"access_log": logs}))
        sluice.command = ["sh", "-c", 'exec "$@" >out', "sh", *sluice.command]
        with sluice:
            with connect(port) as client:
                client.send("hello")
                client.expect("hello")
            out = sluice.folder / "out"
            wait.until(lambda: out.read_text() == "StdoutAccessLog 5\n", out.read_text)
            sluice.wait_log(r"(?m)^StderrAccessLog 5$")
            assert "StdoutAccessLog" not in sluice.log()


def says(word: bytes):
    """A server that greets with `word` and then echoes."""

    def handle(conn) -> None:
        conn.send(word)
        conn.sock.settimeout(60)
        while data := conn.sock.recv(4096):
            conn.sock.sendall(data)

    return handle


def dns_cluster(name: str, host: str, port: int, dns_port: int) -> dict:
    resolver = {
        "name": "envoy.network.dns_resolver.cares",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
            "resolvers": [
                {"socket_address": {"address": "127.0.0.1", "port_value": dns_port, "protocol": "UDP"}}
            ],
        },
    }
    fields = {
        "type": "STRICT_DNS",
        "dns_lookup_family": "V4_ONLY",
        "dns_refresh_rate": "0.1s",
        "typed_dns_resolver_config": resolver,
    }
    return cluster(name, [(host, port)], fields)


def greeting(port: int) -> bytes:
    with connect(port) as client:
        return client.read_exact(3)


def test_connections_follow_a_name_whose_address_changes():
    port, app_port = free_port(), free_port()
    with (
        Server(says(b"one"), port=app_port, host="127.0.0.1"),
        Server(says(b"two"), port=app_port, host="127.0.0.2"),
        DnsServer({"app.test": ["127.0.0.1"]}) as names,
        Sluice(tcp(port, [dns_cluster("app", "app.test", app_port, names.port)])) as sluice,
    ):
        fds = sluice.fds()
        with connect(port) as stays:
            stays.expect(b"one")
            names.set("app.test", ["127.0.0.2"])
            sluice.admin.wait_stats({"cluster.app.membership_change": ">= 2"}, 10)
            assert greeting(port) == b"two"
            # an answer that is not one changes nothing
            names.set("app.test", SERVFAIL)
            asked = names.asked("app.test")
            wait.until(lambda: names.asked("app.test") >= asked + 2, "asked again", 10)
            assert greeting(port) == b"two"
            # both: new connections alternate
            names.set("app.test", ["127.0.0.1", "127.0.0.2"])
            sluice.admin.wait_stats({"cluster.app.membership_total": 2}, 10)
            assert {greeting(port) for _ in range(4)} == {b"one", b"two"}
            # and the first connection has lived through all of it
            stays.send(b"still")
            stays.expect(b"still")
        sluice.admin.wait_stats({"cluster.app.upstream_cx_active": 0})
        sluice.expect_fds(fds, slack=4)


def test_a_name_without_an_answer_does_not_stop_the_start():
    port = free_port()
    with DnsServer() as names:
        with Sluice(tcp(port, [dns_cluster("app", "late.test", 1, names.port)])) as sluice:
            with connect(port) as client:
                client.expect_closed()
            sluice.admin.wait_stats({"cluster.app.membership_total": 0})
            with Server(says(b"one")) as app:
                names.set("late.test", ["127.0.0.1"])
                sluice.admin.wait_stats({"cluster.app.membership_total": 1}, 10)
                assert app.port
