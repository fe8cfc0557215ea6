"""The set-up: quick when nothing changed, whole or not at all, one at a time, and clear about what went wrong."""
from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIND = ROOT / "deploy" / "setup" / "find-python"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "deploy" / "setup" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


environment = load("environment")
lock = load("lock")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose lock names nothing that exists, so that an installation must fail."""
    (tmp_path / "build").mkdir()
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements.lock").write_text("\nsetuptools==0.0.0.1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    return tmp_path


def whole(project: Path) -> Path:
    target = project / ".venv"
    (target / "bin").mkdir(parents=True)
    (target / "bin" / "python").write_text("")
    (target / "cardbot-stamp").write_text(environment.fingerprint(project))
    return target


def test_an_environment_made_from_the_same_lock_is_whole(project: Path) -> None:
    assert environment.is_whole(whole(project), environment.fingerprint(project))


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_an_environment_is_stale_once_its_lock_or_project_changed(project: Path, name: str) -> None:
    target = whole(project)

    (project / name).write_text("changed")

    assert not environment.is_whole(target, environment.fingerprint(project))


def test_a_changed_project_keeps_its_packages(project: Path) -> None:
    target = whole(project)

    (project / "pyproject.toml").write_text("changed")

    assert environment.has_packages(target, environment.fingerprint(project))


def test_a_changed_lock_means_new_packages(project: Path) -> None:
    target = whole(project)

    (project / "requirements.lock").write_text("changed")

    assert not environment.has_packages(target, environment.fingerprint(project))


def test_a_moved_project_is_set_up_again(project: Path) -> None:
    before = environment.fingerprint(project)

    moved = project.rename(project.with_name("moved"))

    assert environment.fingerprint(moved) != before


def test_an_environment_whose_python_is_gone_is_not_whole(project: Path) -> None:
    target = whole(project)

    (target / "bin" / "python").unlink()

    assert not environment.is_whole(target, environment.fingerprint(project))


def test_a_failed_set_up_leaves_nothing_that_is_taken_as_whole(project: Path) -> None:
    target = whole(project)
    (project / "requirements.lock").write_text((project / "requirements.lock").read_text() + "# newer\n")
    wanted = environment.fingerprint(project)
    script = (
        "import sys, pathlib; sys.path.insert(0, 'deploy/setup'); import environment\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "try: environment.build(root, root / '.venv', sys.argv[2])\n"
        "except environment.SetUpFailed as failure: print(failure)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, project, wanted],
        cwd=ROOT, env={**os.environ, "PIP_NO_INDEX": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "registry could not be reached" in done.stdout
    assert not environment.is_whole(target, wanted)


def test_a_changed_package_is_told_apart_from_a_missing_network(tmp_path: Path) -> None:
    log = tmp_path / "setup.log"
    log.write_text("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n")

    assert "not the one that the lock names" in environment.explain(log)


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "setup.lock"
    script = (
        "import sys, pathlib; sys.path.insert(0, 'deploy/setup'); import environment\n"
        "with environment.alone(pathlib.Path(sys.argv[1])): print('its turn', flush=True)\n"
    )
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = subprocess.Popen([sys.executable, "-c", script, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        told = second.stdout.readline()

    said, _ = second.communicate(timeout=20)

    assert "another set-up is at work" in told
    assert said == "its turn\n"


def test_what_a_killed_set_up_left_running_keeps_the_next_one_waiting(tmp_path: Path) -> None:
    path = tmp_path / "setup.lock"

    with environment.alone(path):
        orphan = subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False)
    with path.open("w") as next_one, pytest.raises(BlockingIOError):
        fcntl.flock(next_one, fcntl.LOCK_EX | fcntl.LOCK_NB)

    orphan.communicate(b"")


@pytest.mark.skipif(Path(sys.prefix) != ROOT / ".venv", reason="another environment than `make` builds")
def test_a_whole_environment_is_found_in_well_under_a_second() -> None:
    assert environment.is_whole(ROOT / ".venv", environment.fingerprint(ROOT)), "run `make setup`"
    started = time.monotonic()

    subprocess.run([sys.executable, "deploy/setup/environment.py"], cwd=ROOT, check=True)

    assert time.monotonic() - started < 2.0


def test_one_package_of_the_lock_is_cut_out_with_its_hashes() -> None:
    text = "# head\na==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\nb==2 \\\n    --hash=sha256:33\n"

    assert environment.one_package(text, "a") == "a==1 \\\n    --hash=sha256:11 \\\n    --hash=sha256:22\n"


def test_a_python_named_by_hand_is_taken_first() -> None:
    done = subprocess.run(["sh", FIND], env={"CARDBOT_PYTHON": sys.executable}, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == sys.executable


def test_a_machine_without_a_fitting_python_is_told_what_to_do(tmp_path: Path) -> None:
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    script = FIND.read_text().replace("/usr/bin/python3", "/nowhere/python3").replace("/usr/local/bin/", "/nowhere/")
    bare = tmp_path / "find-python"
    bare.write_text(script)
    environ = {"PATH": str(tmp_path), "HOME": str(tmp_path)}

    done = subprocess.run(["/bin/sh", bare], env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""


def test_packages_that_defy_our_pythons_are_told_apart() -> None:
    assert lock.packages("a==1  # defies; why\n# left out: b, why\nc==2 # why\n") == {True: ["a==1"], False: ["c==2"]}
