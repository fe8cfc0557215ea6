"""The report on understanding as pictures (SVG): what is taken for what, and whether confidence means what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

from bot.engine.nlu_report import Answer, Sentence

BINS = 10
_CELL, _LEFT, _TOP = 26, 190, 200
_PLOT, _MARGIN, _HEAD = 420, 60, 60
_GREEN, _RED, _GREY = "#0b6e4f", "#b3261e", "#9aa5b1"


def draw(sentences: Sequence[Sentence], answers: Sequence[Answer], folder: Path) -> list[Path]:
    """Write confusion.svg, reliability.svg and confidence.svg into a folder, made if need be; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    given = [(answer.confidence, answer.intent == sentence.intent) for sentence, answer in zip(sentences, answers, strict=True)]
    pairs = [(sentence.intent, answer.intent) for sentence, answer in zip(sentences, answers, strict=True)]
    pictures = {"confusion": confusion(pairs), "reliability": reliability(given), "confidence": confidence(given)}
    files = []
    for name, picture in pictures.items():
        files.append(folder / f"{name}.svg")
        files[-1].write_text(picture, encoding="utf-8")
    return files


def confusion(pairs: Sequence[tuple[str, str]]) -> str:
    """A row for each intent that was meant, a column for each that was understood; darker is a larger share of the row."""
    counts, rows = Counter(pairs), Counter(meant for meant, _ in pairs)
    names = sorted({name for pair in pairs for name in pair})
    place = {name: number for number, name in enumerate(names)}
    side = _CELL * len(names)
    parts = [_text(_LEFT, 26, "meant (rows) and understood (columns)", size=17)]
    for name, number in place.items():
        middle = number * _CELL + _CELL / 2
        parts.append(_text(_LEFT - 8, _TOP + middle + 4, f"{name} ({rows[name]})", anchor="end"))
        x, y = _LEFT + middle + 4, _TOP - 8
        parts.append(f'<g transform="rotate(-60 {x:.0f} {y})">{_text(x, y, name)}</g>')
        parts.append(_line(_LEFT, _TOP + number * _CELL, _LEFT + side, _TOP + number * _CELL, "#eceff1"))
        parts.append(_line(_LEFT + number * _CELL, _TOP, _LEFT + number * _CELL, _TOP + side, "#eceff1"))
    for (meant, got), count in sorted(counts.items()):
        parts += _cell(_LEFT + place[got] * _CELL, _TOP + place[meant] * _CELL, count, count / rows[meant], meant == got)
    return _svg(_LEFT + side + 110, _TOP + side + 20, parts)


def reliability(given: Sequence[tuple[float, bool]]) -> str:
    """How often answers of a confidence were right; on the diagonal they mean what they say. A bar's width is its number."""
    bins = _binned(given)
    most = max((len(each) for each in bins), default=1) or 1
    parts = [*_axes("confidence", "share that was right", 1.0), _line(*_at(0, 0), *_at(1, 1), _GREY, dashes="5 4")]
    for number, each in enumerate(bins):
        if not each:
            continue
        right, mean = sum(r for _, r in each) / len(each), sum(c for c, _ in each) / len(each)
        width = max(4.0, 0.9 * _PLOT / BINS * (len(each) / most) ** 0.5)
        x, y = _at((number + 0.5) / BINS, right)
        parts.append(_box(x - width / 2, y, width, _at(0, 0)[1] - y, _GREEN, opacity=0.35))
        x, y = _at(mean, right)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{_GREEN}"/>')
        parts.append(_text(_at((number + 0.5) / BINS, 0)[0], _at(0, 0)[1] - 5, str(len(each)), anchor="middle", size=10))
    return _svg(_PLOT + 2 * _MARGIN, _PLOT + _HEAD + _MARGIN, parts)


def confidence(given: Sequence[tuple[float, bool]]) -> str:
    """How many answers had which confidence, right ones in green below wrong ones in red."""
    bins = _binned(given)
    most = max((len(each) for each in bins), default=1) or 1
    parts = _axes("confidence", "sentences", float(most))
    for number, each in enumerate(bins):
        right = sum(r for _, r in each)
        x, width = _at(number / BINS, 0)[0] + 3, _PLOT / BINS - 6
        top, middle, bottom = (_at(0, count / most)[1] for count in (len(each), right, 0))
        parts += [_box(x, middle, width, bottom - middle, _GREEN), _box(x, top, width, middle - top, _RED)]
        if each:
            parts.append(_text(x + width / 2, top - 5, f"{right} + {len(each) - right}", anchor="middle", size=10))
    return _svg(_PLOT + 2 * _MARGIN, _PLOT + _HEAD + _MARGIN, parts)


def _binned(given: Sequence[tuple[float, bool]]) -> list[list[tuple[float, bool]]]:
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for sure, right in given:
        bins[min(int(sure * BINS), BINS - 1)].append((sure, right))
    return bins


def _cell(x: float, y: float, count: int, share: float, is_right: bool) -> list[str]:
    shown = "white" if share > 0.5 else "black"
    box = _box(x, y, _CELL, _CELL, _GREEN if is_right else _RED, opacity=0.15 + 0.85 * share)
    return [box, _text(x + _CELL / 2, y + _CELL / 2 + 4, str(count), anchor="middle", size=10, colour=shown)]


def _axes(across: str, up: str, most: float) -> list[str]:
    parts = [_text(_MARGIN, 26, f"{up}, by {across}", size=17)]
    for step in range(0, BINS + 1, 2):
        share = step / BINS
        x, y = _at(share, 0)
        parts.append(_text(x, y + 18, f"{share:.1f}", anchor="middle"))
        x, y = _at(0, share)
        parts.append(_line(x, y, x + _PLOT, y, "#eceff1"))
        parts.append(_text(x - 8, y + 4, f"{share * most:.1f}" if most <= 1 else f"{share * most:.0f}", anchor="end"))
    return [*parts, _text(_MARGIN + _PLOT / 2, _HEAD + _PLOT + 40, across, anchor="middle")]


def _at(x: float, y: float) -> tuple[float, float]:
    """Where a point of the unit square lies in a plot."""
    return _MARGIN + x * _PLOT, _HEAD + (1 - y) * _PLOT


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, _box(0, 0, width, height, "white"), *parts, "</svg>"]) + "\n"


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, colour: str = "black") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashes: str = "none") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-dasharray="{dashes}"/>'


def _box(x: float, y: float, width: float, height: float, colour: str, *, opacity: float = 1.0) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}" fill-opacity="{opacity:.2f}"/>'
