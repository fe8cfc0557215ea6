"""The same program on PostgreSQL: one process, two at once on one database, and one that dies in the middle of a turn."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import Server
from tests.conversations.stubborn import Stubborn, wait_until
from tests.guard.conftest import POSTGRES, answers
from wibmo.sandbox import Sandbox

BALANCE = "₹1,02,345.50"


class Alternating(Stubborn):
    """Speaks to another process at every message; reads its answers from the first."""

    def __init__(self, *urls: str) -> None:
        super().__init__(urls[0])
        self._urls = urls
        self._turns = 0

    def post(self, body: dict[str, Any]) -> Any:
        message = {"id": uuid.uuid4().hex, **body}
        self.sent.append(message)
        return self.http.post(f"{self._next()}/web/messages", json=message, timeout=20)

    def say_only(self, text: str) -> str:
        accepted = self.post({"type": "text", "text": text})
        assert accepted.status_code == 202
        return str(self.sent[-1]["id"])

    def _next(self) -> str:
        self._turns += 1
        return self._urls[self._turns % len(self._urls)]


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A schema of this module's own."""
    if not answers():
        if os.environ.get("CI"):
            pytest.fail("CI must test on PostgreSQL, and none answers")
        pytest.skip("no PostgreSQL answers on this machine")
    name = f"cardbot_test_{uuid.uuid4().hex}"
    engine = create_engine(POSTGRES, isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"CREATE SCHEMA {name}"))
    try:
        url = make_url(POSTGRES).update_query_dict({"options": f"-csearch_path={name}"})
        yield url.render_as_string(hide_password=False)
    finally:
        with engine.connect() as conn:
            conn.execute(text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
        engine.dispose()


@pytest.fixture(scope="module")
def servers(
    database_url: str, tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path
) -> Iterator[list[Server]]:
    settings = {
        "CARDBOT_DATABASE_URL": database_url,
        "CARDBOT_MASTER_SECRETS": "a master secret that two processes of one test share",
    }
    both = [Server(tmp_path_factory.mktemp("var"), bank.url, model, settings) for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(Server.start, both))
    yield both
    for server in both:
        server.stop()


def come(*servers: Server) -> Alternating:
    guest = Alternating(*(server.url for server in servers))
    guest.open()
    return guest


def whole_talk(guest: Stubborn, holder: Holder, bank: Sandbox) -> list[str]:
    """The balance and a change of e-mail; all that was answered, the cardholder's own values taken out."""
    said = guest.say("What is my balance?", quiet=1.0)
    said += guest.details(holder.last_four, holder.slashed, holder.birthday, quiet=1.0)
    said += guest.say("change my email", quiet=1.0)
    said += guest.say("other@example.org", quiet=1.0)
    said += guest.press("Yes, change it", quiet=1.0, seconds=30)
    assert bank.ledger.customer(holder.urn).email == "other@example.org"
    return [text.replace(holder.last_four, "LAST4") for text in said]


def test_two_processes_give_the_answers_of_one(servers: list[Server], bank: Sandbox) -> None:
    one = whole_talk(come(servers[0]), new_holder(bank), bank)
    two = whole_talk(come(*servers), new_holder(bank), bank)

    assert any(BALANCE in text for text in one)
    assert any("is now other@example.org" in text for text in one)
    assert two == one


def test_a_verification_at_one_counts_at_the_other(servers: list[Server], bank: Sandbox, holder: Holder) -> None:
    guest = come(*servers)
    guest.say("hello")
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)
    before = len(bank.calls)

    answers = [guest.say("is my card active?")[0] for _ in range(2)]

    assert all("is active" in text for text in answers)
    assert {call.operation for call in bank.calls[before:]} == {"retrieve"}


def test_messages_sent_in_a_row_to_both_are_answered_in_order(servers: list[Server]) -> None:
    guest = come(*servers)
    asked = ["what can you do?", "why do you need my date of birth?"] * 4

    for words in asked:
        guest.say_only(words)
    wait_until(lambda: len(guest.messages) >= len(asked), 30)

    parts = ["I can tell you your balance", "nobody else can see your balance"] * 4
    assert [part in text for part, text in zip(parts, guest.texts, strict=True)] == [True] * len(parts)


def test_one_delivery_at_both_at_the_same_moment_counts_once(servers: list[Server]) -> None:
    guest = come(*servers)
    message = {"id": uuid.uuid4().hex, "type": "text", "text": "what can you do?"}
    gate = threading.Barrier(6)
    statuses: list[int] = []

    def deliver(url: str) -> None:
        session = Stubborn(url).http
        session.cookies.update(guest.http.cookies)
        gate.wait()
        statuses.append(session.post(f"{url}/web/messages", json=message, timeout=20).status_code)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(deliver, [server.url for server in servers] * 3))
    guest.say("why do you need my date of birth?")

    assert statuses == [202] * 6
    assert guest.count("I can tell you your balance") == 1


def test_a_locked_database_is_answered_with_kind_words_and_loses_nothing(
    servers: list[Server], database_url: str, holder: Holder, bank: Sandbox
) -> None:
    guest = come(*servers)
    guest.say("balance")
    guest.details(holder.last_four, holder.slashed, holder.birthday)
    shown = guest.count(BALANCE)
    message = {"id": uuid.uuid4().hex, "type": "text", "text": "balance"}

    engine = create_engine(database_url)
    with engine.connect() as conn:
        conn.execute(text("LOCK TABLE inbox, sessions, tracker_events IN ACCESS EXCLUSIVE MODE"))
        started = time.monotonic()
        refused = guest.http.post(f"{guest.url}/web/messages", json=message, timeout=20)
        took = time.monotonic() - started
        conn.rollback()
    engine.dispose()
    guest.deliver(message)

    assert refused.status_code == 503
    assert "try again in a minute" in refused.json()["text"]
    assert took < 8
    assert guest.has(BALANCE, times=shown + 1)


def asked(bank: Sandbox, operation: str, **fields: str) -> int:
    ((name, value),) = fields.items()
    return sum(call.operation == operation and call.fields.get(name) == value for call in bank.calls)


def test_when_one_is_killed_in_a_turn_the_other_takes_over_within_the_lease(
    servers: list[Server], bank: Sandbox
) -> None:
    verifying, changing = (come(servers[0]) for _ in range(2))
    one, other = new_holder(bank), new_holder(bank)
    verifying.say("balance")
    changing.say("balance")
    changing.details(other.last_four, other.slashed, other.birthday)
    changing.say("change my email")
    changing.say("other@example.org")
    bank.fault("verify", "hang=10", urn=one.urn)
    bank.fault("update", "latency=3", urn=other.urn)
    verifying.give(one)
    changing.press_only("Yes, change it")
    wait_until(lambda: asked(bank, "verify", last4Digits=one.last_four) and asked(bank, "update", urn=other.urn))
    killed = time.monotonic()
    servers[0].stop(signal.SIGKILL)
    for guest in (verifying, changing):
        guest.url = servers[1].url

    assert verifying.has("was interrupted", 25)
    took = time.monotonic() - killed
    assert changing.has("It is being checked", 10)
    assert changing.has("is now other@example.org", 45)

    assert took < 22
    assert [entry.new for entry in bank.ledger.history if entry.urn == other.urn] == ["other@example.org"]
    assert asked(bank, "verify", last4Digits=one.last_four) == 1
    assert asked(bank, "update", urn=other.urn) == 1
