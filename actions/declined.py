"""Why a payment was declined: what the card's record tells of it, what it cannot tell, and a person for the rest."""

from __future__ import annotations

import re
from datetime import datetime

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.card import channel_line, expiry_of
from actions.cardbot_action import Events
from actions.formatting import INDIA, rupees
from actions.handoff import CannotDo
from actions.message import Message
from actions.record import RecordAction
from actions.requests import note
from wibmo import Card, CardStatus, Customer

_WORKING = frozenset({CardStatus.ACTIVE, CardStatus.ICC_AUTHORISED})
_STOPPED = {
    CardStatus.PRE_ACTIVE: "utter_line_not_yet_active",
    CardStatus.TEMPORARY_BLOCK: "utter_line_temporarily_blocked",
    CardStatus.PERMANENT_BLOCK: "utter_line_permanently_blocked",
    CardStatus.ICC_EXPIRED: "utter_line_expired",
    CardStatus.DISABLED: "utter_line_disabled",
}
_DECLINED = re.compile(
    r"\b(?:declin\w*|reject\w*|refus\w*|fail(?:s|ed|ing|ure)?|unsuccessful|bounced?|denied)\b"
    r"|\b(?:not|n't|didnt|doesnt|wont|cant) (?:\w+ )?(?:go(?:ing)?|gone|went) through\b"
    r"|\b(?:payment|transaction|card|purchase)\b.{0,30}\b(?:nahi|nahin|nhi|not|n't|isnt|wont|doesnt)\b.{0,20}"
    r"\b(?:ho|hua|hui|chal|chala|chali|work|working|accepted|accept|swipe|le)\b"
    r"|डिक्लाइन|फ़?ेल|रिजेक्ट|अस्वीकार|अस्वीकृत|असफल|(?:पेमेंट|भुगतान|ट्रांज़?ैक्शन|कार्ड).{0,30}नहीं (?:हो|हुआ|हुई|चल)",
    re.IGNORECASE,
)
# Money that is gone or has to come back is a matter of the single payment, which the record does not show.
_MONEY_MOVED = re.compile(
    r"\b(?:debit\w*|deduct\w*|charged|refund\w*|revers\w*|credited|twice|double|kat|kata|kate|kati|cut|wapas|vapas|dispute\w*)\b"
    r"|कट (?:गय|गए|चुक)|वापस|रिफंड|रिफ़ंड",
    re.IGNORECASE,
)


def asks_why_declined(words: str) -> bool:
    """Whether a question about a payment is why the card did not work for it.

    >>> asks_why_declined("why was my payment declined"), asks_why_declined("payment nahi ho raha")
    (True, True)
    >>> asks_why_declined("payment failed but money was deducted"), asks_why_declined("show my last transactions")
    (False, False)
    """
    return _DECLINED.search(words) is not None and _MONEY_MOVED.search(words) is None


class TransactionQuestion(CannotDo):
    """A declined payment is looked into as far as the record goes; any other movement of money is for a person."""

    intent = "transaction_question"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if not asks_why_declined(message.words):
            return await super().act(dispatcher, tracker, message)
        if tracker.active_loop.get("name"):
            return note(dispatcher, tracker, WhyDeclined.request)
        return await WhyDeclined(self.services).act(dispatcher, tracker, message)


class WhyDeclined(RecordAction):
    """Tells all that may stop a payment: status, expiry, what is switched off, what is available."""

    request = "why_declined"
    closing = "utter_declined_unseen"

    def note(self, message: Message) -> Events:
        return self._note_card(message) if message.intent in (self.request, TransactionQuestion.intent) else []

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        for card in customer.cards:
            lines = self._findings(card, message.language)
            values = {"last_four": card.last_four, "total": rupees(card.available_paise)}
            if lines:
                values["findings"] = "\n".join(lines)
            response = "utter_declined" if lines else "utter_declined_nothing_found"
            dispatcher.utter_message(response=response, **self.all_shown(message, **values))

    def _findings(self, card: Card, language: str) -> list[str]:
        """What may have stopped a payment, the weightiest first; empty if the record shows nothing of the kind."""
        say = self.services.words.say
        found: list[str] = []
        if card.status not in _WORKING:
            found.append(say(_STOPPED.get(card.status, "utter_line_unusual_status"), language))
        elif self._is_past(expiry_of(card)):
            found.append(say("utter_line_expired", language))
        if card.available_paise <= 0:
            found.append(say("utter_line_nothing_available", language))
        elif any(wallet.is_default and wallet.available_paise <= 0 for wallet in card.wallets):
            found.append(say("utter_line_nothing_in_default", language))
        off = [channel for channel in card.channels if channel.enabled is False]
        return found + [channel_line(self.services, channel, language) for channel in off]

    def _is_past(self, expiry: str) -> bool:
        """Whether a month of the form MM/YY has gone by."""
        now = datetime.fromtimestamp(self.services.clock(), INDIA)
        return bool(expiry) and (2000 + int(expiry[3:]), int(expiry[:2])) < (now.year, now.month)
