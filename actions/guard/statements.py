"""Statements that every turn runs: compiled once, and given to the driver as text and values."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, bindparam
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite as sqlite_dialect

from actions.guard.storage_errors import refusal

Build = Callable[[str], Any]

_ROW = re.compile(r"\((?:%\(\w+\)s[^()]*)+\)")  # "(%(ref)s::VARCHAR, %(sealed)s)"
_ROWS = 20  # are put in at once: not more, since each number of rows is a statement to prepare


class Statement:
    """One statement with named parameters; SQLAlchemy's own way to run it costs several times the statement.

    Args:
        clause: any SQLAlchemy statement without `expanding` parameters, or what makes it for a dialect's name.

    A row has the columns as attributes. Columns hold text, numbers or bytes; types that need another
    conversion have no place here.
    """

    def __init__(self, clause: Any) -> None:
        self._build: Build = clause if callable(clause) else lambda dialect: clause
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, conn: Connection, **values: Any) -> list[Any]:
        """Every row that it answers with."""
        compiled, cursor = self._run(conn, values)
        try:
            found = cursor.fetchall()
        except conn.dialect.loaded_dbapi.Error as error:
            raise refusal(conn, error) from None
        finally:
            cursor.close()
        return [compiled.row(row) for row in found]

    def first(self, conn: Connection, **values: Any) -> Any:
        """The first row, or None."""
        found = self.rows(conn, **values)
        return found[0] if found else None

    def run(self, conn: Connection, **values: Any) -> int:
        """Do it; returns how many rows it concerned."""
        _, cursor = self._run(conn, values)
        count = int(cursor.rowcount)
        cursor.close()
        return count

    def run_each(self, conn: Connection, many: Sequence[Mapping[str, Any]]) -> None:
        """Do it, an INSERT, for each of these, without an answer."""
        compiled = self._compiled_for(conn)
        cursor = conn.connection.cursor()
        try:
            if conn.dialect.name == "sqlite":
                cursor.executemany(compiled.text, [compiled.given(values) for values in many])
                return
            for first in range(0, len(many), _ROWS):
                cursor.execute(*compiled.at_once(many[first : first + _ROWS]))
        except conn.dialect.loaded_dbapi.Error as error:
            raise refusal(conn, error) from None

    def _run(self, conn: Connection, values: Mapping[str, Any]) -> tuple[_Compiled, Any]:
        compiled = self._compiled_for(conn)
        try:
            cursor = conn.connection.cursor(**compiled.answering)
            cursor.execute(compiled.text, compiled.given(values))
        except conn.dialect.loaded_dbapi.Error as error:
            raise refusal(conn, error) from None
        return compiled, cursor

    def _compiled_for(self, conn: Connection) -> _Compiled:
        name = conn.dialect.name
        if name not in self._compiled:
            self._compiled[name] = _Compiled(self._build(name), conn)
        return self._compiled[name]


class _Compiled:
    """A statement in the words of one driver."""

    def __init__(self, clause: Any, conn: Connection) -> None:
        compiled: Any = clause.compile(dialect=conn.dialect)
        self.text = str(compiled)
        self._constants: dict[str, Any] = {
            name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
        }
        self._wide: dict[int, str] = {}
        self._order: list[str] | None = compiled.positiontup
        names = [each.keyname for each in compiled._result_columns]
        row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
        self.row = row._make
        # PostgreSQL would write bytes and numbers out as text, for the driver to read back.
        self.answering = {} if conn.dialect.name == "sqlite" else {"binary": True}

    def at_once(self, many: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
        """An INSERT of as many rows, and its parameters: half the work of one for each row, in a pipeline or not."""
        count = len(many)
        if count not in self._wide:
            row = _ROW.search(self.text).group()  # type: ignore[union-attr]
            rows = ", ".join(row.replace(")s", f"_{place})s") for place in range(count))
            self._wide[count] = self.text.replace(row, rows, 1)
        every = {f"{name}_{place}": value for place, row in enumerate(many) for name, value in self.given(row).items()}
        return self._wide[count], every

    def given(self, values: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        every = {**self._constants, **values}
        return every if self._order is None else [every[name] for name in self._order]


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
