"""Peers of a TLS listener that break off, stall, lie or flood: each ends alone, and leaves nothing."""
import contextlib
import pathlib
import shutil
import ssl
import subprocess
import tempfile

import pytest

from attacks.judge import exchange
from attacks.meaning import HELLOS
from harness import certs, config, tls
from harness.config import listener_stat
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request
from harness.ports import free_port
from harness.process import Sluice

STALLED = 200


class Front(Sluice):
    """sluice with a TLS listener that gives a handshake one second."""

    def __init__(self, folder: pathlib.Path, backend: int):
        self.port = free_port()
        made = config.http(self.port, [config.cluster("web", [backend])])
        chain = made["static_resources"]["listeners"][0]["filter_chains"][0]
        chain["transport_socket"] = config.downstream_tls(str(folder / "server"))
        chain["transport_socket_connect_timeout"] = "1s"
        self.certificates = folder
        super().__init__(made)

    @contextlib.contextmanager
    def client(self, **spec):
        with connect(self.port) as conn:
            conn.sock.settimeout(5)
            sock = tls.context(False, self.certificates, spec).wrap_socket(conn.sock)
            yield tls.TlsConn(sock, "client")
            sock.close()

    def serves(self) -> None:
        with self.client() as client:
            client.send(request())
            assert read_message(client).status == 200


@pytest.fixture(name="front", scope="module")
def fixture_front():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-certs."))
    certs.make_all(folder, {"server": {"sans": "DNS:localhost,IP:127.0.0.1"}})
    with HttpServer(body=b"x" * 1000) as web, Front(folder, web.port) as sluice:
        sluice.serves()
        fds = sluice.fds()
        yield sluice
        sluice.expect_fds(fds, slack=4)
    shutil.rmtree(folder)


NOISE = [
    ("http", request()), ("zeros", bytes(20_000)), ("alert", b"\x15\3\1\0\2\2\x28"), ("alerts", b"\x15\3\3\0\2\1\0" * 5000),
    ("cipher-spec", b"\x14\3\3\0\1\1" * 5000), ("heartbeat", b"\x18\3\2\0\3\1\x40\0"), ("record-too-long", b"\x16\3\1\xff\xff" + bytes(70_000)),
    ("application-data", b"\x17\3\3\x40\0" + bytes(16384)), ("empty-records", b"\x16\3\1\0\0" * 10_000),
    ("http2-preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), ("proxy-header", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n"),
    *HELLOS,
]  # fmt: skip


@pytest.mark.parametrize("shut", [True, False], ids=["ended", "open"])
def test_noise_is_ended(front, shut):
    for name, noise in NOISE:
        outcome = exchange(front.port, (noise,), shut=shut, seconds=4)
        assert outcome.end != "open", f"{name}: {outcome.data[:40]!r}"
        assert b"HTTP/" not in outcome.data, name
    front.serves()


def _hello(folder: pathlib.Path) -> bytes:
    """The first flight of an ordinary client."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.context(False, folder, {}).wrap_bio(incoming, outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_a_handshake_cut_anywhere_ends(front):
    hello = _hello(front.certificates)
    for size in [*range(1, 60), *range(60, len(hello), 37)]:
        with connect(front.port) as conn:
            conn.send(hello[:size])
            conn.abort() if size % 2 else conn.shutdown()
    for at in range(5, len(hello), 29):  # and one that is changed there
        wrong = hello[:at] + bytes([hello[at] ^ 0x55]) + hello[at + 1 :]
        assert exchange(front.port, (wrong,), shut=True).end != "open"
    front.serves()


def test_stalled_handshakes_are_ended_in_time_and_block_nobody(front):
    stat = listener_stat(front.port, "downstream_cx_transport_socket_connect_timeout")
    before = front.admin.stat(stat)
    hello = _hello(front.certificates)
    clients = [connect(front.port) for _ in range(STALLED)]
    for index, client in enumerate(clients):
        client.send(hello[: [0, 1, 5, len(hello) // 2, len(hello)][index % 5]])
    front.serves()
    for client in clients:
        client.expect_closed(5)
        client.close()
    front.admin.wait_stats({stat: before + STALLED})


def test_records_that_were_changed_are_not_read(front):
    for version in ("1.2", "1.3"):
        context = tls.context(False, front.certificates, {"version": version})
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(incoming, outgoing)
        with connect(front.port) as conn:
            while True:
                try:
                    client.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    conn.send(outgoing.read())
                    incoming.write(conn.take(lambda b: len(b) or None, "a flight"))
            conn.send(outgoing.read())
            client.write(request())
            record = bytearray(outgoing.read())
            record[-1] ^= 1
            conn.send(bytes(record))
            conn.expect_closed(5)
    front.serves()


def test_handshakes_in_a_row_leave_nothing(front):
    front.serves()
    rss, fds = front.rss_kb(), front.fds()
    for index in range(300):
        with front.client(version="1.2" if index % 2 else "1.3") as client:
            if index % 3 == 0:
                client.send(request()[:20])
            if index % 5 == 0:
                client.abort()
    front.serves()
    front.expect_fds(fds, slack=2)
    front.expect_rss(rss + 8192)


def test_renegotiation_and_floods_of_key_updates_end(front):
    """s_client reads its commands from lines: R renegotiates, K updates the keys of both sides."""
    for version, commands in (("-tls1_2", b"R\n" * 5), ("-tls1_3", b"K\n" * 200), ("-tls1_3", b"k\n" * 200)):
        subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{front.port}", version],
            input=commands, capture_output=True, timeout=20, check=False,
        )  # fmt: skip
        front.serves()
