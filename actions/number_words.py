"""Numbers that were written in words: where they stand in a text and which digits they say."""
from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from actions.digits_said import digits_said
from actions.number_lexicon import (
    AMBIGUOUS,
    AMBIGUOUS_MONTHS,
    ENGLISH,
    NumberWord,
    Role,
    month_of,
    number_word,
)

_TOKEN = re.compile(r"[A-Za-z]+|[\u0900-\u0963\u0971-\u097F]+|[0-9]+|[^\W\d_]+")
_CLOSE = re.compile(r"[\s\-–'’]{0,4}")
_LISTED = re.compile(r"\s{0,3}[^\w\s@]{1,4}\s{0,3}")
_COUNTED = frozenset(
    ("digit", "digits", "number", "numbers", "no", "nos", "ank", "anko", "अंक", "अंकों", "नंबर", "time"))
_AND = frozenset(("and", "n", "aur", "और", "then", "phir", "फिर"))
# What people say while they think, or look for the next digit.
_FILLER = re.compile(r"u+h*m*|h+m+|e+r+m*|a+h+|matlab|मतलब|उ+म*्?म*|हम्म|अ")
_SEPARATORS = {"slash": "/", "stroke": "/", "oblique": "/", "bata": "/", "बटा": "/", "स्लैश": "/",
               "dash": "-", "hyphen": "-", "minus": "-", "डैश": "-"}
_GLUED = re.compile(
    "(?:" + "|".join(sorted((w for w in ENGLISH if len(w) > 2), key=len, reverse=True)) + "){2,12}"
)
_GLUED_PART = re.compile("|".join(sorted((w for w in ENGLISH if len(w) > 2), key=len, reverse=True)))


class _Word(NamedTuple):
    start: int
    end: int
    text: str
    number: NumberWord | None
    is_digits: bool
    month: int | None

    @property
    def is_clear(self) -> bool:
        return self.text not in AMBIGUOUS


@dataclass(frozen=True)
class NumericView:
    """A text whose number words were replaced by digits, and the way back to the text."""

    text: str
    _edges: tuple[tuple[int, int, int, int], ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text that the span `start:end` of the view stands for."""
        return self._place(start, first=True), self._place(end - 1, first=False)

    def _place(self, position: int, *, first: bool) -> int:
        index = bisect_right(self._edges, (position, 1 << 60, 0, 0)) - 1
        begin, length, source, source_length = self._edges[index]
        if length == source_length and not self._is_replaced(index):
            return source + position - begin + (0 if first else 1)
        return source if first else source + source_length

    def _is_replaced(self, index: int) -> bool:
        return index % 2 == 1


def numeric_view(text: str, *, prompted: bool = True) -> NumericView:
    """Replace number words by digits in a text that `plain_text.plain` has made plain.

    Prompted, a single clear number word counts; otherwise only a run of three words or four digits,
    or one beside digits or a month. A lone ambiguous word (do, teen, may, one) never does.

    >>> numeric_view("card eight three zero five, exp oh eight twenty twenty seven").text
    'card 8305, exp 08 2027'
    >>> numeric_view("तिरासी शून्य पाँच").text, numeric_view("y do u need my dob").text
    ('83 05', 'y do u need my dob')
    """
    pieces: list[str] = []
    edges: list[tuple[int, int, int, int]] = []
    at = written = 0
    for start, end, digits in _replacements(text, prompted=prompted):
        for source, stop, piece in ((at, start, text[at:start]), (start, end, digits)):
            edges.append((written, len(piece), source, stop - source))
            pieces.append(piece)
            written += len(piece)
        at = end
    edges.append((written, len(text) - at, at, len(text) - at))
    return NumericView("".join([*pieces, text[at:]]), tuple(edges))


def has_number_words(text: str) -> bool:
    """Whether number words or months stand in a plain text, a lone ambiguous one aside."""
    words = _words(text)
    if any(word.month and word.text not in AMBIGUOUS_MONTHS for word in words):
        return True
    return any(_qualifies(text, words, first, last, prompted=True) for first, last in _runs(text, words))


def _words(text: str) -> list[_Word]:
    words = []
    for match in _TOKEN.finditer(text):
        start, token = match.start(), match.group().lower()
        if len(token) > 5 and token.isascii() and _GLUED.fullmatch(token):
            words += [
                _Word(start + part.start(), start + part.end(), part.group(), number_word(part.group()), False, None)
                for part in _GLUED_PART.finditer(token)
            ]
            continue
        is_digits = token.isdecimal()
        words.append(_Word(start, match.end(), token, None if is_digits else number_word(token), is_digits,
                           None if is_digits else month_of(token)))
    return words


def _runs(text: str, words: list[_Word]) -> Iterator[tuple[int, int]]:
    """Index pairs (first, last) of the longest sequences of number words."""
    index = 0
    while index < len(words):
        if not _starts(words, index):
            index += 1
            continue
        last = index
        while (following := _next_in_run(text, words, last)) is not None:
            last = following
        yield index, last
        index = last + 1


def _starts(words: list[_Word], index: int) -> bool:
    number = words[index].number
    if number is None:
        return False
    following = words[index + 1] if index + 1 < len(words) else None
    if (following and following.text in _COUNTED) or (
            words[index].text == "four" and index and words[index - 1].text == "last"):
        return False
    return number.role is not Role.ORDINAL or _is_day(words, index)


def _is_day(words: list[_Word], index: int) -> bool:
    """Whether an ordinal stands beside a month: "eleventh of July", "July the eleventh"."""
    after = [word for word in words[index + 1:index + 4] if word.text not in ("of", "the")]
    before = [word for word in words[max(0, index - 2):index] if word.text != "the"]
    return bool((after and after[0].month) or (before and before[-1].month))


def _next_in_run(text: str, words: list[_Word], index: int) -> int | None:
    following = index + 1
    if following >= len(words):
        return None
    if words[following].text in _SEPARATORS or words[following].text in _AND or _FILLER.fullmatch(words[following].text):
        following += 1
        if following >= len(words) or words[following].is_digits:
            return None
    elif not _is_near(text[words[index].end:words[following].start]):
        return None
    return following if _starts(words, following) else None


def _is_near(gap: str) -> bool:
    return bool(_CLOSE.fullmatch(gap) or _LISTED.fullmatch(gap))


def _qualifies(text: str, words: list[_Word], first: int, last: int, *, prompted: bool) -> bool:
    run = [word for word in words[first:last + 1] if word.number]
    clear = any(word.is_clear or (word.number and word.number.role is Role.ORDINAL) for word in run)
    if all(word.number and word.number.role in (Role.REPEAT, Role.SCALE) for word in run):
        return False
    if _beside_value(text, words, first, last) and (clear or _is_between_digits(text, words, first, last) or len(run) > 1 or _begins_date(words, last + 1)):
        return True
    if prompted:
        return clear or len(run) > 1
    said = sum(len(digits) for *_, digits in _chunks(text, words, first, last))
    return len(run) >= 3 or (said >= 4 and clear)


def _beside_value(text: str, words: list[_Word], first: int, last: int) -> bool:
    for index, gap in ((first - 1, text[words[first - 1].end:words[first].start] if first else ""),
                       (last + 1, text[words[last].end:words[last + 1].start] if last + 1 < len(words) else "")):
        if 0 <= index < len(words) and (words[index].is_digits or words[index].month) and _is_near(gap):
            return True
    after = [word for word in words[last + 1:last + 3] if word.text not in ("of", "the")]
    return bool(after and after[0].month)


def _is_between_digits(text: str, words: list[_Word], first: int, last: int) -> bool:
    """8 teen 0: an ambiguous word that stands among digits is one of them."""
    if not first or last + 1 >= len(words) or not (words[first - 1].is_digits and words[last + 1].is_digits):
        return False
    return _is_near(text[words[first - 1].end:words[first].start]) and _is_near(text[words[last].end:words[last + 1].start])


def _begins_date(words: list[_Word], index: int) -> bool:
    """Whether a month and a year stand here: then even a lone ambiguous word before them is a day."""
    if index + 1 >= len(words) or not words[index].month:
        return False
    return words[index + 1].is_digits or words[index + 1].number is not None


def _replacements(text: str, *, prompted: bool) -> Iterator[tuple[int, int, str]]:
    words = _words(text)
    for first, last in _runs(text, words):
        if _qualifies(text, words, first, last, prompted=prompted):
            yield from _chunks(text, words, first, last)


def _chunks(text: str, words: list[_Word], first: int, last: int) -> Iterator[tuple[int, int, str]]:
    """A run in the parts that commas and slashes make, unless they stand between all its words."""
    parts: list[list[_Word]] = []
    marks: list[tuple[int, int, str]] = []
    for word in words[first:last + 1]:
        if word.number is None:
            if word.text in _SEPARATORS:
                marks.append((word.start, word.end, _SEPARATORS[word.text]))
        elif parts and _continues(text[parts[-1][-1].end:word.start], parts[-1][-1]):
            parts[-1].append(word)
        else:
            parts.append([word])
    if not marks and _are_digits(parts) and any(len(part) == 1 for part in parts):
        parts = [[word for part in parts for word in part]]
    said = [(part[0].start, part[-1].end, " ".join(digits_said([word.number for word in part if word.number])))
            for part in parts]
    yield from sorted([each for each in said if each[2]] + marks)


def _continues(gap: str, before: _Word) -> bool:
    if before.number and before.number.role is Role.SCALE and gap.strip().lower() in _AND:
        return True
    return bool(_CLOSE.fullmatch(gap))


def _are_digits(parts: list[list[_Word]]) -> bool:
    return all(word.number and word.number.role in (Role.DIGIT, Role.REPEAT) for part in parts for word in part)
