"""Who works on a conversation: given back with the end of a turn, kept while more waits, never taken from another."""

from __future__ import annotations

import pytest

from actions.guard.keys import Keys
from actions.guard.storage import Storage
from actions.settings import Secret
from bot.gateway.conversations import Conversations
from bot.gateway.handing import Handing
from bot.gateway.inbox import Inbox, Waiting
from bot.gateway.turn_input import Work

TALK = "web:" + "a" * 32


class Room:
    """One conversation on a clock that stands, with as many messages as were sent."""

    def __init__(self, storage: Storage) -> None:
        self.now = 1_800_000_000.0
        self.storage = storage
        self.talks = Conversations(lambda: self.now)
        self.inbox = Inbox(Keys([Secret("a master secret that only tests know 1")]).sealer("inbox"), lambda: self.now)
        with storage.begin() as conn:
            self.talk = self.talks.begin_in(conn, TALK, "web", "somebody")

    def send(self, name: str) -> Waiting:
        with self.storage.begin() as conn:
            message = self.inbox.accept_in(conn, TALK, name, {"kind": "text", "text": "hello"})
        assert message is not None
        return message

    def lease(self, owner: str) -> bool:
        with self.storage.begin() as conn:
            return self.talks.lease_in(conn, TALK, owner, 15.0)

    def answer(self, message: Waiting, owner: str) -> bool:
        """Whether the owner goes on."""
        with self.storage.begin() as conn:
            self.inbox.done_in(conn, message)
            self.talks.write_line_in(conn, TALK, "bot", "hello")
            goes_on = self.talks.turn_ended_in(conn, TALK, expecting="none", language="en", owner=owner)
        return goes_on()


@pytest.fixture
def room(storage: Storage) -> Room:
    return Room(storage)


def test_a_stored_message_comes_back_as_it_is_read_later(room: Room) -> None:
    stored = room.send("one")

    with room.storage.read() as conn:
        assert room.inbox.first_in(conn, TALK) == stored
    with room.storage.begin() as conn:
        assert room.inbox.accept_in(conn, TALK, "one", {"kind": "text", "text": "again"}) is None


def test_the_last_turn_gives_the_lease_back(room: Room) -> None:
    message = room.send("one")
    assert room.lease("a process")

    assert not room.answer(message, "a process")
    assert room.lease("another process")


def test_a_turn_keeps_the_lease_while_another_message_waits(room: Room) -> None:
    message = room.send("one")
    assert room.lease("a process")
    room.send("two")

    assert room.answer(message, "a process")
    assert not room.lease("another process")


def test_a_turn_that_came_too_late_leaves_the_lease_with_who_has_it_now(room: Room) -> None:
    message = room.send("one")
    assert room.lease("a process")
    room.now += 16
    assert room.lease("another process")

    assert not room.answer(message, "a process")
    assert not room.lease("a process")


def test_a_lease_that_was_given_back_is_not_renewed(room: Room) -> None:
    assert room.lease("a process")
    with room.storage.begin() as conn:
        room.talks.release_in(conn, TALK, "a process")
        room.talks.renew_in(conn, TALK, "a process", 15.0)

    assert room.lease("another process")


def test_a_message_that_was_taken_as_it_was_stored_is_claimed_once_and_only_when_committed(room: Room) -> None:
    handing = Handing()
    work = Work(room.send("one"), room.talk, [])
    handing.keep(TALK, "one", lambda: work)

    assert handing.holds(TALK)
    assert handing.claim(TALK) is None, "nobody knows yet whether it is stored"
    handing.stored(TALK, "a message that waits behind it")
    assert handing.claim(TALK) is None
    handing.stored(TALK, "one")
    assert handing.claim(TALK) is work
    assert handing.claim(TALK) is None
    assert not handing.holds(TALK)


def test_a_message_is_not_taken_for_stored_because_an_earlier_one_was(room: Room) -> None:
    handing, later = Handing(), Work(room.send("two"), room.talk, [])
    handing.keep(TALK, "one", lambda: None)
    handing.stored(TALK, "one")  # and then another process answers it
    handing.keep(TALK, "two", lambda: later)

    assert handing.claim(TALK) is None
    handing.stored(TALK, "two")
    assert handing.claim(TALK) is later


def test_a_message_that_could_not_be_stored_is_held_no_longer(room: Room) -> None:
    handing = Handing()
    handing.keep(TALK, "one", lambda: Work(room.send("one"), room.talk, []))

    handing.drop(TALK, "another message")
    assert handing.holds(TALK)
    handing.drop(TALK, "one")
    assert not handing.holds(TALK)
    assert handing.claim(TALK) is None


def test_a_retry_that_fails_takes_nothing_from_the_message_that_is_stored(room: Room) -> None:
    handing = Handing()
    work = Work(room.send("one"), room.talk, [])
    handing.keep(TALK, "one", lambda: work)
    handing.stored(TALK, "one")

    handing.drop(TALK, "one")

    assert handing.claim(TALK) is work
