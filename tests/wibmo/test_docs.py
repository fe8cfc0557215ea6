"""The library's pages: the example runs, and every name they give exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from wibmo import PRESETS, dialect_from
from wibmo.sandbox.faults import KINDS, SCENARIOS

ROOT = Path(__file__).parents[2]
WIBMO = (ROOT / "docs" / "wibmo.md").read_text(encoding="utf-8")
SANDBOX = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_the_example_runs_as_printed() -> None:
    example = WIBMO.split("```python\n")[1].split("```")[0]

    seen = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert "8305 [('GPR Wallet', 10000000), ('Meal Wallet', 234550)]" in seen.stdout
    assert "does not fit: wrong_details code=1302" in seen.stdout
    assert len([line for line in example.splitlines() if line.strip()]) <= 16


def test_every_preset_kind_and_scenario_is_described() -> None:
    assert all(f"`{name}`" in WIBMO for name in PRESETS)
    assert all(f"`{name}" in SANDBOX for name in (*SCENARIOS, *KINDS))


@pytest.mark.parametrize("text", re.findall(r"^    (v\d.*)$", WIBMO, re.MULTILINE))
def test_every_dialect_that_is_shown_can_be_used(text: str) -> None:
    assert dialect_from(text).name == text
