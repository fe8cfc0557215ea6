"""Records in both published shapes, with their known oddities."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wibmo import BadAnswer, CardStatus, Customer, Kyc
from wibmo.answers import parse_json
from wibmo.records import read_customer, read_update, read_verified, same_urn

DATA = Path(__file__).parent / "data"
Record = dict[str, Any]


def sample(name: str) -> Record:
    found = parse_json((DATA / f"{name}.json").read_bytes())
    assert found is not None
    return found


def customer(record: Record, **asked: str) -> Customer:
    return read_customer(record, "ABC234", frozenset(), asked=asked)


def test_the_v3_sample_has_its_customer_on_top() -> None:
    found = customer(sample("retrieve-v3"), urn="124")

    assert (found.customer_id, found.first_name, found.last_name) == ("62508sree0061", "Sourav", "ibmo")
    assert (found.date_of_birth, found.profile_id, found.kyc) == (date(1993, 7, 11), "30", Kyc.MINIMUM)
    assert (found.mobile, found.risk_category, found.risk_score) == ("919959788706", "Low", 12)
    assert (found.re_kyc, found.re_kyc_expiry, found.form60, found.form60_expiry) == (False, "0822", True, "")
    assert (found.pan_valid, found.migrated, found.entity_name) == (False, True, "ADMINENTITY")
    assert (found.created_on, found.updated_on) == (date(2023, 6, 15), date(2023, 6, 15))


def test_the_v3_samples_card_has_its_wallets_and_channels() -> None:
    (card,) = customer(sample("retrieve-v3")).cards

    assert (card.urn, card.last_four, card.available_paise) == ("124", "8305", 10000)
    assert (card.status, card.status_description, card.card_type) == (CardStatus.ACTIVE, "Active", "GPR")
    assert [(each.name, each.is_default, each.available_paise, each.valid_thru) for each in card.wallets] == [
        ("GPR Wallet", True, 0, "0822"),
        ("Meal Wallet", False, 0, "0822"),
    ]
    assert [(each.kind, each.region, each.enabled) for each in card.channels] == [
        ("e-Com", "DOMESTIC", False),
        ("POS", "DOMESTIC", False),
    ]


def test_the_v2_sample_has_its_customer_inside_the_card() -> None:
    found = customer(sample("retrieve-v2"), urn="389")

    assert (found.customer_id, found.first_name, found.kyc) == ("custid_V3_juyWqcUUxz", "ABC", Kyc.FULL)
    assert (found.email, found.date_of_birth) == ("abc@xyz.com", date(1993, 7, 11))
    assert [(card.urn, card.available_paise, card.card_type) for card in found.cards] == [
        ("389", 100000, "TRAVEL CARD")
    ]


def test_numbers_of_identity_documents_are_dropped_and_their_kinds_kept() -> None:
    found = customer(sample("retrieve-v2"))

    everything = str(vars(found)) + str([vars(card) for card in found.cards])
    assert found.document_kinds == ("Passport", "Aadhar", "VoterId", "Pancard", "Driverlicense")
    assert "0000 0000 0002" not in everything
    assert "XXXXX0004X" not in everything


def test_the_v3_page_as_printed_is_no_json_and_refused_as_such() -> None:
    assert parse_json((DATA / "retrieve-v3-as-printed.txt").read_bytes()) is None


def test_escaped_slashes_are_slashes() -> None:
    assert sample("retrieve-v2")["clientTxnId"] == "Inquiry_V3_hAkjI/HThGQIkl7"


def test_the_tables_other_spellings_and_types_mean_the_same() -> None:
    text = json.dumps(sample("retrieve-v3"))
    for one, other in (
        ("subwallet_id", "subsubwallet_id"), ("subwallet_name", "subsubwallet_name"),
        ("account_status", "accountStatus"), ("accountNumberValidity", "accountValidity"),
        ('"cardStatus": 0', '"cardStatus": "0"'), ('"urn": 124', '"Urn": "124"'), ('"profileId": 30', '"profileId": "30"'),
        ('"availableBalance": 10000', '"availBal": "10000"'), ("11-Jul-1993", "19930711"),
    ):  # fmt: skip
        assert one in text
        text = text.replace(one, other)

    assert customer(json.loads(text)) == customer(sample("retrieve-v3"))


@pytest.mark.parametrize(
    ("text", "status"),
    [("Active", CardStatus.ACTIVE), ("21", CardStatus.DISABLED), (13, CardStatus.PERMANENT_BLOCK),
     (12, CardStatus.TEMPORARY_BLOCK), (14, CardStatus.ICC_EXPIRED), (9, CardStatus.PRE_ACTIVE),
     (1, CardStatus.ICC_AUTHORISED), ("Inactive", CardStatus.UNKNOWN), (77, CardStatus.UNKNOWN)],
)  # fmt: skip
def test_card_states_are_read_by_number_or_name(text: object, status: CardStatus) -> None:
    record = sample("retrieve-v3")
    record["cardList"][0]["cardStatus"] = text

    assert customer(record).cards[0].status is status


def test_fields_that_nobody_published_break_nothing() -> None:
    record = sample("retrieve-v3")
    record["isMpinSet"] = record["cardList"][0]["cardLinked"] = {"deep": [1]}

    assert customer(record) == customer(sample("retrieve-v3"))


@pytest.mark.parametrize(
    ("field", "place"),
    [
        ("customerId", lambda record: record), ("profileId", lambda record: record),
        ("urn", lambda record: record["cardList"][0]), ("lastFourDigit", lambda record: record["cardList"][0]),
        ("availableBalance", lambda record: record["cardList"][0]),
        ("available_balance", lambda record: record["cardList"][0]["subwalletListDetails"][1]),
        ("subwallet_name", lambda record: record["cardList"][0]["subwalletListDetails"][0]),
    ],
)  # fmt: skip
def test_a_missing_mandatory_field_is_named(field: str, place: Callable[[Record], Record]) -> None:
    record = sample("retrieve-v3")
    del place(record)[field]

    with pytest.raises(BadAnswer, match=f"field {field} "):
        customer(record)


def test_a_record_of_somebody_else_is_not_accepted() -> None:
    with pytest.raises(BadAnswer, match="another customer"):
        customer(sample("retrieve-v3"), urn="125")
    with pytest.raises(BadAnswer, match="another customer"):
        customer(sample("retrieve-v3"), customer_id="somebody")


def test_a_record_that_mixes_customers_is_not_accepted() -> None:
    record = sample("retrieve-v2")
    other = copy.deepcopy(record["cardList"][0])
    record["cardList"].append({**other, "customerId": "another"})

    with pytest.raises(BadAnswer, match="mixes"):
        customer(record)


def test_the_verify_sample_is_read_and_belongs_to_the_card_asked_for() -> None:
    found = read_verified(sample("verify-v1"), "ABC234", last_four="1036")

    assert (found.urn, found.customer_id, found.last_four) == ("70000000008", "62507sree425", "1036")
    assert (found.card_type, found.kyc_status, found.pan_valid) == ("TRAVEL CARD", "NO CDD", False)
    with pytest.raises(BadAnswer, match="another card"):
        read_verified(sample("verify-v1"), "ABC234", last_four="1037")
    with pytest.raises(BadAnswer, match="another card"):
        read_verified(sample("verify-v1"), "ABC234", urn="70000000009")


def test_the_update_sample_is_read() -> None:
    found = read_update(sample("update-v3"), "ABC234")

    assert (found.txn_id, found.profile_id, found.bank_reference) == ("ABC234", "30", "3117")


def test_urns_are_equal_without_their_leading_zeros() -> None:
    assert same_urn("00000000124", "124")
    assert not same_urn("124", "1240")


def test_no_model_shows_a_value() -> None:
    found = customer(sample("retrieve-v3"))

    for each in (found, *found.cards, *found.cards[0].wallets, *found.cards[0].channels):
        assert repr(each) == str(each) == f"{type(each).__name__}(***)"
