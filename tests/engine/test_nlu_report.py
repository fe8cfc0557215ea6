"""The figures of understanding are those that their names promise."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.engine.nlu_report import (
    Answer,
    Sentence,
    as_json,
    as_text,
    ask,
    calibration_error,
    measure,
    read,
    write_predictions,
)

SENTENCES = [
    Sentence("balance", "check_balance", "in_scope", "en"),
    Sentence("bal batao", "check_balance", "in_scope", "hi-Latn"),
    Sentence("hello", "greet", "in_scope", "en"),
    Sentence("weather", "out_of_scope", "oos_easy", "en"),
    Sentence("a loan", "out_of_scope", "oos_near", "en"),
]
GOT = {"balance": "check_balance", "bal batao": "nlu_fallback", "hello": "greet", "weather": "out_of_scope", "a loan": "check_balance"}


def understand(text: str) -> tuple[str | None, float]:
    return GOT[text], 0.9


def test_figures_are_counted_as_the_evaluation_counts_them() -> None:
    figures = measure(SENTENCES, ask(SENTENCES, understand, lambda text: text))

    assert figures.accuracy == pytest.approx(2 / 3)
    assert figures.macro_f1 == pytest.approx((0.5 + 1) / 2)
    assert figures.oos_recall == 0.5
    assert figures.oos_recall_by_subset == {"oos_easy": 1.0, "oos_near": 0.0}
    assert figures.oos_precision == 0.5
    assert figures.recall == {"check_balance": 0.5, "greet": 1.0}
    assert figures.accuracy_by_language == {"en": 0.75, "hi-Latn": 0.0}


def test_what_is_asked_has_been_sealed() -> None:
    heard: list[str] = []

    def listen(text: str) -> tuple[str | None, float]:
        heard.append(text)
        return None, 0.0

    [answer] = ask([Sentence("8305", "provide_details")], listen, lambda text: "four digits")

    assert heard == ["four digits"]
    assert (answer.text, answer.intent) == ("8305", "out_of_scope")


def test_finer_names_count_as_the_evaluation_names_them() -> None:
    [answer] = ask([Sentence("restart", "cancel")], lambda text: ("start_over", 0.8), str)

    assert answer.intent == "cancel"


def test_confidence_that_is_always_right_about_itself_has_no_error() -> None:
    answers = [Answer(str(n), "x", 0.75, 0.0) for n in range(4)]

    assert calibration_error(answers, [True, True, True, False]) == pytest.approx(0)
    assert calibration_error(answers, [False] * 4) == pytest.approx(0.75)
    assert calibration_error([], []) == 0


def test_a_file_without_scope_is_measured_as_far_as_it_goes() -> None:
    figures = measure(SENTENCES[:1], ask(SENTENCES[:1], understand, str))

    assert figures.oos_recall is None
    assert "n/a" in as_text(figures)


def test_sentences_are_read_and_predictions_written_as_lines_of_json(tmp_path: Path) -> None:
    source, target = tmp_path / "sentences.jsonl", tmp_path / "predictions.jsonl"
    source.write_text('{"text": "नमस्ते", "intent": "greet", "lang": "hi"}\n\n', encoding="utf-8")

    sentences = read(source)
    write_predictions(target, [Answer(sentences[0].text, "greet", 0.5, 0.1)])

    assert sentences == [Sentence("नमस्ते", "greet", "", "hi")]
    assert json.loads(target.read_text(encoding="utf-8")) == {"text": "नमस्ते", "intent": "greet", "confidence": 0.5}


def test_the_figures_can_be_read_by_a_program() -> None:
    figures = json.loads(as_json(measure(SENTENCES, ask(SENTENCES, understand, str))))

    assert figures["confusions"][0][2] == 1
    assert figures["milliseconds_p50"] >= 0
