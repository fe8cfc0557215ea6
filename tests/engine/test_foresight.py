"""Vectors ahead of their turns: computed once, together where many wait, and a failure reaches whoever waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest

from bot.engine import rasa_compat

rasa_compat.install()

from bot.engine.foresight import TOGETHER, Foresight  # noqa: E402
from bot.engine.normalizer import Normal  # noqa: E402
from bot.engine.sentence_encoder import SentenceEncoder  # noqa: E402

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Slow(SentenceEncoder):
    """Remembers without computing, once it may."""

    def __init__(self) -> None:
        super().__init__({})
        self.may = threading.Event()
        self.asked: list[list[str]] = []
        self.known: set[str] = set()
        self.problem: Exception | None = None

    def remembers(self, text: str) -> bool:
        return text in self.known

    def remember(self, texts: Sequence[str]) -> None:
        self.asked.append(list(texts))
        assert self.may.wait(10)
        if self.problem is not None:
            raise self.problem
        self.known |= set(texts)


@pytest.fixture
def encoder() -> Slow:
    return Slow()


def test_what_is_known_needs_no_computing(run: Run, encoder: Slow) -> None:
    encoder.known.add("hello")

    run(Foresight(encoder).know("Hello!"))

    assert encoder.asked == []


def test_what_needs_no_vector_is_not_computed_and_nobody_waits_for_it(run: Run, encoder: Slow) -> None:
    asked = []

    def needs_vector(said: Normal) -> bool:
        asked.append(said)
        return False

    foresight = Foresight(encoder, needs_vector)

    assert foresight.begin("My BAL!") is None
    run(foresight.know("My BAL!"))

    assert encoder.asked == []
    assert asked == 2 * [Normal("my balance", "my balance")]


def test_a_message_that_was_begun_is_not_computed_again_by_its_turn(run: Run, encoder: Slow) -> None:
    async def talk() -> None:
        foresight = Foresight(encoder)
        foresight.begin("my balance")
        turn = asyncio.create_task(foresight.know("My balance"))
        await asyncio.sleep(0.05)
        assert not turn.done()
        encoder.may.set()
        await turn

    run(talk())

    assert encoder.asked == [["my balance"]]


def test_those_that_wait_are_computed_together_and_each_once(run: Run, encoder: Slow) -> None:
    texts = [f"{'a' if n % 2 else 'b'} question {'and more ' * n}" for n in range(TOGETHER + 5)]

    async def crowd() -> None:
        foresight = Foresight(encoder)
        waiting = [asyncio.create_task(foresight.know(texts[0]))]
        while not encoder.asked:
            await asyncio.sleep(0.001)
        waiting += [asyncio.create_task(foresight.know(text)) for text in texts[1:]]
        await asyncio.sleep(0.05)
        encoder.may.set()
        await asyncio.gather(*waiting)

    run(crowd())

    assert list(map(len, encoder.asked)) == [1, TOGETHER, 4]
    assert len({text for together in encoder.asked for text in together}) == len(texts)


def test_a_failure_reaches_everybody_who_waits_and_the_next_try_is_free(run: Run, encoder: Slow) -> None:
    encoder.problem = MemoryError()
    encoder.may.set()
    foresight = Foresight(encoder)

    for _ in range(2):
        with pytest.raises(MemoryError):
            run(foresight.know("my balance"))
    encoder.problem = None
    run(foresight.know("my balance"))

    assert len(encoder.asked) == 3


def test_a_turn_that_is_cancelled_leaves_the_others_their_vector(run: Run, encoder: Slow) -> None:
    async def leave() -> None:
        foresight = Foresight(encoder)
        gone = asyncio.create_task(foresight.know("my balance"))
        stays = asyncio.create_task(foresight.know("my balance"))
        await asyncio.sleep(0.05)
        gone.cancel()
        encoder.may.set()
        await stays

    run(leave())

    assert encoder.known == {"my balance"}
