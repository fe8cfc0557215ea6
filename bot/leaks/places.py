"""Every place to which a value could have come in a run, and how it is read: tables, files, what a broker was given."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path

from bot.leaks.search import Search

DATABASES = ("var", "killed")
# Which place each table is; those that are not named are "other tables".
TABLES = {
    "tracker_events": "tracker store",
    "inbox": "inbox",
    "outbox": "outbox",
    "vault": "vault (encrypted)",
    "tickets": "desk",
    "audit": "audit",
    "transcript": "transcript",
    "changes": "journal",
}
OTHER_TABLES = "other tables"
SLOTS = "slots"
AS_THEY_LIE = "database files as they lie"
LOG = "log at DEBUG"
METRICS = "metrics and health"
RABBITMQ = "event broker, RabbitMQ"
TEMPORARY = "temporary files"
OTHER_FILES = "other files"
# What the run wrote down of things that leave no file of their own.
NOTED = {
    "actions' calls": Path("notes/actions"),
    METRICS: Path("notes/metrics"),
    "event broker, a file": Path("notes/broker"),
    RABBITMQ: Path("notes/rabbitmq"),
    LOG: Path("log"),
}
REDIS = "Redis"
PLACES = (*TABLES.values(), SLOTS, OTHER_TABLES, AS_THEY_LIE, *NOTED, REDIS, TEMPORARY, OTHER_FILES)
_SLOT_EVENTS = ("slot", "cardbot_snapshot")


def look_everywhere(search: Search, folder: Path, only: Collection[str] = PLACES) -> None:
    """Look through every place of a run's folder, or through these."""
    for name in PLACES:
        if name in only:
            search.place(name)
    for name, content in _stored(folder):
        if name in only:
            search.look(name, content)
    for name, path in _files(folder):
        if name in only:
            search.look(name, path.read_bytes())
    metrics = folder / NOTED[METRICS]
    if METRICS in only and metrics.exists() and b"metrics 404" in metrics.read_bytes():
        search.place(METRICS, "no /metrics is served")
    if REDIS in only:
        search.place(REDIS, "not used: Cardbot has no setting for one")
    if RABBITMQ in only and not (folder / NOTED[RABBITMQ]).exists():
        search.place(RABBITMQ, "not tried: none answered")


def sealed_rows(database: Path) -> dict[str, int]:
    """How many rows of the tables for values hold something sealed."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as found:
        return {
            table: int(found.execute(f"SELECT count(*) FROM {table} WHERE sealed <> x''").fetchone()[0])  # noqa: S608  # names from here
            for table in ("inbox", "outbox", "vault", "tickets")
        }


def _stored(folder: Path) -> Iterator[tuple[str, str]]:
    """Every row of a copy of each database: opening the original would fold its write-ahead log away."""
    copy = folder.with_name(folder.name + "-copy")
    for place in DATABASES:
        copy.mkdir()
        try:
            for path in (folder / place).glob("cardbot.db*"):
                shutil.copy(path, copy)
            if (copy / "cardbot.db").exists():
                yield from _rows(copy / "cardbot.db")
        finally:
            shutil.rmtree(copy)


def _rows(database: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(database)) as found:
        tables = [name for (name,) in found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = []
            for row in found.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # names from the database itself
                text = "\n".join(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row)
                rows.append(text)
                if table == "tracker_events" and (slot := _slot(text)):
                    yield SLOTS, slot
            yield TABLES.get(table, OTHER_TABLES), "\n".join(rows)


def _slot(row: str) -> str:
    event = json.loads(row.rsplit("\n", 1)[-1])
    return json.dumps(event, ensure_ascii=False) if event["event"] in _SLOT_EVENTS else ""


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """All files of the folder but the model, which is older than the run; then those that were written elsewhere."""
    noted = {folder / path: name for name, path in NOTED.items()}
    inside = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    for path in inside:
        if path in noted:
            yield noted[path], path
        elif path.name.startswith("cardbot.db"):
            yield AS_THEY_LIE, path
        else:
            yield (TEMPORARY if path.is_relative_to(folder / "tmp") else OTHER_FILES), path
    written = {Path(json.loads(line)) for line in (folder / "notes" / "written").read_text(encoding="utf-8").splitlines()}
    for path in sorted(written - set(inside)):
        if path.is_file() and not path.is_relative_to(folder):
            yield OTHER_FILES, path
