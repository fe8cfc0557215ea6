"""Showing possession in the talk: the platform's own contact, a code by SMS, and going on afterwards."""

from __future__ import annotations

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import ACTIONS, CODE_FORM, DETAILS, CardbotAction, Events
from actions.contact_details import CONTACT
from actions.guard.possession import Act
from actions.guard.sessions import Verified
from actions.guard.vault import Direction, VaultMissing
from actions.message import Message
from actions.outcomes import Outcome, Verdict
from actions.services import Services
from actions.verification import facts_of, say_outcome

CODE = "one_time_code"
_ASKED_TO = {Act.SEE: "utter_ask_code_to_see", Act.CHANGE: "utter_ask_code_to_change"}


class GoOn(CardbotAction):
    """Takes up what waited for a contact, or for the wish to have a code instead."""

    def name(self) -> str:
        return "action_go_on"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        for details, action in ((DETAILS, "action_verify"), (CONTACT, "action_verify_contact")):
            if all(tracker.get_slot(name) for name in details):
                return [FollowupAction(action)]
        pending = ACTIONS.get(tracker.get_slot("pending_request") or "")
        if pending is not None:
            return [FollowupAction(pending)]
        dispatcher.utter_message(response="utter_anything_else")
        return []


class ValidateCodeForm(CardbotAction):
    """Takes the six digits out of a message; the edge sealed them because they were asked for."""

    ends_turn = False

    def name(self) -> str:
        return "validate_code_form"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if not tracker.get_slot("requested_slot"):
            return []  # this message led to the question, and answers none
        given = [each.ref for each in message.values if each.kind == CODE]
        if given:
            return [SlotSet(CODE, given[0])]
        if message.is_aside or not message.values:
            return []
        dispatcher.utter_message(response="utter_code_unclear")
        return [SlotSet(CODE, None)]


class AskForCode(CardbotAction):
    """Asks for the code; whether one was sent it says only to somebody verified."""

    ends_turn = False

    def name(self) -> str:
        return f"action_ask_code_form_{CODE}"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        challenge = self.services.codes.current(message.conversation)
        was_asked = bool(challenge and challenge.tries) or bool(tracker.get_slot("requested_slot"))
        if challenge is None or (was_asked and message.intent != "resend_code"):
            dispatcher.utter_message(response="utter_ask_code_short")
        else:
            dispatcher.utter_message(response=_ASKED_TO[challenge.act])
        return []


class CheckCode(CardbotAction):
    """Has the code checked that was just typed, and forgets it."""

    def name(self) -> str:
        return "action_check_code"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        services = self.services
        try:
            code = services.vault.open(message.conversation, Direction.IN, tracker.get_slot(CODE) or "", kinds=(CODE,))
        except VaultMissing:
            return say_outcome(services, dispatcher, tracker, Outcome(Verdict.CODE_WANTED))
        outcome = await services.pace.run(
            lambda: services.texting.check(message.conversation, message.identity, code),
            lambda late: services.news.tell(message.conversation, "bank_answered", facts_of(message.message_id, late)),
        )
        return [SlotSet(CODE, None), *_said(services, dispatcher, tracker, outcome)]


class ResendCode(CardbotAction):
    """Has another code sent, while one is open; elsewhere, as from an old button, there is none."""

    def name(self) -> str:
        return "action_resend_code"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        return resend(self.services, dispatcher, tracker, message) or [FollowupAction(CODE_FORM)]


def resend(services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
    """Have another code sent; the events that end the form where none is open any more, else none."""
    outcome = services.texting.resend(message.conversation)
    if outcome.verdict is Verdict.CODES_SPENT:
        dispatcher.utter_message(response="utter_codes_spent")
    elif outcome.verdict is Verdict.CODE_EXPIRED:
        dispatcher.utter_message(response="utter_code_expired")
        return [ActiveLoop(None), SlotSet("requested_slot", None), FollowupAction("action_listen")]
    return []


def code_aside(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message
) -> Events | None:
    """What is wished for while a code is asked for: another one, or to begin anew; None for anything else."""
    if message.intent == "resend_code":
        return resend(services, dispatcher, tracker, message)
    if message.intent != "try_again":
        return None
    services.codes.drop(message.conversation)
    pending = ACTIONS.get(tracker.get_slot("pending_request") or "")
    if pending is None:
        dispatcher.utter_message(response="utter_anything_else")
    return [ActiveLoop(None), SlotSet("requested_slot", None), FollowupAction(pending or "action_listen")]


async def show_possession(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message, verified: Verified
) -> Events | None:
    """Have possession shown before a change; None if it is, else the events of what was asked or said instead."""
    outcome = await services.bank.run(
        lambda: services.proving.step_up(verified, message.identity, message.message_id, by_code=message.wants_code),
        lambda late: services.news.tell(message.conversation, "bank_answered", facts_of(message.message_id, late)),
    )
    if outcome is not None and outcome.verdict is Verdict.VERIFIED:
        return None
    return _said(services, dispatcher, tracker, outcome)


def _said(
    services: Services, dispatcher: CollectingDispatcher, tracker: Tracker, outcome: Outcome | None
) -> Events:
    if outcome is None:
        dispatcher.utter_message(response="utter_still_checking")
        return []
    return say_outcome(services, dispatcher, tracker, outcome)


def actions(services: Services) -> list[Action]:
    """Everything that the code's form and the contact need."""
    return [kind(services) for kind in (GoOn, ValidateCodeForm, AskForCode, CheckCode, ResendCode)]
