"""Single fields of the bank's JSON: amounts, dates, texts, flags."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wibmo import BadAnswer
from wibmo.fields import Fields, parse_date, parse_paise


def read(**data: Any) -> Fields:
    return Fields(data, "ABC234", frozenset({"rupees"}))


@pytest.mark.parametrize(
    ("value", "paise"),
    [
        (550, 550), ("550", 550), ("0", 0), (0, 0), (10000, 10000), ("900.00", 90000), ("900.5", 90050),
        (Decimal("5.50"), 550), ("-12.34", -1234), (" 7 ", 7), ("1.2000", 120), (Decimal("0.05"), 5),
    ],
)  # fmt: skip
def test_whole_numbers_are_paise_and_a_point_makes_rupees(value: object, paise: int) -> None:
    assert parse_paise(value) == paise


@pytest.mark.parametrize(
    "value",
    [None, True, "", "1,000", "1.234", "₹5", "५५०", "1e3", Decimal("1E+3"), 10**15, "9" * 16, [1], {}, 5.5],
)
def test_an_amount_that_could_be_read_two_ways_is_not_read(value: object) -> None:
    assert parse_paise(value) is None


def test_a_field_can_be_declared_to_hold_whole_rupees() -> None:
    fields = read(rupees="900", paise="900")

    assert (fields.paise("rupees"), fields.paise("paise")) == (90000, 900)


@settings(max_examples=500)
@given(paise=st.integers(0, 10**12))
def test_both_ways_to_write_an_amount_mean_the_same(paise: int) -> None:
    assert parse_paise(str(paise)) == parse_paise(f"{paise // 100}.{paise % 100:02}") == paise


@pytest.mark.parametrize(
    "text",
    [
        "11-Jul-1993",
        "11-07-1993",
        "19930711",
        "1993-07-11",
        "1993-07-11 00:00:00",
        "11-jul-1993",
        "19930711000000",
    ],
)
def test_a_date_of_birth_is_read_in_every_published_format(text: str) -> None:
    assert parse_date(text) == date(1993, 7, 11)


@pytest.mark.parametrize(
    "text", ["", "31-02-1993", "11-Foo-1993", "0711", "XX-XX-1993", "00000000", "11/07/1993"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


def test_an_absent_required_field_is_named_without_a_value() -> None:
    with pytest.raises(BadAnswer) as caught:
        read(urn=["8305"]).required("urn", "Urn")

    assert str(caught.value) == "field urn missing or unreadable request=ABC234"


def test_an_amount_that_cannot_be_read_is_never_zero() -> None:
    with pytest.raises(BadAnswer, match="field availBal"):
        read(availableBalance=None, availBal="12,00").paise("availableBalance", "availBal")


def test_the_first_spelling_that_is_there_counts() -> None:
    assert read(subsubwallet_id="W2").text("subwallet_id", "subsubwallet_id") == "W2"


def test_invisible_characters_are_dropped_and_indic_joiners_kept() -> None:
    assert read(name="A\u202esha\x00\ue000 ക്\u200d").text("name") == "Asha ക്\u200d"


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (True, True),
        ("Y", True),
        (1, True),
        ("0", False),
        ("N", False),
        (False, False),
        ("maybe", None),
        (7, None),
    ],
)
def test_flags_come_as_booleans_letters_and_digits(value: object, flag: bool | None) -> None:
    assert read(f=value).flag("f") is flag


def test_a_list_that_is_not_one_is_an_error() -> None:
    with pytest.raises(BadAnswer, match="cardList"):
        list(read(cardList="none").children("cardList"))
    with pytest.raises(BadAnswer, match="cardList"):
        list(read(cardList=["x"]).children("cardList"))
    assert list(read().children("cardList")) == []
