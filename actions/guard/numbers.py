"""The phone behind a conversation, where its platform vouches for it: kept as a pseudonym, compared with the record."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable

from sqlalchemy import Connection, delete, select

from actions.guard.keys import Keys
from actions.guard.possession import Registered, Shown
from actions.guard.schema import vouched_numbers
from actions.guard.storage import Storage, put_row

# A platform names WhatsApp's number with every message; a contact that was shared long ago may be another's by now.
VOUCHED_SECONDS = 24 * 3600.0
COUNTRY = "91"
_v = vouched_numbers.c


class VouchedNumbers:
    """One number per conversation, from one source; the proof of possession of that source's channels."""

    def __init__(self, storage: Storage, keys: Keys, clock: Callable[[], float], source: str) -> None:
        self._storage = storage
        self._keys = keys
        self._clock = clock
        self._source = source

    @property
    def name(self) -> str:
        return self._source

    def vouch_in(self, conn: Connection, conversation: str, number: str) -> None:
        """The platform says that this conversation's sender has this number, written with its country's code."""
        row = {"source": self._source, "number_mac": self._pseudonym(of_platform(number)), "at": self._clock()}
        put_row(conn, vouched_numbers, conversation=conversation, **row)

    def can_show(self, conversation: str) -> bool:
        return self._vouched(conversation) is not None

    def shows(self, conversation: str, registered: Registered) -> Shown:
        vouched = self._vouched(conversation)
        if vouched is None:
            return Shown.UNKNOWN
        recorded = of_record(registered.mobile)
        fits = recorded is not None and hmac.compare_digest(vouched, self._pseudonym(recorded))
        return Shown.MATCH if fits else Shown.MISMATCH

    def _vouched(self, conversation: str) -> str | None:
        found = select(_v.number_mac).where(
            _v.conversation == conversation, _v.source == self._source, _v.at > self._clock() - VOUCHED_SECONDS
        )
        with self._storage.read() as conn:
            number: str | None = conn.execute(found).scalar_one_or_none()
        return number

    def _pseudonym(self, number: str) -> str:
        return self._keys.mac("mobile", number)


def forget_numbers_in(conn: Connection, conversations: Iterable[str]) -> int:
    """Nobody vouches for these any more, until their platform does so again; returns how many were forgotten."""
    return conn.execute(delete(vouched_numbers).where(_v.conversation.in_(list(conversations)))).rowcount


def purge_numbers_in(conn: Connection, before: float) -> int:
    return conn.execute(delete(vouched_numbers).where(_v.at <= before)).rowcount


def of_platform(number: str) -> str:
    """A number as platforms write it, in one form: the national digits of an Indian mobile, others with a plus.

    >>> of_platform("919000000001"), of_platform("+91 90000 00001"), of_platform("6591234567")
    ('9000000001', '9000000001', '+6591234567')
    """
    digits = re.sub(r"[^0-9]", "", number)
    national = re.fullmatch(rf"{COUNTRY}([5-9][0-9]{{9}})", digits)
    return national[1] if national else f"+{digits}"


def of_record(mobile: str) -> str | None:
    """A mobile as the bank's record has it, in the same form; None for what is none.

    >>> of_record("919000000001"), of_record("9000000001"), of_record("+6591234567"), of_record("")
    ('9000000001', '9000000001', '+6591234567', None)
    """
    digits = re.sub(r"[^0-9]", "", mobile)
    if mobile.strip().startswith("+"):
        return of_platform(digits) if digits else None
    national = re.fullmatch(rf"(?:0|(?:00)?{COUNTRY})?([5-9][0-9]{{9}})", digits)
    return national[1] if national else None
