"""What a message is about, from its words alone."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

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
