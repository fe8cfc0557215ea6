"""A small run of `make prove-delivery`: kills at random on every channel, copies of every message, nothing lost or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.delivery import prove


@pytest.mark.timeout(900)
def test_random_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    figures = prove(8, 1, tmp_path, patience=240)

    assert {name: number for name, number in figures.items() if name.startswith("fault") and number} == {}
    assert figures["kills"] >= 3
    assert figures["changes made"] > 0
    assert figures["answers doubled by one kill, at most"] <= 1
