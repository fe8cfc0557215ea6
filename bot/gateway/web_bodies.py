"""What the body of a request of the web channel says, whatever a stranger put into it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.gateway.edge import DETAIL_FIELDS

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_DETAIL = 64


@dataclass(frozen=True)
class Said:
    """A message as the widget sends it; `text` of a button is its id. Its repr shows no content."""

    message_id: str
    kind: str
    text: str = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body holds; an empty one for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def said_in(body: bytes) -> Said | None:
    """The message in a body, or None if it is not of the protocol's form."""
    found = json_object(body)
    message_id, kind = found.get("id"), found.get("type")
    if not isinstance(message_id, str) or not _MESSAGE_ID.fullmatch(message_id):
        return None
    if kind not in ("text", "button", "details"):
        return None
    text = found.get(kind, "") if kind != "details" else ""
    fields = {name: found.get(name, "") for name in DETAIL_FIELDS} if kind == "details" else {}
    if not isinstance(text, str) or not all(_is_detail(value) for value in fields.values()):
        return None
    text, fields = _whole(text), {name: _whole(value) for name, value in fields.items()}
    if kind != "details" and not text.strip():
        return None
    return Said(message_id, kind, text, fields)


def _is_detail(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_DETAIL


def _whole(text: str) -> str:
    """Without halves of surrogate pairs, which are no characters and which nothing can store."""
    return _SURROGATE.sub("", text)
