"""The wall clock jumps a day forward and back: limits, checks, timeouts and clients do not notice."""
import email.utils
import glob
import time

import pytest

from harness import http1, process, wait
from harness.config import cluster, http
from harness.conn import connect
from harness.ports import free_port
from harness.process import Sluice

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
LIMIT = {
    "name": "envoy.filters.http.local_ratelimit",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit",
        "token_bucket": {"max_tokens": 2, "tokens_per_fill": 2, "fill_interval": "7200s"},
        "filter_enabled": {"default_value": {"numerator": 100}},
        "filter_enforced": {"default_value": {"numerator": 100}},
    },
}
CHECK = {
    "timeout": "1s",
    "interval": "0.05s",
    "no_traffic_interval": "0.05s",
    "unhealthy_threshold": 1,
    "healthy_threshold": 1,
    "http_health_check": {"path": "/health"},
}
DAY = 24 * 3600


@pytest.mark.skipif(process.is_sanitized(), reason="a sanitizer has to be the first library")
def test_a_clock_that_jumps_changes_dates_and_nothing_else(tmp_path):
    assert LIBRARY, "the package faketime is not there"
    offset = tmp_path / "offset"
    offset.write_text("+0")
    env = {
        "LD_PRELOAD": LIBRARY[0],
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    front = free_port()
    with http1.HttpServer(body="ok") as web:
        app = cluster("app", [web.port], {"health_checks": [CHECK]})
        config = http(front, [app], filters=[LIMIT])
        with Sluice(config, env=env) as sluice, connect(front) as client:

            def ask() -> tuple[int, float]:
                """The status, and how far its date is from now."""
                client.send(http1.request())
                answer = http1.read_message(client)
                date = email.utils.parsedate_to_datetime(answer.get("date")).timestamp()
                return answer.status, date - time.time()

            assert [ask()[0] for _ in range(3)] == [200, 200, 429]
            for jump, days in (("+1d", 1), ("-1d", -1), ("+0", 0)):
                attempts = sluice.admin.stat("cluster.app.health_check.attempt")
                offset.write_text(jump)

                def noticed(days=days) -> bool:
                    status, away = ask()
                    assert status == 429  # the bucket fills in two hours
                    return abs(away - days * DAY) < 3600

                wait.until(noticed, f"no response is dated {jump}", interval=0.02)
                sluice.admin.wait_stats({"cluster.app.health_check.attempt": f">= {attempts + 5}"})
            sluice.admin.wait_stats(
                {
                    "cluster.app.membership_healthy": 1,
                    "cluster.app.health_check.failure": 0,
                    "http.front.downstream_cx_total": 1,
                    "limit.http_local_rate_limit.ok": 2,
                }
            )
