"""What the edge keeps of each conversation: language, the open question, its lease and its transcript."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, or_, select

from actions.guard.schema import conversations, transcript
from actions.guard.storage import insert_new


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

    def begin_in(self, conn: Connection, conversation: str, channel: str, identity: str) -> Conversation:
        """The conversation, made if this is its first message, and locked until the transaction ends."""
        now = self._clock()
        row = {"conversation": conversation, "channel": channel, "identity": identity}
        if insert_new(conn, conversations, **row, created=now, last_seen=now):
            return Conversation(conversation, channel, identity, "en", "none", now)
        conn.execute(
            conversations.update().where(conversations.c.conversation == conversation).values(last_seen=now)
        )
        found = self.find_in(conn, conversation)
        assert found is not None  # noqa: S101  # just updated, and held until the transaction ends
        return found

    def find_in(self, conn: Connection, conversation: str) -> Conversation | None:
        row = conn.execute(select(conversations).where(conversations.c.conversation == conversation)).one_or_none()
        if row is None:
            return None
        return Conversation(
            row.conversation, row.channel, row.identity, row.language, row.expecting, row.last_seen
        )

    def turn_ended_in(self, conn: Connection, conversation: str, *, expecting: str, language: str) -> None:
        """Remember which question is open now; the edge is stricter while it is a sensitive one."""
        conn.execute(
            conversations.update()
            .where(conversations.c.conversation == conversation)
            .values(expecting=expecting, expecting_since=self._clock(), language=language)
        )

    # ── the lease: one process at a time works on a conversation ────────────────────────────────

    def lease_in(self, conn: Connection, conversation: str, owner: str, seconds: float) -> bool:
        """Take or renew the lease; False when another process holds it."""
        now = self._clock()
        free = or_(
            conversations.c.lease_owner.is_(None),
            conversations.c.lease_owner == owner,
            conversations.c.lease_until < now,
        )
        taken = conn.execute(
            conversations.update()
            .where(conversations.c.conversation == conversation, free)
            .values(lease_owner=owner, lease_until=now + seconds)
        )
        return taken.rowcount == 1

    def release_in(self, conn: Connection, conversation: str, owner: str) -> None:
        conn.execute(
            conversations.update()
            .where(conversations.c.conversation == conversation, conversations.c.lease_owner == owner)
            .values(lease_owner=None, lease_until=None)
        )

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
        **marks: str,
    ) -> int:
        """Append a line without values; returns its position, counted from 1."""
        # Locking the conversation's row keeps two writers from taking one position on PostgreSQL.
        conn.execute(
            select(conversations.c.conversation)
            .where(conversations.c.conversation == conversation)
            .with_for_update()
        )
        last = conn.execute(
            select(func.coalesce(func.max(transcript.c.position), 0)).where(
                transcript.c.conversation == conversation
            )
        ).scalar_one()
        conn.execute(
            transcript.insert().values(
                conversation=conversation,
                position=last + 1,
                at=self._clock(),
                who=who,
                text=text,
                buttons=json.dumps(list(buttons), ensure_ascii=False),
                marks=json.dumps(marks),
            )
        )
        return int(last) + 1

    def lines_in(self, conn: Connection, conversation: str, after: int = 0, limit: int = 500) -> list[Line]:
        """The latest `limit` lines behind position `after`, oldest first."""
        rows = conn.execute(
            select(transcript)
            .where(transcript.c.conversation == conversation, transcript.c.position > after)
            .order_by(transcript.c.position.desc())
            .limit(limit)
        ).all()
        return [
            Line(row.position, row.at, row.who, row.text, tuple(json.loads(row.buttons)), json.loads(row.marks))
            for row in reversed(rows)
        ]
