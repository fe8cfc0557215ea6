"""The one database when it is PostgreSQL: its connections, and how transactions begin and end on them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from actions.guard.statements import ROUND_TRIPS, round_trips, settle
from actions.guard.storage_errors import StorageUnavailable

DRIVERS = ("postgresql", "postgresql+psycopg", "postgresql+psycopg2")  # in an address; psycopg 3 serves them all
STATEMENT_SECONDS = 2.0
MOST_USED = 30
MOST_KEPT = 10

# What is said with the first question of a transaction.
_DURABLE = ("BEGIN",)
_HASTY = ("BEGIN", "SET LOCAL synchronous_commit = off")
_SNAPSHOT = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",)


class PostgresqlDatabase:
    """Connections stay here between two uses: to take one out of SQLAlchemy's pool and to give it back costs more than a question.

    The one that was used last is used next, since it knows most. One that an error left unfit is closed.
    """

    def __init__(self, url: URL, patience: float) -> None:
        self._engine = _engine(url)
        self.engines = (self._engine,)
        self._patience = patience
        self._places = threading.BoundedSemaphore(MOST_USED)
        self._kept: list[Connection] = []

    def begin(self, *, durable: bool) -> AbstractContextManager[Connection]:
        """A transaction to write in."""
        return self._transaction(_DURABLE if durable else _HASTY)

    def read(self) -> AbstractContextManager[Connection]:
        """One snapshot, and nothing can be written."""
        return self._transaction(_SNAPSHOT)

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """No transaction: each statement is one by itself."""
        with self._connection() as conn:
            yield conn
            settle(conn)

    def close(self) -> None:
        """Close what is not in use."""
        while (conn := self._kept_one()) is not None:
            conn.close()

    @contextmanager
    def _transaction(self, beginning: Sequence[str]) -> Iterator[Connection]:
        with self._connection() as conn:
            begun = conn.begin()  # so that SQLAlchemy does not connect anew in the middle of it
            for words in beginning:
                round_trips(conn).ask(words)
            yield conn
            settle(conn, commit=True)
            begun.commit()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if not self._places.acquire(timeout=self._patience):
            raise StorageUnavailable("the database was busy for too long")
        try:
            conn = self._kept_one() or self._engine.connect()
            try:
                yield conn
            finally:
                self._put_back(conn)
        finally:
            self._places.release()

    def _put_back(self, conn: Connection) -> None:
        """What is still open on it is taken back; what went wrong is told by whoever raised it, not here."""
        try:
            if conn.in_transaction():  # after an error; after a glance in SQLAlchemy's books alone
                conn.rollback()
            if not conn.invalidated:
                round_trips(conn).forget()
        except SQLAlchemyError:
            conn.invalidate()
        if len(self._kept) < MOST_KEPT and not conn.invalidated and round_trips(conn).can_begin:
            self._kept.append(conn)
        else:
            _close(conn)

    def _kept_one(self) -> Connection | None:
        """A connection that was used before; a server that went away has closed its end, which is seen without asking it."""
        while True:
            try:
                conn = self._kept.pop()
            except IndexError:
                return None
            if round_trips(conn).can_begin:
                return conn
            _close(conn)


def _close(conn: Connection) -> None:
    """Without a farewell that a server which is away could not hear."""
    conn.invalidate()
    conn.close()


def _engine(url: URL) -> Engine:
    """Connections whose statements have time-outs, each statement a transaction by itself unless one is begun."""
    given = url.query.get("options", "")
    milliseconds = int(STATEMENT_SECONDS * 1000)
    limits = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        poolclass=NullPool,
        use_native_hstore=False,  # a type that nothing here has, and whose number would be asked for
        connect_args={
            "options": f"{given} {limits} -c idle_in_transaction_session_timeout=60000".strip(),
            "connect_timeout": 2,
            "tcp_user_timeout": 4000,
            "autocommit": True,  # the driver must not begin transactions of its own
            # Nothing by the driver itself: after any DROP or ALTER it would deallocate what was prepared beside it, too.
            "prepare_threshold": None,
        },
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, known: Any) -> None:
        # Late: it loads psycopg, which is there by now, and need not be where SQLite is used.
        from actions.guard.round_trips import RoundTrips

        known.info[ROUND_TRIPS] = RoundTrips(connection)

    @event.listens_for(engine, "before_cursor_execute")
    def _in_order(conn: Connection, *_: Any) -> None:
        settle(conn)

    return engine
