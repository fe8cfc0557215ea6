"""Asking the bank whether the details of a claim belong to a cardholder, counted before it is asked."""

from __future__ import annotations

from actions.claims import Claim
from actions.guard.audit import Audit
from actions.guard.codes import Codes
from actions.guard.lockout import Lockout, TryState
from actions.guard.possession import Act
from actions.guard.sessions import Sessions
from actions.outcomes import Outcome as Outcome
from actions.outcomes import Verdict as Verdict
from actions.proving import Proving, Way
from actions.refusals import report
from wibmo import (
    BankUnavailable,
    CardClient,
    Misconfigured,
    NotSent,
    Operation,
    Refused,
    Transient,
)


class Identification:
    """Counts, asks, records. Runs on a bank thread and ends even if nobody waits for it."""

    def __init__(
        self, client: CardClient, lockout: Lockout, sessions: Sessions, codes: Codes, audit: Audit, proving: Proving
    ) -> None:
        self._audit = audit
        self._client = client
        self._lockout = lockout
        self._sessions = sessions
        self._codes = codes
        self._proving = proving

    def check(self, claim: Claim, *, by_code: bool = False) -> Outcome:
        """Raises StorageError alone: what the bank does wrong is an outcome.

        `by_code`: whoever claims it would rather show possession with a code by SMS.
        """
        outcome = self._checked(claim, by_code)
        self._audit.record("verification", claim.conversation, outcome.verdict.value)
        return outcome

    def _checked(self, claim: Claim, by_code: bool) -> Outcome:
        way = self._proving.way(claim.conversation, Act.SEE, by_code=by_code)
        if way in _BEFORE_THE_BANK:
            return Outcome(_BEFORE_THE_BANK[way])
        if way is Way.CODE and not self._codes.may_ask(claim.conversation):
            return Outcome(Verdict.CODES_SPENT)
        admission, way = self._proving.admitted(claim, way, by_code=by_code)
        if admission.repeated:  # never asks the bank twice for one message
            return Outcome(self._verdict_before(claim, admission.state))
        if not admission.allowed or admission.attempt is None:
            return Outcome(Verdict.CONTACT_WANTED) if way is Way.CONTACT else Outcome(Verdict.CLOSED, admission.blocked_until)
        try:
            found = claim.asked_of(self._client)
        except Refused:  # whatever the reason: one text, one count
            return self._proving.refused(claim, admission.attempt, way)
        except BankUnavailable as error:
            report(Operation.VERIFY, error)
            # Only where the bank has definitely not looked at the details: silence can be brought about.
            if isinstance(error, NotSent | Transient | Misconfigured):
                self._lockout.refund(admission.attempt)
            return Outcome(Verdict.UNAVAILABLE)
        return self._proving.accepted(claim, admission.attempt, found, way)

    def _verdict_before(self, claim: Claim, state: TryState | None) -> Verdict:
        if self._codes.current(claim.conversation) is not None:
            return Verdict.CODE_WANTED
        if state is TryState.FAILED:
            return Verdict.REFUSED
        if state is TryState.REFUNDED:
            return Verdict.UNAVAILABLE
        return Verdict.VERIFIED if self._sessions.current(claim.conversation) else Verdict.UNDECIDED


# Where nothing can be shown, or not yet, the bank is not asked: that would tell whether the details are right.
_BEFORE_THE_BANK = {Way.NOBODY: Verdict.CLOSED, Way.CONTACT: Verdict.CONTACT_WANTED}
