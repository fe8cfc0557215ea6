"""Rules are found as Rasa finds them, only sooner."""

from __future__ import annotations

import json
import random
from typing import Any

import bot.engine.prediction as prediction

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
