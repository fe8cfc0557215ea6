"""The sentences of domain.yml for whatever speaks outside a Rasa turn, in the cardholder's language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

DEFAULT_LANGUAGE = "en"
LANGUAGES = ("en", "hi", "hi-Latn")


def standing_in(standing: Mapping[str, str], language: str) -> dict[str, str]:
    """What every sentence of a language may name; "name@hi" stands in Hindi for what is "name" elsewhere.

    >>> standing_in({"hours": "9 to 5", "hours@hi": "9 से 5"}, "hi"), standing_in({"hours": "9 to 5"}, "hi")
    ({'hours': '9 से 5'}, {'hours': '9 to 5'})
    """
    names = [name for name in standing if "@" not in name]
    return {name: standing.get(f"{name}@{language}") or standing[name] for name in names}


class Words:
    """Reads responses as Rasa does: a variant under the condition `language` first, else the one without.

    `responses` are all of them as domain.yml has them.
    """

    def __init__(self, responses: Mapping[str, list[dict[str, Any]]], standing: Mapping[str, str]) -> None:
        self._variants = {
            (name, _language_of(variant)): variant for name, variants in responses.items() for variant in variants
        }
        self._standing = dict(standing)
        self.responses = responses

    @classmethod
    def of_domain(cls, domain: Path, standing: Mapping[str, str]) -> Words:
        """`standing` fills what every sentence may name: the operator's telephone numbers and hours."""
        return cls(_read(domain)["responses"], standing)

    @property
    def standing(self) -> dict[str, str]:
        return dict(self._standing)

    def say(self, response: str, language: str = DEFAULT_LANGUAGE, **values: str) -> str:
        """The text of a response with its places filled; KeyError for a response that domain.yml has not."""
        text: str = self._variant(response, language)["text"]
        for name, value in {**standing_in(self._standing, language), **values}.items():
            text = text.replace("{" + name + "}", value)
        return text

    def buttons(self, response: str, language: str = DEFAULT_LANGUAGE) -> list[dict[str, str]]:
        return list(self._variant(response, language).get("buttons", []))

    def _variant(self, response: str, language: str) -> dict[str, Any]:
        found = self._variants.get((response, language))
        return found if found is not None else self._variants[response, DEFAULT_LANGUAGE]


def _read(domain: Path) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(domain.read_bytes(), Loader=loader)  # noqa: S506  (the safe one, in C where there is one)


def _language_of(variant: Mapping[str, Any]) -> str:
    for condition in variant.get("condition", []):
        if condition.get("type") == "slot" and condition.get("name") == "language":
            return str(condition["value"])
    return DEFAULT_LANGUAGE
