"""What every action of Cardbot shares: its services, its words, and how a request waits for verification."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.contact_details import CONTACT
from actions.formatting import clock_time
from actions.guard.vault import Direction
from actions.message import Message
from actions.services import Services

Events = list[dict[str, Any]]

DETAILS_FORM = "card_details_form"
DETAILS = ("last_four", "card_expiry", "date_of_birth")
CONTACT_FORM = "contact_details_form"
CODE_FORM = "code_form"

# Requests that wait until the cardholder is verified, and the actions that carry them out.
ACTIONS = {
    "check_balance": "action_check_balance",
    "check_card_status": "action_check_card_status",
    "check_kyc_status": "action_check_kyc_status",
    "check_card_controls": "action_check_card_controls",
    "view_profile": "action_view_profile",
    "update_email": "action_update_email",
    "update_mobile": "action_update_mobile",
    "update_contact": "action_update_contact",
    "why_declined": "action_why_declined",
}


class CardbotAction(Action, ABC):
    """An action with services. When it has run, the turn is over unless it names what follows."""

    ends_turn = True

    def __init__(self, services: Services) -> None:
        self.services = services

    @abstractmethod
    def name(self) -> str: ...

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        return await self.act(dispatcher, tracker, Message.of(tracker))

    @abstractmethod
    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        """Do it, say it by the name of a response, return events."""

    def shown(self, message: Message, value: str) -> str:
        """A mark in a sentence that becomes `value` when the sentence is sent, and nowhere before."""
        return self.all_shown(message, value=value)["value"]

    def all_shown(self, message: Message, **values: str) -> dict[str, str]:
        """The values of one sentence as `shown` gives each: kept together, which costs what one of them does."""
        refs = self.services.vault.put_all(message.conversation, Direction.OUT, "shown", values.values())
        return dict(zip(values, map(marked, refs), strict=True))


def marked(ref: str) -> str:
    """A reference as it stands in outgoing text."""
    return f"\ue000{ref}\ue001"


def ask_for_details(
    services: Services, dispatcher: CollectingDispatcher, message: Message, request: str
) -> Events:
    """Begin to verify, unless that is closed here for now; the request is carried out afterwards."""
    until = services.lockout.blocked_until(message.conversation, message.identity)
    if until is not None:
        dispatcher.utter_message(response="utter_verification_closed", until=clock_time(until))
        return [SlotSet("pending_request", request)]
    begun = [SlotSet("misunderstandings", 0), SlotSet("pending_request", request)]
    return [*without_details(), *begun, FollowupAction(DETAILS_FORM)]


def without_details() -> Events:
    """Forget where the details of either form lie."""
    return [SlotSet(name, None) for name in (*DETAILS, *CONTACT)]


def where_to_find(services: Services, tracker: Tracker) -> str:
    """The response that says where the details of the open form stand, and what else there is."""
    if tracker.active_loop.get("name") == CONTACT_FORM:
        return "utter_where_to_find_contact"
    return "utter_where_to_find_or_contact" if services.settings.urn_printed else "utter_where_to_find"
