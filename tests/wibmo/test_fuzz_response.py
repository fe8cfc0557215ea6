"""The fuzzer's own ways to end: done, found something, cannot begin."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "fuzz_response.py"
WITHOUT_ATHERIS = (
    "import runpy, sys; sys.modules['atheris'] = None; sys.argv = ['fuzz', '1']; "
    f"runpy.run_path({str(SCRIPT)!r}, run_name='__main__')"
)


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=SCRIPT.parents[2], capture_output=True, text=True, check=False
    )


def test_without_atheris_it_says_so_and_ends_with_2() -> None:
    done = ran("-c", WITHOUT_ATHERIS)

    assert done.returncode == 2
    assert "atheris is not here" in done.stderr
    assert "nothing was tried" in done.stderr


def test_a_time_that_is_none_is_refused() -> None:
    done = ran(str(SCRIPT), "soon")

    assert done.returncode == 2
    assert "SECONDS" in done.stderr


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not here; `make fuzz` installs it")
def test_a_second_of_fuzzing_finds_nothing() -> None:
    done = ran(str(SCRIPT), "1")

    assert done.returncode == 0, done.stderr[-2000:]
    assert " runs in " in done.stderr
