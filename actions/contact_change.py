"""A new e-mail or mobile on its way into the bank's record: proposed, confirmed, sent once, read back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from actions.desk import Desk
from actions.guard.audit import Audit
from actions.guard.journal import AlreadySet, InFlight, Journal, NoProposal
from actions.guard.journal_change import Change, State, Told
from actions.guard.reconcile import Answer, Sent
from actions.guard.reconciler import Reconciler
from actions.news import News
from actions.refusals import NOT_DONE, PENDING, report, words_for, words_for_rejected
from wibmo import CardClient, Customer, Duplicate, Misconfigured, NotSent, Operation, Refused, WibmoError

log = logging.getLogger(__name__)

CHANGED = Told.UPDATED

_EXPIRED = "utter_change_expired"
# What is said of a change, by what is true of it; {field} is email or mobile. Why it was refused says the code.
_WORDS = {
    Told.NOTHING: PENDING,
    Told.CHECKING: PENDING,
    Told.ACCEPTED: PENDING,
    Told.UPDATED: "utter_{field}_changed",
    Told.NOT_REACHED: NOT_DONE,
    Told.NOT_DONE: NOT_DONE,
    Told.WITH_A_PERSON: "utter_change_in_person",
}


@dataclass(frozen=True)
class Proposed:
    """A question that may be shown, or the response that says why not."""

    problem: str = ""
    reference: str = ""
    nonce: str = ""
    present: str = field(default="", repr=False)
    new: str = field(default="", repr=False)


@dataclass(frozen=True)
class NotBegun:
    """Nothing was sent and nothing will be; the response says why."""

    problem: str = _EXPIRED


class WriteCalls:
    """The two calls that the journal needs, as it wants to hear of them."""

    def __init__(self, client: CardClient) -> None:
        self._client = client

    def send(self, request: bytes, txn: str) -> Sent:
        try:
            self._client.send_update(request)
        except NotSent:
            return Sent(Answer.NOT_SENT)
        except Duplicate as error:
            return Sent(Answer.DUPLICATE, error.code or "")
        except Refused as error:
            return Sent(Answer.REJECTED, error.code or "")
        except Misconfigured as error:
            return Sent(Answer.MISCONFIGURED, error.code or "")
        except WibmoError as error:
            log.warning("a change is in doubt: %s", error)
            return Sent(Answer.UNKNOWN)
        return Sent(Answer.CONFIRMED)

    def read(self, urn: str, kind: str) -> str | None:
        try:
            return present_value(self._client.retrieve_customer(urn=urn), kind)
        except WibmoError as error:
            log.warning("a change could not be read back: %s", error)
            return None


class ContactChange:
    """Every method here calls the bank or the database: run it on a bank thread."""

    def __init__(
        self,
        client: CardClient,
        journal: Journal,
        audit: Audit,
        desk: Desk,
        news: News,
        clock: Callable[[], float],
        mobile_changed: Callable[[Connection, str], None],
        owe_notices: Callable[[Connection, Change], None],
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._journal = journal
        self._mobile_changed = mobile_changed
        self._owe_notices = owe_notices
        self._audit = audit
        self._desk = desk
        self._news = news
        self.reconciler = Reconciler(
            journal, WriteCalls(client), clock, wait, tell=self._tell, ticket=self._ticket, closed=self._closed
        )

    def propose(self, conversation: str, urn: str, kind: str, new: str) -> Proposed:
        """Read the present value and keep the new one until the cardholder says yes."""
        try:
            present = present_value(self._client.retrieve_customer(urn=urn), kind)
            nonce = self._journal.propose(conversation, urn, kind, present, new)
        except WibmoError as error:
            report(Operation.RETRIEVE, error)
            return Proposed(words_for(Operation.RETRIEVE, error))
        except AlreadySet:
            return Proposed("utter_same_{field}")
        except InFlight as busy:
            return Proposed("utter_change_in_progress", reference=busy.change.reference)
        return Proposed(nonce=nonce, present=present, new=new)

    def carry_out(self, conversation: str, urn: str, message_id: str, nonce: str | None, said_at: float) -> Change | NotBegun:
        """Make the change that this message confirmed and follow it a little.

        `nonce` names the proposal where a button was pressed; a typed yes means the one that was shown before it.
        The caller tells how the change stands, now or, if its turn is cut off, when the message is taken up again.
        """
        if made := self._journal.by_message(conversation, message_id):
            return self._journal.let_go(made.op_id)
        proposal = self._journal.proposal(conversation)
        if proposal is None or proposal.urn != urn or nonce not in (None, proposal.nonce):
            return NotBegun()
        try:
            customer = self._client.retrieve_customer(urn=urn)
            request = self._client.build_update(urn=urn, customer=customer, **{proposal.field: proposal.new})  # type: ignore[arg-type]  # email or mobile
        except WibmoError as error:
            report(Operation.RETRIEVE, error)
            self._journal.drop(conversation)
            return NotBegun(words_for(Operation.RETRIEVE, error))
        except ValueError:  # a value that this platform has no room for
            self._journal.drop(conversation)
            return NotBegun("utter_change_refused_value")
        try:
            change = self._journal.prepare(
                conversation, message_id, proposal.nonce, request.plaintext, request.txn_id, said_at=said_at
            )
        except NoProposal:
            return NotBegun()
        except InFlight as busy:
            return busy.change
        self._audit.record("change", conversation, "asked for", reference=change.reference, field=change.field)
        return self._journal.let_go(self.reconciler.carry_out(change).op_id)

    def made_by(self, conversation: str, message_id: str) -> Change | None:
        """The change that this very message confirmed before, and how it stands."""
        made = self._journal.by_message(conversation, message_id)
        return None if made is None else self._journal.let_go(made.op_id)

    def so_far(self, conversation: str, message_id: str) -> Change | None:
        """How the change of this message stands when its turn must end; later news are told by themselves.

        None if it was not begun; then it never will be, since a slow read of the record finds nothing to confirm.
        """
        self._journal.drop(conversation)
        return self.made_by(conversation, message_id)

    def by_reference(self, conversation: str, op_id: str) -> Change | None:
        """A change of this conversation."""
        change = self._journal.change(op_id)
        return change if change is not None and change.conversation == conversation else None

    def _tell(self, conn: Connection, change: Change) -> None:
        facts = {"change": change.op_id, "state": change.state.value}
        self._news.tell_in(conn, change.conversation, "change_settled", facts)

    def _ticket(self, conn: Connection, change: Change) -> None:
        self._desk.open_in(
            conn,
            change.conversation,
            f"{change.field} change in doubt",
            language="en",
            verified=True,
            urn=change.urn,
            bank_references=(change.reference, change.txn),
        )

    def _closed(self, conn: Connection, change: Change) -> None:
        if change.state is State.CONFIRMED:
            self._owe_notices(conn, change)
            if change.field == "mobile":
                self._mobile_changed(conn, change.urn)
        self._audit.record_in(
            conn,
            "change",
            change.conversation,
            change.state.value.lower(),
            reference=change.reference,
            field=change.field,
            code=change.code,
        )


def words_of(change: Change) -> str:
    """The response that is true of the change now."""
    if change.words is Told.REFUSED:
        return words_for_rejected(change.code)
    return _WORDS[change.words].format(field=change.field)


def present_value(customer: Customer, kind: str) -> str:
    """What the record holds in this field."""
    return customer.email if kind == "email" else customer.mobile
