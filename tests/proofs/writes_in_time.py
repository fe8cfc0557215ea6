"""The same proof once more in real time: a whole program, killed again and again, real HTTP, real delays, no clock that is moved.

`make prove-writes-in-time N=50` (or `python tests/proofs/writes_in_time.py N [SEED]`) brings N cardholders, ten at once, to the
question whether their e-mail shall be changed. Every update is spoilt in one of the ways of the sandbox (late by up to 90 seconds,
dropped before or after, nonsense, 1054, …), the ten say yes at the same moment, and up to four seconds later the program dies by
kill -9 and is started again. After twelve minutes at most, which the schedule of reads needs, what each was told is compared with
the sandbox's ledger. A run in which fewer than half of the changes reached the bank has proved nothing, and fails.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine.training import train  # noqa: E402  (after the path)
from tests.conversations.cardholders import Holder, new_holder  # noqa: E402
from tests.conversations.server import Server  # noqa: E402
from tests.conversations.stubborn import Stubborn  # noqa: E402
from tests.conversations.test_troubled_writes import CHECKING, DONE, NOT_DONE, PERSON  # noqa: E402
from tests.proofs.writes_http import OF_WRITES  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402

AT_ONCE, LONGEST_LIFE, LONGEST_LATE, PATIENCE = 10, 4.0, 90.0, 720.0
SETTINGS = {
    "CARDBOT_WIBMO_READ_TIMEOUT": "3", "CARDBOT_RATE_PER_MINUTE": "1000", "CARDBOT_NEW_TALKS_PER_MINUTE": "1000",
    "CARDBOT_LOG_LEVEL": "WARNING",
}  # fmt: skip


@dataclass
class Change:
    """One cardholder, one way in which the bank fails, and what they were told."""

    holder: Holder
    guest: Stubborn
    new: str
    kind: str
    applied: bool | None
    asked: bool = False
    told: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """As far as the question."""
        self.guest.open()
        self.guest.say("balance", seconds=120)
        self.guest.details(self.holder.last_four, self.holder.slashed, self.holder.birthday, seconds=120)
        self.guest.say(f"change my email to {self.new}", seconds=120)
        self.asked = self.guest.has("Shall I change", 60)

    def say_yes(self) -> None:
        """However often the line breaks; a proposal that has grown too old is no fault."""
        self.guest.press_only("Yes, change it")

    def hear(self) -> bool:
        """Whether the end is known: what was said of the change, oldest first."""
        self.told = [each for text in self.guest.texts for each in (DONE, NOT_DONE, CHECKING, PERSON) if each in text]
        return bool(self.told) and self.told[-1] != CHECKING

    def judged(self, bank: Sandbox) -> list[str]:
        urn = self.holder.urn
        made = [entry for entry in bank.ledger.history if entry.urn == urn]
        calls = [call for call in bank.calls if call.operation == "update" and call.fields.get("urn") == urn]
        if not calls and not made:
            return [] if DONE not in self.told else ["false done"]
        faults = ["double effect"] if len(made) > 1 else []
        faults += ["another id, or too many copies"] if len({call.txn_id for call in calls}) != 1 or len(calls) > 3 else []
        faults += ["false done"] if DONE in self.told and not made else []
        faults += ["false not done"] if NOT_DONE in self.told and made else []
        return faults if self.hear() else [*faults, "neither closed nor a ticket"]


def changes(server: Server, bank: Sandbox, count: int, rng: random.Random) -> list[Change]:
    """Every way of failing in turn."""
    made = []
    for number in range(count):
        kind = list(OF_WRITES)[number % len(OF_WRITES)]
        applied = rng.random() < 0.6 if OF_WRITES[kind] else None
        late = f"{rng.uniform(1, LONGEST_LATE):.0f}" if kind.endswith("r=") else ""
        made.append(Change(new_holder(bank, rng), Stubborn(server.url), f"in.time{number}@example.org", kind + late, applied))
    return made


def play(wave: list[Change], server: Server, bank: Sandbox, rng: random.Random) -> None:
    """To the question, then yes, all at the same moment, and a moment later the program dies; a question lasts two minutes."""
    with ThreadPoolExecutor(len(wave)) as crowd:
        list(crowd.map(Change.ask, wave))
        asked = [each for each in wave if each.asked]
        for each in asked:
            bank.fault("update", each.kind, urn=each.holder.urn, applied=each.applied)
        saying = [crowd.submit(each.say_yes) for each in asked]
        time.sleep(rng.uniform(0.1, LONGEST_LIFE))
        server.stop(signal.SIGKILL)
        server.start(600)
        for each_yes in saying:
            each_yes.result()


def prove(folder: Path, model: Path, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Figures, and what should not be."""
    rng = random.Random(seed)
    with Sandbox() as bank:
        server = Server(folder, bank.url, model, SETTINGS)
        try:
            server.start(600)
            everybody = changes(server, bank, count, rng)
            for at in range(0, count, AT_ONCE):
                play(everybody[at : at + AT_ONCE], server, bank, rng)
            asked = [each for each in everybody if each.asked]
            figures, faults = _wait_and_judge(asked, bank)
            figures["never came to the question"] = count - len(asked)
            figures["kills"] = -(-count // AT_ONCE)
            for each in everybody:
                each.guest.close()
        finally:
            server.stop()
    return figures, faults


def _wait_and_judge(asked: list[Change], bank: Sandbox) -> tuple[Counter[str], list[str]]:
    began = time.monotonic()
    reached = {str(call.fields.get("urn")) for call in bank.calls if call.operation == "update"}
    open_ones = [each for each in asked if each.holder.urn in reached]
    while time.monotonic() - began < PATIENCE and not all(each.hear() for each in open_ones):
        time.sleep(5)
    figures: Counter[str] = Counter()
    faults = []
    for each in asked:
        found = each.judged(bank)
        faults += [f"{fault}: {each.kind} {each.applied}, told {each.told}" for fault in found]
        figures[f"told at last: {each.told[-1] if each.told else 'nothing of a change'}"] += 1
    figures["changes that reached the bank"] = len({call.txn_id for call in bank.calls if call.operation == "update"})
    figures["copies that arrived"] = sum(call.operation == "update" for call in bank.calls)
    figures["seconds until the last was known"] = round(time.monotonic() - began)
    return figures, faults


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    with tempfile.TemporaryDirectory() as folder:
        figures, faults = prove(Path(folder), model, count, seed)
    print(f"in real time: {count} changes, seed {seed}, {time.monotonic() - began:.0f} s")
    for name, number in sorted(figures.items()):
        print(f"  {name:<44}{number}")
    for name in ("false done", "false not done", "double effect", "neither closed nor a ticket"):
        print(f"  {name:<44}{sum(fault.startswith(name) for fault in faults)}")
    print("\n".join(faults) or "faults of every kind: 0")
    if 2 * figures["changes that reached the bank"] < count:
        print("too few changes reached the bank: this run proves nothing")
        return 1
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
