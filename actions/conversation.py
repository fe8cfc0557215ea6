"""The talk around the requests: answers, asides inside a form, misunderstandings, cancel, log out, language."""

from __future__ import annotations

import re

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import ACTIONS, CODE_FORM, CardbotAction, Events, where_to_find, without_details
from actions.message import Message
from actions.possession import code_aside
from actions.request_lexicon import change_named
from actions.requests import going_on, note, waiting
from actions.wallets import is_only_a_wallet, wallet_asked
from actions.words import LANGUAGES

MISUNDERSTANDINGS_BEFORE_HANDOFF = 3
_OTHER_LANGUAGES = re.compile(
    r"\b(?:tamil|telugu|kannada|malayalam|marathi|bengali|bangla|gujarati|punjabi|urdu|odia|oriya|assamese|bhojpuri|konkani"
    r"|french|german|spanish|arabic|chinese)\b|तमिल|तेलुगु|कन्नड़|मलयालम|मराठी|बंगाली|बांग्ला|गुजराती|पंजाबी|उर्दू|उड़िया",
    re.IGNORECASE,
)
_NOT_FOR_US = {"nlu_fallback": "utter_not_understood", "out_of_scope": "utter_out_of_scope"}
_RESPONSES = {"choose": "utter_button_gone"}


class Answer(CardbotAction):
    """Answers an intent with the response of its name."""

    def name(self) -> str:
        return "action_answer"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if message.intent == "provide_details" and message.values:
            meant = tracker.get_slot("pending_request") or change_named(message.words)
            if meant in ACTIONS:
                return [FollowupAction(ACTIONS[meant])]
        if message.intent == "details_unavailable":
            dispatcher.utter_message(response=where_to_find(self.services, tracker))
        else:
            dispatcher.utter_message(response=_RESPONSES.get(message.intent, f"utter_{message.intent}"))
        return [SlotSet("misunderstandings", 0)]


class Aside(CardbotAction):
    """Answers what has nothing to do with the open question, which is then asked again."""

    ends_turn = False

    def name(self) -> str:
        return "action_aside"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if message.intent in _NOT_FOR_US:
            return misunderstood(self, dispatcher, tracker, message)
        if tracker.active_loop.get("name") == CODE_FORM:
            wished = code_aside(self.services, dispatcher, tracker, message)
            if wished is not None:
                return wished
        if message.intent in ACTIONS:
            return note(dispatcher, tracker, message.intent)
        if message.intent == "provide_details":
            self._unclear(dispatcher, tracker, message)
        elif message.intent == "details_unavailable":
            dispatcher.utter_message(response=where_to_find(self.services, tracker))
        elif message.intent in ("affirm", "deny") and tracker.get_slot("requested_slot") == "change_confirmed":
            return []  # asking again, for a clear yes or no, is answer enough
        elif message.intent not in _SILENT:
            response = language_words(message) if message.intent == "switch_language" else f"utter_{message.intent}"
            dispatcher.utter_message(response=response, json_message=ASIDE)
        return [SlotSet("misunderstandings", 0)]

    def _unclear(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> None:
        if not message.number_destroyed:
            dispatcher.utter_message(response="utter_details_unclear")


# News of the bank is told when the form is over; yes, no and thanks in the middle need no more than the question again.
_SILENT = frozenset(
    {"affirm", "deny", "thank_you", "bank_answered", "change_settled", "try_again", "greet", "choose",
     "contact_shared", "code_instead", "resend_code"}
)
# The question that follows offers what may be said next; what is said in between offers nothing.
ASIDE = {"aside": True}


class NotUnderstood(CardbotAction):
    """Asks for other words, or says what it is for; after the third time in a row calls a person."""

    def name(self) -> str:
        return "action_not_understood"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        if is_only_a_wallet(message.words):
            return [SlotSet("about_wallet", wallet_asked(message.words) or None), FollowupAction("action_check_balance")]
        return misunderstood(self, dispatcher, tracker, message)


def misunderstood(
    action: CardbotAction, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message
) -> Events:
    """One misunderstanding more; resets when a person was called."""
    times = int(tracker.get_slot("misunderstandings") or 0) + 1
    in_form = bool(tracker.active_loop.get("name"))
    if times < MISUNDERSTANDINGS_BEFORE_HANDOFF:
        if in_form and message.intent == "nlu_fallback":
            dispatcher.utter_message(response="utter_not_understood_here")
        else:
            dispatcher.utter_message(response=_NOT_FOR_US[message.intent], json_message=ASIDE if in_form else None)
        return [SlotSet("misunderstandings", times)]
    reference = action.services.hand_off(message.conversation, "misunderstood three times", message.language)
    dispatcher.utter_message(response="utter_handoff_after_misunderstandings", reference=reference)
    return [*nothing_going_on(), FollowupAction("action_listen")]


class Cancel(CardbotAction):
    """Leaves whatever is going on."""

    def name(self) -> str:
        return "action_cancel"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        self.services.journal.drop(message.conversation)
        if message.intent == "start_over":
            dispatcher.utter_message(response="utter_started_over")
        else:
            is_busy = bool(going_on(tracker) or tracker.active_loop.get("name") or waiting(tracker))
            dispatcher.utter_message(response="utter_cancelled" if is_busy else "utter_nothing_to_cancel")
        return nothing_going_on()


class LogOut(CardbotAction):
    """Ends the access to the card in this conversation."""

    def name(self) -> str:
        return "action_log_out"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        self.services.sessions.end(message.conversation, "logged out")
        self.services.journal.drop(message.conversation)
        dispatcher.utter_message(response="utter_goodbye" if message.intent == "goodbye" else "utter_logged_out")
        return nothing_going_on()


class SwitchLanguage(CardbotAction):
    """Goes on in the language that was asked for; the edge found out which."""

    def name(self) -> str:
        return "action_switch_language"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        dispatcher.utter_message(response=language_words(message))
        return [SlotSet("language", message.language)] if message.language in LANGUAGES else []


def language_words(message: Message) -> str:
    """The response to a wish for a language: there are three of them."""
    return "utter_other_language" if _OTHER_LANGUAGES.search(message.words) else "utter_language_switched"


def nothing_going_on() -> Events:
    """Every form closed, every slot of one empty, every request forgotten."""
    slots = (
        "new_email", "new_mobile", "offered_email", "domain_checked", "change_confirmed",
        "pending_request", "next_requests", "about_card", "about_wallet", "unclear_digits",
    )  # fmt: skip
    return [
        *without_details(),
        *(SlotSet(name, None) for name in slots),
        SlotSet("failed_tries", 0),
        SlotSet("misunderstandings", 0),
        ActiveLoop(None),
        SlotSet("requested_slot", None),
    ]
