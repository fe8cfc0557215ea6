"""A linear classifier of sentences, over words, letters and sentence vectors, whose confidences mean what they say."""
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax, softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

Array = np.ndarray[Any, Any]
_ANY_WORD = r"[^\s]+"
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


class LinearModel:
    """Trained once, then `rank` is a matter of one multiplication."""

    def __init__(self, names: list[str], words: TfidfVectorizer, letters: TfidfVectorizer, weights: Array, bias: Array,
                 slope: float, vector_weight: float) -> None:
        self.names = names
        self._words, self._letters = words, letters
        self._sparse, self._dense = weights[:, :-_width(weights, words, letters)], weights[:, -_width(weights, words, letters):]
        self._bias, self._slope, self._vector_weight = bias, slope, vector_weight

    @classmethod
    def train(cls, sentences: Sentences, labels: Sequence[str], recipe: Recipe) -> LinearModel:
        """The same sentences always make the same model."""
        words, letters = _word_counter(), _letter_counter()
        words.fit(sentences.meant)
        letters.fit(sentences.spelt)
        x = _features(sentences, words, letters, recipe.vector_weight)
        names, y = np.unique(np.asarray(labels), return_inverse=True)
        slope = _slope(x, y, recipe)
        weights, bias = _separate(x, y, recipe)
        return cls([str(name) for name in names], words, letters, weights, bias, slope, recipe.vector_weight)

    def rank(self, sentences: Sentences) -> Array:
        """Probabilities, a row for each sentence, in the order of `names`."""
        counts = hstack([self._words.transform(sentences.meant), self._letters.transform(sentences.spelt)])
        margins = counts.tocsr() @ self._sparse.T + (sentences.vectors * self._vector_weight) @ self._dense.T + self._bias
        return np.asarray(softmax(margins * self._slope, axis=1))

    def save(self, directory: Path) -> None:
        """Write numbers and words: nothing that a loader would have to run."""
        words = {"names": self.names, "words": _listed(self._words), "letters": _listed(self._letters)}
        (directory / _WORDS).write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        np.savez(
            directory / _ARRAYS, sparse=self._sparse, dense=self._dense, bias=self._bias,
            word_weights=self._words.idf_, letter_weights=self._letters.idf_,
            slope=np.array(self._slope), vector_weight=np.array(self._vector_weight),
        )

    @classmethod
    def load(cls, directory: Path) -> LinearModel:
        """What `save` wrote."""
        told = json.loads((directory / _WORDS).read_text(encoding="utf-8"))
        with np.load(directory / _ARRAYS, allow_pickle=False) as arrays:
            words = _with_vocabulary(_word_counter(), told["words"], arrays["word_weights"])
            letters = _with_vocabulary(_letter_counter(), told["letters"], arrays["letter_weights"])
            weights = np.hstack([arrays["sparse"], arrays["dense"]])
            return cls(told["names"], words, letters, weights, arrays["bias"], float(arrays["slope"]), float(arrays["vector_weight"]))


def _word_counter() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_ANY_WORD, lowercase=False, dtype=np.float32)


def _letter_counter() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, lowercase=False, dtype=np.float32)


def _width(weights: Array, words: TfidfVectorizer, letters: TfidfVectorizer) -> int:
    return int(weights.shape[1] - len(words.vocabulary_) - len(letters.vocabulary_))


def _features(sentences: Sentences, words: TfidfVectorizer, letters: TfidfVectorizer, vector_weight: float) -> csr_matrix:
    vectors = csr_matrix(np.asarray(sentences.vectors) * vector_weight)
    return hstack([words.transform(sentences.meant), letters.transform(sentences.spelt), vectors]).tocsr()


def _separate(x: csr_matrix, y: Array, recipe: Recipe) -> tuple[Array, Array]:
    fitted = LinearSVC(C=recipe.penalty, random_state=recipe.seed).fit(x, y)
    weights, bias = fitted.coef_, fitted.intercept_
    if len(weights) == 1:  # of two intents, scikit-learn keeps one side only
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return weights.astype(np.float32), bias.astype(np.float32)


def _slope(x: csr_matrix, y: Array, recipe: Recipe) -> float:
    """How steeply confidence follows the margin: learned where the sentence was not in the training."""
    folds = min(recipe.folds, int(np.bincount(y).min()))
    if folds < 2:
        return 1.0
    margins = np.empty((len(y), int(y.max()) + 1), dtype=np.float32)
    for seen, unseen in StratifiedKFold(folds, shuffle=True, random_state=recipe.seed).split(x, y):
        weights, bias = _separate(x[seen], y[seen], recipe)
        margins[unseen] = x[unseen] @ weights.T + bias

    def loss(slope: float) -> float:
        return -float(log_softmax(margins * slope, axis=1)[np.arange(len(y)), y].mean())

    return float(minimize_scalar(loss, bounds=(0.1, 20.0), method="bounded").x)


def _listed(counter: TfidfVectorizer) -> list[str]:
    return sorted(counter.vocabulary_, key=counter.vocabulary_.__getitem__)


def _with_vocabulary(counter: TfidfVectorizer, listed: Sequence[str], weights: Array) -> TfidfVectorizer:
    counter.vocabulary = {word: place for place, word in enumerate(listed)}
    counter._validate_vocabulary()
    counter.idf_ = weights
    return counter
