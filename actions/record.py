"""Whatever is told from the bank's record: only to a verified cardholder, only for this turn."""

from __future__ import annotations

import logging
from abc import abstractmethod
from typing import ClassVar

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import CardbotAction, Events, ask_for_details
from actions.message import Message
from actions.services import Services
from wibmo import Customer, WibmoError

log = logging.getLogger(__name__)


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
            return ask_for_details(self.request)
        customer = await read_record(self.services, verified.urn)
        if customer is None:
            dispatcher.utter_message(response="utter_bank_unavailable")
            return [SlotSet("pending_request", self.request)]
        self.services.audit.record("record", message.conversation, "told", request=self.request)
        self.tell(dispatcher, message, customer)
        return [SlotSet("pending_request", None)]


async def read_record(services: Services, urn: str) -> Customer | None:
    """The record behind a verified session; None if the bank gives none within the patience of a turn."""

    def read() -> Customer | None:
        try:
            return services.client.retrieve_customer(urn=urn)
        except WibmoError as error:
            log.warning("the record could not be read: %s", error)
            return None

    return await services.bank.run(read)
