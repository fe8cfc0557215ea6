"""Words and letters of one sentence, weighed as scikit-learn weighs them in training, without its detours."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Counted:
    """What a fitted counter knows (the place and the weight of each piece of a sentence) and the columns of a linear model.

    `pieces` cuts a sentence up as the counter did; `columns` has a row for each piece and a column for each answer.
    """

    def __init__(
        self, pieces: Callable[[str], list[str]], places: Mapping[str, int], weights: Array, columns: Array
    ) -> None:
        self._pieces = pieces
        self._places = places
        self._weights = [float(weight) for weight in weights]
        self._columns = np.ascontiguousarray(columns, dtype=np.float32)

    def margins(self, text: str) -> Array | float:
        """What this part of a sentence says for each answer; 0 if none of its pieces is known."""
        found: Counter[Any] = Counter(map(self._places.get, self._pieces(text)))
        found.pop(None, None)
        if not found:
            return 0.0
        weights = self._weights
        values = [weights[place] * (1.0 + math.log(count) if count > 1 else 1.0) for place, count in found.items()]
        length = math.sqrt(sum(value * value for value in values))
        rows: Array = self._columns[list(found)]
        return np.array([value / length for value in values], dtype=np.float32) @ rows


def words_in(text: str) -> list[str]:
    """Each word, and each pair of neighbours."""
    words = text.split()
    return [*words, *map(" ".join, pairwise(words))]


def letters_in(text: str) -> list[str]:
    """Two to five letters in a row, the blanks around a word among them; a short word whole, and once."""
    found: list[str] = []
    for word in text.split():
        padded = f" {word} "
        for size in range(2, 6):
            if len(padded) <= size:
                found.append(padded)
                break
            found += [padded[start : start + size] for start in range(len(padded) - size + 1)]
    return found
