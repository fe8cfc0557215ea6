"""Mistyped mail domains: which well-known one was probably meant."""

from __future__ import annotations

_COMMON = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.in", "yahoo.co.in", "ymail.com", "rocketmail.com", "hotmail.com",
    "outlook.com", "outlook.in", "live.com", "icloud.com", "rediffmail.com", "protonmail.com", "proton.me", "zoho.com",
    "zohomail.in",
)  # fmt: skip
# Real ones that look like a slip of a common one.
_REAL = frozenset((
    *_COMMON, "mail.com", "email.com", "gmx.com", "gmx.net", "me.com", "mac.com", "live.in", "live.co.uk", "hotmail.co.uk", "hotmail.in",
    "hotmail.fr", "yahoo.co.uk", "yahoo.fr", "yahoo.de", "yahoo.ca", "outlook.fr", "outlook.de", "aol.com", "msn.com", "zoho.in",
    "zohomail.com", "proton.com", "rediff.com", "hey.com", "fastmail.com", "inbox.com",
))  # fmt: skip
_SLIPS_OF_COM = frozenset(("con", "cmo", "ocm", "comm", "coom", "vom", "xom", "cim", "conm", "clm", "copm"))
_MOST_SLIPS = 2


def domain_meant(domain: str) -> str | None:
    """The domain that was probably meant; None for one that looks right, or like no other.

    >>> domain_meant("gmial.com"), domain_meant("yahoo.con"), domain_meant("shop.con"), domain_meant("hotmal.com")
    ('gmail.com', 'yahoo.com', 'shop.com', 'hotmail.com')
    >>> domain_meant("gmail.com"), domain_meant("mail.com"), domain_meant("tatamotors.com")
    (None, None, None)
    """
    typed = domain.casefold()
    if typed in _REAL:
        return None
    slips, nearest = min((_slips(typed, common), common) for common in _COMMON)
    if slips == 1 or (slips <= _MOST_SLIPS and typed[0] == nearest[0] and len(nearest) > 8):
        return nearest
    name, _, top = typed.rpartition(".")
    return f"{name}.com" if name and top in _SLIPS_OF_COM else None


def _slips(one: str, other: str) -> int:
    """Letters left out, added, changed, or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
