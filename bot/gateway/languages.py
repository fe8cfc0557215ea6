"""Which language to answer in: the one that is asked for, else the one that is written."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.engine.language import ENGLISH, HINDI, HINGLISH, detect, has_hindi_words

_NAMES = {
    ENGLISH: re.compile(r"\b(?:english|angrez[iy]|inglish)\b|अंग्रेज़?ी|इंग्लिश|अँग्रेज़?ी", re.IGNORECASE),
    HINDI: re.compile(r"\bhind[ie]\b|हिन्दी|हिंदी", re.IGNORECASE),
    HINGLISH: re.compile(r"\bhinglish\b|हिंग्लिश", re.IGNORECASE),
}
_LONGEST_REQUEST = 8
_FEWEST_ENGLISH_WORDS = 3


def choose(text: str, present: str, placeholders: Iterable[str] = ()) -> str:
    """The language of the answer to `text` in a talk that was held in `present` so far.

    A word or two of English are part of Hindi and Hinglish too, and do not change the language; nor do many in Hinglish
    as long as there is Hindi among them. `placeholders` are the words in `text` that stand for values: nobody said those.

    >>> choose("what is my balance", "en"), choose("balance", "hi"), choose("please speak in Hindi", "en")
    ('en', 'hi', 'hi')
    >>> choose("balance batao card four digits expiry month and year", "en", ["four digits", "month and year"])
    'hi-Latn'
    """
    for placeholder in placeholders:
        text = text.replace(placeholder, " ", 1)
    words = text.split()
    if len(words) <= _LONGEST_REQUEST:
        asked = [language for language, name in _NAMES.items() if name.search(text)]
        if len(asked) == 1:
            return HINGLISH if asked == [HINDI] and detect(text) == HINGLISH else asked[0]
    written = detect(text)
    if written == ENGLISH and len(words) < _FEWEST_ENGLISH_WORDS:
        return present
    if written == ENGLISH and present == HINGLISH and has_hindi_words(text):
        return present
    return written
