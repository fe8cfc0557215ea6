"""Proof by trial: whatever is killed, on every channel each message is answered, in order, and nothing is done twice.

`make prove-delivery N=1000` (or `python tests/proofs/delivery.py N [SEED]`) lets N cardholders on the web, WhatsApp, Telegram
and Twilio ask questions, read their balance or change their e-mail, while the server dies by kill -9 at a random moment
within 2 s after it was ready, again and again. Each message is delivered one to four times, the copies in random order. The
platforms are real HTTP servers that note what they took; WhatsApp and Twilio report it, repeatedly and late, as in life.
An answer may reach a platform twice only where a kill fell between its acceptance and the record of it, one for each such kill.
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
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from bot.engine.training import train  # noqa: E402  (after the path)
from tests.conversations.cardholders import new_holder  # noqa: E402
from tests.conversations.channels import platforms  # noqa: E402
from tests.conversations.channels.phones import PHONES  # noqa: E402
from tests.conversations.server import Server  # noqa: E402
from tests.proofs._judging import Figures, Judge, Lives, kept  # noqa: E402
from tests.proofs._lines import Line, PhoneLine, WebLine  # noqa: E402
from tests.proofs._reporting import ReportingPlatforms  # noqa: E402
from tests.proofs._talks import BALANCE, CHAT, EMAIL, SMALL_TALK, Talk  # noqa: E402
from wibmo.sandbox import Sandbox  # noqa: E402

AT_ONCE = 24
LONGEST_LIFE = 2.0
SETTINGS = {
    "CARDBOT_RATE_PER_MINUTE": "1000",
    "CARDBOT_LOG_LEVEL": "WARNING",
    "CARDBOT_TRUSTED_PROXIES": "127.0.0.1",
    # Nobody's number is in the record of whom they ask about.
    **{f"CARDBOT_{channel.upper()}_POSSESSION": "off" for channel in ("web", *(phone.channel for phone in PHONES))},
}
WISHES = (EMAIL, CHAT, BALANCE, CHAT, CHAT)


class Killer(threading.Thread):
    """Starts the server, lets it live up to two seconds, kills it, and again, until it is told to stop."""

    def __init__(self, server: Server, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.lives = Lives()
        self.is_over = threading.Event()
        self.problem: Exception | None = None
        self._rng = rng

    def run(self) -> None:
        try:
            self._live_and_die()
        except (RuntimeError, OSError) as error:  # a server that does not come back ends the proof
            self.problem = error

    def _live_and_die(self) -> None:
        while True:
            self.lives.began.append(time.monotonic())
            self.server.start(300)
            if self.is_over.wait(self._rng.uniform(0, LONGEST_LIFE)):
                return
            self.server.stop(signal.SIGKILL)
            self.lives.kills += 1


def prove(cardholders: int, seed: int, folder: Path, least_kills: int = 3, patience: float = 3600.0) -> Figures:
    """Figures of one run; those whose names begin with "fault" must be 0."""
    rng = random.Random(seed)
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    with Sandbox() as bank, ReportingPlatforms(random.Random(rng.random())) as api:
        server = Server(folder, bank.url, model, {**platforms.settings(api.url), **SETTINGS})
        answers = _small_talk(server)
        talks = list(_talks(cardholders, server, bank, api, answers, rng))
        killer = Killer(server, random.Random(rng.random()))
        api.report_to(server.url)
        killer.start()
        failed = _hold(talks, killer, least_kills, patience)
        killer.is_over.set()
        killer.join()
        _settle(server)
        for talk in talks:
            talk.line.close()
        server.stop()
        api.end_reports()
        figures = Judge(talks, killer.lives, kept(folder / "cardbot.db")).all(bank, api)
    figures["reports of platforms"] = api.reports_taken
    figures["fault: talk without an end"] = len(failed)
    figures["fault: a platform's limits were broken"] = len(api.faults)
    for words in sorted(set(failed) | set(api.faults)):
        print(f"  {words}", file=sys.stderr)
    return figures


def _small_talk(server: Server) -> dict[str, str]:
    """What the bot answers when nobody dies."""
    server.start(300)
    line = WebLine(server.url, random.Random(0))
    line.open()
    found: dict[str, str] = {}
    for said in SMALL_TALK:
        heard = len(line.texts)
        line.say(said)
        while len(line.texts) == heard:
            time.sleep(0.05)
        found[said] = line.texts[-1]
    line.close()
    server.stop()
    if len(set(found.values())) < len(SMALL_TALK):
        raise RuntimeError("two questions of the small talk have the same answer")
    return found


def _talks(
    count: int, server: Server, bank: Sandbox, api: ReportingPlatforms, answers: dict[str, str], rng: random.Random
) -> Iterator[Talk]:
    for number in range(count):
        chance = random.Random(rng.random())
        kind = number % (len(PHONES) + 1)
        line: Line = PhoneLine(PHONES[kind - 1](server.url, api), api, chance) if kind else WebLine(server.url, chance)
        holder = new_holder(bank, chance)
        if chance.random() < 0.2:
            bank.fault(chance.choice(("verify", "retrieve", "update")), f"latency={chance.uniform(0.1, 1.5):.1f}", urn=holder.urn)
        if chance.random() < 0.1:
            bank.fault("update", chance.choice(["drop_after_apply", "garbage", "hang=3"]), urn=holder.urn)
        yield Talk(line, holder, WISHES[number // (len(PHONES) + 1) % len(WISHES)], answers)


def _hold(talks: Sequence[Talk], killer: Killer, least_kills: int, patience: float) -> list[str]:
    """Hold them all, some at once; returns what went wrong with those that came to no end."""
    began = told = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        held = [pool.submit(talk.hold) for talk in talks]
        while not all(each.done() for each in held) or killer.lives.kills < least_kills:
            time.sleep(0.2)
            if killer.problem:
                raise killer.problem
            if time.monotonic() - told > 20:
                told = time.monotonic()
                over = sum(each.done() for each in held)
                print(f"  {over} of {len(talks)} talks, {killer.lives.kills} kills, {told - began:.0f} s", file=sys.stderr, flush=True)
            if time.monotonic() - began > patience:  # a slow machine needs longer lives to get anywhere at all
                killer.is_over.set()
    return [str(error) or type(error).__name__ for error in map(Future.exception, held) if error]


def _settle(server: Server) -> None:
    """Until nothing waits in the inbox or the outbox, for a while."""
    quiet, until = 0, time.monotonic() + 120
    while quiet < 5 and time.monotonic() < until:
        with sqlite3.connect(f"file:{server.var / 'cardbot.db'}?mode=ro", uri=True) as database:
            (waiting,) = database.execute(
                "SELECT (SELECT count(*) FROM inbox WHERE state = 'waiting') + "
                "(SELECT count(*) FROM outbox WHERE state = 'waiting' AND conversation NOT LIKE 'web:%')"
            ).fetchone()
        database.close()
        quiet = 0 if waiting else quiet + 1
        time.sleep(0.5)


def main() -> int:
    given = [*sys.argv[1:], *([os.environ["N"]] if os.environ.get("N") and len(sys.argv) == 1 else [])]
    cardholders = int(given[0]) if given else 1000
    seed = int(given[1]) if len(given) > 1 else random.randrange(10**6)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        figures = prove(cardholders, seed, Path(folder), patience=max(600.0, 3.0 * cardholders))
    print(f"{cardholders} cardholders, seed {seed}, {time.monotonic() - began:.0f} s")
    for name, number in sorted(figures.items()):
        print(f"  {name:<52}{number}")
    faults = sum(number for name, number in figures.items() if name.startswith("fault"))
    print(f"faults of every kind: {faults}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
