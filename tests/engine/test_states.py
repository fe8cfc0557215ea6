"""States are those that Rasa replays, only sooner."""

from __future__ import annotations

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.engine.states as states_of

from rasa.shared.core.domain import Domain  # isort: skip
from rasa.shared.core import events as rasa_events  # isort: skip
from rasa.shared.core.trackers import DialogueStateTracker  # isort: skip

ACTIONS = ["action_listen", "utter_greet", "form"]


@functools.cache
def small_domain() -> Domain:
    kinds = {"language": "text", "amount": "float", "note": "any"}
    slots = {name: {"type": kind, "mappings": [{"type": "custom"}]} for name, kind in kinds.items()}
    return Domain.from_dict({"intents": ["greet", "balance", "cancel"], "actions": ACTIONS, "entities": ["amount"], "slots": slots})


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
    st.sampled_from(["five", None]).map(lambda value: [rasa_events.SlotSet("note", value)]),
    st.sampled_from(["form", None]).map(lambda name: [rasa_events.ActiveLoop(name)]),
    st.just(None).map(lambda _: [rasa_events.BotUttered("hello")]),
    st.just(None).map(lambda _: [rasa_events.FollowupAction("utter_greet")]),
    st.just(None).map(lambda _: [rasa_events.EntitiesAdded([{"entity": "amount", "value": "5"}])]),
    st.just(None).map(lambda _: [rasa_events.UserUtteranceReverted()]),
    st.just(None).map(lambda _: [rasa_events.ActionReverted()]),
    st.just(None).map(lambda _: [rasa_events.Restarted()]),
    st.just(None).map(lambda _: [rasa_events.AllSlotsReset()]),
    st.just(None).map(lambda _: [rasa_events.SessionStarted()]),
    st.just(None).map(lambda _: [rasa_events.ActionExecutionRejected("form")]),
    st.just(None).map(lambda _: [rasa_events.LoopInterrupted(True)]),
)


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
@given(st.lists(st.tuples(st.integers(0, 1), STEPS), max_size=30), st.sampled_from([1, 256]))
def test_states_known_from_earlier_predictions_are_those_that_rasa_replays(steps, most):
    replays, short = states_of.Replays(most), states_of.Replays(most, window=3)
    talks = [DialogueStateTracker.from_events(name, [], small_domain().slots) for name in ("asha", "bela")]
    for which, events in steps:
        talk = talks[which]
        for event in events:
            talk.update(event)

        seen = states_of.Remembering.of(talk, replays)
        rasas = talk.past_states(small_domain())

        assert seen.applied_events() == talk.applied_events()
        assert seen.past_states(small_domain()) == rasas
        assert states_of.Remembering.of(talk, short).past_states(small_domain()) == rasas[-3:]
        assert [states_of.last_states(talk, small_domain(), count) for count in (1, 4, 99)] == [rasas[-1:], rasas[-4:], rasas]
        assert seen.past_states(small_domain(), ignore_rule_only_turns=True) == talk.past_states(small_domain(), ignore_rule_only_turns=True)


def test_an_event_of_another_kind_is_left_to_rasa():
    class Rumour(rasa_events.UserUtteranceReverted):
        type_name = "rumour"

    listening, said = rasa_events.ActionExecuted("action_listen"), rasa_events.UserUttered("words")
    in_form = [rasa_events.LegacyForm("form"), rasa_events.ActionExecuted("form"), listening, said, rasa_events.ActionExecuted("form")]
    for told in ([listening, said, Rumour()], in_form):
        talk = DialogueStateTracker.from_events("asha", told, [])

        assert states_of.applied_events(talk) == DialogueStateTracker.applied_events(talk)
        assert len(states_of.applied_events(talk)) < len(told)


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
def test_a_tracker_that_was_read_anew_is_replayed_anew():
    replays = states_of.Replays()
    for value in ("en", None):
        said = [rasa_events.ActionExecuted("action_listen"), rasa_events.SlotSet("language", value)]
        talk = DialogueStateTracker.from_events("asha", [*said, rasa_events.ActionExecuted("utter_greet")], small_domain().slots)

        assert states_of.Remembering.of(talk, replays).past_states(small_domain()) == talk.past_states(small_domain())


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
def test_only_so_many_conversations_are_remembered():
    replays = states_of.Replays(most=2)
    for name in ("asha", "bela", "charu"):
        talk = DialogueStateTracker.from_events(name, [rasa_events.ActionExecuted("action_listen")], small_domain().slots)
        states_of.Remembering.of(talk, replays).past_states(small_domain())

    assert list(replays._by_conversation) == ["bela", "charu"]


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
def test_no_more_states_are_kept_than_anybody_looks_at():
    replays = states_of.Replays(window=3)
    talk = DialogueStateTracker("asha", small_domain().slots)
    for _ in range(20):
        talk.update(rasa_events.ActionExecuted("action_listen"))
        states_of.Remembering.of(talk, replays).past_states(small_domain())

    assert len(replays._by_conversation["asha"]._past) == 3
