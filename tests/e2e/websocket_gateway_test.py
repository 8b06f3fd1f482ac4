"""config/websocket-gateway/: each limit bites, and lets go again."""
import contextlib
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from harness import http1, wait
from harness.admin import Admin
from harness.backend import Backend
from harness.conn import Conn, connect
from harness.ports import free_port
from harness.process import ROOT, Sluice, is_sanitized

FOLDER = ROOT / "config/websocket-gateway"
BACKENDS = (9001, 9002, 9003, 9004)
# Frames of a client and of a server, 4000 bytes each.
MASKED = b"\x82\xfe\x0f\xa0\x01\x02\x03\x04" + b"m" * 4000
UNMASKED = b"\x82\x7e\x0f\xa0" + b"u" * 4000


class Gateway:
    """The gateway as it stands in the file, on free ports and with quicker checks."""

    def __init__(self, stack: contextlib.ExitStack, concurrency: int, process=Sluice):
        self.ports: dict[int, int] = {}
        self.kept: list[Conn] = []  # a connection that nobody refers to would close

        def port(match: re.Match) -> str:
            return f"port_value: {self.ports.setdefault(int(match.group(1)), free_port())}"

        text = re.sub(r"port_value: (\d+)", port, (FOLDER / "gateway.yaml").read_text())
        text, quicker = re.subn(r"interval: 5s", "interval: 0.05s", text)
        assert quicker == 2
        self.chats = {n: stack.enter_context(Backend(self.ports[n])) for n in BACKENDS}
        self.health = {
            n: stack.enter_context(http1.HttpServer(port=self.ports[n + 100])) for n in BACKENDS
        }
        self.sluice = stack.enter_context(process(text, concurrency=concurrency))
        self.stats({"cluster.chat.membership_healthy": 4})

    def stats(self, wanted: dict) -> None:
        self.sluice.admin.wait_stats(wanted)

    def connect(self, name: str = "client") -> Conn:
        self.kept.append(connect(self.ports[8080], name))
        return self.kept[-1]

    def ask(self, name: str) -> Conn:
        """A client that asks for a chat."""
        client = self.connect(name)
        client.send(
            http1.request(
                path="/chat",
                headers={
                    "connection": "upgrade",
                    "upgrade": "websocket",
                    "sec-websocket-version": "13",
                    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
                },
            )
        )
        return client

    def answer(self) -> tuple[int, Conn]:
        """The backend that the chat comes to takes it."""
        found: list[tuple[int, Conn]] = []

        def somebody() -> bool:
            for number, backend in self.chats.items():
                try:
                    backend.expect_no_connection()
                except AssertionError:
                    found.append((number, backend.accept()))
                    return True
            return False

        wait.until(somebody, lambda: "no backend was asked for a chat")
        number, peer = found[0]
        self.kept.append(peer)
        assert http1.read_message(peer).path == "/chat"
        peer.send(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
        )
        return number, peer

    def chat(self, name: str) -> tuple[Conn, int, Conn]:
        client = self.ask(name)
        number, peer = self.answer()
        assert http1.read_message(client).status == 101
        client.send(b"\x81\x85\x01\x02\x03\x04ignor")
        peer.expect(b"\x81\x85\x01\x02\x03\x04ignor")
        peer.send(b"\x81\x02hi")
        client.expect(b"\x81\x02hi")
        return client, number, peer


@pytest.fixture(name="gateway", params=[1, 8], ids=["one worker", "eight workers"])
def _gateway(request):
    with contextlib.ExitStack() as stack:
        yield Gateway(stack, request.param)


def turned_away(client: Conn) -> bool:
    try:
        client.expect_closed(0.1)
    except AssertionError:
        return False
    return True


def test_two_chats_a_backend_and_eight_clients(gateway):
    chats = [gateway.chat(f"c{i}") for i in range(8)]
    by_backend = [number for _, number, _ in chats]
    assert sorted(by_backend) == sorted([*BACKENDS] * 2)
    gateway.stats({"cluster.chat.upstream_cx_active": 8, "cluster.chat.upstream_rq_active": 8})
    gateway.stats({"http.chat.downstream_cx_upgrades_active": 8})
    gateway.connect("ninth").expect_closed()
    gateway.stats({"connection_limit.clients.limited_connections": 1})
    client, _, peer = chats[0]
    client.close()
    peer.expect_eof()
    peer.close()
    gateway.stats({"connection_limit.clients.active_connections": 7})
    _, number, _ = gateway.chat("after")
    assert number == by_backend[0]  # the only one with a place


def test_ten_arrivals_at_once_then_one_a_second(gateway):
    began = time.monotonic()
    for i in range(14):
        gateway.connect(f"c{i}").close()
    gateway.stats({f"listener.0.0.0.0_{gateway.ports[8080]}.downstream_cx_total": 14})
    refilled = int(time.monotonic() - began) + 1
    limited = gateway.sluice.admin.stats()["local_rate_limit.arrivals.rate_limited"]
    assert 4 - refilled <= limited <= 4

    def served_again() -> bool:
        client = gateway.connect("again")
        away = turned_away(client)
        client.close()
        return not away

    wait.until(served_again, lambda: "nobody was let in again")


def test_a_sick_backend_gets_no_chats_and_the_rest_have_no_more_than_two(gateway):
    for n in BACKENDS[1:]:
        gateway.health[n].behave(status=500)
    gateway.stats({"cluster.chat.membership_healthy": 1})
    first, number, peer = gateway.chat("first")
    assert number == BACKENDS[0]
    _, number, _ = gateway.chat("second")
    assert number == BACKENDS[0]
    waiting = [gateway.ask(f"waiting{i}") for i in range(4)]
    gateway.stats({"cluster.chat.upstream_rq_pending_active": 4})
    over = gateway.ask("over")
    refusal = http1.read_message(over)
    assert refusal.status == 503 and refusal.get("x-envoy-overloaded") == "true"
    over.close()
    first.close()
    peer.expect_eof()
    peer.close()
    number, _ = gateway.answer()  # one of those that waited
    assert number == BACKENDS[0]
    gateway.stats({"cluster.chat.upstream_rq_pending_active": 3})
    served, _, _ = select.select([client.sock for client in waiting], [], [], wait.SCALE * 5)
    assert len(served) == 1
    for client in waiting:
        if client.sock is not served[0]:
            client.close()
    gateway.stats({"cluster.chat.upstream_rq_pending_active": 0})
    gateway.health[BACKENDS[1]].behave(status=200)
    gateway.stats({"cluster.chat.membership_healthy": 2})
    _, number, _ = gateway.chat("recovered")
    assert number == BACKENDS[1]  # the other one is full


def test_monitor_prints_what_is_going_on(gateway):
    client, _, _peer = gateway.chat("c")
    gateway.stats({"http.chat.downstream_cx_upgrades_active": 1})
    command = [sys.executable, str(FOLDER / "monitor"), "--once", "--admin"]
    done = subprocess.run(
        [*command, f"127.0.0.1:{gateway.ports[9901]}"], capture_output=True, text=True, check=True
    )
    assert "clients    1/8 open" in done.stdout
    assert "chats      1 open, 1 so far" in done.stdout
    assert "backends   4/4 healthy, 1/8 connections, 0 waiting" in done.stdout
    assert done.stdout.count("healthy ") >= 4 and "connections 1/2" in done.stdout
    gone = subprocess.run(
        [*command, f"127.0.0.1:{free_port()}"], capture_output=True, text=True, check=False
    )
    assert gone.returncode == 1 and "no answer" in gone.stderr
    live = [*command[:2], "--interval", "0.05", "--admin", f"127.0.0.1:{gateway.ports[9901]}"]
    with subprocess.Popen(live, stdout=subprocess.PIPE, text=True) as shown:
        frames = 0
        while frames < 3:  # each one begins where the screen does
            frames += shown.stdout.readline().startswith("\x1b[H\x1b[2J")
        shown.send_signal(signal.SIGINT)
        assert shown.wait(10) == 0
    client.close()


class Confined(Sluice):
    """As docker/compose-websocket-gateway.yaml runs it, without a container engine: uid 1000, no
    rights, a read-only root, a quarter of a core, 256 MiB."""

    # Each step replaces the one before, so that the process stays the one that was started.
    ENTER = (
        "for group in $GROUPS_OF_IT; do echo $$ > $group/cgroup.procs; done; "
        "exec unshare --mount --propagation private sh -c '"
        "mount -o remount,ro,bind / && exec setpriv --reuid 1000 --regid 1000 --clear-groups"
        ' --no-new-privs --inh-caps=-all --bounding-set=-all "$@"\' sh "$@"'
    )

    def __init__(self, config: str, concurrency: int):
        super().__init__(config, concurrency=concurrency)
        self.port = int(re.search(r"^admin:\n.*port_value: (\d+)", config, re.M).group(1))
        at = self.command.index("--admin-address-path")
        del self.command[at : at + 2]  # there is nowhere to write it to
        own = self.folder / "sluice"  # uid 1000 may not get at the build
        shutil.copy(self.command[0], own)
        self.command = ["sh", "-c", self.ENTER, "sh", str(own), *self.command[1:]]
        self.folder.chmod(0o755)
        self.groups = ControlGroups(self.folder.name)
        self.env["GROUPS_OF_IT"] = " ".join(map(str, self.groups.folders))

    def admin_bound(self) -> bool:
        self._alive()
        self.admin = Admin("127.0.0.1", self.port)
        return True

    def remove(self) -> None:
        super().remove()
        self.groups.remove()

    def status(self, name: str) -> str:
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return re.search(rf"^{name}:\s*(.+)$", text, re.M).group(1)


class ControlGroups:
    """A quarter of a core and 256 MiB, by control groups of version 1 or 2."""

    MEMORY = 256 * 1024 * 1024

    def __init__(self, name: str):
        root = pathlib.Path("/sys/fs/cgroup")
        self.folders: list[pathlib.Path] = []
        if (root / "cgroup.controllers").exists():
            limits = {".": {"cpu.max": "25000 100000", "memory.max": str(self.MEMORY)}}
            self.usage = "memory.peak"
        else:
            limits = {
                "cpu": {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "25000"},
                "memory": {"memory.limit_in_bytes": str(self.MEMORY)},
            }
            self.usage = "memory.max_usage_in_bytes"
        try:
            for controller, files in limits.items():
                folder = root / controller / name
                folder.mkdir()
                self.folders.append(folder)
                for file, value in files.items():
                    (folder / file).write_text(value)
        except OSError as failure:
            self.remove()
            pytest.skip(f"no control group can be made here: {failure}")

    def most_memory(self) -> int:
        return int((self.folders[-1] / self.usage).read_text())

    def remove(self) -> None:
        for folder in self.folders:
            folder.rmdir()
        self.folders = []


def can_confine() -> bool:
    """Not where / is no mount point, as in a chroot, and not in most containers."""
    enter = ["unshare", "--mount", "--propagation", "private", "mount", "-o", "remount,ro,bind", "/"]
    return os.geteuid() == 0 and subprocess.run(enter, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_confine(), reason="no file system can be made read-only here")
@pytest.mark.skipif(is_sanitized(), reason="sanitizers need memory of their own")
def test_it_fits_into_a_quarter_of_a_core_and_256_mib_without_any_right():
    with contextlib.ExitStack() as stack:
        gateway = Gateway(stack, 1, Confined)
        sluice = gateway.sluice
        assert sluice.status("Uid").split() == ["1000"] * 4
        assert int(sluice.status("CapEff"), 16) == 0 and sluice.status("NoNewPrivs") == "1"
        mounts = pathlib.Path(f"/proc/{sluice.pid}/mountinfo").read_text()
        assert re.search(r"^\d+ \d+ \S+ / / ro,", mounts, re.M)
        began = time.monotonic()
        chats = [gateway.chat(f"c{i}") for i in range(8)]
        gateway.connect("ninth").expect_closed()
        for _ in range(100):
            for client, _, peer in chats:
                client.send(MASKED)
            for client, _, peer in chats:
                peer.expect(MASKED)
                peer.send(UNMASKED)
            for client, _, peer in chats:
                client.expect(UNMASKED)
        done = subprocess.run(
            [sys.executable, str(FOLDER / "monitor"), "--once", "--admin", f"127.0.0.1:{sluice.port}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "clients    8/8 open" in done.stdout and "1 over the limit" in done.stdout
        assert "backends   4/4 healthy, 8/8 connections, 0 waiting" in done.stdout
        assert done.stdout.count("connections 2/2") == 4
        for client, _, peer in chats:
            client.close()
            peer.expect_eof()
            peer.close()
        gateway.stats({"connection_limit.clients.active_connections": 0})
        wait.until(lambda: sluice.log().count('"GET /chat HTTP/1.1" 101') == 8, sluice.log)
        assert sluice.cpu_seconds() < 0.25 * (time.monotonic() - began) + 0.5
        assert sluice.groups.most_memory() < ControlGroups.MEMORY / 2
