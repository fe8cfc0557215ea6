"""Values are planted in every way that a cardholder can give or get them, and looked for in all that a run leaves behind."""

from __future__ import annotations

import base64
import json
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.leaks.planted import Planted, controls, in_devanagari, made_up
from bot.leaks.run import leak_run, look_everywhere
from bot.leaks.search import Search, chance
from bot.leaks.talk import TalkFailed
from tests.conversations.server import ROOT

pytestmark = pytest.mark.timeout(600)  # two starts and whole talks, before the first test sees anything
PLACES = ("tracker events", "slots", "actions' calls", "event broker", "log at DEBUG", "database", "other files")
SEED = 20261122


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leaks") / "kept"


@pytest.fixture(scope="module")
def report(kept: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command finds in three rounds with as many cardholders, on the web and in the terminal."""
    var = tmp_path_factory.mktemp("installation")
    (var / "models").mkdir()
    for each in (model, Path(f"{model}.json")):
        (var / "models" / each.name).symlink_to(each)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", "leak-check", "--json", "--rounds", "3", "--seed", str(SEED), "--keep", str(kept)],
        cwd=ROOT, env=environ(var), capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if found["clean"] else 1)
    return found


def environ(var: Path) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if not k.startswith("CARDBOT_")}, "CARDBOT_VAR": str(var), "CARDBOT_PROFILE": "test"}


def planted(rounds: int = 3) -> list[Planted]:
    rng = random.Random(SEED)
    return [made_up(rng, date.today()) for _ in range(rounds)]


# ── the run ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
def test_no_planted_value_came_to(report: dict[str, Any], place: str) -> None:
    assert [hit for hit in report["hits"] if hit["place"] == place] == []
    assert report["places"][place]["bytes"] > 1000


@pytest.mark.usefixtures("report")
def test_what_was_looked_through_is_what_the_run_was_about(kept: Path) -> None:
    """An empty haystack would be clean, too."""
    actions = (kept / "notes" / "actions").read_text(encoding="utf-8")
    broker = [json.loads(line) for line in (kept / "notes" / "broker").read_text(encoding="utf-8").splitlines()]
    log = (kept / "log").read_text(encoding="utf-8")

    for name in ("action_verify", "action_check_balance", "action_change_contact", "action_check_kyc_status", "action_talk_to_human", "validate_card_details_form"):
        assert f'"next_action": "{name}"' in actions
    assert {event["event"] for event in broker} >= {"user", "bot", "slot", "action", "active_loop"}
    assert any(event["sender_id"].startswith("terminal:") for event in broker)
    assert any("four digits" in (event.get("text") or "") for event in broker)
    assert "action_check_kyc_status failed: RuntimeError" in log
    assert {json.loads(line)["level"] for line in log.splitlines() if line.startswith("{")} >= {"DEBUG", "INFO", "WARNING", "ERROR"}
    assert {json.loads(line)["logger"].split(".")[0] for line in log.splitlines() if line.startswith("{")} >= {"rasa", "urllib3", "bot"}
    assert (kept / "killed" / "cardbot.db-wal").stat().st_size > 0


@pytest.mark.usefixtures("report")
def test_nothing_is_written_outside_the_runs_own_folder(kept: Path) -> None:
    written = {json.loads(line) for line in (kept / "notes" / "written").read_text(encoding="utf-8").splitlines()}

    assert sorted(each for each in written if not each.startswith(str(kept)) and not each.startswith(("/dev/", "/proc/"))) == []


# ── leaks made on purpose ───────────────────────────────────────────────────────────────────────────


def test_a_value_that_is_kept_in_a_slot_and_logged_is_found_in_every_place(tmp_path: Path, model: Path) -> None:
    try:
        search = leak_run(tmp_path / "run", model, 1, random.Random(7), print, program=("-m", "tests.conversations.leaky"))
    except TalkFailed:  # a slot full of values may well lead the talk astray
        search = Search([made_up(random.Random(7), date.today())])
        look_everywhere(search, tmp_path / "run")

    found = {(hit.place, hit.kind) for hit in search.hits()}
    assert {place for place, _ in found} >= set(PLACES) - {"other files"}
    assert {kind for _, kind in found} >= {"last four", "expiry", "date of birth"}
    assert ("other files", "date of birth") in found  # the database as it lies on the disk


@pytest.mark.usefixtures("report")
def test_one_unsealed_row_is_found(kept: Path) -> None:
    who = planted()[1]
    with closing(sqlite3.connect(kept / "var" / "cardbot.db")) as database:
        database.execute("UPDATE outbox SET sealed = ? WHERE id = 1", (f"Shall I write to {who.new_email}?".encode(),))
        database.commit()

    search = Search(planted())
    look_everywhere(search, kept)

    assert ("database", "new e-mail") in {(hit.place, hit.kind) for hit in search.hits()}


WRITTEN = {
    "as it is": lambda value: value.encode(),
    "in capitals": lambda value: value.upper().encode(),
    "in JSON": lambda value: json.dumps({"a": value}).encode(),
    "in UTF-16": lambda value: value.encode("utf-16"),
    "in base64": lambda value: base64.b64encode(b"xy" + value.encode() + b"z"),
    "in hexadecimal": lambda value: value.encode().hex().encode(),
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
