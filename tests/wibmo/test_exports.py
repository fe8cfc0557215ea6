"""What the package offers, and what it keeps away from."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import wibmo

PACKAGE = Path(wibmo.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_exported_names_are_sorted_as_people_read_them_and_exist() -> None:
    def reading_order(name: str) -> tuple[int, str]:
        return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)

    assert wibmo.__all__ == sorted(wibmo.__all__, key=reading_order)
    assert all(hasattr(wibmo, name) for name in wibmo.__all__)


def test_every_error_that_a_caller_can_meet_is_exported() -> None:
    tree = {each.__name__ for each in _subclasses(wibmo.WibmoError)} - {"TokenError"}

    assert tree <= set(wibmo.__all__)


def test_the_tree_at_the_top_of_errors_names_every_error() -> None:
    drawn = wibmo.errors.__doc__ or ""

    assert all(each.__name__ in drawn for each in _subclasses(wibmo.WibmoError))


def test_only_transport_knows_requests_and_only_tokens_knows_the_cipher() -> None:
    assert _importers("requests") == {"transport.py"}
    assert _importers("urllib3") == {"transport.py"}
    assert _importers("Crypto") == {"tokens.py"}


def test_the_library_reads_no_environment_and_knows_nothing_of_the_bot() -> None:
    for outside in ("os", "rasa", "rasa_sdk", "actions", "bot", "sanic", "cryptography"):
        assert _importers(outside) == set()


def test_importing_it_does_not_import_the_sandbox_or_a_server() -> None:
    script = "import sys, wibmo; print([n for n in sys.modules if n.startswith('wibmo.sandbox')])"

    seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert seen.stdout.strip() == "[]"


def test_modules_stay_below_three_hundred_lines() -> None:
    assert [each.name for each in SOURCES if len(each.read_text(encoding="utf-8").splitlines()) > 300] == []


def _importers(package: str) -> set[str]:
    found = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == package for name in names):
                found.add(source.name)
    return found


def _subclasses(root: type) -> list[type]:
    return [each for child in root.__subclasses__() for each in (child, *_subclasses(child))]
