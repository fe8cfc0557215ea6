"""Proof by trial: whatever order things happen in, nobody is told what belongs to another conversation.

`make prove-isolation N=100000` (or `python tests/proofs/isolation.py N [SEED]`) plays N steps, drawn at random, in worlds of 50
conversations on four channels. A turn is cut into five steps (taken in, taken up, thought about, committed, delivered) between
which the others go on. Some cardholders write on several channels, many senders have the same raw id on all four, the clock jumps
past every limit, records are purged, two processes share the database, thieves press, quote and knock with whatever others were
given, and now and then the engine itself is made to utter or to open what belongs to somebody else.

Real: the edge and its sealing, the inbox, leases, buttons, answers, the outbox, the delivery to platforms, recipients, the web's
tokens, vault, sessions, lockout, journal, audit, keys, all on one SQLite file with rows that are committed (`_world.py`,
`_turn_steps.py`). Modelled: the engine (which request a message is: `_modelled_engine.py`), the bank, the browser and the
platforms; the judge (`_disclosure.py`) keeps by itself who may see what, and looks at every message that arrives. Afterwards
`isolation_http.py` does the same to a whole process with some hundred turns.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

from tests.proofs._strangers import CHANNELS  # noqa: E402  (after the path)
from tests.proofs._world import TALKS, Break, World  # noqa: E402

STEPS_OF_A_WORLD = 2000


def play(folder: Path, seed: int, steps: int, *, talks: int = TALKS, broken: Break = lambda services: services) -> World:
    """A world of its own, after so many steps."""
    world = World(folder, seed, talks=talks, broken=broken)
    for _ in range(steps):
        world.step()
    world.close()
    return world


def prove(seed: int, steps: int) -> tuple[Counter[str], Counter[str]]:
    """Figures and faults of one world."""
    logging.disable(logging.CRITICAL)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        world = play(Path(folder), seed, steps)
    logging.disable(logging.NOTSET)
    return world.judge.figures, Counter(world.faults)


def prove_all(steps: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """The same on every core, with progress."""
    figures: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        sizes = [min(STEPS_OF_A_WORLD, steps - done) for done in range(0, steps, STEPS_OF_A_WORLD)]
        waiting = [pool.submit(prove, seed * 100_000 + number, size) for number, size in enumerate(sizes)]
        for done, part in enumerate(as_completed(waiting), 1):
            figures.update(part.result()[0])
            faults.update(part.result()[1])
            print(f"\r{min(done * STEPS_OF_A_WORLD, steps)} of {steps}", end="", file=sys.stderr, flush=True)
    return figures, faults


def main() -> int:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began = time.monotonic()
    figures, faults = prove_all(steps, seed)
    print("\nreal: edge, inbox, leases, buttons, answers, outbox, delivery, vault, sessions, lockout, journal, audit, keys, SQLite")
    print("modelled: engine, bank, browsers, platforms; the judge knows the rules and no row")
    print(f"steps {steps} in worlds of {TALKS} conversations on {len(CHANNELS)} channels, seed {seed}, {time.monotonic() - began:.0f} s")
    for name, number in sorted(figures.items()):
        print(f"  {name:<36}{number}")
    print(f"  {'disclosed to another conversation':<36}{faults['disclosed to another conversation']}")
    print(f"faults of every kind: {sum(faults.values())} {dict(faults) or ''}")
    over_http = Path(__file__).with_name("isolation_http.py")
    return 1 if subprocess.call([sys.executable, str(over_http)]) or faults else 0


if __name__ == "__main__":
    sys.exit(main())
