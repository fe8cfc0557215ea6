"""What travels down the web channel's stream: lines of the talk as events, and where a reader stands."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sanic import Request

from actions.formatting import INDIA
from bot.gateway.conversations import Line
from bot.gateway.edge import DETAIL_FIELDS
from bot.gateway.outbox import Sending


def event(name: str, data: dict[str, Any], position: int | None = None) -> str:
    """A server-sent event; one with a position can be continued from."""
    head = f"id: {position}\n" if position is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def asked_position(request: Request) -> int | None:
    """The last line that the reader has, as the browser or the widget says it."""
    given = request.headers.get("last-event-id") or request.args.get("after") or ""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def message(line: Line, sending: Sending | None, is_asking: bool) -> dict[str, Any]:
    """What the widget shows: with values while the outbox still has them, with the card while it is asked for."""
    card = line.marks.get("card") if is_asking else None
    marks = {name: line.marks[name] for name in ("message_id", "kind") if name in line.marks}
    return {
        "id": line.position,
        "from": line.who,
        "at": datetime.fromtimestamp(line.at, INDIA).isoformat(timespec="seconds"),
        "text": sending.answer.filled() if sending else line.text,
        "buttons": list(line.buttons),
        "card": {"kind": card, "fields": list(DETAIL_FIELDS)} if card else None,
        "asks_details": is_asking,
        **marks,
        "history": sending is None and line.who != "you",
    }
