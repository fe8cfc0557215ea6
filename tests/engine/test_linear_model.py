"""The linear model: words and letters answer alone where they are sure, the vector decides everywhere else."""
from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot import cores
from bot.engine import linear_training
from bot.engine.linear_model import Array, LinearModel, Recipe, Sentences

SAID = {
    "check_balance": ["what is my balance", "how much money is left", "balance please", "my balance now", "money left on my card"],
    "report_lost_card": ["i lost my card", "my card was stolen", "card gone", "somebody took my card", "my card is missing"],
    "affirm": ["yes", "yes please", "i agree to it", "go ahead", "yes that is fine"],
}
LABELS = [name for name, texts in SAID.items() for _ in texts]
TEXTS = [text for texts in SAID.values() for text in texts]
EVERY = (*TEXTS, "is my balance right", "unheard of", "?", "")


def sentences(texts: Sequence[str], vectors: Array | None = None) -> Sentences:
    """With vectors that know the answer of the sentences that are taught, unless others are given."""
    return Sentences(texts, texts, np.eye(len(SAID), dtype=np.float32).repeat(5, axis=0) if vectors is None else vectors)


def train(**settings: object) -> LinearModel:
    return LinearModel.train(sentences(TEXTS), LABELS, Recipe(**settings))  # type: ignore[arg-type]


def answers_of_two_vectors(model: LinearModel, text: str) -> tuple[str, str]:
    """What the text is taken for with the vector of one intent, and with that of another."""
    rows = model.rank(sentences([text, text], 50 * np.eye(3, dtype=np.float32)[:2]))
    first, second = (model.names[place] for place in rows.argmax(axis=1))
    return first, second


def test_what_words_and_letters_are_sure_of_does_not_depend_on_the_vector() -> None:
    first, second = answers_of_two_vectors(train(sure=0.5), "what is my balance")

    assert first == second == "check_balance"


def test_what_they_are_less_sure_of_is_decided_with_the_vector() -> None:
    first, second = answers_of_two_vectors(train(sure=0.9999), "what is my balance")

    assert first != second


@pytest.mark.parametrize("text", EVERY)
def test_a_threshold_above_one_turns_glances_off(text: str) -> None:
    assert train(sure=1.01).glance(text, text).chances is None


def test_some_names_are_never_given_at_a_glance() -> None:
    free, careful = train(sure=0.5), train(sure=0.5, never_at_a_glance=["affirm"])

    assert free.glance("yes please", "yes please").chances is not None
    assert careful.glance("yes please", "yes please").chances is None
    assert careful.glance("what is my balance", "what is my balance").chances is not None


def test_an_answer_at_a_glance_is_made_of_probabilities_and_reaches_the_threshold() -> None:
    model = train(sure=0.6)
    glances = [model.glance(text, text).chances for text in EVERY]

    sure = [chances for chances in glances if chances is not None]
    assert 0 < len(sure) < len(glances)
    assert all(chances.max() >= 0.6 and chances.sum() == pytest.approx(1, abs=1e-5) for chances in sure)


def test_a_sentence_is_ranked_the_same_alone_and_among_others() -> None:
    model, vectors = train(sure=0.6), np.random.default_rng(7).normal(size=(len(EVERY), 3)).astype(np.float32)

    together = model.rank(sentences(EVERY, vectors))

    alone = [model.rank(sentences([text], vectors[place : place + 1]))[0] for place, text in enumerate(EVERY)]
    assert np.array_equal(together, alone)


def test_a_threshold_changes_neither_what_the_whole_model_says_nor_what_a_glance_is() -> None:
    lax, strict = train(sure=0.5), train(sure=1.01)

    for text in EVERY:
        assert np.array_equal(lax.glance(text, text).margins, strict.glance(text, text).margins)


def test_what_was_saved_is_loaded_with_its_glances(tmp_path: Path) -> None:
    model = train(sure=0.6, never_at_a_glance=("affirm",))
    model.save(tmp_path)

    loaded = LinearModel.load(tmp_path)

    for text in EVERY:
        ours, theirs = model.glance(text, text), loaded.glance(text, text)
        assert np.array_equal(ours.margins, theirs.margins)
        assert (ours.chances is None) == (theirs.chances is None)
        assert ours.chances is None or np.array_equal(ours.chances, theirs.chances)


def test_two_intents_are_enough() -> None:
    few = replace(sentences(TEXTS[:10]), vectors=np.eye(2, dtype=np.float32).repeat(5, axis=0))

    model = LinearModel.train(few, LABELS[:10], Recipe(sure=0.5))

    glance = model.glance("i lost my card", "i lost my card")
    assert glance.chances is not None
    assert model.names[int(glance.chances.argmax())] == "report_lost_card"


@pytest.mark.skipif(cores.how_many() < 2, reason="there is no other core")
def test_a_model_is_the_same_whether_it_was_trained_on_one_core_or_two(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained() -> linear_training.Trained:
        return linear_training.trained(sentences(TEXTS), LABELS, Recipe(folds=2))

    alone = trained()
    monkeypatch.setattr(linear_training, "_WORTH_A_PROCESS", 0)
    begun = []
    monkeypatch.setattr(linear_training, "ProcessPoolExecutor", lambda *given: begun.append(given) or ProcessPoolExecutor(*given))

    shared = trained()

    assert len(begun) == 1
    for ours, theirs in ((alone.whole, shared.whole), (alone.glance, shared.glance)):
        assert np.array_equal(ours.weights, theirs.weights)
        assert np.array_equal(ours.bias, theirs.bias)
        assert ours.slope == theirs.slope
