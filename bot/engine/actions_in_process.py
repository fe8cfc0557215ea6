"""Custom actions in process: the object that takes the place of Rasa's action endpoint."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

OnFailure = Callable[[str, str, BaseException], None]
LISTEN = "action_listen"

_failures: ContextVar[list[str]] = ContextVar("failed_actions")


class ActionRejected(Exception):
    """What an action handed back cannot be used; the text names the action and the rule, never a value."""


@contextmanager
def watched_turn() -> Iterator[list[str]]:
    """Collects the names of the actions that fail inside the block."""
    failed: list[str] = []
    token = _failures.set(failed)
    try:
        yield failed
    finally:
        _failures.reset(token)


def failures() -> list[str]:
    """The names of the actions that failed so far in this turn."""
    return _failures.get()


class ActionRunner:
    """Runs actions by name. One that raises becomes words, and no further step of its rule runs.

    Args:
        actions: instances, so that they can hold services. With the class attribute `ends_turn = True`
            nothing else runs after the action in its turn.
        on_failure: told the action's name, the conversation and the exception; must not raise.
        failure_response: the response that is uttered in place of what the failed action would have said.
    """

    url = "in-process"
    # Without it Rasa serialises the whole domain for every call.
    kwargs: Mapping[str, Any] = {"enable_selective_domain": True}

    def __init__(self, actions: Iterable[Action], on_failure: OnFailure, failure_response: str) -> None:
        self._actions: dict[str, Action] = {}
        for action in actions:
            if action.name() in self._actions:
                raise ActionRejected(f"two actions are named {action.name()}")
            self._actions[action.name()] = action
        self._on_failure = on_failure
        self.failure_response = failure_response
        self._domain: dict[str, Any] = {}

    @property
    def names(self) -> Collection[str]:
        return self._actions.keys()

    def use_domain(self, domain: dict[str, Any]) -> None:
        """The domain that every action is given; shared between calls, so actions must only read it."""
        self._domain = domain

    async def request(self, *, json: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Run one action; the answer has the form that Rasa expects of an action server."""
        name = json["next_action"]
        tracker = Tracker.from_dict(json["tracker"])
        dispatcher = CollectingDispatcher()
        try:
            events = await self._run(name, dispatcher, tracker)
        except Exception as error:
            self._on_failure(name, tracker.sender_id, error)
            failures().append(name)
            return {"events": _events_after_failure(name, tracker), "responses": [self._apology()]}
        return {"events": events, "responses": dispatcher.messages}

    async def _run(
        self, name: str, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> list[dict[str, Any]]:
        action = self._actions.get(name)
        if action is None:
            raise ActionRejected(f"no action is named {name}")
        events = action.run(dispatcher, tracker, self._domain)
        if inspect.isawaitable(events):
            events = await events
        events = list(events or [])
        self._check(name, events, dispatcher)
        if getattr(action, "ends_turn", False) and not any(e["event"] == "followup" for e in events):
            events.append(FollowupAction(_step_before_listening(tracker, events)))
        return events

    def _check(self, name: str, events: list[Any], dispatcher: CollectingDispatcher) -> None:
        """Rasa would leave out such events and messages, and go on as if all were well."""
        if not all(isinstance(event, dict) and event.get("event") for event in events):
            raise ActionRejected(f"{name} returned something that is no event of rasa_sdk.events")
        known = self._domain.get("responses", {})
        for message in dispatcher.messages:
            if message["response"] and message["response"] not in known:
                raise ActionRejected(f"{name} uttered {message['response']}, which the domain does not have")

    def _apology(self) -> dict[str, Any]:
        return {"response": self.failure_response}


def is_part_of_form(name: str) -> bool:
    """Whether Rasa runs this action inside a form's own step, so that the form decides what comes next."""
    return name.startswith(("validate_", "action_ask_"))


def _events_after_failure(name: str, tracker: Tracker) -> list[dict[str, Any]]:
    """What was to be validated counts as not given; a rule goes to listening at once."""
    if is_part_of_form(name):
        return [SlotSet(slot, None) for slot in tracker.slots_to_validate()] if "validate_" in name else []
    return [FollowupAction(_step_before_listening(tracker, []))]


def _step_before_listening(tracker: Tracker, events: list[dict[str, Any]]) -> str:
    """Usually listening itself; but a form that stood aside for this action has to come back first.

    Rasa marks such a form as rejected until it runs again, and would not give it the next message.
    """
    loop: str | None = tracker.active_loop_name
    is_rejected = bool(loop and tracker.active_loop.get("rejected"))
    for event in events:
        if event["event"] == "active_loop":
            loop, is_rejected = event["name"], False
    return loop if loop and is_rejected else LISTEN
