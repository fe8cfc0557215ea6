"""Proof by trial: whatever is killed, every message is answered once, in order, and nothing is done twice.

`make prove-delivery N=1000` (or `python tests/proofs/delivery.py N [SEED]`) lets N visitors of the web channel ask for
their balance and change their e-mail, while the server dies by kill -9 at a random moment within 2 s after it was
ready, again and again. Each message is delivered one to four times, the copies in random order. What the visitors
saw, what the database holds and what the pretend bank booked are compared at the end.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine.training import train  # noqa: E402  (after the path)
from tests.conversations.cardholders import Holder, new_holder  # noqa: E402
from tests.conversations.server import Server  # noqa: E402
from tests.conversations.stubborn import Stubborn  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402

AT_ONCE = 20
CHAT = ("what can you do?", "why do you need my date of birth?", "thank you")
# What the bot says last, and what the visitor does then; the first that fits counts.
ENDS = ("is now ", "is being checked", "did not make the change", "A person", "person is looking", "cannot check any details here")
SETTINGS = {"CARDBOT_RATE_PER_MINUTE": "1000", "CARDBOT_LOG_LEVEL": "WARNING"}


class Talker(Stubborn):
    """One visitor, who sends every message again up to three times, at a later moment."""

    def __init__(self, url: str, holder: Holder, rng: random.Random) -> None:
        super().__init__(url)
        self.holder = holder
        self.new = f"new.{holder.key}@example.org"
        self.details_sent = 0
        self._rng = rng
        self._shown_before = 0

    def talk(self) -> None:
        """Until the change is settled, or there is no way on."""
        self._open_whatever_happens()
        self.say_only("balance")
        for _ in range(40):
            last = self._answer_to_all()
            if any(end in last for end in ENDS):
                return
            self._go_on(last)
            for words in self._rng.sample(CHAT, self._rng.randrange(3)):
                self.say_only(words)
            for message in self._rng.sample(self.sent, min(len(self.sent), self._rng.randrange(4))):
                self.deliver(message, 600)

    def deliver(self, message: dict[str, object], seconds: float = 600.0) -> None:
        super().deliver(message, seconds)

    def _open_whatever_happens(self) -> None:
        while True:
            try:
                self.open()
                return
            except OSError:
                time.sleep(0.1)

    def _answer_to_all(self) -> str:
        """The last words of consequence, once nothing has come for a while."""
        seen = -1
        while seen != len(self.messages) or seen <= self._shown_before:
            seen = len(self.messages)
            time.sleep(1.0)
        chatter = ("I can tell you your balance", "I ask so that nobody", "welcome")
        return next((text for text in reversed(self.texts) if not any(part in text for part in chatter)), "")

    def _go_on(self, last: str) -> None:
        self._shown_before = len(self.messages)
        if "Shall I change" in last:
            self.press_only("Yes, change it")
        elif "last four digits" in last or "was interrupted" in last:
            self.details_sent += 1
            self.give(self.holder)
        elif "Which e-mail" in last:
            self.say_only(self.new)
        else:
            self.say_only("change my email")


class Killer(threading.Thread):
    """Starts the server, lets it live up to two seconds, kills it, and again, until it is told to stop."""

    def __init__(self, server: Server, rng: random.Random, longest: float = 2.0) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.kills = 0
        self.is_over = threading.Event()
        self._rng = rng
        self._longest = longest

    def run(self) -> None:
        while True:
            self.server.start(300)
            if self.is_over.wait(self._rng.uniform(0, self._longest)):
                return
            self.server.stop(signal.SIGKILL)
            self.kills += 1


def prove(visitors: int, seed: int, folder: Path, least_kills: int = 3, patience: float = 3600.0) -> Counter[str]:
    """Figures of one run; those whose names begin with "fault" must be 0."""
    rng = random.Random(seed)
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    with Sandbox() as bank:
        server = Server(folder, bank.url, model, SETTINGS)
        talkers = [_talker(server, bank, random.Random(rng.random())) for _ in range(visitors)]
        killer = Killer(server, random.Random(rng.random()))
        killer.start()
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            talks = [pool.submit(talker.talk) for talker in talkers]
            while not all(talk.done() for talk in talks) and time.monotonic() - began < patience:
                time.sleep(0.5)
                _tell(sum(talk.done() for talk in talks), visitors, killer.kills)
                # A slow machine needs longer lives than two seconds to get anywhere at all.
                if time.monotonic() - began > patience / 2 and killer.kills >= least_kills:
                    killer.is_over.set()
        while killer.kills < least_kills:
            time.sleep(0.1)
        killer.is_over.set()
        killer.join()
        _settle(server)
        figures = Counter({"kills": killer.kills, "visitors": visitors})
        figures["fault: talk without an end"] = sum(talk.exception() is not None for talk in talks)
        for talker in talkers:
            figures.update(judged(talker, bank))
            talker.close()
        server.stop()
        figures.update(kept(folder / "cardbot.db", talkers))
    return figures


def _talker(server: Server, bank: Sandbox, rng: random.Random) -> Talker:
    holder = new_holder(bank, rng)
    for operation in ("verify", "retrieve", "update"):
        if rng.random() < 0.5:
            bank.fault(operation, f"latency={rng.uniform(0.1, 1.5):.1f}", urn=holder.urn)
    if rng.random() < 0.3:
        bank.fault("update", rng.choice(["drop_after_apply", "garbage", "hang=3"]), urn=holder.urn)
    return Talker(server.url, holder, rng)


def _settle(server: Server) -> None:
    """Until nothing waits in the inbox, and what was shown last is no news any more."""
    quiet = 0
    while quiet < 5:
        with sqlite3.connect(f"file:{server.var / 'cardbot.db'}?mode=ro", uri=True) as database:
            (waiting,) = database.execute("SELECT count(*) FROM inbox WHERE state = 'waiting'").fetchone()
        database.close()
        quiet = 0 if waiting else quiet + 1
        time.sleep(0.5)


def judged(talker: Talker, bank: Sandbox) -> Counter[str]:
    """What one visitor saw against what the bank did."""
    holder = talker.holder
    effects = [entry.new for entry in bank.ledger.history if entry.urn == holder.urn]
    asked = sum(
        call.operation == "verify" and call.fields.get("last4Digits") == holder.last_four for call in bank.calls
    )
    positions = [message["id"] for message in talker.messages]
    return Counter(
        {
            "messages": len(talker.sent),
            "answers": len(talker.messages),
            "changes made": len(effects),
            "verifications": asked,
            "fault: effect twice": max(0, len(effects) - 1),
            "fault: bank asked twice for one message": max(0, asked - talker.details_sent),
            "fault: told done, was not": int(talker.count("is now ") > 0 and not effects),
            "fault: told not done, was": int(talker.count("did not make the change") > 0 and bool(effects)),
            "fault: answers out of order or doubled": int(positions != sorted(set(positions))),
        }
    )


def kept(database: Path, talkers: list[Talker]) -> Counter[str]:
    """What the database says of every message that was accepted."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as conn:
        rows = conn.execute(
            "SELECT i.conversation, i.id, i.message_id, i.state, min(o.position), max(o.position) FROM inbox i "
            "LEFT JOIN outbox o ON o.inbox_id = i.id WHERE i.message_id NOT LIKE 'promise-%' "
            "GROUP BY i.id ORDER BY i.conversation, i.id"
        ).fetchall()
    conn.close()
    known = {row[2].rpartition(":")[2] for row in rows}
    figures: Counter[str] = Counter()
    last: dict[str, int] = {}
    for conversation, _, _, state, first, end in rows:
        figures["fault: set aside"] += state == "aside"
        figures["fault: not answered"] += state == "waiting" or first is None
        figures["fault: answered out of order"] += first is not None and first < last.get(conversation, 0)
        last[conversation] = end or last.get(conversation, 0)
    figures["fault: lost"] = sum(message["id"] not in known for talker in talkers for message in talker.sent)
    return figures


def _tell(done: int, of: int, kills: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of} talks, {kills} kills", end="", file=sys.stderr, flush=True)


def main() -> int:
    given = [*sys.argv[1:], *([os.environ["N"]] if os.environ.get("N") and len(sys.argv) == 1 else [])]
    visitors = int(given[0]) if given else 1000
    seed = int(given[1]) if len(given) > 1 else random.randrange(10**6)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = prove(visitors, seed, Path(folder), patience=max(600.0, 30.0 * visitors))
    print(f"\nvisitors {visitors}, seed {seed}, {time.monotonic() - began:.0f} s")
    for name, number in sorted(figures.items()):
        print(f"  {name:<44}{number}")
    faults = sum(number for name, number in figures.items() if name.startswith("fault"))
    print(f"faults of every kind: {faults}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
