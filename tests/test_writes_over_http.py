"""A quick run of the long proof of writes over real HTTP, judged by the sandbox's ledger."""

from __future__ import annotations

from pathlib import Path

from tests.proofs import writes_http
from tests.proofs.writes_http import OF_WRITES
from wibmo.sandbox.faults import KINDS


def test_of_sixty_changes_over_http_none_is_told_wrong_or_made_twice(tmp_path: Path) -> None:
    ends, faults = writes_http.prove(range(60), 11, tmp_path)

    assert faults == {}
    assert ends["CONFIRMED"] > 10
    assert ends["copies that arrived"] > 30


def test_the_proof_draws_from_every_kind_of_fault() -> None:
    assert {kind.split("=")[0] for kind in OF_WRITES} == set(KINDS)
