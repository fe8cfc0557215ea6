"""Made-up cardholders whose every value is rare enough to be looked for, and the ways in which each value may be written."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from actions.parsing import is_mobile
from bot.leaks import digits

_DEVANAGARI = {ord(str(digit)): chr(0x966 + digit) for digit in range(10)}
SENDERS = 4
_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


@dataclass(frozen=True, repr=False)
class Planted:
    """One cardholder: what they type, what the bank knows, and what they type wrongly first. `expiry` is MMYY.

    `senders`: other mobile numbers from which they write; their own is the first that they write from.
    """

    last_four: str
    wrong_four: str
    expiry: str
    born: date
    first_name: str
    last_name: str
    email: str
    new_email: str
    mobile: str
    new_mobile: str
    urn: str
    customer_id: str
    wallets: Mapping[str, int]  # paise
    senders: tuple[str, ...]

    @property
    def slashed(self) -> str:
        return f"{self.expiry[:2]}/{self.expiry[2:]}"

    @property
    def birthday(self) -> str:
        return self.born.strftime("%d-%m-%Y")

    def entry(self) -> dict[str, Any]:
        """As the sandbox's ledger wants it."""
        wallets = {name: f"{paise // 100}.{paise % 100:02}" for name, paise in self.wallets.items()}
        return {
            "key": self.urn,
            "customer_id": self.customer_id,
            "name": [self.first_name, self.last_name],
            "date_of_birth": self.born.isoformat(),
            "mobile": f"91{self.mobile}",
            "email": self.email,
            "cards": [{"urn": self.urn, "last_four": self.last_four, "expires": self.expiry, "wallets": wallets}],
        }

    def short_values(self) -> dict[str, set[str]]:
        """What also occurs by chance: compare with values that were never used."""
        return {"last four": {self.last_four}, "wrong last four": {self.wrong_four}, "expiry": {self.expiry}}

    def long_values(self) -> dict[str, set[str]]:
        """What cannot occur by chance, in every form in which it is typed, sent or kept."""
        return {
            "expiry": set(_months(self.expiry)),
            "last four": {in_words(self.last_four), in_devanagari(self.last_four)},
            "date of birth": set(_dates(self.born)),
            "name": {self.first_name, self.last_name},
            "e-mail": {self.email, self.email.split("@")[0]},
            "new e-mail": {self.new_email, self.new_email.split("@")[0], self.new_email.replace("@", " at ").replace(".", " dot ")},
            "mobile": set(_phones(self.mobile)),
            "new mobile": set(_phones(self.new_mobile)),
            "sender": {form for sender in self.senders for form in _phones(sender)},
            "balance": {form for paise in [*self.wallets.values(), sum(self.wallets.values())] for form in _amounts(paise)},
            "URN": {self.urn},
            "customerId": {self.customer_id},
        }


    def numbers(self) -> dict[str, set[str]]:
        """The long values that are digits, without anything between them: however they are grouped, they are these."""
        return {
            "mobile": digits.phone(self.mobile),
            "new mobile": digits.phone(self.new_mobile),
            "sender": {form for sender in self.senders for form in digits.phone(sender)},
            "date of birth": digits.day(self.born),
            "balance": {str(paise) for paise in [*self.wallets.values(), sum(self.wallets.values())]},
            "URN": {self.urn},
            "customerId": {self.customer_id},
        }


def made_up(rng: random.Random, today: date) -> Planted:
    """A cardholder whom nobody else resembles; the card expires within some years."""
    month = today.year * 12 + today.month + rng.randrange(2, 40)
    fours = rng.sample(range(2500, 9800), 2)
    return Planted(
        last_four=str(fours[0]),
        wrong_four=str(fours[1]),
        expiry=f"{month % 12 + 1:02}{month // 12 % 100:02}",
        born=date(rng.randrange(1961, 1999), rng.randrange(1, 13), rng.randrange(13, 29)),
        first_name=_letters(rng, 9).capitalize(),
        last_name=_letters(rng, 9).capitalize(),
        email=f"{_letters(rng, 10)}@{_letters(rng, 8)}.example",
        new_email=f"{_letters(rng, 10)}@{_letters(rng, 8)}.org",
        mobile=_mobile(rng, "9"),
        new_mobile=_mobile(rng, "8"),
        urn=f"8{rng.randrange(10**10):010}",
        customer_id=f"6{rng.randrange(10**9):09}",
        wallets={"GPR Wallet": rng.randrange(10**7, 10**8), "Meal Wallet": rng.randrange(10**7, 10**8)},
        senders=tuple(_mobile(rng, "7") for _ in range(SENDERS)),
    )


def controls(kind: str, used: set[str]) -> set[str]:
    """Values of the same kind that no planted cardholder has."""
    if kind == "expiry":
        every = {f"{month:02}{year:02}" for month in range(1, 13) for year in range(30, 60)}
    else:
        every = {str(number) for number in range(2500, 9800)}
    return every - used


def in_words(digits: str) -> str:
    return " ".join(_WORDS[int(digit)] for digit in digits)


def in_devanagari(digits: str) -> str:
    return digits.translate(_DEVANAGARI)


def _mobile(rng: random.Random, first: str) -> str:
    """One that is taken for an Indian number: not every row of ten digits is."""
    while not is_mobile(number := f"{first}{rng.randrange(10**9):09}"):
        pass
    return number


def _letters(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(count))


def _months(expiry: str) -> Iterator[str]:
    first = date(2000 + int(expiry[2:]), int(expiry[:2]), 1)
    for how in ("%m/%y", "%m/%Y", "%Y-%m", "%b %Y", "%B %Y"):
        yield first.strftime(how)


def _dates(day: date) -> Iterator[str]:
    for how in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d%m%Y", "%Y%m%d", "%d-%m-%y", "%d/%m/%y", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%Y, %m, %d"):
        yield day.strftime(how)
    yield f"{day.day} {day:%B} {day.year}"
    yield f"{day.year}, {day.month}, {day.day}"
    yield in_devanagari(day.strftime("%d-%m-%Y"))


def _phones(number: str) -> Iterator[str]:
    yield from (number, f"{number[:5]} {number[5:]}", f"{number[:5]}-{number[5:]}", in_devanagari(number))


def _amounts(paise: int) -> Iterator[str]:
    rupees, rest = divmod(paise, 100)
    head, tail = str(rupees)[:-3], str(rupees)[-3:]
    pairs: list[str] = []
    while head:
        head, pair = head[:-2], head[-2:]
        pairs.insert(0, pair)
    yield from (str(paise), f"{rupees}.{rest:02}", f"{rupees:,}.{rest:02}", ",".join([*pairs, tail]) + f".{rest:02}")
