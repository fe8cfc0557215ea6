"""Proof by trial: faulty writes are made once or not at all, and the cardholder hears nothing untrue.

`python tests/proofs/writes.py N [SEED]` makes N changes against a pretend bank, on an injected clock: it applies
or not, late, drops the line before or after, answers 1054 or garbage, refuses, cannot be reached, loses reads;
another hand changes the record; the process dies before or after any commit, or in the middle of a call. The bank's
own history is the judge. Then as many changes (2,000 at most) go over real HTTP to the sandbox: writes_http.py. In real time, with a
whole program: writes_in_time.py.
"""

from __future__ import annotations

import itertools
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from actions.guard.journal import InFlight, Journal, NoProposal
from actions.guard.journal_change import Change, State, Told
from actions.guard.keys import Keys
from actions.guard.reconcile import Answer, Sent
from actions.guard.reconciler import Reconciler
from actions.guard.storage import Storage
from actions.settings import Secret
from tests.proofs._trials import on_every_core, report

OLD, NEW, THIRD = "old@example.com", "new@example.com", "third@example.com"
ANSWERS = (
    "ok", "ok", "drop_before", "drop_after", "1054", "garbage", "business", "misconfigured", "not_sent",
)  # fmt: skip
NOT_DONE = {Told.REFUSED, Told.NOT_REACHED, Told.NOT_DONE}


class Died(BaseException):
    """The process was killed here."""


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Fault:
    """What the bank does with one copy."""

    answer: str = "ok"
    apply: bool = True
    delay: float = 0.0
    dies: str = ""


@dataclass
class PretendBank:
    """A record with a history, and a way of failing that was drawn beforehand."""

    clock: Clock
    faults: list[Fault]
    lost_reads: Iterator[bool]
    third_at: float | None = None
    value: str = OLD
    history: list[tuple[float, str, str]] = field(default_factory=list)
    waiting: list[tuple[float, str, str]] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    copies: list[tuple[bytes, str]] = field(default_factory=list)
    said_ok: bool = False

    def send(self, request: bytes, txn: str) -> Sent:
        fault = self.faults.pop(0) if self.faults else Fault()
        self._die(fault, "before")
        if fault.answer == "not_sent":
            return Sent(Answer.NOT_SENT)
        if fault.answer == "drop_before":
            self.clock.tick(8)
            raise TimeoutError
        self.copies.append((request, txn))
        is_new, self.clock.now = txn not in self.seen, self.clock.now + 0.1
        self.seen.add(txn)
        if not is_new:
            return Sent(Answer.DUPLICATE, "1054")
        refusal = {"business": Answer.REJECTED, "misconfigured": Answer.MISCONFIGURED}.get(fault.answer)
        if refusal:
            return Sent(refusal, "1034")
        if fault.apply:
            self.waiting.append((self.clock.now + fault.delay, request.decode(), txn))
        self._die(fault, "after")
        return self._answered(fault)

    def read(self, urn: str, kind: str) -> str | None:
        self.clock.tick(0.1)
        if next(self.lost_reads):
            raise ConnectionError
        self.settle()
        return self.value

    def settle(self) -> None:
        """Let everything happen whose time has come."""
        if self.third_at is not None and self.third_at <= self.clock.now:
            self.waiting.append((self.third_at, THIRD, "another hand"))
            self.third_at = None
        for at, value, txn in sorted(self.waiting):
            if at <= self.clock.now:
                self.waiting.remove((at, value, txn))
                if value != self.value:
                    self.history.append((at, value, txn))
                self.value = value

    def _answered(self, fault: Fault) -> Sent:
        if fault.answer == "drop_after":
            self.clock.tick(8)
            raise ConnectionResetError
        self.said_ok = self.said_ok or fault.answer == "ok"
        answers = {"ok": Answer.CONFIRMED, "1054": Answer.DUPLICATE, "garbage": Answer.UNKNOWN}
        return Sent(answers[fault.answer])

    def _die(self, fault: Fault, when: str) -> None:
        if fault.dies == when:
            fault.dies = ""
            raise Died


class MortalStorage(Storage):
    """A storage whose process dies before or after its n-th commit; what was said counts once committed."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.dies_at: dict[int, str] = {}
        self.commits = 0
        self.unsaid: list[tuple[str, Change]] = []
        self.said: list[tuple[str, Change]] = []

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        self.commits += 1
        dies = self.dies_at.get(self.commits, "")
        self.unsaid = []
        with super().begin() as conn:
            yield conn
            if dies == "before":
                raise Died
        self.said += self.unsaid
        self.unsaid = []
        if dies == "after":
            raise Died


@dataclass
class Trial:
    """One change from the question to the end, with everything that was drawn for it."""

    number: int
    rng: random.Random
    storage: MortalStorage
    keys: Keys
    told: list[tuple[float, Told]] = field(default_factory=list)
    tickets: int = 0
    refused_second: int = 0

    def __post_init__(self) -> None:
        rng = self.rng
        self.clock = Clock(1_800_000_000.0 + self.number * 100_000)
        self.talk, self.urn = f"web:{self.number}", f"URN{self.number}"
        reads_fail_until, share = rng.choice([(0, 0.0), (0, 0.0), (0, 0.4), (8, 0.2), (99, 1.0)])
        reads = (at < reads_fail_until or rng.random() < share for at in itertools.count())
        third = self.clock.now + rng.uniform(0, 900) if rng.random() < 0.1 else None
        faults = [self._fault() for _ in range(rng.randint(0, 4))]
        if rng.random() < 0.05:
            faults = [Fault("not_sent") for _ in range(rng.randint(1, 4))]
        self.bank = PretendBank(self.clock, faults, reads, third)
        self.start()
        kills = rng.choice([0, 0, 1, 1, 2, 3])
        self.storage.commits, self.storage.said = 0, []
        self.storage.dies_at = {rng.randint(1, 18): rng.choice(["before", "after"]) for _ in range(kills)}

    def _fault(self) -> Fault:
        return Fault(
            self.rng.choice(ANSWERS), self.rng.random() < 0.7, self.rng.choice([0.0, 0.0, self.rng.uniform(0, 90)]),
            self.rng.choice(["", "", "", "before", "after"]),
        )  # fmt: skip

    def start(self) -> None:
        """A new process on the same database."""
        self.journal = Journal(self.storage, self.keys, self.clock, self.rng.randbytes)
        self.worker = Reconciler(
            self.journal, self.bank, self.clock, self.clock.tick,
            tell=self._tell, ticket=self._ticket, closed=lambda conn, change: self._note("closed", change),
        )  # fmt: skip

    def run(self) -> list[str]:
        """Every fault found, in words."""
        self._survive(self._turn)
        for _ in range(200):
            change = self.row()
            if change is not None and not change.is_open and change.next_at is None:
                break
            self._another_tries()
            ahead = change.next_at if change is not None and change.next_at is not None else 0.0
            self.clock.now = ahead if ahead > self.clock.now else self.clock.now + 2
            self._survive(self._work)
        self.clock.tick(4000)
        self.bank.settle()
        self._survive(self._work)
        return self._verdict()

    def _survive(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Died:
            for _ in range(5):
                try:
                    self._restart()
                except Died:
                    continue
                break

    def _restart(self) -> None:
        self.clock.tick(self.rng.choice([0.5, 5, 40, 400]))
        self.start()
        if self.rng.random() < 0.5:
            self.worker.recover()
        self._turn()

    def _turn(self) -> None:
        """The yes, the first time or again."""
        change = self.journal.by_message(self.talk, "yes")
        if change is None:
            nonce = self.journal.propose(self.talk, self.urn, "email", OLD, NEW)
            change = self.journal.prepare(self.talk, "yes", nonce, NEW.encode(), f"T{self.number}-{nonce[:8]}")
        change = self.worker.carry_out(change, self.rng.choice([0.0, 2.0, 6.0]))
        # A turn may be given up, and then the news must come by themselves; but not one that has let go, since
        # the inbox hands its message out again until the turn is committed.
        if change.told is not Told.NOTHING or self.rng.random() < 0.9:
            self._say(self.journal.let_go(change.op_id).words)

    def _work(self) -> None:
        self.worker.run_due()
        for kind, change in self.storage.said:
            if kind == "told":
                self._say(change.words)
            self.tickets += kind == "ticket"
        self.storage.said = []

    def _another_tries(self) -> None:
        change = self.row()
        if change is None or not change.is_open or self.rng.random() > 0.05:
            return
        try:
            self.journal.propose(f"{self.talk}-b", self.urn, "email", OLD, THIRD)
        except InFlight:
            self.refused_second += 1
        except (Died, NoProposal):
            return

    def row(self) -> Change | None:
        return self.journal.by_message(self.talk, "yes")

    def _tell(self, conn: Connection, change: Change) -> None:
        self._note("told", change)

    def _ticket(self, conn: Connection, change: Change) -> None:
        self._note("ticket", change)

    def _note(self, kind: str, change: Change) -> None:
        self.storage.unsaid.append((kind, change))

    def _say(self, words: Told) -> None:
        self.told.append((self.clock.now, words))

    def _verdict(self) -> list[str]:
        change = self.row()
        if change is None:
            return [] if not self.bank.copies and not self.told else ["sent without a row"]
        done = [at for at, value, txn in self.bank.history if txn == change.txn]
        faults = []
        if len(done) > 1:
            faults.append("double effect")
        if len(set(self.bank.copies)) > 1 or len(self.bank.copies) > 3:
            faults.append("other bytes, or too many copies")
        if change.is_open or (change.state in (State.CONFLICT, State.MANUAL) and not self.tickets):
            faults.append(f"left in {change.state}")
        if change.state is State.CONFIRMED and not done:
            faults.append("confirmed without effect")
        if change.words in NOT_DONE and done:
            faults.append(f"{change.state} though it has effect")
        for at, words in self.told:
            if words is Told.UPDATED and not [each for each in done if each <= at]:
                faults.append("false done")
            if words in NOT_DONE and done:
                faults.append("false not done")
            if words is Told.ACCEPTED and not self.bank.said_ok:
                faults.append("false accepted")
        if not self.told or self.told[-1][1] is not change.words:
            faults.append("the cardholder does not know the end")
        return faults


def prove(numbers: range, seed: int, folder: Path) -> tuple[Counter[str], Counter[str]]:
    """How these changes ended, and the faults found."""
    logging.disable(logging.CRITICAL)
    storage = MortalStorage(f"sqlite:///{folder / f'writes-{numbers.start}.db'}")
    storage.migrate()
    keys = Keys([Secret("a secret that this proof alone uses 1")])
    ends: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    for number in numbers:
        trial = Trial(number, random.Random(f"{seed}-{number}"), storage, keys)
        found = trial.run()
        change = trial.row()
        ends[change.state.value if change else "nothing"] += 1
        ends["copies sent"] += len(trial.bank.copies)
        ends["second requests refused"] += trial.refused_second
        for each in found:
            faults[each] += 1
            print(f"run {number}: {each}; told {[words.value for _, words in trial.told]}", file=sys.stderr)
    storage.close()
    logging.disable(logging.NOTSET)
    return ends, faults


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    memory = Path("/dev/shm")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        ends, faults = on_every_core(prove, runs, 100, seed, Path(folder))
    print(f"\nruns {runs}, seed {seed}, {time.monotonic() - began:.0f} s")
    wrong = report(ends, faults)
    over_http = [sys.executable, str(Path(__file__).with_name("writes_http.py")), str(min(runs, 2000)), str(seed)]
    return 1 if subprocess.call(over_http) or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
