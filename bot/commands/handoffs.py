"""cardbot handoffs: what the support team has to take over."""

from __future__ import annotations

import argparse
import getpass
import sys

from actions.desk import DeskError, TicketState
from actions.services import Services
from actions.ticket_pages import export_html, export_json, list_text, show_text
from bot.commands.installation import with_services


def add(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    listed = chosen.add_parser("list", help="open tickets, the oldest first")
    listed.add_argument("--all", action="store_true", help="closed ones too")
    shown = chosen.add_parser("show", help="one ticket with its talk, without values")
    shown.add_argument("reference")
    shown.add_argument("--reveal", action="store_true", help="also last four, URN and address; audited")
    shown.add_argument("--reason", default="", help="why, with --reveal")
    exported = chosen.add_parser("export", help="one ticket as a file on standard output")
    exported.add_argument("reference")
    exported.add_argument("--format", choices=("html", "json"), default="html")
    for act, what in (("claim", "take a ticket on"), ("close", "end a ticket")):
        moved = chosen.add_parser(act, help=what)
        moved.add_argument("reference")
    for each in chosen.choices.values():
        each.add_argument("--who", default=getpass.getuser(), help="who does this (default: the user's name)")


@with_services
def run(args: argparse.Namespace, services: Services) -> int:
    try:
        return _ACTS[args.act](args, services)
    except DeskError as error:
        print(f"cardbot: {error}", file=sys.stderr)
        return 1


def _list(args: argparse.Namespace, services: Services) -> int:
    tickets = [each for each in services.desk.tickets() if args.all or each.state is not TicketState.CLOSED]
    print(list_text(tickets))
    return 0


def _show(args: argparse.Namespace, services: Services) -> int:
    desk = services.desk
    ticket, lines = desk.ticket(args.reference), desk.transcript(args.reference)
    revealed = desk.reveal(args.reference, args.who, args.reason) if args.reveal else None
    print(show_text(ticket, lines, revealed))
    return 0


def _export(args: argparse.Namespace, services: Services) -> int:
    page = export_html if args.format == "html" else export_json
    print(page(services.desk.ticket(args.reference), services.desk.transcript(args.reference)))
    return 0


def _claim(args: argparse.Namespace, services: Services) -> int:
    print(f"{services.desk.claim(args.reference, args.who).reference} is claimed by {args.who}.")
    return 0


def _close(args: argparse.Namespace, services: Services) -> int:
    print(f"{services.desk.close(args.reference, args.who).reference} is closed.")
    return 0


_ACTS = {"list": _list, "show": _show, "export": _export, "claim": _claim, "close": _close}
