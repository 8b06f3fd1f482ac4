"""WebSocket through the proxy, by a real client and a real server: python3-websockets on both sides."""
import asyncio
import os

import pytest
import websockets

from harness import load, wait
from harness.backend import Server
from harness.config import cluster, http
from harness.ports import free_port
from harness.process import Sluice

UPGRADES = {"upgrade_configs": [{"upgrade_type": "websocket"}]}
LOG = {
    "access_log": [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": "access.log",
                "log_format": {
                    "text_format_source": {
                        "inline_string": "%RESPONSE_CODE% %BYTES_RECEIVED% %BYTES_SENT% %UPSTREAM_CLUSTER%\n"
                    }
                },
            },
        }
    ]
}


async def answer(socket, *_):
    """Echoes; "close CODE" makes the server close with that code, "ping me" makes it ping."""
    async for message in socket:
        if message == "ping me":
            await asyncio.wait_for(await socket.ping(b"and you"), 10)
        if isinstance(message, str) and message.startswith("close "):
            return await socket.close(int(message[6:]), "as asked")
        await socket.send(message)


def through_sluice(check, concurrency: int = 2) -> None:
    """Runs `check(url, sluice)` with an echo server behind a sluice."""

    async def main():
        port, back = free_port(), free_port()
        async with websockets.serve(answer, "127.0.0.1", back, max_size=None, compression=None, backlog=1024):
            config = http(port, [cluster("ws", [back])], hcm={**UPGRADES, **LOG})
            with Sluice(config, concurrency=concurrency) as sluice:
                await asyncio.wait_for(check(f"ws://127.0.0.1:{port}/chat", sluice), 120)

    asyncio.run(main())


def connect(url: str):
    return websockets.connect(url, max_size=None, compression=None, open_timeout=60)


async def stats(sluice, wanted: dict) -> None:
    await asyncio.to_thread(sluice.admin.wait_stats, wanted)


def test_text_binary_and_ping():
    async def check(url, sluice):
        async with connect(url) as socket:
            for message in ("hello", "", "\u20ac" * 1000, b"\0\xff" * 40_000):
                await socket.send(message)
                assert await socket.recv() == message
            await asyncio.wait_for(await socket.ping(b"are you there"), 10)
            await socket.send("ping me")
            assert await socket.recv() == "ping me"  # it has had its pong
        await stats(
            sluice,
            {
                "http.front.downstream_cx_upgrades_total": 1,
                "http.front.downstream_cx_upgrades_active": 0,
                "http.front.downstream_rq_1xx": 1,
                "cluster.ws.upstream_cx_active": 0,
            },
        )
        log = sluice.folder / "access.log"
        await asyncio.to_thread(wait.until, log.read_text, "the tunnel is logged")
        code, received, sent, name = log.read_text().split()
        assert (code, name) == ("101", "ws")
        assert int(received) > 83_000 and int(sent) > 83_000

    through_sluice(check)


def test_ten_megabytes_in_fragments():
    data = os.urandom(10 << 20)

    async def pieces():
        for at in range(0, len(data), 100_000):
            yield data[at : at + 100_000]

    async def check(url, _):
        async with connect(url) as socket:
            sending = asyncio.create_task(socket.send(pieces()))
            assert await socket.recv() == data
            await sending

    through_sluice(check)


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 3000, 4999])
def test_close_codes_come_through_both_ways(code):
    async def check(url, sluice):
        async with connect(url) as socket:
            await socket.send(f"close {code}")
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            assert (socket.close_code, socket.close_reason) == (code, "as asked")
        async with connect(url) as socket:
            await socket.close(code, "mine")
            assert socket.close_code == code
        await stats(sluice, {"http.front.downstream_cx_upgrades_active": 0})

    through_sluice(check, concurrency=1)


def test_five_hundred_at_once():
    load.raise_fd_limit()

    async def check(url, sluice):
        sockets = await asyncio.gather(*(connect(url) for _ in range(500)))
        await stats(sluice, {"http.front.downstream_cx_upgrades_active": 500})
        for number, socket in enumerate(sockets):
            await socket.send(str(number))
        for number, socket in enumerate(sockets):
            assert await socket.recv() == str(number)
        await asyncio.gather(*(socket.close() for socket in sockets))
        await stats(
            sluice,
            {"http.front.downstream_cx_upgrades_active": 0, "cluster.ws.upstream_cx_active": 0},
        )

    through_sluice(check)


def test_a_backend_that_refuses_is_heard():
    def refuse(conn):
        conn.read_until(b"\r\n\r\n")
        conn.send(b"HTTP/1.1 403 Forbidden\r\nx-why: no\r\ncontent-length: 8\r\n\r\nnot you\n")
        conn.read_all()

    async def main():
        port = free_port()
        with Server(refuse) as app, Sluice(http(port, [cluster("ws", [app.port])], hcm=UPGRADES)):
            with pytest.raises(websockets.InvalidHandshake) as refused:
                await connect(f"ws://127.0.0.1:{port}/")
            answer = getattr(refused.value, "response", refused.value)  # from version 14 on
            assert answer.status_code == 403
            assert answer.headers["x-why"] == "no"

    asyncio.run(main())
