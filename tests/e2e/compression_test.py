"""compressor and decompressor: exact bytes at every chunking, nothing stalls, nothing swells."""
import gzip
import random
import zlib

import pytest
from attacks import http2_wire as wire
from harness.backend import Backend
from harness.config import cluster, http, listener, http_manager
from harness.conn import connect
from harness.http1 import HttpServer, read_message, request, response
from harness.ports import free_port
from harness.process import Sluice

EXT = "type.googleapis.com/envoy.extensions"
LIBRARIES = {"gzip": ("gzip", "Gzip"), "br": ("brotli", "Brotli"), "zstd": ("zstd", "Zstd")}


def library(encoding: str, kind: str) -> dict:
    name, message = LIBRARIES[encoding]
    return {"name": "lib", "typed_config": {"@type": f"{EXT}.compression.{name}.{kind}.v3.{message}"}}


def compressor(encoding: str = "gzip", **fields) -> dict:
    config = {
        "@type": f"{EXT}.filters.http.compressor.v3.Compressor",
        "compressor_library": library(encoding, "compressor"),
        "response_direction_config": {},
        **fields,
    }
    return {"name": "envoy.filters.http.compressor", "typed_config": config}


def decompressor(encoding: str = "gzip", **fields) -> dict:
    config = {
        "@type": f"{EXT}.filters.http.decompressor.v3.Decompressor",
        "decompressor_library": library(encoding, "decompressor"),
        **fields,
    }
    return {"name": "envoy.filters.http.decompressor", "typed_config": config}


def expanding(ratio: int = 1000) -> dict:
    out = decompressor()
    out["typed_config"]["decompressor_library"]["typed_config"]["max_inflate_ratio"] = ratio
    return out


def text(size: int, seed: int = 1) -> bytes:
    rng = random.Random(seed)
    words = [rng.randbytes(rng.randint(1, 20)) for _ in range(50)]
    out = bytearray()
    while len(out) < size:
        out += rng.choice(words)
    return bytes(out[:size])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n"


def pair(front: int, middle: int, app: int, encoding: str) -> dict:
    """`front` asks for the coding and takes it off; `middle` behind it compresses. The other way
    round for requests."""
    both = {"response_direction_config": {}, "request_direction_config": {}}
    outer = http(
        front,
        [cluster("middle", [middle]), cluster("app", [app])],
        filters=[
            decompressor(encoding, request_direction_config={
                "common_config": {"enabled": {"default_value": False, "runtime_key": "none"}}}),
            compressor(encoding, **both),
        ],
    )
    route = [{"name": "all", "domains": ["*"],
              "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}]}]
    inner = http_manager(route, [decompressor(encoding), compressor(encoding)],
                         {"stat_prefix": "middle"})
    outer["static_resources"]["listeners"].append(listener(middle, [inner], name="middle"))
    return outer


@pytest.mark.parametrize("encoding", list(LIBRARIES))
def test_bodies_come_through_both_ways_at_every_chunking(encoding):
    front, middle = free_port(), free_port()
    bodies = [text(n, n) for n in (1, 30, 1000, 70_000, 1_500_000)]

    def answer(message):  # in pieces of all sizes
        rng = random.Random(len(message.body))
        out, rest = HEAD + b"\r\n", message.body
        while rest:
            size = rng.choice([1, 7, 100, 5000, 60_000])
            out, rest = out + chunk(rest[:size]), rest[size:]
        return out + b"0\r\n\r\n"

    with HttpServer(reply=answer) as app, Sluice(pair(front, middle, app.port, encoding)) as sluice:
        with connect(front) as client:
            for body in bodies:
                head = {"content-type": "text/plain", "content-length": str(len(body))}
                client.send(request("POST", headers=head, body=body), 20)
                got = read_message(client, seconds=20)
                assert got.body == body and got.get("content-encoding") is None
        assert [m.body for m in app.requests] == bodies
        name = {"br": "brotli"}.get(encoding, encoding)
        sluice.admin.wait_stats({
            f"http.middle.compressor.lib.{name}.response.compressed": len(bodies),
            f"http.front.decompressor.lib.{name}.response.decompressed": len(bodies),
            f"http.front.compressor.lib.{name}.request.compressed": len(bodies) - 1,
            f"http.middle.decompressor.lib.{name}.request.decompressed": len(bodies) - 1,
            f"http.front.decompressor.lib.{name}.response.total_uncompressed_bytes": sum(map(len, bodies)),
        })


def test_every_event_of_a_stream_can_be_read_when_it_is_sent():
    port = free_port()
    filters = [compressor(response_direction_config={"common_config": {"content_type": ["text/event-stream"]}})]
    with Backend() as app, Sluice(http(port, [cluster("app", [app.port])], filters=filters)):
        with connect(port) as client:
            client.send(request(headers={"accept-encoding": "gzip"}))
            with app.accept() as server:
                read_message(server)
                server.send(HEAD.replace(b"plain", b"event-stream") + b"\r\n")
                assert b"content-encoding: gzip" in client.read_until(b"\r\n\r\n")
                unpack, said = zlib.decompressobj(31), b""
                for number in range(50):
                    event = b"data: %d\n\n" % number
                    server.send(chunk(event))
                    got = b""
                    while got != event:
                        size = int(client.read_until(b"\r\n"), 16)
                        got += unpack.decompress(client.read_exact(size + 2)[:-2])
                    said += got
                server.send("0\r\n\r\n")
                rest = client.read_until(b"\r\n0\r\n\r\n")
                assert unpack.decompress(rest.split(b"\r\n", 1)[1]) == b"" and unpack.eof


def test_what_expands_waits_for_a_client_that_reads_slowly():
    """16 MiB come out of less than 1 MiB; a client that does not read holds no more than buffers."""
    port = free_port()
    body = text(1 << 12) * 4096
    packed = gzip.compress(body, 9)
    assert len(packed) < 1 << 20
    app_response = response(200, {"content-encoding": "gzip", "content-type": "text/plain"}, packed)
    with HttpServer(reply=lambda _: app_response) as app, Sluice(
        http(port, [cluster("app", [app.port])], filters=[expanding()])
    ) as sluice:
        with connect(port) as client:
            client.send(request())
            assert read_message(client, seconds=30).body == body
        rss = sluice.rss_kb()
        clients = [connect(port) for _ in range(20)]
        for client in clients:
            client.send(request())
        total = "http.front.decompressor.lib.gzip.response.total_uncompressed_bytes"
        sluice.admin.wait_stats({"cluster.app.upstream_rq_total": 21, total: f">= {len(body) + 1}"})
        sluice.expect_rss(rss + 20 * 2 * 1024 + 20 * 1024)
        assert read_message(clients[0], seconds=30).body == body
        for client in clients:
            client.close()


def test_bombs_are_broken_off():
    port = free_port()
    bomb = gzip.compress(bytes(50 << 20), 9)
    with HttpServer(headers={"content-encoding": "gzip"}, body=bomb) as app, Sluice(
        http(port, [cluster("app", [app.port])], filters=[decompressor()])
    ) as sluice:
        rss = sluice.rss_kb()
        with connect(port) as client:
            client.send(request())
            client.read_until(b"\r\n\r\n")
            client.expect_closed()
            assert len(client.buffer) < 10 << 20 and not client.buffer.endswith(b"0\r\n\r\n")
        with connect(port) as client:
            client.send(request("POST", headers={"content-encoding": "gzip"}, body=bomb))
            assert read_message(client).status == 413
        sluice.admin.wait_stats({
            "http.front.decompressor.lib.gzip.decompressor_library.zlib_output_overflow": 2,
        })
        sluice.expect_rss(rss + 16 * 1024)


def test_truncated_and_broken_bodies_do_not_end_cleanly():
    port = free_port()
    packed = gzip.compress(b"hello" * 100)
    for body in (packed[:-3], b"not gzip", packed[:20] + b"xxxx" + packed[24:]):
        with HttpServer(headers={"content-encoding": "gzip"}, body=body) as app, Sluice(
            http(port, [cluster("app", [app.port])], filters=[decompressor()])
        ):
            with connect(port) as client:
                client.send(request())
                client.expect_closed()
                assert not client.buffer.endswith(b"0\r\n\r\n")
            with connect(port) as client:
                client.send(request("POST", headers={"content-encoding": "gzip"}, body=body))
                assert read_message(client).status == 400


def test_what_expands_waits_for_a_backend_that_reads_slowly():
    port = free_port()
    body = text(1 << 12) * 4096
    packed = gzip.compress(body, 9)
    with Backend() as app, Sluice(
        http(port, [cluster("app", [app.port])], filters=[expanding()])
    ) as sluice:
        rss = sluice.rss_kb()
        pairs = []
        for _ in range(10):
            client = connect(port)
            client.send(request("POST", headers={"content-encoding": "gzip"}, body=packed))
            pairs.append((client, app.accept()))
        total = "http.front.decompressor.lib.gzip.request.total_uncompressed_bytes"
        sluice.admin.wait_stats({total: f">= {1 << 20}"})
        sluice.expect_rss(rss + 10 * 2 * 1024 + 20 * 1024)
        client, server = pairs[0]
        assert read_message(server, seconds=30).body == body
        server.send(response(body=b"done"))
        assert read_message(client).body == b"done"
        for client, server in pairs:
            client.close()
            server.close()


def test_what_expands_waits_for_streams_that_nobody_reads():
    port = free_port()
    packed = gzip.compress(text(1 << 12) * 4096, 9)
    with HttpServer(headers={"content-encoding": "gzip"}, body=packed) as app, Sluice(
        http(port, [cluster("app", [app.port])], filters=[expanding()])
    ) as sluice:
        with connect(port) as client:
            client.send(request())
            read_message(client, seconds=30)
        rss = sluice.rss_kb()
        streams = b"".join(wire.request(stream=2 * i + 1) for i in range(50))
        with wire.Client(port, wire.PREFACE + wire.settings((4, 0))) as client:
            client.send(streams, lambda answer: len(answer.statuses) == 50, 30)
            sluice.expect_rss(rss + 50 * 1024 + 16 * 1024)
            assert client.answer.bodies == {} and not client.answer.closed
        sluice.admin.wait_stats({"http.front.downstream_cx_active": 0, "cluster.app.upstream_rq_active": 0})
