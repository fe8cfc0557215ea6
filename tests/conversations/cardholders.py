"""Cardholders made up for one test each, so that no limit of one test meets another."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import date

from wibmo.sandbox import Sandbox
from wibmo.sandbox.people import seed

_numbers = itertools.count(1)
_DEVANAGARI = str.maketrans("0123456789", "०१२३४५६७८९")
_SPOKEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Holder:
    """What a cardholder knows of their own card; `expiry` is MMYY."""

    key: str
    urn: str
    last_four: str
    expiry: str
    born: date
    email: str
    mobile: str
    other_last_four: str = ""

    @property
    def slashed(self) -> str:
        return f"{self.expiry[:2]}/{self.expiry[2:]}"

    @property
    def birthday(self) -> str:
        return self.born.strftime("%d-%m-%Y")


    @property
    def knows(self) -> dict[str, str]:
        """What this cardholder can say, by name: `{last_four}`, `{born_day}`, and slips such as `{wrong_last_four}`."""
        year = int(self.expiry[2:])
        return {
            "last_four": self.last_four,
            "wrong_last_four": f"{(int(self.last_four) + 1111) % 10_000:04}",
            "last_four_hi": self.last_four.translate(_DEVANAGARI),
            "last_four_spoken": " ".join(_SPOKEN[int(digit)] for digit in self.last_four),
            "expiry": self.slashed,
            "expiry_hi": self.slashed.translate(_DEVANAGARI),
            "expiry_month": self.expiry[:2],
            "expiry_year": f"20{year}",
            "wrong_expiry": f"{self.expiry[:2]}/{(year + 3) % 100:02}",
            "wrong_year": f"20{(year + 3) % 100:02}",
            "birthday": self.birthday,
            "birthday_hi": self.birthday.translate(_DEVANAGARI),
            "wrong_birthday": f"{self.born.day - 1:02}-{self.born:%m-%Y}",
            "born_day": str(self.born.day),
            "born_month": f"{self.born:%B}",
            "born_year": str(self.born.year),
            "urn": self.urn,
            "email": self.email,
            "mobile": self.mobile,
            "ten_digits": self.mobile[2:],
            "mobile_end": self.mobile[-4:],
            "other_last_four": self.other_last_four,
        }


def somebody_like(bank: Sandbox, key: str) -> Holder:
    """A new cardholder with the cards, wallets, KYC and troubles of this one, and details of their own."""
    model = next(entry for entry in seed() if entry["key"] == key)
    rng = random.Random()
    cards = [
        {**card, "urn": f"6{next(_numbers):06}{index:04}", "last_four": f"{rng.randrange(2500, 8800)}"}
        for index, card in enumerate(model["cards"])
    ]
    return new_holder(bank, rng, **{name: model[name] for name in ("kyc", "faults") if name in model}, cards=cards)


def new_holder(bank: Sandbox, rng: random.Random | None = None, **more: object) -> Holder:
    """A new cardholder in the sandbox, with random details."""
    rng = rng or random.Random()
    number = next(_numbers) * 1000 + rng.randrange(1000)
    last_four = f"{rng.randrange(2500, 9800)}"
    born = date(rng.randrange(1961, 1999), rng.randrange(1, 13), rng.randrange(13, 29))
    entry: dict[str, object] = {
        "key": f"made-{number}",
        "name": [rng.choice(["Rohini", "Devika", "Imran", "Tarun"]), rng.choice(["Saxena", "Pillai", "Qureshi"])],
        "date_of_birth": born.isoformat(),
        "mobile": f"9198{rng.randrange(10**8):08}",
        "email": f"person{number}@example.com",
        "cards": [
            {
                "urn": f"8{number:010}",
                "last_four": last_four,
                "expires": f"+{rng.randrange(2, 40)}m",
                "wallets": {"GPR Wallet": "1,00,000.00", "Meal Wallet": "2,345.50"},
            }
        ],
        **more,
    }
    person = bank.add_person(entry)
    return Holder(
        person.key, person.urn, person.last_four, person.expiry, person.date_of_birth, person.email, person.mobile,
        person.cards[-1].last_four,
    )  # fmt: skip
