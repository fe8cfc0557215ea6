"""The other way to prove who one is: the card's URN with the mobile and the e-mail that are registered for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import (
    CONTACT_FORM,
    DETAILS_FORM,
    CardbotAction,
    Events,
    without_details,
)
from actions.claims import Claim, ContactClaim
from actions.contact_details import CONTACT, ContactDetails, parse_contact
from actions.formatting import clock_time
from actions.guard.vault import Direction, VaultMissing
from actions.message import Message
from actions.services import Services
from actions.tries import another_try
from actions.verification import Verify

_UNREAD = {"urn": "utter_wrong_urn", "registered_mobile": "utter_wrong_mobile", "registered_email": "utter_wrong_email"}
_UNCLEAR = "utter_contact_unclear"


class OtherWay(CardbotAction):
    """Begins the other way, where the operator has said where a URN stands; else there is a person."""

    def name(self) -> str:
        return "action_other_way"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        going_on = tracker.active_loop.get("name")
        if going_on not in (None, DETAILS_FORM):
            return [FollowupAction(going_on)]  # whoever is asked there has shown who they are, or is about to
        services = self.services
        until = services.lockout.blocked_until(message.conversation, message.identity)
        if until is not None:
            dispatcher.utter_message(response="utter_verification_closed", until=clock_time(until))
        elif not services.settings.urn_printed:
            dispatcher.utter_message(response="utter_no_other_way")
        else:
            return [*_left(), FollowupAction(CONTACT_FORM)]
        return _left()


class ValidateContactDetailsForm(CardbotAction):
    """Takes the three pieces out of a message; one that holds none is left to the rules."""

    ends_turn = False

    def name(self) -> str:
        return f"validate_{CONTACT_FORM}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        asked = tracker.get_slot("requested_slot") or ""
        if (message.is_aside and asked) or not message.values:
            return []
        try:
            found = self._read(message, asked)
        except VaultMissing:
            dispatcher.utter_message(response="utter_details_expired")
            return without_details()
        put = self.services.vault.put
        events: Events = [
            SlotSet(name, put(message.conversation, Direction.IN, name, value)) for name, value in found.found.items()
        ]
        if (events and not found.unread) or not asked:
            # Nothing is wrong with what came along with the wish for this form, whatever it was meant for.
            return [*events, SlotSet("failed_tries", 0)] if events else []
        reasons = [] if message.number_destroyed else [_UNREAD.get(name, _UNCLEAR) for name in found.unread or ("",)]
        return events + another_try(self.services, dispatcher, tracker, message, reasons)

    def _read(self, message: Message, asked: str) -> ContactDetails:
        values = [
            (each.kind, self.services.vault.open(message.conversation, Direction.IN, each.ref))
            for each in message.values
        ]
        return parse_contact(values, asked=asked)


class AskForContact(CardbotAction):
    """Asks for one piece, or for all three while none is known."""

    ends_turn = False

    def __init__(self, services: Any, slot: str) -> None:
        super().__init__(services)
        self._slot = slot

    def name(self) -> str:
        return f"action_ask_{CONTACT_FORM}_{self._slot}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        known = any(tracker.get_slot(name) for name in CONTACT)
        dispatcher.utter_message(response=f"utter_ask_{self._slot}" if known else "utter_ask_contact_details")
        return []


class VerifyContact(Verify):
    """Has the three pieces checked, once they are complete; counted, told and resumed as the card's details are."""

    form: ClassVar[str] = CONTACT_FORM
    details: ClassVar[tuple[str, ...]] = CONTACT

    def name(self) -> str:
        return "action_verify_contact"

    def claim(self, who: tuple[str, str, str, str], opened: Mapping[str, str]) -> Claim:
        return ContactClaim(*who, opened["urn"], opened["registered_mobile"], opened["registered_email"])


def _left() -> Events:
    """The card's form closed, its details forgotten; what was asked for still waits."""
    return [*without_details(), SlotSet("failed_tries", 0), ActiveLoop(None), SlotSet("requested_slot", None)]


def actions(services: Services) -> list[Action]:
    """Everything that the other way needs."""
    kinds = (OtherWay, ValidateContactDetailsForm, VerifyContact)
    return [*(kind(services) for kind in kinds), *(AskForContact(services, slot) for slot in CONTACT)]
