"""Peers that take their time: what they hold is bounded, and nobody else waits for them."""
from attacks import http2_wire as wire
from harness import wait
from harness.backend import Backend
from harness.config import cluster, http
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request, response
from harness.ports import free_port
from harness.process import Sluice

BODY = b"x" * (1 << 20)


def served(port: int) -> None:
    with connect(port) as client:
        client.send(request())
        assert read_message(client).status == 200


def test_a_thousand_streams_that_nobody_reads():
    """Each response is a mebibyte: a gibibyte in all, of which only the buffers may be held."""
    port = free_port()
    breakers = {"thresholds": [{"max_connections": 2000, "max_requests": 2000}]}
    with HttpServer(body=BODY) as app, Sluice(
        http(port, [cluster("app", [app.port], {"circuit_breakers": breakers})])
    ) as sluice:
        served(port)
        rss, fds = sluice.rss_kb(), sluice.fds()
        streams = b"".join(wire.request(stream=2 * i + 1) for i in range(300))
        with wire.Client(port, wire.PREFACE + wire.settings((4, 0))) as client:
            client.send(streams, lambda answer: len(answer.statuses) == 300, 30)
            served(port)
            sluice.expect_rss(rss + 64 * 1024)
            assert client.answer.bodies == {} and not client.answer.closed
        sluice.admin.wait_stats({"http.front.downstream_cx_active": 0, "cluster.app.upstream_rq_active": 0})
        sluice.expect_fds(fds, slack=16)


def test_slow_heads_are_ended_and_block_nobody():
    port = free_port()
    with HttpServer() as app, Sluice(
        http(port, [cluster("app", [app.port])], hcm={"request_headers_timeout": "1s"})
    ) as sluice:
        fds = sluice.fds()
        clients = [connect(port) for _ in range(400)]
        for step, byte in enumerate(b"GET / HTTP/1.1\r\nX: "):
            for client in clients:
                client.send(bytes([byte]))
            if step % 6 == 0:
                served(port)
        for client in clients:
            answer = client.read_all(10)
            assert answer.startswith(b"HTTP/1.1 408 "), answer
            client.close()
        sluice.admin.wait_stats({"http.front.downstream_rq_header_timeout": 400})
        sluice.expect_fds(fds, slack=8)


def test_slow_bodies_are_ended():
    port = free_port()
    with Backend() as app, Sluice(
        http(port, [cluster("app", [app.port])], hcm={"request_timeout": "1s"})
    ) as sluice:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        clients = [connect(port) for _ in range(50)]
        for client in clients:
            client.send(head + b"x")
        for client in clients:
            assert client.read_all(10).startswith(b"HTTP/1.1 408 ")
            client.close()
        sluice.admin.wait_stats(
            {"http.front.downstream_rq_timeout": 50, "cluster.app.upstream_cx_active": 0}
        )


def test_a_backend_that_trickles_its_head_is_given_up():
    port = free_port()
    routes = [{"match": {"prefix": "/"}, "route": {"cluster": "app", "timeout": "1s"}}]
    with Backend() as app, Sluice(http(port, [cluster("app", [app.port])], routes)) as sluice:
        with connect(port) as client:
            client.send(request())
            backend = app.accept()
            backend.read_until(b"\r\n\r\n")
            for byte in b"HTTP/1.1 200 OK\r\nX":
                backend.send(bytes([byte]))
            assert read_message(client).status == 504
            backend.expect_closed()
        sluice.admin.wait_stats({"cluster.app.upstream_rq_timeout": 1})


PIPELINED, CLIENTS, SIZE = 30, 6, 200_000


def labelled(path: str) -> bytes:
    return (path.encode().rjust(16) * (SIZE // 16 + 1))[:SIZE]


def until_nothing_moves(sluice: Sluice, stat: str) -> None:
    seen = []

    def quiet() -> bool:
        seen.append(sluice.admin.stat(stat))
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    wait.until(quiet, f"{stat} stays as it is", 20)


def test_responses_behind_one_that_nobody_reads_keep_their_order():
    """Long bodies move through pipes: what is stuck in one must not be overtaken by the next response."""
    port = free_port()
    with HttpServer(reply=lambda message: response(200, {}, labelled(message.path))) as app, Sluice(
        http(port, [cluster("app", [app.port])])
    ) as sluice:
        clients = [connect(port, receive_buffer=4096) for _ in range(CLIENTS)]
        for number, client in enumerate(clients):
            client.send(b"".join(request(path=f"/{number}-{i}") for i in range(PIPELINED)))
        until_nothing_moves(sluice, "cluster.app.upstream_rq_total")
        for i in range(PIPELINED):
            for number, client in enumerate(clients):
                got = read_message(client, seconds=20)
                assert (got.status, got.body == labelled(f"/{number}-{i}")) == (200, True), (number, i)
        for client in clients:
            client.close()
