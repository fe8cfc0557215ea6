"""Conversations as a benchmark holds them: a text goes in over HTTP, and the time to its first answer comes out."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Protocol

import aiohttp

PATIENCE = 60.0


class NoAnswer(Exception):
    """The server refused a message, or nothing came back in time."""


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
        self._url = f"{url}/webhooks/rest/webhook"
        self._sender = uuid.uuid4().hex

    async def __aenter__(self) -> StockTalk:
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def say(self, text: str) -> float:
        began = time.perf_counter()
        async with self._http.post(self._url, json={"sender": self._sender, "message": text}) as reply:
            await reply.read()  # perhaps no message: its example project now and then decides to be silent
        if reply.status != 200:
            raise NoAnswer(f"stock Rasa answered {reply.status}")
        return time.perf_counter() - began


class WebTalk:
    """A conversation with Cardbot's web channel: posted in, read from the event stream, acknowledged like a widget."""

    def __init__(self, url: str, address: str) -> None:
        self._url = url
        self._headers = {"X-Cardbot": "1", "X-Forwarded-For": address}
        self._answered = asyncio.Event()
        self._is_mine = False
        self._last = 0
        self.answer: dict[str, Any] = {}

    async def __aenter__(self) -> WebTalk:
        self._http = aiohttp.ClientSession(
            headers=self._headers,
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # addresses of this machine have cookies too
            timeout=aiohttp.ClientTimeout(total=None),
        )
        await self._post("/web/session", {})
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.cancel()
        await self._http.close()

    async def say(self, text: str) -> float:
        return await self._turn({"type": "text", "text": text})

    async def details(self, last_four: str, card_expiry: str, date_of_birth: str) -> float:
        """Fill in the secure card."""
        fields = {"last_four": last_four, "card_expiry": card_expiry, "date_of_birth": date_of_birth}
        return await self._turn({"type": "details", **fields})

    async def knock(self, text: str) -> float:
        """Say something; returns the seconds to its acknowledgement, and waits for no answer."""
        self._is_mine = False
        self._answered.clear()
        began = time.perf_counter()
        await self._post("/web/messages", {"id": uuid.uuid4().hex, "type": "text", "text": text})
        return time.perf_counter() - began

    async def answered(self) -> None:
        """Wait for the first answer to what was said last."""
        try:
            await asyncio.wait_for(self._answered.wait(), PATIENCE)
        except TimeoutError:
            raise NoAnswer("no answer came down the stream") from None

    async def _turn(self, body: dict[str, str]) -> float:
        self._is_mine = False
        self._answered.clear()
        began = time.perf_counter()
        await self._post("/web/messages", {"id": uuid.uuid4().hex, **body})
        await self.answered()
        seconds = self._at - began
        await self._post("/web/acks", {"last": self._last})
        return seconds

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        async with self._http.post(self._url + path, json=body) as reply:
            if reply.status >= 300:
                raise NoAnswer(f"Cardbot answered {path} with {reply.status}")
            await reply.read()

    async def _read(self) -> None:
        while True:
            async with self._http.get(f"{self._url}/web/events", params={"after": self._last}) as stream:
                name = b""
                async for line in stream.content:
                    if line.startswith(b"event: "):
                        name = line[7:].strip()
                    elif line.startswith(b"data: ") and name == b"message":
                        self._take(json.loads(line[6:]))
            await asyncio.sleep(0.02)  # a token that was replaced closes the stream

    def _take(self, message: dict[str, Any]) -> None:
        """An answer counts if it stands behind the line that was said last."""
        self._last = message["id"]
        if message["from"] == "you":
            self._is_mine = True
        elif self._is_mine and not self._answered.is_set():
            self.answer, self._at = message, time.perf_counter()
            self._answered.set()
