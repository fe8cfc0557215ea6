"""How the sandbox writes its records: each published page has its own shape, spelling and formats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wibmo.dialects import Dialect, write_date
from wibmo.sandbox.people import CHANNELS, STATUSES, Person, Plastic, Purse


@dataclass(frozen=True)
class Style:
    """One way to write a record; the defaults are the v3 sample's."""

    holder_in_cards: bool = False
    date_format: str = "dd-MMM-yyyy"
    table_spelling: bool = False
    status_as_text: bool = False
    rupee_wallets: bool = False
    numbers_as_text: bool = False


PAGES = {
    "v3": Style(),
    "v3-table": Style(table_spelling=True, status_as_text=True, numbers_as_text=True),
    "v2": Style(holder_in_cards=True),
    "v2-table": Style(holder_in_cards=True, date_format="yyyyMMdd", status_as_text=True),
    "card-inquiry": Style(rupee_wallets=True, date_format="yyyy-MM-dd"),
}


def style_for(dialect: Dialect) -> Style:
    """The page's style that goes with a dialect."""
    return PAGES["v2"] if dialect.name.startswith(("v1", "v2")) else PAGES["v3"]


def write_record(person: Person, style: Style) -> dict[str, Any]:
    """The part of a 1931 answer that is about the customer."""
    holder = _holder(person, style)
    cards = [_card(card, style) for card in person.cards]
    if style.holder_in_cards:
        return {"cardList": [{**holder, **card} for card in cards]}
    return {**holder, "cardList": cards}


def _holder(person: Person, style: Style) -> dict[str, Any]:
    return {
        "entityName": "SANDBOX",
        "kycName": person.kyc_name,
        "profileId": str(person.profile_id) if style.numbers_as_text else person.profile_id,
        "createdOn": "15-Jun-2023",
        "updatedOn": "15-Jun-2023",
        "ovdName": "",
        "firstName": person.first_name,
        "lastName": person.last_name,
        "dob": write_date(person.date_of_birth, style.date_format),
        "customerId": person.customer_id,
        "mobile": person.mobile,
        "reKyc": False,
        "riskCategory": "Low",
        "riskScore": 12,
        "reKycExpiry": "0822",
        "form60": True,
        "form60Expiry": "032",
        "email": person.email,
        # An identity number as some environments send it, so that dropping it can be seen.
        "docList": [{"docType": "Pancard", "docNumber": "ZZZZZ0000Z"}],
        "panValid": False,
        "migratedUserFlag": True,
    }


def _card(card: Plastic, style: Style) -> dict[str, Any]:
    total = sum(purse.paise for purse in card.purses)
    status: object = card.status
    if style.status_as_text:
        status = "Active" if card.status == 0 else str(card.status)
    return {
        "cardNumber": f"817391 XXXXXX {card.last_four}",
        "lastFourDigit": card.last_four,
        "productProfile": "GPR",
        "cardStatus": status,
        "availableBalance": str(total) if style.numbers_as_text else total,
        "createdOn": "15-Jun-2023",
        "updatedOn": "15-Jun-2023",
        "urn": card.urn if style.numbers_as_text else int(card.urn),
        "statusDescription": STATUSES[card.status],
        "transactionProfiles": [
            {
                "transactionProfileId": number,
                "status": name not in card.channels_off,
                "transactionType": name,
                "transactionRegionName": "DOMESTIC",
            }
            for number, name in CHANNELS
        ],
        "subwalletListDetails": [_purse(purse, card, style) for purse in card.purses],
    }


def _purse(purse: Purse, card: Plastic, style: Style) -> dict[str, Any]:
    odd = style.table_spelling
    return {
        "subsubwallet_id" if odd else "subwallet_id": purse.id,
        "default_wallet": int(purse.is_default),
        "available_balance": f"{purse.paise / 100:.2f}" if style.rupee_wallets else str(purse.paise),
        "account_number": purse.account_number,
        "accountStatus" if odd else "account_status": "0" if card.status == 0 else "21",
        "subsubwallet_name" if odd else "subwallet_name": purse.name,
        "accountNumberValidity": card.expiry,
    }
