"""The training of the linear classifier, by scikit-learn."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, hstack
from scipy.special import log_softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from bot import cores
from bot.engine.linear_model import Planes, Recipe, Sentences, Trained, Vocabulary

log = logging.getLogger(__name__)

Array = np.ndarray[Any, Any]
_ANY_WORD = r"[^\s]+"
_WORTH_A_PROCESS = 2000  # sentences: to begin another takes a second


def trained(sentences: Sentences, labels: Sequence[str], recipe: Recipe) -> Trained:
    """What `counting` must know to weigh a sentence as these counters do, and the planes between the labels."""
    with _another_process(len(labels)) as other:
        return _trained(sentences, labels, recipe, other)


def _trained(sentences: Sentences, labels: Sequence[str], recipe: Recipe, other: Executor | None) -> Trained:
    words, letters = _word_counter(), _letter_counter()
    vectors = csr_matrix(np.asarray(sentences.vectors) * recipe.vector_weight)
    pieces = hstack([words.fit_transform(sentences.meant), letters.fit_transform(sentences.spelt)]).tocsr()
    names, y = np.unique(np.asarray(labels), return_inverse=True)
    everything = hstack([pieces, vectors]).tocsr()
    # The slope of the whole is about half of the work.
    slope = _begun(other, partial(_slope, everything, y, recipe))
    glance = Planes(*_separate(pieces, y, recipe), _slope(pieces, y, recipe))
    whole = Planes(*_separate(everything, y, recipe), slope())
    return Trained(
        names=[str(name) for name in names], words=_known(words), letters=_known(letters), whole=whole, glance=glance,
        vector_weight=recipe.vector_weight, sure=np.where(np.isin(names, recipe.never_at_a_glance), np.inf, recipe.sure),
    )  # fmt: skip


def _begun(other: Executor | None, work: Callable[[], float]) -> Callable[[], float]:
    """Its outcome, found by another process if there is one that does not come to grief."""
    if other is None:
        return work
    try:
        outcome = other.submit(work)
    except (BrokenExecutor, OSError):
        return work

    def found() -> float:
        try:
            return outcome.result()
        except BrokenExecutor:
            log.warning("training goes on alone: its other process ended")
            return work()

    return found


@contextmanager
def _another_process(sentences: int) -> Iterator[Executor | None]:
    """To train on another core, where there is one: a process, since liblinear's random numbers are its process's."""
    if sentences < _WORTH_A_PROCESS or cores.how_many() < 2:
        yield None
        return
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        yield other


def _known(counter: TfidfVectorizer) -> Vocabulary:
    return Vocabulary({str(piece): int(place) for piece, place in counter.vocabulary_.items()}, counter.idf_)


def _word_counter() -> TfidfVectorizer:
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_ANY_WORD, lowercase=False, dtype=np.float32)


def _letter_counter() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, lowercase=False, dtype=np.float32)


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
