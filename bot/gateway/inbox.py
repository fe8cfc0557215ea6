"""Messages that were acknowledged and not yet answered: sealed, in order per conversation, none twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from actions.guard.keys import Sealer
from actions.guard.schema import WAITING, WORKING, conversations, inbox
from actions.guard.statements import Statement, inserting, inserting_into
from actions.guard.storage import insert_new

MAX_TRIES = 3
MAX_WAITING = 10
NEWS = "news"


# Every message runs these: built once, since building a statement costs several times its execution.
_OF = inbox.c.conversation == bindparam("this")
_SAME = select(inbox.c.id).where(inbox.c.channel == bindparam("channel"), inbox.c.message_id == bindparam("message"))
_WAITING = select(func.count()).where(_OF, inbox.c.state == WAITING)
_RECEIVED = select(func.count()).where(_OF, inbox.c.received > bindparam("since"), inbox.c.kind != NEWS)
_KNOWS = Statement(_SAME)
_COUNT_WAITING = Statement(_WAITING)
_QUEUE = Statement(
    select(
        _WAITING.scalar_subquery().label("waiting"),
        _RECEIVED.scalar_subquery().label("received"),
        _SAME.scalar_subquery().label("known"),
    )
)
_ACCEPT = Statement(
    lambda dialect: inserting_into(dialect, inbox, "channel", "message_id", "conversation", "received", "kind", "sealed")
    .on_conflict_do_nothing()
    .returning(inbox.c.id)
)
_ACCEPT_NEW = Statement(
    inserting(inbox, "channel", "message_id", "conversation", "received", "kind", "sealed").returning(inbox.c.id)
)
_FIRST = Statement(select(inbox).where(_OF, inbox.c.state == WAITING).order_by(inbox.c.id).limit(1))
_DONE = Statement(
    inbox.update()
    .where(inbox.c.id == bindparam("this"), inbox.c.state == WAITING)
    .values(state=bindparam("end"), done_at=bindparam("now"), sealed=b"")
)


@dataclass(frozen=True)
class Queue:
    """How a conversation's messages stand: without an answer yet, received lately, and whether one is stored already."""

    waiting: int
    received: int
    knows: bool


@dataclass(frozen=True)
class Waiting:
    """One message to work on; `body` is what the edge sealed: words, spans with their values, what it is."""

    id: int
    conversation: str
    message_id: str
    received: float
    tries: int
    body: dict[str, Any]

    def __repr__(self) -> str:
        return f"Waiting(id={self.id}, conversation={self.conversation!r})"


@dataclass(frozen=True)
class Stored:
    """A message that a transaction stores; `waiting` tells it as it waits, at the latest when that is committed."""

    message_id: str
    body: dict[str, Any] = field(repr=False)
    waiting: Callable[[], Waiting | None] = field(repr=False)


class Inbox:
    """Rows of the one database; a row's body is readable while the row is open and is emptied when it is done."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._sealer = sealer
        self._clock = clock

    def accept_in(
        self, conn: Connection, conversation: str, message_id: str, body: dict[str, Any]
    ) -> Waiting | None:
        """Store a message; None when this id was stored before, however long ago."""
        message = self._accepted(conn, _ACCEPT, conversation, message_id, body)()
        if message is not None and (about := body.get("facts", {}).get("message")):
            self._keep_promise_in(conn, conversation, about)
        return message

    def accept_new_in(
        self, conn: Connection, conversation: str, message_id: str, body: dict[str, Any]
    ) -> Stored:
        """Store what a cardholder sent, which keeps no promise; at once or later a StorageConflict if this id was stored before."""
        return Stored(message_id, body, self._accepted(conn, _ACCEPT_NEW, conversation, message_id, body))

    def _accepted(
        self, conn: Connection, accept: Statement, conversation: str, message_id: str, body: dict[str, Any]
    ) -> Callable[[], Waiting | None]:
        received = self._clock()
        row = {
            "channel": conversation.split(":", 1)[0],
            "message_id": message_id,
            "conversation": conversation,
            "received": received,
            "kind": body["kind"],
            "sealed": self._sealer.seal(json.dumps(body, ensure_ascii=False), _aad(conversation, message_id)),
        }
        stored = accept.rows_later(conn, **row)

        def accepted() -> Waiting | None:
            found = stored.first()
            return None if found is None else Waiting(found.id, conversation, message_id, received, 0, body)

        return accepted

    def knows_in(self, conn: Connection, conversation: str, message_id: str) -> bool:
        """Whether this channel has stored a message of this id."""
        channel = conversation.split(":", 1)[0]
        return _KNOWS.first(conn, channel=channel, message=message_id) is not None

    def queue_in(self, conn: Connection, conversation: str, message_id: str, since: float) -> Queue:
        """How the conversation's messages stand, those received since then (unix seconds) counted, and this one."""
        channel = conversation.split(":", 1)[0]
        row = _QUEUE.first(conn, this=conversation, since=since, channel=channel, message=message_id)
        return Queue(row.waiting, row.received, row.known is not None)

    def is_waiting_in(self, conn: Connection, conversation: str) -> bool:
        """Whether a message of this conversation has no answer yet."""
        return _COUNT_WAITING.first(conn, this=conversation)[0] > 0

    def first_in(self, conn: Connection, conversation: str) -> Waiting | None:
        """The oldest open message of a conversation."""
        row = _FIRST.first(conn, this=conversation)
        return self._opened(row) if row else None

    def done_in(self, conn: Connection, message: Waiting, state: str = "done") -> None:
        """Close a message and forget what it said; StorageConflict if another process has closed it."""
        _DONE.run_later(conn, "the message was answered by another process", this=message.id, end=state, now=self._clock())

    def tried_in(self, conn: Connection, message: Waiting) -> int:
        """Count a turn that failed (a killed process is none); returns the tries so far."""
        conn.execute(inbox.update().where(inbox.c.id == message.id).values(tries=inbox.c.tries + 1))
        return message.tries + 1

    # ── promises: rows that begin a turn only if the news that they stand for never come ────────

    def promise_in(self, conn: Connection, message: Waiting, intent: str, facts: Mapping[str, str]) -> None:
        """What this message started will be told later; `facts` are told if nothing better is ever known."""
        row = self._promise(message.conversation, message.message_id)
        body = {"kind": NEWS, "intent": intent, "facts": {**facts, "message": message.message_id}}
        insert_new(conn, inbox, **row, state="working", sealed=self._sealed(row, body))

    def broken_promises_in(self, conn: Connection, made_before: float) -> list[Waiting]:
        """Promises from before then (unix seconds) whose news have not come."""
        old = (inbox.c.state == WORKING, inbox.c.received < made_before)
        return [self._opened(row) for row in conn.execute(select(inbox).where(*old).order_by(inbox.c.id).limit(50))]

    def tell_anyway_in(self, conn: Connection, promise: Waiting, **facts: str) -> None:
        """Begin the turn of a promise, with these facts over those that it was made with."""
        row = {"conversation": promise.conversation, "message_id": promise.message_id}
        sealed = self._sealed(row, {**promise.body, "facts": {**promise.body["facts"], **facts}})
        same = inbox.update().where(inbox.c.id == promise.id, inbox.c.state == WORKING)
        conn.execute(same.values(state="waiting", sealed=sealed))

    def _keep_promise_in(self, conn: Connection, conversation: str, about: str) -> None:
        """The news of that message are here, perhaps before its own turn has ended."""
        row = self._promise(conversation, about)
        kept = {"state": "done", "sealed": b"", "done_at": self._clock()}
        if not insert_new(conn, inbox, **row, **kept):
            same = (inbox.c.channel == row["channel"], inbox.c.message_id == row["message_id"])
            conn.execute(inbox.update().where(*same, inbox.c.state == WORKING).values(**kept))

    def _promise(self, conversation: str, about: str) -> dict[str, Any]:
        return {
            "channel": conversation.split(":", 1)[0],
            "message_id": f"promise-{about}",
            "conversation": conversation,
            "received": self._clock(),
            "kind": NEWS,
        }

    def _sealed(self, row: Mapping[str, Any], body: Mapping[str, Any]) -> bytes:
        text = json.dumps(body, ensure_ascii=False)
        return self._sealer.seal(text, _aad(row["conversation"], row["message_id"]))

    def _opened(self, row: Any) -> Waiting:
        body = json.loads(self._sealer.open(row.sealed, _aad(row.conversation, row.message_id)))
        return Waiting(row.id, row.conversation, row.message_id, row.received, row.tries, body)

    # ── for whoever picks up work ───────────────────────────────────────────────────────────────

    def conversations_waiting_in(self, conn: Connection, owner: str, limit: int = 200) -> list[str]:
        """Conversations with open messages that no other process is working on, the longest waiting first."""
        free = (
            conversations.c.lease_owner.is_(None)
            | (conversations.c.lease_owner == owner)
            | (conversations.c.lease_until < self._clock())
        )
        rows = conn.execute(
            select(inbox.c.conversation, func.min(inbox.c.id).label("oldest"))
            .join(conversations, conversations.c.conversation == inbox.c.conversation)
            .where(inbox.c.state == WAITING, free)
            .group_by(inbox.c.conversation)
            .order_by("oldest")
            .limit(limit)
        )
        return [row.conversation for row in rows]

    def purge_in(self, conn: Connection, done_before: float) -> int:
        """Forget the ids of messages that were done before then (unix seconds)."""
        return conn.execute(inbox.delete().where(inbox.c.done_at < done_before)).rowcount


def _aad(conversation: str, message_id: str) -> bytes:
    return f"inbox|{conversation}|{message_id}".encode()
