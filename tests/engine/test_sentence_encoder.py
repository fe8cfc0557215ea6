"""Sentence vectors: the reviewed weights and no others, near for near meanings, the same every time."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import ndtr, softmax

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.shared.nlu.training_data.message import Message  # noqa: E402

from bot.engine import sentence_graph  # noqa: E402
from bot.engine.sentence_encoder import SentenceEncoder, SentenceVector  # noqa: E402
from bot.engine.sentence_vectors import (  # noqa: E402
    SentenceVectors,
    WeightsRefused,
    _map,
    _tensors_in,
    find_weights,
    verify_weights,
)

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def vectors() -> SentenceVectors:
    return SentenceVectors()


def test_sentences_that_mean_the_same_lie_near_each_other(vectors: SentenceVectors) -> None:
    lost, missing, song = vectors.encode(["i lost my card", "my card is missing", "play a song"])

    assert lost @ missing > lost @ song + 0.3


def test_the_vectors_are_the_published_networks_before_its_last_step_as_near_as_eight_bits_come(vectors: SentenceVectors) -> None:
    texts = ["That is a happy person", "That is a very happy person", "change the phone number of my card"]

    ours, expected = vectors.encode(texts), np.vstack([_in_full_precision(vectors, text)[0] for text in texts])

    assert (ours * expected).sum(axis=1).min() > 0.98


def test_the_network_that_they_are_compared_with_is_the_published_one(vectors: SentenceVectors) -> None:
    a, b = (_in_full_precision(vectors, text)[1] for text in ("That is a happy person", "That is a very happy person"))

    assert float(a @ b) == pytest.approx(0.943, abs=0.001)


def test_no_two_products_overflow_sixteen_bits_on_processors_that_add_them_there() -> None:
    weights = np.random.default_rng(7).standard_t(3, size=(64, 384)).astype(np.float32)

    whole, steps = sentence_graph._rounded(weights)

    two = np.sort(np.abs(whole.astype(int)).reshape(-1, 4, 64), axis=1)[:, -2:].sum(axis=1)
    assert 255 * two.max() < 2**15
    assert np.abs(whole * steps - weights.T).max() <= steps.max() / 2 + 1e-6


def test_every_vector_has_length_one_whatever_the_text(vectors: SentenceVectors) -> None:
    texts = ["", "a", "मेरा कार्ड", "card " * 500, "\x00", "𝕏 😀"]

    lengths = np.linalg.norm(vectors.encode(texts), axis=1)

    assert lengths == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_a_sentence_has_one_vector_alone_and_among_others(vectors: SentenceVectors) -> None:
    texts = ["block my card", "what is my balance", "hello", "change my e-mail please"]

    together = vectors.encode(texts)

    assert np.abs(together - np.vstack([vectors.encode([text]) for text in texts])).max() < 1e-5


def test_a_sentence_has_the_same_vector_on_whatever_number_of_threads(vectors: SentenceVectors) -> None:
    texts = [f"block card number {number} please" for number in range(40)]

    assert (vectors.encode(texts, threads=3) == vectors.encode(texts)).all()


@pytest.mark.parametrize("threads", [1, 2])
def test_no_texts_make_no_vectors(vectors: SentenceVectors, threads: int) -> None:
    assert vectors.encode([], threads=threads).shape == (0, 384)


def test_weights_with_one_changed_byte_are_refused(tmp_path: Path) -> None:
    changed = bytearray((find_weights() / "model.safetensors").read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / "model.safetensors").write_bytes(changed)

    with pytest.raises(WeightsRefused, match="SHA-256 differs"):
        SentenceVectors(tmp_path)


def test_missing_weights_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WeightsRefused, match="no weights"):
        verify_weights(tmp_path / "model.safetensors")


def test_a_text_seen_before_is_remembered_and_the_oldest_forgotten() -> None:
    encoder = SentenceEncoder({"remembered": 2})

    def vector_of(text: str) -> SentenceVector:
        [message] = encoder.process([Message({"text": text, "meant": text})])
        found = message.get("sentence_vector")
        assert isinstance(found, SentenceVector)
        return found

    first = vector_of("hello").numbers
    assert vector_of("hello").numbers is first
    assert vector_of("bye").numbers is not vector_of("thanks").numbers
    assert vector_of("hello").numbers is not first
    assert np.array_equal(vector_of("hello").numbers, first)


def test_a_vector_is_computed_when_its_numbers_are_wanted() -> None:
    encoder = SentenceEncoder({})
    [message] = encoder.process([Message({"text": "hello", "meant": "hello"})])
    assert not encoder.remembers("hello")

    numbers = message.get("sentence_vector").numbers

    assert numbers.shape == (384,)
    assert encoder.remembers("hello")


def test_a_message_without_text_gets_no_vector() -> None:
    [message] = SentenceEncoder({}).process([Message({"intent": "greet"})])

    assert message.get("sentence_vector") is None


def _in_full_precision(vectors: SentenceVectors, text: str) -> tuple[Array, Array]:
    """A text's vector without the second half of the last layer, and with it, by plain numpy."""
    weights = _tensors_in(_map(find_weights() / "model.safetensors"))
    ids = vectors._tokenizer.encode(text).ids

    def dense(x: Array, name: str) -> Array:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x: Array, name: str) -> Array:
        x = x - x.mean(axis=-1, keepdims=True)
        return x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-12) * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    def heads(x: Array) -> Array:
        return x.reshape(len(ids), 12, 32).transpose(1, 0, 2)

    x = norm(vectors._words[ids] + vectors._places[: len(ids)], "embeddings.LayerNorm")
    for number in range(6):
        layer = f"encoder.layer.{number}"
        query, key, value = (heads(dense(x, f"{layer}.attention.self.{part}")) for part in ("query", "key", "value"))
        seen = softmax(query @ key.transpose(0, 2, 1) / np.sqrt(32), axis=-1) @ value
        seen = dense(seen.transpose(1, 0, 2).reshape(len(ids), 384), f"{layer}.attention.output.dense")
        half = norm(seen + x, f"{layer}.attention.output.LayerNorm")
        wide = dense(half, f"{layer}.intermediate.dense")
        bent = wide * ndtr(wide)
        x = norm(dense(bent, f"{layer}.output.dense") + half, f"{layer}.output.LayerNorm")
    without, whole = half.mean(axis=0), x.mean(axis=0)
    return without / np.linalg.norm(without), whole / np.linalg.norm(whole)
