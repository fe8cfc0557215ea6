"""Statements that every turn runs: compiled once, and given to the driver as text and values."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Table, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect

from actions.guard.storage_errors import StorageConflict, refusal

if TYPE_CHECKING:
    from actions.guard.round_trips import RoundTrips  # which loads psycopg: not where SQLite is used

Build = Callable[[str], Any]

ROUND_TRIPS = "round trips"  # where a connection of PostgreSQL keeps its own, in what the pool remembers of it

_PARAMETER = re.compile(r"%\((\w+)\)s")
_ROW = re.compile(r"\((?:\$\d+[^()]*)+\)")  # "($1::VARCHAR, $2)"
_PLACE = re.compile(r"\$(\d+)")
_ROWS = 20  # are put in at once: not more, since each number of rows is a statement to prepare


class Statement:
    """One statement with named parameters; SQLAlchemy's own way to run it costs several times the statement.

    Args:
        clause: any SQLAlchemy statement without `expanding` parameters, or what makes it for a dialect's name.

    A row has the columns as attributes. Columns hold text, numbers or bytes; types that need another
    conversion have no place here.

    What is asked `later` is carried out in order, on SQLite at once, on PostgreSQL with the next statement whose
    answer is wanted, or at the end of the transaction: there what goes wrong with it comes out.
    """

    def __init__(self, clause: Any) -> None:
        self._build: Build = clause if callable(clause) else lambda dialect: clause
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, conn: Connection, **values: Any) -> list[Any]:
        """Every row that it answers with."""
        compiled = self._compiled_for(conn)
        if compiled.is_sqlite:
            return _fetched(conn, compiled, values)
        return Later(conn, compiled, compiled.given(values)).rows()

    def first(self, conn: Connection, **values: Any) -> Any:
        """The first row, or None."""
        found = self.rows(conn, **values)
        return found[0] if found else None

    def run(self, conn: Connection, **values: Any) -> int:
        """Do it; returns how many rows it concerned."""
        compiled = self._compiled_for(conn)
        if compiled.is_sqlite:
            return _concerned(conn, compiled, values)
        return Later(conn, compiled, compiled.given(values)).count()

    def rows_later(self, conn: Connection, **values: Any) -> Later:
        """Ask now, look at the answer when it is needed."""
        compiled = self._compiled_for(conn)
        if compiled.is_sqlite:
            return Later(conn, compiled, (), found=_fetched(conn, compiled, values))
        return Later(conn, compiled, compiled.given(values))

    def run_later(self, conn: Connection, otherwise: str = "", /, **values: Any) -> None:
        """Do it, without an answer; with `otherwise` given it must concern one row, or there is a StorageConflict of these words."""
        compiled = self._compiled_for(conn)
        if not compiled.is_sqlite:
            Later(conn, compiled, compiled.given(values), otherwise)
        elif _concerned(conn, compiled, values) != 1 and otherwise:
            raise StorageConflict(otherwise)

    def run_each(self, conn: Connection, many: Sequence[Mapping[str, Any]]) -> None:
        """Do it, an INSERT, later for each of these, without an answer."""
        compiled = self._compiled_for(conn)
        if not compiled.is_sqlite:
            for first in range(0, len(many), _ROWS):
                round_trips(conn).ask(*compiled.at_once(many[first : first + _ROWS]))
            return
        try:
            conn.connection.cursor().executemany(compiled.text, [compiled.given(values) for values in many])
        except conn.dialect.loaded_dbapi.Error as error:
            raise refusal(conn, error) from None

    def _compiled_for(self, conn: Connection) -> _Compiled:
        name = conn.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self._build(name), conn)
        return self._compiled[name]


class Later:
    """An answer that is there when somebody looks."""

    def __init__(
        self, conn: Connection, compiled: _Compiled, values: Sequence[Any], otherwise: str = "", *, found: list[Any] | None = None
    ) -> None:
        self._conn = conn
        self._found = found
        if found is None:
            text, make = (compiled.demanding_one, tuple) if otherwise else (compiled.text, compiled.row)
            self._question = round_trips(conn).ask(text, values, make, otherwise)

    def rows(self) -> list[Any]:
        """Every row."""
        if self._found is not None:
            return self._found
        self._settle()
        return self._question.rows

    def first(self) -> Any:
        """The first row, or None."""
        found = self.rows()
        return found[0] if found else None

    def count(self) -> int:
        """How many rows it concerned."""
        self._settle()
        return self._question.count

    def _settle(self) -> None:
        if not self._question.is_answered:
            settle(self._conn)


class _Compiled:
    """A statement in the words of one driver."""

    def __init__(self, clause: Any, conn: Connection) -> None:
        compiled: Any = clause.compile(dialect=conn.dialect)
        self.is_sqlite = conn.dialect.name == "sqlite"
        self.text = str(compiled)
        self._order: list[str] = compiled.positiontup
        if not self.is_sqlite:
            self.text, self._order = _numbered(self.text)
        self._constants: dict[str, Any] = {
            name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
        }
        self._wide: dict[int, str] = {}
        names = [each.keyname for each in compiled._result_columns]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self.row = row._make

    @cached_property
    def demanding_one(self) -> str:
        """For PostgreSQL: it fails unless it concerns one row."""
        from actions.guard.round_trips import demanding_one

        return demanding_one(self.text)

    def at_once(self, many: Sequence[Mapping[str, Any]]) -> tuple[str, list[Any]]:
        """An INSERT of as many rows, and its parameters: half the work of one for each row."""
        count, width = len(many), len(self._order)
        if count not in self._wide:
            row = _ROW.search(self.text).group()  # type: ignore[union-attr]
            rows = (_PLACE.sub(lambda found, first=first: f"${first + int(found[1])}", row) for first in range(0, count * width, width))
            self._wide[count] = self.text.replace(row, ", ".join(rows), 1)
        return self._wide[count], [value for row in many for value in self.given(row)]

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters as the driver takes them."""
        every = {**self._constants, **values} if self._constants else values
        return [every[name] for name in self._order]


def _numbered(text: str) -> tuple[str, list[str]]:
    """A statement of psycopg's in the words of the server, and its parameters in the order of their numbers."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _PARAMETER.sub(place, text).replace("%%", "%"), names


def _fetched(conn: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> list[Any]:
    cursor = conn.connection.cursor()
    try:
        found = cursor.execute(compiled.text, compiled.given(values)).fetchall()
    except conn.dialect.loaded_dbapi.Error as error:
        raise refusal(conn, error) from None
    finally:
        cursor.close()
    return [compiled.row(row) for row in found]


def _concerned(conn: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> int:
    cursor = conn.connection.cursor()
    try:
        cursor.execute(compiled.text, compiled.given(values))
    except conn.dialect.loaded_dbapi.Error as error:
        raise refusal(conn, error) from None
    finally:
        cursor.close()
    return int(cursor.rowcount)


def round_trips(conn: Connection) -> RoundTrips:
    """Those of a connection of PostgreSQL."""
    found: RoundTrips = conn.connection.info[ROUND_TRIPS]
    return found


def settle(conn: Connection, *, commit: bool = False) -> None:
    """Have everything carried out that was asked of PostgreSQL until now, and commit it if so told."""
    trips = round_trips(conn)
    try:
        trips.commit() if commit else trips.settle()
    except conn.dialect.loaded_dbapi.Error as error:
        raise refusal(conn, error) from None


def tell(conn: Connection, words: str) -> None:
    """Have the database do this; there is nothing to put in, and nothing to answer."""
    try:
        conn.connection.cursor().execute(words)
    except conn.dialect.loaded_dbapi.Error as error:
        raise refusal(conn, error) from None


def inserting(table: Table, *names: str) -> Any:
    """An INSERT of these columns, each by a parameter of its name."""
    return table.insert().values(_named(table, names))


def inserting_into(dialect: str, table: Table, *names: str) -> Any:
    """An INSERT of these columns by the dialect's own, which knows conflicts."""
    return insert_for(dialect, table).values(_named(table, names))


def insert_for(dialect: str, table: Table) -> Any:
    """The dialect's own INSERT, which knows conflicts."""
    return (sqlite_dialect if dialect == "sqlite" else postgresql).insert(table)


def _named(table: Table, names: Sequence[str]) -> dict[str, Any]:
    columns: list[Column[Any]] = [table.c[name] for name in names]
    return {column.name: bindparam(column.name, type_=column.type) for column in columns}
