"""The actions of the small project that the engine's tests train and talk to."""

from __future__ import annotations

import asyncio
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.forms import FormValidationAction
from rasa_sdk.interfaces import ActionExecutionRejection

SIZES = ("small", "large")
COLOURS = ("red", "blue")


class Notebook:
    """What the actions did, and what they are told to do wrong."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.seen: list[Tracker] = []
        self.broken: dict[str, BaseException] = {}

    def note(self, name: str, tracker: Tracker) -> None:
        self.ran.append(name)
        self.seen.append(tracker)
        if name in self.broken:
            raise self.broken[name]


class Noted(Action):
    """An action that writes down that it ran and utters at most one response."""

    def __init__(self, name: str, notebook: Notebook, response: str | None = None, ends_turn: bool = False):
        self._name, self._notebook, self._response, self.ends_turn = name, notebook, response, ends_turn

    def name(self) -> str:
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        self._notebook.note(self._name, tracker)
        if self._response:
            dispatcher.utter_message(response=self._response)
        return []


class ReadOrder(Noted):
    """Reads size and colour from the words of the message."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        self._notebook.note(self._name, tracker)
        words = (tracker.latest_message.get("text") or "").lower().split()
        found = [SlotSet("colour", word) for word in words if word in COLOURS]
        if "size" in words or tracker.get_slot("requested_slot") == "size":
            found += [SlotSet("size", word) for word in words if word in (*SIZES, "huge")]
        return found


class ValidateOrder(FormValidationAction):
    """Knows the sizes that exist."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook

    def name(self) -> str:
        return "validate_order_form"

    def validate_size(self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Any:
        self._notebook.note("validate_size", tracker)
        if value in SIZES:
            return {"size": value}
        dispatcher.utter_message(response="utter_no_such_size")
        return {"size": None}

    def validate_colour(self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Any:
        return {"colour": value}


class PlaceOrder(Noted):
    """Says what was ordered and empties the form."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        self._notebook.note(self._name, tracker)
        what = f"{tracker.get_slot('size')} {tracker.get_slot('colour')}"
        dispatcher.utter_message(response="utter_ordered", what=what)
        count = tracker.get_slot("orders") + 1
        return [SlotSet("size", None), SlotSet("colour", None), SlotSet("orders", count)]


class Leave(Noted):
    """Closes the form."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        await super().run(dispatcher, tracker, domain)
        return [ActiveLoop(None), SlotSet("requested_slot", None), SlotSet("size", None), SlotSet("colour", None)]


class Break(Noted):
    """Fails in whatever way the notebook says."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        dispatcher.utter_message(response="utter_first")
        self._notebook.broken.setdefault(self._name, ValueError("broken on purpose"))
        self._notebook.note(self._name, tracker)
        return []


class Hang(Noted):
    """Never comes back."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[Any]:
        self._notebook.note(self._name, tracker)
        await asyncio.Event().wait()
        return []


def actions(notebook: Notebook) -> list[Action]:
    """One instance of each action of the project."""
    return [
        ReadOrder("action_read_order", notebook),
        ValidateOrder(notebook),
        Noted("action_first_step", notebook, "utter_first"),
        Noted("action_second_step", notebook, "utter_second"),
        Break("action_break", notebook),
        PlaceOrder("action_place_order", notebook),
        Leave("action_leave", notebook, "utter_left"),
        Noted("action_show", notebook, "utter_form_card"),
        Noted("action_end", notebook, "utter_first", ends_turn=True),
    ]


__all__ = ["ActionExecutionRejection", "Hang", "Notebook", "actions"]
