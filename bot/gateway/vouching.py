"""Which phone a platform vouches for: the number that a message came from, or a contact that its sender shared."""

from __future__ import annotations

import re

from actions.guard.possession import channel_of
from bot.gateway.edge import Inbound

# On these the platform delivers to and from a phone number; some people hide theirs behind an id.
_BY_NUMBER = frozenset({"whatsapp", "twilio"})
_NUMBER = re.compile(r"(?:whatsapp:)?(\+?[0-9]{5,20})")


def vouched_number(inbound: Inbound) -> str:
    """The sender's own number with its country's code, where the platform names it; else empty."""
    if inbound.kind == "contact":
        return inbound.text
    if channel_of(inbound.conversation) not in _BY_NUMBER:
        return ""
    number = _NUMBER.fullmatch(inbound.recipient.to if inbound.recipient else "")
    return number[1] if number else ""
