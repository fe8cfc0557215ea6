"""The same proof through the whole program: `cardbot serve` as a process, its real engine and database, real HTTP, the sandbox.

`python tests/proofs/guessing_http.py [SCALE] [SEED]`: at SCALE 1 one browser makes 200 guesses, hung up on, with restarts, log-outs,
new talks and kills in between; 500 browsers from 500 networks sweep the last four digits for one expiry and date of birth; 1,000
guesses fail on a victim's last four; and 50 messages come at the same moment. What the sandbox was asked is counted; its clock and
the program's are the same and are moved forwards by the hours that a guesser would wait. Everything is real but that clock.
"""

from __future__ import annotations

import random
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine.training import train  # noqa: E402  (after the path)
from tests.conversations.cardholders import Holder, new_holder  # noqa: E402
from tests.conversations.clocked import clock_of, move, program  # noqa: E402
from tests.conversations.hostile import cookie, hang_up, settled  # noqa: E402
from tests.conversations.server import Server  # noqa: E402
from tests.conversations.visitor import Visitor  # noqa: E402
from tests.proofs.guessing import most_within  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402

HOUR, DAY = 3600.0, 86_400.0
BETWEEN = ("/restart", "start over", "log out", "cancel", "/session_start", "goodbye", "new talk", "new talk", "")
SETTINGS = {
    "CARDBOT_TRUSTED_PROXIES": "127.0.0.1", "CARDBOT_RATE_PER_MINUTE": "1000", "CARDBOT_NEW_TALKS_PER_MINUTE": "1000",
    "CARDBOT_LOG_LEVEL": "WARNING",
}  # fmt: skip
Figure = tuple[str, object, bool]


@dataclass
class Place:
    """A running program, its bank, and the clock of both."""

    server: Server
    bank: Sandbox
    ahead: Path

    def asked(self, since: int = 0) -> list[float]:
        """When the bank was asked whether details fit, on the moved clock, behind the first `since` calls."""
        return [call.at for call in self.bank.calls[since:] if call.operation == "verify"]

    def wait(self, seconds: float) -> None:
        move(self.ahead, seconds)

    def kill(self) -> None:
        self.server.stop(signal.SIGKILL)
        self.server.start(600)


@contextmanager
def place(folder: Path, model: Path) -> Iterator[Place]:
    ahead = folder / "ahead"
    ahead.write_text("0")
    with Sandbox(clock=clock_of(ahead)) as bank:
        server = Server(folder / "var", bank.url, model, SETTINGS)
        server.program = program(ahead)
        try:
            server.start(600)
            yield Place(server, bank, ahead)
        finally:
            server.stop()


class Guesser(Visitor):
    """A browser that reads no answers: it writes and goes on."""

    def __init__(self, where: Place, address: str, device_of: Guesser | None = None) -> None:
        super().__init__(where.server.url)
        self.where, self.address = where, address
        self.http.headers["X-Forwarded-For"] = address
        if device_of is not None:
            self.http.cookies.set("cardbot_device", cookie(device_of, "cardbot_device"), path="/web")
        self.http.post(f"{self.url}/web/session", json={}, timeout=20).raise_for_status()

    def write(self, text: str) -> None:
        self.post({"type": "text", "text": text})

    def guess(self, last_four: str, holder: Holder, *, after: float | None = None) -> None:
        """Other details of this cardholder; `after` so many seconds the line is cut."""
        fields = {"last_four": last_four, "card_expiry": holder.slashed, "date_of_birth": holder.birthday}
        if after is None:
            self.post({"type": "details", **fields})
        else:
            hang_up(self, {"type": "details", **fields}, after)


def network() -> str:
    """An address in a network of its own."""
    return f"{secrets.choice(range(11, 126))}.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"


def wrong(holder: Holder, number: int) -> str:
    return f"{(int(holder.last_four) + 1 + number) % 10_000:04}"


def one_browser(where: Place, guesses: int, kills: int, rng: random.Random) -> list[Figure]:
    """First as fast as it goes, then over three days."""
    holders = [new_holder(where.bank, rng) for _ in range(guesses)]
    first = guest = Guesser(where, network())
    before, start = len(where.bank.calls), where.bank.clock()
    dying = set(rng.sample(range(guesses), kills))
    for number, holder in enumerate(holders):
        if number == guesses // 2:
            settled(where.server)
            early = len(where.asked(before))
        if number >= guesses // 2:
            where.wait(6 * DAY / guesses)  # three days in the second half
        guest.write("balance")
        if number in dying:
            where.kill()
        guest.guess(wrong(holder, number % 3), holder, after=rng.choice([None, 0.05, 0.2]))
        between = rng.choice(BETWEEN)
        if between == "new talk":
            guest = Guesser(where, first.address, first)
        elif between:
            guest.write(between)
    settled(where.server)
    calls = where.asked(before)
    return [
        (f"one browser, {guesses} guesses, {kills} kills: calls before the first wait is over (3)", early, early <= 3),
        ("one browser: most calls in any 24 hours of three days (5)", most_within(calls, DAY), most_within(calls, DAY) <= 5),
        ("one browser: calls in all (10 a month), and at least one", len(calls), 1 <= len(calls) <= 10),
        ("one browser: days that passed meanwhile", round((where.bank.clock() - start) / DAY, 1), True),
    ]


def sweep(where: Place, browsers: int, rng: random.Random) -> list[Figure]:
    """Each browser, from a network of its own, tries one last four with the same expiry and date of birth; a day later, again."""
    holder, before = new_holder(where.bank, rng), len(where.bank.calls)
    _crowd(where, browsers, holder)
    first = len(where.asked(before))
    where.wait(DAY + 60)
    _crowd(where, browsers // 10, holder, browsers)
    second = len(where.asked(before)) - first
    calls = [call for call in where.bank.calls[before:] if call.operation == "verify"]
    hits = sum(call.fields.get("last4Digits") == holder.last_four for call in calls)
    return [
        (f"{browsers} browsers, one expiry and date of birth: calls in 24 hours (5)", first, 1 <= first <= 5),
        (f"  and of {browsers // 10} more a day later (5)", second, 1 <= second <= 5),
        ("  accounts that were opened (0)", hits, hits == 0),
    ]


def _crowd(where: Place, browsers: int, holder: Holder, offset: int = 0) -> None:
    def one(number: int) -> None:
        guest = Guesser(where, network())
        guest.write("balance")
        guest.guess(wrong(holder, offset + number), holder)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(one, range(browsers)))
    settled(where.server, 300)


def hammered(where: Place, failures: int, rng: random.Random) -> list[Figure]:
    """A cardholder is known here; then everybody fails on that last four; then the cardholder comes again."""
    holder = new_holder(where.bank, rng)
    victim = Visitor(where.server.url)
    victim.http.headers["X-Forwarded-For"] = network()
    victim.open()
    victim.say("balance", seconds=60)
    known = "₹" in "".join(victim.details(holder.last_four, holder.slashed, holder.birthday, seconds=60))
    before = len(where.bank.calls)

    def fail(number: int) -> None:
        guest = Guesser(where, network())
        guest.write("balance")
        other = new_holder(where.bank, random.Random(number))
        guest.guess(holder.last_four, other)

    for _ in range(10):
        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(fail, range(failures // 10)))
        settled(where.server, 300)
        where.wait(1200)
    calls = len(where.asked(before))
    again = Visitor(where.server.url)
    again.http.headers["X-Forwarded-For"] = network()
    again.http.cookies.set("cardbot_device", cookie(victim, "cardbot_device"), path="/web")
    again.open()
    again.say("balance", seconds=60)
    told = again.details(holder.last_four, holder.slashed, holder.birthday, seconds=60)
    for each in (victim, again):
        each.close()
    return [
        (f"{failures} failures on the victim's last four: calls in 3 hours (30)", calls, 1 <= calls <= 30),
        ("  the victim, whom this browser belongs to, gets in at the first try", "₹" in "".join(told), known and "₹" in "".join(told)),
    ]


def all_at_once(where: Place, messages: int, rng: random.Random) -> list[Figure]:
    """Ten talks of one browser, as many messages at the same moment."""
    holder, address = new_holder(where.bank, rng), network()
    first = Guesser(where, address)
    guests = [first, *(Guesser(where, address, first) for _ in range(9))]
    for guest in guests:
        guest.write("balance")
    settled(where.server)
    before = len(where.bank.calls)
    with ThreadPoolExecutor(messages) as crowd:
        list(crowd.map(lambda number: guests[number % 10].guess(wrong(holder, number), holder), range(messages)))
    settled(where.server)
    calls = len(where.asked(before))
    return [(f"{messages} messages of one browser at the same moment: calls (3)", calls, 1 <= calls <= 3)]


def prove(folder: Path, model: Path, scale: float, seed: int) -> list[Figure]:
    """Everything, at this share of its full size."""
    rng = random.Random(seed)
    with place(folder, model) as where:
        return [
            *one_browser(where, round(200 * scale), max(1, round(5 * scale)), rng),
            *all_at_once(where, round(50 * max(scale, 0.2)), rng),
            *sweep(where, round(500 * scale), rng),
            *hammered(where, round(1000 * scale), rng),
        ]


def main() -> int:
    scale = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    with tempfile.TemporaryDirectory() as folder:
        figures = prove(Path(folder), model, scale, seed)
    took = timedelta(seconds=round(time.monotonic() - began))
    print(f"\nover HTTP, real process, engine, database and sandbox: scale {scale:g}, seed {seed}, {took}")
    for name, found, is_within in figures:
        print(f"  {name:<84}{found}{'' if is_within else '   NOT AS IT SHOULD BE'}")
    return 0 if all(is_within for _, _, is_within in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
