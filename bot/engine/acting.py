"""The actions of a turn as Rasa runs them: made once where they keep nothing, and without what a network would need."""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.actions.action import (  # noqa: E402  (after install)
    Action,
    ActionBotResponse,
    ActionListen,
    ActionSessionStart,
    RemoteAction,
    action_for_name_or_text,
)
from rasa.core.channels.channel import OutputChannel  # noqa: E402
from rasa.core.nlg import NaturalLanguageGenerator  # noqa: E402
from rasa.shared.core.constants import ACTION_SESSION_START_NAME  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import Event, SlotSet, deserialise_events  # noqa: E402
from rasa.shared.core.slots import Slot  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402


class CarrySlotsOnce(ActionSessionStart):
    """Starts a session with each slot's value once; Rasa copies every earlier setting of it, each time."""

    @staticmethod
    def _slot_set_events_from_tracker(tracker: DialogueStateTracker) -> list[SlotSet]:
        return [
            SlotSet(name, slot.value)
            for name, slot in tracker.slots.items()
            if slot.value != slot.initial_value
        ]


class ActionInProcess(RemoteAction):
    """One of our actions, by the runner that stands at the endpoint's place.

    Rasa would look for plugins and into the environment first, and expect errors of a network.
    """

    async def run(
        self, output_channel: OutputChannel, nlg: NaturalLanguageGenerator, tracker: DialogueStateTracker, domain: Domain
    ) -> list[Event]:
        answer = await self.action_endpoint.request(json=self._action_call_format(tracker, domain))
        said = await self._utter_responses(answer["responses"], output_channel, nlg, tracker)
        return [*said, *deserialise_events(answer["events"])]


# These only look at the tracker, and keep nothing from one run to the next.
READERS = (ActionListen, ActionBotResponse, ActionInProcess)


class ActionsByName:
    """The actions of a domain. Rasa makes a dozen of its own to find one."""

    def __init__(self, domain: Domain, endpoint: Any) -> None:
        self._domain = domain
        self._endpoint = endpoint
        self._kept: dict[str, Action] = {}

    def __getitem__(self, name: str) -> Action:
        found = self._kept.get(name) or self._made(name)
        if type(found) in READERS:
            self._kept[name] = found
        return found

    def _made(self, name: str) -> Action:
        if name == ACTION_SESSION_START_NAME and name not in self._domain.user_actions:
            return CarrySlotsOnce()
        found = action_for_name_or_text(name, self._domain, self._endpoint)
        return ActionInProcess(name, self._endpoint) if type(found) is RemoteAction else found


def replica(tracker: DialogueStateTracker, *, to_read: bool = False) -> DialogueStateTracker:
    """A tracker to try things on: Rasa replays the whole history for the same. One `to_read` has the slots themselves."""
    new: DialogueStateTracker = object.__new__(type(tracker))
    new.__dict__.update(tracker.__dict__)
    new.events = deque(tracker.events, tracker.events.maxlen)
    new.active_loop = copy.copy(tracker.active_loop)
    if not to_read:
        new.slots = {name: _replica_of(slot) for name, slot in tracker.slots.items()}
    return new


def _replica_of(slot: Slot) -> Slot:
    """What `copy.copy` makes of it, which takes several times as long over each of some forty."""
    new: Slot = object.__new__(type(slot))
    new.__dict__.update(slot.__dict__)
    return new
