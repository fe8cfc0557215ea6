"""Details that are put right: which one, by how much of it, and what is no correction at all."""

from __future__ import annotations

from datetime import date

import pytest

from actions.corrections import correct

TODAY = date(2026, 11, 22)
HAD = {"last_four": "8305", "card_expiry": "0825", "date_of_birth": "1993-03-11"}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("no, 2027 not 2025", {"card_expiry": "0827"}),
        ("2025 nahi 2027", {"card_expiry": "0827"}),
        ("2025 नहीं 2027", {"card_expiry": "0827"}),
        ("2027 instead of 2025", {"card_expiry": "0827"}),
        ("sorry, expiry is 09/25", {"card_expiry": "0925"}),
        ("the expiry year should be 2028", {"card_expiry": "0828"}),
        ("galat likh diya, card 8306 hai", {"last_four": "8306"}),
        ("8306 not 8305", {"last_four": "8306"}),
        ("गलत लिख दिया, कार्ड 8306 है", {"last_four": "8306"}),
        ("sorry the dob is 12 march not 11", {"date_of_birth": "1993-03-12"}),
        ("not march, april", {"date_of_birth": "1993-04-11"}),
        ("11 nahi 12", {"date_of_birth": "1993-03-12"}),
        ("sorry my birth year is 1994", {"date_of_birth": "1994-03-11"}),
        ("actually i was born on 12-04-1994", {"date_of_birth": "1994-04-12"}),
        ("no, 1994 not 1993", {"date_of_birth": "1994-03-11"}),
    ],
)
def test_one_detail_is_put_right(text: str, changed: dict[str, str]) -> None:
    assert correct(text, HAD, today=TODAY) == changed


@pytest.mark.parametrize(
    "text",
    ["08/27", "8306", "my card ends in 8306", "sorry", "no", "not 2025", "31 not 11, february", "5 not 6", "8305", "sorry it is 8305"],
)
def test_what_puts_nothing_right_changes_nothing(text: str) -> None:
    assert correct(text, HAD, today=TODAY) == {}


def test_a_detail_that_was_never_given_is_no_correction() -> None:
    assert correct("sorry, 08/27", {"last_four": "8305"}, today=TODAY) == {}
    assert correct("no wait 0827", {"last_four": "8305"}, today=TODAY) == {}
    assert correct("sorry the dob is 12 march", {"last_four": "8305"}, today=TODAY) == {}
    assert correct("no, 2027 not 2025", {}, today=TODAY) == {}
