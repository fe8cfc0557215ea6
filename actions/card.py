"""The card itself: its status, where it may be used, and how far the KYC has come."""

from __future__ import annotations

import re

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.formatting import month_and_year
from actions.message import Message
from actions.record import RecordAction
from actions.services import Services
from wibmo import Card, CardStatus, Channel, Customer, Kyc

_STATUS = {
    CardStatus.ACTIVE: "utter_card_active",
    CardStatus.ICC_AUTHORISED: "utter_card_active",
    CardStatus.PRE_ACTIVE: "utter_card_not_yet_active",
    CardStatus.TEMPORARY_BLOCK: "utter_card_temporarily_blocked",
    CardStatus.PERMANENT_BLOCK: "utter_card_permanently_blocked",
    CardStatus.ICC_EXPIRED: "utter_card_expired",
    CardStatus.DISABLED: "utter_card_disabled",
}
_CHANNELS = {
    "ecom": "utter_channel_online",
    "ecommerce": "utter_channel_online",
    "online": "utter_channel_online",
    "pos": "utter_channel_shops",
    "atm": "utter_channel_cash_machines",
    "contactless": "utter_channel_contactless",
}
_REGIONS = {"domestic": "utter_region_domestic", "international": "utter_region_international"}
_KYC = {Kyc.FULL: "utter_kyc_full", Kyc.MINIMUM: "utter_kyc_minimum", Kyc.SHORTFALL: "utter_kyc_shortfall"}


class CheckCardStatus(RecordAction):
    """Tells whether each card works, and what to do if not."""

    request = "check_card_status"
    closing = "utter_after_card"

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        for card in customer.cards:
            response = _STATUS.get(card.status, "utter_card_other_status")
            expiry = expiry_of(card)
            if response == "utter_card_active" and not expiry:
                response = "utter_card_active_without_expiry"
            values = {"last_four": card.last_four, "expiry": expiry} if expiry else {"last_four": card.last_four}
            dispatcher.utter_message(response=response, **self.all_shown(message, **values))


class CheckCardControls(RecordAction):
    """Tells which kinds of payment are switched on."""

    request = "check_card_controls"
    closing = "utter_after_card_controls"

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        for card in customer.cards:
            lines = [
                channel_line(self.services, channel, message.language)
                for channel in card.channels
                if channel.enabled is not None
            ]
            if lines:
                values = self.all_shown(message, last_four=card.last_four, controls="\n".join(lines))
                dispatcher.utter_message(response="utter_card_controls", **values)
            else:
                dispatcher.utter_message(response="utter_no_card_controls", last_four=self.shown(message, card.last_four))


class CheckKycStatus(RecordAction):
    """Tells the level of KYC and what it means."""

    request = "check_kyc_status"
    closing = "utter_after_kyc"
    is_about_cards = False

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        dispatcher.utter_message(response=_KYC.get(customer.kyc, "utter_kyc_other"))


def channel_line(services: Services, channel: Channel, language: str) -> str:
    """One kind of payment and whether it is on, in the cardholder's language; a kind without words under its own name."""
    say = services.words.say
    kind = re.sub("[^a-z]", "", channel.kind.casefold())
    name = say(_CHANNELS[kind], language) if kind in _CHANNELS else channel.kind
    region = re.sub("[^a-z]", "", channel.region.casefold())
    where = say(_REGIONS[region], language) if region in _REGIONS else channel.region
    name = f"{name}, {where}" if where else name
    return say("utter_line_control_on" if channel.enabled else "utter_line_control_off", language, channel=name)


def expiry_of(card: Card) -> str:
    """The latest month in which a wallet of this card is valid; empty if the record names none."""
    known = [wallet.valid_thru for wallet in card.wallets if len(wallet.valid_thru) == 4]
    return month_and_year(max(known, key=lambda mmyy: (mmyy[2:], mmyy[:2]))) if known else ""
