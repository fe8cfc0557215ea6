"""Plain words out of chat spellings, and Hindi in both scripts into words that compare."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine import rasa_compat

rasa_compat.install()

from bot.engine import hindi  # noqa: E402
from bot.engine.normalizer import Normalizer, normalize  # noqa: E402


@pytest.mark.parametrize(
    ("typed", "spelt"),
    [
        ("Pls tell my BAL!!!", "please tell my balance"),
        ("y do u need my dob", "why do you need my date of birth"),
        ("heyyyyyy", "heyy"),
        ("What’s  my\tbalance", "what's my balance"),
        ("whats my balance", "what's my balance"),
        ("ｂａｌａｎｃｅ", "balance"),
        ("bal?", "balance ?"),
        ("👍", "yes"),
        ("!!! ...", ""),
        ("", ""),
    ],
)
def test_chat_spellings_become_plain_words(typed: str, spelt: str) -> None:
    assert normalize(typed).spelt == spelt


@pytest.mark.parametrize(
    ("devanagari", "latin"),
    [
        ("मेरा बैलेंस कितना है", "mera bailens kitna hai"),
        ("ईमेल बदलना है", "imel badalna hai"),
        ("नंबर", "nambar"),
        ("card ब्लॉक है", "card blok hai"),
        ("ज़रूरत", "jarurat"),
    ],
)
def test_devanagari_is_written_as_people_type_it(devanagari: str, latin: str) -> None:
    assert hindi.transliterate(devanagari) == latin


def test_hindi_in_both_scripts_comes_to_mean_the_same() -> None:
    scripts = [normalize(text).meant for text in ("मेरा बैलेंस बताओ", "mera balance batao", "meraa balance btao")]

    assert scripts == ["my balance tell"] * 3


@pytest.mark.parametrize("word", ["nahi", "nahin", "nahiin", "naheen", "nahee"])
def test_a_hindi_word_has_one_spelling(word: str) -> None:
    assert hindi.fold(word) == "nahi"


def test_english_is_not_taken_for_hindi() -> None:
    normal = normalize("put me on to the main office in pune")

    assert normal.meant == normal.spelt == "put me on to the main office in pune"


def test_placeholders_stay_as_they_are_in_each_language() -> None:
    for text in ("my card ends with four digits", "mera card four digits hai", "मेरा कार्ड four digits है"):
        assert "four digits" in normalize(text).meant


@given(st.text(max_size=200))
def test_any_text_is_normalised_twice_to_the_same(text: str) -> None:
    once = normalize(text)

    assert normalize(text) == once
    assert "  " not in once.spelt
    assert not hindi.has_devanagari(once.spelt)


def test_the_component_writes_both_forms_beside_the_text() -> None:
    from rasa.shared.nlu.training_data.message import Message

    [message] = Normalizer().process([Message({"text": "mera bal kitna h"})])

    assert message.get("spelt") == "mera bal kitna h"
    assert message.get("meant").startswith("my ")
    assert message.get("text") == "mera bal kitna h"
