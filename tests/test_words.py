"""The sentences of domain.yml: three languages that promise the same, none missing and none left over."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.cardbot_action import ACTIONS, CardbotAction
from actions.contact_problems import PROBLEMS
from actions.conversation import Answer, Aside
from actions.details import ALL_DETAILS, Problem
from actions.settings import Settings
from actions.words import LANGUAGES, Words

ROOT = Path(__file__).resolve().parents[1]
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
SOURCES = sorted(path for room in ("actions", "bot") for path in (ROOT / room).rglob("*.py"))

LONGEST = 300
# WhatsApp cuts the title of a button here.
LONGEST_TITLE = 20

PLACE = re.compile(r"\{(\w+)\}")
NAME = re.compile(r"utter_(?:[a-z_]|\{[\w.]+\})+(?<!_)")
EXPRESSION = re.compile(r"\{[\w.]+\}")
DEVANAGARI = re.compile(r"[\u0900-\u097f]")

# Names that begin like a response and are none: the field where Rasa notes which response a text came from.
NOT_RESPONSES = {"utter_action"}

# What stands for a name in braces, by the name as the source spells it.
CONTACTS = ("email", "mobile")
FAMILIES = {
    "utter_{problem}": [
        *PROBLEMS,
        *(str(Problem(detail, "")) for detail in (*ALL_DETAILS, "four_digits")),
        *(str(Problem(detail, "impossible_month")) for detail in ("card_expiry", "date_of_birth")),
        *(str(Problem("date_of_birth", reason)) for reason in ("year_missing", "no_such_day", "not_an_age")),
    ],
    "utter_now_{following}": ACTIONS,
    "utter_corrected_{name}": ALL_DETAILS,
    "utter_ask_{self._slot}": [
        slot for form in ("card_details_form", "contact_details_form") for slot in DOMAIN["forms"][form]["required_slots"]
    ],
    "utter_ask_new_{self._field}": CONTACTS,
    "utter_confirm_{self._field}": CONTACTS,
    "utter_same_{field}": CONTACTS,
    "utter_{field}_changed": CONTACTS,
}
# Said by action_answer and action_aside; which intents reach them is in data/rules.
OF_INTENTS = "utter_{message.intent}"


def variant_of(response: str, language: str) -> dict[str, Any]:
    """The one variant for a language, found as Rasa finds it: a condition that holds first, else the one without."""
    condition = [{"type": "slot", "name": "language", "value": language}]
    holding = [each for each in RESPONSES[response] if each.get("condition") == condition]
    [one] = holding or [each for each in RESPONSES[response] if "condition" not in each]
    return one


def texts() -> Iterator[tuple[str, str, str]]:
    """Each sentence with its response and its language."""
    for response in RESPONSES:
        for language in LANGUAGES:
            yield response, language, variant_of(response, language)["text"]


def titles_of(response: str, language: str) -> list[str]:
    return [button["title"] for button in variant_of(response, language).get("buttons", [])]


def has_words(text: str) -> bool:
    """Whether anything is left of a sentence without its places."""
    return any(letter.isalpha() for letter in PLACE.sub("", text))


def meaning(variant: dict[str, Any]) -> dict[str, Any]:
    """All of a variant but its words."""
    rest = {key: value for key, value in variant.items() if key not in ("condition", "text", "buttons")}
    return {**rest, "payloads": [button["payload"] for button in variant.get("buttons", [])]}


def spelled(node: ast.AST) -> str:
    """A string as the source has it, an f-string's expressions in braces."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            f"{{{ast.unparse(part.value)}}}" if isinstance(part, ast.FormattedValue) else spelled(part)
            for part in node.values
        )
    return ""


def names_in(source: str) -> set[str]:
    """Every response, and every family of them, that a module names."""
    found = {spelled(node) for node in ast.walk(ast.parse(source))}
    return {name for name in found if NAME.fullmatch(name)} - NOT_RESPONSES


def named_in_sources() -> dict[str, str]:
    """Every response and every family that the code names, and a module that does."""
    return {name: str(path.relative_to(ROOT)) for path in SOURCES for name in names_in(path.read_text(encoding="utf-8"))}


def members(family: str) -> list[str]:
    return [EXPRESSION.sub(value, family) for value in FAMILIES[family]]


def intents_answered_by(action: str) -> set[str]:
    """The intents that the rules answer with this action."""
    found: set[str] = set()
    for path in (ROOT / "data" / "rules").glob("*.yml"):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            first, *later = rule["steps"]
            if later and later[0].get("action") == action:
                found |= {each["intent"] for each in first.get("or", [first])}
    return found


async def said_to(action: CardbotAction, intent: str) -> set[str]:
    """The responses that an action utters to a cardholder who meant this."""
    dispatcher = CollectingDispatcher()
    newest = {"intent": {"name": intent}, "metadata": {}}
    await action.run(dispatcher, Tracker("web:0", {}, newest, [], False, None, {}, None), {})
    return {message["response"] for message in dispatcher.messages}


@pytest.fixture
def uttered(run: Callable[..., Any]) -> dict[str, str]:
    """Every response that Cardbot can utter, and where it is named."""
    found: dict[str, str] = {}
    for name, module in named_in_sources().items():
        if name in FAMILIES:
            found |= dict.fromkeys(members(name), module)
        elif name != OF_INTENTS:
            found[name] = module
    services = SimpleNamespace(settings=Settings())
    for action in (Answer(services), Aside(services)):
        for intent in intents_answered_by(action.name()):
            found |= dict.fromkeys(run(said_to(action, intent)), f"data/rules, {intent}")
    return found


def test_every_response_has_three_variants_and_the_one_without_condition_comes_last():
    languages = {
        name: [variant.get("condition", [{"value": "en"}])[0]["value"] for variant in variants]
        for name, variants in RESPONSES.items()
    }

    assert {name: found for name, found in languages.items() if found != ["hi", "hi-Latn", "en"]} == {}


def test_a_condition_asks_for_the_slot_language_and_nothing_else():
    conditions = [each["condition"] for variants in RESPONSES.values() for each in variants if "condition" in each]

    assert all(condition == [{"type": "slot", "name": "language", "value": condition[0]["value"]}] for condition in conditions)


def test_a_language_is_a_slot_that_rasa_reads_as_text():
    assert DOMAIN["slots"]["language"]["type"] == "text"


def test_three_languages_have_the_same_places_to_fill():
    places = {(name, language): Counter(PLACE.findall(text)) for name, language, text in texts()}

    assert [key for key, found in places.items() if found != places[key[0], "en"]] == []


def test_three_languages_have_the_same_figures():
    figures = {
        (name, language): sorted(letter for letter in PLACE.sub("", text) if letter.isdigit())
        for name, language, text in texts()
    }

    assert [key for key, found in figures.items() if found != figures[key[0], "en"]] == []


def test_three_languages_have_the_same_lines():
    lines = {(name, language): text.count("\n") for name, language, text in texts()}

    assert [key for key, found in lines.items() if found != lines[key[0], "en"]] == []


def test_three_languages_lead_to_the_same():
    different = [
        (name, language)
        for name, language, _ in texts()
        if meaning(variant_of(name, language)) != meaning(variant_of(name, "en"))
    ]

    assert different == []


def test_a_button_fits_and_is_not_mistaken_for_its_neighbour():
    for name, language, _ in texts():
        titles = titles_of(name, language)

        assert len(set(titles)) == len(titles), (name, language)
        assert all(0 < len(title) <= LONGEST_TITLE for title in titles), (name, language, titles)


def test_a_button_means_an_intent_of_the_domain():
    payloads = {button["payload"] for name, language, _ in texts() for button in variant_of(name, language).get("buttons", [])}

    assert {payload.partition(":")[0] for payload in payloads} <= {f"/{intent}" for intent in DOMAIN["intents"]}


def test_a_sentence_is_short():
    assert [(name, language, len(text)) for name, language, text in texts() if not 0 < len(text) < LONGEST] == []


def test_hindi_is_written_in_devanagari_and_hinglish_in_latin_letters():
    for name, language, text in texts():
        if has_words(variant_of(name, "en")["text"]):
            assert bool(DEVANAGARI.search(text)) is (language == "hi"), (name, language)


def test_words_are_composed_the_one_way_that_fonts_and_searches_expect():
    said = [*texts(), *((name, language, title) for name, language, _ in texts() for title in titles_of(name, language))]

    assert [(name, language) for name, language, text in said if text != unicodedata.normalize("NFC", text)] == []


def test_every_family_of_responses_in_the_code_is_known_here():
    families = {name for name in named_in_sources() if "{" in name}

    assert families == {*FAMILIES, OF_INTENTS}


def test_every_response_that_can_be_uttered_exists(uttered: dict[str, str]):
    missing = {name: where for name, where in uttered.items() if name not in RESPONSES}

    assert missing == {}


def test_no_response_is_left_over(uttered: dict[str, str]):
    assert set(RESPONSES) == set(uttered)


def test_an_f_string_is_a_family_and_a_docstring_is_nothing():
    source = 'def f(x):\n    """Says utter_greet."""\n    return say("utter_help"), say(f"utter_ask_{x.name}")\n'

    found = names_in(source)

    assert found == {"utter_help", "utter_ask_{x.name}"}


@pytest.mark.parametrize(("language", "title"), [("en", "Balance"), ("hi", "बैलेंस"), ("hi-Latn", "Balance"), ("ta", "Balance")])
def test_words_are_said_in_the_cardholders_language(language: str, title: str):
    words = Words.of_domain(ROOT / "domain.yml", {"support_phone": "1800"})

    said = words.say("utter_not_available", language)

    expected = variant_of("utter_not_available", language if language in LANGUAGES else "en")["text"]
    assert said == expected.replace("{support_phone}", "1800")
    assert words.buttons("utter_greet", language)[0]["title"] == title


def test_words_fall_back_to_english_where_a_language_has_no_variant():
    hindi = [{"type": "slot", "name": "language", "value": "hi"}]
    greetings = [{"condition": hindi, "text": "नमस्ते {name}"}, {"text": "Hello {name}"}]
    words = Words({"utter_a": greetings, "utter_b": [{"text": "Bye"}]}, {})

    assert words.say("utter_a", "hi", name="Asha") == "नमस्ते Asha"
    assert words.say("utter_a", "hi-Latn", name="Asha") == "Hello Asha"
    assert words.say("utter_b", "hi") == "Bye"
    assert words.buttons("utter_b", "hi") == []
    with pytest.raises(KeyError):
        words.say("utter_c", "hi")
