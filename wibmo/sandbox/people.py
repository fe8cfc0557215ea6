"""The invented cardholders: how they are written down, with expiries relative to the day they are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import resources
from typing import Any

from wibmo.messages import INDIA

KYC_PROFILES = {"FULL_KYC": 150, "MIN_KYC": 30, "SHORTFALL_KYC": 300, "IKYC": 200}
STATUSES = {
    0: "Active",
    1: "ICC authorized",
    9: "Pre-active",
    12: "Temporary block",
    13: "Permanent block",
    14: "ICC expired",
    21: "Disabled",
}
CHANNELS = ((1, "e-Com"), (2, "POS"))


@dataclass
class Purse:
    """One sub-wallet."""

    id: str
    name: str
    paise: int
    is_default: bool
    account_number: str


@dataclass
class Plastic:
    """One card."""

    urn: str
    last_four: str
    expiry: str
    status: int
    purses: list[Purse]
    channels_off: frozenset[str] = frozenset()


@dataclass
class Person:
    """One cardholder; what the bank knows and may be asked to change."""

    key: str
    customer_id: str
    first_name: str
    last_name: str
    date_of_birth: date
    mobile: str
    email: str
    kyc_name: str
    cards: list[Plastic]
    address: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def profile_id(self) -> int:
        return KYC_PROFILES[self.kyc_name]

    @property
    def urn(self) -> str:
        return self.cards[0].urn

    @property
    def last_four(self) -> str:
        return self.cards[0].last_four

    @property
    def expiry(self) -> str:
        """MMYY of the first card."""
        return self.cards[0].expiry


def seed() -> list[dict[str, Any]]:
    """The cardholders that come with the sandbox, as written in seed.json."""
    text = resources.files("wibmo.sandbox").joinpath("seed.json").read_text(encoding="utf-8")
    people: list[dict[str, Any]] = json.loads(text)["people"]
    return people


def read_people(entries: Sequence[Mapping[str, Any]], now: float, *, first: int = 1) -> list[Person]:
    """Persons from their entries; `first` numbers the customers that carry no id of their own."""
    today = datetime.fromtimestamp(now, INDIA).date()
    return [_person(entry, number, today) for number, entry in enumerate(entries, first)]


def expiry_from(text: str, today: date) -> str:
    """MMYY from itself, or from months before or after today.

    >>> expiry_from("+9m", date(2026, 11, 22)), expiry_from("-3m", date(2026, 2, 1))
    ('0827', '1125')
    """
    relative = re.fullmatch(r"([+-]\d+)m", text)
    if not relative:
        return text
    months = today.year * 12 + today.month - 1 + int(relative[1])
    return f"{months % 12 + 1:02}{months // 12 % 100:02}"


def _person(entry: Mapping[str, Any], number: int, today: date) -> Person:
    first_name, last_name = entry["name"]
    return Person(
        key=entry.get("key", f"person{number}"),
        customer_id=entry.get("customer_id", f"SBX{number:09}"),
        first_name=first_name,
        last_name=last_name,
        date_of_birth=date.fromisoformat(entry["date_of_birth"]),
        mobile=entry["mobile"],
        email=entry["email"],
        kyc_name=entry.get("kyc", "FULL_KYC"),
        cards=[_plastic(each, f"{number:04}{index}", today) for index, each in enumerate(entry["cards"])],
        faults=dict(entry.get("faults", {})),
        note=entry.get("note", ""),
    )


def _plastic(entry: Mapping[str, Any], number: str, today: date) -> Plastic:
    purses = [
        Purse(f"SW{number}{index}", name, _paise(amount), index == 0, f"6010{number}{index}")
        for index, (name, amount) in enumerate(entry["wallets"].items())
    ]
    return Plastic(
        urn=entry["urn"],
        last_four=entry["last_four"],
        expiry=expiry_from(entry["expires"], today),
        status=entry.get("status", 0),
        purses=purses,
        channels_off=frozenset(entry.get("off", ())),
    )


def _paise(rupees: str) -> int:
    whole, _, part = rupees.replace(",", "").partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)
