"""The balance: every card and every wallet, or the one that was asked for, in rupees."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import Events
from actions.formatting import rupees
from actions.message import Message
from actions.record import RecordAction
from actions.wallets import wallet_asked, wallets_named
from wibmo import Card, Customer, Wallet


class CheckBalance(RecordAction):
    """Tells what is available, card by card, or in one wallet alone."""

    request = "check_balance"
    closing = "utter_after_balance"

    def note(self, message: Message) -> Events:
        if message.intent != self.request:
            return []
        return [*super().note(message), SlotSet("about_wallet", wallet_asked(message.words) or None)]

    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        asked = tracker.get_slot("about_wallet") or ""
        named = [(card, wallet) for card in customer.cards for wallet in wallets_named(card.wallets, asked)] if asked else []
        if named:
            self._tell_wallets(dispatcher, message, named)
            return
        if asked and customer.cards:
            dispatcher.utter_message(response="utter_no_such_wallet")
        for card in customer.cards:
            self._tell_card(dispatcher, message, card)

    def _tell_wallets(
        self, dispatcher: CollectingDispatcher, message: Message, named: Sequence[tuple[Card, Wallet]]
    ) -> None:
        for card, wallet in named:
            amount = rupees(wallet.available_paise)
            values = self.all_shown(message, last_four=card.last_four, wallet=wallet.name, amount=amount)
            dispatcher.utter_message(response="utter_wallet_balance", **values)

    def _tell_card(self, dispatcher: CollectingDispatcher, message: Message, card: Card) -> None:
        values = {"last_four": card.last_four, "total": rupees(card.available_paise)}
        if card.wallets:
            values["wallets"] = self._wallets(card, message.language)
        response = "utter_balance" if card.wallets else "utter_balance_without_wallets"
        dispatcher.utter_message(response=response, **self.all_shown(message, **values))

    def _wallets(self, card: Card, language: str) -> str:
        say = self.services.words.say
        lines = [
            say(
                "utter_line_default_wallet" if wallet.is_default else "utter_line_wallet",
                language,
                wallet=wallet.name,
                amount=rupees(wallet.available_paise),
            )
            for wallet in card.wallets
        ]
        return "\n".join(lines)
