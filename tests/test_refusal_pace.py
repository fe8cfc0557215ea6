"""Refusals are told at the same moments whatever went before them; everything else at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from actions.bank import Bank
from actions.outcomes import Outcome, Verdict
from actions.refusal_pace import RefusalPace

REFUSED, VERIFIED = Outcome(Verdict.REFUSED), Outcome(Verdict.VERIFIED)
Run = Callable[..., Any]


class Clock:
    """Time that passes only in calls of the bank and in waiting."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.now += seconds


class Check:
    """One check that takes so many calls of so many seconds."""

    def __init__(self, clock: Clock, outcome: Outcome, *calls: float) -> None:
        self.clock, self.outcome, self.calls = clock, outcome, calls

    def __call__(self) -> Outcome:
        self.clock.now += sum(self.calls)
        return self.outcome


def told_after(run: Run, outcome: Outcome, *calls: float, slot: float = 1.5) -> float:
    """How many seconds after its start a check is told."""
    clock = Clock()
    pace = RefusalPace(Bank(5.0), slot, 6.0, now=clock, wait=clock.wait)

    assert run(pace.run(Check(clock, outcome, *calls), lambda late: None)) == outcome

    return round(clock.now - 100.0, 6)


@pytest.mark.parametrize("calls", [(0.001,), (0.2,), (0.2, 0.3), (0.7, 0.79), (1.5,)])
def test_refusals_of_one_call_and_of_two_are_told_at_the_same_moment(run: Run, calls: tuple[float, ...]) -> None:
    assert told_after(run, REFUSED, *calls) == 1.5


@pytest.mark.parametrize("verdict", [Verdict.CODE_WANTED, Verdict.CODE_WRONG])
def test_what_is_said_to_right_and_wrong_details_alike_is_held_too(run: Run, verdict: Verdict) -> None:
    assert told_after(run, Outcome(verdict), 0.1) == 1.5


def test_a_slow_bank_moves_all_to_the_next_slot(run: Run) -> None:
    assert told_after(run, REFUSED, 1.6) == told_after(run, REFUSED, 1.4, 1.4) == 3.0


def test_nothing_is_held_back_beyond_the_patience_of_a_turn(run: Run) -> None:
    assert told_after(run, REFUSED, 4.1, slot=4.0) == 6.0


@pytest.mark.parametrize("verdict", [Verdict.VERIFIED, Verdict.CLOSED, Verdict.UNAVAILABLE])
def test_a_success_and_what_has_words_of_its_own_is_told_at_once(run: Run, verdict: Verdict) -> None:
    assert told_after(run, Outcome(verdict), 0.2) == 0.2


def test_without_a_slot_nothing_is_held(run: Run) -> None:
    assert told_after(run, REFUSED, 0.2, slot=0.0) == 0.2


def test_a_refusal_that_comes_after_its_turn_is_told_at_a_slot_too(run: Run) -> None:
    clock, told, may_answer = Clock(), threading.Event(), threading.Event()
    pace = RefusalPace(Bank(0.01), 1.5, 6.0, now=clock, wait=clock.wait)
    at: list[float] = []

    def slow() -> Outcome:
        may_answer.wait(10)
        clock.now += 7.1
        return REFUSED

    def tell(outcome: Outcome) -> None:
        at.append(round(clock.now - 100.0, 6))
        told.set()

    async def talk() -> Outcome | None:
        in_time = await pace.run(slow, tell)
        may_answer.set()
        await asyncio.to_thread(told.wait, 10)
        return in_time

    assert run(talk()) is None
    assert at == [7.5]
