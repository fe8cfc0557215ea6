"""Answers on their way: each keeps a sealed copy of its values until the cardholder has them, then forgets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from actions.guard.keys import Sealer
from actions.guard.schema import outbox

FIRST = "\ue000"
LAST = "\ue001"


@dataclass(frozen=True)
class Answer:
    """One message to the cardholder: `text` holds references, `values` what stands behind them."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[Mapping[str, str], ...] = ()
    card: str | None = None

    def __repr__(self) -> str:
        return f"Answer({len(self.text)} characters)"

    def filled(self) -> str:
        """The text with its values: for the moment of sending only."""
        text = self.text
        for reference, value in self.values.items():
            text = text.replace(f"{FIRST}{reference}{LAST}", value)
        return text

    def without_values(self, shown: str) -> str:
        """The text as history keeps it, `shown` in place of every value."""
        text = self.text
        for reference in self.values:
            text = text.replace(f"{FIRST}{reference}{LAST}", shown)
        return text


@dataclass(frozen=True)
class Sending:
    """An outbox row: `position` counts the lines of its conversation."""

    id: int
    conversation: str
    position: int
    at: float
    state: str
    tries: int
    answer: Answer


class Outbox:
    """Rows of the one database, in order per conversation."""

    def __init__(self, sealer: Sealer, clock: Callable[[], float]) -> None:
        self._sealer = sealer
        self._clock = clock

    def add_in(
        self, conn: Connection, conversation: str, position: int, answer: Answer, inbox_id: int | None = None
    ) -> None:
        body: dict[str, Any] = {
            "text": answer.text,
            "values": dict(answer.values),
            "buttons": [dict(button) for button in answer.buttons],
            "card": answer.card,
        }
        conn.execute(
            outbox.insert().values(
                conversation=conversation,
                inbox_id=inbox_id,
                position=position,
                at=self._clock(),
                sealed=self._sealer.seal(json.dumps(body, ensure_ascii=False), _aad(conversation, position)),
            )
        )

    def after_in(self, conn: Connection, conversation: str, position: int) -> list[Sending]:
        """What may still be shown with its values, behind `position`, in order."""
        rows = conn.execute(
            select(outbox)
            .where(outbox.c.conversation == conversation, outbox.c.position > position, outbox.c.sealed != b"")
            .order_by(outbox.c.position)
        )
        return [self._sending(row) for row in rows]

    def sent_in(self, conn: Connection, conversation: str, up_to: int) -> None:
        """The cardholder has everything up to this position."""
        conn.execute(
            outbox.update()
            .where(
                outbox.c.conversation == conversation, outbox.c.position <= up_to, outbox.c.state == "waiting"
            )
            .values(state="sent", sent_at=self._clock())
        )

    def forget_in(self, conn: Connection, *, sent_before: float, made_before: float) -> int:
        """Empty the rows that were sent, or made, before these moments (unix seconds)."""
        old = (outbox.c.sent_at < sent_before) | (outbox.c.at < made_before)
        return conn.execute(outbox.update().where(outbox.c.sealed != b"", old).values(sealed=b"")).rowcount

    def purge_in(self, conn: Connection, made_before: float) -> int:
        return conn.execute(outbox.delete().where(outbox.c.at < made_before)).rowcount

    def _sending(self, row: Any) -> Sending:
        body = json.loads(self._sealer.open(row.sealed, _aad(row.conversation, row.position)))
        answer = Answer(body["text"], body["values"], tuple(body["buttons"]), body["card"])
        return Sending(row.id, row.conversation, row.position, row.at, row.state, row.tries, answer)


def _aad(conversation: str, position: int) -> bytes:
    return f"outbox|{conversation}|{position}".encode()
