"""A turn is committed, then announced, then told to whoever follows the events; and only one process does that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, select

from actions.guard.keys import Keys
from actions.guard.schema import conversations, inbox, transcript, vault
from actions.guard.storage import Storage, StorageUnavailable
from actions.guard.vault import Vault
from actions.settings import Secret
from bot.gateway import turns
from bot.gateway.conversations import Conversations
from bot.gateway.inbox import Inbox
from bot.gateway.turns import LEASE_SECONDS, Turns

TALK = "web:1"


class Engine:
    """Says what it was told; notes what was published."""

    def __init__(self) -> None:
        self.published: list[str] = []

    async def turn(self, message: Any) -> Any:
        told = {"text": message.text}
        return SimpleNamespace(
            conversation=TALK, messages=(told,), slots={}, events=(), active_loop=None, requested_slot=None, staged=message.text
        )

    async def publish(self, turn: Any) -> None:
        self.published.append(turn.staged)


class Room:
    """One process's turns over a database, on a clock that stands."""

    def __init__(self, storage: Storage) -> None:
        self.now, self.storage = 100.0, storage
        keys = Keys([Secret("m" * 32)])
        self.talks, self.inbox = Conversations(lambda: self.now), Inbox(keys.sealer("inbox"), lambda: self.now)
        self.engine, self.trouble, self.told = Engine(), [], []
        services: Any = SimpleNamespace(storage=storage, vault=Vault(storage, keys, lambda: self.now))
        tracker: Any = SimpleNamespace(
            rollback=lambda conversation: None, commit_in=lambda conn, staged: None, look_in=lambda conn, conversation: lambda: (0, 0.0)
        )
        answers: Any = SimpleNamespace(put_in=self._put_in)
        self.turns = Turns(self.engine, self.inbox, self.talks, answers, tracker, services, owner="me")  # type: ignore[arg-type]
        self.turns.answered = self._answered

    def send(self, name: str, *, take: bool = False, values: tuple[str, ...] = ()) -> None:
        """Store a message as the edge does, and have it taken at once or leave it for the next look at the inbox."""
        body = {"kind": "text", "text": name, "whole": False, "values": [{"kind": "email", "value": each} for each in values]}
        with self.storage.begin() as conn:
            talk = self.talks.begin_in(conn, TALK, "web", "somebody")
            stored = self.inbox.accept_new_in(conn, TALK, name, body)
            if take:
                self.turns.take_in(conn, stored, talk)
        if take:
            self.turns.wake(TALK, name)

    def lease(self, owner: str) -> None:
        with self.storage.begin() as conn:
            self.talks.begin_in(conn, TALK, "web", "somebody")
            assert self.talks.lease_in(conn, TALK, owner, LEASE_SECONDS)

    def rows(self, column: Any) -> list[Any]:
        with self.storage.read() as conn:
            return list(conn.execute(select(column)).scalars())

    def _put_in(self, conn: Connection, conversation: str, messages: Any, *_: Any) -> int:
        if self.trouble:
            raise self.trouble.pop()
        for message in messages:
            self.talks.write_line_in(conn, conversation, "bot", message["text"])
        return len(messages)

    def _answered(self, conversation: str) -> None:
        self.told.append((tuple(self.rows(transcript.c.text)), tuple(self.engine.published)))


def run(storage: Storage, steps: Callable[[Room], Awaitable[None]]) -> Room:
    async def go() -> Room:
        room = Room(storage)
        looking = asyncio.create_task(room.turns.run())
        await steps(room)
        looking.cancel()
        await room.turns.finish(1.0)
        return room

    return asyncio.run(go())


async def until(said: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not said():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def _look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "POLL_SECONDS", 0.005)


def test_each_turn_is_committed_then_announced_then_published_and_the_last_gives_the_lease_back(storage: Storage) -> None:
    async def steps(room: Room) -> None:
        room.send("one")
        room.send("two")
        await until(lambda: len(room.engine.published) == 2)

    room = run(storage, steps)

    assert room.told == [(("one",), ()), (("one", "two"), ("one",))]
    assert room.engine.published == ["one", "two"]
    assert room.rows(conversations.c.lease_owner) == [None]


@pytest.mark.parametrize("error", [ValueError("a slip"), StorageUnavailable("the database is away")])
def test_a_turn_that_was_not_committed_is_not_published_and_is_done_again(storage: Storage, error: Exception) -> None:
    async def steps(room: Room) -> None:
        room.trouble = [error]
        room.send("one")
        await until(lambda: room.rows(inbox.c.state) == ["done"])
        await until(lambda: bool(room.engine.published))

    room = run(storage, steps)

    assert room.engine.published == ["one"]
    assert room.rows(transcript.c.text) == ["one"]


@pytest.mark.parametrize("values", [(), ("a@b.example",)])
def test_a_message_is_taken_as_it_is_stored(storage: Storage, values: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "POLL_SECONDS", 60.0)

    async def steps(room: Room) -> None:
        await asyncio.sleep(0)  # the only look at the inbox that there will be
        room.send("one", take=True, values=values)
        await until(lambda: bool(room.engine.published))

    room = run(storage, steps)

    assert room.rows(transcript.c.text) == ["one"]
    assert room.rows(vault.c.ref) == []


@pytest.mark.parametrize("values", [(), ("a@b.example",)])
def test_a_message_whose_conversation_another_process_holds_is_left_to_it_and_answered_here_when_that_is_gone(
    storage: Storage, values: tuple[str, ...]
) -> None:
    async def steps(room: Room) -> None:
        room.lease("another process")
        room.send("one", take=True, values=values)
        await asyncio.sleep(0.1)
        assert room.engine.published == []
        assert room.rows(vault.c.ref) == [], "its values are for whoever answers"
        room.now += LEASE_SECONDS + 1
        await until(lambda: bool(room.engine.published))

    room = run(storage, steps)

    assert room.engine.published == ["one"]
    assert room.rows(transcript.c.text) == ["one"]
