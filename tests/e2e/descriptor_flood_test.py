"""A flood of keys: each gets a bucket of its own while there is room, memory stays where it was, and
the one client whose limit is written down does not notice."""
from harness import http1, process
from harness.config import bootstrap, http_manager, listener
from harness.conn import Conn, connect
from harness.ports import free_port
from harness.process import Sluice

KEYS = 100_000
BATCH = 500
MOST = 1000


def descriptor(user: str | None, tokens: int) -> dict:
    entry = {"key": "user"} if user is None else {"key": "user", "value": user}
    bucket = {"max_tokens": tokens, "tokens_per_fill": tokens, "fill_interval": "7200s"}
    return {"entries": [entry], "token_bucket": bucket}


LIMIT = {
    "name": "envoy.filters.http.local_ratelimit",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "limit",
        "filter_enabled": {"default_value": {"numerator": 100}},
        "filter_enforced": {"default_value": {"numerator": 100}},
        "max_dynamic_descriptors": MOST,
        "descriptors": [descriptor("known", 3), descriptor(None, 1)],
        "rate_limits": [
            {"actions": [{"request_headers": {"header_name": "x-user", "descriptor_key": "user"}}]}
        ],
    },
}


def ask(client: Conn, user: str) -> int:
    client.send(http1.request(headers={"x-user": user}))
    return http1.read_message(client).status


def flood(client: Conn, first: int) -> None:
    users = range(first, first + BATCH)
    client.send(b"".join(http1.request(headers={"x-user": f"u{n}"}) for n in users), seconds=30)
    first_answer = client.read_until(b"\r\n\r\n", 30)
    rest = client.read_exact(len(first_answer) * (BATCH - 1), 30)
    assert (first_answer + rest).count(b"HTTP/1.1 200 OK\r\n") == BATCH


def test_a_flood_of_keys_is_bounded_and_others_do_not_notice():
    front = free_port()
    routes = [{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]
    hosts = [{"name": "all", "domains": ["*"], "routes": routes}]
    config = bootstrap([listener(front, [http_manager(hosts, [LIMIT])])], [])
    with Sluice(config, concurrency=2) as sluice:
        with connect(front) as known, connect(front) as client:
            assert [ask(known, "known") for _ in range(2)] == [200, 200]
            assert [ask(known, "one of many") for _ in range(2)] == [200, 429]
            flood(client, 0)
            rss = sluice.rss_kb()
            for first in range(BATCH, KEYS, BATCH):
                flood(client, first)
            if not process.is_sanitized():
                assert sluice.rss_kb() - rss < 4096
            assert [ask(known, "known") for _ in range(2)] == [200, 429]
            # Its bucket has made room for others long ago.
            assert ask(known, "one of many") == 200
        sluice.admin.wait_stats(
            {
                "limit.http_local_rate_limit.ok": KEYS + 5,
                "limit.http_local_rate_limit.rate_limited": 2,
            }
        )
