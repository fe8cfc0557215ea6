"""Whether a cardholder must also show that they hold the registered phone, and who can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from actions.settings import Possession, Profile


class Act(str, Enum):
    """What a verification is for."""

    SEE = "see"
    CHANGE = "change"


class Shown(str, Enum):
    """What a proof says of a conversation; UNKNOWN: it cannot tell, so another proof may."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Registered:
    """The cardholder whom three details named, as the bank's record has them; a proof is held against it."""

    urn: str = field(repr=False)
    customer_id: str = field(repr=False)
    mobile: str = field(repr=False)


class PossessionProof(Protocol):
    """What a channel knows of whoever writes there, as of the guard's store: it calls nobody.

    `name` is what a session records as shown: a plain word, no value.
    """

    @property
    def name(self) -> str: ...

    def can_show(self, conversation: str) -> bool:
        """Whether there is anything to compare, known before the bank is asked: then UNKNOWN will not be the answer."""
        ...

    def shows(self, conversation: str, registered: Registered) -> Shown:
        """Whether whoever writes in this conversation holds the phone, or is the customer, of this record."""
        ...


@dataclass(frozen=True)
class Weighed:
    """What the proofs of a channel say together, and which of them said it."""

    shown: Shown
    by: str = ""


class Proofs:
    """Which proofs each channel has, the best first; the first that can tell decides."""

    def __init__(self, by_channel: Mapping[str, Sequence[PossessionProof]]) -> None:
        self._by_channel = {channel: tuple(proofs) for channel, proofs in by_channel.items()}

    def can_show(self, conversation: str) -> bool:
        """Whether any proof of the conversation's channel has something to compare."""
        return any(proof.can_show(conversation) for proof in self._of(conversation))

    def weigh(self, conversation: str, registered: Registered) -> Weighed:
        """MATCH or MISMATCH of the first proof that can tell, else UNKNOWN."""
        for proof in self._of(conversation):
            shown = proof.shows(conversation, registered)
            if shown is not Shown.UNKNOWN:
                return Weighed(shown, proof.name)
        return Weighed(Shown.UNKNOWN)

    def _of(self, conversation: str) -> tuple[PossessionProof, ...]:
        return self._by_channel.get(channel_of(conversation), ())


def channel_of(conversation: str) -> str:
    """The channel that a conversation's id begins with.

    >>> channel_of("whatsapp:0123")
    'whatsapp'
    """
    return conversation.partition(":")[0]


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
