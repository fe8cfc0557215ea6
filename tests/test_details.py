"""One message with one, two or all three details: which is which, and what is never guessed."""
from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.details import ALL_DETAILS, Details, parse_details

TODAY = date(2026, 11, 22)
WHOLE = {"last_four": "8305", "card_expiry": "0827", "date_of_birth": "1993-07-11"}


def read(text: str, *wanted: str) -> Details:
    return parse_details(text, today=TODAY, wanted=frozenset(wanted) or ALL_DETAILS)


@pytest.mark.parametrize("text", [
    "8305 08/27 11-07-1993", "8305 0827 11071993", "83050827 11071993", "8305082711071993", "8305, 0827, 11/7/93", "8305,08/27,11/07/93",
    "8305/0827/11071993", "8305 08 27 11 07 1993", "8305 - 08/27 - 11/07/1993", "8305\n08/27\n11.07.1993", "11 July 1993 aug 2027 8305",
    "08/2027, 1993-07-11, 8305", "card ending 8305 exp Aug 2027 born 11 July 1993", "8305 card, 0827 expiry, 11071993 dob",
    "dob 11071993 and last 4 8305, valid thru 0827", "card number ending with 8305 and expiry is august 27 and dob is 11th july 93",
    "८३०५ ०८/२७ ११-०७-१९९३", "eight three zero five, oh eight twenty seven, eleven july nineteen ninety three",
    "eighty three oh five oh eight twenty seven eleven oh seven nineteen ninety three",
    "aath teen shunya paanch, agast do hazaar sattaees, gyarah julai unnees sau tiranve", "आठ तीन शून्य पांच, अगस्त 2027, 11 जुलाई 1993",
    "मेरा कार्ड ८३०५, एक्सपायरी अगस्त २०२७, जन्म ११ जुलाई १९९३", "xxxx xxxx xxxx 8305 8/27 11-7-1993",
])
def test_all_three_are_read_from_one_message(text: str):
    details = read(text)

    assert details.as_text() == WHOLE
    assert details.problems == ()


@pytest.mark.parametrize(("text", "found"), [
    ("8305", {"last_four": "8305"}), ("08/27", {"card_expiry": "0827"}), ("11-07-1993", {"date_of_birth": "1993-07-11"}),
    ("8305 0827", {"last_four": "8305", "card_expiry": "0827"}), ("0827 8305", {"last_four": "8305", "card_expiry": "0827"}),
    ("0312 exp 0827", {"last_four": "0312", "card_expiry": "0827"}), ("x 1993", {"last_four": "1993"}),
    ("my card 8305 exp 08/22", {"last_four": "8305", "card_expiry": "0822"}), ("mar 2027", {"card_expiry": "0327"}), ("hello", {}),
    ("why do you need it", {}), ("", {}),
])
def test_a_part_is_read_without_the_rest(text: str, found: dict[str, str]):
    details = read(text)

    assert (details.as_text(), details.problems) == (found, ())


@pytest.mark.parametrize(("text", "wanted", "found"), [
    ("0827", "last_four", {"last_four": "0827"}), ("0827", "card_expiry", {"card_expiry": "0827"}),
    ("08 27", "last_four", {"last_four": "0827"}), ("110793", "date_of_birth", {"date_of_birth": "1993-07-11"}),
    ("aug 27", "card_expiry", {"card_expiry": "0827"}), ("11 7 93", "date_of_birth", {"date_of_birth": "1993-07-11"}),
])
def test_bare_digits_are_what_is_still_missing(text: str, wanted: str, found: dict[str, str]):
    details = read(text, wanted)

    assert (details.as_text(), details.problems) == (found, ())


@pytest.mark.parametrize("text", ["0827", "1130", "0827 0928", "oh eight two seven".replace("oh", "zero")])
def test_four_digits_that_can_be_two_things_are_never_guessed(text: str):
    details = read(text)

    assert details.as_text() == {}
    assert {str(problem) for problem in details.problems} == {"ambiguous_details"}


@pytest.mark.parametrize(("text", "wanted", "problem", "reason"), [
    ("13/27", "card_expiry", "impossible_month_card_expiry", "impossible_month"), ("8305", "card_expiry", "impossible_month_card_expiry", "impossible_month"),
    ("31-02-1993", "date_of_birth", "no_such_day", "no_such_day"), ("11 July", "date_of_birth", "year_missing", "year_missing"),
    ("11-07-2024", "date_of_birth", "not_an_age", "not_an_age"), ("830", "last_four", "wrong_last_four", "not_four_digits"),
    ("83055", "last_four", "wrong_last_four", "not_four_digits"), ("1993", "date_of_birth", "wrong_date_of_birth", "not_a_date"),
])
def test_what_cannot_be_is_a_problem_with_a_reason(text: str, wanted: str, problem: str, reason: str):
    (found,) = read(text, wanted).problems

    assert (str(found), found.reason) == (problem, reason)


def test_a_good_detail_is_kept_beside_a_bad_one():
    details = read("8305 13/27 11-07-1993")

    assert details.found == {"last_four", "date_of_birth"}
    assert [str(problem) for problem in details.problems] == ["impossible_month_card_expiry"]


def test_the_fields_of_the_secure_card_are_read_under_their_names():
    details = parse_details(
        [("last_four", "0827"), ("card_expiry", "08/27"), ("date_of_birth", "1993-07-11")], today=TODAY)

    assert details.as_text() == WHOLE | {"last_four": "0827"}


def test_spans_of_one_message_are_read_together():
    details = parse_details([("four_digits", "0312"), ("month_and_year", "0827"), ("date", "11 July 1993")], today=TODAY)

    assert details.as_text() == WHOLE | {"last_four": "0312"}


@given(st.integers(0, 9999), st.integers(1, 12), st.integers(16, 40), st.dates(date(1930, 1, 1), date(2015, 1, 1)),
       st.permutations((0, 1, 2)), st.sampled_from((" ", ", ", "\n", " and ")))
def test_written_with_signs_the_three_are_told_apart_in_any_order(
    last: int, month: int, year: int, born: date, order: list[int], gap: str
):
    parts = [f"{last:04d}", f"{month:02d}/{year}", f"{born:%d-%m-%Y}"]

    details = read(gap.join(parts[index] for index in order))

    assert details.as_text() == {"last_four": parts[0], "card_expiry": f"{month:02d}{year}", "date_of_birth": born.isoformat()}


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_and_no_value_shows_in_a_repr(text: str):
    details = read(text)

    assert not any(value in repr(details) for value in details.as_text().values())
