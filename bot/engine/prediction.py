"""How a loaded model predicts: Rasa's graph of components, run without what each prediction need not pay for."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.policies.policy import Policy  # noqa: E402  (after install)
from rasa.core.policies.rule_policy import (  # noqa: E402
    RULES,
    RULES_FOR_LOOP_UNHAPPY_PATH,
    RULES_NOT_IN_STORIES,
    RulePolicy,
)
from rasa.engine.constants import PLACEHOLDER_TRACKER  # noqa: E402
from rasa.engine.runner.dask import DaskGraphRunner  # noqa: E402
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.shared.nlu.constants import ACTION_NAME, INTENT  # noqa: E402

from bot.engine.states import Remembering, Replays  # noqa: E402

# A rule as Rasa writes it, and its states, the last one first.
_Rule = tuple[str, list[Any]]
# A node's name, what it does, and its arguments, each with the node that gives it.
_Step = tuple[str, Callable[..., Any], tuple[tuple[str, str], ...]]


class StraightRunner(DaskGraphRunner):
    """Runs the prediction graph node after node: dask's scheduler costs more than the nodes do, and their wrapping half as much."""

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        results = dict(inputs or {})
        if PLACEHOLDER_TRACKER in results:
            if "_replays" not in self.__dict__:
                self._replays = Replays(window=self._looks_back())
            results[PLACEHOLDER_TRACKER] = Remembering.of(results[PLACEHOLDER_TRACKER], self._replays)
        wanted = targets or self._graph_schema.target_names
        for name, call, needs in self._steps(tuple(wanted), frozenset(results)):
            results[name] = call(**{given: results[parent] for given, parent in needs})
        return {name: results[name] for name in wanted}

    def _looks_back(self) -> float:
        components = (node._component for node in self._instantiated_nodes.values())
        return looks_back(each for each in components if isinstance(each, Policy))

    def _steps(self, targets: tuple[str, ...], given: frozenset[str]) -> list[_Step]:
        """Every node that the targets need, each after its parents; computed once."""
        known: dict[Any, list[_Step]] = self.__dict__.setdefault("_known_steps", {})
        if (targets, given) not in known:
            found: dict[str, None] = {}

            def visit(name: str) -> None:
                if name in found or name in given:
                    return
                for parent in self._graph_schema.nodes[name].needs.values():
                    visit(parent)
                found[name] = None

            for target in targets:
                visit(target)
            known[targets, given] = [self._step(name) for name in found]
        return known[targets, given]

    def _step(self, name: str) -> _Step:
        node = self._instantiated_nodes[name]
        if not node._eager or node._hooks:
            raise rasa_compat.RasaCannotBeUsed(f"the node {name} is not ready to run as it is")
        return name, functools.partial(node._fn, node._component), tuple(node._inputs.items())


class RulesByState:
    """Takes the place of a loaded RulePolicy's search, which compares every rule with the last state.

    A rule that wants another intent or another action there is left out unseen; what remains is compared as Rasa compares it.
    """

    def __init__(self, policy: RulePolicy) -> None:
        self._matches = policy._does_rule_match_state
        lookups = (policy.lookup[kind] for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH))
        self._indexes = {id(lookup): _by_last_state(lookup) for lookup in lookups}
        self._longest = int(window_of(policy))
        self.needs_intent = not any(self._indexes[id(policy.lookup[RULES])].get((None, action)) for action in (None, ACTION_LISTEN_NAME))

    @classmethod
    def search_for(cls, policy: RulePolicy) -> None:
        """Let the policy search so, and format its states no more for a log line that nobody may read."""
        search = policy._get_possible_keys = cls(policy)
        policy.format_tracker_states = lambda states: []
        policy.lookup[RULES_NOT_IN_STORIES] = frozenset(policy.lookup.get(RULES_NOT_IN_STORIES, ()))
        if search.needs_intent:
            policy._find_action_from_rules = functools.partial(_find_by_intent, policy._find_action_from_rules)

    def __call__(self, lookup: dict[str, str], states: list[Any]) -> set[str]:
        index = self._indexes.get(id(lookup))
        if index is None or not states:
            return self._among(map(_backwards, lookup), states)
        intent = (states[-1].get(USER) or {}).get(INTENT)
        action = (states[-1].get(PREVIOUS_ACTION) or {}).get(ACTION_NAME)
        wanted = {(None, None), (intent, None), (None, action), (intent, action)}
        # Before its first state a rule does not mind what was.
        return self._among((rule for each in wanted for rule in index.get(each, ())), states[-self._longest :])

    def _among(self, rules: Iterable[_Rule], states: list[Any]) -> set[str]:
        backwards = states[::-1]
        return {key for key, rule in rules if all(map(self._fits, rule, backwards))}

    def _fits(self, wanted: Any, state: Any) -> bool:
        """Whether a rule may go on at this state, as Rasa decides it: only a talk's start has no action before it."""
        if not wanted.get(PREVIOUS_ACTION) or not state.get(PREVIOUS_ACTION):
            return not wanted.get(PREVIOUS_ACTION) and not state.get(PREVIOUS_ACTION)
        return bool(self._matches(wanted, state))


def _find_by_intent(find: Callable[..., Any], tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool) -> Any:
    """As Rasa finds an action, where a text is not tried without its intent: after listening every rule wants one.

    While a form that was rejected waits to come back, the text is tried all the same, for what it tells of that.
    """
    if use_text_for_last_user_input and not tracker.is_active_loop_rejected:
        return None, None, False
    return find(tracker, domain, use_text_for_last_user_input)


def _backwards(key: str) -> _Rule:
    return key, json.loads(key)[::-1]


def _by_last_state(lookup: dict[str, str]) -> dict[tuple[str | None, str | None], list[_Rule]]:
    """The rules by the intent and the action before it that their last state must have; None for what they do not care about."""
    index: dict[tuple[str | None, str | None], list[_Rule]] = {}
    for rule in map(_backwards, lookup):
        last = (rule[1] or [{}])[0]
        wanted: tuple[str | None, str | None] = (None, None)
        # Rasa looks at nothing else of a state with which a conversation starts.
        if before := last.get(PREVIOUS_ACTION):
            wanted = (_wanted((last.get(USER) or {}).get(INTENT)), _wanted(before.get(ACTION_NAME)))
        index.setdefault(wanted, []).append(rule)
    return index


def _wanted(value: Any) -> str | None:
    return value if isinstance(value, str) and value != SHOULD_NOT_BE_SET else None


def looks_back(policies: Iterable[Policy]) -> float:
    """How many of a conversation's last states these policies compare at most."""
    return max(map(window_of, policies), default=0)


def window_of(policy: Policy) -> float:
    """How many of a conversation's last states a policy compares at most: its longest rule, or a story's window."""
    if isinstance(policy, RulePolicy):
        lookups = (policy.lookup[kind] for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH))
        return max((len(json.loads(key)) for lookup in lookups for key in lookup), default=0)
    window = policy.featurizer.max_history if policy.featurizer else 0
    return math.inf if window is None else window
