"""A free message that holds a card's URN, its registered mobile or its registered e-mail: which is which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from actions.addresses import EMAIL, addresses
from actions.number_words import numeric_view
from actions.parsing import ParseError, parse_email, parse_mobile
from actions.plain_text import plain
from actions.shapes import Group, clusters

URN, MOBILE, REGISTERED_EMAIL = "urn", "registered_mobile", "registered_email"
CONTACT = (URN, MOBILE, REGISTERED_EMAIL)
# The platform's pages give a URN eleven digits, and all of its samples have as many.
URN_DIGITS = 11

_MOBILE = re.compile(r"(?:0{0,2}91)?0?[6-9][0-9]{9}")
# "my 2 details", "the last 4": too short to have been meant as either number.
_STRAY_DIGITS = 4
_LONGEST_CLUSTER = 28


@dataclass(frozen=True)
class ContactDetails:
    """What a message held, by name; `unread`: the names of what was meant and could not be read."""

    found: dict[str, str] = field(default_factory=dict, repr=False)
    unread: tuple[str, ...] = ()


def parse_contact(given: Iterable[tuple[str, str]], *, asked: str = "") -> ContactDetails:
    """Read the values of a message, each with its kind; `asked` is the piece that was just asked for.

    What can be two things is unread, never a guess.

    >>> parse_contact([("message", "70000000001, 98765 43210 and asha at example dot com")]).found
    {'registered_email': 'asha@example.com', 'urn': '70000000001', 'registered_mobile': '919876543210'}
    >>> parse_contact([("message", "7000 0000 0")], asked="urn").unread
    ('urn',)
    """
    reading = _Reading(asked)
    for kind, text in given:
        if kind in CONTACT:
            reading.take(kind, text)
        else:
            reading.take_all(numeric_view(plain(text), prompted=True).text)
    return reading.result()


def parse_urn(text: str) -> str:
    """The digits of a URN. Raises ValueError.

    >>> parse_urn("7000 0000 001")
    '70000000001'
    """
    digits = "".join(re.findall(r"[0-9]", numeric_view(plain(text), prompted=True).text))
    if len(digits) != URN_DIGITS:
        raise ValueError("not a URN")
    return digits


_PARSERS = {URN: parse_urn, MOBILE: parse_mobile, REGISTERED_EMAIL: parse_email}


class _Reading:
    """The pieces read so far."""

    def __init__(self, asked: str) -> None:
        self._asked = asked
        self._found: dict[str, str] = {}
        self._unread: list[str] = []

    def take(self, name: str, text: str) -> None:
        try:
            value = _PARSERS[name](text)
        except (ParseError, ValueError):
            self._unread.append(name)
            return
        if self._found.setdefault(name, value) != value:
            self._unread.append(name)

    def take_all(self, said: str) -> None:
        """Every address and number of a text in plain characters."""
        rest, at = "", 0
        for each in addresses(said):
            if each.kind == EMAIL:
                self.take(REGISTERED_EMAIL, said[each.start : each.end])
            rest, at = f"{rest}{said[at : each.start]};;;;;", each.end
        for groups in clusters(rest + said[at:]):
            self._take_numbers(groups)

    def _take_numbers(self, groups: list[Group]) -> None:
        digits = "".join(group.digits for group in groups)
        ways = list(_ways(groups)) if len(digits) <= _LONGEST_CLUSTER else []
        best = [way for way in ways if len(way) == min(map(len, ways))]
        if len(best) == 1:
            for name, number in best[0]:
                self.take(name if self._asked != URN or len(number) != URN_DIGITS else URN, number)
        elif len(digits) > _STRAY_DIGITS or self._asked in (URN, MOBILE):
            self._unread.append(self._asked if self._asked in (URN, MOBILE) else "")

    def result(self) -> ContactDetails:
        unread = dict.fromkeys(self._unread)
        return ContactDetails({name: value for name, value in self._found.items() if name not in unread}, tuple(unread))


def _ways(groups: list[Group], at: int = 0) -> Iterator[list[tuple[str, str]]]:
    """Every way to read groups of digits, all of them and in order, as URNs and mobile numbers."""
    if at == len(groups):
        yield []
        return
    digits = ""
    for end in range(at, len(groups)):
        digits += groups[end].digits
        if len(digits) > URN_DIGITS + 4:
            return
        name = MOBILE if _MOBILE.fullmatch(digits) else URN if len(digits) == URN_DIGITS else None
        if name is not None:
            yield from ([(name, digits), *rest] for rest in _ways(groups, end + 1))
