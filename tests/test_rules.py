"""Every intent leads somewhere: outside a form by a rule, inside each form by an aside or by what ends the form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [
    rule
    for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
    for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
]
UNDERSTOOD = {
    block["intent"]
    for path in (ROOT / "data" / "nlu").glob("*.yml")
    for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    if "intent" in block
}


def intents_of(rule: dict[str, Any]) -> set[str]:
    steps = [step for each in rule["steps"] for step in each.get("or", [each])]
    return {step["intent"] for step in steps if "intent" in step}


def loop_of(rule: dict[str, Any]) -> str | None:
    return next((each["active_loop"] for each in rule.get("condition", []) if "active_loop" in each), None)


def test_every_intent_that_can_be_understood_is_in_the_domain() -> None:
    assert set(DOMAIN["intents"]) >= UNDERSTOOD


@pytest.mark.parametrize("intent", [*DOMAIN["intents"], "nlu_fallback"])
def test_every_intent_has_a_rule_of_its_own(intent: str) -> None:
    assert any(intent in intents_of(rule) and loop_of(rule) is None for rule in RULES)


@pytest.mark.parametrize("form", DOMAIN["forms"])
@pytest.mark.parametrize("intent", [*DOMAIN["intents"], "nlu_fallback"])
def test_every_intent_leads_on_or_out_of_every_form(form: str, intent: str) -> None:
    rules = [rule for rule in RULES if intent in intents_of(rule)]
    goes_on = any(loop_of(rule) == form for rule in rules)
    called = {"talk_to_human", "report_lost_card", "update_other_details", "transaction_question"}
    leaves = {"cancel", "start_over", "goodbye", "log_out", "other_way", *called}

    assert goes_on or intent in leaves


@pytest.mark.parametrize("form", DOMAIN["forms"])
def test_the_asides_of_every_form_are_the_same(form: str) -> None:
    asides = {
        name: set().union(*(intents_of(rule) for rule in RULES if loop_of(rule) == name)) for name in DOMAIN["forms"]
    }

    assert asides[form] == asides["card_details_form"]
