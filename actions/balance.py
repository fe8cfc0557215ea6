"""The balance: every card and every wallet, in rupees."""

from __future__ import annotations

from rasa_sdk.executor import CollectingDispatcher

from actions.formatting import rupees
from actions.message import Message
from actions.record import RecordAction
from wibmo import Card, Customer


class CheckBalance(RecordAction):
    """Tells what is available, card by card."""

    request = "check_balance"

    def tell(self, dispatcher: CollectingDispatcher, message: Message, customer: Customer) -> None:
        for card in customer.cards:
            values = {
                "last_four": self.shown(message, card.last_four),
                "total": self.shown(message, rupees(card.available_paise)),
            }
            if card.wallets:
                values["wallets"] = self.shown(message, self._wallets(card, message.language))
                dispatcher.utter_message(response="utter_balance", **values)
            else:
                dispatcher.utter_message(response="utter_balance_without_wallets", **values)
        dispatcher.utter_message(response="utter_anything_else" if customer.cards else "utter_no_cards")

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
