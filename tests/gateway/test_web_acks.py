"""What widgets have shown is written down together, all of it, the furthest line of each conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from actions.guard.storage import StorageUnavailable
from bot.gateway import web_acks
from bot.gateway.web_acks import WebAcks


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_acks, "WAIT_SECONDS", 0.01)


class Book:
    def __init__(self, fails: int = 0) -> None:
        self.pages: list[Mapping[str, int]] = []
        self.fails = fails

    def write(self, noted: Mapping[str, int]) -> None:
        if self.fails:
            self.fails -= 1
            raise StorageUnavailable("the database is away")
        self.pages.append(noted)


def test_what_is_noted_together_is_written_together() -> None:
    book = Book()

    async def talk() -> None:
        acks = WebAcks(book.write)
        for conversation, line in (("asha", 2), ("bela", 5), ("asha", 4), ("asha", 3)):
            acks.note(conversation, line)
        await acks.finish()

    asyncio.run(talk())
    assert book.pages == [{"asha": 4, "bela": 5}]


def test_what_is_noted_during_a_write_is_written_after_it_even_if_that_failed(caplog: pytest.LogCaptureFixture) -> None:
    book = Book(fails=1)

    async def talk() -> None:
        acks = WebAcks(book.write)
        acks.note("asha", 2)
        while book.fails:
            await asyncio.sleep(0.001)
        acks.note("asha", 4)
        await acks.finish()
        acks.note("bela", 1)
        await acks.finish()

    asyncio.run(talk())
    assert book.pages == [{"asha": 4}, {"bela": 1}]
    assert "StorageUnavailable" in caplog.text


def test_with_nothing_noted_there_is_nothing_to_wait_for() -> None:
    asyncio.run(WebAcks(Book().write).finish())


def test_a_token_is_known_as_long_as_any_stream_tells_it_what_is_said() -> None:
    acks = WebAcks(Book().write)

    with acks.told("token", "asha"):
        with acks.told("token", "asha"), acks.told("another", "bela"):
            both = acks.conversation_of("token"), acks.conversation_of("another")
        one = acks.conversation_of("token"), acks.conversation_of("another")

    assert both == ("asha", "bela")
    assert one == ("asha", None)
    assert acks.conversation_of("token") is None
