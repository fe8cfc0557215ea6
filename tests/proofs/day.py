"""Proof by a day: 24 hours of traffic with a clock that runs ahead; memory stays flat, and nothing is kept longer than it may be.

`make prove-day N=300` (or `python tests/proofs/day.py N`) lets N cardholders come in every hour of a day. Each asks, proves who
they are, reads the balance, and some change their e-mail. Housekeeping runs as often as it would by that clock. Prints memory and
rows by the hour; then days pass, and what has to be gone must be gone. From noon on, memory may change by a tenth.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from sqlalchemy import func, select  # noqa: E402  (after the path)

from actions.guard.schema import metadata, outbox, vault  # noqa: E402
from bench.bank import Bank  # noqa: E402
from bot import logs  # noqa: E402
from bot.engine.training import train  # noqa: E402
from bot.gateway.housekeeping import DAY, Housekeeping  # noqa: E402
from bot.gateway.runtime import Runtime  # noqa: E402
from tests.proofs._seat import Clock, Seat, SqlTrackerStore, take_seat, tracker_events  # noqa: E402

HOUR, HOURS, NOON = 3600.0, 24, 12
TIDY_EVERY = 60.0
MAY_CHANGE = 0.10
# After so many days, these tables must be empty: message ids and answers, talks, trails.
GONE_AFTER = {
    9: ("inbox", "outbox", "buttons", "vault", "sessions", "web_sessions"),
    31: ("conversations", "transcript", "tracker_events"),
    400: ("audit", "changes", "notices"),
}


class Day:
    """A Cardbot whose clock this moves on, and everybody who comes to it."""

    def __init__(self, seat: Seat, people: list[dict[str, str]], per_hour: int) -> None:
        self._seat, self._people, self._per_hour = seat, people, per_hour
        self._chance = random.Random(7)
        self._runtime: Runtime = seat.runtimes[0]
        runtime, services = self._runtime, self._runtime.services
        store = SqlTrackerStore(services.storage.read, tracker_events)
        self._keeping = Housekeeping(services, runtime.inbox, runtime.outbox, runtime.buttons, runtime.receipts, store)
        self._tidied = seat.clock.now
        self.turns = 0
        self.unanswered = 0

    def hour(self) -> None:
        """One hour of visitors, evenly spread, and its sweep."""
        until = self._seat.clock.now + HOUR
        for _ in range(self._per_hour):
            self._visit(self._chance.choice(self._people))
            self._pass(HOUR / self._per_hour)
        self._seat.clock.now = until
        self._keeping.tidy()
        self._keeping.sweep()

    def later(self, days: int) -> None:
        self._seat.clock.now += days * DAY
        self._keeping.tidy()
        self._keeping.sweep()

    def rows(self) -> dict[str, int]:
        """How many rows each table has, and how many answers still hold their values."""
        with self._runtime.services.storage.read() as conn:
            found = {name: conn.execute(select(func.count()).select_from(table)).scalar_one() for name, table in metadata.tables.items()}
            full = conn.execute(select(func.count()).where(outbox.c.sealed != b"")).scalar_one()
        return {**found, "answers with values": full}

    def old_values(self) -> int:
        """Values in the vault that should be gone: the last tidying was a minute ago at most."""
        with self._runtime.services.storage.read() as conn:
            late = vault.c.expires < self._seat.clock.now - TIDY_EVERY
            return int(conn.execute(select(func.count()).where(late)).scalar_one())

    def _visit(self, person: dict[str, str]) -> None:
        conversation = f"web:{self._chance.getrandbits(128):032x}"
        guest = Seat(self._seat.clock, self._seat.runtimes, conversation)
        names = {"last_four": "last_four", "card_expiry": "expiry", "date_of_birth": "date_of_birth"}
        fields = {field: person[name] for field, name in names.items()}
        sends = [("text", "hello"), ("text", "what is my balance?"), ("details", ""), ("text", "is my card active?")]
        if self._chance.random() < 0.1:
            sends += [("text", "change my email"), ("text", f"n{self.turns}@example.org"), ("button", "Yes, change it")]
        for number, (kind, text) in enumerate(sends):
            said = guest.send({"number": number, "kind": kind, "text": text, "fields": fields if kind == "details" else {}})
            self.unanswered += not said
            self.turns += 1
            self._pass(2.0)
        self._runtime.shown({conversation: 1000})  # as a page tells of all that it has shown

    def _pass(self, seconds: float) -> None:
        self._seat.clock.now += seconds
        if self._seat.clock.now - self._tidied >= TIDY_EVERY:
            self._keeping.tidy()
            self._tidied = self._seat.clock.now


def resident_mb() -> float:
    """What this process holds in memory now."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def faults(day: Day) -> list[str]:
    """Play the day and what follows; what is wrong with it."""
    held, wrong = [], []
    for hour in range(1, HOURS + 1):
        day.hour()
        held.append(resident_mb())
        rows = day.rows()
        told = ", ".join(f"{name} {count}" for name, count in rows.items() if count)
        print(f"hour {hour:2}: {held[-1]:5.0f} MB, {day.turns} turns; {told}", flush=True)
        if late := day.old_values():
            wrong.append(f"hour {hour}: {late} values in the vault whose time is over")
    worst = max(abs(each / held[NOON - 1] - 1) for each in held[NOON:])
    print(f"memory from noon on: {held[NOON - 1]:.0f} MB, at most {worst:.1%} away from it")
    if worst > MAY_CHANGE:
        wrong.append("memory did not stay flat")
    if day.unanswered:
        wrong.append(f"{day.unanswered} messages had no answer")
    passed = 0
    for days, tables in GONE_AFTER.items():
        day.later(days - passed)
        passed, rows = days, day.rows()
        print(f"after {days} days: " + (", ".join(f"{name} {count}" for name, count in rows.items() if count) or "nothing"))
        wrong += [f"after {days} days {name} has {rows[name]} rows" for name in tables if rows[name]]
    return wrong


def main(per_hour: int = 300) -> int:
    logs.configure("ERROR")
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", print)
    clock = Clock(time.time())
    time.time = clock  # Rasa stamps its events with the time of the process
    with tempfile.TemporaryDirectory(prefix="cardbot-day-") as var:
        bank = Bank(Path(var) / "bank.log")  # in a process of its own: what it remembers is not Cardbot's
        try:
            bank.wait()
            seat = take_seat(Path(var), bank.url, model, clock, "ours")
            found = faults(Day(seat, bank.people, per_hour))
            seat.runtimes[0].stop()
        finally:
            bank.program.stop()
    print("\n".join(found or ["flat, and nothing kept too long"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
