"""Who is verified: the record of each conversation, and when it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, update

from actions.guard.audit import Audit
from actions.guard.keys import Keys, SealError, framed
from actions.guard.schema import conversations, sessions
from actions.guard.statements import Statement
from actions.guard.storage import Storage, put_row

# How far the clocks of two hosts may differ; a record from further in the future is not believed.
_SKEW = 5.0

# Every request runs these: built once, since building a statement costs several times its execution.
_FIND = Statement(
    select(sessions, conversations.c.identity.label("present_identity"))
    .select_from(sessions.outerjoin(conversations, conversations.c.conversation == sessions.c.conversation))
    .where(sessions.c.conversation == bindparam("this"))
)
_SAME = update(sessions).where(sessions.c.conversation == bindparam("this"), sessions.c.verified_at == bindparam("since"))
_TOUCH = Statement(_SAME.values(last_seen=bindparam("now")))
_STEP_UP = Statement(_SAME.values(sealed=bindparam("token"), last_seen=bindparam("now")))


@dataclass(frozen=True)
class Verified:
    """A cardholder who has proved who they are, in one conversation.

    `possession` names what showed that they hold the registered phone, and `possession_at` when; empty if nothing did.
    """

    conversation: str
    urn: str = field(repr=False)
    customer_id: str = field(repr=False)
    verified_at: float
    last_seen: float
    last_four: str = field(repr=False)
    possession: str = ""
    possession_at: float = 0.0


class Sessions:
    """At most one record per conversation, bound to its identity; ended when idle, old, or told to."""

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        audit: Audit,
        clock: Callable[[], float],
        idle: float = 300.0,
        absolute: float = 900.0,
    ) -> None:
        self._storage = storage
        self._keys = keys
        self._sealer = keys.sealer("sessions")
        self._audit = audit
        self._clock = clock
        self._idle = idle
        self._absolute = absolute

    def open_in(
        self,
        conn: Connection,
        conversation: str,
        identity: str,
        urn: str,
        customer_id: str,
        last_four: str,
        possession: str = "",
    ) -> Verified:
        """Begin the record of a fresh verification; a former one of this conversation ends."""
        now = self._clock()
        self.end_in(conn, conversation, "verified again")
        shown_at = now if possession else 0.0
        sealed = json.dumps([urn, customer_id, last_four, possession, shown_at])
        put_row(
            conn,
            sessions,
            conversation=conversation,
            identity=identity,
            urn_mac=self.pseudonym(urn),
            sealed=self._sealer.seal(sealed, _bound_to(conversation, identity, now)),
            verified_at=now,
            last_seen=now,
        )
        facts = {"possession": possession} if possession else {}
        self._audit.record_in(conn, "session", conversation, "opened", subject=self.pseudonym(urn), **facts)
        return Verified(conversation, urn, customer_id, now, now, last_four, possession, shown_at)

    def show_possession(self, conversation: str, urn: str, possession: str) -> bool:
        """The cardholder of this record has now shown possession too; False if the record holds no more."""
        now = self._clock()
        with self._storage.begin() as conn:
            row = _FIND.first(conn, this=conversation)
            if row is None or self._why_over(row, now) or self._opened(row)[0] != urn:
                return False
            sealed = json.dumps([*self._opened(row)[:3], possession, now])
            token = self._sealer.seal(sealed, _bound_to(conversation, row.identity, row.verified_at))
            _STEP_UP.run(conn, this=conversation, since=row.verified_at, token=token, now=now)
            self._audit.record_in(
                conn, "session", conversation, "stepped up", subject=self.pseudonym(urn), possession=possession
            )
            return True

    def current(self, conversation: str, *, max_age: float | None = None) -> Verified | None:
        """The record if it holds, verified or possession shown at most `max_age` seconds ago; asking is activity."""
        now = self._clock()
        with self._storage.glance() as conn:
            row = _FIND.first(conn, this=conversation)
        if row is None:
            return None
        over = self._why_over(row, now)
        with self._storage.begin(durable=bool(over)) as conn:
            if over:
                self._delete_in(conn, over, *_is(row), sessions.c.last_seen == row.last_seen)
                return None
            touched = _TOUCH.run(conn, this=conversation, since=row.verified_at, now=now)
        verified = self._verified(row, now)
        proved_at = max(verified.verified_at, verified.possession_at)
        if not touched or (max_age is not None and now - proved_at > max_age):
            return None
        return verified

    def peek_in(self, conn: Connection, conversation: str) -> Verified | None:
        """The record if it holds, read in the caller's transaction; looking is no activity and ends nothing."""
        row = _FIND.first(conn, this=conversation)
        if row is None or self._why_over(row, self._clock()):
            return None
        return self._verified(row, row.last_seen)

    def end_in(self, conn: Connection, conversation: str, why: str) -> bool:
        """End the record of a conversation in the caller's transaction; says whether there was one."""
        return self._delete_in(conn, why, sessions.c.conversation == conversation) > 0

    def end(self, conversation: str, why: str) -> bool:
        """End the record of a conversation at once; says whether there was one."""
        with self._storage.begin() as conn:
            return self.end_in(conn, conversation, why)

    def end_for_urn_in(self, conn: Connection, urn: str, why: str) -> int:
        """End every record of this card, in whatever conversation; returns how many."""
        return self._delete_in(conn, why, sessions.c.urn_mac == self.pseudonym(urn))

    def of_urn_in(self, conn: Connection, urn: str) -> list[str]:
        """The conversations in which this card is verified."""
        same = select(sessions.c.conversation).where(sessions.c.urn_mac == self.pseudonym(urn))
        return list(conn.execute(same).scalars())

    def purge(self) -> int:
        """End every record that is idle or old; returns how many."""
        now = self._clock()
        with self._storage.begin() as conn:
            idle = self._delete_in(conn, "idle", sessions.c.last_seen <= now - self._idle)
            return idle + self._delete_in(conn, "old", sessions.c.verified_at <= now - self._absolute)

    def pseudonym(self, urn: str) -> str:
        """What stands for this card in the audit."""
        return self._keys.mac("urn", urn)

    def _why_over(self, row: Any, now: float) -> str:
        if row.present_identity is not None and row.present_identity != row.identity:
            return "identity changed"
        if row.verified_at > now + _SKEW or row.last_seen > now + _SKEW:
            return "clock went back"
        if now - row.verified_at >= self._absolute:
            return "old"
        if now - row.last_seen >= self._idle:
            return "idle"
        return "" if self._opened(row) else "unreadable"

    def _verified(self, row: Any, seen: float) -> Verified:
        # A record that an older version wrote says nothing of possession.
        urn, customer_id, last_four, possession, shown_at = [*self._opened(row), "", "0.0"][:5]
        return Verified(
            row.conversation, urn, customer_id, row.verified_at, seen, last_four, possession, float(shown_at)
        )

    def _opened(self, row: Any) -> list[str]:
        try:
            sealed = self._sealer.open(row.sealed, _bound_to(row.conversation, row.identity, row.verified_at))
        except SealError:
            return []
        return [str(each) for each in json.loads(sealed)]

    def _delete_in(self, conn: Connection, why: str, *where: ColumnElement[bool]) -> int:
        chosen = delete(sessions).where(*where).returning(sessions.c.conversation, sessions.c.urn_mac)
        ended = conn.execute(chosen).all()
        for row in ended:
            self._audit.record_in(conn, "session", row.conversation, "ended", subject=row.urn_mac, why=why)
        return len(ended)


def _is(row: Any) -> tuple[ColumnElement[bool], ...]:
    return sessions.c.conversation == row.conversation, sessions.c.verified_at == row.verified_at


def _bound_to(conversation: str, identity: str, verified_at: float) -> bytes:
    return framed("session 1", conversation, identity, repr(verified_at))
