"""Every way a call of the bank can fail, sorted by what the caller should do next.

WibmoError
├── Refused            the bank understood and said no: nothing was changed
│   ├── WrongDetails       count the attempt, answer with one neutral text
│   │   └── Ambiguous          several accounts fit: ask for another identifier or hand off
│   ├── UserInput          ask again for that one field
│   │   └── AlreadySet         the record holds this value already
│   └── CardState          explain the state of the card and the next step
├── BankUnavailable    nothing was learnt about the cardholder's details: apologise, go on
│   ├── NotSent            provably nothing left this machine: may be tried again
│   ├── Transient          the bank itself said "later" to a read; it did not look at the details
│   ├── Misconfigured      our settings are wrong: alert the operator, never blame the cardholder
│   ├── UnknownCode        a read was answered with a code that is in no document
│   └── OutcomeUnknown     sent, and what came of it is not known: read back before saying anything
│       ├── BadAnswer          an answer came and cannot be trusted (token, echo, shape)
│       └── Duplicate          a write's clientTxnId was seen before: do not send again, read back
└── TokenError         stays inside the package: a token cannot be made or read

An error carries the bank's code, our own request id and a fixed reason: never a value.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"[0-9]{1,6}")


class WibmoError(Exception):
    """Root of the tree; never raised itself."""

    def __init__(self, reason: str = "", *, code: str | None = None, request_id: str | None = None) -> None:
        self.reason = reason
        self.code = code if code is None or _CODE.fullmatch(code) else "?"
        self.request_id = request_id
        super().__init__(reason)

    def __str__(self) -> str:
        parts = [self.reason] if self.reason else []
        if self.code is not None:
            parts.append(f"code={self.code}")
        if self.request_id is not None:
            parts.append(f"request={self.request_id}")
        return " ".join(parts) or type(self).__name__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Refused(WibmoError):
    """The bank answered definitely and changed nothing."""


class WrongDetails(Refused):
    """What was given does not belong together or to nobody."""


class Ambiguous(WrongDetails):
    """More than one account fits."""


class UserInput(Refused):
    """One value cannot be accepted."""


class AlreadySet(UserInput):
    """The new value equals the present one."""


class CardState(Refused):
    """The card's own state forbids it."""


class BankUnavailable(WibmoError):
    """No usable answer, whatever the cause."""


class NotSent(BankUnavailable):
    """Nothing left this machine."""


class Transient(BankUnavailable):
    """The bank asked for patience."""


class Misconfigured(BankUnavailable):
    """The bank rejects our settings."""


class UnknownCode(BankUnavailable):
    """The bank used a code that nobody documented."""


class OutcomeUnknown(BankUnavailable):
    """The request left; its effect is not known."""


class BadAnswer(OutcomeUnknown):
    """The answer cannot be read or is not an answer to this request."""


class Duplicate(OutcomeUnknown):
    """This clientTxnId had arrived before."""


class TokenError(WibmoError):
    """A token cannot be made or read; it never says why."""
