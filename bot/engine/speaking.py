"""What is said in one turn: responses filled in, and each message kept until the turn is committed."""

from __future__ import annotations

import functools
import random
from collections.abc import Mapping
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.channels.channel import OutputChannel  # noqa: E402  (after install)
from rasa.core.nlg import TemplatedNaturalLanguageGenerator  # noqa: E402
from rasa.core.nlg.generator import ResponseVariationFilter  # noqa: E402
from rasa.core.nlg.interpolator import interpolate_text  # noqa: E402

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


# The parts of a response that Rasa fills; the others are for itself.
_FILLED = frozenset({"text", "image", "custom", "buttons", "attachment", "quick_replies"})


class StandingWords(TemplatedNaturalLanguageGenerator):
    """Fills responses with slots, with what an action gives, and with words that hold for every response."""

    def __init__(self, responses: dict[str, list[dict[str, Any]]], standing: Mapping[str, str]) -> None:
        super().__init__(responses)
        self._standing_in = functools.cache(functools.partial(standing_in, standing))

    def generate_from_slots(
        self, utter_action: str, filled_slots: dict[str, Any], output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        chosen = self._random_response_for(utter_action, output_channel, filled_slots)
        if chosen is None:
            return None
        spoken = filled_slots.get("language") or DEFAULT_LANGUAGE
        values = {**filled_slots, **self._standing_in(spoken), **kwargs}
        return {key: filled(part, values) if key in _FILLED else part for key, part in chosen.items()}

    def _random_response_for(
        self, utter_action: str, output_channel: str, filled_slots: dict[str, Any]
    ) -> dict[str, Any] | None:
        if utter_action not in self.responses:
            return None
        among = ResponseVariationFilter(self.responses).responses_for_utter_action(utter_action, output_channel, filled_slots)
        return random.choice(among) if among else None


def filled(part: Any, values: Mapping[str, Any]) -> Any:
    """A copy of a response's part with its places filled: Rasa copies it first, and searches texts without a place too."""
    if isinstance(part, str):
        return interpolate_text(part, values) if "{" in part or "}" in part else part
    if isinstance(part, dict):
        return {name: filled(each, values) for name, each in part.items()}
    return [filled(each, values) for each in part] if isinstance(part, list) else part
