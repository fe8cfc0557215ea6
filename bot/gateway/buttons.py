"""Buttons: an opaque id that the server issued for one conversation, and what pressing it means."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, select

from actions.guard.schema import buttons

LIFE = 24 * 3600.0
_ISSUE = buttons.insert()


class Buttons:
    """A press of an unknown, foreign or expired id means nothing; a redelivered press means the same again."""

    def __init__(self, clock: Callable[[], float], new_id: Callable[[], str] = lambda: secrets.token_urlsafe(12)):
        self._clock = clock
        self._new_id = new_id

    def issue_in(self, conn: Connection, conversation: str, title: str, payload: dict[str, Any]) -> dict[str, str]:
        """Give out one button; `payload` says which intent it stands for."""
        now, button = self._clock(), self._new_id()
        row = {
            "id": button,
            "conversation": conversation,
            "payload": json.dumps({"title": title, **payload}, ensure_ascii=False),
            "issued": now,
            "expires": now + LIFE,
        }
        conn.execute(_ISSUE, row)
        return {"id": button, "title": title}

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
