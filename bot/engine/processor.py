"""Rasa's message processor with what Cardbot's turns must not pay for or leave out."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.actions.action import (  # noqa: E402  (after install)
    Action,
    ActionBotResponse,
    ActionExecutionRejection,
)
from rasa.core.channels.channel import OutputChannel, UserMessage  # noqa: E402
from rasa.core.lock_store import InMemoryLockStore  # noqa: E402
from rasa.core.nlg import NaturalLanguageGenerator  # noqa: E402
from rasa.core.policies.policy import Policy, PolicyPrediction  # noqa: E402
from rasa.core.policies.rule_policy import RulePolicy  # noqa: E402
from rasa.core.processor import MessageProcessor  # noqa: E402
from rasa.core.tracker_store import TrackerStore  # noqa: E402
from rasa.engine import loader  # noqa: E402
from rasa.engine.runner.interface import GraphRunner  # noqa: E402
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.storage import ModelMetadata  # noqa: E402
from rasa.exceptions import ActionLimitReached  # noqa: E402
from rasa.shared.core.constants import (  # noqa: E402
    ACTION_EXTRACT_SLOTS,
    ACTION_LISTEN_NAME,
    ACTION_VALIDATE_SLOT_MAPPINGS,
    MAPPING_TYPE,
    SlotMappingType,
)
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import (  # noqa: E402
    ActionExecuted,
    ActionExecutionRejected,
    Event,
    FollowupAction,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from bot.engine.acting import READERS, ActionsByName, replica  # noqa: E402
from bot.engine.actions_in_process import ActionRunner, failures  # noqa: E402
from bot.engine.foresight import Foresight  # noqa: E402
from bot.engine.intent_classifier import LinearIntentClassifier  # noqa: E402
from bot.engine.prediction import RulesByState, StraightRunner, looks_back  # noqa: E402
from bot.engine.sentence_encoder import SentenceEncoder  # noqa: E402
from bot.engine.speaking import StandingWords  # noqa: E402

TOO_MANY_ACTIONS = "too_many_actions"


class TurnProcessor(MessageProcessor):
    """One turn after another on one model; exceptions end the turn instead of counting as done."""

    def __init__(
        self,
        model: Path,
        tracker_store: TrackerStore,
        actions: ActionRunner,
        clock: Callable[[], float],
        standing: Mapping[str, str] = MappingProxyType({}),
        responses: Mapping[str, list[dict[str, Any]]] = MappingProxyType({}),
    ) -> None:
        super().__init__(
            model_path=model,
            tracker_store=tracker_store,
            lock_store=InMemoryLockStore(),
            generator=StandingWords({}, standing),
            action_endpoint=actions,
            on_circuit_break=_listen_after_too_many_actions,
        )
        # Words may have been changed since the model was trained.
        self.domain.responses.update(responses)
        self.nlg.responses = self.domain.responses
        self._actions = ActionsByName(self.domain, actions)
        self._clock = clock
        encoders = [each for each in self._components() if isinstance(each, SentenceEncoder)]
        glancing = [each.needs_vector for each in self._components() if isinstance(each, LinearIntentClassifier)]
        self._foresight = Foresight(encoders[0], *glancing[:1]) if encoders else None
        for policy in self._policies():
            if isinstance(policy, RulePolicy):
                RulesByState.search_for(policy)
        self._extracts = _extracts(self.domain)

    @staticmethod
    def _load_model(model_path: Path) -> tuple[str, ModelMetadata, GraphRunner]:
        with tempfile.TemporaryDirectory() as directory:
            metadata, runner = loader.load_predict_graph_runner(
                Path(directory), Path(model_path), LocalModelStorage, StraightRunner
            )
        return Path(model_path).name, metadata, runner

    def foresee(self, text: str) -> None:
        """Begin a message's vector before its turn, if it will be needed; from any thread."""
        if self._foresight is not None:
            self._foresight.begin(text)

    async def _foreseen(self, text: str) -> None:
        """Have a message's vector ready, if it is needed; other turns run in the meantime."""
        if self._foresight is not None:
            await self._foresight.know(text)

    def looks_back(self) -> float:
        """How many states of a conversation the model's policies compare at most."""
        return looks_back(self._policies())

    def _policies(self) -> list[Policy]:
        return [each for each in self._components() if isinstance(each, Policy)]

    def _components(self) -> list[Any]:
        return [node._component for node in self.graph_runner._instantiated_nodes.values()]

    async def run_turn(
        self, message: UserMessage, slots: Mapping[str, Any] = MappingProxyType({})
    ) -> DialogueStateTracker:
        """Everything from the message to the next listening; the tracker is given to the store's `save`.

        The message's metadata is left out of the session's start: Rasa would copy it into a slot (threat T5).
        """
        channel = message.output_channel
        tracker = await self.fetch_tracker_and_update_session(message.sender_id, channel)
        changed = [SlotSet(name, value) for name, value in slots.items() if tracker.get_slot(name) != value]
        tracker.update_with_events(changed, self.domain)
        if message.parse_data is None:
            await self._foreseen(message.text or "")
        await self._handle_message_with_tracker(message, tracker)
        tracker = await self.run_action_extract_slots(channel, tracker)
        await self._run_prediction_loop(channel, tracker)
        await self.save_tracker(tracker)
        return tracker

    async def _update_tracker_session(
        self, tracker: DialogueStateTracker, output_channel: OutputChannel, metadata: dict[str, Any] | None = None
    ) -> None:
        is_listening = bool(tracker.events) and isinstance(tracker.events[-1], ActionExecuted)
        if not is_listening or self._has_session_expired(tracker):
            await super()._update_tracker_session(tracker, output_channel, metadata)

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """Fill slots from the message; where an extracting action fails, nothing else runs in this turn.

        What an extracting action says does not get here, Rasa keeps its slots alone; so its apology is made up for.
        """
        if not self._extracts:
            return tracker
        failed_before = len(failures())
        action = self._get_action(ACTION_EXTRACT_SLOTS)
        events = await action.run(output_channel, self.nlg, tracker, self.domain)
        if len(failures()) > failed_before:
            events = [event for event in events if isinstance(event, SlotSet)]
        await self._send_bot_messages(events, tracker, output_channel)
        tracker.update_with_events(events, self.domain)
        if len(failures()) > failed_before:
            await self._apologise(tracker, output_channel)
        return tracker

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        if self.is_action_limit_reached(tracker, self.should_predict_another_action(tracker.latest_action_name)):
            raise ActionLimitReached
        prediction = self._predict_next_with_tracker(tracker)
        return self._get_action(self.domain.action_names_or_texts[prediction.max_confidence_index]), prediction

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        failed_before = len(failures())
        scratch = tracker
        to_read = type(action) in READERS
        if prediction.events or not to_read:
            scratch = replica(tracker, to_read=to_read)
            scratch.update_with_events(prediction.events, self.domain)
        try:
            events = await action.run(output_channel, nlg, scratch, self.domain)
        except ActionExecutionRejection:
            if len(failures()) > failed_before:
                await self._apologise(tracker, output_channel)
            else:
                tracker.update(
                    ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence)
                )
            return self.should_predict_another_action(action.name())
        self._log_action_on_tracker(tracker, action, events, prediction)
        if any(isinstance(event, UserUttered) for event in events):
            tracker = await self.run_action_extract_slots(output_channel, tracker)
        await self._send_bot_messages(events, tracker, output_channel)
        return self.should_predict_another_action(action.name())

    async def _apologise(self, tracker: DialogueStateTracker, output_channel: OutputChannel) -> None:
        """Words in place of what failed before any action could run; a form that is open stays as it was."""
        words = ActionBotResponse(self.action_endpoint.failure_response)
        events = await words.run(output_channel, self.nlg, tracker, self.domain)
        tracker.update_with_events([*events, FollowupAction(ACTION_LISTEN_NAME)], self.domain)
        await self._send_bot_messages(events, tracker, output_channel)

    def _log_action_on_tracker(
        self,
        tracker: DialogueStateTracker,
        action: Action,
        events: list[Event] | None,
        prediction: PolicyPrediction,
    ) -> None:
        events = events or []
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            tracker.update_with_events(prediction.events, self.domain)
            tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)

    def _get_action(self, action_name: str) -> Action:
        return self._actions[action_name]

    def _has_session_expired(self, tracker: DialogueStateTracker) -> bool:
        """Counted from the last event: Rasa counts from the message that opened the form, hours ago perhaps."""
        config = self.domain.session_config
        if not config.are_sessions_enabled() or not tracker.events:
            return False
        return self._clock() - tracker.events[-1].timestamp > config.session_expiration_time * 60

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """Rasa builds an empty domain at each message, to warn of intents that its own model made up."""

    @staticmethod
    def _log_slots(tracker: DialogueStateTracker) -> None:
        """Rasa would format every slot for a log line that nobody may read."""


def _extracts(domain: Domain) -> bool:
    """Whether any slot is filled from a message, or by an action that looks at each; all others are set by who knows better."""
    mappings = (mapping for slot in domain.slots for mapping in slot.mappings)
    fills = any(mapping.get(MAPPING_TYPE) != str(SlotMappingType.CUSTOM) or mapping.get("action") for mapping in mappings)
    return fills or ACTION_VALIDATE_SLOT_MAPPINGS in domain.user_actions


def _listen_after_too_many_actions(tracker: DialogueStateTracker, *_: Any) -> None:
    """Leave the conversation listening, or no rule would ever apply to it again."""
    failures().append(TOO_MANY_ACTIONS)
    tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
