"""What the limits say of one try, read from the rows while its doors are held."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from actions.guard import lockout_book as book
from actions.guard import lockout_policy as policy
from actions.guard.lockout_book import Scopes
from actions.guard.lockout_policy import DAY, HOUR, Alert, Limits, Reason, Try

Refusal = tuple[Reason, float]


def closed(
    conn: Connection, conversation: str, identity: str, now: float, limits: Limits
) -> Refusal | None:
    """The conversation's and the identity's own limits, which neither trust nor possession opens."""
    talk = book.conversation_tries(conn, conversation, now, limits)
    mine = book.identity_tries(conn, identity, now, limits)
    swept = book.last_swept_at(conn, identity, now)
    month = policy.window_full_until(_times(mine), now, limits.identity_failures_a_month, limits.month)
    return _longest(
        (Reason.CONVERSATION, policy.conversation_closed_until(talk, now, limits)),
        (Reason.IDENTITY, policy.day_closed_until(mine, now, limits.identity_failures_a_day)),
        (Reason.MONTH, month),
        (Reason.CARDS, None if swept is None else swept + DAY),
    )


def is_one_card_too_many(conn: Connection, scopes: Scopes, now: float, limits: Limits) -> bool:
    """Whether this identity tried its number of different cards today, and this is another."""
    mine = book.identity_tries(conn, scopes.identity, now, limits)
    return policy.is_one_card_too_many(mine, scopes.card or "", now, limits.identity_cards_a_day)


def needs_more(
    conn: Connection, scopes: Scopes, now: float, limits: Limits, alerts: list[Alert]
) -> tuple[Refusal | None, Refusal | None]:
    """What everybody's tries together close, until possession is shown, to whoever is not trusted here.

    First what a sweep closed, then what a crowd did.
    """
    knows_card, knows_person = book.trusts(conn, scopes, now - limits.trust)
    swept = _swept(conn, scopes, now, limits, alerts)
    crowded = _crowded(conn, scopes, now, limits, alerts)
    return _longest(*([] if knows_person else swept)), _longest(*([] if knows_card else crowded))


def longest(*refusals: Refusal | None) -> Refusal | None:
    """Of what refuses, what does so longest."""
    return max((each for each in refusals if each), key=lambda each: each[1], default=None)


def _swept(
    conn: Connection, scopes: Scopes, now: float, limits: Limits, alerts: list[Alert]
) -> list[tuple[Reason, float | None]]:
    """Many cards tried with one date of birth: somebody looks for whose it is."""
    found: list[tuple[Reason, float | None]] = []
    for reason, alert, limit in (
        (Reason.PAIR, Alert.CARDS_SWEPT_FOR_PAIR, limits.pair_cards_a_day),
        (Reason.PERSON, Alert.CARDS_SWEPT_FOR_PERSON, limits.person_cards_a_day),
    ):
        tries = book.shared_tries(conn, reason.value, getattr(scopes, reason.value), now)
        until = policy.cards_closed_until(tries, now, limit)
        this_one = Try(now, scopes.card or "")
        if until is None and policy.cards_closed_until([*tries, this_one], now, limit):
            alerts.append(alert)
        found.append((reason, until))
    return found


def _crowded(
    conn: Connection, scopes: Scopes, now: float, limits: Limits, alerts: list[Alert]
) -> list[tuple[Reason, float | None]]:
    """Many failures with one card, from one neighbourhood, of one account, or everywhere."""
    card = _times(book.shared_tries(conn, "card", scopes.card, now))
    near = _times(book.shared_tries(conn, "address", scopes.address, now))
    spent = book.account_failures(conn, scopes) >= limits.account_failures
    return [
        (Reason.CARD, policy.window_full_until(card, now, limits.card_failures_an_hour, HOUR)),
        (Reason.CARD, policy.window_full_until(card, now, limits.card_failures_a_day, DAY)),
        (Reason.ADDRESS, policy.window_full_until(near, now, limits.address_failures_a_day, DAY)),
        (Reason.ACCOUNT, now + DAY if spent else None),
        (Reason.GUARDED, _guarded_until(conn, now, limits, alerts)),
    ]


def _guarded_until(conn: Connection, now: float, limits: Limits, alerts: list[Alert]) -> float | None:
    until = book.guarded_until(conn)
    if until > now:
        return until
    recent = book.last_ten_minutes(conn, now)
    if recent <= limits.guarded_failures:
        return None
    this_hour = book.failures_between(conn, now - HOUR, now)
    if not policy.is_flooded(recent, this_hour, book.same_hours(conn, now), limits):
        return None
    book.guard(conn, now, now + limits.guarded_held)
    alerts.append(Alert.GUARDED_MODE)
    return now + limits.guarded_held


def _times(tries: Sequence[Try]) -> list[float]:
    return [each.at for each in tries]


def _longest(*found: tuple[Reason, float | None]) -> Refusal | None:
    refused = [(reason, until) for reason, until in found if until is not None]
    return max(refused, key=lambda each: each[1]) if refused else None
