"""Messages that two processes answer, and answers that were promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.guard.keys import Keys
from actions.guard.storage import Storage, StorageConflict
from actions.settings import Secret
from bot.gateway.conversations import Conversations
from bot.gateway.inbox import Inbox, Waiting

TALK = "web:" + "a" * 32
NEWS = {"kind": "news", "intent": "bank_answered", "facts": {"verdict": "verified", "message": f"{TALK}:one"}}


class Desk:
    """An inbox with one conversation, on a clock that stands."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_800_000_000.0
        self.storage = Storage(f"sqlite:///{folder / 'cardbot.db'}")
        self.storage.migrate()
        keys = Keys([Secret("a master secret that only tests know 1")])
        self.inbox = Inbox(keys.sealer("inbox"), lambda: self.now)
        with self.storage.begin() as conn:
            Conversations(lambda: self.now).begin_in(conn, TALK, "web", "somebody")
            self.inbox.accept_in(conn, TALK, f"{TALK}:one", {"kind": "text", "text": "hello"})

    def first(self) -> Waiting | None:
        with self.storage.read() as conn:
            return self.inbox.first_in(conn, TALK)

    def answer_with_a_promise(self) -> None:
        message = self.first()
        assert message is not None
        with self.storage.begin() as conn:
            self.inbox.promise_in(conn, message, "bank_answered", {"verdict": "undecided"})
            self.inbox.done_in(conn, message)

    def news(self) -> None:
        with self.storage.begin() as conn:
            self.inbox.accept_in(conn, TALK, "news-1", NEWS)

    def tell_anyway(self) -> int:
        with self.storage.begin() as conn:
            broken = self.inbox.broken_promises_in(conn, self.now + 1)
            for each in broken:
                self.inbox.tell_anyway_in(conn, each)
        return len(broken)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.storage.close()


def test_a_message_that_another_process_has_answered_is_not_answered_again(desk: Desk) -> None:
    message = desk.first()
    assert message is not None
    with desk.storage.begin() as conn:
        desk.inbox.done_in(conn, message)

    with pytest.raises(StorageConflict), desk.storage.begin() as conn:
        desk.inbox.done_in(conn, message)


def test_a_promise_begins_no_turn_while_its_news_may_come(desk: Desk) -> None:
    desk.answer_with_a_promise()

    assert desk.first() is None


def test_a_promise_whose_news_were_lost_is_told_once(desk: Desk) -> None:
    desk.answer_with_a_promise()

    assert [desk.tell_anyway(), desk.tell_anyway()] == [1, 0]
    told = desk.first()
    assert told is not None
    assert told.body["facts"] == {"verdict": "undecided", "message": f"{TALK}:one"}


def test_news_keep_the_promise(desk: Desk) -> None:
    desk.answer_with_a_promise()
    desk.news()

    assert desk.tell_anyway() == 0
    told = desk.first()
    assert told is not None
    assert told.body["facts"]["verdict"] == "verified"


def test_news_that_come_before_their_turn_has_ended_keep_the_promise_too(desk: Desk) -> None:
    desk.news()
    desk.answer_with_a_promise()

    assert desk.tell_anyway() == 0


def test_promises_and_news_do_not_count_as_messages_of_the_cardholder(desk: Desk) -> None:
    desk.answer_with_a_promise()
    desk.news()

    with desk.storage.read() as conn:
        assert desk.inbox.queue_in(conn, TALK, "unheard of", desk.now - 60).received == 1
