"""The sentence vector of a message, in Rasa's pipeline."""
from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
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

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class SentenceVector:
    """A text's vector, looked for when its numbers are wanted; Rasa's training compares it by its text, which decides it."""

    text: str
    of: Callable[[str], Array]

    @property
    def numbers(self) -> Array:
        """384 of them, of length 1."""
        return self.of(self.text)

    def fingerprint(self) -> str:
        """What Rasa asks of every value that it keeps track of."""
        return rasa.shared.utils.io.get_text_hash(self.text)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(GraphComponent):
    """Adds the vector of what is meant, to be computed if it is used; the last are remembered, since placeholders make texts repeat."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"remembered": 2048, "training_threads": 2}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}
        self._encoder: SentenceVectors | None = None
        self._known: OrderedDict[str, Array] = OrderedDict()
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
        encoder._encoder = SentenceVectors()
        return encoder

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if message.get(MEANT) is not None:
                message.set(VECTOR, SentenceVector(message.get(MEANT), self._remembered))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        said = [message for message in training_data.training_examples if message.get(MEANT) is not None]
        texts = list(dict.fromkeys(message.get(MEANT) for message in said))
        vectors = dict(zip(texts, SentenceVectors().encode(texts, threads=self._config["training_threads"]), strict=True))
        for message in said:
            message.set(VECTOR, SentenceVector(message.get(MEANT), vectors.__getitem__))
        return training_data

    def remembers(self, text: str) -> bool:
        """Whether a message that means this needs no computing."""
        return text in self._known

    def remember(self, texts: Sequence[str]) -> None:
        """Compute the vectors of these together; from any thread."""
        for text, numbers in zip(texts, self._vectors(texts), strict=True):
            self._keep(text, numbers)

    def _remembered(self, text: str) -> Array:
        with self._lock:
            known = self._known.get(text)
            if known is not None:
                self._known.move_to_end(text)
        return self._keep(text, self._vectors([text])[0]) if known is None else known

    def _vectors(self, texts: Sequence[str]) -> Array:
        if self._encoder is None:
            self._encoder = SentenceVectors()
        return self._encoder.encode(texts)

    def _keep(self, text: str, numbers: Array) -> Array:
        with self._lock:
            self._known[text] = numbers
            if len(self._known) > self._config["remembered"]:
                self._known.popitem(last=False)
        return numbers
