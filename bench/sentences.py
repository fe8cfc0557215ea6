"""Texts that are all different and that both bots answer by a rule, without calling anything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

_OPENINGS = ("", "hey, ", "hello, ", "hi there, ", "so, ", "tell me, ", "please, ", "honestly, ", "sorry, ", "just asking, ")
_QUESTIONS = ("are you a bot", "are you really a bot", "you are a bot", "are you just a bot", "are you a chat bot", "is this a bot")
_TITLES = ("", "my friend ", "dear ", "dearest ", "good ", "kind ", "old ", "young ")
_NAMES = (
    "asha", "bela", "charu", "deepak", "esha", "farhan", "gauri", "hari", "indu", "jaya", "kiran", "lata", "mohan",
    "neha", "omkar", "priya", "qasim", "ravi", "sunita", "tara", "uma", "vikram", "wasim", "yash", "zara",
)  # fmt: skip
_ENDS = ("", "?", " ?", "??", " please?", " or what?", " by the way?", " then?", " today?", " at all?")
BALANCES = ("what is my balance", "how much money is on my card", "show me my balance", "balance please", "check my balance")


def challenges() -> Iterator[str]:
    """120,000 ways to ask "are you a bot?", each once."""
    # The first word of a text changes fastest, so that neighbours do not look alike.
    parts = (_ENDS, _NAMES, _TITLES, _QUESTIONS, _OPENINGS)
    for end, name, title, question, opening in itertools.product(*parts):
        yield f"{opening}{question} {title}{name}{end}"


def balances() -> Iterator[str]:
    """Ways to ask for the balance, for ever."""
    return itertools.cycle(BALANCES)
