"""The clear text of requests, to the byte."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wibmo import Address, CardClient, ClientConfig, Customer, Name, NotSent, Operation, dialect_from
from wibmo import messages as m

STAMP = m.Stamp("ABCDEFGH234567", 1_795_329_000.0)
OPENING = '"clientTxnId":"ABCDEFGH234567","requestDateTime":"20261122120000"'
V3 = dialect_from("v3")
ASHA = Customer("C1", "150", "Asha", "Menon", "919000000001", "asha@example.com", date(1993, 7, 11), ())


def client(**changes: Any) -> CardClient:
    config = ClientConfig(
        "https://bank.example",
        "key",
        "C",
        "1111",
        "code",
        b"a key of exactly 24 byte",
        product_id="9",
        **changes,
    )
    return CardClient(config, clock=lambda: STAMP.now)


def built(dialect: str = "v3", **change: Any) -> dict[str, Any]:
    request = client(dialect=dialect).build_update(urn="70000000001", customer=ASHA, **change)
    found: dict[str, Any] = json.loads(request.plaintext)
    return found


def test_verify_sends_the_three_details_as_the_page_writes_them() -> None:
    sent = m.write_verify(V3, STAMP, "8305", "0827", date(1993, 7, 1))

    assert sent.decode() == (
        '{"messageCode":3020,' + OPENING + ',"last4Digits":"8305","cardExpiry":"0827","dob":"01-07-1993"}'
    )


def test_verify_by_contact_uses_the_samples_names() -> None:
    sent = json.loads(m.write_verify_by_contact(V3, STAMP, "70000000008", "98765 43210", "a@example.com"))

    assert (sent["urn"], sent["customerMobile"], sent["emailId"]) == (
        "70000000008",
        "919876543210",
        "a@example.com",
    )


def test_retrieve_names_exactly_one_identifier() -> None:
    assert (
        json.loads(m.write_retrieve(V3, STAMP, {"mobile": "9876543210"}))["customerMobile"] == "919876543210"
    )
    for asked in ({}, {"urn": "1", "email": "a@example.com"}):
        with pytest.raises(ValueError, match="exactly one"):
            m.write_retrieve(V3, STAMP, asked)


def test_an_update_echoes_the_record_around_one_change() -> None:
    request = client().build_update(
        urn="70000000001", customer=ASHA, email="new@example.com", txn_id="ABCDEFGH234567"
    )

    assert request.plaintext.decode() == (
        '{"messageCode":1280,' + OPENING + ',"productId":"9","urn":"70000000001","cardProfileId":"150",'
        '"firstName":"Asha","dateOfBirth":"11-07-1993","email":"new@example.com"}'
    )
    assert (request.txn_id, request.field) == ("ABCDEFGH234567", "email")


def test_a_new_mobile_never_stands_in_the_identifiers_field() -> None:
    sent = built(mobile="+91 98765 43210")

    assert sent["mobile"] == "919876543210"
    assert "customerMobile" not in sent


def test_field_names_dates_and_vectors_follow_the_dialect() -> None:
    sent = built("v1-page; update_vectors=yes; mobile_field=mobileNumber", mobile="9876543210")

    assert (sent["mobileNumber"], sent["dateOfBirth"], sent["updateVectors"]) == (
        "919876543210",
        "19930711",
        "mobile",
    )
    assert built("v1-page", email="n@example.com")["emailId"] == "n@example.com"


def test_name_and_address_can_be_changed() -> None:
    name = built(name=Name("Asha", "Pillai"))
    address = Address("1 Lake Road", "Kochi", "Kerala", "682001")

    assert (name["firstName"], name["lastName"]) == ("Asha", "Pillai")
    assert built(address=address)["zipCode"] == "682001"
    assert built("v3; address_style=table", address=address)["cardholderZipCode"] == "682001"


def test_there_is_no_way_to_say_kyc_or_documents() -> None:
    said = set(inspect.signature(CardClient.build_update).parameters)
    everything = (
        set(built(email="n@example.com")) | set(built(mobile="9876543210")) | set(built(name=Name("A")))
    )

    assert said == {"self", "urn", "customer", "email", "mobile", "name", "address", "txn_id", "now"}
    assert not {each.lower() for each in everything} & {
        "newcardprofileid",
        "doclist",
        "kycdatestamp",
        "docconsent",
    }


@pytest.mark.parametrize("change", [{}, {"email": "a@example.com", "mobile": "9876543210"}])
def test_an_update_is_exactly_one_change(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        built(**change)


def test_a_record_without_a_first_name_stops_an_update_before_it_is_sent() -> None:
    with pytest.raises(NotSent, match="firstName"):
        client().build_update(urn="1", customer=replace(ASHA, first_name=""), email="n@example.com")


@pytest.mark.parametrize(
    "change",
    [{"email": "no address"}, {"email": "a" * 45 + "@example.com"}, {"mobile": "12345"}, {"mobile": "98765x43210"},
     {"name": Name(" ")}],
)  # fmt: skip
def test_arguments_that_no_bank_would_take_are_refused_without_being_quoted(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        built(**change)

    assert all(str(value) not in str(caught.value) for value in change.values())


@pytest.mark.parametrize(
    ("last_four", "expiry"), [("830", "0827"), ("8305", "1327"), ("८३०५", "0827"), ("8305", "827")]
)
def test_details_of_the_wrong_form_are_refused(last_four: str, expiry: str) -> None:
    with pytest.raises(ValueError, match="4 digits"):
        m.write_verify(V3, STAMP, last_four, expiry, date(1993, 7, 1))


@given(length=st.integers(8, 40))
def test_request_ids_are_letters_and_digits_of_the_given_length(length: int) -> None:
    txn_id = m.new_txn_id(length)

    assert len(txn_id) == length
    assert txn_id.isalnum()
    assert txn_id.isascii()


def test_request_ids_do_not_repeat() -> None:
    assert len({m.new_txn_id() for _ in range(5000)}) == 5000


def test_the_hour_is_indias_whatever_this_machines_is() -> None:
    assert m.request_time(1_795_329_000.0 + 13.5 * 3600) == "20261123013000"


@pytest.mark.parametrize(
    ("given_", "stored"),
    [("9876543210", "919876543210"), ("09876543210", "919876543210"), ("+91-98765-43210", "919876543210"),
     ("919876543210", "919876543210"), ("4915112345678", "4915112345678")],
)  # fmt: skip
def test_mobile_numbers_get_their_country_code_once(given_: str, stored: str) -> None:
    assert m.with_country(given_) == stored


def test_frozen_bytes_tell_their_own_request_id() -> None:
    request = client().build_update(urn="1", customer=ASHA, email="n@example.com")

    assert m.read_update_request(request.plaintext).txn_id == request.txn_id
    with pytest.raises(ValueError, match="not an update"):
        m.read_update_request(m.write_retrieve(V3, STAMP, {"urn": "1"}))
    assert Operation.UPDATE.request_code == 1280
