"""The table of threats tells the truth: every threat is in it, and whatever it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "threats.md"
IDS = {*(f"T{number}" for number in range(1, 34)), "T6b", "T7b", "T7c", "T16b"}
TEST = re.compile(r"`(tests/[\w/]+\.py)::([\w.:]+)`")
FILE = re.compile(r"`((?:bot|actions|wibmo)/[\w/]+\.py)`")


def rows() -> dict[str, list[str]]:
    """Cells of the first table, by the threat's id."""
    found = re.findall(r"^\| (T\d+[a-z]?) \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {threat: [cell.strip() for cell in cells.split(" | ")] for threat, cells in found}


@cache
def names_in(path: str) -> frozenset[str]:
    """The tests that pytest collects from this file: functions, and `Class::method`; a parametrised one is one."""
    return frozenset(_tests(ast.parse((ROOT / path).read_text(encoding="utf-8")).body))


def _tests(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield prefix + node.name
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, f"{prefix}{node.name}::")


def missing(text: str) -> list[str]:
    """The tests that a text names and that are not there."""
    return [f"{path}::{name}" for path, name in TEST.findall(text) if not (ROOT / path).exists() or name not in names_in(path)]


def test_every_threat_is_in_the_table_once() -> None:
    listed = re.findall(r"^\| (T\d+[a-z]?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(listed) == sorted(IDS)


@pytest.mark.parametrize("threat", sorted(IDS))
def test_a_threat_names_tests_that_exist_and_the_files_that_defend(threat: str) -> None:
    what, defence, tests = rows()[threat]

    assert len(what) > 20
    assert TEST.findall(tests)
    assert missing(tests) == []
    assert FILE.findall(defence) or "Falls away" in defence
    assert [path for path in FILE.findall(defence) if not (ROOT / path).exists()] == []


def test_a_test_that_is_gone_would_be_seen() -> None:
    assert missing("`tests/test_threats.py::test_that_nobody_wrote`") == ["tests/test_threats.py::test_that_nobody_wrote"]
    assert missing("`tests/nowhere.py::test_a`") == ["tests/nowhere.py::test_a"]
    assert missing("`tests/test_threats.py::test_a_test_that_is_gone_would_be_seen`") == []


def test_methods_and_async_tests_are_found_and_helpers_are_not() -> None:
    source = "class TestA:\n  def test_b(self): ...\n  async def test_c(self): ...\n  def help(self): ...\ndef helper(): ...\n"

    assert set(_tests(ast.parse(source).body)) == {"TestA::test_b", "TestA::test_c"}
