"""Tickets for the people who take over: opened by the talk, claimed and closed by an agent, revealed with a reason."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from actions.guard.audit import Audit
from actions.guard.keys import Keys, framed
from actions.guard.schema import tickets, transcript
from actions.guard.storage import Storage, insert_new

# Read aloud and heard right: no two that look alike, and few that sound alike. 23 of them, a prime, so that the
# last one can check the others: it differs after any one mistake and after any two neighbours changed places.
ALPHABET = "23456789ACFHJKMNPQRTWXY"
VALUES_KEPT = 30 * 86400.0
ROWS_KEPT = 365 * 86400.0


class DeskError(Exception):
    """Base of what the desk refuses; never raised itself."""


class UnknownTicket(DeskError):
    """No ticket has this reference: look at it again, one character may be wrong."""


class WrongState(DeskError):
    """The ticket is not in a state where this can be done to it."""


class ReasonMissing(DeskError):
    """Nothing is revealed without a reason and somebody's name."""


class TicketState(str, Enum):
    """How far the people are."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Ticket:
    """What an agent sees without asking for more: no value of the cardholder's."""

    reference: str
    conversation: str
    reason: str
    language: str
    verified: bool
    bank_references: tuple[str, ...]
    state: TicketState
    opened: float
    claimed_at: float | None = None
    claimed_by: str | None = None
    closed_at: float | None = None
    closed_by: str | None = None


@dataclass(frozen=True)
class Line:
    """One message of the talk, with placeholders where values were; `buttons` are their titles."""

    at: float
    who: str
    text: str
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Revealed:
    """What an agent sees after giving a reason; empty where nothing was known."""

    last_four: str = field(default="", repr=False)
    urn: str = field(default="", repr=False)
    address: str = field(default="", repr=False)


class Desk:
    """The tickets of one database; at most one open ticket per conversation and reason."""

    def __init__(
        self,
        storage: Storage,
        keys: Keys,
        audit: Audit,
        clock: Callable[[], float],
        choose: Callable[[int], int] = secrets.randbelow,
    ) -> None:
        self._storage = storage
        self._sealer = keys.sealer("desk")
        self._audit = audit
        self._clock = clock
        self._choose = choose

    def open_in(
        self,
        conn: Connection,
        conversation: str,
        reason: str,
        *,
        language: str,
        verified: bool,
        bank_references: Sequence[str] = (),
        last_four: str = "",
        urn: str = "",
        address: str = "",
    ) -> str:
        """Open a ticket in the caller's transaction; returns its reference. Asked again: the same, with what is new."""
        known = {"last_four": last_four, "urn": urn, "address": address}
        while (found := _open_one(conn, conversation, reason)) is None:
            reference = new_reference(self._choose)
            opened = insert_new(
                conn,
                tickets,
                reference=reference,
                conversation=conversation,
                reason=reason,
                language=language,
                verified=verified,
                bank_references=json.dumps(list(bank_references)),
                sealed=self._sealed(reference, conversation, known),
                state=TicketState.WAITING.value,
                opened=self._clock(),
            )
            if opened:
                self._audit.record_in(conn, "ticket", conversation, "opened", reference=reference, reason=reason)
                return reference
        self._complete(conn, found, verified, bank_references, known)
        return str(found.reference)

    def tickets(self, state: TicketState | None = None) -> list[Ticket]:
        """The tickets in this state, or all, oldest first."""
        wanted = select(tickets).order_by(tickets.c.opened, tickets.c.reference)
        with self._storage.read() as conn:
            rows = conn.execute(wanted.where(tickets.c.state == state.value) if state else wanted).all()
        return [_ticket(row) for row in rows]

    def ticket(self, reference: str) -> Ticket:
        """The ticket that this reference, however it was typed, stands for."""
        with self._storage.read() as conn:
            return _ticket(_row(conn, reference))

    def transcript(self, reference: str) -> list[Line]:
        """The talk behind a ticket, as far as it is still kept."""
        with self._storage.read() as conn:
            row = _row(conn, reference)
            lines = conn.execute(
                select(transcript)
                .where(transcript.c.conversation == row.conversation)
                .order_by(transcript.c.position)
            ).all()
        return [
            Line(line.at, line.who, line.text, tuple(str(each.get("title", "")) for each in json.loads(line.buttons)))
            for line in lines
        ]

    def claim(self, reference: str, who: str) -> Ticket:
        """Somebody takes a waiting ticket on."""
        return self._move(reference, who, TicketState.CLAIMED, [TicketState.WAITING])

    def close(self, reference: str, who: str) -> Ticket:
        """Somebody ends a ticket that is not yet closed."""
        return self._move(reference, who, TicketState.CLOSED, [TicketState.WAITING, TicketState.CLAIMED])

    def reveal(self, reference: str, who: str, reason: str) -> Revealed:
        """Open what was sealed with a ticket, once the audit holds who wanted it and why."""
        if not who.strip() or not reason.strip():
            raise ReasonMissing("say who wants to see this, and why")
        with self._storage.begin() as conn:
            row = _row(conn, reference)
            facts = {"who": without_values(who), "why": without_values(reason)}
            self._audit.record_in(conn, "ticket", row.conversation, "revealed", reference=row.reference, **facts)
        return Revealed(**self._opened(row))

    def _move(self, reference: str, who: str, state: TicketState, allowed: Sequence[TicketState]) -> Ticket:
        if not who.strip():
            raise ReasonMissing("say who does this")
        with self._storage.begin() as conn:
            row = _row(conn, reference)
            moved = conn.execute(
                update(tickets)
                .where(tickets.c.reference == row.reference, tickets.c.state.in_([each.value for each in allowed]))
                .values({"state": state.value, f"{state.value}_at": self._clock(), f"{state.value}_by": who.strip()})
            ).rowcount
            if not moved:
                raise WrongState(f"this ticket is {row.state}, so it cannot become {state.value}")
            who = without_values(who)
            self._audit.record_in(conn, "ticket", row.conversation, state.value, reference=row.reference, who=who)
            return _ticket(_row(conn, reference))

    def _complete(
        self, conn: Connection, row: Row[Any], verified: bool, more: Sequence[str], known: Mapping[str, str]
    ) -> None:
        """Add what became known since the ticket was opened."""
        references = list(dict.fromkeys([*json.loads(row.bank_references), *more]))
        together = {**self._opened(row), **{name: value for name, value in known.items() if value}}
        conn.execute(
            update(tickets)
            .where(tickets.c.reference == row.reference)
            .values(
                verified=verified or row.verified,
                bank_references=json.dumps(references),
                sealed=self._sealed(row.reference, row.conversation, together),
            )
        )

    def _sealed(self, reference: str, conversation: str, known: Mapping[str, str]) -> bytes:
        return self._sealer.seal(json.dumps(dict(known)), framed("ticket 1", reference, conversation))

    def purge(self) -> int:
        """Forget the values of a ticket 30 days after its end, the ticket after a year; returns how many tickets went."""
        now = self._clock()
        ended = (tickets.c.closed_at <= now - VALUES_KEPT) & (tickets.c.sealed != b"")
        with self._storage.begin() as conn:
            conn.execute(update(tickets).where(ended).values(sealed=b""))
            return conn.execute(delete(tickets).where(tickets.c.closed_at <= now - ROWS_KEPT)).rowcount

    def _opened(self, row: Row[Any]) -> dict[str, str]:
        if not row.sealed:
            return {}
        sealed = self._sealer.open(row.sealed, framed("ticket 1", row.reference, row.conversation))
        return {name: str(value) for name, value in json.loads(sealed).items()}


def new_reference(choose: Callable[[int], int]) -> str:
    """A reference to read out, such as CB-7K4M-Q2; its last character checks the others."""
    drawn = [choose(len(ALPHABET)) for _ in range(5)]
    word = "".join(ALPHABET[each] for each in [*drawn, _check(drawn)])
    return f"CB-{word[:4]}-{word[4:]}"


def parse_reference(text: str) -> str:
    """The reference that somebody typed or heard, in its one form; UnknownTicket if it cannot be one.

    >>> parse_reference(" cb 2222 23 "), parse_reference("222223")
    ('CB-2222-23', 'CB-2222-23')
    """
    word = re.sub(r"[\s-]", "", text).upper()
    word = word[2:] if len(word) == 8 and word.startswith("CB") else word
    numbers = [ALPHABET.find(each) for each in word]
    if len(word) != 6 or min(numbers) < 0 or _check(numbers[:5]) != numbers[5]:
        raise UnknownTicket("this is not a ticket's reference")
    return f"CB-{word[:4]}-{word[4:]}"


def without_values(text: str) -> str:
    """An agent's words for the audit: four or more digits in a row, and addresses, are starred.

    >>> without_values("owner of 8305 <a@b.example> called about CR 12")
    'owner of **** <***@*** called about CR 12'
    """
    starred = re.sub(r"[^\s<]+@[^\s]+", "***@***", text.strip()[:500])
    return re.sub(r"\d(?:[ .-]?\d){3,}", lambda run: "*" * len(run[0]), starred)


def _check(drawn: Sequence[int]) -> int:
    return (1 + sum((place + 2) * each for place, each in enumerate(drawn))) % len(ALPHABET)


def _open_one(conn: Connection, conversation: str, reason: str) -> Row[Any] | None:
    return conn.execute(
        select(tickets).where(
            tickets.c.conversation == conversation,
            tickets.c.reason == reason,
            tickets.c.state != TicketState.CLOSED.value,
        )
    ).one_or_none()


def _row(conn: Connection, reference: str) -> Row[Any]:
    found = conn.execute(select(tickets).where(tickets.c.reference == parse_reference(reference))).one_or_none()
    if found is None:
        raise UnknownTicket("there is no ticket with this reference")
    return found


def _ticket(row: Row[Any]) -> Ticket:
    given = {name: row._mapping[name] for name in Ticket.__annotations__}
    given |= {"bank_references": tuple(json.loads(row.bank_references)), "state": TicketState(row.state)}
    return Ticket(**given)
