"""Whatever is told from the bank's record: only to a verified cardholder, only for this turn."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import CardbotAction, Events, ask_for_details
from actions.message import Message
from actions.refusals import UNAVAILABLE, report, words_for
from actions.services import Services
from wibmo import Customer, Operation, WibmoError


class RecordAction(CardbotAction):
    """Asks the guard, then the bank, then tells."""

    request: ClassVar[str]

    def name(self) -> str:
        return f"action_{self.request}"

    @abstractmethod
    def tell(self, dispatcher: CollectingDispatcher, message: Message, customer: Customer) -> None:
        """Say what the cardholder asked for."""

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        verified = self.services.sessions.current(message.conversation)
        if verified is None:
            return ask_for_details(self.services, dispatcher, message, self.request)
        found = await read_record(self.services, verified.urn)
        if isinstance(found, str):
            dispatcher.utter_message(response=found)
            return [SlotSet("pending_request", self.request if found == UNAVAILABLE else None)]
        self.services.audit.record("record", message.conversation, "told", request=self.request)
        self.tell(dispatcher, message, found)
        return [SlotSet("pending_request", None)]


async def read_record(services: Services, urn: str) -> Customer | str:
    """The record behind a verified session, or the response that says why there is none in this turn."""

    def read() -> Customer | str:
        try:
            return services.client.retrieve_customer(urn=urn)
        except WibmoError as error:
            report(Operation.RETRIEVE, error)
            return words_for(Operation.RETRIEVE, error)

    return await services.bank.run(read) or UNAVAILABLE
