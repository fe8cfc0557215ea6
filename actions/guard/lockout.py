"""Who may try to verify, how often, and when again: counted and committed before the bank is called."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection

from actions.guard import lockout_book as book
from actions.guard.keys import Keys
from actions.guard.lockout_book import Scopes
from actions.guard.lockout_policy import DAY, Alert, Limits, Reason
from actions.guard.lockout_ruling import closed, is_one_card_too_many, longest, needs_more
from actions.guard.storage import Storage


class TryState(StrEnum):
    """What became of a try; PENDING also means that nobody will ever know, and counts as a failure."""

    PENDING = "pending"
    FAILED = "failed"
    SUCCEEDED = "succeeded"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class Admission:
    """May the bank be asked now? Only if `allowed`.

    `repeated`: this very message made a try before, and `state` says what became of it; never ask again.
    `step_up`: only possession can decide; if `allowed` too, a success counts only if possession matches.
    `blocked_until`: set when a limit refuses and when possession is wanting, so that both read alike.
    """

    allowed: bool
    attempt: int | None = None
    step_up: bool = False
    blocked_until: float | None = None
    repeated: bool = False
    state: TryState | None = None
    reason: Reason | None = None


def _tell_nobody(alert: Alert, pseudonym: str) -> None:
    return None


class Lockout:
    """The limits of every scope at once; safe between threads and processes.

    A try takes the rows of all that it is counted under, is judged, is written and is committed in one
    transaction: of any number of tries at the same moment not one is over a limit. It counts as a failure
    until `succeeded` or `refund` says otherwise.
    """

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        clock: Callable[[], float],
        *,
        limits: Limits | None = None,
        alert: Callable[[Alert, str], None] = _tell_nobody,
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._clock = clock
        self._limits = limits or Limits()
        self._alert = alert

    def admit(
        self, conversation: str, identity: str, message_id: str, last_four: str, expiry: str, dob: date,
        *, possession: bool = False, code: bool = False, address: str | None = None,
    ) -> Admission:  # fmt: skip
        """Count a try with last four, expiry and date of birth.

        `possession`: the phone that this conversation holds is known, so that the caller can compare it after
        a success. `code`: it is not, but the caller can have a code texted; that opens what a crowd has closed,
        never what somebody sweeps, since a guess more would cost nothing. `address`: the web visitor's IP address.
        """
        born = dob.isoformat()
        return self._admit(
            Scopes(
                conversation,
                self._mac("identity", identity),
                self._mac("message", conversation, message_id),
                card=self._mac("last four", last_four),
                pair=self._mac("pair", expiry, born),
                person=self._mac("date of birth", born),
                details=self._mac("details", last_four, born),
                address=self._network(address),
            ),
            possession,
            code,
        )

    def admit_contact(
        self, conversation: str, identity: str, message_id: str, urn: str, mobile: str,
        *, possession: bool = False, code: bool = False, address: str | None = None,
    ) -> Admission:  # fmt: skip
        """Count a try with URN, mobile and e-mail: the URN takes the card's limits, the mobile the pair's."""
        number = self._mac("urn", urn)
        return self._admit(
            Scopes(
                conversation,
                self._mac("identity", identity),
                self._mac("message", conversation, message_id),
                card=number,
                pair=self._mac("mobile", mobile),
                urn=number,
                address=self._network(address),
            ),
            possession,
            code,
        )

    def admit_step_up(self, conversation: str, identity: str, message_id: str, urn: str) -> Admission:
        """Count a try of somebody verified to show possession too; only their own limits close it."""
        message = self._mac("step-up message", conversation, message_id)
        number = self._mac("urn", urn)
        scopes = Scopes(conversation, self._mac("identity", identity), message, card=number, urn=number)
        return self._admit(scopes, possession=True)

    def failed(self, attempt: int, *, urn: str | None = None) -> float | None:
        """The bank, or possession, said no; returns until when verification is closed now.

        `urn`: the account, where the bank named it before possession did not match.
        """
        now = self._clock()
        with self._storage.begin() as conn:
            scopes = book.found(conn, attempt)
            if scopes is None:
                return None
            if book.settle(conn, attempt, "failed", now) and urn is not None:
                book.add_to_named_account(conn, scopes, self._mac("urn", urn))
            return self._closed(conn, scopes.conversation, scopes.identity, now)

    def succeeded(self, attempt: int, urn: str) -> None:
        """Verified, possession included: clears the conversation's failures only; trusts the identity."""
        now = self._clock()
        with self._storage.begin() as conn:
            scopes = book.found(conn, attempt)
            if scopes is None:
                return
            failures = len(book.identity_tries(conn, scopes.identity, now, self._limits)) - 1
            if not book.settle(conn, attempt, "succeeded", now):
                return
            is_new = book.remember(conn, scopes, self._mac("urn", urn), now)
        if is_new and failures >= self._limits.success_alarm_failures:
            self._alert(Alert.SUCCESS_AFTER_FAILURES, scopes.identity)

    def refund(self, attempt: int) -> bool:
        """The bank definitely decided nothing: give the try back, three a day at most for one identity."""
        now = self._clock()
        with self._storage.begin() as conn:
            scopes = book.found(conn, attempt)
            if scopes is None:
                return False
            book.hold(conn, scopes, now)
            if book.refunds_since(conn, scopes.identity, now - DAY) >= self._limits.refunds_a_day:
                return False
            given = book.settle(conn, attempt, "refunded", now)
            if given:
                book.add_to_account(conn, scopes, -1)
            return given

    def misread(self, conversation: str, identity: str, message_id: str) -> bool:
        """Details that cannot be real were typed; False when that was once too often: offer a person."""
        now = self._clock()
        message = self._mac("message", conversation, message_id)
        since = now - self._limits.misreads_kept
        with self._storage.begin() as conn:
            book.note(conn, Scopes(conversation, self._mac("identity", identity), message), now, "misread")
            return book.misreads_since(conn, conversation, since) <= self._limits.misreads

    def blocked_until(self, conversation: str, identity: str) -> float | None:
        """When this conversation or identity may try again; None if it may now."""
        with self._storage.read() as conn:
            return self._closed(conn, conversation, self._mac("identity", identity), self._clock())

    def distrust_in(self, conn: Connection, urn: str) -> int:
        """Forget every identity that was trusted with this account, as after a change of mobile."""
        return book.distrust(conn, self._mac("urn", urn))

    def purge(self) -> int:
        """Delete tries after 30 days and trust after 180; returns how many tries went."""
        with self._storage.begin() as conn:
            return book.forget(conn, self._clock(), self._limits)

    def _admit(self, scopes: Scopes, possession: bool, code: bool = False) -> Admission:
        alerts: list[Alert] = []
        with self._storage.begin() as conn:
            now = self._clock()
            book.hold(conn, scopes, now)
            admission = self._judged(conn, scopes, (possession, code), now, alerts)
        for each in alerts:
            self._alert(each, scopes.identity)
        return admission

    def _judged(
        self, conn: Connection, scopes: Scopes, means: tuple[bool, bool], now: float, alerts: list[Alert]
    ) -> Admission:
        made = book.earlier(conn, scopes.message)
        if made is not None:
            return Admission(False, made[0], repeated=True, state=TryState(made[1]))
        refused = closed(conn, scopes.conversation, scopes.identity, now, self._limits)
        if refused is None and is_one_card_too_many(conn, scopes, now, self._limits):
            book.note(conn, scopes, now, "swept")
            alerts.append(Alert.IDENTITY_SWEEPS_CARDS)
            refused = Reason.CARDS, now + DAY
        if refused:
            return Admission(False, blocked_until=refused[1], reason=refused[0])
        swept, crowded = needs_more(conn, scopes, now, self._limits, alerts)
        asked = longest(swept, crowded)
        possession, code = means
        if asked and not possession and (swept or not code):
            alerts[:] = [each for each in alerts if each is Alert.GUARDED_MODE]
            return Admission(False, step_up=True, blocked_until=asked[1], reason=asked[0])
        attempt = book.enter(conn, scopes, now)
        book.add_to_account(conn, scopes, 1)
        return Admission(True, attempt, step_up=asked is not None, reason=asked[0] if asked else None)

    def _closed(self, conn: Connection, conversation: str, identity: str, now: float) -> float | None:
        refused = closed(conn, conversation, identity, now, self._limits)
        return refused[1] if refused else None

    def _mac(self, kind: str, *parts: str) -> str:
        return self._keys.mac(f"lockout {kind}", *parts)

    def _network(self, address: str | None) -> str | None:
        """A visitor's neighbourhood: /24 of IPv4, /56 of IPv6."""
        if not address:
            return None
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return self._mac("address", "unreadable")
        if isinstance(ip, ipaddress.IPv6Address):
            ip = ip.ipv4_mapped or ip
        prefix = 24 if ip.version == 4 else 56
        return self._mac("address", str(ipaddress.ip_network((ip, prefix), strict=False)))
