"""How often anybody may try to verify: the numbers, and pure decisions over the tries that count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import NamedTuple

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0


class Reason(StrEnum):
    """Which limit refused, or asked for more: for audit and alerts, never for the cardholder."""

    CONVERSATION = "conversation"
    IDENTITY = "identity"
    MONTH = "month"
    CARDS = "cards"
    PAIR = "pair"
    PERSON = "person"
    CARD = "card"
    ADDRESS = "address"
    ACCOUNT = "account"
    GUARDED = "guarded"


class Alert(StrEnum):
    """What the people on call should hear of."""

    IDENTITY_SWEEPS_CARDS = "identity_sweeps_cards"
    CARDS_SWEPT_FOR_PAIR = "cards_swept_for_pair"
    CARDS_SWEPT_FOR_PERSON = "cards_swept_for_person"
    GUARDED_MODE = "guarded_mode"
    SUCCESS_AFTER_FAILURES = "success_after_failures"


@dataclass(frozen=True)
class Limits:
    """The numbers of the lockout policy; times are seconds."""

    conversation_failures: int = 3
    conversation_closed: float = 15 * MINUTE
    conversation_closed_most: float = DAY
    identity_failures_a_day: int = 5
    identity_failures_a_month: int = 10
    identity_cards_a_day: int = 3
    pair_cards_a_day: int = 5
    person_cards_a_day: int = 20
    card_failures_an_hour: int = 10
    card_failures_a_day: int = 30
    address_failures_a_day: int = 20
    account_failures: int = 100
    guarded_failures: int = 50
    guarded_factor: float = 3.0
    guarded_held: float = HOUR
    refunds_a_day: int = 3
    misreads: int = 5
    misreads_kept: float = 15 * MINUTE
    success_alarm_failures: int = 2
    month: float = 30 * DAY
    trust: float = 180 * DAY


class Try(NamedTuple):
    """One try that counts: it was sent to the bank, and it neither succeeded nor was given back."""

    at: float
    card: str


def is_recent(at: float, now: float, window: float) -> bool:
    """Whether `at` lies in the window that ends now; times to come do: no clock opens a door early."""
    return at > now - window


def conversation_closed_until(tries: Sequence[Try], now: float, limits: Limits) -> float | None:
    """Every third failure closes the conversation: 15 minutes, then twice as long each time, up to a day."""
    rounds, rest = divmod(len(tries), limits.conversation_failures)
    if not rounds or rest:
        return None
    closed = min(limits.conversation_closed * 2.0 ** min(rounds - 1, 32), limits.conversation_closed_most)
    return _if_ahead(max(each.at for each in tries) + closed, now)


def day_closed_until(tries: Sequence[Try], now: float, limit: int) -> float | None:
    """The try that makes `limit` of them within a day closes for a day."""
    return _held_until(tries, now, limit, len)


def cards_closed_until(tries: Sequence[Try], now: float, limit: int) -> float | None:
    """The try that makes `limit` different cards within a day closes for a day."""
    return _held_until(tries, now, limit, lambda some: len({each.card for each in some}))


def window_full_until(times: Sequence[float], now: float, limit: int, window: float) -> float | None:
    """While `limit` of the times lie within the window: until the first of them has left it."""
    recent = sorted(at for at in times if is_recent(at, now, window))
    return recent[-limit] + window if len(recent) >= limit else None


def is_one_card_too_many(tries: Sequence[Try], card: str, now: float, limit: int) -> bool:
    """Whether `card` would be one more than the `limit` different ones of a day."""
    tried = {each.card for each in tries if is_recent(each.at, now, DAY)}
    return card not in tried and len(tried) >= limit


def is_flooded(last_ten_minutes: int, this_hour: int, same_hours: Sequence[int], limits: Limits) -> bool:
    """Whether failures everywhere are far above what this hour of the day saw in the last seven days."""
    if last_ten_minutes <= limits.guarded_failures:
        return False
    return this_hour > limits.guarded_factor * median(same_hours)


def _held_until(
    tries: Sequence[Try], now: float, limit: int, measure: Callable[[Sequence[Try]], int]
) -> float | None:
    if measure([each for each in tries if is_recent(each.at, now, DAY)]) >= limit:
        return max(each.at for each in tries) + DAY
    full = [
        last.at
        for last in tries
        if measure([each for each in tries if last.at - DAY < each.at <= last.at]) >= limit
    ]
    return _if_ahead(max(full, default=now - DAY) + DAY, now)


def _if_ahead(until: float, now: float) -> float | None:
    return until if until > now else None
