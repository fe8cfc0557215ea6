"""The shape of the project itself: which room may import which, what is locked and why, and that the README tells the truth."""
from __future__ import annotations

import ast
import importlib.metadata
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
ROOMS = {"bot": {"bot", "actions", "wibmo"}, "actions": {"actions", "wibmo"}, "wibmo": {"wibmo"}}
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
LEFT_OUT = re.compile(r"^# left out: ([a-z0-9-]+), (.+)$", re.MULTILINE)
PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\\n]+)", re.MULTILINE)
WITH_MARKER = re.compile(r"^([a-z0-9-]+)==[^ ;\n]+ ; ([^\\\n]+)", re.MULTILINE)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path, source: str | None = None) -> Iterator[str]:
    """Every module that a file of the project imports, also inside functions, relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(source if source is not None else path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            stem = list(package[: len(package) - node.level + 1]) if node.level else []
            base = ".".join(stem + ([node.module] if node.module else []))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def wrong_arrows(path: Path, source: str | None = None) -> list[str]:
    """The imports of a file that point the wrong way."""
    parts = path.relative_to(ROOT).parts
    wrong = []
    for module in imports(path, source):
        room, _, rest = module.partition(".")
        if room not in ROOMS:
            continue
        into_guard = parts[:2] == ("actions", "guard")
        if (
            room not in ROOMS[parts[0]]
            or (parts[:2] == ("bot", "engine") and rest.split(".")[0] == "gateway")
            or (into_guard and not (module == "actions" or rest.split(".")[0] in ("guard", "settings")))
        ):
            wrong.append(module)
    return wrong


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_imports_point_from_bot_to_actions_to_wibmo(path: Path) -> None:
    assert wrong_arrows(path) == []


@pytest.mark.parametrize(
    ("where", "source", "wrong"),
    [
        ("wibmo/client.py", "import actions.settings", "actions.settings"),
        ("wibmo/client.py", "def f():\n    from bot import cli", "bot"),
        ("actions/balance.py", "from bot.gateway import edge", "bot.gateway"),
        ("actions/guard/vault.py", "from wibmo import CardClient", "wibmo"),
        ("actions/guard/vault.py", "from .. import services", "actions.services"),
        ("bot/engine/engine.py", "from bot.gateway.edge import Edge", "bot.gateway.edge"),
        ("bot/engine/engine.py", "from ..gateway import edge", "bot.gateway"),
    ],
)
def test_an_import_against_the_arrows_is_seen(where: str, source: str, wrong: str) -> None:
    assert wrong in wrong_arrows(ROOT / where, source)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_module_says_what_lives_in_it_and_stays_under_300_lines(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert source.count("\n") <= 300
    assert not source.strip() or ast.get_docstring(ast.parse(source))


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((ROOT / name).read_text(encoding="utf-8")))


def pins_of_this_machine() -> dict[str, str]:
    """The pins of the lock without those that are for other systems."""
    elsewhere = {
        name
        for name, marker in WITH_MARKER.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))
        if not Marker(marker).evaluate()
    }
    return {name: version for name, version in pins("requirements.lock").items() if name not in elsewhere}


LOCKS = ["requirements", "requirements-fuzz"]


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_holds_what_requirements_in_asks_for_and_nothing_else(name: str) -> None:
    assert pins(f"{name}.lock") == pins(f"{name}.in")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes_and_none_an_address(name: str) -> None:
    lock = (ROOT / f"{name}.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", lock) if PIN.match(block))


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_dependency_of_a_locked_package_is_locked_or_left_out_for_a_reason() -> None:
    locked, left_out = set(pins("requirements.in")), dict(LEFT_OUT.findall((ROOT / "requirements.in").read_text("utf-8")))
    needed = {
        plain(need.name)
        for name in pins_of_this_machine()
        for need in map(Requirement, importlib.metadata.requires(name) or [])
        if need.marker is None or need.marker.evaluate({"extra": ""})
    }

    assert needed - locked - set(left_out) == set()
    assert locked & set(left_out) == set()


def test_the_environment_is_the_locked_one() -> None:
    installed = {name: importlib.metadata.version(name) for name in pins_of_this_machine()}

    assert installed == pins_of_this_machine()


def test_pyproject_and_the_lock_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = pins("requirements.lock")
    extras = project["optional-dependencies"]

    for need in map(Requirement, [*project["dependencies"], *extras["bot"], *extras["test"]]):
        assert locked[plain(need.name)] in need.specifier, need.name


@pytest.mark.parametrize("module", sorted({"wibmo", "wibmo.client", "wibmo.errors"}))
def test_wibmo_imports_without_anything_of_the_bots(module: str) -> None:
    script = (
        f"import {module}, sys; "
        "print(sorted({'rasa', 'sanic', 'sqlalchemy', 'bot', 'actions', 'cryptography'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


PATH_IN_TEXT = re.compile(r"`([a-z.][\w.-]*/[\w./-]*|[\w-]+\.(?:md|toml|yml|lock|in|py)|Makefile)`")
MADE_LATER = ("var/", "build/", ".venv")


def paths_named_in(text: str) -> set[str]:
    """What a page names as a path of this repository: in backticks, with a slash or a known ending."""
    return {path for path in PATH_IN_TEXT.findall(text) if not path.startswith(MADE_LATER)}


def test_a_path_that_is_gone_would_be_seen() -> None:
    assert paths_named_in("see `bot/nowhere.py`, `var/log` and `wibmo/`") == {"bot/nowhere.py", "wibmo/"}


def test_every_path_that_a_page_names_exists() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        gone = {path for path in paths_named_in(page.read_text(encoding="utf-8")) if not (ROOT / path).exists()}
        assert gone == set(), named(page)


def test_the_readme_can_be_read_in_one_sitting() -> None:
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("\n") < 200


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):", makefile, re.MULTILINE))
    proofs = {f"prove-{path.stem.replace('_', '-')}" for path in (ROOT / "tests" / "proofs").glob("[a-z]*.py")}

    assert set(re.findall(r"make ([a-z][a-z0-9-]*)", (ROOT / "README.md").read_text("utf-8"))) <= targets | proofs


def test_a_test_cannot_reach_another_machine() -> None:
    with pytest.raises(BaseException, match="reached for another machine"):
        socket.create_connection(("example.invalid", 80), timeout=1)
