"""The one database: its files, its transactions, its refusals."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, inspect, make_url, select, text

from actions.guard import schema
from actions.guard.statements import Statement
from actions.guard.storage import (
    Storage,
    StorageConflict,
    StorageRefused,
    StorageUnavailable,
    insert_new,
    put_row,
)
from tests.guard.conftest import empty

MESSAGE = {"channel": "web", "message_id": "8305-is-my-card", "conversation": "web:1", "received": 1.0}


@pytest.fixture
def database_url(database_url: str) -> Iterator[str]:
    """Without a table, before and after: how they come to be is tried here."""
    if database_url.startswith("sqlite"):
        yield database_url
        return
    empty(database_url, tables_too=True)
    yield database_url
    empty(database_url, tables_too=True)


def receive(storage: Storage, **given: object) -> None:
    with storage.begin() as conn:
        conn.execute(schema.inbox.insert().values(**{**MESSAGE, "kind": "text", "sealed": b"x", **given}))


def messages(storage: Storage) -> list[str]:
    with storage.read() as conn:
        return list(conn.execute(select(schema.inbox.c.message_id).order_by(schema.inbox.c.id)).scalars())


def test_what_a_transaction_wrote_is_there_for_another_opening_of_the_same_database(
    storage: Storage, database_url: str
) -> None:
    receive(storage)

    other = Storage(database_url)

    assert messages(other) == ["8305-is-my-card"]
    other.close()


def test_an_exception_takes_back_everything_in_its_transaction(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError), storage.begin() as conn:  # noqa: PT012  # the block is the transaction
        conn.execute(schema.inbox.insert().values(**MESSAGE, kind="text", sealed=b"x"))
        raise ZeroDivisionError

    assert messages(storage) == []


def test_a_second_row_with_the_same_key_is_a_conflict_that_quotes_no_value(storage: Storage) -> None:
    receive(storage)

    with pytest.raises(StorageConflict) as caught:
        receive(storage)

    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert "8305" not in told


def test_a_statement_that_cannot_work_quotes_no_value(storage: Storage) -> None:
    with pytest.raises(StorageUnavailable) as caught, storage.read() as conn:
        conn.execute(text("SELECT * FROM nowhere WHERE x = :x"), {"x": "8305"})

    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__)
    assert "8305" not in told


def test_reading_cannot_write(storage: Storage) -> None:
    with pytest.raises(StorageUnavailable), storage.read() as conn:
        conn.execute(schema.inbox.insert().values(**MESSAGE, kind="text", sealed=b"x"))

    receive(storage)
    assert len(messages(storage)) == 1


def test_reading_sees_one_moment_while_others_write(storage: Storage) -> None:
    receive(storage)

    with storage.read() as conn:
        before = conn.execute(select(schema.inbox.c.id)).all()
        receive(storage, message_id="later")
        after = conn.execute(select(schema.inbox.c.id)).all()

    assert before == after


def test_a_glance_sees_what_is_committed_by_then_and_cannot_write(storage: Storage) -> None:
    query = Statement(select(func.count()).select_from(schema.inbox))
    with storage.glance() as conn:
        before = query.first(conn)[0]
        receive(storage)
        after = query.first(conn)[0]

    assert (before, after) == (0, 1)
    if storage.is_sqlite:
        with pytest.raises(StorageUnavailable), storage.glance() as conn:
            conn.execute(schema.inbox.delete())
    assert messages(storage) == [MESSAGE["message_id"]]


def test_a_connection_whose_use_failed_is_as_good_as_new(storage: Storage) -> None:
    receive(storage)
    ways = (storage.begin, storage.read, storage.glance)
    for way in ways:
        with pytest.raises(StorageUnavailable), way() as conn:
            conn.execute(text("SELECT nothing FROM nowhere"))
        with pytest.raises(TypeError), way() as conn:
            int(conn.execute(select(schema.inbox.c.id)).all())  # type: ignore[call-overload]
        with way() as conn:
            assert conn.execute(select(schema.inbox.c.message_id)).scalars().all() == [MESSAGE["message_id"]]

    receive(storage, message_id="later")
    for way in ways:
        with way() as conn:
            assert len(conn.execute(select(schema.inbox.c.message_id)).all()) == 2


def test_a_storage_that_was_closed_opens_again(storage: Storage) -> None:
    receive(storage)
    with storage.glance(), storage.read():
        pass
    storage.close()

    receive(storage, message_id="later")

    assert messages(storage) == [MESSAGE["message_id"], "later"]


def test_inserting_what_exists_already_changes_nothing_and_says_so(storage: Storage) -> None:
    row = {**MESSAGE, "kind": "text", "sealed": b"x"}

    with storage.begin() as conn:
        said = [insert_new(conn, schema.inbox, **row), insert_new(conn, schema.inbox, **row)]

    assert said == [True, False]
    assert len(messages(storage)) == 1


def test_putting_a_row_replaces_the_one_with_its_key(storage: Storage) -> None:
    row = {"conversation": "web:1", "position": 1, "at": 1.0, "who": "bot"}

    with storage.begin() as conn:
        put_row(conn, schema.transcript, **row, text="first")
        put_row(conn, schema.transcript, **row, text="second")
        found = conn.execute(select(schema.transcript.c.text)).scalars().all()

    assert found == ["second"]


def test_many_threads_lose_no_count(storage: Storage) -> None:
    receive(storage)

    def count() -> None:
        for _ in range(10):
            with storage.begin() as conn:
                conn.execute(schema.inbox.update().values(tries=schema.inbox.c.tries + 1))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    with storage.read() as conn:
        assert conn.execute(select(schema.inbox.c.tries)).scalar_one() == 80


COUNTING = """
import sys
from actions.guard import schema
from actions.guard.storage import Storage
storage = Storage(sys.argv[1])
storage.migrate()
for n in range(20):
    with storage.begin() as conn:
        conn.execute(schema.inbox.insert().values(channel=sys.argv[2], message_id=str(n), conversation="c",
                                                  received=0.0, kind="text", sealed=b""))
"""


def test_several_processes_create_and_fill_one_database_together(database_url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", COUNTING, database_url, str(number)]) for number in range(3)
    ]

    assert [each.wait(60) for each in started] == [0, 0, 0]
    storage = Storage(database_url)
    assert len(messages(storage)) == 60
    storage.close()


def test_migrating_twice_does_nothing_the_second_time(storage: Storage) -> None:
    receive(storage)

    storage.migrate()

    with storage.read() as conn:
        assert conn.execute(select(schema.schema_version.c.version)).scalars().all() == [
            max(schema.MIGRATIONS)
        ]
    assert len(messages(storage)) == 1


def test_every_table_of_the_schema_is_created(storage: Storage) -> None:
    with storage.read() as conn:
        assert set(schema.metadata.tables) <= set(inspect(conn).get_table_names())


def test_a_later_migration_runs_once_and_only_on_a_database_that_is_older(storage: Storage) -> None:
    ran: list[int] = []
    later = {**schema.MIGRATIONS, 99: lambda conn: ran.append(99)}

    for _ in range(2):
        with storage.begin() as conn:
            schema.upgrade(conn, later)

    assert ran == [99]


def as_of_version_6(storage: Storage) -> set[str | None]:
    """Gives a database the indexes that it once had; returns those that it had until now."""
    with storage.begin() as conn:
        fresh = indexes(conn)
        for each in ("inbox_received", "inbox_waiting", "inbox_working", "outbox_waiting", "outbox_due"):
            conn.execute(text(f"DROP INDEX {each}"))
        conn.execute(text("CREATE INDEX inbox_by_conversation ON inbox (conversation, state, id)"))
        conn.execute(text("CREATE INDEX inbox_by_state ON inbox (state, id)"))
        conn.execute(text("CREATE INDEX outbox_by_state ON outbox (state, next_try)"))
        conn.execute(text("CREATE INDEX ix_conversations_last_seen ON conversations (last_seen)"))
        for column in ("conversation", "expires"):
            conn.execute(text(f"CREATE INDEX ix_buttons_{column} ON buttons ({column})"))
        conn.execute(schema.schema_version.update().values(version=6))
    return fresh


def test_a_database_is_brought_up_to_date_while_other_processes_use_it(storage: Storage, database_url: str) -> None:
    fresh, others, is_over = as_of_version_6(storage), Storage(database_url), threading.Event()

    def answer(number: int) -> None:
        """As a turn does: first the inbox, then the conversation; and as a message that comes in, the other way round."""
        tables = [schema.inbox.update().values(tries=number), schema.conversations.update().values(language="hi")]
        while not is_over.is_set():
            with suppress(StorageUnavailable), others.begin() as conn:
                for each in tables if number % 2 else tables[::-1]:
                    conn.execute(each)

    busy = [threading.Thread(target=answer, args=(number,)) for number in range(4)]
    for each in busy:
        each.start()
    try:
        storage.migrate()
    finally:
        is_over.set()
        for each in busy:
            each.join()
        others.close()

    with storage.read() as conn:
        assert indexes(conn) == fresh


def test_a_database_from_before_what_waits_had_indexes_gets_those_of_a_new_one_and_keeps_its_rows(storage: Storage) -> None:
    receive(storage)
    fresh = as_of_version_6(storage)

    storage.migrate()

    with storage.read() as conn:
        assert indexes(conn) == fresh
    assert len(messages(storage)) == 1


def indexes(conn: Connection) -> set[str | None]:
    found = inspect(conn)
    return {index["name"] for table in ("inbox", "outbox", "conversations", "buttons") for index in found.get_indexes(table)}


def test_a_database_of_a_newer_cardbot_is_refused_in_words(storage: Storage) -> None:
    with storage.begin() as conn:
        conn.execute(schema.schema_version.insert().values(version=1000))

    with pytest.raises(StorageRefused, match="1000"):
        storage.migrate()


def test_a_sqlite_database_belongs_to_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "cardbot.db"

    storage = Storage(f"sqlite:///{path}")
    storage.migrate()
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}

    assert modes == {"cardbot.db": 0o600, "cardbot.db-wal": 0o600, "cardbot.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    storage.close()


def test_a_sqlite_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "cardbot.db"
    path.touch(mode=0o644)

    storage = Storage(f"sqlite:///{path}")
    storage.migrate()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    storage.close()


def test_sqlite_writes_ahead_and_waits_for_the_disk(tmp_path: Path) -> None:
    storage = Storage(f"sqlite:///{tmp_path / 'cardbot.db'}")

    with storage.read() as conn:
        found = [conn.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]

    assert found == ["wal", 2]
    storage.close()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "mysql://u:hidden-word@h/d", "hidden-word", ""]
)
def test_an_address_that_cannot_serve_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(StorageRefused) as caught:
        Storage(url)

    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_form_of_a_postgresql_address_serves(database_url: str, driver: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("not an address of PostgreSQL")
    storage = Storage(make_url(database_url).set(drivername=driver).render_as_string(hide_password=False))

    storage.migrate()
    receive(storage)

    assert messages(storage) == ["8305-is-my-card"]
    storage.close()


def test_a_database_that_is_not_there_fails_closed() -> None:
    storage = Storage("postgresql+psycopg://nobody:hidden-word@127.0.0.1:1/none")

    with pytest.raises(StorageUnavailable) as caught, storage.begin():
        pass

    assert "hidden-word" not in "".join(traceback.format_exception(caught.value)) + repr(storage)


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    storage = Storage(f"sqlite:///{tmp_path / 'file' / 'cardbot.db'}")

    with pytest.raises(StorageRefused):
        storage.migrate()


PASSING_BY = """
import sys
from actions.guard.storage import Storage
storage = Storage(sys.argv[1])
storage.migrate()
storage.close()
"""


def test_a_process_that_comes_and_goes_takes_no_commits_of_the_others_with_it(tmp_path: Path) -> None:
    path = tmp_path / "cardbot.db"
    storage = Storage(f"sqlite:///{path}")
    storage.migrate()
    receive(storage)
    with storage.read(), storage.read():
        pass  # a second connection of this process: opening it must not drop the locks of the first

    subprocess.run([sys.executable, "-c", PASSING_BY, f"sqlite:///{path}"], check=True)
    log_remains = Path(f"{path}-wal").exists()
    receive(storage, message_id="later")
    subprocess.run([sys.executable, "-c", PASSING_BY, f"sqlite:///{path}"], check=True)
    storage.close()

    assert log_remains
    again = Storage(f"sqlite:///{path}")
    assert messages(again) == ["8305-is-my-card", "later"]
    again.close()
