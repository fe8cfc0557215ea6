"""A free message that holds one, two or all three of a card's details, in any order: which is which."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from actions.parsing import (
    AmbiguousDigits,
    ImpossibleMonth,
    NoSuchDay,
    NotADate,
    NotAnAge,
    NotFourDigits,
    ParseError,
    YearMissing,
    parse_date_of_birth,
    parse_expiry,
    parse_last_four,
    readable,
)
from actions.shapes import DATE, FOUR_DIGITS, MONTH_AND_YEAR, Shape, shapes

LAST_FOUR, EXPIRY, DATE_OF_BIRTH = "last_four", "card_expiry", "date_of_birth"
ALL_DETAILS = frozenset({LAST_FOUR, EXPIRY, DATE_OF_BIRTH})
_OF_DATES = frozenset({YearMissing.reason, NoSuchDay.reason, NotAnAge.reason})


@dataclass(frozen=True)
class Problem:
    """A detail that could not be read, and the `ParseError.reason`; its str names the response that tells so."""

    detail: str
    reason: str

    def __str__(self) -> str:
        if self.detail not in ALL_DETAILS:
            return "ambiguous_details"
        if self.reason == ImpossibleMonth.reason:
            return f"impossible_month_{self.detail}"
        return self.reason if self.reason in _OF_DATES else f"wrong_{self.detail}"


@dataclass(frozen=True)
class Details:
    """What a message held; nothing that was typed shows in its repr."""

    last_four: str | None = field(default=None, repr=False)
    expiry: str | None = field(default=None, repr=False)
    date_of_birth: date | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def found(self) -> frozenset[str]:
        """The names of the details that were read."""
        return frozenset(self.as_text())

    def as_text(self) -> dict[str, str]:
        """The details that were read, by name; the birth date in ISO form."""
        values = {LAST_FOUR: self.last_four, EXPIRY: self.expiry,
                  DATE_OF_BIRTH: self.date_of_birth.isoformat() if self.date_of_birth else None}
        return {name: value for name, value in values.items() if value is not None}


_WORD_END = r"(?![^\W\d_]|[\u0900-\u0963])"
_LABELS = (
    (EXPIRY, r"\bexp\w*|\bvalid\w*|\bthru\b|\bgood\b|वैध\S*|एक्सपायरी|एक्सपाइरी|समाप्ति|\bmm\s?/?\s?yy"),
    (DATE_OF_BIRTH, rf"\bd\.?\s?o\.?\s?b\b|\bbirth\w*|\bborn\b|\bb'?day\b|\bjan[a]?m\w*{_WORD_END}(?!ary)|\bpaida\b|जन्म\S*|जनम\S*|पैदा|डीओबी"),
    (LAST_FOUR, r"\bcard\w*|\bend\w*|\blast\b|\bdigits?\b|\bno\b|\bnumber\b|कार्ड|अंक|अंतिम|आखिरी|आख़िरी|नंबर|\bank\b|\baakhri\b|\bakhri\b"),
)
_SPACED = re.compile(r"[0-9]+(?: [0-9]+)+")
_LABEL = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _LABELS), re.IGNORECASE)


def labels_in(text: str) -> frozenset[str]:
    """The details that a plain text names.

    >>> sorted(labels_in("the dob is 12 march, card 8305"))
    ['date_of_birth', 'last_four']
    """
    return frozenset(match.lastgroup or "" for match in _LABEL.finditer(text))


class _Item(NamedTuple):
    shape: Shape
    text: str
    label: str | None


def parse_details(
    given: str | Iterable[tuple[str, str]], *, today: date, wanted: frozenset[str] = ALL_DETAILS
) -> Details:
    """Read the details in a message, or in its values with their kinds; `wanted` are those still missing.

    What bare digits are depends on `wanted`; what can be two things is a problem, never a guess.

    >>> on = date(2026, 11, 22)
    >>> parse_details("card ending 8305 exp Aug 2027 born 11 July 1993", today=on).as_text()
    {'last_four': '8305', 'card_expiry': '0827', 'date_of_birth': '1993-07-11'}
    >>> [str(problem) for problem in parse_details("0827", today=on).problems]
    ['ambiguous_details']
    >>> parse_details("0827", today=on, wanted=frozenset({"card_expiry"})).expiry
    '0827'
    """
    exact: list[tuple[str, str]] = []
    free: list[str] = []
    for kind, text in [("message", given)] if isinstance(given, str) else given:
        if kind in ALL_DETAILS:
            exact.append((kind, text))
        else:
            free.append(f"exp {text}" if kind == MONTH_AND_YEAR else text)
    said = readable(", ".join(free))
    details = _read(said, exact, wanted, today)
    if details.problems and _SPACED.fullmatch(said):
        # Spoken in one breath, the three run into each other: eighty three oh five oh eight twenty seven.
        joined = _read(said.replace(" ", ""), exact, wanted, today)
        return details if joined.problems else joined
    return details


def _read(said: str, exact: list[tuple[str, str]], wanted: frozenset[str], today: date) -> Details:
    reading = _Reading(today)
    for detail, text in exact:
        reading.read(detail, text)
    for item in _items(said):
        reading.take(item, wanted)
    reading.place(wanted)
    return reading.details()


def _items(said: str) -> list[_Item]:
    """The values of a text, each with the label that names it: before it, or after it if that is the style."""
    found = shapes(said)
    ends = [0, *(shape.end for shape in found)]
    starts = [*(shape.start for shape in found), len(said)]
    between = [[match.lastgroup for match in _LABEL.finditer(said[end:start])] for end, start in zip(ends, starts, strict=True)]
    after = bool(found) and not between[0] and bool(between[-1])
    items = []
    for index, shape in enumerate(found):
        names = between[index + 1][:1] if after else between[index][-1:]
        items.append(_Item(shape, said[shape.start:shape.end], names[0] if names else None))
    return items


class _Reading:
    """The details read so far."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._values: dict[str, Any] = {}
        self._problems: list[Problem] = []
        self._bare: list[str] = []
        self._parsers: dict[str, Callable[[str], object]] = {
            LAST_FOUR: parse_last_four,
            EXPIRY: parse_expiry,
            DATE_OF_BIRTH: lambda text: parse_date_of_birth(text, today=today),
        }

    def read(self, detail: str, text: str) -> None:
        try:
            value = self._parsers[detail](text)
        except ParseError as error:
            self._problems.append(Problem(detail, error.reason))
            return
        if self._values.setdefault(detail, value) != value:
            self._problems.append(Problem(detail, AmbiguousDigits.reason))

    def take(self, item: _Item, wanted: frozenset[str]) -> None:
        """Read a value under its label, under what its shape says, or keep its four digits for `place`."""
        missing = wanted - self._values.keys()
        detail = item.label or self._by_shape(item, missing)
        if detail is None and item.shape.kind != FOUR_DIGITS:
            detail = self._unglue(item.shape.digits, missing)
        elif detail is None:
            self._bare.append(item.shape.digits)
        if detail is not None:
            self.read(detail, item.text)

    def _by_shape(self, item: _Item, missing: frozenset[str]) -> str | None:
        if item.shape.kind == DATE and EXPIRY in missing and len(item.shape.digits) <= 2:
            month_first = not item.text[0].isdigit() and int(item.shape.digits) in self._years(2)
            return EXPIRY if month_first or DATE_OF_BIRTH not in missing else DATE_OF_BIRTH
        if item.shape.kind == MONTH_AND_YEAR and EXPIRY not in missing:
            if missing == {LAST_FOUR} and re.fullmatch(r"[0-9]{2} ?[0-9]{2}", item.text):
                return LAST_FOUR
            return DATE_OF_BIRTH if missing == {DATE_OF_BIRTH} else EXPIRY
        return {MONTH_AND_YEAR: EXPIRY, DATE: DATE_OF_BIRTH}.get(item.shape.kind)

    def _unglue(self, digits: str, missing: frozenset[str]) -> str | None:
        """Digits without a break: four and four, four and a date, all three; or one detail of odd length."""
        if len(digits) in (12, 16) and DATE_OF_BIRTH in missing and self._is(DATE_OF_BIRTH, digits[-8:]):
            self.read(DATE_OF_BIRTH, digits[-8:])
            self._bare += [digits[at:at + 4] for at in range(0, len(digits) - 8, 4)]
            return None
        if len(digits) == 8 and {LAST_FOUR, EXPIRY} <= missing:
            self._bare += [digits[:4], digits[4:]]
            return None
        if len(digits) == 6 and EXPIRY in missing and digits[2:4] == "20" and self._is(EXPIRY, digits):
            return EXPIRY
        if DATE_OF_BIRTH in missing and len(digits) in (6, 8):
            return DATE_OF_BIRTH
        if len(missing) == 1:
            return next(iter(missing))
        if missing:
            self._problems.append(Problem(LAST_FOUR, NotFourDigits.reason) if LAST_FOUR in missing
                                  else Problem(DATE_OF_BIRTH, NotADate.reason))
        return None

    def place(self, wanted: frozenset[str]) -> None:
        """Give bare groups of four digits to the last four and the expiry, where only one way is possible."""
        missing = (wanted - self._values.keys() - {problem.detail for problem in self._problems})
        bare = list(dict.fromkeys(self._bare))
        for digits in bare:
            fits = [name for name in (LAST_FOUR, EXPIRY) if name in missing]
            if len(fits) == 2:
                fits = self._choose(digits, [other for other in bare if other != digits])
            if len(fits) != 1:
                detail, reason = ("four_digits", AmbiguousDigits.reason) if fits else (
                    DATE_OF_BIRTH, NotADate.reason)
                if fits or missing:
                    self._problems.append(Problem(detail, reason))
                continue
            self.read(fits[0], digits)
            missing -= {fits[0]}

    def _choose(self, digits: str, others: list[str]) -> list[str]:
        if not self._is_likely_expiry(digits):
            return [LAST_FOUR]
        if others and not any(self._is_likely_expiry(other) for other in others):
            return [EXPIRY]
        return [LAST_FOUR, EXPIRY]

    def _is_likely_expiry(self, digits: str) -> bool:
        return 1 <= int(digits[:2]) <= 12 and int(digits[2:]) in self._years(10)

    def _years(self, past: int) -> range:
        """The years of two digits that a card may bear."""
        return range(self._today.year - 2000 - past, self._today.year - 2000 + 21)

    def _is(self, detail: str, text: str) -> bool:
        try:
            self._parsers[detail](text)
        except ParseError:
            return False
        return True

    def details(self) -> Details:
        values = self._values
        return Details(values.get(LAST_FOUR), values.get(EXPIRY), values.get(DATE_OF_BIRTH),
                       tuple(dict.fromkeys(self._problems)))
