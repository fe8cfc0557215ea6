"""cardbot audit: is the trail whole, and what does it say?"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from dataclasses import asdict

from actions.desk import without_values
from actions.guard.audit import Entry, Fact
from actions.services import Services
from bot.commands.installation import with_services


def add(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    chosen.add_parser("verify", help="exit 1 if a row was changed, deleted, added or moved")
    shown = chosen.add_parser("show", help="the last rows")
    shown.add_argument("--count", type=int, default=50)
    exported = chosen.add_parser("export", help="every row of one cardholder, conversation or reference, as JSON lines; audited")
    exported.add_argument("--cardholder", action="store_true", help="the URN of the card is read from standard input")
    exported.add_argument("--conversation", default="")
    exported.add_argument("--reference", default="", help="of a ticket or a change")
    exported.add_argument("--reason", default="", help="why, for the audit itself")
    exported.add_argument("--who", default=getpass.getuser(), help="who does this (default: the user's name)")


@with_services
def run(args: argparse.Namespace, services: Services) -> int:
    if args.act == "verify":
        faults = services.audit.verify()
        for fault in faults:
            print(f"row {fault.seq}: {fault.what}")
        print(f"{len(faults)} faults." if faults else "The trail is whole.")
        return int(bool(faults))
    entries = services.audit.latest(args.count) if args.act == "show" else _exported(args, services)
    if entries is None:
        print("cardbot: give one of --cardholder, --conversation and --reference", file=sys.stderr)
        return 2
    for entry in entries:
        print(json.dumps(asdict(entry), ensure_ascii=False))
    return int(args.act == "export" and not entries)


def _exported(args: argparse.Namespace, services: Services) -> list[Entry] | None:
    """The rows that were asked for; that somebody asked is a row as well, behind them."""
    given = {"conversation": args.conversation, "reference": args.reference.strip()}
    if args.cardholder + sum(map(bool, given.values())) != 1:
        return None
    subject = services.sessions.pseudonym(_read_urn()) if args.cardholder else ""
    entries = services.audit.trail_of(subject) if args.cardholder else services.audit.export(**given)
    facts: dict[str, Fact] = {"rows": len(entries), "who": without_values(args.who), "why": without_values(args.reason)}
    services.audit.record("audit", args.conversation, "exported", subject=subject, reference=given["reference"], **facts)
    return entries


def _read_urn() -> str:
    """From standard input: what stands in a command line stays in the shell's history and in the list of processes."""
    return (getpass.getpass("URN: ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
