"""What an action may know of the cardholder's message: references and classes, never the words' values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Tracker

# An aside is answered first, even when the message holds values too.
ASIDES = frozenset({"question", "cancel", "human", "lost_card", "greeting"})


@dataclass(frozen=True)
class Reference:
    """Where a value of this message lies in the vault."""

    ref: str
    kind: str


@dataclass(frozen=True)
class Message:
    """The newest message of a conversation, as the edge attached it; nothing in it gives authority but `said_yes`.

    `address` is a reference; `words` is the text without its values. `said_yes` and `said_no` come from the edge's closed list or from a button, never from the model.
    """

    conversation: str
    identity: str
    address: str
    message_id: str
    received: float
    intent: str
    words: str
    message_class: str
    language: str
    values: tuple[Reference, ...]
    number_destroyed: bool
    proposal: str | None
    facts: Mapping[str, Any]

    @classmethod
    def of(cls, tracker: Tracker) -> Message:
        latest = tracker.latest_message
        given = latest.get("metadata") or {}
        return cls(
            conversation=tracker.sender_id,
            identity=given.get("identity", ""),
            address=given.get("address", ""),
            message_id=given.get("message_id", ""),
            received=float(given.get("received", 0.0)),
            intent=(latest.get("intent") or {}).get("name") or "",
            words=latest.get("text") or "",
            message_class=given.get("message_class", "other"),
            language=given.get("language", "en"),
            values=tuple(Reference(each["ref"], each["kind"]) for each in given.get("values", ())),
            number_destroyed=bool(given.get("number_destroyed")),
            proposal=given.get("proposal"),
            facts=given.get("facts") or {},
        )

    @property
    def is_aside(self) -> bool:
        return self.message_class in ASIDES

    @property
    def choice(self) -> str:
        """Which of several the pressed button stands for; empty for any other message."""
        return str(self.facts.get("choice", ""))

    @property
    def wants_code(self) -> bool:
        """Whether possession is to be shown by a code, where another way was offered."""
        return self.intent == "code_instead"

    @property
    def said_yes(self) -> bool:
        return self.message_class == "yes"

    @property
    def said_no(self) -> bool:
        return self.message_class == "no"
