"""Reads single fields of the bank's JSON, whatever spelling or type a page gave them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from wibmo.dialects import MONTHS
from wibmo.errors import BadAnswer

_LONGEST_TEXT = 500
_JOINERS = "\u200c\u200d"  # Indic names need them; other invisible characters only deceive
_MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(MONTHS, 1)}
_DATES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<d>\d\d?)-(?P<m>\d\d?)-(?P<y>\d{4})(?:[ T].*)?",
        r"(?P<d>\d\d?)-(?P<m>[A-Za-z]{3})-(?P<y>\d{4})(?:[ T].*)?",
        r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?:\d{6})?",
        r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:[ T].*)?",
    )
)
_IMPLIED = re.compile(r"[+-]?[0-9]{1,15}")
_RUPEES = re.compile(r"[+-]?[0-9]{1,13}\.[0-9]{1,2}0*")
_MONTH_AND_YEAR = re.compile(r"(0[1-9]|1[0-2])[0-9]{2}")


def parse_date(text: str) -> date | None:
    """A date in any of the published formats, or None.

    >>> parse_date("11-Jul-1993") == parse_date("19930711") == parse_date("1993-07-11 00:00:00")
    True
    """
    for pattern in _DATES:
        match = pattern.fullmatch(text)
        if not match:
            continue
        month = _MONTH_NUMBERS.get(match["m"].lower()) or (int(match["m"]) if match["m"].isdigit() else 0)
        try:
            return date(int(match["y"]), month, int(match["d"]))
        except ValueError:
            return None
    return None


def parse_paise(value: object, *, rupees: bool = False) -> int | None:
    """Paise from an amount with two implied decimals, or from rupees with a decimal point.

    `rupees` says that a number without a point is whole rupees as well.

    >>> parse_paise(550), parse_paise("900.00"), parse_paise("900", rupees=True)
    (550, 90000, 90000)
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    text = str(value).strip() if isinstance(value, str | Decimal) else _int_text(value)
    if _IMPLIED.fullmatch(text):
        return int(text) * 100 if rupees else int(text)
    return int(Decimal(text) * 100) if _RUPEES.fullmatch(text) else None


def _int_text(value: int) -> str:
    return str(value) if abs(value) < 10**15 else ""


class Fields:
    """One JSON object of an answer; names are tried in order, the first that is present counts."""

    def __init__(self, data: Mapping[str, Any], request_id: str, rupee_fields: frozenset[str]) -> None:
        self._data = data
        self._request_id = request_id
        self._rupee_fields = rupee_fields

    def text(self, *names: str) -> str:
        """The text, or "" if it is absent, null or not a text or whole number."""
        for name in names:
            value = self._data.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return _int_text(value)
            if isinstance(value, str) and value.strip():
                return _visible(value.strip())[:_LONGEST_TEXT]
        return ""

    def required(self, *names: str) -> str:
        text = self.text(*names)
        if not text:
            raise self.bad(names[0])
        return text

    def number(self, *names: str) -> int | None:
        text = self.text(*names)
        return int(text) if re.fullmatch(r"-?[0-9]{1,12}", text) else None

    def flag(self, *names: str) -> bool | None:
        for name in names:
            value = self._data.get(name)
            if isinstance(value, bool):
                return value
            if isinstance(value, int | str) and str(value).strip().lower() in _FLAGS:
                return _FLAGS[str(value).strip().lower()]
        return None

    def day(self, *names: str) -> date | None:
        return parse_date(self.text(*names))

    def month_and_year(self, *names: str) -> str:
        text = self.text(*names)
        return text if _MONTH_AND_YEAR.fullmatch(text) else ""

    def paise(self, *names: str) -> int:
        """The amount; absent or unreadable is an error, since a wrong balance is worse than none."""
        for name in names:
            if self._data.get(name) is not None:
                amount = parse_paise(self._data[name], rupees=name in self._rupee_fields)
                if amount is None:
                    raise self.bad(name)
                return amount
        raise self.bad(names[0])

    def children(self, name: str) -> Iterator[Fields]:
        """The objects of a list; an absent list is empty, anything else there is an error."""
        items = self._data.get(name)
        if items is None:
            return
        if not isinstance(items, list):
            raise self.bad(name)
        for item in items:
            if not isinstance(item, dict):
                raise self.bad(name)
            yield Fields(item, self._request_id, self._rupee_fields)

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def bad(self, name: str) -> BadAnswer:
        """The error that names a field, never its value."""
        return BadAnswer(f"field {name} missing or unreadable", request_id=self._request_id)


_FLAGS = {**dict.fromkeys(("true", "y", "yes", "1"), True), **dict.fromkeys(("false", "n", "no", "0"), False)}


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(each for each in text if each.isprintable() or each in _JOINERS)
