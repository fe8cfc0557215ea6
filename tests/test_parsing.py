"""What cardholders type for a card's last four, an expiry, a birth date, a mobile and an e-mail."""
from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.parsing import (
    ImpossibleMonth,
    NoSuchDay,
    NotADate,
    NotAMobile,
    NotAnAge,
    NotAnEmail,
    NotAnExpiry,
    NotFourDigits,
    ParseError,
    YearMissing,
    is_date_of_birth,
    is_email,
    is_expiry,
    is_last_four,
    is_mobile,
    mask_email,
    mask_mobile,
    parse_date_of_birth,
    parse_email,
    parse_expiry,
    parse_last_four,
    parse_mobile,
)

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize("text", [
    "8305", " 8305 ", "8 3 0 5", "83-05", "ends with 8305", "last 4 digits 8305", "last four digits are 8305", "xxxx xxxx xxxx 8305",
    "****8305", "८३०५", "８３０５", "⑧③⓪⑤", "8\u200b305", "8️⃣3️⃣0️⃣5️⃣", "eight three zero five", "eighty three oh five",
    "eight-three-zero-five", "aath teen shunya paanch", "आठ तीन शून्य पाँच", "तिरासी शून्य पांच", "Eight, three, zero, five.",
])
def test_the_last_four_is_read_in_the_ways_that_people_write_it(text: str):
    assert parse_last_four(text) == "8305"


@pytest.mark.parametrize("text", ["", "830", "83055", "8305 0827", "card", "4111111111111111", "do you know", "8305/27"])
def test_anything_but_four_digits_is_no_last_four(text: str):
    with pytest.raises(NotFourDigits):
        parse_last_four(text)


@pytest.mark.parametrize("text", [
    "08/27", "8/27", "0827", "08/2027", "8-27", "08-2027", "08.2027", "082027", "82027", "08 27", "0 8 2 7", "2027-08", "Aug 2027", "aug27",
    "August '27", "AUG-27", "2027 aug", "अगस्त 2027", "०८/२७", "agast do hazaar sattaees", "august twenty twenty seven",
    "zero eight slash twenty seven", "zero eight two seven", "aath satais", "valid thru 08/27",
])
def test_an_expiry_is_read_as_month_and_year(text: str):
    assert parse_expiry(text) == "0827"


def test_a_past_expiry_is_no_error():
    assert parse_expiry("01/19") == "0119"


@pytest.mark.parametrize(("text", "error"), [
    ("13/27", ImpossibleMonth), ("00/27", ImpossibleMonth), ("1327", ImpossibleMonth), ("8305", ImpossibleMonth), ("827", NotAnExpiry),
    ("27", NotAnExpiry), ("aug", NotAnExpiry), ("31/08/2027", NotAnExpiry), ("08/1927", NotAnExpiry), ("", NotAnExpiry),
    ("08/27/8305", NotAnExpiry),
])
def test_what_is_no_expiry_is_refused_with_its_reason(text: str, error: type[ParseError]):
    with pytest.raises(error):
        parse_expiry(text)


@pytest.mark.parametrize("text", [
    "11-07-1993", "11/7/93", "11.07.1993", "11 07 1993", "11071993", "110793", "11 July 1993", "11th July 93", "11th of July, 1993",
    "July 11, 1993", "11-Jul-1993", "1993-07-11", "19931107"[:4] + "-07-11", "1993 july 11", "eleventh of july nineteen ninety three",
    "eleven seven nineteen ninety three", "११/०७/१९९३", "11 जुलाई 1993", "ग्यारह जुलाई उन्नीस सौ तिरानवे", "gyarah julai unnees sau tiranve",
    "11th of the 7th 1993", "1 1 0 7 1 9 9 3", "dob: 11/07/1993",
])
def test_a_birth_date_is_read_day_first(text: str):
    assert parse_date_of_birth(text, today=TODAY) == date(1993, 7, 11)


@pytest.mark.parametrize(("text", "error"), [
    ("31-02-1993", NoSuchDay), ("31/04/1993", NoSuchDay), ("29-02-1993", NoSuchDay), ("7/25/1993", ImpossibleMonth), ("11 July", YearMissing),
    ("11/07", YearMissing), ("11-07-2024", NotAnAge), ("11-07-2030", NotAnAge), ("11-07-1899", NotAnAge), ("1993", NotADate), ("", NotADate),
    ("July", NotADate), ("11-07-199", NotADate), ("8305 11-07-1993", NotADate),
])
def test_what_is_no_birth_date_is_refused_with_its_reason(text: str, error: type[ParseError]):
    with pytest.raises(error):
        parse_date_of_birth(text, today=TODAY)


def test_ages_from_5_to_120_are_accepted():
    for text in ("22-11-2021", "22-11-1906"):
        assert is_date_of_birth(text, today=TODAY)
    for text in ("23-11-2021", "21-11-1905"):
        assert not is_date_of_birth(text, today=TODAY)


def test_a_year_of_two_digits_is_the_latest_that_gives_an_age():
    assert parse_date_of_birth("01/01/21", today=TODAY).year == 2021
    assert parse_date_of_birth("01/01/22", today=TODAY).year == 1922
    assert parse_date_of_birth("29/02/24", today=TODAY).year == 1924


@pytest.mark.parametrize("text", [
    "9876543210", "98765 43210", "+91 98765-43210", "+919876543210", "0091 9876543210", "09876543210", "919876543210", "(98765) 43210",
    "९८७६५४३२१०", "my new number is 9876543210", "nine eight seven six five four three two one oh", "nau aath saat chhe paanch char teen do ek zero",
])
def test_a_mobile_is_read_as_the_bank_keeps_it(text: str):
    assert parse_mobile(text) == "919876543210"


@pytest.mark.parametrize("text", ["", "987654321", "98765432101", "1234567890", "+1 987 654 3210", "call me", "08041234567", "9876543210 9876543211"])
def test_what_is_no_indian_mobile_is_refused(text: str):
    with pytest.raises(NotAMobile):
        parse_mobile(text)


@pytest.mark.parametrize("text", [
    "asha.verma@gmail.com", " asha.verma@gmail.com. ", "my new email is asha.verma@gmail.com please", "asha.verma＠gmail．com", "<asha.verma@gmail.com>",
    "asha.verma @ gmail.com", "asha dot verma at gmail dot com", "asha dot verma at the rate gmail dot com", "asha.verma(at)gmail(dot)com",
    "asha.verma at gmail.com",
])
def test_an_email_is_read_written_or_spoken(text: str):
    assert parse_email(text) == "asha.verma@gmail.com"


@pytest.mark.parametrize("name", ["fresh.two", "ek.do", "may.second", "nine.to.five", "do-teen-char"])
def test_a_written_address_keeps_its_words(name: str):
    assert parse_email(f"it is {name}@example.com") == f"{name}@example.com"


@pytest.mark.parametrize("text", ["", "asha", "asha@", "@gmail.com", "asha@gmail", "a b c", "a@b.com and c@d.com", "asha@@gmail.com", "asha@localhost"])
def test_what_is_no_email_is_refused(text: str):
    with pytest.raises(NotAnEmail):
        parse_email(text)


def outcome(parse: Callable[[str], object], text: str) -> object:
    try:
        return parse(text)
    except ParseError as error:
        return error


@given(st.text(max_size=40))
def test_any_text_gives_a_value_or_a_reason_that_repeats_nothing(text: str):
    for parse in (parse_last_four, parse_expiry, parse_mobile, parse_email, lambda typed: parse_date_of_birth(typed, today=TODAY)):
        got = outcome(parse, text)

        assert not isinstance(got, ParseError) or str(got) == got.reason


@given(st.dates(date(1910, 1, 1), date(2021, 1, 1)), st.sampled_from(("%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y", "%d %B %Y", "%d%m%Y", "%Y-%m-%d", "%B %d, %Y")))
def test_every_birth_date_survives_every_way_to_write_it(born: date, form: str):
    assert parse_date_of_birth(born.strftime(form), today=TODAY) == born


def test_the_questions_answer_like_the_parsers():
    assert is_last_four("8305")
    assert not is_last_four("830")
    assert is_expiry("08/27")
    assert not is_expiry("13/27")
    assert is_mobile("98765 43210")
    assert not is_mobile("98765")
    assert is_email("a@example.com")
    assert not is_email("a")


def test_masks_show_what_a_cardholder_may_recognise():
    assert mask_mobile("919876547706") == "+91 ******7706"
    assert mask_email("asha@example.com") == "as***@example.com"
