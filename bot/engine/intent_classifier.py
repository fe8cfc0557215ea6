"""What the cardholder wants, in Rasa's pipeline: an intent, a ranking, and confidences that mean what they say."""
from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, TypeVar

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.linear_model import Glance, LinearModel, Recipe, Sentences
from bot.engine.normalizer import MEANT, SPELT, Normal
from bot.engine.sentence_encoder import VECTOR

RANKING = "intent_ranking"

Array = np.ndarray[Any, Any]
_Ranking = list[tuple[str, float]]
_Seen = TypeVar("_Seen", _Ranking, Glance)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):
    """Names the intent of a message; says nothing of one without words."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        recipe = Recipe()
        return {
            "penalty": recipe.penalty, "vector_weight": recipe.vector_weight, "folds": recipe.folds, "seed": recipe.seed,
            "sure": recipe.sure, "never_at_a_glance": recipe.never_at_a_glance, "ranking_length": 10,
            "remembered": 2048,
        }  # fmt: skip

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, model: LinearModel | None = None
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource, self._model = model_storage, resource, model
        self._known: OrderedDict[Normal, _Ranking | Glance] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> LinearIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> LinearIntentClassifier:
        with model_storage.read_from(resource) as directory:
            return cls(config, model_storage, resource, LinearModel.load(directory))

    def train(self, training_data: TrainingData) -> Resource:
        said = [message for message in training_data.intent_examples if message.get(SPELT)]
        settings = ("penalty", "vector_weight", "folds", "seed", "sure", "never_at_a_glance")
        recipe = Recipe(**{name: self._config[name] for name in settings})
        self._model = LinearModel.train(_sentences(said), [message.get(INTENT) for message in said], recipe)
        with self._storage.write_to(self._resource) as directory:
            self._model.save(directory)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking = self._ranked(message, self._model) if message.get(SPELT) and self._model else []
            named = [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence} for name, confidence in ranking]
            first = dict(named[0]) if named else {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}
            message.set(INTENT, first, add_to_output=True)
            message.set(RANKING, named, add_to_output=True)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def needs_vector(self, said: Normal) -> bool:
        """Whether words and letters are too little to tell what is wanted here, and it is not known yet; from any thread."""
        if not said.spelt or self._model is None:
            return False
        return isinstance(self._looked_at(said, self._model), Glance)

    def _ranked(self, message: Message, model: LinearModel) -> _Ranking:
        said = Normal(message.get(SPELT), message.get(MEANT))
        seen = self._looked_at(said, model)
        if isinstance(seen, Glance):
            seen = self._keep(said, self._best(model, model.consider(seen, message.get(VECTOR).numbers)))
        return seen

    def _looked_at(self, said: Normal, model: LinearModel) -> _Ranking | Glance:
        """The ranking, or where it needs the vector, what there is without it."""
        with self._lock:
            known = self._known.get(said)
            if known is not None:
                self._known.move_to_end(said)
                return known
        glance = model.glance(said.spelt, said.meant)
        if glance.chances is None:
            return self._keep(said, glance)
        return self._keep(said, self._best(model, glance.chances))

    def _best(self, model: LinearModel, chances: Array) -> _Ranking:
        best = np.argsort(-chances, kind="stable")[: self._config["ranking_length"]]
        return [(model.names[place], float(chances[place])) for place in best]

    def _keep(self, said: Normal, seen: _Seen) -> _Seen:
        with self._lock:
            self._known[said] = seen
            if len(self._known) > self._config["remembered"]:
                self._known.popitem(last=False)
        return seen


def _sentences(messages: list[Message]) -> Sentences:
    vectors = np.stack([message.get(VECTOR).numbers for message in messages])
    return Sentences([message.get(SPELT) for message in messages], [message.get(MEANT) for message in messages], vectors)
