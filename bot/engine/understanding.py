"""A model's understanding alone: which intent a sealed text has, without a conversation."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.channels.channel import UserMessage  # noqa: E402  (after install)
from rasa.core.tracker_store import InMemoryTrackerStore  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402

from bot.engine.actions_in_process import ActionRunner  # noqa: E402
from bot.engine.processor import TurnProcessor  # noqa: E402
from bot.engine.speaking import Collector  # noqa: E402
from bot.engine.training import verify_model  # noqa: E402


class Understanding:
    """Loads a model that `training.train` made; refuses one that was changed since."""

    def __init__(self, model: Path) -> None:
        verify_model(model)
        runner = ActionRunner([], lambda action, conversation, error: None, "utter_technical_problem")
        self._processor = TurnProcessor(model, InMemoryTrackerStore(Domain.empty()), runner, time.time)
        self._loop = asyncio.new_event_loop()

    def understand(self, text: str) -> tuple[str | None, float]:
        """The intent and how sure the model is of it."""
        parsed = self._loop.run_until_complete(self._processor.parse_message(UserMessage(text, Collector(), "nobody")))
        return parsed["intent"]["name"], float(parsed["intent"]["confidence"])

    def close(self) -> None:
        self._loop.close()
