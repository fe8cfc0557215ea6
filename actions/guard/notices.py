"""Notices of a change: what is owed to the former and to the new address, from the commit that confirms the change."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from actions.guard.audit import Audit
from actions.guard.journal_change import Change
from actions.guard.keys import Keys, framed
from actions.guard.schema import conversations, notices
from actions.guard.storage import Storage, insert_new

ROWS_KEPT = 365 * 86400.0

_n = notices.c


@dataclass(frozen=True)
class Notice:
    """One word that is owed: to the `whose` ("old" or "new") address of a changed `field` ("email" or "mobile")."""

    id: int
    reference: str
    field: str
    whose: str
    language: str
    at: float
    tries: int
    address: str = dataclasses.field(repr=False)


class Notices:
    """Rows, each with its address sealed until somebody has given the notice."""

    def __init__(self, storage: Storage, keys: Keys, audit: Audit, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._sealer = keys.sealer("notices")
        self._audit = audit
        self._clock = clock

    def owe_in(self, conn: Connection, change: Change) -> None:
        """A change was confirmed: its former address, if there was one, and its new one are owed a notice."""
        spoken = select(conversations.c.language).where(conversations.c.conversation == change.conversation)
        language = conn.execute(spoken).scalar_one_or_none() or "en"
        for whose, address in (("old", change.old), ("new", change.new)):
            if address:
                sealed = self._sealer.seal(address, framed("notice 1", change.reference, whose))
                insert_new(
                    conn, notices, reference=change.reference, conversation=change.conversation, field=change.field,
                    whose=whose, language=language, sealed=sealed, at=self._clock(), tries=0, next_try=0.0,
                )  # fmt: skip

    def owed(self) -> list[Notice]:
        """Everything that nobody has given yet, the longest owed first."""
        with self._storage.read() as conn:
            rows = conn.execute(select(notices).where(_n.given_at.is_(None)).order_by(_n.id)).all()
        return [self._opened(row) for row in rows]

    def claim(self, seconds: float, limit: int = 20) -> list[Notice]:
        """What may be given now, kept from all other processes for so many seconds."""
        now = self._clock()
        due = select(notices).where(_n.given_at.is_(None), _n.next_try <= now).order_by(_n.id).limit(limit)
        with self._storage.read() as conn:
            found = conn.execute(due).all()
        if not found:
            return []
        with self._storage.begin() as conn:
            return [self._opened(row) for row in found if self._taken_in(conn, row, now + seconds)]

    def given(self, notice: Notice, by: str) -> bool:
        """It was given; its address is forgotten. Says whether it was still owed."""
        with self._storage.begin() as conn:
            open_row = notices.update().where(_n.id == notice.id, _n.given_at.is_(None))
            done = conn.execute(open_row.values(given_at=self._clock(), given_by=by, sealed=b"")).rowcount
            if done:
                talk = conn.execute(select(_n.conversation).where(_n.id == notice.id)).scalar_one()
                facts = {"field": notice.field, "whose": notice.whose, "by": by}
                self._audit.record_in(conn, "notice", talk, "given", reference=notice.reference, **facts)
            return done > 0

    def postponed(self, notice: Notice, seconds: float) -> None:
        """It could not be given; try again so much later."""
        with self._storage.begin() as conn:
            row = notices.update().where(_n.id == notice.id, _n.given_at.is_(None))
            conn.execute(row.values(next_try=self._clock() + seconds))

    def purge(self) -> int:
        """Forget, a year later, what was given and what nobody could give; returns how many."""
        with self._storage.begin() as conn:
            return conn.execute(delete(notices).where(_n.at <= self._clock() - ROWS_KEPT)).rowcount

    def _taken_in(self, conn: Connection, row: Row[Any], until: float) -> bool:
        same = notices.update().where(_n.id == row.id, _n.tries == row.tries, _n.given_at.is_(None))
        return conn.execute(same.values(tries=row.tries + 1, next_try=until)).rowcount == 1

    def _opened(self, row: Row[Any]) -> Notice:
        address = self._sealer.open(row.sealed, framed("notice 1", row.reference, row.whose)).decode()
        return Notice(row.id, row.reference, row.field, row.whose, row.language, row.at, row.tries, address)
