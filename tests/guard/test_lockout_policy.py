"""The decisions over tries that count, without a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.guard.lockout_policy import (
    DAY,
    HOUR,
    Limits,
    Try,
    cards_closed_until,
    conversation_closed_until,
    day_closed_until,
    is_flooded,
    is_one_card_too_many,
    window_full_until,
)

LIMITS = Limits()
NOW = 1_800_000_000.0


def tries(*ages: float, card: str = "a") -> list[Try]:
    return [Try(NOW - age, card) for age in ages]


def test_tries_of_a_time_to_come_count_now() -> None:
    ahead = tries(-DAY, -DAY, -DAY, -DAY)

    assert day_closed_until([*ahead, Try(NOW, "a")], NOW, 5) == NOW + 2 * DAY
    assert window_full_until([each.at for each in ahead], NOW, 4, HOUR) == NOW + DAY + HOUR
    assert is_one_card_too_many([Try(NOW + DAY, "a")], "b", NOW, 1)


def test_a_day_is_counted_from_the_try_that_filled_it() -> None:
    five = tries(23 * HOUR, 3, 2, 1, 0)

    assert day_closed_until(five, NOW, 5) == NOW + DAY
    assert day_closed_until(five, NOW + DAY - 1, 5) == NOW + DAY
    assert day_closed_until(five, NOW + DAY, 5) is None
    assert day_closed_until(tries(25 * HOUR, 3, 2, 1, 0), NOW, 5) is None


def test_different_cards_are_counted_once_each() -> None:
    same = tries(*range(50))
    different = [Try(NOW, str(card)) for card in range(5)]

    assert cards_closed_until(same, NOW, 5) is None
    assert cards_closed_until(same[:1] + different[:4], NOW, 5) == NOW + DAY
    assert not is_one_card_too_many(different[:3], "2", NOW, 3)
    assert is_one_card_too_many(different[:3], "9", NOW, 3)


def test_a_full_window_opens_when_its_first_try_leaves_it() -> None:
    times = [NOW - 50 * 60, NOW - 20 * 60, NOW]

    assert window_full_until(times, NOW, 3, HOUR) == NOW + 10 * 60
    assert window_full_until(times, NOW + 10 * 60, 3, HOUR) is None


@pytest.mark.parametrize(("failures", "minutes"), [(3, 15), (6, 30), (9, 60), (21, 960), (24, 1440), (300, 1440)])
def test_every_third_failure_doubles_the_wait(failures: int, minutes: int) -> None:
    assert conversation_closed_until(tries(*[0.0] * failures), NOW, LIMITS) == NOW + minutes * 60
    assert conversation_closed_until(tries(*[0.0] * (failures + 1)), NOW, LIMITS) is None


def test_a_flood_is_more_than_fifty_and_three_times_the_usual() -> None:
    assert not is_flooded(50, 1000, [0] * 7, LIMITS)
    assert is_flooded(51, 51, [0] * 7, LIMITS)
    assert not is_flooded(60, 60, [20] * 7, LIMITS)
    assert is_flooded(60, 61, [20] * 7, LIMITS)
    assert is_flooded(60, 60, [0, 0, 0, 0, 900, 900, 900], LIMITS)


@given(st.lists(st.floats(0, 3 * DAY), max_size=60), st.lists(st.sampled_from([DAY, -DAY]), max_size=4))
def test_any_pace_of_guessing_gets_five_a_day(gaps: list[float], jumps: list[float]) -> None:
    admitted: list[Try] = []
    now = NOW
    for index, gap in enumerate(gaps):
        now += gap / 10 + (jumps[index % len(jumps)] if jumps and index % 7 == 0 else 0.0)
        if day_closed_until(admitted, now, 5) is None:
            admitted.append(Try(now, "a"))

    for first in admitted:
        assert len([each for each in admitted if first.at <= each.at < first.at + DAY]) <= 5
