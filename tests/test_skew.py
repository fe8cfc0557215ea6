"""The simulation of the guesser with 10,000 identities: what its page says, and that the real lockout agrees with the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.proofs import skew

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guessing.md"


def test_the_page_shows_the_table_that_the_simulation_makes() -> None:
    text = PAGE.read_text(encoding="utf-8")

    shown = text.split("compares -->\n")[1].split("\n<!-- end")[0]

    assert shown == skew.table(skew.CARDS, skew.SEED)


def test_the_spread_is_the_published_one() -> None:
    best, hundred = skew.chances(1_000_000)

    assert best == pytest.approx(0.042, abs=0.001)
    assert hundred == pytest.approx(0.029, abs=0.003)


def test_possession_opens_nothing_to_phones_of_strangers_and_everything_to_the_registered_one() -> None:
    rng = np.random.default_rng(3)
    programme = skew.Cards(100_000, skew.skewed(), rng)
    guarded = next(each for each in skew.defences() if each.possession)

    strangers = skew.row_of(programme, guarded, np.full(skew.IDENTITIES, -1))
    programme.mobile[:] = 7
    owners = skew.row_of(programme, guarded, np.full(skew.IDENTITIES, 7))

    assert strangers.yes[0] > 0
    assert strangers.opened[0] == 0
    assert owners.opened == owners.yes


def test_the_real_lockout_admits_what_the_model_has_and_no_more(tmp_path: Path) -> None:
    plan = skew.Cards(1, skew.skewed(), np.random.default_rng(1)).plan(100, skew.LIMITS.pair_cards_a_day)

    refused, more, held = skew.replay(plan, tmp_path)

    assert refused == {}
    assert more == 0
    assert held == len({pair for pair, _ in plan}) == 20
