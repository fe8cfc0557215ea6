"""Statements that go to the driver itself: the same answers, the same refusals, and connections that died are replaced."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    make_url,
    select,
    text,
)

from actions.guard.schema import vault
from actions.guard.statements import Statement, inserting
from actions.guard.storage import Storage, StorageConflict, StorageUnavailable

PUT = Statement(inserting(vault, "ref", "conversation", "direction", "kind", "sealed", "expires"))
FIND = Statement(select(vault).where(vault.c.ref == bindparam("ref")))
ALL = Statement(select(vault.c.ref, vault.c.sealed).order_by(vault.c.ref).limit(10))
MOVE = Statement(vault.update().where(vault.c.conversation == bindparam("this")).values(kind="moved"))
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT vault.ref%'")

pieces = Table(
    "pieces",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("words", Text),
    Column("amount", Float),
    Column("sealed", LargeBinary),
)
ADD_PIECE = Statement(inserting(pieces, "id", "words", "amount", "sealed"))
PIECES = Statement(select(pieces).where(pieces.c.id >= bindparam("first")).order_by(pieces.c.id))


def row(ref: str, **other: object) -> dict[str, object]:
    return {"ref": ref, "conversation": "web:1", "direction": "in", "kind": "email", "sealed": b"\x00'%s?", "expires": 1.5, **other}


def test_what_is_put_is_found_with_its_bytes_and_numbers(storage: Storage) -> None:
    with storage.begin() as conn:
        PUT.run(conn, **row("one"))
        PUT.run_each(conn, [row("two"), row("three")])

    with storage.read() as conn:
        found, missing, every = FIND.first(conn, ref="one"), FIND.first(conn, ref="four"), ALL.rows(conn)

    assert (found.kind, found.sealed, found.expires) == ("email", b"\x00'%s?", 1.5)
    assert missing is None
    assert [(each.ref, type(each.sealed)) for each in every] == [("one", bytes), ("three", bytes), ("two", bytes)]


def test_a_change_says_how_many_rows_it_concerned(storage: Storage) -> None:
    with storage.begin() as conn:
        PUT.run_each(conn, [row("one"), row("two"), row("three", conversation="web:2")])

        assert MOVE.run(conn, this="web:1") == 2
        assert MOVE.run(conn, this="web:3") == 0


def test_a_key_that_exists_is_a_conflict_that_quotes_no_value_and_takes_back_the_rest(storage: Storage) -> None:
    with storage.begin() as conn:
        PUT.run(conn, **row("secret-reference"))

    with pytest.raises(StorageConflict) as refused, storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        MOVE.run(conn, this="web:1")
        PUT.run(conn, **row("secret-reference"))

    assert "secret" not in str(refused.value) + repr(refused.value.__context__)
    with storage.glance() as conn:
        assert FIND.first(conn, ref="secret-reference").kind == "email"


def test_a_glance_sees_what_is_committed_by_then_and_cannot_write_on_sqlite(storage: Storage) -> None:
    with storage.glance() as conn:
        before = ALL.rows(conn)
        with storage.begin() as writing:
            PUT.run(writing, **row("one"))
        after = ALL.rows(conn)
        if storage.is_sqlite:
            with pytest.raises(StorageUnavailable):
                MOVE.run(conn, this="web:1")

    assert (before, [each.ref for each in after]) == ([], ["one"])


def test_writing_goes_on_after_a_glance(storage: Storage) -> None:
    with storage.glance() as conn:
        ALL.rows(conn)
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        PUT.run(conn, **row("one"))
        raise ZeroDivisionError

    with storage.read() as conn:
        assert ALL.rows(conn) == []


def test_connections_that_the_server_closed_are_replaced_without_anybody_noticing(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite has no server")
    end_it = text("SELECT pg_terminate_backend(:pid, 1500)")  # and wait until it has ended
    with storage.read() as conn:
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with storage.read() as other:
            other_pid = other.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with storage.begin() as conn:
        mine = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        for each in {pid, other_pid} - {mine}:
            conn.execute(end_it, {"pid": each})

    for _ in range(3):
        with storage.begin() as one, storage.begin() as another:
            assert ALL.rows(one) == ALL.rows(another) == []


def test_a_connection_that_dies_in_a_transaction_fails_it_and_the_next_one_works(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite has no server")
    with pytest.raises(StorageUnavailable), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        PUT.run(conn, **row("one"))
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with storage.begin() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        ALL.rows(conn)

    with storage.begin() as conn:
        assert ALL.rows(conn) == []


@pytest.fixture
def with_pieces(storage: Storage) -> Iterator[Storage]:
    """With a table that a test may change."""
    with storage.begin() as conn:
        pieces.create(conn)
    yield storage
    with storage.begin() as conn:
        pieces.drop(conn)


def test_any_number_of_rows_is_put_at_once_with_and_without_values(with_pieces: Storage) -> None:
    whole = [{"id": n, "words": "(%(id)s, ?)", "amount": n / 2, "sealed": b"\x00\xff"} for n in range(45)]
    empty = [{"id": n, "words": None, "amount": None, "sealed": None} for n in range(45, 50)]
    mixed = [*empty[:1], *whole[:2]]

    with with_pieces.begin() as conn:
        for _ in range(3):  # so that it is prepared with values and meets none, and the other way round
            ADD_PIECE.run_each(conn, whole)
            ADD_PIECE.run_each(conn, empty)
            found = PIECES.rows(conn, first=0)
            conn.execute(pieces.delete())
            ADD_PIECE.run_each(conn, mixed)
            conn.execute(pieces.delete())

    assert [each._asdict() for each in found] == whole + empty


def test_a_key_that_exists_among_many_rows_is_a_conflict_that_quotes_no_value(storage: Storage) -> None:
    with pytest.raises(StorageConflict) as refused, storage.begin() as conn:
        PUT.run_each(conn, [row("one"), row("secret-reference"), row("secret-reference")])

    assert "secret" not in str(refused.value) + repr(refused.value.__context__)
    with storage.glance() as conn:
        assert ALL.rows(conn) == []


def test_what_is_run_again_is_prepared_on_the_server_whether_in_a_transaction_or_not(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite has no server")
    with storage.glance() as conn:
        FIND.first(conn, ref="one")
        before = conn.execute(PREPARED).scalar_one()
        FIND.first(conn, ref="two")
        after = conn.execute(PREPARED).scalar_one()

    with storage.begin() as conn:
        FIND.first(conn, ref="three")
        in_transaction = conn.execute(PREPARED).scalar_one()

    assert (before, after, in_transaction) == (0, 1, 1)


def test_a_column_more_breaks_no_prepared_statement(with_pieces: Storage) -> None:
    with with_pieces.glance() as conn:
        for _ in range(3):
            PIECES.rows(conn, first=0)
        with with_pieces.begin() as other:
            other.execute(text("ALTER TABLE pieces ADD COLUMN more TEXT"))

        assert PIECES.rows(conn, first=0) == []


@pytest.mark.parametrize("how", ["driver", "sqlalchemy"])
def test_a_connection_whose_prepared_statement_no_longer_fits_the_table_fails_once(with_pieces: Storage, how: str) -> None:
    if with_pieces.is_sqlite:
        pytest.skip("SQLite prepares such statements anew by itself")

    def look() -> int:
        with with_pieces.glance() as conn:
            return len(PIECES.rows(conn, first=0) if how == "driver" else conn.execute(select(pieces)).all())

    for _ in range(3):
        look()
    with with_pieces.glance() as idle:  # so that another connection changes the table, as another process would
        idle.execute(text("SELECT 1"))
        with with_pieces.begin() as other:
            other.execute(text("ALTER TABLE pieces ALTER COLUMN words TYPE VARCHAR(50)"))

    with pytest.raises(StorageUnavailable):
        look()

    assert look() == 0


def test_only_a_transaction_that_need_not_be_durable_waits_for_no_disk(storage: Storage, database_url: str) -> None:
    if storage.is_sqlite:
        pytest.skip("a setting of PostgreSQL")
    waits = text("SHOW synchronous_commit")
    as_in_life = make_url(database_url)
    options = str(as_in_life.query["options"]).replace("-csynchronous_commit=off", "")
    waiting = Storage(as_in_life.update_query_dict({"options": options}).render_as_string(hide_password=False))

    told = []
    for durable in (True, False, True):
        with waiting.begin(durable=durable) as conn:
            told.append(conn.execute(waits).scalar_one())
    waiting.close()

    assert told == ["on", "off", "on"]
