"""A detail that was given before and is put right: "2027 not 2025", "sorry, the dob is 12 march", "card 8306 hai"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from actions.details import ALL_DETAILS, DATE_OF_BIRTH, EXPIRY, LAST_FOUR, labels_in
from actions.number_lexicon import month_of
from actions.parsing import ParseError, parse_date_of_birth, parse_expiry, parse_last_four, readable

_PART = r"(?:[0-9]{1,4}(?:\s?(?:st|nd|rd|th)\b)?|[A-Za-z]{3,9}|[\u0900-\u0963]{2,9})"
_VALUE = rf"[0-9]+(?:[\s/.-]{{1,2}}{_PART})*?|[A-Za-z]{{3,9}}|[\u0900-\u0963]{{2,9}}"
_AFTER = re.compile(rf"\b(?:not|instead of|rather than|na ki|नाकि|न कि)\s+(?:the |in |on |as )?(?P<wrong>{_VALUE})(?=[\s,.;!]|$)", re.IGNORECASE)
_BEFORE = re.compile(
    r"(?P<wrong>[0-9]+(?:[/.-][0-9]+)*|[A-Za-z]{3,9}|[\u0900-\u0963]{2,9})\s*(?:nahi+n?|nhi|nai|ki jagah|ke badle|नहीं|नही|की जगह|के बदले)"
    r"(?![^\W\d_])", re.IGNORECASE)
_CUE = re.compile(
    r"\b(?:sorry|oops|correction|mistake|galat|galti|ghalat|wrong|incorrect|typo|actually|meant|no|nahi|nahin|should be|change|correct"
    r"|asal|sahi|maaf|replace)\b|गलत|ग़लत|गलती|सॉरी|माफ|सही|नहीं|असल", re.IGNORECASE)
# At the start it contradicts; after "card" it would be a number.
_NO = re.compile(r"^\W*no\b", re.IGNORECASE)
_WORD = re.compile(r"[0-9]+|[A-Za-z]+|[\u0900-\u0963]+")


class _Part(NamedTuple):
    """A number, or a month by its name."""

    number: int
    digits: str

    @property
    def is_month_name(self) -> bool:
        return not self.digits


def correct(text: str, known: Mapping[str, str], *, today: date) -> dict[str, str]:
    """The known details that this text replaces, as they are now; empty if it is no correction.

    `known` holds details by name as `Details.as_text` gives them.

    >>> had = {"last_four": "8305", "card_expiry": "0825", "date_of_birth": "1993-03-11"}
    >>> on = date(2026, 11, 22)
    >>> correct("no, 2027 not 2025", had, today=on), correct("galat likh diya, card 8306 hai", had, today=on)
    ({'card_expiry': '0827'}, {'last_four': '8306'})
    >>> correct("sorry the dob is 12 march not 11", had, today=on), correct("11 nahi 12", had, today=on)
    ({'date_of_birth': '1993-03-12'}, {'date_of_birth': '1993-03-12'})
    >>> correct("08/27", had, today=on)
    {}
    """
    said = readable(text)
    wrong, right = _taken_apart(said)
    if not known or not (wrong or _CUE.search(said)):
        return {}
    labels = labels_in(_NO.sub(" ", said))
    meant = [name for name in (LAST_FOUR, EXPIRY, DATE_OF_BIRTH) if name in known and (name in labels or not labels)]
    if wrong:
        meant = [name for name in meant if _holds(name, known[name], wrong)] or (meant if len(meant) == 1 else [])
    for name in meant:
        value = _whole(name, right, today, certain=bool(wrong or labels), known=known)
        value = value or _mended(name, known[name], wrong, _parts(right), today, is_named=bool(labels))
        if value and value != known[name]:
            return {name: value}
    return {}


def _taken_apart(said: str) -> tuple[list[_Part], str]:
    """What was wrong, part by part, and the text that is left without it."""
    for pattern in (_AFTER, _BEFORE):
        for match in pattern.finditer(said):
            wrong = _parts(match["wrong"])
            if wrong:
                return wrong, said[: match.start()] + " " + said[match.end() :]
    return [], said


def _parts(text: str) -> list[_Part]:
    found = []
    for word in _WORD.findall(text):
        if word.isdigit():
            found.append(_Part(int(word), word))
        elif month := month_of(word):
            found.append(_Part(month, ""))
    return found


def _components(name: str, value: str) -> dict[str, int]:
    if name == LAST_FOUR:
        return {"all": int(value)}
    if name == EXPIRY:
        return {"month": int(value[:2]), "year": 2000 + int(value[2:])}
    return dict(zip(("year", "month", "day"), map(int, value.split("-")), strict=True))


def _holds(name: str, value: str, wrong: list[_Part]) -> bool:
    return all(_component_of(_components(name, value), part) for part in wrong)


def _component_of(components: Mapping[str, int], part: _Part) -> str:
    """Which component of a detail a part says; empty if none."""
    for component in ("all", "day", "month", "year"):
        if component not in components or (part.is_month_name and component != "month"):
            continue
        number = components[component]
        short_year = component == "year" and len(part.digits) == 2 and part.number == number % 100
        if part.number == number or short_year:
            return component
    return ""


def _whole(name: str, right: str, today: date, *, certain: bool, known: Mapping[str, str]) -> str:
    """The new detail, if the text holds all of it; bare digits count only where they can be nothing else."""
    parsers: dict[str, Callable[[str], str]] = {
        LAST_FOUR: parse_last_four,
        EXPIRY: parse_expiry,
        DATE_OF_BIRTH: lambda text: parse_date_of_birth(text, today=today).isoformat(),
    }
    try:
        value = parsers[name](right)
    except ParseError:
        return ""
    missing = ALL_DETAILS - known.keys()
    if not certain and name == LAST_FOUR and EXPIRY in missing and _is(parsers[EXPIRY], right):
        return ""
    if not certain and name == EXPIRY and _is(parsers[LAST_FOUR], right) and "/" not in right:
        return ""
    return value


def _is(parse: Callable[[str], str], text: str) -> bool:
    try:
        parse(text)
    except ParseError:
        return False
    return True


def _mended(
    name: str, value: str, wrong: list[_Part], right: list[_Part], today: date, *, is_named: bool
) -> str:
    """The detail with the parts replaced that the text puts right; empty if they do not fit."""
    if name == LAST_FOUR or not right or len(right) > 3:
        return ""
    components = _components(name, value)
    places = [_component_of(components, part) for part in wrong]
    for part in right:
        place = "month" if part.is_month_name else _place(part, places, components)
        if not place or (not wrong and not is_named and not _is_clear(name, part, place, today)):
            return ""
        if place in places:
            places.remove(place)
        components[place] = 2000 + part.number if place == "year" and len(part.digits) == 2 and name == EXPIRY else part.number
    return _written(name, components, today)


def _place(part: _Part, places: list[str], components: Mapping[str, int]) -> str:
    """Which component a number is to replace: the one that was called wrong, else the one that its length tells."""
    if len(part.digits) == 4:
        return "year"
    numbers = [place for place in places if place]
    if numbers:
        return numbers[0]
    if "day" in components:
        return "day" if part.number <= 31 else "year"
    return "month" if part.number <= 12 else "year"


def _is_clear(name: str, part: _Part, place: str, today: date) -> bool:
    """Whether a part without a name or a "not …" belongs to this detail: a year in a card's range, or in a life's."""
    if place != "year" or len(part.digits) != 4:
        return name == DATE_OF_BIRTH and part.is_month_name
    on_cards = today.year - 5 <= part.number <= today.year + 20
    return on_cards if name == EXPIRY else not on_cards


def _written(name: str, components: Mapping[str, int], today: date) -> str:
    """The detail in its one form, if there is such a one."""
    try:
        if name == EXPIRY:
            return parse_expiry(f"{components['month']:02}/{components['year']}")
        text = f"{components['day']:02}-{components['month']:02}-{components['year']}"
        return parse_date_of_birth(text, today=today).isoformat()
    except ParseError:
        return ""
