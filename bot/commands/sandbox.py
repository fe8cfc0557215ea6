"""cardbot sandbox: the pretend bank; its own options are those of `python -m wibmo.sandbox`."""

from __future__ import annotations

import argparse
import subprocess
import sys

from actions.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options of the sandbox, such as --port 8090")


def run(args: argparse.Namespace, settings: Settings) -> int:
    return subprocess.call([sys.executable, "-m", "wibmo.sandbox", *args.options])  # noqa: S603  # our own module
