"""Whole talks about the balance: typed, in pieces, at once, through the secure card, wrong first."""

from __future__ import annotations

from collections.abc import Callable

from tests.conversations.cardholders import Holder
from tests.conversations.visitor import Visitor

Come = Callable[[], Visitor]


def balance_in(texts: list[str]) -> bool:
    return any("₹1,02,345.50" in text and "GPR Wallet (default): ₹1,00,000.00" in text for text in texts)


def test_the_secure_card_leads_to_the_balance_that_was_asked_for(visitor: Come, holder: Holder) -> None:
    guest = visitor()

    asked = guest.say("What is my balance?")
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday)

    assert "last four digits" in asked[-1]
    assert guest.messages[0]["card"] or guest.messages[-4]["card"]
    assert balance_in(answers)
    assert any(holder.last_four in text and "Meal Wallet: ₹2,345.50" in text for text in answers)


def test_details_spread_over_several_turns(visitor: Come, holder: Holder) -> None:
    guest = visitor()

    guest.say("balance please")
    second = guest.say(f"my card ends with {holder.last_four}")
    third = guest.say(f"{holder.slashed}")
    answers = guest.say(f"I was born on {holder.born.day} {holder.born:%B} {holder.born.year}")

    assert "expiry" in second[-1]
    assert "date of birth" in third[-1]
    assert balance_in(answers)


def test_all_details_in_one_message(visitor: Come, holder: Holder) -> None:
    guest = visitor()

    guest.say("how much money is on my card")
    answers = guest.say(f"{holder.last_four}, {holder.slashed}, {holder.birthday}")

    assert balance_in(answers)


def test_details_that_came_with_the_question_are_not_asked_for_again(visitor: Come, holder: Holder) -> None:
    guest = visitor()

    answers = guest.say(
        f"what is my balance, card ending {holder.last_four} expiry {holder.slashed} dob {holder.birthday}"
    )

    assert balance_in(answers)


def test_every_detail_wrong_first(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("check balance")

    short = guest.details("12", "13/99", "31-02-1990")
    refused = guest.details(str(10000 - int(holder.last_four))[-4:].zfill(4), holder.slashed, holder.birthday)
    again = guest.press("Try again")
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday)

    assert any("four digits" in text for text in short)
    assert any("month of an expiry goes from 01 to 12" in text for text in short)
    assert any("does not have such a day" in text for text in short)
    assert "do not match" in refused[-1]
    assert "last four digits" in again[-1]
    assert balance_in(answers)


def test_a_question_in_between_is_answered_and_the_form_goes_on(visitor: Come, holder: Holder) -> None:
    guest = visitor()

    guest.say("balance")
    why = guest.say("why do you need my date of birth?")
    guest.say(holder.last_four)
    help_ = guest.say("what can you do?")
    answers = guest.say(f"{holder.slashed} {holder.birthday}")

    assert "nobody else can see your balance" in why[0]
    assert "last four digits" in why[-1]
    assert "I can tell you your balance" in help_[0]
    assert balance_in(answers)


def test_cancel_leaves_the_form(visitor: Come, holder: Holder) -> None:
    guest = visitor()

    guest.say("balance")
    left = guest.say("cancel")
    after = guest.say(f"{holder.last_four} {holder.slashed} {holder.birthday}")

    assert "stopped that" in left[0]
    assert not balance_in(after)


def test_a_second_question_needs_no_second_verification(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)

    status = guest.say("is my card active?")
    profile = guest.say("which email do you have for me?")

    assert any(f"Card ending {holder.last_four} is active" in text for text in status)
    assert any("pe***@example.com" in text for text in profile)


def test_a_whole_card_number_is_destroyed_and_advice_given(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("balance")

    warned = guest.say("4111 1111 1111 1111")
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday)

    assert any("never send a full card number" in text for text in warned)
    assert balance_in(answers)


def test_goodbye_closes_the_access(visitor: Come, holder: Holder) -> None:
    guest = visitor()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)

    guest.say("goodbye")
    after = guest.say("balance")

    assert not balance_in(after)
    assert "last four digits" in after[-1]
