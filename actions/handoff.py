"""Calling a person: on request, for a lost card, and for what only people can do."""

from __future__ import annotations

from typing import ClassVar

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import CardbotAction, Events
from actions.conversation import nothing_going_on
from actions.message import Message


class HandoffAction(CardbotAction):
    """Opens a ticket, ends the access to the card in this conversation, and reads out the reference."""

    intent: ClassVar[str]
    response: ClassVar[str]

    def name(self) -> str:
        return f"action_{self.intent}"

    def reason(self, message: Message) -> str:
        """Why a person is called, for whoever takes over."""
        return self.intent

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        reference = self.services.hand_off(message.conversation, self.reason(message), message.language)
        dispatcher.utter_message(response=self.response, reference=reference)
        return nothing_going_on()


class TalkToHuman(HandoffAction):
    """The cardholder asked for a person."""

    intent = "talk_to_human"
    response = "utter_handoff"


class ReportLostCard(HandoffAction):
    """A lost or stolen card: the number to call comes first."""

    intent = "report_lost_card"
    response = "utter_lost_card"


class CannotDo(HandoffAction):
    """What Cardbot leaves to people; the reason is what was asked for."""

    intent = "cannot_do"
    response = "utter_cannot_do"

    def reason(self, message: Message) -> str:
        return message.intent
