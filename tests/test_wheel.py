"""wibmo/ for other programs: the wheel needs two packages, and the printed example runs with nothing else installed."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "docs" / "wibmo.md", ROOT / "README.md"]
EXAMPLES = [page for page in PAGES if "```python\n" in page.read_text(encoding="utf-8")]
NEEDS = {"requests", "pycryptodome"}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]


def example_in(page: Path) -> str:
    return page.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]


def names_of(distribution: str) -> Iterator[str]:
    """What a distribution put into site-packages, at the top."""
    yield from {file.parts[0] for file in importlib.metadata.files(distribution) or [] if file.parts[0] != ".."}


def with_needs(names: set[str]) -> set[str]:
    """These distributions and all that they need in turn."""
    needed = {
        Requirement(need).name
        for name in names
        for need in importlib.metadata.requires(name) or []
        if (marker := Requirement(need).marker) is None or marker.evaluate({"extra": ""})
    }
    return names if needed <= names else with_needs(names | needed)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, offline, with the setuptools that is here."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("wibmo", "actions", "bot"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source)
    subprocess.run(
        [*PIP, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", str(out), str(source)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel, and links to the packages that it says it needs; nothing else."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, symlinks=True)
    python = place / "bin" / "python"
    subprocess.run(
        [*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    [packages] = place.glob("lib/python*/site-packages")
    for name in with_needs(NEEDS):
        for top in names_of(name):
            here = Path(str(importlib.metadata.distribution(name).locate_file(top)))
            (packages / top).symlink_to(here)
    return python


def ran(python: Path, code: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(python), "-I", "-c", code], cwd=python.parent, env=environ, capture_output=True, text=True, check=False
    )


def test_the_wheel_needs_two_packages_unless_the_bot_is_asked_for(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        said = Parser().parsestr(archive.read(metadata).decode("utf-8"))

    needs = [Requirement(each) for each in said.get_all("Requires-Dist") or []]

    assert {each.name for each in needs if each.marker is None or each.marker.evaluate({"extra": ""})} == NEEDS


def test_the_wheel_has_the_sandboxs_people_and_the_mark_of_its_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {"wibmo/sandbox/seed.json", "wibmo/py.typed"} <= set(archive.namelist())


def test_there_is_no_rasa_in_that_environment(python: Path) -> None:
    for name in ("rasa", "rasa_sdk", "sanic", "sqlalchemy", "numpy"):
        assert "ModuleNotFoundError" in ran(python, f"import {name}").stderr


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_printed_example_runs_there(python: Path, page: Path) -> None:
    example = example_in(page)

    done = ran(python, example)

    assert done.returncode == 0, done.stderr
    assert "8305 [('GPR Wallet', 10000000), ('Meal Wallet', 234550)]" in done.stdout
    assert "does not fit: wrong_details code=1302" in done.stdout
    assert len([line for line in example.splitlines() if line.strip()]) <= 15


def test_the_sandbox_can_be_started_there(python: Path) -> None:
    done = ran(python, "import sys; sys.argv = ['x', '--help']; import runpy; runpy.run_module('wibmo.sandbox', run_name='__main__')")

    assert "--scenario" in done.stdout, done.stderr
