"""Responses are filled as Rasa fills them, only sooner."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

import bot.engine.speaking as speaking

from rasa.core.nlg import TemplatedNaturalLanguageGenerator  # isort: skip
from rasa.core.nlg.interpolator import interpolate  # isort: skip

ROOT = Path(__file__).resolve().parents[2]
VALUES = {"name": "Asha", "amount": 5, "missing": None}
PIECES = st.sampled_from(["{name}", "{amount}", "{missing}", "{nobody}", "{{name}}", "{", "}", "{}", "0[", "[0]", "Hello ", "\n", "₹", "%s"])
TEXTS = st.lists(PIECES, max_size=4).map("".join)
PARTS = st.recursive(
    st.one_of(TEXTS, st.integers(), st.none(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["title", "payload", "{name}"]), inner, max_size=3)),
    max_leaves=6,
)


def outcome(fill: Any, part: Any) -> Any:
    try:
        return fill(part, VALUES)
    except (ValueError, IndexError, KeyError) as error:  # "{" alone: what it is must be the same
        return type(error)


@given(PARTS)
def test_a_part_is_filled_as_rasa_fills_it_and_stays_as_it_was(part):
    before = copy.deepcopy(part)

    assert outcome(speaking.filled, part) == outcome(interpolate, copy.deepcopy(part))
    assert part == before


def test_every_response_of_the_domain_is_what_rasa_makes_of_it():
    responses = yaml.safe_load((ROOT / "domain.yml").read_bytes())["responses"]
    rasas, ours = TemplatedNaturalLanguageGenerator(responses), speaking.StandingWords(responses, {})
    before = copy.deepcopy(responses)
    for name in responses:
        for language in ("en", "hi", "hi-Latn", None):
            slots = {"language": language, "card": "ending in 8305"}
            kinds = [each for each in responses[name] if _suits(each, language)]

            said = ours.generate_from_slots(name, slots, "cardbot", amount="₹5")

            if len(kinds) == 1:
                assert said == rasas.generate_from_slots(name, slots, "cardbot", amount="₹5")
            else:
                assert said in [rasas._fill_response(copy.deepcopy(each), slots, amount="₹5") for each in kinds]
    assert responses == before


def _suits(variant: dict[str, Any], language: str | None) -> bool:
    return all(each["value"] == language for each in variant.get("condition", []))
