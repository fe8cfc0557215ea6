"""make bench-plot: build/bench.json as a picture, one row a figure, drawn on a scale where ten times is one step."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping
from html import escape
from pathlib import Path

from bench.results import FIGURES, Figure

Pair = Mapping[str, float | None]

ROW, LEFT, WIDTH, RIGHT, TOP = 44, 330, 460, 110, 70
COLOURS = {"stock": "#9aa5b1", "cardbot": "#0b6e4f"}
NAMES = {"stock": "stock Rasa 3.6.21", "cardbot": "Cardbot"}


def picture(results: Mapping[str, Pair]) -> str:
    """An SVG with two bars for each figure that was measured."""
    rows = [figure for figure in FIGURES if any(_values(results.get(figure.name, {})))]
    height = TOP + ROW * len(rows) + 20
    most = max((value for each in rows for value in _values(results[each.name])), default=1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}"'
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="100%" height="{height}" fill="white"/>',
        '<text x="12" y="26" font-size="17">Cardbot beside stock Rasa, on one machine</text>',
        _legend(),
    ]
    parts += [_row(figure, results[figure.name], TOP + ROW * number, most) for number, figure in enumerate(rows)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend() -> str:
    found = []
    for number, (name, colour) in enumerate(COLOURS.items()):
        left = LEFT + 180 * number
        found.append(f'<rect x="{left}" y="42" width="12" height="12" fill="{colour}"/>')
        found.append(f'<text x="{left + 18}" y="53">{NAMES[name]}</text>')
    return "\n".join(found)


def _row(figure: Figure, pair: Pair, top: int, most: float) -> str:
    title = f"{figure.title} ({figure.unit})"
    found = [f'<text x="{LEFT - 10}" y="{top + 20}" text-anchor="end">{escape(title)}</text>']
    for number, name in enumerate(COLOURS):
        value = pair.get(name)
        if value is not None:
            found.append(_bar(value, f"{value:,.{figure.digits}f}", top + 4 + 15 * number, most, COLOURS[name]))
    return "\n".join(found)


def _bar(value: float, label: str, top: int, most: float, colour: str) -> str:
    length = WIDTH * bar_length(value, most)
    return (
        f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="12" fill="{colour}"/>'
        f'<text x="{LEFT + length + 5:.1f}" y="{top + 11}" font-size="11">{label}</text>'
    )


def bar_length(value: float, most: float) -> float:
    """Between 0 and 1; values differ too much for anything but a logarithm.

    >>> bar_length(0.0, 1000.0), bar_length(1000.0, 1000.0)
    (0.0, 1.0)
    """
    return math.log10(1 + max(value, 0.0)) / math.log10(1 + most)


def _values(pair: Pair) -> list[float]:
    return [value for value in (pair.get("stock"), pair.get("cardbot")) if value]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.plot", description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--out", type=Path, default=Path("build/bench.svg"))
    args = parser.parse_args()
    if not args.results.is_file():
        print(f"bench-plot: there is no {args.results}: run `make bench` first", file=sys.stderr)
        return 1
    args.out.write_text(picture(json.loads(args.results.read_text(encoding="utf-8"))), encoding="utf-8")
    print(args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
