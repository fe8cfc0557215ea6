"""Four digits that can be the end of a card number or its expiry: kept until the cardholder says which."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet

from actions.cardbot_action import Events
from actions.details import EXPIRY, LAST_FOUR, Details, labels_in
from actions.guard.vault import Direction, VaultMissing
from actions.message import Message
from actions.parsing import AmbiguousDigits, ParseError, parse_expiry, parse_last_four, readable
from actions.services import Services

SLOT = "unclear_digits"
_LONGEST_ANSWER = 8
# "The card is not with me" says nothing of the digits.
_NEGATED = re.compile(r"\b(?:not|nahi+n?|nhi)\b|n't\b|नहीं|नही", re.IGNORECASE)
_PARSERS: dict[str, Callable[[str], str]] = {LAST_FOUR: parse_last_four, EXPIRY: parse_expiry}


def kept(services: Services, message: Message, opened: Iterable[tuple[str, str]], found: Details) -> Events:
    """Where the digits lie now, if all that was wrong with a message is that they can be two things."""
    reasons = [problem.reason for problem in found.problems]
    digits = re.findall(r"(?<![0-9])[0-9]{4}(?![0-9])", " ".join(readable(text) for _, text in opened))
    if reasons != [AmbiguousDigits.reason] or len(digits) != 1:
        return []
    return [SlotSet(SLOT, services.vault.put(message.conversation, Direction.IN, SLOT, digits[0]))]


def digits_of(services: Services, tracker: Tracker, message: Message) -> str:
    """The digits that wait for an answer; empty if none do."""
    try:
        return services.vault.open(message.conversation, Direction.IN, tracker.get_slot(SLOT) or "", kinds=(SLOT,))
    except VaultMissing:
        return ""


def settled(services: Services, tracker: Tracker, message: Message) -> dict[str, str]:
    """What the digits are, by the button that was pressed or the few words that say so; empty if that is still open."""
    if not tracker.get_slot(SLOT) or message.values or message.is_aside:
        return {}
    is_answer = len(message.words.split()) <= _LONGEST_ANSWER and not _NEGATED.search(message.words)
    named = labels_in(message.words) & _PARSERS.keys() if is_answer else frozenset()
    meant = message.choice or (next(iter(named)) if len(named) == 1 else "")
    digits = digits_of(services, tracker, message)
    if meant not in _PARSERS or not digits:
        return {}
    try:
        return {meant: _PARSERS[meant](digits)}
    except ParseError:
        return {}
