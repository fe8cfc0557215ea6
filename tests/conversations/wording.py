"""Which response of domain.yml a sentence is, in which language, and what stands at its places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ENGLISH, HINDI, HINGLISH = LANGUAGES = ("en", "hi", "hi-Latn")
_PLACE = re.compile(r"\{(\w+)\}")


class Wording:
    """The sentences of a domain as patterns: other words for a response break nothing, another language does."""

    def __init__(self, domain: Path) -> None:
        self._patterns: dict[tuple[str, str], list[re.Pattern[str]]] = {}
        self._titles: dict[tuple[str, str], set[str]] = {}
        responses = yaml.safe_load(domain.read_text(encoding="utf-8"))["responses"]
        for name, language, variant in _variants(responses):
            self._patterns.setdefault((name, language), []).append(_pattern(variant["text"]))
            for button in variant.get("buttons", ()):
                meaning = button["payload"].removeprefix("/")
                self._titles.setdefault((meaning, language), set()).add(button["title"])

    def knows(self, response: str) -> bool:
        return (response, ENGLISH) in self._patterns

    def places(self, response: str, language: str, text: str) -> dict[str, str] | None:
        """What stands at the places of this response; None if the text is another one, or in another language."""
        for pattern in self._patterns[response, language]:
            if found := pattern.fullmatch(text):
                return found.groupdict()
        return None

    def titles(self, meaning: str, language: str) -> set[str]:
        """What the buttons of an intent are called."""
        return self._titles.get((meaning, language), set())

    def named(self, text: str) -> str:
        """The responses that a text may be, for whoever reads why a talk failed."""
        found = {
            f"{name} ({language})": len(pattern.pattern)
            for (name, language), patterns in self._patterns.items()
            for pattern in patterns
            if pattern.fullmatch(text)
        }
        return max(found, key=lambda name: found[name], default="no response of the domain")


def _variants(responses: dict[str, list[dict[str, Any]]]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, variants in responses.items():
        for variant in variants:
            slots = {each["name"]: each["value"] for each in variant.get("condition", ())}
            yield name, slots.get("language", ENGLISH), variant


def _pattern(text: str) -> re.Pattern[str]:
    """The sentence with anything at its places, the same thing wherever a place comes again."""
    pieces, at, seen = [], 0, set()
    for place in _PLACE.finditer(text):
        name = place[1]
        pieces += [re.escape(text[at : place.start()]), f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"]
        seen.add(name)
        at = place.end()
    return re.compile("".join([*pieces, re.escape(text[at:])]), re.DOTALL)
