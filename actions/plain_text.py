"""Plain text: any script's digits as 0 to 9, and nothing that the eye does not see."""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_UNSEEN_CATEGORIES = frozenset({"Cf", "Co", "Cs", "Cn"})
# Combining strokes, variation selectors and blank letters; the vowel signs of Hindi (Mn, Mc) stay.
_UNSEEN = re.compile(
    "[\u0300-\u036f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"
    "\u3164\ufe00-\ufe0f\ufe20-\ufe2f\uffa0\U000e0100-\U000e01ef]"
)
_SPACES = frozenset({"Cc", "Zs", "Zl", "Zp"})
_SPECIAL = {"\N{KEYCAP TEN}": "10", "\N{BRAILLE PATTERN BLANK}": " "}


@lru_cache(maxsize=16384)
def plain_character(character: str) -> str:
    """What one character reads as: no, one or several plain characters.

    >>> [plain_character(c) for c in "८８⑧Ⅷ八a\u200b"]
    ['8', '8', '8', '8', '8', 'a', '']
    """
    if character < "\x7f" and character >= " ":
        return character
    if character in _SPECIAL:
        return _SPECIAL[character]
    category = unicodedata.category(character)
    if category in _UNSEEN_CATEGORIES or _UNSEEN.match(character):
        return ""
    if category in _SPACES:
        return " "
    number = unicodedata.numeric(character, None)
    if number is not None:
        return _written(number)
    folded = unicodedata.normalize("NFKC", character)
    return folded if folded == character else "".join(map(plain_character, folded))


def _written(number: float) -> str:
    number = abs(number)
    return str(int(number)) if number.is_integer() else f"{number:.4g}"


def plain(text: str) -> str:
    """The whole text in plain characters; a line's end reads as a comma, since it separates.

    >>> plain("८३०५\\n０８/２７")
    '8305, 08/27'
    """
    return "".join(map(plain_character, re.sub(r"\s*[\r\n\u2028\u2029]+\s*", ", ", text.strip())))
