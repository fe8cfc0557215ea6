"""Texts cut to a platform's limits: at lines, else at words, never within a value or a written character."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

_JOINER = "\u200d"
_VIRAMAS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)

Pieces = Sequence[tuple[str, bool]]


def length(text: str) -> int:
    """How platforms count: UTF-16 units, which are never fewer than characters.

    >>> length("₹5"), length("🙂")
    (2, 2)
    """
    return len(text) + sum(character > "\uffff" for character in text)


def cut(pieces: Pieces, limit: int) -> list[str]:
    """A text given as pieces, each with whether it is a value, in parts that are `limit` long at most.

    A word or a value is cut only if it is longer than the limit by itself.

    >>> cut([("You have ", False), ("₹1,00,000.00 in GPR", True), (" now.", False)], 20)
    ['You have', '₹1,00,000.00 in GPR', 'now.']
    """
    text = "".join(piece for piece, _ in pieces)
    inside = _inside_values(pieces, limit)
    parts: list[str] = []
    start = _skip_space(text, inside, 0)
    while start < len(text):
        end = _furthest(text, start, limit)
        stop = end if end == len(text) else _best_stop(text, inside, start, end)
        parts.append(text[start:stop].rstrip())
        start = _skip_space(text, inside, stop)
    return parts


def shorten(title: str, limit: int) -> str:
    """A title that fits, with an ellipsis where words are left out.

    >>> shorten("Change my mobile number", 20)
    'Change my mobile…'
    """
    if length(title) <= limit:
        return title
    return cut([(title, False)], limit - 1)[0] + "…"


def _inside_values(pieces: Pieces, limit: int) -> bytearray:
    """For each place between two characters, whether a value that could be kept whole spans it."""
    marks = bytearray()
    for piece, is_value in pieces:
        kept = is_value and length(piece) <= limit
        marks += bytes([0]) + bytes([kept]) * (len(piece) - 1) if piece else b""
    return marks + b"\0"


def _furthest(text: str, start: int, limit: int) -> int:
    end, used = start, 0
    while end < len(text):
        used += length(text[end])
        if used > limit:
            break
        end += 1
    return max(end, start + 1)


def _best_stop(text: str, inside: bytearray, start: int, end: int) -> int:
    lines = _last(range(end, (start + end) // 2, -1), lambda at: text[at] == "\n" and _is_free(inside, at))
    if lines:
        return lines
    words = _last(range(end, start, -1), lambda at: text[at].isspace() and _is_free(inside, at))
    if words:
        return words
    characters = range(end, start, -1)
    free = _last(characters, lambda at: not inside[at] and _is_character_start(text, at))
    between_values = free or _last(characters, lambda at: not inside[at])
    return between_values or _last(characters, lambda at: _is_character_start(text, at)) or end


def _last(places: Iterable[int], fits: Callable[[int], bool]) -> int:
    return next((at for at in places if fits(at)), 0)


def _is_free(inside: bytearray, at: int) -> bool:
    """Whether the character at this place belongs to no value."""
    return not inside[at] and not inside[at + 1]


def _skip_space(text: str, inside: bytearray, at: int) -> int:
    while at < len(text) and text[at].isspace() and not inside[at]:
        at += 1
    return at


def _is_character_start(text: str, at: int) -> bool:
    """Whether what a reader sees as one character does not span this place."""
    here, before = text[at], text[at - 1]
    if unicodedata.category(here).startswith("M") or here == _JOINER or ord(here) in _SKIN_TONES:
        return False
    if before == _JOINER or before in _VIRAMAS:
        return False
    return not (ord(here) in _FLAG_LETTERS and ord(before) in _FLAG_LETTERS)
