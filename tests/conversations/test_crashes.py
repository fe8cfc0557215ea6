"""kill -9 at the worst moments, a new start on what is left, every message delivered again: nothing lost or done twice."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.server import Server
from tests.conversations.stubborn import Stubborn, wait_until
from wibmo.sandbox import Sandbox
from wibmo.sandbox.teller import Call

# News that no turn has told begin a turn of their own after half a minute.
NEWS_AFTER = 34.0
CHANGING = ("applied", "dropped", "unread", "done")


@dataclass
class Person:
    """A cardholder at the page."""

    guest: Stubborn
    holder: Holder


def calls(bank: Sandbox, operation: str, holder: Holder) -> list[Call]:
    mine = ("last4Digits", holder.last_four) if operation == "verify" else ("urn", holder.urn)
    return [call for call in bank.calls if call.operation == operation and call.fields.get(mine[0]) == mine[1]]


def verified(person: Person) -> None:
    guest, holder = person.guest, person.holder
    guest.say("balance", seconds=40)
    answers = guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=40)
    assert any("₹1,02,345.50" in text for text in answers), answers


def asked_to_confirm(person: Person) -> None:
    verified(person)
    person.guest.say("change my email", seconds=40)
    person.guest.say(f"new.{person.holder.key}@example.org", seconds=40)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model)
    server.start()
    yield server
    server.stop()


def come(site: Server, bank: Sandbox) -> Person:
    guest = Stubborn(site.url)
    guest.open()
    return Person(guest, new_holder(bank))


@pytest.fixture(scope="module")
def people(site: Server, bank: Sandbox) -> Iterator[dict[str, Person]]:
    """Each is at another point when the process is killed; then it starts again and all messages come once more."""
    everybody = {name: come(site, bank) for name in (*CHANGING, "waiting", "verifying", "promised", "reading")}
    with ThreadPoolExecutor(len(everybody)) as threads:
        list(threads.map(lambda name: asked_to_confirm(everybody[name]), CHANGING))
        list(threads.map(lambda name: verified(everybody[name]), ("waiting", "reading")))
    everybody["reading"].guest.say_only("balance")
    assert everybody["reading"].guest.has("₹1,02,345.50", times=2)
    _bring_to_the_brink(bank, everybody)
    site.stop(signal.SIGKILL)
    site.start()
    bank.clear_faults()
    for person in everybody.values():
        person.guest.deliver_again()
    yield everybody
    for person in everybody.values():
        person.guest.close()


def _bring_to_the_brink(bank: Sandbox, everybody: dict[str, Person]) -> None:
    promised, verifying = everybody["promised"], everybody["verifying"]
    for person in (promised, verifying):
        person.guest.say("balance", seconds=40)
    bank.fault("verify", "latency=15", urn=promised.holder.urn)
    promised.guest.give(promised.holder)
    assert promised.guest.has("taking longer than usual")

    bank.fault("verify", "hang=15", urn=verifying.holder.urn)
    verifying.guest.give(verifying.holder)
    waiting = everybody["waiting"]
    bank.fault("retrieve", "latency=4", urn=waiting.holder.urn)
    waiting.guest.say_only("balance")
    waiting.guest.say_only("what can you do?")
    waiting.guest.say_only("why do you need my date of birth?")
    everybody["done"].guest.press("Yes, change it", seconds=40)
    for name, fault in (("applied", "latency=4"), ("dropped", "hang=15"), ("unread", "drop_after_apply")):
        bank.fault("update", fault, urn=everybody[name].holder.urn)
        everybody[name].guest.press_only("Yes, change it")
        wait_until(lambda name=name: calls(bank, "update", everybody[name].holder))
    bank.fault("retrieve", "latency=6", urn=everybody["unread"].holder.urn)
    reads = len(calls(bank, "retrieve", everybody["unread"].holder))
    wait_until(lambda: len(calls(bank, "retrieve", everybody["unread"].holder)) > reads)
    wait_until(lambda: calls(bank, "verify", verifying.holder))


def test_messages_that_waited_are_answered_once_and_in_order(people: dict[str, Person]) -> None:
    guest = people["waiting"].guest

    assert guest.has("nobody else can see your balance")

    shown = [
        next(at for at, text in enumerate(guest.texts) if part in text)
        for part in ("last four digits", "I can tell you your balance", "nobody else can see your balance")
    ]
    assert shown == sorted(shown)
    assert guest.count("₹1,02,345.50") == 2
    assert guest.count("I can tell you your balance") == 1


def test_an_answer_that_was_not_acknowledged_is_shown_again_with_its_values(people: dict[str, Person]) -> None:
    assert any("₹1,02,345.50" in text for text in people["reading"].guest.show_again())


def test_a_killed_verification_is_not_asked_again_and_is_no_free_guess(
    people: dict[str, Person], bank: Sandbox
) -> None:
    guest, holder = people["verifying"].guest, people["verifying"].holder

    assert guest.has("was interrupted")
    asked_before = len(calls(bank, "verify", holder))
    guest.deliver_again()
    answers = []
    for year in range(1961, 1964):
        guest.say("balance")
        answers.append(guest.details(holder.last_four, holder.slashed, f"01-01-{year}")[-1])

    assert asked_before == 1
    assert len(calls(bank, "verify", holder)) == 3
    assert "do not match" in answers[0]
    assert "do not match" not in answers[2]
    assert not any("₹" in text for text in guest.texts)


def test_an_answer_that_was_promised_comes(people: dict[str, Person], bank: Sandbox) -> None:
    guest, holder = people["promised"].guest, people["promised"].holder

    assert guest.has("was interrupted")

    assert len(calls(bank, "verify", holder)) == 1
    assert guest.count("was interrupted") == 1


def history(bank: Sandbox, holder: Holder) -> list[str]:
    return [entry.new for entry in bank.ledger.history if entry.urn == holder.urn]


@pytest.mark.parametrize("name", ["applied", "unread", "done"])
def test_a_change_that_took_effect_is_read_back_and_told(people: dict[str, Person], bank: Sandbox, name: str) -> None:
    guest, holder = people[name].guest, people[name].holder

    assert guest.has(f"is now new.{holder.key}@example.org", 40)

    assert history(bank, holder) == [f"new.{holder.key}@example.org"]
    assert len(calls(bank, "update", holder)) == 1


def test_a_change_that_did_not_take_effect_is_not_called_done(people: dict[str, Person], bank: Sandbox) -> None:
    guest, holder = people["dropped"].guest, people["dropped"].holder

    assert guest.has("It is being checked")

    assert history(bank, holder) == []
    assert guest.count("is now") == 0
    assert len(calls(bank, "update", holder)) == 1


def test_the_stop_signal_ends_a_turn_within_its_time_and_loses_nothing(
    people: dict[str, Person], site: Server, bank: Sandbox
) -> None:
    slow, silent = come(site, bank), come(site, bank)
    for person in (slow, silent):
        person.guest.say("balance")
    bank.fault("verify", "latency=2", urn=slow.holder.urn)
    bank.fault("verify", "hang=30", urn=silent.holder.urn)
    for person in (slow, silent):
        person.guest.give(person.holder)
        wait_until(lambda person=person: calls(bank, "verify", person.holder))

    slow.guest.say_only("what can you do?")
    started = time.monotonic()
    code = site.stop()
    took = time.monotonic() - started
    site.start()
    for person in (slow, silent):
        person.guest.deliver_again()

    assert code == 0
    assert took < 15
    assert slow.guest.has("₹1,02,345.50")
    assert slow.guest.has("I can tell you your balance")
    assert silent.guest.has("was interrupted")
    assert [len(calls(bank, "verify", person.holder)) for person in (slow, silent)] == [1, 1]


@pytest.mark.parametrize("name", ["applied", "unread", "done"])
def test_a_change_is_called_done_once(people: dict[str, Person], name: str) -> None:
    guest, holder = people[name].guest, people[name].holder
    told = next(each for each in guest.messages if f"is now new.{holder.key}" in each["text"])
    wait_until(lambda: time.time() > datetime.fromisoformat(told["at"]).timestamp() + NEWS_AFTER, 40)

    assert guest.count(f"is now new.{holder.key}@example.org") == 1
