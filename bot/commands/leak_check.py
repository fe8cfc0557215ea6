"""cardbot leak-check: does any value of a cardholder come to a place where it must not be? Exit code 1 if so."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from actions.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the findings as JSON on standard output")
    parser.add_argument("--rounds", type=int, default=4, help="made-up cardholders to plant (default 4)")
    parser.add_argument("--seed", type=int, help="repeat the cardholders of an earlier run")
    parser.add_argument("--keep", type=Path, help="leave everything that the run wrote in this new folder")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from bot.engine.training import ModelRefused, verify_model
    from bot.leaks.run import leak_run
    from bot.leaks.search import summary
    from bot.leaks.talk import TalkFailed

    seed = random.SystemRandom().randrange(10**9) if args.seed is None else args.seed
    folder = args.keep or Path(tempfile.mkdtemp(prefix="cardbot-leaks-"))
    try:
        verify_model(settings.model)
        folder.mkdir(parents=True, exist_ok=True)
        search = leak_run(folder, settings.model, max(1, args.rounds), random.Random(seed), _tell)
    except ModelRefused as error:
        print(f"cardbot: {error} (cardbot train)", file=sys.stderr)
        return 2
    except TalkFailed as error:
        print(f"cardbot: {error} (seed {seed})", file=sys.stderr)
        return 2
    finally:
        if not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
    report = summary(search, {"seed": seed, "rounds": args.rounds})
    print(json.dumps(report, indent=1) if args.json else _as_text(report))
    return 0 if report["clean"] else 1


def _tell(what: str) -> None:
    print(f"leak-check: {what} …", file=sys.stderr, flush=True)


def _as_text(report: dict[str, object]) -> str:
    places, hits = report["places"], report["hits"]
    assert isinstance(places, dict)  # noqa: S101  # made by `summary`
    assert isinstance(hits, list)  # noqa: S101  # made by `summary`
    lines = [f"{place['bytes']:>12,} bytes  {name}" for name, place in places.items()]
    lines += [f"LEAK  {hit['kind']} in {hit['place']}, {hit['times']} times" for hit in hits]
    return "\n".join([*lines, f"{len(hits)} leaks." if hits else "No value was found where it must not be."])
