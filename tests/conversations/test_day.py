"""The proof of a day, run small: everybody is answered, memory stays flat, nothing is kept too long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conversations.server import ROOT


def test_a_day_leaves_memory_flat_and_nothing_kept_too_long(model: Path) -> None:
    done = subprocess.run(
        [sys.executable, "tests/proofs/day.py", "1"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=110
    )

    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    assert "hour 24:" in done.stdout
    assert done.stdout.endswith("flat, and nothing kept too long\n")
