"""Guesses: hung up on, restarted between, all at once, from ever new browsers, across a crash. The limits hold."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.clocked import move
from tests.conversations.hostile import asked, hang_up, newcomer, settled, visitor
from tests.conversations.moved_clocks import ahead, bank, running
from tests.conversations.server import Server
from tests.conversations.test_database_away import locked
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox

__all__ = ["ahead", "bank", "visitor"]

Come = Callable[[], Visitor]
FAILED = "do not match our record"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, ahead: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, {"CARDBOT_TRUSTED_PROXIES": "127.0.0.1"})
    with running(server, ahead) as started:
        yield started


def guess(holder: Holder, number: int) -> dict[str, str]:
    """Details that fit this cardholder but for the last four, another each time."""
    wrong = f"{(int(holder.last_four) + number) % 10_000:04}"
    return {"type": "details", "last_four": wrong, "card_expiry": holder.slashed, "date_of_birth": holder.birthday}


def test_five_guesses_hung_up_on_reach_the_bank_three_times(
    visitor: Come, server: Server, bank: Sandbox, holder: Holder
) -> None:
    guest, before = visitor(), asked(bank)
    bank.fault("verify", "latency=0.6", times=5)
    guest.say("balance")

    for number in range(1, 6):
        hang_up(guest, guess(holder, number), 0.3)
        hang_up(guest, {"type": "text", "text": "balance"}, 0.05)
    settled(server)
    bank.clear_faults()

    assert asked(bank) - before <= 3
    assert asked(bank) - before >= 1


@pytest.mark.parametrize("between", ["/restart", "start over", "goodbye", "/session_start", "log out", "cancel"])
def test_nothing_that_is_said_between_guesses_gives_more_of_them(
    visitor: Come, bank: Sandbox, holder: Holder, between: str
) -> None:
    guest, before = visitor(), asked(bank)

    for number in range(1, 5):
        guest.say("balance", quiet=0.3)
        guest.post(guess(holder, number))
        guest.say(between, quiet=0.3)

    assert asked(bank) - before <= 3


def test_a_new_session_between_guesses_gives_no_more_of_them(visitor: Callable[..., Visitor], bank: Sandbox, holder: Holder) -> None:
    first, before = visitor(), asked(bank)

    for number in range(1, 7):
        guest = visitor(device_of=first)
        guest.say("balance", quiet=0.3)
        guest.details(*list(guess(holder, number).values())[1:], quiet=0.3)

    assert asked(bank) - before <= 3


def test_fifty_guesses_at_once_reach_the_bank_three_times(
    visitor: Callable[..., Visitor], server: Server, bank: Sandbox, holder: Holder
) -> None:
    first, before = visitor(), asked(bank)
    guests = [first, *(visitor(device_of=first) for _ in range(9))]
    for guest in guests:
        guest.post({"type": "text", "text": "balance"})
    settled(server)

    with ThreadPoolExecutor(50) as crowd:
        statuses = list(crowd.map(lambda n: guests[n % 10].post(guess(holder, n + 1)).status_code, range(50)))
    settled(server)

    assert set(statuses) <= {202, 429, 503}  # 503: the token was replaced a moment ago
    assert asked(bank) - before <= 3


def test_a_sweep_from_ever_new_browsers_stops_at_five_cards(
    visitor: Come, server: Server, bank: Sandbox, holder: Holder
) -> None:
    before = asked(bank)

    for number in range(1, 9):
        guest = visitor()
        guest.say("balance", quiet=0.2)
        guest.details(*list(guess(holder, number).values())[1:], quiet=0.2)

    assert asked(bank) - before <= 5


def test_killing_the_program_between_guesses_gives_no_more_of_them(
    visitor: Come, server: Server, bank: Sandbox, holder: Holder
) -> None:
    guest, before = visitor(), asked(bank)
    for number in (1, 2):
        guest.say("balance", quiet=0.3)
        guest.details(*list(guess(holder, number).values())[1:], quiet=0.3)

    server.stop(signal.SIGKILL)
    server.start()
    closed = []
    for number in (3, 4, 5):
        closed = guest.say("balance", quiet=0.5)
        guest.details(*list(guess(holder, number).values())[1:], quiet=0.5)

    assert asked(bank) - before <= 3
    assert "until" in closed[0]


def test_neither_an_hour_nor_a_locked_database_gives_more_guesses_than_a_day_has(
    visitor: Callable[..., Visitor], server: Server, bank: Sandbox, holder: Holder, ahead: Path
) -> None:
    guest, before = visitor(), asked(bank)
    first, words = guest, ["/restart", "/session_start", "/back", "start over"]
    start, counted = bank.clock(), []

    for number in range(1, 13):
        guest.say("balance", quiet=0.2)
        if number % 4 == 2:
            with locked(server):
                refused = guest.post(guess(holder, number % 2 + 1))
            assert refused.status_code == 503
        guest.post(guess(holder, number % 2 + 1))
        guest.say(words[number % 4], quiet=0.2)
        if number % 3 == 0:
            counted.append(asked(bank) - before)
            move(ahead, 61 * 60)
            guest = visitor(device_of=first)

    assert counted[0] <= 3
    assert counted[-1] <= 5
    assert bank.clock() - start < 24 * 3600
    move(ahead, 25 * 3600)
    guest = visitor(device_of=first)
    guest.say("balance", quiet=0.2)
    guest.details(*list(guess(holder, 1).values())[1:], quiet=0.2)
    assert counted[-1] < asked(bank) - before <= 10


def test_every_kind_of_wrong_detail_gets_the_same_words(
    visitor: Come, server: Server, bank: Sandbox
) -> None:
    told = set()
    for code in ("1001", "1084", "1302", "1303", "1334", "1335", "1336", ""):
        holder, guest = new_holder(bank), newcomer(server, f"192.0.2.{secrets.randbelow(255)}")
        guest.say("balance", quiet=0.3)
        if code:
            bank.fault("verify", f"code={code}")
        wrong = guess(holder, 0 if code else 1)
        told.add(tuple(guest.details(*list(wrong.values())[1:])))
        guest.close()
        bank.clear_faults()

    assert len(told) == 1, told
    assert FAILED in next(iter(told))[0]
