"""Long HTTP bodies of known length, byte for byte: by splice where nobody looks at them, else not."""
import threading

import pytest

from harness import stream
from harness.backend import Backend
from harness.config import cluster, http
from harness.conn import connect
from harness.http1 import read_message
from harness.ports import free_port
from harness.process import Sluice

SIZE = 24 << 20
BUFFER = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer"
CORS = "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"
LOOKS_ON = {"name": "b", "typed_config": {"@type": BUFFER, "max_request_bytes": 2 * SIZE}}
LOOKS_AWAY = {"name": "c", "typed_config": {"@type": CORS}}
RESPONSE = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"


def head(conn) -> None:
    while b"\r\n\r\n" not in conn.buffer:
        conn.buffer += conn.sock.recv(4096)
    conn.buffer = conn.buffer[conn.buffer.index(b"\r\n\r\n") + 4 :]


def send_body(conn) -> None:
    for block in stream.blocks(SIZE):
        conn.send(block, seconds=60)


def read_body(conn, halfway) -> None:
    check = stream.Checker()
    check.feed(memoryview(bytes(conn.buffer)))
    conn.buffer = type(conn.buffer)()
    buffer = memoryview(bytearray(1 << 20))
    while check.position < SIZE:
        count = conn.sock.recv_into(buffer)
        assert count, "the body broke off"
        check.feed(buffer[:count])
        if halfway and check.position > SIZE // 2:
            halfway()
            halfway = None
    assert check.position == SIZE


@pytest.mark.parametrize("way", ["splice", "watched"])
def test_bodies_are_exact_both_ways(way):
    port = free_port()
    with Backend() as app:
        filters = [LOOKS_AWAY if way == "splice" else LOOKS_ON]
        config = http(port, [cluster("app", [app.port])], filters=filters)
        with Sluice(config) as sluice, connect(port) as client:
            client.sock.settimeout(60)

            def expect_way() -> None:
                pipes = sluice.pipes() - sluice.pipes_at_start
                assert (pipes > 0) == (way == "splice"), f"{pipes} pipes"

            client.send(REQUEST % SIZE)
            sender = threading.Thread(target=send_body, args=[client])
            sender.start()
            server = app.accept(seconds=60)
            server.sock.settimeout(60)
            head(server)
            read_body(server, expect_way)
            sender.join()
            server.send(RESPONSE % 2 + b"ok")
            assert read_message(client, seconds=60).body == b"ok"
            if way == "watched":
                return  # the buffer filter looks at requests only
            client.send(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            head(server)
            server.send(RESPONSE % SIZE)
            sender = threading.Thread(target=send_body, args=[server])
            sender.start()
            head(client)
            read_body(client, expect_way)
            sender.join()
            sluice.admin.wait_stats({"cluster.app.upstream_cx_total": 1, "http.front.downstream_rq_2xx": 2})
