"""The pictures of the report show what the figures say, and are whole SVG files."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from bot.engine.nlu_pictures import confidence, confusion, draw, reliability
from bot.engine.nlu_report import Answer, Sentence

SVG = "{http://www.w3.org/2000/svg}"


def texts(picture: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314  # our own file


def test_a_confusion_stands_in_the_row_of_what_was_meant() -> None:
    shown = texts(confusion([("greet", "greet"), ("greet", "help"), ("help", "help"), ("<b>", "help")]))

    assert "greet (2)" in shown
    assert "help (1)" in shown
    assert "<b> (1)" in shown
    assert shown.count("1") == 4


def test_what_was_right_as_often_as_it_said_lies_on_the_diagonal() -> None:
    picture = reliability([(0.95, True)] * 19 + [(0.95, False)] + [(0.25, True)] + [(0.25, False)] * 3)
    points = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', picture)]

    assert [round(x + y) for x, y in points] == [round(points[0][0] + points[0][1])] * 2


def test_right_and_wrong_are_counted_by_confidence() -> None:
    shown = texts(confidence([(1.0, True), (0.99, True), (0.91, False), (0.0, False)]))

    assert "2 + 1" in shown
    assert "0 + 1" in shown


def test_no_sentences_make_empty_pictures() -> None:
    for picture in (confusion([]), reliability([]), confidence([])):
        assert ElementTree.fromstring(picture).tag == f"{SVG}svg"  # noqa: S314  # our own file


def test_three_files_are_written_into_a_new_folder(tmp_path: Path) -> None:
    files = draw([Sentence("hi", "greet")], [Answer("hi", "greet", 0.9, 0.0)], tmp_path / "new" / "pictures")

    assert [file.name for file in files] == ["confusion.svg", "reliability.svg", "confidence.svg"]
    assert all(file.read_text(encoding="utf-8").endswith("</svg>\n") for file in files)
