"""How many accounts a patient guesser opens in a day, with each defence and without: a simulation, seeded and repeatable.

`make prove-skew N=1000000` (or `python tests/proofs/skew.py N [SEED]`) draws N cards whose birthdays and expiries are as
unevenly spread as those of real programmes are said to be, gives the guesser the issuer's own histogram of them, and counts
what the guesses open. What is assumed stands in `docs/guessing.md`, together with the table that this prints.

Real: the numbers of the lockout policy, which are imported, and in `main` the lockout itself, which takes every guess of the
guesser's first day. Modelled: the cards, the bank, the guesser. No limit on addresses is counted: phones have none.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from actions.guard.keys import Keys  # noqa: E402  (after the path)
from actions.guard.lockout import Lockout  # noqa: E402
from actions.guard.lockout_policy import DAY, MINUTE, Limits  # noqa: E402
from actions.guard.storage import Storage  # noqa: E402
from actions.settings import Secret  # noqa: E402

CARDS, SEED, IDENTITIES = 1_000_000, 1, 10_000
LIMITS = Limits()
LAST_FOURS, MONTHS, DAYS_OF_A_YEAR = 10_000, 60, 365
YOUNGEST, OLDEST, THIS_YEAR = 18, 80, 2026
# The spread that is assumed: shares of two favourite birthdays, ages around one, expiries that thin out backwards.
NEW_YEAR, MID_YEAR, PEAK_AGE, SPREAD_OF_AGES, MONTHS_SCALE = 0.12, 0.04, 32.0, 8.4, 14.0
UNLIMITED_A_DAY = 100  # guesses of one identity where nothing stops it: a million a day are 12 a second
A_MONTH = round(LIMITS.month / DAY)
NUMBERS_IN_USE = 1_000_000_000

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def skewed() -> tuple[Floats, Floats, Floats]:
    """How likely each age, day of the year and month of expiry (the newest first) is."""
    ages = np.arange(YOUNGEST, OLDEST)
    age = np.exp(-((ages - PEAK_AGE) ** 2) / (2 * SPREAD_OF_AGES**2))
    day = np.full(DAYS_OF_A_YEAR, (1 - NEW_YEAR - MID_YEAR) / DAYS_OF_A_YEAR)
    day[0] += NEW_YEAR
    day[181] += MID_YEAR
    month = np.exp(-np.arange(MONTHS) / MONTHS_SCALE)
    return age / age.sum(), day, month / month.sum()


def even() -> tuple[Floats, Floats, Floats]:
    """Every age, day and month alike."""
    return tuple(np.full(each, 1 / each) for each in (OLDEST - YOUNGEST, DAYS_OF_A_YEAR, MONTHS))  # type: ignore[return-value]


class Cards:
    """So many cards: each by the rank of its pair of expiry and date of birth (0 is the likeliest), its last four and its
    registered mobile. Cards that share pair and last four with another are left out: the bank answers 1336 there."""

    def __init__(self, count: int, shares: tuple[Floats, Floats, Floats], rng: np.random.Generator) -> None:
        age, day, month = (rng.choice(len(share), count, p=share) for share in shares)
        likely = np.multiply.outer(np.multiply.outer(shares[0], shares[1]).ravel(), shares[2]).ravel()
        self.by_rank = np.argsort(-likely, kind="stable")
        rank_of = np.empty_like(self.by_rank)
        rank_of[self.by_rank] = np.arange(len(self.by_rank))
        rank = rank_of[(age * DAYS_OF_A_YEAR + day) * MONTHS + month]
        last_four = rng.integers(0, LAST_FOURS, count)
        _, first, times = np.unique(rank * LAST_FOURS + last_four, return_index=True, return_counts=True)
        alone = first[times == 1]
        self.rank, self.last_four = rank[alone], last_four[alone]
        birthdays = np.argsort(-np.multiply.outer(shares[0], shares[1]).ravel(), kind="stable")
        self._rank_of_birthday = np.empty_like(birthdays)
        self._rank_of_birthday[birthdays] = np.arange(len(birthdays))
        self.mobile = rng.integers(0, NUMBERS_IN_USE, count)[alone]

    def guessed(self, a_pair: int) -> tuple[Ints, Ints]:
        """Day and place in the day of the guess that finds each card, when every day takes the likeliest pairs in turn and
        tries `a_pair` last fours of each, every day others; a card that is not found so has a place beyond any day's end."""
        if a_pair == LAST_FOURS:
            return np.zeros_like(self.rank), self.rank * LAST_FOURS + self.last_four
        offset = (self.last_four - self._first_last_four(self.rank, a_pair)) % LAST_FOURS
        day, number = np.divmod(offset, _groups(a_pair) * a_pair)
        return day, np.where(number < a_pair, self.rank * a_pair + number, np.iinfo(np.int64).max)

    def plan(self, budget: int, a_pair: int) -> list[tuple[int, int]]:
        """The guesses of the first day: pair and last four."""
        rank = np.repeat(np.arange(-(-budget // a_pair)), a_pair)
        last_four = (self._first_last_four(rank, a_pair) + np.tile(np.arange(a_pair), len(rank) // a_pair)) % LAST_FOURS
        return list(zip(self.by_rank[rank].tolist(), last_four.tolist(), strict=True))[:budget]

    def _first_last_four(self, rank: Ints, a_pair: int) -> Ints:
        """Where the guesses of a pair begin on the first day. The last fours of one date of birth stay below its limit and
        serve all of its expiries in turn, and other dates have others, so that no limit but the pair's binds."""
        pair, groups = self.by_rank[rank], _groups(a_pair)
        return (self._rank_of_birthday[pair // MONTHS] * groups + pair % MONTHS % groups) * a_pair


def _groups(a_pair: int) -> int:
    """How many pairs of one date of birth can have last fours of their own before that date is closed."""
    return (LIMITS.person_cards_a_day - 1) // a_pair


@dataclass(frozen=True)
class Row:
    """One defence: guesses that reach the bank, those that it says yes to, and accounts opened, on the first day and in
    the mean of a month."""

    name: str
    asked: tuple[float, float]
    yes: tuple[float, float]
    opened: tuple[float, float]


@dataclass(frozen=True)
class Defence:
    """`first_day` and `a_day`: the most guesses then; `a_pair`: the most last fours of one pair a day."""

    name: str
    first_day: int
    a_day: int
    a_pair: int
    possession: bool


def defences() -> list[Defence]:
    """What the policy's numbers leave to the guesser. Possession is shown by whoever holds a phone, so that a step-up does
    not stop their guesses; it stops what they open."""
    endless = IDENTITIES * UNLIMITED_A_DAY
    burst = IDENTITIES * LIMITS.identity_failures_a_day
    steady = IDENTITIES * LIMITS.identity_failures_a_month // A_MONTH
    unnoticed = int(LIMITS.guarded_failures * DAY / (10 * MINUTE))
    pair = LIMITS.pair_cards_a_day
    return [
        Defence("nothing", endless, endless, LAST_FOURS, False),
        Defence("possession alone", endless, endless, LAST_FOURS, True),
        Defence("limits of an identity alone", burst, steady, LAST_FOURS, False),
        Defence("every limit of the guard", min(burst, unnoticed), min(steady, unnoticed), pair, False),
        Defence("the guard with possession", burst, steady, LAST_FOURS, True),
    ]


def simulate(programme: Cards, rng: np.random.Generator) -> list[Row]:
    """Every defence against the guesser who makes the best of it.

    The limits nest (last fours within a pair, pairs within the day), so to take the best that is left is the best of all.
    """
    numbers = rng.integers(0, NUMBERS_IN_USE, IDENTITIES)
    return [row_of(programme, each, numbers) for each in defences()]


def row_of(programme: Cards, defence: Defence, numbers: Ints) -> Row:
    day, place = programme.guessed(defence.a_pair)
    if defence.a_pair == LAST_FOURS:  # one long sweep: where a day ends, the next goes on
        first, month = place < defence.first_day, place < defence.a_day * A_MONTH
    else:
        first, month = (day == 0) & (place < defence.first_day), (day < A_MONTH) & (place < defence.a_day)
    opens = programme.mobile == numbers[place % IDENTITIES] if defence.possession else np.ones_like(first)
    return Row(
        defence.name,
        (defence.first_day, defence.a_day),
        (int(first.sum()), month.sum() / A_MONTH),
        (int((first & opens).sum()), (month & opens).sum() / A_MONTH),
    )


def table(count: int, seed: int) -> str:
    """The table of `docs/guessing.md`, in Markdown."""
    lines = [
        "| birthdays and expiries | defence | guesses at the bank | the bank says yes | accounts opened |",
        "|---|---|---|---|---|",
    ]
    for name, shares in (("skewed", skewed()), ("even", even())):
        rng = np.random.default_rng(seed)
        for row in simulate(Cards(count, shares, rng), rng):
            both = (f"{_said(each[0])} / {_said(each[1])}" for each in (row.asked, row.yes, row.opened))
            lines.append(f"| {name} | {row.name} | {' | '.join(both)} |")
    return "\n".join(lines)


def _said(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:.1f}"


def chances(count: int) -> tuple[float, float]:
    """The chance of a guess with the likeliest pair, and with each of the likeliest hundred in the mean."""
    age, day, month = skewed()
    likely = np.multiply.outer(np.multiply.outer(age, day).ravel(), month).ravel()
    hit = 1 - np.exp(-np.sort(likely)[::-1] * count / LAST_FOURS)
    return float(hit[0]), float(hit[:100].mean())


def replay(plan: list[tuple[int, int]], folder: Path) -> tuple[Counter[str], int, int]:
    """The guesses of a day, evenly over its 24 hours, at the real lockout: why it refuses any, and then, of one more last
    four for each of the last hundred pairs, how many without possession and how many of those who hold a phone."""
    storage = Storage(f"sqlite:///{folder / 'skew.db'}")
    storage.migrate()
    clock = [1_800_000_000.0]
    lockout = Lockout(storage, Keys([Secret("a secret that this proof alone uses 1")]), lambda: clock[0])
    step = 10 * MINUTE / LIMITS.guarded_failures

    def refusal(identity: str, pair: int, last_four: int, *, possession: bool = False) -> str:
        month = pair % MONTHS
        expiry, born = f"{month % 12 + 1:02}{27 + month // 12}", date(THIS_YEAR - OLDEST, 1, 1) + timedelta(pair // MONTHS)
        admission = lockout.admit(
            f"whatsapp:{identity}", identity, f"m{clock[0]}", f"{last_four:04}", expiry, born, possession=possession
        )
        if admission.attempt is not None and admission.allowed:
            lockout.failed(admission.attempt)
        clock[0] += step
        return "" if admission.allowed else str(admission.reason)

    refused = Counter(refusal(f"i{at % IDENTITIES}", *guess) for at, guess in enumerate(plan))
    pairs = list(dict.fromkeys(pair for pair, _ in plan))[-100:]
    more = sum(not refusal(f"x{pair}", pair, 9_999) for pair in pairs)
    held = sum(not refusal(f"p{pair}", pair, 9_998, possession=True) for pair in pairs)
    storage.close()
    del refused[""]
    return refused, more, held


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CARDS
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else SEED
    began = time.monotonic()
    print(table(count, seed), flush=True)
    best, hundred = chances(count)
    guarded = next(each for each in defences() if each.a_pair == LIMITS.pair_cards_a_day)
    plan = Cards(1, skewed(), np.random.default_rng(seed)).plan(guarded.first_day, guarded.a_pair)
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        refused, more, held = replay(plan, Path(folder))
    print(f"\n{count:,} cards, seed {seed}, {time.monotonic() - began:.0f} s")
    print(f"  chance of a guess with the likeliest pair {best:.1%}, with the likeliest hundred {hundred:.1%}")
    print(f"  of the {len(plan):,} guesses of the first day the real lockout refuses {sum(refused.values())} {dict(refused) or ''}")
    print(f"  one more last four for 100 of these pairs: {more} admitted, {held} of those who hold a phone")
    return 0 if not refused and more == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
