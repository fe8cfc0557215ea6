"""The states of a conversation that policies look at, found without replaying what is known already."""

from __future__ import annotations

import math
import operator
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.shared.core.constants import ACTIVE_LOOP, PREVIOUS_ACTION, SLOTS, USER  # noqa: E402  (after install)
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import (  # noqa: E402
    ActionExecuted,
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.shared.utils.common import all_subclasses  # noqa: E402


class Remembering(DialogueStateTracker):
    """A tracker for one prediction, which asks for the same states several times, most of them known from earlier turns.

    Of the states it gives the last ones, as many as any policy looks at.
    """

    @classmethod
    def of(cls, tracker: DialogueStateTracker, replays: Replays) -> Remembering:
        new = object.__new__(cls)
        new.__dict__.update(tracker.__dict__)
        new._replays = replays
        new._remembered = {}
        return new

    def applied_events(self) -> list[Event]:
        if "applied" not in self._remembered:
            self._remembered["applied"] = applied_events(self)
        return list(self._remembered["applied"])

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[Any]:
        key = (omit_unset_slots, ignore_rule_only_turns, str(rule_only_data))
        if key not in self._remembered:
            if omit_unset_slots or ignore_rule_only_turns:
                states = super().past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
            else:
                states = self._replays.states(self, domain)
            self._remembered[key] = states
        return [{kind: dict(part) for kind, part in state.items()} for state in self._remembered[key]]


class Replays:
    """How far the latest conversations were replayed: to know their last `window` states only what is new has to be."""

    def __init__(self, most: int = 256, window: float = math.inf) -> None:
        self._most = most
        self._window = window
        self._by_conversation: OrderedDict[str, _Replay] = OrderedDict()

    def states(self, tracker: DialogueStateTracker, domain: Domain) -> list[Any]:
        """The last of the tracker's states as `past_states` gives them when nothing is left out."""
        events = tracker.applied_events()
        known = self._by_conversation.pop(tracker.sender_id, None)
        if known is None or not known.continues_in(events):
            known = _Replay(tracker, events, self._window)
        states = known.through(events, domain)
        self._by_conversation[tracker.sender_id] = known  # not before: half a replay is no beginning
        if len(self._by_conversation) > self._most:
            self._by_conversation.popitem(last=False)
        return _last(states, self._window)


def last_states(tracker: DialogueStateTracker, domain: Domain, count: int) -> list[Any]:
    """The last of the states that `past_states` gives when nothing is left out, at a fraction of its price."""
    events = applied_events(tracker)
    return _last(_Replay(tracker, events, count).through(events, domain), count)


def _last(states: list[Any], count: float) -> list[Any]:
    return states if count >= len(states) else states[-int(count) :]


# A state before an action, and the message that it is of, as it was then.
_Moment = tuple[Any, UserUttered | None, tuple[Any, ...] | None]


class _Replay:
    """A conversation up to some event: the tracker there, and the states before its last actions until then."""

    def __init__(self, tracker: DialogueStateTracker, events: list[Event], wanted: float) -> None:
        """Of these events, the first ones are replayed without a look at their states: that many of the last are wanted."""
        # No state shows the other slots.
        shown = [slot for slot in tracker.slots.values() if slot.influence_conversation]
        self._tracker = DialogueStateTracker(tracker.sender_id, shown)
        self._past: deque[_Moment] = deque(maxlen=None if wanted == math.inf else int(wanted))
        actions = [at for at, event in enumerate(events) if isinstance(event, ActionExecuted)]
        self._done = events[: actions[-int(wanted)]] if wanted < len(actions) else []
        self._apply(self._done)

    def continues_in(self, events: list[Event]) -> bool:
        """Whether these events begin with those that were replayed, and no message means anything else by now."""
        return (
            len(self._done) <= len(events)
            and all(map(operator.is_, self._done, events))
            and all(_look(message) == look for _, message, look in self._past)
        )

    def through(self, events: list[Event], domain: Domain) -> list[Any]:
        """Replay the rest as Rasa's `states_for_tracker_history` does; returns the states, the present one last."""
        for event in events[len(self._done) :]:
            if isinstance(event, ActionExecuted):
                message = self._tracker.latest_message
                self._past.append((_state(self._tracker, domain), message, _look(message)))
            self._apply([event])
        self._done = events
        return [*(state for state, _, _ in self._past), _state(self._tracker, domain)]

    def _apply(self, events: Iterable[Event]) -> None:
        """As `update` would, which appends each event to those that nobody looks at here."""
        tracker = self._tracker
        for event in events:
            if type(event) is not SlotSet or event.key in tracker.slots:
                event.apply_to(tracker)


def _look(message: UserUttered | None) -> tuple[Any, ...] | None:
    """What later events change in a message itself: whether its text or its intent counts, and its entities."""
    return (message.use_text_for_featurization, len(message.entities)) if message else None


def _state(tracker: DialogueStateTracker, domain: Domain) -> Any:
    """As `get_active_state`, which picks the intent's entities from every message, where there are none too."""
    message = tracker.latest_message
    if not message or message.entities:
        return domain.get_active_state(tracker)
    parts = {
        USER: message.as_sub_state(),
        SLOTS: domain._get_slots_sub_state(tracker),
        PREVIOUS_ACTION: tracker.latest_action,
        ACTIVE_LOOP: domain._get_active_loop_sub_state(tracker),
    }
    return {kind: part for kind, part in parts.items() if part}


_BEGINNINGS = (Restarted, SessionStarted)
_TAKING_BACK = frozenset({UserUtteranceReverted, ActionReverted})
_LOOKED_AT = (*_BEGINNINGS, *_TAKING_BACK, ActionExecuted, ActiveLoop, UserUttered)
# Of these the type alone says enough.
_KINDS = frozenset(each for each in all_subclasses(Event) if each in _LOOKED_AT or not issubclass(each, _LOOKED_AT))


def applied_events(tracker: DialogueStateTracker) -> list[Event]:
    """As Rasa's, which asks of each event in turn whether it is one of so many kinds."""
    events = list(tracker.events)
    kinds = [type(event) for event in events]
    if not _KINDS.issuperset(kinds):
        return DialogueStateTracker.applied_events(tracker)
    first = max((len(kinds) - kinds[::-1].index(each) for each in _BEGINNINGS if each in kinds), default=0)
    if _TAKING_BACK.isdisjoint(kinds[first:]) and ActiveLoop not in kinds:
        return events[first:]
    loops = {event.name for event, kind in zip(events, kinds, strict=True) if kind is ActiveLoop and event.name}
    applied: list[Event] = []
    for event, kind in zip(events[first:], kinds[first:], strict=True):
        if kind is UserUtteranceReverted:
            tracker._undo_till_previous(UserUttered, applied)
            tracker._undo_till_previous(ActionExecuted, applied)
        elif kind is ActionReverted:
            tracker._undo_till_previous(ActionExecuted, applied)
        elif kind is ActionExecuted and event.action_name in loops and not tracker._first_loop_execution_or_unhappy_path(event.action_name, applied):
            tracker._undo_till_previous_loop_execution(event.action_name, applied)
        else:
            applied.append(event)
    return applied
