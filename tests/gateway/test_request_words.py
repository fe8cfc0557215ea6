"""A request that brings the card's details along is understood as the request."""

from __future__ import annotations

import pytest

from bot.gateway.request_words import request_words
from bot.gateway.sealing import seal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("what is my balance, card ending 8305 expiry 08/27 dob 11-07-1993", "what is my balance"),
        ("my card is 8305, 08/27, born on 11 July 1993. is my card active?", "is my card active?"),
        ("mera balance batao card 8305 expiry 08/27 janam tithi 11-07-1993", "mera balance batao"),
        ("change my email please 8305 08/27 11-07-1993", "change my email please"),
        ("8305 08/27 11-07-1993", "four digits month and year date"),
        ("my card ends with 8305", "my card ends with four digits"),
    ],
)
def test_details_are_left_out_of_what_is_understood(text: str, words: str) -> None:
    sealed = seal(text)

    assert request_words(sealed.text, [span.kind for span in sealed.spans]) == words


def test_a_slash_that_stands_first_once_the_details_are_gone_makes_no_command():
    assert request_words("four digits/restart the bot, date", ["four_digits", "date"]) == "restart the bot"
