"""Conversations are kept exactly, cheaply, and never somewhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actions.guard.storage import Storage, StorageConflict, StorageUnavailable
from bot.engine.actions_in_process import watched_turn
from bot.engine.engine import EngineError
from bot.engine.speaking import Collector
from bot.engine.tracker_store import SNAPSHOT
from tests.engine.conftest import Clock, Shop, random_talk, words

Run = Callable[..., Any]
TURNS = int(os.environ.get("TALK_TURNS", "50"))


def stock(shop: Shop) -> Callable[[str], Any]:
    """The same model and actions on Rasa's own processor and store."""
    from rasa.core.channels.channel import UserMessage
    from rasa.core.lock_store import InMemoryLockStore
    from rasa.core.nlg import TemplatedNaturalLanguageGenerator
    from rasa.core.processor import MessageProcessor
    from rasa.core.tracker_store import InMemoryTrackerStore

    store = InMemoryTrackerStore(shop.engine.domain)
    nlg = TemplatedNaturalLanguageGenerator(shop.engine.domain.responses)
    processor = MessageProcessor(shop.model, store, InMemoryLockStore(), nlg, shop.runner)

    async def say(text: str) -> list[str]:
        collector = Collector()
        with watched_turn():
            await processor.handle_message(UserMessage(text, collector, "web:1", input_channel="web"))
        return [message["text"] for message in collector.messages]

    return say


@pytest.mark.parametrize("seed", range(1, 1 + int(os.environ.get("TALKS", "2"))))
def test_long_talks_are_answered_as_by_rasas_own_store(shop: Shop, run: Run, seed: int) -> None:
    async def talk() -> None:
        says = stock(shop)
        for number, text in enumerate(random_talk(seed, TURNS)):
            if number % 20 == 19:
                await shop.open()  # another process takes over
            assert words(await shop.say(text)) == await says(text), f"turn {number}: {text}"

    run(talk())

    assert any(SNAPSHOT in row.event for row in shop.rows())


def test_a_model_that_looks_back_further_than_history_is_kept_is_refused(
    model: Path, storage: Storage, clock: Clock, run: Run
) -> None:
    with pytest.raises(EngineError, match="keep_turns"):
        run(Shop(model, storage, clock, keep_turns=0).open())


def test_history_in_memory_stays_short_in_a_form_that_never_ends(shop: Shop, run: Run) -> None:
    run(shop.talk("order", *(["huge", "why", "nothing known"] * 25)))

    assert len(shop.store._live["web:1"].tracker.events) < 100
    assert run(shop.talk("small", "blue")) == [["Which colour?"], ["Ordered: small blue."]]


def test_nothing_is_stored_before_the_commit(shop: Shop, run: Run) -> None:
    turn = run(shop.turn("hello"))
    before = shop.rows()

    shop.commit(turn)

    assert before == []
    assert [row.seq for row in shop.rows()] == list(range(1, len(turn.events) + 1))


def test_a_transaction_that_fails_is_as_if_the_turn_had_not_been(shop: Shop, run: Run) -> None:
    run(shop.say("order"))
    before = shop.rows()
    turn = run(shop.turn("small"))

    def fail_after_writing() -> None:
        with shop.storage.begin() as conn:
            shop.store.commit_in(conn, turn.staged)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()

    assert shop.rows() == before
    assert run(shop.talk("large", "red")) == [["Which colour?"], ["Ordered: large red."]]


def test_a_turn_that_was_never_committed_is_forgotten(shop: Shop, run: Run) -> None:
    run(shop.turn("order"))

    assert run(shop.say("hello")).active_loop is None


def test_what_another_process_wrote_is_noticed(shop: Shop, model: Path, clock: Clock, run: Run) -> None:
    other = run(Shop(model, shop.storage, clock).open())

    said = [
        *run(shop.talk("order")), *run(other.talk("small")), *run(shop.talk("why")), *run(other.talk("red")),
    ]  # fmt: skip

    assert said == [
        ["Which size?"], ["Which colour?"], ["Because we make it for you.", "Which colour?"], ["Ordered: small red."],
    ]  # fmt: skip


def test_two_processes_cannot_both_store_the_same_turn(shop: Shop, model: Path, clock: Clock, run: Run) -> None:
    other = run(Shop(model, shop.storage, clock).open())
    run(shop.say("hello"))
    ours, theirs = run(shop.turn("order")), run(other.turn("hello"))
    other.commit(theirs)

    with pytest.raises(StorageConflict):
        shop.commit(ours)

    assert run(shop.say("hello")).active_loop is None


def test_a_row_that_was_looked_up_with_the_message_is_not_looked_up_again(shop: Shop, run: Run) -> None:
    looks = []

    @contextmanager
    def counted() -> Any:
        looks.append("at the last row")
        with shop.storage.read() as conn:
            yield conn

    run(shop.say("order"))
    shop.store._read = counted

    with shop.storage.begin() as conn:
        last = shop.store.look_in(conn, "web:1")
    assert words(run(shop.say("small", last=last()))) == ["Which colour?"]
    assert looks == []
    run(shop.say("why"))
    assert looks == ["at the last row"]


def test_what_another_process_wrote_is_noticed_by_the_row_that_was_looked_up(shop: Shop, model: Path, clock: Clock, run: Run) -> None:
    other = run(Shop(model, shop.storage, clock).open())
    run(shop.say("order"))
    run(other.say("small"))

    with shop.storage.begin() as conn:
        last = shop.store.look_in(conn, "web:1")

    assert words(run(shop.say("red", last=last()))) == ["Ordered: small red."]


def test_a_row_that_is_not_the_last_any_more_stores_nothing(shop: Shop, model: Path, clock: Clock, run: Run) -> None:
    other = run(Shop(model, shop.storage, clock).open())
    run(shop.say("order"))
    with shop.storage.begin() as conn:
        last = shop.store.look_in(conn, "web:1")
    run(other.say("small"))

    with pytest.raises(StorageConflict):
        run(shop.say("red", last=last()))

    assert words(run(shop.say("red"))) == ["Ordered: small red."]


def test_a_database_that_is_away_fails_the_turn_and_nothing_else_answers(shop: Shop, run: Run) -> None:
    run(shop.say("order"))

    @contextmanager
    def away() -> Any:
        raise StorageUnavailable("away")
        yield

    works, shop.store._read = shop.store._read, away
    with pytest.raises(StorageUnavailable):
        run(shop.turn("small"))
    shop.store._read = works

    assert run(shop.talk("small")) == [["Which colour?"]]


def test_memory_holds_as_many_conversations_as_it_was_told(model: Path, storage: Storage, clock: Clock, run: Run) -> None:
    shop = run(Shop(model, storage, clock, live=2).open())

    for number in range(4):
        run(shop.say("order", f"web:{number}"))

    assert list(shop.store._live) == ["web:2", "web:3"]
    assert run(shop.talk("small", conversation="web:0")) == [["Which colour?"]]


def test_a_cold_start_reads_a_bounded_number_of_rows(shop: Shop, run: Run) -> None:
    run(shop.talk(*random_talk(7, 60)))
    rows = len(shop.rows())
    run(shop.open())

    tracker = run(shop.store.retrieve("web:1"))

    assert rows > 3 * shop.store._limit
    assert len(tracker.events) <= 2 * shop.store._limit


def test_purging_takes_ended_conversations_and_what_a_snapshot_replaced(shop: Shop, run: Run) -> None:
    run(shop.say("hello", "web:ended"))
    run(shop.talk("order", *random_talk(5, 40)))
    ended, rows = shop.rows("web:ended"), shop.rows()

    with shop.storage.begin() as conn:
        gone = shop.store.purge_in(conn, rows[-1].at)

    left = shop.rows()
    assert shop.rows("web:ended") == []
    assert gone == len(ended) + len(rows) - len(left)
    assert SNAPSHOT in left[0].event
    run(shop.open())
    assert run(shop.talk("stop", "hello"))[-1] == ["Hello"]


def test_nothing_of_a_turn_is_shown_by_what_is_staged(shop: Shop, run: Run) -> None:
    staged = run(shop.turn("hello canary")).staged

    assert "canary" not in repr(staged)
