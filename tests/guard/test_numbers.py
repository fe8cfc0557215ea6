"""Numbers that platforms vouch for: compared with the record in one form, kept by pseudonym, not for long."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from actions.guard.keys import Keys
from actions.guard.numbers import VOUCHED_SECONDS, VouchedNumbers, forget_numbers_in, purge_numbers_in
from actions.guard.possession import Registered, Shown
from actions.guard.schema import vouched_numbers
from actions.guard.storage import Storage

from .conftest import Clock


@pytest.fixture
def numbers(storage: Storage, keys: Keys, clock: Clock) -> VouchedNumbers:
    return VouchedNumbers(storage, keys, clock, "whatsapp number")


def vouch(numbers: VouchedNumbers, storage: Storage, number: str, talk: str = "whatsapp:1") -> None:
    with storage.begin() as conn:
        numbers.vouch_in(conn, talk, number)


def record(mobile: str) -> Registered:
    return Registered("70000000001", "SBX000000001", mobile)


def test_nothing_is_known_of_a_conversation_at_first(numbers: VouchedNumbers) -> None:
    assert not numbers.can_show("whatsapp:1")
    assert numbers.shows("whatsapp:1", record("919000000001")) is Shown.UNKNOWN


@pytest.mark.parametrize("mobile", ["919000000001", "9000000001", "+91 90000 00001", "09000000001"])
@pytest.mark.parametrize("written", ["919000000001", "+919000000001"])
def test_the_same_number_matches_however_it_is_written(
    numbers: VouchedNumbers, storage: Storage, written: str, mobile: str
) -> None:
    vouch(numbers, storage, written)

    assert numbers.shows("whatsapp:1", record(mobile)) is Shown.MATCH


@pytest.mark.parametrize(
    ("written", "mobile"),
    [
        ("919000000002", "919000000001"),
        ("6591234567", "6591234567"),  # Singapore's is no Indian number of the same digits
        ("19000000001", "9000000001"),
        ("919000000001", ""),
        ("919000000001", "not given"),
    ],
)
def test_another_number_never_matches(numbers: VouchedNumbers, storage: Storage, written: str, mobile: str) -> None:
    vouch(numbers, storage, written)

    assert numbers.shows("whatsapp:1", record(mobile)) is Shown.MISMATCH


def test_a_number_is_vouched_for_in_its_own_conversation_for_a_day(
    numbers: VouchedNumbers, storage: Storage, clock: Clock
) -> None:
    vouch(numbers, storage, "919000000001")

    assert not numbers.can_show("whatsapp:2")
    clock.tick(VOUCHED_SECONDS)
    assert not numbers.can_show("whatsapp:1")


def test_a_number_that_was_forgotten_must_be_vouched_for_again(numbers: VouchedNumbers, storage: Storage) -> None:
    vouch(numbers, storage, "919000000001")
    with storage.begin() as conn:
        assert forget_numbers_in(conn, ["whatsapp:1", "whatsapp:2"]) == 1

    assert not numbers.can_show("whatsapp:1")


def test_no_number_stands_in_the_database(numbers: VouchedNumbers, storage: Storage, clock: Clock) -> None:
    vouch(numbers, storage, "919000000001")

    with storage.read() as conn:
        [row] = conn.execute(select(vouched_numbers)).all()
    assert "9000000001" not in repr(row)
    with storage.begin() as conn:
        assert purge_numbers_in(conn, clock.now) == 1
