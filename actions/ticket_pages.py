"""Tickets as an agent reads them: a list, a page of text, a file of HTML or JSON; pure, and safe whatever was typed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape

from actions.desk import Line, Revealed, Ticket

INDIA = timezone(timedelta(hours=5, minutes=30))

_WHO = {"you": "cardholder", "bot": "Cardbot", "agent": "agent"}
_JOINERS = "\u200c\u200d"  # Hindi is written with them
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:45em;margin:2em auto;padding:0 1em}"
    "dt{font-weight:bold}dd{margin:0 0 .5em}li{margin:.5em 0;white-space:pre-wrap}small{color:#555}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def list_text(tickets: Sequence[Ticket]) -> str:
    """One line for each ticket."""
    if not tickets:
        return "No tickets."
    return "\n".join(
        f"{each.reference}  {each.state.value:<8}  {_moment(each.opened)}  {each.language:<2}  "
        f"{'verified' if each.verified else 'not verified':<12}  {_plain(each.reason)}"
        for each in tickets
    )


def show_text(ticket: Ticket, lines: Sequence[Line], revealed: Revealed | None = None) -> str:
    """Everything about one ticket, for a terminal."""
    facts = [f"{name + ':':<17} {value}" for name, value in _facts(ticket, revealed)]
    talk = []
    for line in lines:
        first, *rest = _plain(line.text).split("\n")
        talk.append(f"{_moment(line.at)}  {_WHO.get(line.who, '?'):<10}  {first}{_titles(line)}")
        talk += [f"{'':<32}{each}" for each in rest]
    return "\n".join([*facts, "", *(talk or ["(the talk is not kept any more)"])])


def export_html(ticket: Ticket, lines: Sequence[Line], revealed: Revealed | None = None) -> str:
    """A page that runs nothing and loads nothing."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _facts(ticket, revealed))
    talk = "".join(
        f"<li><small>{_moment(line.at)} {escape(_WHO.get(line.who, '?'))}</small>\n"
        f"{escape(_plain(line.text) + _titles(line))}</li>"
        for line in lines
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'\">"
        f"<title>{escape(ticket.reference)}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{escape(ticket.reference)}</h1><dl>{facts}</dl><ol>{talk}</ol></body></html>\n"
    )


def export_json(ticket: Ticket, lines: Sequence[Line], revealed: Revealed | None = None) -> str:
    """The same as data; safe to paste into a page, since no character of HTML stands in it."""
    known = {"last_four": revealed.last_four, "urn": revealed.urn, "address": revealed.address} if revealed else None
    whole = {
        "reference": ticket.reference,
        "conversation": ticket.conversation,
        "reason": ticket.reason,
        "language": ticket.language,
        "verified": ticket.verified,
        "bank_references": list(ticket.bank_references),
        "state": ticket.state.value,
        "opened": _moment(ticket.opened),
        "claimed": _moment(ticket.claimed_at),
        "claimed_by": ticket.claimed_by,
        "closed": _moment(ticket.closed_at),
        "closed_by": ticket.closed_by,
        "revealed": known,
        "transcript": [
            {"at": _moment(line.at), "from": line.who, "text": _plain(line.text), "buttons": list(line.buttons)}
            for line in lines
        ],
    }
    text = json.dumps(whole, indent=2)
    return re.sub("[<>&']", lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _facts(ticket: Ticket, revealed: Revealed | None) -> list[tuple[str, str]]:
    facts = [
        ("Reference", ticket.reference),
        ("State", ticket.state.value),
        ("Reason", ticket.reason),
        ("Opened", _moment(ticket.opened)),
        ("Claimed", f"{_moment(ticket.claimed_at)} {ticket.claimed_by or ''}".strip()),
        ("Closed", f"{_moment(ticket.closed_at)} {ticket.closed_by or ''}".strip()),
        ("Language", ticket.language),
        ("Verified", "yes" if ticket.verified else "no"),
        ("Bank references", ", ".join(ticket.bank_references)),
        ("Conversation", ticket.conversation),
    ]
    if revealed:
        facts += [
            ("Last four", revealed.last_four or "not known"),
            ("URN", revealed.urn or "not known"),
            ("Address", revealed.address or "not known"),
        ]
    return [(name, _plain(value)) for name, value in facts if value]


def _titles(line: Line) -> str:
    return "".join(f"  [{_plain(title)}]" for title in line.buttons)


def _moment(at: float | None) -> str:
    return datetime.fromtimestamp(at, INDIA).strftime("%Y-%m-%d %H:%M:%S") if at is not None else ""


def _plain(text: str) -> str:
    """Without references of the vault, and without what a terminal or a page would obey instead of showing."""
    shown = re.sub("\ue000[^\ue001\\s]*\ue001?", "[shown]", text)
    return "".join(
        each for each in shown if each in "\n" + _JOINERS or unicodedata.category(each) not in ("Cc", "Cf", "Co", "Cs")
    )
