"""A small run of `make prove-delivery`: kills at random on every channel, copies of every message, nothing lost or done twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conversations.channels.platforms import Call
from tests.proofs._judging import Answered, Figures, Judge, Kept, Lives, kept
from tests.proofs.delivery import prove


@pytest.mark.timeout(900)
def test_random_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    figures = prove(8, 1, tmp_path, patience=240)

    assert {name: number for name, number in figures.items() if name.startswith("fault") and number} == {}
    assert figures["kills"] >= 3
    assert figures["changes made"] > 0


# ── the judge itself ────────────────────────────────────────────────────────────────────────────────


def database(folder: Path, inbox: list[tuple[str, str]], outbox: list[tuple[int, int, str, str]]) -> Path:
    """One conversation on Telegram: messages (id, state), answers (number of the message, position, state, platform's ids)."""
    path = folder / "judged.db"
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, conversation, message_id, state)")
        conn.execute("CREATE TABLE outbox (inbox_id, conversation, position, state, provider_id)")
        conn.executemany("INSERT INTO inbox (conversation, message_id, state) VALUES ('telegram:a', ?, ?)", inbox)
        conn.executemany("INSERT INTO outbox VALUES (?, 'telegram:a', ?, ?, ?)", outbox)
        conn.commit()
    return path


def faults(figures: Figures) -> set[str]:
    return {name.removeprefix("fault: ") for name, number in figures.items() if name.startswith("fault") and number}


@pytest.mark.parametrize(("inbox", "outbox", "fault"), [
    ([("1", "done"), ("2", "done")], [(1, 1, "sent", "a"), (2, 2, "sent", "b")], None),
    ([("1", "done"), ("2", "done")], [(1, 1, "sent", "a")], "not answered"),
    ([("1", "done"), ("2", "waiting")], [(1, 1, "sent", "a"), (2, 2, "sent", "b")], "not answered"),
    ([("1", "done"), ("2", "aside")], [(1, 1, "sent", "a"), (2, 2, "sent", "b")], "set aside"),
    ([("1", "done"), ("2", "done")], [(1, 2, "sent", "a"), (2, 1, "sent", "b")], "answered out of order"),
    ([("1", "done"), ("2", "done")], [(1, 1, "sent", "a"), (2, 2, "failed", "")], "answer never sent"),
])  # fmt: skip
def test_the_judge_sees_what_the_database_lacks(
    tmp_path: Path, inbox: list[tuple[str, str]], outbox: list[tuple[int, int, str, str]], fault: str | None
) -> None:
    assert faults(kept(database(tmp_path, inbox, outbox)).figures) == ({fault} if fault else set())


def call(text: str, number: str, at: float) -> Call:
    return Call("telegram", "message", "7", text, {}, id=number, at=at)


KILLED = 10.0  # one life before, one after
TWICE = "answer twice, and no kill in between"


@pytest.mark.parametrize(("calls", "fault", "doubles"), [
    ([call("one", "a", 1), call("two", "b", 2)], None, 0),
    ([call("one", "a", 1), call("two", "x", 9), call("two", "b", 11)], None, 1),
    ([call("one", "a", 1), call("two", "b", 9), call("two", "x", 11)], None, 1),
    ([call("one", "a", 1), call("two", "b", 8), call("two", "x", 9)], TWICE, 1),
    ([call("one", "a", 1), call("two", "x", 8), call("two", "b", 9)], TWICE, 1),
    ([call("one", "x", 8), call("two", "b", 9), call("one", "a", 11)], TWICE, 1),
    ([call("one", "a", 1), call("two", "b", 2), call("three", "x", 3)], TWICE, 1),
    ([call("two", "b", 1), call("one", "a", 2)], "sent out of order", 0),
    ([call("one", "a", 1)], "answer never taken", 0),
])  # fmt: skip
def test_the_judge_excuses_a_double_only_by_a_kill_right_after_it(calls: list[Call], fault: str | None, doubles: int) -> None:
    lives = Lives()
    lives.began = [0.0, KILLED]
    judge = Judge([], lives, Kept({}, {}, Figures()))

    judge.taken(calls, Answered([1, 2], ["a", "b"]))

    assert fault in faults(judge.figures) if fault else not faults(judge.figures)
    assert judge.doubles.total() == doubles
