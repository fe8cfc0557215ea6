"""One look for all open streams: whoever is behind wakes, nobody else does, and one that fails is not the last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from actions.guard.storage import Storage
from bot.gateway import lookout
from bot.gateway.conversations import Conversations
from bot.gateway.lookout import OVERLAP_SECONDS, Lookout
from bot.gateway.watchers import Watcher, Watchers

NOW = 1_800_000_000.0


class Hall:
    """Talks that somebody else writes in, and whoever watches them here."""

    def __init__(self, storage: Storage) -> None:
        self.now = NOW
        self.storage = storage
        self.talks = Conversations(lambda: self.now)
        self.watchers = Watchers()
        self.lookout = Lookout(storage, self.talks, self.watchers, lambda: self.now)

    def write(self, *talks: str, who: str = "bot") -> None:
        with self.storage.begin() as conn:
            for each in talks:
                self.talks.begin_in(conn, each, "web", "somebody")
                self.talks.write_line_in(conn, each, who, "hello")

    async def woken(self, watchers: Iterable[Watcher]) -> list[bool]:
        """Who wakes of a look."""
        await asyncio.to_thread(self.lookout.look)
        return list(await asyncio.gather(*(each.wait(0.02) for each in watchers)))


async def _who_wakes(hall: Hall) -> None:
    hall.write("web:1", "web:1", "web:2")
    with hall.watchers.watching("web:1") as behind, hall.watchers.watching("web:1") as told, hall.watchers.watching("web:3") as other:
        behind.position, told.position = 1, 2
        behind.is_typing = True

        assert await hall.woken([behind, told, other]) == [True, False, False]
        assert behind.is_typing  # its own engine says when that is over
        behind.position = 2
        assert await hall.woken([behind, told, other]) == [False, False, False]
        hall.write("web:3")
        assert await hall.woken([behind, told, other]) == [False, False, True]


def test_only_who_is_behind_wakes(storage: Storage) -> None:
    asyncio.run(_who_wakes(Hall(storage)))


async def _own_line(hall: Hall) -> None:
    hall.write("web:1", who="you")
    with hall.watchers.watching("web:1") as watcher:
        assert await hall.woken([watcher]) == [False]


def test_nobody_wakes_for_what_the_cardholder_said(storage: Storage) -> None:
    asyncio.run(_own_line(Hall(storage)))


async def _late_commit(hall: Hall) -> None:
    with hall.watchers.watching("web:1") as watcher:
        hall.write("web:1")  # dated now, but seen by nobody until its transaction ends
        hall.now += OVERLAP_SECONDS - 1
        assert await hall.woken([watcher]) == [True]
        hall.now += 2
        assert await hall.woken([watcher]) == [False]


def test_a_line_that_was_committed_late_is_found_while_it_is_young(storage: Storage) -> None:
    asyncio.run(_late_commit(Hall(storage)))


def test_nobody_is_asked_where_nobody_watches() -> None:
    nowhere = Storage("postgresql+psycopg://127.0.0.1:9/nowhere")  # any question would fail

    Hall(nowhere).lookout.look()


async def _goes_on(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "LOOK_SECONDS", 0.01)
    with hall.watchers.watching("web:1") as watcher:
        keeping = asyncio.create_task(hall.lookout.keep())  # there is no table yet
        await asyncio.sleep(0.1)
        hall.storage.migrate()
        hall.write("web:1")
        assert await watcher.wait(5.0)
        keeping.cancel()


def test_a_look_that_fails_is_not_the_last(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Storage(database_url)
    try:
        asyncio.run(_goes_on(Hall(empty), monkeypatch))
    finally:
        empty.close()
