"""Values are planted in every way that a cardholder can give or get them, and looked for in all that a run leaves behind."""

from __future__ import annotations

import base64
import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.leaks.guests import TalkFailed
from bot.leaks.places import (
    AS_THEY_LIE,
    NOTED,
    OTHER_TABLES,
    PLACES,
    RABBITMQ,
    REDIS,
    SLOTS,
    TABLES,
    TEMPORARY,
    look_everywhere,
)
from bot.leaks.planted import Planted, controls, in_devanagari, made_up
from bot.leaks.run import LeakRun
from bot.leaks.search import Search, chance
from bot.leaks.talk import CHANNELS
from tests.conversations.server import ROOT

pytestmark = pytest.mark.timeout(900)  # three starts and whole talks, before the first test sees anything
SEED = 20261122
# These hold something after every run; RabbitMQ does where one answers.
FILLED = sorted(set(PLACES) - {REDIS, RABBITMQ, TEMPORARY})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leaks") / "kept"


@pytest.fixture(scope="module")
def report(kept: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command finds in one round, with one cardholder on each channel, the last in the terminal too."""
    var = tmp_path_factory.mktemp("installation")
    (var / "models").mkdir()
    for each in (model, Path(f"{model}.json")):
        (var / "models" / each.name).symlink_to(each)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "leak-check", "--json", "--rounds", "1", "--seed", str(SEED), "--keep", str(kept)],
        cwd=ROOT, env=environ(var), capture_output=True, text=True, timeout=800, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["clean"] else 1)
    return found


def environ(var: Path) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("CARDBOT_")}, "CARDBOT_VAR": str(var), "CARDBOT_PROFILE": "test"}


def planted(count: int = len(CHANNELS)) -> list[Planted]:
    rng = random.Random(SEED)
    return [made_up(rng, date.today()) for _ in range(count)]


# ── the run ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
def test_no_planted_value_came_to(report: dict[str, Any], place: str) -> None:
    assert [hit for hit in report["hits"] if hit["place"] == place] == []
    assert report["places"][place]["hits"] == 0


@pytest.mark.usefixtures("report")
def test_what_was_looked_through_is_what_the_run_was_about(kept: Path, report: dict[str, Any]) -> None:
    """An empty haystack would be clean, too."""
    actions = (kept / "notes" / "actions").read_text(encoding="utf-8")
    broker = [json.loads(line) for line in (kept / "notes" / "broker").read_text(encoding="utf-8").splitlines()]
    log = (kept / "log").read_text(encoding="utf-8")

    assert [place for place in FILLED if report["places"][place]["bytes"] < 50] == []
    assert all(report["sealed_rows_at_the_kill"][table] > 0 for table in ("inbox", "outbox", "vault", "tickets"))
    for name in ("action_verify", "action_check_balance", "action_change_contact", "action_check_kyc_status", "action_talk_to_human", "validate_card_details_form"):
        assert f'"next_action": "{name}"' in actions
    assert {event["event"] for event in broker} >= {"user", "bot", "slot", "action", "active_loop"}
    assert {event["sender_id"].partition(":")[0] for event in broker} == set(CHANNELS)
    assert any("four digits" in (event.get("text") or "") for event in broker)
    assert "action_check_kyc_status failed: RuntimeError" in log
    assert {json.loads(line)["level"] for line in log.splitlines() if line.startswith("{")} >= {"DEBUG", "INFO", "WARNING", "ERROR"}
    assert {json.loads(line)["logger"].split(".")[0] for line in log.splitlines() if line.startswith("{")} >= {"rasa", "sqlalchemy", "bot"}
    assert (kept / "killed" / "cardbot.db-wal").stat().st_size > 0


@pytest.mark.usefixtures("report")
def test_what_rabbitmq_was_given_after_the_kill_was_read(kept: Path, report: dict[str, Any]) -> None:
    if report["places"][RABBITMQ]["note"]:
        pytest.skip("no RabbitMQ answers on this machine")
    given = (kept / NOTED[RABBITMQ]).read_text(encoding="utf-8")

    assert '"event": "user"' in given
    assert all(f'"sender_id": "{channel}:' in given for channel in (*CHANNELS, "terminal"))


@pytest.mark.usefixtures("report")
def test_nothing_is_written_outside_the_runs_own_folder(kept: Path) -> None:
    written = {json.loads(line) for line in (kept / "notes" / "written").read_text(encoding="utf-8").splitlines()}

    assert sorted(each for each in written if not each.startswith(str(kept)) and not each.startswith(("/dev/", "/proc/"))) == []


# ── leaks made on purpose ───────────────────────────────────────────────────────────────────────────


def test_a_value_that_is_kept_in_a_slot_and_logged_is_found_in_every_place(tmp_path: Path, model: Path) -> None:
    who = made_up(random.Random(7), date.today())
    run = LeakRun(tmp_path / "run", model, print, channels=("web",), program=("-m", "tests.conversations.leaky"), rabbitmq="amqp://127.0.0.1:1")
    with suppress(TalkFailed):  # a slot full of values may well lead the talk astray
        run.play([who])
    search = Search([who])
    look_everywhere(search, tmp_path / "run")

    found = {(hit.place, hit.kind) for hit in search.hits()}
    assert {place for place, _ in found} >= {"tracker store", SLOTS, "actions' calls", "event broker, a file", "log at DEBUG", AS_THEY_LIE}
    assert {kind for _, kind in found} >= {"last four", "expiry", "date of birth"}


LEAK = "Shall I write to {} or call {}?"
COLUMNS = {"tracker_events": "event", "audit": "facts", "transcript": "text", "changes": "code"}


@contextmanager
def leaking(kept: Path, place: str, words: str) -> Iterator[None]:
    """The words in this place, and gone from it afterwards."""
    tables = {name: table for table, name in TABLES.items()} | {OTHER_TABLES: "buttons", SLOTS: "tracker_events"}
    files = {**NOTED, AS_THEY_LIE: Path("var/cardbot.db-shm"), TEMPORARY: Path("tmp/left"), "other files": Path("home/left")}
    if place in files:
        path = kept / files[place]
        before = path.read_bytes() if path.exists() else None
        path.write_bytes((before or b"") + words.encode())
        yield
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)
        return
    table, column = tables[place], {**COLUMNS, "buttons": "payload"}.get(tables[place], "sealed")
    event = {"event": "slot", "name": "a", "value": words} if place == SLOTS else {"event": "user", "text": words}
    said = json.dumps(event) if table == "tracker_events" else words
    with closing(sqlite3.connect(kept / "var" / "cardbot.db")) as database:
        if table == "vault":  # what was in it was forgotten when the talks were over
            database.execute("INSERT INTO vault VALUES ('a', 'web:a', 'in', 'message', x'00', 0)")
        [row] = database.execute(f'SELECT rowid, "{column}" FROM "{table}" LIMIT 1').fetchall()
        database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (said, row[0]))
        database.commit()
        try:
            yield
        finally:
            database.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?', (row[1], row[0]))
            database.execute("DELETE FROM vault WHERE ref = 'a'")
            database.commit()


@pytest.mark.usefixtures("report")
@pytest.mark.parametrize("place", sorted(set(PLACES) - {REDIS}))
def test_a_leak_in_this_place_is_found(kept: Path, place: str) -> None:
    who = planted()[1]
    search = Search([who])
    grouped = " ".join(who.new_mobile[at : at + 2] for at in range(0, 10, 2))

    with leaking(kept, place, LEAK.format(who.new_email, grouped)):
        look_everywhere(search, kept, {place})

    assert {hit.kind for hit in search.hits() if hit.place == place} >= {"new e-mail", "new mobile"}


WRITTEN = {
    "as it is": lambda value: value.encode(),
    "in capitals": lambda value: value.upper().encode(),
    "in JSON": lambda value: json.dumps({"a": value}).encode(),
    "in UTF-16": lambda value: value.encode("utf-16"),
    "in base64": lambda value: base64.b64encode(b"xy" + value.encode() + b"z"),
    "in hexadecimal": lambda value: value.encode().hex().encode(),
    "in an address": lambda value: quote(value).encode(),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("kind", ["date of birth", "name", "e-mail", "new e-mail", "mobile", "new mobile", "balance", "URN", "customerId"])
def test_every_form_of_every_long_value_is_found(kind: str, how: str) -> None:
    who = planted(1)[0]
    for value in who.long_values()[kind]:
        if len(value.encode()) < 8 and how in ("in base64", "in hexadecimal"):
            continue
        search = Search([who])
        search.look("here", b"\x00 something " + WRITTEN[how](value) + b" and more")
        assert (hits := search.hits()), (kind, how)
        assert hits[0].kind == kind


WRITTEN_DIGITS = {
    "in pairs": lambda digits: " ".join(digits[at : at + 2] for at in range(0, len(digits), 2)),
    "one by one": "-".join,
    "with dots": lambda digits: f"{digits[:3]}.{digits[3:6]}.{digits[6:]}",
    "in Devanagari": in_devanagari,
    "in full width": lambda digits: digits.translate({ord("0") + d: 0xFF10 + d for d in range(10)}),
    "in circles": lambda digits: "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(d)] for d in digits),
    "escaped": lambda digits: json.dumps(in_devanagari(digits)),
    "in an address": lambda digits: quote(in_devanagari(digits)),
}
NUMBERS = ("mobile", "new mobile", "sender", "URN", "customerId")


@pytest.mark.parametrize("how", WRITTEN_DIGITS)
@pytest.mark.parametrize("kind", NUMBERS)
def test_a_number_is_found_however_it_is_grouped_and_in_any_script(kind: str, how: str) -> None:
    who = planted(1)[0]
    for number in who.numbers()[kind]:
        search = Search([who])
        search.look("here", f"x {WRITTEN_DIGITS[how](number)} y")
        assert kind in {hit.kind for hit in search.hits()}, number


@pytest.mark.parametrize("how", ["%Y.%m.%d", "%m/%d/%Y", "%Y %d %m", "%d, %m, %Y", "%Y%m%d", "%m-%d-%Y"])
def test_a_day_is_found_turned_round(how: str) -> None:
    who = planted(1)[0]
    for written in (who.born.strftime(how), in_devanagari(who.born.strftime(how))):
        search = Search([who])
        search.look("here", f"on {written} at 10:15")
        assert "date of birth" in {hit.kind for hit in search.hits()}


@pytest.mark.parametrize("gap", ["-", " ", ". ", "/"])
def test_a_last_four_is_found_digit_by_digit(gap: str) -> None:
    who = planted(1)[0]
    search = Search([who])
    search.look("here", f"it ends with {gap.join(who.last_four)}")

    assert [hit.kind for hit in search.hits()] == ["last four"]


def test_clocks_and_counters_are_no_leaks() -> None:
    who = planted(1)[0]
    search = Search([who])
    search.look("here", f'"timestamp": 1795387009.{who.last_four}, cached since {who.last_four[:2]}.{who.last_four[2:]}s ago')
    search.look("here", "\n".join(f"2026-11-22T21:{m:02}:{s:02}.{m * s:03} took {m}.{s:02} ms, {m * 60 + s} rows" for m in range(60) for s in range(60)))

    assert search.hits() == []


def test_short_values_are_found_when_they_occur_more_often_than_by_chance() -> None:
    people = planted(4)
    leak, noise = Search(people), Search(people)
    every_four = " ".join(map(str, range(2500, 9800)))

    leak.look("here", f'{{"last": "{people[2].last_four}"}}')
    noise.look("here", every_four)

    assert [(hit.kind, hit.times) for hit in leak.hits()] == [("last four", 1)]
    assert noise.hits() == []
    assert chance(4, 4, 2, len(controls("last four", set()))) < 1e-6


def test_a_part_of_a_longer_number_is_no_last_four() -> None:
    who = planted(1)[0]
    search = Search([who])

    search.look("here", f"17{who.last_four}22 x{who.last_four} {who.last_four}th")

    assert search.hits() == []


def test_no_report_repeats_a_value() -> None:
    who = planted(1)[0]
    search = Search([who])
    search.look("here", f"{who.email} {who.last_four} {in_devanagari(who.birthday)}")

    told = repr(search.hits()) + repr(who) + repr(search.places)

    assert who.email not in told
    assert who.last_four not in told
