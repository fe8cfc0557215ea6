"""A server that does with each request what a test says, down to where its answers are cut."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """One request, and over which connection it came, counted from 1."""

    line: str
    headers: dict[str, str]
    body: bytes
    connection: int


class Counter:
    """Remembers who `asked` what. `serve` answers a request; False hangs up after it."""

    def __init__(self, serve: Callable[[Asked, asyncio.StreamWriter], Awaitable[bool]]) -> None:
        self.asked: list[Asked] = []
        self._serve = serve
        self._connections: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Counter:
        self._server = await asyncio.start_server(self._attend, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:{1}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        """On everybody."""
        for each in self._connections:
            each.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.append(writer)
        number = len(self._connections)
        try:
            while True:
                first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
                headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in rest)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append(Asked(first, headers, body, number))
                if not await self._serve(self.asked[-1], writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()


async def cut(writer: asyncio.StreamWriter, answer: bytes, size: int = 1) -> None:
    """Send an answer in pieces of so many bytes, each read before the next is sent."""
    for start in range(0, len(answer), size):
        writer.write(answer[start : start + size])
        for _ in range(3):  # rounds of the loop: this is written, the other side has it, and it is read
            await asyncio.sleep(0)


def reply(body: bytes = b"{}", status: str = "200 OK", *more: str) -> bytes:
    """A whole reply, as most servers send it."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: keep-alive", *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunk(piece: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(piece), piece)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
