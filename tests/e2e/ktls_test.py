"""--ktls: records made by the kernel. Where it has no TLS module the same bytes pass by OpenSSL's
records, and one warning says so."""
import errno
import re
import socket
import subprocess
import threading

import pytest

from harness import certs, config, stream, tls, wait
from harness.backend import Backend
from harness.config import TLS, cluster, http, listener_stat
from harness.conn import Conn, connect
from harness.http1 import HttpServer, read_message, request, response
from harness.ports import free_port
from harness.process import Sluice
from harness.tls_front import front

TCP_ULP = 31
SIZE = 2 << 20
BODY = b"".join(bytes(block) for block in stream.blocks(SIZE))
SUITES = {
    "1.2": ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"],
    "1.3": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
}


def kernel_has_it() -> bool:
    with socket.socket() as sock:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, TCP_ULP, b"tls")
        except OSError as refused:  # a module that is there minds only that nothing is connected
            return refused.errno == errno.ENOTCONN
    return True


@pytest.fixture(name="folder")
def certificates(tmp_path):
    certs.make_all(tmp_path, {"server": {"sans": "DNS:localhost,IP:127.0.0.1"}})
    return tmp_path


def start(made: dict, **more) -> Sluice:
    return Sluice(made, args=["--ktls"], **more)


def is_used(sluice: Sluice) -> bool:
    """What the log says, which must be what the kernel says."""
    warnings = re.findall(r".*--ktls changes nothing.*", sluice.log())
    if not kernel_has_it():
        assert len(warnings) == 1 and "module 'tls'" in warnings[0], sluice.log()
    return not warnings


def upstream_tls(version: str, suite: str) -> dict:
    exact = {"tls_minimum_protocol_version": f"TLSv{version.replace('.', '_')}",
             "tls_maximum_protocol_version": f"TLSv{version.replace('.', '_')}"}
    if version == "1.2":
        exact["cipher_suites"] = [suite]
    context = {"@type": f"{TLS}.UpstreamTlsContext", "common_tls_context": {"tls_params": exact}}
    socket = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return {"transport_socket": socket, "connect_timeout": "20s"}


def check_count(sluice: Sluice, prefix: str, connections: int = 1) -> None:
    sluice.admin.wait_stats({f"{prefix}.ssl.ktls_tx": connections if is_used(sluice) else 0})


@pytest.mark.parametrize("suite", SUITES["1.2"] + ["any of 1.3"])
def test_bytes_are_exact_both_ways(folder, suite):
    version = "1.3" if suite == "any of 1.3" else "1.2"
    port = free_port()
    context = tls.context(True, folder, {"cert": "server", "version": version})
    with HttpServer(reply=lambda m: response(body=m.body), context=context) as web:
        made = front(folder, port, web.port)
        made["static_resources"]["clusters"] = [cluster("web", [web.port], upstream_tls(version, suite))]
        wish = {"version": version, **({"ciphers": suite} if version == "1.2" else {})}
        with start(made) as sluice, connect(port) as plain:
            client = tls.client(plain, folder, wish)
            client.check({"version": f"TLSv{version}"})
            for size in [1, 0, 16384, 16385, 40_000, 1, SIZE, 7, SIZE, 100]:
                client.send(request("POST", body=BODY[:size], headers={"content-length": size}), seconds=60)
                answer = read_message(client, seconds=60)
                assert answer.status == 200 and answer.body == BODY[:size], size
            check_count(sluice, listener_stat(port, "")[:-1])
            check_count(sluice, "cluster.web")
            client.shutdown()  # close_notify: an orderly end, which is answered with one
            sluice.admin.wait_stats({
                listener_stat(port, "downstream_cx_active"): 0,
                listener_stat(port, "ssl.connection_error"): 0,
                "cluster.web.ssl.connection_error": 0,
                "http.front.downstream_rq_2xx": 10,
            })


@pytest.mark.parametrize("suite", SUITES["1.3"])
def test_openssl_reads_what_the_kernel_wrote(folder, suite):
    port = free_port()
    body = b"0123456789abcdef" * 30_000
    with HttpServer(body=body) as web, start(front(folder, port, web.port)) as sluice:
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-quiet", "-tls1_3", "-ciphersuites", suite],
            input=request(headers={"connection": "close"}), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.endswith(b"\r\n\r\n" + body), done.stderr
        check_count(sluice, listener_stat(port, "")[:-1])
        sluice.admin.wait_stats({listener_stat(port, f"ssl.ciphers.{suite}"): 1})


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_plain_bodies_are_spliced_into_records(folder, version):
    """Known length: by pipes where the kernel makes the records; a client that reads late gets all."""
    port = free_port()
    with Backend() as app:
        made = http(port, [cluster("app", [app.port])])
        made["static_resources"]["listeners"][0]["filter_chains"][0].update(
            {"transport_socket": config.downstream_tls(str(folder / "server"))})
        with start(made) as sluice, connect(port) as plain:
            client = tls.client(plain, folder, {"version": version})
            client.send(request())
            server = app.accept()
            read_message(server)
            sender = threading.Thread(target=server.send, args=[response(body=BODY * 2)], kwargs={"seconds": 60})
            sender.start()
            begin = client.read_exact(100_000, seconds=60)
            pipes = sluice.pipes() - sluice.pipes_at_start
            assert (pipes > 0) == is_used(sluice), f"{pipes} pipes"
            client.buffer = begin + client.buffer
            assert read_message(client, seconds=60).body == BODY * 2
            sender.join()
            server.shutdown()  # the connection of the client stays
            client.send(request())
            with app.accept() as second:
                read_message(second)
                second.send(response(body=b"again"))
                assert read_message(client).body == b"again"


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_tcp_proxy_moves_both_ways_and_ends_both_ways(folder, version):
    port = free_port()
    with Backend() as app:
        made = config.tcp(port, [cluster("app", [app.port])])
        made["static_resources"]["listeners"][0]["filter_chains"][0].update(
            {"transport_socket": config.downstream_tls(str(folder / "server"))})
        with start(made) as sluice, connect(port) as plain:
            client = tls.client(plain, folder, {"version": version})
            with app.accept() as server:
                client.send(b"ping")
                assert server.read_exact(4) == b"ping"
                sender = threading.Thread(target=server.send, args=[BODY * 2], kwargs={"seconds": 60})
                sender.start()
                assert client.read_exact(2 * SIZE, seconds=60) == BODY * 2
                sender.join()
                sender = threading.Thread(target=client.send, args=[BODY], kwargs={"seconds": 60})
                sender.start()
                assert server.read_exact(SIZE, seconds=60) == BODY
                sender.join()
                server.send(b"last")
                server.shutdown()
                assert client.read_all() == b"last"  # and close_notify
                client.shutdown()
                server.expect_eof()
            sluice.admin.wait_stats({"tcp.front.downstream_cx_total": 1, listener_stat(port, "downstream_cx_active"): 0})


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_last_bytes_reach_a_client_that_reads_late(folder, version):
    """The connection ends behind a body that fills every buffer: all of it, then close_notify."""
    port = free_port()
    with HttpServer(body=BODY) as web:
        with start(front(folder, port, web.port)) as sluice:
            for _ in range(2):
                sock = socket.socket()
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                sock.connect(("127.0.0.1", port))
                with tls.client(Conn(sock), folder, {"version": version}) as client:
                    client.send(request(headers={"connection": "close"}))
                    assert client.read_all(seconds=60).endswith(b"\r\n\r\n" + BODY)
            sluice.admin.wait_stats({listener_stat(port, "ssl.connection_error"): 0})


def test_a_cut_stream_is_an_error(folder):
    port = free_port()
    context = tls.context(True, folder, {"cert": "server", "version": "1.2"})
    with Backend() as app:
        made = front(folder, port, app.port)
        made["static_resources"]["clusters"] = [cluster("web", [app.port], upstream_tls("1.2", SUITES["1.2"][0]))]
        with start(made), connect(port) as plain:
            client = tls.client(plain, folder, {"version": "1.2"})
            client.send(request())
            server = tls.server(app.accept(), context)
            read_message(server)
            server.send(b"HTTP/1.1 200 OK\r\n\r\nhalf of")
            client.read_until(b"half of")
            server.cut()
            client.expect_closed()
            assert b"0\r\n" not in client.buffer  # no last chunk: that was not all
            server.sock.close()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_sessions_are_resumed_both_ways(folder, version):
    port = free_port()
    context = tls.context(True, folder, {"cert": "server", "version": version})
    with HttpServer(body=b"hi", headers={"connection": "close"}, context=context) as web:
        made = front(folder, port, web.port)
        made["static_resources"]["clusters"] = [cluster("web", [web.port], upstream_tls(version, SUITES["1.2"][0]))]
        with start(made) as sluice:
            session = None
            for resumed in (False, True, True):
                with connect(port) as plain:
                    client = tls.client(plain, folder, {"version": version}, session)
                    client.check({"resumed": resumed})
                    client.send(request())
                    assert read_message(client).body == b"hi"
                    session = client
            sluice.admin.wait_stats({
                listener_stat(port, "ssl.session_reused"): 2,
                "cluster.web.ssl.session_reused": 2,
            })
            check_count(sluice, listener_stat(port, "")[:-1], 3)
            check_count(sluice, "cluster.web", 3)


@pytest.mark.parametrize("letter", ["k", "K"])
def test_new_keys(folder, letter):
    """The client changes its keys (k), or asks for ours to be changed as well (K), which is the end
    of a connection whose keys the kernel has."""
    port = free_port()
    with HttpServer(body=b"here it is") as web, start(front(folder, port, web.port)) as sluice:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_3"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
            client.stdin.write(request())
            client.stdin.flush()
            seen = read_until(client, b"here it is")
            client.stdin.write(letter.encode() + b"\n")
            client.stdin.flush()
            seen = read_until(client, b"KEYUPDATE")
            ends = letter == "K" and is_used(sluice)
            if not ends:
                client.stdin.write(request(headers={"connection": "close"}))
                client.stdin.flush()
                seen = read_until(client, b"here it is")
            client.stdin.close()
            client.wait(20)
        assert seen
        sluice.admin.wait_stats({
            listener_stat(port, "ssl.connection_error"): 1 if ends else 0,
            "http.front.downstream_rq_2xx": 1 if ends else 2,
        })


def read_until(process: subprocess.Popen, mark: bytes) -> bytes:
    seen = b""
    while mark not in seen:
        wait.ready(process.stdout, 20)
        piece = process.stdout.read1(65536)
        assert piece, seen
        seen += piece
    return seen
