"""Who did what, when, and how it ended: rows that are only added, chained by hashes, under a signed head."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Row, bindparam, cast, delete, func, select

from actions.guard.keys import Keys
from actions.guard.schema import audit, audit_head
from actions.guard.statements import Statement, inserting
from actions.guard.storage import Storage, insert_new

Fact = str | int | float | bool | None

_GENESIS = "0" * 64
_PAGE = 1000
_TEXTS = (
    audit.c.event, audit.c.conversation, audit.c.outcome, audit.c.subject, audit.c.reference, audit.c.facts,
    audit.c.hash,
)  # fmt: skip

# Every record runs these: built once, since building a statement costs several times its execution.
_ROW = ("seq", "at", "event", "conversation", "outcome", "subject", "reference", "facts", "hash")
_SIGNED = ("last_seq", "last_hash", "base_seq", "base_hash", "mac")
_HEAD = Statement(select(audit_head).with_for_update())
_ADD = Statement(inserting(audit, *_ROW))
_SIGN = Statement(audit_head.update().values({name: bindparam(f"new_{name}") for name in _SIGNED}))


class AuditBroken(Exception):
    """The head of the chain is missing or forged: nothing more is recorded until an operator has looked."""


@dataclass(frozen=True)
class Entry:
    """One thing that happened; `subject` is a cardholder's pseudonym, `reference` a ticket or bank call."""

    seq: int
    at: float
    event: str
    conversation: str
    outcome: str
    subject: str
    reference: str
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class Head:
    """How far the chain goes; kept outside the database, it shows later that nothing was rolled back."""

    seq: int
    hash: str


@dataclass(frozen=True)
class Fault:
    """What `verify` found: the row (0 is the head) and `changed`, `missing`, `extra` or `forged`."""

    seq: int
    what: str


class Audit:
    """The chain of one database; facts are codes and pseudonyms, a personal value has no place in them.

    On PostgreSQL a recording transaction holds the chain until it ends: record last.
    """

    def __init__(self, storage: Storage, keys: Keys, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._keys = keys
        self._clock = clock

    def record_in(
        self,
        conn: Connection,
        event: str,
        conversation: str,
        outcome: str,
        *,
        subject: str = "",
        reference: str = "",
        **facts: Fact,
    ) -> int:
        """Add a row in the caller's transaction; returns its number. Never signs over a forged head."""
        head = self._head_in(conn)
        row = {
            "seq": head.last_seq + 1,
            "at": float(self._clock()),
            "event": event,
            "conversation": conversation,
            "outcome": outcome,
            "subject": subject,
            "reference": reference,
            "facts": json.dumps(facts, sort_keys=True),
        }
        row["hash"] = _hash(head.last_hash, *row.values())
        _ADD.run_later(conn, **row)
        self._sign_in(conn, row["seq"], row["hash"], head.base_seq, head.base_hash)
        return int(row["seq"])

    def record(
        self,
        event: str,
        conversation: str,
        outcome: str,
        *,
        subject: str = "",
        reference: str = "",
        **facts: Fact,
    ) -> int:
        """Add a row at once; returns its number."""
        with self._storage.begin() as conn:
            return self.record_in(
                conn, event, conversation, outcome, subject=subject, reference=reference, **facts
            )

    def head(self) -> Head:
        """How far the chain goes now."""
        with self._storage.read() as conn:
            row = conn.execute(select(audit_head)).one_or_none()
        return Head(row.last_seq, row.last_hash) if row else Head(0, _GENESIS)

    def verify(self, known: Head | None = None) -> list[Fault]:
        """Every fault of the chain; with a head `known` from before, also a return to an older state."""
        faults: list[Fault] = []
        with self._storage.read() as conn:
            head = conn.execute(select(*(_exact(conn, each) for each in audit_head.c))).one_or_none()
            if head is not None and not self._is_ours(head):
                faults.append(Fault(0, "forged"))
            seq, hash_ = (head.base_seq, _text(head.base_hash)) if head else (0, _GENESIS)
            for row in _pages(conn):
                faults += _gap(seq + 1, row.seq)
                if _hash_of(hash_, row) != _text(row.hash):
                    faults.append(Fault(row.seq, "changed"))
                seq, hash_ = row.seq, _text(row.hash)
                if known and known.seq == seq and known.hash != hash_:
                    faults.append(Fault(seq, "changed"))
        last, last_hash = (head.last_seq, _text(head.last_hash)) if head else (0, _GENESIS)
        if seq > last:
            faults.append(Fault(seq, "extra"))
        elif seq == last and hash_ != last_hash:
            faults.append(Fault(seq, "changed"))
        return faults + _gap(max(seq, 0) + 1, max(last, known.seq if known else 0) + 1)

    def export(self, *, conversation: str = "", subject: str = "", reference: str = "") -> list[Entry]:
        """The rows that bear all of the given marks, oldest first; at least one mark must be given."""
        marks = {"conversation": conversation, "subject": subject, "reference": reference}
        if not any(marks.values()):
            raise ValueError("an export is for one conversation, subject or reference")
        wanted = [audit.c[name] == value for name, value in marks.items() if value]
        with self._storage.read() as conn:
            return [_entry(row) for row in conn.execute(select(audit).where(*wanted).order_by(audit.c.seq))]

    def trail_of(self, subject: str) -> list[Entry]:
        """What concerns one cardholder, oldest first: the rows under this pseudonym, what was done in a conversation
        while its session was theirs, and whatever bears a reference that came up there."""
        with self._storage.read() as conn:
            own = [_entry(row) for row in conn.execute(select(audit).where(audit.c.subject == subject).order_by(audit.c.seq))]
            found = {entry.seq: entry for entry in own}
            for first, end, conversation in _theirs(own):
                within = audit.c.conversation == conversation, audit.c.seq > first, audit.c.seq < end
                found |= {row.seq: _entry(row) for row in conn.execute(select(audit).where(*within))}
            named = {entry.reference for entry in found.values() if entry.reference}
            for reference in sorted(named):
                rows = conn.execute(select(audit).where(audit.c.reference == reference))
                found |= {row.seq: _entry(row) for row in rows}
        return [found[seq] for seq in sorted(found)]

    def latest(self, count: int = 50) -> list[Entry]:
        """The last rows, oldest of them first."""
        with self._storage.read() as conn:
            rows = conn.execute(select(audit).order_by(audit.c.seq.desc()).limit(count)).all()
        return [_entry(row) for row in reversed(rows)]

    def forget(self, before: float) -> int:
        """Delete the oldest rows up to the first not older than `before`; the chain begins after them."""
        with self._storage.begin() as conn:
            head = self._head_in(conn)
            stays = select(func.min(audit.c.seq)).where(audit.c.at >= before).scalar_subquery()
            end = func.coalesce(stays, head.last_seq + 1)
            older = select(audit).where(audit.c.seq < end).order_by(audit.c.seq.desc()).limit(1)
            last = conn.execute(older).first()
            if last is None:
                return 0
            deleted = conn.execute(delete(audit).where(audit.c.seq <= last.seq)).rowcount
            self._sign_in(conn, head.last_seq, head.last_hash, last.seq, last.hash)
            return deleted

    def _head_in(self, conn: Connection) -> Any:
        """The head, locked until the transaction ends; begun if the chain is new."""
        head = _HEAD.first(conn) or self._begun_in(conn)
        if not self._is_ours(head):
            raise AuditBroken("the head of the audit chain is forged, or its master secret is gone")
        return head

    def _begun_in(self, conn: Connection) -> Any:
        first = (0, _GENESIS, 0, _GENESIS)
        insert_new(conn, audit_head, id=1, **dict(zip(_SIGNED, (*first, self._mac(*first)), strict=True)))
        return _HEAD.first(conn)

    def _sign_in(
        self, conn: Connection, last_seq: int, last_hash: str, base_seq: int, base_hash: str
    ) -> None:
        head = (last_seq, last_hash, base_seq, base_hash)
        _SIGN.run_later(conn, **{f"new_{name}": value for name, value in zip(_SIGNED, (*head, self._mac(*head)), strict=True)})

    def _mac(self, *head: int | str) -> str:
        return self._keys.sign("audit head", *map(str, head))

    def _is_ours(self, head: Any) -> bool:
        parts = (str(head.last_seq), _text(head.last_hash), str(head.base_seq), _text(head.base_hash))
        return self._keys.is_signed(_text(head.mac), "audit head", *parts)


def _pages(conn: Connection) -> Iterator[Row[Any]]:
    columns = [audit.c.seq, audit.c.at, *(_exact(conn, each) for each in _TEXTS)]
    after = -(2**62)
    while rows := conn.execute(
        select(*columns).where(audit.c.seq > after).order_by(audit.c.seq).limit(_PAGE)
    ).all():
        yield from rows
        after = rows[-1].seq


def _theirs(own: list[Entry]) -> Iterator[tuple[int, int, str]]:
    """From which row to which a conversation was this cardholder's; it may be another's before and afterwards."""
    sessions = [entry for entry in own if entry.event == "session"]
    for entry in sessions:
        if entry.outcome == "opened":
            later = (each for each in sessions if each.conversation == entry.conversation and each.seq > entry.seq)
            end = next((each.seq for each in later if each.outcome in ("ended", "opened")), 2**62)
            yield entry.seq, end, entry.conversation


def _gap(first: int, end: int) -> list[Fault]:
    return [Fault(seq, "missing") for seq in range(first, min(end, first + _PAGE))]


def _exact(conn: Connection, column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The column's bytes as stored, since SQLite keeps text that is not UTF-8 and then cannot read it."""
    if conn.dialect.name == "sqlite" and isinstance(column.type, type(audit.c.event.type)):
        return cast(column, LargeBinary).label(column.key or "")
    return column


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def _hash_of(before: str, row: Row[Any]) -> str:
    return _hash(before, row.seq, row.at, *(_text(each) for each in row[2:-1]))


def _hash(before: str, *values: Any) -> str:
    return hashlib.sha256(json.dumps([before, *values]).encode()).hexdigest()


def _entry(row: Row[Any]) -> Entry:
    given = {name: row._mapping[name] for name in Entry.__annotations__ if name != "facts"}
    return Entry(**given, facts=json.loads(row.facts))
