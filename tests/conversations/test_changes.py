"""Changing e-mail and mobile: look, yes, journal, write, read-back; and what is told when the bank misbehaves."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.conversations.cardholders import Holder
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]


def writes(bank: Sandbox, holder: Holder) -> list[object]:
    return [call for call in bank.calls if call.operation == "update" and call.fields.get("urn") == holder.urn]


def test_a_confirmed_email_is_in_the_ledger_and_told(verified: Visitor, bank: Sandbox, holder: Holder) -> None:
    verified.say("I want to change my email")
    read_back = verified.say("new.address@example.org")
    done = verified.press("Yes, change it", seconds=30)

    assert "Now: pe***@example.com" in read_back[-1]
    assert "New: new.address@example.org" in read_back[-1]
    assert "is now new.address@example.org" in done[0]
    assert bank.ledger.customer(holder.urn).email == "new.address@example.org"
    assert len(writes(bank, holder)) == 1


def test_a_typed_yes_changes_the_mobile_and_ends_the_session(
    verified: Visitor, bank: Sandbox, holder: Holder
) -> None:
    verified.say("please update my mobile number")
    read_back = verified.say("it is 98765 43210")
    done = verified.say("yes", seconds=30)
    after = verified.say("balance")

    assert "New: +91 98765 43210" in read_back[-1]
    assert "is now +91 98765 43210" in done[0]
    assert bank.ledger.customer(holder.urn).mobile == "919876543210"
    assert "last four digits" in after[-1]


def test_no_changes_nothing(verified: Visitor, bank: Sandbox, holder: Holder) -> None:
    verified.say("change my email")
    verified.say("other@example.org")
    answers = verified.say("no")

    assert "Nothing was changed" in answers[0]
    assert writes(bank, holder) == []


def test_anything_but_a_clear_yes_asks_again(verified: Visitor, bank: Sandbox, holder: Holder) -> None:
    verified.say("change my email")
    verified.say("other@example.org")
    for unclear in ("yes but first tell me why", "hmm maybe", "what can you do?"):
        answers = verified.say(unclear)
        assert "Shall I change your e-mail address?" in answers[-1], answers

    assert writes(bank, holder) == []


def test_a_changed_mind_at_the_confirmation_shows_the_newer_value(
    verified: Visitor, bank: Sandbox, holder: Holder
) -> None:
    verified.say("change my email")
    verified.say("first@example.org")
    again = verified.say("sorry, second@example.org")
    verified.say("yes", seconds=30)

    assert "New: second@example.org" in again[-1]
    assert bank.ledger.customer(holder.urn).email == "second@example.org"


def test_a_value_that_is_none_gets_a_reason_and_another_try(verified: Visitor) -> None:
    verified.say("change my email")
    wrong = verified.say("asha at nowhere 12")
    verified.say("cancel")
    verified.say("change my mobile")
    short = verified.say("98765")

    assert any("at-sign is missing" in text for text in wrong)
    assert any("fewer than ten digits" in text for text in short)


def test_the_present_value_is_noticed(verified: Visitor, bank: Sandbox, holder: Holder) -> None:
    verified.say("change my email")
    answers = verified.say(holder.email)

    assert any("already the e-mail address" in text for text in answers)
    assert writes(bank, holder) == []


def test_the_value_given_before_verification_is_not_asked_for_again(
    visitor: Come, bank: Sandbox, holder: Holder
) -> None:
    guest = visitor()

    guest.say("change my email to early.bird@example.org")
    read_back = guest.details(holder.last_four, holder.slashed, holder.birthday)

    assert "New: early.bird@example.org" in read_back[-1]


@pytest.mark.parametrize("fault", ["drop_after_apply", "code=1054", "garbage", "wrong_key", "foreign_txn", "truncated"])
def test_a_write_whose_answer_is_lost_is_read_back_before_anything_is_told(
    verified: Visitor, bank: Sandbox, holder: Holder, fault: str
) -> None:
    verified.say("change my email")
    verified.say("lost.answer@example.org")
    bank.fault("update", fault, urn=holder.urn)
    told = verified.press("Yes, change it", seconds=30)

    changed = bank.ledger.customer(holder.urn).email == "lost.answer@example.org"
    if changed:
        assert "is now lost.answer@example.org" in told[0] or "being checked" in told[0]
    else:
        assert "is now" not in told[0]
    assert sum(1 for call in writes(bank, holder) if call.applied) <= 1


def test_a_write_that_takes_too_long_is_told_later(verified: Visitor, bank: Sandbox, holder: Holder) -> None:
    verified.say("change my email")
    verified.say("slow@example.org")
    bank.fault("update", "latency=9", urn=holder.urn)
    started = time.monotonic()
    told = verified.press("Yes, change it", seconds=30)
    took = time.monotonic() - started
    later = verified.wait_for("is now slow@example.org", 40)

    assert "being checked" in told[0]
    assert took < 9
    assert later
    assert bank.ledger.customer(holder.urn).email == "slow@example.org"


def test_a_record_that_comes_too_late_to_build_on_ends_the_change(
    verified: Visitor, bank: Sandbox, holder: Holder
) -> None:
    verified.say("change my email")
    verified.say("too.late@example.org")
    bank.fault("retrieve", "latency=8", urn=holder.urn)
    told = verified.press("Yes, change it", seconds=30)
    time.sleep(4)  # the bank's answer comes two seconds after the turn gave up

    assert "Nothing was changed" in told[0]
    assert writes(bank, holder) == []
    assert bank.ledger.customer(holder.urn).email == holder.email
    again = verified.press("Try again")
    assert "Which e-mail address" in again[-1]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("1009", "the bank does not make this change"), ("1237", "cannot make this change by itself"),
        ("1092", "does not accept this new value"), ("1306", "did not make the change"), ("1049", "did not make the change"),
    ],
)  # fmt: skip
def test_a_change_that_the_bank_refuses_is_explained_by_what_is_true(
    verified: Visitor, bank: Sandbox, holder: Holder, code: str, words: str
) -> None:
    verified.say("change my email")
    verified.say("refused@example.org")
    bank.fault("update", f"code={code}", urn=holder.urn)
    told = verified.press("Yes, change it", seconds=30)

    assert words in told[0]
    assert "your record is as it was" in told[0]
    assert bank.ledger.customer(holder.urn).email == holder.email
