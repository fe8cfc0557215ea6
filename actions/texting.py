"""Codes by SMS to the registered mobile, and no other: having them sent, sent again, and what was typed checked."""

from __future__ import annotations

from collections.abc import Callable

from actions.guard.audit import Audit
from actions.guard.codes import CODE_TRIES, Challenge, Codes
from actions.guard.lockout import Lockout
from actions.guard.possession import Act, Registered
from actions.guard.sessions import Sessions
from actions.guard.storage import Storage
from actions.outcomes import Outcome, Verdict
from actions.refusals import report
from wibmo import (
    BankUnavailable,
    CardClient,
    Misconfigured,
    NotSent,
    Operation,
    Refused,
    Transient,
    WibmoError,
)

SMS_CODE = "sms code"


class Texting:
    """Everything is counted, and committed, before the bank is called. Runs on a bank thread.

    `start` runs a job that nobody waits for.
    """

    def __init__(
        self,
        storage: Storage,
        client: CardClient,
        lockout: Lockout,
        sessions: Sessions,
        codes: Codes,
        audit: Audit,
        start: Callable[[Callable[[], None]], None],
    ) -> None:
        self._storage = storage
        self._client = client
        self._lockout = lockout
        self._sessions = sessions
        self._codes = codes
        self._audit = audit
        self._start = start

    def registered(self, urn: str) -> Registered:
        """The record that proofs are held against; raises the bank's errors."""
        customer = self._client.retrieve_customer(urn=urn)
        return Registered(urn, customer.customer_id, customer.mobile)

    def begin(self, conversation: str, *, again: bool = False) -> None:
        """Have the open code of this conversation sent, in the background, if one is to be sent at all."""
        challenge = self._codes.current(conversation)
        if challenge is not None and challenge.registered is not None:
            self._start(lambda: self._send_for(challenge, again))

    def send(self, conversation: str, registered: Registered, *, again: bool = False) -> bool:
        """Have a code sent now; False, and nothing is sent, where this account had its number of them."""
        if not self._codes.may_send(conversation, registered.urn):
            return False
        self._client.send_otp(mobile=registered.mobile, again=again)
        self._audit.record("code", conversation, "sent", subject=self._sessions.pseudonym(registered.urn))
        return True

    def resend(self, conversation: str) -> Outcome:
        """Another code, where one is open; like the first, it is said to be on its way to everybody."""
        if self._codes.current(conversation) is None:
            return Outcome(Verdict.CODE_EXPIRED)
        if not self._codes.may_ask(conversation):
            return Outcome(Verdict.CODES_SPENT)
        self._codes.extend(conversation)
        self.begin(conversation, again=True)
        return Outcome(Verdict.CODE_WANTED)

    def check(self, conversation: str, identity: str, code: str) -> Outcome:
        """Try a code that was typed; the third wrong one is a failed verification."""
        challenge = self._codes.count_try(conversation)
        if challenge is None:
            self._codes.drop(conversation)
            current = self._sessions.current(conversation)
            # A turn that is done again after its process died finds its code used up, by itself.
            fitted = current is not None and current.possession == SMS_CODE
            return Outcome(Verdict.VERIFIED if fitted else Verdict.CODE_EXPIRED)
        try:
            fits = challenge.registered is not None and self._fits(challenge.registered, code)
        except BankUnavailable as error:
            report(Operation.VERIFY_OTP, error)
            if isinstance(error, NotSent | Transient | Misconfigured):
                self._codes.give_back(conversation)
            return Outcome(Verdict.UNAVAILABLE)
        if fits:
            return self._accepted(challenge, identity)
        if challenge.tries < CODE_TRIES:
            return Outcome(Verdict.CODE_WRONG)
        return self._failed(challenge)

    def _send_for(self, challenge: Challenge, again: bool) -> None:
        assert challenge.registered is not None  # noqa: S101  # looked at before the job began
        try:
            registered = self.registered(challenge.registered.urn)
            self._codes.address(challenge.conversation, challenge, registered)
            if not self.send(challenge.conversation, registered, again=again):
                self._audit.record("code", challenge.conversation, "not sent")
        except WibmoError as error:
            report(Operation.SEND_OTP, error)  # nobody is told: only right details come this far

    def _fits(self, registered: Registered, code: str) -> bool:
        if not registered.mobile:
            return False
        try:
            self._client.verify_otp(mobile=registered.mobile, code=code)
        except Refused:
            return False
        return True

    def _accepted(self, challenge: Challenge, identity: str) -> Outcome:
        registered = challenge.registered
        assert registered is not None  # noqa: S101  # no code fits where none was sent
        conversation, last_four = challenge.conversation, challenge.last_four
        with self._storage.begin() as conn:
            if not self._codes.drop_in(conn, conversation):
                return Outcome(Verdict.CODE_EXPIRED)
            if challenge.act is Act.SEE:
                self._sessions.open_in(
                    conn, conversation, identity, registered.urn, registered.customer_id, last_four, SMS_CODE
                )
        if challenge.act is Act.CHANGE and not self._sessions.show_possession(conversation, registered.urn, SMS_CODE):
            return Outcome(Verdict.CODE_EXPIRED)
        if challenge.attempt is not None:
            self._lockout.succeeded(challenge.attempt, registered.urn)
        self._audit.record("code", conversation, "fitted")
        return Outcome(Verdict.VERIFIED)

    def _failed(self, challenge: Challenge) -> Outcome:
        self._codes.drop(challenge.conversation)
        if challenge.attempt is not None:
            named = challenge.registered.urn if challenge.registered and challenge.act is Act.SEE else None
            self._lockout.failed(challenge.attempt, urn=named)
        if challenge.act is Act.CHANGE:
            self._sessions.end(challenge.conversation, "possession was not shown")
        self._audit.record("code", challenge.conversation, "failed")
        return Outcome(Verdict.REFUSED)
