"""The proof that refusals tell nothing, run small: that it measures every kind, and that their words are the same."""

from __future__ import annotations

from pathlib import Path

from tests.proofs.oracle import KINDS, SUCCESS, prove, table


def test_every_kind_of_failure_has_the_same_words(tmp_path: Path, model: Path) -> None:
    measured = prove(2, tmp_path, floor=0.5)

    assert {kind: len(seconds) for kind, seconds in measured.seconds.items()} == dict.fromkeys((*KINDS, SUCCESS), 2)
    [texts] = measured.all_texts()
    assert len(texts) == 1
    assert "do not match our record" in texts[0]
    assert len(table(measured)) == 1 + 6 + 10
