"""What was measured, round by round, and what is made of it: medians, ratios, the file, the table."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Round = Mapping[str, float]


@dataclass(frozen=True)
class Figure:
    """One line of the results: `target` says in words what is wanted, `digits` how it is printed."""

    name: str
    title: str
    unit: str
    target: str = ""
    digits: int = 1


# The ten figures that build/bench.json must always hold, then those that explain them.
FIGURES = (
    Figure("turn3_p50_ms", "turn without bank call, p50 at turn 3", "ms", "at most 10, a quarter of stock's"),
    Figure("turn100_p50_ms", "the same at turn 100", "ms"),
    Figure("turn400_p50_ms", "the same at turn 400", "ms", "at most 1.3 times turn 3"),
    Figure("guarded_turn_p50_ms", "turn with guard and bank call (bank 0 ms), p50", "ms", "at most 20"),
    Figure("turns_per_s", "turns a second, 64 conversations", "/s", "at least 4 times stock's", 0),
    Figure("turns_per_s_two", "the same, two processes on PostgreSQL", "/s", "at least 7 times stock's one", 0),
    Figure("start_s", "start to ready, sandbox included", "s", "at most a fifth of stock's"),
    Figure("peak_mb", "peak memory, all processes but the sandbox", "MB", "at most 0.4 of stock's", 0),
    Figure("train_s", "train", "s", "at most 30"),
    Figure("codec", "token codec, beside its bare parts", "times", "at most 1.5", 2),
    Figure("ack_p99_ms", "acknowledgement, p99, every bank call takes 5 s", "ms", "at most 50"),
    Figure("ack_webhooks_p99_ms", "the same on WhatsApp, Telegram and Twilio", "ms", "at most 50"),
    Figure("health_p99_ms", "a page that needs nothing, p99 at the same time", "ms"),
    Figure("refused_p50_ms", "refusal of an unsigned or wrongly signed webhook, p50", "ms", "at most 5"),
    Figure("refused_p99_ms", "the same, p99", "ms"),
    Figure("webhook_turn3_p50_ms", "turn 3 on WhatsApp, Telegram, Twilio: signed webhook in to answer at the platform, p50", "ms", "at most 10"),
    Figure("webhook_turn3_paused_p50_ms", "the same, after 0.2 s in which nobody spoke", "ms"),
    Figure("turn3_paused_p50_ms", "turn without bank call, p50 at turn 3, after 0.2 s in which nobody spoke", "ms"),
    Figure("turn50_p50_ms", "turn without bank call, p50 at turn 50", "ms"),
    Figure("guarded_turn_bank150_p50_ms", "guarded turn (bank 150 ms), p50", "ms"),
    Figure("turn_p50_ms_1", "turn, p50 with 1 conversation", "ms"),
    Figure("turn_p50_ms_16", "turn, p50 with 16 conversations", "ms"),
    Figure("turn_p50_ms_64", "turn, p50 with 64 conversations", "ms"),
    Figure("turns_per_s_1", "turns a second, 1 conversation", "/s", digits=0),
    Figure("turns_per_s_16", "turns a second, 16 conversations", "/s", digits=0),
    Figure("peak_with_sandbox_mb", "peak memory, with the sandbox", "MB", digits=0),
    Figure("install_mb", "size of the environment", "MB", "at most 900", 0),
)
PROMISED = tuple(each.name for each in FIGURES[:11])


def medians(rounds: Iterable[Round]) -> dict[str, float]:
    """The median of each figure over the rounds that measured it."""
    found: dict[str, list[float]] = {}
    for each in rounds:
        for name, value in each.items():
            found.setdefault(name, []).append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 to 1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def compared(stock: Iterable[Round], cardbot: Iterable[Round]) -> dict[str, dict[str, float | None]]:
    """Every figure as `{"stock": x, "cardbot": y, "ratio": y / x}`, null where it was not measured."""
    theirs, ours = medians(stock), medians(cardbot)
    if "turns_per_s" in theirs:  # two processes of ours are held against one of stock's
        theirs.setdefault("turns_per_s_two", theirs["turns_per_s"])
    names = [*PROMISED, *(each.name for each in FIGURES if each.name in {*theirs, *ours} - set(PROMISED))]
    return {name: _pair(theirs.get(name), ours.get(name)) for name in names}


def _pair(stock: float | None, cardbot: float | None) -> dict[str, float | None]:
    ratio = cardbot / stock if stock and cardbot is not None else None
    return {"stock": _rounded(stock), "cardbot": _rounded(cardbot), "ratio": _rounded(ratio)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def table(results: Mapping[str, Mapping[str, float | None]]) -> str:
    """The results as a table for a README."""
    lines = ["| figure | stock Rasa | Cardbot | Cardbot ÷ stock | target |", "|---|---|---|---|---|"]
    for figure in FIGURES:
        if figure.name in results:
            found = results[figure.name]
            cells = [_cell(found["stock"], figure), _cell(found["cardbot"], figure), _number(found["ratio"], 2)]
            lines.append(f"| {' | '.join([figure.title, *cells, figure.target])} |")
    return "\n".join(lines)


def _cell(value: float | None, figure: Figure) -> str:
    return "–" if value is None else f"{_number(value, figure.digits)} {figure.unit}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
