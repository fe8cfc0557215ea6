"""Rules are found as Rasa finds them, only sooner."""

from __future__ import annotations

import copy
import json
import random
import types
from typing import Any

import pytest

import bot.engine.prediction as prediction
from bot.engine import rasa_compat

from rasa.core.featurizers.tracker_featurizers import MaxHistoryTrackerFeaturizer  # isort: skip
from rasa.shared.core import events as rasa_events  # isort: skip
from rasa.shared.core.domain import Domain  # isort: skip
from rasa.shared.core.trackers import DialogueStateTracker  # isort: skip

HEARD = ["greet", "balance", "cancel"]
INTENTS = [*HEARD, "should_not_be_set"]
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


def some_policy(rng: random.Random, wants_intent: bool = False) -> Any:
    policy = object.__new__(prediction.RulePolicy)
    rules = [[some_state(rng) for _ in range(rng.randrange(1, 4))] for _ in range(40)]
    if wants_intent:
        for rule in rules[:30]:
            rule[-1].setdefault("prev_action", {"action_name": "utter_greet"})
            if rule[-1]["prev_action"] != {"action_name": "utter_greet"}:
                rule[-1] |= {"prev_action": {"action_name": "action_listen"}, "user": {"intent": rng.choice(HEARD)}}
    keys = [json.dumps(rule) for rule in rules]
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


FORM_RULES = {"rules_for_loop_unhappy_path": ["loop_was_interrupted", "do_not_predict_loop_action"]}


def complete(policy: Any, rng: random.Random) -> Any:
    """A policy that can predict: each rule of it says which action is next, and no two are as long, or chance would decide."""
    for kind, lookup in policy.lookup.items():
        said = FORM_RULES.get(kind, ACTIONS[:-1])
        policy.lookup[kind] = {key: rng.choice(said) for key in {len(key): key for key in lookup}.values()}
    policy.lookup["rules_not_in_stories"] = list(policy.lookup["rules"])[::2]
    policy._Policy__featurizer = MaxHistoryTrackerFeaturizer(max_history=3)
    policy.config, policy.priority = {"core_fallback_threshold": 0.3, "use_nlu_confidence_as_score": False}, 6
    policy._fallback_action_name, policy._enable_fallback_prediction = "utter_greet", True
    return policy


def some_talk(rng: random.Random, domain: Domain) -> DialogueStateTracker:
    """A talk in and out of a form, which ends where an action is wanted."""
    talk = DialogueStateTracker("asha", domain.slots)
    for _ in range(rng.randrange(1, 5)):
        talk.update(rasa_events.ActionExecuted("action_listen"))
        talk.update(rasa_events.UserUttered(rng.choice(["hello", ""]), {"name": rng.choice(HEARD)}))
        if rng.random() < 0.5:
            talk.update(rasa_events.ActiveLoop(rng.choice(["form", "form", None])))
        if rng.random() < 0.4:
            talk.update(rasa_events.ActionExecutionRejected("form"))
        if rng.random() < 0.4:
            talk.update(rasa_events.ActionExecuted(rng.choice(ACTIONS[1:-1])))
    return talk


@pytest.mark.filterwarnings("ignore:Slot auto-fill")
def test_where_every_rule_wants_an_intent_the_same_is_predicted_without_trying_the_text():
    rng = random.Random(11)
    domain = Domain.from_dict({"intents": HEARD, "actions": ACTIONS[1:-1]})
    met = {True: 0, False: 0}
    rejected = 0
    for _ in range(150):
        ours = complete(some_policy(rng, wants_intent=rng.random() < 0.7), rng)
        rasas = copy.copy(ours)
        rasas.lookup = dict(ours.lookup)
        prediction.RulesByState.search_for(ours)
        for _ in range(10):
            talk = some_talk(rng, domain)

            (foretold, source), (expected, its_source) = ours._predict(talk, domain), rasas._predict(talk, domain)

            assert vars(foretold) == vars(expected)
            assert source == its_source
            met[ours._get_possible_keys.needs_intent] += 1
            rejected += talk.is_active_loop_rejected
    assert min(met.values()) > 100
    assert rejected > 100


def test_a_rule_that_takes_any_message_is_tried_with_the_text():
    key = json.dumps([{"prev_action": {"action_name": "action_listen"}}])
    policy = object.__new__(prediction.RulePolicy)
    policy.lookup = {"rules": {key: "utter_greet"}, "rules_for_loop_unhappy_path": {}}

    assert not prediction.RulesByState(policy).needs_intent


def test_a_node_that_rasa_would_still_have_to_load_is_refused():
    runner = object.__new__(prediction.StraightRunner)
    runner._instantiated_nodes = {"late": types.SimpleNamespace(_eager=False, _hooks=[])}

    with pytest.raises(rasa_compat.RasaCannotBeUsed, match="the node late"):
        runner._step("late")
