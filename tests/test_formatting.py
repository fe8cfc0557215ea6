"""How amounts and contacts look to a cardholder."""
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.formatting import ends, mask_email, mask_mobile, month_and_year, rupees


@pytest.mark.parametrize(("paise", "text"), [
    (0, "₹0.00"), (5, "₹0.05"), (99_999, "₹999.99"), (100_000, "₹1,000.00"), (10_000_000, "₹1,00,000.00"), (123_456_789_012, "₹1,23,45,67,890.12"),
    (-150, "-₹1.50"),
])
def test_amounts_have_indian_grouping(paise: int, text: str):
    assert rupees(paise) == text


@given(st.integers())
def test_an_amount_keeps_every_digit(paise: int):
    assert int("".join(c for c in rupees(paise) if c.isdigit())) == abs(paise)


def test_masks_hide_the_middle():
    assert mask_mobile("917777777706") == "+91 ******7706"
    assert mask_email("jo@example.com") == "j***@example.com"
    assert mask_mobile("12") == "***"


def test_cards_are_named_by_their_end():
    assert ends("8305") == "ends 8305"
    assert month_and_year("0827") == "08/27"
