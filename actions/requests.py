"""Requests that wait for what is going on: noted in their order, taken up one after the other, forgotten on cancel."""

from __future__ import annotations

from collections.abc import Iterable

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import ACTIONS, Events
from actions.message import Message
from actions.request_lexicon import requests_in

MOST = 3
# What was offered before this is no longer what comes next.
ONWARD = {"onward": True}
_OF_FORMS = {"email_change_form": "update_email", "mobile_change_form": "update_mobile"}


def waiting(tracker: Tracker) -> list[str]:
    """What is still to be done after what is going on, first come first."""
    return [request for request in tracker.get_slot("next_requests") or [] if request in ACTIONS]


def going_on(tracker: Tracker) -> str:
    """The request that the open form serves, or that waits for a verification; empty if there is none."""
    form = tracker.active_loop.get("name") or ""
    return _OF_FORMS.get(form) or tracker.get_slot("pending_request") or ""


def note(dispatcher: CollectingDispatcher, tracker: Tracker, request: str) -> Events:
    """Remember one request more and say so, unless it is the one that is going on."""
    noted = waiting(tracker)
    if request == going_on(tracker):
        return []
    if request in noted:
        dispatcher.utter_message(response="utter_request_noted")
        return []
    if len(noted) >= MOST:
        dispatcher.utter_message(response="utter_too_many_requests")
        return []
    dispatcher.utter_message(response="utter_request_noted")
    return [SlotSet("next_requests", [*noted, request])]


def begin_with_first(tracker: Tracker, message: Message, request: str) -> Events:
    """On to the request that the message names first, if that is not `request`; the others wait in their order."""
    named = requests_in(message.words) if message.intent == request else []
    if request not in named or named[0] == request:
        return []
    first, *others = dict.fromkeys([*named, *waiting(tracker)])
    return [SlotSet("next_requests", others[:MOST]), FollowupAction(ACTIONS[first])]


def note_others(tracker: Tracker, message: Message, request: str) -> Events:
    """What else the message that asks for `request` asks for: "my balance, and change my email"."""
    if message.intent != request:
        return []
    # What waited and is now asked for outright is done once.
    left = [other for other in dict.fromkeys([*waiting(tracker), *requests_in(message.words)]) if other != request][:MOST]
    return [] if left == waiting(tracker) else [SlotSet("next_requests", left or None)]


def note_in(dispatcher: CollectingDispatcher, tracker: Tracker, opened: Iterable[tuple[str, str]]) -> Events:
    """Remember what a message that was sealed whole asks for beside the details that it holds."""
    present = going_on(tracker)
    noted = waiting(tracker)
    asked = [request for kind, text in opened if kind == "message" for request in requests_in(text)]
    new = [request for request in dict.fromkeys(asked) if request not in (present, *noted)][: MOST - len(noted)]
    if not new:
        return []
    dispatcher.utter_message(response="utter_request_noted")
    return [SlotSet("next_requests", [*noted, *new])]


def go_on(dispatcher: CollectingDispatcher, tracker: Tracker, closing: str = "") -> Events:
    """After a request is done: take up the next one, with words; if none is left, the response `closing` ends the turn."""
    left = waiting(tracker)
    if left:
        following = left[0]
        dispatcher.utter_message(response=f"utter_now_{following}", json_message=ONWARD)
        return [SlotSet("next_requests", left[1:] or None), FollowupAction(ACTIONS[following])]
    if closing:
        dispatcher.utter_message(response=closing)
    return []
