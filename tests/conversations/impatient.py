"""`cardbot serve` that looks for messages that were left behind without any pause."""

from __future__ import annotations

import sys

from bot.cli import main

if __name__ == "__main__":
    from bot.gateway import turns

    turns.POLL_SECONDS = 0.0
    sys.exit(main(["serve"]))
