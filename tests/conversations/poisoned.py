"""`cardbot serve` that fails on every text with one word in it, wherever its words are read."""

from __future__ import annotations

import sys
from typing import Any

from bot.cli import main

POISON = "hemlock"


def poison() -> None:
    from bot.engine import rasa_compat

    rasa_compat.install()
    from bot.engine import foresight, normalizer

    read = normalizer.normalize

    def choke(text: str, *more: Any) -> normalizer.Normal:
        if POISON in text:
            raise RecursionError
        return read(text, *more)

    foresight.normalize = normalizer.normalize = choke


if __name__ == "__main__":
    poison()
    sys.exit(main(["serve"]))
