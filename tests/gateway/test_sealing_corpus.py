"""Numbers in words, in three languages: sealed whole when prompted, span by span when not."""
from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bot.gateway.sealing import seal
from tests.gateway.corpus import prompted, unprompted

EXPECTED = {"four_digits": "card_details", "month_and_year": "card_details", "date": "card_details",
            "phone_number": "new_mobile", "email": "new_email", "payment_address": "new_email"}


def test_every_prompted_message_with_a_number_in_words_is_sealed_whole():
    clear = [each for each in prompted(2400) if not seal(each.text, expecting=EXPECTED[each.kind]).whole]

    assert clear == []


def test_a_whole_sealed_message_gives_back_what_was_typed():
    for each in prompted(300):
        sealed = seal(each.text, expecting=EXPECTED[each.kind])

        assert [span.value for span in sealed.spans] == [each.text]


def test_at_least_98_percent_of_unprompted_spans_are_sealed_exactly():
    messages = list(unprompted(2400))
    missed = [each for each in messages if each.value not in [span.value for span in seal(each.text).spans]]

    assert len(missed) <= 0.02 * len(messages), missed[:20]


def test_the_words_around_an_unprompted_span_stay():
    for each in unprompted(300):
        sealed = seal(each.text)
        if len(sealed.spans) == 1:
            assert sealed.text.replace(sealed.spans[0].placeholder, "") .split() == each.text.replace(each.value, "").split()


MEANINGS = {"ask_why_verify": "question", "cancel": "cancel", "talk_to_human": "human"}


@pytest.mark.skipif("NLU_SENTENCES" not in os.environ, reason="NLU_SENTENCES names no file")
@pytest.mark.parametrize("intent", MEANINGS)
@pytest.mark.parametrize("expecting", ["card_details", "new_email", "new_mobile"])
def test_sentences_of_strangers_keep_their_meaning_while_a_question_is_open(intent: str, expecting: str):
    lines = Path(os.environ["NLU_SENTENCES"]).read_text(encoding="utf-8").splitlines()
    texts = [row["text"] for row in map(json.loads, lines) if row["intent"] == intent]

    sealed = [seal(text, expecting=expecting) for text in texts]

    kept = [each for each in sealed if each.message_class == MEANINGS[intent] or not each.whole]
    assert len(kept) >= 0.95 * len(texts)
