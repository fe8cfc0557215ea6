"""Codes by SMS in the guard's store: who is asked for one, how often it may be tried and sent, and what is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from actions.guard.codes import CODE_LIFE, Codes
from actions.guard.keys import Keys
from actions.guard.possession import Act, Registered
from actions.guard.schema import code_sends, possession_codes
from actions.guard.storage import Storage

from .conftest import Clock

ASHA = Registered("70000000001", "SBX000000001", "919000000001")


@pytest.fixture
def codes(storage: Storage, keys: Keys, clock: Clock) -> Codes:
    return Codes(storage, keys, clock)


def test_a_code_is_open_in_the_conversation_that_was_asked_for_it(codes: Codes) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", ASHA)

    open_one = codes.current("web:1")

    assert open_one is not None
    assert (open_one.act, open_one.attempt, open_one.last_four, open_one.registered) == (Act.SEE, 7, "8305", ASHA)
    assert codes.current("web:2") is None


def test_a_code_lives_ten_minutes_and_a_new_one_ten_more(codes: Codes, clock: Clock) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", ASHA)
    clock.tick(CODE_LIFE - 1)
    codes.extend("web:1")
    clock.tick(CODE_LIFE - 1)

    assert codes.current("web:1") is not None
    clock.tick(1)
    assert codes.current("web:1") is None
    assert codes.count_try("web:1") is None


def test_three_tries_and_no_more_however_many_come_at_once(codes: Codes) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", ASHA)

    with ThreadPoolExecutor(10) as threads:
        counted = list(threads.map(lambda _: codes.count_try("web:1"), range(20)))

    assert sum(each is not None for each in counted) == 3
    assert codes.current("web:1") is None


def test_a_try_that_the_bank_never_saw_is_given_back(codes: Codes) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", ASHA)
    for _ in range(5):
        assert codes.count_try("web:1") is not None
        codes.give_back("web:1")

    assert codes.current("web:1") is not None


def test_who_gave_wrong_details_is_asked_too_and_nothing_is_known_of_a_card(codes: Codes) -> None:
    codes.ask("web:1", Act.SEE, None, "", None)

    tried = codes.count_try("web:1")

    assert tried is not None
    assert (tried.registered, tried.tries) == (None, 1)


def test_a_code_asked_for_again_voids_the_former_and_its_tries(codes: Codes) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", ASHA)
    codes.count_try("web:1")
    codes.ask("web:1", Act.CHANGE, 8, "8305", ASHA)

    open_one = codes.current("web:1")

    assert open_one is not None
    assert (open_one.act, open_one.attempt, open_one.tries) == (Act.CHANGE, 8, 0)


def test_a_record_that_was_read_late_addresses_only_the_code_that_it_was_read_for(codes: Codes) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", Registered(ASHA.urn, ASHA.customer_id, ""))
    first = codes.current("web:1")
    assert first is not None
    codes.address("web:1", first, ASHA)
    addressed = codes.current("web:1")
    codes.ask("web:1", Act.SEE, 8, "", Registered("70000000002", "SBX000000002", ""))
    codes.address("web:1", first, ASHA)
    second = codes.current("web:1")

    assert addressed is not None
    assert addressed.registered == ASHA
    assert second is not None
    assert second.registered is not None
    assert second.registered.urn == "70000000002"


def test_three_codes_an_hour_and_six_a_day(codes: Codes, clock: Clock) -> None:
    asked = []
    for _ in range(4):
        asked.append(sum(codes.may_ask("web:1") for _ in range(5)))
        clock.tick(3601)

    assert asked == [3, 3, 0, 0]
    assert codes.may_ask("web:2")
    clock.tick(24 * 3600)
    assert codes.may_ask("web:1")


def test_an_account_has_a_limit_of_its_own_over_all_conversations(codes: Codes) -> None:
    sent = [codes.may_send(f"web:{n}", ASHA.urn) for n in range(5)]

    assert sent == [True, True, True, False, False]
    assert codes.may_send("web:9", "70000000002")
    assert codes.may_ask("web:0")


def test_not_one_code_too_many_of_fifty_asked_for_at_once(codes: Codes) -> None:
    with ThreadPoolExecutor(10) as threads:
        allowed = list(threads.map(lambda n: codes.may_send(f"web:{n}", ASHA.urn), range(50)))

    assert sum(allowed) == 3


def test_rows_hold_no_number_and_are_forgotten(codes: Codes, storage: Storage, clock: Clock) -> None:
    codes.ask("web:1", Act.SEE, 7, "8305", ASHA)
    codes.may_send("web:1", ASHA.urn)

    with storage.read() as conn:
        rows = repr([conn.execute(select(table)).all() for table in (possession_codes, code_sends)])
    assert not any(value in rows for value in (ASHA.urn, ASHA.mobile, "9000000001", "8305"))
    clock.tick(3 * 24 * 3600)
    assert codes.purge() == 1
