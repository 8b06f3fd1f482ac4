"""Servers for load, one process each: python3 -m harness.servers KIND PORT [ARG...]
    echo            sends back what it reads, carries half-close
    source BYTES    sends BYTES of harness.stream's pattern to each connection, then FIN
    sink            reads the pattern until FIN, answers with the number of right bytes, then FIN
Prints "listening" once it listens."""
import asyncio
import resource
import sys

from . import stream


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def source(_, writer: asyncio.StreamWriter, size: int) -> None:
    for block in stream.blocks(size):
        writer.write(block)
        await writer.drain()


async def sink(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    check = stream.Checker()
    while data := await reader.read(1 << 20):
        check.feed(data)
    writer.write(b"%d\n" % check.position)


def handler_of(kind: str, args: list[str]):
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if kind == "echo":
                await echo(reader, writer)
            elif kind == "source":
                await source(reader, writer, int(args[0]))
            elif kind == "sink":
                await sink(reader, writer)
            else:
                raise SystemExit(f"unknown server {kind}")
            writer.write_eof()
            await reader.read()
        except (ConnectionError, OSError, stream.Wrong):
            writer.transport.abort()
        finally:
            writer.close()

    return handle


async def main() -> None:
    kind, port, *args = sys.argv[1:]
    handle = handler_of(kind, args)
    server = await asyncio.start_server(handle, "127.0.0.1", int(port), backlog=4096, limit=1 << 20)
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main())
