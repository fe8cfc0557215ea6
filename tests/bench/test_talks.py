"""Talks do what a widget does, and measure from the message to the first answer that stands behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bench.connection import NoAnswer
from bench.talks import StockTalk, WebTalk
from tests.bench.counter import CHUNKED, Asked, Counter, chunk, cut, reply

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Channel:
    """Cardbot's web channel, so far as a talk sees it: answers every message on the stream, in pieces of `size` bytes."""

    def __init__(self, size: int = 1000, status: str = "202 Accepted") -> None:
        self._size, self._status = size, status
        self._position = 0
        self._token = "first"
        self._is_open = asyncio.Event()

    async def serve(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        match asked.line.split()[:2]:
            case ["POST", "/web/session"]:
                writer.write(reply(b"{}", "200 OK", "Set-Cookie: cardbot_session=first; Path=/web"))
            case ["GET", _]:
                return await self._stream(asked, writer)
            case ["POST", "/web/messages"]:
                await self._is_open.wait()
                await self._take(asked, writer)
            case ["POST", "/web/acks"]:
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        return True

    async def _stream(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if asked.headers["cookie"] != f"cardbot_session={self._token}":
            writer.write(reply(b'{"error": "come_back"}', "503 Service Unavailable"))
            return True
        self._reader = writer
        writer.write(CHUNKED + chunk(b": connected\n\n"))
        self._is_open.set()
        return True

    async def _take(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        is_proving = json.loads(asked.body)["type"] == "details"
        cookie = ["Set-Cookie: cardbot_session=second; Path=/web"] if is_proving else []
        writer.write(reply(b"{}", self._status, *cookie))
        if is_proving:
            self._token = "second"
            self._is_open.clear()
            self._reader.write(b"0\r\n\r\n")
        self._answering = asyncio.create_task(self._answer())

    async def _answer(self) -> None:
        """On the stream that is open, or the next one."""
        await self._is_open.wait()
        told = [("bot", "an older answer"), ("you", "a text"), ("bot", "the answer"), ("bot", "more")]
        for who, text in told:
            self._position += 1
            data = json.dumps({"id": self._position, "from": who, "text": text})
            event = f'id: {self._position}\nevent: message\ndata: {data}\n\nevent: typing\ndata: {{"on": true}}\n\n'
            await cut(self._reader, chunk(event.encode()), self._size)


def lines(counter: Counter) -> list[str]:
    return [each.line.removesuffix(" HTTP/1.1") for each in counter.asked]


@pytest.mark.parametrize("size", [1, 10, 1000])
def test_a_turn_is_posted_read_from_the_stream_and_acknowledged(run: Run, size: int) -> None:
    async def talk() -> None:
        async with Counter(Channel(size).serve) as counter, WebTalk(counter.url, "10.0.0.7") as cardholder:
            took = await cardholder.say("what is my balance")

            assert took > 0.0
            assert cardholder.answer["text"] == "the answer"
            assert sorted(lines(counter)[1:3]) == ["GET /web/events?after=0", "POST /web/messages"]
            assert lines(counter)[0] == "POST /web/session"
            assert lines(counter)[3] == "POST /web/acks"
            said = next(json.loads(each.body) for each in counter.asked if "messages" in each.line)
            assert (said["type"], said["text"], len(said["id"])) == ("text", "what is my balance", 32)
            assert all(each.headers["x-cardbot"] == "1" for each in counter.asked)
            assert all(each.headers["x-forwarded-for"] == "10.0.0.7" for each in counter.asked)

    run(talk())


def test_posts_share_one_connection_and_the_stream_has_its_own(run: Run) -> None:
    async def talk() -> None:
        async with Counter(Channel().serve) as counter, WebTalk(counter.url, "10.0.0.7") as cardholder:
            for _ in range(3):
                await cardholder.say("hello")

            assert {each.connection for each in counter.asked if each.line.startswith("POST")} == {1}
            assert [each.connection for each in counter.asked if each.line.startswith("GET")] == [2]

    run(talk())


def test_a_replaced_cookie_is_used_from_then_on_and_the_stream_goes_on_behind_what_was_read(run: Run) -> None:
    async def talk() -> None:
        async with Counter(Channel().serve) as counter, WebTalk(counter.url, "10.0.0.7") as cardholder:
            await cardholder.say("what is my balance")
            await cardholder.details("1234", "12/30", "1990-01-01")
            await cardholder.say("thank you")

            read = [each for each in counter.asked if each.line.startswith("GET")]
            assert read[-1].line.startswith("GET /web/events?after=4 ")
            assert [each.headers["cookie"] for each in (read[0], read[-1])] == [
                "cardbot_session=first",
                "cardbot_session=second",
            ]
            assert counter.asked[-1].headers["cookie"] == "cardbot_session=second"

    run(talk())


def test_a_knock_returns_before_its_answer(run: Run) -> None:
    async def talk() -> None:
        async with Counter(Channel().serve) as counter, WebTalk(counter.url, "10.0.0.7") as cardholder:
            assert await cardholder.knock("hello") > 0.0
            await cardholder.answered()

            assert cardholder.answer["text"] == "the answer"
            assert "POST /web/acks" not in lines(counter)

    run(talk())


def test_a_refused_message_is_no_answer(run: Run) -> None:
    async def talk() -> None:
        async with (
            Counter(Channel(status="429 Too Many Requests").serve) as counter,
            WebTalk(counter.url, "10.0.0.7") as cardholder,
        ):
            with pytest.raises(NoAnswer, match="/web/messages with 429"):
                await cardholder.say("hello")

    run(talk())


def test_stock_rasa_answers_in_its_reply(run: Run) -> None:
    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        await cut(writer, reply(b'[{"text": "I am a bot"}]'), 10)
        return True

    async def talk() -> None:
        async with Counter(serve) as counter, StockTalk(counter.url) as somebody:
            assert await somebody.say("are you a bot") > 0.0
            assert await somebody.say("are you a bot?") > 0.0

            assert {each.line for each in counter.asked} == {"POST /webhooks/rest/webhook HTTP/1.1"}
            assert len({json.loads(each.body)["sender"] for each in counter.asked}) == 1
            assert [json.loads(each.body)["message"] for each in counter.asked] == [
                "are you a bot",
                "are you a bot?",
            ]

    run(talk())


def test_an_error_of_stock_rasa_is_no_answer(run: Run) -> None:
    async def serve(asked: Asked, writer: asyncio.StreamWriter) -> bool:
        writer.write(reply(b"", "500 Internal Server Error"))
        return True

    async def talk() -> None:
        async with Counter(serve) as counter, StockTalk(counter.url) as somebody:
            with pytest.raises(NoAnswer, match="500"):
                await somebody.say("are you a bot")

    run(talk())
