"""How a loaded model predicts: Rasa's graph of components, run without what each prediction need not pay for."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterable
from typing import Any

from bot.engine import rasa_compat

rasa_compat.install()

from rasa.core.policies.policy import Policy  # noqa: E402  (after install)
from rasa.core.policies.rule_policy import RULES, RULES_FOR_LOOP_UNHAPPY_PATH, RulePolicy  # noqa: E402
from rasa.engine.constants import PLACEHOLDER_TRACKER  # noqa: E402
from rasa.engine.runner.dask import DaskGraphRunner  # noqa: E402
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import Event  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.shared.nlu.constants import INTENT  # noqa: E402


class StraightRunner(DaskGraphRunner):
    """Runs the prediction graph node after node: dask's scheduler costs more than the nodes do."""

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        results = dict(inputs or {})
        if PLACEHOLDER_TRACKER in results:
            results[PLACEHOLDER_TRACKER] = Remembering.of(results[PLACEHOLDER_TRACKER])
        wanted = targets or self._graph_schema.target_names
        for name in self._order(tuple(wanted), frozenset(results)):
            parents = self._graph_schema.nodes[name].needs.values()
            results[name] = self._instantiated_nodes[name](*((each, results[each]) for each in parents))[1]
        return {name: results[name] for name in wanted}

    def _order(self, targets: tuple[str, ...], given: frozenset[str]) -> list[str]:
        """Every node that the targets need, each after its parents; computed once."""
        orders: dict[Any, list[str]] = self.__dict__.setdefault("_orders", {})
        if (targets, given) not in orders:
            found: dict[str, None] = {}

            def visit(name: str) -> None:
                if name in found or name in given:
                    return
                for parent in self._graph_schema.nodes[name].needs.values():
                    visit(parent)
                found[name] = None

            for target in targets:
                visit(target)
            orders[targets, given] = list(found)
        return orders[targets, given]


class Remembering(DialogueStateTracker):
    """A tracker for one prediction, which asks for the same states several times."""

    @classmethod
    def of(cls, tracker: DialogueStateTracker) -> Remembering:
        new = copy.copy(tracker)
        new.__class__ = cls
        new._remembered = {}
        return new

    def applied_events(self) -> list[Event]:
        if "applied" not in self._remembered:
            self._remembered["applied"] = super().applied_events()
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
            self._remembered[key] = super().past_states(
                domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data
            )
        return [{kind: dict(part) for kind, part in state.items()} for state in self._remembered[key]]


class RulesByIntent:
    """Takes the place of a loaded RulePolicy's search, which compares every rule with the last state.

    A rule that wants another intent there is left out unseen; what remains is compared as Rasa compares it.
    """

    def __init__(self, policy: RulePolicy) -> None:
        self._is_applicable = policy._is_rule_applicable
        lookups = (policy.lookup[kind] for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH))
        self._indexes = {id(lookup): _by_intent(lookup) for lookup in lookups}

    def __call__(self, lookup: dict[str, str], states: list[Any]) -> set[str]:
        possible: Iterable[str] = lookup
        index = self._indexes.get(id(lookup))
        if index is not None and states:
            wanted = (states[-1].get(USER) or {}).get(INTENT)
            possible = [*index.get(None, ()), *(index.get(wanted, ()) if wanted else ())]
        for at, state in enumerate(reversed(states)):
            possible = [key for key in possible if self._is_applicable(key, at, state)]
        return set(possible)


def _by_intent(lookup: dict[str, str]) -> dict[str | None, list[str]]:
    """The rules by the intent that their last state must have, None for those that do not care."""
    index: dict[str | None, list[str]] = {}
    for key in lookup:
        last = (json.loads(key) or [{}])[-1]
        intent = (last.get(USER) or {}).get(INTENT)
        # Rasa does not look at the intent of a state with which a conversation starts.
        cares = isinstance(intent, str) and intent != SHOULD_NOT_BE_SET and last.get(PREVIOUS_ACTION)
        index.setdefault(intent if cares else None, []).append(key)
    return index


def window_of(policy: Policy) -> float:
    """How many of a conversation's last states a policy compares at most: its longest rule, or a story's window."""
    if isinstance(policy, RulePolicy):
        lookups = (policy.lookup[kind] for kind in (RULES, RULES_FOR_LOOP_UNHAPPY_PATH))
        return max((len(json.loads(key)) for lookup in lookups for key in lookup), default=0)
    window = policy.featurizer.max_history if policy.featurizer else 0
    return math.inf if window is None else window
