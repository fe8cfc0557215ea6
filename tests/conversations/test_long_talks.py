"""The proof of long talks, run small and in this process: Rasa's own store and two engines by turns say the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.proofs._seat import Clock, take_seat
from tests.proofs.long_talks import SEEN_ANEW, Talk
from wibmo.sandbox import Sandbox

TURNS = 44  # two changes of engine, and history cut more than once


def played(folder: Path, model: Path, base: float, kind: str) -> list[list[str]]:
    with Sandbox() as bank:
        clock = Clock(base)
        seat = take_seat(folder, bank.url, model, clock, kind)
        said = []
        for message in Talk(0, TURNS, bank.people()[0]).messages:
            clock.now = base + message["number"]
            said.append([SEEN_ANEW.sub("…", text) for text in seat.send(message)])
        for runtime in seat.runtimes:
            runtime.stop()
    return said


@pytest.fixture(scope="module")
def base() -> float:
    return time.time()


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, model: Path, base: float) -> list[list[str]]:
    return played(tmp_path_factory.mktemp("ours"), model, base, "ours")


@pytest.mark.parametrize("kind", ["stock", "takeover"])
def test_a_long_talk_is_answered_word_for_word_the_same(
    ours: list[list[str]], kind: str, tmp_path: Path, model: Path, base: float
) -> None:
    assert played(tmp_path, model, base, kind) == ours


def test_the_talk_is_one_that_gets_answers(ours: list[list[str]]) -> None:
    assert len(ours) == TURNS
    assert all(ours)
    assert len({text for said in ours for text in said}) > 10
