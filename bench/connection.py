"""HTTP as benchmarks speak it: kept-open connections, one request at a time on each, and next to no work of their own.

A benchmark shares its processors with the servers that it measures, so what it costs itself is taken from them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from urllib.parse import urlsplit

from bench.cookies import Cookies
from bench.wire import Hear, Lost, Reply, Stale, Wire

PATIENCE = 300.0


class NoAnswer(Exception):
    """The server refused a message, or nothing came back in time."""


class Connection:
    """To one server, opened when first needed, and again when the server has given it up meanwhile.

    Connections that share their `cookies` are one visitor's. `headers` go with every request.
    """

    def __init__(
        self, url: str, headers: Mapping[str, str] | None = None, cookies: Cookies | None = None
    ) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._cookies = cookies or Cookies()
        always = {"Host": place.netloc, "Accept": "*/*", "User-Agent": "cardbot-bench", **(headers or {})}
        self._always = _lines(always)
        self._wire: Wire | None = None

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def get(self, path: str) -> Reply:
        return await self._exchange(self._head("GET", path) + b"\r\n", None, PATIENCE)

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """The whole reply, whatever its status; raises NoAnswer without one."""
        more = _lines(headers) if headers else b""
        request = b"%b%bContent-Length: %d\r\n\r\n%b" % (self._head("POST", path), more, len(body), body)
        return await self._exchange(request, None, PATIENCE)

    async def follow(self, path: str, hear: Hear) -> Reply:
        """Get something that takes as long as it takes; `hear` is called with each piece of it."""
        return await self._exchange(self._head("GET", path) + b"\r\n", hear, None)

    def close(self) -> None:
        if self._wire:
            self._wire.close()
            self._wire = None

    def _head(self, method: str, path: str) -> bytes:
        return f"{method} {path} HTTP/1.1\r\n".encode() + self._always + self._cookies.header

    async def _exchange(self, request: bytes, hear: Hear | None, patience: float | None) -> Reply:
        try:
            if self._wire and not self._wire.is_closed:
                try:
                    return await self._wire.exchange(request, hear, patience)
                except Stale:
                    pass  # again, as browsers do: idle connections are given up at any moment, also at this one
            self._wire = await self._open()
            return await self._wire.exchange(request, hear, patience)
        except Lost as lost:
            raise NoAnswer(str(lost)) from lost.__cause__
        except OSError as error:
            raise NoAnswer(f"nobody listens on port {self._port}") from error
        except asyncio.CancelledError:
            self.close()  # the rest of a reply may still come, and is nobody's
            raise

    async def _open(self) -> Wire:
        connect = asyncio.get_running_loop().create_connection
        _, wire = await connect(lambda: Wire(self._cookies), self._host, self._port)
        return wire


def _lines(headers: Mapping[str, str]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
