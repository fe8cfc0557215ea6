"""Cardholders made up for one test each, so that no limit of one test meets another."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from datetime import date

from wibmo.sandbox import Sandbox

_numbers = itertools.count(1)


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

    @property
    def slashed(self) -> str:
        return f"{self.expiry[:2]}/{self.expiry[2:]}"

    @property
    def birthday(self) -> str:
        return self.born.strftime("%d-%m-%Y")


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
        person.key, person.urn, person.last_four, person.expiry, person.date_of_birth, person.email, person.mobile
    )
