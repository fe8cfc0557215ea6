"""Buttons: an opaque id that the server issued for one conversation, and what pressing it means."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from actions.guard.schema import buttons
from actions.guard.statements import Statement, inserting

LIFE = 24 * 3600.0
_ISSUE = Statement(inserting(buttons, "id", "conversation", "payload", "issued", "expires"))


class Buttons:
    """A press of an unknown, foreign or expired id means nothing; a redelivered press means the same again."""

    def __init__(self, clock: Callable[[], float], new_id: Callable[[], str] = lambda: secrets.token_urlsafe(12)):
        self._clock = clock
        self._new_id = new_id

    def issue_in(self, conn: Connection, conversation: str, title: str, payload: dict[str, Any]) -> dict[str, str]:
        """Give out one button; `payload` says which intent it stands for."""
        return self.issue_all_in(conn, conversation, [(title, payload)])[0]

    def issue_all_in(
        self, conn: Connection, conversation: str, meanings: Sequence[tuple[str, dict[str, Any]]]
    ) -> list[dict[str, str]]:
        """Give out buttons by their titles and payloads."""
        now = self._clock()
        rows = [
            {
                "id": self._new_id(),
                "conversation": conversation,
                "payload": json.dumps({"title": title, **payload}, ensure_ascii=False),
                "issued": now,
                "expires": now + LIFE,
            }
            for title, payload in meanings
        ]
        if rows:
            _ISSUE.run_each(conn, rows)
        return [{"id": str(row["id"]), "title": title} for row, (title, _) in zip(rows, meanings, strict=True)]

    def pressed_in(self, conn: Connection, conversation: str, button: str) -> dict[str, Any] | None:
        """What this press means, or None."""
        row = conn.execute(
            select(buttons.c.payload).where(
                buttons.c.id == button,
                buttons.c.conversation == conversation,
                buttons.c.expires > self._clock(),
            )
        ).one_or_none()
        return None if row is None else json.loads(row.payload)

    def purge_in(self, conn: Connection) -> int:
        return conn.execute(buttons.delete().where(buttons.c.expires < self._clock())).rowcount
