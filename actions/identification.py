"""Asking the bank whether the details of a claim belong to a cardholder, counted before it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from actions.claims import Claim
from actions.guard.audit import Audit
from actions.guard.lockout import Lockout, TryState
from actions.guard.sessions import Sessions
from actions.guard.storage import Storage
from actions.refusals import report
from wibmo import (
    BankUnavailable,
    CardClient,
    Misconfigured,
    NotSent,
    Operation,
    Refused,
    Transient,
    VerifiedCardholder,
)


class Verdict(StrEnum):
    """How a check ended; `UNDECIDED`: an earlier try of the same message was interrupted."""

    VERIFIED = "verified"
    REFUSED = "refused"
    CLOSED = "closed"
    UNDECIDED = "undecided"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Outcome:
    """A verdict; for CLOSED also until when (unix seconds, None: not to be said)."""

    verdict: Verdict
    until: float | None = None


class Identification:
    """Counts, asks, records. Runs on a bank thread and ends even if nobody waits for it."""

    def __init__(
        self, storage: Storage, client: CardClient, lockout: Lockout, sessions: Sessions, audit: Audit
    ) -> None:
        self._storage = storage
        self._audit = audit
        self._client = client
        self._lockout = lockout
        self._sessions = sessions

    def check(self, claim: Claim) -> Outcome:
        """Raises StorageError alone: what the bank does wrong is an outcome."""
        outcome = self._checked(claim)
        self._audit.record("verification", claim.conversation, outcome.verdict.value)
        return outcome

    def _checked(self, claim: Claim) -> Outcome:
        admission = claim.admitted_by(self._lockout)
        if admission.repeated:  # never asks the bank twice for one message
            return Outcome(self._verdict_before(claim, admission.state))
        if not admission.allowed or admission.attempt is None:
            return Outcome(Verdict.CLOSED, admission.blocked_until)
        try:
            found = claim.asked_of(self._client)
        except Refused:  # whatever the reason: one text, one count
            self._lockout.failed(admission.attempt)
            return Outcome(Verdict.REFUSED)
        except BankUnavailable as error:
            report(Operation.VERIFY, error)
            # Only where the bank has definitely not looked at the details: silence can be brought about.
            if isinstance(error, NotSent | Transient | Misconfigured):
                self._lockout.refund(admission.attempt)
            return Outcome(Verdict.UNAVAILABLE)
        self._admit(claim, admission.attempt, found)
        return Outcome(Verdict.VERIFIED)

    def _admit(self, claim: Claim, attempt: int, found: VerifiedCardholder) -> None:
        with self._storage.begin() as conn:
            self._sessions.open_in(
                conn, claim.conversation, claim.identity, found.urn, found.customer_id, found.last_four
            )
        self._lockout.succeeded(attempt, found.urn)

    def _verdict_before(self, claim: Claim, state: TryState | None) -> Verdict:
        if state is TryState.FAILED:
            return Verdict.REFUSED
        if state is TryState.REFUNDED:
            return Verdict.UNAVAILABLE
        return Verdict.VERIFIED if self._sessions.current(claim.conversation) else Verdict.UNDECIDED
