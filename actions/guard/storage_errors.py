"""What the database can refuse, and the driver's errors turned into that, free of values."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Connection
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError

# What a connection's prepared statements can come to when others change a table ("cached plan must not change result
# type") or empty the session: the connection would fail for ever, a new one prepares anew.
_OUTDATED = ("0A000", "26000")


class StorageError(Exception):
    """Base of what the database can answer; no text of it ever holds a value. Never raised itself."""


class StorageConflict(StorageError):
    """A row with this key exists already, or a constraint forbids the row: read again, then decide."""


class StorageUnavailable(StorageError):
    """Nothing was changed, or it is not known to be: fail closed and try later."""


class StorageRefused(StorageError):
    """The database cannot be used at all (wrong address, newer schema): the operator must act."""


def forget_values(context: ExceptionContext) -> None:
    """Drop the driver's own words, since they quote the row: `Key (channel, message_id)=(…)`."""
    original = context.original_exception
    original.args = (_named(original),)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (_named(original),)
    if getattr(original, "sqlstate", None) in _OUTDATED:
        context.is_disconnect = True


def refusal(conn: Connection, error: Exception) -> StorageError:
    """What an error of the driver means to whoever has this connection; without the driver's own words."""
    lost = conn.dialect.is_disconnect(cast(Any, error), conn.connection.dbapi_connection, None)
    if lost or getattr(error, "sqlstate", None) in _OUTDATED:
        conn.invalidate(error)
    error.args = (_named(error),)  # it stays the context of what is raised
    if isinstance(error, conn.dialect.loaded_dbapi.IntegrityError):
        return StorageConflict(f"the database answered {_named(error)}")
    return StorageUnavailable(f"the database answered {_named(error)}")


def _named(error: BaseException) -> str:
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None) or "no code"
    return f"{type(error).__name__} ({code})"


def summary(error: SQLAlchemyError) -> str:
    return f"the database answered {error.args[0] if error.args else type(error).__name__}"
