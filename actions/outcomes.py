"""How an attempt to prove who one is may end, whichever way it went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check ended; `UNDECIDED`: an earlier try of the same message was interrupted.

    CONTACT_WANTED and CODE_WANTED: possession is still to be shown. CODE_WANTED does not tell whether a code was sent:
    who gave wrong details is asked for one too. CODE_WRONG: another try is left; CODE_EXPIRED: none is open any more;
    CODES_SPENT: so many were asked for lately that no more are sent.
    """

    VERIFIED = "verified"
    REFUSED = "refused"
    CLOSED = "closed"
    UNDECIDED = "undecided"
    UNAVAILABLE = "unavailable"
    CONTACT_WANTED = "contact_wanted"
    CODE_WANTED = "code_wanted"
    CODE_WRONG = "code_wrong"
    CODE_EXPIRED = "code_expired"
    CODES_SPENT = "codes_spent"


@dataclass(frozen=True)
class Outcome:
    """A verdict; for CLOSED also until when (unix seconds, None: not to be said)."""

    verdict: Verdict
    until: float | None = None
