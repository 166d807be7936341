"""A server that says byte by byte what a test wants it to say, and keeps what it was sent."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

FINE = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine"
# Instead of an answer: say nothing and keep the connection, or close it.
SILENCE, CLOSE = "silence", "close"
Turn = bytes | str


@dataclass
class Heard:
    """What came, by connection, and where the server listens."""

    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def scripted_socket(
    turns: Sequence[Turn], context: ssl.SSLContext | None = None
) -> AsyncIterator[Heard]:
    """Answers each request with the next turn, on whatever connection it comes.

    After a turn of bytes that is no HTTP, or whose last header does not announce exactly what
    follows, the connection is closed.
    """
    heard, left = Heard(), iter(turns)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.connections += 1
        try:
            while request := await _request(reader):
                heard.requests.append(request)
                turn = next(left)
                if turn == SILENCE:
                    await reader.read()
                if isinstance(turn, str):
                    return
                writer.write(turn)
                await writer.drain()
                if not _whole(turn):
                    return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    heard.port = server.sockets[0].getsockname()[1]
    async with server:
        yield heard


def _whole(turn: bytes) -> bool:
    head, _, body = turn.partition(b"\r\n\r\n")
    announced = f"\r\ncontent-length: {len(body)}".encode()
    return turn.startswith(b"HTTP") and head.lower().endswith(announced)


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)
