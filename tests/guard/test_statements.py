"""Statements that go to the driver itself: the same answers, the same refusals, and connections that died are replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Connection,
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
from sqlalchemy.exc import SQLAlchemyError

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
_WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40) | st.none()
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

def test_what_is_asked_later_is_carried_out_in_order_before_anything_that_is_answered(storage: Storage) -> None:
    with storage.begin() as conn:
        PUT.run_later(conn, **row("one"))
        PUT.run_each(conn, [row("two")])
        asked = ALL.rows_later(conn)
        MOVE.run_later(conn, this="web:1")
        by_sqlalchemy = conn.execute(select(vault.c.kind).order_by(vault.c.ref)).scalars().all()
        PUT.run_later(conn, **row("three"))

    with storage.glance() as conn:
        assert [each.ref for each in asked.rows()] == ["one", "two"]
        assert by_sqlalchemy == ["moved", "moved"]
        assert [each.ref for each in ALL.rows(conn)] == ["one", "three", "two"]


def test_what_is_asked_later_in_a_glance_is_answered_within_it(storage: Storage) -> None:
    with storage.begin() as conn:
        PUT.run(conn, **row("one"))

    with storage.glance() as conn:
        first, every = FIND.rows_later(conn, ref="one"), ALL.rows_later(conn)

    assert (first.first().ref, [each.ref for each in every.rows()]) == ("one", ["one"])


@pytest.mark.parametrize("end", ["commit", "question"])
def test_what_fails_later_fails_the_transaction_and_takes_back_the_rest(storage: Storage, end: str) -> None:
    with storage.begin() as conn:
        PUT.run(conn, **row("secret-reference"))

    with pytest.raises(StorageConflict) as refused, storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        MOVE.run_later(conn, this="web:1")
        PUT.run_later(conn, **row("secret-reference"))
        MOVE.run_later(conn, this="web:1")
        if end == "question":
            ALL.rows(conn)

    assert "secret" not in str(refused.value) + repr(refused.value.__context__)
    for _ in range(3):
        with storage.begin() as conn:
            assert FIND.first(conn, ref="secret-reference").kind == "email"


def test_a_refusal_inside_a_block_costs_no_connection_and_leaves_no_transaction_open(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite has no server")

    def backend(conn: Connection) -> int:
        return int(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())

    with storage.glance() as conn:
        before = backend(conn)
    for way in (storage.glance, storage.begin, storage.read):
        with pytest.raises(ZeroDivisionError), way() as conn:  # noqa: PT012  # the block is the refusal
            ALL.rows(conn)
            raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), way() as conn:  # noqa: PT012
            backend(conn)
            raise ZeroDivisionError
    with pytest.raises(StorageConflict), storage.begin() as conn:
        PUT.run_each(conn, [row("one"), row("one")])

    with storage.glance() as conn:
        assert backend(conn) == before
        open_ones = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid AND state LIKE 'idle in transaction%'")
        assert conn.execute(open_ones, {"pid": before}).scalar_one() == 0
        assert ALL.rows(conn) == []


def test_a_connection_that_died_is_not_replaced_in_the_middle_of_a_transaction(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite has no server")
    with pytest.raises(StorageUnavailable), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        PUT.run(conn, **row("one"))
        pid = conn.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with storage.begin() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid, 1500)"), {"pid": pid})
        for name in ("two", "three", "four"):
            with suppress(StorageUnavailable, SQLAlchemyError):  # somebody who goes on whatever happens
                PUT.run(conn, **row(name))

    with storage.glance() as conn:
        assert ALL.rows(conn) == []


@pytest.mark.timeout(60)
def test_a_transaction_may_be_larger_than_what_the_network_takes_at_once(storage: Storage) -> None:
    many = [row(name) | {"sealed": bytes(12_000_000)} for name in ("one", "two", "three")]

    with storage.begin() as conn:
        PUT.run_each(conn, many)
        PUT.run_later(conn, **row("four"))

    with storage.glance() as conn:
        assert [(each.ref, len(each.sealed)) for each in ALL.rows(conn) if each.ref != "four"] == [
            ("one", 12_000_000), ("three", 12_000_000), ("two", 12_000_000)
        ]  # fmt: skip


def test_a_failure_that_somebody_swallowed_is_no_success_at_the_end(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite goes on after a statement that failed")
    with pytest.raises(StorageUnavailable), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        PUT.run(conn, **row("one"))
        with suppress(StorageConflict):
            PUT.run(conn, **row("one"))

    with storage.glance() as conn:
        assert ALL.rows(conn) == []


def test_what_must_concern_one_row_is_a_conflict_if_it_does_not(storage: Storage) -> None:
    with storage.begin() as conn:
        PUT.run(conn, **row("one"))

    with storage.begin() as conn:
        MOVE.run_later(conn, "somebody else was quicker", this="web:1")
    for conversation in ("web:2", "web:1"):  # which concerns none, and two
        with pytest.raises(StorageConflict, match="somebody else was quicker"), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
            PUT.run_later(conn, **row("two"))
            MOVE.run_later(conn, "somebody else was quicker", this=conversation)

    with storage.glance() as conn:
        assert [each.ref for each in ALL.rows(conn)] == ["one"]


def test_a_transaction_that_is_given_up_sends_nothing_that_it_asked_later(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        PUT.run_later(conn, **row("one"))
        raise ZeroDivisionError

    for _ in range(3):
        with storage.begin() as conn:
            assert ALL.rows(conn) == []


def test_a_glance_that_fails_leaves_nothing_to_whoever_has_its_connection_next(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite does at once what is asked")
    with pytest.raises(ZeroDivisionError), storage.glance() as conn:  # noqa: PT012  # the block is the glance
        PUT.run_later(conn, **row("one"))
        raise ZeroDivisionError

    with storage.begin() as conn:
        assert ALL.rows(conn) == []


def test_no_text_ends_at_its_first_nul(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite stores it as it is")
    with pytest.raises(StorageUnavailable), storage.begin() as conn:
        PUT.run(conn, **row("one\0two"))

    with storage.glance() as conn:
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


def test_a_statement_is_prepared_on_the_server_once_whether_in_a_transaction_or_not(storage: Storage) -> None:
    if storage.is_sqlite:
        pytest.skip("SQLite has no server")
    with storage.glance() as conn:
        before = conn.execute(PREPARED).scalar_one()
        FIND.first(conn, ref="one")
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


def test_a_connection_whose_prepared_statement_no_longer_fits_the_table_fails_once(with_pieces: Storage) -> None:
    if with_pieces.is_sqlite:
        pytest.skip("SQLite prepares such statements anew by itself")

    def look() -> int:
        with with_pieces.glance() as conn:
            return len(PIECES.rows(conn, first=0))

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


@given(st.lists(st.tuples(_WORDS, st.floats(allow_nan=False) | st.none(), st.binary(max_size=40) | st.none()), max_size=30))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_comes_back_as_it_was_put(with_pieces: Storage, values: list[tuple[str | None, float | None, bytes | None]]) -> None:
    put = [{"id": number, "words": words, "amount": amount, "sealed": sealed} for number, (words, amount, sealed) in enumerate(values)]

    with with_pieces.begin() as conn:
        ADD_PIECE.run_each(conn, put[:20])
        for each in put[20:]:
            ADD_PIECE.run_later(conn, **each)
        found = PIECES.rows(conn, first=0)
        conn.execute(pieces.delete())

    assert [each._asdict() for each in found] == put
