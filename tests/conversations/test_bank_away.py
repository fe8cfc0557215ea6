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
