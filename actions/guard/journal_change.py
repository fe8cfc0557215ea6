"""One change of a cardholder's record: its states, what is told of each, and how values compare."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a change stands."""

    PREPARED = "PREPARED"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    CONFIRMED_PENDING = "CONFIRMED_PENDING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    REJECTED_LOCAL = "REJECTED_LOCAL"
    CANCELLED = "CANCELLED"
    NOT_APPLIED = "NOT_APPLIED"
    CONFLICT = "CONFLICT"
    MANUAL = "MANUAL"


OPEN = frozenset({State.PREPARED, State.SENT, State.UNKNOWN, State.CONFIRMED_PENDING})
WITH_A_PERSON = frozenset({State.CONFLICT, State.MANUAL})


class Told(StrEnum):
    """What is true to say to the cardholder."""

    NOTHING = ""
    CHECKING = "checking"
    ACCEPTED = "accepted"
    UPDATED = "updated"
    REFUSED = "refused"
    NOT_REACHED = "not_reached"
    NOT_DONE = "not_done"
    WITH_A_PERSON = "with_a_person"


_WORDS = {
    State.PREPARED: Told.CHECKING,
    State.SENT: Told.CHECKING,
    State.UNKNOWN: Told.CHECKING,
    State.CONFIRMED_PENDING: Told.ACCEPTED,
    State.CONFIRMED: Told.UPDATED,
    State.REJECTED: Told.REFUSED,
    State.REJECTED_LOCAL: Told.NOT_REACHED,
    State.CANCELLED: Told.NOT_REACHED,
    State.NOT_APPLIED: Told.NOT_DONE,
    State.CONFLICT: Told.WITH_A_PERSON,
    State.MANUAL: Told.WITH_A_PERSON,
}


@dataclass(frozen=True)
class Proposal:
    """A new value that waits for the cardholder's yes."""

    conversation: str
    nonce: str
    field: str
    urn: str = dataclasses.field(repr=False)
    old: str = dataclasses.field(repr=False)
    new: str = dataclasses.field(repr=False)
    expires: float
    shown_at: float | None


@dataclass(frozen=True)
class Change:
    """One row of the journal. `fresh`: this very call wrote it, so that whoever holds it must carry it out.

    `urn`, `old`, `new` and `request` are empty once the row has forgotten them.
    """

    op_id: str
    reference: str
    conversation: str
    field: str
    txn: str
    urn: str = dataclasses.field(repr=False)
    old: str = dataclasses.field(repr=False)
    new: str = dataclasses.field(repr=False)
    request: bytes = dataclasses.field(repr=False)
    state: State
    version: int
    sends: int
    misses: int
    duplicate: bool
    code: str
    made_at: float
    sent_at: float | None
    first_old_at: float | None
    next_at: float | None
    closed_at: float | None
    waiting_until: float
    told: Told
    ticketed: bool
    fresh: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def words(self) -> Told:
        """What is true to say now."""
        return _WORDS[self.state]

    @property
    def has_news(self) -> bool:
        """Whether there is something to say that was not said yet."""
        return self.words is not self.told and (not self.is_open or self.told is Told.NOTHING)


class Reading(StrEnum):
    """What a read-back of the record shows."""

    NEW = "new"
    OLD = "old"
    OTHER = "other"
    UNCLEAR = "unclear"


def is_same(kind: str, one: str, other: str) -> bool:
    """Whether two values of a field mean the same.

    >>> is_same("mobile", "+91 98200 12345", "9820012345"), is_same("email", "a@X.com", "A@x.com")
    (True, True)
    """
    return _plain(kind, one) == _plain(kind, other)


def compare(kind: str, old: str, new: str, read: str | None) -> Reading:
    """What `read` shows, masked or not; UNCLEAR if it was not read or fits both.

    >>> compare("email", "john@x.com", "jane@x.com", "ja***@X.com").value
    'new'
    """
    if read is None or (kind == "email" and re.search(r"[\s\[\]]", read.strip())):
        return Reading.UNCLEAR
    value = _plain(kind, read)
    fits_old, fits_new = _fits(kind, value, _plain(kind, old)), _fits(kind, value, _plain(kind, new))
    if fits_old and fits_new:
        return Reading.UNCLEAR
    if fits_new:
        return Reading.NEW
    return Reading.OLD if fits_old else Reading.OTHER


def _plain(kind: str, value: str) -> str:
    if kind == "mobile":
        digits = re.sub(r"[^0-9*xX]", "", value).replace("x", "*").replace("X", "*")
        return re.sub(r"^(?:0*91|0)(?=.{10}$)", "", digits)
    return value.strip().casefold()


def _fits(kind: str, read: str, value: str) -> bool:
    if "*" not in read:
        return read == value
    pattern = "".join(".+" if part.startswith("*") else re.escape(part) for part in re.split(r"(\*+)", read))
    return re.fullmatch(pattern, value) is not None
