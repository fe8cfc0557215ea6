"""cardbot rasa: Rasa's own command line for training, testing and data; never its server."""

from __future__ import annotations

import argparse
import sys

from actions.settings import Settings

ALLOWED = ("train", "test", "data")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=ALLOWED)
    parser.add_argument("options", nargs=argparse.REMAINDER)


def run(args: argparse.Namespace, settings: Settings) -> int:
    from bot.engine import rasa_compat

    rasa_compat.install()
    from rasa.__main__ import main as rasa_main

    sys.argv = ["rasa", args.what, *args.options]
    try:
        rasa_main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
