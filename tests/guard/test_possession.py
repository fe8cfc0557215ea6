"""When the registered phone must be shown, and what an installation offers without it."""

from __future__ import annotations

import pytest

from actions.guard.possession import Act, NoProof, is_admitted, possession_needed
from actions.settings import Possession, Profile


@pytest.mark.parametrize(
    ("policy", "see", "change"),
    [
        (Possession.REQUIRED, True, True),
        (Possession.STEP_UP, False, True),
        (Possession.OFF, False, False),
    ],
)
def test_each_policy_asks_for_the_phone_when_it_says_so(policy: Possession, see: bool, change: bool) -> None:
    assert (possession_needed(policy, Act.SEE), possession_needed(policy, Act.CHANGE)) == (see, change)


@pytest.mark.parametrize("policy", Possession)
@pytest.mark.parametrize("profile", Profile)
def test_balances_are_offered_everywhere(policy: Possession, profile: Profile) -> None:
    assert is_admitted(policy, Act.SEE, profile)


def test_changes_without_possession_are_offered_outside_production_only() -> None:
    refused = [
        (policy, profile)
        for policy in Possession
        for profile in Profile
        if not is_admitted(policy, Act.CHANGE, profile)
    ]

    assert refused == [(Possession.OFF, Profile.PRODUCTION)]


def test_a_channel_that_knows_nothing_shows_nothing() -> None:
    assert not NoProof().shows("web:1", "919800000000")
