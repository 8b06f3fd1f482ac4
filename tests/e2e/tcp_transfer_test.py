# ctest: serial
"""Long transfers through tcp_proxy, byte for byte, and a database's kind of conversation."""
import random
import threading

import pytest

from harness import process, stream, wait
from harness.backend import EchoServer, Subprocess
from harness.config import cluster, listener_stat, tcp
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

# Pipes that a worker keeps for the next transfer: 32, two descriptors each.
POOLED = 64
SIZE = (1 << 26) if process.is_sanitized() else (1 << 30)


def download(port: int, size: int, halfway) -> None:
    """Reads the pattern, to its end and no further; calls `halfway` in the middle of it."""
    check = stream.Checker()
    with connect(port) as client:
        client.sock.settimeout(60 * wait.SCALE)
        buffer = memoryview(bytearray(1 << 20))
        while count := client.sock.recv_into(buffer):
            check.feed(buffer[:count])
            if halfway and check.position > size // 2:
                halfway()
                halfway = None
    assert check.position == size


def upload(port: int, size: int, halfway) -> None:
    with connect(port) as client:
        for number, block in enumerate(stream.blocks(size)):
            client.send(block, seconds=60)
            if number == size >> 21:
                halfway()
        client.shutdown()
        assert client.read_all(seconds=60) == b"%d\n" % size


def way_config(way: str) -> dict:
    """Nobody looks at the bytes here, so they are spliced unless there are no pipes to be had."""
    layer = {"name": "static", "static_layer": {"sluice.splice.max_pipes": 0}}
    return {} if way == "splice" else {"layered_runtime": {"layers": [layer]}}


def expect_way(sluice: Sluice, way: str) -> None:
    """In the middle of a transfer: a pipe is open, or none."""
    pipes = sluice.pipes() - sluice.pipes_at_start
    assert (pipes > 0) == (way == "splice"), f"{pipes} pipes"


def front(app_port: int, port: int, **kwargs) -> Sluice:
    return Sluice(tcp(port, [cluster("app", [app_port])], **kwargs), concurrency=2)


@pytest.mark.parametrize("way", ["splice", "copy"])
def test_download_is_exact_and_leaves_nothing(way):
    port = free_port()
    with Subprocess("source", str(SIZE)) as app, front(app.port, port, **way_config(way)) as sluice:
        fds, rss = sluice.fds(), sluice.rss_kb()
        download(port, SIZE, lambda: expect_way(sluice, way))
        sluice.admin.wait_stats(
            {"tcp.front.downstream_cx_tx_bytes_total": SIZE, listener_stat(port, "downstream_cx_active"): 0}
        )
        sluice.expect_fds(fds, slack=POOLED)
        sluice.expect_rss(rss + 8192)


@pytest.mark.parametrize("way", ["splice", "copy"])
def test_upload_is_exact_and_leaves_nothing(way):
    port = free_port()
    with Subprocess("sink") as app, front(app.port, port, **way_config(way)) as sluice:
        fds, rss = sluice.fds(), sluice.rss_kb()
        upload(port, SIZE, lambda: expect_way(sluice, way))
        sluice.admin.wait_stats(
            {"tcp.front.downstream_cx_rx_bytes_total": SIZE, listener_stat(port, "downstream_cx_active"): 0}
        )
        sluice.expect_fds(fds, slack=POOLED)
        sluice.expect_rss(rss + 8192)


def test_both_ways_at_once():
    size = SIZE // 8
    port = free_port()
    with EchoServer() as app, front(app.port, port), connect(port) as client:
        check = stream.Checker()

        def read() -> None:
            client.sock.settimeout(60)
            while data := client.sock.recv(1 << 20):
                check.feed(data)

        reader = threading.Thread(target=read)
        client.sock.setblocking(True)
        reader.start()
        for block in stream.blocks(size):
            client.sock.sendall(block)
        client.shutdown()
        reader.join(120)
        assert check.position == size


def test_request_and_response_of_every_size():
    """What a database driver does: small and large messages in turn, each waiting for its answer."""
    port = free_port()
    dice = random.Random(7)
    sizes = [1, 5, 100, 4095, 4096, 4097, 16383, 16384, 16385, 65536, 300_000]
    with EchoServer() as app, front(app.port, port), connect(port) as client:
        for turn in range(300):
            message = dice.randbytes(sizes[turn % len(sizes)])
            client.send(message)
            assert client.read_exact(len(message)) == message
