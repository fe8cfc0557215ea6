"""One TCP connection to a server, from its beginning to its end: a request goes out, and its reply is put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from httptools import HttpParserError, HttpResponseParser

from bench.cookies import Cookies

Hear = Callable[[bytes], None]


class Lost(Exception):
    """A connection ended, spoke something that is not HTTP, or was silent for too long, before a reply was whole."""


class Stale(Lost):
    """It ended before anything of the reply had come: the server may have given it up before the request was there."""


@dataclass(slots=True)
class Reply:
    """What came back; `body` stays empty if somebody listened to it as it came."""

    status: int = 0
    body: bytes = b""


class Wire(asyncio.Protocol):
    """Carries one request at a time. `cookies` learns what replies set."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies
        self._loop = asyncio.get_running_loop()
        self._parser = HttpResponseParser(self)
        self._waiting: asyncio.Future[Reply] | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._is_heard = False
        self.is_closed = False

    def exchange(self, request: bytes, hear: Hear | None, patience: float | None) -> asyncio.Future[Reply]:
        """What comes back, `patience` seconds long or for ever, its pieces to `hear` or all in one; raises Lost or Stale."""
        assert self._waiting is None, "one request at a time"
        self._reply, self._hear, self._is_heard = Reply(), hear, False
        self._waiting = self._loop.create_future()
        # A timer is a good deal cheaper than asyncio.timeout.
        self._giving_up = self._loop.call_later(patience, self._give_up) if patience else None
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        self.is_closed = True
        self._transport.close()
        self._lose(Lost("the connection was closed here"))

    def _give_up(self) -> None:
        self._lose(Lost("nothing came back in time"))
        self.close()

    def _lose(self, why: Lost, error: Exception | None = None) -> None:
        if waiting := self._release():
            why.__cause__ = error
            waiting.set_exception(why)

    def _release(self) -> asyncio.Future[Reply] | None:
        """Whoever still waited, and waits for nothing more from here."""
        if self._giving_up:
            self._giving_up.cancel()
        waiting, self._waiting, self._giving_up = self._waiting, None, None
        return waiting if waiting and not waiting.done() else None

    # ── what the event loop calls ───────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:  # "you were idle for too long", for example
            self.close()
            return
        self._is_heard = True
        try:
            self._parser.feed_data(data)
        except HttpParserError as error:
            self._lose(Lost("what came back is not HTTP"), error)
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        kind = Lost if self._is_heard else Stale
        self._lose(kind("the connection ended before the reply was whole"), error)

    # ── what the parser calls ───────────────────────────────────────────────────────────────────

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"set-cookie":
            self._cookies.take(value)

    def on_headers_complete(self) -> None:
        self._reply.status = self._parser.get_status_code()

    def on_body(self, piece: bytes) -> None:
        if self._hear:
            self._hear(piece)
        else:
            self._reply.body += piece

    def on_message_complete(self) -> None:
        waiting = self._release()
        if not self._parser.should_keep_alive():
            self.close()
        if waiting:
            waiting.set_result(self._reply)
