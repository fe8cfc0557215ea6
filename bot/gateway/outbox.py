"""Answers on their way: each keeps a sealed copy of its values until the cardholder has them, then forgets."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, exists, func, or_, select

from actions.guard.keys import Sealer
from actions.guard.schema import WAITING, outbox, transcript
from actions.guard.statements import Statement, inserting
from bot.gateway.conversations import Line, line_of
from bot.gateway.tags import Tag

FIRST = "\ue000"
LAST = "\ue001"
# Answers on these channels are pushed; on the others they wait until somebody looks.
PUSHED = ("whatsapp", "telegram", "twilio")
NEVER = 1e12
# A platform may say after its acceptance that it could not deliver: so long an answer can still be sent again.
REPORT_SECONDS = 60.0
# Beyond this a platform will not take it any more.
MOST_TRIES = 300  # about a day
_PUSHED = tuple(f"{channel}:" for channel in PUSHED)


# Every message or turn runs these: built once, since building a statement costs several times its execution.
_ADD = Statement(inserting(outbox, "conversation", "inbox_id", "position", "at", "next_try", "sealed"))
_AFTER = Statement(
    select(
        *(transcript.c[name] for name in ("conversation", "position", "at", "who", "text", "buttons", "marks")),
        *(outbox.c[name] for name in ("id", "state", "tries", "sealed", "provider_id")),
    )
    .outerjoin(
        outbox,
        (outbox.c.conversation == transcript.c.conversation)
        & (outbox.c.position == transcript.c.position)
        & (outbox.c.sealed != b""),
    )
    .where(transcript.c.conversation == bindparam("this"), transcript.c.position > bindparam("after"))
    .order_by(transcript.c.position.desc())
    .limit(bindparam("limit"))
)
_SENT = Statement(
    outbox.update()
    .where(outbox.c.conversation == bindparam("this"), outbox.c.position <= bindparam("last"), outbox.c.state == WAITING)
    .values(state="sent", sent_at=bindparam("now"))
)
_WANTED = Statement(
    outbox.update()
    .where(outbox.c.conversation == bindparam("this"), outbox.c.state == WAITING, outbox.c.next_try >= NEVER)
    .values(next_try=0.0)
)
_NEXT = Statement(
    select(outbox)
    .where(outbox.c.conversation == bindparam("this"), outbox.c.state == WAITING)
    .order_by(outbox.c.position)
    .limit(1)
    .with_for_update()
)
_CLAIM = Statement(
    outbox.update()
    .where(outbox.c.id == bindparam("this"))
    .values(tries=bindparam("now_tried"), next_try=bindparam("again_at"))
)


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

    def pieces(self) -> list[tuple[str, bool]]:
        """The filled text in pieces, each with whether it is a value: for the moment of sending only."""
        found = re.split(f"{FIRST}(.*?){LAST}", self.text)
        filled = [(self.values.get(piece, ""), True) if at % 2 else (piece, False) for at, piece in enumerate(found)]
        return [(piece, is_value) for piece, is_value in filled if piece]

    def without_values(self, shown: str) -> str:
        """The text as history keeps it, `shown` in place of every value."""
        text = self.text
        for reference in self.values:
            text = text.replace(f"{FIRST}{reference}{LAST}", shown)
        return text


@dataclass(frozen=True)
class Sending:
    """An outbox row: `position` counts the lines of its conversation.

    `provider_ids`: the parts of it that the platform has accepted so far. `tries` tells apart who claimed it.
    """

    id: int
    conversation: str
    position: int
    state: str
    tries: int
    answer: Answer
    provider_ids: tuple[str, ...] = ()


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
        row = {
            "conversation": conversation,
            "inbox_id": inbox_id,
            "position": position,
            "at": self._clock(),
            "next_try": 0.0 if conversation.startswith(_PUSHED) else NEVER,
            "sealed": self._sealer.seal(json.dumps(body, ensure_ascii=False), _aad(conversation, position)),
        }
        _ADD.run_later(conn, **row)

    def after_in(
        self, conn: Connection, conversation: str, position: int, limit: int = 500
    ) -> Callable[[], tuple[list[Line], dict[int, Sending]]]:
        """Asks for the latest `limit` lines behind `position`; what it returns tells them, oldest first.

        With them come, by position, the answers that may still be shown with their values.
        """
        found = _AFTER.rows_later(conn, this=conversation, after=position, limit=limit)

        def after() -> tuple[list[Line], dict[int, Sending]]:
            rows = found.rows()[::-1]
            sendings = [self._sending(row) for row in rows if row.id is not None]
            return [line_of(row) for row in rows], {sending.position: sending for sending in sendings}

        return after

    def sent_in(self, conn: Connection, conversation: str, up_to: int) -> None:
        """The cardholder has everything up to this position."""
        _SENT.run_later(conn, this=conversation, last=up_to, now=self._clock())

    def forget_in(self, conn: Connection, *, sent_before: float, made_before: float) -> int:
        """Empty the rows that were sent, or made, before these moments (unix seconds), unless they may still have to be sent."""
        is_open = (outbox.c.state == WAITING) | (outbox.c.sent_at >= self._clock() - REPORT_SECONDS)
        is_wanted = is_open & or_(*(outbox.c.conversation.startswith(each) for each in _PUSHED))
        old = ((outbox.c.sent_at < sent_before) | (outbox.c.at < made_before)) & ~is_wanted
        return conn.execute(outbox.update().where(outbox.c.sealed != b"", old).values(sealed=b"")).rowcount

    def purge_in(self, conn: Connection, made_before: float, even_open_before: float = 0.0) -> int:
        """Delete rows that were made before these moments; one that is still to be sent has the later end."""
        old = (outbox.c.at < made_before) & (outbox.c.state != "waiting") | (outbox.c.at < even_open_before)
        return conn.execute(outbox.delete().where(old)).rowcount

    # ── pushing: the first open row of a conversation, one sender at a time ─────────────────────

    def due_in(self, conn: Connection, channels: Collection[str], limit: int = 200) -> list[str]:
        """Conversations of these channels whose next answer may be sent now, the longest waiting first."""
        earlier = outbox.alias()
        is_first = ~exists().where(
            earlier.c.conversation == outbox.c.conversation,
            earlier.c.position < outbox.c.position,
            earlier.c.state == WAITING,
        )
        of_channels = or_(*(outbox.c.conversation.startswith(f"{each}:") for each in channels))
        due = (outbox.c.state == WAITING) & (outbox.c.next_try <= self._clock())
        rows = conn.execute(
            select(outbox.c.conversation).where(due, of_channels, is_first).order_by(outbox.c.id).limit(limit)
        )
        return [row.conversation for row in rows]

    def claim_in(self, conn: Connection, conversation: str, seconds: float) -> Sending | None:
        """The next answer, kept from all other senders for a while; None if there is none or one has it."""
        now = self._clock()
        row = _NEXT.first(conn, this=conversation)
        if row is None or row.next_try > now:
            return None
        sending = replace(self._sending(row), tries=row.tries + 1)
        _CLAIM.run_later(conn, this=row.id, now_tried=sending.tries, again_at=now + seconds)
        return sending

    def accepted_in(
        self, conn: Connection, sending: Sending, provider_ids: Sequence[str], *, is_whole: bool, is_final: bool = True
    ) -> None:
        """The platform has these parts of the answer; the whole answer's values are forgotten, if nothing can undo this."""
        end: dict[str, Any] = {"state": "sent", "sent_at": self._clock()} if is_whole else {}
        if is_whole and is_final:
            end["sealed"] = b""
        self._settle_in(conn, sending, provider_id=" ".join(provider_ids), **end)

    def postponed_in(self, conn: Connection, sending: Sending, until: float) -> None:
        """Not now; `NEVER` waits for the cardholder."""
        self._settle_in(conn, sending, next_try=until)

    def failed_in(self, conn: Connection, sending: Sending) -> None:
        """The platform will never take it."""
        self._settle_in(conn, sending, state="failed", sealed=b"")

    def wanted_in(self, conn: Connection, conversation: str) -> None:
        """The cardholder wrote: what waited for that may be sent."""
        if conversation.startswith(_PUSHED):
            _WANTED.run_later(conn, this=conversation)

    # ── what platforms report afterwards, at any time and repeatedly ────────────────────────────

    def known_accepted_in(self, conn: Connection, tag: Tag, provider_id: str) -> None:
        """The platform speaks of a part whose acceptance nobody here has recorded."""
        row = self._locked_in(conn, tag, outbox.c.state == WAITING)
        known = tuple((row.provider_id or "").split()) if row else ()
        if row and len(known) == tag.part:
            is_whole = tag.part + 1 == tag.of
            self.accepted_in(conn, self._sending(row), [*known, provider_id], is_whole=is_whole, is_final=False)

    def delivered_in(self, conn: Connection, tag: Tag) -> None:
        """The cardholder has the answer, or will have it: its values are forgotten."""
        if tag.part + 1 == tag.of:
            same = (outbox.c.conversation == tag.conversation) & (outbox.c.position == tag.position)
            conn.execute(outbox.update().where(same, outbox.c.state == "sent").values(sealed=b""))

    def undelivered_in(self, conn: Connection, tag: Tag, provider_id: str, until: float) -> bool:
        """The platform could not deliver what it had accepted: it waits again, if it is still kept; says whether it does."""
        row = self._locked_in(conn, tag, (outbox.c.state != "failed") & (outbox.c.sealed != b""))
        if row is None or row.tries >= MOST_TRIES:
            return False
        known = (row.provider_id or "").split()
        is_on_its_way = row.state == "waiting" and len(known) == tag.part
        if not is_on_its_way and (row.state == "waiting" or provider_id not in known):
            return False
        earlier = " ".join(known[: tag.part])
        # One more try, so that whoever is still about to record the acceptance does not.
        again = {"state": "waiting", "sent_at": None, "provider_id": earlier or None, "tries": row.tries + 1, "next_try": until}
        conn.execute(outbox.update().where(outbox.c.id == row.id).values(**again))
        return True

    def waiting_for_cardholder_in(self, conn: Connection, conversation: str) -> int:
        """How many answers wait until the cardholder writes."""
        waits = (outbox.c.conversation == conversation, outbox.c.state == WAITING, outbox.c.next_try >= NEVER)
        return int(conn.execute(select(func.count()).where(*waits)).scalar_one())

    def _locked_in(self, conn: Connection, tag: Tag, state: ColumnElement[bool]) -> Any:
        same = (outbox.c.conversation == tag.conversation, outbox.c.position == tag.position)
        return conn.execute(select(outbox).where(*same, state).with_for_update()).one_or_none()

    def _settle_in(self, conn: Connection, sending: Sending, **values: Any) -> None:
        new = {f"new_{name}": value for name, value in values.items()}
        _settle(tuple(values)).run_later(conn, this=sending.id, tried=sending.tries, **new)

    def _sending(self, row: Any) -> Sending:
        body = json.loads(self._sealer.open(row.sealed, _aad(row.conversation, row.position)))
        answer = Answer(body["text"], body["values"], tuple(body["buttons"]), body["card"])
        accepted = tuple((row.provider_id or "").split())
        return Sending(row.id, row.conversation, row.position, row.state, row.tries, answer, accepted)


@functools.cache
def _settle(names: tuple[str, ...]) -> Statement:
    """New values for a row that is still claimed by whoever tried it so often."""
    mine = (outbox.c.id == bindparam("this"), outbox.c.tries == bindparam("tried"), outbox.c.state == WAITING)
    return Statement(outbox.update().where(*mine).values({name: bindparam(f"new_{name}") for name in names}))


def _aad(conversation: str, position: int) -> bytes:
    return f"outbox|{conversation}|{position}".encode()
