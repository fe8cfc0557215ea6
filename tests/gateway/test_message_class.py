"""What a message is about, from its words alone."""
from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import bot.gateway.message_class as classes
from bot.gateway.message_class import NO, YES, message_class

DOMAIN: dict[str, Any] = yaml.safe_load((Path(__file__).resolve().parents[2] / "domain.yml").read_text(encoding="utf-8"))
TITLES = [
    (button["title"], button["payload"])
    for variants in DOMAIN["responses"].values() for variant in variants for button in variant.get("buttons", ())
]


@pytest.mark.parametrize(("payload", "meaning"), [("/affirm", YES), ("/deny", NO)])
def test_the_title_of_a_confirmation_means_the_same_when_it_is_typed(payload: str, meaning: str):
    """Where a channel shows no buttons, their titles are words to write."""
    typed = {title: message_class(title) for title, each in TITLES if each == payload}

    assert len(typed) >= 3
    assert set(typed.values()) == {meaning}


@pytest.mark.parametrize("text", ["yes, but change the date", "yes, no", "no, yes", "yes, change it to 9", "ok, why", "change it, 8305"])
def test_a_yes_with_anything_else_is_none(text: str):
    assert message_class(text, holds_value=True) != YES


# Letters that an expression takes for one of its own without regard to case, and words of the rules to put them in.
ODD = {"i": "\u0131\u0130I", "s": "\u017fS", "k": "\u212aK"}
WORDS = ("lost card", "kisi se baat", "talk to an agent", "is it safe", "cancel", "skip it", "hii there", "kyon", "नमस्ते जी", "कार्ड खो गया", "ask")


@given(st.sampled_from(WORDS), st.data())
def test_in_lower_case_a_rule_finds_what_it_finds_without_regard_to_case(words, data):
    typed = "".join(data.draw(st.sampled_from(letter + letter.upper() + ODD.get(letter, ""))) for letter in words)
    said = typed.lower()

    for _, rules in classes._COMPILED:
        for rule in rules:
            anyhow = re.compile(rule.pattern, re.IGNORECASE)
            assert bool(rule.search(classes._searched(said))) == bool(anyhow.search(said))


def test_the_rules_are_in_lower_case():
    for _, rules in classes._COMPILED:
        for rule in rules:
            plain = re.sub(r"\\.", "", rule.pattern)
            assert plain == plain.lower()
