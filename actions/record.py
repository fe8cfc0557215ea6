"""Whatever is told from the bank's record: only to a verified cardholder, only for this turn."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import CardbotAction, Events, ask_for_details
from actions.guard.vault import Direction, VaultMissing
from actions.message import Message
from actions.parsing import ParseError, parse_last_four
from actions.refusals import UNAVAILABLE, report, words_for
from actions.requests import begin_with_first, go_on, note_others
from actions.services import Services
from wibmo import Customer, Operation, WibmoError


class RecordAction(CardbotAction):
    """Asks the guard, then the bank, then tells; of one card alone, if the question named it by its last four."""

    request: ClassVar[str]
    # The response that asks "anything else?" with the likely next steps.
    closing: ClassVar[str]
    # Whether there is nothing to tell for a record without cards.
    is_about_cards: ClassVar[bool] = True

    def name(self) -> str:
        return f"action_{self.request}"

    @abstractmethod
    def tell(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer) -> None:
        """Say what the cardholder asked for."""

    def note(self, message: Message) -> Events:
        """What the question itself said and the answer needs, which may come some turns later."""
        return self._note_card(message) if message.intent == self.request else []

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if earlier := begin_with_first(tracker, message, self.request):
            return earlier
        noted = self.note(message)
        tracker.slots.update({event["name"]: event["value"] for event in noted})
        others = note_others(tracker, message, self.request)
        tracker.slots.update({event["name"]: event["value"] for event in others})
        verified = self.services.sessions.current(message.conversation)
        if verified is None:
            return [*noted, *others, *ask_for_details(self.services, dispatcher, message, self.request)]
        found = await read_record(self.services, verified.urn)
        if isinstance(found, str):
            dispatcher.utter_message(response=found)
            return [*noted, *others, SlotSet("pending_request", self.request if found == UNAVAILABLE else None)]
        self.services.audit.record("record", message.conversation, "told", request=self.request)
        self.tell(dispatcher, tracker, message, self._of_the_card(dispatcher, tracker, message, found))
        closing = self.closing if found.cards or not self.is_about_cards else "utter_no_cards"
        said = [SlotSet(name, None) for name in ("pending_request", "about_card", "about_wallet")]
        return [*others, *said, SlotSet("misunderstandings", 0), *go_on(dispatcher, tracker, closing)]

    def _note_card(self, message: Message) -> Events:
        """Where the four digits lie that the question named a card by."""
        named = [each for each in message.values if each.kind == "four_digits"]
        if len(named) != 1:
            return [SlotSet("about_card", None)]
        vault = self.services.vault
        try:
            digits = parse_last_four(vault.open(message.conversation, Direction.IN, named[0].ref))
        except (ParseError, VaultMissing):
            return [SlotSet("about_card", None)]
        return [SlotSet("about_card", vault.put(message.conversation, Direction.IN, "about_card", digits))]

    def _of_the_card(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, customer: Customer
    ) -> Customer:
        """The record with the one card alone that the question named, or all, with words, if it has no such card."""
        ref = tracker.get_slot("about_card")
        if not ref or not customer.cards:
            return customer
        try:
            digits = self.services.vault.open(message.conversation, Direction.IN, ref, kinds=("about_card",))
        except VaultMissing:
            return customer
        cards = tuple(card for card in customer.cards if card.last_four == digits)
        if not cards:
            dispatcher.utter_message(response="utter_no_such_card", last_four=self.shown(message, digits))
        return replace(customer, cards=cards or customer.cards)


async def read_record(services: Services, urn: str) -> Customer | str:
    """The record behind a verified session, or the response that says why there is none in this turn."""

    def read() -> Customer | str:
        try:
            return services.client.retrieve_customer(urn=urn)
        except WibmoError as error:
            report(Operation.RETRIEVE, error)
            return words_for(Operation.RETRIEVE, error)

    return await services.bank.run(read) or UNAVAILABLE
