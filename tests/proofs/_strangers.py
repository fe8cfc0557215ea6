"""Those who write in the proof of isolation: the bank's customers, their conversations, and each message on its way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.gateway.inbox import Waiting
from bot.gateway.runtime import Runtime
from bot.gateway.web_sessions import WebSession

CHANNELS = ("web", "whatsapp", "telegram", "twilio")


@dataclass(frozen=True)
class Customer:
    """One record at the pretend bank; the amount stands for everything that the bank knows."""

    urn: str
    last_four: str
    expiry: str
    born: date
    amount: str

    @property
    def details(self) -> str:
        return f"{self.last_four} {self.expiry[:2]}/{self.expiry[2:]} {self.born:%d-%m-%Y}"


@dataclass
class Turn:
    """One message on its way through the program."""

    runtime: Runtime
    written: str = ""
    message: Waiting | None = None
    references: list[dict[str, str]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    thoughts: int = 0
    then: Callable[[], None] | None = None


@dataclass
class Talk:
    """One conversation, the person behind it, and what that person was given so far."""

    number: int
    channel: str
    raw: str
    conversation: str
    identity: str
    knows: Sequence[Customer]
    token: WebSession | None = None
    turn: Turn | None = None
    seen: int = 0
    buttons: list[str] = field(default_factory=list)
    old_tokens: list[str] = field(default_factory=list)
    proposals: dict[str, tuple[str, str]] = field(default_factory=dict)
    yes: str = ""

    def take_buttons(self, buttons: Sequence[Mapping[str, str]]) -> None:
        self.buttons += [each["id"] for each in buttons]
        self.yes = next((each["id"] for each in buttons if each["title"] == "Yes"), "")
