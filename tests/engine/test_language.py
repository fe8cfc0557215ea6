"""Three languages are told apart, by script and by words that only Hindi has."""
from __future__ import annotations

import pytest

from bot.engine import rasa_compat

rasa_compat.install()

from bot.engine.language import ENGLISH, HINDI, HINGLISH, detect  # noqa: E402
from bot.engine.language_detector import LanguageDetector  # noqa: E402


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("what is my balance", ENGLISH),
        ("hello, who are you?", ENGLISH),
        ("is the main number mine", ENGLISH),
        ("four digits, month and year", ENGLISH),
        ("", ENGLISH),
        ("😀", ENGLISH),
        ("मेरा बैलेंस", HINDI),
        ("my card ब्लॉक है", HINDI),
        ("mera paisa kitna bacha h", HINGLISH),
        ("meal wallet me kitna hai", HINGLISH),
        ("email change karna hai", HINGLISH),
        ("mujhe agent se baat karni hai please connect", HINGLISH),
        ("nahi", HINGLISH),
    ],
)
def test_the_language_of_a_message_is_told(text: str, language: str) -> None:
    assert detect(text) == language


def test_one_hindi_word_in_a_long_english_sentence_does_not_make_it_hinglish() -> None:
    assert detect("I would like to change my e-mail because the old one is not mine bhai") == ENGLISH


def test_the_component_writes_the_language_for_those_after_it() -> None:
    from rasa.shared.nlu.training_data.message import Message

    messages = LanguageDetector().process([Message({"text": "नमस्ते"}), Message({"intent": "greet"})])

    assert [message.get("language") for message in messages] == [HINDI, None]
