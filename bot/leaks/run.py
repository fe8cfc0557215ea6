"""One run: a sandbox and a watched Cardbot on state of their own, talks that plant values, and a search through all that is left."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import requests

from bot.leaks.planted import Planted, made_up
from bot.leaks.search import Search
from bot.leaks.talk import SLOW, TalkFailed, in_the_terminal, play, play_while_the_bank_is_away
from bot.leaks.watched import FAILS_WITH, NOTES
from wibmo.sandbox import Sandbox

WATCHED = ("-m", "bot.leaks.watched")
START_SECONDS = 120.0
_SLOTS = ("slot", "cardbot_snapshot")


def leak_run(
    folder: Path, model: Path, rounds: int, rng: random.Random, tell: Callable[[str], None], *, program: Sequence[str] = WATCHED
) -> Search:
    """Plant the values of as many cardholders as there are rounds, end by killing, and look everywhere."""
    planted = [made_up(rng, date.today()) for _ in range(rounds)]
    with Sandbox() as bank:
        for each in planted:
            bank.add_person(each.entry())
        environ = _environ(folder, model, bank.url, planted[0])
        _serve(folder, environ, bank, planted, tell, program)
        tell("the same in the terminal")
        _chat(folder, environ, planted[-1], program)
    tell("looking for what was planted")
    search = Search(planted)
    look_everywhere(search, folder)
    return search


def look_everywhere(search: Search, folder: Path) -> None:
    """Tracker, slots, action calls, broker, log, database, and every other file as it lies there."""
    notes = folder / "notes"
    named = {"actions' calls": notes / "actions", "event broker": notes / "broker", "log at DEBUG": folder / "log"}
    for name, path in named.items():
        search.look(name, path.read_bytes())
    for table, text in _stored(folder):
        search.look("database", text)
        if table == "tracker_events":
            search.look("tracker events", text)
            search.look("slots", _slots(text))
    for path in _files(folder):
        if path not in named.values():
            search.look("other files", path.read_bytes())


def _environ(folder: Path, model: Path, bank: str, failing: Planted) -> dict[str, str]:
    for name in ("var/models", "notes", "tmp", "home"):
        (folder / name).mkdir(parents=True)
    for each in (model, model.with_name(model.name + ".json")):
        (folder / "var" / "models" / each.name).symlink_to(each.resolve())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CARDBOT_")}
    return ours | {
        "CARDBOT_PROFILE": "test",
        "CARDBOT_VAR": str(folder / "var"),
        "CARDBOT_PORT": str(port),
        "CARDBOT_WIBMO_BASE_URL": bank,
        "CARDBOT_LOG_LEVEL": "DEBUG",
        "CARDBOT_BANK_PATIENCE": f"{SLOW - 0.5}",
        "CARDBOT_EVENT_BROKER_URL": f"file:{folder / 'notes' / 'broker'}",
        NOTES: str(folder / "notes"),
        FAILS_WITH: f"{failing.email} {failing.birthday}",
        "TMPDIR": str(folder / "tmp"),
        "HOME": str(folder / "home"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _serve(
    folder: Path, environ: Mapping[str, str], bank: Sandbox, planted: Sequence[Planted], tell: Callable[[str], None], program: Sequence[str]
) -> None:
    url = f"http://127.0.0.1:{environ['CARDBOT_PORT']}"
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([sys.executable, *program, "serve"], env=dict(environ), stdout=log, stderr=log)  # noqa: S603
    try:
        tell("starting")
        _wait_for(f"{url}/ready", process)
        tell(f"talks of {len(planted)} cardholders")
        with ThreadPoolExecutor(3) as crowd:
            list(crowd.map(play, [url] * len(planted), planted))
        for number, each in enumerate(planted, 1):
            tell(f"the bank is away, {number} of {len(planted)}")
            play_while_the_bank_is_away(url, bank, each)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    (folder / "killed").mkdir()
    for path in (folder / "var").glob("cardbot.db*"):  # with the write-ahead log, which the next start folds away
        shutil.copy(path, folder / "killed")


def _chat(folder: Path, environ: Mapping[str, str], who: Planted, program: Sequence[str]) -> None:
    with (folder / "log").open("ab") as log:
        done = subprocess.run(  # noqa: S603
            [sys.executable, *program, "chat"],
            env=dict(environ), input=in_the_terminal(who), stdout=subprocess.PIPE, stderr=log, text=True, timeout=300, check=False,
        )  # fmt: skip
    if "₹" not in done.stdout:
        raise TalkFailed("the talk in the terminal did not come to the balance")


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if requests.get(address, timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise TalkFailed("Cardbot did not start; its log is in the folder")


def _stored(folder: Path) -> Iterator[tuple[str, str]]:
    """Every row of a copy of the database: opening the original would fold its write-ahead log away."""
    copy = folder.with_name(folder.name + "-copy")
    copy.mkdir()
    try:
        for path in (folder / "var").glob("cardbot.db*"):
            shutil.copy(path, copy)
        with closing(sqlite3.connect(copy / "cardbot.db")) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  # names from the database itself
                    yield table, "\n".join(each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in row)
    finally:
        shutil.rmtree(copy)


def _slots(row: str) -> str:
    event = json.loads(row.rsplit("\n", 1)[-1])
    return json.dumps(event, ensure_ascii=False) if event["event"] in _SLOTS else ""


def _files(folder: Path) -> Iterator[Path]:
    """All files of the folder but the model, which is older than the run; then those that were written elsewhere."""
    inside = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    yield from inside
    noted = {Path(json.loads(line)) for line in (folder / "notes" / "written").read_text(encoding="utf-8").splitlines()}
    for path in sorted(noted - set(inside)):
        if path.is_file() and not path.is_relative_to(folder):
            yield path
