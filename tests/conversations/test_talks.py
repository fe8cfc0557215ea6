"""Every talk of `talks/`, played through its channel and the sandbox: what was said, asked of the bank, and is held there."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.cardholders import somebody_like
from tests.conversations.channels import platforms
from tests.conversations.channels.platforms import Platforms
from tests.conversations.clocked import move
from tests.conversations.moved_clocks import ahead, bank, running
from tests.conversations.players import Browser, OnPhone, Player, Turns
from tests.conversations.server import ROOT, Server
from tests.conversations.talk_files import Talk, Turn, all_talks
from tests.conversations.wording import ENGLISH, LANGUAGES, Wording
from wibmo.sandbox import Sandbox

__all__ = ["ahead", "bank"]

TALKS = all_talks()
# Longer than anything that one talk may leave behind for the next: failures everywhere count for ten minutes.
BETWEEN = 1200.0
# Where there is a URN to be read, it is the other way to prove who one is.
URN_PRINTED = {
    "CARDBOT_URN_PRINTED": "on the back of the card",
    "CARDBOT_URN_PRINTED_HI": "कार्ड के पीछे",
    "CARDBOT_URN_PRINTED_HINGLISH": "card ke peeche",
}
_addresses = itertools.count(1)


@pytest.fixture(scope="module")
def api() -> Iterator[Platforms]:
    with Platforms() as started:
        yield started


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, api: Platforms, ahead: Path
) -> Iterator[Server]:
    settings = {**platforms.settings(api.url), "CARDBOT_TRUSTED_PROXIES": "127.0.0.1", **URN_PRINTED}
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, settings)
    with running(server, ahead) as started:
        yield started


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(ROOT / "domain.yml")


@pytest.fixture
def player(request: pytest.FixtureRequest, server: Server, api: Platforms, ahead: Path, bank: Sandbox) -> Player:
    move(ahead, BETWEEN)
    bank.clear_faults()
    channel = request.getfixturevalue("talk").channel
    if channel == "web":
        number = next(_addresses)
        return Browser(server.url, Turns(server), f"198.51.{number // 250}.{number % 250 + 1}")
    return OnPhone(server.url, Turns(server), api, channel)


@pytest.mark.parametrize("talk", TALKS, ids=str)
def test_a_talk(talk: Talk, player: Player, server: Server, bank: Sandbox, ahead: Path, wording: Wording) -> None:
    holder = somebody_like(bank, talk.cardholder)
    knows = holder.knows
    before = len(bank.calls)

    for turn in talk.turns:
        if turn.does == "later":
            move(ahead, float(turn.what))
        if turn.does == "bank":
            operation, _, fault = turn.what.partition(" ")
            bank.fault(operation, fault)
        else:
            check(turn, answers_to(turn, player, knows, wording), knows, wording)
            offered = set(player.offered())
            assert all(offered & wording.titles(intent, turn.language) for intent in turn.offers), (turn.offers, offered)

    asked = [call.operation for call in bank.calls[before:]]
    assert asked == list(talk.asked)
    held = bank.ledger.customer(holder.urn)
    expected = {"email": holder.email, "mobile": holder.mobile, **talk.ledger}
    assert {"email": held.email, "mobile": held.mobile} == {name: each.format_map(knows) for name, each in expected.items()}
    assert Turns(server).tickets(player.conversation) == list(talk.tickets)


def answers_to(turn: Turn, player: Player, knows: dict[str, str], wording: Wording) -> list[str]:
    if turn.does == "they":
        return player.type(turn.what.format_map(knows))
    if turn.does == "press":
        return player.press(set().union(*(wording.titles(turn.what, language) for language in LANGUAGES)))
    if turn.does == "card":
        wished = turn.what if isinstance(turn.what, dict) else {}
        right = {"last_four": "{last_four}", "card_expiry": "{expiry}", "date_of_birth": "{birthday}"}
        return player.fill_in({name: text.format_map(knows) for name, text in {**right, **wished}.items()})
    return player.listen()


def check(turn: Turn, answers: list[str], knows: dict[str, str], wording: Wording) -> None:
    """Every answer is the response that is written there, in the language of the turn, and there is no other."""
    said = [f"{wording.named(answer)}: {answer}" for answer in answers]
    told: Any = (f"{turn.does}: {turn.what}", [name for name, _ in turn.answers], said)
    assert len(answers) == len(turn.answers), told
    for answer, (response, expected) in zip(answers, turn.answers, strict=True):
        places = wording.places(response, turn.language, answer)
        assert places is not None, told
        for name, value in expected.items():
            assert places[name] == value.format_map(knows), told


def bare(text: str) -> str:
    """Without case, punctuation and needless space."""
    return " ".join(re.sub(r"[^\w\s\u0900-\u097f]", " ", text.lower()).split())


def test_there_are_forty_talks_or_more_in_each_language() -> None:
    assert all(count >= 40 for count in Counter(talk.language for talk in TALKS).values())
    assert len({talk.language for talk in TALKS}) == len(LANGUAGES)


def test_the_talks_name_responses_that_exist_and_no_talk_is_there_twice(wording: Wording) -> None:
    named = {response for talk in TALKS for turn in talk.turns for response, _ in turn.answers}
    words = [tuple(str(turn.what) for turn in talk.turns) for talk in TALKS]

    assert sorted(name for name in named if not wording.knows(name)) == []
    assert len({str(talk) for talk in TALKS}) == len(TALKS)
    assert [each for each, count in Counter(words).items() if count > 1] == []


def test_no_hindi_or_hinglish_sentence_of_a_talk_stands_in_the_training_data() -> None:
    learnt = {
        bare(line.strip().removeprefix("- "))
        for path in (ROOT / "data" / "nlu").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    said = {bare(turn.what) for talk in TALKS if talk.language != ENGLISH for turn in talk.turns if turn.does == "they"}

    assert sorted(each for each in said & learnt if len(each.split()) > 3) == []


def test_every_message_of_a_talk_got_an_answer_that_the_talk_names() -> None:
    silent = [(str(talk), turn.what) for talk in TALKS for turn in talk.turns if turn.does not in ("later", "bank") and not turn.answers]

    assert silent == []
