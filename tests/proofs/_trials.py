"""What the proofs by many trials share: trials on every core with progress, and the figures at the end."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

# Figures of how trials ended, and the faults found, by name.
Outcome = tuple[Counter[str], Counter[str]]


def on_every_core(prove: Callable[[range, int, Path], Outcome], runs: int, a_part: int, seed: int, folder: Path) -> Outcome:
    """`prove` for parts of the runs at once; their figures together."""
    ends: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    parts = [range(start, min(start + a_part, runs)) for start in range(0, runs, a_part)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [pool.submit(prove, part, seed, folder) for part in parts]
        for done, part in enumerate(as_completed(waiting), 1):
            ends.update(part.result()[0])
            faults.update(part.result()[1])
            print(f"\r{min(done * a_part, runs)} of {runs}", end="", file=sys.stderr, flush=True)
    return ends, faults


def report(ends: Counter[str], faults: Counter[str]) -> int:
    """Print the figures, what must be 0 last; the exit code."""
    for name, number in sorted(ends.items()):
        print(f"  {name:<26}{number}")
    for name in ("false done", "false not done", "double effect"):
        print(f"  {name:<26}{faults[name]}")
    print(f"faults of every kind: {sum(faults.values())}", flush=True)
    return int(bool(faults))
