"""The plausibility checks of the secure card, run in the browser that they are written for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.widget.browser import ChatPage
from tests.widget.chromium import Chromium
from tests.widget.fake_server import FakeServer

pytestmark = pytest.mark.browser
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(chromium: Chromium) -> Iterator[Ask]:
    """Calls a function of details.js with plain arguments."""
    server = FakeServer(now=lambda: "2026-11-22T10:42:07+05:30")
    visitor = chromium.visitor()
    page = ChatPage(chromium.tab(visitor), server.url).open()

    def call(function: str, text: str, *more: str) -> Any:
        arguments = ", ".join([json.dumps(text), *more])
        return page.tab.run(f"import('/static/details.js').then(m => m.{function}({arguments}))")

    yield call
    page.tab.close()
    chromium.forget(visitor)
    server.close()


@pytest.mark.parametrize(
    ("typed", "value"),
    [("8305", "8305"), (" 83 05 ", "8305"), ("८३०५", "8305"), ("８３０５", "8305"), ("0007", "0007")],
)
def test_four_digits_of_any_script_are_the_last_four(ask: Ask, typed: str, value: str) -> None:
    assert ask("checkLastFour", typed) == {"value": value}


@pytest.mark.parametrize(
    ("function", "typed", "problem"),
    [
        ("checkLastFour", "", "lastFourNeeded"),
        ("checkLastFour", "830", "lastFourShort"),
        ("checkLastFour", "83055", "lastFourLong"),
        ("checkExpiry", "", "expiryNeeded"),
        ("checkExpiry", "08", "expiryShort"),
        ("checkExpiry", "08/2", "expiryShort"),
        ("checkExpiry", "08/1927", "expiryShort"),
        ("checkExpiry", "13/27", "expiryMonth"),
        ("checkExpiry", "00/27", "expiryMonth"),
        ("checkDateOfBirth", "", "dobNeeded"),
        ("checkDateOfBirth", "11-07", "dobShort"),
        ("checkDateOfBirth", "11-07-93", "dobShort"),
        ("checkDateOfBirth", "31-02-1993", "dobDate"),
        ("checkDateOfBirth", "11-13-1993", "dobDate"),
        ("checkDateOfBirth", "11-00-1993", "dobDate"),
        ("checkDateOfBirth", "29-02-1900", "dobDate"),
    ],
)
def test_an_impossible_detail_has_its_own_kind_message(ask: Ask, function: str, typed: str, problem: str) -> None:
    assert ask(function, typed) == {"problem": problem}


@pytest.mark.parametrize("typed", ["08/27", "0827", "8/27", "08/2027", "082027", "08-27", "०८/२७"])
def test_an_expiry_is_read_however_it_is_written(ask: Ask, typed: str) -> None:
    assert ask("checkExpiry", typed) == {"value": "0827"}


def test_a_past_expiry_is_left_to_the_bank(ask: Ask) -> None:
    assert ask("checkExpiry", "01/19") == {"value": "0119"}


@pytest.mark.parametrize("typed", ["11-07-1993", "11/7/1993", "11071993", "1993-07-11", "११-०७-१९९३"])
def test_a_date_of_birth_is_read_however_it_is_written(ask: Ask, typed: str) -> None:
    assert ask("checkDateOfBirth", typed) == {"value": "1993-07-11"}


def test_a_leap_day_is_a_birthday(ask: Ask) -> None:
    assert ask("checkDateOfBirth", "29-02-2000") == {"value": "2000-02-29"}


@pytest.mark.parametrize(("typed", "problem"), [("23-11-2026", "dobFuture"), ("11-07-1893", "dobYear")])
def test_a_birthday_lies_between_long_ago_and_today(ask: Ask, typed: str, problem: str) -> None:
    assert ask("checkDateOfBirth", typed, "new Date('2026-11-22')") == {"problem": problem}


@pytest.mark.parametrize(
    ("function", "typed", "shown"),
    [
        ("shapeExpiry", "0", "0"),
        ("shapeExpiry", "8", "08"),
        ("shapeExpiry", "08", "08"),
        ("shapeExpiry", "082", "08/2"),
        ("shapeExpiry", "1/27", "01/27"),
        ("shapeExpiry", "08/2027", "08/2027"),
        ("shapeDate", "11", "11"),
        ("shapeDate", "110", "11-0"),
        ("shapeDate", "1/7/1993", "01-07-1993"),
        ("shapeDate", "11071993", "11-07-1993"),
        ("shapeDate", "1993-07-11", "11-07-1993"),
    ],
)
def test_separators_appear_while_the_cardholder_types(ask: Ask, function: str, typed: str, shown: str) -> None:
    assert ask(function, typed) == shown


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "card 4111-1111-1111-1111 please",
        "4111.1111.1111.1111",
        "४१११ ११११ ११११ ११११",
        "4111111111111111 08/27",
        "378282246310005",
        "3782 822463 10005",
        "41 11 11 11 11 11 11 11",
        "8305 08/27 4111 1111 1111 1111",
        "9999411111111111111199999",
    ],
)
def test_a_whole_card_number_is_seen_however_it_is_spaced(ask: Ask, text: str) -> None:
    assert ask("holdsCardNumber", text) is True


@pytest.mark.parametrize(
    "text",
    [
        "8305 08/27 11-07-1993",
        "8302 08/31 11-07-1993",
        "8302 0831 11071993",
        "8302, 08/31, 11/07/1993",
        "8302 08 31 11 07 1993",
        "+91 98765 43210",
        "my balance",
        "0000000000000000",
        "4111 1111 1111 1112",
        "1234567890123",
    ],
)
def test_other_numbers_are_not_taken_for_a_card_number(ask: Ask, text: str) -> None:
    assert ask("holdsCardNumber", text) is False
