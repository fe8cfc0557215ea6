"""When the registered phone must be shown, and what an installation offers without it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from actions.guard.possession import Act, Proofs, Registered, Shown, Weighed, is_admitted, possession_needed
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


@dataclass(frozen=True)
class Saying:
    """A proof that says the same of everybody."""

    shown: Shown
    name: str = "told"

    def can_show(self, conversation: str) -> bool:
        return self.shown is not Shown.UNKNOWN

    def shows(self, conversation: str, registered: Registered) -> Shown:
        return self.shown


ASHA = Registered("70000000001", "SBX000000001", "919000000001")


def test_a_channel_that_knows_nothing_shows_nothing() -> None:
    proofs = Proofs({"web": [Saying(Shown.UNKNOWN)], "whatsapp": [Saying(Shown.MATCH)]})

    assert not proofs.can_show("web:1")
    assert proofs.weigh("web:1", ASHA) == Weighed(Shown.UNKNOWN)
    assert proofs.weigh("pigeon:1", ASHA) == Weighed(Shown.UNKNOWN)


def test_the_first_proof_that_can_tell_decides() -> None:
    proofs = Proofs({"web": [Saying(Shown.UNKNOWN), Saying(Shown.MISMATCH, "page"), Saying(Shown.MATCH, "phone")]})

    assert proofs.can_show("web:1")
    assert proofs.weigh("web:1", ASHA) == Weighed(Shown.MISMATCH, "page")
