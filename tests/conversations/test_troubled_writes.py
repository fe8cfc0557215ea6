"""Each fault of the bank in each change of a cardholder: made once or not at all, and nothing told that is not so."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conversations.cardholders import Holder, new_holder
from tests.conversations.clocked import move
from tests.conversations.moved_clocks import ahead, bank, running
from tests.conversations.server import Server
from tests.conversations.visitor import Visitor
from wibmo.sandbox import Sandbox
from wibmo.sandbox.faults import KINDS

__all__ = ["ahead", "bank"]

# Kind, and whether the change takes effect where that is not as the kind itself has it.
FAULTS: list[tuple[str, bool | None]] = [
    ("latency=2", None), ("hang=30", False), ("hang=30", True), ("drop_before_apply", None), ("drop_after_apply", None),
    ("apply_later=45", None), ("truncated", None), ("wrong_key", None), ("html", None), ("garbage", None), ("clear", None),
    ("wrong_message_code", None), ("foreign_txn", None), ("other_customer", None), ("truncated", False), ("garbage", False),
    ("status=401", None), ("status=403", None), ("status=404", None), ("status=429", None), ("status=500", False),
    ("status=500", True), ("status=503", False), ("status=503", True), ("code=1052", False), ("code=1052", True),
    ("code=1054", False), ("code=1054", True), ("code=5000", True), ("code=4242", False), ("code=1034", None), ("code=1092", None),
    ("code=1237", None), ("code=1009", None), ("code=1049", None), ("code=1306", None), ("code=8007", None),
]  # fmt: skip
NEW = {"email": "new{:05}@example.org", "mobile": "98111{:05}"}
# Each fault meets one of the two changes in turn, and on CI both.
BOTH = bool(os.environ.get("CI"))
# The reconciler's schedule, in steps that pass each of its looks.
STEPS = (2, 8, 25, 35, 40, 100, 450, 40)

DONE, NOT_DONE, CHECKING, PERSON = "is now", "your record is as it was", "being checked", "a person is looking"


@dataclass
class Change:
    """One cardholder, one fault, and what they were told."""

    kind: str
    applied: bool | None
    what: str
    new: str
    holder: Holder
    guest: Visitor
    told: list[str] = field(default_factory=list)

    def carry_out(self, bank: Sandbox) -> None:
        guest, holder = self.guest, self.holder
        guest.say("balance", seconds=60)
        guest.details(holder.last_four, holder.slashed, holder.birthday, seconds=60)
        guest.say(f"change my {self.what}", seconds=60)
        guest.say(self.new, seconds=60)
        bank.fault("update", self.kind, urn=holder.urn, applied=self.applied)
        guest.press("Yes, change it", seconds=60)

    def hear(self) -> None:
        """Everything that was said of the change, oldest first."""
        said = (DONE, NOT_DONE, CHECKING, PERSON)
        self.told = [each for text in self.guest.texts for each in said if each in text]

    def faults(self, bank: Sandbox) -> list[str]:
        made = [entry for entry in bank.ledger.history if entry.urn == self.holder.urn]
        ids = {call.txn_id for call in bank.calls if call.operation == "update" and call.fields.get("urn") == self.holder.urn}
        found = []
        if len(made) > 1 or len(ids) != 1:
            found.append(f"made {len(made)} times, under {len(ids)} ids")
        if not self.told or self.told[-1] == CHECKING:
            found.append("the end was not told")
        if DONE in self.told and not made:
            found.append("a false done")
        if NOT_DONE in self.told and made:
            found.append("a false not done")
        return [f"{self.what}, {self.kind}, {self.applied}: {each}; told {self.told}" for each in found]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, bank: Sandbox, model: Path, ahead: Path) -> Iterator[Server]:
    # A bank that is silent is given up after three seconds here, so that the test need not wait for twenty.
    server = Server(tmp_path_factory.mktemp("var"), bank.url, model, {"CARDBOT_WIBMO_READ_TIMEOUT": "3"})
    with running(server, ahead) as started:
        yield started


def test_every_fault_is_among_those_that_are_tried() -> None:
    assert {kind.split("=")[0] for kind, _ in FAULTS} == set(KINDS)


@pytest.mark.timeout(300)
def test_each_fault_of_each_change_is_made_once_or_not_at_all_and_told_truly(
    server: Server, bank: Sandbox, ahead: Path
) -> None:
    changes = [
        Change(kind, applied, what, NEW[what].format(number), new_holder(bank), Visitor(server.url).open())
        for number, (kind, applied) in enumerate(FAULTS)
        for what in (NEW if BOTH else [list(NEW)[number % 2]])
    ]
    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(lambda each: each.carry_out(bank), changes))
    for step in STEPS:
        move(ahead, step)
        time.sleep(2.5)
    found = []
    for each in changes:
        each.guest.close()
        each.hear()
        found += each.faults(bank)

    assert found == []
    assert {each.told[-1] for each in changes} == {DONE, NOT_DONE, PERSON}
    assert server.command("journal").stdout.count("MANUAL") == sum(PERSON in each.told for each in changes)
