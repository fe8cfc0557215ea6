"""cardbot audit: is the trail whole, and what does it say?"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from actions.services import Services
from bot.commands.installation import with_services


def add(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    chosen.add_parser("verify", help="exit 1 if a row was changed, deleted, added or moved")
    shown = chosen.add_parser("show", help="the last rows")
    shown.add_argument("--count", type=int, default=50)
    exported = chosen.add_parser("export", help="every row of one conversation or reference, as JSON lines")
    exported.add_argument("--conversation", default="")
    exported.add_argument("--reference", default="")


@with_services
def run(args: argparse.Namespace, services: Services) -> int:
    if args.act == "verify":
        faults = services.audit.verify()
        for fault in faults:
            print(f"row {fault.seq}: {fault.what}")
        print(f"{len(faults)} faults." if faults else "The trail is whole.")
        return int(bool(faults))
    if args.act == "export" and not (args.conversation or args.reference):
        print("cardbot: give --conversation or --reference")
        return 2
    entries = (
        services.audit.latest(args.count)
        if args.act == "show"
        else services.audit.export(conversation=args.conversation, reference=args.reference)
    )
    for entry in entries:
        print(json.dumps(asdict(entry), ensure_ascii=False))
    return 0
