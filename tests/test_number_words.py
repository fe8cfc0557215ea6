"""Number words in three languages, and the words that only look like one."""
from __future__ import annotations

import doctest
import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.number_words import has_number_words, numeric_view
from tests.gateway.corpus import DIGITS


@pytest.mark.parametrize(("text", "digits"), [
    ("eight three zero five", "8305"), ("eight oh three", "803"), ("double five triple nine", "55999"), ("nineteen ninety three", "1993"),
    ("twenty twenty seven", "2027"), ("two thousand and twenty seven", "2027"), ("eighty three hundred five", "8305"),
    ("one lakh fifty thousand two hundred five", "150205"), ("unnees sau tiranve", "1993"), ("दो हज़ार सत्ताईस", "2027"), ("डबल पांच", "55"),
    ("eightthreezerofive", "8305"), ("eight-three-zero-five", "8305"), ("eight three zero five, zero eight two seven", "8305, 0827"),
    ("twenty oh seven nineteen ninety three", "20 07 1993"),
])
def test_number_words_become_the_digits_that_they_say(text: str, digits: str):
    assert numeric_view(text).text == digits


@pytest.mark.parametrize("text", [
    "what do you do", "teen", "may i", "one second", "mujhe bata do", "at home", "ek baar", "the last four digits", "a one-time code",
    "saath me", "mere das", "so what", "no one",
])
def test_a_lone_ambiguous_word_is_no_number(text: str):
    assert numeric_view(text).text == text
    assert not has_number_words(text)


@pytest.mark.parametrize("language", DIGITS)
@given(st.lists(st.integers(0, 9), min_size=3, max_size=16))
def test_digits_spelled_one_by_one_are_read_in_every_language(language: str, digits: list[int]):
    text = " ".join(DIGITS[language][digit] for digit in digits)

    assert numeric_view(text, prompted=False).text == "".join(map(str, digits))


@given(st.lists(st.sampled_from(("eight", "three", "double", "july", "11", "card", ",", "teen", "hundred", "twenty", "आठ")), max_size=9))
def test_every_place_of_the_view_leads_back_into_the_text(parts: list[str]):
    text = " ".join(parts)
    view = numeric_view(text)

    for at in range(len(view.text)):
        start, end = view.original(at, at + 1)
        assert 0 <= start < end <= len(text)
    if view.text:
        assert view.original(0, len(view.text)) == (0, len(text))


@pytest.mark.parametrize("module", [
    "actions.addresses", "actions.details", "actions.formatting", "actions.number_lexicon", "actions.number_words", "actions.parsing",
    "actions.plain_text", "actions.shapes", "bot.gateway.destroying", "bot.gateway.message_class", "bot.gateway.sealing",
])
def test_the_examples_in_the_docstrings_hold(module: str):
    outcome = doctest.testmod(importlib.import_module(module))

    assert outcome.attempted > 0
    assert outcome.failed == 0
