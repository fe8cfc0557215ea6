"""Words and letters of one sentence, weighed as scikit-learn weighs them in training, without its detours."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Counted:
    """What a fitted counter knows (the place and the weight of each piece of a sentence) and the columns of a linear model.

    `pieces` cuts a sentence up as the counter did; `columns` has a row for each piece and a column for each answer.
    """

    def __init__(
        self, pieces: Callable[[str], Iterator[str]], places: Mapping[str, int], weights: Array, columns: Array
    ) -> None:
        self._pieces = pieces
        self._places = places
        self._weights = [float(weight) for weight in weights]
        self._columns = np.ascontiguousarray(columns, dtype=np.float32)

    def margins(self, text: str) -> Array | float:
        """What this part of a sentence says for each answer; 0 if none of its pieces is known."""
        found = Counter(place for place in map(self._places.get, self._pieces(text)) if place is not None)
        if not found:
            return 0.0
        values = [(1.0 + math.log(count)) * self._weights[place] for place, count in found.items()]
        length = math.sqrt(sum(value * value for value in values))
        rows: Array = self._columns[list(found)]
        return np.array([value / length for value in values], dtype=np.float32) @ rows


def words_in(text: str) -> Iterator[str]:
    """Each word, and each pair of neighbours."""
    words = text.split()
    yield from words
    yield from map(" ".join, pairwise(words))


def letters_in(text: str) -> Iterator[str]:
    """Two to five letters in a row, the blanks around a word among them; a short word whole, and once."""
    for word in text.split():
        padded = f" {word} "
        for size in range(2, 6):
            yield padded[:size]
            if len(padded) <= size:
                break
            for start in range(1, len(padded) - size + 1):
                yield padded[start : start + size]
