"""cardbot train: a model of the project's files, unless it is one already."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from actions.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace, settings: Settings) -> int:
    from bot.engine.training import TrainingFailed, train

    try:
        train(Path.cwd(), settings.model, lambda line: print(line, flush=True))
    except TrainingFailed as error:
        print(f"cardbot: {error}", file=sys.stderr)
        return 1
    return 0
