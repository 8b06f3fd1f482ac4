"""The process ends in order, whatever is in flight."""
import random
import socket

from harness import http1
from harness.config import cluster, http
from harness.ports import free_port
from harness.process import Sluice


def leave_something_open(port, rng):
    client = socket.create_connection(("127.0.0.1", port))
    kind = rng.randrange(4)
    if kind == 0:
        client.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    elif kind == 1:
        client.sendall(b"GET / HTTP/1.1\r\nho")
    elif kind == 2:
        client.sendall(b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n" + b"x" * rng.randrange(100_000))
    return client


def test_quit_with_connections_in_every_state():
    rng = random.Random(1)
    with http1.HttpServer(body=b"x" * 300_000, takes_cut_requests=True) as web:
        for _ in range(10):
            port = free_port()
            config = http(port, [cluster("web", [web.port])])
            with Sluice(config, args=["--shutdown-grace-s", "0"]) as sluice:
                clients = [leave_something_open(port, rng) for _ in range(rng.randrange(20))]
                sluice.admin.post("/quitquitquit")
                assert sluice.wait_exit() == 0, sluice.log()
                for client in clients:
                    client.close()
