"""Names for the parts of answers, by which reports of platforms are understood."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TAG = re.compile(r"([a-z]{1,20}:[0-9a-f]{32})\|([0-9]{1,9})\|([0-9]{1,3})\|([0-9]{1,3})")


@dataclass(frozen=True)
class Tag:
    """What one part of an answer is called towards a platform that repeats such a name in its reports."""

    conversation: str
    position: int
    part: int
    of: int

    def __str__(self) -> str:
        return f"{self.conversation}|{self.position}|{self.part}|{self.of}"

    @classmethod
    def read(cls, text: str) -> Tag | None:
        """The tag that was written so, or None."""
        found = _TAG.fullmatch(text)
        return Tag(found[1], *(int(each) for each in found.groups()[1:])) if found else None
