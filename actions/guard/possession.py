"""Whether a cardholder must also show that they hold the registered phone, and who can tell."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from actions.settings import Possession, Profile


class Act(str, Enum):
    """What a verification is for."""

    SEE = "see"
    CHANGE = "change"


class PossessionProof(Protocol):
    """What a channel knows about its sender's phone."""

    def shows(self, conversation: str, registered_mobile: str) -> bool:
        """Whether the sender of this conversation holds the mobile on the bank's record."""
        ...


class NoProof:
    """The proof of a channel that knows nothing of its sender."""

    def shows(self, conversation: str, registered_mobile: str) -> bool:
        return False


def possession_needed(policy: Possession, act: Act) -> bool:
    """Whether identification alone is not enough for this act.

    >>> possession_needed(Possession.STEP_UP, Act.SEE), possession_needed(Possession.STEP_UP, Act.CHANGE)
    (False, True)
    """
    return policy is Possession.REQUIRED or (policy is Possession.STEP_UP and act is Act.CHANGE)


def is_admitted(policy: Possession, act: Act, profile: Profile) -> bool:
    """Whether an installation offers this act at all: in production, `off` admits balances only.

    >>> is_admitted(Possession.OFF, Act.CHANGE, Profile.PRODUCTION)
    False
    """
    return not (policy is Possession.OFF and act is Act.CHANGE and profile is Profile.PRODUCTION)
