"""A change that names no contact, or both: ask which, or take one after the other."""

from __future__ import annotations

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import ACTIONS, CardbotAction, Events
from actions.message import Message
from actions.request_lexicon import names_both_changes, requests_in
from actions.requests import MOST, waiting


class UpdateContactAtAll(CardbotAction):
    """Asks whether it is the e-mail or the mobile; does both, and what else the message names, if it names them."""

    def name(self) -> str:
        return "action_update_contact"

    async def act(self, dispatcher: CollectingDispatcher, tracker: Tracker, message: Message) -> Events:
        named = requests_in(message.words) if message.intent == "update_contact" else []
        if named and not {"update_email", "update_mobile"}.isdisjoint(named):
            if names_both_changes(message.words):
                dispatcher.utter_message(response="utter_one_after_the_other")
            first, *others = dict.fromkeys([*named, *waiting(tracker)])
            return [SlotSet("next_requests", others[:MOST] or None), FollowupAction(ACTIONS[first])]
        dispatcher.utter_message(response="utter_which_contact")
        return [SlotSet("misunderstandings", 0)]
