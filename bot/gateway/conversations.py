"""What the edge keeps of each conversation: language, the open question, its lease and its transcript."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import Connection, bindparam, func, or_, select

from actions.guard.schema import conversations, transcript
from actions.guard.storage import insert_new
from actions.words import DEFAULT_LANGUAGE

# Every turn runs these: built once, since building a statement costs several times its execution.
_SAME = conversations.c.conversation == bindparam("this")
_FIND = select(conversations).where(_SAME)
_SEEN = conversations.update().where(_SAME).values(last_seen=bindparam("now"))
_TURN_ENDED = (
    conversations.update()
    .where(_SAME)
    .values(expecting=bindparam("open"), expecting_since=bindparam("now"), language=bindparam("speaks"))
)
_IS_FREE = or_(
    conversations.c.lease_owner.is_(None),
    conversations.c.lease_owner == bindparam("owner"),
    conversations.c.lease_until < bindparam("now"),
)
_LEASE = (
    conversations.update()
    .where(_SAME, _IS_FREE)
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
)
_RELEASE = (
    conversations.update()
    .where(_SAME, conversations.c.lease_owner == bindparam("owner"))
    .values(lease_owner=None, lease_until=None)
)
_LOCK = select(conversations.c.conversation).where(_SAME).with_for_update()
_LAST_LINE = select(func.coalesce(func.max(transcript.c.position), 0)).where(
    transcript.c.conversation == bindparam("this")
)
_WRITE_LINE = transcript.insert()
_LINES = (
    select(transcript)
    .where(transcript.c.conversation == bindparam("this"), transcript.c.position > bindparam("after"))
    .order_by(transcript.c.position.desc())
    .limit(bindparam("limit"))
)


@dataclass(frozen=True)
class Conversation:
    """A row as a turn needs it; `identity` is a pseudonym, `last_seen` when the cardholder wrote last (unix seconds)."""

    id: str
    channel: str
    identity: str
    language: str
    expecting: str
    last_seen: float = 0.0


@dataclass(frozen=True)
class Line:
    """One line of the transcript; its text holds placeholders where values were.

    `marks`: of the cardholder's own line its `message_id`, of an answer the `card` that came with it.
    """

    position: int
    at: float
    who: str
    text: str
    buttons: tuple[dict[str, str], ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)


class Conversations:
    """Joins the transactions of its callers; `clock` gives unix seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def begin_in(
        self, conn: Connection, conversation: str, channel: str, identity: str, language: str = DEFAULT_LANGUAGE
    ) -> Conversation:
        """The conversation, made in this language if this is its first message, and locked until the transaction ends."""
        now = self._clock()
        row = {"conversation": conversation, "channel": channel, "identity": identity, "language": language}
        if insert_new(conn, conversations, **row, created=now, last_seen=now):
            return Conversation(conversation, channel, identity, language, "none", now)
        conn.execute(_SEEN, {"this": conversation, "now": now})
        found = self.find_in(conn, conversation)
        assert found is not None  # noqa: S101  # just updated, and held until the transaction ends
        return found

    def find_in(self, conn: Connection, conversation: str) -> Conversation | None:
        row = conn.execute(_FIND, {"this": conversation}).one_or_none()
        if row is None:
            return None
        return Conversation(
            row.conversation, row.channel, row.identity, row.language, row.expecting, row.last_seen
        )

    def turn_ended_in(self, conn: Connection, conversation: str, *, expecting: str, language: str) -> None:
        """Remember which question is open now; the edge is stricter while it is a sensitive one."""
        row = {"open": expecting, "now": self._clock(), "speaks": language}
        conn.execute(_TURN_ENDED, {"this": conversation, **row})

    # ── the lease: one process at a time works on a conversation ────────────────────────────────

    def lease_in(self, conn: Connection, conversation: str, owner: str, seconds: float) -> bool:
        """Take or renew the lease; False when another process holds it."""
        now = self._clock()
        taken = conn.execute(_LEASE, {"this": conversation, "owner": owner, "now": now, "until": now + seconds})
        return taken.rowcount == 1

    def release_in(self, conn: Connection, conversation: str, owner: str) -> None:
        conn.execute(_RELEASE, {"this": conversation, "owner": owner})

    def release_all_in(self, conn: Connection) -> None:
        """At the start of a lone process: whoever held a lease is gone."""
        held = conversations.c.lease_owner.is_not(None)
        conn.execute(conversations.update().where(held).values(lease_owner=None, lease_until=None))

    # ── the transcript ──────────────────────────────────────────────────────────────────────────

    def write_line_in(
        self,
        conn: Connection,
        conversation: str,
        who: str,
        text: str,
        buttons: Sequence[Mapping[str, str]] = (),
        marks: Mapping[str, str] = MappingProxyType({}),
    ) -> int:
        """Append a line without values; returns its position, counted from 1."""
        if conn.dialect.name != "sqlite":  # which has one writer; elsewhere two must not take one position
            conn.execute(_LOCK, {"this": conversation})
        last = conn.execute(_LAST_LINE, {"this": conversation}).scalar_one()
        line = {
            "conversation": conversation,
            "position": last + 1,
            "at": self._clock(),
            "who": who,
            "text": text,
            "buttons": json.dumps(list(buttons), ensure_ascii=False),
            "marks": json.dumps(dict(marks)),
        }
        conn.execute(_WRITE_LINE, line)
        return int(last) + 1

    def lines_in(self, conn: Connection, conversation: str, after: int = 0, limit: int = 500) -> list[Line]:
        """The latest `limit` lines behind position `after`, oldest first."""
        rows = conn.execute(_LINES, {"this": conversation, "after": after, "limit": limit}).all()
        return [
            Line(row.position, row.at, row.who, row.text, tuple(json.loads(row.buttons)), json.loads(row.marks))
            for row in reversed(rows)
        ]
