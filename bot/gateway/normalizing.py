"""The edge's reading of a text: what the eye sees, in plain characters, with the way back to what was typed."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.plain_text import plain_character

REFERENCE_OPENS = "\ue000"
REFERENCE_CLOSES = "\ue001"
_REFERENCE = re.compile(f"{REFERENCE_OPENS}[A-Za-z0-9_-]{{22}}{REFERENCE_CLOSES}")
# Besides the marks of references: lone surrogates, which no store can hold.
_FORBIDDEN = re.compile(f"[{REFERENCE_OPENS}{REFERENCE_CLOSES}\ud800-\udfff]")
# Rasa reads these as slots, entities and conditions.
_NEUTRAL = {"{": " ", "}": " ", "[": " ", "]": " "}
_ASCII = {ord(sign): " " for sign in _NEUTRAL} | dict.fromkeys((*range(32), 127), " ")
_SLASHES = "/\\\u2044\u2215\u29f8\u2571 "


@dataclass(frozen=True)
class Shadow:
    """A text in plain characters; `sources[i]` is where character i stands in the typed text."""

    text: str
    sources: Sequence[int]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span of the typed text that the span `start:end` stands for."""
        return self.sources[start], self.sources[end - 1] + 1

    def whole(self, start: int, end: int) -> tuple[int, int]:
        """The span widened to whole typed characters: ¾ reads as three plain ones."""
        while start > 0 and self.sources[start - 1] == self.sources[start]:
            start -= 1
        while end < len(self.sources) and self.sources[end] == self.sources[end - 1]:
            end += 1
        return start, end


def without_references(text: str) -> str:
    """The typed text without references of our own making, and without what could make one."""
    return _FORBIDDEN.sub("", _REFERENCE.sub("", text))


def shadow(text: str) -> Shadow:
    """The typed text with every digit as 0 to 9, nothing unseen, and no sign that Rasa would interpret."""
    if text.isascii():
        return Shadow(text.translate(_ASCII), range(len(text)))
    pieces: list[str] = []
    sources: list[int] = []
    for index, character in enumerate(text):
        piece = plain_character(character)
        if piece in _NEUTRAL or (len(piece) > 1 and not _NEUTRAL.keys().isdisjoint(piece)):
            piece = "".join(_NEUTRAL.get(each, each) for each in piece)
        pieces.append(piece)
        sources.extend([index] * len(piece))
    return Shadow("".join(pieces), tuple(sources))


def has_slash(text: str) -> bool:
    """Whether a plain text begins like a command."""
    return text.lstrip(" ")[:1] in tuple(_SLASHES[:-1])


def without_slash(text: str) -> str:
    """The text without what could make it a command; the very last step before Rasa."""
    return " ".join(text.split()).lstrip(_SLASHES)
