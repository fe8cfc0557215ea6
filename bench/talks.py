"""Conversations as a benchmark holds them: a text goes in over HTTP, and the time to its first answer comes out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Protocol

from bench.connection import Connection, NoAnswer
from bench.cookies import Cookies
from bench.events import Events

PATIENCE = 60.0
_JSON = {"Content-Type": "application/json"}


class Talk(Protocol):
    """One conversation."""

    async def say(self, text: str) -> float:
        """Say something and wait for the first answer; returns the seconds between."""


class Talks(Protocol):
    """A server that holds conversations."""

    def talk(self, number: int) -> AbstractAsyncContextManager[Talk]:
        """A new conversation; `number` tells the cardholders of one benchmark apart."""


class StockTalk:
    """A conversation with stock Rasa's REST channel, which answers in the response to the request."""

    def __init__(self, url: str) -> None:
        self._http = Connection(url, _JSON)
        self._sender = secrets.token_hex(16)

    async def __aenter__(self) -> StockTalk:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    async def say(self, text: str) -> float:
        began = time.perf_counter()
        body = json.dumps({"sender": self._sender, "message": text}).encode()
        # Perhaps no message comes back: its example project now and then decides to be silent.
        reply = await self._http.post("/webhooks/rest/webhook", body)
        if reply.status != 200:
            raise NoAnswer(f"stock Rasa answered {reply.status}")
        return time.perf_counter() - began


class WebTalk:
    """A conversation with Cardbot's web channel: posted in, read from the event stream, acknowledged like a widget."""

    def __init__(self, url: str, address: str) -> None:
        cookies, headers = Cookies(), {"X-Cardbot": "1", "X-Forwarded-For": address}
        self._posts = Connection(url, headers | _JSON, cookies)
        self._stream = Connection(url, headers, cookies)
        self._is_mine = False
        self._last = 0
        self.answer: dict[str, Any] = {}

    async def __aenter__(self) -> WebTalk:
        self._answered: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        await self._post("/web/session", b"{}")
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        self._posts.close()
        self._stream.close()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def say(self, text: str) -> float:
        return await self._turn({"type": "text", "text": text})

    async def details(self, last_four: str, card_expiry: str, date_of_birth: str) -> float:
        """Fill in the secure card."""
        fields = {"last_four": last_four, "card_expiry": card_expiry, "date_of_birth": date_of_birth}
        return await self._turn({"type": "details", **fields})

    async def knock(self, text: str) -> float:
        """Say something; returns the seconds to its acknowledgement, and waits for no answer."""
        began = await self._send({"type": "text", "text": text})
        return time.perf_counter() - began

    async def answered(self) -> float:
        """Wait for the first answer to what was said last; returns when it came."""
        giving_up = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)
        try:
            return await self._answered
        finally:
            giving_up.cancel()

    async def _turn(self, body: dict[str, str]) -> float:
        began = await self._send(body)
        seconds = await self.answered() - began
        await self._post("/web/acks", b'{"last": %d}' % self._last)
        return seconds

    async def _send(self, body: dict[str, str]) -> float:
        """Returns when this began."""
        self._is_mine, self._answered = False, asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._post("/web/messages", json.dumps({"id": secrets.token_hex(16), **body}).encode())
        return began

    async def _post(self, path: str, body: bytes) -> None:
        reply = await self._posts.post(path, body)
        if reply.status >= 300:
            raise NoAnswer(f"Cardbot answered {path} with {reply.status}")

    async def _read(self) -> None:
        while True:
            await self._stream.follow(f"/web/events?after={self._last}", Events(self._hear).feed)
            await asyncio.sleep(0.02)  # a token that was replaced closes the stream

    def _hear(self, event: bytes, data: bytes) -> None:
        if event == b"message":
            self._take(json.loads(data.decode()))  # of bytes, json would guess the encoding

    def _give_up(self) -> None:
        if not self._answered.done():
            self._answered.set_exception(NoAnswer("no answer came down the stream"))

    def _take(self, message: dict[str, Any]) -> None:
        """An answer counts if it stands behind the line that was said last."""
        self._last = message["id"]
        if message["from"] == "you":
            self._is_mine = True
        elif self._is_mine and not self._answered.done():
            self.answer = message
            self._answered.set_result(time.perf_counter())
