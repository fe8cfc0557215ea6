"""cardbot journal: changes that are not at their end, or lie with a person."""

from __future__ import annotations

import argparse
from datetime import datetime

from actions.formatting import INDIA
from actions.services import Services
from bot.commands.installation import with_services


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recheck", action="store_true", help="let the running Cardbot look at all of them now")


@with_services
def run(args: argparse.Namespace, services: Services) -> int:
    found = services.journal.open_changes()
    for each in found:
        asked = datetime.fromtimestamp(each.made_at, INDIA).isoformat(timespec="seconds")
        print(f"{each.reference}  {each.state.value:18}  {each.field:6}  asked {asked}  sent {each.sends}×  {each.code}")
    print(f"{len(found)} open." if found else "Nothing is open.")
    if args.recheck:
        print(f"{services.journal.hasten()} to be looked at now.")
    return 0
