"""Looking for planted values in what a run left behind: long ones must not occur, short ones no more often than by chance."""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from bot.leaks import digits
from bot.leaks.planted import Planted, controls

# A short value that occurs with less than this probability by chance was not there by chance.
BY_CHANCE = 0.01
# What stands behind a decimal point is a part of a second far more often than of a card number.
_TOKENS = re.compile(rb"[0-9]+(?:\.[0-9]+)+|[0-9A-Za-z]+")
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")
# Four digits one by one, or in two halves with a sign between that no clock shows.
_GROUPED = ((1, 1, 1, 1), (2, 2))


@dataclass
class Place:
    """Somewhere a value could have come to, and what was found there so far."""

    name: str
    size: int = 0
    tokens: Counter[str] = field(default_factory=Counter, repr=False)
    grouped: Counter[str] = field(default_factory=Counter, repr=False)
    long: Counter[str] = field(default_factory=Counter, repr=False)
    note: str = ""


@dataclass(frozen=True)
class Hit:
    """A kind of value that was found in a place, and how often; never the value."""

    place: str
    kind: str
    times: int


class Search:
    """What was planted, ready to be looked for in any number of places."""

    def __init__(self, planted: Iterable[Planted]) -> None:
        self._planted = list(planted)
        self._long: dict[bytes, str] = {}
        for each in self._planted:
            for kind, values in each.long_values().items():
                self._long |= {form.lower(): kind for value in values for form in disguises(value)}
        self._numbers = {form: kind for each in self._planted for kind, forms in each.numbers().items() for form in forms}
        self.places: dict[str, Place] = {}

    def look(self, name: str, content: bytes | str) -> None:
        """Look through something that belongs to this place."""
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        place = self.place(name)
        place.size += len(data)
        place.tokens.update(token.decode() for token in _TOKENS.findall(data) if len(token) == 4)
        folded, found = data.lower(), Counter[str]()
        for form, kind in self._long.items():
            if times := folded.count(form):
                found[kind] += times
        place.long.update(found | self._numbers_in(data, place))

    def place(self, name: str, note: str = "") -> Place:
        """The place of this name; `note` says what there is to say of it."""
        place = self.places.setdefault(name, Place(name))
        place.note = note or place.note
        return place

    def _numbers_in(self, data: bytes, place: Place) -> Counter[str]:
        """Long values that are digits, however they are grouped; short ones that are, are counted for later."""
        found: Counter[str] = Counter()
        for run, times in digits.runs(data).items():
            for joined, lengths in digits.windows(run):
                kind = self._numbers.get(joined)
                if kind is not None and (kind != "date of birth" or digits.is_one_day(lengths)):
                    found[kind] += times
                elif lengths in _GROUPED and ":" not in run and not _DECIMAL.fullmatch(run):
                    place.grouped[joined] += times
        return found

    def hits(self) -> list[Hit]:
        """Everything that was found and cannot be chance."""
        return [hit for place in self.places.values() for hit in [*self._long_hits(place), *self._short_hits(place)]]

    def _long_hits(self, place: Place) -> Iterator[Hit]:
        yield from (Hit(place.name, kind, times) for kind, times in sorted(place.long.items()))

    def _short_hits(self, place: Place) -> Iterator[Hit]:
        used = {kind: {v for each in self._planted for v in each.short_values()[kind]} for kind in self._planted[0].short_values()}
        every = set().union(*used.values())
        for kind, values in used.items():
            others = controls(kind, every)
            for written in (place.tokens, place.grouped):
                found = [written[value] for value in values]
                present, by_chance = sum(map(bool, found)), sum(1 for other in others if written[other])
                if present and chance(present, len(values), by_chance, len(others)) < BY_CHANCE:
                    yield Hit(place.name, kind, sum(found))


def chance(present: int, values: int, by_chance: int, others: int) -> float:
    """How likely at least so many of the values occur, if they occur like the others (hypergeometric).

    >>> chance(0, 4, 3, 100), chance(1, 4, 0, 7000) < 0.001, chance(1, 4, 3500, 7000) > 0.9
    (1.0, True, True)
    """
    marked, total = present + by_chance, values + others
    ways = math.comb(total, marked)
    return sum(math.comb(values, k) * math.comb(others, marked - k) for k in range(present, min(values, marked) + 1)) / ways


def disguises(value: str) -> Iterator[bytes]:
    """The value as programs write it: plain, escaped, packed for a URL, in UTF-16, hexadecimal, base64."""
    plain = value.encode()
    yield plain
    yield json.dumps(value)[1:-1].encode()
    yield quote(value).encode()
    yield value.encode("utf-16-le")
    if len(plain) >= 8:
        yield plain.hex().encode()
        for shift in range(3):
            # Only the letters that the value alone decides.
            packed = base64.b64encode(b"\0" * shift + plain)
            yield packed[math.ceil(shift * 8 / 6) : len(plain + b"\0" * shift) * 8 // 6]


def summary(search: Search, facts: Mapping[str, object]) -> dict[str, object]:
    """A report that names places and kinds."""
    hits = search.hits()
    found = Counter[str]()
    for hit in hits:
        found[hit.place] += hit.times
    places = {name: {"bytes": place.size, "hits": found[name], "note": place.note} for name, place in search.places.items()}
    return {**facts, "clean": not hits, "places": places, "hits": [vars(hit) for hit in hits]}
