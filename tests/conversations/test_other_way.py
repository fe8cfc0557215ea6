"""Whoever cannot give the card's details: a URN with the registered mobile and e-mail, in pieces, wrong first, in three languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conversations.cardholders import Holder
from tests.conversations.hostile import asked, everything_stored, settled, visitor
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

__all__ = ["visitor"]

Come = Callable[..., Visitor]
PLACE = "on the back of the card, in small print"
PLACE_IN_HINDI = "कार्ड के पीछे, छोटे अक्षरों में"
OFFER = "use your URN"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path) -> Iterator[Server]:
    settings = {"CARDBOT_TRUSTED_PROXIES": "127.0.0.1", "CARDBOT_URN_PRINTED": PLACE, "CARDBOT_URN_PRINTED_HI": PLACE_IN_HINDI}
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, settings)
    server.start()
    yield server
    server.stop()


def balance_in(texts: list[str]) -> bool:
    return any("₹1,02,345.50" in text for text in texts)


def spaced(mobile: str) -> str:
    return f"{mobile[2:7]} {mobile[7:]}"


def test_a_refusal_offers_the_other_way_which_leads_to_what_was_asked_for(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("what is my balance?")

    refused = guest.details("0001", holder.slashed, holder.birthday)
    asked_for = guest.press("Use my URN")
    answers = guest.say(f"{holder.urn}, {spaced(holder.mobile)} and {holder.email}")

    assert "do not match our record" in refused[-1]
    assert PLACE in refused[-1]
    assert "Talk to a person" in [button["title"] for button in guest.messages[-len(answers) - 2]["buttons"]]
    assert "three details" in asked_for[-1]
    assert balance_in(answers)


def test_who_has_no_card_at_hand_gives_the_pieces_one_by_one_in_any_order(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("balance please")

    offered = guest.say("i don't have my card with me")
    guest.say("use my urn")
    first = guest.say(f"my mail is {holder.email}")
    second = guest.say(f"the urn says {holder.urn[:4]} {holder.urn[4:8]} {holder.urn[8:]}")
    answers = guest.say(f"+{holder.mobile}")

    assert OFFER in offered[0]
    assert "URN of your card" in first[-1]
    assert "mobile number" in second[-1]
    assert balance_in(answers)


def test_a_wrong_piece_is_told_kindly_and_never_reaches_the_bank(visitor: Come, bank: Sandbox, holder: Holder) -> None:
    guest, before = visitor(), asked(bank)
    guest.say("balance")
    guest.say("use my urn")

    short = guest.say(holder.urn[:9])
    guest.say(holder.urn)
    not_one = guest.say("12345 67890")
    guest.say(spaced(holder.mobile))
    broken = guest.say("asha@@example")
    calls = asked(bank) - before
    answers = guest.say(holder.email)

    assert "exactly eleven digits" in short[0]
    assert "Indian mobile number" in not_one[0]
    assert "e-mail address" in broken[0]
    assert calls == 0
    assert balance_in(answers)


def test_questions_and_a_change_of_mind_are_answered_while_the_pieces_are_asked_for(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("balance")
    guest.say("use my urn")

    why = guest.say("why do you need it?")
    where = guest.say("where do i find these digits")
    left = guest.say("cancel")

    assert "nobody else can see your balance" in why[0]
    assert PLACE in why[-1]
    assert "eleven digits" in where[0]
    assert "stopped that" in left[0]


def test_failures_of_either_way_count_together_and_read_alike(visitor: Come, bank: Sandbox, holder: Holder) -> None:
    guest, before = visitor(), asked(bank)
    guest.say("balance")

    first = guest.details("0001", holder.slashed, holder.birthday)
    guest.press("Use my URN")
    second = guest.say(f"{holder.urn} {spaced(holder.mobile)} somebody@example.com")
    guest.press("Use my URN")
    third = guest.say(f"80000999999 {spaced(holder.mobile)} {holder.email}")
    closed = guest.press("Use my URN")

    assert first == second == third
    assert "cannot check any details here until" in closed[-1]
    assert asked(bank) - before == 3


def test_one_urn_tried_from_ever_new_browsers_is_asked_ten_times_an_hour(
    visitor: Come, server: Server, bank: Sandbox, holder: Holder
) -> None:
    before = asked(bank)

    for number in range(12):
        guest = visitor()
        guest.post({"type": "text", "text": "use my urn"})
        settled(server)
        guest.post({"type": "text", "text": f"{holder.urn} 98{number:08} {holder.email}"})
    settled(server)

    assert asked(bank) - before == 10


@pytest.mark.parametrize(
    ("request_", "wish", "question", "place"),
    [
        ("mera balance batao", "urn se verify karo", "registered hain", PLACE),
        ("मेरा बैलेंस बताइए", "URN से वेरिफाई कीजिए", "रजिस्टर्ड हैं", PLACE_IN_HINDI),
    ],
)
def test_the_other_way_in_hindi_and_hinglish(
    visitor: Come, holder: Holder, request_: str, wish: str, question: str, place: str
) -> None:
    guest = visitor()
    guest.say(request_)

    asked_for = guest.say(wish)
    answers = guest.say(f"{holder.urn}, {spaced(holder.mobile)}, {holder.email}")

    assert question in asked_for[-1]
    assert place in asked_for[-1]
    assert any("₹1,02,345.50" in text for text in answers)


def test_nothing_of_it_stays_in_clear(visitor: Come, server: Server, holder: Holder) -> None:
    guest = visitor()
    guest.say(f"use my urn {holder.urn} please")
    guest.say(f"{holder.urn} {spaced(holder.mobile)}")
    answers = guest.say(holder.email)

    kept = [text for _, text in everything_stored(server)]

    assert "matches" in answers[0]
    for value in (holder.urn, holder.mobile[2:], spaced(holder.mobile), holder.email):
        assert not any(value in text for text in kept)
        assert value not in server.log()
