"""Full card numbers, CVV, PIN, one-time codes, Aadhaar and PAN numbers leave no trace in what is sealed."""
from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot.gateway.destroying as destroying
from actions import shapes
from bot.gateway.destroying import forbidden, is_aadhaar_number, is_card_number
from bot.gateway.sealing import Sealed, seal
from tests.gateway.corpus import DIGITS, ENGLISH, HINDI, HINGLISH

FORMATS = (
    lambda n: n,
    lambda n: " ".join(n[at:at + 4] for at in range(0, len(n), 4)),
    lambda n: "-".join(n[at:at + 4] for at in range(0, len(n), 4)),
    lambda n: ".".join(n[at:at + 4] for at in range(0, len(n), 4)),
    lambda n: " ".join(n),
    lambda n: "\u200b".join(n),
    lambda n: n.translate({ord("0") + d: ord("०") + d for d in range(10)}),
    lambda n: n.translate({ord("0") + d: ord("０") + d for d in range(10)}),
    lambda n: " ".join(DIGITS[ENGLISH][int(d)] for d in n),
    lambda n: " ".join(DIGITS[HINDI][int(d)] for d in n),
    lambda n: " ".join(DIGITS[HINGLISH][int(d)] for d in n),
    lambda n: f"{n[:4]} {n[4:10]} {n[10:]}",
    lambda n: f"my card {n} exp 08/27 cvv 123",
    lambda n: f"{n[:4]}\n{n[4:8]}\n{n[8:12]}\n{n[12:]}",
)


def card_numbers(count: int) -> list[str]:
    chance = random.Random(4)
    found: list[str] = []
    while len(found) < count:
        start, length = chance.choice((("4", 16), ("5105", 16), ("2223", 16), ("6521", 16), ("37", 15), ("4", 19), ("508", 16), ("8172", 16)))
        number = start + "".join(chance.choice("0123456789") for _ in range(length - len(start)))
        if is_card_number(number):
            found.append(number)
    return found


def remains(sealed: Sealed) -> str:
    return sealed.text + " ".join(span.value for span in sealed.spans)


@pytest.mark.parametrize("expecting", ["none", "card_details", "new_email", "new_mobile"])
def test_a_thousand_card_numbers_in_every_grouping_and_script_are_destroyed(expecting: str):
    for index, number in enumerate(card_numbers(1000)):
        sealed = seal(FORMATS[index % len(FORMATS)](number), expecting=expecting)

        assert "card number" in sealed.destroyed
        assert number[-6:] not in "".join(c for c in remains(sealed) if c.isdigit())
        assert sealed.text


@pytest.mark.parametrize(("text", "kind"), [
    ("cvv 123", "CVV"), ("123 is the cvv", "CVV"), ("security code: 4821", "CVV"), ("cvv is one two three", "CVV"), ("सीवीवी १२३", "CVV"),
    ("my atm pin is 4321", "PIN"), ("4321 mera pin hai", "PIN"), ("upi pin 482913", "PIN"), ("पिन ४३२१", "PIN"), ("PIN four three two one", "PIN"),
    ("otp 482913", "one-time code"), ("OTP aaya 4829", "one-time code"), ("my one time password is 48 29 13", "one-time code"),
    ("4 8 2 9 1 3 otp", "one-time code"),
    ("2341 2341 2346", "Aadhaar number"), ("234123412346", "Aadhaar number"), ("mera aadhaar 2341-2341-2345 hai", "Aadhaar number"),
    ("२३४१ २३४१ २३४६", "Aadhaar number"),
    ("ABCPE1234F", "PAN number"), ("abcpe1234f", "PAN number"), ("pan abcpe 1234 f", "PAN number"), ("ABCPE 1234 F", "PAN number"),
])
def test_a_secret_with_its_word_is_destroyed(text: str, kind: str):
    for expecting in ("none", "card_details"):
        sealed = seal(text, expecting=expecting)

        assert kind in sealed.destroyed
        assert not any(c.isdigit() for c in remains(sealed))


@pytest.mark.parametrize("text", [
    "8305", "123", "8305 08/27 11-07-1993", "4305 0827 11071993", "4305082711071993", "8305 11071993", "my pin code is 560001",
    "txn 12345", "+91 98765 43210", "4305 12/27 31/12/1999", "paid 1,00,000.00", "i forgot my card pin", "98765 43210",
])
def test_what_was_asked_for_or_harmless_is_not_destroyed(text: str):
    for expecting in ("none", "card_details"):
        assert seal(text, expecting=expecting).destroyed == ()


def test_a_mobile_with_its_country_code_is_a_phone_number_when_one_was_asked_for():
    chance = random.Random(7)
    mobiles = [f"91{chance.choice('6789')}{chance.randrange(10**9):09d}" for _ in range(500)]
    assert any(is_aadhaar_number(mobile) for mobile in mobiles)

    for mobile in mobiles:
        sealed = seal(mobile, expecting="new_mobile")
        assert (sealed.destroyed, sealed.text) == ((), "phone number")


def test_the_details_beside_a_destroyed_number_are_kept():
    sealed = seal("8305 08/27 11-07-1993 cvv 123", expecting="card_details")

    assert sealed.destroyed == ("CVV",)
    assert sealed.spans[0].value.split() == ["8305", "08/27", "11-07-1993", "cvv", "CVV"]


def test_every_wrong_digit_of_an_aadhaar_number_is_noticed():
    number = "234123412346"
    wrong = [number[:at] + digit + number[at + 1:] for at in range(12) for digit in "23456789" if digit != number[at]]

    assert is_aadhaar_number(number)
    assert not any(map(is_aadhaar_number, wrong))


def test_the_three_details_in_one_breath_are_never_taken_for_another_number():
    """One in ten of them holds twelve digits in a row that could be an Aadhaar number, one in a hundred a card number."""
    chance = random.Random(11)
    for _ in range(400):
        four, month, year = f"{chance.randrange(2000, 9999)}", f"{chance.randrange(1, 13):02}", f"{chance.randrange(26, 36)}"
        day, born, since = f"{chance.randrange(1, 29):02}", f"{chance.randrange(1, 13):02}", f"{chance.randrange(1950, 2004)}"
        for text in (f"{four} {month}/{year} {day}-{born}-{since}", f"{four}, {month}/{year}, {day}/{born}/{since}",
                     f"{day}-{born}-{since} {four} {month}/{year}", f"{four} {day}.{born}.{since} {month}/{year}"):
            assert seal(text, expecting="card_details").destroyed == (), text


WORDS = ("card", "cvv", "otp", "pin", "upi pin", "my otp is", "aadhaar", "pan", "ABCPE", "F", "august", "of", "the", "th", "’", "-", "+", "(", "आधार", "पिन", "अगस्त")


@given(st.lists(st.sampled_from(WORDS), max_size=8), st.sampled_from(["", " ", ". "]))
def test_nothing_is_looked_for_where_there_is_no_digit_and_nothing_would_be_found(words: list[str], between: str):
    text = between.join(words)

    patterns = [destroying._PAN_NUMBER, *(pattern for _, pattern in destroying._NEXT_TO_WORD), shapes._WITH_MONTH, shapes._CLUSTER]
    assert not any(pattern.search(text) for pattern in patterns)
    assert forbidden(text) == shapes.shapes(text) == []
