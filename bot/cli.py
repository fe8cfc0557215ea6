"""The `cardbot` command: everything an operator does by hand."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from actions.settings import Settings, SettingsError

PROJECT = Path.cwd()

# Each is a module of bot.commands with `add(parser)` and `run(args, settings) -> exit code`.
COMMANDS = {
    "serve": "answer cardholders",
    "train": "train the model, unless it is up to date",
    "chat": "the same conversation in this terminal",
    "sandbox": "a pretend bank to talk to",
    "check": "is this installation sound and safe?",
    "channels": "which channels are on, and setting up Telegram's",
    "handoffs": "tickets for the support team",
    "journal": "changes that are not settled",
    "audit": "verify, show or export the audit trail",
    "leak-check": "look for planted values in everything that a run writes",
    "nlu-report": "measure the understanding on a file of sentences",
    "rasa": "Rasa's own train, test and data commands",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 the answer is no, 2 used wrongly or badly set up."""
    parser = argparse.ArgumentParser(prog="cardbot", description=__doc__)
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    given = list(sys.argv[1:] if argv is None else argv)
    for name, what in COMMANDS.items():
        sub = chosen.add_parser(name, help=what, description=what)
        # Only the command that is run is imported: Rasa takes seconds.
        if given[:1] == [name]:
            module = import_module(f"bot.commands.{name.replace('-', '_')}")
            module.add(sub)
            sub.set_defaults(run=module.run)
    args = parser.parse_args(given)
    run: Callable[[argparse.Namespace, Settings], int] = args.run
    try:
        return run(args, Settings.from_env(os.environ))
    except SettingsError as error:
        print(f"cardbot: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
