"""Questions to PostgreSQL by libpq itself: what need not be known at once travels with the next question that must be."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import Connection, errors
from psycopg.adapt import Transformer
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus

from actions.guard.storage_errors import StorageConflict

# Makes a row of the values of its columns.
Make = Callable[[Sequence[Any]], Any]

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Question:
    """A statement and its values, sent or not; once `is_answered`, its rows as `make` makes them of their values.

    Where `otherwise` is given, it is a statement of `demanding_one`, and a conflict of these words if it concerns another number of rows.
    """

    __slots__ = ("count", "formats", "is_answered", "make", "otherwise", "rows", "tag", "text", "values")

    def __init__(self, text: str, values: Sequence[Any], make: Make, otherwise: str) -> None:
        self.text = text
        self.make = make
        self.otherwise = otherwise
        self.is_answered = False
        self.rows: list[Any] = []
        self.count = 0  # how many rows it concerned
        self.tag: bytes | None = None  # what the server calls it that it did
        # Text goes with its length: written as a C string it would end at its first NUL, which nobody would notice.
        self.formats = [Format.BINARY if isinstance(value, str | bytes) else Format.TEXT for value in values]
        self.values = [_written(value) for value in values]


def demanding_one(text: str) -> str:
    """A statement that fails, and its transaction with it, unless this one, without RETURNING, concerns one row.

    So the server can judge it, and what follows, a COMMIT perhaps, need not wait until we have.
    """
    return f"WITH concerned AS ({text} RETURNING 1) SELECT 1 / (count(*) = 1)::int FROM concerned"  # noqa: S608


class RoundTrips:
    """Of one connection, which is psycopg's own to use between them; a statement is prepared when it is first asked.

    A cursor of psycopg costs four times what the call of libpq does, and as much again for each round trip.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._pgconn = connection.pgconn
        self._loading = Transformer(connection)
        self._readable, self._ready = select.poll(), select.poll()
        self._readable.register(self._pgconn.socket, select.POLLIN)
        self._ready.register(self._pgconn.socket, select.POLLIN | select.POLLOUT)
        self._names: dict[str, bytes] = {}
        self._asked: list[Question] = []

    def ask(self, text: str, values: Sequence[Any] = (), make: Make = tuple, otherwise: str = "") -> Question:
        """Put a question behind those that are not sent yet; its parameters are $1, $2 …"""
        question = Question(text, values, make, otherwise)
        self._asked.append(question)
        return question

    def forget(self) -> None:
        """Do not send what was not sent yet: the transaction that it belongs to is given up."""
        self._asked.clear()

    @property
    def can_begin(self) -> bool:
        """Whether no transaction is open, and the server still there as far as can be known without asking: unasked it says farewell only."""
        pgconn = self._pgconn
        is_idle = pgconn.status == ConnStatus.OK and pgconn.transaction_status == TransactionStatus.IDLE
        return is_idle and not self._readable.poll(0)

    def settle(self) -> None:
        """Send what was asked, and wait for every answer.

        After the first that fails none is carried out; raises psycopg's error for that one, or StorageConflict if it
        did not concern the one row that it must.
        """
        asked, self._asked = self._asked, []
        if not asked:
            return
        try:
            results = self._exchanged(asked)
        except BaseException:
            self._pgconn.finish()  # in the middle of answers that nobody could make sense of any more
            raise
        for question, result in zip(asked, results, strict=True):
            if result.status not in _DONE:
                error = errors.error_from_result(result)
                if question.otherwise and isinstance(error, errors.DivisionByZero):
                    raise StorageConflict(question.otherwise)
                raise error
            self._answer(question, result)

    def commit(self) -> None:
        """Settle, and end the transaction, in one round trip."""
        ended = self.ask("COMMIT")
        self.settle()
        if ended.tag != b"COMMIT":  # what failed before was not noticed, and the server has taken everything back
            raise errors.InFailedSqlTransaction

    def _answer(self, question: Question, result: Any) -> None:
        if result.ntuples:
            self._loading.set_pgresult(result)
            question.rows = self._loading.load_rows(0, result.ntuples, question.make)
        question.count = result.command_tuples or 0
        question.tag = result.command_status
        question.is_answered = True

    def _exchanged(self, asked: Sequence[Question]) -> list[Any]:
        """For each question its result, or that of its preparation if that one failed."""
        pgconn = self._pgconn
        fresh: dict[str, bytes] = {}
        pgconn.enter_pipeline_mode()
        for question in asked:
            name = self._names.get(question.text) or fresh.get(question.text)
            if name is None:
                name = fresh[question.text] = b"cardbot_%d" % (len(self._names) + len(fresh))
                pgconn.send_prepare(name, question.text.encode())
            pgconn.send_query_prepared(name, question.values, question.formats, Format.BINARY)
        pgconn.pipeline_sync()
        while pgconn.flush():  # more than the network takes at once
            if any(events & ~select.POLLOUT for _, events in self._ready.poll()):
                pgconn.consume_input()
        came = self._received(len(asked) + len(fresh))
        pgconn.exit_pipeline_mode()
        results = []
        for question in asked:
            result = next(came)
            if question.text in fresh:
                name = fresh.pop(question.text)
                answered = next(came)
                if result.status == ExecStatus.COMMAND_OK:
                    self._names[question.text] = name
                    result = answered
            results.append(result)
        return results

    def _received(self, count: int) -> Iterator[Any]:
        """So many results, and the end of them."""
        pgconn = self._pgconn
        results: list[Any] = []
        while True:
            while pgconn.is_busy():
                self._readable.poll()
                pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:  # stands between the results of two questions
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return iter(results)
            if len(results) == count:
                raise errors.OperationalError("the server answered what nobody asked")
            results.append(result)


def _written(value: Any) -> bytes | None:
    """As the server reads it, in the format that goes with its type."""
    if isinstance(value, str):
        return value.encode()
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int | float):
        return repr(value).encode()
    raise errors.DataError(f"a statement has no place for a {type(value).__name__}")
