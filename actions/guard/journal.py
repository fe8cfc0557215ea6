"""The journal of changes: a proposal, a yes, the exact bytes to send, and every state until the end."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, delete, or_, select

from actions.guard.journal_change import OPEN, WITH_A_PERSON, Change, Proposal, State, Told, is_same
from actions.guard.journal_rows import MOVING, SEALED, Rows
from actions.guard.keys import Keys
from actions.guard.schema import changes, proposals
from actions.guard.storage import Storage, StorageConflict, StorageUnavailable, put_row

PROPOSAL_LIFE = 120.0
LEASE = 30.0
LONGEST_GAP = 4000.0
VALUES_KEPT = 900.0
ROWS_KEPT = 365 * 86400.0

_c = changes.c

class JournalError(Exception):
    """Base of the journal's answers; never raised itself."""


class AlreadySet(JournalError):
    """The new value is the present one: nothing to change."""


class NoProposal(JournalError):
    """There is nothing to say yes to: it expired, was replaced, or was not shown yet. Propose again."""


class InFlight(JournalError):
    """A change of this field is under way: tell the cardholder how `change` stands."""

    def __init__(self, change: Change) -> None:
        super().__init__(f"a change is under way, reference {change.reference}")
        self.change = change


class Stale(JournalError):
    """Somebody else has moved this change on: leave it to them."""


class Journal:
    """Rows of proposals and changes; of two that move the same row on, the second gets Stale."""

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        clock: Callable[[], float],
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.storage = storage
        self._rows = Rows(keys)
        self._keys = keys
        self._clock = clock
        self._randomness = randomness

    def propose(self, conversation: str, urn: str, field: str, old: str, new: str) -> str:
        """Keep a new value for two minutes, in place of any other; returns the nonce that the yes must name.

        Raises AlreadySet, or InFlight if a change of this field is open.
        """
        if is_same(field, old, new):
            raise AlreadySet
        if busy := self.under_way(urn, field):
            raise InFlight(busy)
        now = self._clock()
        nonce = self._randomness(16).hex()
        sealed = self._rows.sealed_proposal(conversation, nonce, urn=urn, old=old, new=new)
        with self.storage.begin() as conn:
            put_row(
                conn, proposals, conversation=conversation, nonce=nonce, field=field, **sealed,
                made_at=now, shown_at=None, expires=now + PROPOSAL_LIFE,
            )  # fmt: skip
        return nonce

    def shown_in(self, conn: Connection, conversation: str) -> None:
        """The cardholder has the question on the screen: a yes that was said earlier does not mean it."""
        now = self._clock()
        waiting = proposals.c.conversation == conversation, proposals.c.shown_at.is_(None)
        conn.execute(proposals.update().where(*waiting).values(shown_at=now, expires=now + PROPOSAL_LIFE))

    def proposal(self, conversation: str) -> Proposal | None:
        """What this conversation may say yes to now."""
        with self.storage.read() as conn:
            return self._proposal_in(conn, conversation)

    def drop(self, conversation: str) -> None:
        """The cardholder said no, or went on to something else."""
        with self.storage.begin() as conn:
            conn.execute(delete(proposals).where(proposals.c.conversation == conversation))

    def prepare(
        self, conversation: str, message_id: str, nonce: str, request: bytes, txn: str,
        *, said_at: float | None = None, patience: float = LEASE,
    ) -> Change:  # fmt: skip
        """Turn the proposal into a PREPARED change that holds the exact bytes to send.

        The same confirming message always gets the same row, `fresh` only the first time. For `patience`
        seconds the caller will tell the cardholder itself. Raises NoProposal or InFlight.
        """
        for _ in range(3):
            try:
                with self.storage.begin() as conn:
                    if made := self._change_in(conn, self._op_id(conversation, message_id)):
                        return made
                    proposal = self._proposal_in(conn, conversation)
                    if proposal is None or proposal.nonce != nonce or not _was_seen(proposal, said_at):
                        raise NoProposal
                    if busy := self._under_way_in(conn, proposal.urn, proposal.field):
                        raise InFlight(busy)
                    op_id = self._op_id(conversation, message_id)
                    change = self._new(op_id, proposal, request, txn, patience)
                    conn.execute(delete(proposals).where(proposals.c.nonce == nonce))
                    self._rows.insert(conn, change, self._clock() + LEASE)
                    return change
            except StorageConflict:  # another yes for the same field was faster: look again
                continue
        raise StorageUnavailable("a change could not be written")

    def change(self, op_id: str) -> Change | None:
        """The row as it stands."""
        with self.storage.read() as conn:
            return self._change_in(conn, op_id)

    def by_message(self, conversation: str, message_id: str) -> Change | None:
        """The change that this very message confirmed: ask first, a yes may come twice."""
        return self.change(self._op_id(conversation, message_id))

    def under_way(self, urn: str, field: str) -> Change | None:
        """The open change of this field, whoever asked for it."""
        with self.storage.read() as conn:
            return self._under_way_in(conn, urn, field)

    def references_in(self, conn: Connection, conversation: str) -> list[str]:
        """What stands for this conversation's changes at the desk, oldest first."""
        rows = conn.execute(select(_c.reference).where(_c.conversation == conversation).order_by(_c.made_at))
        return [row.reference for row in rows]

    def open_changes(self) -> list[Change]:
        """Everything that is not at its end, or lies with a person, oldest first."""
        states = [*OPEN, *WITH_A_PERSON]
        with self.storage.read() as conn:
            rows = conn.execute(select(changes).where(_c.state.in_(states)).order_by(_c.made_at))
            return [self._rows.opened(row) for row in rows]

    def due(self, limit: int = 20) -> list[Change]:
        """The rows to work on now: time to look, a sender that is gone, or news that nobody told.

        Times too far ahead were written by a clock that has gone back since: they are due.
        """
        now = self._clock()
        orphan = _c.state.in_([State.PREPARED, State.SENT])
        time_to_look = or_(_c.next_at <= now, _c.next_at > now + LONGEST_GAP)
        unleased = or_(_c.lease_until <= now, _c.lease_until > now + 2 * LEASE)
        wanted = select(changes).where(unleased, or_(orphan, time_to_look)).order_by(_c.made_at)
        with self.storage.read() as conn:
            return [self._rows.opened(row) for row in conn.execute(wanted.limit(limit))]

    def claim(self, change: Change) -> Change:
        """Take a due row for half a minute; Stale if another took it."""
        with self.storage.begin() as conn:
            return self.move_in(conn, self.said_in(conn, change), LEASE)

    def release(self, change: Change) -> Change:
        """Let anybody take the row again."""
        same = changes.update().where(_c.op_id == change.op_id, _c.version == change.version)
        with self.storage.begin() as conn:
            conn.execute(same.values(lease_until=0.0))
        return change

    def said_in(self, conn: Connection, change: Change) -> Change:
        """`change` with what was told meanwhile, its row held by `conn`; Stale if it moved."""
        row = self._change_in(conn, change.op_id, hold=True)
        if row is None or row.version != change.version:
            raise Stale
        return replace(change, told=row.told, waiting_until=row.waiting_until)

    def move_in(self, conn: Connection, change: Change, lease: float = 0.0) -> Change:
        """Store `change` over the version that it was made from; Stale if that is not the last one."""
        values: dict[str, Any] = {name: getattr(change, name) for name in MOVING}
        if not change.is_open:
            values["request"] = None
        moved = changes.update().where(_c.op_id == change.op_id, _c.version == change.version)
        until = self._clock() + lease if lease else 0.0
        done = conn.execute(moved.values(**values, version=change.version + 1, lease_until=until))
        if done.rowcount != 1:
            raise Stale
        return replace(change, version=change.version + 1)

    def let_go(self, op_id: str) -> Change:
        """The caller tells the cardholder `words` now; later news come by `tell` of the Reconciler."""
        with self.storage.begin() as conn:
            change = self._change_in(conn, op_id, hold=True)
            if change is None:
                raise Stale
            next_at = change.next_at if change.is_open else None
            values = {"waiting_until": 0.0, "told": change.words, "next_at": next_at}
            conn.execute(changes.update().where(_c.op_id == op_id).values(**values))
        return replace(change, waiting_until=0.0, told=change.words, next_at=next_at)

    def hasten(self) -> int:
        """The bank answers again: look at every unresolved change now."""
        with self.storage.begin() as conn:
            waiting = _c.state.in_([State.UNKNOWN, State.CONFIRMED_PENDING])
            return conn.execute(changes.update().where(waiting).values(next_at=self._clock())).rowcount

    def purge(self) -> int:
        """Forget values 15 minutes after the end, rows after a year; returns how many rows went."""
        now = self._clock()
        ended = and_(_c.closed_at <= now - VALUES_KEPT, _c.next_at.is_(None), _c.urn.is_not(None))
        blank = dict.fromkeys(SEALED)
        with self.storage.begin() as conn:
            conn.execute(delete(proposals).where(proposals.c.expires <= now))
            conn.execute(changes.update().where(ended, _c.state.not_in([*WITH_A_PERSON])).values(**blank))
            return conn.execute(delete(changes).where(_c.closed_at <= now - ROWS_KEPT)).rowcount

    def _new(self, op_id: str, proposal: Proposal, request: bytes, txn: str, patience: float) -> Change:
        now = self._clock()
        text = base64.b32encode(bytes.fromhex(op_id)[:5]).decode()
        return Change(
            op_id=op_id, reference=f"{text[:4]}-{text[4:]}", conversation=proposal.conversation,
            field=proposal.field, txn=txn, urn=proposal.urn, old=proposal.old, new=proposal.new,
            request=request, state=State.PREPARED, version=1, sends=0, misses=0, duplicate=False, code="",
            made_at=now, sent_at=None, first_old_at=None, next_at=None, closed_at=None,
            waiting_until=now + patience, told=Told.NOTHING, ticketed=False, fresh=True,
        )  # fmt: skip

    def _under_way_in(self, conn: Connection, urn: str, field: str) -> Change | None:
        same = and_(_c.urn_hash == self._rows.hash("urn", urn), _c.field == field, _c.state.in_([*OPEN]))
        row = conn.execute(select(changes).where(same)).first()
        return None if row is None else self._rows.opened(row)

    def _op_id(self, conversation: str, message_id: str) -> str:
        return self._keys.mac("change", conversation, message_id)

    def _change_in(self, conn: Connection, op_id: str, hold: bool = False) -> Change | None:
        wanted = select(changes).where(_c.op_id == op_id)
        row = conn.execute(wanted.with_for_update() if hold else wanted).first()
        return None if row is None else self._rows.opened(row)

    def _proposal_in(self, conn: Connection, conversation: str) -> Proposal | None:
        mine = proposals.c.conversation == conversation
        row = conn.execute(select(proposals).where(mine, proposals.c.expires > self._clock())).first()
        if row is None:
            return None
        return self._rows.opened_proposal(row)



def _was_seen(proposal: Proposal, said_at: float | None) -> bool:
    if said_at is None:
        return True
    return proposal.shown_at is not None and proposal.shown_at <= said_at
