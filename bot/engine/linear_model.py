"""A linear classifier of sentences, over words, letters and sentence vectors, whose confidences mean what they say."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True)
class Vocabulary:
    """The pieces of sentences that training has seen, each with its place, and by place what it weighs."""

    places: Mapping[str, int]
    weights: Array

    def listed(self) -> list[str]:
        return sorted(self.places, key=self.places.__getitem__)


@dataclass(frozen=True)
class Trained:
    """What training found; `weights` has a row for each name, over words, then letters, then the vector."""

    names: list[str]
    words: Vocabulary
    letters: Vocabulary
    weights: Array
    bias: Array
    slope: float
    vector_weight: float


class LinearModel:
    """Trained once, then `rank` is a matter of one multiplication."""

    def __init__(self, trained: Trained) -> None:
        self.names = trained.names
        self._trained = trained
        words, letters = len(trained.words.places), len(trained.letters.places)
        columns = trained.weights.T
        self._parts = (
            Counted(words_in, trained.words.places, trained.words.weights, columns[:words]),
            Counted(letters_in, trained.letters.places, trained.letters.weights, columns[words : words + letters]),
        )
        self._dense = np.ascontiguousarray(columns[words + letters :]) * np.float32(trained.vector_weight)

    @classmethod
    def train(cls, sentences: Sentences, labels: Sequence[str], recipe: Recipe) -> LinearModel:
        """The same sentences always make the same model."""
        from bot.engine.linear_training import trained  # a serving process is spared scikit-learn

        return cls(trained(sentences, labels, recipe))

    def rank(self, sentences: Sentences) -> Array:
        """Probabilities, a row for each sentence, in the order of `names`."""
        margins = np.asarray(sentences.vectors) @ self._dense + self._trained.bias
        words, letters = self._parts
        for row, meant, spelt in zip(margins, sentences.meant, sentences.spelt, strict=True):
            row += words.margins(meant)
            row += letters.margins(spelt)
        raised = np.exp((margins - margins.max(axis=1, keepdims=True)) * self._trained.slope)
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def save(self, directory: Path) -> None:
        """Write numbers and words: nothing that a loader would have to run."""
        made = self._trained
        told = {"names": made.names, "words": made.words.listed(), "letters": made.letters.listed()}
        (directory / _WORDS).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        np.savez(
            directory / _ARRAYS, weights=made.weights, bias=made.bias,
            word_weights=made.words.weights, letter_weights=made.letters.weights,
            slope=np.array(made.slope), vector_weight=np.array(made.vector_weight),
        )  # fmt: skip

    @classmethod
    def load(cls, directory: Path) -> LinearModel:
        """What `save` wrote."""
        told = json.loads((directory / _WORDS).read_text(encoding="utf-8"))
        with np.load(directory / _ARRAYS, allow_pickle=False) as arrays:
            words = _numbered(told["words"], arrays["word_weights"])
            letters = _numbered(told["letters"], arrays["letter_weights"])
            numbers = float(arrays["slope"]), float(arrays["vector_weight"])
            return cls(Trained(told["names"], words, letters, arrays["weights"], arrays["bias"], *numbers))


def _numbered(listed: Sequence[str], weights: Array) -> Vocabulary:
    return Vocabulary({word: place for place, word in enumerate(listed)}, weights)
