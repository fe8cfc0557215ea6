"""Rules and states are found as Rasa finds them, only sooner."""

from __future__ import annotations

import functools
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.engine.prediction as prediction

from rasa.shared.core.domain import Domain  # isort: skip
from rasa.shared.core import events as rasa_events  # isort: skip
from rasa.shared.core.trackers import DialogueStateTracker  # isort: skip

INTENTS = ["greet", "balance", "cancel", "should_not_be_set"]
ACTIONS = ["action_listen", "utter_greet", "form", "should_not_be_set"]


def some_state(rng: random.Random) -> dict[str, Any]:
    state: dict[str, Any] = {}
    if rng.random() < 0.8:
        state["prev_action"] = {"action_name": rng.choice(ACTIONS)} if rng.random() < 0.9 else {"action_text": "I am here"}
    if rng.random() < 0.7:
        state["user"] = {"intent": rng.choice(INTENTS)} if rng.random() < 0.8 else {"text": "hello"}
    if rng.random() < 0.3:
        state["slots"] = {"language": (1.0,)}
    if rng.random() < 0.3:
        state["active_loop"] = {"name": rng.choice(["form", "should_not_be_set"])}
    return state


def some_policy(rng: random.Random) -> Any:
    policy = object.__new__(prediction.RulePolicy)
    keys = [json.dumps([some_state(rng) for _ in range(rng.randrange(1, 4))]) for _ in range(40)]
    policy.lookup = {"rules": dict.fromkeys(keys[:30], "a"), "rules_for_loop_unhappy_path": dict.fromkeys(keys[30:], "b")}
    return policy


def test_the_same_rules_are_found_as_rasa_finds_by_comparing_all():
    rng = random.Random(7)
    found_any = 0
    for _ in range(300):
        policy = some_policy(rng)
        sooner = prediction.RulesByState(policy)
        for lookup in policy.lookup.values():
            states = [some_state(rng) for _ in range(rng.randrange(0, 4))]

            found = sooner(lookup, states)

            assert found == policy._get_possible_keys(lookup, states)
            found_any += bool(found)
    assert found_any > 50


def test_a_lookup_that_is_not_the_policy_s_own_is_searched_in_full():
    policy = some_policy(random.Random(1))
    other = {json.dumps([{"prev_action": {"action_name": "form"}, "user": {"intent": "greet"}}]): "a"}
    states = [{"prev_action": {"action_name": "form"}, "user": {"intent": "greet"}}]

    assert prediction.RulesByState(policy)(other, states) == set(other)


@functools.cache
def small_domain() -> Domain:
    slots = {name: {"type": kind, "mappings": [{"type": "custom"}]} for name, kind in (("language", "text"), ("amount", "float"))}
    return Domain.from_dict({"intents": ["greet", "balance", "cancel"], "actions": ACTIONS[:-1], "entities": ["amount"], "slots": slots})


A_MESSAGE = st.sampled_from(["greet", "balance", "cancel"]).map(lambda name: rasa_events.UserUttered("words", {"name": name}))
# What Rasa appends together: a prediction's choice of what to look at comes just before the action.
STEPS = st.one_of(
    A_MESSAGE.map(lambda said: [said]),
    st.tuples(st.sampled_from(["action_listen", "utter_greet", "action_tell", "form"]), st.booleans()).map(
        lambda given: [rasa_events.DefinePrevUserUtteredFeaturization(given[1]), rasa_events.ActionExecuted(given[0])]
    ),
    st.sampled_from(["action_listen", "utter_greet", "form"]).map(lambda name: [rasa_events.ActionExecuted(name)]),
    st.sampled_from(["en", "hi", None]).map(lambda value: [rasa_events.SlotSet("language", value)]),
    st.sampled_from([1.0, None]).map(lambda value: [rasa_events.SlotSet("amount", value)]),
    st.sampled_from(["form", None]).map(lambda name: [rasa_events.ActiveLoop(name)]),
    st.just(None).map(lambda _: [rasa_events.BotUttered("hello")]),
    st.just(None).map(lambda _: [rasa_events.FollowupAction("utter_greet")]),
    st.just(None).map(lambda _: [rasa_events.EntitiesAdded([{"entity": "amount", "value": "5"}])]),
    st.just(None).map(lambda _: [rasa_events.UserUtteranceReverted()]),
    st.just(None).map(lambda _: [rasa_events.ActionReverted()]),
    st.just(None).map(lambda _: [rasa_events.Restarted()]),
    st.just(None).map(lambda _: [rasa_events.SessionStarted()]),
    st.just(None).map(lambda _: [rasa_events.ActionExecutionRejected("form")]),
    st.just(None).map(lambda _: [rasa_events.LoopInterrupted(True)]),
)


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
@given(st.lists(st.tuples(st.integers(0, 1), STEPS), max_size=30), st.sampled_from([1, 256]))
def test_states_known_from_earlier_predictions_are_those_that_rasa_replays(steps, most):
    replays, short = prediction.Replays(most), prediction.Replays(most, window=3)
    talks = [DialogueStateTracker.from_events(name, [], small_domain().slots) for name in ("asha", "bela")]
    for which, events in steps:
        talk = talks[which]
        for event in events:
            talk.update(event)

        seen = prediction.Remembering.of(talk, replays)
        rasas = talk.past_states(small_domain())

        assert seen.applied_events() == talk.applied_events()
        assert seen.past_states(small_domain()) == rasas
        assert prediction.Remembering.of(talk, short).past_states(small_domain()) == rasas[-3:]
        assert [prediction.last_states(talk, small_domain(), count) for count in (1, 4, 99)] == [rasas[-1:], rasas[-4:], rasas]
        assert seen.past_states(small_domain(), ignore_rule_only_turns=True) == talk.past_states(small_domain(), ignore_rule_only_turns=True)


def test_an_event_of_another_kind_is_left_to_rasa():
    class Rumour(rasa_events.UserUtteranceReverted):
        type_name = "rumour"

    listening, said = rasa_events.ActionExecuted("action_listen"), rasa_events.UserUttered("words")
    in_form = [rasa_events.LegacyForm("form"), rasa_events.ActionExecuted("form"), listening, said, rasa_events.ActionExecuted("form")]
    for told in ([listening, said, Rumour()], in_form):
        talk = DialogueStateTracker.from_events("asha", told, [])

        assert prediction.applied_events(talk) == DialogueStateTracker.applied_events(talk)
        assert len(prediction.applied_events(talk)) < len(told)


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
def test_a_tracker_that_was_read_anew_is_replayed_anew():
    replays = prediction.Replays()
    for value in ("en", None):
        said = [rasa_events.ActionExecuted("action_listen"), rasa_events.SlotSet("language", value)]
        talk = DialogueStateTracker.from_events("asha", [*said, rasa_events.ActionExecuted("utter_greet")], small_domain().slots)

        assert prediction.Remembering.of(talk, replays).past_states(small_domain()) == talk.past_states(small_domain())


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
def test_only_so_many_conversations_are_remembered():
    replays = prediction.Replays(most=2)
    for name in ("asha", "bela", "charu"):
        talk = DialogueStateTracker.from_events(name, [rasa_events.ActionExecuted("action_listen")], small_domain().slots)
        prediction.Remembering.of(talk, replays).past_states(small_domain())

    assert list(replays._by_conversation) == ["bela", "charu"]
