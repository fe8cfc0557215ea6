"""The sentence vector of a message, in Rasa's pipeline."""
from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasa.shared.utils.io
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.normalizer import MEANT
from bot.engine.sentence_vectors import SentenceVectors

VECTOR = "sentence_vector"


@dataclass(frozen=True, eq=False)
class SentenceVector:
    """A text's vector; Rasa's training compares it by its text, which decides it, and is spared 384 numbers."""

    text: str
    numbers: np.ndarray[Any, Any]

    def fingerprint(self) -> str:
        """What Rasa asks of every value that it keeps track of."""
        return rasa.shared.utils.io.get_text_hash(self.text)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Adds the vector of what is meant; the last texts are remembered, since placeholders make them repeat."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"remembered": 2048, "threads": 1, "training_threads": 2}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}
        self._encoder: SentenceVectors | None = None
        self._known: OrderedDict[str, SentenceVector] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> SentenceEncoder:
        return cls(config)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> SentenceEncoder:
        """The weights are verified and read now, so that the first message need not wait for them."""
        encoder = cls(config)
        encoder._encoder = SentenceVectors(threads=encoder._config["threads"])
        return encoder

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(MEANT) is not None:
                message.set(VECTOR, self._remembered(message.get(MEANT)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        said = [message for message in training_data.training_examples if message.get(MEANT) is not None]
        encoder = SentenceVectors(threads=self._config["training_threads"])
        for message, vector in zip(said, encoder.encode([message.get(MEANT) for message in said]), strict=True):
            message.set(VECTOR, SentenceVector(message.get(MEANT), vector))
        return training_data

    def remembers(self, text: str) -> bool:
        """Whether a message that means this needs no computing."""
        return text in self._known

    def remember(self, texts: Sequence[str]) -> None:
        """Compute the vectors of these together; from any thread."""
        for text, numbers in zip(texts, self._vectors(texts), strict=True):
            self._keep(SentenceVector(text, numbers))

    def _remembered(self, text: str) -> SentenceVector:
        with self._lock:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
        return known or self._keep(SentenceVector(text, self._vectors([text])[0]))

    def _vectors(self, texts: Sequence[str]) -> np.ndarray[Any, Any]:
        if self._encoder is None:
            self._encoder = SentenceVectors(threads=self._config["threads"])
        return self._encoder.encode(texts)

    def _keep(self, vector: SentenceVector) -> SentenceVector:
        with self._lock:
            self._known[vector.text] = vector
            if len(self._known) > self._config["remembered"]:
                self._known.popitem(last=False)
        return vector
