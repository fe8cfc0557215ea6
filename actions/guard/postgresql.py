"""The one database when it is PostgreSQL: its connections, and how transactions begin and end on them."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from actions.guard.statements import ROUND_TRIPS, round_trips, settle

DRIVERS = ("postgresql", "postgresql+psycopg", "postgresql+psycopg2")  # in an address; psycopg 3 serves them all
STATEMENT_SECONDS = 2.0

# The values of the execution option `cardbot_begin`: what is said with the first question of a transaction.
_DURABLE = ("BEGIN",)
_HASTY = ("BEGIN", "SET LOCAL synchronous_commit = off")
_SNAPSHOT = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",)


class PostgresqlDatabase:
    """One pool, whose connections begin their transactions in one of three ways, or none."""

    def __init__(self, url: URL, patience: float) -> None:
        self._engine = _engine(url, patience)
        self.engines = (self._engine,)
        self._durable, self._hasty, self._snapshot = (
            self._engine.execution_options(cardbot_begin=words) for words in (_DURABLE, _HASTY, _SNAPSHOT)
        )

    def begin(self, *, durable: bool) -> AbstractContextManager[Connection]:
        """A transaction to write in."""
        return (self._durable if durable else self._hasty).begin()

    def read(self) -> AbstractContextManager[Connection]:
        """One snapshot, and nothing can be written."""
        return self._snapshot.begin()

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """No transaction: each statement is one by itself."""
        with self._engine.connect() as conn:
            yield conn
            settle(conn)

    def close(self) -> None:
        """Close what is not in use."""
        self._engine.dispose()


def _engine(url: URL, patience: float) -> Engine:
    """Connections whose statements have time-outs; without `cardbot_begin` each statement is a transaction by itself."""
    given = url.query.get("options", "")
    milliseconds = int(STATEMENT_SECONDS * 1000)
    limits = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_size=10,
        pool_use_lifo=True,
        max_overflow=20,
        pool_timeout=patience,
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

    @event.listens_for(engine, "checkout")
    def _is_alive(connection: Any, known: Any, _: Any) -> None:
        """A server that went away has closed the socket: seen without asking it, which would cost a round trip."""
        known.info[ROUND_TRIPS].forget()  # whatever a block that failed had not sent
        if connection.closed:
            raise DisconnectionError
        silent = select.poll()
        silent.register(connection.fileno(), select.POLLIN)
        if silent.poll(0):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        for words in conn.get_execution_options().get("cardbot_begin", ()):
            round_trips(conn).ask(words)

    @event.listens_for(engine, "before_cursor_execute")
    def _in_order(conn: Connection, *_: Any) -> None:
        settle(conn)

    @event.listens_for(engine, "commit")
    def _commit(conn: Connection) -> None:
        if conn.get_execution_options().get("cardbot_begin"):
            settle(conn, commit=True)

    @event.listens_for(engine, "rollback")
    def _give_up(conn: Connection) -> None:
        round_trips(conn).forget()

    return engine
