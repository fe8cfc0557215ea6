"""What is said in one turn: responses filled in, and each message kept until the turn is committed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.channels.channel import OutputChannel  # noqa: E402  (after install)
from rasa.core.nlg import TemplatedNaturalLanguageGenerator  # noqa: E402

from actions.words import DEFAULT_LANGUAGE, standing_in  # noqa: E402


class Collector(OutputChannel):
    """Keeps what the bot says in one turn, each message whole and in order."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "cardbot"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append(
            {
                "text": message.get("text"),
                "buttons": message.get("buttons") or [],
                "custom": message.get("custom") or {},
                "response": message.get("utter_action"),
            }
        )


class StandingWords(TemplatedNaturalLanguageGenerator):
    """Fills responses with slots, with what an action gives, and with words that hold for every response."""

    def __init__(self, responses: dict[str, list[dict[str, Any]]], standing: Mapping[str, str]) -> None:
        super().__init__(responses)
        self._standing = standing

    def generate_from_slots(
        self, utter_action: str, filled_slots: dict[str, Any], output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        spoken = filled_slots.get("language") or DEFAULT_LANGUAGE
        return super().generate_from_slots(
            utter_action, filled_slots, output_channel, **{**standing_in(self._standing, spoken), **kwargs}
        )
