"""The sandbox's book: who holds which card, what was changed when, which request ids were seen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from wibmo.sandbox.people import Person, Plastic

OTP_LIFE = 600.0
OTP_TRIES = 3


@dataclass(frozen=True)
class Entry:
    """One change of one field, as it took effect."""

    urn: str
    field: str
    old: str
    new: str
    txn_id: str
    at: float


@dataclass
class _Otp:
    code: str
    expires: float
    tries: int = OTP_TRIES


class Ledger:
    """State of the pretend bank; every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._people: list[Person] = []
        self._entries: list[Entry] = []
        self._later: list[tuple[float, str, dict[str, str], str]] = []
        self._txn_ids: set[str] = set()
        self._otps: dict[str, _Otp] = {}
        self._lock = threading.RLock()

    def add(self, people: Iterable[Person]) -> None:
        with self._lock:
            self._people.extend(people)

    @property
    def people(self) -> tuple[Person, ...]:
        with self._lock:
            self._settle()
            return tuple(self._people)

    @property
    def history(self) -> tuple[Entry, ...]:
        """Every change that took effect, in order."""
        with self._lock:
            self._settle()
            return tuple(self._entries)

    def customer(self, urn: str) -> Person:
        """The holder of this URN; KeyError if there is none."""
        for person in self.people:
            if any(card.urn == urn for card in person.cards):
                return person
        raise KeyError("no such urn")

    def find(self, **wanted: str) -> list[Person]:
        """Persons by exactly one of urn, customer_id, mobile, email."""
        ((name, value),) = wanted.items()
        if name == "urn":
            return [each for each in self.people if any(card.urn == value for card in each.cards)]
        if name == "email":
            return [each for each in self.people if each.email.casefold() == value.casefold()]
        return [each for each in self.people if getattr(each, name) == value]

    def cards(self, last_four: str) -> list[tuple[Person, Plastic]]:
        """Every card that ends so."""
        return [
            (person, card) for person in self.people for card in person.cards if card.last_four == last_four
        ]

    def change(self, urn: str, changes: dict[str, str], txn_id: str, *, after: float = 0.0) -> None:
        """Makes the changes now, or `after` so many seconds of the ledger's clock."""
        with self._lock:
            self._later.append((self._clock() + after, urn, changes, txn_id))
            self._settle()

    def is_new(self, txn_id: str) -> bool:
        """Whether this clientTxnId comes for the first time; it never does again."""
        with self._lock:
            fresh = txn_id not in self._txn_ids
            self._txn_ids.add(txn_id)
            return fresh

    def text_otp(self, mobile: str, code: str) -> None:
        with self._lock:
            self._otps[mobile] = _Otp(code, self._clock() + OTP_LIFE)

    def otp(self, mobile: str) -> str:
        """The code last texted to this number: a test's eye on the phone."""
        with self._lock:
            return self._otps[mobile].code

    def try_otp(self, mobile: str, code: str) -> bool:
        with self._lock:
            otp = self._otps.get(mobile)
            if otp is None or otp.tries == 0 or self._clock() > otp.expires:
                return False
            otp.tries -= 1
            if code != otp.code:
                return False
            del self._otps[mobile]
            return True

    def _settle(self) -> None:
        now = self._clock()
        due = [each for each in self._later if each[0] <= now]
        self._later = [each for each in self._later if each[0] > now]
        for at, urn, changes, txn_id in sorted(due, key=lambda each: each[0]):
            self._apply(urn, changes, txn_id, at)

    def _apply(self, urn: str, changes: dict[str, str], txn_id: str, at: float) -> None:
        person = next(each for each in self._people if any(card.urn == urn for card in each.cards))
        for name, new in changes.items():
            if name in ("email", "mobile", "first_name", "last_name"):
                old = getattr(person, name)
                setattr(person, name, new)
            else:
                old = person.address.get(name, "")
                person.address[name] = new
            self._entries.append(Entry(urn, name, old, new, txn_id, at))
