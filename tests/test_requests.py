"""Requests named beside the first: which words name them, and which name nothing more."""

from __future__ import annotations

import pytest

from actions.cardbot_action import ACTIONS
from actions.declined import asks_why_declined
from actions.mail_domains import domain_meant
from actions.request_lexicon import requests_in
from actions.wallets import wallet_asked, wallets_named
from wibmo import Wallet


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        ("what is my balance and also change my email", ["check_balance", "update_email"]),
        ("change my phone number, then tell me the balance", ["update_mobile", "check_balance"]),
        ("update my email and phone number", ["update_email", "update_mobile"]),
        ("mera email aur mobile number badal do", ["update_email", "update_mobile"]),
        ("balance batao aur kyc bhi", ["check_balance", "check_kyc_status"]),
        ("बैलेंस बताइए और मेरा ईमेल बदल दीजिए", ["check_balance", "update_email"]),
        ("why was my payment declined, and is my card active", ["why_declined", "check_card_status"]),
        ("what is my balance", []),
        ("my email is old", []),
        ("hello, and thanks", []),
        ("i changed my phone", []),
    ],
)
def test_requests_that_are_joined_are_found_in_their_order(words: str, requests: list[str]) -> None:
    assert requests_in(words) == requests
    assert set(requests) <= ACTIONS.keys()


@pytest.mark.parametrize(
    ("words", "is_one"),
    [
        ("why was my card declined", True), ("transaction failed at the shop", True), ("my payment is not going through", True),
        ("card swipe nahi ho raha, payment fail", True), ("मेरा पेमेंट फेल हो गया", True), ("online payment nahi ho raha hai", True),
        ("payment failed but money deducted", False), ("paise kat gaye par payment fail", False), ("I was charged twice", False),
        ("where is my refund", False), ("show my last five transactions", False), ("पेमेंट फेल हुआ और पैसे कट गए", False),
    ],
)  # fmt: skip
def test_a_declined_payment_is_told_from_money_that_moved(words: str, is_one: bool) -> None:
    assert asks_why_declined(words) is is_one


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"), ("gamil.com", "gmail.com"), ("gmail.co", "gmail.com"), ("gmaill.com", "gmail.com"),
        ("yahooo.com", "yahoo.com"), ("yaho.in", "yahoo.in"), ("hotmial.com", "hotmail.com"), ("outlok.com", "outlook.com"),
        ("redifmail.com", "rediffmail.com"), ("example.con", "example.com"), ("GMIAL.COM", "gmail.com"),
        ("gmail.com", None), ("mail.com", None), ("live.in", None), ("yahoo.co.uk", None), ("infosys.com", None), ("iitb.ac.in", None),
        ("example.org", None), ("company.co", None),
    ],
)  # fmt: skip
def test_a_slip_in_a_well_known_domain_is_seen(typed: str, meant: str | None) -> None:
    assert domain_meant(typed) == meant


@pytest.mark.parametrize(
    ("words", "wallet"),
    [
        ("balance of my meal wallet", "meal"), ("food wallet me kitna hai", "meal"), ("petrol wallet", "fuel"),
        ("मील वॉलेट में कितना है", "meal"), ("how much in diwali wallet", "diwali"), ("main wallet balance", "default"),
        ("balance", ""), ("how much is in my wallet", ""), ("balance of all wallets", ""), ("meal and gift wallet", ""),
        ("my main balance", ""), ("what is in which wallet", ""),
    ],
)  # fmt: skip
def test_the_wallet_that_is_named_is_found(words: str, wallet: str) -> None:
    assert wallet_asked(words) == wallet


def test_a_named_wallet_is_looked_up_by_the_words_of_its_name() -> None:
    wallets = [Wallet("1", "GPR Wallet", True, 100), Wallet("2", "Meal Wallet", False, 200), Wallet("3", "Diwali Bonus", False, 300)]

    found = {asked: [each.name for each in wallets_named(wallets, asked)] for asked in ("meal", "default", "diwali", "diwaly", "gift")}

    assert found == {
        "meal": ["Meal Wallet"], "default": ["GPR Wallet"], "diwali": ["Diwali Bonus"], "diwaly": ["Diwali Bonus"], "gift": [],
    }  # fmt: skip
