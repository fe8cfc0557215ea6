"""A database that another process has locked: no way past the guard, kind words, nothing lost, nothing false."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import Server
from tests.conversations.stubborn import Stubborn, wait_until
from wibmo.sandbox import Sandbox

BALANCE = "₹1,02,345.50"
LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


@contextmanager
def locked(server: Server) -> Iterator[None]:
    """Another process holds the one right to write for as long as the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOCK, str(server.var / "cardbot.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()


@pytest.fixture
def come(server: Server) -> Iterator[Callable[[], Stubborn]]:
    guests: list[Stubborn] = []

    def one() -> Stubborn:
        guests.append(Stubborn(server.url))
        guests[-1].open()
        return guests[-1]

    yield one
    for guest in guests:
        guest.close()


def verified(guest: Stubborn, holder: Holder) -> Stubborn:
    guest.say("balance")
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday)
    assert any(BALANCE in text for text in answers)
    return guest


def test_a_message_meanwhile_gets_kind_words_and_the_same_message_is_answered_afterwards(
    come: Callable[[], Stubborn], server: Server, bank: Sandbox
) -> None:
    guest = verified(come(), new_holder(bank))
    stranger = come()
    stranger.say("hello")
    message = {"id": uuid.uuid4().hex, "type": "text", "text": "balance"}

    with locked(server):
        started = time.monotonic()
        refused = guest.http.post(f"{server.url}/web/messages", json=message, timeout=30)
        took = time.monotonic() - started
        strange = stranger.http.post(f"{server.url}/web/messages", json=message, timeout=30)
        shown = guest.show_again()
    guest.deliver(message)
    stranger.deliver(message)

    assert [refused.status_code, strange.status_code] == [503, 503]
    assert "try again in a minute" in refused.json()["text"]
    assert took < 8
    assert any(BALANCE in text for text in shown)
    assert guest.has(BALANCE, times=2)
    assert stranger.has("last four digits")
    assert stranger.count("₹") == 0


def test_a_turn_that_was_under_way_is_answered_when_the_database_is_back(
    come: Callable[[], Stubborn], server: Server, bank: Sandbox
) -> None:
    holder = new_holder(bank)
    guest = come()
    guest.say("balance")
    bank.fault("verify", "latency=1", urn=holder.urn)

    guest.give(holder)
    wait_until(lambda: any(call.fields.get("last4Digits") == holder.last_four for call in bank.calls))
    with locked(server):
        time.sleep(7)

    # What was promised and could not be written down in time is told when the promise is a minute old.
    wait_until(lambda: guest.count(BALANCE) + guest.count("was interrupted"), seconds=80)
    asked = [call for call in bank.calls if call.fields.get("last4Digits") == holder.last_four]
    assert len(asked) == 1


def test_a_change_that_was_under_way_is_never_called_undone(
    come: Callable[[], Stubborn], server: Server, bank: Sandbox
) -> None:
    holder = new_holder(bank)
    guest = verified(come(), holder)
    guest.say("change my email")
    guest.say("locked.out@example.org")
    bank.fault("update", "latency=1", urn=holder.urn)

    guest.press_only("Yes, change it")
    wait_until(lambda: any(c.operation == "update" and c.fields.get("urn") == holder.urn for c in bank.calls))
    with locked(server):
        time.sleep(7)

    wait_until(lambda: guest.count("is being checked") + guest.count("is now locked.out@example.org"))
    assert guest.count("othing was changed") == 0
    assert [entry.new for entry in bank.ledger.history if entry.urn == holder.urn] == ["locked.out@example.org"]
