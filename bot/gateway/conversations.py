"""What the edge keeps of each conversation: language, the open question, its lease and its transcript."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Text, bindparam, case, exists, func, or_, select

from actions.guard.schema import WAITING, conversations, inbox, transcript
from actions.guard.statements import Statement, inserting_into
from actions.words import DEFAULT_LANGUAGE

# Every turn runs these: built once, since building a statement costs several times its execution.
_KEPT = tuple(
    conversations.c[name] for name in ("conversation", "channel", "identity", "language", "expecting", "last_seen")
)
_FIRST_SEEN = ("conversation", "channel", "identity", "language", "created", "last_seen")


def _begin(dialect: str) -> Any:
    made = inserting_into(dialect, conversations, *_FIRST_SEEN)
    seen = made.on_conflict_do_update(
        index_elements=["conversation"], set_={"last_seen": made.excluded.last_seen}
    )
    return seen.returning(*_KEPT)


_SAME = conversations.c.conversation == bindparam("this")
_BEGIN = Statement(_begin)
_FIND = Statement(select(*_KEPT).where(_SAME))
# With nothing more to answer whoever holds the lease gives it back by the same statement.
_IS_OVER = (conversations.c.lease_owner == bindparam("owner")) & ~exists().where(
    inbox.c.conversation == bindparam("this"), inbox.c.state == WAITING
)
_TURN_ENDED = Statement(
    conversations.update()
    .where(_SAME)
    .values(
        expecting=bindparam("open"),
        expecting_since=bindparam("now"),
        language=bindparam("speaks"),
        lease_owner=case((_IS_OVER, None), else_=conversations.c.lease_owner),
    )
    .returning(conversations.c.lease_owner)
)
_IS_FREE = or_(
    conversations.c.lease_owner.is_(None),
    conversations.c.lease_owner == bindparam("owner"),
    conversations.c.lease_until < bindparam("now"),
)
_LEASE = Statement(
    conversations.update()
    .where(_SAME, _IS_FREE)
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
    .returning(conversations.c.conversation)
)
_RENEW = Statement(
    conversations.update()
    .where(_SAME, conversations.c.lease_owner == bindparam("owner"))
    .values(lease_until=bindparam("until"))
)
_RELEASE = Statement(
    conversations.update()
    .where(_SAME, conversations.c.lease_owner == bindparam("owner"))
    .values(lease_owner=None, lease_until=None)
)
_LOCK = Statement(select(conversations.c.conversation).where(_SAME).with_for_update())
_WRITE_LINE = Statement(
    transcript.insert()
    .from_select(
        ["conversation", "position", "at", "who", "text", "buttons", "marks"],
        select(
            bindparam("this", type_=Text),
            func.coalesce(func.max(transcript.c.position), 0) + 1,
            *(bindparam(name, type_=transcript.c[name].type) for name in ("at", "who", "text", "buttons", "marks")),
        ).where(transcript.c.conversation == bindparam("this", type_=Text)),
    )
    .returning(transcript.c.position)
)
_LINES = Statement(
    select(transcript)
    .where(transcript.c.conversation == bindparam("this"), transcript.c.position > bindparam("after"))
    .order_by(transcript.c.position.desc())
    .limit(bindparam("limit"))
)
_LATEST = Statement(
    select(transcript.c.conversation, func.max(transcript.c.position).label("position"))
    .where(transcript.c.at > bindparam("since"), transcript.c.who != "you")
    .group_by(transcript.c.conversation)
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
        return self.begin_later_in(conn, conversation, channel, identity, language)()

    def begin_later_in(
        self, conn: Connection, conversation: str, channel: str, identity: str, language: str = DEFAULT_LANGUAGE
    ) -> Callable[[], Conversation]:
        """As `begin_in`, looked at later: what is asked in between is answered under the same lock."""
        now = self._clock()
        row = {"conversation": conversation, "channel": channel, "identity": identity, "language": language}
        begun = _BEGIN.rows_later(conn, **row, created=now, last_seen=now)
        return lambda: Conversation(*begun.first())

    def find_in(self, conn: Connection, conversation: str) -> Conversation | None:
        row = _FIND.first(conn, this=conversation)
        return Conversation(*row) if row else None

    def turn_ended_in(
        self, conn: Connection, conversation: str, *, expecting: str, language: str, owner: str = ""
    ) -> Callable[[], bool]:
        """Remember which question is open now; the edge is stricter while it is a sensitive one.

        The owner's lease ends with this unless another message waits; what it returns says later whether it goes on.
        A line must have been written in this transaction (`write_line_in`), so that no message can arrive unseen beside it.
        """
        ended = {"open": expecting, "now": self._clock(), "speaks": language, "owner": owner}
        found = _TURN_ENDED.rows_later(conn, this=conversation, **ended)

        def goes_on() -> bool:
            row = found.first()
            return row is not None and row.lease_owner == owner

        return goes_on

    # ── the lease: one process at a time works on a conversation ────────────────────────────────

    def lease_in(self, conn: Connection, conversation: str, owner: str, seconds: float) -> bool:
        """Take the lease or keep it; False when another process holds it."""
        return self.lease_later_in(conn, conversation, owner, seconds)()

    def lease_later_in(self, conn: Connection, conversation: str, owner: str, seconds: float) -> Callable[[], bool]:
        """As `lease_in`, looked at later."""
        now = self._clock()
        leased = _LEASE.rows_later(conn, this=conversation, owner=owner, now=now, until=now + seconds)
        return lambda: leased.first() is not None

    def renew_in(self, conn: Connection, conversation: str, owner: str, seconds: float) -> None:
        """Keep the lease, if it has not been given back."""
        _RENEW.run_later(conn, this=conversation, owner=owner, until=self._clock() + seconds)

    def release_in(self, conn: Connection, conversation: str, owner: str) -> None:
        _RELEASE.run_later(conn, this=conversation, owner=owner)

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
        *,
        is_held: bool = False,
    ) -> Callable[[], int]:
        """Append a line without values; what it returns tells its position, counted from 1.

        `is_held`: this transaction has changed the conversation's row already, so that no other can write here now.
        """
        if not is_held and conn.dialect.name != "sqlite":  # which has one writer; elsewhere two must not take one position
            _LOCK.rows_later(conn, this=conversation)
        line = {
            "at": self._clock(),
            "who": who,
            "text": text,
            "buttons": json.dumps(list(buttons), ensure_ascii=False),
            "marks": json.dumps(dict(marks)),
        }
        written = _WRITE_LINE.rows_later(conn, this=conversation, **line)
        return lambda: int(written.first().position)

    def lines_in(self, conn: Connection, conversation: str, after: int = 0, limit: int = 500) -> list[Line]:
        """The latest `limit` lines behind position `after`, oldest first."""
        return [line_of(row) for row in reversed(_LINES.rows(conn, this=conversation, after=after, limit=limit))]

    def latest_in(self, conn: Connection, since: float) -> dict[str, int]:
        """The last position in each conversation that somebody answered in since then (unix seconds)."""
        return {row.conversation: row.position for row in _LATEST.rows(conn, since=since)}


def line_of(row: Any) -> Line:
    """A row with the transcript's columns as a line."""
    return Line(row.position, row.at, row.who, row.text, tuple(json.loads(row.buttons)), json.loads(row.marks))
