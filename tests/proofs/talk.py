"""Proof by trial: whatever is said in whatever order, nobody unverified is told anything, and every talk goes on.

`python tests/proofs/talk.py N [SEED]` takes N random walks of 25 turns in three languages: wishes, details right and
wrong, in pieces or on the secure card, the other way to prove who one is, yes and no, buttons old and new, rubbish,
silence past every expiry (the clock is ours), new contacts, help and cancel from wherever the walk is. Messages enter
through the edge in this process, without HTTP; the bank is the real sandbox over HTTP. An oracle that asks nobody who is
verified judges: it knows which details the walker gave, when, what the bank answered, and how long ago that was.
"""

from __future__ import annotations

import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from actions.services import build
from actions.settings import Settings
from tests.conversations.cardholders import new_holder
from tests.conversations.wording import Wording
from tests.proofs._walking import STOPPED, Line, Move, Oracle, Walker
from wibmo.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
TURNS = 25
# Failures everywhere count for ten minutes: a walk is not judged by what the walks before it did.
BETWEEN = 1200.0
# Within one walk: after an hour the engine begins a new session by itself.
LONGEST = 3300.0


class Clock:
    """The time, and what was added to it."""

    def __init__(self) -> None:
        self._time = time.time
        self.ahead = 0.0

    def __call__(self) -> float:
        return self._time() + self.ahead


class Errors(logging.Handler):
    """Everything that was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@dataclass
class Figures:
    """What was counted over all walks."""

    turns: Counter[str] = field(default_factory=Counter)
    said: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Cardbot:
    """A running Cardbot without a channel: messages go in at the edge, answers are read where a channel reads them."""

    def __init__(self, folder: Path, model: Path, bank: Sandbox, clock: Clock) -> None:
        from bot.gateway.runtime import Runtime

        settings = {
            "CARDBOT_PROFILE": "test",
            "CARDBOT_VAR": str(folder),
            "CARDBOT_WIBMO_BASE_URL": bank.url,
            "CARDBOT_RATE_PER_MINUTE": "10000",
            "CARDBOT_URN_PRINTED": "on the back of the card",
        }
        self.runtime = Runtime(build(Settings.from_env(settings), ROOT, clock=clock), model)
        self.runtime.start()
        self._wait(lambda: self.runtime.is_ready, 120)

    def say(self, walk: int, number: int, move: Move, after: int) -> tuple[list[Line], int]:
        """The answers to one message, and the position of the last line."""
        from bot.gateway.edge import Inbound

        conversation = f"web:walk{walk}"
        inbound = Inbound(
            conversation, f"walker{walk}", f"{conversation}:{number}", move.kind, move.text, move.fields,
            f"203.0.{walk // 250 % 250}.{walk % 250}",
        )  # fmt: skip
        self.runtime.edge.receive(inbound)
        self._wait(lambda: not self._is_waiting(conversation), 60)
        with self.runtime.services.storage.read() as conn:
            lines, sendings = self.runtime.after_in(conn, conversation, after)
        answers = [
            Line(
                sendings[line.position].answer.filled() if line.position in sendings else line.text,
                tuple((each["id"], each["title"]) for each in line.buttons),
            )
            for line in lines
            if line.who != "you"
        ]
        return answers, max((line.position for line in lines), default=after)

    def _is_waiting(self, conversation: str) -> bool:
        with self.runtime.services.storage.read() as conn:
            return self.runtime.inbox.first_in(conn, conversation) is not None

    def _wait(self, is_over: Callable[[], bool], seconds: float) -> None:
        until = time.monotonic() + seconds
        while not is_over():
            if time.monotonic() > until:
                raise RuntimeError("it does not answer")
            time.sleep(0.005)


class Walk:
    """One conversation of one new cardholder."""

    def __init__(self, cardbot: Cardbot, bank: Sandbox, clock: Clock, wording: Wording, number: int, seed: int) -> None:
        rng = random.Random(f"{seed}-{number}")
        holder = new_holder(bank, rng)
        self.oracle = Oracle(holder, bank, wording, clock)
        self._walker = Walker(rng, holder)
        self._cardbot, self._clock, self._number = cardbot, clock, number
        self._position = self._messages = 0
        self._told: list[str] = []
        self._yes_titles = {title for language in ("en", "hi", "hi-Latn") for title in wording.titles("affirm", language)}

    def run(self, figures: Figures) -> None:
        quiet = 0.0
        for _ in range(TURNS):
            quiet += (silence := self._walker.silence())
            self._clock.ahead += silence if quiet < LONGEST else 0.0
            move = self._walker.next()
            figures.said.update(self._turn(move))
            figures.turns[move.says.partition(" ")[0]] += 1
            chance = self._walker.rng.random()
            if chance < 0.15:
                figures.said.update(self._leads_back("help", ("utter_help",)))
            elif chance < 0.22:
                figures.said.update(self._leads_back("cancel", STOPPED))
        figures.said.update(self._leads_back("help", ("utter_help",)))
        figures.said.update(self._leads_back("cancel", STOPPED))
        figures.turns["disclosures"] += self.oracle.disclosures
        figures.problems += [f"walk {self._number}: {each}" for each in self.oracle.problems]

    def _turn(self, move: Move) -> list[str]:
        self.oracle.sent(move)
        self._messages += 1
        lines, self._position = self._cardbot.say(self._number, self._messages, move, self._position)
        self._walker.saw(lines)
        before = len(self.oracle.problems)
        said_yes = move.says == "yes" or move.says.removeprefix("button ") in self._yes_titles
        names = self.oracle.answered(move, lines, said_yes=said_yes)
        self._told.append(f"{move.says}: {move.text} {move.fields or ''} -> {names}")
        if len(self.oracle.problems) > before:
            self.oracle.problems[-1] += "\n      " + "\n      ".join(self._told[-6:])
        return names

    def _leads_back(self, what: str, wanted: Sequence[str]) -> list[str]:
        names = self._turn(self._walker.plain(what))
        if not set(names) & set(wanted):
            self.oracle.problems.append(f"no way back by {what}:\n      " + "\n      ".join(self._told[-6:]))
        return names


@contextmanager
def errors_logged() -> Iterator[Errors]:
    errors, root = Errors(), logging.getLogger()
    root.addHandler(errors)
    try:
        yield errors
    finally:
        root.removeHandler(errors)


def prove(walks: int, seed: int, folder: Path, clock: Clock, model: Path, *, between: float = 0.0) -> Figures:
    """Take the walks, one after the other; nothing that is wrong stops them."""
    figures, wording = Figures(), Wording(ROOT / "domain.yml")
    with errors_logged() as errors, Sandbox(clock=clock) as bank:
        cardbot = Cardbot(folder, model, bank, clock)
        try:
            for number in range(walks):
                Walk(cardbot, bank, clock, wording, number, seed).run(figures)
                clock.ahead = clock.ahead + between if between else 0.0
                if sys.stderr.isatty() or number % 50 == 49:
                    print(f"\r{number + 1} of {walks}, {len(figures.problems)} wrong", end="", file=sys.stderr, flush=True)
        finally:
            cardbot.runtime.stop()
    figures.problems += [f"logged: {line}" for line in errors.lines]
    return figures


def main() -> int:
    from bot import logs
    from bot.engine.training import train

    walks = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    clock, began = Clock(), time.monotonic()
    logs.configure("WARNING")
    model = train(ROOT, ROOT / "build" / "models" / "cardbot.tar.gz", lambda line: None)
    time.time = clock  # Rasa stamps its events with the time of the process
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        figures = prove(walks, seed, Path(folder), clock, model, between=BETWEEN)
    for problem in figures.problems[:40]:
        print("  WRONG ", problem)
    disclosures = figures.turns.pop("disclosures")
    print(f"\nwalks {walks} of {TURNS} turns, seed {seed}, {time.monotonic() - began:.0f} s")
    print("  moves      " + ", ".join(f"{name} {count}" for name, count in figures.turns.most_common()))
    print(f"  responses  {len(figures.said)} different ones; verified {figures.said['utter_verified']} times")
    print(f"  disclosures to verified cardholders          {disclosures}")
    print(f"  disclosures to anybody else, errors, dead ends, turns with none or two answers: {len(figures.problems)}")
    return 1 if figures.problems or not disclosures else 0


if __name__ == "__main__":
    sys.exit(main())
