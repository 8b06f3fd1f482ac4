"""fault: a response that is slowed down comes whole, no faster than it may, and holds its upstream
back meanwhile."""
import time

from harness import http1, stream
from harness.config import cluster, http
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

KIB_A_SECOND = 512
SIZE = 512 * 1024
FAULT = {
    "name": "envoy.filters.http.fault",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
        "response_rate_limit": {
            "fixed_limit": {"limit_kbps": KIB_A_SECOND},
            "percentage": {"numerator": 100},
        },
    },
}


def test_a_slowed_response_is_whole_and_holds_its_upstream_back():
    front = free_port()
    body = b"".join(bytes(block) for block in stream.blocks(SIZE))
    with http1.HttpServer(body=body) as web:
        config = http(
            front,
            [cluster("web", [web.port])],
            filters=[FAULT],
            listener_fields={"per_connection_buffer_limit_bytes": 32768},
        )
        with Sluice(config) as sluice, connect(front) as client:
            began = time.monotonic()
            client.send(http1.request())
            answer = http1.read_message(client, seconds=30)
            taken = time.monotonic() - began
            assert answer.status == 200 and answer.body == body
            assert taken >= SIZE / 1024 / KIB_A_SECOND - 0.1
            sluice.admin.wait_stats(
                {
                    "http.front.fault.response_rl_injected": 1,
                    "http.front.fault.active_faults": 0,
                    "cluster.web.upstream_flow_control_paused_reading_total": ">= 1",
                }
            )
