"""Numbers that somebody wrote in another way: grouped, turned round, in digits of another script, escaped or packed."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import date
from urllib.parse import unquote

# Digits with little in between: what a reader takes for one number, or for several that follow each other.
_RUN = re.compile(r"[0-9]+(?:[ \t\-./,:()_|]{1,3}[0-9]+)*")
_GROUP = re.compile(r"[0-9]+")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
# Every digit there is, as the ten of ASCII; of ① and ² too, which are digits but no decimals.
_PLAIN = {
    code: str(unicodedata.digit(chr(code)))
    for code in range(128, sys.maxunicode + 1)
    if unicodedata.digit(chr(code), None) is not None
}
LONGEST = 14


def readings(content: bytes) -> Iterator[str]:
    """The content as text with plain digits: as it is, and unpacked from JSON's and URLs' escapes where it has any."""
    text = content.decode("utf-8", "replace")
    yield _plain(text)
    if "\\u0" in text or "\\u2" in text or "\\uff" in text.lower():
        yield _plain(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))
    if "%" in text:
        yield _plain(unquote(text))


def runs(content: bytes) -> Counter[str]:
    """Everything that reads as a number or a row of numbers, and how often it occurs in any of the readings."""
    found: Counter[str] = Counter()
    for text in readings(content):
        found |= Counter(match.group() for match in _RUN.finditer(text))
    return found


def windows(run: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """All that neighbouring groups of a run make together, with the lengths of those groups.

    >>> list(windows("98765 43210"))
    [('98765', (5,)), ('9876543210', (5, 5)), ('43210', (5,))]
    """
    groups: list[str] = _GROUP.findall(run)
    for start in range(len(groups)):
        joined = ""
        for end in range(start, len(groups)):
            joined += groups[end]
            if len(joined) > LONGEST:
                break
            yield joined, tuple(len(each) for each in groups[start : end + 1])


def phone(number: str) -> set[str]:
    """A mobile number with and without what stands before it."""
    return {number, f"91{number}", f"0{number}", f"091{number}", f"0091{number}"}


def day(born: date) -> set[str]:
    """A day in any order with its whole year; without zeros only where signs part the groups."""
    full = {born.strftime(how) for how in ("%d%m%Y", "%Y%m%d", "%m%d%Y", "%Y%d%m")}
    bare = {f"{born.day}{born.month}{born.year}", f"{born.month}{born.day}{born.year}", f"{born.year}{born.month}{born.day}"}
    return full | bare


def is_one_day(lengths: tuple[int, ...]) -> bool:
    """Whether groups of these lengths may be a day: all in one, or a year and two more."""
    return lengths == (8,) or sorted(lengths)[2:] == [4]


def _plain(text: str) -> str:
    return text if text.isascii() else text.translate(_PLAIN)
