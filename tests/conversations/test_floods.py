"""One visitor who floods the bot: kind refusals for them, everybody else is answered as ever, and then they are again."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.conversations.cardholders import new_holder
from tests.conversations.server import Server
from tests.conversations.stubborn import Stubborn, wait_until
from wibmo.sandbox import Sandbox

HELP = "I can tell you your balance"


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


def seconds_to_an_answer(guest: Stubborn) -> float:
    shown = guest.count(HELP)
    started = time.monotonic()
    guest.say_only("what can you do?")
    wait_until(lambda: guest.count(HELP) > shown)
    return time.monotonic() - started


def test_while_one_floods_the_others_are_answered(come: Callable[[], Stubborn]) -> None:
    flooder, others = come(), [come() for _ in range(3)]
    replies: list[tuple[int, str]] = []
    is_over = threading.Event()

    def flood() -> None:
        while not is_over.wait(0.01):
            reply = flooder.post({"type": "text", "text": "what can you do?"})
            replies.append((reply.status_code, reply.json().get("text", "")))

    idle = [seconds_to_an_answer(guest) for guest in others * 2]
    floods = [threading.Thread(target=flood) for _ in range(4)]
    for each in floods:
        each.start()
    busy = [seconds_to_an_answer(guest) for guest in others * 3]
    is_over.set()
    for each in floods:
        each.join()

    accepted = sum(status == 202 for status, _ in replies)
    words = {text for status, text in replies if status == 429}
    print(f"idle {statistics.median(idle):.2f} s, flooded {statistics.median(busy):.2f} s, of {len(replies)} taken {accepted}")
    assert {status for status, _ in replies} == {202, 429}
    assert all("One thing at a time" in text or "still working on your earlier messages" in text for text in words)
    assert accepted <= 20
    assert statistics.median(busy) < max(1.0, 4 * statistics.median(idle))
    wait_until(lambda: flooder.count(HELP) == accepted)


def test_more_than_ten_that_wait_are_refused_kindly_and_taken_when_there_is_room(
    come: Callable[[], Stubborn], bank: Sandbox
) -> None:
    holder = new_holder(bank)
    guest = come()
    guest.say("balance")
    bank.fault("verify", "latency=4", urn=holder.urn)
    guest.give(holder)

    late = {"id": uuid.uuid4().hex, "type": "text", "text": "what can you do?"}
    for _ in range(9):
        guest.say_only("what can you do?")
    refused = guest.http.post(f"{guest.url}/web/messages", json=late, timeout=20)
    guest.deliver(late)

    assert refused.status_code == 429
    assert "still working on your earlier messages" in refused.json()["text"]
    assert guest.has("₹1,02,345.50")
    assert guest.has(HELP, times=10)
