"""Sentence vectors: the reviewed weights and no others, near for near meanings, the same every time."""
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.shared.nlu.training_data.message import Message  # noqa: E402

from bot.engine import sentence_graph  # noqa: E402
from bot.engine.sentence_encoder import SentenceEncoder, SentenceVector  # noqa: E402
from bot.engine.sentence_vectors import SentenceVectors, WeightsRefused, find_weights, verify_weights  # noqa: E402


@pytest.fixture(scope="module")
def vectors() -> SentenceVectors:
    return SentenceVectors()


def test_sentences_that_mean_the_same_lie_near_each_other(vectors: SentenceVectors) -> None:
    lost, missing, song = vectors.encode(["i lost my card", "my card is missing", "play a song"])

    assert lost @ missing > lost @ song + 0.3


def test_the_vectors_are_those_that_the_network_was_published_with(vectors: SentenceVectors) -> None:
    a, b = vectors.encode(["That is a happy person", "That is a very happy person"])

    assert float(a @ b) == pytest.approx(0.943, abs=0.015), "as near as eight bits come"


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


def test_no_texts_make_no_vectors(vectors: SentenceVectors) -> None:
    assert vectors.encode([]).shape == (0, 384)


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
