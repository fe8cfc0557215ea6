"""Hindi as chats write it: Devanagari into Latin letters, spellings that vary into one, words into English ones."""
from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from bot.engine.hindi_words import WORDS

_CONSONANTS = dict(zip(
    "कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ",
    ["k", "kh", "g", "gh", "n", "ch", "chh", "j", "jh", "n", "t", "th", "d", "dh", "n", "t", "th", "d", "dh", "n", "p", "ph", "b", "bh", "m", "y", "r", "l", "v", "sh", "sh", "s", "h", "l"], strict=True,
))  # fmt: skip
_VOWELS = dict(zip("अआइईउऊऋएऐओऔऑऍ", ["a", "a", "i", "i", "u", "u", "ri", "e", "ai", "o", "au", "o", "e"], strict=True))
_SIGNS = dict(zip("ािीुूृेैोौॉॅ", ["a", "i", "i", "u", "u", "ri", "e", "ai", "o", "au", "o", "e"], strict=True))
_NUKTA = dict(zip("कखगजडढफ", ["k", "kh", "g", "j", "d", "dh", "f"], strict=True))
_COMPOSED = {0x958: "क़", 0x959: "ख़", 0x95A: "ग़", 0x95B: "ज़", 0x95C: "ड़", 0x95D: "ढ़", 0x95E: "फ़", 0x95F: "य"}
_DEVANAGARI = re.compile(r"[\u0900-\u097f]+")
# A short a that is written but not said, found from the end: करना is karna, not karana.
_SILENT = re.compile(r"(.*[aeiouə](?:chh|[cgjkstdpb]h|[b-df-hj-np-tv-z]))ə((?:chh|[cgjkstdpb]h|[b-df-hj-np-tv-z])[aeiou].*)")
_REPEATED = re.compile(r"(.)\1+")
_FOLDS = (("aa", "a"), ("ee", "i"), ("oo", "u"), ("w", "v"), ("z", "j"), ("ph", "f"), ("q", "k"), ("x", "ks"))


def has_devanagari(text: str) -> bool:
    """Whether any letter is Devanagari."""
    return bool(_DEVANAGARI.search(text))


def transliterate(text: str) -> str:
    """Devanagari into the Latin letters that people type.

    >>> transliterate("मेरा balance कितना है")
    'mera balance kitna hai'
    """
    return _DEVANAGARI.sub(lambda found: _spell(found.group()), text.translate(_COMPOSED))


@lru_cache(maxsize=4096)  # the words of a message come here several times, and those of others are much the same
def fold(word: str) -> str:
    """One spelling for the many that a Hindi word has in Latin letters.

    >>> {fold(word) for word in ("nahi", "nahin", "nahiin", "naheen")}
    {'nahi'}
    """
    for many, one in _FOLDS:
        word = word.replace(many, one)
    word = _REPEATED.sub(r"\1", word)
    if len(word) > 3 and word.endswith("n") and word[-2] in "aeiou":
        word = word[:-1]
    return word


@cache
def glossary() -> dict[str, str]:
    """Folded Hindi words and English ones for them; of two entries for a word the first counts."""
    return {word: english for word, english, _ in reversed(list(_entries()))}


@cache
def tell_tales() -> frozenset[str]:
    """Folded words that no English sentence has."""
    return frozenset(word for word, _, tells in _entries() if tells)


def gloss(text: str) -> str:
    """Each known Hindi word replaced by an English one; the order of words stays Hindi.

    >>> gloss("mera paisa kitna bacha hai")
    'my money how much remaining is'
    """
    known = glossary()
    return " ".join(filter(None, (known.get(fold(word), word) for word in text.split())))


def _spell(word: str) -> str:
    out: list[str] = []
    for place, letter in enumerate(word):
        follows = word[place + 1 : place + 2]
        if letter in _CONSONANTS:
            sound = _NUKTA.get(letter, _CONSONANTS[letter]) if follows == "़" else _CONSONANTS[letter]
            after = word[place + 2 : place + 3] if follows == "़" else follows
            out.append(sound + ("" if after in _SIGNS or after == "्" else "ə"))
        elif letter in _VOWELS:
            out.append(_VOWELS[letter])
        elif letter in _SIGNS:
            out.append(_SIGNS[letter])
        elif letter in "ंँ" and follows:
            out.append("m" if follows in "पफबभम" else "n")
        elif letter.isdigit():
            out.append(letter)
    spelt = "".join(out)
    if spelt.endswith("ə") and len(spelt) > 2:
        spelt = spelt[:-1]
    while found := _SILENT.fullmatch(spelt):
        spelt = found[1] + found[2]
    return spelt.replace("ə", "a")


def _entries() -> Iterator[tuple[str, str, bool]]:
    for entry in WORDS.split(";"):
        english, _, words = entry.strip().partition(": ")
        for word in words.split():
            yield fold(word.rstrip("!")), english, word.endswith("!")
