# ctest: serial
"""Thousands of connections at once through tcp_proxy, and nothing left of them."""
import pytest

from harness import load, process
from harness.backend import Subprocess
from harness.config import cluster, listener_stat, tcp
from harness.ports import free_port
from harness.process import Sluice

COUNT = 1000 if process.is_sanitized() else 5000


@pytest.fixture(name="front")
def fixture_front():
    if load.raise_fd_limit() < 2 * COUNT + 500:
        pytest.fail(f"the limit of open files is too low for {COUNT} connections")
    port = free_port()
    # more than the default breaker's 1024
    breakers = {"thresholds": [{"max_connections": 2 * COUNT, "max_pending_requests": 2 * COUNT}]}
    with Subprocess("echo") as app:
        config = tcp(port, [cluster("app", [app.port], {"circuit_breakers": breakers})])
        with Sluice(config, concurrency=2) as sluice:
            yield sluice, port


def one_round(sluice: Sluice, port: int, total: int) -> None:
    with load.Crowd(port, COUNT) as crowd:
        crowd.connect()
        crowd.exchange(lambda i: b"first %06d" % i)
        sluice.admin.wait_stats(
            {
                listener_stat(port, "downstream_cx_active"): COUNT,
                "cluster.app.upstream_cx_active": COUNT,
                "tcp.front.downstream_cx_total": total,
            }
        )
        crowd.exchange(lambda i: b"second %06d" % i * 100)
    sluice.admin.wait_stats(
        {listener_stat(port, "downstream_cx_active"): 0, "cluster.app.upstream_cx_active": 0}, seconds=20
    )


def test_thousands_of_connections_leave_no_fd_and_no_memory(front):
    sluice, port = front
    fds = sluice.fds()
    one_round(sluice, port, COUNT)
    sluice.expect_fds(fds)
    settled = sluice.rss_kb()
    for turn in (2, 3):
        one_round(sluice, port, turn * COUNT)
        sluice.expect_fds(fds)
    # pools may keep what the first round needed; later rounds must not add to it
    sluice.expect_rss(int(settled * 1.1) + 2048)
    sluice.admin.wait_stats({"cluster.app.upstream_cx_overflow": 0, "cluster.app.upstream_cx_connect_fail": 0})
