"""One turn of one conversation: words and references in, words and references out."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.brokers.broker import EventBroker  # noqa: E402  (after install)
from rasa.core.channels.channel import UserMessage  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from bot.engine.actions_in_process import ActionRunner, watched_turn  # noqa: E402
from bot.engine.history import STATES_PER_TURN  # noqa: E402
from bot.engine.processor import TurnProcessor  # noqa: E402
from bot.engine.speaking import Collector  # noqa: E402
from bot.engine.tracker_store import Last, SqlTrackerStore, Staged  # noqa: E402
from bot.engine.training import verify_model  # noqa: E402

# Rasa gives these a meaning of its own that no rule can take away.
_RESERVED_INTENTS = frozenset({"restart", "back", "session_start"})


class EngineError(Exception):
    """The model does not fit this program, or a turn was asked for that the model does not have."""


@dataclass(frozen=True)
class TurnInput:
    """One message, after the edge: `text` holds no values. With `intent` given, `text` is not interpreted.

    `slots` are set before the message is handled, those that have another value. `last` is what the tracker store's
    `look_in` found where the message was taken, if nobody else can have written in the conversation since.
    """

    conversation: str
    text: str = field(repr=False)
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)
    slots: Mapping[str, Any] = field(default_factory=dict, repr=False)
    intent: str | None = None
    confidence: float = 1.0
    last: Last | None = None


@dataclass(frozen=True)
class Turn:
    """What one turn led to; nothing is stored until the tracker store's `commit_in` gets `staged`."""

    conversation: str
    messages: tuple[dict[str, Any], ...] = field(repr=False)
    slots: Mapping[str, Any] = field(repr=False)
    active_loop: str | None
    requested_slot: str | None
    intent: str | None
    confidence: float
    staged: Staged
    failed: tuple[str, ...] = ()

    @property
    def events(self) -> tuple[dict[str, Any], ...]:
        """The new events of the tracker, serialised."""
        return self.staged.events


class Engine:
    """A loaded model. Several engines may serve one database, a conversation at one of them at a time."""

    def __init__(
        self, processor: TurnProcessor, tracker_store: SqlTrackerStore, broker: EventBroker | None
    ) -> None:
        self._processor = processor
        self._store = tracker_store
        self._broker = broker
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    @classmethod
    async def load(
        cls,
        model: Path,
        actions: ActionRunner,
        tracker_store: SqlTrackerStore,
        *,
        event_broker: EventBroker | None = None,
        clock: Callable[[], float] = time.time,
        standing: Mapping[str, str] = MappingProxyType({}),
        responses: Mapping[str, list[dict[str, Any]]] = MappingProxyType({}),
    ) -> Engine:
        """Load a model that `training.train` made; refuses one that was changed since, or that lacks an action.

        `standing` fills places that responses may have beside slots and what actions give; `responses` are
        today's, which count before those that the model was trained beside.
        """
        verify_model(model)
        rasa_compat.filter_warnings()
        processor = await asyncio.to_thread(TurnProcessor, model, tracker_store, actions, clock, standing, responses)
        domain = processor.domain
        tracker_store.domain = domain
        actions.use_domain(domain.as_dict())
        _check_actions(domain, actions)
        if processor.looks_back() > STATES_PER_TURN * tracker_store.keep_turns:
            raise EngineError("a rule or story looks back further than the tracker store's keep_turns")
        return cls(processor, tracker_store, event_broker)

    @property
    def domain(self) -> Any:
        """Rasa's Domain of the loaded model."""
        return self._processor.domain

    def foresee(self, text: str) -> None:
        """A turn with this text is coming: what can be computed without its conversation may begin. From any thread."""
        self._processor.foresee(text)

    async def turn(self, message: TurnInput) -> Turn:
        """Run one turn. If anything fails, nothing is staged and the exception comes out."""
        lock = self._locks.setdefault(message.conversation, asyncio.Lock())
        async with lock:
            self._store.expect(message.conversation, message.last)
            try:
                return await self._turn(message)
            except BaseException:
                self._store.rollback(message.conversation)
                raise

    async def publish(self, turn: Turn) -> None:
        """Give a committed turn's events to the event broker, if there is one."""
        if self._broker is not None:
            for event in turn.events:
                self._broker.publish({"sender_id": turn.conversation, **event})

    async def _turn(self, message: TurnInput) -> Turn:
        collector = Collector()
        user_message = UserMessage(
            text=message.text,
            output_channel=collector,
            sender_id=message.conversation,
            parse_data=self._given(message),
            input_channel=message.conversation.partition(":")[0],
            message_id=message.metadata.get("message_id"),
            metadata=dict(message.metadata),
        )
        with watched_turn() as failed:
            tracker = await self._processor.run_turn(user_message, message.slots)
        return self._result(message, tracker, collector, tuple(failed))

    def _given(self, message: TurnInput) -> dict[str, Any] | None:
        """What NLU would have said, where the edge knows it already."""
        if message.intent is None:
            return None
        if message.intent not in self.domain.intents or message.intent in _RESERVED_INTENTS:
            raise EngineError(f"the domain has no intent {message.intent} for a message")
        intent = {"name": message.intent, "confidence": message.confidence}
        return {"text": message.text, "intent": intent, "entities": [], "intent_ranking": [intent]}

    def _result(
        self, message: TurnInput, tracker: DialogueStateTracker, collector: Collector, failed: tuple[str, ...]
    ) -> Turn:
        staged = self._store.take_staged(message.conversation)
        said = next(event for event in staged.events if event["event"] == "user")
        intent = said["parse_data"]["intent"]
        slots = tracker.current_slot_values()
        return Turn(
            conversation=message.conversation,
            messages=tuple(collector.messages),
            slots=MappingProxyType(slots),
            active_loop=tracker.active_loop_name,
            requested_slot=slots.get("requested_slot"),
            intent=intent.get("name"),
            confidence=float(intent.get("confidence") or 0.0),
            staged=staged,
            failed=failed,
        )


def _check_actions(domain: Any, actions: ActionRunner) -> None:
    needed = {name for name in domain.user_actions if not name.startswith("utter_")}
    if missing := sorted(needed - set(actions.names)):
        raise EngineError(f"the domain names actions that do not exist: {', '.join(missing)}")
    if actions.failure_response not in domain.responses:
        raise EngineError(f"the domain has no response {actions.failure_response}")
