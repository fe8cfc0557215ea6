"""Sentences are weighed when they are ranked exactly as scikit-learn weighed them in training."""
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.counting import Counted, letters_in, words_in
from bot.engine.linear_training import _letter_counter, _word_counter

SAID = ["what is my balance", "how much money is left", "mera balance batao", "a card card card is gone", "e-mail badal do ?", "i", "card"]
PIECES = st.lists(st.sampled_from([*" ".join(SAID).split(), "x", "unheard", "\u092e\u0947\u0930\u093e", "\u00a0", "\t", "  "]), max_size=12)


@pytest.mark.parametrize(("make", "pieces"), [(_word_counter, words_in), (_letter_counter, letters_in)])
@given(said=PIECES.map(" ".join))
def test_a_sentence_weighs_the_same_as_in_training(make: object, pieces: object, said: str) -> None:
    counter = make()  # type: ignore[operator]
    counter.fit(SAID)
    columns = np.random.default_rng(7).normal(size=(len(counter.vocabulary_), 3)).astype(np.float32)
    counted = Counted(pieces, counter.vocabulary_, counter.idf_, columns)  # type: ignore[arg-type]

    expected = (counter.transform([said]) @ columns)[0]

    assert np.allclose(counted.margins(said) + np.zeros(3), expected, atol=1e-5)
