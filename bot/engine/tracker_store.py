"""Conversations in the one database: live in memory, appended to in the turn's transaction, failing closed."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, func, literal_column, select

from actions.guard.statements import Statement, inserting
from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.tracker_store import TrackerStore  # noqa: E402  (after install)
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import Event, deserialise_events  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from bot.engine.history import shorten  # noqa: E402

SNAPSHOT = "cardbot_snapshot"
_as_json = json.JSONEncoder(ensure_ascii=False, default=float).encode  # which `json.dumps` would make anew for each event
_SNAPSHOT_BEGINS = '{"event": "' + SNAPSHOT + '"'


@dataclass(frozen=True)
class Staged:
    """What one turn adds to a conversation; nothing of it is stored before `commit_in`."""

    conversation: str
    first_seq: int
    events: tuple[dict[str, Any], ...] = field(repr=False)
    snapshot: tuple[dict[str, Any], ...] | None = field(default=None, repr=False)


# The sequence number and time of a conversation's last row; 0 and 0.0 if it has none.
Last = tuple[int, float]


@dataclass
class _Live:
    """A tracker in memory and the row that it stands at."""

    tracker: DialogueStateTracker
    seq: int
    at: float
    stored: int  # how many of the tracker's events are rows already


class SqlTrackerStore(TrackerStore):
    """Rasa's view of the table `tracker_events`; `save` only stages.

    Args:
        read: opens a snapshot of the database to read from, as `Storage.read`.
        glance: opens the database for a single question, as `Storage.glance`, if that is cheaper.
        table: with the columns conversation, seq, at, event.
        live: how many conversations stay in memory.
        limit: events of a conversation in memory; beyond it, what cannot matter any more is left out.
        keep_turns: turns that are always left intact; must exceed what the longest rule or story looks back.

    A snapshot row, written when history is cut, lets another process begin where this one is: loading takes
    one query of bounded length.
    """

    def __init__(
        self,
        read: Callable[[], AbstractContextManager[Connection]],
        table: Table,
        *,
        glance: Callable[[], AbstractContextManager[Connection]] | None = None,
        live: int = 1000,
        limit: int = 120,
        keep_turns: int = 5,
    ) -> None:
        super().__init__(Domain.empty())
        self.keep_turns = keep_turns
        self._read = read
        self._glance = glance
        self._table = table
        last = select(table.c.seq, table.c.at).where(table.c.conversation == bindparam("this"))
        # A number in its words, not a parameter, for which PostgreSQL would make a plan each time.
        self._find_last = Statement(last.order_by(table.c.seq.desc()).limit(literal_column("1")))
        self._append = Statement(inserting(table, "conversation", "seq", "at", "event"))
        self._size = live
        self._limit = limit
        self._window = 3 * limit
        self._lock = threading.Lock()
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._open: dict[str, _Live] = {}
        self._staged: dict[str, Staged] = {}
        self._known_last: dict[str, Last] = {}

    # --- Rasa's side ---

    async def get_or_create_tracker(
        self, sender_id: str, max_event_history: int | None = None, append_action_listen: bool = True
    ) -> DialogueStateTracker:
        return await self.retrieve(sender_id)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """The conversation as stored, ready for a turn; a turn that was staged and not committed is forgotten."""
        with self._lock:
            self._forget(sender_id)
            live = self._live.pop(sender_id, None)
            last = self._known_last.pop(sender_id, None)
        # One look at an index is quicker than a thread; a conversation that has to be replayed is not.
        if live is None or (last or self._look(sender_id)) != (live.seq, live.at):
            live = await asyncio.to_thread(self._load, sender_id)
        with self._lock:
            self._open[sender_id] = live
        return live.tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Stage what the turn added; `take_staged` hands it over."""
        open_turn = self._open[tracker.sender_id]
        events = list(tracker.events)
        new = [event.as_dict() for event in events[open_turn.stored :]]
        shorter = shorten(tracker, self.domain, self.keep_turns) if len(events) > self._limit else None
        snapshot = None
        if shorter is not None:
            snapshot = tuple(event.as_dict() for event in shorter)
            tracker = _replayed(tracker.sender_id, snapshot, self.domain)
        staged = Staged(tracker.sender_id, open_turn.seq + 1, tuple(new), snapshot)
        with self._lock:
            self._staged[tracker.sender_id] = staged
            self._open[tracker.sender_id] = _Live(tracker, *_end_of(staged, open_turn), len(tracker.events))

    async def keys(self) -> Iterable[str]:
        with self._read() as conn:
            return list(conn.execute(select(self._table.c.conversation).distinct()).scalars())

    # --- the turn's side ---

    def look_in(self, conn: Connection, conversation: str) -> Callable[[], Last]:
        """Asks which row is the last, for a turn that is to come; what it returns tells it."""
        found = self._find_last.rows_later(conn, this=conversation)
        return lambda: _last_of(found.first())

    def expect(self, conversation: str, last: Last | None) -> None:
        """The next `retrieve` need not look for the last row: nobody else has written since `look_in` found this one."""
        with self._lock:
            if last is None:
                self._known_last.pop(conversation, None)
            else:
                self._known_last[conversation] = last

    def take_staged(self, conversation: str) -> Staged:
        """What the last `save` of this conversation staged."""
        with self._lock:
            return self._staged.pop(conversation)

    def commit_in(self, conn: Connection, staged: Staged) -> None:
        """Append the turn in the caller's transaction; a row that another process wrote meanwhile is an error.

        If the transaction fails afterwards nothing has to be undone here: the next turn notices.
        """
        rows = _rows_of(staged)
        if rows:
            self._append.run_each(conn, rows)
        with self._lock:
            live = self._open.pop(staged.conversation, None)
            if live is not None and live.seq == staged.first_seq + len(rows) - 1:
                self._live[staged.conversation] = live
                while len(self._live) > self._size:
                    self._live.popitem(last=False)

    def rollback(self, conversation: str) -> None:
        """Forget the turn and the live tracker: the next turn starts from what is stored."""
        with self._lock:
            self._forget(conversation)
            self._live.pop(conversation, None)

    def purge_in(self, conn: Connection, before: float) -> int:
        """Delete what is older: whole conversations, and of living ones the part that a snapshot made superfluous."""
        table = self._table.c
        last = func.max(table.at)
        ended = select(table.conversation).group_by(table.conversation).having(last < before)
        gone = conn.execute(delete(self._table).where(table.conversation.in_(ended))).rowcount
        snapshots = conn.execute(
            select(table.conversation, func.max(table.seq))
            .where(table.event.startswith(_SNAPSHOT_BEGINS, autoescape=True))
            .group_by(table.conversation)
        )
        for conversation, seq in snapshots.all():
            old = (table.conversation == conversation, table.seq < seq, table.at < before)
            gone += conn.execute(delete(self._table).where(*old)).rowcount
        return gone

    def _forget(self, conversation: str) -> None:
        self._open.pop(conversation, None)
        self._staged.pop(conversation, None)

    def _look(self, conversation: str) -> Last:
        with (self._glance or self._read)() as conn:
            return self.look_in(conn, conversation)()

    def _load(self, conversation: str) -> _Live:
        with self._read() as conn:
            rows = self._rows(conn, conversation, self._window)
            if len(rows) == self._window and not any(_is_snapshot(row.event) for row in rows):
                rows = self._rows(conn, conversation, None)
        events = _events_from(rows)
        tracker = _replayed(conversation, events, self.domain)
        seq, at = (rows[-1].seq, rows[-1].at) if rows else (0, 0.0)
        return _Live(tracker, seq, at, len(tracker.events))

    def _rows(self, conn: Connection, conversation: str, count: int | None) -> list[Row[Any]]:
        table = self._table.c
        query = select(table.seq, table.at, table.event).where(table.conversation == conversation)
        return list(conn.execute(query.order_by(table.seq.desc()).limit(count)))[::-1]


def _last_of(row: Any) -> Last:
    return (row.seq, row.at) if row else (0, 0.0)


def _is_snapshot(event: str) -> bool:
    return event.startswith(_SNAPSHOT_BEGINS)


def _events_from(rows: list[Row[Any]]) -> list[dict[str, Any]]:
    """What is to be replayed: the last snapshot, if there is one, and the rows after it."""
    start = max((at for at, row in enumerate(rows) if _is_snapshot(row.event)), default=None)
    if start is None:
        return [json.loads(row.event) for row in rows]
    events: list[dict[str, Any]] = json.loads(rows[start].event)["events"]
    return events + [json.loads(row.event) for row in rows[start + 1 :]]


def _replayed(conversation: str, events: Iterable[dict[str, Any]], domain: Domain) -> DialogueStateTracker:
    parsed: list[Event] = deserialise_events([dict(event) for event in events])
    return DialogueStateTracker.from_events(conversation, parsed, domain.slots)


def _rows_of(staged: Staged) -> list[dict[str, Any]]:
    found = [(event["timestamp"], event) for event in staged.events]
    if staged.snapshot is not None:
        found.append((found[-1][0], {"event": SNAPSHOT, "events": staged.snapshot}))
    return [
        {
            "conversation": staged.conversation,
            "seq": staged.first_seq + number,
            "at": at,
            "event": _as_json(event),
        }
        for number, (at, event) in enumerate(found)
    ]


def _end_of(staged: Staged, before: _Live) -> Last:
    """The sequence number and time of the last row that `commit_in` will write."""
    if not staged.events:
        return before.seq, before.at
    count = len(staged.events) + (staged.snapshot is not None)
    return staged.first_seq + count - 1, staged.events[-1]["timestamp"]
