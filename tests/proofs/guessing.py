"""Proof by trial: guessers get no further than the limits, and the victims of guessing still get in.

`make prove-guessing N=20` (or `python tests/proofs/guessing.py N [SEED]`) plays N guessers of 200 guesses each on an injected
clock, with turns that are given up, messages that come again, restarts and clocks that jump a day; then a sweep by 500 identities,
1,000 failures on the victim's last four, and 50 messages at the same moment. What would have reached the bank is counted.

Real here: the lockout, its rows and its transactions on SQLite. Modelled: everything before and behind it. Afterwards
`guessing_http.py` does the same to the whole program, and counts what the sandbox was asked.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from actions.guard.keys import Keys
from actions.guard.lockout import Lockout
from actions.guard.storage import Storage
from actions.settings import Secret

DAY = 86_400.0
BORN = date(1993, 7, 11)


class Guesser:
    """Calls of one or many identities that all fail, and when they reached the bank."""

    def __init__(self, url: str, start: float) -> None:
        self.url = url
        self.now = start
        self.calls: list[float] = []
        self.messages = 0
        self.restart()

    def restart(self) -> None:
        storage = Storage(self.url)
        storage.migrate()
        keys = Keys.of(storage, [Secret("a secret that this proof alone uses 1")])
        self.lockout = Lockout(storage, keys, lambda: self.now)

    def guess(
        self, identity: str, last_four: str, born: date = BORN, *, message: str = "", hang_up: bool = False
    ) -> bool:
        self.messages += 1
        admission = self.lockout.admit(
            f"web:{identity}", identity, message or f"m{self.messages}", last_four, "0827", born
        )
        if admission.allowed and admission.attempt is not None:
            self.calls.append(self.now)
            if not hang_up:
                self.lockout.failed(admission.attempt)
        return admission.allowed


def most_within(times: list[float], window: float) -> int:
    """The largest number of times in any window of this length."""
    return max((len([at for at in times if start <= at < start + window]) for start in times), default=0)


def one_identity(url: str, start: float, rng: random.Random) -> tuple[int, int, int]:
    """Calls before the first wait was over, most in a day, and all in a week of 200 guesses."""
    guesser = Guesser(url, start)
    name, message = f"guesser-{start}", ""
    for _ in range(200):
        again = rng.random() < 0.2
        message = message if again and message else f"{name}-{rng.random()}"
        guesser.guess(
            name, rng.choice(["8305", "8306"]), BORN + timedelta(rng.randrange(20_000)),
            message=message, hang_up=rng.random() < 0.5,
        )  # fmt: skip
        if rng.random() < 0.03:
            guesser.restart()
        jump = rng.choice([DAY, -DAY]) if rng.random() < 0.02 else 0.0
        guesser.now += rng.choice([0.0, 1.0, 60.0, 1800.0]) + jump
    opened = guesser.calls[0] + 15 * 60
    early = len([at for at in guesser.calls if at < opened and at >= guesser.calls[0]])
    return early, most_within(guesser.calls, DAY), len(guesser.calls)


def sweep(url: str, start: float) -> int:
    """Most calls within a day of 500 identities that try each its own last four with one date of birth."""
    guesser = Guesser(url, start)
    for n in range(500):
        guesser.guess(f"sweeper{n}", f"{n:04}", date(1980, 1, 1))
        guesser.now += 600
    return most_within(guesser.calls, DAY)


def hammer(url: str, start: float) -> tuple[int, bool, bool]:
    """Calls of 1,000 failures on the victim's last four; whether victim and a stranger get in afterwards."""
    guesser = Guesser(url, start)
    first = guesser.lockout.admit("web:victim", "victim", "first", "4711", "0130", date(1970, 2, 3))
    assert first.attempt is not None
    guesser.lockout.succeeded(first.attempt, "URN-OF-THE-VICTIM")
    for n in range(1000):
        guesser.guess(f"hammer{n}", "4711", date(1940, 1, 1) + timedelta(n * 20))
        guesser.now += 5
    calls = len(guesser.calls)
    victim = guesser.lockout.admit("web:victim", "victim", "again", "4711", "0130", date(1970, 2, 3))
    return calls, victim.allowed, guesser.guess("stranger", "4711", date(1999, 9, 9))


def all_at_once(url: str, start: float, threads: int = 50) -> int:
    """Calls of this many messages of one identity at the same moment."""
    guesser = Guesser(url, start)
    gate = threading.Barrier(threads)

    def guess(n: int) -> None:
        gate.wait()
        guesser.guess("crowd", "8305", message=f"crowd{n}")

    crowd = [threading.Thread(target=guess, args=(n,)) for n in range(threads)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    return len(guesser.calls)


def prove(runs: int, seed: int, folder: Path) -> list[tuple[str, object, bool]]:
    """What was counted, and whether it is within the limits."""
    start = 1_800_000_000.0

    def url(name: str) -> str:
        return f"sqlite:///{folder / f'{name}.db'}"

    guessers = []
    for n in range(runs):
        rng = random.Random(f"{seed}-{n}")
        guessers.append(one_identity(url("one"), start + n * 40 * DAY, rng))
        if sys.stderr.isatty():
            print(f"\r{n + 1} of {runs}", end="", file=sys.stderr)
    early, daily, all_calls = (max(each) for each in zip(*guessers, strict=True))
    swept = sweep(url("sweep"), start)
    hammered, victim, stranger = hammer(url("hammer"), start)
    crowd = all_at_once(url("crowd"), start)
    within: Callable[[int, int], bool] = lambda found, limit: found <= limit  # noqa: E731
    return [
        ("one identity: calls before the first wait is over (3)", early, within(early, 3)),
        ("one identity: most calls in a day (5)", daily, within(daily, 5)),
        ("one identity: most calls of 200 guesses (10 a month)", all_calls, within(all_calls, 10)),
        ("500 identities, one pair: most calls in a day (5)", swept, within(swept, 5)),
        ("1,000 failures on one last four: calls (10 an hour)", hammered, within(hammered, 20)),
        ("the trusted victim gets in at the first try", victim, victim),
        ("a stranger with that last four is asked for more", not stranger, not stranger),
        ("50 messages at once: calls (3)", crowd, within(crowd, 3)),
    ]


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    memory = Path("/dev/shm")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        figures = prove(runs, seed, Path(folder))
    print(f"\nat the lockout itself: guessers {runs}, seed {seed}, {time.monotonic() - began:.0f} s", flush=True)
    for name, found, is_within in figures:
        print(f"  {name:<56}{found}{'' if is_within else '   OVER THE LIMIT'}")
    over_http = subprocess.call([sys.executable, str(Path(__file__).with_name("guessing_http.py"))])
    return 0 if all(is_within for _, _, is_within in figures) and not over_http else 1


if __name__ == "__main__":
    sys.exit(main())
