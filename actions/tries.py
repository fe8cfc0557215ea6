"""How often a cardholder has tried to give their details in words that cannot be read, and when they are helped instead."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import Events, where_to_find
from actions.message import Message
from actions.services import Services

TRIES_BEFORE_HELP = 2


def another_try(
    services: Services,
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    message: Message,
    reasons: Sequence[str],
) -> Events:
    """Counts a message that a form could not read, and gives the reasons, or says where the details stand."""
    tries = int(tracker.get_slot("failed_tries") or 0) + 1
    readable = services.lockout.misread(message.conversation, message.identity, message.message_id)
    if tries >= TRIES_BEFORE_HELP or not readable:
        dispatcher.utter_message(response=where_to_find(services, tracker))
        tries = 0
    else:
        for reason in reasons:
            dispatcher.utter_message(response=reason)
    # A slot that is set tells the form that this message was meant for it.
    return [SlotSet("failed_tries", tries)]
