"""cardbot journal: changes that are not at their end, or lie with a person, and the notices that are owed for those made."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from datetime import datetime

from actions.desk import without_values
from actions.formatting import INDIA, mask_email, mask_mobile, mobile_in_full
from actions.guard.notices import Notice
from actions.services import Services
from bot.commands.installation import with_services

_MASKS: dict[str, Callable[[str], str]] = {"email": mask_email, "mobile": mask_mobile}
_IN_FULL: dict[str, Callable[[str], str]] = {"email": str, "mobile": mobile_in_full}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recheck", action="store_true", help="let the running Cardbot look at all of them now")
    parser.add_argument("--reveal", action="store_true", help="owed notices with their addresses in full; audited")
    parser.add_argument("--reason", default="", help="why, with --reveal")
    parser.add_argument("--given", metavar="REFERENCE", help="somebody has given the notices of this change")
    parser.add_argument("--who", default=getpass.getuser(), help="who does this (default: the user's name)")


@with_services
def run(args: argparse.Namespace, services: Services) -> int:
    if args.reveal and not args.reason.strip():
        print("cardbot: say why, with --reason", file=sys.stderr)
        return 1
    if args.given:
        return _note_given(services, args.given.strip().upper(), without_values(args.who))
    found = services.journal.open_changes()
    for each in found:
        print(f"{each.reference}  {each.state.value:18}  {each.field:6}  asked {_moment(each.made_at)}  sent {each.sends}×  {each.code}")
    print(f"{len(found)} open." if found else "Nothing is open.")
    _list_owed(services, args)
    if args.recheck:
        print(f"{services.journal.hasten()} to be looked at now.")
    return 0


def _list_owed(services: Services, args: argparse.Namespace) -> None:
    owed = services.notices.owed()
    if args.reveal:
        facts = {"who": without_values(args.who), "why": without_values(args.reason)}
        for reference in dict.fromkeys(each.reference for each in owed):
            services.audit.record("notice", "", "revealed", reference=reference, **facts)
    for each in owed:
        address = (_IN_FULL if args.reveal else _MASKS)[each.field](each.address)
        print(f"{each.reference}  notice owed to the {each.whose} {each.field}  {address}  {each.language}  since {_moment(each.at)}")
    if owed:
        print(f"{len(owed)} notices owed.")


def _note_given(services: Services, reference: str, who: str) -> int:
    mine: list[Notice] = [each for each in services.notices.owed() if each.reference == reference]
    if not mine:
        print("cardbot: no notice is owed for this change", file=sys.stderr)
        return 1
    given = sum(services.notices.given(each, who) for each in mine)
    print(f"{given} noted as given.")
    return 0


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, INDIA).isoformat(timespec="seconds")
