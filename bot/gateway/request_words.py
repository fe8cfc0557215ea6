"""What a message asks for, when it brings the card's details along in the same breath."""

from __future__ import annotations

import re
from collections.abc import Collection

from bot.gateway.normalizing import without_slash
from bot.gateway.sealing import PLACEHOLDERS

_DETAIL_KINDS = frozenset({"four_digits", "month_and_year", "date"})
_LABELS = (
    r"(?:my |mera |meri |मेरा |मेरी )?(?:"
    r"card(?: number| no)?(?: is)?(?: ending| ends)?(?: with| in)?|last(?: four)?(?: digits)?|ending(?: with| in)?|"
    r"(?:card )?expir\w*(?: date)?|exp|valid(?:ity)?(?: thru| till| upto)?|"
    r"date of birth|birth ?da(?:te|y)|d\.?o\.?b\.?|born(?: on| in)?|i was born on|janam(?: tithi| din)?|"
    r"कार्ड|जन्म ?(?:तिथि|दिन|तारीख)?|एक्सपायरी)(?: is| hai| h|:| -| है)?"
)
_PLACEHOLDER = "|".join(re.escape(PLACEHOLDERS[kind]) for kind in sorted(_DETAIL_KINDS))
_DETAIL = re.compile(rf"[\s,;.:()-]*(?:(?:and |aur |और )?{_LABELS})?\s*\b(?:{_PLACEHOLDER})\b[\s,;.:()-]*", re.IGNORECASE)
_FEWEST_WORDS = 2


def request_words(text: str, kinds: Collection[str]) -> str:
    """The words of a request without the details that came along; the whole text if it brings fewer than two.

    >>> request_words("what is my balance, card ending four digits expiry month and year", ["four_digits", "month_and_year"])
    'what is my balance'
    >>> request_words("card four digits, expiry month and year", ["four_digits", "month_and_year"])
    'card four digits, expiry month and year'
    """
    if sum(kind in _DETAIL_KINDS for kind in kinds) < 2:
        return text
    left = without_slash(_DETAIL.sub(" ", text))  # what stood behind a detail may stand first now
    return left if len(left.split()) >= _FEWEST_WORDS else text
