"""cardbot leak-check: does any value of a cardholder come to a place where it must not be? Exit code 1 if so."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from actions.settings import Settings

# Kinds of values that also occur where nobody put them.
SHORT = frozenset({"last four", "wrong last four", "expiry"})


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the findings as JSON on standard output")
    parser.add_argument("--rounds", type=int, default=2, help="made-up cardholders to plant on each channel (default 2)")
    parser.add_argument("--seed", type=int, help="repeat the cardholders of an earlier run")
    parser.add_argument("--keep", type=Path, help="leave everything that the run wrote in this new folder")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from bot.engine.training import ModelRefused, verify_model
    from bot.leaks.guests import TalkFailed
    from bot.leaks.run import leak_run
    from bot.leaks.search import summary

    seed = random.SystemRandom().randrange(10**9) if args.seed is None else args.seed
    folder = args.keep or Path(tempfile.mkdtemp(prefix="cardbot-leaks-"))
    try:
        verify_model(settings.model)
        folder.mkdir(parents=True, exist_ok=True)
        search, done = leak_run(folder, settings.model, max(1, args.rounds), random.Random(seed), _tell)
    except ModelRefused as error:
        print(f"cardbot: {error} (cardbot train)", file=sys.stderr)
        return 2
    except TalkFailed as error:
        print(f"cardbot: {error} (seed {seed})", file=sys.stderr)
        return 2
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    facts = {"seed": seed, "rounds": args.rounds, "channels": [*done.channels, "terminal"], "sealed_rows_at_the_kill": done.at_the_kill}
    report = summary(search, facts)
    print(json.dumps(report, indent=1) if args.json else _as_text(report))
    return 0 if report["clean"] else 1


def _tell(what: str) -> None:
    print(f"leak-check: {what} …", file=sys.stderr, flush=True)


def _as_text(report: dict[str, Any]) -> str:
    lines = [f"Talks on {', '.join(report['channels'])}; killed in the middle of a turn, then started again."]
    lines.append("Sealed rows at the kill: " + ", ".join(f"{table} {count}" for table, count in report["sealed_rows_at_the_kill"].items()))
    lines.append(f"{'hits':>6} {'bytes':>14}  place")
    for name, place in report["places"].items():
        note = f" ({place['note']})" if place["note"] else ""
        lines.append(f"{place['hits']:>6} {place['bytes']:>14,}  {name}{note}")
    lines += [f"LEAK  {hit['kind']} in {hit['place']}, {hit['times']} times" for hit in report["hits"]]
    if report["hits"] and all(hit["kind"] in SHORT for hit in report["hits"]):
        lines.append("Four digits may stand there by chance, in one run of some forty: look whether another --seed finds them, too.")
    return "\n".join([*lines, f"{len(report['hits'])} leaks." if report["hits"] else "No value was found where it must not be."])
