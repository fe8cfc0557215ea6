"""Carries changes to their end: sends once, reads back on schedule, tells the cardholder, asks a person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from actions.guard import reconcile
from actions.guard.journal import LEASE, Journal, Stale
from actions.guard.journal_change import OPEN, WITH_A_PERSON, Change, State
from actions.guard.reconcile import PACE, Answer, Bank, Pace, Sent

log = logging.getLogger(__name__)

_UNENDED = OPEN | WITH_A_PERSON

Report = Callable[[Connection, Change], None]


def _nothing(conn: Connection, change: Change) -> None:
    return None


class Reconciler:
    """Works on the rows of a Journal; any number of them may run, in any number of processes.

    `tell`, `ticket` and `closed` are called in the very transaction that stores the state they report:
    what they write is there exactly if the state is. `tell` gets news that nobody has told yet
    (`change.words`), `ticket` a change that needs a person, `closed` every change that reached its end.
    """

    def __init__(
        self,
        journal: Journal,
        bank: Bank,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        *,
        tell: Report = _nothing,
        ticket: Report = _nothing,
        closed: Report = _nothing,
        pace: Pace = PACE,
    ) -> None:
        self._journal = journal
        self._bank = bank
        self._clock = clock
        self._wait = wait
        self._tell = tell
        self._ticket = ticket
        self._closed = closed
        self._pace = pace

    def carry_out(self, change: Change, patience: float = 6.0) -> Change:
        """Send a fresh change and follow it while `patience` lasts; returns how it stands then.

        Runs in a thread of its own, since a bank that is silent takes as long as its time-outs. A change that
        is not fresh is only looked up: sending it is somebody else's task.
        """
        if not change.fresh:
            return self._journal.change(change.op_id) or change
        until = self._clock() + patience
        try:
            change = self._send(self._stored(change, reconcile.sending(change, self._clock())))
            while change.is_open and change.next_at is not None and change.next_at <= until:
                self._wait(max(0.0, change.next_at - self._clock()))
                change = self._looked(change)
            return self._journal.release(change)
        except Stale:
            return self._journal.change(change.op_id) or change

    def run_due(self, limit: int = 20) -> int:
        """Do one thing for each row that is due; returns how many rows were due."""
        found = self._journal.due(limit)
        for change in found:
            try:
                self._work_on(change)
            except Stale:
                continue
            except Exception as error:
                # One row that fails must not hold up the others; it is due again when its lease ends.
                log.error("change %s was not worked on: %s", change.reference, type(error).__name__)
        return len(found)

    def recover(self) -> int:
        """At the start of a lone process, before any turn: nobody else is sending; returns the rows moved."""
        found = self._journal.open_changes()
        interrupted = [each for each in found if each.state in (State.PREPARED, State.SENT)]
        for change in interrupted:
            self._store(change, reconcile.interrupted(change, self._clock()), 0.0)
        return len(interrupted)

    def resolve(self, op_id: str, applied: bool) -> Change:
        """A person found out: close what lay with them; the cardholder is told. Stale if it does not."""
        change = self._journal.change(op_id)
        if change is None or change.state not in WITH_A_PERSON:
            raise Stale
        state = State.CONFIRMED if applied else State.NOT_APPLIED
        return self._store(change, replace(change, state=state, closed_at=self._clock()), 0.0)

    def _work_on(self, change: Change) -> None:
        change = self._journal.claim(reconcile.measured_anew(change, self._clock()))
        if not change.is_open:
            self._store(change, change, 0.0)
            return
        if change.state in (State.PREPARED, State.SENT):
            change = self._store(change, reconcile.interrupted(change, self._clock()), LEASE)
        if change.is_open:
            change = self._looked(change)
        self._journal.release(change)

    def _looked(self, change: Change) -> Change:
        """One read-back, or one more try to reach the bank, with all that follows from it."""
        if change.state is State.PREPARED:
            return self._send(self._stored(change, reconcile.sending(change, self._clock())))
        read = self._read(change)
        after = self._stored(change, reconcile.next_step(change, read, self._clock(), self._pace))
        return self._send(after) if after.state is State.SENT else after

    def _send(self, change: Change) -> Change:
        """`change` is stored as SENT: now, and only now, the bytes go out."""
        try:
            sent = self._bank.send(change.request, change.txn)
        except Exception as error:
            log.warning("change %s: sending failed with %s", change.reference, type(error).__name__)
            sent = Sent(Answer.UNKNOWN)
        if sent.answer is Answer.MISCONFIGURED:
            log.error("change %s: the bank refuses our configuration, code %s", change.reference, sent.code)
        return self._stored(change, reconcile.after_send(change, sent, self._clock(), self._pace))

    def _read(self, change: Change) -> str | None:
        try:
            return self._bank.read(change.urn, change.field)
        except Exception as error:
            log.warning("change %s: reading back failed with %s", change.reference, type(error).__name__)
            return None

    def _stored(self, before: Change, after: Change) -> Change:
        return self._store(before, after, LEASE)

    def _store(self, before: Change, after: Change, lease: float) -> Change:
        """Commit a state together with whatever it makes known."""
        with self._journal.storage.begin() as conn:
            after = self._told(conn, self._journal.said_in(conn, after))
            if before.state in _UNENDED and after.state not in _UNENDED:
                self._closed(conn, after)
            if after.ticketed and not before.ticketed:
                self._ticket(conn, after)
            return self._journal.move_in(conn, after, lease if after.is_open else 0.0)

    def _told(self, conn: Connection, change: Change) -> Change:
        now = self._clock()
        is_waited_for = now < change.waiting_until <= now + 2 * LEASE
        if change.state in (State.PREPARED, State.SENT):
            return change
        if is_waited_for and not change.is_open and change.has_news:
            return replace(change, next_at=change.waiting_until)
        if change.has_news and not is_waited_for:
            self._tell(conn, change)
            change = replace(change, told=change.words)
        return change if change.is_open else replace(change, next_at=None)

