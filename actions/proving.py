"""Possession: what a channel shows held against the bank's record, before a session opens or a change begins."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from sqlalchemy import Connection

from actions.claims import Claim
from actions.guard.codes import Codes
from actions.guard.lockout import Admission, Lockout, TryState
from actions.guard.numbers import forget_numbers_in
from actions.guard.possession import Act, Proofs, Registered, Shown, channel_of, possession_needed
from actions.guard.sessions import Sessions, Verified
from actions.guard.storage import Storage
from actions.outcomes import Outcome, Verdict
from actions.refusals import report
from actions.settings import Possession
from actions.texting import Texting
from wibmo import Misconfigured, NotSent, Operation, Transient, VerifiedCardholder, WibmoError

# Where a cardholder can be asked to share the platform's own contact of theirs.
SHARES_CONTACTS = frozenset({"telegram"})


class Way(Enum):
    """How possession is to be shown; NOBODY: it must be, and cannot be here, so a person helps."""

    NONE = "none"
    PROOF = "proof"
    CONTACT = "contact"
    CODE = "code"
    NOBODY = "nobody"


class Proving:
    """Decides what details alone do not decide. Runs on a bank thread and ends even if nobody waits for it."""

    def __init__(
        self,
        storage: Storage,
        lockout: Lockout,
        sessions: Sessions,
        proofs: Proofs,
        codes: Codes,
        texting: Texting,
        policy: Callable[[str], Possession],
        *,
        sms_codes: bool,
    ) -> None:
        self._storage = storage
        self._lockout = lockout
        self._sessions = sessions
        self._proofs = proofs
        self._codes = codes
        self._texting = texting
        self._policy = policy
        self._sms_codes = sms_codes

    def is_needed(self, conversation: str, act: Act) -> bool:
        """Whether the policy of this channel wants possession for this act."""
        return possession_needed(self._policy(channel_of(conversation)), act)

    def may_change(self, verified: Verified) -> bool:
        """Whether this record is enough for a change."""
        return bool(verified.possession) or not self.is_needed(verified.conversation, Act.CHANGE)

    def way(self, conversation: str, act: Act, *, by_code: bool = False) -> Way:
        """How possession will be shown for this act; `by_code`: the cardholder would rather have a code."""
        return self._open_way(conversation, by_code) if self.is_needed(conversation, act) else Way.NONE

    def admitted(self, claim: Claim, way: Way, *, by_code: bool) -> tuple[Admission, Way]:
        """Count a claim; what a crowd or a sweep has closed is open to whoever will show possession.

        Returns how possession is to be shown then, and CONTACT in place of a refusal that a contact would turn.
        """
        can_show = self._proofs.can_show(claim.conversation) and not by_code
        admission = claim.admitted_by(self._lockout, possession=can_show, code=self._sms_codes)
        if admission.step_up and way is Way.NONE:
            way = self._open_way(claim.conversation, by_code)
            if way is Way.CONTACT and admission.allowed:
                way = Way.CODE  # which is what it was allowed for
        return admission, way

    # ── after details ───────────────────────────────────────────────────────────────────────────

    def refused(self, claim: Claim, attempt: int, way: Way) -> Outcome:
        """The details fit nobody; who would have been asked for a code is asked for one, and told nothing."""
        self._lockout.failed(attempt)
        if way is not Way.CODE:
            return Outcome(Verdict.REFUSED)
        self._codes.ask(claim.conversation, Act.SEE, None, "", None)
        return Outcome(Verdict.CODE_WANTED)

    def accepted(self, claim: Claim, attempt: int, found: VerifiedCardholder, way: Way) -> Outcome:
        """The details fit somebody: is it who writes here?"""
        if way is Way.NONE:
            return self._open(claim, attempt, found, "")
        if way is Way.CODE:
            registered = Registered(found.urn, found.customer_id, "")
            self._codes.ask(claim.conversation, Act.SEE, attempt, found.last_four, registered)
            self._texting.begin(claim.conversation)  # without waiting: wrong details take no longer
            return Outcome(Verdict.CODE_WANTED)
        try:
            registered = self._texting.registered(found.urn)
        except WibmoError as error:
            # The bank has judged the details by now, so the try counts: an outage of the record gives no free guess.
            report(Operation.RETRIEVE, error)
            return Outcome(Verdict.UNAVAILABLE)
        weighed = self._proofs.weigh(claim.conversation, registered)
        if weighed.shown is Shown.MATCH:
            return self._open(claim, attempt, found, weighed.by)
        self._lockout.failed(attempt, urn=found.urn)
        return Outcome(Verdict.REFUSED)

    def _open(self, claim: Claim, attempt: int, found: VerifiedCardholder, by: str) -> Outcome:
        with self._storage.begin() as conn:
            self._codes.drop_in(conn, claim.conversation)
            self._sessions.open_in(
                conn, claim.conversation, claim.identity, found.urn, found.customer_id, found.last_four, by
            )
        self._lockout.succeeded(attempt, found.urn)
        return Outcome(Verdict.VERIFIED)

    # ── before a change ─────────────────────────────────────────────────────────────────────────

    def step_up(self, verified: Verified, identity: str, message_id: str, *, by_code: bool = False) -> Outcome:
        """Have somebody verified show possession too; a mismatch ends their session and counts as a failure."""
        way = self.way(verified.conversation, Act.CHANGE, by_code=by_code)
        if way is Way.NONE or verified.possession:
            return Outcome(Verdict.VERIFIED)
        if way is Way.CONTACT:
            return Outcome(Verdict.CONTACT_WANTED)
        if way is Way.NOBODY:
            return Outcome(Verdict.CLOSED)
        if way is Way.CODE and not self._codes.may_ask(verified.conversation):
            return Outcome(Verdict.CODES_SPENT)
        admission = self._lockout.admit_step_up(verified.conversation, identity, message_id, verified.urn)
        if admission.repeated:
            return self._outcome_before(verified.conversation, admission.state)
        if not admission.allowed or admission.attempt is None:
            return Outcome(Verdict.CLOSED, admission.blocked_until)
        return self._stepped_up(verified, admission.attempt, way)

    def _stepped_up(self, verified: Verified, attempt: int, way: Way) -> Outcome:
        try:
            registered = self._texting.registered(verified.urn)
            if way is Way.CODE:
                self._codes.ask(verified.conversation, Act.CHANGE, attempt, verified.last_four, registered)
                if self._texting.send(verified.conversation, registered):
                    return Outcome(Verdict.CODE_WANTED)
                self._codes.drop(verified.conversation)
                self._lockout.refund(attempt)
                return Outcome(Verdict.CODES_SPENT)
        except WibmoError as error:
            report(Operation.RETRIEVE, error)
            self._codes.drop(verified.conversation)
            if isinstance(error, NotSent | Transient | Misconfigured):
                self._lockout.refund(attempt)
            return Outcome(Verdict.UNAVAILABLE)
        weighed = self._proofs.weigh(verified.conversation, registered)
        if weighed.shown is not Shown.MATCH:
            self._lockout.failed(attempt)
            self._sessions.end(verified.conversation, "possession did not match")
            return Outcome(Verdict.REFUSED)
        is_held = self._sessions.show_possession(verified.conversation, verified.urn, weighed.by)
        self._lockout.succeeded(attempt, verified.urn)
        return Outcome(Verdict.VERIFIED if is_held else Verdict.UNDECIDED)

    def _outcome_before(self, conversation: str, state: TryState | None) -> Outcome:
        current = self._sessions.current(conversation)
        if current is not None and current.possession:
            return Outcome(Verdict.VERIFIED)
        if self._codes.current(conversation) is not None:
            return Outcome(Verdict.CODE_WANTED)
        return Outcome(Verdict.REFUSED if state is TryState.FAILED else Verdict.UNDECIDED)

    # ── when the phone changes ──────────────────────────────────────────────────────────────────

    def mobile_changed_in(self, conn: Connection, urn: str) -> None:
        """Whoever was known by the former mobile must show who they are again, with the new one."""
        forget_numbers_in(conn, self._sessions.of_urn_in(conn, urn))
        self._sessions.end_for_urn_in(conn, urn, "mobile changed")
        self._lockout.distrust_in(conn, urn)

    def _open_way(self, conversation: str, by_code: bool) -> Way:
        if by_code and self._sms_codes:
            return Way.CODE
        if self._proofs.can_show(conversation):
            return Way.PROOF
        if channel_of(conversation) in SHARES_CONTACTS:
            return Way.CONTACT
        return Way.CODE if self._sms_codes else Way.NOBODY
