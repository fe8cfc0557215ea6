"""What follows from the bank's answer, and from each read-back, for a change: pure decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from actions.guard.journal_change import Change, Reading, State, compare

MINUTE = 60.0
HOUR = 3600.0


class Answer(StrEnum):
    """The classes of answers to a write, by what they prove."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True)
class Sent:
    """How sending went; `code` is the bank's, for REJECTED and MISCONFIGURED."""

    answer: Answer
    code: str = ""


class Bank(Protocol):
    """The two calls of a change; an exception from `send` counts as UNKNOWN, one from `read` as unread."""

    def send(self, request: bytes, txn: str) -> Sent:
        """Send these very bytes once."""

    def read(self, urn: str, kind: str) -> str | None:
        """The present value of the field; "" if there is none, None if it could not be read."""


@dataclass(frozen=True)
class Pace:
    """When to look and when to decide; seconds since the last sending."""

    reads: tuple[float, ...] = (
        1, 3, 10, 30, 2 * MINUTE, 10 * MINUTE, *(10 * MINUTE + hour * HOUR for hour in range(1, 7))
    )  # fmt: skip
    local_retries: tuple[float, ...] = (0.5, 2.0)
    apart: float = 30.0
    settle: float = 60.0
    decide: float = 10 * MINUTE


PACE = Pace()


def sending(change: Change, now: float) -> Change:
    """The row as it must be stored before anything is sent."""
    return replace(
        change, state=State.SENT, sends=change.sends + 1, sent_at=now, first_old_at=None, next_at=None
    )


def after_send(change: Change, sent: Sent, now: float, pace: Pace = PACE) -> Change:
    """The row after the bank answered, or did not."""
    first = change.sends == 1 and not change.duplicate
    soon = replace(change, state=State.UNKNOWN, next_at=now + pace.reads[0])
    if sent.answer is Answer.CONFIRMED:
        return replace(soon, state=State.CONFIRMED_PENDING)
    if sent.answer is Answer.NOT_SENT:
        return _after_miss(change, now, pace)
    if sent.answer in (Answer.REJECTED, Answer.MISCONFIGURED):
        code = sent.code or sent.answer.value
        # An earlier copy may have been applied: only the record knows.
        return _closed(replace(change, code=code), State.REJECTED, now) if first else replace(soon, code=code)
    return replace(soon, duplicate=change.duplicate or sent.answer is Answer.DUPLICATE)


def next_step(change: Change, read: str | None, now: float, pace: Pace = PACE) -> Change:
    """The row after a read-back; in state SENT the caller must store it and send the same bytes again."""
    reading = compare(change.field, change.old, change.new, read)
    if reading is Reading.NEW:
        return _closed(change, State.CONFIRMED, now)
    if reading is Reading.OTHER:
        return _closed(change, State.CONFLICT, now)
    if reading is Reading.OLD:
        return _still_old(change, now, pace)
    late = now - _since(change, now) >= pace.decide
    return _look_again(replace(change, ticketed=change.ticketed or late), now, pace)


def interrupted(change: Change, now: float) -> Change:
    """The row of a sender that is gone: what was sent is unknown, what was not is cancelled."""
    if change.state is State.PREPARED:
        return _closed(change, State.CANCELLED, now)
    return replace(change, state=State.UNKNOWN, next_at=now) if change.state is State.SENT else change


def measured_anew(change: Change, now: float) -> Change:
    """The row after the clock went back: no time has passed that one could rely on."""
    if change.sent_at is None or change.sent_at <= now:
        return change
    return replace(change, sent_at=now, first_old_at=None)


def _still_old(change: Change, now: float, pace: Pace) -> Change:
    first_old_at = now if change.first_old_at is None else change.first_old_at
    change = replace(change, first_old_at=first_old_at)
    elapsed = now - _since(change, now)
    is_sure = now - first_old_at >= pace.apart
    if change.state is State.UNKNOWN and change.code and not change.duplicate:
        return _closed(change, State.REJECTED, now)
    if elapsed >= pace.decide:
        if not is_sure:
            return replace(change, next_at=first_old_at + pace.apart)
        may_still_land = change.duplicate or change.state is State.CONFIRMED_PENDING
        return _closed(change, State.MANUAL if may_still_land else State.NOT_APPLIED, now)
    if is_sure and elapsed >= pace.settle and _may_send_again(change):
        return sending(change, now)
    return _look_again(change, now, pace)


def _may_send_again(change: Change) -> bool:
    return change.state is State.UNKNOWN and change.sends == 1 and not (change.misses or change.duplicate)


def _after_miss(change: Change, now: float, pace: Pace) -> Change:
    missed = replace(change, sends=change.sends - 1, misses=change.misses + 1)
    if missed.sends:
        return _look_again(replace(missed, state=State.UNKNOWN), now, pace)
    if missed.misses > len(pace.local_retries):
        return _closed(missed, State.REJECTED_LOCAL, now)
    return replace(missed, state=State.PREPARED, next_at=now + pace.local_retries[missed.misses - 1])


def _look_again(change: Change, now: float, pace: Pace) -> Change:
    since = _since(change, now)
    ahead = [since + after for after in pace.reads if since + after > now]
    return replace(change, next_at=ahead[0]) if ahead else _closed(change, State.MANUAL, now)


def _since(change: Change, now: float) -> float:
    return now if change.sent_at is None else change.sent_at


def _closed(change: Change, state: State, now: float) -> Change:
    needs_person = state in (State.CONFLICT, State.MANUAL)
    return replace(
        change,
        state=state,
        next_at=None,
        closed_at=now,
        ticketed=change.ticketed or needs_person,
    )
