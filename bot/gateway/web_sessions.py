"""Who sits behind a web cookie: tokens that the server issues, keeps only as hashes, and replaces."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, select

from actions.guard.schema import conversations, web_sessions
from actions.guard.statements import Statement
from actions.guard.storage import Storage
from actions.words import DEFAULT_LANGUAGE
from bot.gateway.edge import Seen

IDLE = 24 * 3600.0
TOUCH = 60.0
_FIND = Statement(
    select(web_sessions, conversations.c.expecting, conversations.c.language.label("spoken"))
    .outerjoin(conversations, conversations.c.conversation == web_sessions.c.conversation)
    .where(web_sessions.c.token_hash == bindparam("hash"))
)
GRACE = 30.0
_NOTHING_YET = Seen("none", DEFAULT_LANGUAGE)


@dataclass(frozen=True)
class WebSession:
    """A conversation and the secret that opens it; `is_replaced`: what is under way may end, nothing may be read.

    `language`: what the cardholder reads, in which a talk begins. `seen`: the conversation when this was read.
    """

    conversation: str
    token: str = field(repr=False)
    is_replaced: bool = False
    last_seen: float = 0.0
    language: str = DEFAULT_LANGUAGE
    seen: Seen = _NOTHING_YET


class WebSessions:
    """`token` has 256 random bits. After `replace` the old one lets requests under way end, for half a minute."""

    def __init__(self, storage: Storage, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._clock = clock

    def begin(self, language: str = DEFAULT_LANGUAGE) -> WebSession:
        """A new conversation."""
        session = WebSession("web:" + secrets.token_hex(16), secrets.token_urlsafe(32), language=language)
        with self._storage.begin() as conn:
            self._insert_in(conn, session)
        return session

    def find(self, token: str | None) -> WebSession | None:
        """The session of a cookie, or None if it was never issued, was replaced, ended, or is too old."""
        with self._storage.glance() as conn:
            return self.find_in(conn, token)

    def find_in(self, conn: Connection, token: str | None) -> WebSession | None:
        """As `find`, in the caller's transaction."""
        if not token:
            return None
        row = _FIND.first(conn, hash=_hash(token))
        now = self._clock()
        if row is None or now - row.last_seen > IDLE:
            return None
        if row.replaced_at is not None and now - row.replaced_at > GRACE:
            return None
        language = row.language or DEFAULT_LANGUAGE
        seen = Seen(row.expecting or "none", row.spoken or language)
        return WebSession(row.conversation, token, row.replaced_at is not None, row.last_seen, language, seen)

    def is_open_in(self, conn: Connection, conversation: str) -> bool:
        """Whether any token leads to this conversation."""
        tokens = select(web_sessions.c.token_hash).where(web_sessions.c.conversation == conversation)
        return conn.execute(tokens.limit(1)).first() is not None

    def replace(self, session: WebSession, token: str) -> WebSession | None:
        """This token for the conversation from now on; None if another request has just replaced this one."""
        fresh = WebSession(session.conversation, token, language=session.language)
        with self._storage.begin() as conn:
            replaced = conn.execute(
                web_sessions.update()
                .where(web_sessions.c.token_hash == _hash(session.token), web_sessions.c.replaced_at.is_(None))
                .values(replaced_at=self._clock(), replaced_by=_hash(fresh.token))
            )
            if replaced.rowcount != 1:
                return None
            self._insert_in(conn, fresh)
        return fresh

    def successor_in(self, conn: Connection, token: str, fresh: str) -> WebSession | None:
        """The session of `fresh` if it is what replaced `token`, however long ago: the answer may have been lost."""
        rows = web_sessions.c
        same = (rows.token_hash == _hash(token), rows.replaced_by == _hash(fresh))
        return self.find_in(conn, fresh) if conn.execute(select(rows.token_hash).where(*same)).first() else None

    def touch(self, session: WebSession) -> None:
        """The cardholder is still there; written down once a minute."""
        if self._clock() - session.last_seen < TOUCH:
            return
        with self._storage.begin(durable=False) as conn:
            conn.execute(
                web_sessions.update()
                .where(web_sessions.c.token_hash == _hash(session.token))
                .values(last_seen=self._clock())
            )

    def speak(self, session: WebSession, language: str) -> None:
        """The cardholder reads another language now."""
        same = web_sessions.c.token_hash == _hash(session.token)
        with self._storage.begin(durable=False) as conn:
            conn.execute(web_sessions.update().where(same).values(language=language))

    def end(self, session: WebSession) -> None:
        """Forget every token of the conversation."""
        with self._storage.begin() as conn:
            conn.execute(web_sessions.delete().where(web_sessions.c.conversation == session.conversation))

    def purge_in(self, conn: Connection) -> int:
        now = self._clock()
        # A replaced token is kept as long as a live one: a late retry learns by it which token came after.
        over = (web_sessions.c.last_seen < now - IDLE) | (web_sessions.c.replaced_at < now - IDLE)
        return conn.execute(web_sessions.delete().where(over)).rowcount

    def _insert_in(self, conn: Connection, session: WebSession) -> None:
        now = self._clock()
        row = {"token_hash": _hash(session.token), "conversation": session.conversation, "language": session.language}
        conn.execute(web_sessions.insert().values(**row, created=now, last_seen=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
