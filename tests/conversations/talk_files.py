"""The written talks in `talks/`: who says what, what is answered, and what the bank was asked and holds afterwards.

A file holds one talk per YAML document; its folder names the language of the answers.

    name: cancel in the middle of the details
    channel: web                 # web (unless said otherwise), whatsapp, telegram, twilio
    cardholder: asha             # somebody new who is like this person of the sandbox (asha unless said otherwise)
    turns:
      - they: "bal?"             # what is typed; {last_four} and the like are what this cardholder knows
        we: utter_ask_details    # every answer of the turn by the name of its response, in order, and no other
      - card: {last_four: "12"}  # the secure card; fields left out are right
      - press: try_again         # the newest button of this intent
      - later: 400               # the clock moves on by seconds
      - bank: update drop_after_apply    # what goes wrong with this cardholder's next call
      - they: "aur meal wallet?"
        in: hi-Latn              # the answers' language from here on
        we: [utter_verified, {utter_balance: {total: "₹1,02,345.50"}}]
        offers: [check_balance]  # intents among the buttons of the last answer
    bank:
      asked: [verify, retrieve]  # every call of the talk, in order
      email: new@example.org     # unless said: as before
    ticket: talk_to_human        # why a person was called; unless said nobody was
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.conversations.wording import ENGLISH, HINDI, HINGLISH

FOLDER = Path(__file__).with_name("talks")
LANGUAGE_OF = {"en": ENGLISH, "hi": HINDI, "hinglish": HINGLISH}
DOES = ("they", "press", "card", "later", "bank")


@dataclass(frozen=True)
class Turn:
    """One thing that happens, and what is answered: pairs of a response and what must stand at its places."""

    does: str
    what: Any
    answers: tuple[tuple[str, Mapping[str, str]], ...]
    language: str
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Talk:
    """A whole talk; `ledger` holds what the bank must have as e-mail and mobile if that changed."""

    name: str
    language: str
    channel: str
    cardholder: str
    turns: tuple[Turn, ...]
    asked: tuple[str, ...]
    ledger: Mapping[str, str] = field(default_factory=dict)
    tickets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.language}: {self.name}"


def all_talks() -> list[Talk]:
    """Every talk of every file; ValueError for one that is not written as above."""
    return [talk for path in sorted(FOLDER.glob("*/*.yml")) for talk in _talks(path)]


def _talks(path: Path) -> Iterator[Talk]:
    for written in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        try:
            yield _talk(written, LANGUAGE_OF[path.parent.name])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}, {written.get('name')!r}: {error!r}") from error


def _talk(written: dict[str, Any], language: str) -> Talk:
    unknown = written.keys() - {"name", "channel", "cardholder", "turns", "bank", "ticket"}
    if unknown:
        raise ValueError(f"unknown: {unknown}")
    bank = written.get("bank", {})
    turns, speaks = [], language
    for each in written["turns"]:
        speaks = each.get("in", speaks)
        turns.append(_turn(each, speaks))
    return Talk(
        name=written["name"],
        language=language,
        channel=written.get("channel", "web"),
        cardholder=written.get("cardholder", "asha"),
        turns=tuple(turns),
        asked=tuple(bank.get("asked", ())),
        ledger={name: str(value) for name, value in bank.items() if name != "asked"},
        tickets=tuple(_listed(written.get("ticket", []))),
    )


def _turn(written: dict[str, Any], language: str) -> Turn:
    unknown = written.keys() - {*DOES, "we", "in", "offers"}
    (does,) = written.keys() & set(DOES)
    if unknown:
        raise ValueError(f"unknown: {unknown}")
    answers = []
    for each in _listed(written.get("we", [])):
        ((name, places),) = each.items() if isinstance(each, dict) else [(each, {})]
        answers.append((name, places))
    return Turn(does, written[does], tuple(answers), language, tuple(_listed(written.get("offers", []))))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
