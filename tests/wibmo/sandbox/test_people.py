"""The invented cardholders: enough of them, none stale."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wibmo.sandbox.people import STATUSES, expiry_from, read_people, seed

from ..conftest import NOON

YEARS_LATER = datetime(2041, 1, 31, tzinfo=UTC).timestamp()


def test_there_is_somebody_for_every_state_and_level() -> None:
    people = read_people(seed(), NOON)

    assert len(people) >= 12
    assert {card.status for each in people for card in each.cards} == set(STATUSES)
    assert {each.kyc_name for each in people} >= {"FULL_KYC", "MIN_KYC", "SHORTFALL_KYC"}
    assert any(len(each.cards) > 1 for each in people)
    assert any(len(card.purses) > 2 for each in people for card in each.cards)
    assert any("e-Com" in card.channels_off for each in people for card in each.cards)
    assert any(sum(purse.paise for purse in card.purses) == 0 for each in people for card in each.cards)


def test_keys_urns_customers_and_contacts_are_nobody_elses() -> None:
    people = read_people(seed(), NOON)
    urns = [card.urn for each in people for card in each.cards]

    assert len(set(urns)) == len(urns)
    for values in (
        [each.key for each in people], [each.customer_id for each in people],
        [each.mobile for each in people], [each.email for each in people],
    ):  # fmt: skip
        assert len(set(values)) == len(people)


@pytest.mark.parametrize("now", [NOON, YEARS_LATER])
def test_only_the_expired_card_has_expired_whenever_the_sandbox_starts(now: float) -> None:
    today = datetime.fromtimestamp(now, UTC).date()

    for each in read_people(seed(), now):
        expires = date(2000 + int(each.expiry[2:]), int(each.expiry[:2]), 28)
        assert (expires < today) is (each.key == "expired")


def test_the_demo_cardholder_is_as_the_readme_says() -> None:
    asha = read_people(seed(), NOON)[0]

    assert (asha.first_name, asha.last_name, asha.last_four) == ("Asha", "Menon", "8305")
    assert asha.date_of_birth == date(1993, 7, 11)
    assert [(purse.name, purse.paise) for purse in asha.cards[0].purses] == [
        ("GPR Wallet", 1_00_000_00),
        ("Meal Wallet", 2_345_50),
    ]


def test_expiries_cross_the_year() -> None:
    assert expiry_from("+1m", date(2026, 12, 31)) == "0127"
    assert expiry_from("-12m", date(2026, 1, 1)) == "0125"
