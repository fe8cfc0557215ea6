"""Makes models of decrypted answers, in both shapes that retrieveCustRecord is published in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wibmo.errors import BadAnswer
from wibmo.fields import Fields
from wibmo.models import Card, CardStatus, Channel, Customer, UpdateOutcome, VerifiedCardholder, Wallet

_NO_RUPEES: frozenset[str] = frozenset()
_URN = ("urn", "Urn")
_STATUS_NAMES = {
    "active": CardStatus.ACTIVE,
    "pre-active": CardStatus.PRE_ACTIVE,
    "disabled": CardStatus.DISABLED,
}


def read_verified(
    data: Mapping[str, Any], request_id: str, *, last_four: str = "", urn: str = ""
) -> VerifiedCardholder:
    """The cardholder of a 3021 answer; one about another card than was asked for is an error."""
    fields = Fields(data, request_id, _NO_RUPEES)
    found = VerifiedCardholder(
        urn=fields.required(*_URN),
        customer_id=fields.required("customerId"),
        last_four=fields.text("last4Digits", "last4digits") or last_four,
        card_type=fields.text("cardType"),
        kyc_status=fields.text("kycStatus", "keyStatus"),
        pan_valid=fields.flag("isPanValid"),
    )
    if (last_four and found.last_four != last_four) or (urn and not same_urn(found.urn, urn)):
        raise BadAnswer("answer is about another card", request_id=request_id)
    return found


def read_customer(
    data: Mapping[str, Any], request_id: str, rupee_fields: frozenset[str], *, asked: Mapping[str, str]
) -> Customer:
    """The record of a 1931 answer; numbers in docList are never read.

    `asked` is what the record was looked for by; a record of somebody else is an error.
    """
    top = Fields(data, request_id, rupee_fields)
    cards = list(top.children("cardList"))
    holders = [top] if top.has("customerId") or not cards else cards
    if len({each.required("customerId") for each in holders}) != 1:
        raise BadAnswer("answer mixes customers", request_id=request_id)
    customer = _customer(holders[0], tuple(map(_card, cards)))
    if not _is_about(customer, asked):
        raise BadAnswer("answer is about another customer", request_id=request_id)
    return customer


def read_update(data: Mapping[str, Any], request_id: str) -> UpdateOutcome:
    """What a 1281 answer says."""
    fields = Fields(data, request_id, _NO_RUPEES)
    reference = fields.text("accosaTransactionId", "accosaTransactionID", "accosaRefNo")
    return UpdateOutcome(request_id, fields.text("cardProfileId"), reference)


def same_urn(one: str, other: str) -> bool:
    """Whether two writings are one URN; the bank sends numbers, so leading zeros may be lost."""
    return one.strip().lstrip("0") == other.strip().lstrip("0")


def _is_about(customer: Customer, asked: Mapping[str, str]) -> bool:
    if "customer_id" in asked:
        return customer.customer_id == asked["customer_id"]
    if "urn" in asked and customer.cards:
        return any(same_urn(card.urn, asked["urn"]) for card in customer.cards)
    return True


def _customer(fields: Fields, cards: tuple[Card, ...]) -> Customer:
    return Customer(
        customer_id=fields.required("customerId"),
        profile_id=fields.required("profileId", "cardProfileId"),
        first_name=fields.text("firstName"),
        last_name=fields.text("lastName"),
        mobile=fields.text("mobile"),
        email=fields.text("email", "emailId"),
        date_of_birth=fields.day("dob", "dateOfBirth"),
        cards=cards,
        kyc_name=fields.text("kycName"),
        alternate_email=fields.text("alternateEmail", "alternateEmailId"),
        ovd_name=fields.text("ovdName", "ovdFullName"),
        entity_name=fields.text("entityName"),
        risk_category=fields.text("riskCategory"),
        risk_score=fields.number("riskScore"),
        re_kyc=fields.flag("reKyc", "rekyc"),
        re_kyc_expiry=fields.month_and_year("reKycExpiry", "rekycValidity"),
        form60=fields.flag("form60"),
        form60_expiry=fields.month_and_year("form60Expiry"),
        pan_valid=fields.flag("panValid"),
        migrated=fields.flag("migratedUserFlag"),
        created_on=fields.day("createdOn"),
        updated_on=fields.day("updatedOn"),
        document_kinds=tuple(each.text("docType") for each in fields.children("docList")),
    )


def _card(fields: Fields) -> Card:
    status, description = _status(fields, "cardStatus"), fields.text("statusDescription")
    return Card(
        urn=fields.required(*_URN),
        last_four=fields.required("lastFourDigit"),
        status=status,
        status_description=description or status.name.replace("_", " ").capitalize(),
        available_paise=fields.paise("availableBalance", "availBal"),
        wallets=tuple(map(_wallet, fields.children("subwalletListDetails"))),
        channels=tuple(map(_channel, fields.children("transactionProfiles"))),
        masked_number=fields.text("cardNumber"),
        card_type=fields.text("productProfile", "cardType"),
        created_on=fields.day("createdOn"),
        updated_on=fields.day("updatedOn"),
    )


def _wallet(fields: Fields) -> Wallet:
    return Wallet(
        id=fields.required("subwallet_id", "subsubwallet_id"),
        name=fields.required("subwallet_name", "subsubwallet_name"),
        is_default=fields.flag("default_wallet") or False,
        available_paise=fields.paise("available_balance"),
        valid_thru=fields.month_and_year("accountNumberValidity", "accountValidity", "uniqueNumberValidity"),
        status=_status(fields, "account_status", "accountStatus"),
        account_number=fields.text("account_number"),
    )


def _channel(fields: Fields) -> Channel:
    return Channel(
        id=fields.text("transactionProfileId"),
        kind=fields.text("transactionType"),
        region=fields.text("transactionRegionName"),
        enabled=fields.flag("status"),
    )


def _status(fields: Fields, *names: str) -> CardStatus:
    text = fields.text(*names)
    if text.lower() in _STATUS_NAMES:
        return _STATUS_NAMES[text.lower()]
    return next((each for each in CardStatus if each.value == text), CardStatus.UNKNOWN)
