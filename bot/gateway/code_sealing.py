"""The one code that Cardbot asks for: six digits, taken whole out of the message that answers the question for it."""

from __future__ import annotations

import re

_SIX = r"[0-9]{6}|[0-9]{3}[ \-][0-9]{3}|[0-9]{2}(?:[ \-][0-9]{2}){2}|[0-9](?:[ \-.,]{1,2}[0-9]){5}"
_CODE = re.compile(rf"(?<![0-9])(?:{_SIX})(?![0-9])")


def code_in(text: str) -> str | None:
    """The six digits of a plain text whose number words have become digits; None if it holds others too, or none.

    >>> [code_in(text) for text in ("123456", "OTP is 123-456.", "1 2 3 4 5 6", "1234567", "123456 or 654321")]
    ['123456', '123456', '123456', None, None]
    """
    found = [match.group() for match in _CODE.finditer(text)]
    if len(found) != 1 or re.search(r"[0-9]", _CODE.sub("", text)):
        return None
    return re.sub(r"[^0-9]", "", found[0])
