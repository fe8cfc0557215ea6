"""A database for each test: SQLite always, PostgreSQL too where one answers (on CI one must)."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from actions.guard.keys import Keys
from actions.guard.storage import Storage
from actions.settings import Secret

POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgresql+psycopg://127.0.0.1:5432/postgres")


def answers() -> bool:
    url = make_url(POSTGRES)
    try:
        socket.create_connection((url.host or "127.0.0.1", url.port or 5432), timeout=0.5).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres_schema() -> Iterator[str]:
    """The address of a schema of this worker's own, for all its tests one after another."""
    if not answers():
        if os.environ.get("CI"):
            pytest.fail("CI must test on PostgreSQL, and none answers")
        pytest.skip("no PostgreSQL answers on this machine")
    name = f"cardbot_test_{uuid.uuid4().hex}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as conn:
            conn.execute(text(f"CREATE SCHEMA {name}"))
        # No test pulls the plug, so that none needs to wait for the disk.
        options = f"-csearch_path={name} -csynchronous_commit=off"
        yield make_url(POSTGRES).update_query_dict({"options": options}).render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a row; on PostgreSQL its tables may be there already."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'var' / 'cardbot.db'}"
    url = str(request.getfixturevalue("postgres_schema"))
    empty(url)
    return url


def empty(url: str, *, tables_too: bool = False) -> None:
    """Delete every row; to make the tables anew as well takes half a second."""
    engine = create_engine(url)
    with engine.begin() as conn:
        found = conn.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        names = [name for name in found.scalars() if tables_too or name != "schema_version"]
        statements = [f'DROP TABLE "{name}" CASCADE' if tables_too else f'DELETE FROM "{name}"' for name in names]
        if statements:
            conn.exec_driver_sql("; ".join(statements))
    engine.dispose()


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """A migrated database without a row."""
    opened = Storage(database_url)
    opened.migrate()
    yield opened
    opened.close()


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> Keys:
    return Keys([Secret("a master secret that only tests know 1")])
