"""A linear classifier of sentences, over words, letters and sentence vectors, whose confidences mean what they say.

Where words and letters alone are sure, it does without the vector, which costs ten times as much as they do."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bot.engine.counting import Counted, letters_in, words_in

Array = np.ndarray[Any, Any]
_WORDS, _ARRAYS = "words.json", "weights.npz"


@dataclass(frozen=True)
class Sentences:
    """Sentences as the pipeline sees them: spelt, meant, and a vector for each."""

    spelt: Sequence[str]
    meant: Sequence[str]
    vectors: Array


@dataclass(frozen=True)
class Recipe:
    """How the classifier is trained."""

    penalty: float = 0.5  # C of the support vectors: more trusts the single sentence more
    vector_weight: float = 2.0  # of sentence vectors, beside words and letters of weight 1
    folds: int = 2  # parts of the training sentences by which confidence is learned
    seed: int = 7
    sure: float = 0.985  # the confidence from which words and letters answer alone; above 1 they never do
    never_at_a_glance: Sequence[str] = ()  # names that only the whole model gives


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of sentences that training has seen, each with its place, and by place what it weighs."""

    places: Mapping[str, int]
    weights: Array

    def listed(self) -> list[str]:
        return sorted(self.places, key=self.places.__getitem__)


@dataclass(frozen=True)
class Planes:
    """What lies between the names: a row of weights for each, and how steeply confidence follows the margin."""

    weights: Array
    bias: Array
    slope: float

    def chances(self, margins: Array) -> Array:
        """Probabilities of the names whose margins these are."""
        raised = np.exp((margins - margins.max()) * self.slope)
        return np.asarray(raised / raised.sum())


@dataclass(frozen=True)
class Trained:
    """What training found: `whole` is over words, then letters, then the vector, `glance` over words and letters alone."""

    names: list[str]
    words: Vocabulary
    letters: Vocabulary
    whole: Planes
    glance: Planes
    vector_weight: float
    sure: Array  # for each name, the confidence from which a glance is enough


class Glance(NamedTuple):
    """What words and letters say of a sentence."""

    margins: Array  # of the whole model, which still lacks the vector
    chances: Array | None  # in the order of the names, where words and letters are sure


class LinearModel:
    """Trained once, then a sentence is a matter of adding up what its pieces weigh."""

    def __init__(self, trained: Trained) -> None:
        self.names = trained.names
        self._trained = trained
        words, letters = len(trained.words.places), len(trained.letters.places)
        columns = trained.whole.weights.T
        # Side by side, so that the pieces of a sentence are counted and looked up once for both.
        both = np.hstack([columns[: words + letters], trained.glance.weights.T])
        self._bias = np.concatenate([trained.whole.bias, trained.glance.bias])
        self._parts = (
            Counted(words_in, trained.words.places, trained.words.weights, both[:words]),
            Counted(letters_in, trained.letters.places, trained.letters.weights, both[words:]),
        )
        self._dense = np.ascontiguousarray(columns[words + letters :]) * np.float32(trained.vector_weight)

    @classmethod
    def train(cls, sentences: Sentences, labels: Sequence[str], recipe: Recipe) -> LinearModel:
        """The same sentences always make the same model."""
        from bot.engine.linear_training import trained  # a serving process is spared scikit-learn

        return cls(trained(sentences, labels, recipe))

    def glance(self, spelt: str, meant: str) -> Glance:
        """What can be said of a sentence without its vector; where that is sure, it is the answer."""
        words, letters = self._parts
        margins = self._bias + words.margins(meant) + letters.margins(spelt)
        chances = self._trained.glance.chances(margins[len(self.names) :])
        best = int(chances.argmax())
        return Glance(margins[: len(self.names)], chances if chances[best] >= self._trained.sure[best] else None)

    def consider(self, glance: Glance, vector: Array) -> Array:
        """Probabilities in the order of `names`, by the whole model."""
        return self._trained.whole.chances(glance.margins + vector @ self._dense)

    def rank(self, sentences: Sentences) -> Array:
        """Probabilities, a row for each sentence, in the order of `names`; vectors count where a glance is not enough."""
        rows = []
        for spelt, meant, vector in zip(sentences.spelt, sentences.meant, sentences.vectors, strict=True):
            glance = self.glance(spelt, meant)
            rows.append(self.consider(glance, vector) if glance.chances is None else glance.chances)
        return np.array(rows)

    def save(self, directory: Path) -> None:
        """Write numbers and words: nothing that a loader would have to run."""
        made = self._trained
        told = {"names": made.names, "words": made.words.listed(), "letters": made.letters.listed()}
        (directory / _WORDS).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        np.savez(
            directory / _ARRAYS, **_arrays_of(made.whole, "whole"), **_arrays_of(made.glance, "glance"),
            word_weights=made.words.weights, letter_weights=made.letters.weights,
            vector_weight=np.array(made.vector_weight), sure=made.sure,
        )  # fmt: skip

    @classmethod
    def load(cls, directory: Path) -> LinearModel:
        """What `save` wrote."""
        told = json.loads((directory / _WORDS).read_text(encoding="utf-8"))
        with np.load(directory / _ARRAYS, allow_pickle=False) as arrays:
            words = _numbered(told["words"], arrays["word_weights"])
            letters = _numbered(told["letters"], arrays["letter_weights"])
            planes = _planes_in(arrays, "whole"), _planes_in(arrays, "glance")
            return cls(Trained(told["names"], words, letters, *planes, float(arrays["vector_weight"]), arrays["sure"]))


def _arrays_of(planes: Planes, kind: str) -> dict[str, Array]:
    return {f"{kind}_weights": planes.weights, f"{kind}_bias": planes.bias, f"{kind}_slope": np.array(planes.slope)}


def _planes_in(arrays: Mapping[str, Array], kind: str) -> Planes:
    return Planes(arrays[f"{kind}_weights"], arrays[f"{kind}_bias"], float(arrays[f"{kind}_slope"]))


def _numbered(listed: Sequence[str], weights: Array) -> Vocabulary:
    return Vocabulary({word: place for place, word in enumerate(listed)}, weights)
