"""Which of the three languages a message is in: English, Hindi in Devanagari, or Hindi in Latin letters."""
from __future__ import annotations

import re

from bot.engine import hindi

ENGLISH, HINDI, HINGLISH = "en", "hi", "hi-Latn"

_WORD = re.compile(r"[a-z]+")
_SHARE_OF_HINDI = 0.25


def detect(text: str) -> str:
    """The language of a message; English when nothing tells.

    >>> detect("what is my balance"), detect("मेरा बैलेंस"), detect("mera balance kitna h")
    ('en', 'hi', 'hi-Latn')
    """
    if hindi.has_devanagari(text):
        return HINDI
    words = _WORD.findall(text.lower())
    telling = sum(hindi.fold(word) in hindi.tell_tales() for word in words)
    return HINGLISH if telling and telling >= _SHARE_OF_HINDI * len(words) else ENGLISH
