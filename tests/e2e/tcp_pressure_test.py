"""What a peer can cost: readers that stall, more connections than there are descriptors."""
import resource

import pytest

from harness import process, wait
from harness.backend import EchoServer, Subprocess
from harness.config import cluster, listener_stat, tcp
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

STALLED = 50
LIMIT = 65536


@pytest.mark.parametrize("pipes", [0, 1024], ids=["copy", "splice"])
def test_readers_that_stall_cost_no_more_than_the_buffer_limit(pipes):
    port = free_port()
    layer = {"name": "static", "static_layer": {"sluice.splice.max_pipes": pipes}}
    limit = {"per_connection_buffer_limit_bytes": LIMIT}
    with Subprocess("source", str(1 << 30)) as app:
        config = tcp(
            port,
            [cluster("app", [app.port], limit)],
            listener_fields=limit,
            layered_runtime={"layers": [layer]},
        )
        with Sluice(config) as sluice:
            fds, rss = sluice.fds(), sluice.rss_kb()
            clients = [connect(port, receive_buffer=16384) for _ in range(STALLED)]
            settled = Settled(sluice)
            wait.until(settled, "no more bytes are read for the stalled clients", 30, interval=0.1)
            if not process.is_sanitized():
                assert sluice.rss_kb() - rss < STALLED * 3 * LIMIT / 1024 + 4096
            for client in clients:
                client.close()
            sluice.admin.wait_stats({listener_stat(port, "downstream_cx_active"): 0})
            sluice.expect_fds(fds, slack=64)


class Settled:
    """True once a counter has stood still between two looks."""

    def __init__(self, sluice: Sluice):
        self.sluice = sluice
        self.last = -1

    def __call__(self) -> bool:
        now = self.sluice.admin.stat("tcp.front.downstream_cx_tx_bytes_total")
        same, self.last = now == self.last and now > 0, now
        return same


# The sanitizer for undefined behaviour needs descriptors to look at an object.
@pytest.mark.skipif(process.is_sanitized(), reason="sanitizers need descriptors of their own")
def test_out_of_descriptors_accepting_pauses_and_goes_on():
    port = free_port()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with EchoServer() as app:
        sluice = Sluice(tcp(port, [cluster("app", [app.port])]))
        sluice.start()
        try:
            fds = sluice.fds()
            resource.prlimit(sluice.pid, resource.RLIMIT_NOFILE, (fds + 20, hard))
            clients = [connect(port) for _ in range(30)]  # the kernel's queue takes them all
            sluice.wait_log("(?i)accept.*pause")
            for client in clients[5:]:
                client.close()
            clients[0].send(b"alive")
            clients[0].expect(b"alive")
            resource.prlimit(sluice.pid, resource.RLIMIT_NOFILE, (soft, hard))
            with connect(port) as late:
                late.send(b"let in")
                late.expect(b"let in", 10)
            for client in clients[:5]:
                client.close()
            sluice.expect_fds(fds, slack=64)
            sluice.stop()
        except BaseException:
            print(sluice.log())
            raise
        finally:
            sluice.remove()
