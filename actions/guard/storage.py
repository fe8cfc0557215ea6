"""The one database: SQLite in a file, or PostgreSQL, with one way to write and one way to read."""

from __future__ import annotations

import functools
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from actions.guard import postgresql, schema
from actions.guard.statements import Statement, inserting_into, tell
from actions.guard.storage_errors import StorageConflict as StorageConflict
from actions.guard.storage_errors import StorageError as StorageError
from actions.guard.storage_errors import StorageRefused as StorageRefused
from actions.guard.storage_errors import StorageUnavailable as StorageUnavailable
from actions.guard.storage_errors import forget_values, summary

BUSY_SECONDS = 5.0
MIGRATION_SECONDS = 60.0
_MIGRATION_LOCK = 7_203_511_948


class Storage:
    """Transactions on one database; safe to share between threads, and between processes by the same URL.

    `sqlite:///path` is opened with WAL, synchronous=FULL and mode 0600; `postgresql+psycopg://…`
    with statement time-outs. Opens nothing before the first use. Do not open one transaction inside another,
    and do not read the file of a SQLite database by other means in a process that uses it (see `_make_private`).
    """

    def __init__(self, url: str) -> None:
        parsed = _parsed(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            writes, reads = _sqlite_to_write(parsed), _sqlite_to_read(parsed)
            self._writer: Engine = writes.execution_options(cardbot_synchronous="FULL")
            self._hasty: Engine = writes.execution_options(cardbot_synchronous="NORMAL")
            self._reader: Engine = reads
            # It needs no telling: a statement outside a transaction is one by itself.
            self._glancer: Engine = reads
        else:
            writes = reads = postgresql.engine_for(parsed, BUSY_SECONDS)
            self._writer = writes.execution_options(cardbot_begin=postgresql.DURABLE)
            self._hasty = writes.execution_options(cardbot_begin=postgresql.HASTY)
            self._reader = reads.execution_options(cardbot_begin=postgresql.SNAPSHOT)
            self._glancer = reads
        self._engines = {writes, reads}
        for engine in self._engines:
            event.listen(engine, "handle_error", forget_values)
        self._turnstile = threading.Lock()

    def __repr__(self) -> str:
        return f"Storage({self._writer.dialect.name})"

    def migrate(self) -> None:
        """Create or upgrade every table; refuses a newer schema; several processes may do it at once."""
        try:
            with self.begin() as conn:
                if not self.is_sqlite:
                    conn.execute(text(f"SET LOCAL statement_timeout = {int(MIGRATION_SECONDS * 1000)}"))
                    conn.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
                schema.upgrade(conn)
        except schema.SchemaTooNew as error:
            raise StorageRefused(str(error)) from None

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """One write transaction: committed to disk at the end of the block, rolled back by any exception.

        Without `durable` it does not wait for the disk: a machine that loses its power may lose it, a killed
        process does not, and whoever sees a later durable transaction sees this one.
        """
        writer = self._writer if durable else self._hasty
        with self._translated(), self._one_writer(), writer.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot to read from; writing in it fails."""
        with self._translated(), self._reader.begin() as conn:
            yield conn

    def close(self) -> None:
        """Give all connections back; the next use opens new ones."""
        for engine in self._engines:
            engine.dispose()

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """To read with: each statement sees what is committed by then, and nothing begins or ends around them."""
        with self._translated(), self._glancer.connect() as conn:
            yield conn

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise StorageConflict(summary(error)) from None
        except SQLAlchemyError as error:
            raise StorageUnavailable(summary(error)) from None

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        """Threads queue here for SQLite's one writer, since its own waiting is by sleeping and unfair."""
        if not self.is_sqlite:
            yield
            return
        if not self._turnstile.acquire(timeout=BUSY_SECONDS):
            raise StorageUnavailable("the database was busy for too long")
        try:
            yield
        finally:
            self._turnstile.release()


def insert_new(conn: Connection, table: Table, **values: Any) -> bool:
    """Insert a row unless one with its keys exists; says whether it did."""
    return _insert_if_new(table, tuple(values)).run(conn, **values) == 1


def put_row(conn: Connection, table: Table, **values: Any) -> None:
    """Insert a row, or give the row with its primary key these values."""
    _put(table, tuple(values)).run(conn, **values)


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
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", *postgresql.DRIVERS):
        raise StorageRefused("the database URL must begin with sqlite:/// or postgresql+psycopg://")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StorageRefused("a SQLite database must be a file, so that every process sees the same one")
    return parsed


def _sqlite_to_write(url: URL) -> Engine:
    """One connection, since there is one writer: what it has read stays true, and its statements stay prepared."""
    engine = _sqlite(url, pool_size=1)

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        _synchronise(conn, conn.get_execution_options()["cardbot_synchronous"])
        tell(conn, "BEGIN IMMEDIATE")

    return engine


def _sqlite_to_read(url: URL) -> Engine:
    """Connections that never write: to forbid it by turns would make SQLite prepare every statement anew."""
    engine = _sqlite(url, pool_size=10)

    @event.listens_for(engine, "connect")
    def _forbid(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        tell(conn, "BEGIN")

    return engine


def _sqlite(url: URL, pool_size: int) -> Engine:
    path = Path(str(url.database))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        pool_use_lifo=True,  # the one that was used last knows most
        max_overflow=20,
        pool_timeout=BUSY_SECONDS,
        connect_args={"timeout": BUSY_SECONDS},
    )

    @event.listens_for(engine, "do_connect")
    def _guard_file(*_: Any) -> None:
        try:
            _make_private(path)
        except OSError as error:
            raise StorageRefused(f"the database file cannot be opened (errno {error.errno})") from None

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        _make_private(path)

    return engine


def _synchronise(conn: Connection, level: str) -> None:
    """Set how a commit waits for the disk, if this connection is not set so already; it remembers."""
    known = conn.connection.info
    if known.get("synchronous") != level:
        tell(conn, f"PRAGMA synchronous={level}")
        known["synchronous"] = level


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to WAL; of several processes that do it at once all but one are told "busy" without any waiting."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _make_private(path: Path) -> None:
    """The file and its companions belong to this user alone; so does a directory that has to be made.

    The database file itself is never opened here: closing a descriptor of it drops every lock that this process
    holds on it, and then another process deletes the write-ahead log with our commits in it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        empty = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        os.close(os.open(empty, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with suppress(FileExistsError):
            os.link(empty, path)
        empty.unlink()
    for each in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(FileNotFoundError):
            if each.stat().st_mode & 0o777 != 0o600:
                each.chmod(0o600)
