"""A conversation's history cut short without changing what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.shared.core.constants import ACTION_LISTEN_NAME  # noqa: E402  (after install)
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import (  # noqa: E402
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from bot.engine.states import applied_events, last_states  # noqa: E402

# A turn has at least two: after the listening that the message ended, and after what answered it.
STATES_PER_TURN = 2


def shorten(tracker: DialogueStateTracker, domain: Domain, keep_turns: int) -> list[Event] | None:
    """Events that lead to the same state with the last turns intact, or None where nothing can be left out.

    Only for a tracker that is listening. What was undone (fallbacks, a form's accepted answers) is left out,
    as Rasa leaves it out when it predicts; the turns before the last `keep_turns` become the slots that they set.
    The caller's policies must not look back further than these turns' states.
    """
    applied = applied_events(tracker)
    starts = [at for at, event in enumerate(applied) if isinstance(event, UserUttered)]
    cut = starts[-keep_turns] if len(starts) > keep_turns else 0
    before = DialogueStateTracker.from_events(tracker.sender_id, applied[:cut], domain.slots)
    kept = _without_superseded(applied[cut:])
    events = [*_state_as_events(before, applied[cut - 1].timestamp), *kept] if cut else kept
    if len(events) >= len(tracker.events):
        return None
    return events if leads_to_same(events, tracker, domain, keep_turns * STATES_PER_TURN) else None


def leads_to_same(
    events: Iterable[Event], tracker: DialogueStateTracker, domain: Domain, states: int
) -> bool:
    """Whether replaying the events gives the tracker's slots, loop and last states, as policies see them."""
    replayed = DialogueStateTracker.from_events(tracker.sender_id, list(events), domain.slots)
    return _facts(replayed, domain, states) == _facts(tracker, domain, states)


def _facts(tracker: DialogueStateTracker, domain: Domain, states: int) -> tuple[Any, ...]:
    loop = tracker.active_loop
    return (
        {name: slot.value for name, slot in tracker.slots.items()},
        (loop.name, loop.rejected, loop.is_interrupted) if loop else None,
        tracker.is_paused(),
        tracker.latest_action_name,
        last_states(tracker, domain, states),
    )


def _state_as_events(tracker: DialogueStateTracker, at: float) -> list[Event]:
    """The fewest events that set the tracker's slots, pause and loop, and end in listening."""
    events: list[Event] = [
        SlotSet(name, slot.value, timestamp=at)
        for name, slot in tracker.slots.items()
        if slot.value != slot.initial_value
    ]
    if tracker.is_paused():
        events.append(ConversationPaused(timestamp=at))
    loop = tracker.active_loop
    if loop and tracker.active_loop_name:
        trigger: Any = loop.trigger_message or {}
        events += [
            ActionExecuted(ACTION_LISTEN_NAME, timestamp=at),
            UserUttered(
                trigger.get("text"), trigger.get("intent"), trigger.get("entities"), trigger, timestamp=at
            ),
            ActionExecuted(loop.name, timestamp=at),
            ActiveLoop(loop.name, timestamp=at),
        ]
        if loop.rejected:
            events.append(ActionExecutionRejected(loop.name, timestamp=at))
    events.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=at))
    if loop and loop.is_interrupted:
        events.append(LoopInterrupted(True, timestamp=at))
    return events


def _without_superseded(events: list[Event]) -> list[Event]:
    """Leave out what the bot said and, between two steps, all but the last setting of a slot."""
    kept: list[Event] = []
    set_later: set[str] = set()
    for event in reversed(events):
        if isinstance(event, BotUttered):
            continue
        if isinstance(event, SlotSet):
            if event.key in set_later:
                continue
            set_later.add(event.key)
        elif isinstance(event, (ActionExecuted, UserUttered, ActiveLoop)):
            set_later.clear()
        kept.append(event)
    return kept[::-1]
