"""The one database: SQLite in a file, or PostgreSQL, with one way to write and one way to read."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import URL, Connection, Table, event, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from actions.guard import schema
from actions.guard.postgresql import DRIVERS, PostgresqlDatabase
from actions.guard.sqlite import SqliteDatabase
from actions.guard.statements import Statement, inserting_into
from actions.guard.storage_errors import StorageConflict as StorageConflict
from actions.guard.storage_errors import StorageError as StorageError
from actions.guard.storage_errors import StorageRefused as StorageRefused
from actions.guard.storage_errors import StorageUnavailable as StorageUnavailable
from actions.guard.storage_errors import forget_values, summary

BUSY_SECONDS = 5.0
MIGRATION_SECONDS = 60.0
MIGRATION_TRIES = 5
_DEADLOCK = "40P01"  # with a turn that locks the same tables in another order
_MIGRATION_LOCK = 7_203_511_948


class Storage:
    """Transactions on one database; safe to share between threads, and between processes by the same URL.

    `sqlite:///path` is opened with WAL, synchronous=FULL and mode 0600; `postgresql+psycopg://…`
    with statement time-outs. Opens nothing before the first use. Do not open one transaction inside another,
    and do not read the file of a SQLite database by other means in a process that uses it (closing it drops our locks).
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        kind = SqliteDatabase if self.is_sqlite else PostgresqlDatabase
        self._database = kind(parsed, BUSY_SECONDS)
        for engine in self._database.engines:
            event.listen(engine, "handle_error", forget_values)

    def __repr__(self) -> str:
        return f"Storage({'sqlite' if self.is_sqlite else 'postgresql'})"

    def migrate(self) -> None:
        """Create or upgrade every table; refuses a newer schema; several processes may do it at once, and while others answer."""
        for tries_left in range(MIGRATION_TRIES, 0, -1):
            try:
                return self._migrate()
            except schema.SchemaTooNew as error:
                raise StorageRefused(str(error)) from None
            except StorageUnavailable as error:
                if _DEADLOCK not in str(error) or tries_left == 1:
                    raise

    def _migrate(self) -> None:
        with self.begin() as conn:
            if not self.is_sqlite:
                for limit in ("statement_timeout", "lock_timeout"):
                    conn.execute(text(f"SET LOCAL {limit} = {int(MIGRATION_SECONDS * 1000)}"))
                conn.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            schema.upgrade(conn)

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """One write transaction: committed to disk at the end of the block, rolled back by any exception.

        Without `durable` it does not wait for the disk: a machine that loses its power may lose it, a killed
        process does not, and whoever sees a later durable transaction sees this one.
        """
        with self._translated(), self._database.begin(durable=durable) as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot to read from; writing in it fails."""
        with self._translated(), self._database.read() as conn:
            yield conn

    def close(self) -> None:
        """Give all connections back; the next use opens new ones."""
        self._database.close()

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """To read with: each statement sees what is committed by then, and nothing begins or ends around them."""
        with self._translated(), self._database.glance() as conn:
            yield conn

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise StorageConflict(summary(error)) from None
        except SQLAlchemyError as error:
            raise StorageUnavailable(summary(error)) from None


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one with its keys exists; says whether it did."""
    return _insert_if_new(table, tuple(values)).run(conn, **values) == 1


def put_row(conn: Connection, table: Table, **values: Any) -> None:
    """Insert a row, or give the row with its primary key these values."""
    _put(table, tuple(values)).run_later(conn, **values)


# Built once for each table and choice of columns, since building a statement costs several times its execution.


@functools.cache
def _insert_if_new(table: Table, columns: tuple[str, ...]) -> Statement:
    return Statement(lambda dialect: inserting_into(dialect, table, *columns).on_conflict_do_nothing())


@functools.cache
def _put(table: Table, columns: tuple[str, ...]) -> Statement:
    key = [column.name for column in table.primary_key]

    def build(dialect: str) -> Any:
        insert = inserting_into(dialect, table, *columns)
        rest = {name: insert.excluded[name] for name in columns if name not in key}
        return insert.on_conflict_do_update(index_elements=key, set_=rest)

    return Statement(build)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageRefused("the database URL cannot be read") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", *DRIVERS):
        raise StorageRefused("the database URL must begin with sqlite:/// or postgresql+psycopg://")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StorageRefused("a SQLite database must be a file, so that every process sees the same one")
    return parsed
