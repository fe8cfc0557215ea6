"""The one database when it is a file of SQLite: one connection that writes, and some that only read."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from actions.guard.statements import tell
from actions.guard.storage_errors import StorageRefused, StorageUnavailable


class SqliteDatabase:
    """Opened with WAL, synchronous=FULL and mode 0600.

    Connections stay out of SQLAlchemy's pool between two uses: to take one out and to give it back costs more than most
    questions. After an error they go back there, which makes them good again.
    """

    def __init__(self, url: URL, patience: float) -> None:
        self._patience = patience
        self._to_write, self._to_read = _to_write(url, patience), _to_read(url, patience)
        self.engines = (self._to_write, self._to_read)
        self._turnstile = threading.Lock()
        self._writer: Connection | None = None
        self._readers: list[Connection] = []

    @contextmanager
    def begin(self, *, durable: bool) -> Iterator[Connection]:
        """A transaction to write in. Threads queue for it here, since SQLite's own waiting is by sleeping and unfair."""
        if not self._turnstile.acquire(timeout=self._patience):
            raise StorageUnavailable("the database was busy for too long")
        try:
            conn, self._writer = self._writer or self._to_write.connect(), None
            try:
                _synchronise(conn, "FULL" if durable else "NORMAL")
                with conn.begin():
                    yield conn
            except BaseException:
                conn.close()
                raise
            self._writer = conn
        finally:
            self._turnstile.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One snapshot."""
        with self.glance() as conn, conn.begin():
            yield conn

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """No transaction: a statement outside one is one by itself."""
        try:
            conn = self._readers.pop()
        except IndexError:
            conn = self._to_read.connect()
        try:
            yield conn
            if conn.in_transaction():
                conn.rollback()
        except BaseException:
            conn.close()
            raise
        self._readers.append(conn)

    def close(self) -> None:
        """Close what is not in use."""
        if self._turnstile.acquire(timeout=self._patience):
            if self._writer is not None:
                self._writer.close()
                self._writer = None
            self._turnstile.release()
        while self._readers:
            self._readers.pop().close()
        for engine in self.engines:
            engine.dispose()


def _to_write(url: URL, patience: float) -> Engine:
    """One connection, since there is one writer: what it has read stays true, and its statements stay prepared."""
    engine = _engine(url, 1, patience)

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        tell(conn, "BEGIN IMMEDIATE")

    return engine


def _to_read(url: URL, patience: float) -> Engine:
    """Connections that never write: to forbid it by turns would make SQLite prepare every statement anew."""
    engine = _engine(url, 10, patience)

    @event.listens_for(engine, "connect")
    def _forbid(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        tell(conn, "BEGIN")

    return engine


def _engine(url: URL, pool_size: int, patience: float) -> Engine:
    path = Path(str(url.database))
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool_size,
        pool_use_lifo=True,  # the one that was used last knows most
        max_overflow=20,
        pool_timeout=patience,
        connect_args={"timeout": patience},
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
        _write_ahead(connection, patience)
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


def _write_ahead(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to WAL; of several processes that do it at once all but one are told "busy" without any waiting."""
    until = time.monotonic() + patience
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
