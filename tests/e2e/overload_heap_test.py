"""overload_manager: real memory, held by clients that stall in the middle of their requests, makes
sluice turn requests away, and when they leave it takes requests again."""
import pytest

from harness import http1, process
from harness.config import cluster, http
from harness.conn import Conn, connect
from harness.ports import free_port
from harness.process import Sluice

MIB = 1024 * 1024
PIECE = 24 * MIB
BUFFER = {
    "name": "envoy.filters.http.buffer",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
        "max_request_bytes": 2 * PIECE,
    },
}
MONITOR = "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig"
HEAP = "heap"
ACTIONS = "overload.envoy.overload_actions"


def manager(heap: int) -> dict:
    def action(name: str, threshold: float) -> dict:
        trigger = {"name": HEAP, "threshold": {"value": threshold}}
        return {"name": f"envoy.overload_actions.{name}", "triggers": [trigger]}

    monitor = {"@type": MONITOR, "max_heap_size_bytes": heap}
    return {
        "refresh_interval": "0.05s",
        "resource_monitors": [{"name": HEAP, "typed_config": monitor}],
        "actions": [
            action("shrink_heap", 0.3),
            action("disable_http_keepalive", 0.5),
            action("stop_accepting_requests", 0.7),
        ],
    }


def stall(front: int) -> Conn:
    """A client that sends half of its request."""
    client = connect(front)
    client.send(http1.request(method="POST", headers={"content-length": str(2 * PIECE)}))
    client.send(bytes(PIECE), seconds=30)
    return client


def ask(front: int) -> http1.Message:
    with connect(front) as client:
        client.send(http1.request())
        return http1.read_message(client)


@pytest.mark.skipif(process.is_sanitized(), reason="sanitizers have a heap of their own")
def test_a_full_heap_turns_requests_away_until_it_is_free_again():
    front = free_port()
    with http1.HttpServer(body="ok") as web:
        config = http(
            front, [cluster("web", [web.port])], filters=[BUFFER], overload_manager=manager(96 * MIB)
        )
        with Sluice(config) as sluice:
            stats = sluice.admin.wait_stats
            stats({f"overload.{HEAP}.pressure": "<= 30"})
            assert ask(front).status == 200
            stalled = [stall(front) for _ in range(3)]
            stats({f"{ACTIONS}.stop_accepting_requests.active": 1}, seconds=15)
            stats({f"overload.{HEAP}.pressure": ">= 70"})
            answer = ask(front)
            assert answer.status == 503 and answer.body == b"envoy overloaded"
            assert answer.get("connection") == "close"
            for client in stalled:
                client.close()
            stats(
                {
                    f"{ACTIONS}.stop_accepting_requests.active": 0,
                    f"{ACTIONS}.disable_http_keepalive.active": 0,
                    f"{ACTIONS}.shrink_heap.shrink_count": ">= 1",
                    "http.front.downstream_rq_overload_close": 1,
                },
                seconds=15,
            )
            answer = ask(front)
            assert answer.status == 200 and answer.get("connection") is None
