"""Which kind of value each number in a plain text looks like: by its shape and the words beside it."""
from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from actions.number_lexicon import MONTHS, month_of

FOUR_DIGITS = "four_digits"
MONTH_AND_YEAR = "month_and_year"
DATE = "date"
PHONE_NUMBER = "phone_number"
NUMBER = "number"


class Shape(NamedTuple):
    """A value at `start:end` of the text; `digits` are its digits without what groups them."""

    kind: str
    start: int
    end: int
    digits: str


class Group(NamedTuple):
    """Digits that stand together, and what separates them from the group before."""

    start: int
    end: int
    digits: str
    gap: str


_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
# MONTHS is folded: a nukta may follow a letter, and a chandrabindu stand for an anusvara.
_MONTH = "(?:" + re.sub("([\u0915-\u0939])", "\\1\u093c?", _NAMES).replace("\u0902", "[\u0902\u0901]") + r")(?![^\W\d_]|[\u0900-\u0963])\.?"
_LINK = r"(?:[\s\-–./,'’]{0,3}(?:of|the)){0,2}[\s\-–./,'’]{0,3}"
_DAY = r"(?<![0-9])[0-9]{1,2}\s?(?:st|nd|rd|th)?(?![0-9])"
_FULL_YEAR = r"(?:1[89]|20)[0-9]{2}(?![0-9])"
_YEAR = rf"(?:{_FULL_YEAR}|[0-9]{{2}}(?![0-9]|\s?(?:st|nd|rd|th)\b|\s{{0,2}}[-/.:]\s{{0,2}}[0-9]|\s{{0,2}}{_MONTH}))"
_BEFORE = r"(?<![^\W\d_])(?<![\u0900-\u0963])"
_WITH_MONTH = re.compile(
    rf"(?P<day>{_DAY}){_LINK}(?P<month>{_MONTH})(?:{_LINK}(?P<year>{_YEAR}))?"
    rf"|{_BEFORE}(?P<month2>{_MONTH})(?:{_LINK}(?P<year2>{_FULL_YEAR})|(?P<short>\s?['’]\s?[0-9]{{2}}(?![0-9]))"
    rf"|{_LINK}(?P<day2>{_DAY})(?:[\s\-–./,'’]{{1,3}}(?P<year3>{_YEAR}))?)"
    rf"|(?P<day4>{_DAY}){_LINK}(?:[0-9]{{1,2}}\s?(?:st|nd|rd|th)\b){_LINK}(?P<year4>{_YEAR})"
    rf"|(?<![0-9])(?P<year5>{_FULL_YEAR})[\s\-–./,]{{1,3}}{_MONTH}(?:{_LINK}(?P<day5>{_DAY})(?!\s?[-/.]\s?[0-9]))?",
    re.IGNORECASE,
)
_CLUSTER = re.compile(r"\+?\(?[0-9]+(?:[ \-./():,'’_+*#|\\~–—·•;\"=&]{1,4}[0-9]+)*")
_DIGITS = re.compile(r"[0-9]+")
_EXPIRY_BEFORE = re.compile(
    r"(?:\bexp\w*|\bvalid\w*|\bthru|\bupto|\bgood|expire\w*|वैध\S*|एक्सपायरी|समाप्ति)[^0-9]{0,18}$", re.IGNORECASE)
_PHONE_GROUPS = frozenset({(10,), (5, 5), (3, 3, 4), (3, 4, 3), (4, 3, 3), (2, 4, 4), (3, 7), (2, 8), (2, 2, 2, 2, 2)})


def has_digits(text: str) -> bool:
    """Whether there is anything in a plain text that could be part of a number: in most there is not."""
    return _DIGITS.search(text) is not None


def clusters(text: str) -> Iterator[list[Group]]:
    """Numbers that only punctuation and spaces part, as lists of their groups of digits."""
    for match in _CLUSTER.finditer(text):
        groups: list[Group] = []
        at = match.start()
        for part in _DIGITS.finditer(text, match.start(), match.end()):
            groups.append(Group(part.start(), part.end(), part.group(), text[at:part.start()]))
            at = part.end()
        yield groups


def shapes(text: str) -> list[Shape]:
    """Every number of a plain text, typed, from left to right; no digit is left out.

    >>> [s.kind for s in shapes("card ending 8305 exp Aug 2027 born 11 July 1993")]
    ['four_digits', 'month_and_year', 'date']
    >>> [s.kind for s in shapes("8305 08/27 11-07-1993, 98765 43210, 500")]
    ['four_digits', 'month_and_year', 'date', 'phone_number', 'number']
    """
    found: list[Shape] = []
    if not has_digits(text):
        return found
    at = 0
    for match in _WITH_MONTH.finditer(text):
        shape = _month_shape(text, match)
        found += _number_shapes(text, at, shape.start)
        found.append(shape)
        at = shape.end
    return found + _number_shapes(text, at, len(text))


def day_of(year: int, month: int, day: int) -> date | None:
    """The date, if there is such a day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_shape(text: str, match: re.Match[str]) -> Shape:
    digits = "".join(_DIGITS.findall(match.group()))
    kind = DATE
    if match["year2"] or match["short"] or (match["year5"] and not match["day5"]):
        kind = MONTH_AND_YEAR
    elif match["day2"] and not match["year3"]:
        beyond = int(_DIGITS.findall(match["day2"])[0]) > 31
        if beyond or _EXPIRY_BEFORE.search(text, max(0, match.start() - 30), match.start()):
            kind = MONTH_AND_YEAR
    return Shape(kind, match.start(), match.end(), digits)


def _number_shapes(text: str, start: int, end: int) -> list[Shape]:
    found: list[Shape] = []
    for groups in clusters(text[start:end]):
        index = 0
        while index < len(groups):
            kind, count = _take(text[start:end], groups[index:index + 16])
            first, last = groups[index], groups[index + count - 1]
            digits = "".join(group.digits for group in groups[index:index + count])
            plus = kind == PHONE_NUMBER and first.start > 0 and text[start + first.start - 1] == "+"
            found.append(Shape(kind, start + first.start - int(plus), start + last.end, digits))
            index += count
    return found


def _take(text: str, groups: list[Group]) -> tuple[str, int]:
    """The kind of the value that begins a cluster, and how many groups it takes."""
    for reading in (_as_date, _as_phone, _as_amount, _as_spelled, _as_month_and_year, _as_halves):
        taken = reading(text, groups)
        if taken is not None:
            return taken
    return _as_single(text, groups[0])


def _as_date(text: str, groups: list[Group]) -> tuple[str, int] | None:
    if len(groups) < 3:
        return None
    one, two, three = groups[:3]
    lengths = (len(one.digits), len(two.digits), len(three.digits))
    gap = two.gap.strip()
    if two.gap.strip() != three.gap.strip() or len(gap) > 1 or gap not in "-/.–,":
        return None
    if lengths[0] == 4 and lengths[1] <= 2 and lengths[2] <= 2 and "1900" < one.digits < "2100":
        year, month, day = one.digits, two.digits, three.digits
    elif lengths[0] <= 2 and lengths[1] <= 2 and lengths[2] in (2, 4):
        day, month, year = one.digits, two.digits, three.digits
    else:
        return None
    written = gap in "-/.–" and gap != ""
    real = day_of(_full_year(year), int(month), int(day)) and (lengths[2] == 4 or lengths[0] == 4 or gap != ",")
    return (DATE, 3) if written or real else None


def _full_year(year: str) -> int:
    return int(year) if len(year) == 4 else 1900 + int(year)


def _as_phone(text: str, groups: list[Group]) -> tuple[str, int] | None:
    plus = "+" in text[max(0, groups[0].start - 2):groups[0].start]
    digits = ""
    for count, group in enumerate(groups[:12], 1):
        if count > 1 and (len(group.gap) > 3 or set(group.gap) - set(" -.()")):
            return None
        digits += group.digits
        if len(digits) > 14:
            return None
        sizes = tuple(len(each.digits) for each in groups[:count])
        if _is_phone(digits, sizes, plus=plus) and not _goes_on(groups, count, sizes):
            return PHONE_NUMBER, count
    return None


def _is_phone(digits: str, sizes: tuple[int, ...], *, plus: bool) -> bool:
    if plus and 10 <= len(digits) <= 14:
        return True
    national = re.sub(r"^(?:00|0)?(?:91)?0?(?=[6-9][0-9]{9}$)", "", digits)
    if len(national) != 10:
        return False
    if len(digits) > 10 and national[0] in "6789":
        return sizes[0] != 4 and set(sizes) != {4}
    return len(digits) == 10 and (sizes in _PHONE_GROUPS or set(sizes) == {1})


def _goes_on(groups: list[Group], count: int, sizes: tuple[int, ...]) -> bool:
    """Whether spelled single digits continue after a tenth: then it is no phone number."""
    return set(sizes) == {1} and count < len(groups) and len(groups[count].digits) == 1


def _as_amount(text: str, groups: list[Group]) -> tuple[str, int] | None:
    count = 1
    while count < len(groups) and groups[count].gap == "," and 2 <= len(groups[count].digits) <= 3:
        count += 1
    if count > 1 and len(groups[count - 1].digits) != 3:
        return None
    point = count < len(groups) and groups[count].gap == "." and len(groups[count].digits) <= 2
    if point and count == 1 and _EXPIRY_BEFORE.search(text, max(0, groups[0].start - 30), groups[0].start):
        return None
    return (NUMBER, count + int(point)) if count > 1 or point else None


def _as_spelled(text: str, groups: list[Group]) -> tuple[str, int] | None:
    count = 0
    while count < len(groups) and len(groups[count].digits) == 1 and (count == 0 or len(groups[count].gap) <= 3):
        count += 1
    if count < 3:
        return None
    return (FOUR_DIGITS if count == 4 else NUMBER), count


def _as_month_and_year(text: str, groups: list[Group]) -> tuple[str, int] | None:
    if len(groups) < 2 or len(groups[0].digits) > 2 or len(groups[1].digits) not in (2, 4):
        return None
    gap = groups[1].gap.strip()
    real = 1 <= int(groups[0].digits) <= 12
    dotted = gap == "." and ((real and groups[1].digits[:2] == "20" and len(groups[1].digits) == 4) or _EXPIRY_BEFORE.search(text, max(0, groups[0].start - 30), groups[0].start) is not None)
    year = len(groups[1].digits) == 2 or groups[1].digits[:2] in ("19", "20")
    if gap in ("/", "\\", "|") or dotted or (real and year and gap in ("-", "–", "")):
        return MONTH_AND_YEAR, 2
    return None


def _as_halves(text: str, groups: list[Group]) -> tuple[str, int] | None:
    """83 05: the last four in two halves, as people say them."""
    if len(groups) > 1 and len(groups[0].digits) == 2 == len(groups[1].digits) and groups[1].gap in (" ", "-", " - "):
        return FOUR_DIGITS, 2
    return None


def _as_single(text: str, group: Group) -> tuple[str, int]:
    digits = group.digits
    if len(digits) == 4:
        expiry = _EXPIRY_BEFORE.search(text, max(0, group.start - 30), group.start)
        return (MONTH_AND_YEAR if expiry else FOUR_DIGITS), 1
    if len(digits) == 8 and day_of(int(digits[4:]), int(digits[2:4]), int(digits[:2])) and "1900" < digits[4:] < "2100":
        return DATE, 1
    return NUMBER, 1


def month_number(text: str) -> int | None:
    """The month named in a text that holds one month's name."""
    for word in re.findall(r"[A-Za-z]+|[\u0900-\u0963]+", text):
        number = month_of(word)
        if number:
            return number
    return None
