"""A text is worked on before it is stored, as the talk was seen then; what is stored is what the talk is by then."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.edge import Inbound, NobodyYet, Seen
from tests.gateway.test_sealing import EXPECTING, MESSAGES
from tests.gateway.test_values_at_rest import NEW, Door

_numbers = itertools.count()


class Listener(NobodyYet):
    """Remembers what it was told of before it was stored."""

    def __init__(self) -> None:
        self.told: list[Mapping[str, Any]] = []

    def foresee(self, body: Mapping[str, Any]) -> None:
        self.told.append(dict(body))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("var"), NEW)
    yield door
    door.services.close()


def heard(door: Door, text: str, expecting: str, seen: Seen | None) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """What is stored of a text in a talk with this question open, and what was told of it."""
    conversation = f"web:{next(_numbers)}"
    door.ask(conversation, expecting)
    door.edge.answering = listener = Listener()
    assert door.edge.receive(Inbound(conversation, "somebody", f"m{next(_numbers)}", "text", text, seen=seen)).stored
    with door.services.storage.read() as conn:
        message = door.inbox.first_in(conn, conversation)
    assert message is not None
    return message.body, listener.told


@given(MESSAGES, st.sampled_from(EXPECTING), st.builds(Seen, st.sampled_from(EXPECTING), st.sampled_from(["en", "hi", "hi-Latn"])))
def test_what_a_channel_saw_changes_nothing_of_what_is_stored(door: Door, text: str, expecting: str, seen: Seen) -> None:
    expected, _ = heard(door, text, expecting, None)

    stored, _ = heard(door, text, expecting, seen)

    assert stored == expected


@pytest.mark.parametrize("seen", [Seen("one_time_code", "en"), None])
def test_a_text_is_told_of_once_if_its_channel_saw_right_or_left_it_to_the_edge(door: Door, seen: Seen | None) -> None:
    stored, told = heard(door, "tomorrow 8305", "one_time_code", seen)

    assert [{**body, "address": ""} for body in told] == [stored]


def test_the_first_text_of_a_talk_is_told_of_once(door: Door) -> None:
    door.edge.answering = listener = Listener()
    said = Inbound(f"web:{next(_numbers)}", "somebody", f"m{next(_numbers)}", "text", "mera balance batao", language="hi-Latn")

    assert door.edge.receive(said).stored
    assert len(listener.told) == 1


def test_a_question_that_was_asked_meanwhile_seals_the_text_after_all(door: Door) -> None:
    stored, told = heard(door, "tomorrow 8305", "one_time_code", Seen("none", "en"))

    assert [body["values"] for body in told] == [[{"kind": "four_digits", "value": "8305"}], stored["values"]]
    assert stored["values"] != told[0]["values"]


def test_nothing_is_worked_out_ahead_for_who_was_refused_lately(tmp_path: Path) -> None:
    now = [1_000_000.0]
    door = Door(tmp_path, NEW, rate_per_minute=2, clock=lambda: now[0])
    door.edge.answering = listener = Listener()

    def say() -> str | None:
        name = f"m{next(_numbers)}"
        return door.edge.receive(Inbound("web:1", "somebody", name, "text", f"hello {name}", seen=Seen("none", "en"))).refusal

    assert [say() for _ in range(6)] == [None, None, *["utter_slow_down"] * 4]
    assert len(listener.told) == 3  # and not 6
    now[0] += 61

    assert say() is None
    assert len(listener.told) == 4
    door.services.close()
