"""Errors say a code, a request id and a fixed reason."""

from __future__ import annotations

import pickle

from wibmo import BadAnswer, BankUnavailable, Duplicate, NotSent, OutcomeUnknown, Refused, WrongDetails


def test_an_error_reads_as_reason_code_and_request_id() -> None:
    error = WrongDetails("wrong_details", code="1335", request_id="ABC234")

    assert str(error) == "wrong_details code=1335 request=ABC234"
    assert repr(error) == "WrongDetails('wrong_details code=1335 request=ABC234')"


def test_a_code_that_is_not_a_code_is_not_repeated() -> None:
    assert NotSent(code="asha@example.com").code == "?"


def test_an_empty_error_reads_as_its_name() -> None:
    assert str(BadAnswer()) == "BadAnswer"


def test_a_refusal_is_never_a_bank_that_is_away() -> None:
    assert not issubclass(WrongDetails, BankUnavailable)
    assert not issubclass(BankUnavailable, Refused)


def test_an_answer_that_cannot_be_trusted_and_a_duplicate_leave_the_outcome_unknown() -> None:
    assert issubclass(BadAnswer, OutcomeUnknown)
    assert issubclass(Duplicate, OutcomeUnknown)
    assert not issubclass(NotSent, OutcomeUnknown)


def test_an_error_survives_a_process_pool() -> None:
    assert isinstance(pickle.loads(pickle.dumps(NotSent("circuit open"))), NotSent)  # noqa: S301  # our own bytes
