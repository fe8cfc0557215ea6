"""News of a change that was settled after its turn: told by themselves, or at the next contact where the window is closed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.channels import platforms
from tests.conversations.channels.phones import WhatsAppPhone
from tests.conversations.channels.platforms import Platforms
from tests.conversations.clocked import move
from tests.conversations.hostile import rows
from tests.conversations.moved_clocks import ahead, bank, running
from tests.conversations.server import Server
from wibmo.sandbox import Sandbox

__all__ = ["ahead", "bank"]

DAY = 86_400.0


class Phone(WhatsAppPhone):
    """Answers of one turn leave one upon the other: no need to wait for long for another."""

    def wait(self) -> list[str]:
        found = self.api.wait(self.channel, self.address, self._read, quiet=0.4)
        self._read += len(found)
        return [call.text for call in found]


@pytest.fixture
def phone(server: Server, api: Platforms) -> Phone:
    return Phone(server.url, api)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, api: Platforms, ahead: Path
) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("news"), bank.url, model, platforms.settings(api.url))
    with running(server, ahead) as started:
        yield started


def begin_a_late_change(phone: Phone, holder: Holder, bank: Sandbox, new: str) -> str:
    """A change that the bank accepts and makes two minutes later; returns what was told in its turn."""
    phone.say("change my email")
    phone.say(f"{holder.last_four} {holder.slashed} {holder.birthday}")
    phone.say(new)
    bank.fault("update", "apply_later=120", urn=holder.urn)
    return phone.press("Yes, change it")[0]


def is_settled(server: Server, state: str) -> bool:
    return rows(server, "SELECT state FROM changes ORDER BY made_at DESC LIMIT 1") == [(state,)]


def wait_until_held_back(server: Server) -> None:
    """Until the news wait in the outbox for the cardholder to write."""
    until = time.monotonic() + 30
    while not rows(server, "SELECT 1 FROM outbox WHERE state = 'waiting' AND next_try > 1e11 AND conversation LIKE 'whatsapp:%'"):
        assert time.monotonic() < until, "no news are held back"
        time.sleep(0.1)


def test_news_come_by_themselves_while_the_window_is_open(
    phone: Phone, server: Server, bank: Sandbox, ahead: Path
) -> None:
    told = begin_a_late_change(phone, new_holder(bank), bank, "soon.enough@example.org")

    move(ahead, 130)
    news = phone.wait()

    assert "being checked" in told
    assert "I have news about the change you asked for" in news[0]
    assert "is now soon.enough@example.org" in news[1]
    assert is_settled(server, "CONFIRMED")


def test_news_wait_for_the_next_contact_once_the_window_is_closed(
    phone: Phone, server: Server, bank: Sandbox, ahead: Path
) -> None:
    begin_a_late_change(phone, new_holder(bank), bank, "next.time@example.org")
    before = len(phone.received)

    move(ahead, DAY + 60)
    wait_until_held_back(server)
    meanwhile = len(phone.received) - before
    answers = phone.say("hello")

    assert meanwhile == 0
    assert "I have news about the change you asked for" in answers[0]
    assert "is now next.time@example.org" in answers[1]
    assert "Hello!" in answers[2]
