"""How well sentences that nobody here wrote are understood: accuracy, what is out of scope, confidence, time."""
from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

OUT_OF_SCOPE = "out_of_scope"
# Finer names than the evaluation has, and what each counts as.
COUNTS_AS: Mapping[str, str] = {
    "nlu_fallback": OUT_OF_SCOPE,
    "switch_language": OUT_OF_SCOPE,
    "start_over": "cancel",
    "log_out": "goodbye",
    "abuse": OUT_OF_SCOPE,
    "details_unavailable": "help",
}
_BINS = 10

Understand = Callable[[str], tuple[str | None, float]]
Seal = Callable[[str], str]


@dataclass(frozen=True)
class Sentence:
    """A sentence of the evaluation and what it should be understood as."""

    text: str
    intent: str
    subset: str = ""
    language: str = ""


@dataclass(frozen=True)
class Answer:
    """What a sentence was understood as, by the evaluation's names, and how long it took."""

    text: str
    intent: str
    confidence: float
    seconds: float


@dataclass(frozen=True)
class Figures:
    """All shares between 0 and 1; None where the file has nothing to measure it by."""

    sentences: int
    accuracy: float | None
    macro_f1: float | None
    oos_recall: float | None
    oos_recall_by_subset: Mapping[str, float]
    oos_precision: float | None
    accuracy_by_language: Mapping[str, float]
    recall: Mapping[str, float]
    calibration_error: float
    milliseconds_p50: float
    milliseconds_p95: float
    milliseconds_p50_again: float
    confusions: Sequence[tuple[str, str, int]]


def read(path: Path) -> list[Sentence]:
    """The sentences of a JSON lines file with `text`, `intent` and, if known, `subset` and `lang`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Sentence(row["text"], row["intent"], row.get("subset", ""), row.get("lang", "")) for row in rows]


def ask(sentences: Iterable[Sentence], understand: Understand, seal: Seal) -> list[Answer]:
    """Each sentence once, sealed as in life; the time is that of understanding alone."""
    answers = []
    for sentence in sentences:
        sealed = seal(sentence.text)
        started = time.perf_counter()
        intent, confidence = understand(sealed)
        seconds = time.perf_counter() - started
        name = COUNTS_AS.get(intent, intent) if intent else OUT_OF_SCOPE
        answers.append(Answer(sentence.text, name, confidence, seconds))
    return answers


def measure(sentences: Sequence[Sentence], answers: Sequence[Answer], again: Sequence[Answer] = ()) -> Figures:
    """Every figure of the evaluation. `again` are answers to sentences that had been asked just before."""
    pairs = [(sentence, answer.intent) for sentence, answer in zip(sentences, answers, strict=True)]
    inside = [(s.intent, got) for s, got in pairs if s.intent != OUT_OF_SCOPE]
    outside = [(s.subset, got) for s, got in pairs if s.intent == OUT_OF_SCOPE]
    recall, f1 = _by_intent([(s.intent, got) for s, got in pairs])
    refused = [s.intent == OUT_OF_SCOPE for s, got in pairs if got == OUT_OF_SCOPE]
    seconds = sorted(answer.seconds for answer in answers)
    return Figures(
        sentences=len(pairs),
        accuracy=_share([want == got for want, got in inside]),
        macro_f1=sum(f1.values()) / len(f1) if f1 else None,
        oos_recall=_share([got == OUT_OF_SCOPE for _, got in outside]),
        oos_recall_by_subset=_shares((subset, got == OUT_OF_SCOPE) for subset, got in outside if subset),
        oos_precision=_share(refused),
        accuracy_by_language=_shares((s.language, s.intent == got) for s, got in pairs if s.language),
        recall=recall,
        calibration_error=calibration_error(answers, [s.intent == got for s, got in pairs]),
        milliseconds_p50=1000 * _quantile(seconds, 0.5),
        milliseconds_p95=1000 * _quantile(seconds, 0.95),
        milliseconds_p50_again=1000 * _quantile(sorted(answer.seconds for answer in again), 0.5),
        confusions=[(w, g, n) for (w, g), n in Counter((s.intent, got) for s, got in pairs if s.intent != got).most_common(15)],
    )


def calibration_error(answers: Sequence[Answer], right: Sequence[bool]) -> float:
    """How far confidence lies from being right, on average over bins of one tenth."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for answer, is_right in zip(answers, right, strict=True):
        bins.setdefault(min(int(answer.confidence * _BINS), _BINS - 1), []).append((answer.confidence, is_right))
    gaps = (abs(sum(c for c, _ in one) - sum(r for _, r in one)) for one in bins.values())
    return sum(gaps) / len(answers) if answers else 0.0


def write_predictions(path: Path, answers: Iterable[Answer]) -> None:
    """One `{"text", "intent", "confidence"}` a line."""
    lines = [json.dumps({"text": a.text, "intent": a.intent, "confidence": a.confidence}, ensure_ascii=False) for a in answers]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def as_json(figures: Figures) -> str:
    """The figures for a program."""
    return json.dumps(asdict(figures), ensure_ascii=False, indent=1)


def as_text(figures: Figures) -> str:
    """The figures for a person."""
    subsets = ", ".join(f"{name} {_percent(value)}" for name, value in figures.oos_recall_by_subset.items())
    lines = [
        f"sentences                 {figures.sentences}",
        f"in-scope accuracy         {_percent(figures.accuracy)}",
        f"macro-F1                  {_percent(figures.macro_f1)}",
        f"out-of-scope recall       {_percent(figures.oos_recall)}" + (f"   ({subsets})" if subsets else ""),
        f"out-of-scope precision    {_percent(figures.oos_precision)}",
        f"calibration error         {figures.calibration_error:.3f}",
        f"time, p50 / p95           {figures.milliseconds_p50:.1f} ms / {figures.milliseconds_p95:.1f} ms"
        f", seen before {figures.milliseconds_p50_again:.2f} ms",
        *(f"right in {name:<17}{_percent(value)}" for name, value in figures.accuracy_by_language.items()),
        "", "recall by intent",
        *(f"  {name:<24}{_percent(value)}" for name, value in sorted(figures.recall.items(), key=lambda each: each[1])),
        "", "commonest confusions (expected, understood)",
        *(f"  {count:>4}  {wanted}, {got}" for wanted, got, count in figures.confusions),
    ]  # fmt: skip
    return "\n".join(lines)


def _by_intent(pairs: Sequence[tuple[str, str]]) -> tuple[dict[str, float], dict[str, float]]:
    wanted, given = Counter(want for want, _ in pairs), Counter(got for _, got in pairs)
    hits = Counter(want for want, got in pairs if want == got)
    names = sorted(set(wanted) - {OUT_OF_SCOPE})
    return {n: hits[n] / wanted[n] for n in names}, {n: 2 * hits[n] / (wanted[n] + given[n]) for n in names}


def _share(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _shares(pairs: Iterable[tuple[str, bool]]) -> dict[str, float]:
    groups: dict[str, list[bool]] = {}
    for name, hit in pairs:
        groups.setdefault(name, []).append(hit)
    return {name: sum(hits) / len(hits) for name, hits in sorted(groups.items())}


def _quantile(ordered: Sequence[float], q: float) -> float:
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f}%"


def intent_of(parsed: Mapping[str, Any]) -> tuple[str | None, float]:
    """Name and confidence out of what Rasa's NLU says of a message."""
    intent = parsed.get("intent") or {}
    return intent.get("name"), float(intent.get("confidence") or 0.0)
