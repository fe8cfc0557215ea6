"""A few random walks in the suite, and the judge of all walks against answers that it must not let pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.engine.training import train
from tests.conversations.cardholders import new_holder
from tests.conversations.wording import Wording
from tests.proofs._walking import Line, Move, Oracle
from tests.proofs.talk import ROOT, Clock, prove
from wibmo import CardClient
from wibmo.sandbox import Sandbox

WORDING = Wording(ROOT / "domain.yml")
BALANCE = "Card ending 4711\nAvailable: ₹10.00\nGPR Wallet (default): ₹10.00"
ASK_DETAILS = (
    "To be sure it is you, please give me three details: the last four digits of your card, its expiry (month and year), "
    "and your date of birth."
)


@pytest.fixture(scope="module")
def bank() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def oracle(bank: Sandbox) -> Oracle:
    return Oracle(new_holder(bank), bank, WORDING, lambda: 1_800_000_000.0)


def judged(oracle: Oracle, *texts: str) -> list[str]:
    move = Move("text", "balance", says="wishes")
    oracle.sent(move)
    oracle.answered(move, [Line(text, ()) for text in texts], said_yes=False)
    return oracle.problems


def test_walks_find_nothing_wrong_and_verified_cardholders_are_told_something(tmp_path: Path) -> None:
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)

    figures = prove(2, 7, tmp_path, Clock(), model)

    assert figures.problems == []
    assert figures.said["utter_help"] >= 2


def test_a_balance_without_verification_is_seen(oracle: Oracle) -> None:
    assert "told without verification: utter_balance" in judged(oracle, BALANCE)


@pytest.mark.parametrize("leak", ["We have this mobile number: +91 ******4711\nThere is no e-mail address in your record.",
                                  "Your KYC is complete (full KYC).", "Card ending 4711 is active."])  # fmt: skip
def test_whatever_else_the_record_holds_is_seen_too(oracle: Oracle, leak: str) -> None:
    assert any("told without verification" in each for each in judged(oracle, leak))


def test_no_answer_is_seen(oracle: Oracle) -> None:
    assert judged(oracle) == ["no answer"]


def test_two_questions_in_one_turn_are_seen(oracle: Oracle) -> None:
    assert any("more than one question" in each for each in judged(oracle, ASK_DETAILS, "Anything else?"))


def test_an_answer_after_the_question_is_seen(oracle: Oracle) -> None:
    assert any("not last" in each for each in judged(oracle, ASK_DETAILS, "Goodbye, and take care. For your safety I have closed the access to your card in this chat."))


def test_a_sentence_that_is_not_in_the_domain_is_seen(oracle: Oracle) -> None:
    assert any("no response of the domain" in each for each in judged(oracle, "Your balance is fine, trust me."))


def test_two_languages_in_one_turn_are_seen(oracle: Oracle) -> None:
    assert any("two languages" in each for each in judged(oracle, "Koi baat nahi. Aur kuch chahiye toh bataiye.", ASK_DETAILS))


def test_an_access_that_the_bank_opened_is_believed_until_it_is_idle(bank: Sandbox) -> None:
    now = [1_800_000_000.0]
    holder = new_holder(bank)
    oracle = Oracle(holder, bank, WORDING, lambda: now[0])
    given = Move("text", f"{holder.last_four} {holder.slashed} {holder.birthday}", says="details")
    with CardClient(bank.config()) as client:
        oracle.sent(given)
        client.verify_cardholder(last_four=holder.last_four, expiry=holder.expiry, date_of_birth=holder.born)
        oracle.answered(given, [Line(BALANCE, ())], said_yes=False)
    now[0] += 200
    soon = list(judged(oracle, BALANCE))
    now[0] += 301
    late = judged(oracle, BALANCE)

    assert soon == []
    assert late == ["told without verification: utter_balance"]
