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

from bot.leaks.planted import Planted, controls

# A short value that occurs with less than this probability by chance was not there by chance.
BY_CHANCE = 0.01
_TOKENS = re.compile(rb"[0-9A-Za-z]+")


@dataclass
class Place:
    """Somewhere a value could have come to, and what was found there so far."""

    name: str
    size: int = 0
    tokens: Counter[bytes] = field(default_factory=Counter, repr=False)
    long: Counter[str] = field(default_factory=Counter, repr=False)


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
        self.places: dict[str, Place] = {}

    def look(self, name: str, content: bytes | str) -> None:
        """Look through something that belongs to this place."""
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        place = self.places.setdefault(name, Place(name))
        place.size += len(data)
        place.tokens.update(token for token in _TOKENS.findall(data) if len(token) == 4)
        folded = data.lower()
        for form, kind in self._long.items():
            if times := folded.count(form):
                place.long[kind] += times

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
            found = [place.tokens[value.encode()] for value in values]
            present, by_chance = sum(map(bool, found)), sum(1 for other in others if place.tokens[other.encode()])
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
    return {
        **facts,
        "clean": not hits,
        "places": {name: {"bytes": place.size} for name, place in search.places.items()},
        "hits": [vars(hit) for hit in hits],
    }
