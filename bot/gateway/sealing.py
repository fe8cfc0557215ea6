"""What a cardholder wrote, as words without values for the engine, and the values apart for the vault."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from actions.addresses import addresses, has_address_words
from actions.contact_details import URN_DIGITS
from actions.number_words import NumericView, has_number_words, numeric_view
from actions.shapes import shapes
from bot.gateway.code_sealing import code_in, wish_in
from bot.gateway.destroying import Forbidden, forbidden
from bot.gateway.message_class import OTHER, PLAIN_PHRASES, message_class
from bot.gateway.normalizing import Shadow, has_slash, shadow, without_references, without_slash

MESSAGE = "message"
PLACEHOLDERS = {
    "four_digits": "four digits",
    "month_and_year": "month and year",
    "date": "date",
    "phone_number": "phone number",
    "email": "e-mail",
    "number": "number",
    "one_time_code": "one-time code",
    "urn": "URN",
    MESSAGE: "details",
}
# The questions whose answers prove who somebody is.
PROVING = frozenset({"card_details", "contact_details"})
SENSITIVE = PROVING | {"new_email", "new_mobile", "one_time_code"}

# "last 4 digits" asks and tells nothing: the 4 is a word.
_FOUR_DIGITS_ASKED = re.compile(
    r"(?<![^\s])4(?=[ \-](?:digits?|numbers?|nos?|ank|अंक)(?![^\s.,!?]))|(?<=\blast )4(?![^\s.,:!?])", re.IGNORECASE)
_ASKED = "asked"
_UNITS = re.compile(r"(?:rs|rupees?|rupay\w*|inr|k|lakhs?|lacs?|crores?|am|pm|days?|hours?|hrs?|min\w*|months?|years?|x)(?![^\W_])",
                    re.IGNORECASE)
_DOTTED_NAME = re.compile(r"[A-Za-z]{2,}[._][A-Za-z]{2,}")


@dataclass(frozen=True)
class Span:
    """One value as it was typed, of a kind that the vault knows, and the words that stand for it."""

    kind: str
    value: str = field(repr=False)
    placeholder: str


@dataclass(frozen=True)
class Sealed:
    """A message in two parts: `text` for the engine, `spans` for the vault; what was `destroyed` is in neither.

    `echo` is the text for people: what stands for a value stands in brackets.
    """

    text: str
    spans: tuple[Span, ...]
    destroyed: tuple[str, ...]
    message_class: str
    whole: bool
    had_slash: bool
    echo: str


class _Mark(NamedTuple):
    """Something to take out of the shadow; `is_sealed` unless it was destroyed or was no value."""

    kind: str
    start: int
    end: int
    words: str

    @property
    def is_sealed(self) -> bool:
        return self.kind in PLACEHOLDERS


def seal(text: str, *, expecting: str = "none") -> Sealed:
    """Take every value out of a message; while a sensitive question is open, the whole message.

    >>> sealed = seal("my card ends with 8305")
    >>> sealed.text, [span.value for span in sealed.spans]
    ('my card ends with four digits', ['8305'])
    >>> seal("8305 08/27", expecting="card_details").text
    'four digits, month and year'
    >>> seal("my date of birth is 11-07-1993").echo
    'my date of birth is [date]'
    """
    typed = without_references(text)
    seen = shadow(typed)
    sensitive = expecting in SENSITIVE
    view = numeric_view(seen.text, prompted=sensitive)
    if expecting == "one_time_code" and (code := code_in(view.text)):
        return _code(code, seen)
    gone = [_destroyed(seen, view, each)
            for each in forbidden(view.text, phone_expected=expecting in ("new_mobile", "contact_details"),
                                  urn_expected=expecting == "contact_details")]
    marks = _marks(seen, view, gone)
    if expecting == "contact_details":
        marks = [_as_urn(seen.text, mark) for mark in marks]
    sealed = _seal_spans(typed, seen, marks, gone)
    if sensitive and (_holds_details(seen.text, marks, expecting) or _holds_details(sealed.text, [], expecting)):
        sealed = _seal_whole(typed, seen, marks, gone)
    wish = wish_in(seen.text) if expecting == "one_time_code" else ""
    return replace(sealed, message_class=wish) if wish else sealed


def _seal_spans(typed: str, seen: Shadow, marks: list[_Mark], gone: list[_Mark]) -> Sealed:
    pieces: list[str] = []
    echoed: list[str] = []
    spans: list[Span] = []
    at = 0
    for mark in marks:
        room = " " * _touches(seen.text, mark)
        pieces += [seen.text[at:mark.start], room, mark.words, room]
        echoed += [seen.text[at:mark.start], room, mark.words if mark.kind == _ASKED else f"[{mark.words}]", room]
        if mark.is_sealed:
            start, end = seen.original(mark.start, mark.end)
            spans.append(Span(mark.kind, typed[start:end], mark.words))
        at = mark.end
    words = "".join([*pieces, seen.text[at:]]).replace("@", " ")
    echo = "".join([*echoed, seen.text[at:]]).replace("@", " ")
    return Sealed(
        without_slash(words), tuple(spans), tuple(mark.words for mark in gone),
        message_class(seen.text, holds_value=bool(spans)), False, has_slash(seen.text), without_slash(echo),
    )


def _code(code: str, seen: Shadow) -> Sealed:
    """Only what was asked for is kept, for that one act; any other such code is destroyed."""
    words = PLACEHOLDERS["one_time_code"]
    return Sealed(words, (Span("one_time_code", code, words),), (), OTHER, True, has_slash(seen.text), f"[{words}]")


def _seal_whole(typed: str, seen: Shadow, marks: list[_Mark], gone: list[_Mark]) -> Sealed:
    kinds = [PLACEHOLDERS[mark.kind] for mark in marks if mark.is_sealed and mark.kind != "number"]
    named = message_class(seen.text, holds_value=bool(kinds))
    value = typed
    for mark in reversed(gone):
        start, end = seen.original(mark.start, mark.end)
        value = f"{value[:start]} {mark.words} {value[end:]}"
    words = PLAIN_PHRASES.get(named) or ", ".join(dict.fromkeys(kinds)) or PLACEHOLDERS[MESSAGE]
    echo = PLAIN_PHRASES.get(named) or ", ".join(f"[{kind}]" for kind in dict.fromkeys(kinds)) or f"[{PLACEHOLDERS[MESSAGE]}]"
    return Sealed(
        words, (Span(MESSAGE, value.strip(), words),), tuple(mark.words for mark in gone),
        named if named in PLAIN_PHRASES else OTHER, True, has_slash(seen.text), echo,
    )


def _holds_details(text: str, marks: list[_Mark], expecting: str) -> bool:
    if any(mark.is_sealed for mark in marks) or has_number_words(text):
        return True
    if has_address_words(text):
        return True
    return expecting in ("new_email", "contact_details") and _DOTTED_NAME.search(text) is not None


def _as_urn(text: str, mark: _Mark) -> _Mark:
    is_urn = mark.kind == "number" and sum(c.isdigit() for c in text[mark.start:mark.end]) == URN_DIGITS
    return _Mark("urn", mark.start, mark.end, PLACEHOLDERS["urn"]) if is_urn else mark


def _destroyed(seen: Shadow, view: NumericView, each: Forbidden) -> _Mark:
    start, end = seen.whole(*_whole_words(seen.text, *view.original(each.start, each.end)))
    return _Mark("", start, end, each.kind)


def _marks(seen: Shadow, view: NumericView, gone: list[_Mark]) -> list[_Mark]:
    """Every value of the text, from left to right, no two overlapping; what is destroyed comes first."""
    text = seen.text
    marks = list(gone)
    taken = bytearray(len(text))
    for mark in gone:
        taken[mark.start:mark.end] = b"\1" * (mark.end - mark.start)
    for match in _FOUR_DIGITS_ASKED.finditer(text):
        if not taken[match.start()] and seen.whole(*match.span()) == match.span():
            marks += _free_parts(_ASKED, *match.span(), taken, text)
    found = [(each.kind, *view.original(each.start, each.end)) for each in addresses(view.text)]
    found += [(each.kind, *view.original(each.start, each.end)) for each in shapes(view.text)]
    for kind, start, end in found:
        if 0 in taken[start:end]:
            marks += _free_parts(kind, *seen.whole(*_whole_words(text, start, end)), taken, text)
    return sorted(marks, key=lambda mark: mark.start)


def _free_parts(kind: str, start: int, end: int, taken: bytearray, text: str) -> Iterator[_Mark]:
    """The parts of a span that no other mark has taken, as long as they hold something worth sealing."""
    whole = 1 not in taken[start:end]
    name = kind if whole else "number"
    at = start
    while at < end:
        stop = at
        while stop < end and not taken[stop]:
            taken[stop] = 1
            stop += 1
        if stop > at and (whole or any(c.isalnum() or c == "@" for c in text[at:stop])):
            yield _Mark(name, at, stop, PLACEHOLDERS.get(name, "four"))
        at = stop + 1


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """Letters that touch a digit belong to it (8o3o5, 17th), units and currencies aside (500rs)."""
    while start > 0 and text[start].isdigit() and text[start - 1].isalnum() and not _is_currency(text, start):
        start -= 1
    while end < len(text) and text[end].isalnum() and (text[end].isdigit() or not _UNITS.match(text, end)):
        end += 1
    while start > 0 and text[start - 1].isalnum() and text[start].isalnum() and not _is_currency(text, start):
        start -= 1
    return start, end


def _is_currency(text: str, start: int) -> bool:
    return re.search(r"(?<![^\W_])(?:rs|inr)$", text[max(0, start - 4):start], re.IGNORECASE) is not None


def _touches(text: str, mark: _Mark) -> bool:
    before = mark.start > 0 and text[mark.start - 1].isalnum()
    after = mark.end < len(text) and text[mark.end].isalnum()
    return before or after

