"""cardbot sandbox: the pretend bank, as `python -m wibmo.sandbox`."""

from __future__ import annotations

import argparse

from actions.settings import Settings
from wibmo.sandbox.__main__ import add_options, serve


def add(parser: argparse.ArgumentParser) -> None:
    add_options(parser)


def run(args: argparse.Namespace, settings: Settings) -> int:
    return serve(args)
