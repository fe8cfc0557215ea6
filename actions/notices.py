"""Giving notices of changed contact details: through the bank's own SMS or mail, if it has one; else they stay owed."""

from __future__ import annotations

import logging
from typing import Protocol

from actions.guard.notices import Notice, Notices
from actions.words import Words

log = logging.getLogger(__name__)

CLAIM_SECONDS = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
BY_COURIER = "courier"

# No value stands in these, so that a letter-box which others read tells them nothing new.
_WORDS = {"email": "utter_notice_email_changed", "mobile": "utter_notice_mobile_changed"}


class Courier(Protocol):
    """The bank's way to send a short message: SMS for a mobile, mail for an e-mail address."""

    def give(self, notice: Notice, text: str) -> bool:
        """Hand it over; False, or an exception, means that it was not taken. May be asked twice for one notice."""
        ...


class NoticeGiver:
    """Gives what is owed, as soon as it is; without a courier everything waits for a person."""

    def __init__(self, notices: Notices, words: Words, courier: Courier | None) -> None:
        self._notices = notices
        self._words = words
        self._courier = courier

    def run_due(self) -> int:
        """Give what is due, once each; returns how many were given."""
        if self._courier is None:
            return 0
        return sum(self._give(self._courier, notice) for notice in self._notices.claim(CLAIM_SECONDS))

    def _give(self, courier: Courier, notice: Notice) -> bool:
        text = self._words.say(_WORDS[notice.field], notice.language)
        try:
            taken = courier.give(notice, text)
        except Exception as error:
            log.error("notice of change %s to the %s address: %s", notice.reference, notice.whose, type(error).__name__)
            taken = False
        if taken:
            return self._notices.given(notice, BY_COURIER)
        self._notices.postponed(notice, min(FIRST_PAUSE * 2.0 ** min(notice.tries, 10), LONGEST_PAUSE))
        return False
