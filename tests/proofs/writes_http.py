"""The same proof over real HTTP: the bot's client, its journal and its reconciler against the sandbox, on an injected clock.

`python tests/proofs/writes_http.py N [SEED]` makes N changes while the sandbox drops connections, answers garbage, codes and
statuses, applies late or not at all, refuses to listen, and loses reads; another hand changes the record, and the process
dies before or after any commit and around the sending. The sandbox's ledger is the judge.
"""

from __future__ import annotations

import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actions.contact_change import ContactChange, NotBegun
from actions.desk import Desk
from actions.guard.audit import Audit
from actions.guard.journal import Journal
from actions.guard.journal_change import Change, State, Told
from actions.guard.keys import Keys
from actions.guard.notices import Notices
from actions.guard.sessions import Sessions
from actions.news import News
from actions.settings import Secret
from tests.proofs._trials import on_every_core, report
from tests.proofs.writes import NOT_DONE, Clock, Died, MortalStorage
from wibmo import CardClient
from wibmo.answers import RawAnswer
from wibmo.sandbox import Sandbox
from wibmo.transport import HttpTransport

# Whether a change may take effect although it is spoilt so: None where the bank's word on that is definite.
OF_WRITES: dict[str, bool | None] = {
    "latency=0.01": None, "hang=1": True, "drop_before_apply": None, "drop_after_apply": None, "apply_later=": None,
    "truncated": True, "wrong_key": True, "html": True, "garbage": True, "clear": True, "wrong_message_code": True,
    "foreign_txn": True, "other_customer": None, "status=500": True, "status=503": True, "status=429": True,
    "code=1052": True, "code=1054": True, "code=5000": True, "code=4242": True, "status=401": None, "status=404": None,
    "code=1034": None, "code=1237": None, "code=1009": None, "code=8007": None, "code=1049": None,
}  # fmt: skip
OF_READS = ("drop_before_apply", "status=503", "code=1052", "code=1009", "garbage", "other_customer", "status=401")


class Line:
    """The way to the bank, on which a process can die and the bank can stop to listen."""

    def __init__(self, bank: Sandbox, clock: Clock) -> None:
        self._bank = bank
        self._http = HttpTransport(bank.config(read_timeout=0.4), monotonic=clock)
        self.writes: list[str] = []

    def send(self, verb: str, path: str, headers: Mapping[str, str], body: bytes, **how: Any) -> RawAnswer:
        happens = self.writes.pop(0) if verb == "PATCH" and self.writes else ""
        if happens == "dies before":
            raise Died
        if happens == "nobody listens":
            self._bank.stop()
        try:
            answer = self._http.send(verb, path, headers, body, **how)
        finally:
            if happens == "nobody listens":
                self._bank.start()
            if happens == "dies after":
                raise Died
        return answer

    def close(self) -> None:
        self._http.close()


@dataclass
class Office:
    """A bank and a database that the trials of one process share, one after the other."""

    folder: Path
    clock: Clock = field(default_factory=lambda: Clock(1_800_000_000.0))

    def __post_init__(self) -> None:
        self.bank = Sandbox(clock=self.clock)
        self.bank.start()
        self.storage = MortalStorage(f"sqlite:///{self.folder / f'http-{os.getpid()}.db'}")
        self.storage.migrate()
        self.keys = Keys([Secret("a secret that this proof alone uses 1")])
        self.line = Line(self.bank, self.clock)

    def close(self) -> None:
        self.line.close()
        self.bank.stop()
        self.storage.close()


class Trial:
    """One change from the question to the end, with everything that was drawn for it."""

    def __init__(self, number: int, rng: random.Random, office: Office) -> None:
        self.rng, self.office, self.clock = rng, office, office.clock
        self.talk, self.told = f"web:{number}", list[tuple[float, Told]]()
        self.clock.tick(100_000)
        self.new = f"new{number}@example.com"
        self.urn = f"8{number:010}"
        office.bank.add_person({
            "key": f"made-{number}", "name": ["Rohini", "Saxena"], "date_of_birth": "1990-05-17", "mobile": f"91{9_000_100_000 + number}",
            "email": f"old{number}@example.com",
            "cards": [{"urn": self.urn, "last_four": "4711", "expires": "+9m", "wallets": {"GPR Wallet": "1.00"}}],
        })  # fmt: skip
        self.start()

    def start(self) -> None:
        """A new process on the same database."""
        storage, keys, clock = self.office.storage, self.office.keys, self.clock
        audit = Audit(storage, keys, clock)
        news = News(storage)
        news.listen(self._heard)
        client = CardClient(
            self.office.bank.config(), transport=self.office.line, clock=clock, monotonic=clock, sleep=clock.tick,
            random_bytes=self.rng.randbytes,
        )  # fmt: skip
        self.journal = Journal(storage, keys, clock, self.rng.randbytes)
        sessions, desk = Sessions(storage, keys, audit, clock), Desk(storage, keys, audit, clock)

        def mobile_changed(conn: Connection, urn: str) -> None:
            sessions.end_for_urn_in(conn, urn, "mobile changed")

        notices = Notices(storage, keys, audit, clock)
        self.changes = ContactChange(client, self.journal, audit, desk, news, clock, mobile_changed, notices.owe_in, clock.tick)

    def run(self) -> list[str]:
        """Every fault found, in words."""
        storage = self.office.storage
        proposed = self.changes.propose(self.talk, self.urn, "email", self.new)
        assert proposed.nonce, proposed.problem
        with storage.begin() as conn:
            self.journal.shown_in(conn, self.talk)
        self._draw()
        self._survive(self._turn)
        for _ in range(200):
            change = self.row()
            if change is None or (not change.is_open and change.next_at is None):
                break
            ahead = change.next_at if change.next_at is not None else 0.0
            self.clock.now = ahead if ahead > self.clock.now else self.clock.now + 2
            self._survive(self._work)
        self.clock.tick(4000)
        storage.dies_at = {}
        self._work()
        self.office.bank.clear_faults()
        return self._verdict()

    def row(self) -> Change | None:
        return self.journal.by_message(self.talk, "yes")

    def _draw(self) -> None:
        """What goes wrong from now on."""
        rng, bank, storage = self.rng, self.office.bank, self.office.storage
        for _ in range(rng.randint(0, 3)):
            kind = rng.choice(list(OF_WRITES))
            applied = rng.random() < 0.6 if OF_WRITES[kind] else None
            bank.fault("update", kind + (f"{rng.uniform(1, 90):.1f}" if kind.endswith("r=") else ""), urn=self.urn, applied=applied)
        for _ in range(rng.choice([0, 0, 0, 0, 1, 2])):
            bank.fault("retrieve", rng.choice(OF_READS), urn=self.urn, times=rng.choice([1, 4, 9]))
        if rng.random() < 0.1:
            bank.ledger.change(self.urn, {"email": "third@example.com"}, "another hand", after=rng.uniform(0, 900))
        self.office.line.writes = [
            rng.choice(["", "", "", "", "dies before", "dies after", "nobody listens"]) for _ in range(rng.randint(0, 4))
        ]
        storage.commits, storage.said = 0, []
        storage.dies_at = {rng.randint(1, 18): rng.choice(["before", "after"]) for _ in range(rng.choice([0, 0, 1, 2]))}

    def _survive(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Died:
            for _ in range(6):
                try:
                    self._restart()
                except Died:
                    continue
                break

    def _restart(self) -> None:
        self.clock.tick(self.rng.choice([0.5, 5, 40]))
        self.start()
        if self.rng.random() < 0.5:
            self.changes.reconciler.recover()
        self._turn()

    def _turn(self) -> None:
        """The yes, the first time or again, from a turn that may be given up."""
        done = self.changes.carry_out(self.talk, self.urn, "yes", None, self.clock())
        if isinstance(done, NotBegun):
            return
        if self.rng.random() < 0.3:
            self.changes.so_far(self.talk, "yes")
        self.told.append((self.clock(), done.words))

    def _work(self) -> None:
        self.changes.reconciler.run_due()
        for _, op_id in self.office.storage.said:
            change = self.journal.change(str(op_id))
            assert change is not None
            self.told.append((self.clock(), change.words))
        self.office.storage.said = []

    def _heard(self, conn: Connection, conversation: str, intent: str, facts: Mapping[str, str]) -> None:
        self.office.storage.unsaid.append((intent, facts["change"]))  # type: ignore[arg-type]  # named, not held

    def _verdict(self) -> list[str]:
        bank, change = self.office.bank, self.row()
        seen = [call.txn_id for call in bank.calls if call.operation == "update" and call.fields.get("urn") == self.urn]
        if change is None:
            return ["sent without a row"] if seen or self.told else []
        done = [entry.at for entry in bank.ledger.history if entry.urn == self.urn and entry.txn_id == change.txn]
        faults = []
        if len(done) > 1:
            faults.append("double effect")
        if set(seen) - {change.txn} or len(seen) > 3:
            faults.append("another id, or too many copies")
        if change.is_open:
            faults.append(f"left in {change.state}")
        if change.state is State.CONFIRMED and not done:
            faults.append("confirmed without effect")
        for at, words in self.told:
            if words is Told.UPDATED and not [each for each in done if each <= at]:
                faults.append("false done")
            if words in NOT_DONE and done:
                faults.append("false not done")
        if not self.told or self.told[-1][1] is not change.words:
            faults.append("the cardholder does not know the end")
        return faults


def prove(numbers: range, seed: int, folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How these changes ended, and the faults found."""
    logging.disable(logging.CRITICAL)
    ends: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    office = Office(folder)
    for number in numbers:
        trial = Trial(number, random.Random(f"{seed}-{number}"), office)
        found = trial.run()
        change = trial.row()
        ends[change.state.value if change else "not begun"] += 1
        for each in found:
            faults[each] += 1
            told = [words.value for _, words in trial.told]
            print(f"run {number}: {each}; {change and change.state.value}; told {told}", file=sys.stderr)
    ends["copies that arrived"] = len([each for each in office.bank.calls if each.operation == "update"])
    office.close()
    logging.disable(logging.NOTSET)
    return ends, faults


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        ends, faults = on_every_core(prove, runs, 50, seed, Path(folder))
    print(f"\nover HTTP: runs {runs}, seed {seed}, {time.monotonic() - began:.0f} s")
    return report(ends, faults)


if __name__ == "__main__":
    sys.exit(main())
