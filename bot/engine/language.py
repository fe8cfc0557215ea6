"""Which of the three languages a message is in: English, Hindi in Devanagari, or Hindi in Latin letters."""
from __future__ import annotations

import re
from functools import lru_cache

from bot.engine import hindi

ENGLISH, HINDI, HINGLISH = "en", "hi", "hi-Latn"

_WORD = re.compile(r"[a-z]+")
_SHARE_OF_HINDI = 0.2


@lru_cache(maxsize=256)  # a message comes here when it is stored, twice, and when it is interpreted
def detect(text: str) -> str:
    """The language of a message; English when nothing tells.

    >>> detect("what is my balance"), detect("मेरा बैलेंस"), detect("mera balance kitna h")
    ('en', 'hi', 'hi-Latn')
    """
    if hindi.has_devanagari(text):
        return HINDI
    telling, words = _count(text)
    return HINGLISH if telling and telling >= _SHARE_OF_HINDI * words else ENGLISH


def has_hindi_words(text: str) -> bool:
    """Whether any word in Latin letters is one that no English sentence has.

    >>> has_hindi_words("please tell me card ka balance"), has_hindi_words("please tell me the balance")
    (True, False)
    """
    return _count(text)[0] > 0


def _count(text: str) -> tuple[int, int]:
    """How many words only Hindi has, and how many words there are."""
    words = _WORD.findall(text.lower())
    return sum(hindi.fold(word) in hindi.tell_tales() for word in words), len(words)
