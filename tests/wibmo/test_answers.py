"""What an HTTP answer means, from the plainest success to plain nonsense."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wibmo import (
    BadAnswer,
    Customer,
    Misconfigured,
    Operation,
    OutcomeUnknown,
    Transient,
    UnknownCode,
    UpdateOutcome,
    VerifiedCardholder,
    WibmoError,
    WrongDetails,
)
from wibmo.answers import RawAnswer, parse_json, read_answer, response_code
from wibmo.tokens import LocalCodec

from .fuzz_response import TXN, judge, outcome

CODEC = LocalCodec(b"a key of exactly 24 byte")
DATA = Path(__file__).parent / "data"
GOOD = {"responseCode": "00", "messageCode": 1281, "clientTxnId": TXN}

# Any JSON, and often enough with the names and values that the reader looks for.
NAMES = st.sampled_from(
    ["responseCode", "messageCode", "clientTxnId", "customerId", "profileId", "urn", "cardList", "lastFourDigit", "availableBalance",
     "subwalletListDetails", "subwallet_id", "subwallet_name", "available_balance", "transactionProfiles", "docList", "dob", "token", "result"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["00", 3021, 1931, 1281, TXN, "1092"])
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=8),
    max_leaves=25,
)


def sealed(message: Mapping[str, Any], wrapper: str = "token") -> bytes:
    return json.dumps({wrapper: CODEC.encode(json.dumps(message).encode())}).encode()


def read(
    body: bytes, *, status: int = 200, operation: Operation = Operation.UPDATE, clear: bool = False
) -> Mapping[str, Any]:
    return read_answer(operation, TXN, RawAnswer(status, body), CODEC, clear=clear)


@pytest.mark.parametrize("wrapper", ["token", "result", "encdata"])
@pytest.mark.parametrize("code", ["00", "0", 0])
def test_a_sealed_success_that_echoes_our_request_is_a_success(wrapper: str, code: object) -> None:
    assert read(sealed({**GOOD, "responseCode": code}, wrapper))["responseCode"] == code


@pytest.mark.parametrize(
    "change",
    [{"clientTxnId": "ANOTHERSREQUEST"}, {"clientTxnId": None}, {"messageCode": 1931}, {"messageCode": 0},
     {"messageCode": None}, {"responseCode": True}, {"responseCode": None}, {"responseCode": "success"},
     {"responseCode": [0]}, {"responseCode": "-0"}, {"responseCode": "०"}],
)  # fmt: skip
def test_a_success_that_is_not_an_answer_to_us_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        read(sealed({**GOOD, **change}))


def test_a_success_in_clear_counts_only_where_nothing_is_encrypted() -> None:
    body = json.dumps(GOOD).encode()

    assert read(body, clear=True)
    with pytest.raises(BadAnswer, match="dress"):
        read(body)


def test_a_published_refusal_in_clear_without_an_echo_is_a_refusal() -> None:
    body = (DATA / "retrieve-v2-failure.json").read_bytes()

    with pytest.raises(WrongDetails) as caught:
        read(body, operation=Operation.RETRIEVE)

    assert caught.value.code == "1303"


def test_a_refusal_of_somebody_elses_request_is_not_ours() -> None:
    with pytest.raises(BadAnswer, match="not ours"):
        read(sealed({**GOOD, "responseCode": "1092", "clientTxnId": "ANOTHERSREQUEST"}))


def test_an_unlisted_code_is_never_success() -> None:
    body = sealed({**GOOD, "responseCode": "4242"})

    with pytest.raises(OutcomeUnknown):
        read(body)
    with pytest.raises(UnknownCode):
        read(sealed({**GOOD, "responseCode": "4242", "messageCode": 1931}), operation=Operation.RETRIEVE)


@pytest.mark.parametrize(
    ("status", "of_a_read", "of_a_write"),
    [
        (301, Misconfigured, Misconfigured), (400, Misconfigured, Misconfigured), (401, Misconfigured, Misconfigured),
        (403, Misconfigured, Misconfigured), (404, Misconfigured, Misconfigured), (408, OutcomeUnknown, OutcomeUnknown),
        (429, Transient, OutcomeUnknown), (500, OutcomeUnknown, OutcomeUnknown), (502, OutcomeUnknown, OutcomeUnknown),
        (503, OutcomeUnknown, OutcomeUnknown), (200, BadAnswer, BadAnswer), (204, OutcomeUnknown, OutcomeUnknown),
    ],
)  # fmt: skip
def test_a_status_without_a_message_has_its_class(
    status: int, of_a_read: type[WibmoError], of_a_write: type[WibmoError]
) -> None:
    for operation, expected in ((Operation.RETRIEVE, of_a_read), (Operation.UPDATE, of_a_write)):
        with pytest.raises(expected) as caught:
            read(b"<html>no</html>", status=status, operation=operation)
        assert type(caught.value) is expected


def test_a_server_error_leaves_the_outcome_open_whatever_its_body_says() -> None:
    with pytest.raises(OutcomeUnknown):
        read(sealed({**GOOD, "responseCode": "1092"}), status=500)


def test_a_refusal_with_a_client_error_status_is_judged_by_its_code() -> None:
    with pytest.raises(WrongDetails):
        read(sealed({**GOOD, "responseCode": "1306"}), status=400)


def test_a_success_needs_status_200() -> None:
    with pytest.raises(BadAnswer):
        read(sealed(GOOD), status=202)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"token": 5}', b'{"token": "AAAA"}', b"[" * 50_000,
     b'{"responseCode": ' + b"9" * 5_000 + b"}", b'{"a": NaN}'],
)  # fmt: skip
def test_garbage_is_one_named_error(body: bytes) -> None:
    with pytest.raises(BadAnswer) as caught:
        read(body)

    assert caught.value.request_id is not None
    assert caught.value.__context__ is None


@settings(max_examples=2000)
@given(data=st.binary(max_size=24))
def test_any_json_gives_a_model_or_a_named_error(data: bytes) -> None:
    assert judge(b"\x03" + data) is not None


@settings(max_examples=2000)
@given(value=ANY_JSON, operation=st.sampled_from([Operation.VERIFY, Operation.RETRIEVE, Operation.UPDATE]), is_sealed=st.booleans())
def test_any_json_as_an_answer_gives_a_model_or_a_named_error(
    value: object, operation: Operation, is_sealed: bool
) -> None:
    plain = json.dumps(value)
    body = json.dumps({"token": CODEC.encode(plain.encode())}) if is_sealed else plain

    found = outcome(operation, 200, body.encode())

    assert isinstance(found, Customer | VerifiedCardholder | UpdateOutcome | WibmoError)


@settings(max_examples=2000)
@given(data=st.binary(max_size=200))
def test_any_bytes_give_a_named_error(data: bytes) -> None:
    assert isinstance(judge(b"\x00" + data), WibmoError)
    assert isinstance(judge(b"\x01" + data), WibmoError)


def test_the_mutations_reach_models_and_many_different_errors() -> None:
    found = [judge(b"\x03" + str(number).encode()) for number in range(1500)]

    kinds = {type(each) for each in found}
    assert {VerifiedCardholder, Customer, UpdateOutcome} <= kinds
    assert len({str(each) for each in found if isinstance(each, WibmoError)}) > 12


@settings(max_examples=2000)
@given(raw=st.binary(max_size=200))
def test_any_token_gives_a_named_error(raw: bytes) -> None:
    body = json.dumps({"token": b64encode(raw).decode()}).encode()

    assert isinstance(outcome(Operation.RETRIEVE, 200, body, CODEC), WibmoError)


@settings(max_examples=300)
@given(value=st.text(min_size=6, max_size=12, alphabet="QXZ"))
def test_no_error_repeats_what_the_bank_said(value: str) -> None:
    message = {
        "responseCode": "00", "messageCode": 1931, "clientTxnId": TXN, "customerId": value, "profileId": "30",
        "cardList": [{"urn": value, "lastFourDigit": value, "availableBalance": value}],
    }  # fmt: skip

    error = outcome(Operation.RETRIEVE, 200, sealed(message), CODEC)

    assert isinstance(error, WibmoError)
    assert value not in repr(error) + str(error) + str(error.args)


@pytest.mark.parametrize(
    ("value", "code"),
    [("00", "00"), (0, "0"), (1092, "1092"), (" 1092 ", "1092"), (77101, "77101"), (True, None), (1.0, None),
     ("1" * 7, None), (10**9, None), ("-1", None), (-1, None)],
)  # fmt: skip
def test_codes_are_short_numbers(value: object, code: str | None) -> None:
    assert response_code(value) == code


def test_amounts_keep_the_point_they_came_with() -> None:
    assert str((parse_json(b'{"a": 900.10}') or {})["a"]) == "900.10"
