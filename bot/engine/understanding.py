"""The understanding of a trained model alone, without a conversation: for measuring it."""
from __future__ import annotations

from pathlib import Path

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.channels.channel import UserMessage  # noqa: E402  (after install)
from rasa.engine.constants import PLACEHOLDER_MESSAGE  # noqa: E402

from bot.engine.nlu_report import intent_of  # noqa: E402
from bot.engine.processor import TurnProcessor  # noqa: E402
from bot.engine.training import verify_model  # noqa: E402


class Understanding:
    """Call it with a sealed text: it answers intent and confidence, as a conversation would get them."""

    def __init__(self, model: Path) -> None:
        verify_model(model)
        _, metadata, self._runner = TurnProcessor._load_model(model)
        self._target = str(metadata.nlu_target)

    def __call__(self, text: str) -> tuple[str | None, float]:
        made = self._runner.run(inputs={PLACEHOLDER_MESSAGE: [UserMessage(text)]}, targets=[self._target])
        return intent_of(made[self._target][0].data)
