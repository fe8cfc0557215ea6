"""A bank that is away or talks nonsense: kind words within the time-out, the talk goes on, the log names the cause."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.conversations.cardholders import new_holder
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

Come = Callable[[], Visitor]
FAULTS = ["status=500", "status=503", "html", "garbage", "truncated", "wrong_key", "wrong_message_code", "foreign_txn", "drop_before_apply", "status=401", "code=1052"]  # fmt: skip


@pytest.mark.parametrize("operation", ["verify", "retrieve"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_answered_kindly(
    visitor: Come, server: Server, bank: Sandbox, operation: str, fault: str
) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")

    bank.fault(operation, fault, times=None)
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=30)
    bank.clear_faults()

    assert "not answering just now" in answers[-1]
    assert guest.say("what can you do?")
    assert holder.last_four not in server.log()


REQUESTS = ["balance", "is my card active?", "kyc status", "is online use switched on?", "show my profile", "change my email", "change my mobile number"]


@pytest.mark.parametrize("fault", ["garbage", "status=500", "truncated"])
def test_whatever_a_verified_cardholder_asks_of_a_bank_of_nonsense_is_answered_and_nothing_is_logged(
    visitor: Come, server: Server, bank: Sandbox, fault: str
) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)

    bank.fault("retrieve", fault, times=None)
    answers = [guest.say(request, seconds=30, quiet=0.3) for request in REQUESTS]
    bank.clear_faults()

    assert all(answers)
    for value in (holder.birthday, holder.urn, holder.email, holder.mobile, "1,02,345.50"):
        assert value not in server.log()
    assert guest.say("what can you do?")
    wait_until_asked_again(guest)


def wait_until_asked_again(guest: Visitor) -> None:
    """Cardbot stays away from a bank that failed several times in a row, for ten seconds."""
    guest.say("cancel")
    until = time.monotonic() + 30
    while not any("₹" in text for text in guest.say("balance", seconds=30, quiet=0.3)):
        assert time.monotonic() < until, "the bank is well, and is not asked"
        time.sleep(4)  # within the limit of messages a minute


def test_thirty_seconds_of_silence_are_answered_within_eight(visitor: Come, bank: Sandbox) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")

    bank.fault("verify", "latency=9")
    started = time.monotonic()
    first = guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=30)
    took = time.monotonic() - started
    later = guest.wait_for("₹1,02,345.50", 30)

    assert "taking longer than usual" in first[0]
    assert took < 9
    assert later


def test_a_bank_that_refuses_connections(visitor: Come, server: Server, bank: Sandbox) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")

    bank.stop()
    try:
        answers = guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=30)
    finally:
        bank.start()

    assert "not answering just now" in answers[-1]


@pytest.mark.parametrize(
    ("code", "words"),
    [("1009", "does not show its record"), ("1237", "cannot tell which record is yours"), ("1001", "no longer finds a record")],
)
def test_a_record_that_the_bank_refuses_is_explained_and_a_person_offered(
    visitor: Come, bank: Sandbox, code: str, words: str
) -> None:
    holder = new_holder(bank)
    guest = visitor()
    guest.say("balance")

    bank.fault("retrieve", f"code={code}", urn=holder.urn)
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=30)

    assert words in answers[-1]
    assert [each["title"] for each in guest.messages[-1]["buttons"]] == ["Talk to a person"]


def test_verification_that_is_refused_for_any_reason_is_told_in_one_text(visitor: Come, bank: Sandbox) -> None:
    heard = set()
    for code in ("1001", "1302", "1336", "1009", "1034"):
        holder = new_holder(bank)
        guest = visitor()
        guest.say("balance")
        bank.fault("verify", f"code={code}", urn=holder.urn)
        heard.add(tuple(guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=30)))

    assert len(heard) == 1
