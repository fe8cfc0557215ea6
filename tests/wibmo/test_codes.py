"""The table of codes against every operation: class, error and retry decision."""

from __future__ import annotations

import pytest

from wibmo import CODES, CodeClass, Operation, errors
from wibmo.codes import class_of, error_for, is_retryable, is_success

READ_ERRORS = {
    CodeClass.WRONG_DETAILS: errors.WrongDetails,
    CodeClass.AMBIGUOUS: errors.Ambiguous,
    CodeClass.USER_INPUT: errors.UserInput,
    CodeClass.CARD_STATE: errors.CardState,
    CodeClass.DUPLICATE: errors.Transient,
    CodeClass.TRANSIENT: errors.Transient,
    CodeClass.MISCONFIGURED: errors.Misconfigured,
    CodeClass.UNKNOWN: errors.UnknownCode,
}
WRITE_ERRORS = READ_ERRORS | {
    CodeClass.DUPLICATE: errors.Duplicate,
    CodeClass.TRANSIENT: errors.OutcomeUnknown,
    CodeClass.UNKNOWN: errors.OutcomeUnknown,
}
# As the four pages list them.
DOCUMENTED = {
    Operation.VERIFY: "1001 1030 1031 1032 1049 1051 1052 1055 1058 1080 1081 1084 1085 1088 1093 1262 1264 1302"
    " 1303 1304 1310 1311 1320 1332 1333 1334 1335 1336",
    Operation.RETRIEVE: "1001 1031 1032 1034 1052 1054 1055 1056 1088 1092 1093 1237 1248 1263 1264 1275 1302 1303"
    " 1304 1307 1320 1500 1501 1503 1510 1511 5000",
    Operation.UPDATE: "1001 1034 1050 1054 1088 1090 1091 1092 1231 1237 1238 1239 1240 1241 1242 1245 1290 1300"
    " 1304 1305 1306 1309 8007 77101 85114",
}


@pytest.mark.parametrize("operation", DOCUMENTED)
def test_every_code_of_a_page_is_in_the_table_with_its_name(operation: Operation) -> None:
    listed = {code for code, row in CODES.items() if operation in row.operations}

    assert listed == set(DOCUMENTED[operation].split())
    assert all(CODES[code].name for code in listed)


@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("code", [*CODES, "4242"])
def test_each_code_is_the_error_of_its_class_and_only_reads_repeat(operation: Operation, code: str) -> None:
    kind = class_of(code)

    error = error_for(operation, code, "ABC234")

    expected = (READ_ERRORS if operation.is_read else WRITE_ERRORS)[kind]
    assert isinstance(error, expected)
    assert (error.code, error.request_id) == (code, "ABC234")
    again = kind in (CodeClass.TRANSIENT, CodeClass.DUPLICATE)
    assert is_retryable(operation, code) is (operation.is_read and again)


@pytest.mark.parametrize("code", [*CODES, "4242", "1931", "1281", "201", "000", ""])
def test_nothing_but_zero_is_success(code: str) -> None:
    assert not is_success(code)
    assert is_success("00")
    assert is_success("0")


def test_numbers_that_are_message_codes_elsewhere_are_judged_as_codes() -> None:
    assert class_of("1240") is CodeClass.MISCONFIGURED  # block's messageCode
    assert class_of("1281") is CodeClass.UNKNOWN  # updateProfile's own answer


def test_a_value_that_is_set_already_has_an_error_of_its_own() -> None:
    assert type(error_for(Operation.UPDATE, "8007", None)) is errors.AlreadySet


def test_every_class_says_what_to_do() -> None:
    assert all(kind.advice for kind in CodeClass)
